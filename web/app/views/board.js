// A board that moves: rows glide to their new place, gains pulse, oneself is always in view.

import { html, useEffect, useLayoutEffect, useRef, useState } from '../ui.js';
import { BoardModel } from '/ludus/boards.js';
import { connection, isAtLeast, ludus } from '../hub.js';
import { Link } from '../router.js';
import { Button, Choices, Empty, Skeleton, useTitle } from '../parts/basics.js';
import { toastFault } from '../parts/toast.js';
import { windowBefore, windowName } from '../boards/windows.js';
import { download } from '../practice.js';
import { Screens } from './screens.js';
import { keysOf, left, moves, zoneOf } from '../boards/moves.js';
import { count } from '../format.js';
import { said, t } from '../texts.js';

const AROUND = { top: 3, around: 5 };
const TOP = { top: 100, around: 2 };
const GLIDE = { duration: 420, easing: 'cubic-bezier(0.2, 0.7, 0.3, 1)' };
const REFUSED = { not_found: t('There is no such board, or it is not yours to see.'), forbidden: t('This board is not yours to see.'), too_many_subscriptions: t('Too many boards are open in this browser. Close one and come back.') };

/**
 * Watches a board for as long as it is shown. Frames in one picture of the screen are drawn once.
 * @param {string} key @param {{ top: number, around: number }} shows
 */
export function useBoard(key, shows) {
  const [seen, setSeen] = useState(/** @type {{ model: any, refused?: any, tick: number }} */ ({ model: null, tick: 0 }));
  useEffect(() => {
    let frame = 0;
    const stop = ludus.watch(key, shows, (model, refused) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setSeen(({ tick }) => ({ model, refused, tick: tick + 1 })));
    });
    return () => {
      cancelAnimationFrame(frame);
      stop();
    };
  }, [key, shows]);
  return seen;
}

