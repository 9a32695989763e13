// At the door, for somebody who was shut out: what they can say against it, once, and what came of it.

import { html, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { date } from '../format.js';
import { Button, Fault, Field } from '../parts/basics.js';
import { t } from '../texts.js';

/** @param {{ email: string, password: string }} props as they were typed at the door */
export function ShutOut({ email, password }) {
  const [stands, setStands] = useState(/** @type {any} */ (null));
  const [says, setSays] = useState('');
  const [fault, setFault] = useState('');
  const ask = async (/** @type {Record<string, string>} */ more) => {
    setFault('');
    try {
      setStands(await ludus.call('POST', '/auth/appeal', { body: { email, password, ...more }, bare: true }));
    } catch (error) {
      setFault(/** @type {any} */ (error).code === 'wrong_credentials' ? t('With these you were not shut out.') : /** @type {Error} */ (error).message);
    }
  };
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    ask({ says });
  };
  if (!stands) return html`<div class="stack"><${Button} onClick=${() => ask({})}>${t('Were you shut out? Appeal')}<//><${Fault}>${fault}<//></div>`;
  const { appeal } = stands;
  return html`<section class="stack"><p>${t('You were shut out on {date}.', { date: date(stands.at) })}</p>
    ${appeal ? html`<blockquote class="case-text" dir="auto">${appeal.says}</blockquote>` : html`<form class="stack" onSubmit=${send}><${Field} as="textarea" rows="4" label=${t('What do you say about it? You can do so once.')} required maxlength="2000" value=${says} onValue=${setSays} /><${Button} kind="primary" type="submit">${t('Send')}<//></form>`}
    ${appeal && !appeal.answer ? html`<p class="hint">${t('Nobody has answered yet.')}</p>` : null}
    ${appeal?.answer ? html`<p><span class="badge">${appeal.answer.granted ? t('granted') : t('not granted')}</span></p><p dir="auto">${appeal.answer.says}</p>` : null}
    <${Fault}>${fault}<//></section>`;
}
