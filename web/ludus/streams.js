// Where we are in each stream we follow, and what a frame means from there. Pure.

/**
 * @typedef {object} Position
 * @property {number} epoch
 * @property {number} seq
 */

/**
 * What to do with a frame:
 * - `deliver`: it is the next one (or a state that replaces what we had)
 * - `drop`: we have it already, or it belongs to a stream we left
 * - `hole`: something before it is missing; ask again from our position
 * @typedef {'deliver' | 'drop' | 'hole'} Verdict
 */

export class Streams {
  constructor() {
    /**
     * @type {Map<string, { position: Position | null, holed: boolean, refused: boolean }>}
     * `position` is null until the hub has said where the stream stands.
     */
    this.followed = new Map();
  }

  /**
   * @param {string} stream
   * @param {Position | null} since
   */
  follow(stream, since) {
    this.followed.set(stream, { position: since, holed: false, refused: false });
  }

  /** @param {string} stream */
  leave(stream) {
    this.followed.delete(stream);
  }

  /** The subscriptions of a `hello`: everything we follow, from where we are. */
  subscriptions() {
    const list = [];
    for (const [stream, { position, refused }] of this.followed) {
      if (!refused) list.push(position ? { stream, since: { ...position } } : { stream });
    }
    return list;
  }

  /** The positions of a heartbeat. */
  positions() {
    /** @type {Record<string, number>} */
    const positions = {};
    for (const [stream, { position, refused }] of this.followed) {
      if (position && !refused) positions[stream] = position.seq;
    }
    return positions;
  }

  /**
   * @param {any} frame from the server
   * @returns {Verdict}
   */
  take(frame) {
    const followed = this.followed.get(frame.stream);
    if (!followed) return 'drop';
    switch (frame.type) {
      case 'event':
        return this.#advance(followed, frame.seq, frame.seq);
      case 'skip':
        return this.#advance(followed, frame.from, frame.to);
      case 'subscribed': {
        const at = followed.position;
        followed.holed = false;
        followed.refused = false;
        // The missing events came before this frame; what is left up to its head is not for us to see.
        followed.position = { epoch: frame.epoch, seq: Math.max(frame.head, sameEpoch(at, frame.epoch)) };
        return 'deliver';
      }
      case 'reset':
        followed.holed = false;
        followed.refused = false;
        followed.position = { epoch: frame.epoch, seq: frame.head };
        return 'deliver';
      case 'unsubscribed':
        followed.refused = true;
        return 'deliver';
      default:
        return 'deliver';
    }
  }

  /** Before a new connection: whatever hole there was is covered by its `hello`. */
  mend() {
    for (const followed of this.followed.values()) followed.holed = false;
  }

  /**
   * @param {{ position: Position | null, holed: boolean }} followed
   * @param {number} from
   * @param {number} to
   * @returns {Verdict}
   */
  #advance(followed, from, to) {
    const at = followed.position;
    // Replayed before `subscribed` said where we are: the first one tells.
    if (!at) return 'deliver';
    if (to <= at.seq) return 'drop';
    if (from > at.seq + 1) {
      if (followed.holed) return 'drop';
      followed.holed = true;
      return 'hole';
    }
    at.seq = to;
    return 'deliver';
  }
}

/**
 * @param {Position | null} at
 * @param {number} epoch
 */
const sameEpoch = (at, epoch) => (at && at.epoch === epoch ? at.seq : 0);
