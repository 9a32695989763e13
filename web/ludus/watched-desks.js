// The desks somebody watches over a connection: asked for, heard, asked for again where something is missing.

import { DeskModel } from './desks.js';
import { uuidv7 } from './ids.js';

/** @typedef {(model: DeskModel, refused?: any) => void} DeskListener hears each change; `refused` is why there is nothing (more) to see */

export class WatchedDesks {
  /** @param {() => import('./connection.js').Connection} connection */
  constructor(connection) {
    this.connection = connection;
    /** @type {Map<string, { model: DeskModel, listener: DeskListener, asked: string }>} */
    this.watched = new Map();
  }

  /** @param {string} cohort @param {DeskListener} listener @returns {() => void} stops watching */
  watch(cohort, listener) {
    const watcher = { model: new DeskModel(), listener, asked: '' };
    this.watched.set(cohort, watcher);
    this.#ask(cohort);
    return () => {
      if (this.watched.get(cohort) !== watcher) return;
      this.watched.delete(cohort);
      this.connection().send([{ type: 'unwatch_desk', id: uuidv7(), cohort }]);
    };
  }

  /** There is a connection again. */
  askAll() {
    for (const cohort of this.watched.keys()) this.#ask(cohort);
  }

  /** @param {any} frame `desk` or `desk_unwatched` */
  hear(frame) {
    const watcher = this.watched.get(frame.cohort);
    if (!watcher) return;
    if (frame.type === 'desk_unwatched') {
      if (frame.code) watcher.listener(watcher.model, frame);
      return;
    }
    switch (watcher.model.take(frame)) {
      case 'changed': return watcher.listener(watcher.model);
      case 'hole': return this.#ask(frame.cohort);
      case 'old': return undefined;
    }
  }

  /** Whether a refusal was of a desk; then its watcher is told. @param {any} nack */
  refused(nack) {
    const watcher = [...this.watched.values()].find(({ asked }) => asked === nack.id);
    watcher?.listener(watcher.model, nack);
    return Boolean(watcher);
  }

  /** @param {string} cohort */
  #ask(cohort) {
    const watcher = this.watched.get(cohort);
    if (!watcher) return;
    if (this.connection().link?.kind === 'sse') return watcher.listener(watcher.model, { code: 'not_over_sse', message: '' });
    watcher.asked = uuidv7();
    const since = watcher.model.position ? { since: { ...watcher.model.position } } : {};
    this.connection().send([{ type: 'watch_desk', id: watcher.asked, cohort, ...since }]);
  }
}
