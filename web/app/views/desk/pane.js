// One room beside the desk: what is said, live, and the coach's words.

import { html, useEffect } from '../../ui.js';
import { ludus, pending } from '../../hub.js';
import { Link } from '../../router.js';
import { rightsIn } from '../../rights.js';
import { leaveRoom, roomOf } from '../../rooms.js';
import { Avatar, IconButton, Skeleton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toastFault } from '../../parts/toast.js';
import { Log } from '../room/log.js';
import { StepIn } from '../room/step-in.js';
import { Turns } from '../room/voice.js';
import { t } from '../../texts.js';
import { Notes } from './notes.js';
import { reasonInWords } from './words.js';

const nothing = () => {};

/** @param {{ row: import('/ludus/desks.js').DeskRow, alert: string, focus: boolean, onClose: () => void }} props `alert`: what the weightiest one is called */
export function Pane({ row, alert, focus, onClose }) {
  const id = row.room?.room;
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  return html`<section class="pane" aria-label=${t('The room of {name}', { name: row.name })} onKeyDown=${keys}>
    <header class="pane-head"><${Avatar} id=${row.user} name=${row.name} size=${32} here=${row.online} />
      <div class="pane-words"><strong><bdi>${row.name}</bdi></strong><small dir="auto">${(row.reasons ?? []).map(({ why }) => reasonInWords(why, alert)).join(' · ') || row.room?.title || t('in no room')}</small></div>
      ${id ? html`<${Link} class="icon-button" href=${`/rooms/${id}/replay`} aria-label=${t('Look back')} title=${t('Look back')}><${Icon} name="history" /><//>` : null}
      ${id ? html`<${Link} class="icon-button" href=${`/rooms/${id}`} aria-label=${t('Open the room itself')} title=${t('Open the room itself')}><${Icon} name="door" /><//>` : null}
      <${IconButton} icon="close" label=${t('Stop watching {name}', { name: row.name })} onClick=${onClose} /></header>
    <${Notes} key=${`notes-${row.user}`} learner=${row.user} name=${row.name} />
    ${id ? html`<${Watched} key=${id} id=${id} learner=${row.user} focus=${focus} />` : html`<p class="pane-none hint">${t('{name} is in no room just now. It opens here as soon as there is one.', { name: row.name })}</p>`}
  </section>`;
}

/** @param {{ id: string, learner: string, focus: boolean }} props */
function Watched({ id, learner, focus }) {
  const room = roomOf(id);
  useEffect(() => {
    room.enter();
    return () => leaveRoom(id);
  }, [id]);
  room.version.value;
  const { model } = room;
  const { view } = model;
  if (!view) return model.gone ? html`<p class="pane-none hint">${t('This room is not open to you')}</p>` : html`<div class="pane-none"><${Skeleton} kind="line" rows=${4} label=${t('Opening the room')} /></div>`;
  const rights = rightsIn(view);
  const act = (/** @type {any} */ command) => ludus.command(id, command).catch(toastFault);
  const context = { room, model, view, rights, act, goals: null, mine: pending.value.filter((entry) => entry.room === id), reply: nothing, edit: nothing, resend: nothing, history: nothing };
  return html`<${Log} ...${context} finding=${false} onFound=${nothing} />
    <footer class="pane-foot">
      ${[...model.drafts].map(([writer, text]) => html`<p class="draft-seen" key=${writer}><${Icon} name="edit" size=${14} /> <bdi>${model.nameOf(writer)}</bdi> <span dir="auto">${text}</span></p>`)}
      <${Turns} model=${model} rights=${rights} act=${act} version=${room.version.value} />
      ${rights.coaches && !rights.ended ? html`<${StepIn} room=${room} model=${model} view=${view} learner=${learner} focus=${focus} version=${room.version.value} />` : rights.ended ? html`<p class="hint">${t('This room has ended. It can be read, not spoken in.')}</p>` : null}
    </footer>`;
}
