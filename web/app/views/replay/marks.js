// What is worth a jump: what the hub marked, and what coaches wrote. In the words of people.

import { inWords } from '../../practice.js';
import { t } from '../../texts.js';

/**
 * @typedef {{ key: string, ms: number, seq: number, kind: string, icon: string, text: string, comment?: import('../../replay-course.js').Comment }} Shown
 */

const ICONS = { phase: 'info', goal: 'check', scene_over: 'stop', result: 'star', hand: 'hand', stopped: 'stop', taken_back: 'undo', seat_taken: 'people', seat_handed_back: 'people', whisper: 'voice', direction: 'spark', announcement: 'info', extension: 'clock', moderated: 'muted', comment: 'reply' };
const PHASES = { live: t('The room is live'), paused: t('The room is paused'), ended: t('The room has ended'), lobby: t('The room is in the lobby') };

/** Everything that is worth a jump, as far as it has been read. @param {any} player @returns {Shown[]} */
export function marksOf({ outline, course, head, names }) {
  /** @type {Shown[]} */
  const shown = [];
  for (const { seq, kind } of outline.marks) {
    const found = course.bySeq.get(seq);
    if (!found) continue;
    const { fact, by } = found.moment;
    shown.push({ key: `mark-${seq}`, ms: found.ms, seq, kind, icon: ICONS[/** @type {'goal'} */ (kind)] ?? 'info', text: textOf(kind, fact, (id) => names[id ?? by] ?? head.model.nameOf(id ?? by), (id) => personaName(course, id)) });
  }
  for (const { seq, comments } of course.moments) {
    for (const comment of comments ?? []) shown.push({ key: comment.id, ms: course.msOf(comment), seq, kind: 'comment', icon: ICONS.comment, text: comment.text, comment });
  }
  return shown.sort((a, b) => a.ms - b.ms || a.seq - b.seq);
}

/** @param {any} course @param {string} persona @returns {string} */
function personaName(course, persona) {
  const plan = course.moments.find((/** @type {any} */ moment) => moment.fact.kind === 'opened')?.fact.plan;
  return plan?.scene?.cast.find((/** @type {any} */ seat) => seat.persona === persona)?.name ?? persona;
}

/** @param {string} kind @param {any} fact @param {(user?: string) => string} name @param {(id: string) => string} persona @returns {string} */
function textOf(kind, fact, name, persona) {
  switch (kind) {
    case 'phase': return PHASES[/** @type {'live'} */ (fact.phase)];
    case 'goal': return t('Reached: {goals}', { goals: fact.notes.goals_met.map(inWords).join(', ') });
    case 'scene_over': return t('The scene is over');
    case 'result': return t('{name} has {n} of 100', { name: name(fact.user), n: Math.round(fact.score / 10) });
    case 'hand': return t('{name} raised a hand', { name: name(fact.user) });
    case 'stopped': return t('A persona was stopped');
    case 'taken_back': return t('{name} took a line back', { name: name() });
    case 'seat_taken': return t('{name} speaks as {persona}', { name: fact.name, persona: persona(fact.persona) });
    case 'seat_handed_back': return t('{persona} speaks for itself again', { persona: persona(fact.persona) });
    case 'whisper': return t('{name} whispered: {text}', { name: fact.name, text: fact.text });
    case 'direction': return t('{name} told {persona}: {text}', { name: name(), persona: persona(fact.persona), text: fact.text });
    case 'announcement': return t('{name} told everybody: {text}', { name: fact.name, text: fact.text });
    case 'extension': return t('There are {n} minutes more', { n: fact.minutes });
    case 'moderated': return fact.kind === 'muted' ? t('{name} was muted', { name: name(fact.user) }) : t('{name} was removed', { name: name(fact.user) });
    default: return '';
  }
}
