// Language models: who can be asked, how they have been answering, what was spent of what may be.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { locale, t } from '../../texts.js';
import { Empty, Fault, Skeleton, useTitle } from '../../parts/basics.js';

const AGAIN_MS = 10_000;
const MICRO = 1_000_000;
const amount = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const cost = (/** @type {number} */ micro) => amount.format(micro / MICRO);

const STATES = { closed: t('answers'), half_open: t('is tried again'), open: t('rests after failures') };

export function Models() {
  useTitle(t('Models and budgets'));
  const [now, setNow] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  useEffect(() => {
    const read = () => ludus.call('GET', '/providers').then((body) => { setNow(body); setFault(''); }, (error) => setFault(error.message));
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Models and budgets')}</h1><p class="lead">${t('Who answers for personas, and what it costs. Both are set by whoever runs this hub, in its configuration.')}</p></div></header>
    <${Fault}>${fault}<//>
    ${now ? html`<${Sheet} now=${now} />` : fault ? null : html`<${Skeleton} rows=${4} label=${t('Reading the models')} />`}
  </div>`;
}

/** @param {{ now: any }} props */
function Sheet({ now }) {
  const { budget } = now;
  return html`<section class="section"><h2>${t('Today')}</h2>
      <div class="tile"><p class="tile-figure">${cost(budget.spent_micro)}${budget.org_day_micro === undefined ? '' : html` <small>${t('of {amount}', { amount: cost(budget.org_day_micro) })}</small>`}</p>
        ${budget.org_day_micro ? html`<progress class="budget" max=${budget.org_day_micro} value=${Math.min(budget.org_day_micro, budget.spent_micro + budget.reserved_micro)} aria-label=${t('Spent today')}></progress>` : null}
        <p class="hint">${[budget.org_day_micro === undefined ? t('There is no limit for a day.') : '', budget.reserved_micro ? t('{amount} set aside for answers on their way.', { amount: cost(budget.reserved_micro) }) : '', budget.room_micro === undefined ? '' : t('A room may cost {amount}.', { amount: cost(budget.room_micro) }), budget.learner_day_micro === undefined ? '' : t('A learner may cost {amount} a day.', { amount: cost(budget.learner_day_micro) })].filter(Boolean).join(' ')}</p></div></section>
    <section class="section"><h2>${t('Models')}</h2>
      ${now.providers.length ? null : html`<${Empty} icon="spark" title=${t('No language model')}><p>${t('Personas answer from their scripts, without one. Models are added to the configuration of the hub.')}</p><//>`}
      ${now.providers.map((/** @type {any} */ provider) => html`<section key=${provider.name} class="section"><h3>${provider.name}</h3><ul class="rows">${provider.models.map((/** @type {any} */ model) => html`<li key=${model.name} class="row"><div class="row-words"><strong>${model.name}</strong><small>${t('{prompt} in, {completion} out, a million tokens', { prompt: cost(model.prompt_price_micro), completion: cost(model.completion_price_micro) })}${model.place ? ` · ${t('asked as number {n}', { n: model.place })}` : ''}</small></div>
        <span class=${model.state === 'closed' ? 'phase phase-live' : model.state === 'open' ? 'phase phase-bad' : 'phase phase-paused'}>${STATES[/** @type {'open'} */ (model.state)] ?? model.state}</span></li>`)}</ul></section>`)}
      <p class="hint">${t('How models answer is what this node has seen.')}</p></section>`;
}
