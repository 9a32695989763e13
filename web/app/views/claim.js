// A one-time link: the first owner, an invitation, a forgotten password, a way into one room.

import { html, useEffect, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link, go } from '../router.js';
import { Button, Fault, Field, Skeleton, useTitle } from '../parts/basics.js';
import { Door } from './door.js';
import { t } from '../texts.js';
import { roleName } from '../format.js';

/** @type {Record<string, { title: string, lead: string, act: string }>} */
const WORDS = {
  owner: { title: t('Make this hub yours'), lead: t('You will be its first owner: you invite everybody else.'), act: t('Create the owner') },
  invitation: { title: t('You are invited'), lead: t('Choose how others see you and how you sign in.'), act: t('Accept the invitation') },
  reset: { title: t('Choose a new password'), lead: t('Every other sign-in of yours will end.'), act: t('Set the password') },
  entry: { title: t('Come in'), lead: t('No account needed: a name will do.'), act: t('Enter') },
};

/** @param {{ code: string }} props */
export function Claim({ code }) {
  useTitle(t('Open a link'));
  const [link, setLink] = useState(/** @type {any} */ (null));
  const [gone, setGone] = useState('');
  useEffect(() => {
    ludus.call('POST', '/auth/claim/inspect', { body: { code }, bare: true }).then(setLink, (error) => setGone(error.message));
  }, [code]);
  if (gone) {
    return html`<${Door} title=${t('This link does not open')} lead=${gone}>
      <${Link} class="button button-primary" href="/" replace>${t('Go to the sign-in')}<//>
    <//>`;
  }
  if (!link) return html`<${Door} title=${t('Looking at your link')}><${Skeleton} rows=${3} label=${t('Looking at your link')} /><//>`;
  return html`<${ClaimForm} code=${code} link=${link} />`;
}

/** @param {{ code: string, link: any }} props */
function ClaimForm({ code, link }) {
  const words = WORDS[link.kind] ?? WORDS.invitation;
  const needs = (/** @type {string} */ what) => link.needs.includes(what);
  const isOwner = link.kind === 'owner';
  const [place, setPlace] = useState('');
  const [name, setName] = useState(link.name ?? '');
  const [email, setEmail] = useState(link.email ?? '');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState({ code: '', message: '' });
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setFault({ code: '', message: '' });
    try {
      const body = {
        code,
        ...(needs('name') || link.name ? { name } : {}),
        ...(needs('email') ? { email } : {}),
        ...(needs('password') ? { password } : {}),
        ...(isOwner && place ? { org_name: place } : {}),
      };
      const answer = await ludus.enter('/auth/claim', body);
      // A link may say where one comes out.
      go(answer.room ? `/rooms/${answer.room}` : location.pathname, { replace: true });
    } catch (error) {
      const { code: why, message } = /** @type {any} */ (error);
      setFault({ code: why, message });
      setBusy(false);
    }
  };
  const of = (/** @type {string} */ start) => (fault.code.startsWith(start) ? fault.message : '');
  const general = ['name_', 'email_', 'password_'].some((start) => fault.code.startsWith(start)) ? '' : fault.message;
  const isKnown = link.kind === 'entry' && !needs('name') && !link.name;
  const lead = isKnown ? t('You are known here: this link signs you in, once.') : link.kind === 'invitation' && link.role ? `${link.org_name ? `${t('To {place}, as {role}.', { place: link.org_name, role: roleName(link.role) })} ` : ''}${words.lead}` : words.lead;
  return html`<${Door} title=${words.title} lead=${link.room_title ? html`${t('To the room')} <strong dir="auto">${link.room_title}</strong>. ${isKnown ? lead : words.lead}` : lead}>
    <form class="stack" onSubmit=${submit}>
      ${isOwner ? html`<${Field} label=${t('What is this place called?')} name="organization" autocomplete="organization" maxlength="60" value=${place} onValue=${setPlace} placeholder=${link.org_name} hint=${t('A school, a club, a team. You can leave it for later.')} />` : null}
      ${!needs('name') && !link.name ? null : html`<${Field} label=${t('Your name')} name="name" autocomplete="name" required maxlength="60" value=${name} onValue=${setName} fault=${of('name_')} hint=${t('As others see it.')} />`}
      ${needs('email') || link.email ? html`<${Field} label=${t('E-mail')} type="email" name="email" autocomplete="username" required readonly=${!needs('email')} value=${email} onValue=${setEmail} fault=${of('email_')} hint=${needs('email') ? t('You sign in with it. Nothing is sent to it.') : ''} />` : null}
      ${needs('password')
        ? html`<${Field} label=${t('Password')} type=${shown ? 'text' : 'password'} name="password" autocomplete="new-password" required minlength="8" maxlength="256" value=${password} onValue=${setPassword} fault=${of('password_')} hint=${t('At least 8 characters. Three or four odd words make a good one.')} />
            <label class="check"><input type="checkbox" checked=${shown} onChange=${() => setShown(!shown)} /> ${t('Show the password')}</label>`
        : null}
      <${Fault}>${general}<//>
      <${Button} kind="primary" type="submit" busy=${busy}>${words.act}<//>
    </form>
  <//>`;
}
