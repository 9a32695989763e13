// One room as this page knows it: events folded into lines, whatever order they were read in
// (history comes backwards, life comes forwards). Pure.

import { fold, insert, setBeside } from './lines.js';
import { t } from './texts.js';
import { Voices } from './voices.js';

/**
 * @typedef {object} Seat
 * @property {string} name
 * @property {boolean} [host]
 * @property {boolean} [muted]
 * @property {number} [muted_until] when that ends by itself
 * @property {number} [hand]
 *
 * @typedef {object} View
 * @property {{ kind: string, entry: string, title: string, capacity: number, lobby?: boolean, scene?: Scene }} plan
 * @property {string} phase
 * @property {Record<string, Seat>} members
 * @property {number} member_count
 * @property {string} [code]
 * @property {any} [stage] whose turn it is among the personas
 * @property {boolean} [scene_closed]
 * @property {Record<string, string[]>} [directions] how coaches want personas to go on; told to coaches only
 *
 * @typedef {object} Scene what is played, and by which personas
 * @property {string} [scenario]
 * @property {{ persona: string, name: string, title: string }[]} cast
 * @property {number} [harder]
 * @property {number} [minutes]
 *
 * @typedef {object} Recorded
 * @property {number} seq
 * @property {number} at
 * @property {string} [by]
 * @property {any} fact what happened; its `kind` says which
 *
 * @typedef {object} Line
 * @property {number} seq
 * @property {number} at
 * @property {string} by
 * @property {string} text as it reads now
 * @property {{ at: number, text: string }[]} versions what it read before, oldest first
 * @property {boolean} retracted
 * @property {boolean} hidden a coach has hidden it; coaches read it all the same
 * @property {number} [replyTo]
 * @property {string[]} mentions
 * @property {{ emoji: string, users: string[] }[]} reactions in the order they first came
 * @property {string} [asPersona] the persona from whose seat a coach said it
 * @property {number} [insteadOf] the line it takes the place of, for the personas
 * @property {Record<string, number>} facts what was counted in it
 * @property {import('./views/room/remark.js').Remark} [remark] what a model thinks of it; told to its author and coaches only
 *
 * @typedef {{ kind: 'line', seq: number, at: number, line: Line }
 *   | { kind: 'voice', seq: number, at: number, answer: import('./voices.js').Answer }
 *   | { kind: 'beside', seq: number, at: number, items: Item[] }
 *   | { kind: 'notice', seq: number, at: number, event: Recorded }} Item `voice`: what a persona said;
 *   `beside`: what was said before a line was said differently
 */

/** Somebody who typed this long ago and sent no more has stopped. */
const TYPING_MS_MAX = 6_000;
const NOTICES = new Set(['opened', 'joined', 'left', 'renamed', 'phase_changed', 'removed', 'moved', 'banned', 'unbanned', 'muted', 'line_held', 'hand_raised', 'scene_closed', 'seat_taken', 'seat_handed_back', 'directed', 'whispered', 'announced', 'extended']);
/** Frames that leave what was said as it is, or say themselves whether they do. */
const QUIET = new Set(['typing', 'presence', 'hints', 'speaking', 'watched', 'draft_seen']);
/** A persona follows its last few directions. */
const DIRECTIONS_MAX = 3;
/** What is being said at this moment stands after everything that is stored. */
const NOW_SEQ = Number.MAX_SAFE_INTEGER - 100;

