// The rooms this person may see, and the ones this page follows.

import { signal } from '@preact/signals';
import { ludus, user } from './hub.js';
import { RoomModel } from './room-model.js';
import { forgetStanding, heardAbout, heardGain } from './game/standing.js';
import { go } from './router.js';
import { toast } from './parts/toast.js';
import { t } from './texts.js';

/** The hub carries 64 streams per connection; some are kept free for rooms that are only looked at. */
const FOLLOWED_MAX = 40;
const PAGE = 60;
/** When somebody looks for something far back: as much as the hub gives at once. */
const PAGE_FAR = 200;
const READ_EVERY_MS = 800;
/** Words come thirty times a second; drawing them twice as often as this looks the same and costs twice. */
const SPOKEN_EVERY_MS = 60;
/** So long a room is still followed after its view was closed. */
const LINGER_MS = 1_000;
/** What is older was news when nobody was here; the pages tell it. */
const NEWS_MS = 10 * 60_000;

/**
 * A room in the list, as REST tells it.
 * @typedef {object} RoomCard
 * @property {string} id
 * @property {string} kind
 * @property {string} entry
 * @property {string} title
 * @property {string} phase
 * @property {number} capacity
 * @property {number} members
 * @property {boolean} member
 * @property {boolean} moderator
 * @property {number} [head]
 * @property {number} [read]
 * @property {number} [unread] lines of others after `read`, as far as the hub counts them
 * @property {string | null} [code]
 */

/** null while it is not known. @type {import('@preact/signals').Signal<RoomCard[] | null>} */
export const rooms = signal(null);
/** Why the list could not be read, for people. @type {import('@preact/signals').Signal<string>} */
export const roomsFault = signal('');

/** @type {Map<string, OpenRoom>} */
const open = new Map();

/** A room this page follows. */
export class OpenRoom {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.model = new RoomModel(id);
    /** Counts changes; whoever draws the room reads it. */
    this.version = signal(0);
    /** Counts pictures of the screen in which a persona said more; whoever draws that text reads it. */
    this.spoken = signal(0);
    /** @type {any} */
    this.hearing = null;
    this.heardAt = 0;
    /** @type {import('@preact/signals').Signal<'' | 'first' | 'older'>} */
    this.loading = signal('');
    /** Why history could not be read, for people. */
    this.fault = signal('');
    /** @type {() => void} */
    this.leave = () => {};
    this.wantsHistory = false;
    /** How many views show it. */
    this.shownIn = 0;
    /** @type {any} */
    this.readTimer = null;
  }

  follow() {
    this.leave = ludus.follow(`room:${this.id}`, (frame) => {
      const wasUnread = this.model.unread(user.value?.id);
      const changed = this.model.take(frame, Date.now());
      if (frame.type === 'speaking') {
        this.hear();
        if (!changed) return;
      }
      if (frame.type === 'event' && frame.fact.kind === 'line_shown') this.reread(frame.fact.line);
      this.changed();
      heardAbout(this.id, frame);
      if (frame.type === 'subscribed' || frame.type === 'reset') {
        if (this.wantsHistory && !this.model.complete && !this.model.shown.length) this.older();
      }
      if (this.model.unread(user.value?.id) !== wasUnread || frame.type === 'event') listChanged(this, frame);
    });
    return this;
  }

  changed() {
    this.version.value += 1;
  }

  /** Has the words that came drawn, where somebody looks, as often as one can read them. */
  hear() {
    if (this.hearing || !this.shownIn) return;
    const wait = Math.max(0, SPOKEN_EVERY_MS - (performance.now() - this.heardAt));
    this.hearing = setTimeout(() => requestAnimationFrame(() => {
      this.hearing = null;
      this.heardAt = performance.now();
      this.spoken.value += 1;
    }), wait);
  }

  /** Makes sure that there is something to read. */
  enter() {
    this.shownIn += 1;
    this.wantsHistory = true;
    if (this.model.epoch && !this.model.complete && this.model.shown.length < 20) this.older();
  }

  /** Reads the page of history before what is known. @param {number} [limit] */
  async older(limit = PAGE) {
    const { model } = this;
    if (this.loading.value || model.complete || !model.epoch) return;
    this.loading.value = model.shown.length ? 'older' : 'first';
    const epoch = model.epoch;
    try {
      const page = await ludus.call('GET', `/rooms/${this.id}/history`, { query: { before: model.from, limit } });
      this.fault.value = '';
      if (model.epoch === epoch) model.addPage(page);
    } catch (error) {
      this.fault.value = /** @type {Error} */ (error).message;
    } finally {
      this.loading.value = '';
      this.changed();
    }
  }

  /**
   * Reads history back to an event, or a few pages of it.
   * @param {number} seq @param {number} [pages]
   * @returns {Promise<boolean>} whether it is known now
   */
  async reach(seq, pages = 50) {
    const { model } = this;
    const isKnown = () => Boolean(model.complete) || model.from <= seq;
    for (let read = 0; read < pages && model.epoch && !isKnown() && !this.fault.value; read++) {
      const { from } = model;
      await this.older(PAGE_FAR);
      // Somebody else is reading: theirs is the page we want.
      if (model.from === from && !this.fault.value) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return isKnown();
  }

  /** Reads a line and what it was changed to anew: hidden, their texts were not told. @param {number} seq */
  async reread(seq) {
    const edits = (this.model.about.get(seq) ?? []).filter(({ fact }) => fact.kind === 'edited').map((event) => event.seq);
    try {
      for (const one of [seq, ...edits]) {
        const page = await ludus.call('GET', `/rooms/${this.id}/history`, { query: { after: one - 1, limit: 1 } });
        this.model.reread(page.events);
      }
      this.changed();
    } catch (error) {
      this.fault.value = /** @type {Error} */ (error).message;
    }
  }

  /** Everything up to here was in sight. @param {number} seq */
  read(seq) {
    if (seq <= this.model.readSeq) return;
    this.model.readSeq = seq;
    this.changed();
    listChanged(this);
    this.readTimer ??= setTimeout(() => this.tellRead(), READ_EVERY_MS);
  }

  /** Tells the hub how far was read, if it does not know yet. */
  tellRead() {
    if (!this.readTimer) return;
    clearTimeout(this.readTimer);
    this.readTimer = null;
    ludus.read(this.id, this.model.readSeq);
  }
}

