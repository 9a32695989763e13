// Where in the page we are. Paths are real paths, so that links can be shared and "back" works;
// codes of one-time links stay in the fragment, which never leaves the browser.

import { signal } from '@preact/signals';
import { html } from './ui.js';

const here = () => ({ path: location.pathname, hash: location.hash });

/** @type {import('@preact/signals').Signal<{ path: string, hash: string }>} */
export const place = signal(here());

const arrived = () => {
  place.value = here();
};
addEventListener('popstate', arrived);
addEventListener('hashchange', arrived);

/**
 * @param {string} path
 * @param {{ replace?: boolean }} [how]
 */
export function go(path, { replace = false } = {}) {
  if (path !== location.pathname + location.search + location.hash) {
    history[replace ? 'replaceState' : 'pushState'](null, '', path);
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
