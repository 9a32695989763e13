// What one can do by now, how sure that is, and how it came about; what personas remember of one.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { since } from '../format.js';
import { Link } from '../router.js';
import { inWords, nameInWords, ofHundred, sureness } from '../practice.js';
import { Button } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { toast, toastFault } from '../parts/toast.js';
import { t } from '../texts.js';

export function Skills() {
  const [mine, setMine] = useState(/** @type {any} */ (null));
  useEffect(() => void ludus.call('GET', '/me/skills').then(setMine, () => {}), []);
  if (!mine) return null;
  return html`<section class="section"><h2>${t('Skills')}</h2>
    ${mine.skills.length ? html`<ul class="skills">${mine.skills.map((/** @type {any} */ one) => html`<li key=${one.skill}><${Skill} one=${one} /></li>`)}</ul>`
      : html`<p class="hint">${t('After your first practice you see here what you can do.')} <${Link} href="/practise">${t('Practise')}<//></p>`}</section>`;
}

/** @param {{ one: any }} props */
function Skill({ one }) {
  const { per_mille: level, uncertainty } = one.level;
  // The truth lies somewhere in here.
  const from = Math.max(0, level - uncertainty / 2);
  const to = Math.min(1_000, level + uncertainty / 2);
  const name = inWords(one.skill);
  const last = one.history[0]?.change ?? 0;
  return html`<div class="skill"><p class="skill-head"><strong>${name}</strong><span>${ofHundred(level)}<small> ${t('of 100')}, ${sureness(uncertainty)}</small></span></p>
    <svg class="skill-bar" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label=${`${name}: ${t('{n} of {count}', { n: ofHundred(level), count: 100 })}, ${sureness(uncertainty)}`}>
      <rect class="skill-ground" x="0" y="6" width="1000" height="12" /><rect class="skill-band" x=${from} y="6" width=${to - from} height="12" /><rect class="skill-level" x=${Math.max(0, level - 6)} y="0" width="12" height="24" /></svg>
    ${one.history.length > 1 ? html`<${Line} history=${one.history} name=${name} />` : null}
    ${last ? html`<p class="hint">${t('{points} with the last practice, {when}', { points: `${last > 0 ? '+' : '−'}${Math.abs(last) < 10 ? '1' : ofHundred(Math.abs(last))}`, when: since(one.history[0].at) })}</p>` : null}</div>`;
}

/** What practices showed, oldest first. @param {{ history: any[], name: string }} props */
function Line({ history, name }) {
  const points = [...history].reverse().map(({ per_mille }, i, all) => [(i / (all.length - 1)) * 296 + 2, 38 - (per_mille / 1_000) * 36]);
  const shown = [...history].reverse().map(({ per_mille }) => ofHundred(per_mille)).join(', ');
  return html`<svg class="skill-line" viewBox="0 0 300 40" role="img" aria-label=${`What your practices showed of ${name}, oldest first: ${shown}`}>
    <polyline points=${points.map((point) => point.map((n) => n.toFixed(1)).join(',')).join(' ')} />${points.map(([x, y], i) => html`<circle key=${i} cx=${x} cy=${y} r="2.5" />`)}</svg>`;
}

/** What personas remember, to be seen and erased. */
export function Memories() {
  const [mine, setMine] = useState(/** @type {any} */ (null));
  const read = () => ludus.call('GET', '/me/memories').then(setMine, () => {});
  useEffect(() => void read(), []);
  if (!mine) return null;
  const choose = () => ludus.call('PUT', '/me/memories', { body: { off: !mine.off } }).then(read, toastFault);
  const forget = (/** @type {any} */ one) => ludus.call('DELETE', `/me/memories/${encodeURIComponent(one.persona)}`).then(() => { toast(t('{name} has forgotten you.', { name: nameInWords(one.persona) })); read(); }, toastFault);
  return html`<section class="section"><h2>${t('What personas remember of you')}</h2>
    <label class="check"><input type="checkbox" checked=${!mine.off} onChange=${choose} /> ${t('Personas may remember what we talked about')}</label>
    ${mine.items.length ? html`<ul class="rows">${mine.items.map((/** @type {any} */ one) => html`<li key=${one.persona} class="row memory"><div class="row-words"><strong>${nameInWords(one.persona)}</strong>
      <ul class="memory-notes">${Object.entries(one.slots).map(([slot, value]) => html`<li key=${slot}><small>${inWords(slot)}: <bdi>${value}</bdi></small></li>`)}${one.notes.map((/** @type {string} */ note) => html`<li key=${note} dir="auto"><small>${note}</small></li>`)}</ul><small>${since(one.changed_at)}</small></div>
      <${Button} kind="danger" onClick=${() => forget(one)} aria-label=${`Have ${nameInWords(one.persona)} forget you`}>${t('Forget')}<//></li>`)}</ul>` : html`<p class="hint"><${Icon} name="info" size=${16} /> ${t('Nobody remembers anything of you.')}</p>`}</section>`;
}
