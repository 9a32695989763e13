import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, left, moves, zoneOf } from '../app/boards/moves.js';
import { BoardModel } from '../ludus/boards.js';

const row = (/** @type {number} */ at, /** @type {number} */ score, more = {}) => ({ at, place: at + 1, name: `n${score}`, score, ...more });
const frame = (/** @type {number} */ tick, /** @type {any[]} */ rows, more = {}) => ({ type: 'board', board: 'b', epoch: 1, tick, count: 10, rows, ...more });
const scores = (/** @type {BoardModel} */ model) => model.shown().map(({ score }) => score);

test('a change goes into what was there; a snapshot replaces it', () => {
  const model = new BoardModel({ top: 3, around: 0 });
  assert.equal(model.take(frame(1, [row(0, 9), row(1, 8), row(2, 7)], { about: { title: 'B' } })), 'changed');
  assert.equal(model.take(frame(2, [row(0, 10), row(1, 9)], { after: 1 })), 'changed');
  assert.deepEqual(scores(model), [10, 9, 7]);
  assert.equal(model.about.title, 'B');
  model.take(frame(5, [row(0, 1)], { epoch: 2, count: 1 }));
  assert.deepEqual(scores(model), [1]);
});

test('a change on something that was missed, or of another epoch, is not put in', () => {
  const model = new BoardModel({ top: 2, around: 0 });
  assert.equal(model.take(frame(3, [row(0, 5)], { after: 2 })), 'hole');
  model.take(frame(3, [row(0, 5)]));
  assert.equal(model.take(frame(6, [row(0, 8)], { after: 5 })), 'hole');
  assert.equal(model.take(frame(4, [row(0, 8)], { after: 3, epoch: 2 })), 'hole');
  assert.equal(model.take(frame(3, [row(0, 8)], { after: 2 })), 'old');
  assert.deepEqual(scores(model), [5]);
});

test('rows that left the window are forgotten', () => {
  const model = new BoardModel({ top: 1, around: 1 });
  model.take(frame(1, [row(0, 99), row(5, 50), row(6, 40, { mine: true }), row(7, 30)], { own: { at: 6, place: 7 } }));
  model.take(frame(2, [row(4, 55), row(5, 52, { mine: true }), row(6, 50)], { after: 1, own: { at: 5, place: 6 } }));
  assert.deepEqual(scores(model), [99, 55, 52, 50]);
  model.take(frame(3, [], { after: 2, count: 6, own: { at: 5, place: 6 } }));
  assert.deepEqual(scores(model), [99, 55, 52]);
});

const at = (/** @type {Record<string, [number, number]>} */ rows) => new Map(Object.entries(rows).map(([key, [top, score]]) => [key, { top, score }]));

test('rows glide from where they were, newcomers appear, what did not move is left alone', () => {
  const list = moves(at({ a: [0, 9], b: [40, 8], c: [80, 7] }), at({ b: [0, 10], a: [40, 9], c: [80, 7], d: [120, 1] }), 40);
  assert.deepEqual(list, [
    { key: 'b', from: 40, gained: true, isNew: false },
    { key: 'a', from: -40, gained: false, isNew: false },
    { key: 'd', from: 0, gained: false, isNew: true },
  ]);
  assert.deepEqual(moves(new Map(), at({ a: [0, 1] }), 40), [], 'the first picture stands still');
  assert.deepEqual(moves(at({ a: [4_000, 1] }), at({ a: [0, 1] }), 40), [], 'nobody glides across the whole list');
});

test('keys differ although names on an anonymous board may not', () => {
  assert.deepEqual(keysOf([row(0, 3, { name: 'Fox' }), row(1, 2, { name: 'Fox' }), row(2, 1, { mine: true })]), ['name:Fox', 'name:Fox#1', 'me']);
});

test('zones and what is left', () => {
  assert.deepEqual([0, 1, 2, 7, 8, 9].map((place) => zoneOf({ up: 2, down: 2 }, place, 10)), ['up', 'up', '', '', 'down', 'down']);
  assert.equal(zoneOf(undefined, 0, 10), '');
  assert.deepEqual([left(90_061_000), left(3_600_000), left(61_000), left(0), left(-5)], ['1 d 1 h', '1 h', '1 min 1 s', 'over', 'over']);
});
