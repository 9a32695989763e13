import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowBefore, windowName } from '../app/boards/windows.js';
import { feedback } from '../app/feedback.js';
import { RoomModel } from '../app/room-model.js';
import { joined, sayable } from '../app/voices.js';

const CAST = [{ persona: 'mara', name: 'Mara Okafor', title: 'Head of operations' }];
const opened = (/** @type {any} */ stage = {}) => ({ type: 'subscribed', epoch: 1, head: 0, room: { plan: { kind: 'practice', entry: 'open', title: 't', capacity: 2, scene: { cast: CAST } }, phase: 'live', members: {}, member_count: 1, stage } });
const event = (/** @type {number} */ seq, /** @type {any} */ fact, by = 'hub', at = seq) => ({ type: 'event', seq, at, by, fact });
const asked = (/** @type {number} */ turn, more = {}) => ({ kind: 'turn_asked', turn, persona: 'mara', why: 'line', asked_by: 'a', ...more });
const spoke = (/** @type {number} */ turn, /** @type {string} */ text, more = {}) => ({ kind: 'spoke', turn, attempt: 1, persona: 'mara', text, end: 'done', why: 'line', ...more });
const speaking = (/** @type {number} */ turn, /** @type {number} */ from, /** @type {string} */ text, attempt = 1) => ({ type: 'speaking', room: 'r', turn, persona: 'mara', attempt, from, text });
const room = (/** @type {any[]} */ ...frames) => {
  const model = new RoomModel('r');
  for (const frame of [opened(), ...frames]) model.take(frame, 0);
  return model;
};
const answers = (/** @type {RoomModel} */ model) => model.items().filter((item) => item.kind === 'voice').map((item) => item.answer);

test('text grows at its end only: overlaps are cut, holes are waited out, an old attempt is void', () => {
  const model = room(event(1, asked(1)));
  assert.deepEqual(model.voices.thinking(), ['mara']);
  assert.equal(model.take(speaking(1, 3, 'too early'), 0), false);
  assert.equal(model.voices.textOf(1), '');
  assert.equal(model.take(speaking(1, 0, 'Hé👋llo'), 0), true, 'the first text is drawn');
  assert.equal(model.take(speaking(1, 3, 'llo there'), 0), false, 'more of it is not a change of the room');
  assert.equal(model.voices.textOf(1), 'Hé👋llo there');
  model.take(speaking(1, 99, 'a hole'), 0);
  assert.equal(model.voices.textOf(1), 'Hé👋llo there');
  model.take(speaking(1, 0, 'Anew', 2), 0);
  model.take(speaking(1, 4, ' old', 1), 0);
  model.take(speaking(1, 0, 'Old from its beginning', 1), 0);
  assert.equal(model.voices.textOf(1), 'Anew');
  assert.deepEqual(model.voices.thinking(), []);
});

test('what was heard becomes what is stored, in one place', () => {
  const model = room(event(1, { kind: 'said', text: 'Hello' }, 'a'), event(2, asked(1)));
  model.take(speaking(1, 0, 'Good mor'), 0);
  assert.equal(answers(model)[0].live?.turn, 1);
  model.take(event(3, spoke(1, 'Good morning.', { notes: { mood: 'attentive', goals_met: ['greet'] } })), 0);
  model.take(speaking(1, 8, 'ning. And late'), 0);
  const [answer, ...others] = answers(model);
  assert.equal(others.length, 0);
  assert.equal(answer.root, 1);
  assert.equal(answer.live, null);
  assert.equal(answer.versions[0].text, 'Good morning.');
  assert.equal(model.voices.mood('mara'), 'attentive');
  assert.deepEqual([...model.voices.goals()], [['greet', 3]]);
});

test('versions stand together and a rest belongs to its part, whichever way they were read', () => {
  const events = [event(1, spoke(1, 'One')), event(2, spoke(2, 'Two, and', { why: 'again', of: 1, end: 'cut' })), event(3, spoke(3, 'the rest', { why: 'onward', of: 2, end: 'stopped' })), event(4, spoke(4, 'Three', { why: 'again', of: 3 }))];
  const forwards = room(...events);
  const backwards = new RoomModel('r');
  backwards.take(opened(), 0);
  for (const one of [...events].reverse()) backwards.addPage({ events: [one], first: one.seq });
  for (const model of [forwards, backwards]) {
    const all = answers(model);
    assert.equal(all.length, 1);
    assert.deepEqual(all[0].versions.map(({ turn, text, end }) => [turn, text, end]), [[1, 'One', 'done'], [3, 'Two, and the rest', 'stopped'], [4, 'Three', 'done']]);
  }
});

