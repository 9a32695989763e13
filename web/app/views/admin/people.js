// Everybody who may come in, and one of them at a time.

import { html, useEffect, useState } from '../../ui.js';
import { ROLES, isAtLeast, ludus, user } from '../../hub.js';
import { Link } from '../../router.js';
import { count, date, roleName, since } from '../../format.js';
import { Avatar, Button, Empty, Fault, Field, Menu, Skeleton, useTitle } from '../../parts/basics.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';
import { Entries } from './audit.js';
import { ChangeRole, Invite, RenamePerson, ShowLink } from './dialogs.js';
import { usePages } from './pages.js';

const UUID = /^[0-9a-f-]{36}$/;

/** @param {{ rest: string[] }} props */
export function People({ rest }) {
  return UUID.test(rest[0] ?? '') ? html`<${Person} key=${rest[0]} id=${rest[0]} />` : html`<${Everybody} />`;
}

/** Whether one may change anything about somebody. @param {any} person */
const mayTouch = (person) => person.id !== user.value.id && (isAtLeast('owner') || ROLES.indexOf(person.role) < ROLES.indexOf('admin'));

/** What can be done about somebody. @param {(dialog: any) => void} setDialog @param {(id: string, change: any) => void} changed */
function useActs(setDialog, changed) {
  const close = () => setDialog(null);
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
      setDialog(html`<${ShowLink} title=${t('A new password for {name}', { name: person.name })} link=${link} lead=${t('It works once, for fifteen minutes. Hand it over yourself.')} onClose=${close} />`);
    } catch (error) {
      toastFault(error);
    }
  };
  return (/** @type {any} */ person) => [
    { icon: 'star', label: t('Change the role'), act: () => setDialog(html`<${ChangeRole} person=${person} onClose=${close} onDone=${(/** @type {string} */ role) => changed(person.id, { role })} />`) },
    { icon: 'edit', label: t('Rename'), act: () => setDialog(html`<${RenamePerson} person=${person} onClose=${close} onDone=${(/** @type {string} */ name) => changed(person.id, { name })} />`) },
    !person.guest && { icon: 'link', label: t('Link for a new password'), act: () => reset(person) },
    person.disabled_at ? { icon: 'undo', label: t('Let in again'), act: () => disable(person, false) } : { icon: 'door', label: t('Shut out'), danger: true, act: () => disable(person, true) },
  ].filter(Boolean);
}

