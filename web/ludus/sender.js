// Commands on their way. What was said is kept until the hub has said "stored" or "no": through
// dropped connections, reloads and a closed lid. One per room is in flight at a time, so that lines
// are stored in the order they were written even when one of them has to be sent twice.

import { uuidv7 } from './ids.js';
import { Refused, isPassing } from './refused.js';

/** What somebody asks for by a button is not worth doing a minute later. */
const IMPATIENT_MS_MAX = 20_000;
/** A lost answer on a connection that seems alive: ask again under the same id. */
const ANSWER_MS_MAX = 12_000;
const RETRY_MS = 2_000;
const KEPT = new Set(['say', 'edit', 'retract', 'react', 'resend']);

/**
 * @typedef {import('./queue.js').Entry} Entry
 * @typedef {object} Sending
 * @property {Entry} entry
 * @property {boolean} kept
 * @property {boolean} inFlight
 * @property {number} notBefore
 * @property {any} [deadline]
 * @property {any} [answerBy]
 * @property {(ack: any) => void} resolve
 * @property {(refused: Refused) => void} reject
 */

export class Sender {
  /**
   * @param {object} options
   * @param {{ put: (entry: Entry) => Promise<void>, remove: (id: string) => Promise<void>,
   *   all: (user: string) => Promise<Entry[]>, clear: (user: string) => Promise<void> }} options.queue
   * @param {(frames: any[]) => boolean} options.transmit
   * @param {(entries: Entry[]) => void} options.onChange what is waiting, oldest first
   * @param {() => number} options.now
   */
  constructor({ queue, transmit, onChange, now }) {
    this.queue = queue;
    this.transmit = transmit;
    this.onChange = onChange;
    this.now = now;
    /** @type {string | null} */
    this.user = null;
    this.tab = '';
    /** @type {Map<string, Sending>} oldest first */
    this.sending = new Map();
    /** @type {any} */
    this.timer = null;
  }

