// How fast the page is, in figures: ./run speed. Each stands beside what was promised for it.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Hub, Person, launch, twoInARoom, until } from './kit.js';

const WEB = new URL('../../web/', import.meta.url);
const STREAM_S = Number(process.env.SPEED_STREAM_S ?? 60);
const LINES = 5_000;
const WIDE = Object.fromEntries(
  ['SOCKET_FRAMES_PER_SECOND', 'SOCKET_FRAMES_BURST', 'USER_FRAMES_PER_MINUTE', 'USER_FRAMES_BURST', 'USER_CHAT_PER_MINUTE', 'USER_CHAT_BURST', 'ROOM_PER_MINUTE', 'ROOM_BURST', 'SOCKET_BYTES_PER_SECOND', 'SOCKET_BYTES_BURST', 'USER_REST_PER_MINUTE', 'USER_REST_BURST']
    .map((name) => [`LUDUS_LIMITS__${name}`, '10000000']),
);
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

const browser = await launch();
const hub = await Hub.start(WIDE);
try {
  // What travels.
  const shell = readFileSync(new URL('index.html', WEB), 'utf8');
  const styles = [...shell.matchAll(/href="\/(style\/[^"]+)"/g)].map(([, path]) => gzipSync(readFileSync(new URL(path, WEB))).length).reduce((sum, one) => sum + one, 0);
  const cold = await Person.open(browser, 'cold', { serviceWorkers: 'block' });
  const { bytes, whole, files } = await travelled(cold, hub.url);
  tell('the first visit, as it travelled', bytes / 1_000, 150, 'kB', `${files} answers, ${Math.round(whole / 1_000)} kB with their headers, ${Math.round(styles / 1_000)} kB of it styles`);
  await cold.context.close();

  const { ada, bo, room } = await twoInARoom(browser, hub);
  const id = new URL(room).pathname.split('/')[2];

  // A phone of the middle sort: a quarter of this processor.
  for (const [what, path, there] of [['home', '/', '.card'], ['the room', new URL(room).pathname, '.composer-field']]) {
    const cdp = await bo.context.newCDPSession(bo.page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    const times = [];
    for (let i = 0; i < 5; i++) {
      await bo.page.goto('about:blank');
      const from = performance.now();
      await bo.page.goto(hub.url + path, { waitUntil: 'commit' });
      await bo.page.locator(there).first().waitFor({ state: 'visible' });
      times.push(performance.now() - from);
    }
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await cdp.detach();
    times.sort((a, b) => a - b);
    tell(`${what} there to be used, processor slowed four times, page kept`, times[2], 1_000, 'ms', `of five: ${times.map(Math.round).join(', ')}`);
  }

  // A long talk.
  await bo.page.goto(hub.url);
  await bo.live();
  await bo.page.evaluate(async ([id, lines]) => {
    const { ludus } = await import('/app/hub.js');
    const { uuidv7 } = await import('/ludus/ids.js');
    let answered = 0;
    const stop = ludus.on('frame', (frame) => { if (frame.type === 'ack') answered += 1; });
    for (let i = 1; i <= lines; i++) {
      ludus.connection.send([{ type: 'command', id: uuidv7(), room: id, do: { kind: 'say', text: `${i}: a line of a long talk ${'and so on '.repeat((i * 3) % 17)}` } }]);
      while (i - answered > 50) await new Promise((later) => setTimeout(later, 5));
    }
    while (answered < lines) await new Promise((later) => setTimeout(later, 20));
    stop();
  }, /** @type {const} */ ([id, LINES]));
  await ada.page.goto(room);
  await ada.sees(`${LINES}: a line`);
  await ada.page.evaluate(async (id) => {
    const { roomOf } = await import('/app/rooms.js');
    await roomOf(id).reach(1, 200);
  }, id);
  const scrolled = await ada.page.evaluate(async () => {
    const log = /** @type {HTMLElement} */ (document.querySelector('.log'));
    let long = 0;
    const watch = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) long = Math.max(long, duration); });
    watch.observe({ entryTypes: ['longtask'] });
    const gaps = [];
    let last = performance.now();
    const began = last;
    for (let i = 0; i < 300; i++) {
      log.scrollTop -= 120;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    await new Promise((later) => setTimeout(later, 100));
    watch.disconnect();
    gaps.sort((a, b) => a - b);
    return { fps: (300 * 1_000) / (last - began), p99: gaps[296], long, rows: document.querySelectorAll('.lines > li').length };
  });
  tell(`a room of ${LINES} lines, scrolled: between two pictures, 99 of 100`, scrolled.p99, 34, 'ms', `${Math.round(scrolled.fps)} pictures a second, ${scrolled.rows} rows drawn`);
  tell('the longest task while scrolling', scrolled.long, 50, 'ms');

  // Four rooms in which somebody speaks at once, thirty frames a second each; one of them is looked at.
  const rooms = await ada.page.evaluate(async () => {
    const { ludus } = await import('/app/hub.js');
    const all = [];
    for (let i = 1; i <= 4; i++) all.push((await ludus.call('POST', '/rooms', { body: { title: `Stream ${i}`, kind: 'lounge', entry: 'open', capacity: 10 } })).id);
    return all;
  });
  await ada.page.goto(`${hub.url}/rooms/${rooms[0]}`);
  await ada.field.waitFor();
  await until(() => ada.page.evaluate(async (rooms) => {
    const { roomOf } = await import('/app/rooms.js');
    return rooms.every((id) => roomOf(id).model.epoch);
  }, rooms), 'all four to be followed');
  const cdp = await ada.context.newCDPSession(ada.page);
  await cdp.send('Performance.enable');
  await cdp.send('HeapProfiler.enable');
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
  };
  const busy = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const speak = (/** @type {number} */ seconds, /** @type {number} */ turns) => ada.page.evaluate(async ([rooms, seconds, turns]) => {
    const { ludus } = await import('/app/hub.js');
    let long = 0;
    const watch = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) long = Math.max(long, duration); });
    watch.observe({ entryTypes: ['longtask'] });
    let sent = 0;
    let from = 0;
    let turn = turns;
    const words = ['so ', 'that ', 'one ', 'could ', 'say ', 'it ', 'like ', 'this. '];
    const began = performance.now();
    while (performance.now() - began < seconds * 1_000) {
      const due = Math.floor((performance.now() - began) / (1_000 / 30));
      for (; sent < due; sent++) {
        const text = words[sent % words.length];
        // As they come from the socket.
        for (const room of rooms) ludus.connection.onFrame(JSON.parse(JSON.stringify({ type: 'speaking', room, turn, persona: 'mara-okafor', attempt: 1, from, text })));
        from += [...text].length;
        // Answers end: after some eight hundred words another one begins.
        if (from > 4_000) [from, turn] = [0, turn + 1];
      }
      await new Promise((later) => setTimeout(later, 15));
    }
    watch.disconnect();
    return { sent: sent * rooms.length, long };
  }, /** @type {const} */ ([rooms, seconds, turns]));
  await speak(3, 1_000_000);
  const idle = await busy();
  await ada.page.waitForTimeout(5_000);
  const rested = await busy();
  const heapBefore = await heap();
  const before = await busy();
  const first = await speak(STREAM_S, 2_000_000);
  const after = await busy();
  const heapAfter = await heap();
  // Time of the processor, not of the wall: who else works on this machine does not count. The process has the painting too, which
  // a machine with a graphics card gives away.
  const share = (/** @type {any} */ a, /** @type {any} */ b, of = 'ThreadTime') => ((b[of] - a[of]) / (b.Timestamp - a.Timestamp)) * 100;
  tell(`four rooms with thirty frames a second each (${Math.round(first.sent / STREAM_S)} a second), of one core`, share(before, after), 10, '%', `with painting in software ${Math.round(share(before, after, 'ProcessTime'))} %, at rest ${Math.round(share(idle, rested) * 10) / 10} %`);
  tell('the longest task meanwhile', first.long, 50, 'ms');
  tell(`memory after ${STREAM_S} s of it, more than before`, heapAfter - heapBefore, 5, 'MB', `${Math.round(heapBefore * 10) / 10} before, ${Math.round(heapAfter * 10) / 10} after`);
} finally {
  await browser.close();
  await hub.end();
}
process.exitCode = over ? 1 : 0;
