// Before it is in force: what a rule would have paid, what a persona would say, how a picture looks.

import './words.js';
import { html, useEffect, useState } from '../../../ui.js';
import { ludus } from '../../../hub.js';
import { Button, Fault, Field } from '../../../parts/basics.js';
import { t } from '../../../texts.js';

/** @param {{ id: string, doc: any }} props */
export function Paid({ id, doc }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const look = async () => {
    setBusy(true);
    setFault('');
    try {
      setFound(await ludus.call('POST', '/content/try', { body: { id, value: doc } }));
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  return html`<section class="preview"><h2>${t('What would it have paid?')}</h2><p class="hint">${t('For everything that was done here so far. Nothing is changed by asking.')}</p>
    <div><${Button} icon="history" busy=${busy} onClick=${look}>${t('Look it up')}<//></div><${Fault}>${fault}<//>
    ${found ? html`<div role="status"><p>${t('{n} people', { n: found.people })}, ${t('{n} times', { n: found.times })}: <strong>${t('{n} points in all', { n: found.points })}</strong></p>
      ${found.partial ? html`<p class="hint">${t('There is more than can be read at once: this is a part of it.')}</p>` : null}
      ${found.most.length ? html`<table class="table"><thead><tr><th scope="col">${t('Who')}</th><th scope="col">${t('Times')}</th><th scope="col">${t('Points')}</th></tr></thead><tbody>${found.most.map((/** @type {any} */ one) => html`<tr key=${one.user}><td dir="auto">${one.name}</td><td>${one.times}</td><td>${one.points}</td></tr>`)}</tbody></table>` : null}</div>` : null}
  </section>`;
}

/** A rehearsal: nobody is paid, nothing is kept. @param {{ kind: string, id: string, doc: any }} props */
export function Talk({ kind, id, doc }) {
  const [lines, setLines] = useState(/** @type {{ persona: boolean, text: string }[]} */ ([]));
  const [text, setText] = useState('');
  const [other, setOther] = useState('');
  const [others, setOthers] = useState(/** @type {any[]} */ ([]));
  const [offline, setOffline] = useState(true);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const isScenario = kind === 'scenarios';
  useEffect(() => void ludus.call('GET', isScenario ? '/content/personas' : '/content/scenarios').then(({ items }) => setOthers(items), () => {}), []);
  const cast = isScenario ? others.filter((one) => doc.personas?.includes(one.id)) : others;
  const chosen = isScenario ? other || doc.personas?.[0] || '' : other;
  const ask = async (/** @type {typeof lines} */ said) => {
    setBusy(true);
    setFault('');
    setLines(said);
    try {
      const answer = await ludus.call('POST', '/content/talk', { body: { kind, id, value: doc, lines: said, offline, ...(chosen ? { [isScenario ? 'persona' : 'scenario']: chosen } : {}) } });
      setLines([...said, { persona: true, text: answer.text }]);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const say = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!text.trim()) return;
    setText('');
    ask([...lines, { persona: false, text: text.trim() }]);
  };
  return html`<section class="preview"><h2>${t('Try it')}</h2><p class="hint">${t('A rehearsal: no room, no points, nothing is kept.')}</p>
    <${Field} as="select" label=${isScenario ? t('Played by') : t('In the scenario')} value=${chosen} onValue=${(/** @type {string} */ next) => { setOther(next); setLines([]); }}>${isScenario ? null : html`<option value="">${t('At leisure')}</option>`}${cast.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === chosen}>${one.title}</option>`)}<//>
    <label class="check"><input type="checkbox" checked=${offline} onChange=${() => setOffline(!offline)} /> ${t('Without a model')}</label>
    <ol class="rehearsal" aria-live="polite">${lines.map((line, at) => html`<li key=${at} class=${line.persona ? 'rehearsal-theirs' : 'rehearsal-mine'} dir="auto">${line.text}</li>`)}</ol>
    <${Fault}>${fault}<//>
    ${lines.length ? html`<form class="row-form" onSubmit=${say}><${Field} label=${t('You say')} value=${text} onValue=${setText} autocomplete="off" /><${Button} type="submit" kind="primary" busy=${busy}>${t('Say it')}<//><${Button} onClick=${() => setLines([])}>${t('From the start')}<//></form>` : html`<div><${Button} icon="play" busy=${busy} onClick=${() => ask([])}>${t('Let it begin')}<//></div>`}
  </section>`;
}

/** @param {{ svg: string }} props */
export function Drawn({ svg }) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return html`<section class="preview"><h2>${t('How it looks')}</h2>${url && svg ? html`<div class="drawn"><img src=${url} alt=${t('The picture')} width="96" height="96" /><img src=${url} alt="" width="32" height="32" /></div>` : null}</section>`;
}

/** The picture of a badge: a file of shapes and colours. @param {{ id: string }} props */
export function PictureOf({ id }) {
  const [svg, setSvg] = useState('');
  const [version, setVersion] = useState(0);
  const [fault, setFault] = useState('');
  useEffect(() => void ludus.call('GET', `/content/pictures/${id}`).then((item) => { setSvg(item.body ?? ''); setVersion(item.version); }, () => {}), [id]);
  const take = async (/** @type {any} */ event) => {
    const file = event.currentTarget.files?.[0];
    if (!file) return;
    setFault('');
    try {
      const body = await file.text();
      const { faults } = await ludus.call('POST', '/content/check', { body: { kind: 'pictures', id, body } });
      if (faults.length) return setFault(faults[0].says);
      const put = await ludus.call('PUT', `/content/pictures/${id}`, { body: { body }, ifMatch: `"${version}"` });
      setVersion(put.version);
      setSvg(body);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  return html`<div class="stack"><${Drawn} svg=${svg} /><${Field} type="file" accept=".svg,image/svg+xml" label=${t('Another picture')} hint=${t('SVG of shapes and colours, to 32 KiB. It is in force at once.')} fault=${fault} onChange=${take} /></div>`;
}
