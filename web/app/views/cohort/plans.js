// What a cohort is to practise and how far everybody is, and when it meets.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { exactly } from '../../format.js';
import { download } from '../../practice.js';
import { Link } from '../../router.js';
import { Button, Dialog, Empty, Fault, Field, Skeleton } from '../../parts/basics.js';
import { toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** How far somebody is. @returns {Record<string, string>} */
export const progressWords = () => ({ late: t('late'), not_begun: t('not begun'), in_practice: t('in practice'), done: t('done') });

/** @param {string} path */
function useItems(path) {
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', path).then((page) => setItems(page.items), (error) => setFault(error.message));
  useEffect(() => void read(), []);
  return { items, fault, setFault, read };
}

/** @param {{ cohort: any, onClose: () => void }} props */
export function Assignments({ cohort, onClose }) {
  const path = `/cohorts/${cohort.id}/assignments`;
  const { items, fault, setFault, read } = useItems(path);
  const [scenarios, setScenarios] = useState(/** @type {any[]} */ ([]));
  const [scenario, setScenario] = useState('');
  const [due, setDue] = useState('');
  const [says, setSays] = useState('');
  const [open, setOpen] = useState(/** @type {any} */ (null));
  useEffect(() => void ludus.call('GET', '/scenarios').then((page) => { setScenarios(page.items); setScenario(page.items[0]?.id ?? ''); }, toastFault), []);
  const assign = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ludus.call('POST', path, { body: { scenario, ...(says.trim() ? { says } : {}), ...(due ? { due_at: new Date(due).getTime() } : {}) } });
      setSays('');
      setFault('');
      read();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  const withdraw = (/** @type {string} */ id) => ludus.call('DELETE', `${path}/${id}`).then(read, toastFault);
  const look = (/** @type {string} */ id) => (open?.id === id ? setOpen(null) : ludus.call('GET', `${path}/${id}`).then(setOpen, toastFault));
  const words = progressWords();
  return html`<${Dialog} title=${t('To practise: {cohort}', { cohort: cohort.title })} onClose=${onClose} wide>
    <form class="stack" onSubmit=${assign}>
      <${Field} as="select" label=${t('Scenario')} value=${scenario} onValue=${setScenario}>${scenarios.map((one) => html`<option key=${one.id} value=${one.id}>${one.title}</option>`)}<//>
      <${Field} type="datetime-local" label=${t('Done by')} value=${due} onValue=${setDue} />
      <${Field} label=${t('What to mind')} maxlength="1000" value=${says} onValue=${setSays} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} kind="primary" type="submit" disabled=${!scenario}>${t('Assign to everybody')}<//></div>
    </form>
    ${items ? null : html`<${Skeleton} rows=${2} label=${t('Loading')} />`}
    ${items && !items.length ? html`<p class="hint">${t('Nothing is assigned.')}</p>` : null}
    <ul class="cards">${items?.map((one) => html`<li class="card" key=${one.id}>
      <strong dir="auto">${one.title}</strong> ${one.user ? html`<span class="badge">${t('for one')}</span>` : null}
      <p class="card-facts">${one.due_at ? html`<span>${t('by {date}', { date: exactly(one.due_at) })}</span>` : null}${Object.entries(one.counts).filter(([, n]) => n).map(([state, n]) => html`<span key=${state}>${`${n} ${words[state] ?? state}`}</span>`)}</p>
      <div class="card-acts"><${Button} aria-expanded=${open?.id === one.id ? 'true' : 'false'} onClick=${() => look(one.id)}>${t('Who is how far')}<//><${Button} icon="undo" onClick=${() => withdraw(one.id)}>${t('Take back')}<//></div>
      ${open?.id === one.id ? html`<ul class="members">${open.learners.map((/** @type {any} */ learner) => html`<li class="member" key=${learner.user}><div class="member-name"><bdi>${learner.name}</bdi><small>${[words[learner.progress], learner.late && learner.progress !== 'late' && t('after its day')].filter(Boolean).join(' · ')}</small></div>${learner.room ? html`<${Link} class="button button-plain" href=${learner.progress === 'done' ? `/report/${learner.room}` : `/rooms/${learner.room}`}>${t('Look')}<//>` : null}</li>`)}</ul>` : null}
    </li>`)}</ul>
  <//>`;
}

/** @param {{ cohort: any, onClose: () => void }} props */
export function Meetings({ cohort, onClose }) {
  const path = `/cohorts/${cohort.id}/meetings`;
  const { items, fault, setFault, read } = useItems(path);
  const [title, setTitle] = useState('');
  const [starts, setStarts] = useState('');
  const [minutes, setMinutes] = useState('60');
  const plan = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ludus.call('POST', path, { body: { title, starts, minutes: Number(minutes) } });
      setTitle('');
      setFault('');
      read();
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  const cancel = (/** @type {string} */ id) => ludus.call('DELETE', `${path}/${id}`).then(read, toastFault);
  return html`<${Dialog} title=${t('Meetings of {cohort}', { cohort: cohort.title })} onClose=${onClose} wide>
    <form class="stack" onSubmit=${plan}>
      <${Field} label=${t('Title')} required maxlength="120" value=${title} onValue=${setTitle} />
      <${Field} type="datetime-local" label=${t('Begins')} required value=${starts} onValue=${setStarts} hint=${t('By the clock of your organisation. The room opens by itself.')} />
      <${Field} type="number" label=${t('How many minutes')} min="1" max="1440" required value=${minutes} onValue=${setMinutes} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} icon="down" onClick=${() => download(`${path}.ics`, 'cohort.ics').catch(toastFault)}>${t('Calendar (ICS)')}<//><${Button} kind="primary" type="submit">${t('Plan it')}<//></div>
    </form>
    ${items ? null : html`<${Skeleton} rows=${2} label=${t('Loading')} />`}
    ${items && !items.length ? html`<${Empty} icon="clock" title=${t('No meeting is planned')} />` : null}
    <ul class="members">${items?.map((one) => html`<li class="member" key=${one.id}><div class="member-name"><bdi>${one.title}</bdi><small>${[exactly(one.starts_at), one.cancelled && t('called off')].filter(Boolean).join(' · ')}</small></div>
      ${one.room ? html`<${Link} class="button button-plain" href=${`/rooms/${one.room}`}>${t('To the room')}<//>` : one.cancelled ? null : html`<${Button} onClick=${() => cancel(one.id)}>${t('Call off')}<//>`}</li>`)}</ul>
  <//>`;
}
