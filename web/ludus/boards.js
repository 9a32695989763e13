// Boards as one watches them: windows that move. Pure.

/**
 * @typedef {object} Row
 * @property {number} at position, from 0
 * @property {number} place the place to show, from 1; equals may share it
 * @property {string} name
 * @property {number} score
 * @property {string} [user]
 * @property {string} [team]
 * @property {boolean} [mine]
 */

/** One board: what is shown of it now. */
export class BoardModel {
  /** @param {{ top: number, around: number }} shows */
  constructor(shows) {
    this.shows = shows;
    /** @type {any} title, metric, window and the like; null until the first snapshot */
    this.about = null;
    /** @type {Map<number, Row>} by position */
    this.rows = new Map();
    /** @type {{ epoch: number, tick: number } | null} */
    this.position = null;
    this.count = 0;
    /** @type {any} */
    this.own = null;
  }

  /**
   * @param {any} frame
   * @returns {'changed' | 'old' | 'hole'} `hole`: something before it is missing; ask for a snapshot
   */
  take(frame) {
    const { epoch, tick, after } = frame;
    const at = this.position;
    if (after !== undefined && after !== null) {
      if (at && at.epoch === epoch && tick <= at.tick) return 'old';
      if (!at || at.epoch !== epoch || after !== at.tick) return 'hole';
    } else {
      this.rows.clear();
    }
    if (frame.about) this.about = frame.about;
    this.position = { epoch, tick };
    this.count = frame.count;
    this.own = frame.own ?? null;
    for (const row of frame.rows) this.rows.set(row.at, row);
    this.#forget();
    return 'changed';
  }

  /** The rows in order. */
  shown() {
    return [...this.rows.values()].sort((a, b) => a.at - b.at);
  }

  /** What is outside of the window is not kept: it would stand still while the board moves on. */
  #forget() {
    const { top, around } = this.shows;
    const own = this.own?.at;
    for (const at of this.rows.keys()) {
      const near = own !== undefined && Math.abs(at - own) <= around;
      if ((at >= top && !near) || at >= this.count) this.rows.delete(at);
    }
  }
}
