import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskModel } from '../ludus/desks.js';
import { World, settle } from './world.js';

const COHORT = '01920000-0000-7000-8000-0000000000c0';
const row = (/** @type {string} */ user, attention = 0, more = {}) => ({ user, name: user.toUpperCase(), online: true, attention, at_risk: 0, ...more });
const frame = (/** @type {any} */ more) => ({ type: 'desk', cohort: COHORT, epoch: 1, ...more });
const snapshot = frame({ tick: 1, about: { title: 'Spring', access: 'full' }, rows: [row('a'), row('b', 50), row('c', 50, { hand: 9 })], alerts: [{ id: '1', severity: 'notice', raised_at: 1, state: 'open' }, { id: '2', severity: 'urgent', raised_at: 0, state: 'open' }, { id: '3', severity: 'info', raised_at: 5, state: 'snoozed', until: 100 }] });

test('a desk is what its frames add up to, and rows that did not change are the same ones', () => {
  const desk = new DeskModel();
  assert.equal(desk.take(snapshot), 'changed');
  assert.deepEqual(desk.byAttention().map(({ user }) => user), ['b', 'c', 'a']);
  const before = desk.rows.get('b');
  desk.take(frame({ tick: 2, after: 1, rows: [row('a', 99)], gone: ['c'], settled: ['2'], headlines: [{ kind: 'went', count: 1, users: ['c'], at: 1 }] }));
  assert.deepEqual(desk.byAttention().map(({ user }) => user), ['a', 'b']);
  assert.equal(desk.rows.get('b'), before);
  assert.deepEqual(desk.openAlerts(50).map(({ id }) => id), ['1']);
  assert.deepEqual(desk.openAlerts(100).map(({ id }) => id), ['1', '3'], 'what was put off comes back');
  assert.equal(desk.headlines.length, 1);
});

test('what is old is left, and a hole is asked for from where one stands', async () => {
  const desk = new DeskModel();
  assert.equal(desk.take(frame({ tick: 5, after: 4 })), 'hole');
  desk.take(snapshot);
  assert.equal(desk.take(frame({ tick: 1, after: 0 })), 'old');
  assert.equal(desk.take(frame({ tick: 9, after: 8 })), 'hole');

  const world = await new World().live();
  /** @type {any[]} */
  const told = [];
  const stop = world.ludus.watchDesk(COHORT, (model, refused) => told.push(refused?.code ?? model.position?.tick));
  const [asked] = world.socket.of('watch_desk');
  assert.deepEqual({ cohort: asked.cohort, since: asked.since }, { cohort: COHORT, since: undefined });
  world.socket.hear(snapshot);
  world.socket.hear(frame({ tick: 9, after: 8 }));
  await settle();
  assert.deepEqual(world.socket.of('watch_desk').map(({ since }) => since), [undefined, { epoch: 1, tick: 1 }]);
  world.socket.hear({ type: 'nack', id: world.socket.of('watch_desk')[1].id, code: 'not_found', message: 'no' });
  world.socket.hear({ type: 'desk_unwatched', cohort: COHORT, code: 'forbidden' });
  await settle();
  assert.deepEqual(told, [1, 'not_found', 'forbidden']);
  stop();
  assert.equal(world.socket.of('unwatch_desk').length, 1);
  world.end();
});

test('after a dropped connection the desk is asked for again, from where it stood', async () => {
  const world = await new World().live();
  world.ludus.watchDesk(COHORT, () => {});
  world.socket.hear(snapshot);
  world.socket.fall();
  await world.pass(20_000);
  world.welcome();
  await settle();
  assert.deepEqual(world.socket.of('watch_desk').map(({ since }) => since), [{ epoch: 1, tick: 1 }]);
  world.end();
});
