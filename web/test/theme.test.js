// What runs before the import map.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

test('nothing before the import map begins to read modules', async () => {
  const script = await readFile(new URL('../app/theme.js', import.meta.url), 'utf8');
  // A browser that knows one import map only takes none after that.
  assert.doesNotMatch(script, /rel: 'modulepreload'|import\(/);
  const index = await readFile(new URL('../index.html', import.meta.url), 'utf8');
  const [before, after] = index.split('<script type="importmap"');
  assert.ok(after, 'there is a map');
  assert.doesNotMatch(before, /modulepreload|type="module"/);
});
