// The front door.

import { html, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { Button, Fault, Field, useTitle } from '../parts/basics.js';
import { Door } from './door.js';

export function SignIn() {
  useTitle('Sign in');
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
  return html`<${Door} title="Welcome back" foot=${html`Somebody invited you? Open the link they sent. <br /><${Link} href="/docs">For developers: the API<//>`}>
    <form class="stack" onSubmit=${submit}>
      <${Field} label="E-mail" type="email" name="email" autocomplete="username" required value=${email} onValue=${setEmail} />
      <${Field} label="Password" type="password" name="password" autocomplete="current-password" required value=${password} onValue=${setPassword} />
      <${Fault}>${fault}<//>
      <${Button} kind="primary" type="submit" busy=${busy}>Sign in<//>
    </form>
    <div class="door-or"><span>or</span></div>
    <${Link} class="button button-plain" href="/#/enter">Enter with a room code<//>
  <//>`;
}
