// The API, readable: what the hub itself says about its routes and its socket.

import { html, useEffect, useState } from '../ui.js';
import { Link } from '../router.js';
import { user } from '../hub.js';
import { Fault, Skeleton, useTitle } from '../parts/basics.js';
import { rich, t } from '../texts.js';

export function Docs() {
  useTitle('API');
  const [rest, setRest] = useState(/** @type {any} */ (null));
  const [socket, setSocket] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState('');
  useEffect(() => {
    const read = (/** @type {string} */ path) => fetch(path).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(t('The description could not be read. Load the page again.')))));
    read('/api/v1/openapi.json').then(setRest, (error) => setFault(error.message));
    read('/api/v1/asyncapi.json').then(setSocket, () => {});
  }, []);
  const calls = Object.entries(rest?.paths ?? {}).flatMap(([path, methods]) => Object.entries(methods).map(([method, call]) => ({ path, method, call })));
  const groups = Map.groupBy(calls, ({ call }) => call.tags?.[0] ?? 'other');
  return html`<div class="page docs">
    <header class="page-head"><div><h1>${t('The API')}</h1><p class="lead">${rest ? `${rest.info.title} ${rest.info.version}. ` : ''}${rich('Raw: {openapi}, {asyncapi}. In JavaScript: {client}.', { openapi: html`<a href="/api/v1/openapi.json">OpenAPI</a>`, asyncapi: html`<a href="/api/v1/asyncapi.json">AsyncAPI</a>`, client: html`<a href="/ludus.js">ludus.js</a>` })}</p></div>
      ${user.value ? null : html`<${Link} class="button button-plain" href="/">${t('Sign in')}<//>`}</header>
    <${Fault}>${fault}<//>
    ${!rest && !fault ? html`<${Skeleton} rows=${6} label=${t('Reading the description')} />` : null}
    ${[...groups].map(([tag, list]) => html`<section class="section" key=${tag}><h2>${tag}</h2><p class="hint">${rest.tags?.find((/** @type {any} */ one) => one.name === tag)?.description}</p>
      ${list.map(({ path, method, call }) => html`<${Call} key=${method + path} path=${path} method=${method} call=${call} whole=${rest} />`)}</section>`)}
    ${socket ? html`<section class="section"><h2>${t('Over a connection')}</h2><p class="hint">${socket.info?.description}</p>
      ${Object.entries(socket.components?.messages ?? {}).map(([name, message]) => html`<details class="call" key=${name}><summary><code>${name}</code><span>${/** @type {any} */ (message).summary ?? ''}</span></summary>
        ${/** @type {any} */ (message).description ? html`<p>${/** @type {any} */ (message).description}</p>` : null}<${Schema} schema=${/** @type {any} */ (message).payload} whole=${socket} /></details>`)}</section>` : null}
  </div>`;
}

/** @param {any} props */
function Call({ path, method, call, whole }) {
  const body = call.requestBody?.content?.['application/json']?.schema;
  return html`<details class="call"><summary><span class=${`method method-${method}`}>${method.toUpperCase()}</span><code>${path}</code><span>${call.summary ?? ''}</span></summary>
    ${call.description ? html`<p>${call.description}</p>` : null}
    ${call.parameters?.length ? html`<h3>${t('Parameters')}</h3><ul>${call.parameters.map((/** @type {any} */ one) => html`<li key=${one.name}><code>${one.name}</code> <small>${one.required ? t('in {place}, required', { place: one.in }) : t('in {place}', { place: one.in })}</small> ${one.description ?? ''}</li>`)}</ul>` : null}
    ${body ? html`<h3>${t('Body')}</h3><${Schema} schema=${body} whole=${whole} />` : null}
    <h3>${t('Answers')}</h3><ul>${Object.entries(call.responses ?? {}).map(([status, answer]) => html`<li key=${status}><code>${status}</code> ${/** @type {any} */ (answer).description}<${Schema} schema=${/** @type {any} */ (answer).content?.['application/json']?.schema} whole=${whole} /></li>`)}</ul>
  </details>`;
}

/** A schema with its names followed, a few steps deep. @param {any} props */
function Schema({ schema, whole }) {
  return schema ? html`<pre tabindex="0" role="group" aria-label=${t('Schema')}><code>${JSON.stringify(follow(schema, whole, 0), null, 2)}</code></pre>` : null;
}

/** @param {any} schema @param {any} whole @param {number} depth @returns {any} */
function follow(schema, whole, depth) {
  if (Array.isArray(schema)) return schema.map((one) => follow(one, whole, depth));
  if (!schema || typeof schema !== 'object') return schema;
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1);
    const found = schema.$ref.replace(/^#\//, '').split('/').reduce((/** @type {any} */ at, /** @type {string} */ part) => at?.[part], whole);
    return depth > 2 || !found ? name : follow(found, whole, depth + 1);
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, follow(value, whole, depth)]));
}
