// Looking back at a practice that was: words at their pace, jumps, comments; a coach's notes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

let browser, hub, ada, bo, room, cohort;
/** What somebody sends over their connection. */
const command = (person, id, what) => person.page.evaluate(async ([at, asked]) => { await (await import('/app/hub.js')).ludus.command(at, asked); }, [id, what]);
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace', { viewport: { width: 1440, height: 900 } });
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(await invite(ada, 'learner'), { email: 'bo@example.org' });
  room = await bo.page.evaluate(async () => (await (await import('/app/hub.js')).ludus.call('POST', '/training/sessions', { body: { scenario: 'ask-for-a-raise' } })).id);
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.waitFor();
  const answered = (n) => until(() => bo.page.evaluate(async ([id, many]) => (await import('/app/rooms.js')).roomOf(id).model.voices.spoke.size >= many, [room, n]), `answer ${n}`, 40_000);
  await answered(1);
  await bo.say('I would like 12 percent more, because I took over the night rota.');
  await answered(2);
  await command(bo, room, { kind: 'raise_hand', up: true });
  const learner = await bo.page.evaluate(async () => (await import('/app/hub.js')).user.value.id);
  await command(ada, room, { kind: 'whisper', to: [learner], text: 'Ask what she needs for it.', hint: true });
  await bo.say('What would you need to say yes?');
  await answered(3);
  await command(bo, room, { kind: 'end' });
  cohort = await ada.page.evaluate(async (id) => {
    const { ludus, user } = await import('/app/hub.js');
    const made = await ludus.call('POST', '/cohorts', { body: { title: 'Spring course' } });
    await ludus.call('PUT', `/cohorts/${made.id}/members/${id}`, { body: { part: 'learner' } });
    await ludus.call('PUT', `/cohorts/${made.id}/members/${user.value.id}`, { body: { part: 'coach' } });
    return made.id;
  }, learner);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('a replay begins at the beginning, and a jump shows the room as it was', async () => {
  await ada.page.goto(`${hub.url}/rooms/${room}`);
  await ada.page.getByRole('button', { name: 'Room menu' }).click();
  await ada.page.getByRole('menuitem', { name: 'Look back' }).click();
  await ada.page.getByRole('slider', { name: 'Time' }).waitFor();
  await until(async () => !(await ada.page.getByText('still reading…').count()), 'all of it to be read');
  assert.equal(await ada.page.locator('.line:not(.line-voice)').count(), 0, 'nothing was said yet');
  await ada.page.getByRole('button', { name: /Bo Diddley raised a hand/ }).click();
  await ada.sees('I took over the night rota.');
  assert.equal(await ada.page.locator('.text', { hasText: 'What would you need' }).count(), 0, 'that came later');
  await ada.page.getByRole('button', { name: /Ask what she needs/ }).click();
  await ada.page.locator('.aside-whispered', { hasText: 'Ask what she needs for it.' }).waitFor();
  await ada.page.getByRole('region', { name: 'Noticed in the line of Bo Diddley' }).waitFor();
});

test('words come at their pace, and the bar obeys the keyboard', async () => {
  const bar = ada.page.getByRole('slider', { name: 'Time' });
  await bar.focus();
  await ada.page.keyboard.press('Home');
  assert.equal(await bar.getAttribute('aria-valuenow'), '0');
  await ada.page.getByRole('button', { name: 'Play (space)' }).click();
  /** @type {Set<string>} */
  const seen = new Set();
  await until(async () => {
    for (const text of await ada.page.locator('.line-voice .text').allInnerTexts()) seen.add(text);
    return seen.size > 3;
  }, 'words to grow', 30_000);
  await ada.page.getByLabel('Speed').selectOption('16');
  await until(async () => Number(await bar.getAttribute('aria-valuenow')) > 0 && (await ada.page.getByRole('button', { name: 'Play (space)' }).count()), 'the end', 60_000);
  await ada.sees('What would you need to say yes?');
  await bar.focus();
  const end = Number(await bar.getAttribute('aria-valuenow'));
  await ada.page.keyboard.press('ArrowLeft');
  assert.ok(Number(await bar.getAttribute('aria-valuenow')) <= end - 4);
  await ada.page.keyboard.press('p');
  assert.ok(Number(await bar.getAttribute('aria-valuenow')) < end - 4);
});

test('a comment stands at its moment; what is shared the learner reads too', async () => {
  await ada.page.getByRole('button', { name: /Bo Diddley raised a hand/ }).click();
  await ada.page.getByRole('tab', { name: /Comments/ }).click();
  await ada.page.getByLabel(/^Comment at/).fill('Well argued: a number and a reason.');
  await ada.page.getByRole('checkbox', { name: 'Show it to everybody who sees this moment' }).check();
  await ada.page.getByRole('button', { name: 'Write it down' }).click();
  await ada.page.locator('.moment-comment', { hasText: 'Well argued' }).waitFor();
  await ada.page.getByRole('checkbox', { name: 'Show it to everybody who sees this moment' }).uncheck();
  await ada.page.getByLabel(/^Comment at/).fill('For us: she hesitates here.');
  await ada.page.getByRole('button', { name: 'Write it down' }).click();
  await ada.page.locator('.moment-comment', { hasText: 'For us' }).waitFor();
  await bo.page.goto(`${hub.url}/rooms/${room}/replay`);
  await bo.page.getByRole('tab', { name: /Comments/ }).click();
  await bo.page.locator('.moment-comment', { hasText: 'Well argued' }).waitFor();
  assert.equal(await bo.page.getByText('For us').count(), 0);
  await bo.page.getByRole('tab', { name: /Points/ }).click();
  await bo.page.getByRole('slider', { name: 'Time' }).press('End');
  await bo.page.locator('.sums', { hasText: 'Bo Diddley' }).waitFor();
});

