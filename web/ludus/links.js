// Two ways to the hub with one shape. A link carries frames and knows nothing of what they mean:
// who opened it hears `frame`, and once, at the end, `closed`.

/**
 * @typedef {object} LinkEvents
 * @property {(frame: any) => void} frame
 * @property {(why: { code: number, opened: boolean }) => void} closed called once; `opened` tells
 *   whether the hub was reached at all, `code` is 1006 when the network broke
 *
 * @typedef {object} Link
 * @property {'websocket' | 'sse'} kind
 * @property {(frames: any[]) => void} send
 * @property {() => void} close without a `closed` event
 */

export const SUBPROTOCOL = 'ludus.v1';
/** A hub that has not answered by then is not going to. */
const OPEN_MS_MAX = 10_000;

/**
 * @param {object} options
 * @param {string} options.url wss://…/api/v1/ws
 * @param {any} options.hello
 * @param {typeof WebSocket} options.WebSocket
 * @param {LinkEvents} events
 * @returns {Link}
 */
export function openSocket({ url, hello, WebSocket: Socket }, events) {
  const socket = new Socket(url, SUBPROTOCOL);
  let opened = false;
  let over = false;
  const end = (/** @type {number} */ code) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    try {
      socket.close();
    } catch {
      // It was closing already.
    }
    events.closed({ code, opened });
  };
  const timer = setTimeout(() => end(1006), OPEN_MS_MAX);
  socket.onopen = () => {
    clearTimeout(timer);
    opened = true;
    socket.send(JSON.stringify(hello));
  };
  socket.onmessage = (message) => {
    if (!over && typeof message.data === 'string') events.frame(JSON.parse(message.data));
  };
  socket.onclose = (event) => end(event.code || 1006);
  socket.onerror = () => {
    // `close` follows and says more.
  };
  return {
    kind: 'websocket',
    send(frames) {
      if (over || socket.readyState !== 1) return;
      socket.send(JSON.stringify(frames.length === 1 ? frames[0] : frames));
    },
    close() {
      over = true;
      clearTimeout(timer);
      socket.close(1000);
    },
  };
}

/**
 * Frames down by a streamed answer, frames up by POST: for networks that break WebSockets.
 * @param {object} options
 * @param {string} options.url …/api/v1/stream
 * @param {any} options.hello
 * @param {typeof globalThis.fetch} options.fetch
 * @param {(frames: any[]) => Promise<any[]>} options.post sends frames up and answers with what came back
 * @param {LinkEvents} events
 * @returns {Link}
 */
export function openStream({ url, hello, fetch, post }, events) {
  const abort = new AbortController();
  let opened = false;
  let over = false;
  /** The code of a goodbye, which here has no close frame after it. */
  let goodbye = 1006;
  const end = (/** @type {number} */ code) => {
    if (over) return;
    over = true;
    abort.abort();
    events.closed({ code, opened });
  };
  const hear = (/** @type {any} */ frame) => {
    if (over) return;
    if (frame.type === 'goodbye') goodbye = frame.code;
    events.frame(frame);
  };
  const read = async () => {
    const timer = setTimeout(() => end(1006), OPEN_MS_MAX);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(hello),
      signal: abort.signal,
      cache: 'no-store',
    });
    clearTimeout(timer);
    if (!response.ok || !response.body) {
      return end(response.status === 401 || response.status === 403 ? 4101 : 1006);
    }
    opened = true;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = eventStream(hear);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return end(goodbye);
      parse(value);
    }
  };
  read().catch(() => end(goodbye));
  // One POST at a time, so that frames arrive in the order they were sent.
  let last = Promise.resolve();
  return {
    kind: 'sse',
    send(frames) {
      // The stream's own beat comes down by itself; what is followed was said in the hello.
      const upwards = frames.filter(({ type }) => type === 'command' || type === 'typing' || type === 'read');
      if (!upwards.length) return;
      last = last.then(async () => {
        if (over) return;
        for (const frame of await post(upwards)) hear(frame);
      }).catch((error) => {
        if (!error.status) return end(1006);
        // The hub was reached and did none of it: each command has its answer.
        for (const { type, id } of upwards) {
          if (type === 'command') hear({ type: 'nack', id, code: error.code, message: error.message, retry_after_ms: error.retryAfterMs });
        }
      });
    },
    close() {
      over = true;
      abort.abort();
    },
  };
}

/**
 * A reader of `text/event-stream`: feed it text as it comes, it calls back for each event's JSON.
 * @param {(frame: any) => void} hear
 * @returns {(text: string) => void}
 */
export function eventStream(hear) {
  let rest = '';
  /** @type {string[]} */
  let data = [];
  return (text) => {
    rest += text;
    for (;;) {
      const end = rest.search(/\r\n|\n|\r(?!$)/);
      if (end < 0) return;
      const line = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith('\r\n', end) ? 2 : 1));
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      else if (line === '' && data.length) {
        const whole = data.join('\n');
        data = [];
        hear(JSON.parse(whole));
      }
    }
  };
}
