// A hall's screen: nobody is signed in, a link lets it show one board. It runs for as long as the link
// holds: through restarts of the hub, lost networks and nights.

import { BoardModel } from '/ludus/boards.js';
import { backoff } from '/ludus/backoff.js';
import { openSocket } from '/ludus/links.js';
import { uuidv7 } from '/ludus/ids.js';
import { html, useEffect, useState } from '../ui.js';
import { useTitle } from '../parts/basics.js';
import { StageView } from './stage.js';
import { t } from '../texts.js';

const SHOWS = { top: 10, around: 0 };
/** A hub that says nothing for so long is gone: it beats more often. */
const SILENT_MS = 75_000;
/** A refusal that is only for now: the screen comes back all the same. */
const GONE = 410;

/** @typedef {{ model: any, isLive: boolean, isOver: boolean }} Seen */

/**
 * Shows the board of a grant for as long as it holds.
 * @param {string} code
 * @param {(seen: Seen) => void} onSeen
 */
function show(code, onSeen) {
  /** @type {any} */
  let link = null;
  /** @type {any} */
  let timer = null;
  let model = new BoardModel(SHOWS);
  let [attempt, heardAt, wanted] = [0, 0, true];
  const tell = (isLive = false, isOver = false) => wanted && onSeen({ model: model.about ? model : null, isLive, isOver });
  const again = () => {
    clearInterval(timer);
    link = null;
    if (!wanted) return;
    tell();
    timer = setTimeout(connect, backoff(attempt++));
  };
  const watch = (/** @type {string} */ board) => {
    const since = model.position ?? undefined;
    link?.send([{ type: 'watch', id: uuidv7(), board, ...SHOWS, since }]);
  };
  async function connect() {
    let grant;
    try {
      const body = JSON.stringify({ code });
      const answer = await fetch('/api/v1/displays/ticket', { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(15_000) });
      if (answer.status === GONE) return tell(false, true);
      if (!answer.ok) return again();
      grant = await answer.json();
    } catch {
      return again();
    }
    if (!wanted) return;
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/ws`;
    const hello = { type: 'hello', ticket: grant.ticket, client: 'ludus-display/0.1' };
    heardAt = Date.now();
    link = openSocket({ url, hello, WebSocket }, {
      frame(frame) {
        heardAt = Date.now();
        if (frame.type === 'welcome') {
          attempt = 0;
          watch(grant.board);
        } else if (frame.type === 'heartbeat') {
          link?.send([{ type: 'heartbeat' }]);
        } else if (frame.type === 'board') {
          if (model.take(frame) === 'hole') {
            model = new BoardModel(SHOWS);
            watch(grant.board);
          }
          tell(true);
        } else if (frame.type === 'unwatched' || frame.type === 'nack') {
          // The board is being built anew, or the grant is over: asking for a ticket tells which.
          link?.close();
          again();
        }
      },
      closed: again,
    });
    clearInterval(timer);
    timer = setInterval(() => {
      if (Date.now() - heardAt < SILENT_MS) return;
      link?.close();
      again();
    }, 5_000);
  }
  connect();
  const hurry = () => {
    if (link || !wanted) return;
    clearTimeout(timer);
    connect();
  };
  addEventListener('online', hurry);
  return () => {
    wanted = false;
    removeEventListener('online', hurry);
    clearInterval(timer);
    link?.close();
  };
}

/** @param {{ code: string }} props what the link of the screen has behind its last slash */
export function Display({ code }) {
  const [seen, setSeen] = useState(/** @type {Seen & { tick: number }} */ ({ model: null, isLive: false, isOver: false, tick: 0 }));
  useEffect(() => show(code, (now) => setSeen(({ tick }) => ({ ...now, tick: tick + 1 }))), [code]);
  useTitle(seen.model?.about?.title ?? t('Stage'));
  const over = seen.isOver ? t('This link shows nothing any more. Ask a coach for another one.') : undefined;
  return html`<${StageView} model=${seen.model} isLive=${seen.isLive} over=${over} />`;
}
