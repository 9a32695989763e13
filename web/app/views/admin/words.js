// Words this org does not want: which, and what is done about a line that has one.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { exactly, since } from '../../format.js';
import { Button, Empty, Fault, Field, Skeleton, useTitle } from '../../parts/basics.js';
import { toast } from '../../parts/toast.js';
import { t } from '../../texts.js';
import { useNames, usePages } from './pages.js';

/** @typedef {'flag' | 'hold' | 'refuse'} Act */

/** As the hub orders them: what comes later is stronger. @type {{ id: Act, title: string, says: string }[]} */
const ACTS = [
  { id: 'flag', title: t('Show it to coaches'), says: t('The line is said, and stands in the queue of moderation. One phrase on each line.') },
  { id: 'hold', title: t('Hold it back'), says: t('Only its author and coaches read it until a coach lets it pass.') },
  { id: 'refuse', title: t('Do not take it'), says: t('It is not said, and its author is told why. Personas do not say it either.') },
];
/** @type {Record<Act, string>} */
const NOTHING = { flag: '', hold: '', refuse: '' };

export function Words() {
  useTitle(t('Words'));
  const [known, setKnown] = useState(/** @type {any} */ (null));
  const [texts, setTexts] = useState(NOTHING);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const changes = usePages('/orgs/current/words/changes');
  const nameOf = useNames((changes.items ?? []).map(({ by }) => by));
  const take = (/** @type {any} */ list) => {
    setKnown(list);
    setTexts(written(list.words));
    setFault('');
  };
  const read = () => ludus.call('GET', '/orgs/current/words').then(take, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  const words = known ? listed(texts, known.words) : [];
  const isChanged = known && JSON.stringify(written(words)) !== JSON.stringify(written(known.words));
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const wrong = words.find(({ phrase }) => !isPhrase(phrase));
    if (wrong) return setFault(t('A phrase has one to four words and at most 60 characters: {phrase}', wrong));
    setBusy(true);
    try {
      take(await ludus.call('PUT', '/orgs/current/words', { body: { words } }));
      changes.again();
      toast(t('Lines are compared with it from now on.'));
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Words')}</h1><p class="lead">${t('What is done about lines with words your org does not want, in every room.')}</p></div></header>
    ${known ? html`<form class="stack" onSubmit=${save}>${ACTS.map(({ id, title, says }) => html`<${Field} key=${id} as="textarea" rows="5" label=${title} hint=${says} spellcheck=${false} value=${texts[id]} onValue=${(/** @type {string} */ value) => setTexts({ ...texts, [id]: value })} />`)}
      <${Fault}>${fault}<//>
      <div class="acts"><${Button} kind="primary" type="submit" busy=${busy} disabled=${!isChanged}>${t('Save')}<//>${isChanged ? html`<${Button} onClick=${() => take(known)}>${t('As it was')}<//>` : null}<span class="hint">${t('Phrases: {count}', { count: words.length })}</span></div></form>`
      : fault ? html`<${Fault}>${fault}<//><div><${Button} onClick=${read}>${t('Try again')}<//></div>` : html`<${Skeleton} rows=${4} label=${t('Reading the words')} />`}
    <section class="section"><h2>${t('Who changed it')}</h2>
      <${Fault}>${changes.fault}<//>
      ${changes.items && !changes.items.length ? html`<${Empty} icon="history" title=${t('Nothing was ever changed')} />` : null}
      <ul class="rows">${changes.items?.map((/** @type {any} */ change) => html`<li key=${change.number} class="row"><div class="row-words"><strong>${t('Phrases: {count}', { count: change.count })}</strong><small><bdi>${nameOf(change.by)}</bdi> · <time title=${exactly(change.at)}>${since(change.at)}</time></small></div></li>`)}</ul>
      ${changes.more ? html`<div><${Button} onClick=${changes.more}>${t('More')}<//></div>` : null}</section>
  </div>`;
}

/** As the hub reads it. @param {string} phrase */
const isPhrase = (phrase) => phrase.split(/\s+/).length <= 4 && [...phrase].length <= 60;

/** A list as it is written, a phrase on each line. @param {any[]} words @returns {Record<Act, string>} */
export function written(words) {
  const texts = { ...NOTHING };
  for (const { phrase, action } of words) texts[/** @type {Act} */ (action)] += `${phrase}\n`;
  return texts;
}

/** And read again: of phrases that stand twice the first; their languages are kept. @param {Record<Act, string>} texts @param {any[]} before */
export function listed(texts, before) {
  const languages = new Map(before.map(({ phrase, language }) => [phrase, language]));
  const seen = new Set();
  return ACTS.flatMap(({ id }) => texts[id].split('\n').map((line) => line.trim()).filter((phrase) => phrase && !seen.has(`${id} ${phrase}`) && seen.add(`${id} ${phrase}`))
    .map((phrase) => ({ phrase, action: id, ...(languages.get(phrase) ? { language: languages.get(phrase) } : {}) })));
}
