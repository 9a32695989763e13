// `ludus demo`, tried as a coach would: the page is opened, whoever is stuck is seen, and one sentence reaches them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BINARY, CLEAN, Person, launch, until } from './kit.js';

/** From the opened page to the whisper. */
const WITHIN_MS = 20_000;
/** Somebody reads for so long before they press anything, and types so fast. */
const READING_MS = 2_000;
const TYPING_MS = 60;
const WORDS = 'Name one number you are proud of.';
let browser, folder, demo, said = '', coach;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-demo-'));
  // Five minutes without a goal are long for a test.
  await mkdir(join(folder, 'content/signals'), { recursive: true });
  await writeFile(join(folder, 'content/signals/stuck.toml'), 'title = "Stuck"\nsays = "No goal was met, though much was said."\nseverity = "notice"\ncool_down_minutes = 10\n\n[when]\nkind = "stuck"\nseconds = 25\nlines = 2\n');
  demo = spawn(BINARY, ['demo'], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, env: { ...CLEAN, LUDUS_LISTEN__ADDRESS: '127.0.0.1:0', LUDUS_CONTENT__FOLDER: join(folder, 'content') } });
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (text) => (said += text));
  const link = () => /the desk +(\S+)/.exec(said)?.[1];
  await until(() => {
    assert.equal(demo.exitCode, null, `the demonstration ended: ${said}`);
    return link();
  }, 'the link to the desk', 60_000);
  browser = await launch();
  coach = await Person.open(browser, 'Coach', { viewport: { width: 1440, height: 900 } });
  await coach.page.goto(/** @type {string} */ (link()));
  await coach.page.locator('form button[type=submit]').click();
  await coach.live();
  await until(() => /\/desk\/.+/.test(coach.page.url()), 'the desk of the only cohort');
});
after(async () => {
  await browser?.close();
  demo?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const shot = async (/** @type {string} */ name) => process.env.SHOTS && coach.page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
const stuck = () => coach.page.locator('.learner', { hasText: 'Stuck' });

test('from the opened page to a word in the ear of whoever is stuck, in less than twenty seconds', async () => {
  const desk = coach.page.url();
  // Somebody gets stuck, as people do; the coach is elsewhere meanwhile.
  await stuck().first().waitFor({ timeout: 120_000 });
  await shot('demo-desk');
  await coach.page.goto('about:blank');

  const began = Date.now();
  await coach.page.goto(desk);
  await stuck().first().waitFor();
  const seen = Date.now() - began;
  await coach.page.waitForTimeout(READING_MS);
  const name = await stuck().first().locator('.learner-name').innerText();
  await stuck().first().locator('.learner-tile').click();
  const pane = coach.page.getByRole('region', { name: `The room of ${name}` });
  await pane.locator('.step-in-field').waitFor();
  await pane.locator('.line').first().waitFor();
  await coach.page.waitForTimeout(READING_MS);
  await until(() => coach.page.evaluate(() => document.activeElement?.classList.contains('step-in-field')), 'the words to go to the learner');
  await coach.page.keyboard.type(WORDS, { delay: TYPING_MS });
  await coach.page.keyboard.press('Enter');
  await pane.getByText(WORDS).first().waitFor();
  const took = Date.now() - began;
  await shot('demo-whispered');
  console.log(`the stuck one was seen after ${seen} ms, and had the whisper after ${took} ms, of which ${2 * READING_MS + TYPING_MS * WORDS.length} are reading and typing`);
  assert.ok(took < WITHIN_MS, `${took} ms`);
});

test('the desk of the demonstration is in order, and nothing complained', async () => {
  await coach.isAccessible();
  assert.deepEqual(coach.complaints, []);
});
