// The frame around every view: where one can go, who one is, how the connection is.

import { html } from '../ui.js';
import { isAtLeast, user } from '../hub.js';
import { Link, place } from '../router.js';
import { rooms, unreadOf } from '../rooms.js';
import { count, roleName } from '../format.js';
import { Avatar, Mark } from '../parts/basics.js';
import { HowConnected } from '../parts/connection.js';
import { Icon } from '../parts/icons.js';
import { t } from '../texts.js';

export const places = () => [
  { href: '/', label: t('Rooms'), icon: 'rooms' },
  isAtLeast('learner') && { href: '/practise', label: t('Practise'), icon: 'spark' },
  isAtLeast('learner') && { href: '/progress', label: t('Progress'), icon: 'star' },
  { href: '/boards', label: t('Boards'), icon: 'board' },
  // Six fit a phone: cohorts are put together from the desk.
  isAtLeast('coach') && { href: '/desk', label: t('Desk'), icon: 'cohort' },
  isAtLeast('admin') && { href: '/admin', label: t('Admin'), icon: 'people' },
];

/** Whether one is at a place or further inside it. @param {string} href */
const isHere = (href) => place.value.path === href || (href !== '/' && place.value.path.startsWith(`${href}/`));

/** @param {any} props */
export function Shell({ children }) {
  const inRoom = place.value.path.startsWith('/rooms/');
  return html`<div class=${inRoom ? 'shell shell-room' : 'shell'}>
    <a class="skip-link" href="#main" onClick=${skip}>${t('Skip to the content')}</a>
    <header class="side">
      <div class="side-head">
        <${Link} href="/" class="brand"><${Mark} size=${30} /><span>Ludus</span><//>
        <${HowConnected} />
        <${Link} href="/settings" class="side-me" aria-label=${t('Settings')} title=${t('Settings')}><${Icon} name="settings" /><//>
      </div>
      <nav class="side-places" aria-label=${t('Places')}>
        ${places().map((to) => to && html`<${Link} key=${to.href} href=${to.href} class="place" aria-current=${isHere(to.href) ? 'page' : undefined}><${Icon} name=${to.icon} /><span>${to.label}</span><//>`)}
      </nav>
      <${MyRooms} />
      <${Link} href="/settings" class="side-foot">
        <${Avatar} id=${user.value.id} name=${user.value.name} size=${32} />
        <div><strong dir="auto">${user.value.name}</strong><small>${user.value.guest ? t('guest') : roleName(user.value.role)}</small></div>
        <${Icon} name="settings" /><span class="sr-only">${t('Settings')}</span>
      <//>
    </header>
    <main id="main" class="main" tabindex="-1">${children}</main>
  </div>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function MyRooms() {
  const mine = (rooms.value ?? []).filter((card) => card.member && card.phase !== 'ended');
  if (!mine.length) return null;
  return html`<nav class="side-rooms" aria-label=${t('My rooms')}>
    <h2>${t('My rooms')}</h2>
    ${mine.map((card) => {
      const unread = unreadOf(card);
      return html`<${Link} key=${card.id} href=${`/rooms/${card.id}`} class=${unread ? 'side-room side-room-unread' : 'side-room'}>
        <span class=${`phase-dot phase-${card.phase}`} aria-hidden="true"></span><span class="side-room-title" dir="auto">${card.title}</span>
        <${Unread} count=${unread} />
      <//>`;
    })}
  </nav>`;
}

/** @param {{ count: number }} props `-1`: some */
export function Unread({ count: n }) {
  if (!n) return null;
  return html`<span class=${n < 0 ? 'unread unread-some' : 'unread'}>${n > 0 ? count(Math.min(n, 99)) + (n > 99 ? '+' : '') : ''}<span class="sr-only"> ${t('unread')}</span></span>`;
}
