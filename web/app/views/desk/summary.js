// All rooms of a cohort in a few lines each: words are taken out of rooms; a model adds a text where there is one.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { Link } from '../../router.js';
import { inWords } from '../../practice.js';
import { since } from '../../format.js';
import { Button, Dialog, Fault, Skeleton } from '../../parts/basics.js';
import { Text } from '../room/line.js';
import { language, t } from '../../texts.js';

/** @param {{ cohort: string, onClose: () => void }} props */
export function Summary({ cohort, onClose }) {
  const [body, setBody] = useState(/** @type {any} */ (null));
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const read = async (/** @type {boolean} */ model) => {
    setBusy(true);
    setFault('');
    try {
      setBody(await ludus.call('POST', `/cohorts/${cohort}/rooms/summary`, { body: { model, language } }));
      if (model) setAsked(true);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  useEffect(() => {
    read(false);
  }, [cohort]);
  const name = (/** @type {string} */ id) => body?.names[id] ?? t('Somebody');
  return html`<${Dialog} title=${t('All rooms in short')} onClose=${onClose}>
    ${fault ? html`<${Fault}>${fault}<//>` : null}
    ${body === null ? html`<${Skeleton} rows=${4} label=${t('Reading the rooms')} />` : !body.rooms.length ? html`<p class="hint">${t('Nobody of this cohort is in a room just now.')}</p>` : html`<div class="gists">
      ${body.says ? html`<section class="gists-says"><${Text} text=${body.says} /><p class="hint">${t('Written by {engine} from the lines below. Look for yourself before you act on it.', { engine: body.engine })}</p></section>`
        : asked ? html`<p class="hint">${t('There is no language model to write a text. The lines below are the rooms’ own.')}</p>`
        : html`<p><${Button} icon="spark" busy=${busy} onClick=${() => read(true)}>${t('Have a model write it up')}<//></p>`}
      <ul class="gist-list">${body.rooms.map((/** @type {any} */ gist) => html`<li key=${gist.room} class="gist"><p class="gist-head"><${Link} href=${`/rooms/${gist.room}`}><strong dir="auto">${gist.title}</strong><//><small>${gist.learners.map(name).join(', ')}</small></p>
        <p class="hint">${t('{n} lines', { n: gist.lines })}${gist.last_said ? ` · ${since(gist.last_said)}` : ''}${gist.over ? ` · ${t('The scene is over')}` : ''}${gist.goals_met.length ? ` · ${t('Reached: {goals}', { goals: gist.goals_met.map(inWords).join(', ') })}` : ''}</p>
        ${gist.picks.map((/** @type {any} */ pick) => html`<blockquote class="quote" key=${pick.seq} dir="auto"><bdi>${name(pick.by)}</bdi>: ${pick.text}</blockquote>`)}</li>`)}</ul></div>`}
  <//>`;
}
