// Contests: those one may see, one of them from its announcement to its podium.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, user } from '../hub.js';
import { Link, go } from '../router.js';
import { count, exactly } from '../format.js';
import { left } from '../boards/moves.js';
import { Button, Choices, Copy, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { Podium } from '../parts/podium.js';
import { toast, toastFault } from '../parts/toast.js';
import { Rows, useBoard } from './board.js';
import { Tabs } from './boards.js';
import { rich, t } from '../texts.js';

const PHASES = { planned: t('Announced'), open: t('Open to enter'), running: t('Running'), over: t('Over'), cancelled: t('Called off') };
const PHASE_LOOK = { planned: 'lobby', open: 'lobby', running: 'live', over: 'ended', cancelled: 'ended' };
const ENTRIES = { open: t('Open to everybody here'), cohort: t('For a cohort'), code: t('By code') };
const LIVE = { top: 10, around: 2 };
/** Phases change by the clock; this long after a change is due, it is looked for. */
const LOOK_MS = 1_500;

export function Contests() {
  useTitle(t('Contests'));
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const [making, setMaking] = useState(false);
  const read = () => ludus.call('GET', '/contests', { query: { limit: 100 } }).then(({ items }) => { setFault(''); setAll(items); }, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  const now = all?.filter(({ phase }) => phase === 'running' || phase === 'open' || phase === 'planned') ?? [];
  const past = all?.filter(({ phase }) => phase === 'over' || phase === 'cancelled') ?? [];
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Contests')}</h1><p class="lead">${t('A beginning, an end, and a podium.')}</p></div>
      ${isAtLeast('coach') ? html`<${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>${t('Hold a contest')}<//>` : null}</header>
    <${Tabs} />
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : all ? null : html`<${Skeleton} kind="card" rows=${3} label=${t('Reading the contests')} />`}
    ${all && !now.length ? html`<${Empty} icon="star" title=${t('No contest just now')}><p>${t('When one is announced, it appears here. Have a code? Use it below.')}</p><//>` : null}
    ${now.length ? html`<ul class="cards">${now.map((one) => html`<li key=${one.id}><${Card} contest=${one} /></li>`)}</ul>` : null}
    ${user.value.role === 'learner' ? html`<${ByCode} />` : null}
    ${past.length ? html`<section class="section"><h2>${t('Past contests')}</h2><ul class="cards">${past.map((one) => html`<li key=${one.id}><${Card} contest=${one} /></li>`)}</ul></section>` : null}
    ${making ? html`<${Hold} onClose=${() => setMaking(false)} />` : null}
  </div>`;
}

/** @param {{ contest: any }} props */
function Card({ contest }) {
  return html`<${Link} class="card" href=${`/contests/${contest.id}`}>
    <span class="card-top"><span class=${`phase phase-${PHASE_LOOK[/** @type {'open'} */ (contest.phase)]}`}>${PHASES[/** @type {'open'} */ (contest.phase)]}</span>${contest.mine?.place ? html`<span class="badge">${t('your place: {place}', { place: contest.mine.place })}</span>` : contest.mine ? html`<span class="badge">${t('you are in')}</span>` : null}</span>
    <strong class="card-title" dir="auto">${contest.title}</strong>
    <span class="card-facts"><span><${Icon} name="people" size=${16} /> ${t('{n} entrants', { n: contest.entrants })}</span><${Clock} contest=${contest} /></span><//>`;
}

/** @param {string} phase @param {string} time empty: it is due */
function dueSays(phase, time) {
  if (phase === 'planned') return time ? t('opens in {time}', { time }) : t('opens now');
  if (phase === 'open') return time ? t('begins in {time}', { time }) : t('begins now');
  return time ? t('ends in {time}', { time }) : t('ends now');
}

/** When it begins or ends, counted down. @param {{ contest: any, onDue?: () => void }} props */
export function Clock({ contest, onDue = undefined }) {
  const [, tick] = useState(0);
  const due = { planned: contest.opens_at, open: contest.starts_at, running: contest.ends_at }[/** @type {'open'} */ (contest.phase)];
  useEffect(() => {
    if (!due) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, [contest.phase]);
  const past = due ? Date.now() > due + LOOK_MS : false;
  useEffect(() => {
    if (!past || !onDue) return undefined;
    onDue();
    const timer = setInterval(onDue, LOOK_MS * 2);
    return () => clearInterval(timer);
  }, [past, contest.phase]);
  if (!due) return null;
  const ms = due - Date.now();
  const says = dueSays(contest.phase, ms > 0 ? left(ms) : '');
  return html`<span title=${exactly(due)}><${Icon} name="clock" size=${16} /> ${says}</span>`;
}

function ByCode() {
  const [code, setCode] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      const tried = code.trim().toUpperCase();
      const { id } = await ludus.call('POST', '/contests/by-code', { body: { code: tried } });
      await ludus.call('POST', `/contests/${id}/enter`, { body: { code: tried } });
      toast(t('You are in. Good luck.'));
      go(`/contests/${id}`);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<section class="section"><h2>${t('Have a code?')}</h2><form class="row-form" onSubmit=${submit}>
    <${Field} label=${t('Contest code')} class="input input-code" autocomplete="off" spellcheck=${false} required value=${code} onValue=${setCode} fault=${fault} />
    <${Button} type="submit" busy=${busy}>${t('Enter')}<//></form></section>`;
}

/** Hold a contest: what kind, when. @param {{ onClose: () => void }} props */
function Hold({ onClose }) {
  const [plans, setPlans] = useState(/** @type {any[] | null} */ (null));
  const [cohorts, setCohorts] = useState(/** @type {any[]} */ ([]));
  const [plan, setPlan] = useState('');
  const [title, setTitle] = useState('');
  const [cohort, setCohort] = useState('');
  const [minutes, setMinutes] = useState('10');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    ludus.call('GET', '/contest-plans').then((all) => { setPlans(all); setPlan(all[0]?.plan ?? ''); }, (error) => setFault(error.message));
    ludus.call('GET', '/cohorts').then((found) => setCohorts(found.items ?? found), () => {});
  }, []);
  const chosen = plans?.find((one) => one.plan === plan);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      const starts = Date.now() + Number(minutes) * 60_000;
      const contest = await ludus.call('POST', '/contests', { body: { plan, starts, ...(title.trim() ? { title: title.trim() } : {}), ...(chosen?.entry === 'cohort' && cohort ? { cohort } : {}) } });
      onClose();
      go(`/contests/${contest.id}`);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('Hold a contest')} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    ${plans ? html`<${Choices} label=${t('What kind?')} value=${plan} onValue=${setPlan} options=${plans.map((one) => ({ value: one.plan, label: one.title, hint: `${one.says} ${ENTRIES[/** @type {'open'} */ (one.entry)]}.` }))} />` : html`<${Skeleton} rows=${3} label=${t('Reading the kinds')} />`}
    <${Field} label=${t('Title')} maxlength="120" value=${title} onValue=${setTitle} placeholder=${chosen?.title ?? ''} hint=${t('Its kind\'s, unless you say otherwise.')} />
    ${chosen?.entry === 'cohort' ? html`<${Field} as="select" label=${t('For which cohort?')} required value=${cohort} onValue=${setCohort}><option value="">${t('Choose…')}</option>${cohorts.map((one) => html`<option key=${one.id} value=${one.id}>${one.title}</option>`)}<//>` : null}
    <${Field} label=${t('Begins in so many minutes')} type="number" min="0" max="43200" required value=${minutes} onValue=${setMinutes} hint=${t('People may enter from now on.')} />
    <${Fault}>${fault}<//>
    <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy} disabled=${!plan}>${t('Announce it')}<//></div>
  </form><//>`;
}

