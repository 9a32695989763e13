// Notes about a learner, beside their room: between coaches, never shown to the learner.

import { html, useEffect, useState } from '../../ui.js';
import { isAtLeast, ludus, user } from '../../hub.js';
import { Button, Fault, Field, IconButton, Skeleton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { since } from '../../format.js';
import { t } from '../../texts.js';

const CHARS_MAX = 4_000;

/** @typedef {{ id: string, by: string, by_name: string, at: number, text?: string, removed_by?: string, removed_at?: number }} Note */

/** @param {{ learner: string, name: string }} props */
export function Notes({ learner, name }) {
  const [open, setOpen] = useState(false);
  return html`<details class="notes" open=${open} onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
    <summary><${Icon} name="edit" size=${18} /> ${t('Notes about {name}', { name })}</summary>
    ${open ? html`<${Sheet} key=${learner} learner=${learner} />` : null}
  </details>`;
}

/** @param {{ learner: string }} props */
function Sheet({ learner }) {
  const [notes, setNotes] = useState(/** @type {Note[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined));
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const path = `/users/${learner}/notes`;
  const doing = async (/** @type {() => Promise<void>} */ act) => {
    setBusy(true);
    setFault('');
    try {
      await act();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const read = (/** @type {string} */ cursor) => doing(async () => {
    const page = await ludus.call('GET', path, { query: { limit: 20, cursor } });
    setNotes((known) => [...(cursor ? known ?? [] : []), ...page.items]);
    setNext(page.next);
  });
  useEffect(() => {
    read('');
  }, [learner]);
  const write = (/** @type {Event} */ event) => {
    event.preventDefault();
    return doing(async () => {
      const note = await ludus.call('POST', path, { body: { text: text.trim() } });
      setNotes((known) => [note, ...(known ?? [])]);
      setText('');
    });
  };
  const remove = (/** @type {Note} */ note) => doing(async () => {
    await ludus.call('DELETE', `${path}/${note.id}`);
    setNotes((known) => (known ?? []).map((one) => (one.id === note.id ? { ...one, text: undefined, removed_by: user.value.id, removed_at: Date.now() } : one)));
  });
  return html`<div class="notes-sheet">
    <form onSubmit=${write}><${Field} as="textarea" rows="2" label=${t('A note for coaches')} hint=${t('Learners never see it; other coaches of theirs do.')} maxlength=${CHARS_MAX} value=${text} onValue=${setText} />
      <${Button} type="submit" kind="primary" busy=${busy} disabled=${!text.trim()}>${t('Note it')}<//></form>
    ${fault ? html`<${Fault}>${fault}<//>` : null}
    ${notes === null ? (fault ? null : html`<${Skeleton} rows=${2} label=${t('Reading the notes')} />`) : notes.length === 0 ? html`<p class="hint">${t('Nobody has noted anything yet.')}</p>`
      : html`<ul class="notes-list">${notes.map((note) => html`<li key=${note.id} class=${note.removed_at ? 'note note-gone' : 'note'}>
        ${note.removed_at ? html`<p>${t('A note was taken away')}</p>` : html`<p dir="auto">${note.text}</p>`}
        <small><bdi>${note.by_name}</bdi> · ${since(note.at)}</small>
        ${!note.removed_at && (note.by === user.value.id || isAtLeast('admin')) ? html`<${IconButton} icon="close" label=${t('Take this note away')} disabled=${busy} onClick=${() => remove(note)} />` : null}</li>`)}</ul>`}
    ${next ? html`<${Button} busy=${busy} onClick=${() => read(String(next))}>${t('Older notes')}<//>` : null}
  </div>`;
}
