// What came of a practice, to read, to print and to pass on.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, user } from '../hub.js';
import { Link } from '../router.js';
import { download, inWords, ofHundred, scenarioOf } from '../practice.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { toastFault } from '../parts/toast.js';
import { Judge, Judged } from './report/judge.js';
import { dayName } from '../format.js';
import { SkillLine } from './skills.js';
import { t } from '../texts.js';

/** A report is made when the practice ends; for so long it is waited for. */
const WAIT_MS_MAX = 60_000;
const AGAIN_MS = 1_500;

/** @param {{ id: string }} props the room's */
export function Report({ id }) {
  const [report, setReport] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [waits, setWaits] = useState(false);
  const of = new URLSearchParams(location.search).get('of') ?? undefined;
  useTitle(report ? t('Report: {title}', { title: report.title }) : t('Report'));
  useEffect(() => {
    const began = Date.now();
    /** @type {any} */
    let timer = null;
    const read = async () => {
      try {
        setReport(await ludus.call('GET', `/training/sessions/${id}/report`, { query: { of } }));
        setWaits(false);
      } catch (error) {
        const passing = Date.now() - began < WAIT_MS_MAX && /** @type {any} */ (error).status !== 403;
        const over = passing && (await isMaking(id));
        setWaits(over);
        if (over) timer = setTimeout(read, AGAIN_MS);
        else setFault(/** @type {any} */ (error).status === 404 ? t('There is no report of this practice, or it is not yours to read.') : /** @type {Error} */ (error).message);
      }
    };
    read();
    return () => clearTimeout(timer);
  }, [id]);
  if (fault) return html`<div class="page page-narrow"><header class="page-head"><h1>${t('Report')}</h1></header><${Empty} icon="search" title=${t('No report here')}><${Fault}>${fault}<//><p><${Link} class="button button-primary" href="/practise">${t('Practise')}<//></p><//></div>`;
  if (!report) return html`<div class="page page-narrow"><header class="page-head"><div><h1>${t('Report')}</h1><p class="lead" role="status">${waits ? t('Your report is being made…') : t('Reading the report…')}</p></div></header><${Skeleton} rows=${5} label=${t('Reading the report')} /></div>`;
  return html`<${Sheet} body=${report} onBody=${setReport} room=${id} query=${of ? `?of=${encodeURIComponent(of)}` : ''} />`;
}

/** Whether a report is on its way. @param {string} id */
async function isMaking(id) {
  try {
    const { state } = await ludus.call('GET', `/training/sessions/${id}`);
    return state === 'closed' || state === 'ended';
  } catch {
    return false;
  }
}

const ENDED = { good: t('It ended well.'), mixed: t('It ended so-so.'), poor: t('It did not end well, which is what practice is for.'), left: t('They had enough and went.'), parted: t('You said goodbye.') };
const JUDGES = { local: t('Measured here, without a language model.'), model: t('Scored with a language model, within what was measured.'), coach: t('Scored by a coach.'), import: t('Scored elsewhere.') };

