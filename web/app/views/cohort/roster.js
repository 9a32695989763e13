// A class list, taken into a cohort: first what it would do, then doing it, then the links to hand over.

import { html, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { download } from '../../practice.js';
import { Button, Copy, Dialog, Fault, Field } from '../../parts/basics.js';
import { toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** What a row comes to. @returns {Record<string, string>} */
const outcomes = () => ({ added: t('learns here from now on'), moved: t('comes into another team'), there: t('is here already'), invited: t('gets a link'), waiting: t('has a link already'), coach: t('coaches here'), shut_out: t('is shut out') });

/** @param {{ cohort: any, onClose: () => void, onDone: () => void }} props */
export function Roster({ cohort, onClose, onDone }) {
  const [text, setText] = useState('');
  const [seen, setSeen] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const send = async (/** @type {boolean} */ apply) => {
    setBusy(true);
    setFault('');
    try {
      setSeen(await ludus.call('POST', `/cohorts/${cohort.id}/roster`, { csv: text, query: { apply: String(apply) } }));
      if (apply) onDone();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const pick = async (/** @type {any} */ event) => {
    const [file] = event.currentTarget.files;
    if (file) setText(await file.text());
    setSeen(null);
  };
  const change = (/** @type {string} */ value) => {
    setText(value);
    setSeen(null);
  };
  const says = outcomes();
  return html`<${Dialog} title=${t('Class list of {cohort}', { cohort: cohort.title })} onClose=${onClose} wide>
    <div class="stack">
      <p>${t('A table with a column name, and perhaps email and team, as spreadsheets save it (CSV).')}</p>
      <label class="field"><span>${t('File')}</span><input class="input" type="file" accept=".csv,text/csv,text/plain" onChange=${pick} /></label>
      <${Field} as="textarea" rows="6" label=${t('Or written here')} value=${text} onValue=${change} spellcheck=${false} />
      <${Fault}>${fault}<//>
      ${seen?.faults.length ? html`<div class="notice notice-fault" role="alert"><ul>${seen.faults.map((/** @type {any} */ one) => html`<li key=${`${one.line}:${one.column}`}>${one.column ? t('Line {line}, column {column}: {says}', one) : t('Line {line}: {says}', one)}</li>`)}</ul></div>` : null}
      ${seen && !seen.faults.length ? html`<section aria-label=${seen.applied ? t('What it did') : t('What it would do')}><h3>${seen.applied ? t('What it did') : t('What it would do')}</h3>
        <ul class="members">${seen.rows.map((/** @type {any} */ row) => html`<li key=${row.line} class="member"><div class="member-name"><bdi>${row.name}</bdi><small>${[says[row.enrolment] ?? row.enrolment, row.team].filter(Boolean).join(' · ')}</small></div>${row.url ? html`<${Copy} text=${row.url} label=${t('Copy link')} />` : null}</li>`)}</ul></section>` : null}
      <div class="dialog-acts"><${Button} icon="down" onClick=${() => download(`/cohorts/${cohort.id}/roster.csv`, 'cohort.csv').catch(toastFault)}>${t('Save who is here')}<//>
        ${seen && !seen.faults.length && !seen.applied ? html`<${Button} kind="primary" busy=${busy} onClick=${() => send(true)}>${t('Take it in')}<//>` : html`<${Button} kind="primary" busy=${busy} disabled=${!text.trim() || seen?.applied} onClick=${() => send(false)}>${seen?.applied ? t('Taken in') : t('See what it does')}<//>`}</div>
    </div>
  <//>`;
}
