// The page for those who read from the right, want more contrast, or bring their own colours.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, launch, twoInARoom, until } from './kit.js';

const PLACES = ['/', '/progress', '/boards', '/admin/people', '/admin/nodes', '/settings', '/docs'];
let browser, hub, ada, bo, room;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ({ ada, bo, room } = await twoInARoom(browser, hub));
  await bo.say('A first line, to be seen from either side.');
  await ada.page.goto(room);
  await ada.sees('from either side');
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

test('read from the right everything is mirrored, and nothing leaves the screen', async () => {
  await open('/settings');
  await ada.page.getByRole('radio', { name: 'From the right' }).check();
  assert.equal(await ada.page.evaluate(() => document.documentElement.dir), 'rtl');
  for (const [width, height] of [[360, 740], [1280, 800]]) {
    await ada.page.setViewportSize({ width, height });
    for (const path of PLACES) {
      await open(path);
      const out = await ada.page.evaluate(() => [...document.querySelectorAll('main *')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width > 1 && !one.closest('pre, .sr-only, .table-frame, .admin-nav, .tabs, .copy-row, .skip-link, details:not([open])') && (box.left < -0.5 || box.right > innerWidth + 0.5);
      }).map((one) => `${one.tagName} ${one.className}`).slice(0, 5));
      assert.deepEqual(out, [], `${path} at ${width}`);
    }
  }
  const [side, main] = await ada.page.evaluate(() => ['.side', '.main'].map((name) => document.querySelector(name)?.getBoundingClientRect().left ?? 0));
  assert.ok(side > main, 'the places stand at the right');
  await ada.page.goto(room);
  await ada.field.waitFor();
  const line = await ada.page.evaluate(() => {
    const name = document.querySelector('.line .line-name')?.getBoundingClientRect().left ?? 0;
    const avatar = document.querySelector('.line .avatar')?.getBoundingClientRect().left ?? 0;
    return { name, avatar };
  });
  assert.ok(line.avatar > line.name, 'who speaks stands to the right of what they say');
  await ada.isAccessible();
  await ada.page.reload();
  assert.equal(await ada.page.evaluate(() => document.documentElement.dir), 'rtl', 'it is remembered');
  await open('/settings');
  await ada.page.getByRole('radio', { name: 'As the language' }).check();
  assert.equal(await ada.page.evaluate(() => document.documentElement.dir), 'ltr');
});

test('with more contrast every text has seven to one', async () => {
  for (const scheme of ['light', 'dark']) {
    await ada.page.emulateMedia({ contrast: 'more', colorScheme: scheme });
    await open('/');
    const least = await ada.page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
      const rgb = (/** @type {string} */ colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const light = (/** @type {number[]} */ [r, g, b]) => [r, g, b].map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)).reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
      const probe = document.body.appendChild(document.createElement('p'));
      const seen = (/** @type {string} */ name) => {
        probe.style.setProperty('color', `var(--${name})`);
        return light(rgb(getComputedStyle(probe).color));
      };
      const papers = ['paper', 'surface'].map(seen);
      const least = ['ink', 'ink-soft', 'laurel', 'ember', 'honey', 'edge-strong'].map((name) => [name, Math.min(...papers.map((paper) => (Math.max(paper, seen(name)) + 0.05) / (Math.min(paper, seen(name)) + 0.05)))]);
      probe.remove();
      return least;
    });
    for (const [name, ratio] of least) assert.ok(ratio >= 7, `${name}, ${scheme}: ${ratio}`);
  }
  await ada.page.emulateMedia({ contrast: null, colorScheme: null });
});

test('in colours of the reader nothing is told by a ground alone', async () => {
  await ada.page.emulateMedia({ forcedColors: 'active' });
  await open('/');
  const edged = (/** @type {string} */ name) => ada.page.locator(name).first().evaluate((one) => {
    const style = getComputedStyle(one);
    return [style.borderTopWidth, style.outlineWidth].some((width) => parseFloat(width) >= 1);
  });
  assert.ok(await edged('.place[aria-current]'), 'where one is');
  assert.ok(await edged('.button-primary'), 'what one can press');
  await open('/settings');
  assert.ok(await edged('.choice:has(:checked)'), 'what is chosen');
  await open('/admin/nodes');
  assert.ok(await edged('.phase-live'), 'how a node is');
  await ada.isAccessible();
  await ada.page.emulateMedia({ forcedColors: null });
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