/** @param {{ id: string }} props */
export function Contest({ id }) {
  const [contest, setContest] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  useTitle(contest?.title ?? t('Contest'));
  const read = () => ludus.call('GET', `/contests/${id}`).then(setContest, (error) => setFault(error.message));
  useEffect(() => void read(), [id]);
  if (!contest) return html`<div class="page page-narrow"><header class="page-head"><h1>${t('Contest')}</h1></header>${fault ? html`<${Empty} icon="search" title=${t('Not here')}><${Fault}>${fault}<//><p><${Link} class="button button-primary" href="/contests">${t('All contests')}<//></p><//>` : html`<${Skeleton} rows=${4} label=${t('Reading the contest')} />`}</div>`;
  const { phase } = contest;
  return html`<div class="page page-narrow">
    <header class="page-head"><div><p class="kind">${t('Contest')}</p><h1 dir="auto">${contest.title}</h1><p class="lead" dir="auto">${contest.says}</p></div></header>
    <p class="card-facts contest-facts" role="status"><span class=${`phase phase-${PHASE_LOOK[/** @type {'open'} */ (phase)]}`}>${PHASES[/** @type {'open'} */ (phase)]}</span>
      <${Clock} contest=${contest} onDue=${read} /><span><${Icon} name="people" size=${16} /> ${t('{n} entrants', { n: contest.entrants })}${contest.entrants_max ? ` ${t('of {n}', { n: contest.entrants_max })}` : ''}</span>
      <span>${ENTRIES[/** @type {'open'} */ (contest.entry)]}</span>${contest.teams ? html`<span>${t('In teams')}</span>` : null}${contest.attempts_max ? html`<span>${t('{n} attempts count', { n: contest.attempts_max })}</span>` : null}</p>
    <${Taking} contest=${contest} onChange=${setContest} />
    ${contest.code && (phase === 'open' || phase === 'running' || phase === 'planned') ? html`<section class="section"><h2>${t('Its code')}</h2><div class="copy-row"><output class="input">${contest.code}</output><${Copy} text=${contest.code} /></div></section>` : null}
    ${phase === 'over' ? html`<${Results} contest=${contest} />` : phase === 'running' && contest.board ? html`<${Standing} board=${contest.board} />` : null}
    ${isAtLeast('coach') && contest.board ? html`<div class="acts"><${Link} class="button button-plain" href=${`/stage/${encodeURIComponent(contest.board)}`}>${t('Show on a stage')}<//>${phase === 'over' ? null : html`<${Ending} contest=${contest} onChange=${setContest} />`}</div>` : null}
  </div>`;
}

/** Entering and leaving. @param {{ contest: any, onChange: (contest: any) => void }} props */
function Taking({ contest, onChange }) {
  const [code, setCode] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const { phase, mine } = contest;
  // Contests are for learners: who holds them does not take part.
  const may = user.value.role === 'learner' && (phase === 'open' || (phase === 'running' && contest.late));
  const ask = async (/** @type {string} */ path, /** @type {any} */ body, /** @type {string} */ done) => {
    setBusy(true);
    setFault('');
    try {
      onChange(await ludus.call('POST', `/contests/${contest.id}/${path}`, body === undefined ? undefined : { body }));
      toast(done);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  if (mine && (phase === 'open' || phase === 'running')) {
    return html`<div class="taking"><p><${Icon} name="check" /> <strong>${t('You are in.')}</strong> ${phase === 'running' ? t('What you gain now counts.') : t('It begins by itself.')}</p><${Button} busy=${busy} onClick=${() => ask('leave', undefined, t('You are out. You may come back while entry is open.'))}>${t('Leave it')}<//><${Fault}>${fault}<//></div>`;
  }
  if (!may) return phase === 'running' && !mine && user.value.role === 'learner' ? html`<p class="hint">${t('Entry is closed. You can watch.')}</p>` : null;
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    ask('enter', contest.entry === 'code' ? { code: code.trim().toUpperCase() } : {}, t('You are in. Good luck.'));
  };
  return html`<form class="row-form" onSubmit=${enter}>${contest.entry === 'code' ? html`<${Field} label=${t('Its code')} class="input input-code" autocomplete="off" required value=${code} onValue=${setCode} />` : null}
    <${Button} kind="primary" type="submit" icon="play" busy=${busy}>${t('Take part')}<//><${Fault}>${fault}<//></form>`;
}

