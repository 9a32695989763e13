// What was said, from the oldest line that is loaded to the newest: reads backwards without jumps,
// follows the newest only while it is in sight.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../../ui.js';
import { user } from '../../hub.js';
import { dayKey, dayName, plural } from '../../format.js';
import { Button, Fault, Skeleton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { beside } from '../../game/standing.js';
import { Line, PendingLine } from './line.js';
import { Beside, Speech, Voice } from './voice.js';

/** This close to the end counts as the end. */
const NEAR_PX = 60;
/** Lines of one person within this time stand under one name. */
const GROUP_MS = 5 * 60_000;

/** @param {any} props */
export function Log(props) {
  const { room, model, mine } = props;
  const me = user.value.id;
  const scroller = useRef(/** @type {any} */ (null));
  const atEnd = useRef(true);
  const before = useRef({ first: 0, height: 0, top: 0 });
  const [missed, setMissed] = useState(0);
  const [active, setActive] = useState(/** @type {number | null} */ (null));
  // Where this visit began: the marker stays put while lines are read.
  const [marker] = useState(() => ({ seq: model.readSeq, known: false }));
  /** @type {import('../../room-model.js').Item[]} */
  const items = model.items();
  const waiting = unmatched(mine, items, me);
  const newest = newestOf(items);
  const seen = useRef(newest);

  useEffect(() => {
    const end = () => scroller.current;
    const resized = new ResizeObserver(() => {
      if (atEnd.current && end()) end().scrollTop = end().scrollHeight;
    });
    resized.observe(scroller.current);
    resized.observe(scroller.current.firstElementChild);
    const visible = () => settle();
    document.addEventListener('visibilitychange', visible);
    return () => {
      resized.disconnect();
      document.removeEventListener('visibilitychange', visible);
    };
  }, []);

  // Before the browser draws: keep the place when older lines came in above, follow when at the end.
  useLayoutEffect(() => {
    const box = scroller.current;
    const first = items[0]?.seq ?? 0;
    if (before.current.first && first && first < before.current.first) {
      box.scrollTop = before.current.top + (box.scrollHeight - before.current.height);
    } else if (atEnd.current) {
      box.scrollTop = box.scrollHeight;
    }
    before.current = { first, height: box.scrollHeight, top: box.scrollTop };
  });

  useEffect(() => {
    if (newest <= seen.current) return;
    const fresh = items.filter((item) => item.seq > seen.current && item.seq <= newest && isOthers(item, me)).length;
    seen.current = newest;
    if (atEnd.current && document.visibilityState === 'visible') room.read(model.head);
    else if (fresh) setMissed((count) => count + fresh);
  }, [newest]);

  const settle = () => {
    const box = scroller.current;
    if (!box) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    before.current.top = box.scrollTop;
    before.current.height = box.scrollHeight;
    if (atEnd.current && document.visibilityState === 'visible') {
      if (missed) setMissed(0);
      if (model.shown.length) room.read(model.head);
    }
    if (box.scrollTop < 400 && !room.fault.value) room.older();
  };
  const toEnd = () => {
    atEnd.current = true;
    setMissed(0);
    scroller.current.scrollTop = scroller.current.scrollHeight;
    settle();
  };
  useEffect(() => {
    // The first page may not fill the window; then nobody can scroll to ask for more.
    const box = scroller.current;
    if (model.shown.length && !model.complete && box.scrollHeight <= box.clientHeight + 400 && !room.fault.value) room.older();
    if (model.shown.length && atEnd.current) settle();
  }, [items.length, room.loading.value]);

  const keys = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest('.menu-list, input, textarea, dialog')) return;
    const lines = items.filter(isSaid).map((item) => item.seq);
    const at = lines.indexOf(active ?? -1);
    const to = { ArrowUp: at < 0 ? lines.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: lines.length - 1 }[event.key];
    if (to === undefined || lines[to] === undefined) return;
    event.preventDefault();
    setActive(lines[to]);
    requestAnimationFrame(() => /** @type {any} */ (scroller.current?.querySelector(`[data-seq="${lines[to]}"]`))?.focus());
  };

  const unreadFrom = marker.seq > 0 ? items.find((item) => item.seq > marker.seq && item.seq <= newest && isOthers(item, me))?.seq : undefined;
  const lastLine = [...items].reverse().find(isSaid)?.seq;
  const jump = (/** @type {number} */ seq) => {
    const target = scroller.current.querySelector(`[data-seq="${seq}"]`);
    if (!target) return;
    target.scrollIntoView({ block: 'center' });
    target.focus({ preventScroll: true });
    target.classList.add('line-found');
    setTimeout(() => target.classList.remove('line-found'), 1_600);
  };
  const draw = (/** @type {import('../../room-model.js').Item[]} */ all) => all.flatMap((item, i) => {
    const last = all[i - 1];
    const newDay = !last || dayKey(last.at) !== dayKey(item.at);
    const grouped = !newDay && item.kind === 'line' && last?.kind === 'line' && last.line.by === item.line.by && item.at - last.at < GROUP_MS && item.seq !== unreadFrom && !item.line.replyTo;
    const focusable = item.seq === (active ?? lastLine);
    const rows = [];
    if (newDay && all === items) rows.push(html`<li class="day" key=${`day-${item.seq}`}><span>${dayName(item.at)}</span></li>`);
    if (item.seq === unreadFrom && all === items) rows.push(html`<li class="new-marker" key="new"><span>New</span></li>`);
    if (item.kind === 'line') rows.push(html`<${Line} key=${item.seq} ...${props} line=${item.line} gain=${beside.value.get(`${room.id}/${item.seq}`)} grouped=${grouped} jump=${jump} focusable=${focusable} onActive=${setActive} />`);
    // The same key before and after it is stored: the text that was heard stays where it is.
    else if (item.kind === 'voice') rows.push(html`<${Voice} key=${`turn-${item.answer.root}`} ...${props} answer=${item.answer} seq=${item.seq} focusable=${focusable} onActive=${setActive} />`);
    else if (item.kind === 'beside') rows.push(html`<${Beside} key=${`beside-${item.seq}`} item=${item} draw=${draw} />`);
    else rows.push(html`<${Notice} key=${item.seq} model=${model} event=${item.event} />`);
    return rows;
  });
  return html`<div class="log-frame">
    <div class="log" ref=${scroller} onScroll=${settle} onKeyDown=${keys} tabindex="0" role="region" aria-label="Conversation. Arrow keys move from line to line.">
      <div class="log-inner">
        ${room.loading.value === 'first' || (!items.length && !model.complete && !room.fault.value) ? html`<${Skeleton} kind="line" rows=${5} label="Reading what was said" />` : null}
        ${room.loading.value === 'older' ? html`<p class="log-older" role="status">Reading older lines…</p>` : null}
        ${room.fault.value ? html`<div class="log-fault"><${Fault}>${room.fault.value}<//><${Button} onClick=${() => { room.fault.value = ''; room.older(); }}>Try again<//></div>` : null}
        ${model.complete && items.length < 4 && !waiting.length && !items.some(isSaid) && !model.voices.open.size ? html`<p class="log-begin">Nothing has been said yet. Say hello.</p>` : null}
        <ol class="lines">
          ${draw(items)}
          ${waiting.map((entry, i) => html`<${PendingLine} key=${entry.id} entry=${entry} grouped=${i > 0} model=${model} />`)}
        </ol>
      </div>
    </div>
    <${Speech} room=${room} model=${model} version=${room.version.value} />
    <${Announcer} items=${items} me=${me} model=${model} />
    ${missed ? html`<button type="button" class="to-end" onClick=${toEnd}><${Icon} name="down" size=${18} /> ${plural(missed, 'new line', 'new lines')}</button>` : html`<${EndButton} scroller=${scroller} toEnd=${toEnd} />`}
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
  return far ? html`<button type="button" class="to-end" onClick=${toEnd}><${Icon} name="down" size=${18} /> Newest</button>` : null;
}

