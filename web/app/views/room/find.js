// Looks for words in a room. The browser's own search sees only what is drawn, so this one looks
// through everything that is loaded, says how far back that is, and reads on when asked to.

import { html, useEffect, useMemo, useRef, useState } from '../../ui.js';
import { dayName, plain } from '../../format.js';
import { Button, IconButton } from '../../parts/basics.js';
import { t } from '../../texts.js';

/** So many pages are read in one go when nothing was found before. */
const PAGES_MAX = 10;

/** @param {any} props */
export function Find({ room, model, items, reveal, onClose }) {
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const field = useRef(/** @type {any} */ (null));
  const found = useMemo(() => search(items, words), [items, words]);
  useEffect(() => field.current?.focus(), []);
  const show = (/** @type {number | undefined} */ seq) => {
    if (seq === undefined) return;
    setChosen(seq);
    reveal(seq);
  };
  const type = (/** @type {string} */ text) => {
    setWords(text);
    const hits = search(items, text);
    if (hits.length) show(hits[hits.length - 1]);
    else setChosen(null);
  };
  const step = (/** @type {number} */ by) => show(found[(found.indexOf(chosen ?? -1) + by + found.length) % found.length]);
  const further = async () => {
    const from = model.from;
    for (let read = 0; read < PAGES_MAX && !model.complete && !room.fault.value; read++) {
      await room.reach(model.from - 1, 1);
      const older = search(model.items(), words).filter((seq) => seq < from);
      if (older.length) return show(older[older.length - 1]);
    }
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && found.length) step(event.shiftKey ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const at = found.indexOf(chosen ?? -1);
  const oldest = items[0]?.at;
  const place = found.length ? t('{n} of {count}', { n: at + 1, count: found.length }) : words.trim() ? t('Not found') : '';
  const reach = model.complete ? t('in the whole room') : oldest ? t('in {n} lines, back to {date}', { n: items.length, date: dayName(oldest) }) : '';
  return html`<search class="find" onKeyDown=${keys}>
    <input ref=${field} class="input" type="search" aria-label=${t('Find in this room')} placeholder=${t('Find in this room')} autocomplete="off" maxlength="100" value=${words} onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} />
    <p class="find-place" role="status">${[place, words.trim() && reach].filter(Boolean).join(' ')}</p>
    <${IconButton} icon="up" label=${t('The one before (Enter)')} disabled=${!found.length} onClick=${() => step(-1)} />
    <${IconButton} icon="down" label=${t('The one after (Shift and Enter)')} disabled=${!found.length} onClick=${() => step(1)} />
    ${words.trim() && !model.complete ? html`<${Button} busy=${Boolean(room.loading.value)} onClick=${further}>${t('Look further back')}<//>` : null}
    <${IconButton} icon="close" label=${t('Stop looking')} onClick=${onClose} />
  </search>`;
}

/** Where the words stand, whatever their case and accents, oldest first. @param {import('./rows.js').Item[]} items @param {string} words @returns {number[]} */
export function search(items, words) {
  const wanted = plain(words.trim());
  if (!wanted) return [];
  return items.flatMap((item) => (item.kind === 'beside' ? item.items : [item])).filter((item) => plain(textOf(item)).includes(wanted)).map(({ seq }) => seq);
}

/** @param {import('./rows.js').Item} item */
function textOf(item) {
  if (item.kind === 'line') return item.line.retracted ? '' : item.line.text;
  return item.kind === 'voice' ? item.answer.versions.filter(({ retracted }) => !retracted).map(({ text }) => text).join('\n') : '';
}
