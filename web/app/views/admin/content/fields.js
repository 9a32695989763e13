// A form made of what a kind of content asks for. Each fault stands beside its field.

import './words.js';
import { html, useEffect, useState } from '../../../ui.js';
import { ludus } from '../../../hub.js';
import { Button, Field, IconButton } from '../../../parts/basics.js';
import { Condition } from './condition.js';
import { SAID } from './shapes.js';
import { t } from '../../../texts.js';

/** @typedef {import('./shapes.js').Ask} Ask */
/** @typedef {{ field: string, says: string, line: number, file: string }} Found */

/**
 * @param {{ asks: Ask[], value: any, path: string, faults: Found[], onValue: (value: any) => void }} props
 */
export function Fields({ asks, value, path, faults, onValue }) {
  const put = (/** @type {Ask} */ ask, /** @type {any} */ next) => {
    const { [ask.name]: _, ...rest } = value ?? {};
    const isLeftOut = ask.as === 'flag' ? next === Boolean(ask.on) : isEmpty(next);
    onValue(ask.optional && isLeftOut ? rest : { ...rest, [ask.name]: next });
  };
  return html`<div class="stack">${asks.map((ask) => html`<${One} key=${ask.name} ask=${ask} whole=${value ?? {}} path=${path ? `${path}.${ask.name}` : ask.name} faults=${faults} onValue=${(/** @type {any} */ next) => put(ask, next)} />`)}</div>`;
}

const isEmpty = (/** @type {any} */ value) => value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length) || (typeof value === 'object' && !Object.keys(value).length);

/** What is wrong here, and in nothing inside that says so itself. @param {Found[]} faults @param {string} path @param {boolean} deep */
export function saysOf(faults, path, deep) {
  const missing = path.split('.').at(-1);
  return faults.filter(({ field, says }) => field === path || (deep && field.startsWith(`${path}.`)) || (!field && !path.includes('.', path.search(/\.\d+\./) + 3) && says.includes(`missing field \`${missing}\``))).map(({ says }) => says);
}

/** @param {{ ask: Ask, whole: any, path: string, faults: Found[], onValue: (value: any) => void }} props */
function One({ ask, whole, path, faults, onValue }) {
  const value = whole[ask.name];
  const says = saysOf(faults, path, !['list', 'part', 'dials'].includes(ask.as));
  const fault = says.join(' · ');
  const common = { label: ask.label, hint: ask.hint ?? '', fault };
  const isNumber = (/** @type {string} */ text) => (text.trim() === '' ? undefined : Math.trunc(Number(text)));
  switch (ask.as) {
    case 'long':
      return html`<${Field} as="textarea" rows="4" ...${common} value=${value ?? ''} onValue=${onValue} />`;
    case 'number':
      return html`<${Field} type="number" ...${common} value=${value ?? ''} onValue=${(/** @type {string} */ text) => onValue(isNumber(text))} />`;
    case 'flag':
      return html`<label class="check"><input type="checkbox" checked=${Boolean(value ?? ask.on)} onChange=${() => onValue(!(value ?? ask.on))} /> ${ask.label}</label>`;
    case 'choice':
      return html`<${Field} as="select" ...${common} value=${value} onValue=${onValue}>${[...new Set([...(value === undefined ? [''] : [value]), ...(ask.options ?? [])])].map((one) => html`<option key=${one} value=${one} selected=${one === (value ?? '')}>${SAID[one] ?? one}</option>`)}<//>`;
    case 'lines':
      return html`<${Lines} ...${common} value=${value ?? []} onValue=${onValue} />`;
    case 'numbers':
      return html`<${Typed} ...${common} shown=${(value ?? []).join(', ')} read=${(/** @type {string} */ text) => text.split(/[,\s]+/).filter(Boolean).map((one) => Math.trunc(Number(one)) || 0)} onValue=${onValue} />`;
    case 'condition':
      return html`<${Condition} label=${ask.label} value=${value} on=${whole.on ?? ''} onValue=${onValue} faults=${says} />`;
    case 'dials':
      return html`<fieldset class="dials"><legend>${ask.label}</legend>${ask.asks?.map(({ name, label }) => html`<label key=${name}><span>${label}</span><input type="range" min="1" max="5" step="1" value=${value?.[name] ?? 3} onInput=${(/** @type {any} */ event) => onValue({ ...value, [name]: Number(event.currentTarget.value) })} /><output>${value?.[name] ?? 3}</output></label>`)}${fault ? html`<p class="fault">${fault}</p>` : null}</fieldset>`;
    case 'part':
      return html`<details class="part" open=${!ask.optional || Boolean(value)}><summary>${ask.label}${says.length ? html` <span class="fault">${fault}</span>` : null}</summary><${Fields} asks=${ask.asks ?? []} value=${value} path=${path} faults=${faults} onValue=${onValue} /></details>`;
    case 'list':
      return html`<${Items} ask=${ask} value=${value ?? []} path=${path} faults=${faults} says=${says} onValue=${onValue} />`;
    case 'one':
    case 'some':
      return html`<${Chosen} ask=${ask} common=${common} value=${value} onValue=${onValue} />`;
    default:
      return html`<${Field} ...${common} value=${value ?? ''} onValue=${onValue} />`;
  }
}

