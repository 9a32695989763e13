// What happened in a room besides what was said.

import { html, useMemo } from '../../ui.js';

/** @param {any} props */
export function Notice({ model, event }) {
  const { fact, by } = event;
  const who = (/** @type {string} */ id) => html`<bdi>${model.nameOf(id)}</bdi>`;
  const text = useMemo(() => {
    switch (fact.kind) {
      case 'opened': return html`${by ? who(by) : 'Somebody'} opened the room`;
      case 'joined': return html`${who(fact.user)} joined`;
      case 'left': return html`${who(fact.user)} left`;
      case 'removed': return html`${who(fact.user)} was removed${by ? html` by ${who(by)}` : ''}`;
      case 'muted': return html`${who(fact.user)} ${fact.muted ? 'was muted' : 'may speak again'}`;
      case 'hand_raised': return html`${who(fact.user)} ${fact.up ? 'raised a hand' : 'has the hand down'}`;
      case 'renamed': return html`${by ? who(by) : 'Somebody'} renamed the room to <bdi>${fact.title}</bdi>`;
      case 'scene_closed': return 'The scene is over';
      case 'phase_changed': return { live: 'The room is live', paused: 'The room is paused', ended: 'The room has ended', lobby: 'The room is in the lobby' }[/** @type {'live'} */ (fact.phase)];
      default: return '';
    }
  }, [event, model.nameOf(fact.user ?? by)]);
  return html`<li class="log-notice">${text}</li>`;
}
