// What personas say in a room: turns that are open, text as it comes, answers with their versions.
// Pure. The text of a turn that is being spoken is kept apart from events, since it comes thirty
// times a second and is void as soon as its `spoke` is there.

import { locale, once } from './texts.js';

/**
 * @typedef {object} Turn
 * @property {number} turn
 * @property {string} persona
 * @property {string} why
 * @property {number} [of]
 * @property {string} [askedBy]
 * @property {number} attempt
 * @property {boolean} stopped
 *
 * @typedef {object} Version
 * @property {number} turn the newest of its parts, which is what can be asked to go on
 * @property {string} text
 * @property {number} at
 * @property {string} end done, stopped, cut, broken, withheld or failed
 * @property {boolean} interrupted it stopped because somebody spoke
 * @property {boolean} retracted
 * @property {string[]} goals met with it
 * @property {string} ended how the scene ended with it
 *
 * @typedef {object} Answer
 * @property {number} root the turn that was asked first
 * @property {string} persona
 * @property {number} at
 * @property {Version[]} versions oldest first
 * @property {Turn | null} live the turn that is just adding a version, or going on with the last one
 */

export class Voices {
  constructor() {
    /** @type {Map<number, Turn>} */
    this.open = new Map();
    /** Text so far. @type {Map<number, { attempt: number, text: string, chars: number }>} */
    this.heard = new Map();
    /** @type {Map<number, any>} */
    this.spoke = new Map();
    /** Turns that are another version of, or go on from, a turn. @type {Map<number, number[]>} */
    this.after = new Map();
    /** @type {Set<number>} */
    this.interrupted = new Set();
    /** @type {Set<number>} turns whose text was taken back */
    this.retracted = new Set();
    /** @type {Map<string, number>} the last closed turn of each persona: the one that can be taken up */
    this.last = new Map();
    /** @type {Map<number, Answer>} */
    this.answers = new Map();
  }

  /** What a snapshot of the room says of now. @param {any} stage */
  begin(stage) {
    this.open.clear();
    for (const [turn, open] of Object.entries(stage?.open ?? {})) this.#opened(Number(turn), open);
    for (const [persona, { turn }] of Object.entries(/** @type {Record<string, any>} */ (stage?.last ?? {}))) this.last.set(persona, Math.max(turn, this.last.get(persona) ?? 0));
    for (const turn of this.heard.keys()) if (!this.open.has(turn)) this.heard.delete(turn);
    this.answers.clear();
  }

  /** An event, of now or of history. @param {any} event @param {(seq: number) => any} at an event by its place */
  add(event, at) {
    const { fact } = event;
    if (fact.kind === 'spoke') {
      this.spoke.set(fact.turn, event);
      this.last.set(fact.persona, Math.max(fact.turn, this.last.get(fact.persona) ?? 0));
      if (fact.of !== undefined) this.after.set(fact.of, [...(this.after.get(fact.of) ?? []).filter((turn) => turn !== fact.turn), fact.turn].sort((a, b) => a - b));
      this.answers.clear();
    } else if (fact.kind === 'turn_stopped' && isInterruption(event, at)) {
      this.interrupted.add(fact.turn);
      this.answers.clear();
    }
  }

  /** What an event of now does to the turns. @param {any} event */
  evolve({ fact }) {
    const open = this.open.get(fact.turn);
    switch (fact.kind) {
      case 'turn_asked':
        this.#opened(fact.turn, fact);
        break;
      case 'turn_begun':
        if (open) open.attempt = fact.attempt;
        break;
      case 'turn_stopped':
        if (open) open.stopped = true;
        break;
      case 'spoke':
        this.open.delete(fact.turn);
        this.heard.delete(fact.turn);
        break;
      default:
        return;
    }
    this.answers.clear();
  }

  /**
   * More of what is being said. Text is only ever added at its end: what does not fit is left, the
   * whole text comes with `spoke`.
   * @param {{ turn: number, persona: string, attempt: number, from: number, text: string }} frame
   * @returns {boolean} whether there is something to draw that was not there before
   */
  hear({ turn, persona, attempt, from, text }) {
    if (this.spoke.has(turn)) return false;
    const known = this.heard.get(turn);
    if (known && attempt < known.attempt) return false;
    const before = known && attempt === known.attempt ? known : { attempt, text: '', chars: 0 };
    if (from > before.chars) return false;
    const fresh = [...text].slice(before.chars - from);
    if (!fresh.length) return false;
    this.heard.set(turn, { attempt, text: before.text + fresh.join(''), chars: before.chars + fresh.length });
    if (!this.open.has(turn)) this.#opened(turn, { persona, why: 'line', attempt });
    if (!known) this.answers.clear();
    return !known;
  }

  /** What a persona has said of a turn until now. @param {number} turn */
  textOf(turn) {
    return this.heard.get(turn)?.text ?? '';
  }

  /** The turn whose answer a turn belongs to, as far as it is loaded. @param {number} turn @param {number} [of] */
  rootOf(turn, of = this.spoke.get(turn)?.fact.of) {
    for (let next = of; next !== undefined && this.spoke.has(next); next = this.spoke.get(next).fact.of) turn = next;
    return turn;
  }

