// What is shown of a room as a flat list of rows, one element each: days, the mark of what is new,
// lines, answers, notices. Pure.

/** Lines of one person within this time stand under one name. */
const GROUP_MS = 5 * 60_000;
const CHARS_A_LINE = 72;

/**
 * @typedef {import('../../room-model.js').Item} Item
 * @typedef {import('../../windowed.js').Row & { kind: 'day' | 'new' | 'item', item: Item, grouped: boolean }} Row
 */

/** Something somebody said, person or persona. @param {Item} item */
export const isSaid = (item) => item.kind === 'line' || item.kind === 'voice';
/** @param {Item} item @param {string} me */
export const isOthers = (item, me) => item.kind === 'voice' || (item.kind === 'line' && item.line.by !== me) || isAside(item, me);
/** What a coach says beside the conversation is news like a line. @param {Item} item @param {string} me */
export const isAside = (item, me) => item.kind === 'notice' && item.event.by !== me && (item.event.fact.kind === 'whispered' || item.event.fact.kind === 'announced');
/** The newest stored item. @param {Item[]} items */
export const newestOf = (items) => items.findLast((item) => Number.isInteger(item.seq) && item.seq < Number.MAX_SAFE_INTEGER - 200)?.seq ?? 0;

/**
 * @param {Item[]} items @param {number} [unreadFrom] the first item that is new @returns {Row[]}
 */
export function rowsOf(items, unreadFrom) {
  /** @type {Row[]} */
  const rows = [];
  let dayEnds = -Infinity;
  let dayBegins = Infinity;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const last = items[i - 1];
    // Asking the calendar costs; within a day nobody has to.
    const newDay = item.at < dayBegins || item.at >= dayEnds;
    if (newDay) {
      const day = new Date(item.at);
      dayBegins = day.setHours(0, 0, 0, 0);
      dayEnds = day.setHours(24, 0, 0, 0);
      rows.push({ key: `day-${item.seq}`, kind: 'day', item, grouped: false, guess: 46 });
    }
    if (item.seq === unreadFrom) rows.push({ key: 'new', kind: 'new', item, grouped: false, guess: 36 });
    const grouped = !newDay && item.kind === 'line' && last?.kind === 'line' && last.line.by === item.line.by && last.line.asPersona === item.line.asPersona && item.at - last.at < GROUP_MS && item.seq !== unreadFrom && !item.line.replyTo;
    rows.push({ key: keyOf(item), kind: 'item', item, grouped, guess: guess(item, grouped) });
  }
  return rows;
}

/** The same before and after it is stored: the text that was heard stays where it is. @param {Item} item */
const keyOf = (item) => (item.kind === 'voice' ? `turn-${item.answer.root}` : item.kind === 'beside' ? `beside-${item.seq}` : `line-${item.seq}`);

/** @param {Item} item @param {boolean} grouped */
function guess(item, grouped) {
  if (item.kind === 'notice') return item.event.fact.text ? 72 : 28;
  if (item.kind === 'beside') return 44;
  const text = item.kind === 'line' ? item.line.text : item.answer.versions.at(-1)?.text ?? '';
  const broken = Math.min(40, Math.ceil(text.length / CHARS_A_LINE) + (text.match(/\n/g)?.length ?? 0));
  return Math.max(1, broken) * 26 + (grouped ? 6 : 34);
}
