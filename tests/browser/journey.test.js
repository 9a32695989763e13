// A whole practice with the real hub: from choosing to the report, and what is remembered.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

let browser, hub, ada, bo;
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

test('one chooses, practises, ends, and reads what came of it', async () => {
  await bo.page.getByRole('link', { name: 'Practise' }).first().click();
  await bo.page.locator('.scenario').nth(3).waitFor();
  await bo.page.locator('.recommended').waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/real-practise.png` });
  await bo.page.getByRole('button', { name: 'Start: Job interview: the first ten minutes' }).first().click();
  await bo.page.locator('.time-left', { hasText: 'min left' }).waitFor();
  await bo.page.locator('aside.brief').getByRole('button', { name: 'Give me a hint' }).click();
  // Three lines: of fewer nobody could say how it went.
  for (const line of ['I am Bo. Last year I led a team of twelve people and we cut the waiting time from 40 to 25 minutes, for example by calling patients before they come.', 'We measured it every week in Bergen, and I decided to stop two meetings. What would success look like for you in the first six months?', 'Thank you, that helps. How do you notice that somebody new is doing well?']) {
    await until(async () => !(await bo.page.locator('.turns').count()) && (await bo.page.locator('.line-voice').count()) > 0, 'her to have spoken', 40_000);
    await bo.say(line);
    await bo.page.locator('.turns').waitFor();
  }
  await until(async () => !(await bo.page.locator('.turns').count()), 'her answer', 40_000);
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/real-room.png` });
  await bo.page.getByRole('button', { name: 'End the practice' }).click();
  await bo.page.getByRole('button', { name: 'End it' }).click();
  await bo.page.locator('.scene-over, aside.brief').getByRole('link', { name: 'See your report' }).first().click();
  await bo.page.getByRole('heading', { name: /^Goals: / }).waitFor({ timeout: 30_000 });
  assert.ok((await bo.page.locator('.criterion').count()) > 1);
  await bo.page.locator('.goal-reached .quote, .criterion .quote', { hasText: 'twelve people' }).first().waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/real-report.png`, fullPage: true });
  await bo.isAccessible();
  const [file] = await Promise.all([bo.page.waitForEvent('download'), bo.page.getByRole('button', { name: 'Markdown' }).click()]);
  assert.equal(file.suggestedFilename(), 'report.md');
});

test('skills follow, and what is remembered can be erased', async () => {
  await bo.page.goto(`${hub.url}/progress`);
  await bo.page.locator('.skill').first().waitFor();
  await bo.page.goto(`${hub.url}/settings`);
  const forget = bo.page.getByRole('button', { name: 'Have Mara Okafor forget you' });
  await forget.waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/real-memories.png`, fullPage: true });
  await forget.click();
  await bo.page.getByText('Nobody remembers anything of you.').waitFor();
  await bo.page.goto(`${hub.url}/practise`);
  await bo.page.getByRole('link', { name: /^Report: / }).waitFor();
});

test('nothing complained', () => {
  assert.deepEqual(bo.complaints, []);
});
