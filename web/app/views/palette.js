// Everywhere one can go, by a few letters: Ctrl+K.

import { html, useEffect, useMemo, useRef, useState } from '../ui.js';
import { isAtLeast, ludus } from '../hub.js';
import { plain } from '../format.js';
import { go } from '../router.js';
import { rooms } from '../rooms.js';
import { Icon } from '../parts/icons.js';
import { t } from '../texts.js';
import { places } from './shell.js';
import { sections } from './admin/sections.js';

const SHOWN_MAX = 12;

/** @typedef {{ key: string, label: string, kind: string, icon: any, href: string }} Goal */

/** @param {{ onClose: () => void }} props */
export function Palette({ onClose }) {
  const dialog = useRef(/** @type {any} */ (null));
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState(0);
  const [cohorts, setCohorts] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const box = dialog.current;
    box.showModal();
    if (isAtLeast('coach')) ludus.call('GET', '/cohorts', { query: { limit: 100 } }).then((page) => setCohorts(page.items), () => {});
    return () => {
      box.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  const goals = useMemo(() => allGoals(cohorts), [cohorts, rooms.value]);
  const found = useMemo(() => fitting(goals, words).slice(0, SHOWN_MAX), [goals, words]);
  const at = Math.min(chosen, found.length - 1);
  const follow = (/** @type {Goal | undefined} */ goal) => {
    if (!goal) return;
    onClose();
    go(goal.href);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: found.length - 1 }[event.key];
    if (step && found.length) setChosen((at + step) % found.length);
    else if (event.key === 'Enter') follow(found[at]);
    // A search field would only empty itself.
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
  };
  return html`<dialog ref=${dialog} class="dialog palette" aria-label=${t('Go to')} onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); onClose(); }} onMouseDown=${(/** @type {any} */ event) => event.target === dialog.current && onClose()}>
    <input class="input" type="search" autofocus role="combobox" aria-expanded="true" aria-controls="palette-goals" aria-activedescendant=${found[at] ? `goal-${found[at].key}` : undefined} aria-autocomplete="list" aria-label=${t('Go to')} placeholder=${t('Where to? A room, a board, a cohort…')} autocomplete="off" spellcheck=${false} value=${words}
      onKeyDown=${keys} onInput=${(/** @type {any} */ event) => { setWords(event.currentTarget.value); setChosen(0); }} />
    <ul id="palette-goals" role="listbox" aria-label=${t('Places')}>${found.map((goal, i) => html`<li key=${goal.key} id=${`goal-${goal.key}`} role="option" aria-selected=${i === at ? 'true' : 'false'} onMouseMove=${() => setChosen(i)} onClick=${() => follow(goal)}><${Icon} name=${goal.icon} size=${18} /><bdi>${goal.label}</bdi><small>${goal.kind}</small></li>`)}</ul>
    ${found.length ? null : html`<p class="hint" role="status">${t('Nothing of that name.')}</p>`}
  </dialog>`;
}

/** @param {any[]} cohorts @returns {Goal[]} */
function allGoals(cohorts) {
  const there = places().flatMap((to) => (to ? [{ key: to.href, label: to.label, kind: t('Place'), icon: to.icon, href: to.href }] : []));
  const more = [...(isAtLeast('coach') ? [['/cohorts', t('Cohorts')]] : []), ['/leagues', t('Leagues')], ['/contests', t('Contests')], ['/seasons', t('Seasons')], ['/ledger', t('Ledger')], ['/settings', t('Settings')], ['/docs', t('The API')]].map(([href, label]) => ({ key: href, label, kind: t('Place'), icon: 'next', href }));
  const admin = isAtLeast('admin') ? sections.filter(({ view }) => view).map(({ id, label, icon }) => ({ key: `admin-${id}`, label, kind: t('Admin'), icon, href: `/admin/${id}` })) : [];
  const desks = cohorts.map(({ id, title }) => ({ key: id, label: title, kind: t('Desk'), icon: 'cohort', href: `/desk/${id}` }));
  const talks = (rooms.value ?? []).map(({ id, title }) => ({ key: id, label: title, kind: t('Room'), icon: 'rooms', href: `/rooms/${id}` }));
  return [...there, ...desks, ...talks, ...admin, ...more];
}

/** Those whose words begin with what was typed, best first. @param {Goal[]} goals @param {string} words @returns {Goal[]} */
export function fitting(goals, words) {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  if (!wanted.length) return goals;
  const rank = (/** @type {Goal} */ { label, kind }) => {
    const name = plain(label);
    const parts = `${name} ${plain(kind)}`.split(/[^\p{L}\p{N}]+/u);
    if (!wanted.every((word) => parts.some((part) => part.startsWith(word)))) return name.includes(plain(words).trim()) ? 2 : 3;
    return name.startsWith(wanted[0]) ? 0 : 1;
  };
  return goals.map((goal, i) => ({ goal, i, rank: rank(goal) })).filter(({ rank }) => rank < 3).sort((a, b) => a.rank - b.rank || a.i - b.i).map(({ goal }) => goal);
}
