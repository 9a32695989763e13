// The client: what views and other programs hold. It owns the connection; they never see a socket.

import { BoardModel } from './boards.js';
import { Connection } from './connection.js';
import { uuidv7 } from './ids.js';
import { IndexedQueue, MemoryQueue } from './queue.js';
import { Refused } from './refused.js';
import { Rest } from './rest.js';
import { Sender } from './sender.js';
import { Streams } from './streams.js';
import { Tabs, resumeToken } from './tab.js';
import { WatchedDesks } from './watched-desks.js';

/**
 * @typedef {import('./connection.js').State} State
 * @typedef {import('./queue.js').Entry} Entry
 * @typedef {import('./rest.js').User} User
 * @typedef {(frame: any) => void} Listener hears `event`, `skip`, `subscribed`, `reset`,
 *   `unsubscribed`, `presence`, `speaking` and `typing` frames of its stream
 *
 * @typedef {object} Options
 * @property {string} [base] where the hub is; the page's own origin when absent
 * @property {string} [client] name and version, for the hub's connections page
 * @property {typeof fetch} [fetch]
 * @property {typeof WebSocket} [WebSocket]
 * @property {any} [queue] a store with `put`, `remove`, `all` and `clear`; IndexedDB where there is one
 * @property {() => number} [now]
 * @property {() => number} [random]
 */

/** How often a board is read where nobody can push it. */
const BOARD_EVERY_MS = 5_000;

/**
 * Events, by name: `state` ({@link State}), `user` (User or null), `pending` (Entry[]), `frame`
 * (every frame, in order), `nack` (refusals that answer no command of ours).
 */
