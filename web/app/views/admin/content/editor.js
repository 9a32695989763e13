// One item: as a form, as its source, with its history. What is typed is kept in this browser until it
// is saved; what is in force changes only when it is.

import './words.js';
import { html, useEffect, useRef, useState } from '../../../ui.js';
import { ludus, user } from '../../../hub.js';
import { draftOf, keepDraft } from '../../../drafts.js';
import { exactly } from '../../../format.js';
import { Link, go } from '../../../router.js';
import { Button, Empty, Fault, Field, Skeleton, useTitle } from '../../../parts/basics.js';
import { toast, toastFault } from '../../../parts/toast.js';
import { Fields } from './fields.js';
import { Drawn, Paid, PictureOf, Talk } from './previews.js';
import { KINDS, ORIGINS, freshOf, shapeOf } from './shapes.js';
import { t } from '../../../texts.js';

/** A pause in typing after which the hub is asked what is wrong. */
const CHECK_AFTER_MS = 400;

/** @param {{ kind: string, id: string }} props */
export function Editor({ kind, id }) {
  const { title: kinds, list } = KINDS[/** @type {'rules'} */ (kind)];
  const slot = `content.${kind}/${id}`;
  const [item, setItem] = useState(/** @type {any} */ (null));
  const [doc, setDoc] = useState(/** @type {any} */ (null));
  const [source, setSource] = useState('');
  const [tab, setTab] = useState(kind === 'pictures' ? 'source' : 'form');
  const [faults, setFaults] = useState(/** @type {any[]} */ ([]));
  const [says, setSays] = useState('');
  const [fault, setFault] = useState('');
  const [told, setTold] = useState('');
  const [busy, setBusy] = useState(false);
  const [isChanged, setChanged] = useState(false);
  /** The text that was asked about last: an older answer says nothing any more. */
  const asked = useRef(0);
  const timer = useRef(/** @type {any} */ (null));
  const path = `/content/${kind}/${id}`;
  const root = list ? doc?.[list]?.[0] : doc;
  // A persona has a name, and a title beside it.
  const called = kind === 'personas' ? root?.name : root?.title;
  useTitle(called || id);

  /** @param {{ body?: string, value?: any }} wish */
  const check = async (wish) => {
    const number = ++asked.current;
    try {
      const found = await ludus.call('POST', '/content/check', { body: { kind, id, ...wish } });
      if (number !== asked.current) return;
      setFaults(found.faults);
      if (wish.value === undefined && found.value) setDoc(found.value);
      if (wish.body === undefined && found.body) {
        setSource(found.body);
        keepDraft(user.value.id, slot, found.body);
      }
    } catch (error) {
      if (number === asked.current) setFault(/** @type {Error} */ (error).message);
    }
  };
  const soon = (/** @type {{ body?: string, value?: any }} */ wish) => {
    // What is on its way is about an older text, and must not take the place of this one.
    asked.current += 1;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => check(wish), CHECK_AFTER_MS);
  };
  const write = (/** @type {any} */ next) => {
    setDoc(next);
    setChanged(true);
    setFault('');
    soon({ value: next });
  };
  const writeSource = (/** @type {string} */ text) => {
    setSource(text);
    setChanged(true);
    setFault('');
    keepDraft(user.value.id, slot, text);
    soon({ body: text });
  };
  const begin = async (/** @type {any} */ found) => {
    const kept = draftOf(user.value.id, slot);
    const body = found?.body ?? found?.shipped ?? found?.draft?.body ?? '';
    const fresh = freshOf(kind, id);
    const stands = found?.value ?? found?.draft?.value ?? fresh;
    if (kept && kept !== body) {
      setTold(t('This is what you typed here before. It is not saved yet.'));
      setSource(kept);
      setChanged(true);
      // The form is not there before it shows what was typed.
      await check({ body: kept });
      setDoc((/** @type {any} */ shown) => shown ?? stands);
      setItem(found ?? { origin: 'gone', version: 0 });
      return;
    }
    setItem(found ?? { origin: 'gone', version: 0 });
    setDoc(stands);
    setSource(body);
    if (body) check({ body });
    else check(kind === 'pictures' ? { body } : { value: fresh });
  };
  const read = () => ludus.call('GET', path).then(begin, (error) => (error.code === 'not_found' ? begin(null) : setFault(error.message)));
  useEffect(() => {
    read();
    return () => clearTimeout(timer.current);
  }, [path]);

  const save = async () => {
    if (!isChanged || busy) return;
    clearTimeout(timer.current);
    setBusy(true);
    setFault('');
    try {
      const wish = tab === 'source' || kind === 'pictures' ? { body: source } : { value: counted(doc, item?.value, list) };
      const put = await ludus.call('PUT', path, { body: { ...wish, says: says.trim() || undefined }, ifMatch: `"${item.version}"` });
      keepDraft(user.value.id, slot, '');
      setSays('');
      setTold('');
      setChanged(false);
      toast(t('It is in force.'));
      begin({ ...(await ludus.call('GET', path)), version: put.version });
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (code === 'changed_since') await meet();
      else {
        await check(tab === 'source' ? { body: source } : { value: doc });
        setFault(code === 'field_invalid' ? t('It does not go together with the rest yet. What is wrong stands beside the fields.') : message);
      }
    }
    setBusy(false);
  };
  /** Somebody else was there before: nothing of either is lost. */
  const meet = async () => {
    const theirs = await ludus.call('GET', path);
    setItem(theirs);
    setTold(t('{who} changed this meanwhile. What you typed is kept: save again to put it in place of theirs, or throw yours away.', { who: theirs.changed?.by_name ?? t('Somebody') }));
  };
  const throwAway = () => {
    keepDraft(user.value.id, slot, '');
    setTold('');
    setChanged(false);
    read();
  };
  const act = async (/** @type {() => Promise<any>} */ doing, /** @type {string} */ done) => {
    try {
      await doing();
      toast(done);
      keepDraft(user.value.id, slot, '');
      setChanged(false);
      await read();
    } catch (error) {
      toastFault(/** @type {any} */ (error));
    }
  };
  const last = useRef(save);
  last.current = save;
  useEffect(() => {
    // Wherever the focus is: what was pressed last may be gone with its view.
    const keys = (/** @type {KeyboardEvent} */ event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === 's') {
        event.preventDefault();
        last.current();
      }
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);
  if (!item) return html`<div class="page">${fault ? html`<${Empty} icon="offline" title=${fault}><${Button} onClick=${read}>${t('Try again')}<//><//>` : html`<${Skeleton} rows=${6} label=${t('Reading')} />`}</div>`;
  const mine = `own/${kind === id ? kind : `${kind}/${id}`}.${kind === 'pictures' ? 'svg' : 'toml'}`;
  const here = faults.filter(({ file }) => file === mine);
  const elsewhere = faults.filter(({ file }) => file !== mine);
  const prefix = list ? `${list}.0` : '';
  const loose = here.filter(({ field, says: one }) => !field && !one.startsWith('missing field'));
  const tabs = [...(kind === 'pictures' ? [] : [['form', t('Form')]]), ['source', t('Source')], ['history', t('History')]];
  return html`<div class="page content-editor">
    <header class="page-head"><div><p class="crumbs"><${Link} href="/admin/content">${t('Content')}<//> / <${Link} href=${`/admin/content/${kind}`}>${kinds}<//></p><h1 dir="auto">${called || id}</h1><p class="lead"><code>${id}</code> <span class="badge">${ORIGINS[item.origin]}</span> ${item.changed ? t('{who}, {when}', { who: item.changed.by_name ?? t('somebody'), when: exactly(item.changed.at) }) : null}</p></div></header>
    ${told ? html`<div class="notice" role="status"><p>${told}</p><${Button} onClick=${throwAway}>${t('Throw mine away')}<//></div>` : null}
    ${item.draft && !told ? html`<div class="notice" role="status"><p>${t('There is a draft of {when}.', { when: exactly(item.draft.at) })}</p><${Button} onClick=${() => { writeSource(item.draft.body); setTab('source'); }}>${t('Go on with it')}<//><${Button} onClick=${() => act(() => ludus.call('DELETE', `${path}/draft`), t('The draft is gone.'))}>${t('Throw it away')}<//></div>` : null}
    <nav class="tabs" aria-label=${t('Views of this item')}>${tabs.map(([name, label]) => html`<button type="button" key=${name} class="tab" aria-current=${tab === name ? 'page' : undefined} onClick=${() => setTab(name)}>${label}</button>`)}</nav>
    <p class=${faults.length ? 'state state-faulty' : 'state'} role="status">${faults.length ? t('{n} things to put right', { n: faults.length }) : isChanged ? t('It can be saved.') : t('It is sound.')}</p>
    <div class="content-columns"><div>
      ${tab === 'form' ? html`<${Fields} asks=${shapeOf(kind, root)} value=${root} path=${prefix} faults=${here} onValue=${(/** @type {any} */ next) => write(list ? { ...doc, [list]: [next] } : next)} />` : null}
      ${tab === 'source' ? html`<${Field} as="textarea" class="input source" rows="24" spellcheck=${false} label=${kind === 'pictures' ? t('The picture as SVG') : t('The item as TOML')} value=${source} onValue=${writeSource} />` : null}
      ${tab === 'history' ? html`<${History} path=${path} onTake=${(/** @type {string} */ body) => { writeSource(body); setTab('source'); }} />` : null}
      ${tab !== 'history' && (loose.length || elsewhere.length || (tab === 'source' && here.length)) ? html`<ul class="faults">${[...(tab === 'source' ? here : loose), ...elsewhere].map((one, at) => html`<li key=${at}>${one.file === mine ? null : html`<code>${one.file}</code> `}${one.line ? t('line {line}', { line: one.line }) : ''} ${one.field ? html`<code>${one.field}</code>` : null} ${one.says}</li>`)}</ul>` : null}
    </div><aside>
      ${kind === 'rules' && doc ? html`<${Paid} id=${id} doc=${doc} />` : null}
      ${kind === 'personas' || kind === 'scenarios' ? html`<${Talk} key=${kind} kind=${kind} id=${id} doc=${doc} />` : null}
      ${kind === 'badges' ? html`<${PictureOf} id=${root?.picture?.replace(/\.svg$/, '') || id} />` : null}
      ${kind === 'pictures' ? html`<${Drawn} svg=${faults.length ? '' : source} />` : null}
    </aside></div>
    <footer class="content-foot"><${Fault}>${fault}<//>
      <${Field} label=${t('Why (others read it in the history)')} maxlength="120" value=${says} onValue=${setSays} />
      <div class="acts"><${Button} kind="primary" icon="check" busy=${busy} disabled=${!isChanged} onClick=${save}>${t('Put it in force')}<//>
        <${Button} disabled=${!isChanged || !source} onClick=${() => act(() => ludus.call('PUT', `${path}/draft`, { body: { body: source } }), t('Others find the draft here.'))}>${t('Keep it as a draft')}<//>
        ${item.origin === 'changed' || item.origin === 'own' || item.origin === 'out' ? html`<${Button} icon="undo" onClick=${() => act(async () => { await ludus.call('DELETE', path, { ifMatch: `"${item.version}"` }); if (item.origin === 'own') go(`/admin/content/${kind}`); }, item.origin === 'own' ? t('It is gone. Its history stays.') : t('What is shipped stands again.'))}>${item.origin === 'own' ? t('Remove it') : t('Back to what is shipped')}<//>` : null}
        ${item.origin === 'shipped' || item.origin === 'changed' ? html`<${Button} onClick=${() => act(() => ludus.call('PUT', path, { body: { says: says.trim() || undefined }, ifMatch: `"${item.version}"` }), t('It is out of play.'))}>${t('Take it out of play')}<//>` : null}</div></footer>
  </div>`;
}

/** A rule that says something else is another version of it. @param {any} doc @param {any} before @param {string} list */
function counted(doc, before, list) {
  const item = list ? doc[list]?.[0] : null;
  const old = list ? before?.[list]?.[0] : null;
  if (!item || !old || typeof item.version !== 'number' || item.version !== old.version || JSON.stringify(item) === JSON.stringify(old)) return doc;
  return { ...doc, [list]: [{ ...item, version: item.version + 1 }] };
}

/** @param {{ path: string, onTake: (body: string) => void }} props */
function History({ path, onTake }) {
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  useEffect(() => void ludus.call('GET', `${path}/history`).then((found) => setItems(found.items), toastFault), [path]);
  const show = (/** @type {number} */ version) => ludus.call('GET', `${path}/history/${version}`).then(setShown, toastFault);
  if (!items) return html`<${Skeleton} rows=${3} label=${t('Reading')} />`;
  if (!items.length) return html`<${Empty} icon="history" title=${t('Nobody changed it yet')} />`;
  return html`<ol class="history">${items.map((one) => html`<li key=${one.version}>
    <div><strong>${one.says || (one.own ? t('Changed') : t('Back to what is shipped'))}</strong><span class="hint">${t('{who}, {when}', { who: one.by_name ?? t('somebody'), when: exactly(one.at) })}</span></div>
    <${Button} onClick=${() => show(one.version)}>${t('Look at {n}', { n: one.version })}<//></li>`)}</ol>
    ${shown ? html`<section class="preview"><h2>${t('Version {n}', { n: shown.version })}</h2>${shown.body ? html`<pre class="source" tabindex="0">${shown.body}</pre><div><${Button} icon="undo" onClick=${() => onTake(shown.body)}>${t('Write it again')}<//></div>` : html`<p>${shown.own ? t('It was out of play.') : t('What is shipped stood.')}</p>`}</section>` : null}`;
}
