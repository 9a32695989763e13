// The Markdown of a line, as a tree. Pure: text in, values out; whoever draws it makes DOM nodes of
// them, so nothing that was typed can ever become markup.
//
// Known: paragraphs, line breaks, `code`, fenced blocks, *emphasis*, **strong**, ~~strike~~,
// > quotes, - and 1. lists, [links](https://…) and bare https:// addresses. All else is text.

/**
 * @typedef {{ kind: 'text', text: string }
 *   | { kind: 'break' }
 *   | { kind: 'code', text: string }
 *   | { kind: 'mention', text: string }
 *   | { kind: 'link', href: string, children: Inline[] }
 *   | { kind: 'em' | 'strong' | 'del', children: Inline[] }} Inline
 * @typedef {{ kind: 'paragraph', children: Inline[] }
 *   | { kind: 'block', language: string, text: string }
 *   | { kind: 'quote', children: Block[] }
 *   | { kind: 'list', ordered: boolean, start: number, items: Inline[][] }} Block
 */

/** Deeper nesting than this is somebody playing with the parser. */
const DEPTH_MAX = 6;

/**
 * @param {string} text
 * @param {string[]} [mentions] names that are addressed here, without the @
 * @returns {Block[]}
 */
export function parse(text, mentions = []) {
  return blocks(text.split('\n'), [...mentions].sort((a, b) => b.length - a.length), 0);
}

/**
 * @param {string[]} lines
 * @param {string[]} mentions
 * @param {number} depth
 * @returns {Block[]}
 */
