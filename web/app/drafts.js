// What is typed and not sent, per person and room. Written at every key press, so that nothing
// typed is lost with a closed tab; dropped only when the line cannot be lost any more.

const key = (/** @type {string} */ user, /** @type {string} */ room) => `ludus.draft.${user}.${room}`;

/** @param {string} user @param {string} room */
export function draftOf(user, room) {
  try {
    return localStorage.getItem(key(user, room)) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} user @param {string} room @param {string} text */
export function keepDraft(user, room, text) {
  try {
    if (text) localStorage.setItem(key(user, room), text);
    else localStorage.removeItem(key(user, room));
  } catch {
    // Storage is full or closed to us; the text stays in the field.
  }
}

/** Signing out on a shared machine leaves nothing behind. @param {string} user */
export function dropDrafts(user) {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(`ludus.draft.${user}.`)) localStorage.removeItem(name);
  } catch {
    // Nothing was kept, then.
  }
}
