// What one can practise: what is recommended, everything there is, and what one did lately.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link, go } from '../router.js';
import { loadRooms } from '../rooms.js';
import { inWords, nameInWords, ofHundred, practise } from '../practice.js';
import { Avatar, Button, Empty, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { since } from '../format.js';
import { locale, t } from '../texts.js';

const LEVELS = ['', t('Easy'), t('Friendly'), t('Fair'), t('Hard'), t('Very hard')];
const LANGUAGES = new Intl.DisplayNames(locale, { type: 'language' });

export function Practise() {
  useTitle(t('Practise'));
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  const [people, setPeople] = useState(/** @type {Map<string, any>} */ (new Map()));
  const [next, setNext] = useState(/** @type {any[]} */ ([]));
  const [recent, setRecent] = useState(/** @type {any[]} */ ([]));
  const [field, setField] = useState('');
  const [language, setLanguage] = useState('');
  const [fault, setFault] = useState('');
  const read = () => {
    ludus.call('GET', '/scenarios').then(({ items }) => { setFault(''); setAll(items); }, (error) => setFault(error.message));
    ludus.call('GET', '/personas').then(({ items }) => setPeople(new Map(items.map((/** @type {any} */ one) => [one.id, one]))), () => {});
    ludus.call('GET', '/training/sessions', { query: { limit: 6 } }).then(({ items }) => setRecent(items), () => {});
  };
  useEffect(read, []);
  // What to practise next is asked in the language one looks at.
  useEffect(() => void ludus.call('GET', '/me/skills', { query: { language: language || navigator.language.slice(0, 2) } }).then((mine) => setNext(mine.next), () => {}), [language]);
  const fields = [...new Set(all?.map((one) => one.field))].sort();
  const languages = [...new Set(all?.map((one) => one.language))].sort();
  const shown = all?.filter((one) => (!field || one.field === field) && (!language || one.language === language)) ?? [];
  const best = next.map((one) => ({ ...one, scenario: all?.find(({ id }) => id === one.scenario) })).find(({ scenario }) => scenario && (!field || scenario.field === field));
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Practise')}</h1><p class="lead">${t('Pick a conversation. It begins at once. Only you and your coaches can look in.')}</p></div></header>
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : all ? null : html`<${Skeleton} kind="card" rows=${6} label=${t('Reading what can be practised')} />`}
    ${best ? html`<section class="section" aria-label=${t('Recommended')}><${Recommended} next=${best} people=${people} /></section>` : null}
    ${recent.length ? html`<section class="section"><h2>${t('Lately')}</h2><${Sessions} sessions=${recent} /></section>` : null}
    ${all ? html`<section class="section"><h2>${t('Everything there is')}</h2>
      <div class="filters"><${Field} as="select" label=${t('About')} value=${field} onValue=${setField}><option value="">${t('Everything')}</option>${fields.map((one) => html`<option key=${one} value=${one}>${inWords(one)}</option>`)}<//>
        <${Field} as="select" label=${t('Language')} value=${language} onValue=${setLanguage}><option value="">${t('Any')}</option>${languages.map((one) => html`<option key=${one} value=${one}>${LANGUAGES.of(one)}</option>`)}<//></div>
      ${shown.length ? html`<ul class="cards cards-wide">${shown.map((one) => html`<li key=${one.id}><${Card} scenario=${one} people=${people} /></li>`)}</ul>`
        : html`<${Empty} icon="search" title=${t('Nothing of that kind')}><p>${t('Choose another subject or language.')}</p><//>`}</section>` : null}
  </div>`;
}

/** Opens a practice with one press. @param {{ scenario: any, steps?: number, kind?: string }} props */
function Start({ scenario, steps = undefined, kind = 'plain' }) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const start = async () => {
    setBusy(true);
    setFault('');
    try {
      const room = await practise(scenario.id, steps === undefined ? {} : { harder: steps });
      loadRooms();
      go(`/rooms/${room}`);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<div class="start"><${Fault}>${fault}<//><${Button} kind=${kind} icon="play" busy=${busy} onClick=${start} aria-label=${t('Start: {title}', { title: scenario.title })}>${t('Start')}<//></div>`;
}

/** @param {{ next: any, people: Map<string, any> }} props */
function Recommended({ next, people }) {
  const { scenario } = next;
  return html`<div class="recommended" lang=${scenario.language}>
    <p class="kind"><${Icon} name="spark" size=${16} /> ${next.because_of ? t('Next for you: it trains {skill}', { skill: inWords(next.because_of).toLocaleLowerCase() }) : t('A good one to begin with')}${next.steps > 0 ? `, ${t('a little harder than written')}` : next.steps < 0 ? `, ${t('a little easier than written')}` : ''}</p>
    <h2 dir="auto">${scenario.title}</h2><p dir="auto">${scenario.summary}</p><${About} scenario=${scenario} people=${people} /><${Start} scenario=${scenario} steps=${next.steps} kind="primary" /></div>`;
}

/** @param {{ scenario: any, people: Map<string, any> }} props */
function Card({ scenario, people }) {
  return html`<article class="card scenario" lang=${scenario.language} aria-label=${scenario.title}>
    <span class="card-top"><span class="kind">${inWords(scenario.field)}</span><${Difficulty} of=${scenario.difficulty} /></span>
    <h3 class="card-title" dir="auto">${scenario.title}</h3><p class="scenario-summary" dir="auto">${scenario.summary}</p>
    <${About} scenario=${scenario} people=${people} /><${Start} scenario=${scenario} /></article>`;
}

/** @param {{ of: number }} props */
function Difficulty({ of }) {
  return html`<span class="difficulty" title=${LEVELS[of]}><span class="sr-only">${LEVELS[of]}, ${t('{n} of {count}', { n: of, count: 5 })}</span>${[1, 2, 3, 4, 5].map((step) => html`<i key=${step} class=${step <= of ? 'on' : ''} aria-hidden="true"></i>`)}</span>`;
}

/** @param {{ scenario: any, people: Map<string, any> }} props */
function About({ scenario, people }) {
  const cast = scenario.personas.map((/** @type {string} */ id) => people.get(id) ?? { id, name: nameInWords(id) });
  return html`<div class="about">
    <ul class="about-cast" aria-label=${t('With')}>${cast.map((/** @type {any} */ one) => html`<li key=${one.id} title=${one.title}><${Avatar} id=${one.id} name=${one.name} size=${24} /> <bdi>${one.name}</bdi></li>`)}</ul>
    <p class="card-facts"><span><${Icon} name="clock" size=${16} /> ${t('{n} minutes', { n: scenario.minutes })}</span><span>${scenario.skills.map(inWords).join(' · ')}</span></p></div>`;
}

const STATES = { resting: t('Waiting for you'), running: t('Running'), closed: t('Report is being made'), ended: t('Over') };

/** @param {{ sessions: any[] }} props */
function Sessions({ sessions }) {
  return html`<ul class="rows">${sessions.map((one) => {
    const over = one.state === 'ended' || one.state === 'closed';
    return html`<li key=${one.id} class="row"><div class="row-words"><strong dir="auto">${one.title}</strong><small>${STATES[/** @type {'ended'} */ (one.state)] ?? one.state} · ${since(one.opened_at)}</small></div>
      ${one.score === undefined ? null : html`<span class="session-score">${ofHundred(one.score)}<small> ${t('of 100')}</small></span>`}
      <${Link} class="button button-plain" href=${over && one.scenario ? `/report/${one.id}` : `/rooms/${one.id}`} aria-label=${`${over ? t('Report') : t('Go on')}: ${one.title}`}>${over ? t('Report') : t('Go on')}<//></li>`;
  })}</ul>`;
}
