// One connection, for as long as one is wanted: opens it, resumes it, notices when it died, comes
// back when it should and stays away when it should.

import { backoff, comeback, jittered } from './backoff.js';
import { openSocket, openStream } from './links.js';
import { Refused, isPassing } from './refused.js';
import { uuidv7 } from './ids.js';

/**
 * What to tell a person:
 * - `stopped`: nobody asked for a connection
 * - `connecting`: on the way
 * - `live`: what happens is heard as it happens
 * - `waiting`: will try again at `retryAt`
 * - `offline`: the same, and the device says it has no network
 * - `refused`: the hub said something that waiting does not mend; `reason` says what
 * @typedef {object} State
 * @property {'stopped' | 'connecting' | 'live' | 'waiting' | 'offline' | 'refused'} name
 * @property {number} [retryAt] milliseconds since 1970
 * @property {'websocket' | 'sse'} [transport]
 * @property {string} [reason]
 */

const HEARTBEAT_MS = 25_000;
const WELCOME_MS_MAX = 12_000;
/** After so many WebSockets in a row that never got a welcome, the next try is by SSE. */
const SOCKET_FAILURES_MAX = 2;
const LOOK_EVERY_MS = 2_000;
/** Streams asked for within this time share one new event stream. */
const REOPEN_MS = 150;
const RETRY_MS = 2_000;

