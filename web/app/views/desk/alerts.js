// What signals told of, until somebody takes it on. What is pressed happens a moment later, so that
// it can be taken back without anybody having been told.

import { html, useEffect, useState } from '../../ui.js';
import { ludus, user } from '../../hub.js';
import { since } from '../../format.js';
import { Button, Menu } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast, toastFault } from '../../parts/toast.js';
import { t } from '../../texts.js';
import { SEVERITIES } from './words.js';

/** So long one can say "Undo". */
const UNDO_MS = 5_000;
const SHOWN_MAX = 30;

/** Acts that wait for their moment: they happen when the page goes, too. @type {Map<string, () => void>} */
const waiting = new Map();
globalThis.addEventListener?.('pagehide', () => {
  for (const run of [...waiting.values()]) run();
});

/** @param {{ cohort: string, alerts: import('/ludus/desks.js').DeskAlert[], nameOf: (user: string) => string, onLook: (user: string) => void }} props */
export function Alerts({ cohort, alerts, nameOf, onLook }) {
  const [hidden, setHidden] = useState(/** @type {Set<string>} */ (new Set()));
  const coaches = useCoaches(cohort, alerts.length > 0);
  const show = (/** @type {string} */ id) => setHidden((all) => new Set([...all].filter((other) => other !== id)));
  const act = (/** @type {import('/ludus/desks.js').DeskAlert} */ alert, /** @type {any} */ body, /** @type {string} */ done) => {
    const { id } = alert;
    setHidden((all) => new Set([...all, id]));
    const run = () => {
      clearTimeout(timer);
      if (!waiting.delete(id)) return;
      ludus.call('POST', `/cohorts/${cohort}/alerts/${id}/acts`, { body }).catch((error) => {
        show(id);
        toastFault(error);
      });
    };
    const timer = setTimeout(run, UNDO_MS);
    waiting.set(id, run);
    toast(done, { ms: UNDO_MS, act: { label: t('Undo'), run: () => { clearTimeout(timer); waiting.delete(id); show(id); } } });
  };
  const shown = alerts.filter(({ id }) => !hidden.has(id));
  return html`<section class="desk-alerts" aria-label=${t('Alerts')}>
    <h2>${t('Alerts')} <span class="panel-count">${shown.length || ''}</span></h2>
    ${shown.length ? null : html`<p class="hint">${t('Nothing to see to.')}</p>`}
    <ul aria-live="polite">${shown.slice(0, SHOWN_MAX).map((alert) => {
      const name = nameOf(alert.learner);
      return html`<li key=${alert.id} class=${`desk-alert desk-alert-${alert.severity}`} data-alert=${alert.id}>
        <p class="desk-alert-head"><${Icon} name=${alert.severity === 'info' ? 'info' : 'alert'} size=${16} /><span class="sr-only">${SEVERITIES[alert.severity]}: </span><strong><bdi>${name}</bdi></strong> <span>${alert.title}</span> <time>${since(alert.raised_at)}</time></p>
        <p class="hint">${alert.says}</p>
        <div class="desk-alert-acts"><${Button} kind="primary" onClick=${() => onLook(alert.learner)}>${t('Look')}<//><${Button} icon="check" onClick=${() => act(alert, { act: 'acknowledge' }, t('You see to it: {title}, {name}.', { title: alert.title, name }))}>${t('I see to it')}<//>
          <${Menu} label=${t('More about this alert')} items=${[
            { icon: 'clock', label: t('Again in {n} minutes', { n: 10 }), act: () => act(alert, { act: 'snooze', minutes: 10 }, t('It comes back in {n} minutes.', { n: 10 })) },
            ...coaches.map((coach) => ({ icon: 'people', label: t('For {name}', { name: coach.name }), act: () => act(alert, { act: 'assign', to: coach.id }, t('It is for {name} now.', { name: coach.name })) })),
            { icon: 'close', label: t('It was nothing'), act: () => act(alert, { act: 'dismiss' }, t('Dismissed.')) },
          ]} /></div></li>`;
    })}</ul></section>`;
}

/** The other coaches of a cohort. @param {string} cohort @param {boolean} wanted @returns {{ id: string, name: string }[]} */
function useCoaches(cohort, wanted) {
  const [coaches, setCoaches] = useState(/** @type {{ id: string, name: string }[]} */ ([]));
  useEffect(() => {
    if (wanted) ludus.call('GET', `/cohorts/${cohort}/members`, { query: { limit: 200 } }).then((page) => setCoaches(page.items.filter((/** @type {any} */ one) => one.part === 'coach' && one.id !== user.value.id)), () => {});
  }, [cohort, wanted]);
  return coaches;
}
