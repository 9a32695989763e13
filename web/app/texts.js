// What the page says, in the language of whoever reads it. Views name a text by its English words;
// the catalogues say what these are elsewhere, and how they go with a number.

import en from '../texts/en.js';

/** @typedef {keyof typeof import('../texts/de.js').default | keyof typeof import('../texts/de-after.js').default | keyof typeof import('../texts/de-admin.js').default | keyof typeof import('../texts/de-content.js').default} Text every text there is: the catalogues decide */
/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>>} Forms */
/** @typedef {string | Forms} Entry */

/** What languages call themselves. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' };
const FROM_RIGHT = new Set(['ar', 'fa', 'he', 'ur']);
const KEPT = 'ludus.language';
/** From which side one reads, where somebody has chosen otherwise than the language does. */
const SIDE = 'ludus.side';

/** What was chosen here; empty: as the device says. */
export const chosen = kept();
/** @type {string} */
export const language = chosen || (wanted().map((tag) => tag.split('-')[0]).find((tag) => tag in LANGUAGES) ?? 'en');
/** The language with the reader's own region: dates and numbers follow it. */
export const locale = wanted().find((tag) => tag.split('-')[0] === language) ?? language;

/** @type {Record<string, Entry>} */
const spoken = language === 'de' ? { ...(await import('../texts/de.js')).default } : en;
/** What is made when it is first needed: rules of languages take a phone longer to read than all of our scripts. @type {<T>(make: () => T) => () => T} */
export const once = (make) => {
  /** @type {any} */
  let made;
  return () => (made ??= make());
};
const rules = once(() => new Intl.PluralRules(locale));
const number = once(() => new Intl.NumberFormat(locale));

/** Reads what views say that few open: before the view, which says it as soon as it is there. */
export async function learnAfter() {
  if (language === 'de') Object.assign(spoken, (await import('../texts/de-after.js')).default);
}

/** The same for the administration. */
export async function learnAdmin() {
  if (language === 'de') Object.assign(spoken, (await import('../texts/de-admin.js')).default);
}

if (globalThis.document) {
  document.documentElement.lang = language;
  document.documentElement.dir = chosenSide() || (FROM_RIGHT.has(language) ? 'rtl' : 'ltr');
}

/** Takes in what a view says that few open. @param {Record<string, Entry>} more */
export const learn = (more) => Object.assign(spoken, more);

/**
 * A text. `{name}` in it is replaced by a value; numbers are written as people here write them, and
 * `n` decides between singular and plural.
 * @param {Text} text @param {Record<string, string | number>} [values] @returns {string}
 */
export function t(text, values) {
  const form = formOf(text, values?.n);
  return values ? form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole)) : form;
}

/** What the hub says itself, a refusal for one, by its English words; as it came, if they are not known. @param {string} sentence @returns {string} */
export const said = (sentence) => formOf(sentence, undefined);

/**
 * A text in which some values are markup: what the view makes of them stands where they belong.
 * @param {Text} text @param {Record<string, any>} values @returns {any[]}
 */
export function rich(text, values) {
  return formOf(text, values.n).split(/\{(\w+)\}/).map((part, i) => (i % 2 ? written(values[part]) : part));
}

/** Chooses the language for this browser. What is said so far was said in another: the page begins anew. @param {string} next */
export function choose(next) {
  try {
    if (next) localStorage.setItem(KEPT, next);
    else localStorage.removeItem(KEPT);
  } catch {
    // Then it lasts as long as the page.
  }
  location.reload();
}

/** From which side this browser was told to read: `ltr`, `rtl`, or as the language does. @returns {'' | 'ltr' | 'rtl'} */
export function chosenSide() {
  try {
    const side = localStorage.getItem(SIDE);
    return side === 'rtl' || side === 'ltr' ? side : '';
  } catch {
    return '';
  }
}

/** Chooses the side. The whole page turns at once. @param {string} side */
export function chooseSide(side) {
  try {
    if (side) localStorage.setItem(SIDE, side);
    else localStorage.removeItem(SIDE);
  } catch {
    // Then it lasts as long as the page.
  }
  document.documentElement.dir = side || (FROM_RIGHT.has(language) ? 'rtl' : 'ltr');
}

/** @param {string} text @param {any} n @returns {string} */
function formOf(text, n) {
  const entry = spoken[text] ?? text;
  return typeof entry === 'string' ? entry : entry[rules().select(Number(n))] ?? entry.other ?? text;
}

/** @param {any} value */
const written = (value) => (typeof value === 'number' ? number().format(value) : value);

function kept() {
  try {
    const tag = globalThis.localStorage?.getItem(KEPT) ?? '';
    return tag in LANGUAGES ? tag : '';
  } catch {
    return '';
  }
}

/** @returns {readonly string[]} */
function wanted() {
  return globalThis.document ? navigator.languages : [];
}
