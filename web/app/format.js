// Times, names and numbers as people read them, by their own locale.

import { locale, once, t } from './texts.js';

const time = once(() => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }));
const day = once(() => new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }));
const dayAndYear = once(() => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' }));
const full = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }));
const dateOnly = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }));
const number = once(() => new Intl.NumberFormat(locale));
const list = once(() => new Intl.ListFormat(locale, { type: 'conjunction' }));
const ago = once(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));

const ROLE_NAMES = { spectator: t('spectator'), learner: t('learner'), coach: t('coach'), admin: t('admin'), owner: t('owner') };

/** @param {number} ms */
export const clock = (ms) => time().format(ms);
/** @param {number} ms */
export const exactly = (ms) => full().format(ms);
/** @param {number} count */
export const count = (count) => number().format(count);

/** A day in figures. @param {number} ms */
export const date = (ms) => dateOnly().format(ms);

/** What one is here, in words. @param {string} role */
export const roleName = (role) => ROLE_NAMES[/** @type {'coach'} */ (role)] ?? role;

/** @param {number} ms */
export const dayKey = (ms) => new Date(ms).toDateString();

/** @param {number} ms @param {number} [now] */
export function dayName(ms, now = Date.now()) {
  const days = Math.round((new Date(ms).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0 || days === -1) return capital(ago().format(days, 'day'));
  return days > -300 ? day().format(ms) : dayAndYear().format(ms);
}

/** @param {number} ms @param {number} [now] */
export function since(ms, now = Date.now()) {
  const s = Math.round((ms - now) / 1000);
  const size = Math.abs(s);
  if (size < 60) return ago().format(0, 'minute');
  if (size < 3600) return ago().format(Math.trunc(s / 60), 'minute');
  if (size < 86_400) return ago().format(Math.trunc(s / 3600), 'hour');
  return ago().format(Math.trunc(s / 86_400), 'day');
}

/** One or two letters that stand for a name. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (/** @type {string} */ word) => [...(word.match(/[\p{L}\p{N}]/gu) ?? [])][0] ?? '';
  const letters = words.length > 1 ? first(words[0]) + first(words[words.length - 1]) : first(words[0] ?? '');
  return (letters || '·').toLocaleUpperCase();
}

/** A hue that stays with somebody. @param {string} id */
export function hue(id) {
  let hash = 7;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 100_003;
  return (hash * 47) % 360;
}

/** @param {string[]} names */
export const listOf = (names) => list().format(names);

/** @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** A text as one looks for it: whatever its case and accents. @param {string} text */
export const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
