// The bar of a replay's time: how much happened when, what is worth a look, and where one is.

import { html, useMemo, useRef } from '../../ui.js';
import { counted } from '../../replay-course.js';
import { t } from '../../texts.js';

const TRACKS = ['personas', 'lines', 'coaches', 'people', 'room'];
const HEIGHT = 28;
const ARROW_MS = 5_000;
const PAGE_MS = 30_000;

/** @param {{ player: any, marks: import('./marks.js').Shown[] }} props */
export function Bar({ player, marks }) {
  player.drawn.value;
  const box = useRef(/** @type {any} */ (null));
  const { course, head, outline } = player;
  const { length } = course;
  const drawn = useMemo(() => bars(outline.density), [outline]);
  const place = (/** @type {number} */ ms) => (length ? Math.min(100, (ms / length) * 100) : 0);
  const seekTo = (/** @type {PointerEvent} */ event) => {
    const { left, width, right } = box.current.getBoundingClientRect();
    const rtl = getComputedStyle(box.current).direction === 'rtl';
    player.seek(((rtl ? right - event.clientX : event.clientX - left) / (width || 1)) * length);
  };
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    box.current.setPointerCapture(event.pointerId);
    seekTo(event);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (box.current.hasPointerCapture(event.pointerId)) seekTo(event);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const rtl = getComputedStyle(box.current).direction === 'rtl' ? -1 : 1;
    const by = { ArrowRight: ARROW_MS * rtl, ArrowLeft: -ARROW_MS * rtl, ArrowUp: ARROW_MS, ArrowDown: -ARROW_MS, PageUp: PAGE_MS, PageDown: -PAGE_MS, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    player.seek(by === Infinity ? length : by === -Infinity ? 0 : head.ms + by);
  };
  const done = place(head.ms);
  return html`<div class="bar" ref=${box} role="slider" tabindex="0" aria-label=${t('Time')} aria-valuemin="0" aria-valuemax=${Math.round(length / 1_000)} aria-valuenow=${Math.round(head.ms / 1_000)}
      aria-valuetext=${t('{time} of {length}', { time: counted(head.ms), length: counted(length) })} onPointerDown=${down} onPointerMove=${move} onKeyDown=${keys}>
    <svg class="bar-density" viewBox=${`0 0 ${drawn.count} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">${drawn.parts}</svg>
    <span class="bar-done" style=${{ inlineSize: `${done}%` }}></span>
    ${marks.map(({ key, ms, kind }) => html`<span key=${key} class=${`bar-mark bar-mark-${kind}`} style=${{ insetInlineStart: `${place(ms)}%` }}></span>`)}
    <span class="bar-head" style=${{ insetInlineStart: `${done}%` }}></span>
  </div>`;
}

/** Bars of the density, each track upon the one before. @param {Record<string, number[]>} density */
function bars(density) {
  const count = Math.max(1, ...Object.values(density).map((slots) => slots.length));
  const sums = Array.from({ length: count }, (_, i) => Object.values(density).reduce((sum, slots) => sum + (slots[i] ?? 0), 0));
  // A root, so that a quiet minute beside a storm is still to be seen.
  const tallest = Math.sqrt(Math.max(1, ...sums));
  const base = Array.from({ length: count }, () => HEIGHT);
  const parts = TRACKS.filter((track) => density[track]).map((track) => {
    let path = '';
    density[track].forEach((n, i) => {
      if (!n) return;
      const tall = (Math.sqrt(sums[i]) / tallest) * (HEIGHT - 2) * (n / sums[i]);
      path += `M${i + 0.12} ${base[i].toFixed(2)}v${(-tall).toFixed(2)}h.76v${tall.toFixed(2)}z`;
      base[i] -= tall;
    });
    return html`<path key=${track} class=${`track-${track}`} d=${path} />`;
  });
  return { count, parts };
}
