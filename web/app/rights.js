// What a person may do in a room; the hub decides, this only hides what it would refuse.

import { isAtLeast, user } from './hub.js';
import { clock } from './format.js';
import { t } from './texts.js';

/** @param {import('./room-model.js').View} view */
export function rightsIn(view) {
  const seat = view.members[user.value.id];
  const moderates = isAtLeast('coach') || Boolean(seat?.host);
  const ended = view.phase === 'ended';
  const quiet = view.phase === 'paused' || view.phase === 'lobby';
  let silence = '';
  if (ended) silence = t('This room has ended. It can be read, not spoken in.');
  else if (user.value.role === 'spectator') silence = t('You are looking on: spectators do not speak.');
  else if (seat?.muted && !(seat.muted_until && seat.muted_until <= Date.now())) silence = seat.muted_until ? t('You are muted in this room until {time}.', { time: clock(seat.muted_until) }) : t('You are muted in this room.');
  else if (quiet && !moderates) silence = view.phase === 'lobby' ? t('The room has not started yet.') : t('The room is paused. You can speak when it goes on.');
  return { seat, moderates, ended, silence, coaches: isAtLeast('coach') && moderates };
}
