// A learner speaks, sees what it earned and why; a board moves as its frames say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, launch, twoInARoom, until } from './kit.js';

let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ({ ada, bo, room } = await twoInARoom(browser, hub));
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('a badge that the org drew anew is told of with its own picture', async () => {
  const body = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>';
  await ada.page.evaluate(async (/** @type {string} */ body) => {
    const { ludus } = await import('/app/hub.js');
    const { version } = await ludus.call('GET', '/content/pictures/first-words');
    await ludus.call('PUT', '/content/pictures/first-words', { body: { body }, ifMatch: `"${version}"` });
  }, body);
  await bo.say('Hello everybody, thank you for having me here today.');
  const picture = bo.page.locator('.toast', { hasText: 'First words: you earned it' }).locator('img');
  await picture.waitFor();
  assert.match((await picture.getAttribute('src')) ?? '', /^\/api\/v1\/pictures\//);
});

test('a line earns in sight of its speaker alone, and says why', async () => {
  const gain = bo.page.locator('.line', { hasText: 'Hello everybody' }).locator('.gain');
  await gain.waitFor();
  assert.match(await gain.innerText(), /^\+\d+/);
  assert.match((await gain.getAttribute('aria-label')) ?? '', /points: .+/);
  await gain.focus();
  await bo.page.locator('.gain-why').first().waitFor();
  await ada.sees('Hello everybody');
  assert.equal(await ada.page.locator('.line', { hasText: 'Hello everybody' }).locator('.gain').count(), 0);
});

test('the ledger adds up to what stands on the page of progress', async () => {
  await bo.page.goto(`${hub.url}/ledger`);
  await bo.page.locator('.ledger-points').first().waitFor();
  const paid = (await bo.page.locator('.ledger-points').allInnerTexts()).map((text) => Number(/** @type {any} */ (/[+−]\d+/.exec(text))[0].replace('−', '-')));
  await bo.page.goto(`${hub.url}/progress`);
  await bo.page.locator('.badge-card').first().waitFor();
  const today = Number(await bo.page.locator('.tile', { hasText: /^Today/ }).locator('.tile-figure').innerText());
  assert.ok(today > 0);
  assert.equal(today, paid.reduce((sum, points) => sum + points, 0));
});

/** As if the hub had sent it. @param {any} page @param {any} frame */
const hear = (page, frame) =>
  page.evaluate(async (/** @type {any} */ told) => {
    const { ludus } = await import('/app/hub.js');
    ludus.connection.onFrame({ type: 'board', board: 'week-xp', epoch: 1, ...told });
  }, frame);
const row = (at, name, score, more = {}) => ({ at, place: at + 1, name, score, user: name, ...more });

test('a board: rows change places, oneself is marked, and it stays accessible', async () => {
  await bo.page.goto(`${hub.url}/boards/week-xp`);
  await bo.live();
  await bo.page.locator('h1').waitFor();
  await bo.page.waitForTimeout(500);
  const about = { title: 'This week', scope: 'org', metric: 'points:xp', window: 'week:2026-11-16', ends_at: Date.now() + 90_000_000, zones: { up: 1, down: 1 } };
  await hear(bo.page, { tick: 1, about, count: 12, own: { at: 8, place: 9, ahead: 8, percentile: 30 }, rows: [row(0, 'Grace', 90), row(1, 'Alan', 80), row(2, 'Edsger', 70), row(7, 'Barbara', 30), row(8, 'Bo', 20, { mine: true }), row(9, 'Niklaus', 10), row(11, 'Zed', 1)] });
  const names = () => bo.page.locator('.board-name').allInnerTexts();
  await until(async () => (await names()).length === 7, 'the board to be drawn');
  await hear(bo.page, { tick: 2, after: 1, count: 12, own: { at: 7, place: 8, ahead: 7, percentile: 36 }, rows: [row(7, 'Bo', 35, { mine: true }), row(8, 'Barbara', 30)] });
  await until(async () => (await names()).indexOf('Bo (you)') === 3, 'Bo to climb');
  assert.deepEqual(await names(), ['Grace', 'Alan', 'Edsger', 'Bo (you)', 'Barbara', 'Niklaus', 'Zed']);
  assert.match(await bo.page.locator('[role=status]', { hasText: 'at place' }).innerText(), /place 8 of 12/);
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/board.png` });
  for (const scheme of ['light', 'dark']) {
    await bo.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
    // Colours glide to their new ones.
    await bo.page.waitForTimeout(400);
    await bo.isAccessible();
  }
});

test('the stage fills a projector, fits ten rows, and says when it is not live', async () => {
  await bo.page.setViewportSize({ width: 1920, height: 1080 });
  await bo.page.goto(`${hub.url}/stage/week-xp`);
  await until(() => bo.page.evaluate(async () => (await import('/app/hub.js')).ludus.state.name === 'live'), 'the stage to be live');
  await bo.page.waitForTimeout(500);
  await hear(bo.page, { tick: 1, about: { title: 'This week', scope: 'org', metric: 'points:xp', window: 'all' }, count: 10, rows: Array.from({ length: 10 }, (_, at) => row(at, `Somebody with a long name ${at}`, 1_000 - at)) });
  await until(async () => (await bo.page.locator('.board-row').count()) === 10, 'ten rows');
  const last = await bo.page.locator('.board-row').last().boundingBox();
  assert.ok(last && last.y + last.height <= 1080, 'the last row is in sight');
  assert.ok(last.height >= 70, 'rows can be read from afar');
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/stage.png` });
  await bo.isAccessible();
  await hub.kill();
  await bo.page.locator('.stage-off').waitFor();
  assert.equal(await bo.page.locator('.board-row').count(), 10, 'what it showed stays');
  await hub.serve();
  await bo.page.locator('.stage-off').waitFor({ state: 'detached' });
});

