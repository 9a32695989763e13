// One line, as it reads now, and what can be done with it.

import { h } from 'preact';
import { html, kept, useState } from '../../ui.js';
import { ludus, user } from '../../hub.js';
import { feedback } from '../../feedback.js';
import { parse } from '../../markdown.js';
import { Avatar, Menu } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast } from '../../parts/toast.js';
import { Gain } from './gain.js';
import { RemarkOn } from './remark.js';
import { clock, exactly, listOf } from '../../format.js';
import { said, rich, t } from '../../texts.js';

export const REACTIONS = ['👍', '❤️', '😄', '🎉', '🤔', '👀'];

/** @param {any} props */
export function Line({ line, grouped, model, view, rights, act, reply, edit, resend, report, reread, history, jump, focusable, onActive, gain }) {
  const me = user.value.id;
  const own = line.by === me;
  const voice = line.asPersona;
  const name = voice ? model.personaName(voice) : model.nameOf(line.by);
  const speaker = own ? t('you') : model.nameOf(line.by);
  const answered = line.replyTo ? model.line(line.replyTo) : null;
  const names = line.mentions.map((/** @type {string} */ id) => model.nameOf(id)).join('\n');
  const maySpeak = rights.seat && !rights.silence;
  const { seq } = line;
  return kept(() => {
    const react = (/** @type {string} */ emoji) => act({ kind: 'react', line: seq, emoji, on: !line.reactions.some((/** @type {any} */ other) => other.emoji === emoji && other.users.includes(me)) });
    const takeBack = () => act({ kind: 'retract', line: seq }, t('The line was taken back.'));
    const copy = () => navigator.clipboard.writeText(line.text).then(() => toast(t('Copied.'), { ms: 2_000 }), () => {});
    const coaches = rights.coaches;
    const gone = line.retracted || line.hidden;
    const items = [
      maySpeak && !gone && { icon: 'reply', label: t('Reply'), act: () => reply(seq) },
      maySpeak && own && !voice && !gone && view.plan.scene && !view.scene_closed && view.phase === 'live' && (rights.moderates || view.member_count < 2) && { icon: 'spark', label: t('Say it differently'), act: () => resend(seq) },
      maySpeak && own && !gone && { icon: 'edit', label: t('Edit'), act: () => edit(seq) },
      !line.retracted && (coaches || !line.hidden) && line.text && { icon: 'copy', label: t('Copy the text'), act: copy },
      line.versions.length > 0 && !gone && { icon: 'history', label: t('What it said before'), act: () => history(seq) },
      rights.seat && !line.retracted && !rights.ended && (own || rights.moderates) && { icon: 'undo', label: t('Take back'), danger: true, act: takeBack },
      !own && !gone && (rights.seat || coaches) && { icon: 'alert', label: t('Report…'), act: () => report(seq) },
      coaches && !line.hidden && !line.retracted && { icon: 'close', label: t('Hide from learners'), danger: true, act: () => act({ kind: 'hide', line: seq }, t('The line is hidden.')) },
      coaches && line.hidden && { icon: 'undo', label: t('Show it again'), act: () => act({ kind: 'unhide', line: seq }, t('The line is shown again.')) },
    ].filter(Boolean);
    const mentionsMe = line.mentions.includes(me);
    return html`<li class=${`line ${voice ? 'line-voice line-as' : ''} ${grouped ? 'line-grouped' : ''} ${own && !voice ? 'line-own' : ''} ${mentionsMe ? 'line-to-me' : ''}`} data-seq=${seq} tabindex=${focusable ? 0 : -1} onFocusIn=${() => onActive(seq)}
      aria-label=${`${own && !voice ? t('You') : name}, ${clock(line.at)}`}>
      ${grouped ? html`<time class="line-side" datetime=${new Date(line.at).toISOString()} title=${exactly(line.at)}>${clock(line.at)}</time>` : html`<${Avatar} id=${voice ?? line.by} name=${name} size=${40} />`}
      <div class="line-body">
        ${grouped ? null : html`<p class="line-head"><bdi class="line-name">${own && !voice ? t('You') : name}</bdi>${voice ? html`<span class="badge badge-as">${rich('spoken by {who}', { who: html`<bdi>${speaker}</bdi>` })}</span>` : null}<${Badges} seat=${view.members[line.by]} /><time datetime=${new Date(line.at).toISOString()} title=${exactly(line.at)}>${clock(line.at)}</time></p>`}
        ${line.replyTo ? html`<button type="button" class="line-reply" tabindex="-1" onClick=${() => jump(line.replyTo)}><${Icon} name="reply" size=${14} /> ${answered ? html`<bdi>${model.nameOf(answered.by)}</bdi><span>${answered.retracted ? t('a line that was taken back') : answered.hidden ? t('a line that was hidden') : answered.text.slice(0, 120)}</span>` : html`<span>${t('an earlier line')}</span>`}</button>` : null}
        ${line.retracted ? html`<p class="line-retracted">${own ? t('You took this line back') : t('This line was taken back')}</p>` : line.hidden ? html`<${Hidden} line=${line} coaches=${coaches} names=${names} reread=${reread} />` : html`<${Text} text=${line.text} names=${names} />`}
        ${line.versions.length && !gone ? html`<button type="button" class="line-edited" tabindex="-1" onClick=${() => history(seq)}>${t('edited')}</button>` : null}
        ${own && !voice && view.plan.scene && !gone ? html`<${Facts} facts=${line.facts} />` : null}
        ${gone ? null : html`<${RemarkOn} remark=${line.remark} isOld=${line.versions.length > 0} focusable=${focusable} />`}
        ${line.reactions.length && !gone
          ? html`<ul class="reactions" aria-label=${t('Reactions')}>${line.reactions.map(
              (/** @type {any} */ { emoji, users }) => html`<li key=${emoji}><button type="button" class="reaction" tabindex="-1" disabled=${!maySpeak} aria-pressed=${users.includes(me) ? 'true' : 'false'}
                aria-label=${`${emoji} ${users.length}: ${listOf(users.slice(0, 8).map((/** @type {string} */ id) => (id === me ? t('you') : model.nameOf(id))))}`} title=${listOf(users.slice(0, 8).map((/** @type {string} */ id) => (id === me ? t('you') : model.nameOf(id))))} onClick=${() => react(emoji)}>${emoji} <span>${users.length}</span></button></li>`,
            )}</ul>`
          : null}
      </div>
      <${Gain} gain=${gain} focusable=${focusable} />
      ${items.length ? html`<div class="line-acts">${maySpeak && !gone ? html`<${React} react=${react} tabIndex=${focusable ? 0 : -1} />` : null}<${Menu} label=${own ? t('What to do with this line of yours') : t('What to do with this line of {name}', { name })} items=${items} tabIndex=${focusable ? 0 : -1} /></div>` : null}
    </li>`;
  }, [line, grouped, name, names, answered, maySpeak, rights.moderates, rights.coaches, rights.ended, speaker, focusable, gain, view.scene_closed, view.phase, view.member_count < 2, view.members[line.by]?.host]);
}

