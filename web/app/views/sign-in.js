// The front door.

import { html, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { Button, Fault, Field, useTitle } from '../parts/basics.js';
import { Door } from './door.js';
import { lazy } from '../lazy.js';
import { learnAfter, t } from '../texts.js';

const ShutOut = lazy(() => learnAfter().then(() => import('./shut-out.js')), 'ShutOut', { quiet: true });

export function SignIn() {
  useTitle(t('Sign in'));
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      await ludus.signIn({ email, password });
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<${Door} title=${t('Welcome back')} foot=${html`${t('Somebody invited you? Open the link they sent.')} <br /><${Link} href="/docs">${t('For developers: the API')}<//>`}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label=${t('E-mail')} type="email" name="email" autocomplete="username" required value=${email} onValue=${setEmail} />
      <${Field} label=${t('Password')} type="password" name="password" autocomplete="current-password" required value=${password} onValue=${setPassword} />
      <${Fault}>${fault}<//>
      <${Button} kind="primary" type="submit" busy=${busy}>${t('Sign in')}<//>
    </form>
    ${fault ? html`<${ShutOut} email=${email} password=${password} />` : null}
    <div class="door-or"><span>${t('or')}</span></div>
    <${Link} class="button button-plain" href="/#/enter">${t('Enter with a room code')}<//>
  <//>`;
}
