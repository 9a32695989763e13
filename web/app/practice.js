// What can be practised, as REST tells it: scenarios are read once and kept, since they are content.

import { signal } from '@preact/signals';
import { ludus } from './hub.js';
import { t } from './texts.js';

/** @type {import('@preact/signals').Signal<Map<string, any>>} */
export const scenarios = signal(new Map());
/** @type {Set<string>} */
const asked = new Set();

/** A scenario, as soon as it is there; null until then, or when it cannot be read. @param {string | undefined} id */
export function scenarioOf(id) {
  if (!id) return null;
  if (!asked.has(id)) {
    asked.add(id);
    ludus.call('GET', `/scenarios/${encodeURIComponent(id)}`).then(
      (scenario) => (scenarios.value = new Map(scenarios.value).set(id, scenario)),
      () => asked.delete(id),
    );
  }
  return scenarios.value.get(id) ?? null;
}

/** Opens a practice. @param {string} scenario @param {any} [more] @returns {Promise<string>} its room */
export async function practise(scenario, more = {}) {
  const room = await ludus.call('POST', '/training/sessions', { body: { scenario, harder: 'auto', ...more } });
  return room.id;
}

/** Hands a file of the hub to the browser. @param {string} path @param {string} name */
export async function download(path, name) {
  const url = URL.createObjectURL(await ludus.call('GET', path, { raw: true }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name of content in words. @param {string} slug */
export const inWords = (slug) => slug.replaceAll(/[-_]/g, ' ').replace(/^./u, (first) => first.toLocaleUpperCase());

/** A persona's id as a name, where the name itself is not known. @param {string} id */
export const nameInWords = (id) => id.split('-').map(inWords).join(' ');

/** Per mille as people read it. @param {number} perMille */
export const ofHundred = (perMille) => Math.round(perMille / 10);

/** How sure one can be of a level, in words. @param {number} uncertainty per mille */
export const sureness = (uncertainty) => (uncertainty < 250 ? t('well known') : uncertainty < 500 ? t('fairly sure') : uncertainty < 800 ? t('a first idea') : t('hardly known yet'));
