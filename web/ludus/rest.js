// Calls to /api/v1 with the sign-in behind them. The access token lives in memory only; the refresh
// token lives in a cookie that no script can read.

import { uuidv7 } from './ids.js';
import { Refused } from './refused.js';

/**
 * @typedef {object} User
 * @property {string} id
 * @property {string} name
 * @property {string} role spectator, learner, coach, admin or owner
 * @property {boolean} [guest]
 * @property {string | null} [email]
 *
 * @typedef {object} Call
 * @property {any} [body] sent as JSON
 * @property {boolean} [raw] the answer is a file, given as a Blob
 * @property {Record<string, string | number | undefined | null>} [query]
 * @property {string} [idempotencyKey] the same in every retry; writes get one by themselves
 * @property {string} [csv] a table, in the place of a body
 * @property {boolean} [bare] without the access token: signing in
 * @property {Blob} [file] sent as it is, in place of a body
 * @property {string} [ifMatch] the version a change was made of: another one by now, and it is refused
 * @property {AbortSignal} [signal]
 */

/** A call that has not answered by then will not: every answer of the hub has a shorter deadline. */
const CALL_MS_MAX = 15_000;
/** A token this close to its end is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;

export class Rest {
  /**
   * @param {object} options
   * @param {string} options.base where the hub is, without a trailing slash; '' for the page's own origin
   * @param {typeof globalThis.fetch} options.fetch
   * @param {{ request: (name: string, act: () => Promise<any>) => Promise<any> } | null} options.locks navigator.locks
   * @param {() => number} options.now
   */
  constructor({ base, fetch, locks, now }) {
    this.base = base;
    this.fetch = fetch;
    this.locks = locks;
    this.now = now;
    /** @type {string | null} */
    this.token = null;
    this.tokenUntil = 0;
    /** @type {Promise<any> | null} */
    this.refreshing = null;
    /** Told of every fresh sign-in answer. @type {(answer: any) => void} */
    this.onSignedIn = () => {};
    /** Told when the sign-in is over for good. @type {() => void} */
    this.onSignedOut = () => {};
  }

  /**
   * @param {string} method
   * @param {string} path below /api/v1
   * @param {Call} [call]
   * @returns {Promise<any>} the answer's JSON, or null when it has none
   */
  async call(method, path, call = {}) {
    if (!call.bare && this.tokenUntil - RENEW_BEFORE_MS < this.now()) await this.refresh();
    const key = call.idempotencyKey ?? (method === 'GET' || call.bare ? undefined : uuidv7());
    let response = await this.#fetch(method, path, call, key);
    if (response.status === 401 && !call.bare) {
      // The token was good by our clock and not by theirs, or was revoked: one fresh one decides.
      await this.refresh();
      response = await this.#fetch(method, path, call, key);
    }
    return call.raw && response.ok ? response.blob() : read(response);
  }

  /** Takes the answer of any way to sign in. @param {any} answer */
  signedIn(answer) {
    this.token = answer.access_token;
    this.tokenUntil = this.now() + lifetimeMs(answer.access_token);
    this.onSignedIn(answer);
    return answer;
  }

  signedOut() {
    this.token = null;
    this.tokenUntil = 0;
  }

  /**
   * A fresh access token by the cookie. Once at a time, across tabs too: the refresh token rotates,
   * and two tabs that use the same one at once would look like a thief.
   */
  refresh() {
    const act = async () => this.signedIn(await read(await this.#fetch('POST', '/auth/refresh', { bare: true, body: {} })));
    this.refreshing ??= (this.locks ? this.locks.request('ludus.refresh', act) : act())
      .catch((/** @type {any} */ error) => {
        if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
          this.signedOut();
          this.onSignedOut();
        }
        throw error;
      })
      .finally(() => (this.refreshing = null));
    return /** @type {Promise<any>} */ (this.refreshing);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Call} call
   * @param {string} [key]
   * @returns {Promise<Response>}
   */
  async #fetch(method, path, { body, file, csv, query, bare, signal, ifMatch }, key) {
    /** @type {Record<string, string>} */
    const headers = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (file) headers['content-type'] = 'application/octet-stream';
    if (ifMatch) headers['if-match'] = ifMatch;
    if (csv !== undefined) headers['content-type'] = 'text/csv';
    if (key) headers['idempotency-key'] = key;
    if (!bare && this.token) headers.authorization = `Bearer ${this.token}`;
    const deadline = AbortSignal.timeout(CALL_MS_MAX);
    try {
      return await this.fetch(`${this.base}/api/v1${path}${search(query)}`, {
        method,
        headers,
        body: file ?? csv ?? (body === undefined ? undefined : JSON.stringify(body)),
        credentials: 'same-origin',
        cache: 'no-store',
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw Refused.offline();
    }
  }
}

/** @param {Call['query']} query */
function search(query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : '';
}

/**
 * How long a token is good for, by its own words: a device whose clock is wrong still gets it right.
 * @param {string} token
 */
function lifetimeMs(token) {
  try {
    const { iat, exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    if (exp > iat) return (exp - iat) * 1000;
  } catch {
    // Not a token we can read; a refused call will fetch a fresh one.
  }
  return 5 * 60_000;
}

/** @param {Response} response */
async function read(response) {
  const text = await response.text().catch(() => '');
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    // Something between us and the hub answered in its stead.
  }
  if (response.ok) return json;
  throw new Refused(json?.code ?? 'internal', json?.title ?? 'Something went wrong. Try again in a moment.', {
    status: response.status,
    retryAfterMs: json?.retry_after_ms ?? (Number(response.headers.get('retry-after')) * 1000 || undefined),
    requestId: json?.request_id ?? response.headers.get('x-request-id') ?? undefined,
  });
}
