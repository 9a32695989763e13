import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { rich, t } from '../app/texts.js';
import main from '../texts/de.js';
import after from '../texts/de-after.js';
import content from '../texts/de-content.js';
import enMain from '../texts/en.js';
import enContent from '../texts/en-content.js';
import { scan } from './scan.js';

const de = { ...main, ...after, ...content };
const en = { ...enMain, ...enContent };
const ROOT = new URL('../app/', import.meta.url);
const files = readdirSync(ROOT, { recursive: true }).map(String).filter((name) => name.endsWith('.js') && name !== 'texts.js').sort();
const sources = new Map(files.map((name) => [name, readFileSync(new URL(name, ROOT), 'utf8')]));
/** Names, not words. */
const NAMES = new Set(['Ludus', 'OpenAPI', 'AsyncAPI', 'ludus.js']);
const holes = (/** @type {string} */ text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const formsOf = (/** @type {any} */ entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));

test('no view says anything that is not in the catalogue', () => {
  const loose = [];
  for (const [name, source] of sources) {
    for (const { kind, text, before, line } of scan(source)) {
      if (NAMES.has(text)) continue;
      // Among strings: what begins like a sentence and goes on, or ends like one.
      const isSentence = /^\p{Lu}\p{Ll}+ .*\p{Ll}/u.test(text) || /^\p{Lu}?\p{Ll}+.* .*[.!?…]$/u.test(text);
      if (kind === 'markup' || (isSentence && !/\b(t|rich)\($/.test(before))) loose.push(`${name}:${line}: ${text}`);
    }
  }
  assert.deepEqual(loose, []);
});

test('the check sees what it is to see', () => {
  const seen = scan("const a = html`<p class=\"x\" title=\"Over here\" data-x=\"not me\">Words ${t('Known')}${b ? html`<i>deep</i>` : 'A whole sentence'}</p>`;").map(({ kind, text }) => `${kind} ${text}`);
  assert.deepEqual(seen, ['markup Over here', 'markup Words', 'string Known', 'markup deep', 'string A whole sentence'].sort((a, b) => seen.indexOf(a) - seen.indexOf(b)));
  assert.equal(seen.length, 5);
});

test('every text that is said is in every language, and none is there for nothing', () => {
  const said = new Set();
  for (const source of sources.values()) for (const { kind, text, before } of scan(source)) if (kind === 'string' && /\b(t|rich)\($/.test(before)) said.add(text.replaceAll("\\'", "'"));
  assert.deepEqual([...said].filter((text) => !(text in de)), [], 'not in German');
  assert.deepEqual(Object.keys(de).filter((text) => !said.has(text)), [], 'in German, but nobody says it');
  assert.deepEqual(Object.keys(en).filter((text) => !(text in de)), []);
});

test('languages leave the same places for values, and have every form their numbers need', () => {
  for (const [language, catalogue] of Object.entries({ de, en })) {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [text, entry] of Object.entries(/** @type {Record<string, any>} */ (catalogue))) {
      const wanted = holes(text);
      for (const form of formsOf(entry)) assert.deepEqual(holes(form).filter((hole) => hole !== '{n}'), wanted.filter((hole) => hole !== '{n}'), `${language}: ${text}`);
      if (typeof entry === 'string') assert.deepEqual(holes(entry), wanted, `${language}: ${text}`);
      else assert.deepEqual(Object.keys(entry).sort(), [...needed].sort(), `${language}: ${text}`);
    }
  }
  for (const text of Object.keys(en)) assert.equal(typeof (/** @type {any} */ (de)[text]), 'object', `${text} has one form in German`);
});

test('numbers choose the form, and values stand where they belong', () => {
  assert.equal(t('{n} new lines', { n: 1 }), '1 new line');
  assert.equal(t('{n} new lines', { n: 1_200 }), '1,200 new lines');
  assert.equal(t('You were mentioned in {room}.', { room: '{room}' }), 'You were mentioned in {room}.');
  const name = { any: 'node' };
  assert.deepEqual(rich('Replying to {name}', { name }), ['Replying to ', name, '']);
});

test('styles know no left and no right, so that the page can be read from either side', () => {
  const STYLES = new URL('../style/', import.meta.url);
  for (const name of readdirSync(STYLES)) {
    const found = readFileSync(new URL(name, STYLES), 'utf8').match(/(?:margin|padding|border|inset)-(?:left|right)|(?<![\w-])(?:left|right)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)|translateX\(/g);
    assert.equal(found, null, `${name}: ${found}`);
  }
});

test('what is read with a view is said by no other', () => {
  const said = [];
  const kinds = /** @type {[RegExp, Record<string, any>][]} */ ([[/^views\/(replay|desk|report|cohort-report)/, after], [/^views\/admin\/content/, content]]);
  for (const [name, source] of sources) {
    const known = kinds.filter(([read]) => read.test(name)).map(([, texts]) => texts);
    for (const { kind, text, before } of scan(source)) if (kind === 'string' && /\b(t|rich)\($/.test(before) && text in de && !(text in main) && !known.some((texts) => text in texts)) said.push(`${name}: ${text}`);
  }
  assert.deepEqual(said, []);
  for (const [, texts] of kinds) assert.deepEqual(Object.keys(texts).filter((text) => text in main), [], 'twice');
});
