// Reads the page's own code for texts that people see: what stands between and in tags of `html`
// templates, and sentences among strings. As little of JavaScript as that takes.

const SEEN = new Set(['label', 'title', 'aria-label', 'placeholder', 'hint', 'alt', 'aria-description', 'aria-roledescription']);

/** @typedef {{ kind: 'markup' | 'string', text: string, before: string, line: number }} Found */

/** @param {string} source @returns {Found[]} */
export function scan(source) {
  /** @type {Found[]} */
  const found = [];
  const lineOf = (/** @type {number} */ at) => source.slice(0, at).split('\n').length;
  const put = (/** @type {Found['kind']} */ kind, /** @type {string} */ text, /** @type {number} */ at) => found.push({ kind, text, before: source.slice(Math.max(0, at - 24), at), line: lineOf(at) });

  /** Code up to a closing bracket; answers where that stands. @param {number} i @returns {number} */
  const code = (i) => {
    let depth = 0;
    let last = '';
    for (; i < source.length; i++) {
      const c = source[i];
      if (source.startsWith('//', i)) i = source.indexOf('\n', i);
      else if (source.startsWith('/*', i)) i = source.indexOf('*/', i) + 1;
      else if (c === "'" || c === '"') {
        const from = i;
        for (i += 1; source[i] !== c; i++) if (source[i] === '\\') i += 1;
        put('string', source.slice(from + 1, i), from);
      } else if (c === '`') i = template(i + 1, source.slice(i - 4, i) === 'html');
      else if (c === '/' && ('(,=:[!&|?{};+'.includes(last) || /(return|=>)\s*$/.test(source.slice(i - 12, i)))) {
        for (let inClass = false, j = (i += 1); ; j++, i = j) {
          if (source[j] === '\\') j += 1;
          else if (source[j] === '[') inClass = true;
          else if (source[j] === ']') inClass = false;
          else if (source[j] === '/' && !inClass) break;
        }
      } else if ('{(['.includes(c)) depth += 1;
      else if ('})]'.includes(c) && depth-- === 0) return i;
      if (c.trim()) last = c;
    }
    return i;
  };

  /** @param {number} i @param {boolean} isMarkup @returns {number} where the template ends */
  const template = (i, isMarkup) => {
    let state = 'text';
    let name = '';
    let quote = '';
    let words = '';
    const flush = () => {
      if (/\p{L}{2}/u.test(words)) put('markup', words.trim(), i);
      words = '';
    };
    for (; source[i] !== '`'; i++) {
      const c = source[i];
      if (c === '\\') i += 1;
      else if (source.startsWith('${', i)) {
        i = code(i + 2);
        if (state === 'name' || state === 'value') state = 'tag';
      } else if (!isMarkup) continue;
      else if (state === 'text') {
        if (c === '<') {
          flush();
          state = 'name';
        } else words += c;
      } else if (state === 'quoted') {
        if (c !== quote) words += c;
        else {
          if (SEEN.has(name)) flush();
          words = '';
          state = 'tag';
        }
      } else if (c === '>') state = 'text';
      else if (state === 'name') state = /\s/.test(c) ? 'tag' : state;
      else if (state === 'tag' && /[\w-]/.test(c)) {
        name = /^[\w-]+/.exec(source.slice(i))?.[0] ?? '';
        i += name.length - 1;
        if (source[i + 1] === '=') {
          i += 1;
          quote = source[i + 1];
          if (quote === '"' || quote === "'") i += 1;
          state = quote === '"' || quote === "'" ? 'quoted' : 'value';
        }
      } else if (state === 'value' && /\s/.test(c)) state = 'tag';
    }
    flush();
    return i;
  };

  code(0);
  return found;
}
