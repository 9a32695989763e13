// What the form of each kind of content asks for. What is not here can be written in the source.

import './words.js';
import { t } from '../../../texts.js';

/**
 * @typedef {object} Ask
 * @property {string} name in the file
 * @property {string} label
 * @property {'text' | 'long' | 'number' | 'flag' | 'choice' | 'lines' | 'numbers' | 'dials' | 'list' | 'part' | 'condition' | 'one' | 'some'} as
 * @property {string} [hint]
 * @property {string[]} [options] of a choice
 * @property {string} [of] the kind of content that is chosen from
 * @property {Ask[]} [asks] of a list's items, or of a part
 * @property {string} [item] what one of a list is called
 * @property {boolean} [optional] left out while it is empty; a flag: while it is as it would be anyway
 * @property {boolean} [on] a flag that holds unless somebody takes it away
 */

/** @type {(name: string, label: string, more?: Partial<Ask>) => Ask} */
const text = (name, label, more) => ({ name, label, as: 'text', ...more });
/** @type {typeof text} */
const long = (name, label, more) => ({ name, label, as: 'long', ...more });
/** @type {typeof text} */
const number = (name, label, more) => ({ name, label, as: 'number', ...more });
/** @type {typeof text} */
const lines = (name, label, more) => ({ name, label, as: 'lines', optional: true, ...more });
/** @type {(name: string, label: string, options: string[], more?: Partial<Ask>) => Ask} */
const choice = (name, label, options, more) => ({ name, label, as: 'choice', options, ...more });
/** @type {(name: string, label: string, item: string, asks: Ask[], more?: Partial<Ask>) => Ask} */
const list = (name, label, item, asks, more) => ({ name, label, as: 'list', item, asks, optional: true, ...more });
/** @type {(name: string, label: string, asks: Ask[], more?: Partial<Ask>) => Ask} */
const part = (name, label, asks, more) => ({ name, label, as: 'part', asks, ...more });

/** What somebody can do for points, with what conditions may compare. */
export const DEEDS = {
  line_said: { says: t('Said a line'), numbers: ['words', 'questions', 'open_questions', 'closed_questions', 'empathy', 'specifics', 'fillers', 'hedges', 'thanks', 'apologies', 'assertive', 'harsh', 'blame', 'noise', 'mentions'], words: ['reply', 'room_kind'] },
  reply_received: { says: t('Was answered'), numbers: [], words: [] },
  reaction_given: { says: t('Reacted to a line'), numbers: [], words: [] },
  reaction_received: { says: t('Had a reaction'), numbers: [], words: [] },
  kudos_given: { says: t('Thanked somebody'), numbers: [], words: [] },
  kudos_received: { says: t('Was thanked'), numbers: [], words: [] },
  practice_completed: { says: t('Finished a practice'), numbers: ['score', 'minutes', 'goals_met', 'goals'], words: ['scenario', 'judge'] },
  skill_scored: { says: t('Showed a skill'), numbers: ['score'], words: ['skill', 'judge'] },
  scored: { says: t('Was measured elsewhere'), numbers: ['value'], words: ['metric'] },
  day_begun: { says: t('Began a day of the streak'), numbers: ['days'], words: [] },
  badge_earned: { says: t('Earned a badge'), numbers: ['level'], words: ['badge'] },
  level_reached: { says: t('Reached a level'), numbers: ['level'], words: [] },
  quest_done: { says: t('Did a quest'), numbers: [], words: ['quest'] },
};
export const PERIODS = { day: t('a day'), week: t('a week'), season: t('a season'), room: t('a room'), ever: t('ever') };
const PER = Object.keys(PERIODS);
const DEED = Object.keys(DEEDS);
/** Names of choices, where they are no names. @type {Record<string, string>} */
export const SAID = { ...PERIODS, ...Object.fromEntries(Object.entries(DEEDS).map(([deed, { says }]) => [deed, says])), times: t('how often'), days: t('on how many days'), rooms: t('in how many rooms'), peers: t('with how many people'), best: t('the best one') };

