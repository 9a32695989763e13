import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

/** What a phone loads before somebody can read and write, in English; then with a second language. */
const SHELL_BYTES_MAX = 138_000;
const SPOKEN_BYTES_MAX = 153_600;
const ROOT = new URL('../', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, ROOT), 'utf8');

/** Everything that is loaded with the page itself; what is imported when it is needed is not. */
function shell() {
  const index = read('index.html');
  const { imports } = JSON.parse(/<script type="importmap">([^]*?)<\/script>/.exec(index)?.[1] ?? '{}');
  const named = [...index.matchAll(/(modulepreload" )?(?:src|href)="\/([^"]+)"/g)].filter(([, preload]) => !preload).map(([, , path]) => path);
  const seen = new Set(['index.html', ...named]);
  for (const name of seen) {
    // Pictures for a home screen are fetched when the page is put there.
    if (name.endsWith('.png')) seen.delete(name);
    if (!/\.m?js$/.test(name)) continue;
    for (const [, path] of read(name).matchAll(/(?:\bfrom|^import|;import|}from)\s*["']([^"']+)["']/gm)) seen.add(imports[path]?.slice(1) ?? new URL(path, `http://x/${name}`).pathname.slice(1));
  }
  return [...seen];
}

test('what the page needs at first is under its budget, compressed', () => {
  const sized = shell().map((name) => ({ name, bytes: gzipSync(readFileSync(new URL(name, ROOT))).length })).sort((a, b) => b.bytes - a.bytes);
  const whole = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = sized.slice(0, 12).map(({ name, bytes }) => `${name} ${bytes}`).join(', ');
  for (const must of ['app/main.js', 'app/views/room.js', 'app/room-model.js', 'vendor/preact.mjs', 'vendor/signals-core.mjs', 'ludus/connection.js', 'texts/en.js']) assert.ok(sized.some(({ name }) => name === must), `${must} is not counted`);
  assert.ok(whole <= SHELL_BYTES_MAX, `${whole} bytes in ${sized.length} files: ${largest}`);
  assert.ok(whole + gzipSync(read('texts/de.js')).length <= SPOKEN_BYTES_MAX, `${whole} bytes and a language`);
});

test('every module of the shell is asked for at once, not as the one before it is read', () => {
  const asked = [...read('index.html').matchAll(/<link rel="modulepreload" href="\/([^"]+)">/g)].map(([, path]) => path);
  const needed = shell().filter((name) => /\.m?js$/.test(name) && !['app/main.js', 'app/theme.js'].includes(name));
  // Whoever changes what is imported sees here which line of index.html is missing or too much.
  assert.deepEqual(asked, [...needed].sort());
});

test('views that few open first are not part of it', () => {
  const names = shell();
  for (const view of ['desk', 'contests', 'leagues', 'docs', 'people', 'report']) assert.ok(!names.includes(`app/views/${view}.js`), view);
});