/** @param {{ id: string }} props the board's key */
export function Board({ id }) {
  const [view, setView] = useState('around');
  const { model, refused } = useBoard(id, view === 'top' ? TOP : AROUND);
  useTitle(model?.about?.title ?? t('Board'));
  const isLive = connection.value.name === 'live';
  const [past, setPast] = useState('');
  const [screens, setScreens] = useState(false);
  const window = model?.about?.window ?? 'all';
  const before = windowBefore(past || window);
  if (refused) return html`<div class="page page-narrow"><header class="page-head"><h1>${t('Board')}</h1></header><${Empty} icon="search" title=${t('Not here')}><p>${REFUSED[/** @type {'not_found'} */ (refused.code)] ?? (refused.message && said(refused.message)) ?? t('The board cannot be shown.')}</p><//></div>`;
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1 dir="auto">${model?.about?.title ?? t('Board')}</h1>
      <p class="lead">${model ? html`${t('{n} people', { n: model.count })}${model.about?.ends_at ? html` · <${Countdown} to=${model.about.ends_at} />` : ''}` : ''}${isLive ? '' : ` · ${t('not live: this is how it stood')}`}</p></div></header>
    ${isAtLeast('coach') ? html`<div class="acts"><${Link} class="button button-plain" href=${`/stage/${encodeURIComponent(id)}`}>${t('Show on a stage')}<//><${Button} onClick=${() => setScreens(true)}>${t('Screens')}<//><${Button} icon="down" onClick=${() => download(`/boards/${encodeURIComponent(id)}.csv${past ? `?window=${encodeURIComponent(past)}` : ''}`, `${id}.csv`).catch(toastFault)}>${t('Table (CSV)')}<//></div>` : null}
    ${screens ? html`<${Screens} board=${id} title=${model?.about?.title ?? t('Board')} onClose=${() => setScreens(false)} />` : null}
    ${before || past ? html`<div class="acts windows" role="group" aria-label=${t('Which time')}>${before ? html`<${Button} icon="back" onClick=${() => setPast(before)}>${windowName(before)}<//>` : null}${past ? html`<${Button} onClick=${() => setPast('')}>${t('Back to now')}<//>` : null}</div>` : null}
    ${past ? html`<${Past} key=${past} board=${id} window=${past} />` : null}
    ${past ? null : html`<${Choices} label=${t('Show')} value=${view} onValue=${setView} options=${[{ value: 'around', label: t('Around me') }, { value: 'top', label: t('The top') }]} />`}
    ${past ? null : !model ? html`<${Skeleton} rows=${6} label=${t('Reading the board')} />` : model.count ? html`<${Rows} model=${model} />` : html`<${Empty} icon="star" title=${t('Nobody stands here yet')}><p>${t('Say your first line: it counts, and puts you first.')}</p><//>`}
    ${past ? null : model?.own ? html`<p class="sr-only" role="status">${t('You are at place {place} of {count}.', { place: model.own.place, count: model.count })}</p>` : model?.count ? html`<p class="hint">${t('You are not on this board yet: what you gain puts you there.')}</p>` : null}
  </div>`;
}

/** A board as it ended. @param {{ board: string, window: string }} props */
function Past({ board, window }) {
  const [model, setModel] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  useEffect(() => void ludus.call('GET', `/boards/${encodeURIComponent(board)}`, { query: { window, limit: 100 } }).then((frame) => {
    const read = new BoardModel(TOP);
    read.take(frame);
    setModel(read);
  }, (error) => setFault(error.message)), []);
  return html`<section class="section"><h2>${windowName(window)}</h2>${fault ? html`<p class="hint">${fault}</p>` : !model ? html`<${Skeleton} rows=${5} label=${t('Reading the board')} />` : model.count ? html`<${Rows} model=${model} />` : html`<p class="hint">${t('Nobody stood here then.')}</p>`}</section>`;
}

/** @param {{ to: number, begins?: boolean }} props */
export function Countdown({ to, begins = false }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const ms = to - Date.now();
  return html`<span>${ms > 0 ? begins ? t('begins in {time}', { time: left(ms) }) : t('ends in {time}', { time: left(ms) }) : begins ? t('begins now') : 'over'}</span>`;
}

/** @param {{ model: any }} props */
export function Rows({ model }) {
  const list = useRef(/** @type {any} */ (null));
  const before = useRef(/** @type {Map<string, { top: number, score: number }>} */ (new Map()));
  /** @type {import('/ludus/boards.js').Row[]} */
  const rows = model.shown();
  const keys = keysOf(rows);
  // Before the browser draws: each row is put back where it was, and glides from there.
  useLayoutEffect(() => {
    const items = /** @type {HTMLElement[]} */ ([...list.current.querySelectorAll('[data-key]')]);
    const after = new Map(items.map((item, i) => [keys[i], { top: item.offsetTop, score: rows[i].score }]));
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!still) {
      for (const { key, from, gained, isNew } of moves(before.current, after, items[0]?.offsetHeight ?? 0)) {
        const item = items[keys.indexOf(key)];
        if (from) item.animate([{ transform: `translateY(${from}px)` }, { transform: 'none' }], GLIDE);
        if (isNew) item.animate([{ opacity: 0 }, { opacity: 1 }], GLIDE);
        if (gained) item.querySelector('.board-score')?.animate([{ transform: 'scale(1.25)' }, { transform: 'none' }], GLIDE);
      }
    }
    before.current = after;
  });
  const { zones, metric } = model.about ?? {};
  return html`<ol class="board" ref=${list} aria-label=${t('Board')}>${rows.map((row, i) => {
    const zone = zoneOf(zones, row.at, model.count);
    const gap = i > 0 && rows[i - 1].at !== row.at - 1;
    return html`<li key=${keys[i]} data-key=${keys[i]} class=${`board-row ${row.mine ? 'board-mine' : ''} ${zone ? `board-${zone}` : ''} ${gap ? 'board-gap' : ''}`}>
      <span class="board-place">${count(row.place)}</span><bdi class="board-name">${row.name}${row.mine ? html` <small>${t('(you)')}</small>` : null}</bdi>
      ${zone ? html`<span class="sr-only">${zone === 'up' ? t('goes up') : t('goes down')}</span>` : null}
      <span class="board-score">${count(metric === 'skill' ? row.score / 10 : row.score)}</span></li>`;
  })}</ol>`;
}