/** @param {{ body: any, onBody: (body: any) => void, room: string, query: string }} props */
function Sheet({ body, onBody, room, query }) {
  const { report } = body;
  const quotes = new Map(body.quotes.map((/** @type {any} */ quote) => [quote.seq, quote.text]));
  const titles = new Map(report.criteria.map((/** @type {any} */ one) => [one.id, one.title]));
  const scenario = scenarioOf(body.scenario);
  const own = body.user === user.value.id;
  const lines = useHistory(own);
  const met = report.goals.filter((/** @type {any} */ goal) => goal.met_at !== null && goal.met_at !== undefined);
  const save = (/** @type {string} */ kind) => download(`/training/sessions/${room}/report.${kind}${query}`, `report.${kind}`).catch(toastFault);
  return html`<article class="page page-narrow report">
    <header class="report-head"><div><p class="kind">${t('Report')} · ${dayName(body.at)}</p><h1 dir="auto">${body.title}</h1>
      <p class="lead">${body.minutes ? t('{n} minutes', { n: body.minutes }) : t('Less than a minute')} · ${t('{n} lines', { n: body.lines })}${body.harder ? ` · ${body.harder > 0 ? t('harder than written') : t('easier than written')}` : ''}. ${ENDED[/** @type {'good'} */ (body.ended)] ?? ''}</p></div>
      ${report.total === null || report.total === undefined ? null : html`<svg class="ring ring-large" viewBox="0 0 64 64" role="img" aria-label=${t('{n} of {count}', { n: ofHundred(report.total), count: 100 })}>
        <circle class="ring-ground" cx="32" cy="32" r="27" /><circle class="ring-done" cx="32" cy="32" r="27" pathLength="100" stroke-dasharray=${`${report.total / 10} 100`} transform="rotate(-90 32 32)" /><text class="ring-text" x="32" y="32">${ofHundred(report.total)}</text></svg>`}
    </header>
    <div class="acts no-print"><${Button} icon="print" onClick=${() => print()}>${t('Print')}<//><${Button} icon="down" onClick=${() => save('md')}>${t('Markdown')}<//><${Button} icon="down" onClick=${() => save('csv')}>${t('Table (CSV)')}<//><${Link} class="button button-plain" href=${`/rooms/${room}`}>${t('Read the talk')}<//><${Link} class="button button-plain" href=${`/rooms/${room}/replay`}>${t('Look back')}<//></div>
    ${report.goals.length ? html`<section class="section"><h2>${t('Goals: {n} of {count}', { n: met.length, count: report.goals.length })}</h2><ul class="goals">${report.goals.map((/** @type {any} */ goal) => {
      const reached = met.includes(goal);
      return html`<li key=${goal.id} class=${reached ? 'goal goal-reached' : 'goal'}><span class="goal-box" aria-hidden="true">${reached ? html`<${Icon} name="check" size=${14} />` : null}</span>
        <div><span dir="auto">${goal.title}</span><span class="sr-only">${reached ? ` ${t('(reached)')}` : ` ${t('(not reached)')}`}</span>${quotes.has(goal.met_at) ? html`<${Quote} text=${quotes.get(goal.met_at)} />` : null}</div></li>`;
    })}</ul></section>` : null}
    ${report.went_well.length ? html`<section class="section report-well"><h2>${t('What went well')}</h2><ul>${report.went_well.map((/** @type {string} */ id) => html`<li key=${id}><${Icon} name="star" size=${16} /> <span dir="auto">${titles.get(id) ?? inWords(id)}</span></li>`)}</ul></section>` : null}
    <section class="section"><h2>${t('Step by step')}</h2><ul class="criteria">${report.criteria.map((/** @type {any} */ one) => html`<li key=${one.id}><${Criterion} result=${one} quotes=${quotes} judged=${(body.overrides ?? []).some((/** @type {any} */ by) => by.criterion === one.id)} /><${Judged} overrides=${body.overrides} criterion=${one.id} />${own || !isAtLeast('coach') ? null : html`<${Judge} key=${`${one.id}-${one.score?.per_mille}`} room=${room} learner=${body.user} result=${one} onDone=${onBody} />`}</li>`)}</ul></section>
    ${report.try_next.length ? html`<section class="section report-next"><h2>${t('What to try next')}</h2><ol>${report.try_next.map((/** @type {string} */ tip) => html`<li key=${tip} dir="auto">${tip}</li>`)}</ol></section>` : null}
    ${report.skills.length ? html`<section class="section"><h2>${t('What it changed')}</h2><ul class="changes">${report.skills.map((/** @type {any} */ change) => html`<${Changed} key=${change.skill} change=${change} history=${lines.get(change.skill)} />`)}</ul></section>` : null}
    <p class="hint">${JUDGES[/** @type {'local'} */ (body.judge)] ?? ''}</p>
    ${own ? html`<div class="acts no-print"><${Link} class="button button-primary" href="/practise">${t('Practise again')}<//>${scenario ? html`<${Link} class="button button-plain" href="/progress">${t('Your skills')}<//>` : null}</div>` : null}
  </article>`;
}

/** @param {{ text: string }} props */
const Quote = ({ text }) => html`<blockquote class="quote" dir="auto">${text}</blockquote>`;

/** @param {{ result: any, quotes: Map<number, string>, judged: boolean }} props `judged`: a coach has said why, below */
function Criterion({ result, quotes, judged }) {
  const { score } = result;
  const points = score ? ofHundred(score.per_mille) : null;
  return html`<div class="criterion"><p class="criterion-head"><strong dir="auto">${result.title}</strong><span>${points === null ? t('not scored') : html`${points}<small> ${t('of 100')}</small>`}</span></p>
    ${score ? html`<progress max="1000" value=${score.per_mille} aria-label=${`${result.title}: ${t('{n} of {count}', { n: Number(points), count: 100 })}`}></progress>` : null}
    ${result.level ? html`<p dir="auto">${result.level}</p>` : null}
    ${score?.reason && !judged ? html`<p class="hint" dir="auto">${score.reason}</p>` : null}
    ${(score?.evidence ?? []).filter((/** @type {number} */ seq) => quotes.has(seq)).map((/** @type {number} */ seq) => html`<${Quote} key=${seq} text=${/** @type {string} */ (quotes.get(seq))} />`)}
    ${score?.better ? html`<p class="better" dir="auto"><strong>${t('Said better:')}</strong> ${score.better}</p>` : null}</div>`;
}

/** How one's own skills went until now, by skill. @param {boolean} own */
function useHistory(own) {
  const [lines, setLines] = useState(/** @type {Map<string, any[]>} */ (new Map()));
  useEffect(() => void (own && ludus.call('GET', '/me/skills').then(({ skills }) => setLines(new Map(skills.map((/** @type {any} */ one) => [one.skill, one.history]))), () => {})), [own]);
  return lines;
}

/** @param {{ change: any, history?: any[] }} props */
function Changed({ change, history = [] }) {
  const by = ofHundred(change.after.per_mille) - ofHundred(change.before.per_mille);
  return html`<li><p class="changed"><span>${inWords(change.skill)}</span><span class=${by > 0 ? 'change-up' : 'change-flat'}>${ofHundred(change.before.per_mille)} → ${ofHundred(change.after.per_mille)}${by ? ` (${by > 0 ? '+' : '−'}${Math.abs(by)})` : ''}</span></p>${history.length > 1 ? html`<${SkillLine} history=${history} name=${inWords(change.skill)} />` : null}</li>`;
}
