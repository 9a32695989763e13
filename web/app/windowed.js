// Which rows of a long list are worth drawing, and where the others would stand. Pure: heights come
// in as they are measured, guesses stand for the rest.

/**
 * @typedef {object} Row
 * @property {string} key stays with what the row shows
 * @property {number} guess its height, before anybody has seen it
 */

export class Tall {
  constructor() {
    /** Heights that were measured, by key. @type {Map<string, number>} */
    this.known = new Map();
    /** @type {Row[]} */
    this.rows = [];
    /** @type {number[]} */
    this.heights = [];
    this.tops = new Float64Array(1);
    this.isStale = false;
  }

  /** The rows there are now. What was measured before is still known. @param {Row[]} rows */
  take(rows) {
    if (rows === this.rows) return;
    this.rows = rows;
    this.heights = rows.map(({ key, guess }) => this.known.get(key) ?? guess);
    this.isStale = true;
  }

  /** @param {number} i @param {number} height @returns {boolean} whether that is news */
  measured(i, height) {
    if (!(i in this.heights)) return false;
    this.known.set(this.rows[i].key, height);
    if (Math.abs(this.heights[i] - height) < 0.1) return false;
    this.heights[i] = height;
    this.isStale = true;
    return true;
  }

  /** Where a row begins; of the row after the last one: where all end. @param {number} i */
  top(i) {
    if (this.isStale) {
      const { heights } = this;
      if (this.tops.length !== heights.length + 1) this.tops = new Float64Array(heights.length + 1);
      for (let at = 0; at < heights.length; at++) this.tops[at + 1] = this.tops[at] + heights[at];
      this.isStale = false;
    }
    return this.tops[Math.max(0, Math.min(i, this.heights.length))];
  }

  get height() {
    return this.top(this.heights.length);
  }

  /** The row that stands at a height. @param {number} y @returns {number} */
  at(y) {
    this.top(0);
    let low = 0;
    let high = this.heights.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /**
   * The rows in a window, with some beyond it on either side.
   * @param {number} y where the window begins @param {number} height of it @param {number} beyond px
   * @param {number} [least] so many rows at least
   * @returns {[number, number]} from, and up to but not including
   */
  span(y, height, beyond, least = 0) {
    const count = this.rows.length;
    if (!count) return [0, 0];
    let from = this.at(y - beyond);
    let to = this.at(y + height + beyond) + 1;
    const missing = least - (to - from);
    if (missing > 0) {
      from = Math.max(0, from - Math.ceil(missing / 2));
      to = Math.min(count, from + Math.max(least, to - from));
      from = Math.max(0, Math.min(from, to - least));
    }
    return [from, to];
  }
}
