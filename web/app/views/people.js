// Who is here, who is invited, who may do what.

import { html, useEffect, useState } from '../ui.js';
import { ROLES, isAtLeast, ludus, user } from '../hub.js';
import { date, roleName, since } from '../format.js';
import { Avatar, Button, Choices, Copy, Dialog, Empty, Fault, Field, Menu, Skeleton, useTitle } from '../parts/basics.js';
import { Qr } from '../parts/qr.js';
import { toast, toastFault } from '../parts/toast.js';
import { t } from '../texts.js';

const ROLE_HINTS = {
  spectator: t('Looks on, says nothing'),
  learner: t('Practises and talks'),
  coach: t('Opens and leads rooms'),
  admin: t('Manages people and every room'),
  owner: t('Also decides who is admin'),
};
/** Roles one may hand out: up to one's own, and never above. */
const grantable = () => ROLES.filter((role) => (isAtLeast('owner') ? true : role !== 'owner' && role !== 'admin'));
const roleChoices = () => grantable().filter((role) => role !== 'owner').map((role) => ({ value: role, label: role[0].toUpperCase() + role.slice(1), hint: ROLE_HINTS[/** @type {'coach'} */ (role)] }));

export function People() {
  useTitle(t('People'));
  const [people, setPeople] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined));
  const [links, setLinks] = useState(/** @type {any[]} */ ([]));
  const [wanted, setWanted] = useState('');
  const [fault, setFault] = useState('');
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const close = () => setDialog(null);
  const read = async (/** @type {string | undefined} */ cursor) => {
    try {
      const page = await ludus.call('GET', '/users', { query: { q: wanted, cursor, limit: 50 } });
      setPeople((known) => (cursor ? [...(known ?? []), ...page.items] : page.items));
      setNext(page.next);
      setFault('');
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  const readLinks = () => ludus.call('GET', '/invitations', { query: { limit: 50 } }).then((page) => setLinks(page.items), () => {});
  useEffect(() => {
    const timer = setTimeout(() => read(undefined), wanted ? 200 : 0);
    return () => clearTimeout(timer);
  }, [wanted]);
  useEffect(() => void readLinks(), []);
  const changed = (/** @type {string} */ id, /** @type {any} */ change) => setPeople((known) => known?.map((person) => (person.id === id ? { ...person, ...change } : person)) ?? null);
  const disable = async (/** @type {any} */ person, /** @type {boolean} */ disabled) => {
    try {
      await ludus.call('PUT', `/users/${person.id}/disabled`, { body: { disabled } });
      changed(person.id, { disabled_at: disabled ? Date.now() : undefined });
      toast(disabled ? t('{name} is shut out, everywhere.', { name: person.name }) : t('{name} may come in again.', { name: person.name }), disabled ? { act: { label: t('Undo'), run: () => disable(person, false) } } : {});
    } catch (error) {
      toastFault(error);
    }
  };
  const reset = async (/** @type {any} */ person) => {
    try {
      const link = await ludus.call('POST', `/users/${person.id}/reset-link`);
      setDialog(html`<${ShowLink} title=${t('A new password for {name}', { name: person.name })} link=${link} lead="It works once, for fifteen minutes. Hand it over yourself." onClose=${close} />`);
    } catch (error) {
      toastFault(error);
    }
  };
  const menu = (/** @type {any} */ person) => [
    { icon: 'star', label: t('Change the role'), act: () => setDialog(html`<${ChangeRole} person=${person} onClose=${close} onDone=${(/** @type {string} */ role) => changed(person.id, { role })} />`) },
    !person.guest && { icon: 'link', label: t('Link for a new password'), act: () => reset(person) },
    person.disabled_at ? { icon: 'undo', label: t('Let in again'), act: () => disable(person, false) } : { icon: 'door', label: t('Shut out'), danger: true, act: () => disable(person, true) },
  ];
  const mayTouch = (/** @type {any} */ person) => person.id !== user.value.id && (isAtLeast('owner') || ROLES.indexOf(person.role) < ROLES.indexOf('admin'));
  return html`<div class="page">
    <header class="page-head">
      <div><h1>${t('People')}</h1><p class="lead">${t('Everybody who may come in, and what they may do.')}</p></div>
      <${Button} kind="primary" icon="plus" onClick=${() => setDialog(html`<${Invite} onClose=${close} onDone=${readLinks} />`)}>${t('Invite')}<//>
    </header>
    ${links.length
      ? html`<section class="section"><h2>${t('Open invitations')}</h2><ul class="rows">${links.map(
          (link) => html`<li key=${link.id} class="row">
            <div class="row-words"><strong dir="auto">${link.name ?? link.email ?? t('Whoever has the link')}</strong><small>${t('as {role} · good until {date}', { role: roleName(link.role), date: date(link.expires_at) })}</small></div>
            <${Button} onClick=${() => ludus.call('DELETE', `/invitations/${link.id}`).then(readLinks, toastFault)}>${t('Take back')}<//></li>`,
        )}</ul></section>`
      : null}
    <section class="section"><h2>${t('People')}</h2>
      <${Field} label=${t('Find by name')} type="search" value=${wanted} onValue=${setWanted} />
      <${Fault}>${fault}<//>
      ${!people && !fault ? html`<${Skeleton} rows=${5} label=${t('Loading people')} />` : null}
      ${people && !people.length ? html`<${Empty} icon="people" title=${t('Nobody of that name')}><p>${t('Try a shorter part of it.')}</p><//>` : null}
      <ul class="rows">${people?.map(
        (person) => html`<li key=${person.id} class=${person.disabled_at ? 'row row-off' : 'row'}>
          <${Avatar} id=${person.id} name=${person.name} />
          <div class="row-words"><strong dir="auto">${person.name}</strong><small>${[person.email, person.guest && 'guest', t('came {when}', { when: since(person.created_at) })].filter(Boolean).join(' · ')}</small></div>
          <span class=${`role role-${person.role}`}>${person.disabled_at ? t('shut out') : roleName(person.role)}</span>
          ${mayTouch(person) ? html`<${Menu} label=${t('What to do about {name}', { name: person.name })} items=${menu(person)} />` : html`<span class="row-gap"></span>`}
        </li>`,
      )}</ul>
      ${next ? html`<${Button} onClick=${() => read(next)}>${t('More people')}<//>` : null}
    </section>
    ${people && people.length === 1 && !wanted && !links.length ? html`<${Empty} icon="people" title=${t('You are the only one')}><p>${t('Invite somebody: you get a link to hand over, no e-mail is needed.')}</p><//>` : null}
    ${dialog}
  </div>`;
}

/** @param {{ onClose: () => void, onDone: () => void }} props */
function Invite({ onClose, onDone }) {
  const [role, setRole] = useState('learner');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const [link, setLink] = useState(/** @type {any} */ (null));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      setLink(await ludus.call('POST', '/invitations', { body: { role, ...(name ? { name } : {}), ...(email ? { email } : {}) } }));
      onDone();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  if (link) return html`<${ShowLink} title=${t('Hand this link over')} link=${link} lead=${t('Whoever opens it first comes in as {role}. It works once and is shown only now.', { role: roleName(role) })} onClose=${onClose} />`;
  return html`<${Dialog} title=${t('Invite somebody')} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Choices} label=${t('As what?')} value=${role} onValue=${setRole} options=${roleChoices()} />
      <${Field} label=${t('Name (if you like)')} maxlength="60" value=${name} onValue=${setName} hint=${t('They need not type it, then.')} />
      <${Field} label=${t('E-mail (if you like)')} type="email" value=${email} onValue=${setEmail} hint=${t('The link then makes an account with this address and no other. Nothing is sent.')} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Make the link')}<//></div>
    </form>
  <//>`;
}

