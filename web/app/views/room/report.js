// Telling the coaches of a line that should not stand.

import { html, useState } from '../../ui.js';
import { Button, Dialog, Fault, Field } from '../../parts/basics.js';
import { toast } from '../../parts/toast.js';
import { useCommand } from './dialogs.js';
import { t } from '../../texts.js';

/** Why a line should not stand. @returns {[string, string][]} */
export const reasons = () => [
  ['insult', t('It insults somebody')],
  ['harassment', t('It harasses somebody')],
  ['danger', t('Somebody may be in danger')],
  ['spam', t('It is spam')],
  ['off_topic', t('It does not belong here')],
  ['other', t('Something else')],
];

/** @param {{ room: string, seq: number, onClose: () => void }} props */
export function Report({ room, seq, onClose }) {
  const [reason, setReason] = useState('insult');
  const [note, setNote] = useState('');
  const done = () => {
    onClose();
    toast(t('The coaches were told. Thank you.'));
  };
  const { fault, busy, run } = useCommand(room, done);
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    run({ kind: 'report', line: seq, reason, ...(note.trim() ? { note } : {}) });
  };
  return html`<${Dialog} title=${t('Report this line')} onClose=${onClose}>
    <form class="stack" onSubmit=${send}>
      <p>${t('Only the coaches here learn of it, and who told them.')}</p>
      <div class="field"><label for="report-reason">${t('Why?')}</label>
        <select class="input" id="report-reason" autofocus value=${reason} onChange=${(/** @type {any} */ event) => setReason(event.currentTarget.value)}>${reasons().map(([value, label]) => html`<option value=${value} key=${value}>${label}</option>`)}</select></div>
      <${Field} label=${t('What should they know?')} as="textarea" rows="3" maxlength="500" value=${note} onValue=${setNote} />
      <${Fault}>${fault}<//>
      <div class="dialog-acts"><${Button} onClick=${onClose}>${t('Cancel')}<//><${Button} kind="primary" type="submit" busy=${busy}>${t('Report')}<//></div>
    </form>
  <//>`;
}
