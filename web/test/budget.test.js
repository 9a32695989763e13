import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

// How large it is when it travels is held in src/ui.rs, where it is packed.

const ROOT = new URL('../', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, ROOT), 'utf8');

/** Everything that is loaded with the page itself; what is imported when it is needed is not. */
function shell() {
  const index = read('index.html');
  const { imports } = JSON.parse(/<script type="importmap">([^]*?)<\/script>/.exec(index)?.[1] ?? '{}');
  const named = [...index.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path);
  const seen = new Set(['index.html', ...named]);
  for (const name of seen) {
    // Pictures for a home screen are fetched when the page is put there.
    if (name.endsWith('.png')) seen.delete(name);
    if (!/\.m?js$/.test(name)) continue;
    for (const [, path] of read(name).matchAll(/(?:\bfrom|^import|;import|}from)\s*["']([^"']+)["']/gm)) seen.add(imports[path]?.slice(1) ?? new URL(path, `http://x/${name}`).pathname.slice(1));
  }
  return [...seen];
}

test('what the first view is made of is what is packed', () => {
  const names = shell();
  for (const must of ['app/main.js', 'app/views/room.js', 'app/room-model.js', 'vendor/preact.mjs', 'vendor/signals-core.mjs', 'ludus/connection.js', 'texts/en.js']) assert.ok(names.includes(must), `${must} is not part of it`);
});

test('views that few open first are not part of it', () => {
  const names = shell();
  for (const view of ['desk', 'contests', 'leagues', 'docs', 'people', 'report']) assert.ok(!names.includes(`app/views/${view}.js`), view);
});