export class Connection {
  /**
   * @param {object} options
   * @param {import('./rest.js').Rest} options.rest
   * @param {import('./streams.js').Streams} options.streams
   * @param {string} options.client name and version, for the hub's connections page
   * @param {{ WebSocket: typeof WebSocket, fetch: typeof fetch, now: () => number, random: () => number,
   *   online: () => boolean, resume: { get: () => string | null, set: (token: string | null) => void } }} options.world
   * @param {(frame: any) => void} options.onFrame every frame that is new to us, in order
   * @param {(state: State) => void} options.onState
   */
  constructor({ rest, streams, client, world, onFrame, onState }) {
    this.rest = rest;
    this.streams = streams;
    this.client = client;
    this.world = world;
    this.onFrame = onFrame;
    this.onState = onState;
    /** @type {State} */
    this.state = { name: 'stopped' };
    /** @type {import('./links.js').Link | null} */
    this.link = null;
    this.wanted = false;
    this.attempt = 0;
    this.socketFailures = 0;
    /** Counts the tries, so that what a given-up one still does is ignored. */
    this.round = 0;
    this.heartbeatMs = HEARTBEAT_MS;
    this.lastHeard = 0;
    /** @type {any} */
    this.goodbye = null;
    /** Streams asked for and not answered yet, by the id of the question. @type {Map<string, string>} */
    this.asked = new Map();
    /** Streams the hello of this round has named. @type {Set<string>} */
    this.named = new Set();
    /** @type {any} */
    this.timer = null;
    /** @type {any} */
    this.watch = null;
  }

  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    this.#connect();
  }

  /** Ends the connection and wants none. */
  stop() {
    this.wanted = false;
    this.#letGo();
    this.#tell({ name: 'stopped' });
  }

  /** Somebody asked, or the network came back: now, not in n seconds. */
  hurry() {
    if (!this.wanted) return;
    if (this.link && this.state.name === 'live') return this.#look(true);
    if (this.state.name === 'connecting') return;
    this.attempt = 0;
    this.#connect();
  }

  /** The device lost its network. It may be wrong (a hub on this very machine), so this is a try, not a verdict. */
  lost() {
    if (this.link) this.#closed({ code: 1006, opened: true }, this.round);
  }

  /**
   * @param {any[]} frames
   * @returns {boolean} whether they left; the answer is another matter
   */
  send(frames) {
    if (this.state.name !== 'live' || !this.link) return false;
    this.link.send(frames);
    return true;
  }

  /** @param {string} stream */
  subscribe(stream) {
    // Over SSE the subscriptions are those of the hello: a new one is a new stream.
    if (this.link?.kind === 'sse' && this.state.name === 'live') return this.#reopenSoon();
    const since = this.streams.followed.get(stream)?.position ?? undefined;
    const id = uuidv7();
    this.asked.set(id, stream);
    this.send([{ type: 'subscribe', id, stream, since: since ? { ...since } : undefined }]);
  }

  /** @param {string} stream */
  unsubscribe(stream) {
    if (this.link?.kind === 'websocket') this.send([{ type: 'unsubscribe', id: uuidv7(), stream }]);
  }

  async #connect() {
    const round = ++this.round;
    clearTimeout(this.timer);
    this.goodbye = null;
    this.#tell({ name: 'connecting' });
    const hello = await this.#hello(round);
    if (!hello || round !== this.round) return;
    this.streams.mend();
    this.asked.clear();
    this.named = new Set(hello.subscriptions.map((/** @type {{ stream: string }} */ { stream }) => stream));
    const events = {
      frame: (/** @type {any} */ frame) => round === this.round && this.#hear(frame),
      closed: (/** @type {any} */ why) => this.#closed(why, round),
    };
    this.timer = setTimeout(() => this.#closed({ code: 1006, opened: false }, round), WELCOME_MS_MAX);
    const base = this.rest.base || globalThis.location?.origin || '';
    try {
      this.link = this.socketFailures < SOCKET_FAILURES_MAX
        ? openSocket({ url: `${base.replace(/^http/, 'ws')}/api/v1/ws`, hello, WebSocket: this.world.WebSocket }, events)
        : openStream({ url: `${base}/api/v1/stream`, hello, fetch: this.world.fetch, post: (frames) => this.#post(frames) }, events);
    } catch {
      this.#closed({ code: 1006, opened: false }, round);
    }
  }

  /** @param {number} round */
  async #hello(round) {
    const rest = { subscriptions: this.streams.subscriptions(), client: this.client };
    const resume = this.world.resume.get();
    if (resume) return { type: 'hello', resume, ...rest };
    try {
      const { ticket } = await this.rest.call('POST', '/ws-ticket');
      return { type: 'hello', ticket, ...rest, subscriptions: this.streams.subscriptions() };
    } catch (error) {
      if (round !== this.round) return null;
      const refused = error instanceof Refused ? error : Refused.offline();
      if (refused.status === 401) this.stop();
      else this.#wait(refused.retryAfterMs);
      return null;
    }
  }

  /** @param {any} frame */
  #hear(frame) {
    this.lastHeard = this.world.now();
    if (frame.resume) this.world.resume.set(frame.resume);
    switch (frame.type) {
      case 'welcome':
        clearTimeout(this.timer);
        this.attempt = 0;
        this.socketFailures = this.link?.kind === 'websocket' ? 0 : this.socketFailures;
        this.heartbeatMs = frame.heartbeat_ms || HEARTBEAT_MS;
        this.#watch();
        this.#tell({ name: 'live', transport: this.link?.kind });
        // Whom one began to follow after the hello was on its way is still to be asked for.
        for (const { stream } of this.streams.subscriptions()) if (!this.named.has(stream)) this.subscribe(stream);
        break;
      case 'goodbye':
        this.goodbye = frame;
        break;
      case 'nack':
        if (this.asked.has(frame.id)) return this.#notFollowed(frame);
        break;
      case 'unsubscribed':
        // Without a code it answers an `unsubscribe` of ours, perhaps of a visit before this one.
        if (!frame.code) return;
        if (isPassing(frame.code)) return this.#askAgain(frame.stream);
        if (this.streams.take(frame) === 'drop') return;
        break;
      case 'event':
      case 'skip':
      case 'subscribed':
      case 'reset':
        if (frame.id) this.asked.delete(frame.id);
        switch (this.streams.take(frame)) {
          case 'drop': return;
          case 'hole': return this.subscribe(frame.stream);
          case 'deliver': break;
        }
        break;
      default:
    }
    this.onFrame(frame);
  }

  /** A stream that was asked for is not ours to follow, or not at this moment. @param {any} nack */
  #notFollowed(nack) {
    const stream = /** @type {string} */ (this.asked.get(nack.id));
    this.asked.delete(nack.id);
    if (isPassing(nack.code)) {
      this.#askAgain(stream, nack.retry_after_ms);
    } else {
      const frame = { type: 'unsubscribed', stream, code: nack.code };
      if (this.streams.take(frame) === 'deliver') this.onFrame(frame);
    }
  }

  /** @param {string} stream */
  #askAgain(stream, ms = RETRY_MS) {
    const { round } = this;
    setTimeout(() => round === this.round && this.streams.followed.has(stream) && this.subscribe(stream), ms);
  }

  /** @param {any[]} frames */
  async #post(frames) {
    const answer = await this.rest.call('POST', '/commands', { body: frames });
    return Array.isArray(answer) ? answer : (answer?.answers ?? answer?.frames ?? []);
  }

  /** Once for all the streams that are asked for in a moment. */
  #reopenSoon() {
    const { round } = this;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (round !== this.round) return;
      this.#letGo();
      this.#connect();
    }, REOPEN_MS);
  }

  /**
   * @param {{ code: number, opened: boolean }} why
   * @param {number} round
   */
  #closed(why, round) {
    if (round !== this.round || !this.wanted) return;
    const wasLive = this.state.name === 'live';
    const kind = this.link?.kind;
    const goodbye = this.goodbye;
    const resumed = Boolean(this.world.resume.get());
    this.#letGo();
    const code = goodbye?.code ?? why.code;
    if (!wasLive && comeback(code) === 'resume') this.socketFailures = kind === 'sse' ? 0 : this.socketFailures + 1;
    switch (comeback(code)) {
      case 'stay':
        return this.#tell({ name: 'refused', reason: goodbye?.reason ?? String(code) });
      case 'sign_in':
        this.world.resume.set(null);
        // A spent resume token is mended by a ticket, at once. A refused ticket is not: wait, and
        // let a fresh access token show whether the sign-in behind it still stands.
        if (!resumed || code === 4104) this.rest.signedOut();
        return resumed ? void this.#connect() : this.#wait();
      default:
        return this.#wait(goodbye?.reconnect_after_ms);
    }
  }

  /** @param {number} [toldMs] */
  #wait(toldMs) {
    const { now, random, online } = this.world;
    const ms = toldMs === undefined ? backoff(this.attempt, random) : jittered(toldMs, random);
    this.attempt += 1;
    this.#tell({ name: online() ? 'waiting' : 'offline', retryAt: now() + ms });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wanted && this.#connect(), ms);
  }

  #watch() {
    clearInterval(this.watch);
    let beat = this.world.now();
    // Beats of many clients should not fall together after a restart.
    const every = this.heartbeatMs * (0.9 + this.world.random() * 0.1);
    this.watch = setInterval(() => {
      this.#look(false);
      if (this.link && this.world.now() - beat >= every) {
        beat = this.world.now();
        this.send([{ type: 'heartbeat', positions: this.streams.positions() }]);
      }
    }, LOOK_EVERY_MS);
  }

  /** @param {boolean} ask whether to ask the hub for a sign of life, besides looking at the clock */
  #look(ask) {
    // One look less than what the hub allows for, so that it is noticed within it.
    if (this.world.now() - this.lastHeard > this.heartbeatMs * 1.4 - LOOK_EVERY_MS) {
      this.#closed({ code: 1006, opened: true }, this.round);
    } else if (ask) {
      this.send([{ type: 'heartbeat', positions: this.streams.positions() }]);
    }
  }

  #letGo() {
    this.round += 1;
    clearTimeout(this.timer);
    clearInterval(this.watch);
    this.link?.close();
    this.link = null;
  }

  /** @param {State} state */
  #tell(state) {
    this.state = state;
    this.onState(state);
  }
}