/** Early ends, for who runs it. @param {{ contest: any, onChange: (contest: any) => void }} props */
function Ending({ contest, onChange }) {
  const [asking, setAsking] = useState('');
  if (contest.phase === 'cancelled') return null;
  const stop = (/** @type {string} */ how) => ludus.call('POST', `/contests/${contest.id}/${how}`).then((after) => { onChange(after); setAsking(''); }, toastFault);
  if (!asking) return html`${contest.phase === 'running' ? html`<${Button} icon="stop" onClick=${() => setAsking('end')}>${t('End it now')}<//>` : null}<${Button} kind="danger" onClick=${() => setAsking('cancel')}>${t('Call it off')}<//>`;
  return html`<div class="ending" role="group" aria-label=${t('Sure?')}><p>${asking === 'end' ? t('Its results stand from then on.') : t('Nobody will have won.')}</p><div class="acts"><${Button} kind="danger" onClick=${() => stop(asking)}>${asking === 'end' ? t('End it') : t('Call it off')}<//><${Button} onClick=${() => setAsking('')}>${t('Leave it')}<//></div></div>`;
}

/** The board while it runs. @param {{ board: string }} props */
function Standing({ board }) {
  const { model, refused } = useBoard(board, LIVE);
  if (refused) return null;
  return html`<section class="section"><h2>${t('As it stands')}</h2>${!model ? html`<${Skeleton} rows=${4} label=${t('Reading the board')} />` : model.count ? html`<${Rows} model=${model} />` : html`<p class="hint">${t('Nobody has gained anything yet. Be the first.')}</p>`}</section>`;
}

