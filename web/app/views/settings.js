// Oneself: name, password, look, going out.

import { html, useEffect, useState } from '../ui.js';
import { isAtLeast, ludus, pending, user } from '../hub.js';
import { dropDrafts } from '../drafts.js';
import { go } from '../router.js';
import { Memories } from './skills.js';
import { Button, Choices, Dialog, Fault, Field, useTitle } from '../parts/basics.js';
import { toast } from '../parts/toast.js';
import { LANGUAGES, choose, chooseSide, chosen, chosenSide, t } from '../texts.js';

export function Settings() {
  useTitle(t('Settings'));
  return html`<div class="page page-narrow">
    <header class="page-head"><div><h1>${t('Settings')}</h1><p class="lead">${t('What others see of you, and how this page looks.')}</p></div></header>
    <${Name} key=${user.value.name} />
    ${user.value.guest || !isAtLeast('learner') ? null : html`<${OnBoards} /><${TimeZone} />`}
    ${user.value.guest || !isAtLeast('learner') ? null : html`<${Memories} />`}
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
  }, t('Your name was changed.'));
  return html`<section class="section"><h2>${t('You')}</h2><form class="stack" onSubmit=${submit}>
    <${Field} label=${t('Name')} autocomplete="name" required maxlength="60" value=${name} onValue=${setName} fault=${fault} hint=${t('Rooms you are in already keep the name you joined with.')} />
    ${user.value.email ? html`<${Field} label=${t('E-mail')} type="email" readonly value=${user.value.email} />` : null}
    <div><${Button} kind="primary" type="submit" busy=${busy} disabled=${name === user.value.name}>${t('Save')}<//></div>
  </form></section>`;
}

/** How one stands on boards: by name, under another one, or not at all. */
function OnBoards() {
  const [choice, setChoice] = useState({ hidden: false, nickname: '' });
  useEffect(() => void ludus.call('GET', '/me/boards').then((now) => setChoice({ hidden: now.hidden, nickname: now.nickname ?? '' }), () => {}), []);
  const { fault, busy, submit } = useSaving(() => ludus.call('PUT', '/me/boards', { body: { hidden: choice.hidden, nickname: choice.nickname.trim() || undefined } }), t('Boards show you as you chose.'));
  return html`<section class="section"><h2>${t('On boards')}</h2><form class="stack" onSubmit=${submit}>
    <${Field} label=${t('Nickname for boards')} maxlength="40" value=${choice.nickname} onValue=${(/** @type {string} */ nickname) => setChoice({ ...choice, nickname })} hint=${t('Shown to others instead of your name. Leave it empty to stand there by name.')} />
    <label class="check"><input type="checkbox" checked=${choice.hidden} onChange=${() => setChoice({ ...choice, hidden: !choice.hidden })} /> ${t('Leave me off the boards: only you and coaches see your points')}</label>
    <${Fault}>${fault}<//>
    <div><${Button} kind="primary" type="submit" busy=${busy}>${t('Save')}<//></div>
  </form></section>`;
}

/** Where one's days begin. */
function TimeZone() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [zone, setZone] = useState(here);
  useEffect(() => void ludus.call('GET', '/me/standing').then((now) => setZone(now.zone), () => {}), []);
  const { fault, busy, submit } = useSaving(() => ludus.call('PUT', '/me/zone', { body: { zone } }), t('Your days begin at midnight there.'));
  return html`<section class="section"><h2>${t('Time zone')}</h2><form class="stack" onSubmit=${submit}>
    <${Field} label=${t('Time zone')} required list="zones" value=${zone} onValue=${setZone} hint=${t('Your days, and so your streak, begin at its midnight.')} />
    <datalist id="zones">${Intl.supportedValuesOf('timeZone').map((name) => html`<option key=${name} value=${name} />`)}</datalist>
    <${Fault}>${fault}<//>
    <div class="acts"><${Button} kind="primary" type="submit" busy=${busy}>${t('Save')}<//>${zone === here ? null : html`<${Button} onClick=${() => setZone(here)}>${t('Use {zone}', { zone: here })}<//>`}</div>
  </form></section>`;
}

function Look() {
  const [side, setSide] = useState(/** @type {string} */ (chosenSide()));
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? 'system');
  const paint = (/** @type {string} */ value) => {
    setTheme(value);
    if (value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    try {
      localStorage.setItem('ludus.theme', value);
    } catch {
      // It holds for this visit.
    }
  };
  return html`<section class="section"><h2>${t('Look')}</h2>
    <${Choices} label=${t('Theme')} value=${theme} onValue=${paint} options=${[
      { value: 'system', label: t('As the device'), hint: t('Changes with it') },
      { value: 'light', label: t('Light'), hint: t('Ink on paper') },
      { value: 'dark', label: t('Dark'), hint: t('For the evening') },
    ]} />
    <${Choices} label=${t('Language')} value=${chosen} onValue=${choose} options=${[{ value: '', label: t('As the device'), hint: t('Changes with it') }, ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label, lang: value }))]} />
    <${Choices} label=${t('Reading direction')} value=${side} onValue=${(/** @type {string} */ next) => { chooseSide(next); setSide(next); }} options=${[{ value: '', label: t('As the language') }, { value: 'ltr', label: t('From the left') }, { value: 'rtl', label: t('From the right') }]} />
  </section>`;
}

function Password() {
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const { fault, busy, submit } = useSaving(async () => {
    await ludus.call('PUT', '/me/password', { body: { current, new: fresh } });
    setCurrent('');
    setFresh('');
  }, t('Your password was changed.'));
  return html`<section class="section"><h2>${t('Password')}</h2><form class="stack" onSubmit=${submit}>
    <input type="email" class="sr-only" autocomplete="username" tabindex="-1" aria-hidden="true" readonly value=${user.value.email ?? ''} />
    <${Field} label=${t('Current password')} type="password" autocomplete="current-password" required value=${current} onValue=${setCurrent} />
    <${Field} label=${t('New password')} type="password" autocomplete="new-password" required minlength="8" maxlength="256" value=${fresh} onValue=${setFresh} hint=${t('At least 8 characters.')} />
    <${Fault}>${fault}<//>
    <div><${Button} kind="primary" type="submit" busy=${busy}>${t('Change the password')}<//></div>
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
  return html`<section class="section"><h2>${t('Going out')}</h2>
    <p class="hint">${user.value.guest ? t('You are here as a guest: once you are out, this name is gone.') : t('Signing out everywhere ends every other tab and device too.')}</p>
    <${Fault}>${fault}<//>
    <div class="acts"><${Button} icon="door" busy=${busy} onClick=${() => ask('here')}>${t('Sign out')}<//><${Button} kind="danger" busy=${busy} onClick=${() => ask('everywhere')}>${t('Sign out everywhere')}<//></div>
    ${asking ? html`<${Dialog} title=${t('Some lines were not sent')} onClose=${() => setAsking('')}>
      <p>${t('{n} lines are still waiting to be sent. If you sign out now, they are lost.', { n: waiting })}</p>
      <div class="dialog-acts"><${Button} onClick=${() => setAsking('')}>${t('Stay')}<//><${Button} kind="danger" busy=${busy} onClick=${() => out(asking === 'everywhere')}>${t('Sign out anyway')}<//></div><//>` : null}
  </section>`;
}
