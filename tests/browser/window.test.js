// A room of five thousand lines: only what is near is drawn, nothing jumps, everything can be found.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub, launch, twoInARoom, until } from './kit.js';

const LINES = 5_000;
/** Rows that may be drawn at a time, and elements of the whole page: what a phone bears. */
const ROWS_MAX = 160;
const ELEMENTS_MAX = 7_000;
const WIDE_LIMITS = Object.fromEntries(
  ['SOCKET_FRAMES_PER_SECOND', 'SOCKET_FRAMES_BURST', 'USER_FRAMES_PER_MINUTE', 'USER_FRAMES_BURST', 'USER_CHAT_PER_MINUTE', 'USER_CHAT_BURST', 'ROOM_PER_MINUTE', 'ROOM_BURST', 'SOCKET_BYTES_PER_SECOND', 'SOCKET_BYTES_BURST', 'USER_REST_PER_MINUTE', 'USER_REST_BURST']
    .map((name) => [`LUDUS_LIMITS__${name}`, '10000000']),
);
let browser, hub, ada, bo, room, id;
before(async () => {
  browser = await launch();
  hub = await Hub.start(WIDE_LIMITS);
  ({ ada, bo, room } = await twoInARoom(browser, hub));
  id = new URL(room).pathname.split('/')[2];
  await bo.page.goto(hub.url);
  await bo.live();
  await bo.page.evaluate(async ([id, lines]) => {
    const { ludus } = await import('/app/hub.js');
    const { uuidv7 } = await import('/ludus/ids.js');
    let answered = 0, refused = '';
    const stop = ludus.on('frame', (frame) => { if (frame.type === 'ack') answered += 1; if (frame.type === 'nack') refused = frame.code; });
    const words = 'a line of a long talk that goes on and on about this and that'.split(' ');
    for (let i = 1; i <= lines; i++) {
      const text = i % 250 === 0 ? `landmark ${i}` : `${i}: ${words.slice(0, 2 + (i * 7) % 12).join(' ')} ${'and so on '.repeat((i * 3) % 17)}`;
      ludus.connection.send([{ type: 'command', id: uuidv7(), room: id, do: { kind: 'say', text } }]);
      // A few on their way at a time, as a careful client does.
      while (i - answered > 50 && !refused) await new Promise((later) => setTimeout(later, 5));
    }
    while (answered < lines && !refused) await new Promise((later) => setTimeout(later, 20));
    stop();
    if (refused) throw new Error(refused);
  }, [id, LINES]);
  await ada.page.goto(room);
  await ada.sees('landmark 5000');
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const size = () => ada.page.evaluate(() => ({ rows: document.querySelectorAll('.lines > li').length, elements: document.querySelectorAll('*').length }));
const isSmall = async (/** @type {string} */ when) => {
  const { rows, elements } = await size();
  assert.ok(rows <= ROWS_MAX, `${rows} rows ${when}`);
  assert.ok(elements <= ELEMENTS_MAX, `${elements} elements ${when}`);
};
/** What stands at the upper edge of the window, and how far from it; after scrolling there when told where. */
const atEdge = (/** @type {number} */ to = -1) => ada.page.evaluate((to) => {
  const log = /** @type {Element} */ (document.querySelector('.log'));
  if (to >= 0) log.scrollTop = to;
  const box = log.getBoundingClientRect();
  const line = [...document.querySelectorAll('.lines > .line')].find((one) => one.getBoundingClientRect().bottom > box.top + 80);
  return { seq: line?.getAttribute('data-seq'), y: Math.round((line?.getBoundingClientRect().top ?? 0) - box.top) };
}, to);
const frames = (/** @type {number} */ count) => ada.page.evaluate(async (count) => { for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame); }, count);

test('older lines come in above without moving the one that is read', async () => {
  const log = ada.page.locator('.log');
  let loaded = 0;
  const known = () => ada.page.evaluate(async (id) => (await import('/app/rooms.js')).roomOf(id).model.shown.length, id);
  for (let i = 0; i < 6; i++) {
    // Not near enough yet to ask for more.
    await log.evaluate((box) => box.scrollTo(0, 600));
    await frames(3);
    const had = await known();
    const before = await atEdge(350);
    await until(async () => (await known()) > had && !(await ada.page.locator('.log-older').count()), 'older lines');
    await frames(2);
    const now = await atEdge();
    assert.equal(now.seq, before.seq, 'the line at the edge');
    assert.ok(Math.abs(now.y - before.y) <= 2, `it moved by ${now.y - before.y} px`);
    await isSmall(`after page ${i}`);
    loaded = await known();
  }
  assert.ok(loaded > 300, `${loaded} lines`);
});

test('the whole room is loaded: find looks through all of it, and what is drawn stays small', async () => {
  await ada.page.keyboard.press('Control+f');
  const field = ada.page.getByRole('searchbox', { name: 'Find in this room' });
  await field.fill('LANDMARK 250');
  await ada.page.locator('.find-place', { hasText: /of|Not found/ }).waitFor();
  for (let i = 0; i < 8 && !(await ada.page.locator('.find-place', { hasText: 'whole room' }).count()); i++) {
    await ada.page.getByRole('button', { name: 'Look further back' }).click();
    await until(async () => !(await ada.page.locator('.find [aria-busy]').count()), 'the reading to end', 60_000);
  }
  await ada.page.locator('.find-place', { hasText: 'in the whole room' }).waitFor();
  await field.fill('landmark 250 ');
  await field.fill('landmark 250');
  await field.press('Enter');
  await ada.page.locator('.line-found', { hasText: 'landmark 250' }).waitFor();
  assert.ok(await ada.page.locator('.line-found').evaluate((line) => { const box = line.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }), 'in sight');
  await isSmall('with everything loaded');
  await ada.isAccessible();
  await field.press('Escape');
  assert.equal(await ada.page.locator('.find').count(), 0);
});

test('rows say which of how many they are', async () => {
  const place = await ada.page.evaluate(() => {
    const rows = [...document.querySelectorAll('.lines > li')];
    return { size: Number(rows[0].getAttribute('aria-setsize')), places: rows.map((row) => Number(row.getAttribute('aria-posinset'))) };
  });
  assert.ok(place.size >= LINES, `${place.size} in all`);
  place.places.forEach((at, i) => assert.equal(at, place.places[0] + i));
});

test('scrolling through all of it draws little at a time, and leaves no hole', async () => {
  const told = await ada.page.evaluate(async () => {
    const log = /** @type {HTMLElement} */ (document.querySelector('.log'));
    const long = /** @type {number[]} */ ([]);
    const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
    watch.observe({ type: 'longtask' });
    let most = 0, holes = 0, steps = 0;
    const changes = new MutationObserver((records) => { most = Math.max(most, records.reduce((sum, { addedNodes }) => sum + [...addedNodes].filter((node) => node instanceof HTMLLIElement && node.parentElement?.matches('.log-inner > .lines')).length, 0)); });
    changes.observe(log, { childList: true, subtree: true });
    log.scrollTop = 0;
    const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    await frame();
    await frame();
    for (; log.scrollTop + log.clientHeight < log.scrollHeight - 5 && steps < 4_000; steps++) {
      log.scrollTop += 400;
      await frame();
      const box = log.getBoundingClientRect();
      const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      if (!middle?.closest('li')) holes += 1;
    }
    changes.disconnect();
    watch.disconnect();
    return { most, holes, steps, long: long.length, longest: Math.round(Math.max(0, ...long)) };
  });
  assert.ok(told.steps > 100, `${told.steps} steps`);
  assert.equal(told.holes, 0);
  assert.ok(told.most <= ROWS_MAX, `${told.most} rows drawn anew in one step`);
  console.log(`scrolled ${LINES} lines in ${told.steps} steps: ${told.most} rows anew at most, ${told.long} long tasks, the longest ${told.longest} ms`);
  await isSmall('at the end');
});

test('whoever reads far back stays there while new lines come, and jumps to the newest', async () => {
  const log = ada.page.locator('.log');
  await log.evaluate((box) => box.scrollTo(0, box.scrollHeight / 2));
  await frames(3);
  const before = await atEdge();
  const redrawn = ada.page.evaluate(() => new Promise((told) => {
    let added = 0;
    const changes = new MutationObserver((records) => { added += records.reduce((sum, { addedNodes }) => sum + [...addedNodes].filter((node) => node instanceof HTMLLIElement).length, 0); });
    changes.observe(/** @type {Element} */ (document.querySelector('.lines')), { childList: true });
    setTimeout(() => { changes.disconnect(); told(added); }, 2_000);
  }));
  await bo.page.evaluate(async (id) => { const { ludus } = await import('/app/hub.js'); for (const text of ['one more', 'and one']) await ludus.say(id, { text }); }, id);
  await ada.page.getByRole('button', { name: '2 new lines' }).waitFor();
  assert.equal(await redrawn, 0, 'lines out of sight are not drawn');
  assert.deepEqual(await atEdge(), before);
  await ada.page.getByRole('button', { name: '2 new lines' }).click();
  await ada.sees('and one');
  assert.ok(await ada.page.locator('.line', { hasText: 'and one' }).last().evaluate((line) => line.getBoundingClientRect().bottom <= innerHeight));
  assert.equal(await ada.page.locator('.to-end').count(), 0);
});

test('the keyboard goes from line to line, also to those that are not drawn', async () => {
  await ada.page.locator('.log').focus();
  await ada.page.keyboard.press('Home');
  await until(() => ada.page.evaluate(() => document.activeElement?.textContent?.includes('1: a line')), 'the first line to have the focus');
  await ada.page.keyboard.press('ArrowDown');
  await until(() => ada.page.evaluate(() => document.activeElement?.getAttribute('data-seq') !== null && document.activeElement?.textContent?.includes('2: a line')), 'the second');
  await ada.page.keyboard.press('End');
  await until(() => ada.page.evaluate(() => document.activeElement?.textContent?.includes('and one')), 'the last');
  await isSmall('after the keyboard');
});

test('a line that grows at the end stays in sight', async () => {
  await ada.page.evaluate(() => { const line = [...document.querySelectorAll('.lines > .line')].at(-1)?.querySelector('.text'); if (line) /** @type {HTMLElement} */ (line).style.minHeight = '700px'; });
  await frames(3);
  assert.ok(await ada.page.locator('.log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2));
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
