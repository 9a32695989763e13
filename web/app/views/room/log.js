// What was said, from the oldest line that is loaded to the newest. Only what is near the window is
// drawn; what is above and below is room of the same height. Reads backwards without jumps, follows
// the newest only while it is in sight.

import { html, kept, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../../ui.js';
import { user } from '../../hub.js';
import { Button, Fault, Skeleton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { beside } from '../../game/standing.js';
import { Announcer } from './announcer.js';
import { Find } from './find.js';
import { Line, PendingLine } from './line.js';
import { Notice } from './notice.js';
import { isOthers, isSaid, newestOf, rowsOf } from './rows.js';
import { Beside, Speech, Voice } from './voice.js';
import { useWindow } from './window.js';
import { dayName } from '../../format.js';
import { t } from '../../texts.js';

/** @param {any} props */
export function Log(props) {
  const { room, model, mine, finding, onFound } = props;
  const me = user.value.id;
  const [missed, setMissed] = useState(0);
  const [active, setActive] = useState(/** @type {number | null} */ (null));
  // Where this visit began: the marker stays put while lines are read.
  const [marker] = useState(() => model.readSeq);
  /** @type {import('./rows.js').Item[]} */
  const items = model.items();
  const waiting = unmatched(mine, items, me);
  const newest = newestOf(items);
  const seen = useRef(newest);
  const unreadFrom = useMemo(() => (marker > 0 ? items.find((item) => item.seq > marker && item.seq <= newest && isOthers(item, me))?.seq : undefined), [items]);
  const rows = useMemo(() => rowsOf(items, unreadFrom), [items, unreadFrom]);

  const settle = (/** @type {boolean} */ atEnd) => {
    if (atEnd && document.visibilityState === 'visible') {
      if (missed) setMissed(0);
      if (model.shown.length) room.read(model.head);
    }
    // The first page may not fill the window; then nobody can scroll to ask for more.
    if (model.shown.length && win.isNearTop() && !room.fault.value) room.older();
  };
  const win = useWindow(rows, model.complete, settle);
  const { from, to } = win;

  useEffect(() => {
    const visible = () => win.look();
    document.addEventListener('visibilitychange', visible);
    return () => document.removeEventListener('visibilitychange', visible);
  }, []);
  useEffect(() => {
    if (newest <= seen.current) return;
    const fresh = items.filter((item) => item.seq > seen.current && item.seq <= newest && isOthers(item, me)).length;
    seen.current = newest;
    if (win.atEnd.current && document.visibilityState === 'visible') room.read(model.head);
    else if (fresh) setMissed((count) => count + fresh);
  }, [newest]);
  useEffect(() => {
    if (model.shown.length) win.look();
  }, [rows, room.loading.value]);

  const keys = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest('.menu-list, input, textarea, dialog')) return;
    const lines = items.filter(isSaid).map((item) => item.seq);
    const at = lines.indexOf(active ?? -1);
    const next = { ArrowUp: at < 0 ? lines.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: lines.length - 1 }[event.key];
    if (next === undefined || lines[next] === undefined) return;
    event.preventDefault();
    setActive(lines[next]);
    win.reveal(lines[next], { block: 'nearest' });
  };
  const jump = async (/** @type {number} */ seq) => {
    if (await room.reach(seq)) win.reveal(seq, { block: 'center', mark: true });
  };
  const toEnd = () => {
    setMissed(0);
    win.toEnd();
  };

  const drawn = rows.slice(from, to);
  const lastSaid = drawn.findLast(({ kind, item }) => kind === 'item' && isSaid(item))?.item.seq;
  const tabbable = drawn.some(({ item }) => item.seq === active) ? active : lastSaid;
  const gainOf = (/** @type {import('./rows.js').Item} */ item) => (item.kind === 'line' ? beside.value.get(`${room.id}/${item.seq}`) : undefined);
  const draw = (/** @type {import('./rows.js').Row} */ { key, kind, item, grouped }, focusable = false, /** @type {any} */ gain = undefined) => {
    if (kind === 'day') return html`<li class="day" key=${key}><span>${dayName(item.at)}</span></li>`;
    if (kind === 'new') return html`<li class="new-marker" key=${key}><span>${t('New')}</span></li>`;
    switch (item.kind) {
      case 'line': return html`<${Line} key=${key} ...${props} line=${item.line} gain=${gain} grouped=${grouped} jump=${jump} focusable=${focusable} onActive=${setActive} />`;
      case 'voice': return html`<${Voice} key=${key} ...${props} answer=${item.answer} seq=${item.seq} focusable=${focusable} onActive=${setActive} />`;
      case 'beside': return html`<${Beside} key=${key} item=${item} draw=${(/** @type {any[]} */ all) => rowsOf(all).filter((row) => row.kind === 'item').map((row) => draw(row, false, gainOf(row.item)))} />`;
      case 'notice': return html`<${Notice} key=${key} model=${model} event=${item.event} />`;
    }
  };
  // While one scrolls, most rows are as they were: these are not looked at again.
  const rowsDrawn = drawn.map((row) => {
    const focusable = row.item.seq === tabbable;
    const gain = gainOf(row.item);
    return kept(() => draw(row, focusable, gain), [props, row, focusable, gain], row.key);
  });
  return html`<div class="log-frame">
    ${finding ? html`<${Find} room=${room} model=${model} items=${items} reveal=${(/** @type {number} */ seq) => win.reveal(seq, { block: 'center', mark: true, focus: false })} onClose=${onFound} />` : null}
    <div class="log" ref=${win.scroller} onScroll=${win.look} onKeyDown=${keys} tabindex="0" role="region" aria-label=${t('Conversation. Arrow keys move from line to line.')}>
      <div class="log-inner">
        ${room.loading.value === 'first' || (!items.length && !model.complete && !room.fault.value) ? html`<${Skeleton} kind="line" rows=${5} label=${t('Reading what was said')} />` : null}
        ${room.loading.value === 'older' ? html`<p class="log-older" role="status">${t('Reading older lines…')}</p>` : null}
        ${room.fault.value ? html`<div class="log-fault"><${Fault}>${room.fault.value}<//><${Button} onClick=${() => { room.fault.value = ''; room.older(); }}>${t('Try again')}<//></div>` : null}
        ${model.complete && items.length < 4 && !waiting.length && !items.some(isSaid) && !model.voices.open.size ? html`<p class="log-begin">${t('Nothing has been said yet. Say hello.')}</p>` : null}
        <ol class="lines" ref=${win.list} style=${win.style}>${rowsDrawn}</ol>
        ${waiting.length ? html`<ol class="lines lines-waiting" aria-label=${t('On their way')}>${waiting.map((entry, i) => html`<${PendingLine} key=${entry.id} entry=${entry} failed=${entry.failed} grouped=${i > 0} model=${model} />`)}</ol>` : null}
      </div>
    </div>
    <${Speech} room=${room} model=${model} version=${room.version.value} />
    <${Announcer} items=${items} me=${me} model=${model} />
    ${missed ? html`<button type="button" class="to-end" onClick=${toEnd}><${Icon} name="down" size=${18} /> ${t('{n} new lines', { n: missed })}</button>` : html`<${EndButton} scroller=${win.scroller} toEnd=${toEnd} />`}
  </div>`;
}

/** Back to the newest, once somebody is well away from it. @param {any} props */
function EndButton({ scroller, toEnd }) {
  const [far, setFar] = useState(false);
  useEffect(() => {
    const box = scroller.current;
    const look = () => setFar(box.scrollHeight - box.scrollTop - box.clientHeight > box.clientHeight);
    box.addEventListener('scroll', look, { passive: true });
    return () => box.removeEventListener('scroll', look);
  }, []);
  return far ? html`<button type="button" class="to-end" onClick=${toEnd}><${Icon} name="down" size=${18} /> ${t('Newest')}</button>` : null;
}

/**
 * Pending lines that are not in the log yet. A line can come back from the hub a moment before its
 * `ack`; showing both would look like a line said twice.
 * @param {import('/ludus/queue.js').Entry[]} mine
 * @param {import('./rows.js').Item[]} items
 * @param {string} me
 */
function unmatched(mine, items, me) {
  const said = mine.filter((entry) => entry.command.kind === 'say' || entry.command.kind === 'resend');
  if (!said.length) return said;
  const arrived = items.filter((item) => item.kind === 'line' && item.line.by === me).map((item) => /** @type {any} */ (item).line);
  let after = 0;
  return said.filter((entry) => {
    if (entry.failed) return true;
    after = Math.max(after, entry.after);
    const line = arrived.find(({ seq, text, versions }) => seq > after && (versions[0]?.text ?? text) === entry.command.text.trim());
    if (!line) return true;
    after = line.seq;
    return false;
  });
}
