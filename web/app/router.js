// Where in the page we are. Paths are real paths, so that links can be shared and "back" works;
// codes of one-time links stay in the fragment, which never leaves the browser.

import { signal } from '@preact/signals';
import { html } from './ui.js';

const here = () => ({ path: location.pathname, hash: location.hash });

/** @type {import('@preact/signals').Signal<{ path: string, hash: string }>} */
export const place = signal(here());

/** How far down one was, by the number of the visit: going back comes back there. @type {Map<number, number>} */
const depths = new Map();
let visits = history.state?.visit ?? 0;
let visit = visits;
/** How far down one is to be in the view that comes next; only that view's business. */
let wanted = 0;

const main = () => document.getElementById('main');
const depth = () => main()?.scrollTop || document.scrollingElement?.scrollTop || 0;

const arrived = () => {
  place.value = here();
};
addEventListener('popstate', ({ state }) => {
  depths.set(visit, depth());
  visit = state?.visit ?? 0;
  wanted = depths.get(visit) ?? 0;
  arrived();
});
addEventListener('hashchange', arrived);

/** Waits for a view to be as tall as it was: what it shows may still be on its way. */
const SETTLE_MS = 1_500;

/** A view was drawn: one begins at its top, or where one was; and the focus, if it went with the view before, is in this one. */
export function settle() {
  const to = wanted;
  const until = performance.now() + SETTLE_MS;
  wanted = 0;
  // Whoever moves on their own is let.
  const moved = new AbortController();
  for (const name of ['wheel', 'touchstart', 'keydown']) addEventListener(name, () => moved.abort(), { signal: moved.signal, passive: true });
  const step = () => {
    if (moved.signal.aborted) return;
    main()?.scrollTo({ top: to });
    document.scrollingElement?.scrollTo({ top: to });
    if (to && depth() < to && performance.now() < until) requestAnimationFrame(step);
    else moved.abort();
  };
  step();
  if (document.activeElement === document.body) main()?.focus({ preventScroll: true });
}

/**
 * @param {string} path
 * @param {{ replace?: boolean }} [how]
 */
export function go(path, { replace = false } = {}) {
  if (path !== location.pathname + location.search + location.hash) {
    depths.set(visit, depth());
    if (!replace) visit = visits += 1;
    history[replace ? 'replaceState' : 'pushState']({ visit }, '', path);
  }
  arrived();
}

/** A link inside the page: a real one, so that it can be opened in a new tab and copied. @param {any} props */
export function Link({ href, children, ...rest }) {
  const follow = (/** @type {MouseEvent} */ event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(href);
  };
  const current = place.value.path === href ? 'page' : undefined;
  return html`<a href=${href} onClick=${follow} aria-current=${current} ...${rest}>${children}</a>`;
}