export class Ludus {
  /** @param {Options} [options] */
  constructor(options = {}) {
    const now = options.now ?? (() => Date.now());
    const fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
    const locks = globalThis.navigator?.locks ?? null;
    /** @type {Map<string, Set<(detail: any) => void>>} */
    this.listeners = new Map();
    /** @type {Map<string, Listener>} */
    this.following = new Map();
    /** @type {Map<string, { model: BoardModel, listener: (model: BoardModel, refused?: any) => void, asked: string, reading: boolean }>} */
    this.watching = new Map();
    this.desks = new WatchedDesks(() => this.connection);
    this.streams = new Streams();
    this.tabs = new Tabs(locks);
    this.tab = '';
    /** @type {User | null} */
    this.user = null;
    /** Settles when what this user left unsent has been taken up. */
    this.opened = Promise.resolve();
    this.rest = new Rest({ base: (options.base ?? '').replace(/\/$/, ''), fetch, locks, now });
    this.rest.onSignedIn = (answer) => this.#signedIn(answer);
    this.rest.onSignedOut = () => this.#signedOut();
    this.connection = new Connection({
      rest: this.rest,
      streams: this.streams,
      client: options.client ?? 'ludus.js/0.1',
      world: {
        WebSocket: options.WebSocket ?? globalThis.WebSocket,
        fetch,
        now,
        random: options.random ?? Math.random,
        online: () => globalThis.navigator?.onLine !== false,
        resume: resumeToken(),
      },
      onFrame: (frame) => this.#hear(frame),
      onState: (state) => this.#state(state),
    });
    this.sender = new Sender({
      queue: options.queue ?? (globalThis.indexedDB ? new IndexedQueue() : new MemoryQueue()),
      transmit: (frames) => this.connection.send(frames),
      onChange: (entries) => this.#emit('pending', entries),
      now,
    });
    globalThis.addEventListener?.('online', () => this.connection.hurry());
    globalThis.addEventListener?.('offline', () => this.connection.lost());
    globalThis.addEventListener?.('pageshow', () => this.connection.hurry());
    globalThis.document?.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.connection.hurry();
    });
  }

  /** @returns {State} */
  get state() {
    return this.connection.state;
  }

  /** What is written and not yet stored, oldest first. */
  get pending() {
    return this.sender.entries();
  }

  /**
   * @param {'state' | 'user' | 'pending' | 'frame' | 'nack'} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    if (!this.listeners.has(name)) this.listeners.set(name, new Set());
    this.listeners.get(name)?.add(listener);
    return () => this.listeners.get(name)?.delete(listener);
  }

  /**
   * Takes up an earlier sign-in of this browser, if there is one.
   * @returns {Promise<User | null>} null when somebody has to sign in; throws when nobody could be asked
   */
  async start() {
    try {
      await this.rest.refresh();
      return this.user;
    } catch (error) {
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) return null;
      throw error;
    }
  }

  /** Whether the hub has let somebody in since this page was opened. */
  get isSignedIn() {
    return Boolean(this.user && this.rest.token);
  }

  /**
   * Until somebody has answered who this is: what is kept here of somebody who was signed in. What they
   * write is kept too, and sent once {@link start} has succeeded.
   * @param {User} user
   */
  startUnreached(user) {
    this.user = user;
    this.#emit('user', user);
    this.opened = this.#openQueue(user.id);
  }

  /**
   * @param {{ email: string, password: string }} credentials
   * @returns {Promise<any>}
   */
  async signIn(credentials) {
    return this.rest.signedIn(await this.rest.call('POST', '/auth/login', { body: credentials, bare: true }));
  }

  /**
   * Any other way in: claiming a link, entering as a guest.
   * @param {string} path
   * @param {any} body
   */
  async enter(path, body) {
    return this.rest.signedIn(await this.rest.call('POST', path, { body, bare: true }));
  }

  /**
   * Waits a little for what is still unsent, then ends the sign-in and forgets everything kept here.
   * @param {{ everywhere?: boolean, msMax?: number }} [options]
   */
  async signOut({ everywhere = false, msMax = 3_000 } = {}) {
    await this.sender.settle(this.state.name === 'live' ? msMax : 0);
    await this.rest.call('POST', everywhere ? '/auth/logout-everywhere' : '/auth/logout', { body: everywhere ? undefined : {} }).catch((error) => {
      if (error.status !== 401) throw error;
    });
    if (this.user) await this.sender.queue.clear(this.user.id).catch(() => {});
    this.#signedOut();
  }

  /**
   * A call to /api/v1, with the sign-in behind it.
   * @param {string} method
   * @param {string} path
   * @param {import('./rest.js').Call} [call]
   */
  call(method, path, call) {
    return this.rest.call(method, path, call);
  }

  /**
   * Follows a stream. One listener per stream: following again replaces it.
   * @param {string} stream `room:<id>`, `inbox:<id>` or `cohort:<id>`
   * @param {Listener} listener
   * @param {{ since?: { epoch: number, seq: number } }} [from]
   * @returns {() => void} stops following
   */
  follow(stream, listener, { since } = {}) {
    this.following.set(stream, listener);
    this.streams.follow(stream, since ?? null);
    this.connection.subscribe(stream);
    return () => {
      if (this.following.get(stream) !== listener) return;
      this.following.delete(stream);
      this.streams.leave(stream);
      this.connection.unsubscribe(stream);
    };
  }

  /**
   * Asks something of a room. Lines, edits, take-backs and reactions are kept until the hub has
   * answered, whatever happens in between; the rest is given up after 20 s without a connection.
   * @param {string} room
   * @param {any} command `{ kind: 'say', text }` and so on: `Command` in docs/protocol.md
   * @returns {Promise<any>} the `ack`; rejects with {@link Refused}
   */
  async command(room, command) {
    await this.opened;
    return this.sender.command(room, command, this.#newest(room)).done;
  }

  /**
   * Says a line. Resolves as soon as the line cannot be lost any more, stored or waiting.
   * @param {string} room
   * @param {{ text: string, reply_to?: number, mentions?: string[] }} line
   * @returns {Promise<string>} the id under which it waits
   */
  async say(room, line) {
    await this.opened;
    const { id, stored } = this.sender.command(room, { kind: 'say', ...line }, this.#newest(room));
    await stored;
    return id;
  }

  /**
   * Watches a board: the first `top` rows and one's own with `around` on each side. One watcher per
   * board: watching again replaces what is shown. After a dropped connection it goes on by itself.
   * @param {string} board `week-xp`, or `cohort-week@<uuid>`
   * @param {{ top: number, around: number }} shows
   * @param {(model: BoardModel, refused?: any) => void} listener hears each change, with the whole
   *   window; `refused` is the `nack` when one may not watch it
   * @returns {() => void} stops watching
   */
  watch(board, shows, listener) {
    const watcher = { model: new BoardModel(shows), listener, asked: '', reading: false };
    this.watching.set(board, watcher);
    this.#askBoard(board);
    return () => {
      if (this.watching.get(board) !== watcher) return;
      this.watching.delete(board);
      this.connection.send([{ type: 'unwatch', id: uuidv7(), board }]);
    };
  }

  /**
   * Watches the desk of a cohort one coaches. One watcher per cohort. After a dropped connection it
   * goes on by itself; without a socket nobody pushes desks, and the listener hears so.
   * @param {string} cohort @param {import('./watched-desks.js').DeskListener} listener
   * @returns {() => void} stops watching
   */
  watchDesk(cohort, listener) { return this.desks.watch(cohort, listener); }

  /** @param {string} board @param {boolean} [anew] from nothing, since what we have cannot be built on */
  #askBoard(board, anew = false) {
    const watcher = this.watching.get(board);
    if (!watcher) return;
    if (this.connection.link?.kind === 'sse') return void this.#readBoard(board);
    const { model } = watcher;
    watcher.asked = uuidv7();
    const since = !anew && model.position ? { since: { ...model.position } } : {};
    this.connection.send([{ type: 'watch', id: watcher.asked, board, ...model.shows, ...since }]);
  }

  /** Where there is no socket nobody pushes boards: they are read, every few seconds. @param {string} board */
  async #readBoard(board) {
    const watcher = this.watching.get(board);
    if (!watcher || watcher.reading) return;
    const path = `/boards/${encodeURIComponent(board)}`;
    const isWatched = () => this.watching.get(board) === watcher && this.connection.link?.kind === 'sse';
    watcher.reading = true;
    while (isWatched()) {
      const refused = await this.#readOnce(path, watcher, isWatched);
      if (refused) break;
      await new Promise((resolve) => setTimeout(resolve, BOARD_EVERY_MS));
    }
    watcher.reading = false;
  }

  /** @param {string} path @param {any} watcher @param {() => boolean} isWatched @returns {Promise<boolean>} whether it was refused for good */
  async #readOnce(path, { model, listener }, isWatched) {
    try {
      const frame = await this.call('GET', path, { query: { limit: model.shows.top } });
      const near = model.shows.around ? await this.call('GET', `${path}/me`, { query: { around: model.shows.around } }) : { rows: [] };
      const rows = new Map([...frame.rows, ...near.rows].map((row) => [row.at, row]));
      if (isWatched()) {
        model.take({ ...frame, own: near.own ?? frame.own, rows: [...rows.values()] });
        listener(model);
      }
      return false;
    } catch (error) {
      const refused = error instanceof Refused && (error.status === 403 || error.status === 404);
      if (refused && isWatched()) listener(model, error);
      return refused;
    }
  }

  /** @param {any} frame */
  #hearBoard(frame) {
    const watcher = this.watching.get(frame.board);
    if (!watcher) return;
    switch (watcher.model.take(frame)) {
      case 'changed': return watcher.listener(watcher.model);
      case 'hole': return this.#askBoard(frame.board, true);
      case 'old': return undefined;
    }
  }

  /** Whether a refusal was of a board or a desk; then its watcher is told. @param {any} nack */
  #watchRefused(nack) {
    for (const watcher of this.watching.values()) {
      if (watcher.asked !== nack.id) continue;
      watcher.listener(watcher.model, nack);
      return true;
    }
    return this.desks.refused(nack);
  }

  /** @param {string} room @param {boolean} on */
  typing(room, on) {
    this.connection.send([{ type: 'typing', room, on }]);
  }
  /** @param {string} room @param {string} text */
  draft(room, text) { this.connection.send([{ type: 'draft', room, text }]); }

  /** @param {string} room @param {number} seq */
  read(room, seq) {
    this.connection.send([{ type: 'read', room, seq }]);
  }

  /** Tries to connect now instead of when the wait is over. */
  hurry() {
    if (this.state.name === 'refused') this.connection.stop();
    this.connection.start();
    this.connection.hurry();
  }

  /** @param {string} room */
  #newest(room) {
    return this.streams.followed.get(`room:${room}`)?.position?.seq ?? 0;
  }

  /** @param {any} frame */
  #hear(frame) {
    if (frame.type === 'welcome') {
      this.sender.dropped();
      // A copied tab may hold the resume token of whoever sat here before.
      if (this.user && frame.user !== this.user.id) {
        this.connection.world.resume.set(null);
        this.connection.lost();
        return;
      }
    } else if (frame.type === 'ack') {
      this.sender.answered(frame);
    } else if (frame.type === 'nack') {
      if (frame.id && this.sender.sending.has(frame.id)) this.sender.answered(frame);
      else if (!this.#watchRefused(frame)) this.#emit('nack', frame);
    } else if (frame.type === 'board') {
      this.#hearBoard(frame);
    } else if (frame.type === 'desk' || frame.type === 'desk_unwatched') {
      this.desks.hear(frame);
    } else if (frame.type === 'role_changed' && this.user) {
      this.user = { ...this.user, role: frame.role };
      this.#emit('user', this.user);
    }
    const stream = frame.stream ?? (frame.room && typeof frame.room === 'string' ? `room:${frame.room}` : null);
    if (stream) this.following.get(stream)?.(frame);
    this.#emit('frame', frame);
  }

  /** @param {State} state */
  #state(state) {
    this.#emit('state', state);
    if (state.name === 'live') {
      this.sender.flush();
      for (const board of this.watching.keys()) this.#askBoard(board);
      this.desks.askAll();
    } else this.sender.dropped();
  }

  /** @param {any} answer */
  #signedIn(answer) {
    const changed = this.user?.id !== answer.user.id;
    if (this.user && changed) this.#signedOut(false);
    this.user = answer.user;
    this.#emit('user', this.user);
    this.opened = this.#open(answer.user.id, this.opened);
  }

  /** @param {string} user @param {Promise<void>} before what is being opened already */
  async #open(user, before) {
    await before;
    await this.#openQueue(user);
    if (this.user?.id === user) this.connection.start();
  }

  /** @param {string} user */
  async #openQueue(user) {
    this.tab ||= await this.tabs.own();
    await this.sender.open(user, this.tab, (tab) => this.tabs.isAlive(tab));
  }

  /** @param {boolean} [told] */
  #signedOut(told = true) {
    this.rest.signedOut();
    this.connection.stop();
    this.connection.world.resume.set(null);
    this.sender.close();
    this.following.clear();
    this.watching.clear();
    this.desks.watched.clear();
    this.streams.followed.clear();
    this.user = null;
    if (told) this.#emit('user', null);
  }

  /** @param {string} name @param {any} detail */
  #emit(name, detail) {
    for (const listener of this.listeners.get(name) ?? []) listener(detail);
  }
}
