// New lines of others, spoken to those who listen.

import { html, useRef } from '../../ui.js';
import { isAside, newestOf } from './rows.js';
import { t } from '../../texts.js';

/** Lines that were loaded from history stay silent. @param {any} props */
export function Announcer({ items, me, model }) {
  const start = useRef(/** @type {number | null} */ (null));
  const newest = newestOf(items);
  if (start.current === null && newest) start.current = newest;
  const fresh = items.slice(-3).filter((/** @type {any} */ item) => item.seq > (start.current ?? Infinity) && (isAside(item, me) || (item.kind === 'line' && item.line.by !== me && !item.line.retracted)));
  return html`<div class="sr-only" role="log" aria-live="polite" aria-label=${t('New lines')}>
    ${fresh.map((/** @type {any} */ { seq, line, event }) => html`<p key=${seq}>${line ? `${line.asPersona ? model.personaName(line.asPersona) : model.nameOf(line.by)}: ${line.text}` : `${event.fact.name}: ${event.fact.text}`}</p>`)}
  </div>`;
}
