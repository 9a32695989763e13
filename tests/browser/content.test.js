// An admin writes content: in a form, as source, over what is shipped, and over what somebody else wrote meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, Person, launch, until } from './kit.js';

const DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>';
let browser, hub, ada, page;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  page = ada.page;
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

/** @param {string} path @param {any} [body] @param {string} [method] */
const rest = (path, body, method = 'PUT') => page.evaluate(async ([way, where, what]) => {
  const { ludus } = await import('/app/hub.js');
  return ludus.call(way, where, what === undefined ? {} : { body: what });
}, [body === undefined ? 'GET' : method, path, body]);
const label = (/** @type {string} */ name) => page.getByLabel(name, { exact: true });
const state = (/** @type {string | RegExp} */ says) => page.locator('.state', { hasText: says }).waitFor();
const save = () => page.getByRole('button', { name: 'Put it in force' }).click();

test('a rule is written in blocks, checked while it is typed, tried, and in force', async () => {
  await page.goto(`${hub.url}/admin/content`);
  await page.getByRole('link', { name: /^Rules/ }).click();
  await page.getByRole('link', { name: /open-question/ }).waitFor();
  await label('Search').fill('no such thing');
  await page.getByText('Nothing of that name').waitFor();
  await label('Search').fill('');
  await ada.isAccessible();
  await page.getByRole('button', { name: 'Write one' }).click();
  await label('Id').fill('Bad id');
  await page.getByText('Begin with a letter').waitFor();
  await label('Id').fill('short-thanks');
  await page.getByRole('button', { name: 'Begin', exact: true }).click();
  // What is missing stands beside its field.
  await page.locator('.field', { has: label('Title') }).locator('.fault').waitFor();
  await label('Title').fill('Said thank you in few words');
  await label('Points').first().fill('4');
  await page.getByLabel('Add a condition').selectOption('all');
  await page.locator('.block-all').getByLabel('Add a condition').selectOption('at_least');
  await page.locator('.block-at_least').getByLabel('What').selectOption('thanks');
  await page.locator('.block-all > .block-add').selectOption('at_most');
  await page.locator('.block-at_most').getByLabel('What').selectOption('words');
  await page.locator('.block-at_most').getByLabel('is at most').fill('6');
  await state('It can be saved.');
  await page.getByRole('button', { name: 'Source' }).click();
  await until(async () => /at_most/.test(await label('The item as TOML').inputValue()), 'the source to follow the form');
  await page.getByRole('button', { name: 'Look it up' }).click();
  await page.getByText('points in all').waitFor();
  await page.getByRole('button', { name: 'Form' }).click();
  await ada.isAccessible();
  await label('Why (others read it in the history)').fill('For the new course');
  await save();
  await page.getByText('It is in force.').first().waitFor();
  const rules = await rest('/rules');
  assert.ok(rules.rules.some((/** @type {any} */ rule) => rule.id === 'short-thanks' && rule.points === 4), JSON.stringify(rules));
  await page.getByRole('button', { name: 'History' }).click();
  await page.locator('.history', { hasText: 'For the new course' }).waitFor();
});

test('what is typed is not lost with the tab, nor by somebody who was faster', async () => {
  await page.goto(`${hub.url}/admin/content/rules/short-thanks`);
  await label('Title').fill('Thanked in a few words');
  await state('It can be saved.');
  await until(() => page.evaluate(() => Object.keys(localStorage).some((name) => name.includes('content.rules/short-thanks'))), 'the draft to be kept');
  await page.reload();
  await page.getByText('This is what you typed here before.').waitFor();
  assert.equal(await label('Title').inputValue(), 'Thanked in a few words');
  const item = await rest('/content/rules/short-thanks');
  await rest('/content/rules/short-thanks', { body: item.body.replace('points = 4', 'points = 9') });
  await save();
  await page.getByText(/changed this meanwhile/).waitFor();
  assert.equal(await label('Title').inputValue(), 'Thanked in a few words');
  await save();
  await page.getByText('It is in force.').first().waitFor();
  const stands = await rest('/content/rules/short-thanks');
  assert.ok(stands.version === 3 && stands.value.rule[0].title === 'Thanked in a few words', JSON.stringify(stands));
  // What they wrote is in the history, to be written again.
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('button', { name: 'Look at 2' }).click();
  await page.locator('pre.source', { hasText: 'points = 9' }).waitFor();
  await page.getByRole('button', { name: 'Write it again' }).click();
  await state('It can be saved.');
  await page.keyboard.press('Control+s');
  await until(async () => (await rest('/content/rules/short-thanks')).version === 4, 'the old version to stand again');
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByRole('heading', { level: 1, name: 'Rules' }).waitFor();
});

