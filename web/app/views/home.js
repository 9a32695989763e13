// Home: the rooms one may see.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, pending, unreachable, user } from '../hub.js';
import { Link, go } from '../router.js';
import { loadRooms, rooms, roomsFault, unreadOf } from '../rooms.js';
import { since } from '../format.js';
import { Button, Choices, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { loadStanding, standing, standingFault } from '../game/standing.js';
import { Overview } from './progress.js';
import { joinByCode } from './enter.js';
import { Unread } from './shell.js';
import { lazy } from '../lazy.js';
import { learnAfter, t } from '../texts.js';

const OwnGoals = lazy(() => learnAfter().then(() => import('./cohort/goals.js')), 'OwnGoals', { quiet: true });
const Assigned = lazy(() => import('./assigned.js'), 'Assigned', { quiet: true });

const KINDS = { lounge: t('Lounge'), practice: t('Practice'), contest: t('Contest'), review: t('Review') };
const PHASES = { lobby: t('In the lobby'), live: t('In session'), paused: t('Paused'), ended: t('Ended') };
const ENTRIES = { open: t('Open to everybody here'), invitation: t('By invitation'), code: t('By code') };

function greeting() {
  const hour = new Date().getHours();
  return hour < 5 ? t('Good night') : hour < 12 ? t('Good morning') : hour < 18 ? t('Good afternoon') : t('Good evening');
}

export function Home() {
  useTitle(t('Rooms'));
  useEffect(() => void (isAtLeast('learner') && loadStanding()), []);
  const [creating, setCreating] = useState(false);
  const all = rooms.value;
  const first = user.value.name.split(' ')[0];
  const mine = all?.filter((card) => card.member && card.phase !== 'ended') ?? [];
  const others = all?.filter((card) => !card.member && card.phase !== 'ended') ?? [];
  const ended = all?.filter((card) => card.phase === 'ended') ?? [];
  const mayCreate = isAtLeast('learner') && !user.value.guest;
  // Without the hub that is no fault: it is told above.
  const fault = unreachable.value ? '' : roomsFault.value;
  return html`<div class="page">
    <header class="page-head">
      <div><h1>${greeting()}, <bdi>${first}</bdi></h1>
      <p class="lead">${all ? summary(mine) : unreachable.value ? t('You are offline. What you wrote is kept here, and sent when the hub is back.') : t('Looking for your rooms…')}</p></div>
      ${mayCreate ? html`<${Button} kind="primary" icon="plus" onClick=${() => setCreating(true)}>${t('New room')}<//>` : null}
    </header>
    <${Waiting} />
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${loadRooms}>${t('Try again')}<//>` : null}
    ${all && !all.length
      ? html`<${Empty} icon="rooms" title=${t('No rooms yet')}>
          <p>${mayCreate ? t('A room is where you meet, talk and practise. Open the first one.') : t('Rooms that you may enter appear here. Have a code? Use it below.')}</p>
          ${mayCreate ? html`<${Button} kind="primary" icon="plus" onClick=${() => setCreating(true)}>${t('Open a room')}<//>` : null}
        <//>`
      : null}
    ${standing.value ? html`<${Overview} mine=${standing.value} />` : isAtLeast('learner') && !standingFault.value && !unreachable.value ? html`<div class="standing" aria-hidden="true"><div class="tile tile-coming"></div><div class="tile tile-coming"></div><div class="tile tile-coming"></div></div>` : null}
    ${isAtLeast('learner') && !isAtLeast('coach') && !user.value.guest ? html`<${Assigned} /><${OwnGoals} />` : null}
    ${!all && !fault && !unreachable.value ? html`<${Skeleton} kind="card" rows=${4} label=${t('Loading rooms')} />` : null}
    <${Cards} title=${t('My rooms')} cards=${mine} />
    <${Cards} title=${t('Rooms you may join')} cards=${others} />
    <${Cards} title=${t('Ended')} cards=${ended} />
    <${ByCode} />
    ${creating ? html`<${NewRoom} onClose=${() => setCreating(false)} />` : null}
  </div>`;
}

/** What was written and is not stored yet, while it may stay so for a while. */
function Waiting() {
  const lines = pending.value.filter((entry) => entry.command.text);
  if (!unreachable.value || !lines.length) return null;
  const titleOf = (/** @type {string} */ id) => rooms.value?.find((card) => card.id === id)?.title ?? t('In a room');
  return html`<section class="section"><h2>${t('Waiting to be sent')}</h2><ol class="rows">${lines.map((entry) => html`<li key=${entry.id} class="row"><div class="row-words"><span dir="auto">${entry.command.text}</span><small>${titleOf(entry.room)} · ${since(entry.at)}</small></div></li>`)}</ol></section>`;
}

/** @param {import('../rooms.js').RoomCard[]} mine */
function summary(mine) {
  const unread = mine.filter((card) => unreadOf(card)).length;
  if (unread) return t('{n} rooms have something new for you.', { n: unread });
  return mine.length ? t('You are up to date.') : t('Pick a room, or open one.');
}

/** @param {{ title: string, cards: import('../rooms.js').RoomCard[] }} props */
function Cards({ title, cards }) {
  if (!cards.length) return null;
  return html`<section class="section"><h2>${title}</h2>
    <ul class="cards">${cards.map((card) => html`<li key=${card.id}><${Card} card=${card} /></li>`)}</ul>
  </section>`;
}

/** @param {{ card: import('../rooms.js').RoomCard }} props */
function Card({ card }) {
  const unread = unreadOf(card);
  return html`<${Link} href=${`/rooms/${card.id}`} class=${`card card-room ${unread ? 'card-unread' : ''}`}>
    <span class="card-top"><span class="kind">${KINDS[/** @type {keyof typeof KINDS} */ (card.kind)]}</span><${Unread} count=${unread} /></span>
    <strong class="card-title" dir="auto">${card.title}</strong>
    <span class="card-facts">
      <span class=${`phase phase-${card.phase}`}>${PHASES[/** @type {keyof typeof PHASES} */ (card.phase)]}</span>
      <span><${Icon} name="people" size=${16} /> ${t('{n} members', { n: card.members })}</span>
      ${card.entry === 'open' ? null : html`<span>${ENTRIES[/** @type {keyof typeof ENTRIES} */ (card.entry)]}</span>`}
    </span>
  <//>`;
}

function ByCode() {
  const [code, setCode] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      go(`/rooms/${await joinByCode(code)}`);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<section class="section"><h2>${t('Have a code?')}</h2>
    <form class="row-form" onSubmit=${submit}>
      <${Field} label=${t('Room code')} class="input input-code" autocomplete="off" spellcheck=${false} required value=${code} onValue=${setCode} fault=${fault} />
      <${Button} type="submit" busy=${busy}>${t('Join')}<//>
    </form>
  </section>`;
}

/** @param {{ onClose: () => void }} props */
function NewRoom({ onClose }) {
  const [title, setTitle] = useState('');
  const [kind, setKind] = useState('lounge');
  const [entry, setEntry] = useState('open');
  const [capacity, setCapacity] = useState('50');
  const [lobby, setLobby] = useState(false);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      const room = await ludus.call('POST', '/rooms', { body: { title, kind, entry, capacity: Number(capacity), lobby } });
      onClose();
      loadRooms();
      go(`/rooms/${room.id}`);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('New room')} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label=${t('Title')} required maxlength="120" autofocus value=${title} onValue=${setTitle} hint=${t('What will you do here?')} />
      <${Choices} label=${t('What is it for?')} value=${kind} onValue=${setKind} options=${[
        { value: 'lounge', label: t('Lounge'), hint: t('Just talk') },
        { value: 'practice', label: t('Practice'), hint: t('Try something out') },
        { value: 'contest', label: t('Contest'), hint: t('Against each other') },
        { value: 'review', label: t('Review'), hint: t('Look back together') },
      ]} />
      <${Choices} label=${t('Who may come in?')} value=${entry} onValue=${setEntry} options=${[
        { value: 'open', label: t('Everybody here'), hint: t('All people of this hub') },
        { value: 'invitation', label: t('Invited people'), hint: t('You let each of them in') },
        { value: 'code', label: t('Whoever has the code'), hint: t('Guests too, with a nickname') },
      ]} />
      <${Field} label=${t('Seats')} type="number" min="1" max="10000" required value=${capacity} onValue=${setCapacity} />
      <label class="check"><input type="checkbox" checked=${lobby} onChange=${() => setLobby(!lobby)} /> ${t('Start in the lobby: people gather, talk begins when you say so')}</label>
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Open the room')}<//></div>
    </form>
  <//>`;
}
