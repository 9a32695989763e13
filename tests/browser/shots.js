// Pictures of every view at three widths, light and dark, to be looked at: ./run shots FOLDER

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Hub, Person, invite, launch, twoInARoom, until } from './kit.js';

const folder = process.argv[2];
const WIDTHS = { phone: [360, 740], tablet: [768, 1024], desktop: [1440, 900] };
await mkdir(folder, { recursive: true });
const browser = await launch();
const hub = await Hub.start();
try {
  const { ada, bo, room } = await twoInARoom(browser, hub, 'Difficult conversations');
  await invite(ada, 'coach');
  await ada.page.goto(room);
  const talk = [
    [ada, 'Welcome! Today we practise *saying no* without losing a friend.'],
    [bo, 'Sounds hard. Can I see an example first?'],
    [ada, 'Of course:\n> Thank you for asking me. I cannot take this on before Friday.\n\nShort, kind, no excuse. Three parts:\n1. Thank\n2. Decline\n3. Offer, if you **want** to'],
    [bo, 'I always end up writing a novel instead 😅'],
    [bo, 'Like `sorry sorry sorry` times ten'],
    [ada, '@Bo Diddley try it on me: I ask you to review forty slides tonight.'],
  ];
  for (const [who, text] of talk) {
    await who.say(text);
    await until(async () => !(await who.page.locator('.line-pending').count()), 'the line to be stored');
  }
  const line = bo.page.locator('.line', { hasText: 'Welcome!' });
  await line.hover();
  await line.getByRole('button', { name: 'React' }).click();
  await bo.page.getByRole('menuitem', { name: '👍' }).click();
  await bo.page.getByRole('button', { name: 'Raise hand' }).click();
  for (const [title, kind] of [['Friday lounge', 'Lounge'], ['Interview clinic', 'Practice'], ['Spring contest, round two', 'Contest']]) {
    await ada.page.goto(hub.url);
    await ada.page.getByRole('button', { name: 'New room' }).click();
    await ada.page.getByLabel('Title').fill(title);
    await ada.page.getByRole('radio', { name: new RegExp(kind) }).check();
    await ada.page.getByRole('button', { name: 'Open the room' }).click();
    await ada.field.waitFor();
  }
  await bo.field.pressSequentially('Thank you for');
  const out = await Person.open(browser, 'out');
  for (const scheme of ['light', 'dark']) {
    for (const [name, [width, height]] of Object.entries(WIDTHS)) {
      const shot = async (/** @type {Person} */ who, /** @type {string} */ what) => who.page.screenshot({ path: join(folder, `${what}-${name}-${scheme}.png`) });
      for (const who of [ada, out]) {
        await who.page.setViewportSize({ width, height });
        await who.page.emulateMedia({ colorScheme: scheme });
      }
      for (const [what, path] of [['home', '/'], ['progress', '/progress'], ['ledger', '/ledger'], ['practise', '/practise'], ['leagues', '/leagues'], ['contests', '/contests'], ['seasons', '/seasons'], ['boards', '/boards'], ['board', '/boards/week-xp'], ['people', '/admin/people'], ['invitations', '/admin/invitations'], ['policies', '/admin/policies'], ['models', '/admin/models'], ['keys', '/admin/keys'], ['audit', '/admin/audit'], ['nodes', '/admin/nodes'], ['settings', '/settings'], ['cohorts', '/cohorts'], ['desks', '/desk'], ['stage', '/stage/week-xp'], ['docs', '/docs']]) {
        await ada.page.goto(hub.url + path);
        await ada.page.locator('h1').first().waitFor();
        await until(async () => !(await ada.page.locator('.skeletons').count()), 'the view');
        await shot(ada, what);
      }
      // As somebody sees it who reads from the right.
      await ada.page.evaluate(() => localStorage.setItem('ludus.side', 'rtl'));
      for (const [what, path] of [['home', '/'], ['people', '/admin/people'], ['board', '/boards/week-xp'], ['settings', '/settings'], ['room', new URL(room).pathname]]) {
        await ada.page.goto(hub.url + path);
        await ada.page.locator(what === 'room' ? '.composer-field' : 'h1').first().waitFor();
        await until(async () => !(await ada.page.locator('.skeletons').count()), 'the view');
        await shot(ada, `${what}-rtl`);
      }
      await ada.page.evaluate(() => localStorage.removeItem('ludus.side'));
      await ada.page.goto(room);
      await ada.field.waitFor();
      await ada.sees('forty slides');
      await bo.field.pressSequentially('.');
      await ada.page.waitForTimeout(300);
      await shot(ada, 'room');
      await ada.page.locator('.panel-toggle').click();
      await shot(ada, 'members');
      await ada.page.goto(hub.url);
      await ada.page.getByRole('button', { name: 'New room' }).click();
      await shot(ada, 'new-room');
      for (const [what, path] of [['sign-in', '/'], ['enter', '/#/enter/']]) {
        await out.page.goto(hub.url + path);
        await out.page.locator('h1').waitFor();
        await shot(out, what);
      }
    }
  }
} finally {
  await browser.close();
  await hub.end();
}
