// Leagues: one's division as it stands, and the weeks that are over. Seasons: what stands of them.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus } from '../hub.js';
import { dayName } from '../format.js';
import { download, inWords } from '../practice.js';
import { windowName } from '../boards/windows.js';
import { Button, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Podium } from '../parts/podium.js';
import { toastFault } from '../parts/toast.js';
import { Countdown, Rows, useBoard } from './board.js';
import { Tabs } from './boards.js';
import { Lines } from './contests.js';
import { t } from '../texts.js';

/** A division is at most a few dozen people: all of it is shown. */
const ALL = { top: 60, around: 2 };

export function Leagues() {
  useTitle(t('Leagues'));
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', '/leagues').then((list) => { setFault(''); setAll(list); }, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1>${t('Leagues')}</h1><p class="lead">${t('A week against people who practise about as much as you. Then some go up, some go down.')}</p></div></header>
    <${Tabs} />
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : all ? null : html`<${Skeleton} rows=${6} label=${t('Reading the leagues')} />`}
    ${all && !all.length ? html`<${Empty} icon="star" title=${t('No leagues here')}><p>${t('This hub plays none.')}</p><//>` : null}
    ${all?.map((league) => html`<${League} key=${league.league} league=${league} />`)}
  </div>`;
}

/** @param {{ league: any }} props */
function League({ league }) {
  const { division, tiers } = league;
  return html`<section class="section"><h2 dir="auto">${league.title}</h2>
    <ol class="tiers" aria-label=${t('Tiers, lowest first')}>${tiers.map((/** @type {string} */ tier, /** @type {number} */ i) => html`<li key=${tier} class=${division?.tier === i ? 'tier tier-mine' : 'tier'}><bdi>${tier}</bdi>${division?.tier === i ? html`<span class="sr-only"> ${t('(you are here)')}</span>` : null}</li>`)}</ol>
    ${division ? html`<p class="card-facts"><span>${t('{n} people in your division', { n: division.members })}</span><${Countdown} to=${division.ends_at} /></p>
        ${division.board ? html`<${Division} board=${division.board} />` : null}` : html`<p class="hint">${t('You are placed with your first gains of this week.')}</p>`}
    <${Weeks} league=${league.league} /></section>`;
}

/** @param {{ board: string }} props */
function Division({ board }) {
  const { model, refused } = useBoard(board, ALL);
  if (refused) return null;
  if (!model) return html`<${Skeleton} rows=${5} label=${t('Reading your division')} />`;
  const zones = model.about?.zones;
  return html`<${Rows} model=${model} />${zones ? html`<p class="hint zone-key">${zones.up ? html`<span class="zone-up">${t('{n} go up', { n: zones.up })}</span>` : null}${zones.down ? html`<span class="zone-down">${t('{n} go down', { n: zones.down })}</span>` : null}</p>` : null}`;
}

const BECAME = { promoted: t('went up'), stayed: t('stayed'), demoted: t('went down') };

/** @param {{ league: string }} props */
function Weeks({ league }) {
  const [weeks, setWeeks] = useState(/** @type {any[]} */ ([]));
  const [open, setOpen] = useState('');
  useEffect(() => void ludus.call('GET', `/leagues/${encodeURIComponent(league)}/weeks`, { query: { limit: 12 } }).then(({ items }) => setWeeks(items.filter((/** @type {any} */ week) => week.over)), () => {}), [league]);
  if (!weeks.length) return null;
  return html`<h3>${t('Weeks before')}</h3><ul class="rows">${weeks.map((week) => {
    const { mine } = week;
    const may = mine || isAtLeast('coach');
    return html`<li key=${week.monday} class="week-over"><div class="row"><div class="row-words"><strong>${windowName(`week:${week.monday}`)}</strong>
        <small>${mine ? html`${mine.place ? t('Place {place} in {tier}', { place: mine.place, tier: week.tiers[mine.tier] }) : t('Not placed in {tier}', { tier: week.tiers[mine.tier] })}${mine.became ? `, ${BECAME[/** @type {'stayed'} */ (mine.became)]}` : ''}` : t('You did not play')}</small></div>
      ${may ? html`<${Button} aria-expanded=${open === week.monday ? 'true' : 'false'} aria-label=${t('Standings of the {window}', { window: windowName(`week:${week.monday}`) })} onClick=${() => setOpen(open === week.monday ? '' : week.monday)}>${t('Standings')}<//>` : null}</div>
      ${open === week.monday ? html`<${Week} league=${league} week=${week} />` : null}</li>`;
  })}</ul>`;
}

/** @param {{ league: string, week: any }} props */
function Week({ league, week }) {
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  const path = `/leagues/${encodeURIComponent(league)}/weeks/${week.monday}`;
  useEffect(() => void ludus.call('GET', path, { query: { limit: 200 } }).then(({ items }) => setLines(items), toastFault), []);
  if (!lines) return html`<${Skeleton} rows=${3} label=${t('Reading the week')} />`;
  const divisions = [...new Set(lines.map(({ division }) => division))];
  return html`<div class="week-lines">${divisions.map((division) => {
    const own = lines.filter((line) => line.division === division);
    return html`<section key=${division} class="section"><h3>${week.tiers[own[0].tier]}</h3><${Lines} lines=${own} label=${t('Standings in {tier}', { tier: week.tiers[own[0].tier] })} /></section>`;
  })}${isAtLeast('coach') ? html`<div><${Button} icon="down" onClick=${() => download(`${path}.csv`, `${league}-${week.monday}.csv`).catch(toastFault)}>${t('Table (CSV)')}<//></div>` : null}</div>`;
}

export function Seasons() {
  useTitle(t('Seasons'));
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  useEffect(() => void ludus.call('GET', '/seasons').then(setAll, (error) => setFault(error.message)), []);
  const now = all?.find(({ over }) => !over);
  const past = all?.filter(({ over }) => over) ?? [];
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1>${t('Seasons')}</h1><p class="lead">${t('Every season begins at nothing, and what was reached stays written.')}</p></div></header>
    <${Tabs} />
    <${Fault}>${fault}<//>
    ${all || fault ? null : html`<${Skeleton} rows=${4} label=${t('Reading the seasons')} />`}
    ${now ? html`<section class="tile"><h2>${t('Now')}</h2><p class="tile-figure">${t('Season {n}', { n: now.number })}</p><p class="hint">${t('since {date}', { date: dayName(now.starts_at) })} · <${Countdown} to=${now.ends_at} /></p></section>` : null}
    ${all && !past.length ? html`<p class="hint">${t('No season is over yet: the first standings appear here at its end.')}</p>` : null}
    ${past.map((season) => html`<${Season} key=${season.number} season=${season} />`)}
  </div>`;
}

/** @param {{ season: any }} props */
function Season({ season }) {
  const [metric, setMetric] = useState(season.metrics[0] ?? '');
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState('');
  const path = `/seasons/${season.number}/standings`;
  const read = (/** @type {string} */ cursor) => ludus.call('GET', path, { query: { metric, limit: 25, cursor } }).then((page) => { setLines((before) => [...(cursor ? before ?? [] : []), ...page.items]); setNext(page.next ?? ''); }, toastFault);
  useEffect(() => void (metric && read('')), [metric]);
  return html`<section class="section"><h2>${t('Season {n}', { n: season.number })}</h2><p class="hint">${t('{from} to {to}', { from: dayName(season.starts_at), to: dayName(season.ends_at - 1) })}</p>
    ${season.metrics.length > 1 ? html`<div class="filters"><${Field} as="select" label=${t('What counts')} value=${metric} onValue=${setMetric}>${season.metrics.map((/** @type {string} */ one) => html`<option key=${one} value=${one}>${inWords(one.replace('points:', 'points: '))}</option>`)}<//></div>` : null}
    ${!metric ? html`<p class="hint">${t('Nobody gained anything in it.')}</p>` : lines ? html`<${Podium} rows=${lines} /><${Lines} lines=${lines} />` : html`<${Skeleton} rows=${4} label=${t('Reading the standings')} />`}
    <div class="acts">${next ? html`<${Button} onClick=${() => read(next)}>${t('Show more')}<//>` : null}${metric && isAtLeast('coach') ? html`<${Button} icon="down" onClick=${() => download(`${path}.csv?metric=${encodeURIComponent(metric)}`, `season-${season.number}.csv`).catch(toastFault)}>${t('Table (CSV)')}<//>` : null}</div></section>`;
}
