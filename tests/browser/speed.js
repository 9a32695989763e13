// How fast the page is, in figures: ./run speed. Each stands beside what was promised for it.

import { Hub, PASSWORD, Person, launch, twoInARoom } from './kit.js';
import { WIDE, busy, heap, hearLines, openRooms, speak, tasksOf } from './measure.js';

const STREAM_S = Number(process.env.SPEED_STREAM_S ?? 60);
const LINES = 5_000;
const FRAMES = 300;
const TRIES = 7;
let over = 0;

/** @param {string} what @param {number} is @param {number} most @param {string} unit @param {string} [more] */
function tell(what, is, most, unit, more = '') {
  const isOver = is > most;
  if (isOver) over += 1;
  console.log(`${isOver ? 'OVER ' : 'ok   '} ${what}: ${Math.round(is * 10) / 10} ${unit} (at most ${most})${more ? `; ${more}` : ''}`);
}

/** Everything the first view loads, as it travels. @param {Person} who @param {string} url */
async function travelled(who, url) {
  const cdp = await who.context.newCDPSession(who.page);
  await cdp.send('Network.enable');
  let bytes = 0;
  let files = 0;
  let whole = 0;
  cdp.on('Network.dataReceived', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => { whole += encodedDataLength; files += 1; });
  await who.page.goto(url, { waitUntil: 'load' });
  await who.page.locator('h1').first().waitFor();
  await cdp.detach();
  return { bytes, whole, files };
}

/** Opens a place several times as a phone of the middle sort: a quarter of this processor. @param {Person} who @param {string} url @param {string} there @param {boolean} isFirst nothing of the page is in the browser */
async function opened(who, url, there, isFirst) {
  const all = [];
  for (let i = 0; i < TRIES; i++) {
    const cdp = await who.context.newCDPSession(who.page);
    await who.page.goto('about:blank');
    await cdp.send('Network.enable');
    await cdp.send('Network.setCacheDisabled', { cacheDisabled: isFirst });
    await cdp.send('Performance.enable');
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    const from = performance.now();
    await who.page.goto(url, { waitUntil: 'commit' });
    await who.page.locator(there).first().waitFor({ state: 'visible' });
    const ms = performance.now() - from;
    // A page that was just navigated to counts from its beginning.
    all.push({ ms, thread: (await busy(cdp)).ThreadTime * 1_000 });
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await cdp.detach();
  }
  all.sort((a, b) => a.ms - b.ms);
  return { ms: all[TRIES >> 1].ms, thread: all[TRIES >> 1].thread, all: all.map(({ ms }) => Math.round(ms)) };
}

