// How far one has come: today, the streak and its week, the level, quests, badges.

import { html, useEffect } from '../ui.js';
import { count, plural } from '../format.js';
import { Link } from '../router.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { loadStanding, standing, standingFault } from '../game/standing.js';
import { Skills } from './skills.js';
import { metal } from '../game/gains.js';
import { levelShare, week } from '../game/progress.js';

export function Progress() {
  useTitle('Progress');
  useEffect(() => void loadStanding(), []);
  const mine = standing.value;
  return html`<div class="page">
    <header class="page-head"><div><h1>Progress</h1><p class="lead">What you practised, and what came of it.</p></div>
      <${Link} class="button button-plain" href="/ledger">Why did I get this?<//></header>
    <${Fault}>${standingFault.value}<//>
    ${standingFault.value ? html`<${Button} onClick=${loadStanding}>Try again<//>` : null}
    ${mine ? html`<${Overview} mine=${mine} /><${Skills} /><${Quests} quests=${mine.quests} /><${Badges} badges=${mine.badges} />` : standingFault.value ? null : html`<${Skeleton} kind="card" rows=${3} label="Reading how you stand" />`}
  </div>`;
}

/** @param {{ mine: any }} props */
export function Overview({ mine }) {
  const today = mine.points.reduce((/** @type {number} */ sum, /** @type {any} */ of) => sum + of.today, 0);
  return html`<section class="standing" aria-label="How you stand">
    <${Streak} streak=${mine.streak} day=${mine.day} />
    <${Level} level=${mine.level} points=${mine.points} />
    <div class="tile"><h2>Today</h2><p class="tile-figure">${today > 0 ? '+' : ''}${count(today)}</p>
      <p class="hint">${today ? 'points so far' : 'Say your first line today: it counts.'}</p></div>
  </section>`;
}

/** @param {{ streak: any, day: string }} props */
function Streak({ streak, day }) {
  const state = streak.today ? 'today counts' : streak.days ? 'practise today to keep it' : 'say something in a room to begin one';
  return html`<div class="tile"><h2>Streak</h2><p class="tile-figure">${plural(streak.days, 'day', 'days')}</p>
    <ol class="week" aria-label="This week">${week(streak, day).map(
      (one) => html`<li key=${one.day} class=${`week-day week-${one.state}`}><span aria-hidden="true">${one.letter}</span><span class="sr-only">${one.name}: ${one.says}</span></li>`,
    )}</ol>
    <p class="hint">${state}${streak.freezes ? ` · ${plural(streak.freezes, 'freeze', 'freezes')} kept for a day off` : ''}</p>
    ${streak.repair ? html`<p class="hint">${plural(streak.repair.deeds, 'more deed', 'more deeds')} today bring back ${plural(streak.repair.days, 'day', 'days')}.</p>` : null}
  </div>`;
}

/** @param {{ level: any, points: any[] }} props */
function Level({ level, points }) {
  const have = points.find((of) => of.kind === level.kind)?.points ?? 0;
  const share = levelShare(level, have);
  return html`<div class="tile tile-level"><div><h2>Level</h2>
      <p class="hint">${count(have)} ${level.kind}${level.next === undefined ? ': as high as it goes' : html`, ${count(Math.max(0, level.next - have))} to level ${level.level + 1}`}</p></div>
    <svg class="ring" viewBox="0 0 64 64" role="img" aria-label=${`Level ${level.level}, ${Math.round(share * 100)} percent of the way to the next`}>
      <circle class="ring-ground" cx="32" cy="32" r="27" /><circle class="ring-done" cx="32" cy="32" r="27" pathLength="100" stroke-dasharray=${`${share * 100} 100`} transform="rotate(-90 32 32)" />
      <text class="ring-text" x="32" y="32">${level.level}</text></svg>
  </div>`;
}

/** @param {{ quests: any[] }} props */
function Quests({ quests }) {
  if (!quests.length) return null;
  return html`<section class="section"><h2>Quests</h2><ul class="rows">${quests.map(
    (quest) => html`<li class="row quest" key=${quest.id + quest.since}><div class="row-words"><strong>${quest.title}</strong><small>${quest.per === 'day' ? 'today' : 'this week'}</small></div>
      <progress max=${quest.times} value=${Math.min(quest.done, quest.times)} aria-label=${quest.title}></progress><span class="quest-done">${quest.done >= quest.times ? 'Done' : `${count(quest.done)} of ${count(quest.times)}`}</span></li>`,
  )}</ul></section>`;
}

/** @param {{ badges: any[] }} props */
function Badges({ badges }) {
  const earned = badges.filter((badge) => badge.level > 0);
  const next = badges.filter((badge) => badge.level === 0);
  return html`<section class="section"><h2>Badges</h2>
    ${badges.length ? null : html`<${Empty} icon="star" title="No badges yet"><p>Badges that you can earn here appear in this place.</p><//>`}
    <ul class="badges">${[...earned, ...next].map(
      (badge) => html`<li class=${badge.level ? 'badge-card' : 'badge-card badge-ahead'} key=${badge.id}>
        <img src=${`/api/v1/badges/${encodeURIComponent(badge.id)}.svg`} alt="" width="56" height="56" loading="lazy" />
        <div><strong>${badge.title}</strong>${badge.level ? html` <span class=${`metal metal-${metal(badge.level)}`}>${metal(badge.level)}</span>` : null}
          <p class="hint">${badge.says}</p>${badge.next === undefined ? null : html`<p class="badge-have"><progress max=${badge.next} value=${Math.min(badge.have, badge.next)} aria-label=${`To the next level of ${badge.title}`}></progress> ${count(badge.have)} of ${count(badge.next)}</p>`}</div></li>`,
    )}</ul></section>`;
}
