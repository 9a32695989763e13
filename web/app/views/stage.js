// The stage: one board for a hall, readable from its last row. It runs for a day by itself, and says
// when what it shows is not live.

import { html, useEffect } from '../ui.js';
import { connection } from '../hub.js';
import { Qr } from '../parts/qr.js';
import { Podium } from '../parts/podium.js';
import { Rows, useBoard, Countdown } from './board.js';
import { useTitle } from '../parts/basics.js';
import { rich, t } from '../texts.js';

const SHOWS = { top: 10, around: 0 };

/** @param {{ id: string }} props the board's key */
export function Stage({ id }) {
  const { model, refused } = useBoard(id, SHOWS);
  useTitle(model?.about?.title ?? t('Stage'));
  const isLive = connection.value.name === 'live';
  return html`<${StageView} model=${model} isLive=${isLive} over=${refused ? t('This board cannot be shown here.') : undefined} />`;
}

/** @param {{ model: any, isLive: boolean, over?: string }} props `over`: why there is no board */
export function StageView({ model, isLive, over }) {
  useAwake();
  return html`<main class="stage" id="main">
    <header class="stage-head"><h1 dir="auto">${model?.about?.title ?? t('Board')}</h1>
      <p role="status" class=${isLive ? 'stage-state' : 'stage-state stage-off'}>${isLive ? (model?.about?.over ? t('Final') : model?.about?.starts_at > Date.now() ? html`<${Countdown} to=${model.about.starts_at} begins />` : model?.about?.ends_at ? html`<${Countdown} to=${model.about.ends_at} />` : t('Live')) : t('Not live: trying to reach the hub')}</p></header>
    ${over ? html`<p class="stage-empty">${over}</p>` : model?.count && model.about?.over ? html`<${Podium} rows=${model.shown()} />` : model?.count ? html`<${Rows} model=${model} />` : html`<p class="stage-empty">${model ? t('Nobody stands here yet. Who says the first line?') : t('Reading the board…')}</p>`}
    <footer class="stage-foot">${model?.count > SHOWS.top ? html`<p class="stage-crowd">${t('{n} take part', { n: model.count })}</p>` : null}<${Qr} text=${location.origin} label=${t('Code to join')} /><p>${rich('Join at {host}', { host: html`<strong>${location.host}</strong>` })}</p></footer>
  </main>`;
}

/** Keeps the screen lit while it is looked at, where the browser lets us. */
function useAwake() {
  useEffect(() => {
    /** @type {any} */
    let lock = null;
    const hold = async () => {
      if (document.visibilityState !== 'visible') return;
      lock = await navigator.wakeLock?.request('screen').catch(() => null);
    };
    hold();
    document.addEventListener('visibilitychange', hold);
    return () => {
      document.removeEventListener('visibilitychange', hold);
      lock?.release?.();
    };
  }, []);
}
