// The hub as views see it: signals to read, functions to call. The one place that holds the client.

import { Ludus } from '/ludus.js';
import { signal } from '@preact/signals';

export const ludus = new Ludus({ client: 'ludus-page/0.1' });

/** Who is signed in: undefined while nobody knows, null when nobody is. @type {import('@preact/signals').Signal<any>} */
export const user = signal(undefined);
/** How the connection is. @type {import('@preact/signals').Signal<import('/ludus/connection.js').State>} */
export const connection = signal(ludus.state);
/** What is written and not stored yet. @type {import('@preact/signals').Signal<import('/ludus/queue.js').Entry[]>} */
export const pending = signal([]);
/** Whether the hub could be asked at all when the page opened. */
export const unreachable = signal(false);

ludus.on('user', (who) => (user.value = who));
ludus.on('state', (state) => (connection.value = state));
ludus.on('pending', (entries) => (pending.value = entries));

/** Takes up the sign-in of this browser, as long as it takes to reach the hub. */
export async function begin() {
  for (let wait = 500; ; wait = Math.min(8_000, wait * 2)) {
    try {
      user.value = await ludus.start();
      unreachable.value = false;
      return;
    } catch {
      unreachable.value = true;
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
      if (user.value) return;
    }
  }
}

const RANKS = ['spectator', 'learner', 'coach', 'admin', 'owner'];

/**
 * Whether the signed-in person holds this role or a higher one.
 * @param {string} role
 */
export const isAtLeast = (role) => RANKS.indexOf(user.value?.role ?? '') >= RANKS.indexOf(role);

export const ROLES = RANKS;
