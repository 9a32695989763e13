// Links that were handed out and nobody has opened yet.

import { html, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { date, roleName, since } from '../../format.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../../parts/basics.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';
import { Invite } from './dialogs.js';
import { useNames, usePages } from './pages.js';

export function Invitations() {
  useTitle(t('Invitations'));
  const { items: links, fault, more, again } = usePages('/invitations');
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const nameOf = useNames((links ?? []).map(({ created_by }) => created_by));
  const invite = () => setDialog(html`<${Invite} onClose=${() => setDialog(null)} onDone=${again} />`);
  const withdraw = (/** @type {any} */ link) => ludus.call('DELETE', `/invitations/${link.id}`).then(() => { toast(t('That link opens nothing any more.')); again(); }, toastFault);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Invitations')}</h1><p class="lead">${t('Links that were made and nobody has opened yet. Each works once.')}</p></div>
      <${Button} kind="primary" icon="plus" onClick=${invite}>${t('Invite')}<//></header>
    <${Fault}>${fault}<//>${fault ? html`<div><${Button} onClick=${again}>${t('Try again')}<//></div>` : null}
    ${!links && !fault ? html`<${Skeleton} rows=${3} label=${t('Loading invitations')} />` : null}
    ${links && !links.length ? html`<${Empty} icon="link" title=${t('No open invitations')}><p>${t('Invite somebody: you get a link to hand over, no e-mail is needed.')}</p><//>` : null}
    <ul class="rows">${links?.map((link) => html`<li key=${link.id} class="row">
      <div class="row-words"><strong dir="auto">${link.name ?? link.email ?? t('Whoever has the link')}</strong>
        <small>${t('as {role} · good until {date}', { role: roleName(link.role), date: date(link.expires_at) })}${link.created_by ? html` · ${t('made by {name}, {when}', { name: nameOf(link.created_by), when: since(link.created_at) })}` : null}</small></div>
      <${Button} onClick=${() => withdraw(link)}>${t('Take back')}<//></li>`)}</ul>
    ${more ? html`<div><${Button} onClick=${more}>${t('More')}<//></div>` : null}
    ${dialog}
  </div>`;
}
