// The desk: three hundred learners at one glance, whoever needs somebody first; one press and a sentence.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, Person, invite, launch, until } from './kit.js';

const COHORT = '01990000-0000-7000-8000-0000000000c0';
const LEARNERS = 300;
let browser, hub, ada, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ada = await Person.open(browser, 'Ada Lovelace', { viewport: { width: 1440, height: 900 } });
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  room = await ada.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/rooms', { body: { kind: 'practice', entry: 'open', title: 'The stuck one', capacity: 8 } })).id;
  });
  // A desk as the hub sends it, from within the page: what is drawn of it is what is looked at here.
  await ada.page.addInitScript(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      if (typeof text === 'string' && /"type":"(un)?watch_desk"/.test(text)) return undefined;
      return send.call(this, text);
    };
  });
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const user = (/** @type {number} */ i) => `01990000-0000-7000-8000-${String(i).padStart(12, '0')}`;
const row = (/** @type {number} */ i, /** @type {any} */ more = {}) => ({
  user: user(i), name: `Learner ${String(i).padStart(3, '0')}`, online: i % 5 !== 0, attention: 0, at_risk: 0, lines: i % 30, scores: [50 + (i % 40), 60, 70 - (i % 30)], mood: 'even', streak: i % 9, active_at: Date.now() - 60_000,
  room: i % 3 ? { room: `01990000-0000-7000-8000-${String(900_000 + i).padStart(12, '0')}`, kind: 'practice', phase: 'live', title: 'Ask for a raise', persona: 'Mara Okafor', goals_met: 1, goals: 3, live_ms: 240_000 } : undefined, ...more,
});
const alert = (/** @type {number} */ i, /** @type {any} */ more = {}) => ({ id: `01990000-0000-7000-8000-${String(700_000 + i).padStart(12, '0')}`, cohort: COHORT, learner: user(i), signal: 'stuck', severity: 'notice', raised_at: Date.now() - 120_000, state: 'open', title: 'Stuck', says: 'No goal was met for five minutes, though much was said.', ...more });
const stuck = () => row(7, { name: 'Bo Diddley', attention: 160, reasons: [{ why: 'urgent_alert', points: 100 }, { why: 'hand_up', points: 60 }], hand: Date.now() - 30_000, alerts: 1, room: { room, kind: 'practice', phase: 'live', title: 'The stuck one', goals_met: 0, goals: 0, live_ms: 0 } });
/** @param {any} frame */
const hears = (frame) => ada.page.evaluate(async (frame) => (await import('/app/hub.js')).ludus.connection.onFrame(frame), { type: 'desk', cohort: COHORT, epoch: 1, ...frame });
const isWatched = () => until(() => ada.page.evaluate(async (cohort) => (await import('/app/hub.js')).ludus.desks.watched.has(cohort), COHORT), 'the desk to be watched');
const snapshot = async () => {
  await isWatched();
  await hears({ tick: 1, about: { title: 'Spring course', access: 'full' }, rows: [...Array.from({ length: LEARNERS }, (_, i) => i).filter((i) => i !== 7).map((i) => row(i)), stuck()], alerts: [alert(7, { severity: 'urgent', title: 'Words of distress', room }), alert(9)], headlines: [{ kind: 'goals_met', count: 2, users: [user(3)], at: Date.now() }] });
};

test('whoever needs somebody most is first, and the reason stands there in words', async () => {
  await ada.page.goto(`${hub.url}/desk/${COHORT}`);
  await ada.live();
  await snapshot();
  const first = ada.page.locator('.learner').first();
  await first.getByText('Bo Diddley').waitFor();
  await first.getByText('Words of distress').waitFor();
  await first.getByText('hand up', { exact: true }).waitFor();
  assert.equal(await ada.page.locator('.learner').count(), LEARNERS);
  await ada.page.getByText('Learner 003 met 2 goals').waitFor();
  await ada.isAccessible();
});

