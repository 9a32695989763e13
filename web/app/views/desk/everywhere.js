// A word to every room of a cohort, a pause for all of them: each is asked by itself, and what did
// not reach one is said.

import { html, useState } from '../../ui.js';
import { ludus, user } from '../../hub.js';
import { draftOf, keepDraft } from '../../drafts.js';
import { Button, Dialog, Fault, Field } from '../../parts/basics.js';
import { toast } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** Rooms that are asked at a time: fewer than the hub lets one person have unanswered. */
const AT_ONCE = 6;
const CHARS_MAX = 4_000;

/**
 * Asks the same of many rooms.
 * @param {string[]} rooms @param {any} command @param {(done: number) => void} onDone how many have answered
 * @returns {Promise<string[]>} those that refused
 */
export async function inEvery(rooms, command, onDone) {
  /** @type {string[]} */
  const refused = [];
  const left = [...rooms];
  let done = 0;
  const work = async () => {
    for (let room = left.shift(); room; room = left.shift()) {
      await ludus.command(room, command).catch(() => refused.push(/** @type {string} */ (room)));
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return refused;
}

/** @param {import('/ludus/desks.js').DeskRow[]} rows @returns {{ live: string[], paused: string[] }} rooms with learners in them, once each */
export function roomsOf(rows) {
  const phases = new Map(rows.flatMap(({ room }) => (room && !room.over ? [[room.room, room.phase]] : [])));
  const of = (/** @type {string} */ phase) => [...phases].filter(([, is]) => is === phase).map(([room]) => room);
  return { live: of('live'), paused: of('paused') };
}

/** @param {{ cohort: string, rows: import('/ludus/desks.js').DeskRow[], onClose: () => void }} props */
export function Everywhere({ cohort, rows, onClose }) {
  const kept = `everywhere.${cohort}`;
  const [text, setText] = useState(() => draftOf(user.value.id, kept));
  const [done, setDone] = useState(-1);
  /** Rooms that did not take it: the next press is for them. */
  const [missed, setMissed] = useState(/** @type {string[]} */ ([]));
  const { live, paused } = roomsOf(rows);
  const busy = done >= 0;
  const write = (/** @type {string} */ value) => {
    setText(value);
    keepDraft(user.value.id, kept, value);
  };
  const ask = async (/** @type {string[]} */ rooms, /** @type {any} */ command, /** @type {string} */ told) => {
    setDone(0);
    setMissed([]);
    const refused = await inEvery(rooms, command, setDone);
    setDone(-1);
    setMissed(refused);
    if (refused.length) return;
    if (command.kind === 'announce') write('');
    toast(told);
    onClose();
  };
  const all = [...live, ...paused];
  const say = (/** @type {Event} */ event) => {
    event.preventDefault();
    const rooms = missed.length ? missed : all;
    if (text.trim() && rooms.length) ask(rooms, { kind: 'announce', text: text.trim() }, t('{n} rooms were told.', { n: rooms.length }));
  };
  return html`<${Dialog} title=${t('To every room')} onClose=${onClose}>
    <form class="stack" onSubmit=${say}>
      <p class="hint">${t('{n} rooms with learners of this cohort in them', { n: all.length })}</p>
      <${Field} as="textarea" rows="3" label=${t('What everybody is to know')} maxlength=${CHARS_MAX} value=${text} onValue=${write} />
      <${Fault}>${missed.length ? t('{n} rooms did not take it. Press again to tell them.', { n: missed.length }) : ''}<//>
      ${busy ? html`<progress class="everywhere-done" max=${all.length} value=${done} aria-label=${t('Rooms told')}></progress>` : null}
      <div class="dialog-acts">
        ${paused.length ? html`<${Button} icon="play" busy=${busy} onClick=${() => ask(paused, { kind: 'unpause' }, t('{n} rooms go on.', { n: paused.length }))}>${t('Let all go on')}<//>` : null}
        ${live.length ? html`<${Button} icon="pause" busy=${busy} onClick=${() => ask(live, { kind: 'pause' }, t('{n} rooms are paused.', { n: live.length }))}>${t('Pause all')}<//>` : null}
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${!text.trim() || !all.length}>${t('Tell them')}<//>
      </div>
    </form>
  <//>`;
}
