// A learner and a persona in one room: it thinks, speaks, is stopped, answers again, and nothing jumps.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

const NOW = 1_790_000_000_000;
let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(await invite(ada, 'learner'), { email: 'bo@example.org' });
  room = await bo.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    return (await ludus.call('POST', '/training/sessions', { body: { scenario: 'interview-first-minutes' } })).id;
  });
  await bo.page.goto(`${hub.url}/rooms/${room}`);
  await bo.field.waitFor();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const voices = () => bo.page.locator('.line-voice');

test('the persona opens the scene, and answers what one says', async () => {
  await bo.page.locator('.cast-seat', { hasText: 'Mara Okafor' }).waitFor();
  await until(async () => (await voices().count()) === 1 && !(await bo.page.locator('.growing').count()), 'the opening line');
  await bo.say('Good morning. I led a team of twelve people and we cut waiting times from 40 to 25 minutes. How do you measure success here?');
  await bo.page.locator('.turns', { hasText: /Mara Okafor is (thinking|speaking)/ }).waitFor();
  await until(async () => (await voices().count()) === 2 && !(await bo.page.locator('.turns').count()), 'her answer');
  await bo.page.locator('.line-facts', { hasText: 'open question' }).first().waitFor();
  const heard = await bo.page.locator('[aria-label="What personas say"] p').allInnerTexts();
  assert.match(heard.join(' '), /Mara Okafor: /);
});

test('another answer stands with the first; arrows go between them', async () => {
  const last = voices().last();
  const first = await last.locator('.text').innerText();
  await last.hover();
  await last.getByRole('button', { name: /What to do with this answer/ }).click();
  await bo.page.getByRole('menuitem', { name: 'Answer again' }).click();
  await last.locator('.versions-nav', { hasText: '2 of 2' }).waitFor();
  await until(async () => !(await bo.page.locator('.turns').count()), 'the other answer');
  assert.equal(await voices().count(), 2);
  await last.getByRole('button', { name: 'Version before' }).click();
  assert.equal(await last.locator('.text').innerText(), first);
  await last.getByRole('button', { name: 'Version after' }).click();
});

test('a line said differently puts what was said aside', async () => {
  const mine = bo.page.locator('.line-own').last();
  await mine.hover();
  await mine.getByRole('button', { name: /What to do with this line/ }).click();
  await bo.page.getByRole('menuitem', { name: 'Say it differently' }).click();
  await bo.field.fill('Good morning, thank you for your time. May I begin with what I did last year?');
  await bo.field.press('Enter');
  await bo.page.locator('.beside-toggle').waitFor();
  await bo.sees('thank you for your time');
  await bo.page.locator('.beside-toggle').click();
  await bo.page.locator('.beside-lines .text', { hasText: 'team of twelve' }).waitFor();
  await bo.page.locator('.beside-toggle').click();
  await until(async () => !(await bo.page.locator('.turns').count()), 'her answer to that');
});

/** As if the hub had sent it. @param {any} frame */
const hear = (frame) =>
  bo.page.evaluate(async (/** @type {any} */ told) => {
    const { ludus } = await import('/app/hub.js');
    ludus.following.get(told.stream)?.(told);
  }, { stream: `room:${room}`, ...frame });

test('text grows without a jump, is stored in its place, and its ends are told in words', async () => {
  const head = await bo.page.evaluate(async (id) => (await import('/app/rooms.js')).roomOf(id).model.head, room);
  let seq = head;
  const event = (fact) => hear({ type: 'event', seq: ++seq, at: NOW, by: 'hub', fact });
  const turn = 900;
  const say = (from, text) => hear({ type: 'speaking', room, turn, persona: 'mara-okafor', attempt: 1, from, text });
  await event({ kind: 'turn_asked', turn, persona: 'mara-okafor', why: 'line', asked_by: await bo.page.evaluate(async () => (await import('/app/hub.js')).user.value.id) });
  await bo.page.locator('.turns', { hasText: 'thinking' }).waitFor();
  await say(0, 'Let me think. ');
  const growing = bo.page.locator('.growing .text');
  await growing.waitFor();
  const node = await bo.page.locator('.line-voice').last().elementHandle();
  await say(14, 'We look at **three** things');
  await until(async () => /three things/.test(await growing.innerText()), 'more text');
  await say(60, 'a hole');
  assert.doesNotMatch(await growing.innerText(), /hole/);
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/speaking.png` });
  const top = (await bo.page.locator('.line-voice').last().boundingBox())?.y;
  await event({ kind: 'spoke', turn, attempt: 1, persona: 'mara-okafor', text: 'Let me think. We look at **three** things', end: 'cut', why: 'line', notes: { mood: 'attentive', goals_met: ['asked-back'] } });
  await bo.page.locator('.voice-end', { hasText: 'has more to say' }).waitFor();
  assert.ok(await node.evaluate((/** @type {any} */ old) => old.isConnected), 'the same line, not another one');
  assert.ok(Math.abs(((await bo.page.locator('.line-voice').last().boundingBox())?.y ?? 0) - (top ?? 0)) < 60, 'it stays where it is');
  await bo.page.locator('.goal-met').last().waitFor();
  await event({ kind: 'spoke', turn: 901, attempt: 1, persona: 'mara-okafor', text: '', end: 'failed', why: 'line' });
  await bo.page.locator('.voice-end-failed', { hasText: 'could not answer' }).getByRole('button', { name: 'Ask again' }).waitFor();
  await event({ kind: 'spoke', turn: 902, attempt: 1, persona: 'mara-okafor', text: '', end: 'withheld', why: 'line' });
  await bo.page.locator('.voice-end', { hasText: 'held back' }).waitFor();
  await event({ kind: 'scene_closed' });
  await bo.page.locator('.log-notice', { hasText: 'The scene is over' }).waitFor();
});

test('Escape stops a persona, and what was heard stays', async () => {
  await bo.page.reload();
  await bo.field.waitFor();
  await until(async () => (await voices().count()) > 1, 'what was said');
  await bo.say('Tell me about the biggest problem that your teams have today, please.');
  await bo.page.locator('.turns-stop').waitFor();
  await bo.field.press('Escape');
  await until(async () => !(await bo.page.locator('.turns').count()), 'her to stop');
});

test('the room with a persona fits a phone, light and dark, without a serious fault', async () => {
  for (const width of [360, 1440]) {
    await bo.page.setViewportSize({ width, height: 800 });
    for (const scheme of ['light', 'dark']) {
      await bo.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
      await bo.page.waitForTimeout(400);
      assert.ok(await bo.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
      await bo.isAccessible();
      if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/persona-${width}-${scheme}.png` });
    }
  }
});

test('nothing complained', () => {
  assert.deepEqual(bo.complaints, []);
  assert.deepEqual(ada.complaints, []);
});

test('while one writes, hints come when the hands rest, and go with what they were about', async () => {
  await bo.field.fill('I just kind of wanted to maybe ask, sort of');
  const hints = bo.page.getByRole('list', { name: 'Hints' }).getByRole('listitem');
  await hints.filter({ hasText: 'smaller than you mean it' }).first().waitFor();
  await bo.isAccessible();
  await bo.field.fill('What happened then?');
  await until(async () => (await hints.count()) === 0, 'no hints any more');
  await bo.field.fill('');
});