test('a hall sees how many take part, and three steps beside one another at the end', async () => {
  await bo.page.setViewportSize({ width: 1920, height: 1080 });
  await bo.page.goto(`${hub.url}/stage/week-xp`);
  await until(() => bo.page.evaluate(async () => (await import('/app/hub.js')).ludus.state.name === 'live'), 'the stage to be live');
  await bo.page.waitForTimeout(500);
  const about = { title: 'The great half hour', scope: 'org', metric: 'points:xp', window: 'all' };
  const rows = Array.from({ length: 10 }, (_, at) => row(at, ['Wilhelmina Featherstonehaugh', 'Bo Diddley', 'Maximiliane von und zu Hohenfels-Wasserburg'][at] ?? `Somebody ${at}`, 12_000 - at * 37));
  await hear(bo.page, { tick: 1, about, count: 200, rows });
  await bo.page.locator('.stage-crowd', { hasText: '200 take part' }).waitFor();
  await bo.page.waitForTimeout(1_200);
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/stage-crowd.png` });
  await hear(bo.page, { tick: 2, epoch: 2, about: { ...about, over: true }, count: 200, rows });
  await bo.page.locator('.stage .podium-third').waitFor();
  await bo.page.waitForTimeout(1_200);
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/stage-end.png` });
  const [first, second, third] = await Promise.all(['first', 'second', 'third'].map((step) => bo.page.locator(`.podium-${step}`).boundingBox()));
  assert.ok(second.x < first.x && first.x < third.x, 'the winner stands in the middle');
  const ground = [first, second, third].map(({ y, height }) => Math.round(y + height));
  assert.ok(Math.max(...ground) - Math.min(...ground) <= 1, `all on the ground: ${ground}`);
  assert.ok(first.y < second.y && second.y < third.y && first.y > 0, 'each a step lower');
  assert.ok(await bo.page.evaluate(() => [...document.querySelectorAll('.podium-step')].every((step) => step.scrollWidth <= step.clientWidth && step.scrollHeight <= step.clientHeight)), 'names keep to their step');
  await bo.isAccessible();
});

test('an owner has six places on a phone, all of them in sight', async () => {
  await ada.page.setViewportSize({ width: 360, height: 740 });
  await ada.page.goto(`${hub.url}/progress`);
  await ada.page.locator('.tile').first().waitFor();
  const rights = await ada.page.locator('.place').evaluateAll((all) => all.map((one) => [one.getBoundingClientRect().right, one.scrollWidth - one.clientWidth]));
  assert.equal(rights.length, 6);
  assert.ok(await ada.page.locator('.place span').evaluateAll((all) => all.every((one) => one.getBoundingClientRect().height < 24)), 'each name on one line');
  for (const [right, over] of rights) assert.ok(right <= 360 && over <= 0, `${right} ${over}`);
  if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/phone.png` });
});

test('everything fits a phone and has no serious fault', async () => {
  await bo.page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/', '/progress', '/ledger', '/settings', new URL(room).pathname]) {
    await bo.page.goto(hub.url + path);
    await bo.page.locator('h1').first().waitFor();
    await until(async () => !(await bo.page.locator('.skeletons').count()), `${path} to be there`);
    assert.ok(await bo.page.evaluate(() => document.documentElement.scrollWidth <= 360), `${path} scrolls sideways`);
    await bo.isAccessible();
  }
});

test('nothing complained', () => {
  assert.deepEqual(bo.complaints, []);
  assert.deepEqual(ada.complaints, []);
});
