// Oneself: name, password, look, going out.

import { html, useState } from '../ui.js';
import { ludus, pending, user } from '../hub.js';
import { dropDrafts } from '../drafts.js';
import { go } from '../router.js';
import { plural } from '../format.js';
import { Button, Choices, Dialog, Fault, Field, useTitle } from '../parts/basics.js';
import { toast } from '../parts/toast.js';

export function Settings() {
  useTitle('Settings');
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1>Settings</h1><p class="lead">What others see of you, and how this page looks.</p></div></header>
    <${Name} />
    <${Look} />
    ${user.value.guest ? null : html`<${Password} />`}
    <${Leave} />
  </div>`;
}

/** A form with one thing to save. @param {() => Promise<any>} save @param {string} done */
function useSaving(save, done) {
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault('');
    try {
      await save();
      toast(done);
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  return { fault, busy, submit };
}

function Name() {
  const [name, setName] = useState(user.value.name);
  const { fault, busy, submit } = useSaving(async () => {
    user.value = { ...user.value, ...(await ludus.call('PUT', '/me', { body: { name } })) };
    ludus.user = user.value;
  }, 'Your name was changed.');
  return html`<section class="section"><h2>You</h2><form class="stack" onSubmit=${submit}>
    <${Field} label="Name" autocomplete="name" required maxlength="60" value=${name} onValue=${setName} fault=${fault} hint="Rooms you are in already keep the name you joined with." />
    ${user.value.email ? html`<${Field} label="E-mail" type="email" readonly value=${user.value.email} />` : null}
    <div><${Button} kind="primary" type="submit" busy=${busy} disabled=${name === user.value.name}>Save<//></div>
  </form></section>`;
}

function Look() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? 'system');
  const choose = (/** @type {string} */ value) => {
    setTheme(value);
    if (value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    try {
      localStorage.setItem('ludus.theme', value);
    } catch {
      // It holds for this visit.
    }
  };
  return html`<section class="section"><h2>Look</h2>
    <${Choices} label="Theme" value=${theme} onValue=${choose} options=${[
      { value: 'system', label: 'As the device', hint: 'Changes with it' },
      { value: 'light', label: 'Light', hint: 'Ink on paper' },
      { value: 'dark', label: 'Dark', hint: 'For the evening' },
    ]} />
  </section>`;
}

function Password() {
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const { fault, busy, submit } = useSaving(async () => {
    await ludus.call('PUT', '/me/password', { body: { current, new: fresh } });
    setCurrent('');
    setFresh('');
  }, 'Your password was changed.');
  return html`<section class="section"><h2>Password</h2><form class="stack" onSubmit=${submit}>
    <input type="email" class="sr-only" autocomplete="username" tabindex="-1" aria-hidden="true" readonly value=${user.value.email ?? ''} />
    <${Field} label="Current password" type="password" autocomplete="current-password" required value=${current} onValue=${setCurrent} />
    <${Field} label="New password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" value=${fresh} onValue=${setFresh} hint="At least 8 characters." />
    <${Fault}>${fault}<//>
    <div><${Button} kind="primary" type="submit" busy=${busy}>Change the password<//></div>
  </form></section>`;
}

function Leave() {
  const [asking, setAsking] = useState(/** @type {'' | 'here' | 'everywhere'} */ (''));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const out = async (/** @type {boolean} */ everywhere) => {
    setBusy(true);
    setFault('');
    try {
      const me = user.value.id;
      await ludus.signOut({ everywhere });
      dropDrafts(me);
      go('/', { replace: true });
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  const waiting = pending.value.length;
  const ask = (/** @type {'here' | 'everywhere'} */ how) => (waiting ? setAsking(how) : out(how === 'everywhere'));
  return html`<section class="section"><h2>Going out</h2>
    <p class="hint">${user.value.guest ? 'You are here as a guest: once you are out, this name is gone.' : 'Signing out everywhere ends every other tab and device too.'}</p>
    <${Fault}>${fault}<//>
    <div class="acts"><${Button} icon="door" busy=${busy} onClick=${() => ask('here')}>Sign out<//><${Button} kind="danger" busy=${busy} onClick=${() => ask('everywhere')}>Sign out everywhere<//></div>
    ${asking ? html`<${Dialog} title="Some lines were not sent" onClose=${() => setAsking('')}>
      <p>${plural(waiting, 'line is', 'lines are')} still waiting to be sent. If you sign out now, ${waiting === 1 ? 'it is' : 'they are'} lost.</p>
      <div class="dialog-acts"><${Button} onClick=${() => setAsking('')}>Stay<//><${Button} kind="danger" busy=${busy} onClick=${() => out(asking === 'everywhere')}>Sign out anyway<//></div><//>` : null}
  </section>`;
}
