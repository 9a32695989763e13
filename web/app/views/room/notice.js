// What happened in a room besides what was said.

import { html, useMemo } from '../../ui.js';
import { rich, t } from '../../texts.js';

/** @param {any} props */
export function Notice({ model, event }) {
  const { fact, by } = event;
  const who = (/** @type {string} */ id) => html`<bdi>${model.nameOf(id)}</bdi>`;
  const somebody = (/** @type {string | undefined} */ id) => (id ? who(id) : t('Somebody'));
  const text = useMemo(() => {
    switch (fact.kind) {
      case 'opened': return rich('{who} opened the room', { who: somebody(by) });
      case 'joined': return rich('{who} joined', { who: who(fact.user) });
      case 'left': return rich('{who} left', { who: who(fact.user) });
      case 'removed': return by ? rich('{who} was removed by {by}', { who: who(fact.user), by: who(by) }) : rich('{who} was removed', { who: who(fact.user) });
      case 'muted': return fact.muted ? rich('{who} was muted', { who: who(fact.user) }) : rich('{who} may speak again', { who: who(fact.user) });
      case 'hand_raised': return fact.up ? rich('{who} raised a hand', { who: who(fact.user) }) : rich('{who} has the hand down', { who: who(fact.user) });
      case 'renamed': return rich('{who} renamed the room to {title}', { who: somebody(by), title: html`<bdi>${fact.title}</bdi>` });
      case 'scene_closed': return t('The scene is over');
      case 'phase_changed': return { live: t('The room is live'), paused: t('The room is paused'), ended: t('The room has ended'), lobby: t('The room is in the lobby') }[/** @type {'live'} */ (fact.phase)];
      default: return '';
    }
  }, [event, model.nameOf(fact.user ?? by)]);
  return html`<li class="log-notice">${text}</li>`;
}
