// How far one has come, as figures that can be drawn. Pure.

import { locale, once, t } from '../texts.js';

const DAY_MS = 86_400_000;
/** Days have no zone of their own: they are read and told in UTC, so that none slips. */
const letter = once(() => new Intl.DateTimeFormat(locale, { weekday: 'narrow', timeZone: 'UTC' }));
const name = once(() => new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }));

/** How much of the way to the next level is done, 0 to 1. @param {{ from: number, next?: number }} level @param {number} have */
export function levelShare({ from, next }, have) {
  if (next === undefined || next <= from) return 1;
  return Math.min(1, Math.max(0, (have - from) / (next - from)));
}

/**
 * The last seven days of a streak, today last. Days that a freeze bridged count among its days, so
 * they are not told apart from practice here.
 * @param {{ days: number, today: boolean, frozen: number }} streak @param {string} today `2026-11-21`
 */
export function week(streak, today) {
  const end = Date.parse(`${today}T00:00:00Z`);
  const kept = streak.today ? 0 : streak.frozen;
  return Array.from({ length: 7 }, (_, i) => {
    const back = 6 - i;
    const at = end - back * DAY_MS;
    // Days behind the last one that counted: 0 for that day itself.
    const since = streak.today ? back : back - 1 - kept;
    let state = since >= 0 && since < streak.days ? 'done' : 'open';
    if (back === 0 && !streak.today) state = 'now';
    else if (since < 0 && streak.days) state = 'frozen';
    const says = { done: t('done'), open: t('no practice'), now: t('today, not yet'), frozen: t('a freeze can keep it') }[state] ?? '';
    return { day: new Date(at).toISOString().slice(0, 10), letter: letter().format(at), name: name().format(at), state, says };
  });
}
