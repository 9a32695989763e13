// The page kept in this browser: it opens without a network, and says when there is a newer one.

import { signal } from '@preact/signals';

const WORKER = '/worker.js';
/** Who never closes the tab is told of a new version all the same. */
const LOOK_EVERY_MS = 60 * 60_000;

/** A newer page that waits to be let in. @type {import('@preact/signals').Signal<ServiceWorker | null>} */
export const newer = signal(null);
/** @type {ServiceWorkerRegistration | null} */
let registration = null;

/** Begins to keep the page. What is in sight comes first. */
export function keepPage() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  let hadOne = Boolean(serviceWorker.controller);
  // Another tab let the newer page in. What this one would read from now on does not fit what it has read: it says so, and
  // loses nothing that is being typed.
  serviceWorker.addEventListener('controllerchange', () => {
    if (hadOne) newer.value = serviceWorker.controller;
    hadOne = true;
  });
  // The page's policy lets no text become a script's address; this one may.
  const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('ludus-worker', {
    createScriptURL(/** @type {string} */ url) {
      if (url !== WORKER) throw new TypeError('only the worker');
      return url;
    },
  });
  const begin = async () => {
    try {
      registration = await serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER, { updateViaCache: 'none' });
    } catch {
      // A private window, or storage that is closed to us: then there is no page without a network.
      return;
    }
    look(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const worker = registration?.installing;
      worker?.addEventListener('statechange', () => look(worker));
    });
    setInterval(lookForNewer, LOOK_EVERY_MS);
  };
  if (document.readyState === 'complete') begin();
  else addEventListener('load', begin, { once: true });
}

/** @param {ServiceWorker | null} worker */
function look(worker) {
  // The first one of all is no news: nobody has an older page.
  if (worker?.state === 'installed' && navigator.serviceWorker.controller) newer.value = worker;
}

/** Asks the hub whether there is a newer page: after every time it was away, it may be another one. */
export function lookForNewer() {
  registration?.update().catch(() => {});
}

/** Lets the newer page in. What is typed is kept as a draft, what is unsent in the queue. */
export function takeNewer() {
  if (newer.value === navigator.serviceWorker.controller) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  newer.value?.postMessage('take over');
}
