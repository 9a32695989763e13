// What was counted in a line, in a few quiet words. Pure.

import { plural } from './format.js';

/** More than this would be a lecture. */
const TOLD_MAX = 3;
const LONG_SENTENCE_WORDS = 30;

/** What is worth a word, what helps first. @type {[string, boolean, (n: number) => string][]} */
const SAYS = [
  ['open_questions', true, (n) => plural(n, 'open question', 'open questions')],
  ['empathy', true, () => 'shows that you listened'],
  ['specifics', true, (n) => plural(n, 'concrete detail', 'concrete details')],
  ['assertive', true, () => 'says what you decide'],
  ['blame', false, () => 'can sound like blame'],
  ['harsh', false, () => 'a harsh word'],
  ['fillers', false, (n) => plural(n, 'filler word', 'filler words')],
  ['vague', false, (n) => plural(n, 'vague word', 'vague words')],
  ['hedges', false, (n) => plural(n, 'softening word', 'softening words')],
  ['jargon', false, (n) => plural(n, 'office word', 'office words')],
  ['closed_questions', false, (n) => plural(n, 'closed question', 'closed questions')],
];

/**
 * @param {Record<string, number>} facts
 * @returns {{ text: string, good: boolean }[]}
 */
export function feedback(facts) {
  const closed = Math.max(0, (facts.questions ?? 0) - (facts.open_questions ?? 0));
  const counted = /** @type {Record<string, number>} */ ({ ...facts, closed_questions: facts.open_questions ? 0 : closed });
  const told = SAYS.filter(([name]) => counted[name] > 0).map(([name, good, says]) => ({ text: says(counted[name]), good }));
  if ((facts.longest_sentence ?? 0) > LONG_SENTENCE_WORDS) told.push({ text: `a sentence of ${facts.longest_sentence} words`, good: false });
  return told.slice(0, TOLD_MAX);
}
