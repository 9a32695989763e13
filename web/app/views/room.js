// One room: what was said, who is here, and a place to speak.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, pending, unreachable, user } from '../hub.js';
import { Link, go } from '../router.js';
import { rightsIn } from '../rights.js';
import { leaveRoom, roomOf } from '../rooms.js';
import { scenarioOf } from '../practice.js';
import { listOf } from '../format.js';
import { Button, Empty, Fault, Field, IconButton, Menu, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { toast, toastFault } from '../parts/toast.js';
import { Composer } from './room/composer.js';
import { Log } from './room/log.js';
import { Brief, SceneOver, TimeLeft, useTimeLeft, useWide } from './room/brief.js';
import { Cast, Turns, stopAll } from './room/voice.js';
import { Breakout, EndRoom, LetIn, LineHistory, Members, MoveTo, Rename, Report, ShareCode, StepIn } from './room/later.js';
import { t } from '../texts.js';

const PHASES = { lobby: t('In the lobby'), live: t('In session'), paused: t('Paused'), ended: t('Ended') };

/** @param {{ id: string }} props */
export function Room({ id }) {
  const room = roomOf(id);
  const wide = useWide();
  const [panel, setPanel] = useState(false);
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const [replyTo, setReplyTo] = useState(/** @type {number | undefined} */ (undefined));
  const [editing, setEditing] = useState(/** @type {number | undefined} */ (undefined));
  const [resending, setResending] = useState(/** @type {number | undefined} */ (undefined));
  const [finding, setFinding] = useState(false);
  useEffect(() => {
    room.enter();
    return () => leaveRoom(id);
  }, [id]);
  useFindKey(() => setFinding(true));
  room.version.value;
  const { model } = room;
  const { view } = model;
  useTitle(view?.plan.title ?? t('Room'));
  if (model.gone && !view) return html`<${Gone} room=${room} />`;
  if (!view && unreachable.value) return html`<${Unreached} id=${id} />`;
  if (!view) return html`<div class="room"><div class="room-main"><header class="room-head"><${Back} /><div class="room-title"><h1>${t('Opening the room…')}</h1></div></header><${Skeleton} kind="line" rows=${6} label=${t('Opening the room')} /></div></div>`;
  const rights = rightsIn(view);
  const act = (/** @type {any} */ command, /** @type {string} */ done = '') =>
    ludus.command(id, command).then(() => done && toast(done), toastFault);
  const scenario = scenarioOf(view.plan.scene?.scenario);
  const goals = scenario && new Map(scenario.goals.map((/** @type {any} */ goal) => [goal.id, goal.title]));
  const context = {
    room, goals, model, view, rights, act,
    mine: pending.value.filter((entry) => entry.room === id),
    reply: (/** @type {number} */ seq) => { setEditing(undefined); setResending(undefined); setReplyTo(seq); },
    edit: (/** @type {number} */ seq) => { setReplyTo(undefined); setResending(undefined); setEditing(seq); },
    resend: (/** @type {number} */ seq) => { setReplyTo(undefined); setEditing(undefined); setResending(seq); },
    report: (/** @type {number} */ seq) => setDialog(html`<${Report} room=${id} seq=${seq} onClose=${() => setDialog(null)} />`),
    move: (/** @type {any} */ seat) => setDialog(html`<${MoveTo} room=${id} seat=${seat} onClose=${() => setDialog(null)} />`),
    reread: (/** @type {number} */ seq) => room.reread(seq),
    history: (/** @type {number} */ seq) => setDialog(html`<${LineHistory} model=${model} seq=${seq} onClose=${() => setDialog(null)} />`),
  };
  const close = () => setDialog(null);
  const escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && !event.defaultPrevented && !dialog && stopAll(model, rights, act)) event.preventDefault();
  };
  const { phase } = view;
  const hand = rights.seat?.hand;
  const items = [
    { icon: 'search', label: t('Find in this room'), act: () => setFinding(true) },
    { icon: 'history', label: t('Look back'), act: () => go(`/rooms/${id}/replay`) },
    rights.moderates && view.code && { icon: 'link', label: t('Show the code'), act: () => setDialog(html`<${ShareCode} view=${view} onClose=${close} />`) },
    rights.moderates && isAtLeast('coach') && !rights.ended && { icon: 'plus', label: t('Let somebody in'), act: () => setDialog(html`<${LetIn} room=${id} view=${view} onClose=${close} />`) },
    rights.coaches && !rights.ended && { icon: 'people', label: t('Split into groups'), act: () => setDialog(html`<${Breakout} room=${id} onClose=${close} />`) },
    rights.moderates && !rights.ended && { icon: 'edit', label: t('Rename'), act: () => setDialog(html`<${Rename} room=${id} title=${view.plan.title} onClose=${close} />`) },
    rights.moderates && phase === 'lobby' && { icon: 'play', label: t('Start'), act: () => act({ kind: 'start' }) },
    rights.moderates && phase === 'live' && { icon: 'pause', label: t('Pause'), act: () => act({ kind: 'pause' }) },
    rights.moderates && phase === 'paused' && { icon: 'play', label: t('Go on'), act: () => act({ kind: 'unpause' }) },
    rights.seat && { icon: 'door', label: t('Leave the room'), act: () => ludus.command(id, { kind: 'leave' }).then(() => go('/'), toastFault) },
    rights.moderates && !rights.ended && { icon: 'stop', label: t('End the room'), danger: true, act: () => setDialog(html`<${EndRoom} room=${id} onClose=${close} />`) },
  ].filter(Boolean);
  return html`<div class=${panel || (scenario && wide) ? 'room room-with-panel' : 'room'} onKeyDown=${escape}>
    <div class="room-main">
      <header class="room-head">
        <${Back} />
        <div class="room-title">
          <h1 dir="auto">${view.plan.title}</h1>
          <p><span class=${`phase phase-${phase}`}>${PHASES[/** @type {keyof typeof PHASES} */ (phase)]}</span>
            <span class="room-here">${t('{n} people here', { n: Math.max(model.presence.count, 1) })}</span></p>
        </div>
        ${rights.seat && !rights.ended
          ? html`<button type="button" class=${hand ? 'button button-plain hand hand-up' : 'button button-plain hand'} title=${hand ? t('Lower hand') : t('Raise hand')} onClick=${() => act({ kind: 'raise_hand', up: !hand })}><${Icon} name="hand" /><span>${hand ? t('Lower hand') : t('Raise hand')}</span></button>`
          : null}
        <button type="button" class="button button-plain panel-toggle" aria-expanded=${panel ? 'true' : 'false'} aria-controls="members" onClick=${() => setPanel(!panel)}>
          <${Icon} name="people" /><span>${view.member_count}</span><span class="sr-only"> ${t('members')}</span>${model.hands().length ? html`<span class="hand-count" title=${t('Raised hands')}><${Icon} name="hand" size=${14} />${model.hands().length}</span>` : null}
        </button>
        ${items.length ? html`<${Menu} label=${t('Room menu')} items=${items} />` : null}
      </header>
      <div class="room-sub"><${Cast} model=${model} version=${room.version.value}><${Clock} room=${id} view=${view} /><//>
        <${LookingOn} model=${model} version=${room.version.value} />
        ${scenario && !wide ? html`<${Brief} ...${context} scenario=${scenario} roomId=${id} wide=${false} />` : null}</div>
      <${Log} ...${context} finding=${finding} onFound=${() => setFinding(false)} />
      <footer class="room-foot">
        <${SceneOver} roomId=${id} view=${view} />
        <${Turns} model=${model} rights=${rights} act=${act} version=${room.version.value} />
        <${Typing} model=${model} version=${room.version.value} />
        ${rights.coaches && !rights.ended && view.plan.scene ? html`<details class="step-in-fold"><summary><${Icon} name="voice" size=${18} /> ${t('Step in')}</summary><${StepIn} room=${room} model=${model} view=${view} version=${room.version.value} /></details>` : null}
        ${!rights.seat ? html`<${JoinBar} room=${room} view=${view} />` : rights.silence ? html`<p class="silence"><${Icon} name="info" /> ${rights.silence}</p>`
          : html`<${Composer} ...${context} replyTo=${replyTo} editing=${editing} resending=${resending} onDone=${() => { setReplyTo(undefined); setEditing(undefined); setResending(undefined); }} />`}
      </footer>
    </div>
    ${panel ? html`<${Members} ...${context} onClose=${() => setPanel(false)} />` : scenario && wide ? html`<${Brief} ...${context} scenario=${scenario} roomId=${id} wide=${true} />` : null}
    ${dialog}
  </div>`;
}

