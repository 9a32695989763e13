// What one is to do in a practice: the role, the goals, a hint when one asks, the time that is left.

import { html, useEffect, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { Link } from '../../router.js';
import { Button } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';

/** Wide enough for the brief beside the talk. */
const WIDE = '(min-width: 76rem)';

export function useWide() {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const media = matchMedia(WIDE);
    const look = () => setWide(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, []);
  return wide;
}

/**
 * How long a practice still goes, by the hub's count and our clock since; pauses do not count.
 * @param {string} room @param {import('../../room-model.js').View} view
 * @returns {number | null} ms
 */
export function useTimeLeft(room, view) {
  const [read, setRead] = useState(/** @type {{ left: number, at: number } | null} */ (null));
  const [, tick] = useState(0);
  const isTimed = view.plan.kind === 'practice' && Boolean(view.plan.scene?.minutes);
  useEffect(() => {
    if (isTimed) ludus.call('GET', `/training/sessions/${room}`).then(({ left_ms }) => left_ms !== undefined && setRead({ left: left_ms, at: Date.now() }), () => {});
  }, [room, isTimed, view.phase, view.scene_closed, view.plan.scene?.minutes]);
  const runs = Boolean(read) && view.phase === 'live' && !view.scene_closed;
  useEffect(() => {
    if (!runs) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, [runs]);
  if (!read || !isTimed || view.scene_closed) return null;
  return Math.max(0, read.left - (runs ? Date.now() - read.at : 0));
}

/** @param {{ left: number }} props */
export function TimeLeft({ left }) {
  const minutes = Math.ceil(left / 60_000);
  const text = left < 60_000 ? t('{n} s left', { n: Math.ceil(left / 1_000) }) : t('{n} min left', { n: minutes });
  return html`<span class=${left < 60_000 ? 'time-left time-short' : 'time-left'}><${Icon} name="clock" size=${16} /> ${text}</span>`;
}

/** @param {any} props */
export function Brief({ scenario, model, view, rights, roomId, wide }) {
  const met = model.voices.goals();
  const body = html`
    <p dir="auto">${scenario.summary}</p>
    <section><h3>${t('You are')}</h3><p dir="auto">${scenario.role}</p></section>
    <section><h3>${t('Goals')} <span class="panel-count">${t('{n} of {count}', { n: scenario.goals.filter((/** @type {any} */ goal) => met.has(goal.id)).length, count: scenario.goals.length })}</span></h3>
      <ul class="goals">${scenario.goals.map((/** @type {any} */ goal) => html`<li key=${goal.id} class=${met.has(goal.id) ? 'goal goal-reached' : 'goal'}><span class="goal-box" aria-hidden="true">${met.has(goal.id) ? html`<${Icon} name="check" size=${14} />` : null}</span><span dir="auto">${goal.title}<span class="sr-only">${met.has(goal.id) ? ` ${t('(reached)')}` : ` ${t('(not reached yet)')}`}</span></span></li>`)}</ul></section>
    ${view.scene_closed ? null : html`<${Hints} hints=${scenario.hints} />`}
    <${Ending} view=${view} rights=${rights} roomId=${roomId} />`;
  if (wide) return html`<aside class="panel brief" aria-label=${t('Your brief')} lang=${scenario.language}><div class="panel-head"><h2>${t('Your brief')}</h2></div>${body}</aside>`;
  return html`<details class="brief-fold" lang=${scenario.language}><summary><${Icon} name="book" size=${18} /> <span>${t('Your brief')}</span><small>${t('{n} goals reached', { n: met.size })}</small></summary><div class="brief-inner">${body}</div></details>`;
}

/** @param {{ hints: string[] }} props */
function Hints({ hints }) {
  const [shown, setShown] = useState(0);
  if (!hints?.length) return null;
  return html`<section><h3>${t('Hints')}</h3>
    <ol class="hints" aria-live="polite">${hints.slice(0, shown).map((hint) => html`<li key=${hint} dir="auto"><${Icon} name="bulb" size=${16} /> <span>${hint}</span></li>`)}</ol>
    ${shown < hints.length ? html`<${Button} icon="bulb" onClick=${() => setShown(shown + 1)}>${shown ? t('Another hint') : t('Give me a hint')}<//>` : html`<p class="hint">${t('That is all I know.')}</p>`}</section>`;
}

/** @param {any} props */
function Ending({ view, rights, roomId }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  if (view.plan.kind !== 'practice') return null;
  if (view.scene_closed || view.phase === 'ended') return html`<${Link} class="button button-primary" href=${`/report/${roomId}`}>${t('See your report')}<//>`;
  if (!rights.seat) return null;
  const end = async () => {
    setBusy(true);
    await ludus.call('POST', `/training/sessions/${roomId}/end`).catch(toastFault);
    setBusy(false);
    setAsking(false);
  };
  if (!asking) return html`<div><${Button} icon="stop" onClick=${() => setAsking(true)}>${t('End the practice')}<//></div>`;
  return html`<div class="ending" role="group" aria-label=${t('End the practice?')}><p>${t('It ends for good, and your report is made.')}</p><div class="acts"><${Button} kind="primary" busy=${busy} onClick=${end}>${t('End it')}<//><${Button} onClick=${() => setAsking(false)}>${t('Go on')}<//></div></div>`;
}

/** The scene is over: where to look now. @param {{ roomId: string, view: any }} props */
export function SceneOver({ roomId, view }) {
  if (!view.scene_closed || view.plan.kind !== 'practice') return null;
  return html`<p class="scene-over" role="status"><${Icon} name="check" /> <span>${t('The scene is over. Well done.')}</span><${Link} class="button button-primary" href=${`/report/${roomId}`}>${t('See your report')}<//></p>`;
}
