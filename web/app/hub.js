// The hub as views see it: signals to read, functions to call. The one place that holds the client.

import { Ludus } from '/ludus.js';
import { Refused } from '/ludus/refused.js';
import { signal } from '@preact/signals';
import { said } from './texts.js';

Refused.says = (_, sentence) => said(sentence);

export const ludus = new Ludus({ client: 'ludus-page/0.1' });

/** Who is signed in: undefined while nobody knows, null when nobody is. @type {import('@preact/signals').Signal<any>} */
export const user = signal(undefined);
/** How the connection is. @type {import('@preact/signals').Signal<import('/ludus/connection.js').State>} */
export const connection = signal(ludus.state);
/** What is written and not stored yet. @type {import('@preact/signals').Signal<import('/ludus/queue.js').Entry[]>} */
export const pending = signal([]);
/** Whether the hub could be asked at all when the page opened. */
export const unreachable = signal(false);
/** Whether it is being asked who is here. */
export const asking = signal(false);

ludus.on('user', (who) => {
  user.value = who;
  remember(who);
});
ludus.on('state', (state) => (connection.value = state));
ludus.on('pending', (entries) => (pending.value = entries));

/** Takes up the sign-in of this browser, as long as it takes to reach the hub. Until it has answered, the page opens for whoever it was. */
export async function begin() {
  asking.value = true;
  const known = remembered();
  if (known) ludus.startUnreached(known);
  for (let wait = 500; ; wait = Math.min(8_000, wait * 2)) {
    try {
      user.value = await ludus.start();
      break;
    } catch {
      unreachable.value = true;
      await new Promise((resolve) => {
        setTimeout(resolve, wait * (0.5 + Math.random() / 2));
        addEventListener('online', resolve, { once: true });
      });
      // Somebody came in by another door.
      if (ludus.isSignedIn) break;
    }
  }
  unreachable.value = false;
  asking.value = false;
}

const WHO = 'ludus.who';

/** Who this browser belongs to, to open the page for without a network. @param {any} who */
function remember(who) {
  try {
    if (who) localStorage.setItem(WHO, JSON.stringify({ id: who.id, name: who.name, role: who.role, guest: who.guest }));
    else localStorage.removeItem(WHO);
  } catch {
    // Then the page waits for the hub.
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(WHO) ?? 'null');
  } catch {
    return null;
  }
}

const RANKS = ['spectator', 'learner', 'coach', 'admin', 'owner'];

/**
 * Whether the signed-in person holds this role or a higher one.
 * @param {string} role
 */
export const isAtLeast = (role) => RANKS.indexOf(user.value?.role ?? '') >= RANKS.indexOf(role);

export const ROLES = RANKS;
