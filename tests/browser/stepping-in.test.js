// A coach steps in, seen from both sides: a whisper, a direction nobody else sees, the persona's seat.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

const SECRET = 'Ask twice about the missing year';
let browser, hub, ada, bo, room;
/** Every byte the learner's browser was sent. */
let heard = '';
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  const link = await invite(ada, 'learner');
  bo = await Person.open(browser, 'Bo Diddley');
  bo.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (heard += String(payload))));
  bo.page.on('response', (response) => response.text().then((text) => (heard += text), () => {}));
  await bo.claim(link, { email: 'bo@example.org' });
  room = await bo.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/training/sessions', { body: { scenario: 'interview-first-minutes' } })).id;
  });
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.waitFor();
  await ada.page.goto(`${hub.url}/rooms/${room}`);
  await ada.page.getByText('Step in', { exact: true }).click();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const form = () => ada.page.locator('.step-in');
const says = async (/** @type {RegExp} */ way, /** @type {string} */ text) => {
  const value = await form().locator('option', { hasText: way }).first().getAttribute('value');
  await form().locator('.step-in-way').selectOption(value);
  await form().locator('.step-in-field').fill(text);
  await form().locator('.step-in-field').press('Enter');
  await until(async () => (await form().locator('.step-in-field').inputValue()) === '', 'the hub to have it');
};

test('nobody is watched without being told', async () => {
  await bo.page.locator('.looking-on', { hasText: 'Ada Lovelace is looking on' }).waitFor();
});

test('a whisper is for one, and is no line of the conversation', async () => {
  await says(/^Whisper to Bo/, 'You are doing well: slow down.');
  const aside = bo.page.locator('.aside-whispered', { hasText: 'slow down' });
  await aside.getByText('Ada Lovelace, only to you').waitFor();
  assert.equal(await bo.page.locator('.line', { hasText: 'slow down' }).count(), 0);
  await until(async () => (await bo.page.locator('[aria-label="New lines"] p').allInnerTexts()).some((text) => text === 'Ada Lovelace: You are doing well: slow down.'), 'it to be read aloud');
  await says(/^Give Bo/, 'Begin with one result.');
  await bo.page.locator('.aside-whispered', { hasText: 'A hint from Ada Lovelace, only for you' }).waitFor();
  await bo.isAccessible();
});

test('a coach takes the seat, speaks from it, and everybody can see who spoke', async () => {
  await until(async () => !(await bo.page.locator('.growing').count()) && (await bo.page.locator('.line-voice').count()) === 1, 'the opening line');
  await bo.say('Good morning. I led a team of twelve people and we cut waiting times from 40 to 25 minutes.');
  await bo.page.locator('.turns').waitFor();
  await form().getByRole('button', { name: 'Speak as Mara Okafor' }).click();
  await form().getByRole('button', { name: 'Hand back to Mara Okafor' }).waitFor();
  await bo.page.locator('.log-notice', { hasText: 'Ada Lovelace speaks as Mara Okafor from here on' }).waitFor();
  await until(async () => !(await bo.page.locator('.growing').count()), 'the persona to be still');
  await says(/^Say as Mara/, 'Twelve people? Tell me about the hardest one.');
  const line = bo.page.locator('.line-as', { hasText: 'the hardest one' });
  await line.getByText('spoken by Ada Lovelace').waitFor();
  assert.match(await line.innerText(), /Mara Okafor/);
  assert.equal(await bo.page.locator('.line-as .line-facts').count(), 0);
  await bo.isAccessible();
  await ada.isAccessible();
});

test('what is typed is still there when the hub says no', async () => {
  await form().locator('.step-in-way').selectOption(await form().locator('option', { hasText: /^Say as Mara/ }).first().getAttribute('value'));
  await form().locator('.step-in-field').fill('one moment please');
  await ada.page.reload();
  await ada.page.getByText('Step in', { exact: true }).click();
  assert.equal(await form().locator('.step-in-field').inputValue(), 'one moment please');
  await form().locator('.step-in-field').fill('');
});

test('handed back with a note, the persona answers who waits; the note is for coaches only', async () => {
  await says(/^Hand back to Mara Okafor with a note/, SECRET);
  await bo.page.locator('.log-notice', { hasText: 'Mara Okafor speaks for itself again' }).waitFor();
  await ada.page.locator('.aside-directed', { hasText: SECRET }).waitFor();
  await ada.page.locator('.directions', { hasText: SECRET }).waitFor();
  const before = await bo.page.locator('.line-voice:not(.line-as)').count();
  await bo.say('The hardest one left after a year.');
  await until(async () => (await bo.page.locator('.line-voice:not(.line-as)').count()) > before && !(await bo.page.locator('.turns').count()), 'the persona to answer', 40_000);
  await bo.page.reload();
  await bo.sees('The hardest one left');
  assert.ok(heard.includes('slow down'), 'the ear was there');
  assert.ok(!heard.includes(SECRET) && !heard.includes('missing year'), 'the learner was sent a direction');
});

test('more time, and a word to everybody', async () => {
  const left = async () => Number(/\d+/.exec(await bo.page.locator('.time-left').innerText())?.[0]);
  const before = await left();
  await form().getByRole('button', { name: '5 minutes more' }).click();
  await until(async () => (await left()) >= before + 4, 'the clock to follow');
  await bo.page.locator('.log-notice', { hasText: 'There are 5 minutes more' }).waitFor();
  await says(/^Tell everybody/, 'We meet at noon.');
  await bo.page.locator('.aside-announced', { hasText: 'Ada Lovelace to everybody here' }).waitFor();
  for (const who of [ada, bo]) {
    await who.page.setViewportSize({ width: 360, height: 740 });
    assert.ok(await who.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${who.name} scrolls sideways`);
    for (const scheme of ['light', 'dark']) {
      await who.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
      await who.page.waitForTimeout(400);
      await who.isAccessible();
      if (process.env.SHOTS) await who.page.screenshot({ path: `${process.env.SHOTS}/step-${who.name.slice(0, 2)}-${scheme}.png` });
    }
  }
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
