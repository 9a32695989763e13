import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayings as told } from '../app/hints.js';

/** @param {any[]} hints @param {string} text */
const sayings = (hints, text) => told(hints, text).map(({ saying }) => saying);

test('hints are told in words, with what they are about, and never more than two', () => {
  const text = '🙂 I just wanted to ask';
  const marks = [
    { hint: 'hedging', start: 5, end: 9 },
    { hint: 'no_question', start: 0, end: 0 },
    { hint: 'filler', start: 5, end: 9 },
  ];
  assert.deepEqual(sayings(marks, text), ['“just” makes it smaller than you mean it.', 'You have not asked anything for a while.']);
});

test('a hint nobody here knows is passed over, and a mark that is gone is not quoted', () => {
  assert.deepEqual(sayings([{ hint: 'of_tomorrow', start: 0, end: 1 }], 'so'), []);
  assert.deepEqual(sayings([{ hint: 'spelling', start: 2, end: 9, say: 'receive' }], 'I recieve it'), ['“recieve”: did you mean “receive”?']);
  assert.deepEqual(sayings([{ hint: 'spelling', start: 2, end: 9 }], 'I recxyve it'), ['“recxyve”: look at the spelling.']);
  assert.deepEqual(sayings([{ hint: 'filler', start: 40, end: 44 }], 'so'), ['That can go.']);
});

test('what could stand there is put there only where the hub read it', () => {
  const mark = { hint: 'spelling', start: 2, end: 9, say: 'receive' };
  assert.deepEqual(told([mark], 'I recieve it', 'I recieve')[0].mend, { start: 2, end: 9, say: 'receive' });
  assert.equal(told([mark], 'So I recieve it', 'I recieve')[0].mend, undefined);
  assert.equal(told([{ hint: 'filler', start: 0, end: 2 }], 'um yes', 'um yes')[0].mend, undefined);
});