test('a change draws the tiles it is about, and no other', async () => {
  await ada.page.evaluate(() => {
    const changed = new Set();
    /** @type {any} */ (window).changedTiles = changed;
    new MutationObserver((records) => records.forEach(({ target }) => changed.add((target instanceof Element ? target : target.parentElement)?.closest('.learner-tile')?.getAttribute('data-user') ?? 'grid'))).observe(/** @type {Element} */ (document.querySelector('.learners')), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const tiles = async () => ada.page.evaluate(() => [.../** @type {any} */ (window).changedTiles].sort());
  for (let tick = 2; tick <= 9; tick++) await hears({ tick, after: tick - 1, rows: [row(40, { scores: [10, 20, 30 + tick], trend: tick })] });
  await until(async () => (await tiles()).length > 0, 'the tile to change');
  await ada.page.waitForTimeout(300);
  assert.deepEqual(await tiles(), [user(40)]);
});

test('the order holds while a hand is over it, and follows when it rests', async () => {
  await ada.page.locator('.learner').nth(1).hover();
  await hears({ tick: 10, after: 9, rows: [row(200, { name: 'Zoe', attention: 300, reasons: [{ why: 'quiet', points: 300 }] })] });
  await ada.page.locator('.learner', { hasText: 'Zoe' }).waitFor({ state: 'attached' });
  assert.ok((await ada.page.locator('.learner').first().innerText()).includes('Bo Diddley'));
  await until(async () => (await ada.page.locator('.learner').first().innerText()).includes('Zoe'), 'the order to follow');
  await hears({ tick: 11, after: 10, rows: [row(200)] });
});

test('filters say how many, and find who is looked for', async () => {
  await ada.page.getByRole('button', { name: /^Hand up/ }).click();
  await until(async () => (await ada.page.locator('.learner').count()) === 1, 'one hand');
  await ada.page.getByRole('button', { name: /^Everybody/ }).click();
  await ada.page.getByLabel('Find by name').fill('learner 25');
  await until(async () => (await ada.page.locator('.learner').count()) === 10, 'ten of them');
  await ada.page.getByLabel('Find by name').fill('');
});

test('an alert is taken on with one press, and that can be taken back', async () => {
  /** @type {any[]} */
  const asked = [];
  await ada.page.route(`**/api/v1/cohorts/${COHORT}/alerts/*/acts`, async (route) => {
    asked.push(route.request().postDataJSON());
    await route.fulfill({ json: {} });
  });
  await ada.page.route(`**/api/v1/cohorts/${COHORT}/members**`, (route) => route.fulfill({ json: { items: [{ id: user(999), name: 'Kim', part: 'coach' }] } }));
  assert.match(await ada.page.locator('.desk-alert').first().innerText(), /Words of distress/);
  const second = ada.page.locator('.desk-alert', { hasText: 'Stuck' });
  await second.getByRole('button', { name: 'I see to it' }).click();
  await until(async () => (await ada.page.locator('.desk-alert').count()) === 1, 'the alert to go');
  await ada.page.getByRole('button', { name: 'Undo' }).click();
  await second.waitFor();
  await ada.page.waitForTimeout(5_200);
  assert.deepEqual(asked, [], 'nobody was told');
  await second.getByRole('button', { name: 'More about this alert' }).click();
  await ada.page.getByRole('menuitem', { name: /Again in 10/ }).click();
  await until(() => asked.length === 1, 'the hub to be told');
  assert.deepEqual(asked, [{ act: 'snooze', minutes: 10 }]);
  await hears({ tick: 12, after: 11, alerts: [alert(9, { state: 'snoozed', until: Date.now() + 600_000 })] });
});

test('by keyboard: from the grid into the room and back, with what was typed kept', async () => {
  await ada.page.locator('.learner-tile').first().focus();
  await ada.page.keyboard.press('ArrowRight');
  await ada.page.keyboard.press('ArrowLeft');
  await ada.page.keyboard.press('Enter');
  const pane = ada.page.getByRole('region', { name: 'The room of Bo Diddley' });
  await pane.locator('.step-in-field').waitFor();
  await until(() => ada.page.evaluate(() => document.activeElement?.classList.contains('step-in-field')), 'the field to have the focus');
  await ada.page.keyboard.type('half a sentence');
  await ada.isAccessible();
  await ada.page.keyboard.press('Escape');
  assert.equal(await ada.page.locator('.pane').count(), 0);
  await until(() => ada.page.evaluate(() => document.activeElement?.classList.contains('learner-tile')), 'the tile to have the focus');
  await ada.page.keyboard.press('Enter');
  await until(async () => (await pane.locator('.step-in-field').inputValue()) === 'half a sentence', 'what was typed');
  await pane.locator('.step-in-field').fill('');
});

test('a word to every room says how many it reaches, and is not lost when it does not', async () => {
  await ada.page.getByRole('button', { name: 'To every room' }).click();
  await ada.page.getByText('200 rooms with learners').waitFor();
  await ada.page.getByLabel('What everybody is to know').fill('Five minutes left');
  await ada.isAccessible();
  await ada.page.keyboard.press('Escape');
  await ada.page.getByRole('button', { name: 'To every room' }).click();
  assert.equal(await ada.page.getByLabel('What everybody is to know').inputValue(), 'Five minutes left');
  await ada.page.getByRole('button', { name: 'Close', exact: true }).click();
});

test('up to four rooms stand beside one another', async () => {
  for (const i of [1, 2, 4, 5]) await ada.page.locator(`[data-user="${user(i)}"]`).click();
  assert.equal(await ada.page.locator('.pane').count(), 4);
  assert.equal(await ada.page.getByRole('region', { name: 'The room of Bo Diddley' }).count(), 0, 'the oldest made room');
  while (await ada.page.locator('.pane').count()) await ada.page.locator('.pane').first().getByRole('button', { name: /Stop watching/ }).click();
});

test('a hole is asked for, and who may see only the whole sees numbers', async () => {
  await hears({ tick: 40, after: 30, rows: [row(3, { name: 'Never' })] });
  assert.equal(await ada.page.getByText('Never').count(), 0);
  await hears({ tick: 50, about: { title: 'Spring course', access: 'aggregate' }, totals: { learners: 25, online: 20, score: 65 } });
  await ada.page.locator('.tile', { hasText: '25' }).waitFor();
  await ada.page.locator('.tile', { hasText: 'too few' }).first().waitFor();
  assert.equal(await ada.page.locator('.learner').count(), 0);
  await ada.isAccessible();
});

test('the desk fits every screen, light and dark', async () => {
  for (const scheme of ['light', 'dark']) {
    for (const [width, height] of [[360, 740], [768, 1024], [1440, 900]]) {
      await ada.page.setViewportSize({ width, height });
      await ada.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
      await ada.page.goto(`${hub.url}/desk/${COHORT}`);
      await ada.live();
      await snapshot();
      await ada.page.locator('.learner').first().waitFor();
      await ada.page.waitForTimeout(400);
      assert.ok(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `scrolls sideways at ${width}`);
      await ada.isAccessible();
      if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/desk-${width}-${scheme}.png` });
      await ada.page.locator('.learner-tile').first().click();
      await ada.page.locator('.step-in-field').waitFor();
      await ada.page.waitForTimeout(400);
      await ada.isAccessible();
      if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/desk-pane-${width}-${scheme}.png` });
    }
  }
});

test('nothing complained', () => {
  assert.deepEqual(ada.complaints, []);
});
