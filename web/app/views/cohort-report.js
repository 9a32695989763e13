// What a cohort did in some weeks, against as many weeks before: to read, to print, and as a table.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { download, inWords, ofHundred } from '../practice.js';
import { count, date } from '../format.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { toastFault } from '../parts/toast.js';
import { t } from '../texts.js';

const DAY_MS = 86_400_000;
/** @type {[number, string][]} */
const WEEKS = [[1, t('A week')], [4, t('Four weeks')], [13, t('A quarter')], [52, t('A year')]];

/** @typedef {{ practised?: number, practices?: number, minutes?: number, lines?: number, goals_met?: number, goals?: number, score?: number, alerts?: number, handled?: number, handled_after_s?: number }} Sums */

/** @param {{ id: string }} props the cohort's */
export function CohortReport({ id }) {
  const [weeks, setWeeks] = useState(4);
  const [body, setBody] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [to] = useState(() => Date.now());
  const query = { from: to - weeks * 7 * DAY_MS, to };
  useTitle(body ? t('Report: {title}', { title: body.title }) : t('Report'));
  useEffect(() => {
    let wanted = true;
    setFault('');
    ludus.call('GET', `/cohorts/${id}/report`, { query }).then((found) => wanted && setBody(found), (error) => wanted && setFault(error.status === 404 ? t('There is no such cohort, or it is not yours to see.') : error.message));
    return () => { wanted = false; };
  }, [id, weeks]);
  if (fault && !body) return html`<div class="page"><header class="page-head"><h1>${t('Report')}</h1></header><${Empty} icon="cohort" title=${t('No report here')}><${Fault}>${fault}<//><p><${Link} class="button button-primary" href="/desk">${t('All desks')}<//></p><//></div>`;
  if (!body) return html`<div class="page"><header class="page-head"><h1>${t('Report')}</h1></header><${Skeleton} kind="card" rows=${6} label=${t('Reading the report')} /></div>`;
  const { now, before, window } = body;
  const save = () => download(`/cohorts/${id}/report.csv?from=${query.from}&to=${query.to}`, 'cohort.csv').catch(toastFault);
  return html`<article class="page cohort-report">
    <header class="page-head"><div><p class="kind">${t('Report')}</p><h1 dir="auto">${body.title}</h1>
      <p class="lead">${t('{from} to {to}', { from: date(window.from), to: date(window.to - 1) })}${body.learners === undefined ? '' : ` · ${t('{n} learners', { n: body.learners })}`}</p></div>
      <div class="acts no-print"><${Button} icon="print" onClick=${() => print()}>${t('Print')}<//><${Button} icon="down" onClick=${save}>${t('Table (CSV)')}<//><${Link} class="button button-plain" href=${`/desk/${id}`}>${t('Desk')}<//></div></header>
    <div class="report-weeks no-print" role="group" aria-label=${t('How far back')}>${WEEKS.map(([n, label]) => html`<button type="button" key=${n} class="desk-filter" aria-pressed=${n === weeks ? 'true' : 'false'} onClick=${() => setWeeks(n)}>${label}</button>`)}</div>
    ${fault ? html`<${Fault}>${fault}<//>` : null}
    ${body.group_only ? html`<p class="hint">${t('You see this cohort as a whole: numbers of five people and more, roughly, of weeks that are over.')}</p>` : null}
    ${body.cut ? html`<p class="hint">${t('More happened than a report takes in: the oldest is missing.')}</p>` : null}
    <section class="section"><h2>${t('What was done')}</h2><dl class="report-sums">${SUMS.map(([key, label, shown]) => html`<div class="report-sum" key=${key}><dt>${label()}</dt><dd>${shown(now)}</dd><dd class="report-was">${t('before: {value}', { value: shown(before) })}</dd></div>`)}</dl></section>
    ${body.skills.length ? html`<section class="section"><h2>${t('What it changed')}</h2><ul class="report-skills">${body.skills.map((/** @type {any} */ one) => html`<${Moved} key=${one.skill} one=${one} />`)}</ul></section>` : null}
    ${body.people.length ? html`<section class="section"><h2>${t('Learner by learner')}</h2><div class="report-table" role="region" aria-label=${t('Learner by learner')} tabindex="0"><table>
      <thead><tr><th scope="col">${t('Name')}</th>${COLUMNS.map(([key, label]) => html`<th scope="col" key=${key}>${label()}</th>`)}</tr></thead>
      <tbody>${body.people.map((/** @type {any} */ row) => html`<tr key=${row.user}><th scope="row"><bdi>${row.name}</bdi></th>${COLUMNS.map(([key, , shown]) => html`<td key=${key}>${shown(row.now)}<small>${shown(row.before)}</small></td>`)}</tr>`)}</tbody></table></div>
      <p class="hint">${t('In small figures: the same time before.')}</p></section>` : null}
  </article>`;
}

const figure = (/** @type {number | undefined} */ value) => (value === undefined ? '–' : count(value));
const hundred = (/** @type {number | undefined} */ value) => (value === undefined ? '–' : count(ofHundred(value)));
const goals = (/** @type {Sums} */ { goals_met, goals: all }) => (goals_met === undefined && all === undefined ? '–' : t('{n} of {count}', { n: figure(goals_met), count: figure(all) }));

/** @type {[string, () => string, (sums: Sums) => string][]} */
const COLUMNS = [
  ['practices', () => t('Practices'), ({ practices }) => figure(practices)],
  ['minutes', () => t('Minutes'), ({ minutes }) => figure(minutes)],
  ['lines', () => t('Lines'), ({ lines }) => figure(lines)],
  ['goals', () => t('Goals'), goals],
  ['score', () => t('Points of 100'), ({ score }) => hundred(score)],
  ['alerts', () => t('Alerts'), ({ alerts }) => figure(alerts)],
];

/** @type {[string, () => string, (sums: Sums) => string][]} */
const SUMS = [
  ['practised', () => t('Practised at all'), ({ practised }) => figure(practised)],
  ...COLUMNS,
  ['handled', () => t('Alerts somebody saw to'), ({ handled }) => figure(handled)],
  ['after', () => t('Seen to after, in minutes'), ({ handled_after_s: s }) => (s === undefined ? '–' : count(Math.round(s / 6) / 10))],
];

/** @param {{ one: { skill: string, before?: number, after: number, learners: number } }} props */
function Moved({ one }) {
  const by = one.before === undefined ? 0 : ofHundred(one.after) - ofHundred(one.before);
  const name = inWords(one.skill);
  return html`<li><p class="skill-head"><strong>${name}</strong><span class=${by > 0 ? 'change-up' : 'change-flat'}>${hundred(one.before)} → ${hundred(one.after)}${by ? ` (${by > 0 ? '+' : '−'}${Math.abs(by)})` : ''} <small>${t('{n} learners', { n: one.learners })}</small></span></p>
    <progress max="1000" value=${one.after} aria-label=${`${name}: ${t('{n} of {count}', { n: ofHundred(one.after), count: 100 })}`}></progress></li>`;
}
