// Sending somebody to another room.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { loadRooms, rooms } from '../../rooms.js';
import { Button, Dialog, Empty, Fault, Field, Skeleton } from '../../parts/basics.js';
import { toast } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** @param {{ room: string, seat: { id: string, name: string }, onClose: () => void }} props */
export function MoveTo({ room, seat, onClose }) {
  const [to, setTo] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => void (rooms.value ?? loadRooms()), []);
  const others = rooms.value?.filter(({ id, phase }) => id !== room && phase !== 'ended');
  const chosen = to || others?.[0]?.id;
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await ludus.call('POST', `/rooms/${room}/moves`, { body: { user: seat.id, to: chosen } });
      toast(t('{name} is in the other room now.', { name: seat.name }));
      onClose();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('Send {name} to another room', { name: seat.name })} onClose=${onClose}>
    ${others ? null : html`<${Skeleton} rows=${2} label=${t('Loading rooms')} />`}
    ${others && !others.length ? html`<${Empty} icon="door" title=${t('There is no other room')} />` : null}
    ${others?.length ? html`<form class="stack" onSubmit=${send}>
      <${Field} as="select" label=${t('To which room?')} autofocus value=${chosen} onValue=${setTo}>${others.map(({ id, title }) => html`<option key=${id} value=${id}>${title}</option>`)}<//>
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Send them')}<//></div></form>` : null}
  <//>`;
}