function Everybody() {
  useTitle(t('People'));
  const asked = new URLSearchParams(location.search);
  const [wanted, setWanted] = useState(asked.get('q') ?? '');
  const [role, setRole] = useState(asked.get('role') ?? '');
  const [guests, setGuests] = useState(asked.has('guests'));
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const { items: people, fault, more, again, put } = usePages('/users', { q: wanted.trim() || undefined, role: role || undefined, guests: guests ? 'true' : undefined });
  const acts = useActs(setDialog, (id, change) => put((people ?? []).map((person) => (person.id === id ? { ...person, ...change } : person))));
  // What one looks for stands in the address, to be sent to somebody; it is no step back.
  useEffect(() => {
    const words = new URLSearchParams([...(wanted ? [['q', wanted]] : []), ...(role ? [['role', role]] : []), ...(guests ? [['guests', '']] : [])]).toString();
    history.replaceState(history.state, '', `/admin/people${words ? `?${words}` : ''}`);
  }, [wanted, role, guests]);
  const isAll = !wanted && !role && !guests;
  const invite = () => setDialog(html`<${Invite} onClose=${() => setDialog(null)} onDone=${() => {}} />`);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('People')}</h1><p class="lead">${t('Everybody who may come in, and what they may do.')}</p></div>
      <${Button} kind="primary" icon="plus" onClick=${invite}>${t('Invite')}<//></header>
    <div class="filters">
      <${Field} label=${t('Find by name')} type="search" value=${wanted} onValue=${setWanted} />
      <${Field} as="select" label=${t('Role')} value=${role} onValue=${setRole}><option value="">${t('Any')}</option>${ROLES.map((one) => html`<option key=${one} value=${one}>${roleName(one)}</option>`)}<//>
      <label class="check filters-check"><input type="checkbox" checked=${guests} onChange=${() => setGuests(!guests)} /> ${t('Guests too')}</label>
    </div>
    <${Fault}>${fault}<//>${fault ? html`<div><${Button} onClick=${again}>${t('Try again')}<//></div>` : null}
    ${!people && !fault ? html`<${Skeleton} rows=${6} label=${t('Loading people')} />` : null}
    ${people && !people.length ? html`<${Empty} icon="people" title=${wanted ? t('Nobody of that name') : t('Nobody here')}><p>${wanted ? t('Try a shorter part of it.') : t('Choose another role.')}</p><//>` : null}
    <ul class="rows">${people?.map((person) => html`<li key=${person.id} class=${person.disabled_at ? 'row row-off' : 'row'}>
      <${Avatar} id=${person.id} name=${person.name} />
      <div class="row-words"><strong><${Link} class="row-link" href=${`/admin/people/${person.id}`}><bdi>${person.name}</bdi><//></strong><small>${[person.email, person.guest && t('guest'), t('came {when}', { when: since(person.created_at) })].filter(Boolean).join(' · ')}</small></div>
      <span class=${`role role-${person.role}`}>${person.disabled_at ? t('shut out') : roleName(person.role)}</span>
      ${mayTouch(person) ? html`<${Menu} label=${t('What to do about {name}', { name: person.name })} items=${acts(person)} />` : html`<span class="row-gap"></span>`}</li>`)}</ul>
    ${more ? html`<div><${Button} onClick=${more}>${t('More people')}<//></div>` : null}
    ${people?.length === 1 && isAll ? html`<${Empty} icon="people" title=${t('You are the only one')}><p>${t('Invite somebody: you get a link to hand over, no e-mail is needed.')}</p><//>` : null}
    <${Roles} />
    ${dialog}
  </div>`;
}

const MAY = {
  spectator: t('Looks on in open rooms. Does not speak, has no points.'),
  learner: t('Talks, practises, earns points and badges, opens rooms of their own.'),
  coach: t('Also leads rooms and cohorts, invites people, steps in, runs contests, reads reports of their learners.'),
  admin: t('Also manages people up to coaches, every room and cohort, policies, content, API keys, and reads this log.'),
  owner: t('Also decides who is admin or owner. There is always one.'),
};

function Roles() {
  return html`<details class="fold"><summary>${t('What roles may do')}</summary><dl class="facts">${ROLES.map((role) => html`<div key=${role}><dt><span class=${`role role-${role}`}>${roleName(role)}</span></dt><dd>${MAY[/** @type {'coach'} */ (role)]}</dd></div>`)}</dl></details>`;
}

/** @param {{ id: string }} props */
function Person({ id }) {
  const [person, setPerson] = useState(/** @type {any} */ (null));
  const [standing, setStanding] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  useTitle(person?.name ?? t('People'));
  useEffect(() => {
    ludus.call('GET', `/users/${id}`).then(setPerson, (error) => setFault(error.message));
    ludus.call('GET', `/users/${id}/standing`).then(setStanding, () => {});
  }, [id]);
  const acts = useActs(setDialog, (_, change) => setPerson((/** @type {any} */ known) => ({ ...known, ...change })));
  const back = html`<p><${Link} href="/admin/people">${t('All people')}<//></p>`;
  if (fault) return html`<div class="page">${back}<${Fault}>${fault}<//></div>`;
  if (!person) return html`<div class="page">${back}<${Skeleton} rows=${4} label=${t('Loading people')} /></div>`;
  return html`<div class="page">${back}
    <header class="page-head"><div class="person-head"><${Avatar} id=${id} name=${person.name} size=${56} /><div><h1 dir="auto">${person.name}</h1>
      <p class="lead"><span class=${`role role-${person.role}`}>${roleName(person.role)}</span>${person.disabled_at ? html` <span class="role">${t('shut out')}</span>` : null}${person.guest ? html` <span class="role">${t('guest')}</span>` : null}</p></div></div></header>
    <dl class="facts">
      <div><dt>${t('E-mail')}</dt><dd>${person.email ?? '–'}</dd></div>
      <div><dt>${t('Here since')}</dt><dd>${date(person.created_at)}</dd></div>
      ${standing ? html`<div><dt>${t('Level')}</dt><dd>${count(standing.level.level)}</dd></div><div><dt>${t('Streak')}</dt><dd>${t('{n} days', { n: standing.streak.days })}</dd></div>${standing.points.map((/** @type {any} */ of) => html`<div key=${of.kind}><dt>${of.kind}</dt><dd>${count(of.points)}</dd></div>`)}` : null}
    </dl>
    ${mayTouch(person) ? html`<div class="acts">${acts(person).map((/** @type {any} */ one) => html`<${Button} key=${one.label} icon=${one.icon} kind=${one.danger ? 'danger' : 'plain'} onClick=${one.act}>${one.label}<//>`)}</div>` : html`<p class="hint">${id === user.value.id ? t('This is you: your name and password are in the settings.') : t('Only an owner may change anything here.')}</p>`}
    <section class="section"><h2>${t('What was done about them')}</h2><${Entries} query=${{ about: id }} /></section>
    ${dialog}
  </div>`;
}

