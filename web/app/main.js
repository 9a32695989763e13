// The page starts here: who is signed in decides which door is shown, the path decides which room.

import { render } from 'preact';
import { html, useEffect, useState } from './ui.js';
import { begin, unreachable, user } from './hub.js';
import { go, place } from './router.js';
import { followInbox, forgetRooms, loadRooms } from './rooms.js';
import { Guard, Mark } from './parts/basics.js';
import { Toasts } from './parts/toast.js';
import { lazy, readAhead } from './lazy.js';
import { sheet } from './sheet.js';
import { Shell } from './views/shell.js';
import { SignIn } from './views/sign-in.js';
import { Home } from './views/home.js';
import { Room } from './views/room.js';
import { Empty } from './parts/basics.js';
import { Link } from './router.js';
import { learnAfter, t } from './texts.js';

const Claim = lazy(() => import('./views/claim.js'), 'Claim');
const Enter = lazy(() => import('./views/enter.js'), 'Enter');
const People = lazy(() => import('./views/people.js'), 'People');
const Cohorts = lazy(() => import('./views/cohorts.js'), 'Cohorts');
const Settings = lazy(() => import('./views/settings.js'), 'Settings');
const Stage = lazy(() => import('./views/stage.js'), 'Stage');
const Display = lazy(() => import('./views/display.js'), 'Display');
const Boards = lazy(() => import('./views/boards.js'), 'Boards');
const Board = lazy(() => import('./views/board.js'), 'Board');
const Contest = lazy(() => import('./views/contests.js'), 'Contest');
const Contests = lazy(() => import('./views/contests.js'), 'Contests');
const Leagues = lazy(() => import('./views/leagues.js'), 'Leagues');
const Seasons = lazy(() => import('./views/leagues.js'), 'Seasons');
const Progress = lazy(() => import('./views/progress.js'), 'Progress');
const Practise = lazy(() => import('./views/practise.js'), 'Practise');
const Report = lazy(() => import('./views/report.js'), 'Report');
const readDesk = () => Promise.all([learnAfter(), sheet('/style/after.css')]).then(() => import('./views/desk.js'));
const Desk = lazy(readDesk, 'Desk');
const Desks = lazy(readDesk, 'Desks');
const Ledger = lazy(() => import('./views/ledger.js'), 'Ledger');
const Palette = lazy(() => import('./views/palette.js'), 'Palette');
const Replay = lazy(() => Promise.all([learnAfter(), sheet('/style/after.css')]).then(() => import('./views/replay.js')), 'Replay');
const Content = lazy(() => sheet('/style/content.css').then(() => import('./views/admin/content.js')), 'Content');
const Docs = lazy(() => import('./views/docs.js'), 'Docs');

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What the path names. @param {string} path */
function view(path) {
  const [first = '', second = '', third = '', fourth = ''] = path.split('/').filter(Boolean);
  if (first === 'rooms' && UUID.test(second) && third === 'replay') return html`<${Replay} key=${`replay-${second}`} id=${second} />`;
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
  if (first === 'admin' && second === 'content') return html`<${Content} kind=${third} id=${fourth} />`;
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
  const [seeking, setSeeking] = useState(false);
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (!me || event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setSeeking((is) => !is);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
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
  return html`<${Guard}>${body}${seeking && me ? html`<${Palette} onClose=${() => setSeeking(false)} />` : null}<${Toasts} /><//>`;
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
readAhead();
