// Beside a replay: moments to jump to, what coaches wrote, what was gained; and what the hub noticed
// in the line that was said last.

import { html, useEffect, useMemo, useRef, useState } from '../../ui.js';
import { isAtLeast, ludus, user } from '../../hub.js';
import { counted } from '../../replay-course.js';
import { Avatar, Button, Fault, Field, IconButton } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast, toastFault } from '../../parts/toast.js';
import { inWords } from '../../practice.js';
import { t } from '../../texts.js';

const QUALITIES = { tone: t('Tone'), clarity: t('Clarity'), specificity: t('Specificity'), empathy: t('Empathy'), confidence: t('Confidence') };
const COMMENT_CHARS_MAX = 2_000;

/** @param {{ player: any, marks: import('./marks.js').Shown[], open: boolean, onClose: () => void }} props */
export function Beside({ player, marks, open, onClose }) {
  const [tab, setTab] = useState(/** @type {'moments' | 'comments' | 'gains'} */ ('moments'));
  const comments = marks.filter(({ comment }) => comment);
  const tabs = /** @type {const} */ ([['moments', t('Moments'), marks.length], ['comments', t('Comments'), comments.length], ['gains', t('Points'), 0]]);
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = (tabs.findIndex(([id]) => id === tab) + by + tabs.length) % tabs.length;
    setTab(tabs[at][0]);
    document.getElementById(`tab-${tabs[at][0]}`)?.focus();
  };
  const close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && open && !event.defaultPrevented) onClose();
  };
  return html`<aside class="panel replay-side" id="beside" aria-label=${t('Beside the replay')} onKeyDown=${close}>
    <div class="replay-side-head"><div class="tabs" role="tablist" aria-label=${t('Beside the replay')} onKeyDown=${keys}>${tabs.map(([id, label, n]) => html`<button type="button" key=${id} id=${`tab-${id}`} role="tab" class="tab" aria-selected=${tab === id ? 'true' : 'false'} aria-controls="beside-tab" tabindex=${tab === id ? 0 : -1} onClick=${() => setTab(id)}>${label}${n ? html` <small>${n}</small>` : null}</button>`)}</div>
      <${IconButton} icon="close" class="replay-side-close" label=${t('Close')} onClick=${onClose} /></div>
    <div class="replay-tab" id="beside-tab" role="tabpanel" aria-labelledby=${`tab-${tab}`} tabindex="0">
      ${tab === 'moments' ? html`<${Noticed} player=${player} /><${Moments} player=${player} marks=${marks} none=${t('Nothing stands out here. The bar shows when something was said.')} />`
        : tab === 'comments' ? html`<${Comments} player=${player} comments=${comments} />`
        : html`<${Gains} player=${player} />`}
    </div>
  </aside>`;
}

