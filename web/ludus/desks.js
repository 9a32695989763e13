// The desk of a cohort as a coach watches it. Pure.

/**
 * @typedef {{ why: string, points: number }} Reason
 *
 * @typedef {object} DeskRoom
 * @property {string} room
 * @property {string} kind
 * @property {string} phase
 * @property {string} title
 * @property {string} [scenario]
 * @property {string} [persona] the name of whom is played with
 * @property {number} [goals_met]
 * @property {number} [goals]
 * @property {number} [live_ms] how long it was live up to `since`
 * @property {number} [since]
 * @property {boolean} [over]
 *
 * @typedef {object} DeskRow a learner
 * @property {string} user
 * @property {string} name
 * @property {boolean} online
 * @property {DeskRoom} [room]
 * @property {number} [active_at]
 * @property {number} [lines]
 * @property {number[]} [scores] of 100, oldest first
 * @property {number} [trend]
 * @property {string} [mood]
 * @property {number} [streak]
 * @property {number} [today]
 * @property {number} [hand]
 * @property {number} [alerts]
 * @property {number} attention
 * @property {Reason[]} [reasons]
 * @property {number} at_risk
 * @property {Reason[]} [risks]
 *
 * @typedef {object} DeskAlert
 * @property {string} id
 * @property {string} learner
 * @property {string} [room]
 * @property {string} signal
 * @property {'info' | 'notice' | 'urgent'} severity
 * @property {number} raised_at
 * @property {'open' | 'acknowledged' | 'snoozed' | 'assigned' | 'dismissed'} state
 * @property {number} [until]
 * @property {string} [to]
 * @property {string} [by]
 * @property {string} title
 * @property {string} says
 *
 * @typedef {{ kind: string, count: number, users: string[], at: number }} Headline
 */

export class DeskModel {
  constructor() {
    /** @type {{ title: string, access: string, beyond?: number } | null} null until the first snapshot */
    this.about = null;
    /** A row that reads the same stays the same object. @type {Map<string, DeskRow>} */
    this.rows = new Map();
    /** @type {Map<string, DeskAlert>} */
    this.alerts = new Map();
    /** @type {Headline[]} */
    this.headlines = [];
    /** For who may see a cohort only as a whole. @type {any} */
    this.totals = null;
    /** @type {{ epoch: number, tick: number } | null} */
    this.position = null;
  }

  /**
   * @param {any} frame
   * @returns {'changed' | 'old' | 'hole'} `hole`: something before it is missing; ask again from `position`
   */
  take(frame) {
    const { epoch, tick, after } = frame;
    const at = this.position;
    if (after !== undefined && after !== null) {
      if (at && at.epoch === epoch && tick <= at.tick) return 'old';
      if (!at || at.epoch !== epoch || after !== at.tick) return 'hole';
    } else {
      this.rows.clear();
      this.alerts.clear();
      this.headlines = [];
      this.totals = null;
    }
    if (frame.about) this.about = frame.about;
    this.position = { epoch, tick };
    for (const row of frame.rows ?? []) this.rows.set(row.user, row);
    for (const user of frame.gone ?? []) this.rows.delete(user);
    for (const alert of frame.alerts ?? []) this.alerts.set(alert.id, alert);
    for (const id of frame.settled ?? []) this.alerts.delete(id);
    if (frame.headlines) this.headlines = frame.headlines;
    if (frame.totals) this.totals = frame.totals;
    return 'changed';
  }

  /** Who needs somebody most comes first; equals by name. @returns {DeskRow[]} */
  byAttention() {
    return [...this.rows.values()].sort((a, b) => b.attention - a.attention || a.name.localeCompare(b.name));
  }

  /** Raised hands, first come first served. @returns {DeskRow[]} */
  hands() {
    return [...this.rows.values()].filter(({ hand }) => hand).sort((a, b) => (a.hand ?? 0) - (b.hand ?? 0));
  }

  /** What nobody has taken on, the most urgent and then the newest first. @param {number} now @returns {DeskAlert[]} */
  openAlerts(now) {
    const weight = { urgent: 2, notice: 1, info: 0 };
    return [...this.alerts.values()]
      .filter(({ state, until }) => state === 'open' || (state === 'snoozed' && (until ?? 0) <= now))
      .sort((a, b) => weight[b.severity] - weight[a.severity] || b.raised_at - a.raised_at);
  }
}
