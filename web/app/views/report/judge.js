// What a coach scores otherwise: what it was, who did it and why; and a place to do it.

import { html, useState } from '../../ui.js';
import { ludus } from '../../hub.js';
import { ofHundred } from '../../practice.js';
import { date } from '../../format.js';
import { Button, Fault, Field } from '../../parts/basics.js';
import { Icon } from '../../parts/icons.js';
import { toast } from '../../parts/toast.js';
import { rich, t } from '../../texts.js';

const REASON_CHARS_MAX = 600;

/** @param {{ overrides: any[], criterion: string }} props */
export function Judged({ overrides, criterion }) {
  const own = (overrides ?? []).filter((one) => one.criterion === criterion);
  if (!own.length) return null;
  return html`<ul class="judged">${own.map((one) => html`<li key=${one.id}><${Icon} name="people" size=${16} /> <span>${inWords(one)} · ${date(one.at)}</span>
    <p dir="auto">${one.reason}</p></li>`)}</ul>`;
}

/** @param {any} one */
function inWords({ name, per_mille, was }) {
  const values = { who: html`<bdi>${name}</bdi>`, now: ofHundred(per_mille) };
  return was === undefined ? rich('{who} scored it {now}; it was not scored before', values) : rich('{who} scored it {now} instead of {was}', { ...values, was: ofHundred(was) });
}

/** @param {{ room: string, learner: string, result: any, onDone: (report: any) => void }} props */
export function Judge({ room, learner, result, onDone }) {
  const [open, setOpen] = useState(false);
  const [points, setPoints] = useState(result.score ? ofHundred(result.score.per_mille) : 50);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const judge = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      const report = await ludus.call('POST', `/training/sessions/${room}/report/overrides`, { body: { of: learner, criterion: result.id, per_mille: Number(points) * 10, reason: reason.trim() } });
      onDone(report);
      setOpen(false);
      setReason('');
      toast(t('Scored. What was gained by it follows.'), { ms: 3_000 });
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  if (!open) return html`<p class="no-print"><button type="button" class="link-button" onClick=${() => setOpen(true)} aria-label=${t('Score it otherwise: {title}', { title: result.title })}>${t('Score it otherwise')}</button></p>`;
  return html`<form class="judge no-print" onSubmit=${judge}>
    <${Field} label=${t('Points of 100')} type="number" min="0" max="100" step="1" required value=${points} onValue=${setPoints} />
    <${Field} as="textarea" rows="2" label=${t('Why')} hint=${t('The learner reads it, too.')} required maxlength=${REASON_CHARS_MAX} value=${reason} onValue=${setReason} />
    ${fault ? html`<${Fault}>${fault}<//>` : null}
    <div class="acts"><${Button} kind="primary" type="submit" busy=${busy} disabled=${!reason.trim()}>${t('Score it')}<//><${Button} onClick=${() => setOpen(false)}>${t('Leave it')}<//></div>
  </form>`;
}
