// The boards one may see.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { t } from '../texts.js';

const WINDOWS = { all: t('All time'), season: t('This season'), month: t('This month'), week: t('This week'), day: t('Today') };
const SCOPES = { org: t('Everybody here'), cohort: t('Cohort'), team: t('Team'), room: t('Room'), contest: t('Contest'), division: t('Division') };

/** Everything that has standings, side by side. */
export function Tabs() {
  return html`<nav class="tabs" aria-label=${t('Standings')}><${Link} href="/boards" class="tab">${t('Boards')}<//><${Link} href="/leagues" class="tab">${t('Leagues')}<//><${Link} href="/contests" class="tab">${t('Contests')}<//><${Link} href="/seasons" class="tab">${t('Seasons')}<//></nav>`;
}

export function Boards() {
  useTitle(t('Boards'));
  const [boards, setBoards] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', '/boards').then((list) => { setFault(''); setBoards(list); }, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Boards')}</h1><p class="lead">${t('Who practises, and how it adds up.')}</p></div></header>
    <${Tabs} />
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>${t('Try again')}<//>` : boards ? null : html`<${Skeleton} kind="card" rows=${4} label=${t('Reading the boards')} />`}
    ${boards && !boards.length ? html`<${Empty} icon="star" title=${t('No boards yet')}><p>${t('Boards that you may look at appear here.')}</p><//>` : null}
    <ul class="cards">${boards?.map((board) => html`<li key=${board.board}><${Link} class="card" href=${`/boards/${encodeURIComponent(board.board)}`}>
      <span class="card-top"><span class="kind">${WINDOWS[/** @type {'all'} */ (board.window)] ?? board.window}</span></span>
      <strong class="card-title" dir="auto">${board.title}</strong>
      <span class="card-facts"><span>${board.of ?? SCOPES[/** @type {'org'} */ (board.scope)] ?? board.scope}</span>${board.teams ? html`<span>${t('Teams')}</span>` : null}${board.anonymous ? html`<span>${t('Without names')}</span>` : null}</span><//></li>`)}</ul>
  </div>`;
}
