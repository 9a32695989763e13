import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Course, Playhead, counted } from '../app/replay-course.js';

const plan = { kind: 'practice', entry: 'invitation', title: 'Raise', capacity: 4, scene: { cast: [{ persona: 'mara', name: 'Mara', title: '' }] } };
const moment = (/** @type {number} */ seq, /** @type {number} */ at, /** @type {any} */ fact, by = 'ada', more = {}) => ({ seq, at, by, fact, track: 'lines', ...more });
const spoke = (/** @type {any} */ notes, attempt = 2) => ({ kind: 'spoke', turn: 1, attempt, persona: 'mara', text: 'Come in, Ada.', end: 'done', why: 'line', notes });
const course = (/** @type {any} */ notes = { pace: [[200, 4], [900, 8], [1_500, 13]] }) => {
  const made = new Course({ from: 1_000, to: 61_000 });
  made.add([
    moment(1, 1_000, { kind: 'opened', plan }),
    moment(2, 1_500, { kind: 'joined', user: 'ada', name: 'Ada' }),
    moment(3, 3_000, { kind: 'turn_asked', turn: 1, persona: 'mara', why: 'line' }),
    moment(4, 3_100, { kind: 'turn_begun', turn: 1, attempt: 1 }),
    moment(5, 4_000, { kind: 'turn_begun', turn: 1, attempt: 2 }),
  ]);
  made.add([
    moment(6, 6_000, spoke(notes), undefined),
    moment(7, 40_000, { kind: 'said', text: 'Hello.' }, 'ada', { gained: [{ user: 'ada', what: 'points', points: 5, rule: 'talk', kind: 'xp' }], comments: [{ id: 'c', seq: 7, after_ms: 2_000, by: 'kim', at: 0, text: 'Good', shared: false }] }),
    moment(8, 39_000, { kind: 'retracted', line: 7 }, 'ada', { gained: [{ user: 'ada', what: 'points', points: -5, rule: 'talk', kind: 'xp' }] }),
  ]);
  return made;
};
const at = (/** @type {number} */ ms, made = course()) => {
  const head = new Playhead(made, 'r', { ada: 'Ada' });
  head.seek(ms);
  return head;
};

test('words come as they were told, and are whole when the answer was', () => {
  const texts = [3_150, 3_250, 3_950, 4_600].map((ms) => at(ms).model.voices.textOf(1));
  assert.deepEqual(texts, ['', 'Come', 'Come in,', 'Come in, Ada.']);
  const done = at(5_000).model;
  assert.equal(done.voices.open.size, 0);
  assert.equal(done.items().find(({ kind }) => kind === 'voice')?.answer.versions[0].text, 'Come in, Ada.');
});

test('an answer without marks of its pace grows evenly', () => {
  const made = course({});
  const lengths = [3_200, 3_600, 4_000, 4_400, 4_900].map((ms) => at(ms, made).model.voices.textOf(1).length);
  assert.ok(lengths.every((n, i) => i === 0 || n > lengths[i - 1]), `${lengths}`);
  assert.equal(at(5_000, made).model.voices.open.size, 0);
});

test('going back is the same as never having gone on', () => {
  const made = course();
  const there = at(3_950, made);
  const back = at(60_000, made);
  back.seek(3_950);
  // What is being said stands at the time it is asked for.
  const shown = (/** @type {Playhead} */ head) => head.model.items().map(({ kind, seq }) => `${kind} ${seq}`);
  assert.deepEqual(shown(back), shown(there));
  assert.equal(back.next, there.next);
  assert.equal(back.model.voices.textOf(1), 'Come in,');
});

test('what came later was told later, whatever its clock said', () => {
  const made = course();
  assert.equal(made.msOf({ seq: 8 }), made.msOf({ seq: 7 }));
  assert.deepEqual(made.entries.map(({ ms }) => ms), made.entries.map(({ ms }) => ms).sort((a, b) => a - b));
  assert.equal(made.at(39_000)?.seq, 8);
  assert.equal(made.at(38_999)?.seq, 6);
  assert.equal(made.at(-1), undefined);
});

test('rests are cut short, and words are no rest', () => {
  const head = at(5_000);
  assert.equal(head.after(16, false), 5_016);
  assert.equal(head.after(16, true), 39_000 - 600);
  assert.equal(at(3_250).after(16, true), 3_266);
  head.seek(40_000);
  assert.equal(head.after(16, true), 40_016);
});

test('sums and comments stand at their time', () => {
  const made = course();
  assert.deepEqual(made.gainedBy(38_000), []);
  assert.deepEqual(made.gainedBy(39_000), [{ user: 'ada', points: 0, badges: [] }]);
  assert.equal(made.msOf({ seq: 7, after_ms: 2_000 }), 41_000);
  assert.equal(made.length, 60_000);
  assert.deepEqual([0, 61_000, 3_600_000 + 65_000].map(counted), ['0:00', '1:01', '1:01:05']);
});
