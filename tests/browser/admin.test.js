// What whoever keeps an org looks after: every section, by its address, in both lights, on a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, Person, invite, launch, until } from './kit.js';

const SECTIONS = { people: 'People', invitations: 'Invitations', policies: 'Policies', words: 'Words', models: 'Models and budgets', keys: 'API keys', audit: 'Audit', nodes: 'Nodes and health' };
let browser, hub, ada, bo;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  const link = await invite(ada, 'learner');
  bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(link, { email: 'bo@example.org' });
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

/** @param {string} path */
async function open(path) {
  await ada.page.goto(hub.url + path);
  await ada.page.locator('h1').first().waitFor();
  await until(async () => !(await ada.page.locator('.skeletons').count()), `${path} to be there`);
}

for (const scheme of ['light', 'dark']) {
  test(`every section has its address, and no serious fault of accessibility, ${scheme}`, async () => {
    await ada.page.emulateMedia({ colorScheme: scheme });
    for (const [section, title] of Object.entries(SECTIONS)) {
      await open(`/admin/${section}`);
      await ada.page.getByRole('heading', { level: 1, name: title }).waitFor();
      assert.equal(await ada.page.locator('.admin-place[aria-current=page]').innerText(), title);
      assert.equal(await ada.page.locator('.notice-fault:not(:empty)').count(), 0, title);
      await ada.isAccessible();
    }
  });
}

test('whoever may not look finds a door, and no way in', async () => {
  await bo.page.goto(`${hub.url}/admin/audit`);
  await bo.page.getByText('Only admins may look at this').waitFor();
  assert.equal(await bo.page.getByRole('link', { name: 'Admin' }).count(), 0);
});

test('somebody is found, looked at, given a role, shut out and let in again; all of it is in the log', async () => {
  await open('/admin/people?q=bo');
  assert.equal(await ada.page.getByLabel('Find by name').inputValue(), 'bo');
  await ada.page.getByRole('link', { name: 'Bo Diddley' }).click();
  await ada.page.getByRole('heading', { name: 'Bo Diddley' }).waitFor();
  await ada.page.getByText('bo@example.org').waitFor();
  await ada.page.getByRole('button', { name: 'Change the role' }).click();
  await ada.page.getByRole('radio', { name: /Coach/ }).check();
  await ada.page.getByRole('button', { name: 'Change', exact: true }).click();
  await ada.page.locator('.person-head .role-coach').waitFor();
  await ada.page.getByRole('button', { name: 'Shut out' }).click();
  await ada.page.getByText('Bo Diddley is shut out, everywhere.').waitFor();
  await bo.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await ada.page.getByRole('button', { name: 'Let in again' }).click();
  await ada.page.getByText('Bo Diddley may come in again.').waitFor();
  await ada.page.goBack();
  await ada.page.getByLabel('Find by name').waitFor();
  await ada.page.getByLabel('Role').selectOption('coach');
  await ada.page.waitForURL(/role=coach/);
  await until(async () => (await ada.page.locator('.row-link').count()) === 1, 'only coaches');
  await open('/admin/audit');
  const log = await ada.page.locator('.audit .row-words').allInnerTexts();
  assert.deepEqual(log.slice(0, 5), ['Ada Lovelace let Bo Diddley in again', 'Ada Lovelace shut Bo Diddley out', 'Ada Lovelace made Bo Diddley coach', 'Bo Diddley came in by a link of Ada Lovelace, as learner', 'Ada Lovelace made an invitation as learner']);
  await ada.page.getByLabel('What was done').selectOption('shut_out');
  await until(async () => (await ada.page.locator('.audit').count()) === 1, 'only those');
});

test('a policy asks for consent before it is turned on, and keeps who said so', async () => {
  await open('/admin/policies');
  const policy = ada.page.getByRole('switch', { name: /Coaches look on unannounced/ });
  await policy.click();
  const yes = ada.page.getByRole('button', { name: 'Turn it on' });
  assert.equal(await yes.isDisabled(), true);
  await ada.isAccessible();
  await ada.page.getByRole('checkbox', { name: /have agreed/ }).check();
  await yes.click();
  await until(() => policy.isChecked(), 'the policy to be on');
  await ada.page.locator('.row', { hasText: 'Ada Lovelace' }).getByText('on', { exact: true }).waitFor();
  await ada.page.reload();
  await until(() => policy.isChecked(), 'the policy to be on still');
  await policy.click();
  await until(async () => !(await policy.isChecked()), 'the policy to be off');
  await until(async () => (await ada.page.locator('.row', { hasText: 'Ada Lovelace' }).count()) === 2, 'both to be in the record');
});

test('a key is told once, used by a program, and taken back', async () => {
  await open('/admin/keys');
  await ada.page.getByRole('button', { name: 'New key' }).first().click();
  await ada.page.getByLabel('What is it for?').fill('Our course site');
  await ada.page.getByRole('button', { name: 'Make the key' }).click();
  const secret = await ada.page.locator('.one-time-link').innerText();
  await ada.isAccessible();
  await ada.page.getByRole('button', { name: 'Done' }).click();
  const models = () => fetch(`${hub.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await models()).status, 200);
  await open('/admin/keys');
  assert.equal(await ada.page.getByText(secret).count(), 0);
  await ada.page.getByRole('button', { name: 'Take back: Our course site' }).click();
  await ada.page.getByText('taken back by Ada Lovelace').waitFor();
  assert.equal((await models()).status, 401);
});

test('nodes are told with what they carry, and that all is well', async () => {
  await open('/admin/nodes');
  await ada.page.getByText('Everything is well.').waitFor();
  const row = ada.page.locator('.table tbody tr');
  assert.equal(await row.count(), 1);
  assert.match(await row.innerText(), /runs/);
});

test('on a phone every section fits, and the sections are pushed along', async () => {
  await ada.page.setViewportSize({ width: 360, height: 740 });
  for (const section of Object.keys(SECTIONS)) {
    await open(`/admin/${section}`);
    const wide = await ada.page.evaluate(() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('.table-frame, .admin-nav, .sr-only, .copy-row, .side') && one.getBoundingClientRect().right > 360.5).map((one) => `${one.tagName} ${one.className}`).slice(0, 6));
    assert.deepEqual(wide, [], section);
    const here = await ada.page.locator('.admin-place[aria-current=page]').boundingBox();
    assert.ok(here && here.x >= 0 && here.x + here.width <= 361, `${section} is in sight`);
  }
  await ada.page.setViewportSize({ width: 1280, height: 800 });
});

test('by keyboard: from one section to the next, and by letters from anywhere', async () => {
  await open('/admin');
  await ada.page.locator('.admin-place').first().focus();
  await ada.page.keyboard.press('Tab');
  await ada.page.keyboard.press('Enter');
  await ada.page.getByRole('heading', { level: 1, name: 'Invitations' }).waitFor();
  await ada.page.keyboard.press('Control+k');
  await ada.page.getByRole('combobox', { name: 'Go to' }).fill('nodes');
  await ada.page.getByRole('option', { name: /Nodes and health/ }).waitFor();
  await ada.page.keyboard.press('Enter');
  await ada.page.getByRole('heading', { level: 1, name: 'Nodes and health' }).waitFor();
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