test('another version that is being spoken belongs to the answer it is of', () => {
  const model = room(event(1, spoke(1, 'One')), event(2, asked(2, { why: 'again', of: 1 })));
  model.take(speaking(2, 0, 'An'), 0);
  const all = answers(model);
  assert.equal(all.length, 1);
  assert.equal(all[0].live?.turn, 2);
});

test('an answer that somebody spoke into says so, one that was stopped does not', () => {
  const model = room(event(1, { kind: 'said', text: 'Wait' }, 'a', 50), event(2, { kind: 'turn_stopped', turn: 1 }, 'a', 50), event(3, asked(2), 'a', 50), event(4, spoke(1, 'But', { end: 'stopped' })), event(5, { kind: 'turn_stopped', turn: 2 }, 'a', 60), event(6, spoke(2, 'Well', { end: 'stopped' })));
  assert.deepEqual(answers(model).map(({ versions }) => versions[0].interrupted), [true, false]);
});

test('a line said differently puts aside what came of the one before', () => {
  const model = room(event(1, { kind: 'said', text: 'A' }, 'a'), event(2, spoke(1, 'To A')), event(3, { kind: 'said', text: 'B', instead_of: 1 }, 'a'), event(4, spoke(2, 'To B')), event(5, { kind: 'said', text: 'C', instead_of: 3 }, 'a'));
  const items = model.items();
  assert.deepEqual(items.map((item) => item.kind), ['beside', 'line']);
  assert.deepEqual(items[0].kind === 'beside' && items[0].items.map(({ seq }) => seq), [1, 2, 3, 4]);
});

test('a turn that was stopped before it began shows nothing; one that failed says so', () => {
  const model = room(event(1, asked(1)), event(2, spoke(1, '', { end: 'stopped' })), event(3, spoke(2, '', { end: 'failed' })));
  assert.deepEqual(answers(model).map(({ root }) => root), [2]);
  assert.equal(model.voices.open.size, 0);
});

test('a snapshot tells who is speaking, and what is over is forgotten', () => {
  const model = room(event(1, asked(1)), speaking(1, 0, 'Half'));
  model.take({ ...opened({ open: { 2: { persona: 'mara', why: 'line', asked_by: 'a', attempt: 1 } }, last: { mara: { turn: 1, end: 'done' } } }), head: 3 }, 0);
  assert.deepEqual([...model.voices.open.keys()], [2]);
  assert.equal(model.voices.textOf(1), '');
  assert.equal(model.voices.last.get('mara'), 1);
});

test('an answer that was taken back is shown as such', () => {
  const model = room(event(1, spoke(1, 'No')), event(2, { kind: 'retracted', line: 1 }, 'coach'));
  assert.equal(answers(model)[0].versions[0].retracted, true);
});

test('only whole sentences are read aloud', () => {
  assert.equal(sayable('Half a sen'), 0);
  assert.equal('One is done. And a ha'.slice(0, sayable('One is done. And a ha')).trim(), 'One is done.');
  assert.equal(sayable('Half', true), 4);
  assert.equal(joined('a', 'b'), 'a b');
  assert.equal(joined('a', ', b'), 'a, b');
});

test('feedback is short, and what helps comes first', () => {
  assert.deepEqual(feedback({ words: 9 }), []);
  assert.deepEqual(feedback({ questions: 1, open_questions: 1, fillers: 2 }).map(({ text }) => text), ['1 open question', '2 filler words']);
  assert.equal(feedback({ open_questions: 1, questions: 1, empathy: 1, specifics: 2, fillers: 1, vague: 3 }).length, 3);
});

test('windows of boards: the one before, across months and years', () => {
  assert.deepEqual(['week:2026-01-05', 'month:2026-01-01', 'day:2026-03-01', 'season:2', 'season:1', 'all'].map(windowBefore), ['week:2025-12-29', 'month:2025-12-01', 'day:2026-02-28', 'season:1', null, null]);
  assert.match(windowName('week:2026-11-16'), /16/);
});
