// Screens of a hall: a link that shows one board and nothing else, told once, taken back at any time.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { dayName } from '../format.js';
import { Button, Copy, Dialog, Fault, Field, Skeleton } from '../parts/basics.js';
import { Qr } from '../parts/qr.js';
import { toast, toastFault } from '../parts/toast.js';
import { t } from '../texts.js';

/** @param {{ board: string, title: string, onClose: () => void }} props */
export function Screens({ board, title, onClose }) {
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  const [name, setName] = useState('');
  const [days, setDays] = useState('30');
  const [made, setMade] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const read = () => ludus.call('GET', '/displays').then((list) => setAll((list.items ?? list).filter((/** @type {any} */ one) => one.board === board)), (error) => { setAll([]); setFault(error.message); });
  useEffect(() => void read(), []);
  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      setMade(await ludus.call('POST', '/displays', { body: { board, days: Number(days), ...(name.trim() ? { title: name.trim() } : {}) } }));
      read();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const revoke = (/** @type {any} */ one) => ludus.call('DELETE', `/displays/${one.id}`).then(() => { toast(t('That screen shows nothing any more.')); if (made?.id === one.id) setMade(null); read(); }, toastFault);
  return html`<${Dialog} title=${t('Screens for a hall')} onClose=${onClose}>
    ${made
      ? html`<p>${t('Open this link on the screen. It is told only now, and shows this board and nothing else.')}</p><div class="copy-row"><output class="input one-time-link">${made.url}</output><${Copy} text=${made.url} /></div><${Qr} text=${made.url} label=${t('Link for the screen')} />
          <div class="dialog-acts"><${Button} kind="primary" onClick=${() => setMade(null)}>${t('Done')}<//></div>`
      : html`<p>${t('A screen needs nobody signed in: a link lets it show “{title}”, for as long as you say.', { title })}</p><form class="stack" onSubmit=${make}>
          <${Field} label=${t('What the screen is called')} maxlength="120" value=${name} onValue=${setName} placeholder=${title} />
          <${Field} label=${t('For so many days')} type="number" min="1" max="366" required value=${days} onValue=${setDays} />
          <${Fault}>${fault}<//><div class="dialog-acts"><${Button} kind="primary" type="submit" busy=${busy}>${t('Make the link')}<//></div></form>`}
    ${all ? null : html`<${Skeleton} rows=${2} label=${t('Reading the screens')} />`}
    ${all?.length ? html`<section class="section"><h3>${t('Screens that show it')}</h3><ul class="rows">${all.map((one) => html`<li key=${one.id} class="row"><div class="row-words"><strong dir="auto">${one.title}</strong><small>${t('until {date}', { date: dayName(one.expires_at) })}</small></div>
      <${Button} kind="danger" onClick=${() => revoke(one)} aria-label=${`Take back: ${one.title}`}>${t('Take back')}<//></li>`)}</ul></section>` : null}
  <//>`;
}
