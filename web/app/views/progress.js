// How far one has come: today, the streak and its week, the level, quests, badges.

import { html, useEffect } from '../ui.js';
import { Link } from '../router.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { loadStanding, standing, standingFault } from '../game/standing.js';
import { Skills } from './skills.js';
import { metal } from '../game/gains.js';
import { levelShare, week } from '../game/progress.js';
import { Icon } from '../parts/icons.js';
import { count } from '../format.js';
import { t } from '../texts.js';

export function Progress() {
  useTitle(t('Progress'));
  useEffect(() => void loadStanding(), []);
  const mine = standing.value;
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Progress')}</h1><p class="lead">${t('What you practised, and what came of it.')}</p></div>
      <${Link} class="button button-plain" href="/ledger">${t('Why did I get this?')}<//></header>
    <${Fault}>${standingFault.value}<//>
    ${standingFault.value ? html`<${Button} onClick=${loadStanding}>${t('Try again')}<//>` : null}
    ${mine ? html`<${Overview} mine=${mine} /><${Skills} /><${Quests} quests=${mine.quests} /><${Badges} badges=${mine.badges} />` : standingFault.value ? null : html`<${Skeleton} kind="card" rows=${3} label=${t('Reading how you stand')} />`}
  </div>`;
}

/** @param {{ mine: any }} props */
export function Overview({ mine }) {
  const today = mine.points.reduce((/** @type {number} */ sum, /** @type {any} */ of) => sum + of.today, 0);
  return html`<section class="standing" aria-label=${t('How you stand')}>
    <${Streak} streak=${mine.streak} day=${mine.day} />
    <${Level} level=${mine.level} points=${mine.points} />
    <div class="tile"><h2>${t('Today')}</h2><p class="tile-figure">${today > 0 ? '+' : ''}${count(today)}</p>
      <p class="hint">${today ? t('points so far') : t('Say your first line today: it counts.')}</p></div>
  </section>`;
}

/** @param {{ streak: any, day: string }} props */
function Streak({ streak, day }) {
  const state = streak.today ? t('today counts') : streak.days ? t('practise today to keep it') : t('say something in a room to begin one');
  return html`<div class="tile"><h2>${t('Streak')}</h2><p class="tile-figure">${t('{n} days', { n: streak.days })}</p>
    <ol class="week" aria-label=${t('This week')}>${week(streak, day).map(
      (one) => html`<li key=${one.day} class=${`week-day week-${one.state}`}><span aria-hidden="true">${one.letter}</span><span class="sr-only">${one.name}: ${one.says}</span></li>`,
    )}</ol>
    <p class="hint">${state}${streak.freezes ? ` · ${t('{n} freezes kept for a day off', { n: streak.freezes })}` : ''}</p>
    ${streak.repair ? html`<p class="hint">${t('{n} more deeds today bring back {days}.', { n: streak.repair.deeds, days: t('{n} days', { n: streak.repair.days }) })}</p>` : null}
  </div>`;
}

/** @param {{ level: any, points: any[] }} props */
function Level({ level, points }) {
  const have = points.find((of) => of.kind === level.kind)?.points ?? 0;
  const share = levelShare(level, have);
  return html`<div class="tile tile-level"><div><h2>${t('Level')}</h2>
      <p class="hint">${count(have)} ${level.kind}${level.next === undefined ? `: ${t('as high as it goes')}` : html`, ${t('{n} to level {level}', { n: Math.max(0, level.next - have), level: level.level + 1 })}`}</p></div>
    <svg class="ring" viewBox="0 0 64 64" role="img" aria-label=${t('Level {level}, {percent} percent of the way to the next', { level: level.level, percent: Math.round(share * 100) })}>
      <circle class="ring-ground" cx="32" cy="32" r="27" /><circle class="ring-done" cx="32" cy="32" r="27" pathLength="100" stroke-dasharray=${`${share * 100} 100`} transform="rotate(-90 32 32)" />
      <text class="ring-text" x="32" y="32">${level.level}</text></svg>
  </div>`;
}

/** @param {{ quests: any[] }} props */
function Quests({ quests }) {
  if (!quests.length) return null;
  return html`<section class="section"><h2>${t('Quests')}</h2><ul class="rows">${quests.map(
    (quest) => html`<li class="row quest" key=${quest.id + quest.since}><div class="row-words"><strong>${quest.title}</strong><small>${quest.per === 'day' ? 'today' : t('this week')}</small></div>
      <progress max=${quest.times} value=${Math.min(quest.done, quest.times)} aria-label=${quest.title}></progress><span class="quest-done">${quest.done >= quest.times ? t('Done') : t('{n} of {count}', { n: quest.done, count: quest.times })}</span></li>`,
  )}</ul></section>`;
}

/** @param {{ badges: any[] }} props */
function Badges({ badges }) {
  const earned = badges.filter((badge) => badge.level > 0);
  const next = badges.filter((badge) => badge.level === 0);
  return html`<section class="section"><h2>${t('Badges')}</h2>
    ${badges.length ? null : html`<${Empty} icon="star" title=${t('No badges yet')}><p>${t('Badges that you can earn here appear in this place.')}</p><//>`}
    <ul class="badges">${[...earned, ...next].map(
      (badge) => html`<li class=${badge.level ? 'badge-card' : 'badge-card badge-ahead'} key=${badge.id}>
        ${badge.picture ? html`<img src=${badge.picture} alt="" width="56" height="56" loading="lazy" />` : html`<${Icon} name="star" size=${56} />`}
        <div><strong>${badge.title}</strong>${badge.level ? html` <span class=${`metal metal-${metal(badge.level)}`}>${metal(badge.level)}</span>` : null}
          <p class="hint">${badge.says}</p>${badge.next === undefined ? null : html`<p class="badge-have"><progress max=${badge.next} value=${Math.min(badge.have, badge.next)} aria-label=${t('To the next level of {badge}', { badge: badge.title })}></progress> ${t('{n} of {count}', { n: badge.have, count: badge.next })}</p>`}</div></li>`,
    )}</ul></section>`;
}