function blocks(lines, mentions, depth) {
  /** @type {Block[]} */
  const out = [];
  /** @type {string[]} */
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) out.push({ kind: 'paragraph', children: inline(paragraph.join('\n'), mentions, 0) });
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const fence = /^(```+)\s*([\w+#.-]{0,20})\s*$/.exec(line);
    if (fence) {
      flush();
      const end = lines.findIndex((other, at) => at > i && other.trimEnd() === fence[1]);
      const last = end < 0 ? lines.length : end;
      out.push({ kind: 'block', language: fence[2], text: lines.slice(i + 1, last).join('\n') });
      i = last;
    } else if (/^>\s?/.test(line) && depth < DEPTH_MAX) {
      flush();
      const quoted = take(lines, i, (other) => /^>\s?/.test(other));
      out.push({ kind: 'quote', children: blocks(quoted.map((other) => other.replace(/^>\s?/, '')), mentions, depth + 1) });
      i += quoted.length - 1;
    } else if (/^\s{0,3}[-*]\s+\S/.test(line)) {
      flush();
      const items = take(lines, i, (other) => /^\s{0,3}[-*]\s+\S/.test(other));
      out.push({ kind: 'list', ordered: false, start: 1, items: items.map((item) => inline(item.replace(/^\s*[-*]\s+/, ''), mentions, 0)) });
      i += items.length - 1;
    } else if (/^\s{0,3}\d{1,4}[.)]\s+\S/.test(line)) {
      flush();
      const items = take(lines, i, (other) => /^\s{0,3}\d{1,4}[.)]\s+\S/.test(other));
      out.push({ kind: 'list', ordered: true, start: parseInt(line, 10), items: items.map((item) => inline(item.replace(/^\s*\d+[.)]\s+/, ''), mentions, 0)) });
      i += items.length - 1;
    } else if (!line.trim()) {
      flush();
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return out;
}

/**
 * @param {string[]} lines
 * @param {number} from
 * @param {(line: string) => boolean} fits
 */
function take(lines, from, fits) {
  let to = from;
  while (to < lines.length && fits(lines[to])) to += 1;
  return lines.slice(from, to);
}

/** What is more than text begins with one of these. */
const BEGINS = '`[h*~_@\n\\';
const SPANS = [
  { open: '**', kind: /** @type {const} */ ('strong') },
  { open: '~~', kind: /** @type {const} */ ('del') },
  { open: '*', kind: /** @type {const} */ ('em') },
  { open: '_', kind: /** @type {const} */ ('em') },
];

/**
 * @param {string} text
 * @param {string[]} mentions
 * @param {number} depth
 * @returns {Inline[]}
 */
function inline(text, mentions, depth) {
  /** @type {Inline[]} */
  const out = [];
  // What is plain, up to `from`. Pieces, and not letter by letter: texts grown so keep each of their steps.
  let plain = '';
  let from = 0;
  let i = 0;
  const flush = () => {
    plain += text.slice(from, i);
    from = i;
    if (plain) out.push({ kind: 'text', text: plain });
    plain = '';
  };
  const put = (/** @type {Inline} */ node) => {
    flush();
    out.push(node);
  };
  while (i < text.length) {
    if (!BEGINS.includes(text[i])) {
      i += 1;
      continue;
    }
    const rest = text.slice(i);
    const found = depth < DEPTH_MAX && (code(rest) ?? link(rest, mentions, depth) ?? address(rest, text[i - 1]) ?? span(rest, text[i - 1], mentions, depth) ?? mention(rest, text[i - 1], mentions));
    if (found) {
      put(found.node);
      from = i += found.length;
    } else if (text[i] === '\n') {
      put({ kind: 'break' });
      from = i += 1;
    } else if (text[i] === '\\' && /[\\`*_~[\]()>@-]/.test(text[i + 1] ?? '')) {
      plain += text.slice(from, i);
      from = i + 1;
      i += 2;
    } else {
      i += 1;
    }
  }
  flush();
  return out;
}

/** @typedef {{ node: Inline, length: number } | undefined} Found */

/** @param {string} rest @returns {Found} */
function code(rest) {
  const found = /^(`+)([^`\n]|[^`\n][^\n]*?[^`\n])\1(?!`)/.exec(rest);
  return found ? { node: { kind: 'code', text: found[2] }, length: found[0].length } : undefined;
}

/** @param {string} rest @param {string[]} mentions @param {number} depth @returns {Found} */
function link(rest, mentions, depth) {
  const found = /^\[([^\]\n]{1,300})\]\((\S{1,1000}?)\)/.exec(rest);
  const href = found && safe(found[2]);
  return found && href ? { node: { kind: 'link', href, children: inline(found[1], mentions, depth + 1) }, length: found[0].length } : undefined;
}

/** @param {string} rest @param {string | undefined} before @returns {Found} */
function address(rest, before) {
  if (before && /[\p{L}\p{N}]/u.test(before)) return undefined;
  const found = /^https?:\/\/[^\s<>"`]{3,1000}/.exec(rest);
  if (!found) return undefined;
  // What ends a sentence does not belong to the address in it.
  let text = found[0].replace(/[.,:;!?'*_~]+$/, '');
  if (text.endsWith(')') && !text.includes('(')) text = text.slice(0, -1);
  const href = safe(text);
  return href ? { node: { kind: 'link', href, children: [{ kind: 'text', text }] }, length: text.length } : undefined;
}

/** @param {string} rest @param {string | undefined} before @param {string[]} mentions @param {number} depth @returns {Found} */
function span(rest, before, mentions, depth) {
  for (const { open, kind } of SPANS) {
    if (!rest.startsWith(open)) continue;
    // snake_case and 2*3*4 are not emphasis.
    if (open.length === 1 && before && /[\p{L}\p{N}]/u.test(before)) return undefined;
    let end = rest.indexOf(open, open.length);
    while (end > 0 && open === '*' && rest[end + 1] === '*') end = rest.indexOf(open, end + 2);
    const inner = rest.slice(open.length, end);
    const after = rest[end + open.length];
    if (end <= open.length || /^\s|\s$|\n\n/.test(inner)) continue;
    if (open === '_' && after && /[\p{L}\p{N}]/u.test(after)) continue;
    return { node: { kind, children: inline(inner, mentions, depth + 1) }, length: end + open.length };
  }
  return undefined;
}

/** @param {string} rest @param {string | undefined} before @param {string[]} mentions @returns {Found} */
function mention(rest, before, mentions) {
  if (rest[0] !== '@' || (before && /[\p{L}\p{N}]/u.test(before))) return undefined;
  const name = mentions.find((candidate) => rest.startsWith(candidate, 1));
  return name ? { node: { kind: 'mention', text: `@${name}` }, length: name.length + 1 } : undefined;
}

/** An address that may be followed by a click, or nothing. @param {string} text */
function safe(text) {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' || url.protocol === 'mailto:' ? url.href : null;
  } catch {
    return null;
  }
}
