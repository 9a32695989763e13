import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { rich, t } from '../app/texts.js';
import admin from '../texts/de-admin.js';
import after from '../texts/de-after.js';
import content from '../texts/de-content.js';
import first from '../texts/de.js';
import enMain from '../texts/en.js';
import enContent from '../texts/en-content.js';
import { scan } from './scan.js';

const en = { ...enMain, ...enContent };
const ROOT = new URL('../app/', import.meta.url);
const files = readdirSync(ROOT, { recursive: true }).map(String).filter((name) => name.endsWith('.js') && name !== 'texts.js').sort();
const sources = new Map(files.map((name) => [name, readFileSync(new URL(name, ROOT), 'utf8')]));
const de = { ...first, ...after, ...admin, ...content };
/** What is read with the catalogue of the administration. The palette names its sections without it. */
const isAdmin = (/** @type {string} */ name) => name === 'views/admin.js' || (name.startsWith('views/admin/') && name !== 'views/admin/sections.js' && !name.startsWith('views/admin/content'));
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

/** What the hub and the client say by themselves: the page shows it by its English words. */
const HUBS = (() => {
  const closed = readFileSync(new URL('../../domain/src/refusal.rs', import.meta.url), 'utf8');
  const refusals = [...closed.matchAll(/^ {4}\w+ = "(\w+)", \d+, "([^"]+)";$/gm)].map(([, code, sentence]) => ({ code, sentence }));
  const client = ['refused.js', 'rest.js'].flatMap((name) => scan(readFileSync(new URL(`../ludus/${name}`, import.meta.url), 'utf8'))).filter(({ text }) => /^\p{Lu}.* .*\.$/u.test(text));
  return { refusals, sentences: [...refusals.map(({ sentence }) => sentence), ...client.map(({ text }) => text)] };
})();

test('every refusal of the closed list has words in both languages', () => {
  assert.ok(HUBS.refusals.length > 40, `${HUBS.refusals.length} refusals were found`);
  for (const code of ['forbidden', 'wrong_credentials', 'unavailable', 'internal']) assert.ok(HUBS.refusals.some((one) => one.code === code), code);
  assert.deepEqual(HUBS.refusals.filter(({ sentence }) => !(sentence in first)), [], 'not in German');
  assert.deepEqual(HUBS.sentences.filter((sentence) => !(sentence in first)), [], 'not in German');
});

test('every text that is said is in every language, and none is there for nothing', () => {
  const said = new Set(HUBS.sentences);
  for (const source of sources.values()) for (const { kind, text, before } of scan(source)) if (kind === 'string' && /\b(t|rich)\($/.test(before)) said.add(text.replaceAll("\\'", "'"));
  assert.deepEqual([...said].filter((text) => !(text in de)), [], 'not in German');
  assert.deepEqual(Object.keys(de).filter((text) => !said.has(text)), [], 'in German, but nobody says it');
  assert.deepEqual(Object.keys(en).filter((text) => !(text in de)), []);
});

test('what only the administration says is in its own catalogue, and nothing else is', () => {
  const sayers = new Map();
  for (const [name, source] of sources) for (const { kind, text, before } of scan(source)) if (kind === 'string' && /\b(t|rich)\($/.test(before)) sayers.set(text, [...(sayers.get(text) ?? []), name]);
  assert.deepEqual(Object.keys(admin).filter((text) => !sayers.get(text)?.every(isAdmin)), [], 'said elsewhere too');
  assert.deepEqual([...sayers].filter(([text, names]) => text in first && names.every(isAdmin)).map(([text]) => text), [], 'said nowhere else');
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
    for (const [whole, property, value] of readFileSync(new URL(name, STYLES), 'utf8').matchAll(/(?<![\w-])(margin|padding|inset|border-width|scroll-padding|border-radius|box-shadow)\s*:\s*([^;}]+)/g)) {
      const parts = value.match(/(?:[^\s()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+/g) ?? [];
      // Of four sides the second is the right one and the fourth the left; of corners the first two are left and right.
      const sided = property === 'border-radius' ? parts.length === 4 && (parts[0] !== parts[1] || parts[2] !== parts[3]) : property === 'box-shadow' ? parts[0] === 'inset' && parts[1] !== '0' : parts.length === 4 && parts[1] !== parts[3];
      assert.ok(!sided, `${name}: ${whole}`);
    }
  }
});

test('what is read with a view is said by no other', () => {
  const said = [];
  const kinds = /** @type {[RegExp, Record<string, any>][]} */ ([[/^views\/(replay|desk|report|cohort-report|cohorts|cohort\/|moderation|shut-out|room\/(breakout|move|report))/, after], [/^views\/admin\/content/, content], [/^views\/admin/, admin]]);
  for (const [name, source] of sources) {
    const known = kinds.filter(([read]) => read.test(name)).map(([, texts]) => texts);
    for (const { kind, text, before } of scan(source)) if (kind === 'string' && /\b(t|rich)\($/.test(before) && text in de && !(text in first) && !known.some((texts) => text in texts)) said.push(`${name}: ${text}`);
  }
  assert.deepEqual(said, []);
  for (const [, texts] of kinds) assert.deepEqual(Object.keys(texts).filter((text) => text in first), [], 'twice');
});
