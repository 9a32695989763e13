// The ledger: every point one was ever paid, and why.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { clock, count, dayKey, dayName, exactly } from '../format.js';
import { Link } from '../router.js';
import { rooms } from '../rooms.js';
import { Button, Empty, Fault, Skeleton, useTitle } from '../parts/basics.js';
import { t } from '../texts.js';

export function Ledger() {
  useTitle(t('Ledger'));
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined));
  const [kind, setKind] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const read = async (/** @type {string | undefined} */ cursor) => {
    setBusy(true);
    try {
      const page = await ludus.call('GET', '/me/ledger', { query: { cursor, limit: 100 } });
      setLines((before) => (cursor ? [...(before ?? []), ...page.items] : page.items));
      setNext(page.next ?? undefined);
      setFault('');
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  useEffect(() => void read(undefined), []);
  const kinds = [...new Set((lines ?? []).map((line) => line.kind))];
  const shown = (lines ?? []).filter((line) => !kind || line.kind === kind);
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1>${t('Why did I get this?')}</h1><p class="lead">${t('Every point, newest first. Nothing here is ever changed: what was corrected has a line of its own.')}</p></div>
      <${Link} class="button button-plain" href="/progress">${t('Progress')}<//></header>
    <${Fault}>${fault}<//>
    ${fault ? html`<${Button} onClick=${() => read(undefined)}>${t('Try again')}<//>` : null}
    ${lines || fault ? null : html`<${Skeleton} rows=${5} label=${t('Reading the ledger')} />`}
    ${kinds.length > 1 ? html`<label class="ledger-filter">${t('Kind')} <select class="input" value=${kind} onChange=${(/** @type {any} */ event) => setKind(event.currentTarget.value)}>
      <option value="">${t('All')}</option>${kinds.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>` : null}
    ${lines && !lines.length ? html`<${Empty} icon="star" title=${t('Nothing yet')}><p>${t('Say your first line in a room: it counts, and it will stand here.')}</p><${Link} class="button button-primary" href="/">${t('Go to the rooms')}<//><//>` : null}
    ${days(shown).map(([day, of]) => html`<section class="section" key=${day}><h2>${dayName(of[0].at)}</h2><ul class="rows">${of.map((line) => html`<${Row} key=${`${line.source} ${line.rule} ${line.run}`} line=${line} />`)}</ul></section>`)}
    ${next ? html`<div><${Button} busy=${busy} onClick=${() => read(next)}>${t('Older')}<//></div>` : null}
  </div>`;
}

/** @param {any[]} lines @returns {[string, any[]][]} */
function days(lines) {
  /** @type {Map<string, any[]>} */
  const of = new Map();
  for (const line of lines) of.set(dayKey(line.at), [...(of.get(dayKey(line.at)) ?? []), line]);
  return [...of];
}

/** @param {{ line: any }} props */
function Row({ line }) {
  const title = rooms.value?.find((card) => card.id === line.room)?.title;
  return html`<li class="row"><span class=${line.points < 0 ? 'ledger-points ledger-back' : 'ledger-points'}>${line.points > 0 ? '+' : line.points < 0 ? '−' : ''}${count(Math.abs(line.points))}<small>${line.kind}</small></span>
    <div class="row-words"><strong>${line.says ?? t('Adjusted by hand')}</strong>
      <small><time datetime=${new Date(line.at).toISOString()} title=${exactly(line.at)}>${clock(line.at)}</time>${line.room ? html` · <${Link} href=${`/rooms/${line.room}`}>${title ?? t('the room')}<//>` : null}${line.run ? ` · ${t('correction')}` : ''} · ${t('rule {rule}, version {version}', { rule: line.rule, version: String(line.version) })}</small></div></li>`;
}
