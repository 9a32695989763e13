// The nodes of the hub: which there are, what they carry, and whether they are well.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { count, exactly, since } from '../../format.js';
import { Fault, Skeleton, useTitle } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../texts.js';

const AGAIN_MS = 5_000;
/** Nodes are to be kept within ten seconds of each other. */
const CLOCK_MS_MAX = 5_000;
const BUS = { up: t('Redis is up'), down: t('Redis is down: news take a second'), none: t('alone, without Redis') };

/** @typedef {{ id: string, answers: boolean, version: string, started_at: number, seen_at: number, running: boolean, clock_ahead_ms: number, bus: string, sockets: number, rooms: number, boards: number }} Node */

export function Nodes() {
  useTitle(t('Nodes and health'));
  const [nodes, setNodes] = useState(/** @type {Node[] | null} */ (null));
  const [ready, setReady] = useState(/** @type {boolean | null} */ (null));
  const [fault, setFault] = useState('');
  useEffect(() => {
    const read = () => {
      ludus.call('GET', '/nodes').then((body) => { setNodes(body.nodes); setFault(''); }, (error) => setFault(error.message));
      fetch('/readyz', { cache: 'no-store' }).then(({ ok }) => setReady(ok), () => setReady(false));
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const running = nodes?.filter((node) => node.running) ?? [];
  const sum = (/** @type {'sockets' | 'rooms' | 'boards'} */ what) => count(running.reduce((all, node) => all + node[what], 0));
  const troubles = troublesOf(nodes ?? [], ready);
  return html`<div class="page">
    <header class="page-head"><div><h1>${t('Nodes and health')}</h1><p class="lead">${t('As the store has heard of them, a few seconds ago at most.')}</p></div></header>
    <${Fault}>${fault}<//>
    ${nodes ? html`<p class=${troubles.length ? 'health health-bad' : 'health'} role="status"><${Icon} name=${troubles.length ? 'alert' : 'check'} /> <span>${troubles.length ? troubles.join(' ') : t('Everything is well.')}</span></p>
      <div class="figures"><${Tile} title=${t('Nodes')} figure=${count(running.length)} /><${Tile} title=${t('Connections')} figure=${sum('sockets')} /><${Tile} title=${t('Rooms in memory')} figure=${sum('rooms')} /><${Tile} title=${t('Boards in memory')} figure=${sum('boards')} /></div>
      <div class="table-frame" tabindex="0" role="region" aria-label=${t('Nodes')}><table class="table"><thead><tr><th>${t('Node')}</th><th>${t('State')}</th><th>${t('Version')}</th><th class="figure">${t('Connections')}</th><th class="figure">${t('Rooms')}</th><th class="figure">${t('Boards')}</th><th>${t('News of others')}</th><th class="figure">${t('Clock')}</th><th>${t('Since')}</th></tr></thead>
        <tbody>${nodes.map((node) => html`<tr key=${node.id} class=${node.running ? '' : 'row-off'}><td><code>${node.id.slice(-8)}</code>${node.answers ? html` <small>${t('(answers you)')}</small>` : null}</td>
          <td><span class=${node.running ? 'phase phase-live' : 'phase phase-bad'}>${node.running ? t('runs') : t('silent {when}', { when: since(node.seen_at) })}</span></td><td>${node.version}</td>
          <td class="figure">${count(node.sockets)}</td><td class="figure">${count(node.rooms)}</td><td class="figure">${count(node.boards)}</td><td>${BUS[/** @type {'up'} */ (node.bus)] ?? node.bus}</td><td class="figure">${t('{n} ms', { n: node.clock_ahead_ms })}</td><td><time title=${exactly(node.started_at)}>${since(node.started_at)}</time></td></tr>`)}</tbody></table></div>`
      : fault ? null : html`<${Skeleton} rows=${3} label=${t('Reading the nodes')} />`}
  </div>`;
}

/** @param {{ title: string, figure: string }} props */
const Tile = ({ title, figure }) => html`<div class="tile"><h2>${title}</h2><p class="tile-figure">${figure}</p></div>`;

/** What is not well, in sentences. @param {Node[]} nodes @param {boolean | null} ready */
function troublesOf(nodes, ready) {
  const running = nodes.filter((node) => node.running);
  return [
    ready === false && t('The node that answers does not take new work: it is stopping, or its store does not answer.'),
    nodes.some((node) => !node.running) && t('A node went silent without stopping.'),
    running.some((node) => node.bus === 'down') && t('Redis is down: nodes hear of each other from the store, a second later.'),
    running.some((node) => Math.abs(node.clock_ahead_ms) > CLOCK_MS_MAX) && t('The clock of a node is wrong by seconds.'),
    new Set(running.map((node) => node.version)).size > 1 && t('Nodes run different versions.'),
  ].filter((trouble) => typeof trouble === 'string');
}
