// How rows move when their order changes. Pure.

/** Rows that jump farther than this just appear: a glide across the whole list is noise. */
const ROWS_MAX = 12;

/** Who a row is, from one frame to the next. @param {import('/ludus/boards.js').Row} row */
export const rowKey = (row) => row.user ?? row.team ?? (row.mine ? 'me' : `name:${row.name}`);

/**
 * Keys for rows: names on anonymous boards can be equal, keys must not.
 * @param {import('/ludus/boards.js').Row[]} rows
 * @returns {string[]}
 */
export function keysOf(rows) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return rows.map((row) => {
    const key = rowKey(row);
    const n = seen.get(key) ?? 0;
    seen.set(key, n + 1);
    return n ? `${key}#${n}` : key;
  });
}

/**
 * What to do with each row: `from` is how far above or below its new place it begins to glide.
 * @param {Map<string, { top: number, score: number }>} before @param {Map<string, { top: number, score: number }>} after
 * @param {number} height of a row
 * @returns {{ key: string, from: number, gained: boolean, isNew: boolean }[]} only those with something to do
 */
export function moves(before, after, height) {
  if (!before.size) return [];
  const list = [];
  for (const [key, { top, score }] of after) {
    const old = before.get(key);
    const far = old ? old.top - top : 0;
    const from = Math.abs(far) > height * ROWS_MAX ? 0 : far;
    const move = { key, from, gained: Boolean(old && score > old.score), isNew: !old };
    if (move.from || move.gained || move.isNew) list.push(move);
  }
  return list;
}

/** How long is left, in words of at most two units. @param {number} ms */
export function left(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const parts = [[Math.floor(s / 86_400), 'd'], [Math.floor(s / 3600) % 24, 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']];
  const first = parts.findIndex(([n]) => n);
  if (first < 0) return 'over';
  return parts.slice(first, first + 2).filter(([n]) => n).map(([n, unit]) => `${n} ${unit}`).join(' ');
}

/** The zone a position is in. @param {{ up: number, down: number } | undefined} zones @param {number} at @param {number} count */
export function zoneOf(zones, at, count) {
  if (!zones) return '';
  if (at < zones.up) return 'up';
  return at >= count - zones.down ? 'down' : '';
}