const ON = choice('on', t('On'), DEED);
const WHEN = /** @type {Ask} */ ({ name: 'when', label: t('Only when'), as: 'condition', optional: true });
const ID = text('id', t('Id'), { hint: t('Small letters, digits and hyphens. Others name it so.') });
const TITLE = text('title', t('Title'));
const PHRASES = t('One phrase a line. {slot} is filled with what was heard, [a|b] is one of both.', { slot: '{slot}' });
const PATTERNS = t('One pattern a line, as docs/personas.md has them.');
const DIALS = [number('patience', t('Patience')), number('warmth', t('Warmth')), number('openness', t('Openness')), number('resistance', t('Resistance')), number('talkativeness', t('Talkativeness'))];
const INTENT = [ID, lines('hears', t('Hears'), { hint: PATTERNS, optional: false }), lines('unless', t('Unless')), lines('says', t('Says'), { hint: PHRASES }), lines('asks', t('Then asks')), number('warms', t('Warms by (per mille)'), { optional: true }), text('reveals', t('Reveals the fact'), { optional: true }), lines('guarded', t('Says instead while it is not earned'))];
const FACTS = list('fact', t('Hidden facts'), t('Fact'), [ID, text('text', t('The fact')), text('said_when', t('Said when'))]);
const MET = [lines('all', t('Heard, each of them')), lines('any', t('Heard, one of them')), lines('none', t('Never heard')), lines('facts', t('Revealed')), lines('slots', t('Told by the learner')), lines('beats', t('Beats finished well')), number('questions', t('Questions asked, at least'), { optional: true }), number('rapport', t('Rapport, at least (per mille)'), { optional: true })];
const MEASURES = ['words-per-line', 'questions-per-hundred-lines', 'open-questions-per-hundred-lines', 'fillers-per-thousand-words', 'hedges-per-thousand-words', 'specifics-per-hundred-lines', 'empathy-per-hundred-lines', 'rudeness-per-thousand-words', 'talk-share', 'clear-lines', 'goals-met', 'rapport'];

