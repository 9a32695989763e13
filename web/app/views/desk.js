// The desk of a coach: a whole cohort at one glance, and a hand in every room.

import { html, useEffect, useMemo, useRef, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link, go } from '../router.js';
import { count, since } from '../format.js';
import { Button, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { toastFault } from '../parts/toast.js';
import { said, t } from '../texts.js';
import { Alerts } from './desk/alerts.js';
import { Everywhere } from './desk/everywhere.js';
import { Grid } from './desk/grid.js';
import { Pane } from './desk/pane.js';
import { Summary } from './desk/summary.js';
import { headlineInWords } from './desk/words.js';

/** Rooms beside one another: more cannot be read. */
const WATCHED_MAX = 4;
const HEADLINES_SHOWN = 4;
const MINUTE_MS = 20_000;

/** Of one cohort there is nothing to choose: only whoever comes from its desk is shown the list. */
const ALL = '/desk#all';

/** The cohorts one may have a desk of. */
export function Desks() {
  useTitle(t('Desk'));
  const [cohorts, setCohorts] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', '/cohorts', { query: { limit: 100 } }).then(({ items }) => { setFault(''); if (items.length === 1 && location.hash !== '#all') go(`/desk/${items[0].id}`, { replace: true }); else setCohorts(items); }, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Desk')}</h1><p class="lead">${t('See who needs you, and step in.')}</p></div><${Link} class="button button-plain" href="/cohorts"><${Icon} name="people" /> <span>${t('Cohorts')}</span><//></header>
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : cohorts ? null : html`<${Skeleton} kind="card" rows=${3} label=${t('Loading cohorts')} />`}
    ${cohorts && !cohorts.length ? html`<${Empty} icon="cohort" title=${t('No cohorts yet')}><p>${t('A desk shows a cohort. Put people together first.')}</p><p><${Link} class="button button-primary" href="/cohorts">${t('Cohorts')}<//></p><//>` : null}
    <ul class="cards">${cohorts?.map((cohort) => html`<li key=${cohort.id}><${Link} class="card" href=${`/desk/${cohort.id}`}><strong class="card-title" dir="auto">${cohort.title}</strong><span class="card-facts"><${Icon} name="cohort" size=${16} /> ${t('Open the desk')}</span><//></li>`)}</ul>
  </div>`;
}

/** A desk, drawn at most once a picture. @param {string} cohort */
function useDesk(cohort) {
  const [state, setState] = useState(/** @type {{ model: any, refused: any, version: number }} */ ({ model: null, refused: null, version: 0 }));
  useEffect(() => {
    let drawing = 0;
    const stop = ludus.watchDesk(cohort, (model, refused) => {
      cancelAnimationFrame(drawing);
      drawing = requestAnimationFrame(() => setState(({ version }) => ({ model, refused: refused ?? null, version: version + 1 })));
    });
    return () => {
      cancelAnimationFrame(drawing);
      stop();
    };
  }, [cohort]);
  return state;
}

/** Moves on now and then, so that "a minute ago" stays true. */
function useMinute() {
  const [minute, setMinute] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setMinute((n) => n + 1), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return minute;
}

/** @typedef {import('/ludus/desks.js').DeskRow} Row */

/** What one can look for. @type {{ id: string, label: string, fits: (row: Row) => boolean }[]} */
const FILTERS = [
  { id: 'all', label: t('Everybody'), fits: () => true },
  { id: 'need', label: t('Needs somebody'), fits: ({ attention }) => attention > 0 },
  { id: 'hand', label: t('Hand up'), fits: ({ hand }) => Boolean(hand) },
  { id: 'room', label: t('In a room'), fits: ({ room }) => Boolean(room) },
  { id: 'risk', label: t('May fall behind'), fits: ({ at_risk }) => at_risk > 0 },
];

/** @param {{ id: string }} props the cohort */
export function Desk({ id }) {
  const { model, refused, version } = useDesk(id);
  const minute = useMinute();
  const [filter, setFilter] = useState('all');
  const [wanted, setWanted] = useState('');
  const [watched, setWatched] = useState(/** @type {string[]} */ ([]));
  const [newest, setNewest] = useState('');
  const [everywhere, setEverywhere] = useState(false);
  const [summary, setSummary] = useState(false);
  const root = useRef(/** @type {any} */ (null));
  useTitle(model?.about ? t('Desk: {title}', { title: model.about.title }) : t('Desk'));
  /** @type {Row[]} */
  const rows = useMemo(() => model?.byAttention() ?? [], [model, version]);
  if (refused && !model?.about) return html`<div class="page"><${Empty} icon="cohort" title=${t('This desk does not open')}><p>${refused.code === 'not_over_sse' ? t('A desk needs a live connection, which this network does not let through.') : (refused.message && said(refused.message)) || t('There is no such cohort, or it is not yours to see.')}</p><p><${Link} class="button button-primary" href=${ALL}>${t('All desks')}<//></p><//></div>`;
  if (!model?.about) return html`<div class="page"><header class="page-head"><h1>${t('Desk')}</h1></header><${Skeleton} kind="card" rows=${8} label=${t('Opening the desk')} /></div>`;
  if (model.about.access === 'aggregate') return html`<${Totals} id=${id} about=${model.about} totals=${model.totals ?? {}} />`;

  const nameOf = (/** @type {string} */ user) => model.rows.get(user)?.name ?? t('Somebody');
  const open = (/** @type {string} */ user) => {
    setNewest(user);
    setWatched((all) => (all.includes(user) ? all : [...all.slice(-(WATCHED_MAX - 1)), user]));
  };
  const close = (/** @type {string} */ user) => {
    setWatched((all) => all.filter((other) => other !== user));
    root.current?.querySelector(`[data-user="${user}"]`)?.focus();
  };
  const text = wanted.trim().toLocaleLowerCase();
  const fits = FILTERS.find((one) => one.id === filter)?.fits ?? (() => true);
  const shown = rows.filter((row) => fits(row) && (!text || row.name.toLocaleLowerCase().includes(text)));
  // Two learners of one room are seen in one pane.
  const panes = watched.map((user) => model.rows.get(user)).filter((row, i, all) => row && all.findIndex((other) => other?.room?.room && other.room.room === row.room?.room) === (row.room ? i : -1));
  const hands = model.hands();
  const alerted = model.openAlerts(Date.now());
  const here = rows.filter(({ online }) => online).length;
  return html`<div class=${panes.length ? `desk desk-watching desk-panes-${panes.length}` : 'desk'} ref=${root}>
    <div class="desk-top">
      <header class="desk-head"><div><h1 dir="auto">${model.about.title}</h1>
        <p class="lead">${t('{n} learners', { n: rows.length })} · ${t('{n} here', { n: here })}${model.about.beyond ? ` · ${t('{n} more have no place on this desk', { n: model.about.beyond })}` : ''}</p></div>
        <div class="acts"><${Link} class="button button-plain" href=${`/cohorts/${id}/report`}>${t('Report')}<//><${Button} icon="info" onClick=${() => setSummary(true)}>${t('In short')}<//><${Button} icon="voice" onClick=${() => setEverywhere(true)}>${t('To every room')}<//><${Link} class="button button-plain" href=${ALL}>${t('All desks')}<//></div></header>
      ${refused ? html`<${Fault}>${t('This is how it stood: the desk is not live.')}<//>` : null}
      ${model.headlines.length ? html`<ul class="headlines" aria-label=${t('In the last five minutes')}>${model.headlines.slice(0, HEADLINES_SHOWN).map((/** @type {any} */ one) => html`<li key=${`${one.kind}-${one.users[0]}`}><bdi>${headlineInWords(one, nameOf)}</bdi></li>`)}</ul>` : null}
    </div>
    <div class="desk-main">
      <div class="desk-tools"><div class="desk-filters" role="group" aria-label=${t('Show')}>${FILTERS.map((one) => {
        const many = rows.filter(one.fits).length;
        return html`<button type="button" key=${one.id} class="desk-filter" aria-pressed=${filter === one.id ? 'true' : 'false'} onClick=${() => setFilter(one.id)}>${one.label} <span class="desk-filter-count">${count(many)}</span></button>`;
      })}</div><${Field} label=${t('Find by name')} type="search" value=${wanted} onValue=${setWanted} /></div>
      ${rows.length ? html`<${Grid} rows=${shown} alerts=${alerted} watched=${watched} minute=${minute} onOpen=${(/** @type {Row} */ row) => open(row.user)} />` : html`<${Empty} icon="people" title=${t('Nobody is in this cohort')}><p><${Link} href="/cohorts">${t('Cohorts')}<//></p><//>`}
      ${rows.length && !shown.length ? html`<p class="hint">${t('Nobody fits that.')}</p>` : null}
    </div>
    <aside class="desk-side" aria-label=${t('What to see to')}>
      ${hands.length ? html`<section class="hands"><h2><${Icon} name="hand" size=${16} /> ${t('Raised hands')}</h2><ol>${hands.map((/** @type {Row} */ row, /** @type {number} */ i) => html`<li key=${row.user}><span class="hand-place">${i + 1}</span><bdi>${row.name}</bdi><time>${since(/** @type {number} */ (row.hand))}</time><${Button} onClick=${() => open(row.user)}>${t('Look')}<//>
        <${Button} onClick=${() => row.room && ludus.command(row.room.room, { kind: 'raise_hand', up: false, user: row.user }).catch(toastFault)}>${t('Lower')}<//></li>`)}</ol></section>` : null}
      <${Alerts} cohort=${id} alerts=${alerted} nameOf=${nameOf} onLook=${open} />
    </aside>
    ${summary ? html`<${Summary} cohort=${id} onClose=${() => setSummary(false)} />` : null}
    ${everywhere ? html`<${Everywhere} cohort=${id} rows=${rows} onClose=${() => setEverywhere(false)} />` : null}
    ${panes.length ? html`<div class="desk-panes">${panes.map((row) => html`<${Pane} key=${row.user} row=${row} alert=${alerted.find((/** @type {any} */ one) => one.learner === row.user)?.title ?? ''} focus=${row.user === newest} onClose=${() => close(row.user)} />`)}</div>` : null}
  </div>`;
}

/** A cohort as a whole, for whoever may see no more of it. @param {{ id: string, about: any, totals: any }} props */
function Totals({ id, about, totals }) {
  const tiles = [[t('Learners'), totals.learners], [t('Here now'), totals.online], [t('Practising'), totals.practising], [t('Need somebody'), totals.in_need], [t('Sound tense'), totals.tense], [t('Mean of the last lines, of 100'), totals.score], [t('Mean of the last practices, of 100'), totals.result === undefined ? undefined : totals.result / 10]];
  return html`<div class="page"><header class="page-head"><div><h1 dir="auto">${about.title}</h1><p class="lead">${t('You see this cohort as a whole: numbers of five people and more, roughly.')}</p></div><div class="acts"><${Link} class="button button-plain" href=${`/cohorts/${id}/report`}>${t('Report')}<//></div></header>
    <div class="standing">${tiles.map(([label, value]) => html`<div class="tile" key=${label}><h2>${label}</h2><p class="tile-figure">${value === undefined ? t('too few') : count(Number(value))}</p></div>`)}</div></div>`;
}
