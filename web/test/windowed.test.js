import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomModel } from '../app/room-model.js';
import { rowsOf } from '../app/views/room/rows.js';
import { Tall } from '../app/windowed.js';

const rows = (/** @type {number} */ count, guess = 10) => Array.from({ length: count }, (_, i) => ({ key: `r${i}`, guess }));

test('a window holds what is in sight and a little more, whatever the heights', () => {
  const tall = new Tall();
  tall.take(rows(1_000));
  assert.equal(tall.height, 10_000);
  assert.deepEqual(tall.span(5_000, 100, 50), [495, 516]);
  tall.measured(0, 110);
  assert.equal(tall.at(5_000), 490);
  assert.deepEqual(tall.span(-900, 100, 0), [0, 1]);
  assert.deepEqual(tall.span(99_999, 100, 0), [999, 1_000]);
  assert.deepEqual(new Tall().span(0, 100, 100, 80), [0, 0]);
});

test('so many rows at least, as far as there are so many', () => {
  const tall = new Tall();
  tall.take(rows(100));
  for (const y of [0, 500, 990]) {
    const [from, to] = tall.span(y, 50, 0, 40);
    assert.ok(to - from >= 40 && from >= 0 && to <= 100, `${from} to ${to}`);
    assert.ok(tall.top(from) <= y && tall.top(to) >= Math.min(1_000, y + 50));
  }
  tall.take(rows(12));
  assert.deepEqual(tall.span(0, 50, 0, 40), [0, 12]);
});

test('what was measured is known when rows come in before it', () => {
  const tall = new Tall();
  tall.take(rows(3));
  tall.measured(1, 33);
  tall.take([{ key: 'older', guess: 7 }, ...rows(3)]);
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => tall.top(i)), [0, 7, 17, 50, 60]);
});

test('the list of a room stays the same one until something was said', () => {
  const model = new RoomModel('r');
  model.take({ type: 'event', seq: 1, at: 1, by: 'a', fact: { kind: 'said', text: 'hi' } }, 0);
  const items = model.items();
  model.take({ type: 'typing', user: 'a', on: true }, 0);
  model.take({ type: 'presence', came: [{ user: 'b', name: 'B' }], count: 2 }, 0);
  assert.equal(model.items(), items);
  model.take({ type: 'event', seq: 2, at: 2, by: 'a', fact: { kind: 'reacted', line: 1, emoji: '👍', on: true } }, 0);
  assert.notEqual(model.items(), items);
  assert.equal(model.items()[0].line.reactions.length, 1);
});

test('a day begins where the date changes, and lines of one person stand under one name', () => {
  const at = new Date(2026, 2, 28, 23, 58).getTime();
  const model = new RoomModel('r');
  [[at, 'a'], [at + 60_000, 'a'], [at + 3 * 60_000, 'a'], [at + 4 * 60_000, 'b']].forEach(([at, by], i) => model.take({ type: 'event', seq: i + 1, at, by, fact: { kind: 'said', text: 'x' } }, 0));
  assert.deepEqual(rowsOf(model.items(), 4).map(({ kind, grouped }) => (grouped ? 'grouped' : kind)), ['day', 'item', 'grouped', 'day', 'item', 'new', 'item']);
});
