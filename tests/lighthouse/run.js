// Lighthouse, as a phone of the middle sort sees the page: signed in, in the real browser.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { Hub, PASSWORD, launch, twoInARoom, until } from '../browser/kit.js';
import { chromium } from '../browser/node_modules/playwright-core/index.mjs';

const LEAST = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const PORT = 9_333;
const folder = process.argv[2];
if (folder) await mkdir(folder, { recursive: true });
const hub = await Hub.start();
const profile = await mkdtemp(join(tmpdir(), 'ludus-lighthouse-'));
let failed = false;
try {
  const browser = await launch();
  const { ada, bo, room } = await twoInARoom(browser, hub);
  for (let i = 1; i <= 40; i++) await (i % 2 ? ada : bo).say(`Line ${i}: what one says in a talk about saying no, *kindly*.`);
  await until(async () => !(await ada.page.locator('.line-pending').count()) && !(await bo.page.locator('.line-pending').count()), 'all to be stored');
  await browser.close();

  const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', `--remote-debugging-port=${PORT}`];
  const phone = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags, locale: 'en-GB' });
  const [page] = phone.pages();
  await page.goto(hub.url);
  await page.getByLabel('E-mail').fill('bo@example.org');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.connection-live').first().waitFor({ state: 'attached' });
  await page.goto('about:blank');
  for (const [name, url] of [['home', `${hub.url}/`], ['room', room]]) {
    // The sign-in is to stay, so nothing of the browser's storage is cleared; its cache is.
    const { lhr, report } = await lighthouse(url, { port: PORT, output: 'html', logLevel: 'error', onlyCategories: CATEGORIES, disableStorageReset: true });
    const scores = CATEGORIES.map((id) => [id, Math.round((lhr.categories[id].score ?? 0) * 100)]);
    const figure = (id) => lhr.audits[id]?.displayValue ?? '';
    console.log(`${name}: ${scores.map(([id, score]) => `${id} ${score}`).join(', ')}; first paint ${figure('first-contentful-paint')}, largest ${figure('largest-contentful-paint')}, blocked ${figure('total-blocking-time')}, shift ${figure('cumulative-layout-shift')}, ${figure('total-byte-weight')}`);
    for (const { id, score } of CATEGORIES.flatMap((category) => lhr.categories[category].auditRefs.map(({ id }) => ({ id, score: lhr.audits[id].score })))) {
      if (score !== null && score < 0.9) console.log(`  ${id}: ${lhr.audits[id].title} ${lhr.audits[id].displayValue ?? ''}`);
    }
    if (folder) await writeFile(join(folder, `${name}.html`), /** @type {string} */ (report));
    if (lhr.runtimeError || scores.some(([, score]) => score < LEAST)) failed = true;
    if (lhr.finalDisplayedUrl !== url) throw new Error(`ended at ${lhr.finalDisplayedUrl}`);
  }
  await phone.close();
} finally {
  await hub.end();
  await rm(profile, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
