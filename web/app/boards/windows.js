// Windows of boards by name, as `week:2026-11-16`: the one before, and words for them. Pure.

import { locale, t } from '../texts.js';

const DAY_MS = 86_400_000;
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** @param {string} window @returns {string | null} null where there is none before */
export function windowBefore(window) {
  const [kind, of] = window.split(':');
  if (kind === 'season') return Number(of) > 1 ? `season:${Number(of) - 1}` : null;
  const at = new Date(`${of}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return null;
  if (kind === 'month') at.setUTCMonth(at.getUTCMonth() - 1);
  else if (kind === 'week') at.setTime(at.getTime() - 7 * DAY_MS);
  else if (kind === 'day') at.setTime(at.getTime() - DAY_MS);
  else return null;
  return `${kind}:${at.toISOString().slice(0, 10)}`;
}

/** @param {string} window */
export function windowName(window) {
  const [kind, of] = window.split(':');
  const at = new Date(`${of}T00:00:00Z`);
  switch (kind) {
    case 'season': return t('Season {n}', { n: Number(of) });
    case 'month': return month.format(at);
    case 'week': return t('Week of {date}', { date: day.format(at) });
    case 'day': return day.format(at);
    default: return t('All time');
  }
}
