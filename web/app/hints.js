// What the hub says of a line while it is written, in words for people. Pure.

import { t } from './texts.js';

/** More than this would be a lecture. */
const SHOWN_MAX = 2;

/** @type {Record<string, (marked: string, say?: string) => string>} */
const SAYS = {
  harsh: (marked) => t('{words} is harsh: a calmer word says the same.', { words: quoted(marked) }),
  blame: (marked) => t('{words} can sound like blame: say what you saw.', { words: quoted(marked) }),
  shouting: () => t('Capitals are read as shouting.'),
  talk_ratio: () => t('You have said most of it so far: hand over with a question.'),
  too_long: () => t('This is long: say one thing, then listen.'),
  no_question: () => t('You have not asked anything for a while.'),
  closed_question: () => t('Yes or no would answer that: begin with what or how.'),
  spelling: (marked, say) =>
    say
      ? t('{words}: did you mean “{say}”?', { words: quoted(marked), say })
      : t('{words}: look at the spelling.', { words: quoted(marked) }),
  grammar: (marked, say) => t('{words}: rather “{say}”.', { words: quoted(marked), say: say ?? '' }),
  long_sentence: () => t('This sentence is long: make it two.'),
  hedging: (marked) => t('{words} makes it smaller than you mean it.', { words: quoted(marked) }),
  filler: (marked) => t('{words} can go.', { words: quoted(marked) }),
  vague: (marked) => t('{words} is vague: name the thing.', { words: quoted(marked) }),
  jargon: (marked) => t('{words}: a plainer word reaches more people.', { words: quoted(marked) }),
};

/** @param {string} marked */
const quoted = (marked) => (marked ? t('“{words}”', { words: marked }) : t('That'));

/**
 * The draft may have grown since the hub read it; a mark that does not fit any more is not quoted.
 * @param {{ hint: string, start: number, end: number, say?: string }[]} hints
 * @param {string} text
 * @param {string} [read] what the hub read
 * @returns {{ saying: string, mend?: { start: number, end: number, say: string } }[]}
 */
export function sayings(hints, text, read = text) {
  return hints
    .filter(({ hint }) => hint in SAYS)
    .slice(0, SHOWN_MAX)
    .map(({ hint, start, end, say }) => {
      const saying = SAYS[hint](text.slice(start, end).trim(), say);
      // What was written before the mark since then has moved it: nothing is put into the wrong place.
      return say && text.slice(0, end) === read.slice(0, end) ? { saying, mend: { start, end, say } } : { saying };
    });
}
