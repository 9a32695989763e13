// How the connection is, in words.

import { html, useEffect, useState } from '../ui.js';
import { asking, connection, ludus, pending, unreachable } from '../hub.js';
import { Icon } from './icons.js';
import { t } from '../texts.js';

/** Ticks while somebody waits for something. @param {boolean} on */
function useSeconds(on) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [on]);
}

/** @returns {{ kind: 'live' | 'busy' | 'off', text: string, said?: string, canRetry: boolean }} `said`: without the seconds, for those who listen */
function words() {
  const { name, retryAt, reason } = connection.value;
  const waiting = pending.value.filter((entry) => !entry.failed).length;
  const lines = waiting ? t('{n} lines waiting', { n: waiting }) : '';
  const join = (/** @type {string[]} */ ...parts) => parts.filter(Boolean).join(' · ');
  if (unreachable.value) return { kind: 'off', text: join(t('Offline'), lines || t('trying again')), canRetry: false };
  switch (name) {
    case 'live':
      return { kind: 'live', text: t('Live'), canRetry: false };
    case 'connecting':
      return { kind: 'busy', text: join(t('Connecting…'), lines), canRetry: false };
    case 'offline':
    case 'waiting': {
      const seconds = Math.max(1, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
      return { kind: 'off', text: join(t('Offline'), lines, t('retrying in {n} s', { n: seconds })), said: join(t('Offline'), lines), canRetry: true };
    }
    case 'refused':
      return { kind: 'off', text: join(reason === 'too_many_sockets' ? t('Too many tabs are connected') : t('The hub closed the connection'), lines), canRetry: true };
    default:
      if (asking.value) return { kind: 'busy', text: join(t('Connecting…'), lines), canRetry: false };
      return { kind: 'off', text: t('Not connected'), canRetry: false };
  }
}

/** Always in sight; `quiet` hides the word "Live" from the eyes on small screens, never the others. */
export function HowConnected() {
  const { name } = connection.value;
  useSeconds(name === 'waiting' || name === 'offline');
  const { kind, text, said, canRetry } = words();
  return html`<div class=${`connection connection-${kind}`}>
    <${Icon} name=${kind === 'off' ? 'offline' : 'live'} size=${18} />
    <span class="connection-words">${text}</span>
    <span class="sr-only" role="status">${said ?? text}</span>
    ${canRetry ? html`<button type="button" class="connection-retry" onClick=${() => ludus.hurry()}>${t('Retry now')}</button>` : null}
  </div>`;
}
