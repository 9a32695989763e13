// The first three, on steps.

import { html } from '../ui.js';
import { count } from '../format.js';
import { t } from '../texts.js';

const STEPS = ['', 'first', 'second', 'third'];

/** @param {{ rows: { place: number, name?: string, title?: string, score?: number | null, mine?: boolean }[], label?: string }} props the first of all */
export function Podium({ rows, label = t('Podium') }) {
  const first = rows.filter(({ place }) => place <= 3).slice(0, 6);
  if (!first.length) return null;
  return html`<ol class="podium" aria-label=${label}>${first.map((row, i) => html`<li key=${i} class=${`podium-step podium-${STEPS[row.place]} ${row.mine ? 'podium-mine' : ''}`}>
    <span class="podium-place" aria-hidden="true">${row.place}</span><span class="sr-only">${row.place}. </span><bdi class="podium-name">${row.title ?? row.name ?? t('Somebody')}${row.mine ? html` <small>${t('(you)')}</small>` : null}</bdi>
    ${row.score === undefined || row.score === null ? null : html`<span class="podium-score">${count(row.score)}</span>`}</li>`)}</ol>`;
}
