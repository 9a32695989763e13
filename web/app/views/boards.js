// The boards one may see.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';

const WINDOWS = { all: 'All time', season: 'This season', month: 'This month', week: 'This week', day: 'Today' };
const SCOPES = { org: 'Everybody here', cohort: 'Cohort', team: 'Team', room: 'Room', contest: 'Contest', division: 'Division' };

/** Everything that has standings, side by side. */
export function Tabs() {
  return html`<nav class="tabs" aria-label="Standings"><${Link} href="/boards" class="tab">Boards<//><${Link} href="/leagues" class="tab">Leagues<//><${Link} href="/contests" class="tab">Contests<//><${Link} href="/seasons" class="tab">Seasons<//></nav>`;
}

export function Boards() {
  useTitle('Boards');
  const [boards, setBoards] = useState(/** @type {any[] | null} */ (null));
  const [fault, setFault] = useState('');
  const read = () => ludus.call('GET', '/boards').then((list) => { setFault(''); setBoards(list); }, (error) => setFault(error.message));
  useEffect(() => void read(), []);
  return html`<div class="page">
    <header class="page-head"><div><h1>Boards</h1><p class="lead">Who practises, and how it adds up.</p></div></header>
    <${Tabs} />
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${read}>Try again<//>` : boards ? null : html`<${Skeleton} kind="card" rows=${4} label="Reading the boards" />`}
    ${boards && !boards.length ? html`<${Empty} icon="star" title="No boards yet"><p>Boards that you may look at appear here.</p><//>` : null}
    <ul class="cards">${boards?.map((board) => html`<li key=${board.board}><${Link} class="card" href=${`/boards/${encodeURIComponent(board.board)}`}>
      <span class="card-top"><span class="kind">${WINDOWS[/** @type {'all'} */ (board.window)] ?? board.window}</span></span>
      <strong class="card-title" dir="auto">${board.title}</strong>
      <span class="card-facts"><span>${board.of ?? SCOPES[/** @type {'org'} */ (board.scope)] ?? board.scope}</span>${board.teams ? html`<span>Teams</span>` : null}${board.anonymous ? html`<span>Without names</span>` : null}</span><//></li>`)}</ul>
  </div>`;
}
