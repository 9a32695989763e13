// What belongs to one tab of a browser: its name, and the token it resumes with.

import { uuidv7 } from './ids.js';

export class Tabs {
  /** @param {LockManager | null} locks */
  constructor(locks) {
    this.locks = locks;
  }

  /** A name for this tab that survives its reload. */
  async own() {
    const storage = sessionStore();
    let tab = storage.get('ludus.tab') ?? uuidv7();
    // A duplicated tab has a copy of the name; the lock shows that it is taken.
    if (!(await this.#hold(tab))) {
      tab = uuidv7();
      await this.#hold(tab);
    }
    storage.set('ludus.tab', tab);
    return tab;
  }

  /** @param {string} tab */
  async isAlive(tab) {
    const { held = [] } = (await this.locks?.query?.()) ?? {};
    return held.some((lock) => lock.name === `ludus.tab.${tab}`);
  }

  /** @param {string} tab @returns {Promise<boolean>} */
  #hold(tab) {
    if (!this.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.locks?.request(`ludus.tab.${tab}`, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        // Held for as long as the page lives.
        return lock ? new Promise(() => {}) : undefined;
      });
    });
  }
}

/** Kept for the tab's life, so that a reload resumes without a ticket. */
export function resumeToken() {
  const storage = sessionStore();
  let token = storage.get('ludus.resume');
  return {
    get: () => token,
    set: (/** @type {string | null} */ fresh) => {
      token = fresh;
      storage.set('ludus.resume', fresh);
    },
  };
}

/** sessionStorage where there is one and it is open to us; a place of no memory otherwise. */
function sessionStore() {
  return {
    /** @param {string} key */
    get(key) {
      try {
        return globalThis.sessionStorage?.getItem(key) ?? null;
      } catch {
        return null;
      }
    },
    /** @param {string} key @param {string | null} value */
    set(key, value) {
      try {
        if (value === null) globalThis.sessionStorage?.removeItem(key);
        else globalThis.sessionStorage?.setItem(key, value);
      } catch {
        // Closed to us: a reload will ask for a ticket.
      }
    },
  };
}
