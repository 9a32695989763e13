// A line is reported, looked at by keyboard, hidden, shown again; whom it concerns has a say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, PASSWORD, Person, launch, twoInARoom, until } from './kit.js';

let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ({ ada, bo } = await twoInARoom(browser, hub));
  room = new URL(ada.page.url()).pathname;
  await ada.say('You are late again, Bo.');
  await bo.sees('late again');
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const line = (/** @type {Person} */ who, /** @type {string} */ text) => who.page.locator('.line', { hasText: text });
const choose = async (/** @type {Person} */ who, /** @type {any} */ of, /** @type {string} */ label) => {
  await of.hover();
  await of.getByRole('button', { name: /What to do with this line/ }).click();
  await who.page.getByRole('menuitem', { name: label }).click();
};

test('a learner reports a line, and only the coaches learn of it', async () => {
  await choose(bo, line(bo, 'late again'), 'Report…');
  await bo.page.getByLabel('Why?').selectOption('insult');
  await bo.page.getByLabel('What should they know?').fill('Every day.');
  await bo.isAccessible();
  await bo.page.getByRole('button', { name: 'Report', exact: true }).click();
  await bo.page.getByText('The coaches were told').waitFor();
  assert.equal(await bo.page.getByText('Every day.').count(), 0);
});

test('the queue is worked by keyboard, and everything has an undo', async () => {
  await bo.say('I said nothing of the kind.');
  await ada.page.goto(`${hub.url}/moderation`);
  const card = ada.page.locator('.case', { hasText: 'late again' });
  await card.getByText('It insults somebody').waitFor();
  await card.getByText('Every day.').waitFor();
  await ada.isAccessible();
  await card.focus();
  await ada.page.keyboard.press('h');
  await card.getByText('hidden', { exact: true }).waitFor();
  await bo.page.getByText('A coach has hidden this line').waitFor();
  assert.equal(await line(bo, 'late again').count(), 0);
  await bo.page.reload();
  await bo.page.getByText('A coach has hidden this line').waitFor();
  await card.focus();
  await ada.page.keyboard.press('h');
  await bo.sees('late again');
  await card.focus();
  await ada.page.keyboard.press('u');
  await ada.page.getByText('It should not have been said.').waitFor();
  await until(async () => !(await card.count()), 'the case to be decided');
  await ada.page.getByRole('button', { name: 'Undo' }).first().click();
  await card.waitFor();
  await ada.page.getByRole('tab', { name: 'What was done' }).click();
  await ada.page.getByText('hid a line').waitFor();
  await ada.page.getByText('opened a case again').waitFor();
});

test('whom it concerns is told, appeals once, and what is granted is undone', async () => {
  await ada.page.goto(hub.url + room);
  await choose(ada, line(ada, 'nothing of the kind'), 'Hide from learners');
  await bo.page.getByText('A coach has hidden a line of yours').waitFor();
  await bo.page.goto(`${hub.url}/moderation`);
  await bo.page.getByRole('button', { name: 'Appeal' }).first().click();
  await bo.page.getByLabel('What do you say about it?').fill('I only answered.');
  await bo.page.getByRole('button', { name: 'Send' }).click();
  await bo.page.getByText('Nobody has answered yet.').waitFor();
  await bo.isAccessible();
  await ada.page.goto(`${hub.url}/moderation`);
  await ada.page.getByRole('tab', { name: 'Appeals' }).click();
  await ada.page.getByText('I only answered.').waitFor();
  await ada.page.getByRole('button', { name: 'Answer' }).click();
  await ada.page.getByLabel('Your answer').fill('So you did.');
  await ada.page.getByRole('button', { name: 'Grant and undo' }).click();
  await ada.page.getByText('No appeal waits').waitFor();
  await bo.page.goto(hub.url + room);
  await bo.sees('nothing of the kind');
});

test('who was shut out says something at the door, once, and comes in again when it is granted', async () => {
  const disable = (/** @type {boolean} */ disabled) => ada.page.evaluate(async (disabled) => {
    const { ludus } = await import('/app/hub.js');
    const bo = (await ludus.call('GET', '/users', { query: { limit: 50 } })).items.find((/** @type {any} */ one) => one.name === 'Bo Diddley');
    await ludus.call('PUT', `/users/${bo.id}/disabled`, { body: { disabled } });
  }, disabled);
  await disable(true);
  await bo.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  const knock = async () => {
    await bo.page.getByLabel('E-mail').fill('bo@example.org');
    await bo.page.getByLabel('Password').fill(PASSWORD);
    await bo.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await knock();
  await bo.page.getByRole('button', { name: 'Were you shut out? Appeal' }).click();
  await bo.page.getByText('You were shut out on').waitFor();
  await bo.page.getByLabel('What do you say about it?').fill('It was my brother.');
  await bo.isAccessible();
  await bo.page.getByRole('button', { name: 'Send' }).click();
  await bo.page.getByText('Nobody has answered yet.').waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/shut-out.png` });
  await ada.page.goto(`${hub.url}/moderation`);
  await ada.page.getByRole('tab', { name: 'Appeals' }).click();
  await ada.page.getByText('It was my brother.').waitFor();
  await ada.page.getByRole('button', { name: 'Answer' }).click();
  await ada.page.getByLabel('Your answer').fill('Welcome back.');
  await ada.page.getByRole('button', { name: 'Grant and undo' }).click();
  await ada.page.getByText('No appeal waits').waitFor();
  await knock();
  await bo.live();
});
