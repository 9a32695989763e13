// What every door looks like: one calm card, one thing to do.

import { html } from '../ui.js';
import { Mark } from '../parts/basics.js';

/** @param {any} props */
export function Door({ title, lead = undefined, children, foot = undefined }) {
  return html`<main class="door">
    <div class="door-card">
      <div class="door-brand"><${Mark} size=${40} /><span>Ludus</span></div>
      <h1>${title}</h1>
      ${lead ? html`<p class="lead">${lead}</p>` : null}
      ${children}
    </div>
    ${foot ? html`<p class="door-foot">${foot}</p>` : null}
  </main>`;
}
