// The page kept in the browser: it opens without a network, never holds an answer of the hub, and a
// newer one is told of and let in when somebody says so.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { Hub, PASSWORD, Person, launch, twoInARoom, until } from './kit.js';

let browser, hub, ada, bo, room, front;
before(async () => {
  browser = await launch();
  hub = await Hub.start();
  ({ ada, bo, room } = await twoInARoom(browser, hub));
  front = await Front.start(hub);
});
after(async () => {
  await browser?.close();
  front?.server.close();
  front?.server.closeAllConnections();
  await hub?.end();
});

const OLD = '/shell.css';

/** A hub behind which the page changes: whatever it answers, but for one file of the page. */
class Front {
  /** @param {Hub} hub */
  static async start(hub) {
    const front = new Front();
    front.more = '';
    /** Whether the worker knows of the change. */
    front.isTold = true;
    const [host, port] = hub.address.split(':');
    front.server = createServer(async (from, to) => {
      const path = from.url.split('?')[0];
      if (path === OLD || path === '/worker.js') return front.changed(path, hub, to);
      const through = request({ host, port, path: from.url, method: from.method, headers: from.headers }, (answer) => {
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
      });
      through.on('error', () => to.destroy());
      from.pipe(through);
    });
    front.server.on('upgrade', (from, socket, head) => {
      const through = connect(Number(port), host, () => {
        through.write(`${from.method} ${from.url} HTTP/1.1\r\n${Object.entries(from.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
        through.write(head);
        socket.pipe(through).pipe(socket);
      });
      through.on('error', () => socket.destroy());
      socket.on('error', () => through.destroy());
    });
    await new Promise((ready) => front.server.listen(0, '127.0.0.1', ready));
    front.url = `http://127.0.0.1:${front.server.address().port}`;
    return front;
  }

  /** @param {string} path @param {Hub} hub @param {any} to */
  async changed(path, hub, to) {
    const style = (await (await fetch(hub.url + OLD)).text()) + this.more;
    const hash = createHash('sha256').update(style).digest('hex').slice(0, 32);
    const script = (await (await fetch(`${hub.url}/worker.js`)).text()).replace(new RegExp(`("${OLD}":")[0-9a-f]+`), (whole, before) => (this.isTold ? before + hash : before + '0'.repeat(32)));
    to.writeHead(200, { 'content-type': path === OLD ? 'text/css' : 'text/javascript', 'cache-control': 'no-cache' });
    to.end(path === OLD ? style : script);
  }
}

/** @param {Person} who */
async function isKept(who) {
  await until(() => who.page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.active && navigator.serviceWorker.controller)), 'the page to be kept');
}

test('there is a manifest with pictures that exist', async () => {
  const link = await ada.page.locator('link[rel=manifest]').getAttribute('href');
  const answer = await fetch(hub.url + link);
  assert.equal(answer.headers.get('content-type'), 'application/manifest+json');
  const manifest = await answer.json();
  assert.equal(manifest.display, 'standalone');
  for (const { src, type, sizes } of manifest.icons) {
    const picture = await fetch(hub.url + src);
    assert.equal(picture.headers.get('content-type'), type, src);
    if (type === 'image/png') assert.equal(Buffer.from(await picture.arrayBuffer()).readUInt32BE(16), parseInt(sizes, 10), src);
  }
});

test('nothing but the page is kept, whatever was asked of the hub', async () => {
  await isKept(ada);
  for (const path of ['/', '/progress', '/boards', '/admin/people', room.slice(hub.url.length)]) {
    await ada.page.goto(hub.url + path);
    await ada.page.locator('h1').first().waitFor();
    await ada.live();
  }
  const kept = await ada.page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
    return found;
  });
  const { files } = await worker(hub.url);
  assert.deepEqual([...kept].sort(), Object.keys(files).sort());
  assert.deepEqual(kept.filter((path) => /^\/(api|v1|healthz|readyz)/.test(path)), []);
  const asked = await ada.page.evaluate(async () => (await fetch('/readyz')).ok);
  assert.equal(asked, true);
});

/** What the worker is to keep. @param {string} url */
async function worker(url) {
  const script = await (await fetch(`${url}/worker.js`)).text();
  return { files: JSON.parse(/^self\.SHELL = (\{.*?\});\n/.exec(script)?.[1] ?? '{}') };
}

test('without a hub the page opens with what was written, and sends it when the hub is back', async () => {
  await bo.page.goto(room);
  await bo.field.waitFor();
  await isKept(bo);
  await hub.kill();
  await bo.page.locator('.connection-off').first().waitFor({ state: 'attached' });
  await bo.say('written without a hub');
  await bo.page.locator('.line-pending').waitFor();
  await bo.page.reload();
  await bo.page.getByRole('heading', { name: 'You are offline' }).waitFor();
  await bo.page.getByText('written without a hub').waitFor();
  await bo.isAccessible();
  await bo.page.goto(hub.url);
  await bo.page.getByRole('heading', { name: /Good/ }).waitFor();
  await bo.page.getByText('written without a hub').waitFor();
  await bo.page.locator('.connection', { hasText: '1 line waiting' }).waitFor();
  await bo.isAccessible();
  await hub.serve();
  await bo.live();
  await ada.page.goto(room);
  await ada.sees('written without a hub');
  await bo.page.goto(room);
  await bo.sees('written without a hub');
  assert.equal((await bo.lines()).filter((text) => text === 'written without a hub').length, 1);
});

test('a newer page is told of in words, and let in when somebody says so', async () => {
  const cy = await Person.open(browser, 'Cy');
  await cy.page.goto(front.url);
  await cy.page.getByLabel('E-mail').waitFor();
  await isKept(cy);
  assert.equal(await cy.page.getByText('A new version is here.').count(), 0, 'the first page is no news');
  front.more = '\n/* changed since */';
  const look = () => cy.page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update().catch(() => {})));
  // A worker that promises what is not there is not let in.
  front.isTold = false;
  await look();
  await until(() => cy.page.evaluate(async () => !(await navigator.serviceWorker.getRegistration())?.installing), 'it to be given up', 60_000);
  assert.equal(await cy.page.getByText('A new version is here.').count(), 0);
  front.isTold = true;
  await look();
  await cy.page.getByText('A new version is here.').waitFor({ timeout: 60_000 });
  const style = () => cy.page.evaluate(async (path) => (await fetch(path)).text(), OLD);
  assert.ok(!(await style()).includes('changed since'), 'the old page stays whole until then');
  await cy.isAccessible();
  const loaded = cy.page.waitForEvent('load');
  await cy.page.getByRole('button', { name: 'Reload' }).click();
  await loaded;
  await cy.page.getByLabel('E-mail').waitFor();
  assert.ok((await style()).includes('changed since'));
  assert.equal(await cy.page.getByText('A new version is here.').count(), 0);
  assert.equal((await cy.page.evaluate(() => caches.keys())).length, 1, 'the old page is forgotten');
  // Signing in behind it works as ever: the worker stands in nobody's way.
  await cy.page.getByLabel('E-mail').fill('bo@example.org');
  await cy.page.getByLabel('Password').fill(PASSWORD);
  await cy.page.getByRole('button', { name: 'Sign in' }).click();
  await cy.live();
  assert.deepEqual(cy.complaints, []);
  await cy.context.close();
});

test('who signs out leaves nobody behind whom the page would open for', async () => {
  await bo.page.goto(`${hub.url}/settings`);
  await bo.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await bo.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.equal(await bo.page.evaluate(() => localStorage.getItem('ludus.who')), null);
});

test('nothing complained', () => {
  assert.deepEqual([...ada.complaints, ...bo.complaints], []);
});
