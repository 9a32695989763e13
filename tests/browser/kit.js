// A hub of one's own, and people in front of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const BINARY = process.env.LUDUS_BINARY ?? process.env.LUDUS_BIN ?? new URL('../../target/debug/ludus', import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Whatever LUDUS_* the tests were started with is not the hub's. */
export const CLEAN = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LUDUS_')));
export const PASSWORD = 'correct horse battery';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export class Hub {
  /** @param {Record<string, string>} [settings] more of the environment */
  static async start(settings = {}) {
    const hub = new Hub();
    hub.folder = await mkdtemp(join(tmpdir(), 'ludus-browser-'));
    hub.address = '127.0.0.1:0';
    hub.settings = settings;
    await hub.serve();
    return hub;
  }

  /** Starts the process; after the first time on the same port, so that pages find it again. */
  async serve() {
    this.said = '';
    this.process = spawn(BINARY, ['serve', '--data-dir', this.folder, '--listen', this.address], { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder, env: { ...CLEAN, LUDUS_LIMITS__ADDRESS_LOGINS_PER_MINUTE: '600', LUDUS_LIMITS__ADDRESS_LOGINS_BURST: '200', ...this.settings } });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.said += text));
    await until(async () => {
      assert.equal(this.process.exitCode, null, `the hub ended: ${this.said}`);
      this.address = await readFile(join(this.folder, 'address'), 'utf8').catch(() => this.address);
      return (await fetch(`http://${this.address}/readyz`).catch(() => null))?.ok;
    }, 'the hub to be ready');
    this.url = `http://${this.address}`;
  }

  /** As bluntly as there is. */
  async kill() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
  }

  async ownerLink() {
    const link = () => /https?:\/\/\S+\/#\/claim\/\S+/.exec(this.said)?.[0];
    await until(link, 'the owner link to be printed');
    return link();
  }

  async end() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });

/** Somebody with a browser of their own. */
export class Person {
  /** @param {any} browser @param {string} name @param {any} [options] */
  static async open(browser, name, options = {}) {
    const person = new Person();
    person.name = name;
    person.context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(15_000);
    /** What must never appear: errors of our own, breaches of the policy. */
    person.complaints = [];
    person.page.on('pageerror', (error) => person.complaints.push(String(error.stack ?? error)));
    person.page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) person.complaints.push(message.text());
    });
    return person;
  }

  /** @param {string} link @param {{ email?: string, name?: string }} [who] */
  async claim(link, { email, name = this.name } = {}) {
    await this.page.goto(link);
    const box = (label) => this.page.getByLabel(label, { exact: true });
    await box('Password').waitFor();
    if (await box('Your name').count()) await box('Your name').fill(name);
    if (email) await box('E-mail').fill(email);
    await box('Password').fill(PASSWORD);
    await this.page.locator('form button[type=submit]').click();
    await this.live();
  }

  async live() {
    await this.page.locator('.connection-live').first().waitFor({ state: 'attached' });
  }

  /** @param {string} text */
  async say(text) {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  get field() {
    return this.page.locator('.composer-field');
  }

  /** The lines that are loaded, in order, with those still on their way. Far ones are scrolled to: only what is near is drawn. */
  async lines() {
    return this.page.evaluate(async () => {
      const log = /** @type {HTMLElement} */ (document.querySelector('.log'));
      const list = /** @type {HTMLElement} */ (log.querySelector('.lines'));
      const seen = new Map();
      const gather = () => list.querySelectorAll('.line').forEach((line) => line.querySelectorAll('.text').forEach((text, i) => seen.set(`${line.dataset.seq}.${i}`, [Number(line.dataset.seq), text.innerText])));
      const drawn = () => new Promise((later) => requestAnimationFrame(() => setTimeout(later)));
      log.scrollTop = log.scrollHeight;
      await drawn();
      await drawn();
      gather();
      for (let i = 0; i < 400 && parseFloat(getComputedStyle(list).paddingBlockStart) > 0; i++) {
        log.scrollTop -= log.clientHeight;
        await drawn();
        gather();
      }
      if (seen.size) log.scrollTop = log.scrollHeight;
      const waiting = [...log.querySelectorAll('.lines-waiting .text')].map((text) => text.innerText);
      return [...[...seen.values()].sort(([a], [b]) => a - b).map(([, text]) => text), ...waiting];
    });
  }

  /** @param {string} text */
  async sees(text) {
    await this.page.locator('.line:not(.line-pending) .text', { hasText: text }).first().waitFor();
  }

  /** No serious fault of accessibility in what is shown. */
  async isAccessible() {
    // By the devtools, so that the page's policy stands.
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate((await readFile(AXE, 'utf8')) + ';undefined');
    const faults = await this.page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (window).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 140)} (${failureSummary})`).join(' | ')}`);
    });
    assert.deepEqual(faults, [], `${this.name} at ${this.page.url()}`);
  }
}

/** @param {() => any} ready @param {string} what */
export async function until(ready, what, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ready();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** An owner, a guest list of one, and a room with both in it. @param {any} browser @param {Hub} hub */
export async function twoInARoom(browser, hub, title = 'The agora') {
  const ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  const link = await invite(ada, 'learner');
  const bo = await Person.open(browser, 'Bo Diddley');
  await bo.claim(link, { email: 'bo@example.org' });
  await ada.page.getByRole('link', { name: 'Rooms' }).first().click();
  await ada.page.getByRole('button', { name: /New room|Open a room/ }).first().click();
  await ada.page.getByLabel('Title').fill(title);
  await ada.page.getByRole('button', { name: 'Open the room' }).click();
  await ada.field.waitFor();
  const room = ada.page.url();
  await bo.page.goto(room);
  await bo.page.getByRole('button', { name: 'Join the room' }).click();
  await bo.field.waitFor();
  return { ada, bo, room };
}

/** @param {Person} admin @param {string} role */
export async function invite(admin, role) {
  await admin.page.getByRole('link', { name: 'Admin' }).click();
  await admin.page.getByRole('button', { name: 'Invite' }).click();
  await admin.page.getByRole('radio', { name: new RegExp(role, 'i') }).check();
  await admin.page.getByRole('button', { name: 'Make the link' }).click();
  const link = await admin.page.locator('.one-time-link').innerText();
  await admin.page.getByRole('button', { name: 'Done' }).click();
  return link;
}
