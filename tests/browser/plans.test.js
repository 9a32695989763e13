// A class list is taken in, a scenario assigned, a meeting planned; people are sent about; words are not wanted.

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

const shot = async (/** @type {string} */ name) => process.env.SHOTS && ada.page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });

test('a class list says what it would do before it does it', async () => {
  await ada.page.goto(`${hub.url}/cohorts`);
  await ada.page.getByRole('button', { name: 'New cohort' }).click();
  await ada.page.getByLabel('Title').fill('Spring course');
  await ada.page.getByRole('button', { name: 'Open the cohort' }).click();
  await ada.page.getByRole('button', { name: 'Spring course' }).click();
  await ada.page.getByRole('button', { name: 'Class list' }).click();
  const list = ada.page.getByLabel('Or written here');
  await list.fill('name,email,team\nBo Diddley,bo@example.org,Red\nCleo,nonsense,\n');
  await ada.page.getByRole('button', { name: 'See what it does' }).click();
  await ada.page.getByText('Line 3, column 2').waitFor();
  await list.fill('name,email,team\nBo Diddley,bo@example.org,Red\n"Cleo, the second",cleo@example.org,\n');
  await ada.page.getByRole('button', { name: 'See what it does' }).click();
  await ada.page.locator('.member', { hasText: 'Cleo, the second' }).getByText('gets a link').waitFor();
  await ada.isAccessible();
  await shot('class-list');
  await ada.page.getByRole('button', { name: 'Take it in' }).click();
  await ada.page.getByRole('heading', { name: 'What it did' }).waitFor();
  await ada.page.locator('.member', { hasText: 'Cleo, the second' }).getByRole('button', { name: 'Copy link' }).waitFor();
  await ada.page.keyboard.press('Escape');
  await ada.page.locator('dialog .member', { hasText: 'Bo Diddley' }).waitFor();
});

test('what is assigned stands on a learner’s first page, and one press begins it', async () => {
  await ada.page.getByRole('button', { name: 'To practise' }).click();
  await ada.page.getByLabel('Scenario').selectOption('ask-for-a-raise');
  await ada.page.getByLabel('Done by').fill('2030-01-31T18:00');
  await ada.page.getByLabel('What to mind').fill('Name your number first.');
  await ada.page.getByRole('button', { name: 'Assign to everybody' }).click();
  await ada.page.getByText('1 not begun').waitFor();
  await ada.isAccessible();
  await shot('assigned');
  await bo.page.goto(hub.url);
  const card = bo.page.locator('.card', { hasText: 'Name your number first.' });
  await card.getByText(/by .*2030/).waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/to-practise.png` });
  await bo.isAccessible();
  await card.getByRole('button', { name: 'Begin now' }).click();
  await bo.field.waitFor();
  await bo.page.goto(hub.url);
  await card.getByRole('button', { name: 'Go on' }).waitFor();
  await ada.page.getByRole('button', { name: 'Who is how far' }).click();
  await ada.page.locator('.member', { hasText: 'in practice' }).getByText('Bo Diddley').waitFor();
  await ada.page.keyboard.press('Escape');
});

test('a goal is set for everybody, and each sees how far they are', async () => {
  await ada.page.getByRole('button', { name: 'Goals' }).click();
  await ada.page.getByLabel('What counts').selectOption('score');
  await ada.page.getByLabel('Which skill').selectOption({ index: 1 });
  await ada.page.getByLabel('How much of 100').fill('70');
  await ada.page.getByLabel('Done by').fill('2030-01-31T18:00');
  await ada.page.getByLabel('Why it matters').fill('So that it sticks.');
  await ada.page.getByRole('button', { name: 'Set the goal' }).click();
  const set = ada.page.locator('dialog .card', { hasText: 'So that it sticks.' });
  await set.getByText('1 on the way').waitFor();
  await set.getByRole('button', { name: 'Who is how far' }).click();
  await set.locator('.row', { hasText: 'Bo Diddley' }).getByText('0 of 70').waitFor();
  await ada.isAccessible();
  await shot('goals');
  await bo.page.goto(hub.url);
  const own = bo.page.locator('.quest', { hasText: 'So that it sticks.' });
  await own.getByText('70 of 100 in').waitFor();
  await own.getByText(/by .*2030/).waitFor();
  await bo.isAccessible();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/own-goals.png` });
  await set.getByRole('button', { name: 'Take back' }).click();
  await ada.page.getByText('No goal is set.').waitFor();
  await ada.page.keyboard.press('Escape');
});

