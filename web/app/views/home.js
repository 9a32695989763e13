// Home: the rooms one may see.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, user } from '../hub.js';
import { Link, go } from '../router.js';
import { loadRooms, rooms, roomsFault, unreadOf } from '../rooms.js';
import { plural } from '../format.js';
import { Button, Choices, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { loadStanding, standing } from '../game/standing.js';
import { Overview } from './progress.js';
import { joinByCode } from './enter.js';
import { Unread } from './shell.js';

const KINDS = { lounge: 'Lounge', practice: 'Practice', contest: 'Contest', review: 'Review' };
const PHASES = { lobby: 'In the lobby', live: 'In session', paused: 'Paused', ended: 'Ended' };
const ENTRIES = { open: 'Open to everybody here', invitation: 'By invitation', code: 'By code' };

function greeting() {
  const hour = new Date().getHours();
  return hour < 5 ? 'Good night' : hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening';
}

export function Home() {
  useTitle('Rooms');
  useEffect(() => void (isAtLeast('learner') && loadStanding()), []);
  const [creating, setCreating] = useState(false);
  const all = rooms.value;
  const first = user.value.name.split(' ')[0];
  const mine = all?.filter((card) => card.member && card.phase !== 'ended') ?? [];
  const others = all?.filter((card) => !card.member && card.phase !== 'ended') ?? [];
  const ended = all?.filter((card) => card.phase === 'ended') ?? [];
  const mayCreate = isAtLeast('learner') && !user.value.guest;
  return html`<div class="page">
    <header class="page-head">
      <div><h1>${greeting()}, <bdi>${first}</bdi></h1>
      <p class="lead">${all ? summary(mine) : 'Looking for your rooms…'}</p></div>
      ${mayCreate ? html`<${Button} kind="primary" icon="plus" onClick=${() => setCreating(true)}>New room<//>` : null}
    </header>
    <${Fault}>${roomsFault.value}<//>
    ${roomsFault.value ? html`<${Button} onClick=${loadRooms}>Try again<//>` : null}
    ${!all && !roomsFault.value ? html`<${Skeleton} kind="card" rows=${4} label="Loading rooms" />` : null}
    ${all && !all.length
      ? html`<${Empty} icon="rooms" title="No rooms yet">
          <p>${mayCreate ? 'A room is where you meet, talk and practise. Open the first one.' : 'Rooms that you may enter appear here. Have a code? Use it below.'}</p>
          ${mayCreate ? html`<${Button} kind="primary" icon="plus" onClick=${() => setCreating(true)}>Open a room<//>` : null}
        <//>`
      : null}
    ${standing.value ? html`<${Overview} mine=${standing.value} />` : null}
    <${Cards} title="My rooms" cards=${mine} />
    <${Cards} title="Rooms you may join" cards=${others} />
    <${Cards} title="Ended" cards=${ended} />
    <${ByCode} />
    ${creating ? html`<${NewRoom} onClose=${() => setCreating(false)} />` : null}
  </div>`;
}

/** @param {import('../rooms.js').RoomCard[]} mine */
function summary(mine) {
  const unread = mine.filter((card) => unreadOf(card)).length;
  if (unread) return `${plural(unread, 'room has', 'rooms have')} something new for you.`;
  return mine.length ? 'You are up to date.' : 'Pick a room, or open one.';
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
      <span><${Icon} name="people" size=${16} /> ${plural(card.members, 'member', 'members')}</span>
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
  return html`<section class="section"><h2>Have a code?</h2>
    <form class="row-form" onSubmit=${submit}>
      <${Field} label="Room code" class="input input-code" autocomplete="off" spellcheck=${false} required value=${code} onValue=${setCode} fault=${fault} />
      <${Button} type="submit" busy=${busy}>Join<//>
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
  return html`<${Dialog} title="New room" onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="Title" required maxlength="120" autofocus value=${title} onValue=${setTitle} hint="What will you do here?" />
      <${Choices} label="What is it for?" value=${kind} onValue=${setKind} options=${[
        { value: 'lounge', label: 'Lounge', hint: 'Just talk' },
        { value: 'practice', label: 'Practice', hint: 'Try something out' },
        { value: 'contest', label: 'Contest', hint: 'Against each other' },
        { value: 'review', label: 'Review', hint: 'Look back together' },
      ]} />
      <${Choices} label="Who may come in?" value=${entry} onValue=${setEntry} options=${[
        { value: 'open', label: 'Everybody here', hint: 'All people of this hub' },
        { value: 'invitation', label: 'Invited people', hint: 'You let each of them in' },
        { value: 'code', label: 'Whoever has the code', hint: 'Guests too, with a nickname' },
      ]} />
      <${Field} label="Seats" type="number" min="1" max="10000" required value=${capacity} onValue=${setCapacity} />
      <label class="check"><input type="checkbox" checked=${lobby} onChange=${() => setLobby(!lobby)} /> Start in the lobby: people gather, talk begins when you say so</label>
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>Cancel<//><${Button} kind="primary" type="submit" busy=${busy}>Open the room<//></div>
    </form>
  <//>`;
}
