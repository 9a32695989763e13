// In by a room's code: a guest with a nickname, or somebody who is signed in already.

import { html, useState } from '../ui.js';
import { ludus, user } from '../hub.js';
import { Link, go } from '../router.js';
import { Button, Fault, Field, useTitle } from '../parts/basics.js';
import { Door } from './door.js';
import { rich, t } from '../texts.js';

/** As the screen in front shows it. @param {string} code */
const tidy = (code) => code.trim().toUpperCase();

/** Joins by code with the sign-in there is. @param {string} code @returns {Promise<string>} the room */
export async function joinByCode(code) {
  const { id } = await ludus.call('POST', '/rooms/by-code', { body: { code: tidy(code) } });
  await ludus.command(id, { kind: 'join', code: tidy(code) });
  return id;
}

/** @param {{ code: string }} props */
export function Enter({ code: given }) {
  useTitle(t('Enter a room'));
  const [code, setCode] = useState(given);
  const [name, setName] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const signedIn = Boolean(user.value);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      if (signedIn) {
        go(`/rooms/${await joinByCode(code)}`, { replace: true });
      } else {
        const answer = await ludus.enter('/auth/guest', { code: tidy(code), name });
        if (answer.room) await ludus.command(answer.room, { kind: 'join', code: tidy(code) });
        go(answer.room ? `/rooms/${answer.room}` : '/', { replace: true });
      }
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Door} title=${t('Enter a room')} lead=${signedIn ? rich('As {name}.', { name: html`<strong dir="auto">${user.value.name}</strong>` }) : t('No account needed: a code and a name will do.')}
    foot=${signedIn ? html`<${Link} href="/">${t('Back to the rooms')}<//>` : html`<${Link} href="/">${t('I have an account')}<//>`}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label=${t('Room code')} class="input input-code" name="code" autocomplete="off" autocapitalize="characters" spellcheck=${false} required value=${code} onValue=${setCode}
        hint=${t('It is on the screen in front, or whoever leads the room will tell you.')} />
      ${signedIn ? null : html`<${Field} label=${t('Your name in the room')} name="nickname" autocomplete="nickname" required maxlength="60" value=${name} onValue=${setName} />`}
      <${Fault}>${fault}<//>
      <${Button} kind="primary" type="submit" busy=${busy}>${t('Enter')}<//>
    </form>
  <//>`;
}
