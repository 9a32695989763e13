// What a line earned, beside it: a number, and why for whoever asks.

import { html } from '../../ui.js';
import { t } from '../../texts.js';

/** @param {{ gain?: import('../../game/gains.js').Beside, focusable: boolean }} props */
export function Gain({ gain, focusable }) {
  if (!gain?.points) return null;
  const points = `${gain.points > 0 ? '+' : '−'}${Math.abs(gain.points)}`;
  return html`<button type="button" class="gain" tabindex=${focusable ? 0 : -1} aria-label=${t('{points} points: {why}', { points, why: gain.why.join(', ') })}>
    <span class="gain-points" key=${gain.points}>${points}</span><span class="gain-why" aria-hidden="true">${gain.why.map((why) => html`<span key=${why}>${why}</span>`)}</span>
  </button>`;
}
