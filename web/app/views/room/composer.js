// Where lines are written. What is typed is kept at every key press.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../../ui.js';
import { connection, ludus, user } from '../../hub.js';
import { draftOf, keepDraft } from '../../drafts.js';
import { sayings } from '../../hints.js';
import { Avatar, IconButton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toastFault } from '../../parts/toast.js';
import { rich, t } from '../../texts.js';

/** As the hub has it; the counter appears when it comes near. */
const CHARS_MAX = 4_000;
const TYPING_EVERY_MS = 3_000;
const MENTIONS_MAX = 16;
/** After so long without a key the line is looked at. */
const PAUSE_MS = 400;

/** @param {any} props */
export function Composer({ room, model, view, replyTo, editing, resending, edit, onDone }) {
  const me = user.value.id;
  const { id } = room;
  const field = useRef(/** @type {any} */ (null));
  const [text, setText] = useState(() => draftOf(me, id));
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState('');
  const typed = useRef(0);
  const aside = useRef('');
  const read = useRef('');
  const edited = editing || resending ? model.line(editing ?? resending) : null;
  const answered = replyTo ? model.line(replyTo) : null;

  // Editing borrows the field; what stood in it comes back. Before the next key press, not after the
  // next frame: whoever is quick types into the line, not beside it.
  useLayoutEffect(() => {
    if (!edited) return undefined;
    aside.current = draftOf(me, id);
    fill(edited.text);
    return () => fill(aside.current);
  }, [editing, resending]);
  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);
  useEffect(() => {
    if (matchMedia('(hover: hover) and (min-width: 60rem)').matches) field.current?.focus({ preventScroll: true });
    return () => stopTyping();
  }, []);
  useLayoutEffect(() => {
    const box = field.current;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight * 0.4)}px`;
  }, [text]);

  // While somebody writes nothing flickers: the line is looked at when the hands rest.
  useEffect(() => {
    if (!text.trim()) {
      model.hints = [];
      return undefined;
    }
    const rest = setTimeout(() => {
      read.current = text;
      ludus.draft(id, text);
    }, PAUSE_MS);
    return () => clearTimeout(rest);
  }, [text]);

  const fill = (/** @type {string} */ value) => {
    const box = field.current;
    setText(value);
    if (!box) return;
    box.value = value;
    box.focus();
    box.setSelectionRange(value.length, value.length);
  };
  const stopTyping = () => {
    if (typed.current) ludus.typing(id, false);
    typed.current = 0;
  };
  const change = (/** @type {string} */ value, /** @type {number} */ at) => {
    setText(value);
    setCaret(at);
    setChosen(0);
    if (!edited) keepDraft(me, id, value);
    if (!value) stopTyping();
    else if (Date.now() - typed.current > TYPING_EVERY_MS) {
      typed.current = Date.now();
      ludus.typing(id, true);
    }
  };

  const query = /(?:^|\s)@([\p{L}\p{N} .'-]{0,30})$/u.exec(text.slice(0, caret))?.[1];
  const candidates = useMemo(() => {
    if (query === undefined || query === closed) return [];
    const wanted = query.toLocaleLowerCase();
    const cast = /** @type {{ persona: string, name: string }[]} */ (view.plan.scene?.cast ?? []).map(({ persona, name }) => ({ user: persona, name }));
    const people = Object.entries(view.members)
      .filter(([user]) => user !== me)
      .map(([user, seat]) => ({ user, name: /** @type {any} */ (seat).name }));
    return [...cast, ...people].filter(({ name }) => name.toLocaleLowerCase().startsWith(wanted)).slice(0, 6);
  }, [query, closed, room.version.value]);
  const choose = (/** @type {string} */ name) => {
    put(caret - (query ?? '').length, caret, `${name} `);
  };
  /** @param {number} start @param {number} end @param {string} words */
  const put = (start, end, words) => {
    const value = `${text.slice(0, start)}${words}${text.slice(end)}`;
    const at = start + words.length;
    // At once, not after the next paint: the next key is pressed before that, and belongs behind the name.
    const box = field.current;
    if (box) {
      box.value = value;
      box.focus();
      box.setSelectionRange(at, at);
    }
    change(value, at);
  };

  const chars = [...text.trim()].length;
  const send = () => {
    if (!chars || chars > CHARS_MAX) return;
    stopTyping();
    if (edited) {
      if (resending) ludus.command(id, { kind: 'resend', line: resending, text: text.trim() }).catch(toastFault);
      else if (text.trim() !== edited.text) ludus.command(id, { kind: 'edit', line: editing, text }).catch(toastFault);
      onDone();
      return;
    }
    const mentions = Object.entries(view.members)
      .filter(([, seat]) => mentioned(text, /** @type {any} */ (seat).name))
      .map(([user]) => user)
      .slice(0, MENTIONS_MAX);
    setText('');
    onDone();
    // The draft is dropped when the line is kept elsewhere, not before.
    ludus.say(id, { text: text.trim(), ...(replyTo ? { reply_to: replyTo } : {}), ...(mentions.length ? { mentions } : {}) }).then(
      () => field.current && !field.current.value && keepDraft(me, id, ''),
      (error) => {
        setText(text);
        toastFault(error);
      },
    );
  };

  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (candidates.length) {
      const step = { ArrowDown: 1, ArrowUp: candidates.length - 1 }[event.key];
      if (step) setChosen((chosen + step) % candidates.length);
      else if (event.key === 'Enter' || event.key === 'Tab') choose(candidates[chosen].name);
      else if (event.key === 'Escape') setClosed(query ?? '');
      else return;
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.shiftKey && !matchMedia('(pointer: coarse)').matches) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && (edited || replyTo)) {
      event.preventDefault();
      onDone();
    } else if (event.key === 'ArrowUp' && !text && !edited) {
      const own = [...model.items()].reverse().find((item) => item.kind === 'line' && item.line.by === me && !item.line.asPersona && !item.line.retracted);
      if (own) {
        event.preventDefault();
        edit(own.seq);
      }
    }
  };

  const offline = connection.value.name !== 'live';
  const list = `mentions-${id}`;
  return html`<form class="composer" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); send(); }}>
    ${edited || answered ? html`<div class="composer-about"><${Icon} name=${edited ? 'edit' : 'reply'} size=${16} />
      <p>${resending ? t('Say it differently: the conversation goes on from there') : edited ? t('Editing your line') : rich('Replying to {name}', { name: html`<bdi>${model.nameOf(answered.by)}</bdi>` })}${answered && !edited ? html`<span>${answered.text.slice(0, 100)}</span>` : null}</p>
      <${IconButton} icon="close" label=${resending ? t('Leave it as it was') : edited ? t('Stop editing') : t('Do not reply')} onClick=${onDone} /></div>` : null}
    ${candidates.length
      ? html`<ul class="mentions" id=${list} role="listbox" aria-label=${t('People to mention')}>${candidates.map(
          ({ user: who, name }, i) => html`<li key=${who} id=${`${list}-${i}`} role="option" aria-selected=${i === chosen ? 'true' : 'false'} onMouseDown=${(/** @type {Event} */ event) => { event.preventDefault(); choose(name); }}><${Avatar} id=${who} name=${name} size=${24} /><bdi>${name}</bdi></li>`,
        )}</ul>`
      : null}
    <div class="composer-row">
      <textarea ref=${field} class="composer-field" rows="1" dir="auto" value=${text} aria-label=${t('Say something in {room}', { room: view.plan.title })} placeholder=${offline ? t('Write anyway: it is sent when you are back') : t('Say something')}
        role="combobox" aria-autocomplete="list" aria-expanded=${candidates.length ? 'true' : 'false'} aria-controls=${candidates.length ? list : undefined} aria-activedescendant=${candidates.length ? `${list}-${chosen}` : undefined}
        enterkeyhint="send" onKeyDown=${keys} onInput=${(/** @type {any} */ event) => change(event.currentTarget.value, event.currentTarget.selectionStart)}
        onSelect=${(/** @type {any} */ event) => setCaret(event.currentTarget.selectionStart)} onBlur=${() => stopTyping()}></textarea>
      <button type="submit" class="send" aria-label=${edited && !resending ? t('Save the line') : t('Send')} title=${edited && !resending ? t('Save') : t('Send (Enter)')} disabled=${!chars || chars > CHARS_MAX}><${Icon} name=${edited && !resending ? 'check' : 'send'} /></button>
    </div>
    <ul class="composer-hints" aria-label=${t('Hints')} aria-live="polite">${text.trim() ? sayings(model.hints, text, read.current).map(
      ({ saying, mend }) => html`<li key=${saying}>${mend ? html`<button type="button" class="composer-mend" title=${t('Write it so')} onClick=${() => put(mend.start, mend.end, mend.say)}>${saying}</button>` : saying}</li>`,
    ) : null}</ul>
    ${chars > CHARS_MAX * 0.9 ? html`<p class=${chars > CHARS_MAX ? 'composer-count composer-over' : 'composer-count'} role="status">${chars > CHARS_MAX ? t('{n} characters too long', { n: chars - CHARS_MAX }) : t('{n} characters left', { n: CHARS_MAX - chars })}</p>` : null}
  </form>`;
}

/** Whether a name is addressed: after an @, and not the beginning of a longer word. @param {string} text @param {string} name */
function mentioned(text, name) {
  for (let at = text.indexOf(`@${name}`); at >= 0; at = text.indexOf(`@${name}`, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text[at + name.length + 1] ?? ' ') && !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return true;
  }
  return false;
}
