// Every view, by keyboard, on a phone, light and dark: usable, and no serious fault that axe can find.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, PASSWORD, Person, launch, twoInARoom, until } from './kit.js';

let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ({ ada, bo, room } = await twoInARoom(browser, hub));
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

for (const scheme of ['light', 'dark']) {
  test(`no serious fault of accessibility, ${scheme}`, async () => {
    await ada.page.emulateMedia({ colorScheme: scheme });
    await ada.page.goto(room);
    await ada.field.waitFor();
    await ada.say('A line with `code`, a [link](https://example.org) and **weight**');
    await ada.say('```\nlet x = 1;\n```');
    await ada.sees('let x');
    await ada.page.locator('.panel-toggle').click();
    await ada.page.locator('.member').first().waitFor();
    await ada.isAccessible();
    for (const path of ['/', '/people', '/cohorts', '/settings', '/docs']) {
      await ada.page.goto(hub.url + path);
      await ada.page.locator('h1').first().waitFor();
      await until(async () => !(await ada.page.locator('.skeletons').count()), `${path} to be there`);
      await ada.isAccessible();
    }
    await ada.page.goto(`${hub.url}/`);
    await ada.page.getByRole('button', { name: 'New room' }).click();
    await ada.isAccessible();
    const nobody = await Person.open(browser, 'nobody', { colorScheme: scheme });
    for (const path of ['/', '/#/enter', '/#/claim/nothing']) {
      await nobody.page.goto(hub.url + path);
      await nobody.page.locator('h1').waitFor();
      await nobody.isAccessible();
    }
    await nobody.context.close();
  });
}

test('a phone: everything fits, the room can be used', async () => {
  const phone = await Person.open(browser, 'phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, storageState: await bo.context.storageState() });
  // A copy of a browser is a thief to a rotating cookie; so the phone signs in for itself.
  await phone.context.clearCookies();
  await phone.page.goto(hub.url);
  await phone.page.getByLabel('E-mail').fill('bo@example.org');
  await phone.page.getByLabel('Password').fill(PASSWORD);
  await phone.page.getByRole('button', { name: 'Sign in' }).click();
  await phone.page.getByRole('heading', { name: /Good/ }).waitFor();
  const fits = async (/** @type {string} */ where) => {
    const wide = await phone.page.evaluate(() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('pre, .sr-only, .copy-row, .side') && one.getBoundingClientRect().right > 360.5).map((one) => `${one.tagName} ${one.className} ${Math.round(one.getBoundingClientRect().right)}`).slice(0, 6));
    assert.deepEqual(wide, [], `${where} is wider than the phone`);
    assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= 360 && innerWidth <= 360), `${where} scrolls sideways`);
  };
  await fits('home');
  await phone.page.goto(room);
  await phone.field.waitFor();
  await phone.field.fill('from the phone');
  await phone.page.getByRole('button', { name: 'Send' }).tap();
  await phone.sees('from the phone');
  await fits('the room');
  await phone.page.locator('.panel-toggle').tap();
  await phone.page.getByRole('button', { name: 'Close the members' }).tap();
  await phone.isAccessible();
  await phone.page.getByRole('link', { name: 'Back to the rooms' }).tap();
  await phone.page.getByRole('heading', { name: /Good/ }).waitFor();
  await phone.page.goto(`${hub.url}/settings`);
  await phone.page.getByRole('heading', { name: 'Settings' }).waitFor();
  await fits('settings');
  assert.deepEqual(phone.complaints, []);
  await phone.context.close();
});