/** How far this person has read, where the list did not say. @param {OpenRoom} room */
async function readOf(room) {
  try {
    const { read } = await ludus.call('GET', `/rooms/${room.id}`);
    if ((read ?? 0) > room.model.readSeq) {
      room.model.readSeq = read ?? 0;
      room.changed();
      listChanged(room);
    }
  } catch {
    // Then nothing is marked as new; the lines are all there.
  }
}

/** @param {string} id */
export function roomOf(id) {
  let room = open.get(id);
  if (!room) {
    room = new OpenRoom(id);
    const card = rooms.value?.find((other) => other.id === id);
    room.model.readSeq = card?.read ?? -1;
    if (card?.read === undefined) readOf(room);
    open.set(id, room);
    room.follow();
  }
  return room;
}

/** A view of a room is closed: when nothing else shows it and it is not ours, it need not be followed. @param {string} id */
export function leaveRoom(id) {
  const room = open.get(id);
  if (!room) return;
  room.shownIn -= 1;
  // The view that comes next may be of the same room.
  setTimeout(() => {
    if (room.shownIn > 0 || open.get(id) !== room || !user.value || room.model.view?.members[user.value.id]) return;
    room.leave();
    open.delete(id);
  }, LINGER_MS);
}

/** Reads the list of rooms anew. */
export async function loadRooms() {
  try {
    /** @type {RoomCard[]} */
    const all = [];
    let cursor;
    do {
      const page = await ludus.call('GET', '/rooms', { query: { cursor, limit: 100 } });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor && all.length < 500);
    for (const card of all) {
      const known = open.get(card.id);
      if (known) known.model.readSeq = Math.max(known.model.readSeq, card.read ?? -1);
    }
    roomsFault.value = '';
    rooms.value = all;
    for (const card of all.filter(({ member, phase }) => member && phase !== 'ended').slice(0, FOLLOWED_MAX)) roomOf(card.id);
  } catch (error) {
    roomsFault.value = /** @type {Error} */ (error).message;
  }
}

