import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../app/markdown.js';
import { RoomModel } from '../app/room-model.js';
import { backoff, comeback } from '../ludus/backoff.js';
import { uuidv7 } from '../ludus/ids.js';

const said = (/** @type {number} */ seq, text = 'hi', by = 'a') => ({ seq, at: seq, by, fact: { kind: 'said', text } });
const about = (/** @type {number} */ seq, /** @type {any} */ fact, by = 'a') => ({ seq, at: seq, by, fact });

test('ids are UUIDv7 and sort as they were made', () => {
  const ids = Array.from({ length: 5_000 }, () => uuidv7());
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('back-off is bounded and close codes say what to do', () => {
  for (let attempt = 0; attempt < 50; attempt++) assert.ok(backoff(attempt) <= 15_000 && backoff(attempt) >= 100);
  assert.deepEqual([1006, 4008, 4101, 4209, 1002].map(comeback), ['resume', 'resume', 'sign_in', 'stay', 'stay']);
});

test('a room reads the same whichever way its events came', () => {
  const events = [said(3, 'teh'), about(4, { kind: 'reacted', line: 3, emoji: '👍', on: true }, 'b'), about(5, { kind: 'edited', line: 3, text: 'the' }), about(6, { kind: 'reacted', line: 3, emoji: '👍', on: false }, 'b')];
  const forwards = new RoomModel('r');
  for (const event of events) forwards.take({ type: 'event', ...event }, 0);
  const backwards = new RoomModel('r');
  for (const event of [...events].reverse()) backwards.addPage({ events: [event], first: event.seq });
  for (const model of [forwards, backwards]) {
    const line = model.line(3);
    assert.equal(line?.text, 'the');
    assert.deepEqual(line?.versions.map(({ text }) => text), ['teh']);
    assert.deepEqual(line?.reactions, []);
    assert.equal(model.items().length, 1);
  }
});

test('a remark stands beside its line, whichever way it came, and an edit makes it one about before', () => {
  const remark = { scores: [{ criterion: 'asks', title: 'Asks', per_mille: 700, quote: 'why', reason: 'It is open.' }], engine: 'a/b' };
  const events = [said(3, 'but why?'), about(5, { kind: 'remarked', line: 3, of: 'a', remark }, 'hub')];
  const forwards = new RoomModel('r');
  for (const event of events) forwards.take({ type: 'event', ...event }, 0);
  const backwards = new RoomModel('r');
  for (const event of [...events].reverse()) backwards.addPage({ events: [event], first: event.seq });
  for (const model of [forwards, backwards]) {
    assert.deepEqual(model.line(3)?.remark, remark);
    assert.equal(model.items().length, 1, 'it is no line of its own');
  }
  forwards.take({ type: 'event', ...about(6, { kind: 'edited', line: 3, text: 'why?' }) }, 0);
  assert.equal(forwards.line(3)?.versions.length, 1);
});

test('unread counts lines of others after the read position', () => {
  const model = new RoomModel('r');
  for (const event of [said(1), said(2, 'x', 'b'), said(3, 'y', 'b'), about(4, { kind: 'joined', user: 'c', name: 'C' })]) model.take({ type: 'event', ...event }, 0);
  model.readSeq = 2;
  assert.equal(model.unread('a'), 1);
  assert.equal(model.unread('b'), 0);
});

test('hands are served in the order they went up', () => {
  const model = new RoomModel('r');
  model.take({ type: 'subscribed', epoch: 1, head: 9, room: { plan: { title: 't' }, phase: 'live', member_count: 2, members: { a: { name: 'A', hand: 9 }, b: { name: 'B' } } } }, 0);
  model.take({ type: 'event', ...about(10, { kind: 'hand_raised', user: 'b', up: true }) }, 0);
  assert.deepEqual(model.hands().map(({ user }) => user), ['a', 'b']);
  model.take({ type: 'event', ...about(11, { kind: 'left', user: 'a' }) }, 0);
  assert.deepEqual(model.hands().map(({ user }) => user), ['b']);
});

test('Markdown becomes a tree, and what is not known stays text', () => {
  assert.deepEqual(parse('a *b* **c** `d` ~~e~~'), [{ kind: 'paragraph', children: [
    { kind: 'text', text: 'a ' }, { kind: 'em', children: [{ kind: 'text', text: 'b' }] }, { kind: 'text', text: ' ' },
    { kind: 'strong', children: [{ kind: 'text', text: 'c' }] }, { kind: 'text', text: ' ' }, { kind: 'code', text: 'd' },
    { kind: 'text', text: ' ' }, { kind: 'del', children: [{ kind: 'text', text: 'e' }] }] }]);
  assert.deepEqual(parse('```js\n<b>*x*\n```'), [{ kind: 'block', language: 'js', text: '<b>*x*' }]);
  assert.equal(parse('> q\n- one\n- two\n1. three').map(({ kind }) => kind).join(), 'quote,list,list');
  assert.deepEqual(parse('snake_case_name 2*3*4'), [{ kind: 'paragraph', children: [{ kind: 'text', text: 'snake_case_name 2*3*4' }] }]);
  assert.deepEqual(parse('hi @Ada Lovelace!', ['Ada', 'Ada Lovelace']), [{ kind: 'paragraph', children: [{ kind: 'text', text: 'hi ' }, { kind: 'mention', text: '@Ada Lovelace' }, { kind: 'text', text: '!' }] }]);
});

test('only addresses one may follow become links', () => {
  const links = (/** @type {string} */ text) => JSON.stringify(parse(text)).match(/"href":"[^"]*"/g) ?? [];
  assert.deepEqual(links('see https://example.org/a(b). ok'), ['"href":"https://example.org/a(b)"']);
  for (const text of ['[x](javascript:alert(1))', '[x](data:text/html,1)', '[x](vbscript:x)', '[x](//evil)', '![x](javascript:x)']) assert.deepEqual(links(text), [], text);
});

test('a hostile text ends quickly', () => {
  const start = performance.now();
  for (const text of ['*'.repeat(4_000), '[('.repeat(2_000), '`'.repeat(4_000), '> '.repeat(2_000), '_a'.repeat(2_000), '**a*'.repeat(1_000), '@'.repeat(4_000)]) parse(text, ['Ada']);
  assert.ok(performance.now() - start < 1_500, `${performance.now() - start} ms`);
});

test('who looks on is named, and that drafts are seen is known, until the room is entered anew', () => {
  const model = new RoomModel('r');
  const subscribed = { type: 'subscribed', epoch: 1, head: 0, room: { plan: { title: 't' }, phase: 'live', member_count: 1, members: { a: { name: 'A' } } } };
  model.take(subscribed, 0);
  model.take({ type: 'watched', room: 'r', coaches: [{ user: 'k', name: 'Kim' }], drafts: true }, 0);
  model.take({ type: 'presence', came: [{ user: 'a', name: 'A' }, { user: 'k', name: 'Kim' }], count: 2 }, 0);
  model.take({ type: 'draft_seen', room: 'r', user: 'a', text: 'I just' }, 0);
  assert.deepEqual(model.watchers('a'), [{ user: 'k', name: 'Kim' }]);
  assert.deepEqual([model.watched.drafts, [...model.drafts]], [true, [['a', 'I just']]]);
  model.take({ type: 'draft_seen', room: 'r', user: 'a', text: '' }, 0);
  model.take(subscribed, 0);
  assert.deepEqual([model.watched.coaches, model.watched.drafts, model.drafts.size], [[], false, 0]);
});