/** @param {{ player: any, marks: import('./marks.js').Shown[], none: string }} props */
function Moments({ player, marks, none }) {
  player.drawn.value;
  const list = useRef(/** @type {any} */ (null));
  const now = marks.findLastIndex(({ ms }) => ms <= player.head.ms + 1);
  const playing = player.playing.value;
  useEffect(() => {
    if (playing) list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [now, playing]);
  if (!marks.length) return html`<p class="hint">${none}</p>`;
  return html`<ol class="moments" ref=${list}>${marks.map(({ key, ms, kind, icon, text, comment }, i) => html`<li key=${key}>
    <button type="button" class=${`moment moment-${kind} ${ms > player.head.ms + 1 ? 'moment-ahead' : ''}`} aria-current=${i === now ? 'true' : undefined} onClick=${() => player.seek(ms)}>
      <time>${counted(ms)}</time><${Icon} name=${icon} size=${16} /><span dir="auto">${text}${comment ? html`<small>${player.names[comment.by] ?? ''}${comment.shared ? ` · ${t('shared')}` : ''}</small>` : null}</span></button>
    ${comment && mayRemove(comment) ? html`<${IconButton} icon="close" label=${t('Take this comment away')} onClick=${() => remove(player, comment)} />` : null}</li>`)}</ol>`;
}

/** @param {import('../../replay-course.js').Comment} comment */
const mayRemove = (comment) => comment.by === user.value.id || isAtLeast('admin');

/** @param {any} player @param {import('../../replay-course.js').Comment} comment */
async function remove(player, comment) {
  try {
    await ludus.call('DELETE', `/rooms/${player.id}/replay/comments/${comment.id}`);
    const { moment } = player.course.bySeq.get(comment.seq);
    moment.comments = moment.comments.filter((/** @type {any} */ one) => one.id !== comment.id);
    player.changed();
  } catch (error) {
    toastFault(error);
  }
}

/** @param {{ player: any, comments: import('./marks.js').Shown[] }} props */
function Comments({ player, comments }) {
  return html`${player.outline.may_comment ? html`<${Write} player=${player} />` : null}
    <${Moments} player=${player} marks=${comments} none=${player.outline.may_comment ? t('Nobody has written beside this room yet.') : t('No coach has shared a comment here.')} />`;
}

/** @param {{ player: any }} props */
function Write({ player }) {
  player.drawn.value;
  const [text, setText] = useState('');
  const [shared, setShared] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  /** Where one was when one began to write: it plays on meanwhile, or not. */
  const [pinned, setPinned] = useState(/** @type {number | null} */ (null));
  const ms = pinned ?? player.head.ms;
  const write = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const moment = player.course.at(ms);
    if (!moment || !text.trim()) return;
    setBusy(true);
    setFault('');
    try {
      const after = Math.max(0, Math.min(600_000, Math.round(ms - player.course.msOf({ seq: moment.seq }))));
      const comment = await ludus.call('POST', `/rooms/${player.id}/replay/comments`, { body: { seq: moment.seq, after_ms: after, text: text.trim(), shared } });
      moment.comments = [...(moment.comments ?? []), comment];
      player.names[comment.by] = user.value.name;
      player.changed();
      setText('');
      setPinned(null);
      toast(t('Written.'), { ms: 2_000 });
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const say = (/** @type {string} */ value) => {
    setPinned(value ? (pinned ?? player.head.ms) : null);
    setText(value);
  };
  return html`<form class="comment-form" onSubmit=${write}>
    <${Field} as="textarea" label=${t('Comment at {time}', { time: counted(ms) })} rows="3" maxlength=${COMMENT_CHARS_MAX} value=${text} onValue=${say} />
    <label class="check"><input type="checkbox" checked=${shared} onChange=${(/** @type {any} */ event) => setShared(event.currentTarget.checked)} /> <span>${t('Show it to everybody who sees this moment')}</span></label>
    ${fault ? html`<${Fault}>${fault}<//>` : null}
    <${Button} kind="primary" type="submit" busy=${busy} disabled=${!text.trim()}>${t('Write it down')}<//>
  </form>`;
}

/** What the hub noticed in the line that was said last. @param {{ player: any }} props */
function Noticed({ player }) {
  player.room.version.value;
  const { course, head } = player;
  const line = useMemo(() => course.moments.findLast((/** @type {any} */ moment) => moment.judged?.length && course.msOf(moment) <= head.ms), [head.next, course.moments.length]);
  if (!line) return null;
  const name = head.model.nameOf(line.by);
  return html`<section class="noticed" aria-label=${t('Noticed in the line of {name}', { name })}>
    <p class="noticed-head"><${Avatar} id=${line.by} name=${name} size=${28} /><strong><bdi>${name}</bdi></strong><time>${counted(course.msOf(line))}</time></p>
    <dl>${line.judged.map((/** @type {any} */ { quality, value }) => html`<div key=${quality}><dt>${QUALITIES[/** @type {'tone'} */ (quality)] ?? quality}</dt><dd><meter min="0" max="100" value=${value} aria-label=${QUALITIES[/** @type {'tone'} */ (quality)] ?? quality}></meter> ${value}</dd></div>`)}</dl>
  </section>`;
}

/** What everybody had gained by now. @param {{ player: any }} props */
function Gains({ player }) {
  player.room.version.value;
  const { course, head } = player;
  const sums = useMemo(() => course.gainedBy(head.ms), [head.next, course.moments.length]);
  const lines = useMemo(() => course.moments.filter((/** @type {any} */ moment) => moment.gained?.length && course.msOf(moment) <= head.ms).slice(-40).reverse(), [head.next, course.moments.length]);
  if (!sums.length) return html`<p class="hint">${t('Nobody had gained anything by now.')}</p>`;
  const name = (/** @type {string} */ id) => player.names[id] ?? head.model.nameOf(id);
  return html`<ul class="sums">${sums.map((/** @type {any} */ sum) => html`<li key=${sum.user}><${Avatar} id=${sum.user} name=${name(sum.user)} size=${28} /><bdi>${name(sum.user)}</bdi><strong>${sum.points}</strong>${sum.badges.length ? html`<small>${sum.badges.map(inWords).join(', ')}</small>` : null}</li>`)}</ul>
    <ol class="moments">${lines.map((/** @type {any} */ moment) => html`<li key=${moment.seq}><button type="button" class="moment" onClick=${() => player.seek(course.msOf(moment))}>
      <time>${counted(course.msOf(moment))}</time><${Icon} name="star" size=${16} /><span dir="auto">${moment.gained.map((/** @type {any} */ one) => (one.what === 'badge' ? t('{name}: badge {badge}', { name: name(one.user), badge: inWords(one.badge) }) : t('{name}: {points} for {why}', { name: name(one.user), points: one.points > 0 ? `+${one.points}` : `−${-one.points}`, why: one.says ?? inWords(one.rule) }))).join(' · ')}</span></button></li>`)}</ol>`;
}
