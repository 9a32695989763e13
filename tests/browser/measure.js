// What speed.js and hour.js share: talks made up in the page, and time counted by the processor.

/** A hub that minds no crowd. */
export const WIDE = Object.fromEntries(
  ['SOCKET_FRAMES_PER_SECOND', 'SOCKET_FRAMES_BURST', 'USER_FRAMES_PER_MINUTE', 'USER_FRAMES_BURST', 'USER_CHAT_PER_MINUTE', 'USER_CHAT_BURST', 'ROOM_PER_MINUTE', 'ROOM_BURST', 'SOCKET_BYTES_PER_SECOND', 'SOCKET_BYTES_BURST', 'USER_REST_PER_MINUTE', 'USER_REST_BURST']
    .map((name) => [`LUDUS_LIMITS__${name}`, '10000000']),
);

/**
 * Has the page hear lines as if they came from the socket: thousands, in a moment.
 * @param {any} page @param {string} id of the room @param {number} lines
 */
export const hearLines = (page, id, lines) => page.evaluate(async ([id, lines]) => {
  const { ludus, user } = await import('/app/hub.js');
  const stream = `room:${id}`;
  let { seq } = ludus.streams.followed.get(stream).position;
  for (let i = 1; i <= lines; i++) {
    ludus.connection.onFrame({ type: 'event', stream, seq: ++seq, at: Date.now() - (lines - i) * 20_000, by: user.value.id, fact: { kind: 'said', text: `${i}: a line of a long talk ${'and so on '.repeat((i * 3) % 17)}` } });
    if (i % 500 === 0) await new Promise((later) => setTimeout(later, 30));
  }
}, /** @type {const} */ ([id, lines]));

/** Opens rooms to stream in, and waits until all are followed. @param {any} person @param {string} url @param {number} count @returns {Promise<string[]>} */
export async function openRooms(person, url, count) {
  const rooms = await person.page.evaluate(async (count) => {
    const { ludus } = await import('/app/hub.js');
    const all = [];
    for (let i = 1; i <= count; i++) all.push((await ludus.call('POST', '/rooms', { body: { title: `Stream ${i}`, kind: 'lounge', entry: 'open', capacity: 10 } })).id);
    return all;
  }, count);
  await person.page.goto(`${url}/rooms/${rooms[0]}`);
  await person.field.waitFor();
  await person.page.waitForFunction(async (rooms) => {
    const { roomOf } = await import('/app/rooms.js');
    return rooms.every((id) => roomOf(id).model.epoch);
  }, rooms);
  return rooms;
}

/** A persona's words as they come, thirty times a second, in each room; each answer ends, is stored, and another one is asked for. */
export const speak = (/** @type {any} */ page, /** @type {{ rooms: string[], frames: number, perSecond: number, first: number }} */ how) => page.evaluate(async (how) => {
  const { ludus } = await import('/app/hub.js');
  const { rooms, frames, perSecond, first } = how;
  const FRAMES_A_TURN = 900;
  const words = ['so ', 'that ', 'one ', 'could ', 'say ', 'it ', 'like ', 'this. '];
  const began = performance.now();
  const hear = (/** @type {any} */ frame) => ludus.connection.onFrame(JSON.parse(JSON.stringify(frame)));
  const event = (/** @type {string} */ room, /** @type {number} */ seq, /** @type {any} */ fact) => hear({ type: 'event', stream: `room:${room}`, seq, at: Date.now(), by: 'hub', fact });
  let text = '';
  let seq = 1_000_000 + first * 4;
  let turn = first;
  for (let sent = 0; sent < frames;) {
    const due = Math.min(frames, Math.floor(((performance.now() - began) * perSecond) / 1_000));
    for (; sent < due; sent++) {
      if (!text) {
        turn += 1;
        seq += 3;
        for (const room of rooms) {
          event(room, seq, { kind: 'turn_asked', turn, persona: 'mara-okafor', why: 'line' });
          event(room, seq + 1, { kind: 'turn_begun', turn, persona: 'mara-okafor', attempt: 1 });
        }
      }
      const word = words[sent % words.length];
      for (const room of rooms) hear({ type: 'speaking', room, turn, persona: 'mara-okafor', attempt: 1, from: text.length, text: word });
      text += word;
      if (sent % FRAMES_A_TURN !== FRAMES_A_TURN - 1) continue;
      for (const room of rooms) event(room, seq + 2, { kind: 'spoke', turn, attempt: 1, persona: 'mara-okafor', text: text.trim(), end: 'done', why: 'line' });
      text = '';
    }
    await new Promise((later) => setTimeout(later, 15));
  }
  return turn;
}, how);

/**
 * What an act costs the page's main thread, task by task, in time of the processor: who else works on
 * this machine does not count.
 * @param {any} browser @param {() => Promise<any>} act
 * @returns {Promise<{ longest: number, over: number, is: any }>} milliseconds of the longest task, how many were over 50, and what the act answered
 */
export async function tasksOf(browser, act) {
  const cdp = await browser.newBrowserCDPSession();
  /** @type {any[]} */
  const events = [];
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] } });
  const is = await act();
  const whole = new Promise((done) => cdp.once('Tracing.tracingComplete', done));
  await cdp.send('Tracing.end');
  await whole;
  await cdp.detach();
  // The page is the one whose main thread ran most of the scripts.
  const of = ({ pid, tid }) => `${pid}/${tid}`;
  const calls = new Map();
  for (const one of events) if (one.name === 'FunctionCall') calls.set(of(one), (calls.get(of(one)) ?? 0) + 1);
  const [main] = [...calls].sort(([, a], [, b]) => b - a)[0] ?? [''];
  const took = events.filter((one) => one.ph === 'X' && of(one) === main && /RunTask$/.test(one.name)).map(({ tdur = 0 }) => tdur / 1_000);
  if (took.length < 50) throw new Error(`only ${took.length} tasks were seen`);
  return { longest: Math.max(0, ...took), over: took.filter((ms) => ms > 50).length, is };
}

/** The main thread's own time, and the whole process's, which has the painting in software too. @param {any} cdp */
export const busy = async (cdp) => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((/** @type {any} */ { name, value }) => [name, value]));

/** Megabytes that are really needed. @param {any} cdp */
export async function heap(cdp) {
  for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
}
