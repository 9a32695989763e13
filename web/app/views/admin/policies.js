// How coaches look on, and what models may say: what the org has decided, who decided it, and that its learners agreed.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { exactly, since } from '../../format.js';
import { Button, Dialog, Empty, Fault, Skeleton, useTitle } from '../../parts/basics.js';
import { t } from '../../texts.js';
import { useNames, usePages } from './pages.js';

/** @type {{ id: 'silent_supervision' | 'drafts_to_coaches' | 'no_remarks', title: string, says: string, asks: string }[]} */
const POLICIES = [
  { id: 'silent_supervision', title: t('Coaches look on unannounced'), says: t('Without this, everybody in a room reads who is looking on.'),
    asks: t('Our learners were told that coaches may look on without being named in the room, and have agreed.') },
  { id: 'drafts_to_coaches', title: t('Coaches see lines while they are written'), says: t('Who looks on reads along as somebody types. Everybody in the room is told so.'),
    asks: t('Our learners were told that coaches may read what is not sent yet, and have agreed.') },
  { id: 'no_remarks', title: t('No remarks of a model beside lines'), says: t('In practices a language model says beside a line what it thinks of it, where one is configured. With this it does not.'), asks: '' },
];
const titleOf = (/** @type {string} */ id) => POLICIES.find((one) => one.id === id)?.title ?? id;

export function PoliciesView() {
  useTitle(t('Policies'));
  const [now, setNow] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [asking, setAsking] = useState(/** @type {typeof POLICIES[0] | null} */ (null));
  const record = usePages('/orgs/current/policies/changes');
  const nameOf = useNames((record.items ?? []).map(({ by }) => by));
  useEffect(() => void ludus.call('GET', '/orgs/current/policies').then(setNow, (error) => setFault(error.message)), []);
  const decide = async (/** @type {string} */ id, /** @type {boolean} */ on) => {
    try {
      setNow(await ludus.call('PUT', '/orgs/current/policies', { body: { [id]: on } }));
      setFault('');
      record.again();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setAsking(null);
  };
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Policies')}</h1><p class="lead">${t('How coaches look on, and what a model may say. All are off until somebody here says otherwise, and who did is kept.')}</p></div></header>
    <${Fault}>${fault}<//>
    ${now ? html`<ul class="rows">${POLICIES.map((policy) => html`<li key=${policy.id} class="row policy"><label class="policy-label"><input type="checkbox" role="switch" class="switch" checked=${now[policy.id]} onClick=${(/** @type {Event} */ event) => {
        // It turns when it is decided, not when it is pressed.
        event.preventDefault();
        if (now[policy.id] || !policy.asks) decide(policy.id, !now[policy.id]);
        else setAsking(policy);
      }} /><span class="row-words"><strong>${policy.title}</strong><small>${policy.says}</small></span></label></li>`)}</ul>` : fault ? null : html`<${Skeleton} rows=${2} label=${t('Reading the policies')} />`}
    <section class="section"><h2>${t('Record of consent')}</h2>
      <${Fault}>${record.fault}<//>
      ${record.items && !record.items.length ? html`<${Empty} icon="history" title=${t('Nothing was ever changed')}><p>${t('Coaches who look on are named in the room, and drafts are nobody else’s.')}</p><//>` : null}
      <ul class="rows">${record.items?.map((/** @type {any} */ change) => html`<li key=${`${change.at}${change.policy}`} class="row"><div class="row-words"><strong>${titleOf(change.policy)}</strong><small><bdi>${nameOf(change.by)}</bdi> · <time title=${exactly(change.at)}>${since(change.at)}</time></small></div><span class=${change.on ? 'phase phase-live' : 'phase'}>${change.on ? t('on') : t('off')}</span></li>`)}</ul>
      ${record.more ? html`<div><${Button} onClick=${record.more}>${t('More')}<//></div>` : null}</section>
    ${asking ? html`<${Ask} policy=${asking} onClose=${() => setAsking(null)} onYes=${() => decide(asking.id, true)} />` : null}
  </div>`;
}

/** @param {{ policy: typeof POLICIES[0], onClose: () => void, onYes: () => void }} props */
function Ask({ policy, onClose, onYes }) {
  const [agreed, setAgreed] = useState(false);
  return html`<${Dialog} title=${policy.title} onClose=${onClose}>
    <p>${policy.says}</p>
    <label class="check"><input type="checkbox" checked=${agreed} onChange=${() => setAgreed(!agreed)} /> <span>${policy.asks}</span></label>
    <p class="hint">${t('Your name and the time are kept with this.')}</p>
    <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" disabled=${!agreed} onClick=${onYes}>${t('Turn it on')}<//></div>
  <//>`;
}