/** The browser's search sees only the lines that are drawn; a second press asks for it all the same. @param {() => void} find */
function useFindKey(find) {
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const isFind = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isFind || document.activeElement?.closest('.find, dialog')) return;
      event.preventDefault();
      find();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

/** How long the practice still goes. @param {{ room: string, view: import('../room-model.js').View }} props */
function Clock({ room, view }) {
  const left = useTimeLeft(room, view);
  return left === null ? null : html`<${TimeLeft} left=${left} />`;
}

/** Nobody is watched without being told. `version` is there to be different. @param {{ model: import('../room-model.js').RoomModel, version: number }} props */
function LookingOn({ model }) {
  const names = model.watchers(user.value.id).map(({ name }) => name);
  if (!names.length) return null;
  return html`<p class="looking-on" role="status"><${Icon} name="people" size=${16} /> <bdi>${t('{names} are looking on', { names: listOf(names), n: names.length })}</bdi>${model.watched.drafts && model.view?.members[user.value.id] ? html` <span>${t('and can see what you are writing')}</span>` : null}</p>`;
}

function Back() {
  return html`<${Link} href="/" class="icon-button room-back" aria-label=${t('Back to the rooms')}><${Icon} name="back" /><//>`;
}

/** A page that was opened without a network knows nothing of a room but what was written in it here. @param {{ id: string }} props */
function Unreached({ id }) {
  const lines = pending.value.filter((entry) => entry.room === id && entry.command.text);
  return html`<div class="room"><div class="room-main"><header class="room-head"><${Back} /><div class="room-title"><h1>${t('You are offline')}</h1></div></header>
    <div class="page"><p class="lead">${t('This room opens when the hub can be reached again.')}</p>
      ${lines.length ? html`<section class="section"><h2>${t('Waiting to be sent')}</h2><ol class="rows">${lines.map((entry) => html`<li key=${entry.id} class="row"><div class="row-words" dir="auto">${entry.command.text}</div></li>`)}</ol></section>` : null}</div></div></div>`;
}

