import assert from 'node:assert/strict';
import { test } from 'node:test';
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
