// The page in the reader's language: the browser's, until another is chosen; then that one stays.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  const link = await invite(ada, 'learner');
  bo = await Person.open(browser, 'Bo Diddley', { locale: 'de-AT', timezoneId: 'Europe/Vienna' });
  await bo.page.goto(link);
  await bo.page.getByRole('heading', { name: 'Du bist eingeladen' }).waitFor();
  await bo.page.getByLabel('Dein Name', { exact: true }).fill('Bo Diddley');
  await bo.page.getByLabel('E-Mail').fill('bo@example.org');
  await bo.page.getByLabel('Passwort', { exact: true }).fill('correct horse battery');
  await bo.page.locator('form button[type=submit]').click();
  await bo.live();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('a browser that speaks German is spoken to in German', async () => {
  await bo.page.getByRole('heading', { name: /Gute/ }).waitFor();
  assert.equal(await bo.page.evaluate(() => `${document.documentElement.lang} ${document.documentElement.dir}`), 'de ltr');
  room = await bo.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/training/sessions', { body: { scenario: 'interview-first-minutes' } })).id;
  });
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.waitFor();
  assert.equal(await bo.field.getAttribute('placeholder'), 'Sag etwas');
  await bo.page.locator('.time-left', { hasText: /noch \d+ Min\./ }).waitFor();
  await bo.say('Guten Tag. Eine Zeile.');
  await bo.sees('Eine Zeile');
  await bo.page.locator('.log-notice', { hasText: 'hat den Raum geöffnet' }).waitFor();
});

test('every view fits a phone in German too, and says its language to those who listen', async () => {
  for (const width of [360, 1440]) {
    await bo.page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    for (const path of ['/', '/practise', '/progress', '/ledger', '/boards', '/boards/week-xp', '/leagues', '/contests', '/seasons', '/settings', `/rooms/${room}`]) {
      await bo.page.goto(hub.url + path);
      await bo.page.locator('h1').first().waitFor();
      await until(async () => !(await bo.page.locator('.skeletons').count()), `${path} to be there`);
      assert.ok(await bo.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} scrolls sideways at ${width}`);
      // What comes in glides in; colours are looked at when it stands.
      await bo.page.waitForTimeout(400);
      if (width === 360) await bo.isAccessible();
      if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/de${path.replaceAll('/', '-')}-${width}.png` });
    }
  }
});

test('another language can be chosen, and stays chosen', async () => {
  await bo.page.goto(`${hub.url}/settings`);
  await bo.page.getByRole('radio', { name: 'English' }).click();
  await bo.page.getByRole('heading', { name: 'Settings' }).waitFor();
  await bo.page.reload();
  await bo.page.getByRole('heading', { name: 'Settings' }).waitFor();
  assert.equal(await bo.page.evaluate(() => document.documentElement.lang), 'en');
  await bo.page.getByRole('radio', { name: 'As the device' }).last().click();
  await bo.page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
});

test('what is typed survives the change', async () => {
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.fill('noch nicht fertig');
  await bo.page.evaluate(async () => (await import('/app/texts.js')).choose('en'));
  await bo.page.locator('.composer-field[placeholder="Say something"]').waitFor();
  assert.equal(await bo.field.inputValue(), 'noch nicht fertig');
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