/** @param {{ title: string, lead: string, link: any, onClose: () => void }} props */
function ShowLink({ title, lead, link, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${lead}</p>
    <${Qr} text=${link.url} label=${t('QR code of the link')} />
    <div class="copy-row"><output class="input one-time-link">${link.url}</output><${Copy} text=${link.url} label=${t('Copy link')} /></div>
    <div class="dialog-acts"><${Button} kind="primary" onClick=${onClose}>${t('Done')}<//></div>
  <//>`;
}

/** @param {{ person: any, onClose: () => void, onDone: (role: string) => void }} props */
function ChangeRole({ person, onClose, onDone }) {
  const [role, setRole] = useState(person.role);
  const [fault, setFault] = useState('');
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ludus.call('PUT', `/users/${person.id}/roles`, { body: { role } });
      onDone(role);
      onClose();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  const options = grantable().map((one) => ({ value: one, label: one[0].toUpperCase() + one.slice(1), hint: ROLE_HINTS[/** @type {'coach'} */ (one)] }));
  return html`<${Dialog} title=${t('The role of {name}', { name: person.name })} onClose=${onClose}>
    <form class="stack" onSubmit=${save}>
      <${Choices} label=${t('Role')} value=${role} onValue=${setRole} options=${options} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit">${t('Change')}<//></div>
    </form>
  <//>`;
}
