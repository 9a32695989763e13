// What one gained, as it comes: sums beside lines, and the few things worth a word. Pure.

import { t } from '../texts.js';

/** A gain older than this was told by an earlier visit: it counts, and is not told again. */
const NEWS_MS = 60_000;
/** More events about lines than this are not remembered: what they pay then stands beside nothing, and in the ledger. */
const ABOUT_MAX = 2_000;

/**
 * @typedef {object} Beside what a line earned
 * @property {number} points
 * @property {string[]} why in the words of the rules, each once
 */

/** Where a source is: `room:<id>/<seq>/<part>`. @param {string} source */
export function placeOf(source) {
  const [stream, seq] = source.split('/');
  return { room: stream.startsWith('room:') ? stream.slice(5) : '', seq: Number(seq) };
}

/** Sums what was gained, by the line it was gained with. */
export class Gained {
  constructor() {
    /** @type {Map<string, Beside>} by `room/seq` */
    this.beside = new Map();
    /** Events that are about a line: a reaction, a take-back. @type {Map<string, number>} */
    this.about = new Map();
    this.pos = 0;
  }

  /**
   * Tells that an event is about a line, so that what it pays stands beside that line.
   * @param {string} room @param {number} seq @param {number} line
   */
  is(room, seq, line) {
    this.about.set(`${room}/${seq}`, line);
    if (this.about.size > ABOUT_MAX) this.about.delete(/** @type {string} */ (this.about.keys().next().value));
    const early = this.beside.get(`${room}/${seq}`);
    if (!early) return;
    this.beside.delete(`${room}/${seq}`);
    this.#add(`${room}/${line}`, early.points, early.why);
  }

  /**
   * @param {any} gains of a `gained` event
   * @returns {boolean} whether it was new
   */
  take(gains) {
    if (gains.pos <= this.pos) return false;
    this.pos = gains.pos;
    const { room, seq } = placeOf(gains.source);
    if (!room || !gains.points?.length) return true;
    const points = gains.points.reduce((/** @type {number} */ sum, /** @type {any} */ gain) => sum + gain.points, 0);
    this.#add(`${room}/${this.about.get(`${room}/${seq}`) ?? seq}`, points, gains.points.map((/** @type {any} */ gain) => gain.says));
    return true;
  }

  /** @param {string} key @param {number} points @param {string[]} why */
  #add(key, points, why) {
    const before = this.beside.get(key) ?? { points: 0, why: [] };
    this.beside.set(key, { points: before.points + points, why: [...new Set([...before.why, ...why])] });
  }
}

const METALS = ['', t('bronze'), t('silver'), t('gold'), t('platinum')];
/** @param {number} level */
export const metal = (level) => METALS[level] ?? '';

/**
 * What is worth a word: badges, a level, quests, and a streak when something happened to it.
 * @param {any} gains @param {number} at when it happened @param {number} now
 * @param {{ badge: (id: string) => string, quest: (id: string) => string, picture: (id: string) => string | undefined }} titles and where a badge's picture is, if it has one
 * @returns {{ text: string, picture?: string }[]}
 */
export function news(gains, at, now, titles) {
  if (now - at > NEWS_MS) return [];
  /** @type {{ text: string, picture?: string }[]} */
  const told = (gains.badges ?? []).map((/** @type {any} */ { badge, level }) => ({
    text: metal(level) ? t('{badge}: you earned it in {metal}.', { badge: titles.badge(badge), metal: metal(level) }) : t('{badge}: you earned it.', { badge: titles.badge(badge) }),
    picture: titles.picture(badge),
  }));
  if (gains.level) told.push({ text: t('Level {level}. Well done.', { level: gains.level }) });
  for (const quest of gains.quests ?? []) told.push({ text: t('Quest done: {quest}.', { quest: titles.quest(quest) }) });
  const streak = streakNews(gains.streak);
  if (streak) told.push({ text: streak });
  return told;
}

/** A streak in kind words; nothing for a day like others. @param {any} streak */
export function streakNews(streak) {
  if (!streak) return '';
  const days = t('{n} days', { n: streak.days });
  if (streak.repaired) return t('Your streak is back: {days}.', { days });
  if (streak.broke) return t('A new start. Your streak of {n} days ended; a little more today brings it back.', { n: streak.broke });
  if (streak.frozen) return t('{n} freezes kept your streak: {days}.', { n: streak.frozen, days });
  return streak.days === 1 || streak.days % 5 === 0 ? t('{days} in a row.', { days }) : '';
}
