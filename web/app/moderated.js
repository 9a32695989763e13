// What coaches did about oneself, one's lines and one's reports, as news.

import { toast } from './parts/toast.js';
import { t } from './texts.js';

/** @param {any} fact of one's inbox */
export function tell(fact) {
  if (fact.kind === 'moderated') toast(moderatedInWords(fact), { href: '/moderation' });
  else if (fact.kind === 'appeal_answered') toast(fact.granted ? t('Your appeal was granted.') : t('Your appeal was answered.'), { href: '/moderation' });
  else toast(fact.upheld ? t('A line you reported should not have been said. Thank you for telling.') : t('A line you reported was looked at, and may stand.'));
}

/** What was done about oneself. @param {any} fact */
function moderatedInWords({ measure }) {
  switch (measure) {
    case 'hide_line': return t('A coach has hidden a line of yours. You may appeal.');
    case 'show_line': return t('A line of yours is shown again.');
    case 'mute': return t('You were muted in a room. You may appeal.');
    case 'unmute': return t('You may speak again.');
    case 'ban': return t('You were banned from a room. You may appeal.');
    case 'unban': return t('You may come into the room again.');
    default: return t('Something was done about you in a room.');
  }
}
