// A list of REST that comes a page at a time, for views.

import { signal, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';

const PAGE = 50;
/** While somebody types, what they look for is not looked for yet. */
const TYPING_MS = 200;

/**
 * @param {string} path
 * @param {Record<string, string | undefined>} [query] another one begins the list anew
 * @returns {{ items: any[] | null, fault: string, more: (() => void) | null, again: () => void, put: (items: any[]) => void }} `items` is null until the first page is there
 */
export function usePages(path, query = {}) {
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined));
  const [fault, setFault] = useState('');
  const asked = JSON.stringify(query);
  const read = async (/** @type {string | undefined} */ cursor, /** @type {() => boolean} */ isWanted) => {
    try {
      const page = await ludus.call('GET', path, { query: { ...query, cursor, limit: PAGE } });
      if (!isWanted()) return;
      setItems((known) => (cursor ? [...(known ?? []), ...page.items] : page.items));
      setNext(page.next);
      setFault('');
    } catch (error) {
      if (isWanted()) setFault(/** @type {Error} */ (error).message);
    }
  };
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => read(undefined, () => wanted), items ? TYPING_MS : 0);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [path, asked]);
  return { items, fault, more: next ? () => void read(next, () => true) : null, again: () => void read(undefined, () => true), put: setItems };
}

/** Names of people by id; an empty one is asked for. @type {import('@preact/signals').Signal<Map<string, string>>} */
const names = signal(new Map());

/** Names of people by id, as far as they are known by now. @param {(string | undefined | null)[]} ids @returns {(id: string | undefined | null) => string} */
export function useNames(ids) {
  const known = names.value;
  const wanted = [...new Set(ids.filter((id) => id && !known.has(id)))].join();
  useEffect(() => {
    for (const id of wanted.split(',').filter((one) => one && !names.value.has(one))) {
      names.value = new Map(names.value).set(id, '');
      ludus.call('GET', `/users/${id}`).then(({ name }) => (names.value = new Map(names.value).set(id, name)), () => {});
    }
  }, [wanted]);
  return (id) => (id && known.get(id)) || '…';
}
