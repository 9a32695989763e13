// What happened in a room besides what was said in it.

import { html, kept } from '../../ui.js';
import { user } from '../../hub.js';
import { clock, exactly, listOf } from '../../format.js';
import { Icon } from '../../parts/icons.js';
import { rich, t } from '../../texts.js';
import { Text } from './line.js';

/** @param {any} props */
export function Notice({ model, event }) {
  const { fact, by } = event;
  const who = (/** @type {string} */ id) => html`<bdi>${model.nameOf(id)}</bdi>`;
  const somebody = (/** @type {string | undefined} */ id) => (id ? who(id) : t('Somebody'));
  const persona = fact.persona ? html`<bdi>${model.personaName(fact.persona)}</bdi>` : null;
  const text = kept(() => {
    switch (fact.kind) {
      case 'opened': return rich('{who} opened the room', { who: somebody(by) });
      case 'joined': return rich('{who} joined', { who: who(fact.user) });
      case 'left': return rich('{who} left', { who: who(fact.user) });
      case 'removed': return by ? rich('{who} was removed by {by}', { who: who(fact.user), by: who(by) }) : rich('{who} was removed', { who: who(fact.user) });
      case 'moved': return rich('{who} was sent to another room', { who: who(fact.user) });
      case 'banned': return rich('{who} cannot come in any more', { who: who(fact.user) });
      case 'unbanned': return rich('{who} may come in again', { who: who(fact.user) });
      case 'muted': return fact.muted && fact.until ? rich('{who} is muted until {time}', { who: who(fact.user), time: clock(fact.until) }) : fact.muted ? rich('{who} was muted', { who: who(fact.user) }) : rich('{who} may speak again', { who: who(fact.user) });
      case 'hand_raised': return fact.up ? rich('{who} raised a hand', { who: who(fact.user) }) : rich('{who} has the hand down', { who: who(fact.user) });
      case 'renamed': return rich('{who} renamed the room to {title}', { who: somebody(by), title: html`<bdi>${fact.title}</bdi>` });
      case 'scene_closed': return t('The scene is over');
      case 'phase_changed': return { live: t('The room is live'), paused: t('The room is paused'), ended: t('The room has ended'), lobby: t('The room is in the lobby') }[/** @type {'live'} */ (fact.phase)];
      case 'seat_taken': return rich('{who} speaks as {persona} from here on', { who: html`<bdi>${fact.name}</bdi>`, persona });
      case 'seat_handed_back': return rich('{persona} speaks for itself again', { persona });
      case 'extended': return t('There are {n} minutes more', { n: fact.minutes });
      default: return '';
    }
  }, [event, model.nameOf(fact.user ?? by), model.personaName(fact.persona)]);
  if (fact.kind in ASIDES) return html`<${Aside} model=${model} event=${event} persona=${persona} />`;
  return html`<li class="log-notice">${text}</li>`;
}

/** What a coach says beside the conversation: set apart, so that nobody takes it for a line of it. */
const ASIDES = { whispered: 'voice', announced: 'info', directed: 'spark', line_held: 'clock' };

/** @param {any} props */
function Aside({ model, event, persona }) {
  const { fact, by, at } = event;
  const kind = /** @type {keyof typeof ASIDES} */ (fact.kind);
  return html`<li class=${`aside aside-${kind}`} data-seq=${event.seq}>
    <p class="aside-head"><${Icon} name=${fact.hint ? 'bulb' : ASIDES[kind]} size=${16} /> <span>${asideHead(model, fact, by, persona)}</span> <time datetime=${new Date(at).toISOString()} title=${exactly(at)}>${clock(at)}</time></p>
    ${fact.text ? html`<${Text} text=${fact.text} />` : null}
    ${fact.heeds ? html`<p class="aside-note">${fact.heeds.length ? t('Without a model: {what}.', { what: listOf(fact.heeds) }) : t('Only a model can follow this; the hub’s own engine cannot.')}</p>` : null}
  </li>`;
}

/** @param {any} model @param {any} fact @param {string} by @param {any} persona */
function asideHead(model, fact, by, persona) {
  const name = by === user.value.id ? t('You') : html`<bdi>${fact.name ?? model.nameOf(by)}</bdi>`;
  if (fact.kind === 'line_held') return by === user.value.id ? t('Held back until a coach has read it') : rich('Held back for its words: {who}', { who: name });
  if (fact.kind === 'announced') return rich('{who} to everybody here', { who: name });
  if (fact.kind === 'directed') return fact.text ? rich('{who} to {persona}, unseen by learners', { who: name, persona }) : rich('{who} took back what {persona} was told', { who: name, persona });
  if (fact.to.includes(user.value.id)) return fact.hint ? rich('A hint from {who}, only for you', { who: name }) : rich('{who}, only to you', { who: name });
  return rich('{who}, only to {names}', { who: name, names: html`<bdi>${listOf(fact.to.map((/** @type {string} */ id) => model.nameOf(id)))}</bdi>` });
}
