// What there is of each kind: shipped, changed, one's own.

import './words.js';
import { html, useEffect, useRef, useState } from '../../../ui.js';
import { ludus } from '../../../hub.js';
import { Link, go } from '../../../router.js';
import { exactly } from '../../../format.js';
import { Button, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../../../parts/basics.js';
import { KINDS, ORIGINS } from './shapes.js';
import { t } from '../../../texts.js';

export function Kinds() {
  useTitle(t('Content'));
  return html`<div class="page"><header class="page-head"><div><h1>${t('Content')}</h1><p class="lead">${t('What this place plays by, and what one practises here. What you change holds here and nowhere else; what is shipped can always come back.')}</p></div></header>
    <ul class="cards">${Object.entries(KINDS).map(([kind, { title, says }]) => html`<li key=${kind}><${Link} class="card" href=${`/admin/content/${kind}`}><strong class="card-title">${title}</strong><span class="card-facts">${says}</span><//></li>`)}</ul></div>`;
}

/** @param {{ kind: string }} props */
export function Items({ kind }) {
  const { title, says } = KINDS[/** @type {'rules'} */ (kind)];
  useTitle(title);
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [sought, setSought] = useState('');
  const [fault, setFault] = useState('');
  const [making, setMaking] = useState(false);
  const [busy, setBusy] = useState(false);
  const file = useRef(/** @type {any} */ (null));
  const read = () => ludus.call('GET', `/content/${kind}`).then((found) => { setFault(''); setItems(found.items); }, (error) => setFault(error.message));
  useEffect(() => void read(), [kind]);
  const words = sought.trim().toLowerCase();
  const found = items?.filter((one) => !words || `${one.id} ${one.title}`.toLowerCase().includes(words)) ?? [];
  const take = async (/** @type {any} */ event) => {
    const card = event.currentTarget.files?.[0];
    if (!card) return;
    setBusy(true);
    try {
      const draft = await ludus.call('POST', '/content/cards', { file: card });
      go(`/admin/content/personas/${draft.id}`);
    } catch (error) {
      setFault(/** @type {any} */ (error).code === 'field_invalid' ? t('That is no persona card: a PNG or JSON file of chara_card_v2 or v3.') : /** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  return html`<div class="page">
    <header class="page-head"><div><p class="crumbs"><${Link} href="/admin/content">${t('Content')}<//></p><h1>${title}</h1><p class="lead">${says}</p></div>
      <div class="acts">${kind === 'personas' ? html`<input ref=${file} type="file" hidden accept=".json,.png" onChange=${take} /><${Button} icon="down" busy=${busy} onClick=${() => file.current?.click()}>${t('Take a card')}<//>` : null}
        ${KINDS[/** @type {'rules'} */ (kind)] && !['levels', 'streak', 'seasons'].includes(kind) ? html`<${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>${t('Write one')}<//>` : null}</div></header>
    <${Field} type="search" label=${t('Search')} value=${sought} onValue=${setSought} />
    <${Fault}>${fault}<//>
    ${fault && !items ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : items ? null : html`<${Skeleton} rows=${5} label=${t('Reading')} />`}
    ${items && !found.length ? html`<${Empty} icon="search" title=${t('Nothing of that name')} />` : null}
    <ul class="content-list">${found.map((one) => html`<li key=${one.id}><${Link} href=${`/admin/content/${kind}/${one.id}`}><span><strong dir="auto">${one.title}</strong><code>${one.id}</code></span><span class="content-marks">${one.draft ? html`<span class="badge">${t('draft')}</span>` : null}${one.origin === 'shipped' ? null : html`<span class=${`badge badge-${one.origin}`}>${ORIGINS[one.origin]}</span>`}${one.changed_at ? html`<time class="hint">${exactly(one.changed_at)}</time>` : null}</span><//></li>`)}</ul>
    ${making ? html`<${Make} kind=${kind} taken=${items?.map(({ id }) => id) ?? []} onClose=${() => setMaking(false)} />` : null}
  </div>`;
}

/** What a new one is called, for ever. @param {{ kind: string, taken: string[], onClose: () => void }} props */
function Make({ kind, taken, onClose }) {
  const [id, setId] = useState('');
  const isFine = /^[a-z][a-z0-9-]{0,46}[a-z0-9]$|^[a-z]$/.test(id);
  const isTaken = taken.includes(id);
  const make = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isFine && !isTaken) go(`/admin/content/${kind}/${id}`);
  };
  return html`<${Dialog} title=${t('Write one')} onClose=${onClose}><form class="stack" onSubmit=${make}>
    <${Field} label=${t('Id')} required autocomplete="off" spellcheck=${false} value=${id} onValue=${setId} hint=${t('Small letters, digits and hyphens. Others name it so.')} fault=${isTaken ? t('There is one of that name.') : id && !isFine ? t('Begin with a letter; a to z, 0 to 9 and hyphens.') : ''} />
    <div class="acts"><${Button} kind="primary" type="submit" disabled=${!isFine || isTaken}>${t('Begin')}<//></div></form><//>`;
}
