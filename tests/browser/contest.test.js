// A contest from its announcement to its podium, and the pages beside the boards.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

let browser, hub, ada, bo, contest, agora;
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(await invite(ada, 'learner'), { email: 'bo@example.org' });
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const places = ['/boards', '/leagues', '/contests', '/seasons'];

test('the pages of standings lead to one another', async () => {
  await bo.page.getByRole('link', { name: 'Boards' }).first().click();
  for (const name of ['Leagues', 'Contests', 'Seasons', 'Boards']) {
    await bo.page.locator('.tabs').getByRole('link', { name }).click();
    await bo.page.getByRole('heading', { level: 1, name }).waitFor();
    await until(async () => !(await bo.page.locator('.skeletons').count()), name);
    assert.equal(await bo.page.locator('.notice-fault:not(:empty)').count(), 0, name);
  }
});

test('a coach holds a contest, a learner takes part, what is gained counts', async () => {
  await ada.page.goto(`${hub.url}/contests`);
  await ada.page.getByRole('button', { name: 'Hold a contest' }).click();
  await ada.page.getByRole('radio', { name: /Half an hour/ }).check();
  await ada.page.getByLabel('Title').fill('The great half hour');
  await ada.page.getByLabel('Begins in so many minutes').fill('0');
  await ada.page.getByRole('button', { name: 'Announce it' }).click();
  await ada.page.getByRole('heading', { name: 'The great half hour' }).waitFor();
  contest = ada.page.url();
  await bo.page.goto(`${hub.url}/contests`);
  await bo.page.getByRole('link', { name: /The great half hour/ }).click();
  await bo.page.getByRole('button', { name: 'Take part' }).click();
  await bo.page.locator('.taking', { hasText: 'You are in.' }).waitFor();
  await bo.page.locator('.contest-facts', { hasText: 'Running' }).waitFor();
  const room = await ada.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/rooms', { body: { title: 'Agora', kind: 'lounge', entry: 'open', capacity: 9, lobby: false } })).id;
  });
  agora = `${hub.url}/rooms/${room}`;
  await bo.page.goto(agora);
  await bo.page.getByRole('button', { name: 'Join the room' }).click();
  await bo.say('In 2024 we sold twelve thousand loaves in Oslo. What would you have done with them?');
  await bo.page.locator('.gain').first().waitFor();
  await bo.page.goto(contest);
  await bo.page.locator('.board-mine', { hasText: 'Bo Diddley' }).waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/contest-running.png` });
});

test('ended early, its results stand: a podium, a place, a word in the inbox', async () => {
  await ada.page.getByRole('button', { name: 'End it now' }).click();
  await ada.page.getByRole('button', { name: 'End it', exact: true }).click();
  await bo.page.locator('.toast', { hasText: 'you came in at place 1' }).waitFor();
  await bo.page.reload();
  await bo.page.locator('.podium-first', { hasText: 'Bo Diddley' }).waitFor();
  await bo.page.locator('.contest-mine', { hasText: 'place 1 of 1' }).waitFor();
});

test('every page of standings fits a phone, light and dark, without a serious fault', async () => {
  for (const path of [...places, new URL(contest).pathname]) {
    for (const width of [360, 1440]) {
      await bo.page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await bo.page.goto(hub.url + path);
      await bo.page.locator('h1').first().waitFor();
      await until(async () => !(await bo.page.locator('.skeletons').count()), `${path} to be there`);
      for (const scheme of ['light', 'dark']) {
        await bo.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
        await bo.page.waitForTimeout(700);
        assert.ok(await bo.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} scrolls sideways at ${width}`);
        await bo.isAccessible();
        if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/${path.split('/')[1]}${path.split('/').length > 2 ? '-one' : ''}-${width}-${scheme}.png` });
      }
    }
  }
});

test('a stage shows the podium of what is over', async () => {
  await ada.page.goto(contest);
  await ada.page.getByRole('link', { name: 'Show on a stage' }).click();
  await ada.page.locator('.stage .podium-first', { hasText: 'Bo Diddley' }).waitFor();
  await ada.page.locator('.stage-state', { hasText: 'Final' }).waitFor();
  await ada.page.waitForTimeout(1_200);
  if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/stage-podium.png` });
});

test('where WebSockets are broken boards are read, and follow', async () => {
  await ada.page.goto(hub.url);
  const link = await invite(ada, 'learner');
  const cy = await Person.open(browser, 'Cy Twombly');
  await cy.page.addInitScript(() => {
    window.WebSocket = /** @type {any} */ (class {
      constructor() {
        setTimeout(() => this.onclose?.({ code: 1006 }), 20);
      }
      close() {}
    });
  });
  await cy.claim(link, { email: 'cy@example.org' });
  await cy.page.goto(`${hub.url}/boards/week-xp`);
  const row = cy.page.locator('.board-row', { hasText: 'Bo Diddley' }).locator('.board-score');
  await row.waitFor({ timeout: 30_000 });
  const before = Number(await row.innerText());
  await bo.page.goto(agora);
  await bo.say('In 2025 we opened a second bakery in Bergen with nine people. Where would you have opened it?');
  await until(async () => Number(await row.innerText()) > before, 'the score to follow', 30_000);
  assert.deepEqual(cy.complaints, []);
  await cy.context.close();
});

test('a screen gets a link that is told once, and loses it again', async () => {
  // As the hub says it.
  let granted = [];
  const url = `${hub.url}/stage/week-xp#/display/secret`;
  await ada.page.route(/\/api\/v1\/displays(\/.*)?$/, (route) => {
    const grant = { id: 'd1', board: 'week-xp', title: 'Foyer', created_at: Date.now(), expires_at: Date.now() + 864e5 };
    if (route.request().method() === 'POST') granted = [grant];
    if (route.request().method() === 'DELETE') granted = [];
    return route.fulfill(route.request().method() === 'POST' ? { status: 201, json: { ...grant, url } } : route.request().method() === 'DELETE' ? { status: 204 } : { json: granted });
  });
  await ada.page.goto(`${hub.url}/boards/week-xp`);
  await ada.page.getByRole('button', { name: 'Screens' }).click();
  await ada.page.getByLabel('What the screen is called').fill('Foyer');
  await ada.page.getByRole('button', { name: 'Make the link' }).click();
  assert.equal(await ada.page.locator('.one-time-link').innerText(), url);
  await ada.isAccessible();
  await ada.page.getByRole('button', { name: 'Done' }).click();
  assert.equal(await ada.page.getByText(url).count(), 0);
  await ada.page.getByRole('button', { name: 'Take back: Foyer' }).click();
  await until(async () => !(await ada.page.getByRole('button', { name: 'Take back: Foyer' }).count()), 'it to be gone');
});

test('nothing complained', () => {
  assert.deepEqual(bo.complaints, []);
  assert.deepEqual(ada.complaints, []);
});
