import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { MemoryQueue } from '../ludus.js';
import { ROOM, World, settle } from './world.js';

/** @type {World} */
let world;
afterEach(() => world.end());

const texts = (/** @type {any} */ socket) => socket.of('command').map((/** @type {any} */ frame) => frame.do.text);
const ack = (/** @type {string} */ id, seq = 1, more = {}) => ({ type: 'ack', id, seq, count: 1, ...more });

test('lines written offline are sent in order, each under its first id', async () => {
  world = new World();
  await world.live();
  world.socket.fall();
  const ids = [await world.ludus.say(ROOM, { text: 'one' }), await world.ludus.say(ROOM, { text: 'two' })];
  assert.equal(world.ludus.pending.length, 2);
  await world.pass(2_000);
  world.welcome();
  assert.deepEqual(texts(world.socket), ['one']);
  world.socket.hear(ack(ids[0], 5));
  world.socket.hear(ack(ids[1], 6));
  assert.deepEqual(world.socket.of('command').map(({ id }) => id), ids);
  assert.equal(world.ludus.pending.length, 0);
});

test('a line whose ack was lost goes again under the same id', async () => {
  world = new World();
  await world.live();
  const id = await world.ludus.say(ROOM, { text: 'once' });
  assert.equal(world.socket.of('command').length, 1);
  world.socket.fall();
  await world.pass(2_000);
  world.welcome();
  assert.equal(world.socket.of('command')[0].id, id);
  world.socket.hear(ack(id, 3, { dup: true }));
  assert.equal((await world.queue.all('01920000-0000-7000-8000-000000000001')).length, 0);
});

test('a reload takes up what was waiting', async () => {
  const queue = new MemoryQueue();
  world = new World({ queue });
  await world.live();
  world.socket.fall();
  const id = await world.ludus.say(ROOM, { text: 'kept' });
  world.end();
  world = new World({ queue });
  await world.live();
  assert.equal(world.socket.of('command')[0].id, id);
});

test('a refusal that passes is tried again after the time it names; order is kept', async () => {
  world = new World();
  await world.live();
  const first = await world.ludus.say(ROOM, { text: 'first' });
  await world.ludus.say(ROOM, { text: 'second' });
  world.socket.hear({ type: 'nack', id: first, code: 'rate_limited', message: 'Slow down.', retry_after_ms: 3_000 });
  await world.pass(2_500);
  assert.deepEqual(texts(world.socket), ['first']);
  await world.pass(1_000);
  assert.deepEqual(texts(world.socket), ['first', 'first']);
  world.socket.hear(ack(first));
  assert.deepEqual(texts(world.socket), ['first', 'first', 'second']);
});

test('a line that is refused for good stays in sight, and those behind it go on', async () => {
  world = new World();
  await world.live();
  const bad = await world.ludus.say(ROOM, { text: 'bad' });
  await world.ludus.say(ROOM, { text: 'good' });
  world.socket.hear({ type: 'nack', id: bad, code: 'muted', message: 'You are muted.' });
  assert.deepEqual(texts(world.socket), ['bad', 'good']);
  assert.deepEqual(world.ludus.pending[0].failed, { code: 'muted', message: 'You are muted.' });
  world.ludus.sender.retry(bad);
  assert.notEqual(world.ludus.pending.at(-1)?.id, bad);
});

test('a button pressed offline is given up after a while; a line is not', async () => {
  world = new World();
  await world.live();
  world.socket.fall();
  world.reachable = false;
  const paused = assert.rejects(world.ludus.command(ROOM, { kind: 'pause' }), { code: 'offline' });
  await world.ludus.say(ROOM, { text: 'stays' });
  await world.pass(21_000);
  await paused;
  assert.equal(world.ludus.pending.length, 1);
});

test('signing out forgets what is kept', async () => {
  world = new World();
  await world.live();
  await world.ludus.say(ROOM, { text: 'unsent' });
  const out = world.ludus.signOut({ msMax: 500 });
  await world.pass(1_000);
  await out;
  assert.equal((await world.queue.all('01920000-0000-7000-8000-000000000001')).length, 0);
  await settle();
  assert.equal(world.ludus.state.name, 'stopped');
});
