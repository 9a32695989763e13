// Who did what to whom, as it is kept: entries are added and never changed.

import { html, useState } from '../../ui.js';
import { Link } from '../../router.js';
import { exactly, roleName, since } from '../../format.js';
import { Button, Empty, Fault, Field, Skeleton, useTitle } from '../../parts/basics.js';
import { rich, t } from '../../texts.js';
import { usePages } from './pages.js';

/** What can have been done. `{who}` did it, about `{whom}`; `{what}` says more. @type {Record<string, (values: any) => any>} */
const SAYS = {
  role_changed: (values) => rich('{who} made {whom} {what}', { ...values, what: roleName(values.what) }),
  shut_out: (values) => rich('{who} shut {whom} out', values),
  let_in: (values) => rich('{who} let {whom} in again', values),
  renamed: (values) => rich('{who} renamed {whom}', values),
  reset_link_made: (values) => rich('{who} made a link for a new password of {whom}', values),
  invited: (values) => rich('{who} made an invitation as {what}', { ...values, what: roleName(values.what) }),
  invitation_withdrawn: (values) => rich('{who} took an invitation back', values),
  link_claimed: (values) => rich('{whom} came in by a link of {who}, as {what}', { ...values, what: roleName(values.what) }),
  password_reset: (values) => rich('{whom} set a new password by a link of {who}', values),
  org_renamed: (values) => rich('{who} renamed the org', values),
  policy_on: (values) => rich('{who} turned a policy on: {what}', values),
  policy_off: (values) => rich('{who} turned a policy off: {what}', values),
  key_made: (values) => rich('{who} made an API key', values),
  key_revoked: (values) => rich('{who} took an API key back', values),
  screen_made: (values) => rich('{who} made a link for a screen', values),
  screen_revoked: (values) => rich('{who} took the link of a screen back', values),
  content_put: (values) => rich('{who} wrote content: {what}', values),
  content_dropped: (values) => rich('{who} dropped content: {what}', values),
  points_adjusted: (values) => rich('{who} adjusted points of {whom}: {what}', values),
};

export function Audit() {
  useTitle(t('Audit'));
  const [act, setAct] = useState('');
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Audit')}</h1><p class="lead">${t('Who did what, the latest first. Entries are chained: one that is changed afterwards is found out.')}</p></div></header>
    <div class="filters"><${Field} as="select" label=${t('What was done')} value=${act} onValue=${setAct}><option value="">${t('Everything')}</option>${Object.keys(SAYS).map((one) => html`<option key=${one} value=${one}>${ACTS[/** @type {'invited'} */ (one)]}</option>`)}<//></div>
    <${Entries} query=${{ act: act || undefined }} />
  </div>`;
}

const ACTS = {
  role_changed: t('Role changed'), shut_out: t('Shut out'), let_in: t('Let in again'), renamed: t('Renamed'), reset_link_made: t('Link for a new password'), invited: t('Invited'),
  invitation_withdrawn: t('Invitation taken back'), link_claimed: t('Came in by a link'), password_reset: t('Password set by a link'), org_renamed: t('Org renamed'), policy_on: t('Policy turned on'), policy_off: t('Policy turned off'),
  key_made: t('API key made'), key_revoked: t('API key taken back'), screen_made: t('Link for a screen made'), screen_revoked: t('Link for a screen taken back'), content_put: t('Content written'),
  content_dropped: t('Content dropped'), points_adjusted: t('Points adjusted'),
};

/** @param {{ query: Record<string, string | undefined> }} props */
export function Entries({ query }) {
  const { items, fault, more, again } = usePages('/audit', query);
  const person = (/** @type {string | undefined} */ id, /** @type {string | undefined} */ name) => (id ? html`<${Link} href=${`/admin/people/${id}`}><bdi>${name ?? t('Somebody')}</bdi><//>` : html`<bdi>${t('The hub')}</bdi>`);
  return html`<${Fault}>${fault}<//>${fault ? html`<div><${Button} onClick=${again}>${t('Try again')}<//></div>` : null}
    ${!items && !fault ? html`<${Skeleton} rows=${4} label=${t('Reading the log')} />` : null}
    ${items && !items.length ? html`<${Empty} icon="history" title=${t('Nothing here')}><p>${t('What admins and coaches do to others, and to the org, is written down here.')}</p><//>` : null}
    <ol class="rows">${items?.map((/** @type {any} */ one) => html`<li key=${one.number} class="row audit"><div class="row-words"><span>${(SAYS[one.act] ?? ((/** @type {any} */ { who }) => [who, ` ${one.act}`]))({ who: person(one.by, one.by_name), whom: person(one.about, one.about_name), what: one.what ?? '' })}</span></div><time class="hint" dateTime=${new Date(one.at).toISOString()} title=${exactly(one.at)}>${since(one.at)}</time></li>`)}</ol>
    ${more ? html`<div><${Button} onClick=${more}>${t('More')}<//></div>` : null}`;
}
