// What a room asks in a dialog.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { exactly, roleName } from '../../format.js';
import { Avatar, Button, Copy, Dialog, Fault, Field, Skeleton } from '../../parts/basics.js';
import { Qr } from '../../parts/qr.js';
import { Text } from './line.js';
import { t } from '../../texts.js';

/** A command that is asked for by a form. @param {string} room @param {() => void} onClose */
export function useCommand(room, onClose) {
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const run = async (/** @type {any} */ command) => {
    setBusy(true);
    setFault('');
    try {
      await ludus.command(room, command);
      onClose();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return { fault, busy, run };
}

/** @param {{ room: string, title: string, onClose: () => void }} props */
export function Rename({ room, title: before, onClose }) {
  const [title, setTitle] = useState(before);
  const { fault, busy, run } = useCommand(room, onClose);
  return html`<${Dialog} title=${t('Rename the room')} onClose=${onClose}>
    <form class="stack" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); run({ kind: 'rename', title }); }}>
      <${Field} label=${t('Title')} required maxlength="120" autofocus value=${title} onValue=${setTitle} fault=${fault} />
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Rename')}<//></div>
    </form>
  <//>`;
}

/** The one thing that cannot be taken back asks first. @param {{ room: string, onClose: () => void }} props */
export function EndRoom({ room, onClose }) {
  const { fault, busy, run } = useCommand(room, onClose);
  return html`<${Dialog} title=${t('End the room?')} onClose=${onClose}>
    <p>${t('Nobody can speak in it any more, you neither. What was said can still be read. A room that has ended does not start again.')}</p>
    <${Fault}>${fault}<//>
    <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Keep it open')}<//><${Button} kind="danger" busy=${busy} onClick=${() => run({ kind: 'end' })}>${t('End the room')}<//></div>
  <//>`;
}

/** @param {{ model: import('../../room-model.js').RoomModel, seq: number, onClose: () => void }} props */
export function LineHistory({ model, seq, onClose }) {
  const line = model.line(seq);
  if (!line) return null;
  const versions = [...line.versions, { at: model.about.get(seq)?.filter(({ fact }) => fact.kind === 'edited').at(-1)?.at ?? line.at, text: line.text }];
  return html`<${Dialog} title=${t('What the line said')} onClose=${onClose}>
    <ol class="versions" reversed>${versions.reverse().map((version, i) => html`<li key=${version.at}><p class="hint">${i === 0 ? t('Now, since {time}', { time: exactly(version.at) }) : exactly(version.at)}</p><${Text} text=${version.text} /></li>`)}</ol>
  <//>`;
}

/** @param {{ view: import('../../room-model.js').View, onClose: () => void }} props */
export function ShareCode({ view, onClose }) {
  const url = `${location.origin}/#/enter/${encodeURIComponent(view.code ?? '')}`;
  return html`<${Dialog} title=${t('Bring people in')} onClose=${onClose}>
    <p>${t('Whoever has this code may enter, with or without an account.')}</p>
    <p class="big-code">${view.code}</p>
    <${Qr} text=${url} label=${t('QR code of {url}', { url })} />
    <div class="copy-row"><output class="input">${url}</output><${Copy} text=${url} label=${t('Copy link')} /></div>
  <//>`;
}

/** @param {{ room: string, view: import('../../room-model.js').View, onClose: () => void }} props */
export function LetIn({ room, view, onClose }) {
  const [wanted, setWanted] = useState('');
  const [people, setPeople] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const [let_in, setLetIn] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    const timer = setTimeout(() => {
      ludus.call('GET', '/users', { query: { q: wanted, limit: 30 } }).then((page) => setPeople(page.items), (error) => setFault(error.message));
    }, 150);
    return () => clearTimeout(timer);
  }, [wanted]);
  const invite = (/** @type {string} */ user) =>
    ludus.command(room, { kind: 'invite', user }).then(() => setLetIn((all) => [...all, user]), (error) => setFault(error.message));
  const shown = (people ?? []).filter((person) => !view.members[person.id] && !person.disabled && person.name.toLocaleLowerCase().includes(wanted.toLocaleLowerCase()));
  return html`<${Dialog} title=${t('Let somebody in')} onClose=${onClose}>
    <${Field} label=${t('Find by name')} type="search" autofocus value=${wanted} onValue=${setWanted} />
    <${Fault}>${fault}<//>
    ${people ? null : html`<${Skeleton} rows=${4} label=${t('Looking for people')} />`}
    <ul class="members">${shown.map((person) => html`<li key=${person.id} class="member"><${Avatar} id=${person.id} name=${person.name} size=${36} /><div class="member-name"><bdi>${person.name}</bdi><small>${roleName(person.role)}</small></div>
      ${let_in.includes(person.id) ? html`<span class="done" role="status">${t('Invited')}</span>` : html`<${Button} onClick=${() => invite(person.id)}>${t('Let in')}<//>`}</li>`)}</ul>
    ${people && !shown.length ? html`<p class="hint">${t('Nobody of that name is outside this room.')}</p>` : null}
  <//>`;
}
