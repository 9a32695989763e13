// Short messages at the edge: they tell and go, and can be read again by nobody, so nothing
// important lives here alone.

import { signal } from '@preact/signals';
import { html } from '../ui.js';
import { Link } from '../router.js';
import { IconButton } from './basics.js';
import { t } from '../texts.js';

/** @type {import('@preact/signals').Signal<{ id: number, text: string, href?: string, picture?: string, act?: { label: string, run: () => void } }[]>} */
const toasts = signal([]);
let ids = 0;

/**
 * @param {string} text
 * @param {{ href?: string, picture?: string, act?: { label: string, run: () => void }, ms?: number }} [more]
 */
export function toast(text, { href, picture, act, ms = 7_000 } = {}) {
  const id = ++ids;
  toasts.value = [...toasts.value.slice(-3), { id, text, href, picture, act }];
  setTimeout(() => drop(id), ms);
}

/** Says what a refused or failed call means. @param {any} error */
export const toastFault = (error) => toast(error?.message ?? t('Something went wrong. Try again in a moment.'));

/** @param {number} id */
const drop = (id) => (toasts.value = toasts.value.filter((other) => other.id !== id));

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map(
      ({ id, text, href, picture, act }) => html`<div class="toast" key=${id}>
        ${picture ? html`<img class="toast-picture" src=${picture} alt="" width="40" height="40" />` : null}
        <p>${href ? html`<${Link} href=${href}>${text}<//>` : text}</p>
        ${act ? html`<button type="button" class="toast-act" onClick=${() => { drop(id); act.run(); }}>${act.label}</button>` : null}
        <${IconButton} icon="close" label=${t('Dismiss')} onClick=${() => drop(id)} />
      </div>`,
    )}
  </div>`;
}
