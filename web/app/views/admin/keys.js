// Keys for programs that talk to personas.

import { html, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { since } from '../../format.js';
import { Button, Copy, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../../parts/basics.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';
import { useNames, usePages } from './pages.js';

const SCOPES = [{ id: 'personas', label: t('Talk to personas, at the cost of this org') }];

export function Keys() {
  useTitle(t('API keys'));
  const { items: keys, fault, more, again } = usePages('/api-keys');
  const [making, setMaking] = useState(false);
  const nameOf = useNames((keys ?? []).flatMap(({ created_by, revoked_by }) => [created_by, revoked_by]));
  const revoke = (/** @type {any} */ key) => ludus.call('DELETE', `/api-keys/${key.id}`).then(() => { toast(t('{name} is no key any more.', { name: key.name })); again(); }, toastFault);
  const facts = (/** @type {any} */ key) => (key.revoked_at
    ? t('taken back by {name}, {when}', { name: nameOf(key.revoked_by), when: since(key.revoked_at) })
    : `${t('made by {name}, {when}', { name: nameOf(key.created_by), when: since(key.created_at) })} · ${key.used_at ? t('used {when}', { when: since(key.used_at) }) : t('never used')}`);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('API keys')}</h1><p class="lead">${t('For programs: they speak to personas as to any model of the OpenAI protocol.')}</p></div>
      <${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>${t('New key')}<//></header>
    <${Fault}>${fault}<//>${fault ? html`<div><${Button} onClick=${again}>${t('Try again')}<//></div>` : null}
    ${!keys && !fault ? html`<${Skeleton} rows=${3} label=${t('Loading keys')} />` : null}
    ${keys && !keys.length ? html`<${Empty} icon="door" title=${t('No keys yet')}><p>${t('A key lets a program of yours talk to the personas of this org. Its secret is shown once.')}</p><${Button} kind="primary" icon="plus" onClick=${() => setMaking(true)}>${t('New key')}<//><//>` : null}
    <ul class="rows">${keys?.map((key) => html`<li key=${key.id} class=${key.revoked_at ? 'row row-off' : 'row'}><div class="row-words"><strong dir="auto">${key.name}</strong><small>${facts(key)}</small></div>
      ${key.revoked_at ? null : html`<${Button} onClick=${() => revoke(key)} aria-label=${t('Take back: {name}', { name: key.name })}>${t('Take back')}<//>`}</li>`)}</ul>
    ${more ? html`<div><${Button} onClick=${more}>${t('More')}<//></div>` : null}
    ${making ? html`<${NewKey} onClose=${() => { setMaking(false); again(); }} />` : null}
  </div>`;
}

/** @param {{ onClose: () => void }} props */
function NewKey({ onClose }) {
  const [name, setName] = useState('');
  const [key, setKey] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      setKey(await ludus.call('POST', '/api-keys', { body: { name, scopes: SCOPES.map(({ id }) => id) } }));
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  if (key) {
    return html`<${Dialog} title=${t('Keep this secret')} onClose=${onClose}>
      <p>${t('The program sends it as its bearer token. It is shown only now, and kept nowhere.')}</p>
      <div class="copy-row"><output class="input one-time-link">${key.secret}</output><${Copy} text=${key.secret} /></div>
      <p class="hint">${t('The address of the interface is {url}.', { url: `${location.origin}/v1` })}</p>
      <div class="dialog-acts"><${Button} kind="primary" onClick=${onClose}>${t('Done')}<//></div>
    <//>`;
  }
  return html`<${Dialog} title=${t('New key')} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <${Field} label=${t('What is it for?')} required maxlength="60" autofocus value=${name} onValue=${setName} fault=${fault} hint=${t('To know it again in this list.')} />
    <ul class="rows">${SCOPES.map(({ id, label }) => html`<li key=${id} class="row">${label}</li>`)}</ul>
    <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Make the key')}<//></div>
  </form><//>`;
}
