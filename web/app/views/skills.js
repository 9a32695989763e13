// What one can do by now, how sure that is, and how it came about; what personas remember of one.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { date, since } from '../format.js';
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
    ${mine.skills.length > 2 ? html`<${Radar} skills=${mine.skills} />` : null}
    ${mine.skills.length ? html`<p class="hint">${t('Dots are what practices showed; the line is what follows from them, and the band how sure that is.')}</p><ul class="skills">${mine.skills.map((/** @type {any} */ one) => html`<li key=${one.skill}><${Skill} one=${one} /></li>`)}</ul>`
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
    ${one.history.length > 1 ? html`<${SkillLine} history=${one.history} name=${name} />` : null}
    ${last ? html`<p class="hint">${t('{points} with the last practice, {when}', { points: `${last > 0 ? '+' : '−'}${Math.abs(last) < 10 ? '1' : ofHundred(Math.abs(last))}`, when: since(one.history[0].at) })}</p>` : null}</div>`;
}

/** From three on a shape says more than bars: what one is good at stands out. @param {{ skills: any[] }} props */
function Radar({ skills }) {
  const middle = 150;
  const at = (/** @type {number} */ i, /** @type {number} */ share) => {
    const angle = (i / skills.length) * 2 * Math.PI - Math.PI / 2;
    return [middle + Math.cos(angle) * share * 100, middle + Math.sin(angle) * share * 100];
  };
  const ring = (/** @type {(one: any) => number} */ share) => skills.map((one, i) => at(i, share(one)).map((n) => n.toFixed(1)).join(',')).join(' ');
  const bound = (/** @type {number} */ value) => Math.min(1, Math.max(0, value / 1_000));
  const anchor = (/** @type {number} */ x) => (Math.abs(x - middle) < 8 ? 'middle' : x > middle ? 'start' : 'end');
  return html`<svg class="radar" viewBox="-60 0 420 300" role="img" aria-label=${t('Your skills: {list}', { list: skills.map(({ skill, level }) => `${inWords(skill)} ${ofHundred(level.per_mille)}`).join(', ') })}>
    ${[0.25, 0.5, 0.75, 1].map((share) => html`<polygon key=${share} class="chart-grid" points=${ring(() => share)} />`)}
    ${skills.map((_, i) => html`<line key=${i} class="chart-grid" x1=${middle} y1=${middle} x2=${at(i, 1)[0]} y2=${at(i, 1)[1]} />`)}
    <polygon class="chart-band" points=${ring(({ level }) => bound(level.per_mille + level.uncertainty / 2))} /><polygon class="radar-inner" points=${ring(({ level }) => bound(level.per_mille - level.uncertainty / 2))} />
    <polygon class="chart-line" points=${ring(({ level }) => bound(level.per_mille))} />
    ${skills.map((one, i) => {
      const [x, y] = at(i, 1.12);
      return html`<text key=${one.skill} class="chart-text" x=${x} y=${y} text-anchor=${anchor(x)} dominant-baseline="central">${inWords(one.skill)}</text>`;
    })}</svg>`;
}

const WIDE = 320;
const HIGH = 110;
/** Where the figures of the left edge end, and the dates of the lower one begin. */
const LEFT = 26;
const LOW = HIGH - 18;

/** How a skill went over time: what was believed of it and how surely, and what each practice showed. @param {{ history: any[], name: string }} props newest first */
export function SkillLine({ history, name }) {
  const all = [...history].reverse();
  const [first, last] = [all[0].at, all[all.length - 1].at];
  const x = (/** @type {any} */ { at }) => LEFT + 6 + ((at - first) / Math.max(1, last - first)) * (WIDE - LEFT - 12);
  const y = (/** @type {number} */ perMille) => 6 + (1 - Math.min(1_000, Math.max(0, perMille)) / 1_000) * (LOW - 10);
  const known = all.filter(({ level }) => level);
  const points = (/** @type {(one: any) => number} */ of, list = known) => list.map((one) => `${x(one).toFixed(1)},${y(of(one)).toFixed(1)}`).join(' ');
  const band = `${points(({ level }) => level.per_mille + level.uncertainty / 2)} ${points(({ level }) => level.per_mille - level.uncertainty / 2, [...known].reverse())}`;
  const told = all.map((one) => `${date(one.at)}: ${ofHundred(one.per_mille)}`).join(', ');
  return html`<svg class="chart" viewBox=${`0 0 ${WIDE} ${HIGH}`} role="img" aria-label=${t('What your practices showed of {skill}, oldest first: {list}', { skill: name, list: told })}>
    ${[0, 500, 1_000].map((mark) => html`<line key=${mark} class="chart-grid" x1=${LEFT} x2=${WIDE} y1=${y(mark)} y2=${y(mark)} /><text class="chart-text" x=${LEFT - 5} y=${y(mark)} text-anchor="end" dominant-baseline="central">${mark / 10}</text>`)}
    ${known.length > 1 ? html`<polygon class="chart-band" points=${band} /><polyline class="chart-line" points=${points(({ level }) => level.per_mille)} />` : null}
    ${all.map((one, i) => html`<circle key=${i} class="chart-dot" cx=${x(one)} cy=${y(one.per_mille)} r="3.5"><title>${`${date(one.at)}: ${ofHundred(one.per_mille)}`}</title></circle>`)}
    <text class="chart-text" x=${LEFT} y=${HIGH - 3}>${date(first)}</text><text class="chart-text" x=${WIDE} y=${HIGH - 3} text-anchor="end">${date(last)}</text></svg>`;
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