const browser = await launch();
const hub = await Hub.start(WIDE);
try {
  // What travels.
  const cold = await Person.open(browser, 'cold', { serviceWorkers: 'block' });
  const { bytes, whole, files } = await travelled(cold, hub.url);
  tell('the first visit, as it travelled', bytes / 1_000, 150, 'kB', `${files} answers, ${Math.round(whole / 1_000)} kB with their headers`);
  await cold.context.close();

  const { ada, bo, room } = await twoInARoom(browser, hub);
  const id = new URL(room).pathname.split('/')[2];
  for (let i = 1; i <= 40; i++) await (i % 2 ? ada : bo).say(`Line ${i}: what one says in a talk about saying no, *kindly*.`);

  // Signed in on a phone; on its first visit nothing is there, later the page is kept.
  for (const isFirst of [true, false]) {
    const phone = await Person.open(browser, 'phone', { serviceWorkers: isFirst ? 'block' : 'allow', viewport: { width: 400, height: 800 }, isMobile: true, deviceScaleFactor: 2 });
    await phone.page.goto(hub.url);
    await phone.page.getByLabel('E-mail').fill('bo@example.org');
    await phone.page.getByLabel('Password').fill(PASSWORD);
    await phone.page.getByRole('button', { name: 'Sign in' }).click();
    await phone.live();
    if (!isFirst) await phone.page.evaluate(async () => void (await navigator.serviceWorker.ready));
    for (const [what, path, there] of [['home', '/', '.card'], ['the room', new URL(room).pathname, '.composer-field']]) {
      const { ms, thread, all } = await opened(phone, hub.url + path, there, isFirst);
      tell(`${what} there to be used, processor slowed four times, ${isFirst ? 'first visit' : 'page kept'}`, ms, 1_000, 'ms', `main thread ${Math.round(thread)} ms; of ${TRIES}: ${all.join(', ')}`);
    }
    await phone.context.close();
  }

  // A long talk.
  await ada.page.goto(room);
  await ada.field.waitFor();
  await ada.sees('Line 40:');
  await hearLines(ada.page, id, LINES);
  await ada.sees(`${LINES}: a line`);
  await ada.page.waitForTimeout(1_000);
  const cdp = await ada.context.newCDPSession(ada.page);
  await cdp.send('Performance.enable');
  await cdp.send('HeapProfiler.enable');
  const toEnd = () => ada.page.evaluate(async () => {
    const log = /** @type {HTMLElement} */ (document.querySelector('.log'));
    log.scrollTop = log.scrollHeight;
    await new Promise((later) => setTimeout(later, 300));
  });
  const scroll = () => ada.page.evaluate(async (frames) => {
    const log = /** @type {HTMLElement} */ (document.querySelector('.log'));
    const gaps = [];
    let last = performance.now();
    const began = last;
    for (let i = 0; i < frames; i++) {
      log.scrollTop -= 120;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    gaps.sort((a, b) => a - b);
    return { fps: (frames * 1_000) / (last - began), half: gaps[frames >> 1], rows: document.querySelectorAll('.lines > li').length };
  }, FRAMES);
  await scroll();
  await toEnd();
  const still = await busy(cdp);
  const scrolled = await scroll();
  const moved = await busy(cdp);
  tell(`a room of ${LINES} lines, scrolled: main thread for each picture`, ((moved.ThreadTime - still.ThreadTime) * 1_000) / FRAMES, 8, 'ms', `${Math.round(scrolled.fps)} pictures a second on this machine, half of them after ${Math.round(scrolled.half * 10) / 10} ms, ${scrolled.rows} rows drawn`);
  await toEnd();
  const { longest: longestScroll } = await tasksOf(browser, scroll);
  // Sixty pictures a second are 16.7 ms for each: a task that takes all of it makes one late.
  tell('the longest task while scrolling, by the processor', longestScroll, 16.7, 'ms');

  // Four rooms in which somebody speaks at once, thirty frames a second each; one of them is looked at.
  const rooms = await openRooms(ada, hub.url, 4);
  let turn = await speak(ada.page, { rooms, frames: 90, perSecond: 30, first: 1_000_000 });
  const idle = await busy(cdp);
  await ada.page.waitForTimeout(5_000);
  const rested = await busy(cdp);
  const heapBefore = await heap(cdp);
  const before = await busy(cdp);
  turn = await speak(ada.page, { rooms, frames: STREAM_S * 30, perSecond: 30, first: turn + 1 });
  const after = await busy(cdp);
  const heapAfter = await heap(cdp);
  const share = (/** @type {any} */ a, /** @type {any} */ b, of = 'ThreadTime') => ((b[of] - a[of]) / (b.Timestamp - a.Timestamp)) * 100;
  tell('four rooms with thirty frames a second each, of one core', share(before, after), 10, '%', `with painting in software ${Math.round(share(before, after, 'ProcessTime'))} %, at rest ${Math.round(share(idle, rested) * 10) / 10} %`);
  const { longest } = await tasksOf(browser, () => speak(ada.page, { rooms, frames: 60 * 30, perSecond: 30, first: turn + 1 }));
  tell('the longest task meanwhile, by the processor', longest, 50, 'ms');
  tell(`memory after ${STREAM_S} s of it, more than before`, heapAfter - heapBefore, 5, 'MB', `${Math.round(heapBefore * 10) / 10} before, ${Math.round(heapAfter * 10) / 10} after`);
} finally {
  await browser.close();
  await hub.end();
}
process.exitCode = over ? 1 : 0;
