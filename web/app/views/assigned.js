// What one was asked to practise, next to one's rooms.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { date } from '../format.js';
import { practise } from '../practice.js';
import { go } from '../router.js';
import { loadRooms } from '../rooms.js';
import { Button } from '../parts/basics.js';
import { toastFault } from '../parts/toast.js';
import { t } from '../texts.js';

export function Assigned() {
  const [items, setItems] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void ludus.call('GET', '/me/assignments').then((page) => setItems(page.items), () => {}), []);
  const open = items.filter((one) => one.progress !== 'done').sort((a, b) => (a.due_at ?? Infinity) - (b.due_at ?? Infinity));
  if (!open.length) return null;
  const begin = async (/** @type {any} */ one) => {
    try {
      if (one.room) return go(`/rooms/${one.room}`);
      const room = await practise(one.scenario, {});
      loadRooms();
      go(`/rooms/${room}`);
    } catch (error) {
      toastFault(error);
    }
  };
  return html`<section class="section"><h2>${t('Next to practise')}</h2>
    <ul class="cards">${open.map((one) => html`<li class="card" key=${one.id}><strong class="card-title" dir="auto">${one.title}</strong>
      <p class="card-facts">${one.due_at ? html`<span>${t('by {date}', { date: date(one.due_at) })}</span>` : null}${one.late ? html`<span class="badge">${t('late')}</span>` : null}</p>
      ${one.says ? html`<p dir="auto">${one.says}</p>` : null}
      <div class="card-acts"><${Button} kind="primary" onClick=${() => begin(one)}>${one.room ? t('Go on') : t('Begin now')}<//></div></li>`)}</ul>
  </section>`;
}
