import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ROOM, STREAM, World, said, settle, signedIn, subscribed } from './world.js';

/** @type {World} */
let world;
afterEach(() => world.end());

test('says hello with a ticket, never with a token, and follows what was asked', async () => {
  world = new World();
  world.ludus.follow(STREAM, () => {});
  await world.live();
  const [hello] = world.socket.sent;
  assert.equal(world.socket.url, 'ws://hub/api/v1/ws');
  assert.equal(world.socket.protocol, 'ludus.v1');
  assert.match(hello.ticket, /^ticket-/);
  assert.equal(hello.resume, undefined);
  assert.deepEqual(hello.subscriptions, [{ stream: STREAM }]);
  assert.equal(world.ludus.state.name, 'live');
});

test('asks for what it began to follow while the hello was on its way, once', async () => {
  world = new World();
  world.ludus.follow(STREAM, () => {});
  await world.ludus.start();
  await settle();
  const late = 'room:00000000-0000-0000-0000-000000000099';
  world.ludus.follow(late, () => {});
  world.welcome();
  assert.deepEqual(world.socket.sent[0].subscriptions, [{ stream: STREAM }]);
  const asked = world.socket.sent.filter((/** @type {any} */ frame) => frame.type === 'subscribe');
  assert.deepEqual(asked.map((/** @type {any} */ frame) => frame.stream), [late]);
});

test('resumes from where it is, in one frame', async () => {
  world = new World();
  /** @type {number[]} */
  const heard = [];
  world.ludus.follow(STREAM, (frame) => frame.type === 'event' && heard.push(frame.seq));
  await world.live();
  world.socket.hear(subscribed(4));
  world.socket.hear(said(5));
  world.socket.fall();
  assert.equal(world.ludus.state.name, 'waiting');
  await world.pass(2_000);
  assert.equal(world.sockets.length, 2);
  world.welcome();
  const [hello] = world.socket.sent;
  assert.equal(hello.resume, 'resume-1');
  assert.deepEqual(hello.subscriptions, [{ stream: STREAM, since: { epoch: 1, seq: 5 } }]);
  world.socket.hear(said(5));
  world.socket.hear(said(6));
  assert.deepEqual(heard, [5, 6]);
});

test('a hole is asked for again and nothing is delivered out of order', async () => {
  world = new World();
  /** @type {number[]} */
  const heard = [];
  world.ludus.follow(STREAM, (frame) => frame.type === 'event' && heard.push(frame.seq));
  await world.live();
  world.socket.hear(subscribed(1));
  world.socket.hear(said(4));
  world.socket.hear(said(5));
  const again = world.socket.of('subscribe');
  assert.equal(again.length, 1);
  assert.deepEqual(again[0].since, { epoch: 1, seq: 1 });
  for (const seq of [2, 3, 4, 5]) world.socket.hear(said(seq));
  assert.deepEqual(heard, [2, 3, 4, 5]);
});

test('a skip fills its place', async () => {
  world = new World();
  world.ludus.follow(STREAM, () => {});
  await world.live();
  world.socket.hear(subscribed(1));
  world.socket.hear({ type: 'skip', stream: STREAM, from: 2, to: 3 });
  world.socket.hear(said(4));
  assert.equal(world.socket.of('subscribe').length, 0);
  assert.equal(world.ludus.streams.positions()[STREAM], 4);
});

test('beats every 25 s with its positions, and notices a dead hub within 35 s', async () => {
  world = new World();
  world.ludus.follow(STREAM, () => {});
  await world.live();
  world.socket.hear(subscribed(7));
  await world.pass(26_000);
  assert.deepEqual(world.socket.of('heartbeat')[0].positions, { [STREAM]: 7 });
  assert.equal(world.ludus.state.name, 'live');
  await world.pass(9_000);
  assert.notEqual(world.ludus.state.name, 'live');
});

test('comes back when told, not before', async () => {
  world = new World();
  await world.live();
  world.socket.hear({ type: 'goodbye', code: 4001, reason: 'going_away', reconnect_after_ms: 5_000 });
  world.socket.fall(4001);
  await world.pass(4_900);
  assert.equal(world.sockets.length, 1);
  await world.pass(1_500);
  assert.equal(world.sockets.length, 2);
});

test('a spent resume token is mended by a ticket, at once', async () => {
  world = new World();
  await world.live();
  world.socket.fall();
  await world.pass(2_000);
  world.socket.open();
  world.socket.fall(4101);
  await settle();
  assert.equal(world.sockets.length, 3);
  world.socket.open();
  assert.match(world.socket.sent[0].ticket, /^ticket-/);
});

test('a sign-in that was ended is over', async () => {
  world = new World();
  /** @type {any[]} */
  const users = [];
  world.ludus.on('user', (user) => users.push(user));
  await world.live();
  world.answers['/auth/refresh'] = () => ({ status: 401, json: { code: 'session_ended', title: 'ended' } });
  world.socket.fall(4104);
  await world.pass(3_000);
  assert.equal(users.at(-1), null);
  assert.equal(world.ludus.state.name, 'stopped');
});

test('stays away when told to stay', async () => {
  world = new World();
  await world.live();
  world.socket.hear({ type: 'goodbye', code: 4209, reason: 'too_many_sockets' });
  world.socket.fall(4209);
  await world.pass(60_000);
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(world.ludus.state, { name: 'refused', reason: 'too_many_sockets' });
});

test('after two WebSockets that never opened it streams, and sends by POST', async () => {
  world = new World();
  const encoder = new TextEncoder();
  world.answers['/stream'] = () => ({
    stream: new ReadableStream({
      start(controller) {
        controller.enqueue(encoder.encode('data: {"type":"welcome","user":"01920000-0000-7000-8000-000000000001",'));
        controller.enqueue(encoder.encode('"resume":"r","heartbeat_ms":25000}\n\ndata: {"type":"heartbeat"}\n\n'));
      },
    }),
  });
  world.answers['/commands'] = (frames) => ({ json: { answers: frames.map((/** @type {any} */ frame) => ({ type: 'ack', id: frame.id, seq: 9, count: 1 })) } });
  await world.ludus.start();
  await settle();
  world.socket.fall();
  await world.pass(3_000);
  world.socket.fall();
  await world.pass(3_000);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(world.ludus.state, { name: 'live', transport: 'sse' });
  const ack = world.ludus.command(ROOM, { kind: 'say', text: 'hello' });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await ack).seq, 9);
});

test('two calls at once refresh once', async () => {
  world = new World();
  world.answers['/me'] = () => ({ json: signedIn().user });
  await Promise.all([world.ludus.call('GET', '/me'), world.ludus.call('GET', '/me')]);
  assert.equal(world.calls.filter(({ path }) => path === '/auth/refresh').length, 1);
});

test('a stream that is not ours is told as such; one that is refused for a moment is asked again', async () => {
  world = new World();
  await world.live();
  /** @type {any[]} */
  const heard = [];
  world.ludus.follow(STREAM, (frame) => heard.push(frame));
  const asked = world.socket.of('subscribe');
  world.socket.hear({ type: 'nack', id: asked[0].id, code: 'rate_limited', message: 'Slow down.', retry_after_ms: 1_000 });
  await world.pass(1_200);
  const again = world.socket.of('subscribe');
  assert.equal(again.length, 2);
  world.socket.hear({ type: 'nack', id: again[1].id, code: 'not_found', message: 'No.' });
  assert.deepEqual(heard, [{ type: 'unsubscribed', stream: STREAM, code: 'not_found' }]);
});