/** @param {{ room: import('../rooms.js').OpenRoom }} props */
function Gone({ room }) {
  const [code, setCode] = useState('');
  const [fault, setFault] = useState('');
  const join = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setFault('');
    try {
      await ludus.command(room.id, { kind: 'join', code: code.trim().toUpperCase() });
      room.follow();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  return html`<${Empty} icon="door" title=${t('This room is not open to you')}>
    <p>${t('It may be by invitation or by code, or it does not exist. Ask whoever leads it.')}</p>
    <form class="row-form" onSubmit=${join}>
      <${Field} label=${t('Have its code?')} class="input input-code" autocomplete="off" spellcheck=${false} required value=${code} onValue=${setCode} fault=${fault} />
      <${Button} type="submit">${t('Enter')}<//>
    </form>
    <p><${Link} href="/" class="button button-primary">${t('Back to the rooms')}<//></p>
  <//>`;
}

/**
 * Who is typing, in one line that keeps its height. `version` is there to be different: the model is always the same.
 * @param {{ model: import('../room-model.js').RoomModel, version: number }} props
 */
function Typing({ model }) {
  const [, tick] = useState(0);
  const names = model.typists(user.value.id, Date.now());
  useEffect(() => {
    if (!names.length) return undefined;
    const timer = setTimeout(() => tick((n) => n + 1), 1_000);
    return () => clearTimeout(timer);
  });
  const text = names.length > 3 ? t('Several people are typing') : names.length ? t('{names} are typing', { names: listOf(names), n: names.length }) : '';
  return html`<p class="typing" aria-hidden=${text ? undefined : 'true'}>${text ? html`<span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span> <bdi>${text}</bdi>` : ''}</p>`;
}

/** @param {{ room: import('../rooms.js').OpenRoom, view: import('../room-model.js').View }} props */
function JoinBar({ room, view }) {
  const { id } = room;
  const [code, setCode] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const needsCode = view.plan.entry === 'code' && !isAtLeast('coach');
  const join = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      await ludus.command(id, needsCode ? { kind: 'join', code: code.trim().toUpperCase() } : { kind: 'join' });
      if (room.model.gone) room.follow();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  if (view.phase === 'ended') return html`<p class="silence"><${Icon} name="info" /> ${t('This room has ended. It can be read, not spoken in.')}</p>`;
  return html`<form class="join-bar" onSubmit=${join}>
    <p>${t('You are looking on. Join to speak.')}</p>
    ${needsCode ? html`<${Field} label=${t('Room code')} class="input input-code" autocomplete="off" required value=${code} onValue=${setCode} />` : null}
    <${Button} kind="primary" type="submit" busy=${busy}>${t('Join the room')}<//>
    <${Fault}>${fault}<//>
  </form>`;
}