/** A line that a coach has hidden: learners read that it was, coaches what it says. @param {any} props */
function Hidden({ line, coaches, names, reread }) {
  if (!coaches) return html`<p class="line-retracted">${t('A coach has hidden this line')}</p>`;
  return html`<div class="line-hidden"><p class="line-retracted">${t('Hidden from learners')}</p>
    ${line.text ? html`<${Text} text=${line.text} names=${names} />` : html`<button type="button" class="link-button" onClick=${() => reread(line.seq)}>${t('Read it')}</button>`}</div>`;
}

/** What was counted in one's own line, quietly. @param {{ facts: Record<string, number> }} props */
function Facts({ facts }) {
  const told = feedback(facts);
  if (!told.length) return null;
  return html`<ul class="line-facts" aria-label=${t('Noticed in this line')}>${told.map(({ text, good }) => html`<li key=${text} class=${good ? 'fact-good' : ''}>${text}</li>`)}</ul>`;
}

/** @param {any} props */
function React({ react, tabIndex }) {
  return html`<${Menu} label=${t('React')} icon="smile" tabIndex=${tabIndex} class="menu-react" items=${REACTIONS.map((emoji) => ({ icon: 'none', label: emoji, act: () => react(emoji) }))} />`;
}

/** @param {{ seat?: import('../../room-model.js').Seat }} props */
function Badges({ seat }) {
  return seat?.host ? html`<span class="badge">${t('host')}</span>` : null;
}

/** A line on its way. An entry stays the same when it is refused: `failed` says so, and has it drawn again. @param {any} props */
export function PendingLine({ entry, failed, grouped, model }) {
  const { command, id } = entry;
  const [at] = useState(entry.at);
  const names = (command.mentions ?? []).map((/** @type {string} */ user) => model.nameOf(user)).join('\n');
  return html`<li class=${`line line-own line-pending ${grouped ? 'line-grouped' : ''} ${failed ? 'line-failed' : ''}`}>
    ${grouped ? html`<span class="line-side"></span>` : html`<${Avatar} id=${entry.user} name=${user.value.name} size=${40} />`}
    <div class="line-body">
      ${grouped ? null : html`<p class="line-head"><bdi class="line-name">${t('You')}</bdi><time>${clock(at)}</time></p>`}
      <${Text} text=${command.text} names=${names} />
      ${failed
        ? html`<p class="line-fate line-fate-failed" role="alert"><${Icon} name="alert" size=${16} /> ${t('Not stored: {why}', { why: said(failed.message) })}
            <button type="button" class="link-button" onClick=${() => ludus.sender.retry(id)}>${t('Try again')}</button>
            <button type="button" class="link-button" onClick=${() => ludus.sender.discard(id)}>${t('Drop')}</button></p>`
        : html`<p class="line-fate"><${Icon} name="clock" size=${14} /> ${t('Sending…')}</p>`}
    </div>
  </li>`;
}

/** The Markdown of a line as DOM nodes. @param {{ text: string, names?: string }} props */
export function Text({ text, names = '' }) {
  return kept(() => h('div', { class: 'text', dir: 'auto' }, parse(text, names ? names.split('\n') : []).map(block)), [text, names]);
}

/** @param {import('../../markdown.js').Block} node @returns {any} */
function block(node) {
  switch (node.kind) {
    case 'paragraph': return h('p', null, node.children.map(inline));
    case 'block': return h('pre', { tabIndex: 0, dir: 'ltr', 'aria-label': node.language ? t('Code, {language}', { language: node.language }) : t('Code'), role: 'group' }, h('code', null, node.text));
    case 'quote': return h('blockquote', null, node.children.map(block));
    case 'list': return h(node.ordered ? 'ol' : 'ul', node.ordered ? { start: node.start } : null, node.items.map((item) => h('li', null, item.map(inline))));
  }
}

/** @param {import('../../markdown.js').Inline} node @returns {any} */
function inline(node) {
  switch (node.kind) {
    case 'text': return node.text;
    case 'break': return h('br', null);
    case 'code': return h('code', { dir: 'ltr' }, node.text);
    case 'mention': return h('bdi', { class: 'mention' }, node.text);
    case 'link': return h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc', tabIndex: 0 }, node.children.map(inline));
    case 'em': return h('em', null, node.children.map(inline));
    case 'strong': return h('strong', null, node.children.map(inline));
    case 'del': return h('del', null, node.children.map(inline));
  }
}