/** @type {Record<string, Ask[]>} */
const SHAPES = {
  rules: [
    TITLE, ON, number('points', t('Points')), text('kind', t('Kind of points'), { optional: true, hint: t('xp unless you say otherwise.') }), WHEN,
    number('cooldown_s', t('Seconds until it pays again'), { optional: true }),
    list('caps', t('At most'), t('Limit'), [choice('per', t('In'), PER), number('times', t('Times'), { optional: true }), number('points', t('Points'), { optional: true }), { name: 'each_peer', label: t('For each person by itself'), as: 'flag', optional: true }]),
    part('diminish', t('Worth less when it is done often'), [number('after', t('After so many times')), choice('per', t('In'), PER), number('percent', t('Worth (percent)'))], { optional: true }),
    text('from', t('First day'), { optional: true, hint: t('As 2026-12-24. Empty: from now on.') }), text('until', t('Last day'), { optional: true }), number('freezes', t('Freezes it grants'), { optional: true }),
  ],
  badges: [TITLE, text('says', t('What it is for'), { hint: t('Everybody reads it.') }), ON, WHEN, choice('count', t('Counts'), ['times', 'days', 'rooms', 'peers', 'best']), { name: 'levels', label: t('Bronze, silver, gold, platinum'), as: 'numbers', hint: t('How much each needs: one to four numbers, rising.') }, { name: 'secret', label: t('Secret until it is earned'), as: 'flag', optional: true }],
  quests: [TITLE, choice('per', t('For'), ['day', 'week']), ON, WHEN, number('times', t('Times')), number('weight', t('How likely it is drawn'), { optional: true })],
  personas: [
    text('name', t('Name')), text('title', t('Who it is in one line')), text('language', t('Language'), { hint: t('In two letters: en, de.') }), long('character', t('Character'), { hint: t('For a model: history, temper, habits.') }), long('voice', t('Voice'), { hint: t('How it speaks.') }),
    lines('goals', t('Wants from people')), lines('boundaries', t('Never does')), lines('opening', t('Says first'), { hint: PHRASES }), { name: 'dials', label: t('Dials'), as: 'dials', asks: DIALS }, FACTS,
    part('offline', t('Without a model'), [
      list('mood', t('Moods, the coldest first'), t('Mood'), [text('name', t('Name')), number('from', t('From a rapport of (per mille)')), lines('thaws', t('Says when it grows warmer')), lines('cools', t('Says when it grows colder')), lines('acks', t('Takes up what was said'))]),
      list('intent', t('What it listens for'), t('Intent'), INTENT),
    ], { optional: true }),
    part('model', t('With a model'), [lines('prefer', t('Providers, the best first')), number('temperature_milli', t('Temperature (thousandths)'), { optional: true }), number('tokens_max', t('Tokens of the longest reply'), { optional: true })], { optional: true }),
  ],
  scenarios: [
    TITLE, text('field', t('Field'), { hint: t('As job-interview or negotiation.') }), text('language', t('Language'), { hint: t('In two letters: en, de.') }), long('summary', t('Summary'), { hint: t('What a learner reads before choosing it.') }), long('role', t('Who the learner is')), long('stage', t('Where both are'), { hint: t('For a model: what the persona knows of it.') }),
    { name: 'personas', label: t('Who can play it, the best first'), as: 'some', of: 'personas' }, { name: 'rubric', label: t('Judged by'), as: 'one', of: 'rubrics' }, number('minutes', t('Minutes')), number('difficulty', t('Difficulty, 1 to 5')), lines('skills', t('Skills it trains'), { optional: false, hint: t('The rubric has to feed each.') }), { name: 'dials', label: t('Dials'), as: 'dials', asks: DIALS, optional: true },
    { name: 'adapts', label: t('Gets easier or harder as it is played'), as: 'flag', optional: true, on: true }, { name: 'remarks', label: t('A model says beside each line what it thinks of it'), as: 'flag', optional: true, on: true },
    lines('opening', t('Says first'), { hint: PHRASES, optional: false }), { name: 'opening_asks', label: t('The first line asks what the first beat wants'), as: 'flag', optional: true }, lines('hints', t('Hints, one after another')),
    list('goal', t('Goals'), t('Goal'), [ID, TITLE, part('when', t('Met when'), MET)], { optional: false }), FACTS,
    list('beat', t('What the persona wants, one after another'), t('Beat'), [ID, text('wants', t('Wants')), lines('says', t('Asks'), { hint: PHRASES, optional: false }), part('until', t('Ends well when'), MET, { optional: true }), number('words', t('..or with an answer of so many words'), { optional: true }), lines('presses', t('Says to an answer that does not do'), { optional: false }), lines('objects', t('Doubts a good answer')), lines('accepts', t('Says when it ended well')), lines('gives_up', t('Says when it gives up')), number('tries', t('Answers before it gives up'), { optional: true })], { optional: false }),
    list('intent', t('What it listens for here'), t('Intent'), [...INTENT, text('during', t('Only during the beat'), { optional: true })]),
    list('twist', t('Comes in between'), t('Twist'), [number('after', t('After so many lines')), part('when', t('Not before'), MET, { optional: true }), lines('says', t('Says'), { optional: false })]),
    part('ending', t('Last words'), [lines('good', t('When it went well'), { optional: false }), lines('mixed', t('When it went so-so'), { optional: false }), lines('poor', t('When it went badly'), { optional: false })]),
  ],
  rubrics: [
    TITLE, long('summary', t('Summary')), number('lines_min', t('Lines before anything is scored'), { optional: true }),
    list('criterion', t('Criteria, whose weights make 1000'), t('Criterion'), [ID, TITLE, number('weight', t('Weight')), text('skill', t('Skill it feeds')), lines('levels', t('What each level looks like, the weakest first'), { optional: false }), text('tip', t('What to try next time')), list('evidence', t('Measured by'), t('Evidence'), [choice('fact', t('Fact'), MEASURES), number('none', t('Worth nothing at')), number('full', t('Worth everything at')), number('weight', t('Weight'), { optional: true })])], { optional: false }),
  ],
};

