// The window of a log: which rows are drawn, and where the reader's eye stays while rows above it
// come, go and turn out taller than guessed.

import { useEffect, useLayoutEffect, useRef, useState } from '../../ui.js';
import { Tall } from '../../windowed.js';

/** This close to the end counts as the end. */
const NEAR_PX = 60;
/** This close to the beginning older lines are asked for. */
const TOP_PX = 400;
/** So many rows are drawn at least: a short talk is in the page as a whole, for find and for print. */
const ROWS_MIN = 80;
/** So far one scrolls before other rows are drawn: few at a time, so that no picture is late. */
const STEP_PX = 300;
/** The first picture has what is in sight; what is around it comes in so many after it. */
const STEPS = 4;
const STEP_MS = 50;
const FOUND_MS = 1_600;

/**
 * @param {import('./rows.js').Row[]} rows
 * @param {boolean} isWhole whether the first row is the first there is
 * @param {(atEnd: boolean) => void} onLook hears where the reader is, after each scroll
 */
export function useWindow(rows, isWhole, onLook) {
  const scroller = useRef(/** @type {any} */ (null));
  const list = useRef(/** @type {any} */ (null));
  const [tall] = useState(() => new Tall());
  const [, tick] = useState(0);
  const [grown, grow] = useState(0);
  const atEnd = useRef(true);
  /** The first row in sight, and how far above the edge it begins. @type {{ current: { key: string, above: number } | null }} */
  const anchor = useRef(null);
  /** What is to be brought into sight. @type {{ current: { seq: number, block: string, mark?: boolean, focus?: boolean } | null }} */
  const wanted = useRef(null);
  const drawn = useRef({ from: 0, to: 0, y: 0, first: '', last: '', isWhole: false });
  const hear = useRef(onLook);
  hear.current = onLook;

  const heightOf = () => scroller.current?.clientHeight || 900;
  const indexOf = (/** @type {string | undefined} */ key) => (key ? tall.rows.findIndex((row) => row.key === key) : -1);
  const rowOf = (/** @type {number} */ seq) => rows.findIndex(({ kind, item }) => kind === 'item' && (item.seq === seq || (item.kind === 'beside' && item.items.some((one) => one.seq === seq))));
  const listTop = () => list.current.getBoundingClientRect().top - scroller.current.getBoundingClientRect().top + scroller.current.scrollTop;

  /** Where the window begins, in the list. */
  const windowTop = () => {
    const target = wanted.current ? rowOf(wanted.current.seq) : -1;
    if (target >= 0) return tall.top(target) - heightOf() / 2;
    if (atEnd.current) return tall.height - heightOf();
    const at = indexOf(anchor.current?.key);
    return at < 0 ? (scroller.current?.scrollTop ?? 0) : tall.top(at) + (anchor.current?.above ?? 0);
  };

  tall.take(rows);
  const beyond = Math.max(600, heightOf()) * (grown / STEPS);
  const y = windowTop();
  let [from, to] = tall.span(y, heightOf(), beyond, Math.round(ROWS_MIN * (grown / STEPS)));
  if (isSelecting(list.current)) {
    // Rows with selected text stay: whoever drags over many lines wants all of them.
    const [first, last] = [indexOf(drawn.current.first), indexOf(drawn.current.last)];
    if (first >= 0) from = Math.min(from, first);
    if (last >= 0) to = Math.max(to, last + 1);
  }
  drawn.current = { from, to, y, first: rows[from]?.key ?? '', last: rows[to - 1]?.key ?? '', isWhole: grown === STEPS };
  const hadFocus = Boolean(list.current?.contains(document.activeElement));

  /** Asks the browser how tall the drawn rows are. */
  const measure = () => {
    const { from, to } = drawn.current;
    const lines = list.current.children;
    for (let i = from; i < to; i++) if (lines[i - from]) tall.measured(i, lines[i - from].getBoundingClientRect().height);
  };

  /** Keeps the place: the end while it is in sight, else the row the reader looks at. */
  const keep = () => {
    const box = scroller.current;
    if (atEnd.current) {
      if (box.scrollTop + box.clientHeight < box.scrollHeight) box.scrollTop = box.scrollHeight;
      return;
    }
    const at = indexOf(anchor.current?.key);
    if (at < 0) return;
    const top = listTop() + tall.top(at) + (anchor.current?.above ?? 0);
    if (Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
  };

  const remember = () => {
    const box = scroller.current;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    const y = box.scrollTop - listTop();
    const at = tall.at(y);
    anchor.current = tall.rows[at] ? { key: tall.rows[at].key, above: y - tall.top(at) } : null;
  };

  /** Whether the rows that are drawn still reach beyond the window; draws others when not. */
  const cover = () => {
    const box = scroller.current;
    const [need, end] = tall.span(box.scrollTop - listTop(), box.clientHeight, drawn.current.isWhole ? box.clientHeight / 3 : 0);
    if (need < drawn.current.from || end > drawn.current.to) tick((n) => n + 1);
  };

  const look = () => {
    if (!scroller.current) return;
    remember();
    const far = Math.abs(scroller.current.scrollTop - listTop() - drawn.current.y) > STEP_PX;
    if (far && (drawn.current.from > 0 || drawn.current.to < tall.rows.length)) tick((n) => n + 1);
    else cover();
    hear.current(atEnd.current);
  };

  const bring = () => {
    const wish = wanted.current;
    const at = wish ? rowOf(wish.seq) : -1;
    wanted.current = null;
    if (!wish || at < 0) return false;
    const row = list.current.children[at - drawn.current.from];
    if (!row) return false;
    row.scrollIntoView({ block: wish.block });
    remember();
    const line = row.matches(`[data-seq="${wish.seq}"]`) ? row : (row.querySelector(`[data-seq="${wish.seq}"]`) ?? row);
    if (wish.focus !== false) line.focus({ preventScroll: true });
    if (wish.mark) {
      line.classList.add('line-found');
      setTimeout(() => line.classList.remove('line-found'), FOUND_MS);
    }
    return true;
  };

  // Before the browser paints.
  useLayoutEffect(() => {
    measure();
    if (!bring()) keep();
    cover();
    number(list.current, from, isWhole ? rows.length : -1);
    // The line that had the focus went out of sight; the arrow keys go on from it.
    if (hadFocus && document.activeElement === document.body) scroller.current.focus({ preventScroll: true });
  });

  const isWanting = rows.length > 0 && grown < STEPS;
  useEffect(() => {
    if (!isWanting) return undefined;
    const timer = setTimeout(() => grow((n) => n + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [isWanting, grown]);

  useEffect(() => {
    const resized = new ResizeObserver(() => {
      if (!scroller.current) return;
      measure();
      keep();
      cover();
    });
    resized.observe(scroller.current);
    resized.observe(scroller.current.firstElementChild);
    return () => resized.disconnect();
  }, []);

  return {
    scroller, list, atEnd, from, to, look,
    /** Room for what is not drawn. */
    style: { paddingBlockStart: `${tall.top(from)}px`, paddingBlockEnd: `${tall.height - tall.top(to)}px` },
    isNearTop: () => scroller.current.scrollTop < TOP_PX,
    toEnd: () => {
      atEnd.current = true;
      anchor.current = null;
      tick((n) => n + 1);
    },
    reveal: (/** @type {number} */ seq, /** @type {{ block: string, mark?: boolean, focus?: boolean }} */ how) => {
      wanted.current = { seq, ...how };
      tick((n) => n + 1);
    },
  };
}

/** Says of each row which one of how many it is, since most are not there to be counted. @param {Element} list @param {number} from @param {number} count -1: nobody knows */
function number(list, from, count) {
  for (let i = 0; i < list.children.length; i++) {
    list.children[i].setAttribute('aria-posinset', String(from + i + 1));
    list.children[i].setAttribute('aria-setsize', String(count));
  }
}

/** @param {Element | null} list */
function isSelecting(list) {
  const selection = document.getSelection();
  return Boolean(list && selection && !selection.isCollapsed && selection.anchorNode && list.contains(selection.anchorNode));
}