  /**
   * Takes up what this tab, or a tab that is gone, had not got through.
   * @param {string} user
   * @param {string} tab
   * @param {(tab: string) => Promise<boolean>} isAlive
   */
  async open(user, tab, isAlive) {
    if (this.user === user) return;
    this.close();
    this.user = user;
    this.tab = tab;
    const stored = await this.queue.all(user).catch(() => []);
    for (const entry of stored) {
      if (entry.tab !== tab && (await isAlive(entry.tab))) continue;
      if (entry.tab !== tab) {
        entry.tab = tab;
        await this.queue.put(entry).catch(() => {});
      }
      if (this.user === user && !this.sending.has(entry.id)) this.#track(entry, true);
    }
    // Something may have been written while the store was read; ids keep the order.
    this.sending = new Map([...this.sending].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#changed();
    this.flush();
  }

  /** Forgets in memory; what is kept stays kept for the next time this user is here. */
  close() {
    for (const sending of this.sending.values()) {
      clearTimeout(sending.deadline);
      clearTimeout(sending.answerBy);
      sending.reject(Refused.offline());
    }
    this.sending.clear();
    clearTimeout(this.timer);
    this.user = null;
    this.#changed();
  }

  /**
   * @param {string} room
   * @param {any} command
   * @param {number} [after] the newest event of the room that is known here
   * @returns {{ id: string, stored: Promise<void>, done: Promise<any> }} `stored` when it would
   *   survive a reload, `done` when the hub has answered
   */
  command(room, command, after = 0) {
    if (!this.user) throw Refused.offline();
    const entry = { id: uuidv7(this.now()), user: this.user, tab: this.tab, room, command, at: this.now(), after };
    const kept = KEPT.has(command.kind);
    const done = this.#track(entry, kept);
    const stored = kept ? this.queue.put(entry).catch(() => {}) : Promise.resolve();
    this.#changed();
    this.flush();
    return { id: entry.id, stored, done };
  }

  /** Sends whatever may be sent now. */
  flush() {
    const busy = new Set();
    let next = Infinity;
    for (const sending of this.sending.values()) {
      const { entry, kept } = sending;
      if (entry.failed) continue;
      if (kept && busy.has(entry.room)) continue;
      if (kept) busy.add(entry.room);
      if (sending.inFlight) continue;
      if (sending.notBefore > this.now()) {
        next = Math.min(next, sending.notBefore);
        continue;
      }
      if (!this.transmit([{ type: 'command', id: entry.id, room: entry.room, do: entry.command }])) return;
      sending.inFlight = true;
      clearTimeout(sending.answerBy);
      sending.answerBy = setTimeout(() => {
        sending.inFlight = false;
        this.flush();
      }, ANSWER_MS_MAX);
    }
    clearTimeout(this.timer);
    if (next < Infinity) this.timer = setTimeout(() => this.flush(), Math.max(10, next - this.now()));
  }

  /** The connection is gone: what was in flight may or may not have arrived. The same id tells. */
  dropped() {
    for (const sending of this.sending.values()) {
      sending.inFlight = false;
      clearTimeout(sending.answerBy);
    }
  }

  /** @param {any} frame an `ack` or a `nack` */
  answered(frame) {
    const sending = this.sending.get(frame.id);
    if (!sending) return;
    clearTimeout(sending.answerBy);
    sending.inFlight = false;
    if (frame.type === 'ack') {
      this.#forget(sending);
      // Whatever waits behind it in this room will be stored behind it.
      for (const { entry } of this.sending.values()) {
        if (entry.room === sending.entry.room) entry.after = Math.max(entry.after, frame.seq);
      }
      sending.resolve(frame);
    } else if (isPassing(frame.code)) {
      sending.notBefore = this.now() + (frame.retry_after_ms ?? RETRY_MS);
    } else if (sending.kept) {
      // Stays in sight of its author, who may mend it, send it again or drop it.
      sending.entry.failed = { code: frame.code, message: frame.message };
      this.queue.put(sending.entry).catch(() => {});
      sending.reject(new Refused(frame.code, frame.message));
    } else {
      this.#forget(sending);
      sending.reject(new Refused(frame.code, frame.message, { retryAfterMs: frame.retry_after_ms }));
    }
    this.#changed();
    this.flush();
  }

  /** Sends a refused one again: as a new command, for the old id has had its answer. @param {string} id */
  retry(id) {
    const sending = this.sending.get(id);
    if (!sending?.entry.failed) return;
    this.discard(id);
    this.command(sending.entry.room, sending.entry.command, sending.entry.after).done.catch(() => {});
  }

  /** Drops one that was refused. @param {string} id */
  discard(id) {
    const sending = this.sending.get(id);
    if (!sending) return;
    this.#forget(sending);
    this.#changed();
  }

  /** What is waiting, oldest first. */
  entries() {
    return [...this.sending.values()].filter(({ kept }) => kept).map(({ entry }) => entry);
  }

  /**
   * Before signing out: waits for what is on its way.
   * @param {number} msMax
   * @returns {Promise<number>} how many are still unsent
   */
  async settle(msMax) {
    const until = this.now() + msMax;
    while (this.entries().some((entry) => !entry.failed) && this.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.entries().length;
  }

  /**
   * @param {Entry} entry
   * @param {boolean} kept
   * @returns {Promise<any>}
   */
  #track(entry, kept) {
    const { promise, resolve, reject } = withResolvers();
    // Nobody has to listen: kept commands show their fate in `entries`.
    promise.catch(() => {});
    /** @type {Sending} */
    const sending = { entry, kept, inFlight: false, notBefore: 0, resolve, reject };
    if (!kept) {
      sending.deadline = setTimeout(() => {
        this.#forget(sending);
        reject(Refused.offline());
      }, IMPATIENT_MS_MAX);
    }
    this.sending.set(entry.id, sending);
    return promise;
  }

  /** @param {Sending} sending */
  #forget(sending) {
    clearTimeout(sending.deadline);
    clearTimeout(sending.answerBy);
    this.sending.delete(sending.entry.id);
    if (sending.kept) this.queue.remove(sending.entry.id).catch(() => {});
  }

  #changed() {
    this.onChange(this.entries());
  }
}

/** @returns {{ promise: Promise<any>, resolve: (value: any) => void, reject: (error: any) => void }} */
function withResolvers() {
  /** @type {any} */ let resolve;
  /** @type {any} */ let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