/** @param {{ contest: any }} props */
function Results({ contest }) {
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  const [teams, setTeams] = useState(/** @type {any[]} */ ([]));
  const [next, setNext] = useState('');
  const read = (/** @type {string} */ cursor) => ludus.call('GET', `/contests/${contest.id}/results`, { query: { limit: 50, cursor } }).then((page) => { setLines((before) => [...(cursor ? before ?? [] : []), ...page.items]); setNext(page.next ?? ''); }, toastFault);
  useEffect(() => {
    read('');
    if (contest.teams) ludus.call('GET', `/contests/${contest.id}/teams`).then((page) => setTeams(page.items ?? page), () => {});
  }, [contest.id]);
  if (!lines) return html`<${Skeleton} rows=${5} label=${t('Reading the results')} />`;
  if (!lines.length) return html`<${Empty} icon="star" title=${t('Nobody took part')}><p>${t('It is over, and there is no podium.')}</p><//>`;
  const mine = contest.mine;
  return html`<section class="section"><h2>${t('Results')}</h2>
    ${mine?.place ? html`<p class="contest-mine" role="status">${rich('You came in at place {place} of {n}.', { place: html`<strong>${mine.place}</strong>`, n: contest.entrants })}</p>` : null}
    <${Podium} rows=${teams.length ? teams : lines} label=${teams.length ? t('The first teams') : t('Podium')} />
    ${teams.length ? html`<h3>${t('Teams')}</h3><${Lines} lines=${teams} />` : null}
    <h3>${t('Everybody')}</h3><${Lines} lines=${lines} />
    ${next ? html`<${Button} onClick=${() => read(next)}>${t('Show more')}<//>` : null}</section>`;
}

/** @param {{ lines: any[], label?: string }} props */
export function Lines({ lines, label = t('Standings') }) {
  return html`<ol class="board" aria-label=${label}>${lines.map((line, i) => html`<li key=${i} class=${`board-row ${line.mine ? 'board-mine' : ''} ${line.became === 'promoted' ? 'board-up' : line.became === 'demoted' ? 'board-down' : ''}`}>
    <span class="board-place">${line.place === undefined ? '–' : count(line.place)}</span><bdi class="board-name">${line.title ?? line.name ?? t('Somebody')}${line.mine ? html` <small>${t('(you)')}</small>` : null}</bdi>
    <span class="board-score">${line.score === undefined || line.score === null ? '–' : count(line.score)}</span></li>`)}</ol>`;
}
