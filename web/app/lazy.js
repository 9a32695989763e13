// Views that are read when somebody goes there: the first one is in sight sooner. When the browser
// has nothing better to do, the others are read too, so that they are there without a network.

import { html, useEffect, useState } from './ui.js';
import { Button, Empty, Skeleton } from './parts/basics.js';
import { sheet } from './sheet.js';
import { t } from './texts.js';

/** @type {(() => Promise<any>)[]} */
const unread = [];

/**
 * @param {() => Promise<Record<string, any>>} load
 * @param {string} name of the view among what the module exports
 * @param {{ quiet?: boolean }} [how] `quiet`: a small part, in whose place nothing stands until it is there
 */
export function lazy(load, name, { quiet = false } = {}) {
  /** @type {any} */
  let view = null;
  const read = () => load().then((module) => (view = module[name]));
  unread.push(read);
  return function Lazy(/** @type {any} */ props) {
    const [fault, setFault] = useState(false);
    const [, tick] = useState(0);
    const open = () => {
      setFault(false);
      read().then(() => tick((n) => n + 1), () => setFault(true));
    };
    const isThere = Boolean(view);
    useEffect(() => {
      // It may have come between drawing and now: then too it is to be drawn.
      if (!isThere) open();
    }, []);
    if (view) return html`<${view} ...${props} />`;
    if (!fault && quiet) return null;
    if (!fault) return html`<div class="page"><${Skeleton} rows=${4} label=${t('Loading')} /></div>`;
    return html`<${Empty} icon="offline" title=${t('This view could not be loaded')}><${Button} kind="primary" onClick=${open}>${t('Try again')}<//><//>`;
  };
}

/**
 * A view with a style that few need, which is there before it is drawn. Its rules are in layers, so
 * that it does not matter when it comes.
 * @template T
 * @param {string} href @param {() => Promise<T>} load
 * @returns {() => Promise<T>}
 */
export const styled = (href, load) => async () => (await Promise.all([load(), sheet(href)]))[0];

/** So long what is looked at has the processor for itself. */
const AHEAD_MS = 5_000;

/** Reads the views nobody has opened yet, one after the other, in idle moments: where the page is kept in the browser they are near enough. */
export function readAhead() {
  if (globalThis.navigator?.serviceWorker?.controller) return;
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 2_000));
  const next = () => {
    const read = unread.shift();
    if (read) read().then(() => idle(next), () => unread.push(read));
  };
  setTimeout(() => idle(next), AHEAD_MS);
}