/** Speaks new lines of others to those who listen; lines that were loaded from history stay silent. @param {any} props */
function Announcer({ items, me, model }) {
  const start = useRef(/** @type {number | null} */ (null));
  const newest = newestOf(items);
  if (start.current === null && newest) start.current = newest;
  const fresh = items.slice(-3).filter((/** @type {any} */ item) => item.kind === 'line' && item.seq > (start.current ?? Infinity) && item.line.by !== me && !item.line.retracted);
  return html`<div class="sr-only" role="log" aria-live="polite" aria-label="New lines">
    ${fresh.map((/** @type {any} */ { seq, line }) => html`<p key=${seq}>${model.nameOf(line.by)}: ${line.text}</p>`)}
  </div>`;
}

/** @param {any} props */
function Notice({ model, event }) {
  const { fact, by } = event;
  const who = (/** @type {string} */ id) => html`<bdi>${model.nameOf(id)}</bdi>`;
  const text = useMemo(() => {
    switch (fact.kind) {
      case 'opened': return html`${by ? who(by) : 'Somebody'} opened the room`;
      case 'joined': return html`${who(fact.user)} joined`;
      case 'left': return html`${who(fact.user)} left`;
      case 'removed': return html`${who(fact.user)} was removed${by ? html` by ${who(by)}` : ''}`;
      case 'muted': return html`${who(fact.user)} ${fact.muted ? 'was muted' : 'may speak again'}`;
      case 'hand_raised': return html`${who(fact.user)} ${fact.up ? 'raised a hand' : 'has the hand down'}`;
      case 'renamed': return html`${by ? who(by) : 'Somebody'} renamed the room to <bdi>${fact.title}</bdi>`;
      case 'scene_closed': return 'The scene is over';
      case 'phase_changed': return { live: 'The room is live', paused: 'The room is paused', ended: 'The room has ended', lobby: 'The room is in the lobby' }[/** @type {'live'} */ (fact.phase)];
      default: return '';
    }
  }, [event, model.nameOf(fact.user ?? by)]);
  return html`<li class="log-notice">${text}</li>`;
}

/** @typedef {import('../../room-model.js').Item} Item */

/** Something somebody said, person or persona. @param {Item} item */
const isSaid = (item) => item.kind === 'line' || item.kind === 'voice';
/** @param {Item} item @param {string} me */
const isOthers = (item, me) => item.kind === 'voice' || (item.kind === 'line' && item.line.by !== me);
/** The newest stored item. @param {Item[]} items */
const newestOf = (items) => items.findLast((item) => Number.isInteger(item.seq) && item.seq < Number.MAX_SAFE_INTEGER - 200)?.seq ?? 0;

/**
 * Pending lines that are not in the log yet. A line can come back from the hub a moment before its
 * `ack`; showing both would look like a line said twice.
 * @param {import('/ludus/queue.js').Entry[]} mine
 * @param {import('../../room-model.js').Item[]} items
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
