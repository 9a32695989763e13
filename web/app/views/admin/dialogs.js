// What is asked when somebody is invited, renamed, or given another role.

import { html, useState } from '../../ui.js';
import { ROLES, isAtLeast, ludus } from '../../hub.js';
import { roleName } from '../../format.js';
import { Button, Choices, Copy, Dialog, Fault, Field } from '../../parts/basics.js';
import { Qr } from '../../parts/qr.js';
import { t } from '../../texts.js';

const ROLE_HINTS = {
  spectator: t('Looks on, says nothing'),
  learner: t('Practises and talks'),
  coach: t('Opens and leads rooms'),
  admin: t('Manages people and every room'),
  owner: t('Also decides who is admin'),
};
/** Roles one may hand out: up to one's own, and never above. */
const grantable = () => ROLES.filter((role) => isAtLeast('owner') || (role !== 'owner' && role !== 'admin'));
const choices = (/** @type {string[]} */ roles) => roles.map((role) => ({ value: role, label: capital(roleName(role)), hint: ROLE_HINTS[/** @type {'coach'} */ (role)] }));
const capital = (/** @type {string} */ text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** A form in a dialog with one thing to do. @param {() => Promise<any>} save */
function useSaving(save) {
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      await save();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return { fault, busy, submit };
}

/** @param {{ onClose: () => void, onDone: () => void }} props */
export function Invite({ onClose, onDone }) {
  const [role, setRole] = useState('learner');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [link, setLink] = useState(/** @type {any} */ (null));
  const { fault, busy, submit } = useSaving(async () => {
    setLink(await ludus.call('POST', '/invitations', { body: { role, ...(name ? { name } : {}), ...(email ? { email } : {}) } }));
    onDone();
  });
  if (link) return html`<${ShowLink} title=${t('Hand this link over')} link=${link} lead=${t('Whoever opens it first comes in as {role}. It works once and is shown only now.', { role: roleName(role) })} onClose=${onClose} />`;
  return html`<${Dialog} title=${t('Invite somebody')} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Choices} label=${t('As what?')} value=${role} onValue=${setRole} options=${choices(grantable().filter((one) => one !== 'owner'))} />
      <${Field} label=${t('Name (if you like)')} maxlength="60" value=${name} onValue=${setName} hint=${t('They need not type it, then.')} />
      <${Field} label=${t('E-mail (if you like)')} type="email" value=${email} onValue=${setEmail} hint=${t('The link then makes an account with this address and no other. Nothing is sent.')} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Make the link')}<//></div>
    </form>
  <//>`;
}

/** @param {{ title: string, lead: string, link: any, onClose: () => void }} props */
export function ShowLink({ title, lead, link, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${lead}</p>
    <${Qr} text=${link.url} label=${t('QR code of the link')} />
    <div class="copy-row"><output class="input one-time-link">${link.url}</output><${Copy} text=${link.url} label=${t('Copy link')} /></div>
    <div class="dialog-acts"><${Button} kind="primary" onClick=${onClose}>${t('Done')}<//></div>
  <//>`;
}

/** @param {{ person: any, onClose: () => void, onDone: (role: string) => void }} props */
export function ChangeRole({ person, onClose, onDone }) {
  const [role, setRole] = useState(person.role);
  const { fault, busy, submit } = useSaving(async () => {
    await ludus.call('PUT', `/users/${person.id}/roles`, { body: { role } });
    onDone(role);
    onClose();
  });
  return html`<${Dialog} title=${t('The role of {name}', { name: person.name })} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Choices} label=${t('Role')} value=${role} onValue=${setRole} options=${choices(grantable())} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Change')}<//></div>
    </form>
  <//>`;
}

/** @param {{ person: any, onClose: () => void, onDone: (name: string) => void }} props */
export function RenamePerson({ person, onClose, onDone }) {
  const [name, setName] = useState(person.name);
  const { fault, busy, submit } = useSaving(async () => {
    onDone((await ludus.call('PUT', `/users/${person.id}`, { body: { name } })).name);
    onClose();
  });
  return html`<${Dialog} title=${t('Rename')} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label=${t('Name')} required maxlength="60" autofocus value=${name} onValue=${setName} fault=${fault} hint=${t('Rooms they are in already keep the name they joined with.')} />
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Rename')}<//></div>
    </form>
  <//>`;
}
