// What a persona says: while it says it, and afterwards, with its versions.

import { html, useEffect, useRef, useState } from '../../ui.js';
import { user } from '../../hub.js';
import { clock, exactly, listOf } from '../../format.js';
import { inWords } from '../../practice.js';
import { joined, sayable } from '../../voices.js';
import { Avatar, Button, IconButton, Menu } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast } from '../../parts/toast.js';
import { Text } from './line.js';
import { t } from '../../texts.js';

/** How an answer came to its end, where that is worth a word. @param {import('../../voices.js').Version} version @param {string} name */
export function endInWords({ end, interrupted }, name) {
  switch (end) {
    case 'stopped': return interrupted ? t('{name} stopped when somebody spoke', { name }) : t('{name} was stopped here', { name });
    case 'cut': return t('{name} has more to say', { name });
    case 'broken': return t('The answer was lost on the way');
    case 'withheld': return t('This answer is held back: it would have said what nobody is to read');
    case 'failed': return t('{name} could not answer', { name });
    default: return '';
  }
}

/** @param {any} props */
export function Voice({ answer, model, view, rights, room, act, report, focusable, onActive, seq, goals }) {
  const name = model.personaName(answer.persona);
  const { versions, live } = answer;
  const [chosen, setChosen] = useState(-1);
  // A new version is what is looked at, whichever was before.
  useEffect(() => setChosen(-1), [versions.length, live?.turn]);
  const isAgain = live && live.why !== 'onward';
  const count = versions.length + (isAgain || (live && !versions.length) ? 1 : 0);
  const at = chosen < 0 ? count - 1 : Math.min(chosen, count - 1);
  const shown = versions[at];
  const isLive = Boolean(live) && at === count - 1;
  const newest = versions[versions.length - 1];
  const mayAsk = rights.seat && !rights.silence && !view.scene_closed && view.phase === 'live';
  const isLast = newest && model.voices.last.get(answer.persona) === newest.turn && ![...model.voices.open.values()].some(({ persona }) => persona === answer.persona);
  const again = () => act({ kind: 'regenerate', turn: newest.turn });
  const onward = () => act({ kind: 'continue', turn: newest.turn });
  const copy = () => navigator.clipboard.writeText(shown?.text ?? model.voices.textOf(live?.turn)).then(() => toast(t('Copied.'), { ms: 2_000 }), () => {});
  const end = shown && !isLive ? endInWords(shown, name) : '';
  const mayGoOn = mayAsk && isLast && at === versions.length - 1 && (newest.end === 'cut' || newest.end === 'stopped') && newest.text;
  const items = [
    mayAsk && isLast && { icon: 'undo', label: t('Answer again'), act: again },
    mayGoOn && { icon: 'play', label: t('Go on'), act: onward },
    { icon: 'copy', label: t('Copy the text'), act: copy },
    rights.seat && shown && !shown.retracted && seq < Number.MAX_SAFE_INTEGER - 200 && { icon: 'alert', label: t('Report…'), act: () => report(seq) },
    rights.moderates && !rights.ended && shown && !shown.retracted && seq < Number.MAX_SAFE_INTEGER - 200 && { icon: 'close', label: t('Take back'), danger: true, act: () => act({ kind: 'retract', line: seq }, t('The answer was taken back.')) },
  ].filter(Boolean);
  const place = t('{n} of {count}', { n: at + 1, count });
  return html`<li class="line line-voice" data-seq=${seq} tabindex=${focusable ? 0 : -1} onFocusIn=${() => onActive(seq)} aria-label=${`${name}, ${clock(answer.at)}`}>
    <${Avatar} id=${answer.persona} name=${name} size=${40} />
    <div class="line-body">
      <p class="line-head"><bdi class="line-name">${name}</bdi><span class="badge badge-persona">${t('persona')}</span><time datetime=${new Date(answer.at).toISOString()} title=${exactly(answer.at)}>${clock(answer.at)}</time></p>
      ${shown?.retracted ? html`<p class="line-retracted">${t('This answer was taken back')}</p>`
        : isLive ? html`<${Growing} room=${room} model=${model} turn=${live.turn} before=${live.why === 'onward' ? shown?.text ?? '' : ''} />`
        : shown?.text ? html`<${Text} text=${shown.text} />` : null}
      ${end && !shown.retracted ? html`<p class=${`voice-end voice-end-${shown.end}`}><${Icon} name=${shown.end === 'failed' || shown.end === 'broken' ? 'alert' : 'info'} size=${14} /> <span>${end}</span>
        ${mayGoOn ? html`<button type="button" class="link-button" onClick=${onward}>${t('Go on')}</button>` : null}
        ${mayAsk && isLast && ['failed', 'broken', 'withheld'].includes(shown.end) ? html`<button type="button" class="link-button" onClick=${again}>${t('Ask again')}</button>` : null}</p>` : null}
      ${shown?.goals.length ? html`<ul class="goals-met" aria-label=${t('Reached with this')}>${shown.goals.map((/** @type {string} */ goal) => html`<li key=${goal} class="goal-met"><${Icon} name="check" size=${14} /> ${goals?.get(goal) ?? inWords(goal)}</li>`)}</ul>` : null}
      ${count > 1 ? html`<p class="versions-nav" role="group" aria-label=${t('Versions of this answer: {place}', { place })}>
        <${IconButton} icon="back" label=${t('Version before')} disabled=${at === 0} onClick=${() => setChosen(at - 1)} />
        <span>${place}</span>
        <${IconButton} icon="next" label=${t('Version after')} disabled=${at === count - 1} onClick=${() => setChosen(at + 1)} /></p>` : null}
    </div>
    <div class="line-acts"><${Menu} label=${t('What to do with this answer of {name}', { name })} items=${items} tabIndex=${focusable ? 0 : -1} /></div>
  </li>`;
}

