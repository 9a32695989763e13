// What was counted in a line, in a few quiet words. Pure.

import { t } from './texts.js';

/** More than this would be a lecture. */
const TOLD_MAX = 3;
const LONG_SENTENCE_WORDS = 30;

/** What is worth a word, what helps first. @type {[string, boolean, (n: number) => string][]} */
const SAYS = [
  ['open_questions', true, (n) => t('{n} open questions', { n })],
  ['empathy', true, () => t('shows that you listened')],
  ['specifics', true, (n) => t('{n} concrete details', { n })],
  ['assertive', true, () => t('says what you decide')],
  ['blame', false, () => t('can sound like blame')],
  ['harsh', false, () => t('a harsh word')],
  ['fillers', false, (n) => t('{n} filler words', { n })],
  ['vague', false, (n) => t('{n} vague words', { n })],
  ['hedges', false, (n) => t('{n} softening words', { n })],
  ['jargon', false, (n) => t('{n} office words', { n })],
  ['closed_questions', false, (n) => t('{n} closed questions', { n })],
];

/**
 * @param {Record<string, number>} facts
 * @returns {{ text: string, good: boolean }[]}
 */
export function feedback(facts) {
  const closed = Math.max(0, (facts.questions ?? 0) - (facts.open_questions ?? 0));
  const counted = /** @type {Record<string, number>} */ ({ ...facts, closed_questions: facts.open_questions ? 0 : closed });
  const told = SAYS.filter(([name]) => counted[name] > 0).map(([name, good, says]) => ({ text: says(counted[name]), good }));
  if ((facts.longest_sentence ?? 0) > LONG_SENTENCE_WORDS) told.push({ text: t('a sentence of {n} words', { n: facts.longest_sentence }), good: false });
  return told.slice(0, TOLD_MAX);
}
