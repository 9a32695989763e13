// Two people talk; the hub is killed under them; nobody loses or doubles a line nor signs in again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, Person, invite, launch, twoInARoom, until } from './kit.js';

let browser, hub, ada, bo;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ({ ada, bo } = await twoInARoom(browser, hub));
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const wanted = [];
const say = async (who, text) => {
  wanted.push(text);
  await who.say(text);
};
const bothSeeAll = async () => {
  for (const who of [ada, bo]) {
    await until(async () => (await who.lines()).length >= wanted.length && !(await who.page.locator('.line-pending').count()), `${who.name} to see ${wanted.length} lines`).catch(() => {});
    assert.deepEqual([...(await who.lines())].sort(), [...wanted].sort(), who.name);
  }
  assert.deepEqual(await ada.lines(), await bo.lines(), 'one order for everybody');
};

test('two people talk', async () => {
  await say(ada, 'Hello Bo');
  await bo.sees('Hello Bo');
  await say(bo, 'Hello Ada, *welcome*');
  await ada.sees('Hello Ada, welcome');
  wanted[1] = 'Hello Ada, welcome';
  await bothSeeAll();
});

test('typing and presence are seen', async () => {
  await bo.field.pressSequentially('thinking');
  await ada.page.getByText('Bo Diddley is typing').waitFor();
  await until(async () => /2 people here/.test(await ada.page.locator('.room-here').innerText()), 'two to be here');
  await bo.field.fill('');
});

test('edits, reactions, replies, mentions and take-backs are shown', async () => {
  await say(ada, 'teh');
  await bo.sees('teh');
  await ada.field.press('ArrowUp');
  await ada.field.fill('the');
  await ada.field.press('Enter');
  wanted[wanted.indexOf('teh')] = 'the';
  await bo.page.locator('.line', { hasText: 'edited' }).waitFor();
  await bo.page.getByRole('button', { name: 'edited' }).click();
  await bo.page.locator('.versions', { hasText: 'teh' }).waitFor();
  await bo.page.keyboard.press('Escape');
  const line = bo.page.locator('.line', { hasText: 'Hello Bo' });
  await line.hover();
  await line.getByRole('button', { name: 'React' }).click();
  await bo.page.getByRole('menuitem', { name: '🎉' }).click();
  await ada.page.locator('.reaction', { hasText: '🎉' }).waitFor();
  await bo.field.fill('@ad');
  await bo.page.getByRole('option', { name: /Ada/ }).waitFor();
  await bo.field.press('Enter');
  await bo.field.pressSequentially('look');
  await bo.field.press('Enter');
  wanted.push('@Ada Lovelace look');
  await ada.page.locator('.line-to-me', { hasText: 'look' }).waitFor();
  await say(bo, 'oops');
  await ada.sees('oops');
  const oops = bo.page.locator('.line', { hasText: 'oops' });
  await oops.hover();
  await oops.getByRole('button', { name: /What to do/ }).click();
  await bo.page.getByRole('menuitem', { name: 'Take back' }).click();
  await ada.page.getByText('This line was taken back').waitFor();
  wanted.splice(wanted.indexOf('oops'), 1);
  await bothSeeAll();
});

test('killed in mid-conversation and started again: nothing lost, doubled or signed in again', async () => {
  const talking = (async () => {
    for (let i = 0; i < 12; i++) {
      await say(ada, `ada ${i}`);
      await say(bo, `bo ${i}`);
    }
  })();
  await ada.sees('ada 2');
  await hub.kill();
  await talking;
  await ada.page.locator('.connection', { hasText: /waiting|Connecting|Offline/ }).waitFor();
  await hub.serve();
  for (const who of [ada, bo]) await who.live();
  await bothSeeAll();
  await say(ada, 'still here');
  await bo.sees('still here');
  await bothSeeAll();
});

test('offline: lines wait in sight, a reload keeps them and the draft, and they are sent once', async () => {
  await hub.kill();
  await say(bo, 'offline one');
  await say(bo, 'offline two');
  await bo.page.locator('.line-pending', { hasText: 'offline two' }).waitFor();
  await bo.page.getByText(/2 lines waiting/).first().waitFor();
  await bo.field.fill('a thought half');
  await hub.serve();
  await bo.page.reload();
  await bo.live();
  assert.equal(await bo.field.inputValue(), 'a thought half');
  await bothSeeAll();
  await bo.field.fill('');
});

test('where WebSockets are broken it streams: same lines, both ways', async () => {
  const link = await invite(ada, 'learner');
  await ada.page.goBack();
  await ada.field.waitFor();
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
  await cy.page.goto(ada.page.url());
  await cy.page.getByRole('button', { name: 'Join the room' }).click();
  await cy.field.waitFor();
  await say(cy, 'by another way');
  await ada.sees('by another way');
  await say(ada, 'heard');
  await cy.sees('heard');
  await until(async () => (await cy.lines()).length === wanted.length, 'Cy to see all');
  assert.deepEqual(await cy.lines(), await ada.lines());
  assert.deepEqual(cy.complaints, []);
  await cy.context.close();
});

test('the room reads the same after a reload', async () => {
  await ada.page.reload();
  await ada.field.waitFor();
  await bothSeeAll();
});

test('nothing complained', () => {
  assert.deepEqual(ada.complaints, []);
  assert.deepEqual(bo.complaints, []);
});