/** Text that grows at its end, at most once a picture. @param {any} props */
function Growing({ room, model, turn, before }) {
  room.spoken.value;
  const text = joined(before, model.voices.textOf(turn));
  return html`<div class="growing"><${Text} text=${text} /></div>`;
}


/**
 * Who thinks about an answer, and how to stop it.
 * @param {{ model: import('../../room-model.js').RoomModel, rights: any, act: (command: any) => void, version: number }} props
 */
export function Turns({ model, rights, act }) {
  const { voices } = model;
  const open = [...voices.open.values()].filter(({ stopped }) => !stopped);
  const mayStop = open.filter(({ askedBy }) => rights.moderates || (askedBy && askedBy === user.value.id));
  if (!open.length) return null;
  const names = voices.thinking().map((persona) => model.personaName(persona));
  const speaking = [...new Set(open.filter(({ turn }) => voices.heard.has(turn)).map(({ persona }) => model.personaName(persona)))];
  const text = speaking.length ? t('{names} are speaking', { names: listOf(speaking), n: speaking.length }) : t('{names} are thinking', { names: listOf(names), n: names.length });
  return html`<div class="turns"><p class="typing"><span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span> <bdi>${text}</bdi></p>
    ${mayStop.length ? html`<${Button} icon="stop" class="turns-stop" title=${t('Stop (Esc)')} onClick=${() => mayStop.forEach(({ turn }) => act({ kind: 'stop_turn', turn }))}>${t('Stop')}<//>` : null}</div>`;
}

/** Stops what one may stop. @param {import('../../room-model.js').RoomModel} model @param {any} rights @param {(command: any) => void} act */
export function stopAll(model, rights, act) {
  const mine = [...model.voices.open.values()].filter(({ stopped, askedBy }) => !stopped && (rights.moderates || askedBy === user.value.id));
  for (const { turn } of mine) act({ kind: 'stop_turn', turn });
  return mine.length > 0;
}

/** Reads answers aloud to those who listen: whole sentences, as soon as they are whole. @param {any} props */
export function Speech({ room, model }) {
  room.spoken.value;
  const { voices } = model;
  // What was there when the view opened is history.
  const told = useRef(/** @type {Map<number, number>} */ (new Map()));
  const lines = useRef(/** @type {{ key: string, text: string }[]} */ ([]));
  const began = useRef(/** @type {number | null} */ (null));
  if (began.current === null && model.epoch) began.current = Math.max(0, ...voices.spoke.keys());
  const say = (/** @type {number} */ turn, /** @type {string} */ persona, /** @type {string} */ text, /** @type {boolean} */ whole) => {
    const from = told.current.get(turn) ?? 0;
    const to = sayable(text, whole);
    if (to <= from) return;
    const fresh = text.slice(from, to).trim();
    told.current.set(turn, to);
    if (fresh) lines.current = [...lines.current.slice(-5), { key: `${turn}-${from}`, text: from ? fresh : `${model.personaName(persona)}: ${fresh}` }];
  };
  for (const [turn, open] of voices.open) if (voices.heard.has(turn)) say(turn, open.persona, voices.textOf(turn), false);
  for (const [turn, { seq, fact }] of voices.spoke) if ((turn > (began.current ?? Infinity) || told.current.has(turn)) && seq) say(turn, fact.persona, fact.text, true);
  return html`<div class="sr-only" role="log" aria-live="polite" aria-label=${t('What personas say')}>${lines.current.map(({ key, text }) => html`<p key=${key}>${text}</p>`)}</div>`;
}

/** Who plays here. @param {any} props */
export function Cast({ model, children }) {
  /** @type {{ persona: string, name: string, title: string }[]} */
  const cast = model.view?.plan.scene?.cast ?? [];
  if (!cast.length) return null;
  return html`<div class="cast-row"><ul class="cast" aria-label=${t('Personas in this room')}>${cast.map(({ persona, name, title }) => {
    const mood = model.voices.mood(persona);
    return html`<li key=${persona} class="cast-seat"><${Avatar} id=${persona} name=${name} size=${32} />
      <div class="cast-words"><strong dir="auto">${name}</strong><small dir="auto">${title}</small></div>
      ${mood ? html`<span class="cast-mood" key=${mood}><span class="sr-only">${t('Mood:')} </span>${mood}</span>` : null}</li>`;
  })}</ul>${children}</div>`;
}

/** What was said before a line was said differently: out of the way, one press from sight. @param {any} props */
export function Beside({ item, draw }) {
  const [open, setOpen] = useState(false);
  const count = item.items.filter((/** @type {any} */ one) => one.kind !== 'notice').length;
  return html`<li class="beside"><button type="button" class="beside-toggle" aria-expanded=${open ? 'true' : 'false'} onClick=${() => setOpen(!open)}>
      <${Icon} name="history" size=${16} /> ${open ? t('Hide what was said before: {n} lines', { n: count }) : t('Show what was said before: {n} lines', { n: count })}</button>
    ${open ? html`<ol class="lines beside-lines">${draw(item.items)}</ol>` : null}</li>`;
}
