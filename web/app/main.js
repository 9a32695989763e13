// The page starts here: who is signed in decides which door is shown, the path decides which room.

import { render } from 'preact';
import { html, useEffect, useRef, useState } from './ui.js';
import { begin, connection, unreachable, user } from './hub.js';
import { keepPage, lookForNewer } from './install.js';
import { go, place, settle } from './router.js';
import { followInbox, forgetRooms, loadRooms } from './rooms.js';
import { Guard, Mark } from './parts/basics.js';
import { Newer } from './parts/newer.js';
import { Toasts } from './parts/toast.js';
import { lazy, readAhead, styled } from './lazy.js';
import { Shell } from './views/shell.js';
import { SignIn } from './views/sign-in.js';
import { Home } from './views/home.js';
import { Room } from './views/room.js';
import { Empty } from './parts/basics.js';
import { Link } from './router.js';
import { learnAdmin, learnAfter, t } from './texts.js';

/** @type {<T>(load: () => Promise<T>) => () => Promise<T>} */
const later = (load) => styled('/style/later.css', load);
/** @type {<T>(load: () => Promise<T>) => () => Promise<T>} */
const after = (load) => styled('/style/after.css', () => learnAfter().then(load));

const Claim = lazy(() => import('./views/claim.js'), 'Claim');
const Enter = lazy(() => import('./views/enter.js'), 'Enter');
const Admin = lazy(styled('/style/admin.css', () => learnAdmin().then(() => import('./views/admin.js'))), 'Admin');
const Cohorts = lazy(after(() => import('./views/cohorts.js')), 'Cohorts');
const Settings = lazy(later(() => import('./views/settings.js')), 'Settings');
const Stage = lazy(later(() => import('./views/stage.js')), 'Stage');
const Display = lazy(later(() => import('./views/display.js')), 'Display');
const Boards = lazy(later(() => import('./views/boards.js')), 'Boards');
const Board = lazy(later(() => import('./views/board.js')), 'Board');
const Contest = lazy(later(() => import('./views/contests.js')), 'Contest');
const Contests = lazy(later(() => import('./views/contests.js')), 'Contests');
const Leagues = lazy(later(() => import('./views/leagues.js')), 'Leagues');
const Seasons = lazy(later(() => import('./views/leagues.js')), 'Seasons');
const Progress = lazy(later(() => import('./views/progress.js')), 'Progress');
const Practise = lazy(later(() => import('./views/practise.js')), 'Practise');
const Report = lazy(later(after(() => import('./views/report.js'))), 'Report');
const CohortReport = lazy(later(after(() => import('./views/cohort-report.js'))), 'CohortReport');
const readDesk = styled('/style/desk.css', after(() => import('./views/desk.js')));
const Desk = lazy(readDesk, 'Desk');
const Desks = lazy(readDesk, 'Desks');
const Moderation = lazy(later(after(() => import('./views/moderation.js'))), 'Moderation');
const Ledger = lazy(later(() => import('./views/ledger.js')), 'Ledger');
const Palette = lazy(() => import('./views/palette.js'), 'Palette');
const Replay = lazy(styled('/style/desk.css', after(() => import('./views/replay.js'))), 'Replay');
const Docs = lazy(() => import('./views/docs.js'), 'Docs');

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What the path names. @param {string} path */
function view(path) {
  const [first = '', second = '', ...rest] = path.split('/').filter(Boolean);
  if (first === 'rooms' && UUID.test(second) && rest[0] === 'replay') return html`<${Replay} key=${`replay-${second}`} id=${second} />`;
  if (first === 'rooms' && UUID.test(second)) return html`<${Room} key=${second} id=${second} />`;
  if (!first || (first === 'rooms' && !second)) return html`<${Home} />`;
  if (first === 'practise') return html`<${Practise} />`;
  if (first === 'report' && UUID.test(second)) return html`<${Report} key=${second} id=${second} />`;
  if (first === 'admin') return html`<${Admin} section=${second} rest=${rest} />`;
  // As it was called before.
  if (first === 'people') return html`<${Admin} section="people" rest=${[]} />`;
  if (first === 'desk' && !second) return html`<${Desks} />`;
  if (first === 'desk' && UUID.test(second)) return html`<${Desk} key=${second} id=${second} />`;
  if (first === 'moderation') return html`<${Moderation} />`;
  if (first === 'cohorts' && UUID.test(second) && rest[0] === 'report') return html`<${CohortReport} key=${second} id=${second} />`;
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
    const stop = followInbox(me);
    return () => {
      stop();
      forgetRooms();
    };
  }, [me]);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) settle();
    first.current = false;
  }, [path]);
  const isReached = !unreachable.value;
  useEffect(() => void (me && isReached && loadRooms()), [me, isReached]);
  const isLive = connection.value.name === 'live';
  useEffect(() => void (isLive && lookForNewer()), [isLive]);
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
  return html`<${Guard}>${body}${seeking && me ? html`<${Palette} onClose=${() => setSeeking(false)} />` : null}<${Newer} /><${Toasts} /><//>`;
}

function Opening() {
  return html`<main class="door"><div class="opening" role="status"><${Mark} size=${48} /><p>${unreachable.value ? t('The hub cannot be reached. Trying again…') : t('Opening Ludus…')}</p></div></main>`;
}

// A code in the fragment must not stay in the history of the browser once it has been used.
export const leaveDoor = (/** @type {string} */ path) => go(path, { replace: true });

begin();
// While the hub is asked, and in a turn of its own: what is read and what is drawn are two short tasks and not a long one.
setTimeout(() => {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  root.textContent = '';
  render(html`<${App} />`, root);
  keepPage();
  readAhead();
});