/** How many lines wait in a room; -1 when there are some and nobody has counted. @param {RoomCard} card */
export function unreadOf(card) {
  const room = open.get(card.id);
  const counted = room ? room.model.unread(user.value?.id) : 0;
  if (!card.member) return counted;
  // What happened before this page began to follow was counted by the hub, when the list was read.
  const read = Math.max(room?.model.readSeq ?? -1, card.read ?? -1);
  const head = room?.model.epoch ? Math.min(room.model.head, room.model.from - 1) : (card.head ?? 0);
  const isBehind = read >= 0 && head > read;
  if (!isBehind) return counted;
  if (card.unread === undefined) return counted || -1;
  return read > (card.read ?? -1) ? counted : counted + card.unread;
}

// Whoever turns away now may not come back: what was read is told before.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') for (const room of open.values()) room.tellRead();
});

/** @param {OpenRoom} room @param {any} [frame] */
function listChanged(room, frame) {
  const { view } = room.model;
  if (!rooms.value) return;
  const known = rooms.value.some((card) => card.id === room.id);
  const own = frame?.fact && (frame.fact.kind === 'joined' || frame.fact.kind === 'left' || frame.fact.kind === 'removed') && frame.fact.user === user.value?.id;
  if (own || !known) return void loadRooms();
  rooms.value = rooms.value.map((card) => (card.id === room.id && view ? { ...card, title: view.plan.title, phase: view.phase, members: view.member_count } : card));
}

/** Follows what is meant for this person alone. @param {string} me */
export function followInbox(me) {
  return ludus.follow(`inbox:${me}`, (frame) => {
    if (frame.type !== 'event') return;
    const { kind, room } = frame.fact;
    if (kind === 'gained') return void heardGain(frame);
    if (/^(moderated|report_decided|appeal_answered)$/.test(kind)) return void tellLater(frame);
    if (kind === 'mentioned' && !location.pathname.endsWith(room)) {
      const title = rooms.value?.find((card) => card.id === room)?.title;
      toast(title ? t('You were mentioned in {room}.', { room: title }) : t('You were mentioned.'), { href: `/rooms/${room}` });
    }
    const { contest, title: of, place, entrants } = frame.fact;
    const isFresh = Date.now() - frame.at < NEWS_MS;
    if (kind === 'contest_over' && isFresh) return void toast(t('{contest}: you came in at place {place} of {entrants}.', { contest: of, place, entrants }), { href: `/contests/${contest}` });
    if (kind === 'contest_cancelled' && isFresh) return void toast(t('{contest} was called off.', { contest: of }), { href: `/contests/${contest}` });
    if (kind === 'league_moved' && isFresh) return void toast(frame.fact.to_tier > frame.fact.from_tier ? t('Your league week is over: place {place}, and you go up.', { place }) : t('Your league week is over: place {place}.', { place }), { href: '/leagues' });
    if (!/room|mentioned/.test(kind)) return;
    if (kind === 'moved_to_room') {
      if (location.pathname.endsWith(frame.fact.from)) go(`/rooms/${room}`);
      toast(t('You were sent to another room.'), { href: `/rooms/${room}` });
    }
    if (kind === 'invited_to_room') toast(t('You were invited to a room.'), { href: `/rooms/${room}` });
    if (kind === 'removed_from_room') toast(t('You were removed from a room.'));
    if (kind !== 'mentioned') loadRooms();
  });
}

/** What coaches did about oneself, in words that are read when they are needed. @param {any} frame */
async function tellLater(frame) {
  if (Date.now() - frame.at >= NEWS_MS) return;
  const { tell } = await import('./moderated.js');
  tell(frame.fact);
}

/** Forgets everything: somebody signed out. */
export function forgetRooms() {
  for (const room of open.values()) clearTimeout(room.readTimer);
  open.clear();
  forgetStanding();
  rooms.value = null;
}
