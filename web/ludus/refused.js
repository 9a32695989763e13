// The hub said no. A value to handle, with a code from a closed list and a sentence for people.

export class Refused extends Error {
  /** Other words for a sentence of the hub's, for programs that speak another language. @type {(code: string, sentence: string) => string} */
  static says = (_, sentence) => sentence;

  /**
   * @param {string} code one of the codes in docs/protocol.md, or `offline` when nobody was asked
   * @param {string} message a sentence for a person
   * @param {{ status?: number, retryAfterMs?: number, requestId?: string }} [more]
   */
  constructor(code, message, more = {}) {
    super(Refused.says(code, message));
    this.name = 'Refused';
    this.code = code;
    /** The HTTP status, where it came over HTTP. */
    this.status = more.status;
    /** When trying again can help. */
    this.retryAfterMs = more.retryAfterMs;
    /** What to tell whoever keeps the hub. */
    this.requestId = more.requestId;
  }

  /** Nobody was reached: the network, not the hub. */
  static offline() {
    return new Refused('offline', 'The hub cannot be reached. Check your connection and try again.');
  }
}

/** Refusals that only mean "not at this moment": the same command may be sent again under its id. */
const PASSING = new Set(['rate_limited', 'unavailable', 'conflict', 'internal']);

/** @param {string} code */
export const isPassing = (code) => PASSING.has(code);