/** What people call the kinds, the most asked for first. */
export const KINDS = {
  rules: { title: t('Rules'), says: t('What pays, how much, and how often.'), list: 'rule' },
  badges: { title: t('Badges'), says: t('Something to be proud of, with its picture.'), list: 'badge' },
  quests: { title: t('Quests'), says: t('Small goals for a day or a week.'), list: 'quest' },
  personas: { title: t('Personas'), says: t('Whom one practises with.'), list: '' },
  scenarios: { title: t('Scenarios'), says: t('Situations two people could really be in.'), list: '' },
  rubrics: { title: t('Rubrics'), says: t('What a practice is judged by.'), list: '' },
  boards: { title: t('Boards'), says: t('Who is compared with whom, by what.'), list: 'board' },
  leagues: { title: t('Leagues'), says: t('A week among equals.'), list: 'league' },
  contests: { title: t('Kinds of contests'), says: t('What coaches can hold.'), list: 'contest' },
  pictures: { title: t('Pictures'), says: t('SVG of shapes and colours, named by a badge.'), list: '' },
  levels: { title: t('Levels'), says: t('How points become levels.'), list: '' },
  streak: { title: t('Streak'), says: t('What keeps one, and what saves it.'), list: '' },
  seasons: { title: t('Seasons'), says: t('When everything begins anew.'), list: '' },
};

/** Where content stands that is not only the org's. @type {Record<string, string>} */
export const ORIGINS = { shipped: t('shipped'), own: t('yours'), changed: t('changed by you'), out: t('out of play'), gone: t('draft') };

/** @param {string} kind @param {any} item what is there: where nobody wrote a form, its own fields make one @returns {Ask[]} */
export function shapeOf(kind, item) {
  if (SHAPES[kind]) return SHAPES[kind];
  return Object.entries(item ?? {}).filter(([name]) => name !== 'id' && name !== 'version').flatMap(([name, value]) => {
    if (typeof value === 'string') return [text(name, name)];
    if (typeof value === 'number') return [number(name, name)];
    if (typeof value === 'boolean') return [/** @type {Ask} */ ({ name, label: name, as: 'flag' })];
    return [];
  });
}

/** What a new item begins with. @type {Record<string, any>} */
const FRESH = {
  rules: { version: 1, title: '', on: 'line_said', points: 1 },
  badges: { version: 1, title: '', says: '', on: 'line_said', count: 'times', levels: [1, 10] },
  quests: { version: 1, title: '', per: 'day', on: 'line_said', times: 1 },
  boards: { title: '', scope: 'org', metric: 'points:xp', window: 'week' },
  leagues: { title: '', metric: 'points:xp', tiers: ['Bronze', 'Silver', 'Gold'], size: 30, promote: 5, demote: 5 },
  contests: { title: '', says: '', metric: 'points:xp', entry: 'open', minutes: 60, late: true },
  personas: { name: '', title: '', language: 'en', character: '', voice: '', dials: { patience: 3, warmth: 3, openness: 3, resistance: 3, talkativeness: 3 } },
  scenarios: { title: '', field: '', language: 'en', summary: '', role: '', stage: '', personas: [], rubric: '', minutes: 10, difficulty: 2, skills: [], opening: [], goal: [], beat: [], ending: { good: [], mixed: [], poor: [] } },
  rubrics: { title: '', summary: '', lines_min: 3, criterion: [] },
};

/** @param {string} kind @param {string} id */
export function freshOf(kind, id) {
  const name = KINDS[/** @type {'rules'} */ (kind)]?.list;
  const item = structuredClone(FRESH[kind] ?? {});
  return name ? { [name]: [{ id, ...item }] } : item;
}
