// One's own standing, as signals: read when it is looked at, and again after each gain.

import { signal } from '@preact/signals';
import { ludus } from '../hub.js';
import { toast } from '../parts/toast.js';
import { Gained, news } from './gains.js';

/** @type {import('@preact/signals').Signal<any>} undefined until it was read */
export const standing = signal(undefined);
export const standingFault = signal('');
/** What stands beside lines, by `room/seq`. @type {import('@preact/signals').Signal<Map<string, import('./gains.js').Beside>>} */
export const beside = signal(new Map());

/** Gains in quick succession are one reading. */
const SETTLE_MS = 400;
let gained = new Gained();
/** @type {any} */
let timer = null;

export async function loadStanding() {
  try {
    standing.value = await ludus.call('GET', '/me/standing');
    standingFault.value = '';
  } catch (error) {
    standingFault.value = /** @type {Error} */ (error).message;
  }
}

/** @param {any} frame of the inbox, with a `gained` fact */
export async function heardGain(frame) {
  const { fact, at } = frame;
  const gains = fact.gains ?? fact;
  if (!gained.take(gains)) return;
  beside.value = new Map(gained.beside);
  const tells = gains.badges?.length || gains.quests?.length;
  clearTimeout(timer);
  // A badge has its title in the standing; so that is read before it is told of.
  if (tells) await loadStanding();
  else timer = setTimeout(loadStanding, SETTLE_MS);
  const of = (/** @type {'badges' | 'quests'} */ list, /** @type {string} */ id) => standing.value?.[list].find((/** @type {any} */ one) => one.id === id);
  const titles = {
    badge: (/** @type {string} */ id) => of('badges', id)?.title || id,
    quest: (/** @type {string} */ id) => of('quests', id)?.title || id,
    picture: (/** @type {string} */ id) => of('badges', id)?.picture,
  };
  for (const { text, picture } of news(gains, at, Date.now(), titles)) toast(text, { href: '/progress', picture });
}

/** An event of a room that is about a line. @param {string} room @param {any} frame */
export function heardAbout(room, frame) {
  const line = frame.fact?.line;
  if (frame.type !== 'event' || typeof line !== 'number') return;
  gained.is(room, frame.seq, line);
  if (gained.beside.size) beside.value = new Map(gained.beside);
}

export function forgetStanding() {
  clearTimeout(timer);
  gained = new Gained();
  beside.value = new Map();
  standing.value = undefined;
}