/** What is typed stays as it is typed, whatever it is read as. @param {any} props */
function Typed({ shown, read, onValue, as = 'input', ...rest }) {
  const [typed, setTyped] = useState(shown);
  useEffect(() => {
    if (JSON.stringify(read(typed)) !== JSON.stringify(read(shown))) setTyped(shown);
  }, [shown]);
  return html`<${Field} as=${as} ...${rest} value=${typed} onValue=${(/** @type {string} */ text) => { setTyped(text); onValue(read(text)); }} />`;
}

/** @param {any} props */
function Lines({ value, ...rest }) {
  const read = (/** @type {string} */ text) => text.split('\n').map((line) => line.trim()).filter(Boolean);
  return html`<${Typed} as="textarea" rows=${Math.min(8, Math.max(2, value.length + 1))} ...${rest} shown=${value.join('\n')} read=${read} />`;
}

/** @param {{ ask: Ask, value: any[], path: string, faults: Found[], says: string[], onValue: (value: any[]) => void }} props */
function Items({ ask, value, path, faults, says, onValue }) {
  const swap = (/** @type {number} */ at, /** @type {number} */ to) => {
    const next = [...value];
    [next[at], next[to]] = [next[to], next[at]];
    onValue(next);
  };
  return html`<fieldset class="items"><legend>${ask.label}</legend>
    ${says.map((one) => html`<p class="fault" key=${one}>${one}</p>`)}
    ${value.map((item, at) => html`<details class="part" key=${at} open=${faults.some(({ field }) => field.startsWith(`${path}.${at}.`)) || value.length === 1}>
      <summary>${item.title ?? item.id ?? item.name ?? `${ask.item} ${at + 1}`}</summary>
      <${Fields} asks=${ask.asks ?? []} value=${item} path=${`${path}.${at}`} faults=${faults} onValue=${(/** @type {any} */ next) => onValue(value.map((one, i) => (i === at ? next : one)))} />
      <div class="acts item-acts">${at > 0 ? html`<${Button} icon="up" onClick=${() => swap(at, at - 1)}>${t('Move up')}<//>` : null}<${Button} icon="close" onClick=${() => onValue(value.filter((_, i) => i !== at))}>${t('Remove {name}', { name: item.title ?? item.id ?? ask.item ?? '' })}<//></div>
    </details>`)}
    <div><${Button} icon="plus" onClick=${() => onValue([...value, {}])}>${t('Add: {name}', { name: ask.item ?? '' })}<//></div>
  </fieldset>`;
}

/** Chosen among what there is of another kind. @param {{ ask: Ask, common: any, value: any, onValue: (value: any) => void }} props */
function Chosen({ ask, common, value, onValue }) {
  const [all, setAll] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void ludus.call('GET', `/content/${ask.of}`).then(({ items }) => setAll(items.filter((/** @type {any} */ one) => one.origin !== 'out' && one.origin !== 'gone')), () => {}), []);
  const options = (/** @type {string[]} */ known) => all.filter(({ id }) => !known.includes(id)).map(({ id, title }) => html`<option key=${id} value=${id}>${title}</option>`);
  const titleOf = (/** @type {string} */ id) => all.find((one) => one.id === id)?.title ?? id;
  if (ask.as === 'one') return html`<${Field} as="select" ...${common} value=${value ?? ''} onValue=${onValue}><option value=${value ?? ''} selected>${value ? titleOf(value) : t('Choose')}</option>${options([value])}<//>`;
  const list = /** @type {string[]} */ (value ?? []);
  const add = (/** @type {string} */ id) => id && onValue([...list, id]);
  return html`<div class="field"><${Field} as="select" ...${common} value="" onValue=${add}><option value="">${t('Add somebody')}</option>${options(list)}<//>
    <ol class="chosen">${list.map((id) => html`<li key=${id}><span>${titleOf(id)}</span><${IconButton} icon="close" label=${t('Remove {name}', { name: titleOf(id) })} onClick=${() => onValue(list.filter((one) => one !== id))} /></li>`)}</ol></div>`;
}
