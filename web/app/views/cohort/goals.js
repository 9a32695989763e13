// What a cohort's learners are to reach: set by coaches, with how far everybody is; and one's own, next to one's rooms.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { date, exactly } from '../../format.js';
import { inWords } from '../../practice.js';
import { Button, Dialog, Fault, Field, Skeleton } from '../../parts/basics.js';
import { toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

const OF_HUNDRED = 10;

/** What is to be reached, in words. @param {any} aim */
export function aimWords(aim) {
  if (aim.kind === 'practices') return t('Finished practices: {n}', { n: aim.count });
  if (aim.kind === 'points') return t('Points ({kind}): {n}', { n: aim.amount, kind: inWords(aim.of) });
  return t('{n} of 100 in {skill}', { n: Math.round(aim.per_mille / OF_HUNDRED), skill: inWords(aim.skill) });
}

/** From how much on, and how much it is, as people count it. @param {any} aim @param {number} value */
const counted = (aim, value) => (aim.kind === 'score' ? Math.round(value / OF_HUNDRED) : value);
const target = (/** @type {any} */ aim) => aim.count ?? aim.amount ?? aim.per_mille;

/** @returns {Record<string, string>} */
const stateWords = () => ({ missed: t('missed'), open: t('on the way'), reached: t('reached') });

/** How far somebody is. @param {{ aim: any, value: number, label: string }} props */
function Far({ aim, value, label }) {
  return html`<progress max=${target(aim)} value=${Math.min(value, target(aim))} aria-label=${label}></progress>
    <span class="quest-done">${t('{n} of {count}', { n: counted(aim, value), count: counted(aim, target(aim)) })}</span>`;
}

/** @param {{ cohort: any, onClose: () => void }} props */
export function Goals({ cohort, onClose }) {
  const path = `/cohorts/${cohort.id}/goals`;
  const [page, setPage] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [kind, setKind] = useState('practices');
  const [of, setOf] = useState('');
  const [amount, setAmount] = useState('5');
  const [until, setUntil] = useState('');
  const [says, setSays] = useState('');
  const [open, setOpen] = useState(/** @type {any} */ (null));
  const read = () => ludus.call('GET', path).then(setPage, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  const names = kind === 'points' ? page?.points : kind === 'score' ? page?.skills : [];
  const choose = (/** @type {string} */ next) => {
    setKind(next);
    setOf((next === 'points' ? page?.points : page?.skills)?.[0] ?? '');
  };
  const set = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const n = Number(amount);
    const aim = kind === 'practices' ? { kind, count: n } : kind === 'points' ? { kind, of, amount: n } : { kind, skill: of, per_mille: n * OF_HUNDRED };
    try {
      await ludus.call('POST', path, { body: { aim, ...(says.trim() ? { says } : {}), ...(until ? { until: new Date(until).getTime() } : {}) } });
      setSays('');
      setFault('');
      read();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  const withdraw = (/** @type {string} */ id) => ludus.call('DELETE', `${path}/${id}`).then(read, toastFault);
  const look = (/** @type {string} */ id) => (open?.id === id ? setOpen(null) : ludus.call('GET', `${path}/${id}`).then(setOpen, toastFault));
  const words = stateWords();
  const unit = kind === 'practices' ? t('How many practices') : kind === 'points' ? t('How many points') : t('How much of 100');
  return html`<${Dialog} title=${t('Goals of {cohort}', { cohort: cohort.title })} onClose=${onClose} wide>
    <form class="stack" onSubmit=${set}>
      <${Field} as="select" label=${t('What counts')} value=${kind} onValue=${choose}><option value="practices">${t('Finished practices')}</option><option value="points">${t('Points')}</option><option value="score">${t('A skill, shown in one practice')}</option><//>
      ${names?.length ? html`<${Field} as="select" label=${kind === 'points' ? t('Which points') : t('Which skill')} value=${of} onValue=${setOf}>${names.map((/** @type {string} */ name) => html`<option key=${name} value=${name}>${inWords(name)}</option>`)}<//>` : null}
      <${Field} type="number" label=${unit} min="1" max=${kind === 'score' ? '100' : kind === 'points' ? '1000000' : '1000'} required value=${amount} onValue=${setAmount} />
      <${Field} type="datetime-local" label=${t('Done by')} value=${until} onValue=${setUntil} hint=${t('It counts from now on, for each learner by themselves.')} />
      <${Field} label=${t('Why it matters')} maxlength="1000" value=${says} onValue=${setSays} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} kind="primary" type="submit" disabled=${!page}>${t('Set the goal')}<//></div>
    </form>
    ${page || fault ? null : html`<${Skeleton} rows=${2} label=${t('Loading')} />`}
    ${page && !page.items.length ? html`<p class="hint">${t('No goal is set.')}</p>` : null}
    <ul class="cards">${page?.items.map((/** @type {any} */ one) => html`<li class="card" key=${one.id}>
      <strong>${aimWords(one.aim)}</strong>
      ${one.says ? html`<p dir="auto">${one.says}</p>` : null}
      <p class="card-facts">${one.until ? html`<span>${t('by {date}', { date: exactly(one.until) })}</span>` : null}${Object.entries(one.counts).filter(([, n]) => n).map(([state, n]) => html`<span key=${state}>${`${n} ${words[state] ?? state}`}</span>`)}</p>
      <div class="card-acts"><${Button} aria-expanded=${open?.id === one.id ? 'true' : 'false'} onClick=${() => look(one.id)}>${t('Who is how far')}<//><${Button} icon="undo" onClick=${() => withdraw(one.id)}>${t('Take back')}<//></div>
      ${open?.id === one.id ? html`<ul class="rows">${open.learners.map((/** @type {any} */ learner) => html`<li class="row" key=${learner.user}><div class="row-words"><bdi>${learner.name}</bdi><small>${words[learner.state]}</small></div><${Far} aim=${one.aim} value=${learner.value} label=${learner.name} /></li>`)}</ul>` : null}
    </li>`)}</ul>
  <//>`;
}

/** What one is to reach oneself, what is soonest first. What was missed is not rubbed in. */
export function OwnGoals() {
  const [items, setItems] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void ludus.call('GET', '/me/goals').then((page) => setItems(page.items), () => {}), []);
  const shown = items.filter((one) => one.state !== 'missed').sort((a, b) => (a.until ?? Infinity) - (b.until ?? Infinity));
  if (!shown.length) return null;
  return html`<section class="section"><h2>${t('Goals of your cohort')}</h2><ul class="rows">${shown.map((one) => html`<li class="row quest" key=${one.id}><div class="row-words"><strong>${aimWords(one.aim)}</strong><small dir="auto">${[one.until && t('by {date}', { date: date(one.until) }), one.says].filter(Boolean).join(' · ')}</small></div>
    ${one.state === 'reached' ? html`<span class="badge">${t('reached')}</span>` : null}<${Far} aim=${one.aim} value=${one.value} label=${aimWords(one.aim)} /></li>`)}</ul></section>`;
}
