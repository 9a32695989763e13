// What the hub says of a line while it is written, in words for people. Pure.

/** More than this would be a lecture. */
const SHOWN_MAX = 2;

/** @type {Record<string, (marked: string) => string>} */
const SAYS = {
  harsh: (marked) => `${quoted(marked)} is harsh: a calmer word says the same.`,
  blame: (marked) => `${quoted(marked)} can sound like blame: say what you saw.`,
  shouting: () => 'Capitals are read as shouting.',
  talk_ratio: () => 'You have said most of it so far: hand over with a question.',
  too_long: () => 'This is long: say one thing, then listen.',
  no_question: () => 'You have not asked anything for a while.',
  closed_question: () => 'Yes or no would answer that: begin with what or how.',
  long_sentence: () => 'This sentence is long: make it two.',
  hedging: (marked) => `${quoted(marked)} makes it smaller than you mean it.`,
  filler: (marked) => `${quoted(marked)} can go.`,
  vague: (marked) => `${quoted(marked)} is vague: name the thing.`,
  jargon: (marked) => `${quoted(marked)}: a plainer word reaches more people.`,
};

/** @param {string} marked */
const quoted = (marked) => (marked ? `“${marked}”` : 'That');

/**
 * The draft may have grown since the hub read it; a mark that does not fit any more is not quoted.
 * @param {{ hint: string, start: number, end: number }[]} hints
 * @param {string} text
 * @returns {string[]}
 */
export function sayings(hints, text) {
  return hints
    .filter(({ hint }) => hint in SAYS)
    .slice(0, SHOWN_MAX)
    .map(({ hint, start, end }) => SAYS[hint](text.slice(start, end).trim()));
}