export class RoomModel {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.head = 0;
    this.from = 0;
    this.epoch = 0;
    this.forget();
    /** Names of everybody ever met here. @type {Map<string, string>} */
    this.people = new Map();
    /** Up to where this person has read; -1 while nobody has said. */
    this.readSeq = -1;
  }

  /** Drops what history said; used when history itself was replaced. */
  forget() {
    /** @type {View | null} */
    this.view = null;
    this.epoch = 0;
    /** The newest event there is, as far as we know. */
    this.head = 0;
    /** From here on we know every event (for us); above `head` when we know none. */
    this.from = 0;
    /** The first event of all is known. */
    this.complete = false;
    /** @type {Map<number, Recorded>} */
    this.events = new Map();
    /** Edits, take-backs, reactions and remarks, by the line they are about. @type {Map<number, Recorded[]>} */
    this.about = new Map();
    /** @type {Map<number, Line>} */
    this.folded = new Map();
    /** Seqs of what is shown, sorted. @type {number[]} */
    this.shown = [];
    /** @type {{ here: Map<string, string>, count: number }} */
    this.presence = { here: new Map(), count: 0 };
    /** What the hub says of the line that is being written. @type {{ hint: string, start: number, end: number }[]} */
    this.hints = [];
    /** @type {Map<string, number>} */
    this.typing = new Map();
    /** @type {Voices} */
    this.voices = new Voices();
    this.gone = false;
    /** Coaches who look on, and whether they see what is being written: nobody, until the hub says so. @type {{ coaches: { user: string, name: string }[], drafts: boolean }} */
    this.watched = { coaches: [], drafts: false };
    /** Lines that are being written, for coaches where the org allows it. @type {Map<string, string>} */
    this.drafts = new Map();
    /** What `items` said last; null when it has to be asked anew. @type {Item[] | null} */
    this.drawn = null;
  }

  /**
   * A frame of the room's stream.
   * @param {any} frame
   * @param {number} now
   * @returns {boolean} whether what is shown changed, but for the text that somebody is just saying
   */
  take(frame, now) {
    // Who types and who is here says nothing of what was said: the list of it stays the same one.
    if (!QUIET.has(frame.type)) this.drawn = null;
    switch (frame.type) {
      case 'event':
        this.#add(frame);
        this.#evolve(frame);
        this.head = Math.max(this.head, frame.seq);
        if (frame.by) this.typing.delete(frame.by);
        break;
      case 'speaking': {
        const isNew = this.voices.hear(frame);
        if (isNew) this.drawn = null;
        return isNew;
      }
      case 'skip':
        this.head = Math.max(this.head, frame.to);
        break;
      case 'reset':
        this.forget();
        this.#begin(frame);
        break;
      case 'subscribed':
        if (this.epoch && this.epoch !== frame.epoch) this.forget();
        this.#begin(frame);
        break;
      case 'unsubscribed':
        this.gone = true;
        break;
      case 'presence':
        this.#present(frame);
        break;
      case 'watched':
        this.watched = { coaches: frame.coaches, drafts: frame.drafts };
        break;
      case 'draft_seen':
        if (frame.text) this.drafts.set(frame.user, frame.text);
        else this.drafts.delete(frame.user);
        break;
      case 'hints':
        this.hints = frame.hints;
        break;
      case 'typing':
        if (frame.on) this.typing.set(frame.user, now + TYPING_MS_MAX);
        else this.typing.delete(frame.user);
        break;
      default:
    }
    return true;
  }

  /**
   * A page of history that ends right before what we know.
   * @param {{ events: Recorded[], names?: Record<string, string>, first: number }} page
   */
  addPage({ events, names = {}, first }) {
    this.drawn = null;
    for (const [user, name] of Object.entries(names)) if (!this.people.has(user)) this.people.set(user, name);
    for (const event of events) this.#add(event);
    this.from = Math.min(this.from || Infinity, first);
    this.complete = this.from <= 1;
  }

  /** @param {string} user */
  nameOf(user) {
    return this.view?.members[user]?.name ?? this.people.get(user) ?? this.presence.here.get(user) ?? t('Somebody');
  }

  /** @param {number} seq @returns {Line | null} null when it is not loaded or no line */
  line(seq) {
    const known = this.folded.get(seq);
    if (known) return known;
    const said = this.events.get(seq);
    if (said?.fact.kind !== 'said') return null;
    const line = fold(said, this.about.get(seq) ?? []);
    this.folded.set(seq, line);
    return line;
  }

  /** Everything to show, oldest first: the same list until something of it changes. @returns {Item[]} */
  items() {
    this.drawn ??= this.#items();
    return this.drawn;
  }

  /** @returns {Item[]} */
  #items() {
    /** @type {Item[]} */
    const items = [];
    for (const seq of this.shown) {
      const event = /** @type {Recorded} */ (this.events.get(seq));
      const { at, fact } = event;
      const line = this.line(seq);
      if (line) {
        if (line.insteadOf) setBeside(items, line.insteadOf, seq, at);
        items.push({ kind: 'line', seq, at, line });
      } else if (fact.kind === 'spoke') {
        // Other versions stand where the first one does.
        if (this.voices.rootOf(fact.turn) === fact.turn) items.push({ kind: 'voice', seq, at, answer: this.voices.answer(fact.turn) });
      } else {
        items.push({ kind: 'notice', seq, at, event });
      }
    }
    this.voices.fresh().forEach(({ turn }, i) => {
      const answer = this.voices.answer(turn);
      items.push({ kind: 'voice', seq: NOW_SEQ + i, at: answer.at, answer });
    });
    return items;
  }

  /** Which coach speaks from a persona's seat, if one does. @param {string} persona @returns {{ by: string, name: string, asked_by?: string } | undefined} */
  holderOf(persona) {
    return this.view?.stage?.held?.[persona];
  }

  /** Who looks on without a seat: coaches, where a practice is one's own. @param {string} me @returns {{ user: string, name: string }[]} */
  watchers(me) {
    const { view } = this;
    const there = [...this.watched.coaches.map(({ user, name }) => /** @type {[string, string]} */ ([user, name])), ...this.presence.here];
    return view ? [...new Map(there)].filter(([user]) => user !== me && !view.members[user]).map(([user, name]) => ({ user, name })) : [];
  }

  /** The name of a persona. @param {string} persona */
  personaName(persona) {
    return this.view?.plan.scene?.cast.find((seat) => seat.persona === persona)?.name ?? persona;
  }

  /** Lines of others after the read position, as far as we know them. @param {string} me */
  unread(me) {
    if (this.readSeq < 0) return 0;
    let count = 0;
    for (let i = this.shown.length - 1; i >= 0 && this.shown[i] > this.readSeq; i--) {
      const event = this.events.get(this.shown[i]);
      if (event?.fact.kind === 'said' && event.by !== me) count += 1;
    }
    return count;
  }

  /** Who is typing now, but for oneself. @param {string} me @param {number} now */
  typists(me, now) {
    const names = [];
    for (const [user, until] of this.typing) {
      if (until <= now) this.typing.delete(user);
      else if (user !== me) names.push(this.nameOf(user));
    }
    return names;
  }

  /** Raised hands, first come first served. */
  hands() {
    return Object.entries(this.view?.members ?? {})
      .filter(([, seat]) => seat.hand)
      .sort(([, a], [, b]) => (a.hand ?? 0) - (b.hand ?? 0))
      .map(([user, seat]) => ({ user, name: seat.name }));
  }

  /** @param {any} frame */
  #begin(frame) {
    this.gone = false;
    this.watched = { coaches: [], drafts: false };
    this.drafts.clear();
    this.epoch = frame.epoch;
    this.head = Math.max(this.head, frame.head);
    if (!this.from) this.from = frame.head + 1;
    if (frame.head === 0) this.complete = true;
    if (frame.room) {
      this.view = structuredClone(frame.room);
      this.voices.begin(frame.room.stage);
      for (const [user, seat] of Object.entries(frame.room.members)) this.people.set(user, /** @type {Seat} */ (seat).name);
    }
  }

  /** @param {any} frame */
  #present(frame) {
    const { here } = this.presence;
    if (frame.whole) here.clear();
    for (const { user, name } of frame.came ?? []) {
      here.set(user, name);
      if (!this.people.has(user)) this.people.set(user, name);
    }
    for (const user of frame.went ?? []) {
      here.delete(user);
      this.typing.delete(user);
    }
    this.presence.count = frame.count;
  }

  /** @param {any} event */
  #add({ seq, at, by, fact }) {
    if (this.events.has(seq)) return;
    const event = { seq, at, by, fact };
    this.events.set(seq, event);
    if (fact.kind === 'joined') this.people.set(fact.user, fact.name);
    if (typeof fact.line === 'number') {
      const about = this.about.get(fact.line) ?? [];
      about.push(event);
      about.sort((a, b) => a.seq - b.seq);
      this.about.set(fact.line, about);
      this.folded.delete(fact.line);
      if (fact.kind === 'retracted' || fact.kind === 'line_hidden') this.#takenBack(fact.line);
      if (fact.kind === 'line_shown') this.#shownAgain(fact.line);
    } else if (fact.kind === 'spoke') {
      this.voices.add(event, (other) => this.events.get(other));
      if (this.#isGone(seq)) this.#takenBack(seq);
      // A turn that was stopped before it began has nothing to show.
      if (fact.text || fact.end !== 'stopped') insert(this.shown, seq);
    } else if (fact.kind === 'said' || NOTICES.has(fact.kind)) {
      insert(this.shown, seq);
    } else if (fact.kind === 'turn_stopped') {
      this.voices.add(event, (other) => this.events.get(other));
    }
  }

  /** Whether an answer was taken back, or hidden and not shown again. @param {number} seq */
  #isGone(seq) {
    const about = this.about.get(seq) ?? [];
    return about.some(({ fact }) => fact.kind === 'retracted') || about.findLast(({ fact }) => fact.kind === 'line_hidden' || fact.kind === 'line_shown')?.fact.kind === 'line_hidden';
  }

  /** @param {number} seq */
  #shownAgain(seq) {
    const fact = this.events.get(seq)?.fact;
    if (fact?.kind !== 'spoke' || this.#isGone(seq)) return;
    this.voices.retracted.delete(fact.turn);
    this.voices.answers.clear();
  }

  /** What history says of these now: a line that was hidden has its text again. @param {Recorded[]} events */
  reread(events) {
    this.drawn = null;
    for (const event of events) {
      const { seq, at, by, fact } = event;
      if (!this.events.has(seq)) continue;
      const known = { seq, at, by, fact };
      this.events.set(seq, known);
      const about = this.about.get(fact.line);
      if (about) this.about.set(fact.line, about.map((other) => (other.seq === seq ? known : other)));
      this.folded.delete(fact.line ?? seq);
      this.folded.delete(seq);
      if (fact.kind === 'spoke') {
        this.voices.answers.clear();
        this.#shownAgain(seq);
      }
    }
  }

  /** A persona's answer was taken back. @param {number} seq */
  #takenBack(seq) {
    const fact = this.events.get(seq)?.fact;
    if (fact?.kind !== 'spoke') return;
    this.voices.retracted.add(fact.turn);
    this.voices.answers.clear();
  }

  /** What an event of now does to the room's state. @param {any} event */
  #evolve({ seq, fact }) {
    this.voices.evolve({ fact });
    const view = this.view;
    if (!view) return;
    const seat = view.members[fact.user];
    switch (fact.kind) {
      case 'opened':
        view.plan = fact.plan;
        break;
      case 'joined':
        if (!seat) view.member_count += 1;
        view.members[fact.user] = { name: fact.name, host: fact.host };
        break;
      case 'left':
      case 'moved':
      case 'removed':
      case 'banned':
        if (seat) view.member_count -= 1;
        delete view.members[fact.user];
        break;
      case 'hand_raised':
        if (seat) seat.hand = fact.up ? seq : undefined;
        break;
      case 'muted':
        if (seat) Object.assign(seat, { muted: fact.muted, muted_until: fact.until });
        break;
      case 'renamed':
        view.plan.title = fact.title;
        break;
      case 'phase_changed':
        view.phase = fact.phase;
        break;
      case 'scene_closed':
        view.scene_closed = true;
        break;
      case 'extended':
        if (view.plan.scene) view.plan.scene.minutes = (view.plan.scene.minutes ?? 0) + fact.minutes;
        break;
      case 'seat_taken':
        heldIn(view)[fact.persona] = { by: fact.by, name: fact.name, take: fact.take };
        break;
      case 'seat_asked':
        if (heldIn(view)[fact.persona]) heldIn(view)[fact.persona].asked_by = fact.by;
        break;
      case 'seat_handed_back':
        delete heldIn(view)[fact.persona];
        break;
      case 'directed':
        view.directions ??= {};
        view.directions[fact.persona] = fact.text ? [...(view.directions[fact.persona] ?? []), fact.text].slice(-DIRECTIONS_MAX) : [];
        break;
      default:
    }
  }
}

/** @param {View} view @returns {Record<string, any>} */
function heldIn(view) {
  view.stage ??= {};
  view.stage.held ??= {};
  return view.stage.held;
}
