// Learners who learn together, and who leads them.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { date, roleName } from '../format.js';
import { Avatar, Button, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { toastFault } from '../parts/toast.js';
import { t } from '../texts.js';
import { Roster } from './cohort/roster.js';
import { Goals } from './cohort/goals.js';
import { Assignments, Meetings } from './cohort/plans.js';

export function Cohorts() {
  useTitle(t('Cohorts'));
  const [cohorts, setCohorts] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const close = () => setDialog(null);
  const read = () => ludus.call('GET', '/cohorts', { query: { limit: 100 } }).then((page) => setCohorts(page.items), (error) => setFault(error.message));
  useEffect(() => void read(), []);
  const create = () => setDialog(html`<${NewCohort} onClose=${close} onDone=${read} />`);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Cohorts')}</h1><p class="lead">${t('Learners who learn together, with their coaches.')}</p></div><${Button} kind="primary" icon="plus" onClick=${create}>${t('New cohort')}<//></header>
    <${Fault}>${fault}<//>
    ${!cohorts && !fault ? html`<${Skeleton} kind="card" rows=${3} label=${t('Loading cohorts')} />` : null}
    ${cohorts && !cohorts.length ? html`<${Empty} icon="cohort" title=${t('No cohorts yet')}><p>${t('A class, a course, a crew: put people together to follow them together.')}</p><${Button} kind="primary" icon="plus" onClick=${create}>${t('Open a cohort')}<//><//>` : null}
    <ul class="cards">${cohorts?.map(
      (cohort) => html`<li key=${cohort.id}><button type="button" class="card card-button" onClick=${() => setDialog(html`<${Cohort} cohort=${cohort} onClose=${close} />`)}>
        <strong class="card-title" dir="auto">${cohort.title}</strong><span class="card-facts"><span>${t('Since {date}', { date: date(cohort.created_at) })}</span></span></button></li>`,
    )}</ul>
    ${dialog}
  </div>`;
}

/** @param {{ onClose: () => void, onDone: () => void }} props */
function NewCohort({ onClose, onDone }) {
  const [title, setTitle] = useState('');
  const [fault, setFault] = useState('');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ludus.call('POST', '/cohorts', { body: { title } });
      onDone();
      onClose();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  return html`<${Dialog} title=${t('New cohort')} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <${Field} label=${t('Title')} required maxlength="120" autofocus value=${title} onValue=${setTitle} fault=${fault} />
    <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit">${t('Open the cohort')}<//></div>
  </form><//>`;
}

/** @param {{ cohort: any, onClose: () => void }} props */
function Cohort({ cohort, onClose }) {
  const [members, setMembers] = useState(/** @type {any[] | null} */ (null));
  const [people, setPeople] = useState(/** @type {any[]} */ ([]));
  const [wanted, setWanted] = useState('');
  const [over, setOver] = useState('');
  const read = () => ludus.call('GET', `/cohorts/${cohort.id}/members`, { query: { limit: 200 } }).then((page) => setMembers(page.items), toastFault);
  useEffect(() => void read(), []);
  useEffect(() => {
    if (wanted.trim().length < 2) return setPeople([]);
    const timer = setTimeout(() => ludus.call('GET', '/users', { query: { q: wanted.trim(), limit: 8 } }).then((page) => setPeople(page.items), toastFault), 200);
    return () => clearTimeout(timer);
  }, [wanted]);
  const change = (/** @type {string} */ method, /** @type {string} */ id, /** @type {any} */ body) => ludus.call(method, `/cohorts/${cohort.id}/members/${id}`, { body }).then(read, toastFault);
  const inside = new Set(members?.map(({ user }) => user));
  if (over === 'assignments') return html`<${Assignments} cohort=${cohort} onClose=${() => setOver('')} />`;
  if (over === 'goals') return html`<${Goals} cohort=${cohort} onClose=${() => setOver('')} />`;
  if (over === 'meetings') return html`<${Meetings} cohort=${cohort} onClose=${() => setOver('')} />`;
  if (over === 'roster') return html`<${Roster} cohort=${cohort} onClose=${() => setOver('')} onDone=${read} />`;
  return html`<${Dialog} title=${cohort.title} onClose=${onClose}>
    <div class="acts"><${Button} icon="people" onClick=${() => setOver('roster')}>${t('Class list')}<//><${Button} icon="spark" onClick=${() => setOver('assignments')}>${t('To practise')}<//><${Button} icon="check" onClick=${() => setOver('goals')}>${t('Goals')}<//><${Button} icon="clock" onClick=${() => setOver('meetings')}>${t('Meetings')}<//></div>
    <${Field} label=${t('Add somebody')} type="search" value=${wanted} onValue=${setWanted} hint=${t('Type part of a name.')} />
    <ul class="members">${people.filter(({ id }) => !inside.has(id)).map((person) => html`<li key=${person.id} class="member"><${Avatar} id=${person.id} name=${person.name} size=${36} /><div class="member-name"><bdi>${person.name}</bdi><small>${roleName(person.role)}</small></div><${Button} onClick=${() => change('PUT', person.id, { part: 'learner' })}>${t('Add')}<//></li>`)}</ul>
    <h3><${Icon} name="people" size=${16} /> ${members ? t('{n} people', { n: members.length }) : t('People')}</h3>
    ${members ? null : html`<${Skeleton} rows=${3} label=${t('Loading members')} />`}
    <ul class="members">${members?.map((member) => html`<li key=${member.user} class="member"><${Avatar} id=${member.user} name=${member.name} size=${36} /><div class="member-name"><bdi>${member.name}</bdi><small>${member.part}</small></div><${Button} onClick=${() => change('DELETE', member.user, undefined)}>${t('Take out')}<//></li>`)}</ul>
  <//>`;
}
