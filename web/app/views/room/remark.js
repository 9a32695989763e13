// What a model thinks of a line: one quiet row under it, and the reasons for whoever opens it.

import { html } from '../../ui.js';
import { Icon } from '../../parts/icons.js';
import { ofHundred } from '../../practice.js';
import { t } from '../../texts.js';

/**
 * @typedef {object} Remark
 * @property {{ criterion: string, title: string, per_mille: number, quote: string, reason: string }[]} scores
 * @property {string} [better] the line said better
 * @property {string} engine who thinks so
 */

/** @param {{ remark?: Remark, isOld: boolean, focusable: boolean }} props `isOld`: the line has been edited */
export function RemarkOn({ remark, isOld, focusable }) {
  if (!remark?.scores.length) return null;
  return html`<details class="remark">
    <summary tabindex=${focusable ? 0 : -1} aria-label=${t('What a model thinks of this line: {scores}', { scores: remark.scores.map(({ title, per_mille }) => `${title} ${ofHundred(per_mille)}`).join(', ') })}>
      <${Icon} name="spark" size=${14} /> ${remark.scores.map(({ criterion, title, per_mille }) => html`<span key=${criterion}><bdi>${title}</bdi> <b>${ofHundred(per_mille)}</b></span>`)}
    </summary>
    <div class="remark-body" dir="auto">
      ${isOld ? html`<p class="remark-about">${t('About what the line said before it was edited.')}</p>` : null}
      <ul>${remark.scores.map(({ criterion, title, per_mille, quote, reason }) => html`<li key=${criterion}><progress max="1000" value=${per_mille} aria-label=${title}></progress><p><q>${quote}</q> ${reason}</p></li>`)}</ul>
      ${remark.better ? html`<p class="remark-better"><strong>${t('Or like this:')}</strong> ${remark.better}</p>` : null}
      <p class="remark-about">${t('What a model thinks ({engine}). No points hang on it.', { engine: remark.engine })}</p>
    </div>
  </details>`;
}
