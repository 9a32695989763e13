// Who has a seat, who is here, whose hand is up.

import { html } from '../../ui.js';
import { isAtLeast, ludus, user } from '../../hub.js';
import { clock } from '../../format.js';
import { Avatar, Button, IconButton, Menu } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** @param {any} props */
export function Members({ model, view, rights, act, move, onClose }) {
  const here = model.presence.here;
  const seats = Object.entries(view.members).map(([id, seat]) => ({ id, .../** @type {any} */ (seat), here: here.has(id) }));
  seats.sort((a, b) => Number(b.here) - Number(a.here) || Number(Boolean(b.host)) - Number(Boolean(a.host)) || a.name.localeCompare(b.name));
  /** @type {{ user: string, name: string }[]} */
  const hands = model.hands();
  const mayThank = Boolean(rights.seat) && isAtLeast('learner') && !user.value.guest;
  const watchers = [...here].filter(([id]) => !view.members[id]);
  return html`<aside class="panel" id="members" aria-label=${t('Members')} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && onClose()}>
    <header class="panel-head"><h2>${t('Members')} <span class="panel-count">${t('{n} of {count}', { n: view.member_count, count: view.plan.capacity })}</span></h2><${IconButton} icon="close" label=${t('Close the members')} onClick=${onClose} /></header>
    ${hands.length
      ? html`<section class="hands"><h3><${Icon} name="hand" size=${16} /> ${t('Raised hands')}</h3><ol>${hands.map(
          ({ user: who, name }, i) => html`<li key=${who}><span class="hand-place">${i + 1}</span><bdi>${name}</bdi>
            ${rights.moderates && who !== user.value.id ? html`<${Button} onClick=${() => act({ kind: 'raise_hand', up: false, user: who })}>${t('Lower')}<//>` : null}</li>`,
        )}</ol></section>`
      : null}
    <ul class="members">
      ${seats.map((seat) => {
        const other = seat.id !== user.value.id;
        const mayAct = rights.moderates && !rights.ended && other && (!seat.host || isAtLeast('coach'));
        return html`<li key=${seat.id} class=${seat.here ? 'member' : 'member member-away'}>
          <${Avatar} id=${seat.id} name=${seat.name} size=${36} here=${seat.here} />
          <div class="member-name"><bdi>${seat.name}</bdi>${other ? null : html` <span class="member-you">${t('(you)')}</span>`}
            <small>${[seat.here ? t('here') : t('away'), seat.host && t('host'), seat.muted && (seat.muted_until ? t('muted until {time}', { time: clock(seat.muted_until) }) : t('muted')), seat.hand && t('hand raised')].filter(Boolean).join(' · ')}</small></div>
          ${mayAct || mayThank && other
            ? html`<${Menu} label=${t('What to do about {name}', { name: seat.name })} items=${[
                mayThank && { icon: 'star', label: t('Give kudos'), act: () => thank(seat) },
                ...(mayAct ? [
                seat.muted ? { icon: 'voice', label: t('Let speak again'), act: () => act({ kind: 'mute', user: seat.id, muted: false }) } : { icon: 'muted', label: t('Mute'), act: () => act({ kind: 'mute', user: seat.id, muted: true }) },
                !seat.muted && { icon: 'clock', label: t('Silence for five minutes'), act: () => act({ kind: 'mute', user: seat.id, muted: true, minutes: 5 }) },
                seat.hand && { icon: 'hand', label: t('Lower the hand'), act: () => act({ kind: 'raise_hand', up: false, user: seat.id }) },
                rights.coaches && { icon: 'reply', label: t('Send to another room'), act: () => move(seat) },
                { icon: 'door', label: t('Remove from the room'), danger: true, act: () => act({ kind: 'remove', user: seat.id }, t('{name} was removed. Let them in again from the room menu.', { name: seat.name })) },
                rights.coaches && { icon: 'stop', label: t('Ban from the room'), danger: true, act: () => ban(act, seat) },
                ] : []),
              ].filter(Boolean)} />`
            : null}
        </li>`;
      })}
    </ul>
    ${view.member_count > seats.length ? html`<p class="hint">${t('The first {n} are shown.', { n: seats.length })}</p>` : null}
    ${watchers.length ? html`<section class="watchers"><h3>${t('Looking on')}</h3><ul class="members">${watchers.map(([id, name]) => html`<li key=${id} class="member"><${Avatar} id=${id} name=${name} size=${36} here=${true} /><div class="member-name"><bdi>${name}</bdi></div></li>`)}</ul></section>` : null}
  </aside>`;
}

/** @param {any} act @param {{ id: string, name: string }} seat */
function ban(act, { id, name }) {
  act({ kind: 'ban', user: id });
  toast(t('{name} cannot come in any more.', { name }), { act: { label: t('Undo'), run: () => act({ kind: 'unban', user: id }) } });
}

/** @param {{ id: string, name: string }} seat */
function thank({ id, name }) {
  return ludus.call('POST', '/kudos', { body: { to: id } }).then(() => toast(t('You thanked {name}.', { name })), toastFault);
}
