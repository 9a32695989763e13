// Everybody of a cohort, who needs somebody most first. A tile is drawn anew only when its learner
// reads differently; tiles out of sight cost the browser nothing.

import { html, kept, useEffect, useRef, useState } from '../../ui.js';
import { count, since } from '../../format.js';
import { Avatar } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../texts.js';
import { moodInWords, playedMinutes, reasonInWords } from './words.js';

/** So long after a hand moved over the grid its order stays: nobody is to press what has just slipped away. */
const STILL_MS = 3_000;
const REASONS_SHOWN = 3;

/** @typedef {import('/ludus/desks.js').DeskRow} Row */

/** @param {{ rows: Row[], alerts: import('/ludus/desks.js').DeskAlert[], watched: string[], onOpen: (row: Row) => void, minute: number }} props */
export function Grid({ rows, alerts, watched, onOpen, minute }) {
  const list = useRef(/** @type {any} */ (null));
  const order = useRef(/** @type {string[]} */ ([]));
  const touched = useRef(0);
  const [active, setActive] = useState('');
  const [, tick] = useState(0);
  const isStill = Date.now() - touched.current < STILL_MS;
  order.current = arranged(rows, isStill ? order.current : []);
  const byUser = new Map(rows.map((row) => [row.user, row]));
  // The gravest comes first, so it is written last.
  const told = new Map([...alerts].reverse().map(({ learner, title }) => [learner, title]));
  useEffect(() => {
    if (!isStill) return undefined;
    const timer = setTimeout(() => tick((n) => n + 1), STILL_MS);
    return () => clearTimeout(timer);
  });
  const touch = () => {
    touched.current = Date.now();
  };
  const shown = order.current;
  const tabbable = byUser.has(active) ? active : shown[0];
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const tiles = [...list.current.children];
    const wide = Math.max(1, tiles.filter((tile) => tile.offsetTop === tiles[0]?.offsetTop).length);
    const at = shown.indexOf(tabbable);
    const forward = getComputedStyle(list.current).direction === 'rtl' ? -1 : 1;
    const next = { ArrowRight: at + forward, ArrowLeft: at - forward, ArrowDown: at + wide, ArrowUp: at - wide, Home: 0, End: shown.length - 1 }[event.key];
    if (next === undefined || !shown[next]) return;
    event.preventDefault();
    touch();
    setActive(shown[next]);
    tiles[next]?.querySelector('button')?.focus();
  };
  return html`<ul class="learners" ref=${list} onPointerMove=${touch} onKeyDown=${keys} aria-label=${t('Learners, who needs somebody most first')}>
    ${shown.map((user) => html`<${Tile} key=${user} row=${byUser.get(user)} alert=${told.get(user) ?? ''} isWatched=${watched.includes(user)} isTabbable=${user === tabbable} minute=${minute} onOpen=${onOpen} onActive=${setActive} />`)}
  </ul>`;
}

/** Rows in their order; where one is to be kept, whoever is new comes last. @param {Row[]} rows @param {string[]} before @returns {string[]} */
function arranged(rows, before) {
  if (!before.length) return rows.map(({ user }) => user);
  const there = new Set(rows.map(({ user }) => user));
  const known = new Set(before);
  return [...before.filter((user) => there.has(user)), ...rows.map(({ user }) => user).filter((user) => !known.has(user))];
}

/** @param {{ row: Row, alert: string, isWatched: boolean, isTabbable: boolean, minute: number, onOpen: (row: Row) => void, onActive: (user: string) => void }} props */
function Tile({ row, alert, isWatched, isTabbable, minute, onOpen, onActive }) {
  const open = useRef(onOpen);
  open.current = onOpen;
  return kept(() => {
    const { room, reasons = [], scores = [] } = row;
    const now = Date.now();
    const level = row.attention >= 100 ? 'urgent' : row.attention >= 40 ? 'high' : row.attention > 0 ? 'some' : 'none';
    const facts = [
      room && `${t('{n} min', { n: playedMinutes(room, now) })}`,
      room?.goals ? t('{n} of {count} goals', { n: room.goals_met ?? 0, count: room.goals }) : '',
      row.active_at ? since(row.active_at, now) : '',
      moodInWords(row.mood),
    ].filter(Boolean);
    return html`<li class=${`learner learner-${level} ${row.online ? '' : 'learner-away'}`}>
      <button type="button" class="learner-tile" aria-pressed=${isWatched ? 'true' : 'false'} tabindex=${isTabbable ? 0 : -1} data-user=${row.user} onClick=${() => open.current(row)} onFocus=${() => onActive(row.user)}>
        <span class="learner-head"><${Avatar} id=${row.user} name=${row.name} size=${32} here=${row.online} /><bdi class="learner-name">${row.name}</bdi><span class="sr-only">${row.online ? t('here') : t('away')}</span>${row.hand ? html`<span class="learner-hand" title=${t('Hand up')}><${Icon} name="hand" size=${16} /></span>` : null}</span>
        <span class="learner-why">${reasons.length ? reasons.slice(0, REASONS_SHOWN).map(({ why }) => html`<span class=${`why why-${why}`} key=${why} dir="auto">${reasonInWords(why, alert)}</span>`) : html`<span class="why why-none">${room ? t('doing fine') : t('in no room')}</span>`}</span>
        <span class="learner-room" dir="auto">${room ? `${room.persona ? `${room.persona} · ` : ''}${room.title}` : ' '}</span>
        <span class="learner-facts">${facts.join(' · ')}</span>
        <span class="learner-foot">${scores.length > 1 ? html`<${Line} scores=${scores} />` : html`<span></span>`}<span class="learner-score">${scores.length ? html`<span class="sr-only">${t('last score')} </span>${count(/** @type {number} */ (scores.at(-1)))}${trend(row.trend)}` : ''}</span>${row.streak ? html`<span class="learner-streak">${t('{n} days', { n: row.streak })}</span>` : null}</span>
      </button>
    </li>`;
  }, [row, alert, isWatched, isTabbable, minute]);
}

/** @param {number | undefined} by */
function trend(by = 0) {
  if (Math.abs(by) < 5) return null;
  return html`<span class=${by > 0 ? 'trend-up' : 'trend-down'}><span aria-hidden="true">${by > 0 ? '↗' : '↘'}</span><span class="sr-only">${by > 0 ? t('rising') : t('falling')}</span></span>`;
}

/** @param {{ scores: number[] }} props */
function Line({ scores }) {
  const step = 60 / Math.max(1, scores.length - 1);
  return html`<svg class="learner-line" viewBox="0 0 60 20" preserveAspectRatio="none" aria-hidden="true"><polyline points=${scores.map((score, i) => `${Math.round(i * step)},${Math.round(19 - (score * 18) / 100)}`).join(' ')} /></svg>`;
}
