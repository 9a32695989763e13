import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gained, news, placeOf, streakNews } from '../app/game/gains.js';
import { levelShare, week } from '../app/game/progress.js';

const gain = (/** @type {number} */ pos, /** @type {number} */ seq, /** @type {number} */ points, says = 'A line') => ({ pos, source: `room:r/${seq}/0`, points: [{ points, says }] });

test('gains of one line are summed, each reason once, and a repeat counts for nothing', () => {
  const gained = new Gained();
  assert.ok(gained.take(gain(1, 7, 2)));
  assert.ok(gained.take(gain(2, 7, 3, 'A good one')));
  assert.ok(gained.take(gain(3, 7, 1)));
  assert.equal(gained.take(gain(3, 7, 1)), false);
  assert.deepEqual(gained.beside.get('r/7'), { points: 6, why: ['A line', 'A good one'] });
});

test('what a reaction or a take-back pays stands beside its line, whichever comes first', () => {
  for (const early of [true, false]) {
    const gained = new Gained();
    gained.take(gain(1, 7, 2));
    if (early) gained.is('r', 9, 7);
    gained.take(gain(2, 9, -2, 'Taken back'));
    if (!early) gained.is('r', 9, 7);
    assert.equal(gained.beside.get('r/7')?.points, 0);
    assert.equal(gained.beside.has('r/9'), false);
  }
});

test('a gain that came from no room stands beside nothing', () => {
  const gained = new Gained();
  assert.ok(gained.take({ pos: 1, source: 'inbox:me/4/0', points: [{ points: 5, says: 'Kudos' }] }));
  assert.equal(gained.beside.size, 0);
  assert.deepEqual(placeOf('room:r/12/1'), { room: 'r', seq: 12 });
});

test('only what is worth a word is told, and old news is not', () => {
  const titles = { badge: () => 'Opener', quest: () => 'Three lines', picture: () => '/api/v1/badges/opener.svg' };
  assert.deepEqual(news(gain(1, 1, 2), 0, 0, titles), []);
  const told = news({ badges: [{ badge: 'opener', level: 1 }], level: 2, quests: ['q'], streak: { days: 5 } }, 0, 0, titles);
  assert.deepEqual(told.map(({ text }) => text), ['Opener: you earned it in bronze.', 'Level 2. Well done.', 'Quest done: Three lines.', '5 days in a row.']);
  assert.equal(told[0].picture, '/api/v1/badges/opener.svg');
  assert.deepEqual(news({ level: 2 }, 0, 3_600_000, titles), []);
});

test('a streak is told kindly, and a day like others is not told', () => {
  assert.equal(streakNews({ days: 3 }), '');
  assert.match(streakNews({ days: 1, broke: 12 }), /ended.*brings it back/);
  assert.match(streakNews({ days: 9, frozen: 1 }), /^A freeze kept/);
  assert.match(streakNews({ days: 9, repaired: true }), /is back/);
});

test('a week ends today and shows what counts', () => {
  const states = (/** @type {any} */ streak) => week(streak, '2026-11-21').map(({ state }) => state).join(' ');
  assert.equal(states({ days: 3, today: true, frozen: 0 }), 'open open open open done done done');
  assert.equal(states({ days: 2, today: false, frozen: 0 }), 'open open open open done done now');
  assert.equal(states({ days: 2, today: false, frozen: 1 }), 'open open open done done frozen now');
  assert.equal(states({ days: 0, today: false, frozen: 0 }), 'open open open open open open now');
  assert.deepEqual(week({ days: 0, today: false, frozen: 0 }, '2026-03-01').map(({ day }) => day).slice(0, 2), ['2026-02-23', '2026-02-24']);
});

test('the ring of a level is between empty and full', () => {
  assert.equal(levelShare({ from: 100, next: 200 }, 150), 0.5);
  assert.equal(levelShare({ from: 100, next: 200 }, 90), 0);
  assert.equal(levelShare({ from: 100 }, 500), 1);
});
