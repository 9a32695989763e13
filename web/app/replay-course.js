// A room looked back on, as a course of frames in time: what followers were told, and when. Pure.

import { RoomModel } from './room-model.js';

/**
 * @typedef {{ seq: number, at: number, by?: string, fact: any, track: string, judged?: { quality: string, value: number }[], gained?: Gained[], comments?: Comment[] }} Moment
 * @typedef {{ user: string, what: 'points' | 'badge', rule?: string, kind?: string, points?: number, says?: string, badge?: string, level?: number }} Gained
 * @typedef {{ id: string, seq: number, after_ms?: number, by: string, at: number, text: string, shared: boolean }} Comment
 * @typedef {{ ms: number, order: number, frame: any }} Entry
 */

/** A rest that is worth skipping, and how much of its end is left. */
const REST_MS = 2_500;
const BEFORE_NEXT_MS = 600;
/** A line without marks of its pace is told in so many steps. */
const STEPS = 12;

export class Course {
  /** @param {{ from: number, to: number }} outline */
  constructor({ from, to }) {
    this.from = from;
    this.length = Math.max(0, to - from);
    /** @type {Moment[]} */
    this.moments = [];
    /** What is told, in time. @type {Entry[]} */
    this.entries = [];
    /** @type {Map<number, { ms: number, moment: Moment }>} */
    this.bySeq = new Map();
    /** When each attempt of a turn was begun. @type {Map<string, number>} */
    this.begun = new Map();
    this.last = 0;
  }

  /** More of it, in order. @param {Moment[]} moments */
  add(moments) {
    for (const moment of moments) {
      const { seq, at, by, fact } = moment;
      // Clocks of nodes differ a little; what came later was told later.
      const ms = Math.max(this.last, at - this.from);
      this.last = ms;
      this.moments.push(moment);
      this.bySeq.set(seq, { ms, moment });
      this.entries.push({ ms, order: seq, frame: { type: 'event', seq, at, by, fact } });
      if (fact.kind === 'turn_begun') this.begun.set(`${fact.turn}/${fact.attempt}`, ms);
      if (fact.kind === 'spoke') this.#spoke(seq, ms, fact);
    }
    this.entries.sort((a, b) => a.ms - b.ms || a.order - b.order);
    this.length = Math.max(this.length, this.last);
  }

  /** The words of an answer, as they were told. @param {number} seq @param {number} end @param {any} fact */
  #spoke(seq, end, fact) {
    const begun = this.begun.get(`${fact.turn}/${fact.attempt}`);
    if (begun === undefined || !fact.text) return;
    const letters = [...fact.text];
    const even = () => Array.from({ length: STEPS }, (_, i) => [((end - begun) * (i + 1)) / (STEPS + 1), Math.ceil((letters.length * (i + 1)) / STEPS)]);
    let from = 0;
    for (const [after, chars] of fact.notes?.pace ?? even()) {
      const text = letters.slice(from, chars).join('');
      if (!text) continue;
      const frame = { type: 'speaking', turn: fact.turn, attempt: fact.attempt, persona: fact.persona, from, text };
      this.entries.push({ ms: Math.min(end, begun + after), order: seq - 0.5, frame });
      from = Math.min(chars, letters.length);
    }
  }

  /** The moment that had come by then, if any had. @param {number} ms @returns {Moment | undefined} */
  at(ms) {
    let found;
    for (const { ms: then, frame } of this.entries) {
      if (then > ms) break;
      if (frame.type === 'event') found = frame.seq;
    }
    return found === undefined ? undefined : this.bySeq.get(found)?.moment;
  }

  /** When something happened, or somebody wrote beside it. @param {{ seq: number, after_ms?: number }} place @returns {number} */
  msOf({ seq, after_ms = 0 }) {
    return Math.min(this.length, (this.bySeq.get(seq)?.ms ?? 0) + after_ms);
  }

  /** What everybody had gained by then, the most first. @param {number} ms @returns {{ user: string, points: number, badges: string[] }[]} */
  gainedBy(ms) {
    /** @type {Map<string, { user: string, points: number, badges: string[] }>} */
    const sums = new Map();
    for (const { seq, gained } of this.moments) {
      if (this.msOf({ seq }) > ms) break;
      for (const { user, what, points, badge } of gained ?? []) {
        const sum = sums.get(user) ?? { user, points: 0, badges: [] };
        if (what === 'badge') sum.badges.push(String(badge));
        else sum.points += points ?? 0;
        sums.set(user, sum);
      }
    }
    return [...sums.values()].sort((a, b) => b.points - a.points);
  }
}

/** Where one is in a course, and the room as it was then. */
export class Playhead {
  /** @param {Course} course @param {string} id @param {Record<string, string>} names */
  constructor(course, id, names) {
    this.course = course;
    this.id = id;
    this.names = names;
    this.ms = 0;
    this.next = 0;
    this.model = this.#begin();
  }

  /** The room before anything had happened. */
  #begin() {
    const model = new RoomModel(this.id);
    const opened = this.course.moments.find(({ fact }) => fact.kind === 'opened')?.fact.plan ?? { title: '', kind: 'lounge', entry: 'open', capacity: 0 };
    model.take({ type: 'subscribed', epoch: 1, head: 0, room: { plan: opened, phase: opened.lobby ? 'lobby' : 'live', members: {}, member_count: 0 } }, 0);
    for (const [user, name] of Object.entries(this.names)) model.people.set(user, name);
    this.next = 0;
    return model;
  }

  /**
   * Goes to a time: on from where one is, or, to go back, from the beginning.
   * @param {number} ms @returns {boolean} whether anything was told or untold by it
   */
  seek(ms) {
    const to = Math.min(Math.max(0, ms), this.course.length);
    const back = to < this.ms;
    if (back) this.model = this.#begin();
    this.ms = to;
    const { entries } = this.course;
    const was = this.next;
    for (; this.next < entries.length && entries[this.next].ms <= to; this.next++) this.model.take(entries[this.next].frame, to);
    return back || this.next > was;
  }

  /** The course has grown where one had been already. */
  again() {
    this.model = this.#begin();
    const { ms } = this;
    this.ms = 0;
    this.seek(ms);
  }

  /** Where one is after some time of playing; rests are cut short where that is wanted. @param {number} ms @param {boolean} skips @returns {number} */
  after(ms, skips) {
    const to = this.ms + ms;
    const next = this.course.entries[this.next];
    if (!skips || !next || next.ms <= to || next.ms - this.ms <= REST_MS) return to;
    return next.ms - BEFORE_NEXT_MS;
  }
}

/** Minutes and seconds, as a clock that counts up. @param {number} ms */
export function counted(ms) {
  const s = Math.floor(ms / 1_000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return s < 3_600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3_600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
