// Keeps the page in this browser, so that it opens without a network: its own files and nothing else.
// What the hub answers under /api is never kept. `self.SHELL`, every file by its path with the
// beginning of its SHA-256, is written before this by the hub.

const shell = /** @type {Record<string, string>} */ (/** @type {any} */ (self).SHELL);
const worker = /** @type {any} */ (self);
const PREFIX = 'ludus-shell-';
const INDEX = '/index.html';

/** One cache for one page: files that belong together are read together. */
const cacheName = named();

async function named() {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(shell)));
  return PREFIX + hex(bytes).slice(0, 16);
}

/** @param {ArrayBuffer} bytes */
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Reads a file, and makes sure that it is the one that was meant: another node may be another version. @param {string} path */
async function read(path) {
  const response = await fetch(path, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${path} is not there`);
  const hash = hex(await crypto.subtle.digest('SHA-256', await response.clone().arrayBuffer()));
  if (!hash.startsWith(shell[path])) throw new Error(`${path} is of another version`);
  return response;
}

/** All files or none: what did not change comes from the browser's own cache. */
async function keep() {
  const cache = await caches.open(await cacheName);
  const waiting = Object.keys(shell);
  const next = async () => {
    for (let path = waiting.pop(); path; path = waiting.pop()) if (!(await cache.match(path))) await cache.put(path, await read(path));
  };
  // A few at a time: whoever is looking at the page needs the network too.
  await Promise.all([next(), next(), next(), next()]);
}

async function forgetOthers() {
  const own = await cacheName;
  await Promise.all((await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== own).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The file of the shell that answers a request, if one does. @param {Request} request @returns {string | null} */
function fileFor(request) {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return null;
  if (Object.hasOwn(shell, url.pathname)) return url.pathname;
  const isOurs = !/^\/(api|v1|healthz|readyz)(\/|$)/.test(url.pathname);
  const isPlace = !url.pathname.split('/').at(-1)?.includes('.');
  return request.mode === 'navigate' && isOurs && isPlace ? INDEX : null;
}

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(keep()));
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(forgetOthers()));
worker.addEventListener('message', (/** @type {MessageEvent} */ event) => {
  if (event.data === 'take over') worker.skipWaiting();
});
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const path = fileFor(event.request);
  if (path) event.respondWith(answer(path, event.request));
});

/** @param {string} path @param {Request} request */
async function answer(path, request) {
  const kept = await (await caches.open(await cacheName)).match(path);
  // The browser may have thrown it away.
  return kept ?? fetch(request);
}