test('a persona is changed, tried before anybody meets it, and given back as it was', async () => {
  await page.goto(`${hub.url}/admin/content/personas/mara-okafor`);
  await label('Name').first().fill('Marah Okafor');
  await state('It can be saved.');
  await page.getByRole('button', { name: 'Let it begin' }).click();
  await page.locator('.rehearsal-theirs').first().waitFor();
  await label('You say').fill('Good morning. What made you open this place?');
  await page.getByRole('button', { name: 'Say it' }).click();
  await until(async () => (await page.locator('.rehearsal-theirs').count()) === 2, 'an answer');
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than a phone');
  await ada.isAccessible();
  await page.setViewportSize({ width: 1280, height: 800 });
  await save();
  await page.getByText('It is in force.').first().waitFor();
  await until(async () => (await rest('/personas/mara-okafor')).name === 'Marah Okafor', 'the new name to be in force');
  await page.getByRole('button', { name: 'Back to what is shipped' }).click();
  await page.getByText('What is shipped stands again.').first().waitFor();
  assert.equal((await rest('/personas/mara-okafor')).name, 'Mara Okafor');
});

test('a scenario that casts nobody there is says so beside the field', async () => {
  await page.goto(`${hub.url}/admin/content/scenarios/interview-first-minutes`);
  await state('It is sound.');
  await page.getByRole('button', { name: 'Source' }).click();
  const source = await label('The item as TOML').inputValue();
  await label('The item as TOML').fill(source.replace('mara-okafor', 'nobody-here'));
  await state(/1 thing to put right/);
  await page.locator('.faults', { hasText: 'there is no persona' }).waitFor();
  await page.getByRole('button', { name: 'Form' }).click();
  await page.locator('.field .fault', { hasText: 'nobody-here' }).waitFor();
  await save();
  await page.getByText('It does not go together').waitFor();
  assert.equal((await rest('/content/scenarios/interview-first-minutes')).origin, 'shipped');
  await page.getByRole('button', { name: 'Keep it as a draft' }).click();
  await page.getByText('Others find the draft here.').first().waitFor();
  await page.getByText(/There is a draft of/).waitFor();
});

test('what holds unless somebody takes it away stands as such in the form, and in the file only when it was', async () => {
  await page.goto(`${hub.url}/admin/content/scenarios/ask-for-a-raise`);
  await state('It is sound.');
  const adapts = page.getByLabel('Gets easier or harder as it is played');
  const remarks = page.getByLabel('A model says beside each line what it thinks of it');
  const source = async () => {
    await page.getByRole('button', { name: 'Source' }).click();
    const toml = await label('The item as TOML').inputValue();
    await page.getByRole('button', { name: 'Form' }).click();
    return toml;
  };
  assert.ok(await adapts.isChecked() && await remarks.isChecked(), 'nothing in the file: it holds');
  await remarks.uncheck();
  await state('It can be saved.');
  await until(async () => /^remarks = false$/m.test(await source()), 'the file to say so');
  assert.doesNotMatch(await source(), /adapts/);
  await save();
  await page.getByText('It is in force.').first().waitFor();
  assert.match((await rest('/content/scenarios/ask-for-a-raise')).body, /^remarks = false$/m);
  await page.reload();
  await state('It is sound.');
  assert.ok(await adapts.isChecked() && !(await remarks.isChecked()));
  await remarks.check();
  await until(async () => !/remarks/.test(await source()), 'the file to say nothing of it again');
});

test('a badge has the picture that is chosen for it, and no other kind of file', async () => {
  await page.goto(`${hub.url}/admin/content/badges/curious`);
  const file = page.getByLabel('Another picture');
  await file.setInputFiles({ name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(DOT.replace('<circle', '<script/><circle')) });
  await page.getByText('a picture has no <script>').waitFor();
  await file.setInputFiles({ name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(DOT) });
  await until(async () => (await rest('/content/pictures/curious')).origin === 'changed', 'the picture to be theirs');
  const badges = await rest('/badges');
  assert.match(badges.find((/** @type {any} */ badge) => badge.id === 'curious').picture, /^\/api\/v1\/pictures\//);
});

test('a card of another program becomes a draft, and nothing broke on the way', async () => {
  await page.goto(`${hub.url}/admin/content/personas`);
  await page.getByRole('link', { name: /Mara Okafor/ }).waitFor();
  const card = { spec: 'chara_card_v2', data: { name: 'Greta Holm', description: 'Keeps bees.', first_mes: 'Careful, they are nervous today.' } };
  await page.locator('input[type=file]').setInputFiles({ name: 'greta.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(card)) });
  await page.getByRole('heading', { level: 1, name: 'Greta Holm' }).waitFor();
  assert.ok(page.url().endsWith('/admin/content/personas/greta-holm'));
  assert.deepEqual(ada.complaints, []);
});
