// New lines of others, spoken to those who listen.

import { html, useRef } from '../../ui.js';
import { newestOf } from './rows.js';
import { t } from '../../texts.js';

/** Lines that were loaded from history stay silent. @param {any} props */
export function Announcer({ items, me, model }) {
  const start = useRef(/** @type {number | null} */ (null));
  const newest = newestOf(items);
  if (start.current === null && newest) start.current = newest;
  const fresh = items.slice(-3).filter((/** @type {any} */ item) => item.kind === 'line' && item.seq > (start.current ?? Infinity) && item.line.by !== me && !item.line.retracted);
  return html`<div class="sr-only" role="log" aria-live="polite" aria-label=${t('New lines')}>
    ${fresh.map((/** @type {any} */ { seq, line }) => html`<p key=${seq}>${model.nameOf(line.by)}: ${line.text}</p>`)}
  </div>`;
}