test('a replay fits a phone, light and dark, without a serious fault', async () => {
  for (const width of [360, 1440]) {
    await ada.page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    for (const scheme of ['light', 'dark']) {
      await ada.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme), reducedMotion: 'reduce' });
      await ada.page.waitForTimeout(250);
      assert.ok(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `scrolls sideways at ${width}`);
      await ada.isAccessible();
      if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/replay-${width}-${scheme}.png` });
      if (width > 360) continue;
      await ada.page.getByRole('button', { name: 'Moments', exact: true }).click();
      await ada.page.getByRole('tab', { name: /Moments/ }).waitFor();
      await ada.isAccessible();
      if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/replay-${width}-${scheme}-moments.png` });
      await ada.page.getByRole('button', { name: 'Close', exact: true }).click();
    }
  }
});

test('notes about a learner stand beside their room on the desk', async () => {
  await ada.page.setViewportSize({ width: 1440, height: 900 });
  await ada.page.goto(`${hub.url}/desk/${cohort}`);
  await ada.page.locator('.learner-tile').first().click();
  await ada.page.locator('summary', { hasText: 'Notes about Bo Diddley' }).click();
  await ada.page.getByLabel('A note for coaches').fill('Argues well, asks late.');
  await ada.page.getByRole('button', { name: 'Note it' }).click();
  await ada.page.locator('.note', { hasText: 'asks late' }).waitFor();
  await ada.isAccessible();
  if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/notes.png` });
  await ada.page.getByRole('button', { name: 'Take this note away' }).click();
  await ada.page.locator('.note-gone').waitFor();
});

test('a coach scores a criterion otherwise, with a reason, and the learner reads both', async () => {
  await ada.page.goto(`${hub.url}/report/${room}?of=${await bo.page.evaluate(async () => (await import('/app/hub.js')).user.value.id)}`);
  await ada.page.getByRole('button', { name: /^Score it otherwise: / }).first().click();
  await ada.page.getByLabel('Points of 100').fill('97');
  await ada.page.getByLabel('Why').fill('The number came first, and it was his own.');
  await ada.isAccessible();
  await ada.page.getByRole('button', { name: 'Score it', exact: true }).click();
  await ada.page.locator('.judged', { hasText: 'The number came first' }).waitFor();
  if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/judged.png`, fullPage: true });
  await bo.page.goto(`${hub.url}/report/${room}`);
  await bo.page.locator('.judged', { hasText: 'Ada Lovelace scored it 97; it was not scored before' }).waitFor();
  assert.equal(await bo.page.getByRole('button', { name: /otherwise/ }).count(), 0);
});

test('a cohort is to be read: its weeks, and its rooms in short', async () => {
  await ada.page.goto(`${hub.url}/desk/${cohort}`);
  await ada.page.getByRole('link', { name: 'Report' }).click();
  await ada.page.locator('.report-sum', { hasText: 'Practices' }).first().waitFor();
  await ada.page.getByRole('row', { name: /Bo Diddley/ }).waitFor();
  for (const width of [360, 1440]) {
    await ada.page.setViewportSize({ width, height: 900 });
    for (const scheme of ['light', 'dark']) {
      await ada.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
      await ada.page.waitForTimeout(250);
      assert.ok(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `scrolls sideways at ${width}`);
      await ada.isAccessible();
      if (process.env.SHOTS) await ada.page.screenshot({ path: `${process.env.SHOTS}/cohort-${width}-${scheme}.png`, fullPage: true });
    }
  }
  const second = await bo.page.evaluate(async () => (await (await import('/app/hub.js')).ludus.call('POST', '/training/sessions', { body: { scenario: 'small-talk-wedding' } })).id);
  await bo.page.goto(`${hub.url}/rooms/${second}`);
  await bo.field.waitFor();
  await bo.say('On 3 March we danced until 4 in Hall 2. Who taught you?');
  await bo.sees('we danced until 4');
  await ada.page.goto(`${hub.url}/desk/${cohort}`);
  await ada.page.getByRole('button', { name: 'In short' }).click();
  await ada.page.locator('.gist', { hasText: 'we danced until 4' }).waitFor();
  await ada.page.getByRole('button', { name: 'Have a model write it up' }).click();
  await ada.page.getByText('There is no language model to write a text.').waitFor();
  await ada.isAccessible();
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
