// What whoever keeps an org looks after, a section at a time. Sections are in `admin/sections.js`.

import { html, useEffect, useRef } from '../ui.js';
import { isAtLeast } from '../hub.js';
import { Link } from '../router.js';
import { Empty } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { t } from '../texts.js';
import { sectionOf, sections } from './admin/sections.js';

/** @param {{ section: string, rest: string[] }} props what the path says after `/admin` */
export function Admin({ section, rest }) {
  const nav = useRef(/** @type {any} */ (null));
  // On a phone the line of sections is longer than the screen.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' }), [section]);
  if (!isAtLeast('admin')) return html`<${Empty} icon="people" title=${t('Only admins may look at this')}><p><${Link} class="button button-primary" href="/">${t('Go to the rooms')}<//></p><//>`;
  const shown = sectionOf(section);
  return html`<div class="admin">
    <nav class="admin-nav" ref=${nav} aria-label=${t('Administration')}>${groups().map(([group, all]) => html`<div key=${group} class="admin-group"><h2>${group}</h2>
      <ul>${all.map((one) => html`<li key=${one.id}><${Link} href=${hrefOf(one)} class="admin-place" aria-current=${one.id === shown?.id ? 'page' : undefined}><${Icon} name=${one.icon} size=${18} /> <span>${one.label}</span><//></li>`)}</ul></div>`)}</nav>
    <div class="admin-main">${shown ? html`<${shown.view} key=${shown.id} rest=${rest} />` : html`<${Empty} icon="search" title=${t('There is nothing at this address')}><p><${Link} class="button button-primary" href="/admin">${t('People')}<//></p><//>`}</div>
  </div>`;
}

/** @param {import('./admin/sections.js').Section} section */
const hrefOf = ({ id, href }) => href ?? `/admin/${id}`;

/** Sections under their headings, in order. @returns {[string, import('./admin/sections.js').Section[]][]} */
function groups() {
  /** @type {Map<string, import('./admin/sections.js').Section[]>} */
  const found = new Map();
  for (const one of sections) found.set(one.group, [...(found.get(one.group) ?? []), one]);
  return [...found];
}
