// An hour of streaming in some two minutes: ./run hour. As many frames in four rooms as thirty a second
// for an hour, faster than they would come; each answer ends, is stored and stays in the room, as in life.
// What the page then needs is read after garbage was collected, every ten minutes' worth.

import { Hub, launch, twoInARoom } from './kit.js';
import { WIDE, busy, heap, openRooms, speak } from './measure.js';

const MINUTES = Number(process.env.HOUR_MINUTES ?? 60);
const EVERY = 10;
/** So many times faster than life. */
const FASTER = Number(process.env.HOUR_FASTER ?? 60);
/** Beside the words that were said, which stay to be read. */
const MB_MAX = 5;

const browser = await launch();
const hub = await Hub.start(WIDE);
try {
  const { ada, bo } = await twoInARoom(browser, hub);
  await bo.context.close();
  const rooms = await openRooms(ada, hub.url, 4);
  const cdp = await ada.context.newCDPSession(ada.page);
  await cdp.send('Performance.enable');
  await cdp.send('HeapProfiler.enable');
  const read = async () => {
    const mb = await heap(cdp);
    const { Nodes, JSEventListeners } = await busy(cdp);
    const words = await ada.page.evaluate(async (rooms) => {
      const { roomOf } = await import('/app/rooms.js');
      // A letter of English is a byte.
      return rooms.flatMap((id) => [...roomOf(id).model.events.values()]).reduce((sum, { fact }) => sum + (fact.text?.length ?? 0), 0) / 1e6;
    }, rooms);
    return { mb, words, nodes: Nodes, listeners: JSEventListeners };
  };
  const tell = (/** @type {number} */ minute, /** @type {any} */ { mb, words, nodes, listeners }) =>
    console.log(`minute ${String(minute).padStart(2)}: ${mb.toFixed(1)} MB, of it ${words.toFixed(1)} MB what was said; ${nodes} nodes, ${listeners} listeners`);
  // The first answers fill what is drawn and have everything compiled.
  let turn = await speak(ada.page, { rooms, frames: EVERY * 60 * 30, perSecond: 30 * FASTER, first: 1_000_000 });
  const first = await read();
  tell(EVERY, first);
  let [before, last] = [first, first];
  for (let minute = 2 * EVERY; minute <= MINUTES; minute += EVERY) {
    turn = await speak(ada.page, { rooms, frames: EVERY * 60 * 30, perSecond: 30 * FASTER, first: turn + 1 });
    [before, last] = [last, await read()];
    tell(minute, last);
  }
  const grown = last.mb - last.words - (first.mb - first.words);
  // Rows are drawn until there are so many as there ever are.
  const isFlat = grown <= MB_MAX && last.nodes <= before.nodes * 1.05;
  console.log(`${isFlat ? 'ok   ' : 'OVER '} ${MINUTES} minutes of four rooms with thirty frames a second each: ${grown.toFixed(1)} MB more than after ${EVERY} minutes, beside what was said (at most ${MB_MAX})`);
  process.exitCode = isFlat ? 0 : 1;
} finally {
  await browser.close();
  await hub.end();
}
