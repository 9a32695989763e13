// The page starts here: who is signed in decides which door is shown, the path decides which room.

import { render } from 'preact';
import { html, useEffect } from './ui.js';
import { begin, unreachable, user } from './hub.js';
import { go, place } from './router.js';
import { followInbox, forgetRooms, loadRooms } from './rooms.js';
import { Guard, Mark } from './parts/basics.js';
import { Toasts } from './parts/toast.js';
import { Shell } from './views/shell.js';
import { Claim } from './views/claim.js';
import { Enter } from './views/enter.js';
import { SignIn } from './views/sign-in.js';
import { Home } from './views/home.js';
import { Room } from './views/room.js';
import { People } from './views/people.js';
import { Cohorts } from './views/cohorts.js';
import { Settings } from './views/settings.js';
import { Stage } from './views/stage.js';
import { Display } from './views/display.js';
import { Boards } from './views/boards.js';
import { Board } from './views/board.js';
import { Contest, Contests } from './views/contests.js';
import { Leagues, Seasons } from './views/leagues.js';
import { Progress } from './views/progress.js';
import { Practise } from './views/practise.js';
import { Report } from './views/report.js';
import { Desk, Desks } from './views/desk.js';
import { Ledger } from './views/ledger.js';
import { Docs } from './views/docs.js';
import { Empty } from './parts/basics.js';
import { Link } from './router.js';
import { t } from './texts.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What the path names. @param {string} path */
function view(path) {
  const [first = '', second = ''] = path.split('/').filter(Boolean);
  if (first === 'rooms' && UUID.test(second)) return html`<${Room} key=${second} id=${second} />`;
  if (!first || (first === 'rooms' && !second)) return html`<${Home} />`;
  if (first === 'practise') return html`<${Practise} />`;
  if (first === 'report' && UUID.test(second)) return html`<${Report} key=${second} id=${second} />`;
  if (first === 'people') return html`<${People} />`;
  if (first === 'desk' && !second) return html`<${Desks} />`;
  if (first === 'desk' && UUID.test(second)) return html`<${Desk} key=${second} id=${second} />`;
  if (first === 'cohorts') return html`<${Cohorts} />`;
  if (first === 'boards' && !second) return html`<${Boards} />`;
  if (first === 'boards' && second) return html`<${Board} key=${second} id=${decodeURIComponent(second)} />`;
  if (first === 'contests' && !second) return html`<${Contests} />`;
  if (first === 'contests' && UUID.test(second)) return html`<${Contest} key=${second} id=${second} />`;
  if (first === 'leagues') return html`<${Leagues} />`;
  if (first === 'seasons') return html`<${Seasons} />`;
  if (first === 'progress') return html`<${Progress} />`;
  if (first === 'ledger') return html`<${Ledger} />`;
  if (first === 'settings') return html`<${Settings} />`;
  if (first === 'docs') return html`<${Docs} />`;
  return html`<${Empty} icon="search" title=${t('There is nothing at this address')}><p><${Link} class="button button-primary" href="/">${t('Go to the rooms')}<//></p><//>`;
}

function App() {
  const { path, hash } = place.value;
  const [, door, code] = /^#\/(claim|enter|display)(?:\/([^/]*))?$/.exec(hash) ?? [];
  const me = user.value?.id;
  useEffect(() => {
    if (!me) return undefined;
    loadRooms();
    const stop = followInbox(me);
    return () => {
      stop();
      forgetRooms();
    };
  }, [me]);
  let body;
  if (door === 'claim') body = html`<${Claim} key=${code} code=${decodeURIComponent(code ?? '')} />`;
  else if (door === 'enter') body = html`<${Enter} key=${code} code=${decodeURIComponent(code ?? '')} />`;
  else if (door === 'display') body = html`<${Display} key=${code} code=${decodeURIComponent(code ?? '')} />`;
  else if (path.startsWith('/docs') && !me) body = html`<main class="lone"><${Docs} /></main>`;
  else if (user.value === undefined) body = html`<${Opening} />`;
  else if (user.value === null) body = html`<${SignIn} />`;
  else if (/^\/stage\/./.test(path)) body = html`<${Stage} key=${path} id=${decodeURIComponent(path.split('/')[2])} />`;
  else body = html`<${Shell}><${Guard} key=${path}>${view(path)}<//><//>`;
  return html`<${Guard}>${body}<${Toasts} /><//>`;
}

function Opening() {
  return html`<main class="door"><div class="opening" role="status"><${Mark} size=${48} /><p>${unreachable.value ? t('The hub cannot be reached. Trying again…') : t('Opening Ludus…')}</p></div></main>`;
}

// A code in the fragment must not stay in the history of the browser once it has been used.
export const leaveDoor = (/** @type {string} */ path) => go(path, { replace: true });

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.textContent = '';
render(html`<${App} />`, root);
begin();
