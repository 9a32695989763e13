// A world to test the client in: a socket, a fetch and a clock that do what the test says.

import { mock } from 'node:test';
import { Ludus, MemoryQueue } from '../ludus.js';

export const ME = '01920000-0000-7000-8000-000000000001';
export const ROOM = '01920000-0000-7000-8000-00000000000a';
export const STREAM = `room:${ROOM}`;

/** Lets promises settle. */
export const settle = async () => {
  for (let i = 0; i < 30; i++) await null;
};

export class World {
  /** @param {{ queue?: any }} [options] */
  constructor({ queue } = {}) {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_000_000 });
    /** @type {FakeSocket[]} */
    this.sockets = [];
    /** @type {{ method: string, path: string, body: any }[]} */
    this.calls = [];
    /** How the hub answers, by path. @type {Record<string, (body: any) => { status?: number, json?: any, stream?: any }>} */
    this.answers = {
      '/auth/refresh': () => ({ json: signedIn() }),
      '/auth/logout': () => ({ status: 204 }),
      '/ws-ticket': () => ({ json: { ticket: `ticket-${this.calls.length}` } }),
    };
    this.reachable = true;
    this.queue = queue ?? new MemoryQueue();
    const world = this;
    this.ludus = new Ludus({
      base: 'http://hub',
      queue: this.queue,
      random: () => 0.5,
      fetch: /** @type {any} */ (async (/** @type {string} */ url, /** @type {any} */ init) => {
        const path = url.replace('http://hub/api/v1', '').replace(/\?.*/, '');
        const body = init.body && JSON.parse(init.body);
        this.calls.push({ method: init.method, path, body });
        if (!this.reachable) throw new TypeError('network');
        const answer = this.answers[path]?.(body) ?? { status: 404, json: { code: 'not_found', title: 'no' } };
        if (answer.stream) return new Response(answer.stream, { status: 200 });
        const { status = 200, json } = answer;
        return new Response(json === undefined ? null : JSON.stringify(json), { status });
      }),
      WebSocket: /** @type {any} */ (class extends FakeSocket {
        /** @param {string} url @param {string} protocol */
        constructor(url, protocol) {
          super(url, protocol);
          world.sockets.push(this);
        }
      }),
    });
  }

  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  /** Signs in and is welcomed. */
  async live() {
    await this.ludus.start();
    await settle();
    this.welcome();
    await settle();
    return this;
  }

  welcome() {
    this.socket.open();
    this.socket.hear({ type: 'welcome', session: 's', org: 'o', user: ME, name: 'Ada', role: 'learner', resume: 'resume-1', heartbeat_ms: 25_000 });
  }

  /** @param {number} ms */
  async pass(ms) {
    for (let left = ms; left > 0; left -= 500) {
      mock.timers.tick(Math.min(500, left));
      await settle();
    }
  }

  end() {
    this.ludus.connection.stop();
    this.ludus.sender.close();
    mock.timers.reset();
  }
}

export class FakeSocket {
  /** @param {string} url @param {string} protocol */
  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
    this.readyState = 0;
    /** @type {any[]} */
    this.sent = [];
    /** @type {any} */ this.onopen = null;
    /** @type {any} */ this.onmessage = null;
    /** @type {any} */ this.onclose = null;
    /** @type {any} */ this.onerror = null;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  /** @param {any} frame */
  hear(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  /** @param {number} [code] */
  fall(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  /** @param {string} text */
  send(text) {
    const frames = JSON.parse(text);
    this.sent.push(...(Array.isArray(frames) ? frames : [frames]));
  }

  close() {
    this.readyState = 3;
  }

  /** @param {string} type */
  of(type) {
    return this.sent.filter((frame) => frame.type === type);
  }
}

export const token = () => `h.${Buffer.from(JSON.stringify({ iat: 0, exp: 600 })).toString('base64url')}.s`;
export const signedIn = (id = ME) => ({ access_token: token(), user: { id, name: 'Ada', role: 'learner' } });
/** @param {number} seq @param {string} text */
export const said = (seq, text = `line ${seq}`) => ({ type: 'event', stream: STREAM, seq, at: 1, by: ME, fact: { kind: 'said', text } });
/** @param {number} head @param {any} [more] */
export const subscribed = (head, more = {}) => ({ type: 'subscribed', stream: STREAM, epoch: 1, head, replayed: 0, ...more });