test('by keyboard alone: sign in, open the room, say, move through lines, edit', async () => {
  const keys = await Person.open(browser, 'keys');
  const { page } = keys;
  const tabTo = async (/** @type {string} */ what) => {
    for (let i = 0; i < 60; i++) {
      const here = await page.evaluate(() => document.activeElement === document.body ? '' : `${document.activeElement?.getAttribute('aria-label') ?? ''} ${document.activeElement?.getAttribute('name') ?? ''} ${document.activeElement?.textContent ?? ''}`);
      if (here.includes(what)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab never reached ${what}`);
  };
  await page.goto(hub.url);
  await page.getByLabel('E-mail').waitFor();
  await tabTo('email');
  await page.keyboard.type('bo@example.org');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /Good/ }).waitFor();
  await page.getByRole('link', { name: /The agora/ }).first().waitFor();
  await tabTo('The agora');
  await page.keyboard.press('Enter');
  await keys.field.waitFor();
  await tabTo('Say something');
  await page.keyboard.type('typed without a mouse');
  await page.keyboard.press('Enter');
  await keys.sees('typed without a mouse');
  await page.keyboard.type('and again');
  await page.keyboard.press('Enter');
  await keys.sees('and again');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.type('!');
  await page.keyboard.press('Enter');
  await keys.sees('and again!');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.locator('.log, .line').first().waitFor();
  await page.keyboard.press('ArrowUp');
  await until(() => page.evaluate(() => document.activeElement?.classList.contains('line')), 'a line to have the focus');
  await keys.context.close();
});

test('Ctrl+K goes anywhere by a few letters, and back to where one was', async () => {
  await ada.page.goto(`${hub.url}/people`);
  await ada.page.getByRole('heading', { name: 'People' }).first().waitFor();
  await ada.page.keyboard.press('Control+k');
  const field = ada.page.getByRole('combobox', { name: 'Go to' });
  await field.waitFor();
  await ada.isAccessible();
  await field.fill('ágo');
  await ada.page.getByRole('option', { name: /The agora/ }).waitFor();
  await ada.page.keyboard.press('Enter');
  await ada.field.waitFor();
  await ada.page.keyboard.press('Control+k');
  await field.fill('nothing like it');
  await ada.page.getByText('Nothing of that name.').waitFor();
  await ada.page.keyboard.press('Escape');
  assert.equal(await ada.page.locator('.palette').count(), 0);
});

test('hostile names and lines stay text, and the policy has nothing to report', async () => {
  const corpus = ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '[x](javascript:alert(1))', '![x](https://evil.example/y.png)', '`<b>`', '<svg/onload=alert(1)>', '&lt;b&gt;', '${7*7}{{7*7}}'];
  await ada.page.goto(room);
  await ada.field.waitFor();
  for (const text of corpus) await ada.say(text);
  await bo.page.goto(room);
  await bo.page.getByText('${7*7}{{7*7}}').first().waitFor();
  assert.equal(await bo.page.locator('.log img, .log script, .log iframe, .log svg[onload]').count(), 0);
  assert.equal(await bo.page.locator('.log a[href^="javascript"]').count(), 0);
  assert.deepEqual(bo.complaints, []);
});

test('many lines: history is read upwards without a jump, back is right', async () => {
  await ada.page.goto(room);
  await ada.field.waitFor();
  for (let i = 0; i < 90; i++) await ada.say(`number ${i}`);
  await ada.sees('number 89');
  await until(async () => !(await ada.page.locator('.line-pending').count()), 'all to be stored', 60_000);
  await ada.page.reload();
  await ada.sees('number 89');
  const log = ada.page.locator('.log');
  for (let i = 0; i < 12 && !(await ada.page.getByText('opened the room').count()); i++) {
    await log.evaluate((box) => box.scrollTo(0, 0));
    await ada.page.waitForTimeout(250);
  }
  await ada.page.getByText('opened the room').waitFor();
  assert.equal(new Set((await ada.lines()).filter((text) => /^number \d+$/.test(text))).size, 90);
  await log.evaluate((box) => box.scrollTo(0, 0));
  await ada.page.getByRole('button', { name: 'Newest' }).click();
  await ada.page.getByRole('link', { name: 'Settings' }).click();
  await ada.page.getByRole('heading', { name: 'Settings' }).waitFor();
  await ada.page.goBack();
  await ada.field.waitFor();
});

test('a moderator pauses, mutes, removes; hands are queued', async () => {
  await bo.page.goto(room);
  await ada.page.goto(room);
  await bo.field.waitFor();
  await bo.page.getByRole('button', { name: 'Raise hand' }).click();
  await ada.page.locator('.hand-count').waitFor();
  const menu = async (/** @type {string} */ label) => {
    await ada.page.getByRole('button', { name: 'Room menu' }).click();
    await ada.page.getByRole('menuitem', { name: label }).click();
  };
  await menu('Pause');
  await bo.page.getByText('The room is paused. You can speak').waitFor();
  await menu('Go on');
  await bo.field.waitFor();
  if (!(await ada.page.locator('.panel').count())) await ada.page.locator('.panel-toggle').click();
  await ada.page.locator('.hands', { hasText: 'Bo' }).waitFor();
  await ada.page.getByRole('button', { name: 'What to do about Bo' }).click();
  await ada.page.getByRole('menuitem', { name: 'Mute' }).click();
  await bo.page.getByText('You are muted').waitFor();
});

test('a guest enters by code with a name, and only there', async () => {
  await ada.page.goto(hub.url);
  await ada.page.getByRole('button', { name: 'New room' }).click();
  await ada.page.getByLabel('Title').fill('By code');
  await ada.page.getByRole('radio', { name: /Whoever has the code/ }).check();
  await ada.page.getByRole('button', { name: 'Open the room' }).click();
  await ada.field.waitFor();
  await ada.page.getByRole('button', { name: 'Room menu' }).click();
  await ada.page.getByRole('menuitem', { name: 'Show the code' }).click();
  const code = (await ada.page.locator('.big-code').innerText()).trim();
  await ada.isAccessible();
  await ada.page.keyboard.press('Escape');
  const guest = await Person.open(browser, 'guest');
  await guest.page.goto(`${hub.url}/#/enter/${code.toLowerCase()}`);
  await guest.page.getByLabel('Your name in the room').fill('Gus');
  await guest.page.getByRole('button', { name: 'Enter' }).click();
  await guest.field.waitFor();
  await guest.say('hello from a guest');
  await ada.sees('hello from a guest');
  assert.deepEqual(guest.complaints, []);
  await guest.context.close();
  await bo.page.goto(hub.url);
  await bo.page.getByLabel('Room code').fill('NOSUCHCO');
  await bo.page.getByRole('button', { name: 'Join' }).click();
  await bo.page.getByText("That is not the code.").waitFor();
  await bo.page.getByLabel('Room code').fill(` ${code.toLowerCase()} `);
  await bo.page.getByRole('button', { name: 'Join' }).click();
  await bo.field.waitFor();
  await bo.sees('hello from a guest');
});

test('signing out leaves nothing behind and closes the door', async () => {
  await bo.page.goto(`${hub.url}/settings`);
  await bo.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await bo.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await bo.page.reload();
  await bo.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.deepEqual(await bo.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('draft'))), []);
});
