// The condition of a rule as blocks: what has to be true, one inside the other.

import './words.js';
import { html } from '../../../ui.js';
import { Button, Field, IconButton } from '../../../parts/basics.js';
import { DEEDS, PERIODS } from './shapes.js';
import { t } from '../../../texts.js';

const BLOCKS = {
  at_least: t('is at least'), at_most: t('is at most'), is: t('is'), within: t('so often lately'), first: t('the first of'), streak: t('days in a row'), skill: t('a skill'), level: t('a level'),
  all: t('all of these'), any: t('any of these'), not: t('not this'),
};
/** What a fresh block says. @type {Record<string, (on: string) => any>} */
const FRESH = {
  at_least: (on) => ({ [numbersOf(on)[0] ?? 'words']: 1 }), at_most: (on) => ({ [numbersOf(on)[0] ?? 'words']: 0 }), is: () => ({ reply: true }), within: (on) => ({ seconds: 600, of: on, times: 5 }),
  first: () => 'day', streak: () => 7, skill: () => ({ skill: 'empathy', at_least: 700 }), level: () => 5, all: () => [], any: () => [], not: () => ({ at_least: { words: 5 } }),
};
const deedOf = (/** @type {string} */ on) => DEEDS[/** @type {'line_said'} */ (on)] ?? { numbers: [], words: [] };
const numbersOf = (/** @type {string} */ on) => /** @type {string[]} */ (deedOf(on).numbers);

/** @param {{ value: any, on: string, label: string, onValue: (value: any) => void, faults?: string[] }} props */
export function Condition({ value, on, label, onValue, faults = [] }) {
  return html`<fieldset class="blocks"><legend>${label}</legend>
    ${value ? html`<${Block} value=${value} on=${on} onValue=${onValue} onDrop=${() => onValue(undefined)} />` : html`<p class="hint">${t('Always.')}</p><${Add} on=${on} onAdd=${onValue} />`}
    ${faults.map((says) => html`<p class="fault" key=${says}>${says}</p>`)}
  </fieldset>`;
}

/** @param {{ on: string, onAdd: (value: any) => void }} props */
function Add({ on, onAdd }) {
  const add = (/** @type {any} */ event) => {
    const kind = event.currentTarget.value;
    if (kind) onAdd({ [kind]: FRESH[kind](on) });
    event.currentTarget.value = '';
  };
  return html`<select class="input block-add" aria-label=${t('Add a condition')} onChange=${add}><option value="">${t('Add a condition')}</option>${Object.entries(BLOCKS).map(([kind, says]) => html`<option key=${kind} value=${kind}>${says}</option>`)}</select>`;
}

/** @param {{ value: any, on: string, onValue: (value: any) => void, onDrop: () => void }} props */
function Block({ value, on, onValue, onDrop }) {
  const [kind = 'all', inner] = Object.entries(value)[0] ?? [];
  const put = (/** @type {any} */ next) => onValue({ [kind]: next });
  return html`<div class=${`block block-${kind}`}>
    <div class="block-head"><strong>${BLOCKS[/** @type {'all'} */ (kind)] ?? kind}</strong><${IconButton} icon="close" label=${t('Remove this condition')} onClick=${onDrop} /></div>
    <${Inside} kind=${kind} inner=${inner} on=${on} put=${put} />
  </div>`;
}

