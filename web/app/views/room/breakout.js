// Splitting a room into smaller ones, and bringing everybody back.

import { html, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { Button, Choices, Dialog, Fault, Field } from '../../parts/basics.js';
import { Link } from '../../router.js';
import { toast } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** @param {{ room: string, onClose: () => void }} props */
export function Breakout({ room, onClose }) {
  const [way, setWay] = useState('random');
  const [groups, setGroups] = useState('2');
  const [minutes, setMinutes] = useState('');
  const [opened, setOpened] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const run = async (/** @type {() => Promise<void>} */ act) => {
    setBusy(true);
    setFault('');
    try {
      await act();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const split = (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = { way: way === 'random' ? { by: 'random', groups: Number(groups), seed: Date.now() % 1_000_000 } : { by: 'teams' }, ...(minutes ? { minutes: Number(minutes) } : {}) };
    return run(async () => setOpened((await ludus.call('POST', `/rooms/${room}/breakouts`, { body })).items));
  };
  const back = () => run(async () => {
    const { moved } = await ludus.call('DELETE', `/rooms/${room}/breakouts`);
    toast(t('{count} came back.', { count: moved }));
    onClose();
  });
  return html`<${Dialog} title=${t('Split into groups')} onClose=${onClose}>
    <form class="stack" onSubmit=${split}>
      <p>${t('Everybody but hosts and coaches is sent to a room of their group.')}</p>
      <${Choices} label=${t('How?')} value=${way} onValue=${setWay} options=${[{ value: 'random', label: t('At random'), hint: t('As even as can be') }, { value: 'teams', label: t('By teams'), hint: t('As their cohort has them') }]} />
      ${way === 'random' ? html`<${Field} type="number" label=${t('Groups')} min="1" max="50" required value=${groups} onValue=${setGroups} />` : null}
      <${Field} type="number" label=${t('Back after so many minutes')} min="1" max="1440" value=${minutes} onValue=${setMinutes} hint=${t('Empty: until you bring them back.')} />
      <${Fault}>${fault}<//>
      ${opened ? html`<ul class="members">${opened.map((group) => html`<li class="member" key=${group.room}><div class="member-name"><bdi>${group.title}</bdi><small>${t('{n} people', { n: group.moved })}</small></div><${Link} class="button button-plain" href=${`/rooms/${group.room}`}>${t('To the room')}<//></li>`)}</ul>` : null}
      <div class="dialog-acts"><${Button} busy=${busy} onClick=${back}>${t('Bring everybody back')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Split')}<//></div>
    </form>
  <//>`;
}
