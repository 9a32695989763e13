// Views that are read when somebody goes there: the first one is in sight sooner. When the browser
// has nothing better to do, the others are read too, so that they are there without a network.

import { html, useEffect, useState } from './ui.js';
import { Button, Empty, Skeleton } from './parts/basics.js';
import { t } from './texts.js';

/** @type {(() => Promise<any>)[]} */
const unread = [];

/**
 * @param {() => Promise<Record<string, any>>} load
 * @param {string} name of the view among what the module exports
 */
export function lazy(load, name) {
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
    if (!fault) return html`<div class="page"><${Skeleton} rows=${4} label=${t('Loading')} /></div>`;
    return html`<${Empty} icon="offline" title=${t('This view could not be loaded')}><${Button} kind="primary" onClick=${open}>${t('Try again')}<//><//>`;
  };
}

/** Reads the views nobody has opened yet, one after the other, in idle moments. */
export function readAhead() {
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 2_000));
  const next = () => {
    const read = unread.shift();
    if (read) read().then(() => idle(next), () => unread.push(read));
  };
  idle(next);
}
