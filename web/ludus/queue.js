// What was said and is not yet known to be stored. Survives a reload; belongs to one user.

/**
 * @typedef {object} Entry
 * @property {string} id the command's id (UUIDv7): also the order
 * @property {string} user whose words these are
 * @property {string} tab which tab sends it; another adopts it when that one is gone
 * @property {string} room
 * @property {any} command
 * @property {number} at when it was written, in milliseconds
 * @property {number} after it will be stored behind this event: an equal line up to there is another one
 * @property {{ code: string, message: string }} [failed] refused for good: waits for its author
 */

/** Keeps the queue for as long as the page lives. */
export class MemoryQueue {
  constructor() {
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
  }

  /** @param {Entry} entry */
  async put(entry) {
    this.entries.set(entry.id, structuredClone(entry));
  }

  /** @param {string} id */
  async remove(id) {
    this.entries.delete(id);
  }

  /**
   * @param {string} user
   * @returns {Promise<Entry[]>} oldest first
   */
  async all(user) {
    return inOrder([...this.entries.values()].filter((entry) => entry.user === user));
  }

  /** @param {string} user */
  async clear(user) {
    for (const entry of await this.all(user)) this.entries.delete(entry.id);
  }
}

const STORE = 'queue';

/** Keeps the queue in IndexedDB, for all tabs of this browser. */
export class IndexedQueue {
  /** @param {string} [name] */
  constructor(name = 'ludus') {
    this.name = name;
    /** @type {Promise<IDBDatabase> | null} */
    this.opened = null;
  }

  /** @param {Entry} entry */
  async put(entry) {
    await this.#write((store) => store.put(entry));
  }

  /** @param {string} id */
  async remove(id) {
    await this.#write((store) => store.delete(id));
  }

  /**
   * @param {string} user
   * @returns {Promise<Entry[]>} oldest first
   */
  async all(user) {
    const store = (await this.#open()).transaction(STORE).objectStore(STORE);
    return inOrder(await settled(store.index('user').getAll(user)));
  }

  /** @param {string} user */
  async clear(user) {
    const entries = await this.all(user);
    await this.#write((store) => entries.forEach((entry) => store.delete(entry.id)));
  }

  /** @param {(store: IDBObjectStore) => unknown} act */
  async #write(act) {
    const transaction = (await this.#open()).transaction(STORE, 'readwrite', { durability: 'strict' });
    act(transaction.objectStore(STORE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  #open() {
    this.opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: 'id' }).createIndex('user', 'user');
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => {
        this.opened = null;
        reject(request.error);
      };
    });
    return this.opened;
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {Entry[]} entries */
const inOrder = (entries) => entries.sort((a, b) => (a.id < b.id ? -1 : 1));
