// What the desk counts, in words.

import { listOf } from '../../format.js';
import { ofHundred } from '../../practice.js';
import { t } from '../../texts.js';

const WHY = {
  urgent_alert: t('urgent alert'), alert: t('alert'), hand_up: t('hand up'), away: t('away in the middle'), quiet: t('has gone quiet'), no_progress: t('no progress'),
  low_scores: t('low scores'), falling: t('scores fall'), tense: t('sounds tense'), low_results: t('low results'), falling_results: t('results fall'), absent: t('not here for days'),
};
const MOODS = { warm: t('sounds warm'), even: t('sounds calm'), tense: t('sounds tense') };
export const SEVERITIES = { urgent: t('Urgent'), notice: t('Notice'), info: t('For information') };

/** An alert is called by its name where that is known. @param {string} why @param {string} [alert] */
export const reasonInWords = (why, alert = '') => (why.endsWith('alert') && alert) || WHY[/** @type {'alert'} */ (why)] || why.replaceAll('_', ' ');
/** @param {string | undefined} mood */
export const moodInWords = (mood) => MOODS[/** @type {'warm'} */ (mood)] ?? '';

/** @param {import('/ludus/desks.js').Headline} headline @param {(user: string) => string} nameOf */
export function headlineInWords({ kind, count, users }, nameOf) {
  const names = listOf(users.map(nameOf)) + (users.length < count && kind !== 'goals_met' && kind !== 'finished' ? ' …' : '');
  switch (kind) {
    case 'goals_met': return t('{names} met {n} goals', { names, n: count });
    case 'finished': return t('{names} finished with {points} of 100', { names, points: ofHundred(count) });
    case 'hands_up': return t('{n} raised a hand: {names}', { n: count, names });
    case 'went_quiet': return t('{n} went quiet: {names}', { n: count, names });
    case 'came': return t('{n} came: {names}', { n: count, names });
    case 'went': return t('{n} left: {names}', { n: count, names });
    default: return '';
  }
}

/** How long a scene has been played. @param {import('/ludus/desks.js').DeskRoom} room @param {number} now */
export function playedMinutes({ live_ms = 0, since }, now) {
  return Math.max(0, Math.floor((live_ms + (since ? now - since : 0)) / 60_000));
}
