// Says that there is a newer page, and lets whoever reads it choose when.

import { html, useState } from '../ui.js';
import { newer, takeNewer } from '../install.js';
import { t } from '../texts.js';

export function Newer() {
  const [later, setLater] = useState(/** @type {ServiceWorker | null} */ (null));
  const [busy, setBusy] = useState(false);
  const isTold = newer.value && newer.value !== later;
  const take = () => {
    setBusy(true);
    takeNewer();
  };
  return html`<div class="newer" role="status">${isTold ? html`<div class="toast"><p>${t('A new version is here.')}</p>
    <button type="button" class="toast-act" aria-busy=${busy || undefined} onClick=${take}>${t('Reload')}</button>
    <button type="button" class="toast-act" onClick=${() => setLater(newer.value)}>${t('Later')}</button></div>` : null}</div>`;
}