  /** @param {number} root @returns {Answer} */
  answer(root) {
    const known = this.answers.get(root);
    if (known) return known;
    const live = [...this.open.values()].find((open) => this.rootOf(open.turn, open.of) === root && this.heard.has(open.turn)) ?? null;
    const first = this.spoke.get(root);
    const answer = { root, persona: first?.fact.persona ?? live?.persona ?? '', at: first?.at ?? Date.now(), versions: this.#versions(root), live };
    this.answers.set(root, answer);
    return answer;
  }

  /** Open turns of which one hears something, and that are no version of what is shown already. */
  fresh() {
    return [...this.open.values()].filter(({ turn, of }) => this.heard.has(turn) && this.rootOf(turn, of) === turn).sort((a, b) => a.turn - b.turn);
  }

  /** Who was asked and has not begun to speak: one entry a persona. */
  thinking() {
    const speaking = new Set([...this.open.values()].filter(({ turn }) => this.heard.has(turn)).map(({ persona }) => persona));
    return [...new Set([...this.open.values()].filter(({ stopped }) => !stopped).map(({ persona }) => persona))].filter((persona) => !speaking.has(persona));
  }

  /** Every goal met so far, with the place of the line. @returns {Map<string, number>} */
  goals() {
    const met = new Map();
    for (const { seq, fact } of [...this.spoke.values()].sort((a, b) => a.seq - b.seq)) for (const goal of fact.notes?.goals_met ?? []) if (!met.has(goal)) met.set(goal, seq);
    return met;
  }

  /** How a persona feels, as it last showed. @param {string} persona */
  mood(persona) {
    const turn = Math.max(0, ...[...this.spoke.values()].filter(({ fact }) => fact.persona === persona && fact.notes?.mood).map(({ fact }) => fact.turn));
    return this.spoke.get(turn)?.fact.notes.mood ?? '';
  }

  /** @param {number} turn @param {any} open */
  #opened(turn, { persona, why, of, asked_by, attempt = 0, stopped = false }) {
    if (this.spoke.has(turn)) return;
    this.open.set(turn, { turn, persona, why, of, askedBy: asked_by, attempt, stopped });
    this.answers.clear();
  }

  /** @param {number} root @returns {Version[]} */
  #versions(root) {
    /** @type {Version[]} */
    const versions = [];
    /** Which version a turn is part of. @type {Map<number, Version>} */
    const of = new Map();
    for (const turn of this.#family(root)) {
      const event = this.spoke.get(turn);
      const { fact } = event;
      const part = { turn, text: fact.text, at: event.at, end: fact.end, interrupted: this.interrupted.has(turn), retracted: Boolean(fact.retracted) || this.retracted.has(turn), goals: fact.notes?.goals_met ?? [], ended: fact.notes?.ended ?? '' };
      const before = fact.why === 'onward' ? of.get(fact.of) : undefined;
      if (before) {
        const goals = [...before.goals, ...part.goals];
        Object.assign(before, part, { text: joined(before.text, part.text), at: before.at, goals });
        of.set(turn, before);
      } else {
        versions.push(part);
        of.set(turn, part);
      }
    }
    return versions;
  }

  /** A turn with all that came of it, in the order they were asked for. @param {number} root @returns {number[]} */
  #family(root) {
    if (!this.spoke.has(root)) return [];
    const all = [root];
    for (let i = 0; i < all.length; i++) all.push(...(this.after.get(all[i]) ?? []));
    return all.sort((a, b) => a - b);
  }
}

/** Two parts of one answer. @param {string} before @param {string} rest */
export function joined(before, rest) {
  if (!before || !rest) return before + rest;
  return /\s$/.test(before) || /^[\s.,;:!?)\]…]/.test(rest) ? before + rest : `${before} ${rest}`;
}

/**
 * Whether a persona was stopped by somebody speaking: then the line stands right before, in the same commit.
 * @param {any} event @param {(seq: number) => any} at
 */
function isInterruption(event, at) {
  for (let seq = event.seq - 1; seq > 0; seq--) {
    const before = at(seq);
    if (!before || before.at !== event.at) return false;
    if (before.fact.kind === 'said') return true;
    if (!before.fact.kind.startsWith('turn_') && before.fact.kind !== 'spoke') return false;
  }
  return false;
}

const sentences = once(() => globalThis.Intl?.Segmenter ? new Intl.Segmenter(locale, { granularity: 'sentence' }) : null);

/**
 * How much of a text that still grows can be read aloud: whole sentences, never half of one.
 * @param {string} text @param {boolean} [whole] nothing more comes
 * @returns {number} where the last whole sentence ends
 */
export function sayable(text, whole = false) {
  if (whole || !sentences()) return whole ? text.length : 0;
  // The last one may go on; before it, they are done.
  const all = [.../** @type {Intl.Segmenter} */ (sentences()).segment(text)];
  return all.length > 1 ? all[all.length - 1].index : 0;
}
