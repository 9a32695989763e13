// From the desk to the ear of whoever is stuck: a real cohort, a real room, few presses.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

/** Presses and words from the opened page to the whisper; a person does them in less than twenty seconds. */
const PRESSES_MAX = 3;
let browser, hub, ada, bo, room, cohort;
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace', { viewport: { width: 1440, height: 900 } });
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  const link = await invite(ada, 'learner');
  bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(link, { email: 'bo@example.org' });
  room = await bo.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/training/sessions', { body: { scenario: 'interview-first-minutes' } })).id;
  });
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.waitFor();
  cohort = await ada.page.evaluate(async () => {
    const { ludus, user } = await import('/app/hub.js');
    const people = (await ludus.call('GET', '/users', { query: { limit: 50 } })).items;
    const { id } = await ludus.call('POST', '/cohorts', { body: { title: 'Spring course' } });
    await ludus.call('PUT', `/cohorts/${id}/members/${people.find((/** @type {any} */ one) => one.name === 'Bo Diddley').id}`, { body: { part: 'learner' } });
    await ludus.call('PUT', `/cohorts/${id}/members/${user.value.id}`, { body: { part: 'coach' } });
    return id;
  });
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('who raises a hand comes first on the desk, while one looks', async () => {
  await ada.page.getByRole('link', { name: 'Desk' }).click();
  const tile = ada.page.locator('.learner', { hasText: 'Bo Diddley' });
  await tile.getByText('Mara Okafor').waitFor();
  await bo.page.getByRole('button', { name: 'Raise hand' }).click();
  await tile.getByText('hand up', { exact: true }).waitFor();
  await ada.page.locator('.desk-side .hands', { hasText: 'Bo Diddley' }).waitFor();
});

test('a press, a sentence, Enter: only the learner reads it', async () => {
  await ada.page.goto(hub.url);
  await ada.page.getByRole('heading', { name: /Good/ }).waitFor();
  const began = Date.now();
  let presses = 0;
  await ada.page.getByRole('link', { name: 'Desk' }).click();
  presses += 1;
  await ada.page.locator('.learner-tile').first().click();
  presses += 1;
  await until(() => ada.page.evaluate(() => document.activeElement?.classList.contains('step-in-field')), 'the words to go to the learner');
  await ada.page.keyboard.type('Breathe. Name one result.');
  await ada.page.keyboard.press('Enter');
  presses += 1;
  await bo.page.locator('.aside-whispered', { hasText: 'Breathe. Name one result.' }).waitFor();
  assert.ok(presses <= PRESSES_MAX);
  console.log(`from the opened page to the learner's screen: ${presses} presses, ${Date.now() - began} ms`);
  await bo.page.locator('.looking-on', { hasText: 'Ada Lovelace' }).waitFor();
});

test('a line of the room is in the pane as it is said, and the seat can be taken from here', async () => {
  await bo.say('I cut the waiting time from 40 to 25 minutes.');
  const pane = ada.page.getByRole('region', { name: 'The room of Bo Diddley' });
  await pane.locator('.line', { hasText: 'from 40 to 25' }).waitFor();
  await pane.getByRole('button', { name: 'Speak as Mara Okafor' }).click();
  await pane.getByRole('button', { name: 'Hand back to Mara Okafor' }).click();
  await bo.page.locator('.log-notice', { hasText: 'Mara Okafor speaks for itself again' }).waitFor();
  await pane.getByRole('button', { name: 'Pause', exact: true }).click();
  await bo.page.getByText('The room is paused', { exact: false }).first().waitFor();
  await pane.getByRole('button', { name: 'Go on' }).click();
  await ada.isAccessible();
  if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/desk-live.png` });
});

test('the desk finds its way back after the hub was killed', async () => {
  await hub.kill();
  await hub.serve();
  await ada.live();
  await bo.live();
  await bo.page.getByRole('button', { name: 'Lower hand' }).click();
  await until(async () => !(await ada.page.locator('.learner-hand').count()), 'the hand to go down on the desk', 40_000);
});

test('from the desk into the room itself, which is live there too', async () => {
  await ada.page.getByRole('link', { name: 'Open the room itself' }).click();
  await ada.page.getByRole('heading', { name: /interview/i }).waitFor();
  await bo.say('Still here after that.');
  await ada.sees('Still here after that.');
  await ada.page.waitForTimeout(1_500);
  await bo.say('And after a while.');
  await ada.sees('And after a while.');
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
