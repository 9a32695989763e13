// How events become lines, whatever order they were read in. Pure.

/**
 * @typedef {import('./room-model.js').Recorded} Recorded
 * @typedef {import('./room-model.js').Line} Line
 * @typedef {import('./room-model.js').Item} Item
 */

/**
 * @param {Recorded} said
 * @param {Recorded[]} about
 * @returns {Line}
 */
export function fold(said, about) {
  /** @type {Line} */
  const line = {
    seq: said.seq,
    at: said.at,
    by: said.by ?? '',
    text: said.fact.text,
    versions: [],
    retracted: Boolean(said.fact.retracted) && !said.fact.hidden,
    hidden: Boolean(said.fact.hidden),
    replyTo: said.fact.reply_to,
    mentions: said.fact.mentions ?? [],
    reactions: [],
    asPersona: said.fact.as_persona,
    insteadOf: said.fact.instead_of,
    facts: said.fact.facts ?? {},
  };
  let at = said.at;
  for (const event of about) {
    const { fact } = event;
    if (fact.kind === 'edited') {
      line.versions.push({ at, text: line.text });
      line.text = fact.text;
      at = event.at;
    } else if (fact.kind === 'retracted') {
      line.retracted = true;
    } else if (fact.kind === 'line_hidden' || fact.kind === 'line_shown') {
      line.hidden = fact.kind === 'line_hidden';
    } else if (fact.kind === 'reacted' && event.by) {
      react(line, fact.emoji, event.by, fact.on);
    } else if (fact.kind === 'remarked') {
      line.remark = fact.remark;
    }
  }
  return line;
}

/**
 * Puts aside what was said from a line on, since it was said differently.
 * @param {Item[]} items @param {number} from @param {number} seq of the line that took its place @param {number} at
 */
export function setBeside(items, from, seq, at) {
  let first = items.length;
  // What that line had put aside itself stands half a place before it.
  while (first && items[first - 1].seq >= from - 0.5) first -= 1;
  const beside = items.splice(first).flatMap((item) => (item.kind === 'beside' ? item.items : [item]));
  if (beside.length) items.push({ kind: 'beside', seq: seq - 0.5, at: beside[0].at ?? at, items: beside });
}

/** @param {Line} line @param {string} emoji @param {string} by @param {boolean} on */
function react(line, emoji, by, on) {
  const known = line.reactions.find((reaction) => reaction.emoji === emoji);
  if (on && known) {
    if (!known.users.includes(by)) known.users.push(by);
  } else if (on) {
    line.reactions.push({ emoji, users: [by] });
  } else if (known) {
    known.users = known.users.filter((user) => user !== by);
    line.reactions = line.reactions.filter((reaction) => reaction.users.length);
  }
}

/** @param {number[]} sorted @param {number} value */
export function insert(sorted, value) {
  let low = 0;
  let high = sorted.length;
  if (high && sorted[high - 1] < value) low = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, value);
}