test('a meeting is planned in the org’s time, and called off', async () => {
  await ada.page.getByRole('button', { name: 'Meetings' }).click();
  await ada.page.getByLabel('Title').fill('First evening');
  await ada.page.getByLabel('Begins').fill(new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16));
  await ada.page.getByRole('button', { name: 'Plan it' }).click();
  const meeting = ada.page.locator('.member', { hasText: 'First evening' });
  await meeting.waitFor();
  await ada.isAccessible();
  await shot('meetings');
  await meeting.getByRole('button', { name: 'Call off' }).click();
  await meeting.getByText('called off').waitFor();
});

test('somebody is sent to another room, and a room is split and comes back', async () => {
  await ada.page.goto(hub.url);
  await ada.page.getByRole('button', { name: 'New room' }).click();
  await ada.page.getByLabel('Title').fill('Side room');
  await ada.page.getByRole('button', { name: 'Open the room' }).click();
  await ada.field.waitFor();
  const side = ada.page.url();
  await bo.page.goto(room);
  await bo.field.waitFor();
  await ada.page.goto(room);
  await ada.field.waitFor();
  await ada.page.getByRole('button', { name: /members/ }).click();
  await ada.page.getByRole('button', { name: 'What to do about Bo Diddley' }).click();
  await ada.page.getByRole('menuitem', { name: 'Send to another room' }).click();
  const rooms = ada.page.getByLabel('To which room?');
  await rooms.selectOption({ label: 'Side room' });
  await ada.isAccessible();
  await shot('send');
  await ada.page.getByRole('button', { name: 'Send them' }).click();
  await ada.page.getByText('Bo Diddley is in the other room now.').waitFor();
  await until(() => bo.page.url() === side, 'Bo to be led there');
  await ada.page.goto(side);
  await ada.page.getByRole('button', { name: 'Room menu' }).click();
  await ada.page.getByRole('menuitem', { name: 'Split into groups' }).click();
  await ada.page.getByRole('spinbutton', { name: 'Groups' }).fill('1');
  await ada.page.getByRole('button', { name: 'Split', exact: true }).click();
  await ada.page.locator('dialog .member').first().waitFor();
  await ada.isAccessible();
  await shot('split');
  await until(() => bo.page.url() !== side, 'Bo to be led into the group');
  await ada.page.getByRole('button', { name: 'Bring everybody back' }).click();
  await until(() => bo.page.url() === side, 'Bo to be led back');
});

test('words that are not wanted are not taken, and what was typed stays', async () => {
  await ada.page.goto(`${hub.url}/admin/words`);
  await ada.page.getByLabel('Do not take it').fill('blithering\n');
  await ada.page.getByLabel('Show it to coaches').fill('late again\n');
  await ada.isAccessible();
  await shot('words');
  await ada.page.getByRole('button', { name: 'Save' }).click();
  await ada.page.locator('.row', { hasText: 'Phrases: 2' }).waitFor();
  await bo.page.goto(side());
  await bo.field.waitFor();
  await bo.field.fill('You blithering fool');
  await bo.page.keyboard.press('Enter');
  await bo.page.getByText(/There is a word in that line that is not wanted here/).first().waitFor();
  assert.ok(await bo.page.getByText('You blithering fool').count() || (await bo.field.inputValue()).includes('blithering'), 'what was typed is there');
  await bo.page.goto(hub.url);
  await ada.page.getByLabel('Do not take it').fill('one two three four five\n');
  await ada.page.getByRole('button', { name: 'Save' }).click();
  await ada.page.locator('.notice-fault', { hasText: 'one two three four five' }).waitFor();
  assert.match(await ada.page.getByLabel('Do not take it').inputValue(), /one two three four five/);
});

const side = () => bo.page.url();

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
