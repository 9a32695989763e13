// How a coach steps in: a word for the learner alone, a direction for the persona, its seat, more time.

import { html, useEffect, useRef, useState } from '../../ui.js';
import { ludus, user } from '../../hub.js';
import { draftOf, keepDraft } from '../../drafts.js';
import { Button, Fault } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

const MORE_MINUTES = 5;
/** As the hub has it. */
const DIRECTION_CHARS_MAX = 500;
const CHARS_MAX = 4_000;

/**
 * @param {{ room: import('../../rooms.js').OpenRoom, model: import('../../room-model.js').RoomModel, view: import('../../room-model.js').View, learner?: string, focus?: boolean, version: number }} props
 *   `learner`: whom a whisper is for, unless another is chosen; `version` is there to be different
 */
export function StepIn({ room, model, view, learner, focus = false }) {
  const me = user.value.id;
  const { id } = room;
  const kept = `step-in.${id}`;
  const [text, setText] = useState(() => draftOf(me, kept));
  const [picked, setPicked] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const field = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (focus) field.current?.focus();
  }, [focus, learner]);
  const cast = view.plan.scene?.cast ?? [];
  const ways = waysOf(model, view, me, cast, learner);
  const way = ways.find(({ value }) => value === picked) ?? ways.find(({ first }) => first) ?? ways[0];
  const write = (/** @type {string} */ value) => {
    setText(value);
    keepDraft(me, kept, value);
  };
  const run = async (/** @type {any} */ command, /** @type {string} */ done = '') => {
    setBusy(true);
    setFault('');
    try {
      await ludus.command(id, command);
      if (done) toast(done, { ms: 3_000 });
      return true;
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!way || !text.trim() || text.length > way.charsMax) return;
    // What is typed stays until the hub has it.
    if (await run(way.command(text.trim()), way.done)) {
      write('');
      field.current?.focus();
    }
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && !matchMedia('(pointer: coarse)').matches) send(event);
  };
  const act = (/** @type {any} */ command, /** @type {string} */ done = '') => run(command, done);
  return html`<form class="step-in" onSubmit=${send}>
    <div class="step-in-row">
      <select class="input step-in-way" aria-label=${t('What your words do')} value=${way?.value} onChange=${(/** @type {any} */ event) => setPicked(event.currentTarget.value)}>${ways.map(({ value, label }) => html`<option key=${value} value=${value}>${label}</option>`)}</select>
      <textarea ref=${field} class="input step-in-field" rows="1" dir="auto" maxlength=${way?.charsMax} aria-label=${way?.label ?? ''} placeholder=${way?.hint ?? ''} value=${text} onKeyDown=${keys} onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)}></textarea>
      <button type="submit" class="send" aria-label=${t('Send')} disabled=${busy || !text.trim()}><${Icon} name="send" /></button>
    </div>
    <${Fault}>${fault}<//>
    <div class="step-in-acts">
      ${cast.map(({ persona, name }) => html`<${Seat} key=${persona} persona=${persona} name=${name} holder=${model.holderOf(persona)} me=${me} busy=${busy} closed=${Boolean(view.scene_closed)} act=${act} />`)}
      ${view.plan.scene?.minutes && !view.scene_closed ? html`<${Button} icon="clock" busy=${busy} onClick=${() => act({ kind: 'extend', minutes: MORE_MINUTES })}>${t('{n} minutes more', { n: MORE_MINUTES })}<//>` : null}
      ${view.phase === 'live' ? html`<${Button} icon="pause" busy=${busy} onClick=${() => act({ kind: 'pause' })}>${t('Pause')}<//>` : view.phase === 'paused' ? html`<${Button} icon="play" busy=${busy} onClick=${() => act({ kind: 'unpause' })}>${t('Go on')}<//>` : null}
    </div>
    <${Directions} view=${view} model=${model} id=${id} />
  </form>`;
}

/** @param {any} props */
function Seat({ persona, name, holder, me, busy, closed, act }) {
  if (closed) return null;
  if (!holder) return html`<${Button} icon="voice" busy=${busy} onClick=${() => act({ kind: 'take_over', persona })}>${t('Speak as {name}', { name })}<//>`;
  if (holder.by !== me) return html`<span class="badge badge-as">${t('{who} speaks as {name}', { who: holder.name, name })}</span>`;
  return html`<${Button} kind="primary" icon="undo" busy=${busy} onClick=${() => act({ kind: 'hand_back', persona })}>${t('Hand back to {name}', { name })}<//>`;
}