/** @param {{ kind: string, inner: any, on: string, put: (value: any) => void }} props */
function Inside({ kind, inner, on, put }) {
  if (kind === 'all' || kind === 'any') {
    const change = (/** @type {number} */ at, /** @type {any} */ next) => put(next === undefined ? inner.filter((/** @type {any} */ _, /** @type {number} */ i) => i !== at) : inner.map((/** @type {any} */ one, /** @type {number} */ i) => (i === at ? next : one)));
    return html`${inner.map((/** @type {any} */ one, /** @type {number} */ at) => html`<${Block} key=${at} value=${one} on=${on} onValue=${(/** @type {any} */ next) => change(at, next)} onDrop=${() => change(at, undefined)} />`)}<${Add} on=${on} onAdd=${(/** @type {any} */ fresh) => put([...inner, fresh])} />`;
  }
  if (kind === 'not') return html`<${Block} value=${inner} on=${on} onValue=${put} onDrop=${() => put({ all: [] })} />`;
  if (kind === 'at_least' || kind === 'at_most' || kind === 'is') return html`<${Pairs} kind=${kind} inner=${inner} on=${on} put=${put} />`;
  if (kind === 'first') return html`<select class="input" aria-label=${t('The first of')} value=${inner} onChange=${(/** @type {any} */ event) => put(event.currentTarget.value)}>${Object.entries(PERIODS).map(([per, says]) => html`<option key=${per} value=${per}>${says}</option>`)}</select>`;
  if (kind === 'streak' || kind === 'level') return html`<${Num} label=${kind === 'streak' ? t('Days') : t('Level')} value=${inner} onValue=${put} />`;
  if (kind === 'skill') return html`<div class="row-form"><${Field} label=${t('Skill')} value=${inner.skill} onValue=${(/** @type {string} */ skill) => put({ ...inner, skill })} /><${Num} label=${t('At least (per mille)')} value=${inner.at_least} onValue=${(/** @type {number} */ least) => put({ ...inner, at_least: least })} /></div>`;
  return html`<div class="row-form"><${Num} label=${t('Times')} value=${inner.times} onValue=${(/** @type {number} */ times) => put({ ...inner, times })} /><${Deed} value=${inner.of} onValue=${(/** @type {string} */ of) => put({ ...inner, of })} /><${Num} label=${t('In so many seconds')} value=${inner.seconds} onValue=${(/** @type {number} */ seconds) => put({ ...inner, seconds })} /></div>`;
}

/** @param {{ value: string, onValue: (value: string) => void }} props */
function Deed({ value, onValue }) {
  return html`<${Field} as="select" label=${t('Of')} value=${value} onValue=${onValue}>${Object.entries(DEEDS).map(([deed, { says }]) => html`<option key=${deed} value=${deed} selected=${deed === value}>${says}</option>`)}<//>`;
}

/** @param {{ label: string, value: number, onValue: (value: number) => void }} props */
function Num({ label, value, onValue }) {
  return html`<${Field} label=${label} type="number" value=${value} onValue=${(/** @type {string} */ text) => onValue(Math.trunc(Number(text)) || 0)} />`;
}

/** Names and what they are compared with. @param {{ kind: string, inner: any, on: string, put: (value: any) => void }} props */
function Pairs({ kind, inner, on, put }) {
  const names = kind === 'is' ? /** @type {string[]} */ (deedOf(on).words) : numbersOf(on);
  const pairs = Object.entries(inner);
  const change = (/** @type {number} */ at, /** @type {[string, any] | null} */ pair) => put(Object.fromEntries(pairs.flatMap((one, i) => (i === at ? (pair ? [pair] : []) : [one]))));
  const free = names.find((name) => !(name in inner));
  const read = (/** @type {string} */ text) => (kind === 'is' ? wordOf(text) : Math.trunc(Number(text)) || 0);
  return html`${pairs.map(([name, value], at) => html`<div class="row-form" key=${at}>
      <${Field} as="select" label=${t('What')} value=${name} onValue=${(/** @type {string} */ next) => change(at, [next, value])}>${[...new Set([name, ...names])].map((one) => html`<option key=${one} value=${one} selected=${one === name}>${one}</option>`)}<//>
      <${Field} label=${BLOCKS[/** @type {'is'} */ (kind)]} type=${kind === 'is' ? 'text' : 'number'} value=${Array.isArray(value) ? value.join(', ') : String(value)} onValue=${(/** @type {string} */ text) => change(at, [name, read(text)])} hint=${kind === 'is' && at === 0 ? t('yes, no, a word, or several with commas') : ''} />
      <${IconButton} icon="close" label=${t('Remove {name}', { name })} onClick=${() => change(at, null)} />
    </div>`)}
    ${free ? html`<${Button} icon="plus" onClick=${() => put({ ...inner, [free]: kind === 'is' ? true : 1 })}>${t('And')}<//>` : null}`;
}

/** @param {string} text */
function wordOf(text) {
  const plain = text.trim().toLowerCase();
  if (['yes', 'true', t('yes')].includes(plain)) return true;
  if (['no', 'false', t('no')].includes(plain)) return false;
  const words = text.split(',').map((word) => word.trim()).filter(Boolean);
  return words.length > 1 ? words : text.trim();
}
