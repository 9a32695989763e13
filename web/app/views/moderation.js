// Lines that should not stand: for coaches the queue, what was done and appeals; for everybody what was
// done about themselves, and their say about it.

import { html, useEffect, useRef, useState } from '../ui.js';
import { isAtLeast, ludus } from '../hub.js';
import { exactly, since } from '../format.js';
import { Link } from '../router.js';
import { Button, Dialog, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { toast, toastFault } from '../parts/toast.js';
import { rich, t } from '../texts.js';
import { reasons } from './room/report.js';
import { Text } from './room/line.js';

/** How often the queue is read while it is looked at. */
const EVERY_MS = 10_000;

export function Moderation() {
  useTitle(t('Moderation'));
  const coaches = isAtLeast('coach');
  const [tab, setTab] = useState(coaches ? 'open' : 'own');
  const tabs = [coaches && ['open', t('To look at')], coaches && ['decided', t('Decided')], coaches && ['appeals', t('Appeals')], coaches && ['acts', t('What was done')], ['own', t('About you')]].filter(Boolean);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Moderation')}</h1><p class="lead">${coaches ? t('Lines that were reported or have words your org does not want. Everything done here can be undone.') : t('What was done about you or your lines, and what you can say about it.')}</p></div></header>
    ${coaches ? html`<div class="tabs" role="tablist" aria-label=${t('Moderation')}>${tabs.map((one) => one && html`<button type="button" role="tab" key=${one[0]} class="tab" aria-selected=${tab === one[0] ? 'true' : 'false'} aria-current=${tab === one[0] ? 'true' : undefined} onClick=${() => setTab(String(one[0]))}>${one[1]}</button>`)}</div>` : null}
    ${tab === 'open' || tab === 'decided' ? html`<${Queue} key=${tab} open=${tab === 'open'} />` : tab === 'appeals' ? html`<${Appeals} />` : tab === 'acts' ? html`<${Acts} />` : html`<${Own} />`}
  </div>`;
}

/** Reads a list, and reads it again. @param {string} path @param {any} [query] */
function useList(path, query) {
  const [page, setPage] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', path, { query }).then((found) => { setPage(found); setFault(''); }, (error) => setFault(error.message));
  useEffect(() => {
    read();
    const timer = setInterval(() => document.visibilityState === 'visible' && read(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const name = (/** @type {string} */ id) => page?.names?.[id] ?? t('Somebody');
  return { page, fault, read, name };
}

/** @param {{ open: boolean }} props */
function Queue({ open }) {
  const { page, fault, read, name } = useList('/moderation/cases', { state: open ? 'open' : undefined, limit: 100 });
  const [at, setAt] = useState(0);
  const list = useRef(/** @type {any} */ (null));
  /** @type {any[]} */
  const cases = (page?.items ?? []).filter((/** @type {any} */ one) => open || one.state !== 'open');
  const shown = Math.min(at, cases.length - 1);
  const decide = async (/** @type {any} */ one, /** @type {string} */ act) => {
    try {
      await ludus.call('POST', `/moderation/cases/${one.id}/acts`, { body: { act } });
      await read();
      if (act !== 'reopen') toast(act === 'uphold' ? t('It should not have been said.') : t('It may stand.'), { act: { label: t('Undo'), run: () => decide(one, 'reopen') } });
    } catch (error) {
      toastFault(error);
    }
  };
  const hide = async (/** @type {any} */ one) => {
    try {
      await ludus.command(one.room, { kind: one.hidden ? 'unhide' : 'hide', line: one.line });
      await read();
    } catch (error) {
      toastFault(error);
    }
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /** @type {HTMLElement} */ (event.target).closest('input, textarea, dialog')) return;
    const one = cases[shown];
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = Math.max(0, Math.min(cases.length - 1, shown + step));
      setAt(next);
      list.current?.children[next]?.focus();
    } else if (one && event.key === 'u') decide(one, 'uphold');
    else if (one && event.key === 'd') decide(one, 'dismiss');
    else if (one && event.key === 'r' && one.state !== 'open') decide(one, 'reopen');
    else if (one && event.key === 'h' && one.source !== 'held') hide(one);
    else return;
    event.preventDefault();
  };
  if (!page) return fault ? html`<${Fault}>${fault}<//>` : html`<${Skeleton} kind="card" rows=${3} label=${t('Loading the queue')} />`;
  if (!cases.length) return html`<${Empty} icon="check" title=${open ? t('Nothing to look at') : t('Nothing was decided yet')}><p>${t('Anybody in a room can report a line from its menu.')}</p><//>`;
  return html`<div onKeyDown=${keys}>
    <p class="hint">${t('Keys: J and K move, H hides, U: it should not have been said, D: it may stand, R opens it again.')}</p>
    <${Fault}>${fault}<//>
    <ul class="cards cases" ref=${list}>${cases.map((one, i) => html`<${Case} key=${one.id} one=${one} name=${name} current=${i === shown} onFocus=${() => setAt(i)} decide=${decide} hide=${hide} />`)}</ul>
  </div>`;
}

/** @param {any} props */
function Case({ one, name, current, onFocus, decide, hide }) {
  const why = Object.fromEntries(reasons());
  return html`<li class="card case" tabindex=${current ? 0 : -1} onFocusIn=${onFocus} aria-label=${t('Line of {name} in {room}', { name: one.author ? name(one.author) : t('a persona'), room: one.room_title })}>
    <p class="card-facts"><bdi>${one.author ? name(one.author) : t('a persona')}</bdi> <${Link} href=${`/rooms/${one.room}`}><bdi>${one.room_title}</bdi><//> <time title=${exactly(one.opened_at)}>${since(one.opened_at)}</time>
      ${one.source === 'words' ? html`<span class="badge">${t('by its words')}</span>` : one.source === 'held' ? html`<span class="badge">${t('held back')}</span>` : null}
      ${one.hidden ? html`<span class="badge">${t('hidden')}</span>` : null}
      ${one.state === 'open' ? null : html`<span class="badge">${one.state === 'upheld' ? t('not to be said') : t('may stand')}</span>`}</p>
    <blockquote class="case-text"><${Text} text=${one.text} /></blockquote>
    ${one.reports.length ? html`<ul class="case-reports">${one.reports.map((/** @type {any} */ report) => html`<li key=${report.by}>${rich('{who}: {why}', { who: html`<bdi>${name(report.by)}</bdi>`, why: why[report.reason] ?? report.reason })}${report.note ? html` <q dir="auto">${report.note}</q>` : null}</li>`)}</ul>` : null}
    <div class="card-acts">
      ${one.source === 'held' ? null : html`<${Button} onClick=${() => hide(one)}>${one.hidden ? t('Show it again') : t('Hide from learners')}<//>`}
      ${one.state === 'open' ? html`<${Button} kind="danger" onClick=${() => decide(one, 'uphold')}>${t('Should not be said')}<//><${Button} kind="primary" onClick=${() => decide(one, 'dismiss')}>${one.source === 'held' ? t('Let it pass') : t('May stand')}<//>` : html`<${Button} icon="undo" onClick=${() => decide(one, 'reopen')}>${t('Open again')}<//>`}
    </div>
  </li>`;
}

/** What was done, in words. @returns {Record<string, string>} */
const measures = () => ({
  hide_line: t('hid a line'), show_line: t('showed a line again'), mute: t('muted'), unmute: t('let speak again'), remove: t('removed from a room'),
  ban: t('banned from a room'), unban: t('lifted a ban'), uphold: t('decided that a line should not have been said'), dismiss: t('decided that a line may stand'),
  reopen: t('opened a case again'), shut_out: t('shut out of the org'), let_in: t('let into the org again'),
});
const UNDONE = new Set(['hide_line', 'mute', 'remove', 'ban', 'shut_out']);

function Acts() {
  const { page, fault, read, name } = useList('/moderation/acts', { limit: 100 });
  const undo = (/** @type {string} */ id) => ludus.call('POST', `/moderation/acts/${id}/undo`, { body: {} }).then(() => { toast(t('Undone.')); read(); }, toastFault);
  if (!page) return fault ? html`<${Fault}>${fault}<//>` : html`<${Skeleton} rows=${4} label=${t('Loading')} />`;
  if (!page.items.length) return html`<${Empty} icon="history" title=${t('Nothing was done yet')} />`;
  return html`<ul class="members">${page.items.map((/** @type {any} */ act) => html`<li class="member" key=${act.id}>
    <div class="member-name"><span>${act.user ? rich('{who} {did}: {whom}', { who: html`<bdi>${name(act.by)}</bdi>`, did: measures()[act.measure] ?? act.measure, whom: html`<bdi>${name(act.user)}</bdi>` }) : rich('{who} {did}', { who: html`<bdi>${name(act.by)}</bdi>`, did: measures()[act.measure] ?? act.measure })}</span>
      <small><time title=${exactly(act.at)}>${since(act.at)}</time>${act.room ? html` · <${Link} href=${`/rooms/${act.room}`}>${t('To the room')}<//>` : null}</small></div>
    ${UNDONE.has(act.measure) ? html`<${Button} icon="undo" onClick=${() => undo(act.id)}>${t('Undo')}<//>` : null}
  </li>`)}</ul>`;
}

function Appeals() {
  const { page, fault, read, name } = useList('/moderation/appeals', { open: true, limit: 100 });
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  if (!page) return fault ? html`<${Fault}>${fault}<//>` : html`<${Skeleton} rows=${3} label=${t('Loading')} />`;
  if (!page.items.length) return html`<${Empty} icon="check" title=${t('No appeal waits for an answer')} />`;
  const answer = (/** @type {any} */ one) => setDialog(html`<${Say} title=${t('Answer the appeal')} label=${t('Your answer')} onClose=${() => setDialog(null)} acts=${[[t('Stays as it is'), false], [t('Grant and undo'), true]]}
    send=${(/** @type {string} */ says, /** @type {boolean} */ granted) => ludus.call('POST', `/moderation/acts/${one.act.id}/answer`, { body: { granted, says } }).then(read)} />`);
  return html`<ul class="cards">${page.items.map((/** @type {any} */ one) => html`<li class="card" key=${one.act.id}>
    <p class="card-facts"><bdi>${name(one.appeal.by)}</bdi> <span>${rich('{who} {did}', { who: html`<bdi>${name(one.act.by)}</bdi>`, did: measures()[one.act.measure] ?? one.act.measure })}</span> <time title=${exactly(one.appeal.at)}>${since(one.appeal.at)}</time></p>
    <blockquote class="case-text"><${Text} text=${one.appeal.says} /></blockquote>
    <div class="card-acts"><${Button} kind="primary" onClick=${() => answer(one)}>${t('Answer')}<//></div></li>`)}</ul>${dialog}`;
}

function Own() {
  const { page, fault, read } = useList('/me/moderation');
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  if (!page) return fault ? html`<${Fault}>${fault}<//>` : html`<${Skeleton} rows=${3} label=${t('Loading')} />`;
  if (!page.items.length) return html`<${Empty} icon="check" title=${t('Nothing was done about you')} />`;
  const appeal = (/** @type {any} */ one) => setDialog(html`<${Say} title=${t('Appeal')} label=${t('What do you say about it? You can do so once.')} onClose=${() => setDialog(null)} acts=${[[t('Send'), true]]}
    send=${(/** @type {string} */ says) => ludus.call('POST', `/me/moderation/${one.act.id}/appeal`, { body: { says } }).then(read)} />`);
  return html`<ul class="cards">${page.items.map((/** @type {any} */ one) => html`<li class="card" key=${one.act.id}>
    <p><strong>${own()[one.act.measure] ?? one.act.measure}</strong> <time title=${exactly(one.act.at)}>${since(one.act.at)}</time></p>
    ${one.appeal ? html`<blockquote class="case-text"><${Text} text=${one.appeal.says} /></blockquote>` : html`<div class="card-acts"><${Button} onClick=${() => appeal(one)}>${t('Appeal')}<//></div>`}
    ${one.appeal && !one.appeal.answer ? html`<p class="hint">${t('Nobody has answered yet.')}</p>` : null}
    ${one.appeal?.answer ? html`<p><span class="badge">${one.appeal.answer.granted ? t('granted') : t('not granted')}</span></p><${Text} text=${one.appeal.answer.says} />` : null}</li>`)}</ul>${dialog}`;
}

/** What was done about oneself. @returns {Record<string, string>} */
const own = () => ({ hide_line: t('A line of yours was hidden'), mute: t('You were muted'), remove: t('You were removed from a room'), ban: t('You were banned from a room') });

/** A text, and what to do with it. @param {any} props */
function Say({ title, label, acts, send, onClose }) {
  const [says, setSays] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const run = async (/** @type {boolean} */ yes) => {
    setBusy(true);
    try {
      await send(says, yes);
      onClose();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <div class="stack"><${Field} label=${label} as="textarea" rows="4" maxlength="2000" autofocus value=${says} onValue=${setSays} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//>${acts.map((/** @type {[string, boolean]} */ [text, yes], /** @type {number} */ i) => html`<${Button} key=${text} kind=${i === acts.length - 1 ? 'primary' : 'plain'} busy=${busy} disabled=${!says.trim()} onClick=${() => run(yes)}>${text}<//>`)}</div></div>
  <//>`;
}