/** What personas were told, to be taken back. @param {any} props */
function Directions({ view, model, id }) {
  const told = Object.entries(/** @type {Record<string, string[]>} */ (view.directions ?? {})).filter(([, all]) => all.length);
  if (!told.length) return null;
  return html`<ul class="directions" aria-label=${t('What personas were told')}>${told.map(([persona, all]) => html`<li key=${persona}><${Icon} name="spark" size=${14} /> <span><strong><bdi>${model.personaName(persona)}</bdi></strong> <span dir="auto">${all.join(' · ')}</span></span>
    <button type="button" class="link-button" onClick=${() => ludus.command(id, { kind: 'direct', persona, text: '' }).catch(toastFault)}>${t('Take back')}</button></li>`)}</ul>`;
}

/**
 * What a coach's words can do here, as things stand.
 * @param {import('../../room-model.js').RoomModel} model @param {import('../../room-model.js').View} view @param {string} me
 * @param {{ persona: string, name: string }[]} cast @param {string} [learner]
 */
function waysOf(model, view, me, cast, learner) {
  /** @type {{ value: string, label: string, hint: string, first?: boolean, done: string, charsMax: number, command: (text: string) => any }[]} */
  const ways = [];
  for (const { persona, name } of cast) {
    if (model.holderOf(persona)?.by === me) {
      ways.push({ value: `as-${persona}`, first: true, label: t('Say as {name}', { name }), hint: t('What {name} says', { name }), done: '', charsMax: CHARS_MAX, command: (text) => ({ kind: 'say_as', persona, text }) });
      ways.push({ value: `back-${persona}`, label: t('Hand back to {name} with a note', { name }), hint: t('How {name} is to go on', { name }), done: t('{name} speaks for itself again', { name }), charsMax: DIRECTION_CHARS_MAX, command: (text) => ({ kind: 'hand_back', persona, note: text }) });
    }
  }
  const learners = Object.entries(view.members).filter(([member]) => member !== me);
  learners.sort(([a], [b]) => Number(b === learner) - Number(a === learner));
  for (const [member, { name }] of learners) {
    ways.push({ value: `to-${member}`, label: t('Whisper to {name}', { name }), hint: t('Only {name} and coaches see it', { name }), done: t('Only {name} sees it.', { name }), charsMax: CHARS_MAX, command: (text) => ({ kind: 'whisper', to: [member], text }) });
    ways.push({ value: `hint-${member}`, label: t('Give {name} a hint', { name }), hint: t('Only {name} and coaches see it', { name }), done: t('Only {name} sees it.', { name }), charsMax: CHARS_MAX, command: (text) => ({ kind: 'whisper', to: [member], text, hint: true }) });
  }
  if (!view.scene_closed) for (const { persona, name } of cast) ways.push({ value: `direct-${persona}`, label: t('Tell {name} how to go on', { name }), hint: t('Push back on the price'), done: t('{name} was told; learners do not see it.', { name }), charsMax: DIRECTION_CHARS_MAX, command: (text) => ({ kind: 'direct', persona, text }) });
  ways.push({ value: 'announce', label: t('Tell everybody in the room'), hint: t('Everybody in the room sees it'), done: '', charsMax: CHARS_MAX, command: (text) => ({ kind: 'announce', text }) });
  return ways;
}
