// From choosing a scenario to reading its report. What the hub says of practices is said here as it
// would say it; the room is the real one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hub, Person, invite, launch, until } from './kit.js';

const SCENARIO = {
  id: 'interview-first-minutes', title: 'Job interview: the first ten minutes', field: 'job-interview', language: 'en', summary: 'You are invited for a job that you want. Ten minutes decide.', minutes: 15, difficulty: 3,
  skills: ['specificity', 'clarity'], personas: ['mara-okafor'], role: 'You apply as a team lead.', goals: [{ id: 'numbers', title: 'Name a result in numbers' }, { id: 'ask', title: 'Ask a question that matters' }],
  hints: ['Begin with one result.', 'Ask what success looks like.'], rubric: { id: 'interview', title: 'Interview', summary: '', criteria: [] }, cast: [{ id: 'mara-okafor', name: 'Mara Okafor', title: 'Head of operations', language: 'en' }],
};
const EASY = { ...SCENARIO, id: 'sprachcafe-alltag', title: 'Sprachcafé: Dein Alltag', field: 'language-cafe', language: 'de', difficulty: 1, personas: ['emre-yildiz'] };
const LEVEL = (per_mille, uncertainty) => ({ per_mille, uncertainty });
const REPORT = {
  at: Date.now(), scenario: SCENARIO.id, title: SCENARIO.title, harder: 0, minutes: 9, ended: 'good', lines: 12, judge: 'local', quotes: [{ seq: 7, text: 'We cut waiting times from 40 to 25 minutes.' }],
  report: {
    goals: [{ id: 'numbers', title: 'Name a result in numbers', met_at: 7 }, { id: 'ask', title: 'Ask a question that matters', met_at: null }],
    criteria: [
      { id: 'concrete', title: 'Concrete answers', weight: 2, skill: 'specificity', score: { criterion: 'concrete', per_mille: 740, source: 'local', evidence: [7], reason: null, better: null }, level: 'Names results and numbers.' },
      { id: 'asking', title: 'Questions', weight: 1, skill: 'questioning', score: null, level: null },
    ],
    total: 740, scored: 660, went_well: ['concrete'], try_next: ['Ask one question that cannot be answered with yes or no.'], skills: [{ skill: 'specificity', before: LEVEL(500, 1000), after: LEVEL(612, 640) }],
  },
};
/** Newest first, as the hub tells them. */
const HISTORY = [[740, 0, 612, 420], [380, 1, 540, 560], [500, 4, 500, 800]].map(([per_mille, days, level, uncertainty], i) => ({ room: `r${i}`, at: Date.now() - days * 864e5, per_mille, change: i ? 0 : 112, level: LEVEL(level, uncertainty) }));
const SKILLS = {
  practices: 3, next: [{ scenario: SCENARIO.id, because_of: 'clarity', steps: 1 }],
  skills: [{ skill: 'specificity', level: LEVEL(612, 420), history: HISTORY }, { skill: 'clarity', level: LEVEL(250, 800), history: HISTORY.slice(0, 1) }, { skill: 'questioning', level: LEVEL(900, 120), history: [] }],
};

let browser, hub, ada, bo, room;
let over = false;
const forgotten = [];
before(async () => {
  browser = await launch();
  hub = await Hub.start({ LUDUS_CONTENT__FOLDER: fileURLToPath(new URL('../../content', import.meta.url)) });
  ada = await Person.open(browser, 'Ada Lovelace');
  await ada.claim(await hub.ownerLink(), { email: 'ada@example.org' });
  bo = await Person.open(browser, 'Bo Diddley');
  const says = (path, json) => bo.page.route(new RegExp(`/api/v1${path}(\\?.*)?$`), (route) => (route.request().method() === 'GET' ? route.fulfill({ json: typeof json === 'function' ? json() : json }) : route.fallback()));
  await says('/scenarios', { items: [SCENARIO, EASY] });
  await says('/scenarios/[a-z-]+', SCENARIO);
  await says('/personas', { items: SCENARIO.cast });
  await says('/me/skills', SKILLS);
  await says('/me/memories', () => ({ off: false, items: forgotten.length ? [] : [{ persona: 'mara-okafor', slots: { name: 'Bo' }, notes: ['Practised an interview, met 1 of 2 goals.'], changed_at: Date.now() }] }));
  await bo.page.route(/\/api\/v1\/me\/memories\//, (route) => { forgotten.push(route.request().url().split('/').pop()); return route.fulfill({ status: 204 }); });
  await bo.page.route(/\/api\/v1\/training\/sessions(\?.*)?$/, (route) => (route.request().method() === 'GET' ? route.fulfill({ json: { items: room ? [{ id: room, title: SCENARIO.title, scenario: SCENARIO.id, state: over ? 'ended' : 'running', opened_at: Date.now(), ...(over ? { score: 740, minutes: 9 } : {}) }] : [] } }) : route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), harder: 1 }) })));
  await says('/training/sessions/[0-9a-f-]+', () => ({ state: over ? 'ended' : 'running', live_ms: 60_000, left_ms: over ? 0 : 14 * 60_000, goals: [] }));
  await says('/training/sessions/[0-9a-f-]+/report', () => ({ ...REPORT, room, user: bo.id }));
  await bo.page.route(/\/sessions\/[0-9a-f-]+\/end$/, (route) => { over = true; return route.fulfill({ status: 204 }); });
  await bo.claim(await invite(ada, 'learner'), { email: 'bo@example.org' });
  bo.id = await bo.page.evaluate(async () => (await import('/app/hub.js')).user.value.id);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('scenarios are found by subject and language, and one is recommended', async () => {
  await bo.page.getByRole('link', { name: 'Practise' }).first().click();
  await bo.page.locator('.recommended', { hasText: 'it trains clarity, a little harder' }).waitFor();
  assert.equal(await bo.page.locator('.scenario').count(), 2);
  await bo.page.getByLabel('Language').selectOption('de');
  await until(async () => (await bo.page.locator('.scenario').count()) === 1, 'one of them');
  await bo.page.getByLabel('Language').selectOption('');
  await bo.page.locator('.scenario', { hasText: 'Mara Okafor' }).waitFor();
});

test('one press begins it: brief, goals, hints when asked, time left', async () => {
  await bo.page.getByRole('button', { name: `Start: ${SCENARIO.title}` }).first().click();
  await bo.field.waitFor();
  room = new URL(bo.page.url()).pathname.split('/')[2];
  await bo.page.locator('.time-left', { hasText: '14 min left' }).waitFor();
  await bo.page.setViewportSize({ width: 360, height: 740 });
  const brief = bo.page.locator('.brief-fold');
  await brief.locator('summary').click();
  await brief.getByText('You apply as a team lead.').waitFor();
  assert.equal(await brief.locator('.hints li').count(), 0);
  await brief.getByRole('button', { name: 'Give me a hint' }).click();
  await brief.getByText('Begin with one result.').waitFor();
  await bo.isAccessible();
  await bo.page.setViewportSize({ width: 1440, height: 900 });
  await bo.page.locator('aside.brief').waitFor();
  if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/brief-wide.png` });
  await bo.isAccessible();
});

test('it ends when one says so twice, and leads to the report', async () => {
  await bo.page.getByRole('button', { name: 'End the practice' }).click();
  await bo.page.getByRole('button', { name: 'End it' }).click();
  await until(() => over, 'the hub to be told');
  await bo.page.evaluate(async (id) => {
    const { ludus } = await import('/app/hub.js');
    const { roomOf } = await import('/app/rooms.js');
    ludus.following.get(`room:${id}`)?.({ type: 'event', stream: `room:${id}`, seq: roomOf(id).model.head + 1, at: Date.now(), by: 'hub', fact: { kind: 'scene_closed' } });
  }, room);
  await bo.page.locator('.scene-over').getByRole('link', { name: 'See your report' }).click();
  await bo.page.getByRole('heading', { name: 'Goals: 1 of 2' }).waitFor();
  assert.match(await bo.page.locator('.report .ring').getAttribute('aria-label') ?? '', /74 of 100/);
  await bo.page.locator('.criterion', { hasText: 'from 40 to 25' }).waitFor();
  await bo.page.locator('.criterion', { hasText: 'not scored' }).waitFor();
  await bo.page.locator('.changed', { hasText: '50 → 61 (+11)' }).waitFor();
});

test('skills say how sure they are, and a persona forgets when told to', async () => {
  await bo.page.goto(`${hub.url}/progress`);
  await bo.page.locator('.skill', { hasText: 'fairly sure' }).waitFor();
  await bo.page.goto(`${hub.url}/settings`);
  await bo.page.getByRole('button', { name: 'Have Mara Okafor forget you' }).click();
  await bo.page.getByText('Nobody remembers anything of you.').waitFor();
  assert.deepEqual(forgotten, ['mara-okafor']);
});

test('a skill over time: each practice is a dot at its height and day, the line goes in its band, and it is said in words', async () => {
  await bo.page.goto(`${hub.url}/progress`);
  const chart = bo.page.locator('.skill .chart');
  await chart.waitFor();
  assert.equal(await chart.count(), 1, 'a skill that was seen once has no course');
  const drawn = await chart.evaluate((svg) => {
    const points = (/** @type {string} */ name) => svg.querySelector(name)?.getAttribute('points')?.split(' ').map((point) => point.split(',').map(Number)) ?? [];
    return { dots: [...svg.querySelectorAll('circle')].map((dot) => [Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))]), line: points('.chart-line'), band: points('.chart-band'), says: svg.getAttribute('aria-label'), box: { width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height } };
  });
  // Oldest first: 50, 38 and 74 of 100; three days, then one.
  const [[x0, y0], [x1, y1], [x2, y2]] = drawn.dots;
  assert.ok(y1 > y0 && y0 > y2, `heights ${y0} ${y1} ${y2}`);
  assert.ok(Math.abs((y1 - y0) / (y0 - y2) - 0.5) < 0.05, 'as far apart as their scores');
  assert.ok(Math.abs((x1 - x0) / (x2 - x1) - 3) < 0.1, 'as far apart as their days');
  for (const [x, y] of drawn.dots) assert.ok(x >= 0 && x <= drawn.box.width && y >= 0 && y <= drawn.box.height, `${x},${y} is in the picture`);
  assert.equal(drawn.line.length, 3);
  drawn.line.forEach(([x, y], i) => {
    const [[top, above], [bottom, below]] = [drawn.band[i], drawn.band[drawn.band.length - 1 - i]];
    assert.ok(top === x && bottom === x && above < y && y < below, `the line leaves its band at ${x}`);
  });
  const width = (/** @type {number} */ i) => drawn.band[drawn.band.length - 1 - i][1] - drawn.band[i][1];
  assert.ok(width(0) > width(1) && width(1) > width(2), 'one grows surer');
  assert.match(drawn.says ?? '', /specificity.*50.*38.*74/i);
  // From three skills on, a shape of all of them.
  const radar = bo.page.locator('.radar');
  assert.match(await radar.getAttribute('aria-label') ?? '', /Specificity 61, Clarity 25, Questioning 90/i);
  assert.equal(await radar.locator('text').count(), 3);
  const far = await radar.evaluate((svg) => (svg.querySelector('.chart-line')?.getAttribute('points') ?? '').split(' ').map((point) => point.split(',').map(Number)).map(([x, y]) => Math.hypot(x - 150, y - 150)));
  assert.deepEqual(far.map(Math.round), [61, 25, 90]);
});

test('every view of a practice fits a phone, light and dark, without a serious fault', async () => {
  for (const [what, path] of [['practise', '/practise'], ['brief', `/rooms/${room}`], ['report', `/report/${room}`], ['skills', '/progress'], ['memories', '/settings']]) {
    for (const width of [360, 1440]) {
      await bo.page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await bo.page.goto(hub.url + path);
      await bo.page.locator('h1').first().waitFor();
      await until(async () => !(await bo.page.locator('.skeletons').count()), `${path} to be there`);
      for (const scheme of ['light', 'dark']) {
        await bo.page.emulateMedia({ colorScheme: /** @type {'light'} */ (scheme) });
        await bo.page.waitForTimeout(250);
        assert.ok(await bo.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} scrolls sideways at ${width}`);
        await bo.isAccessible();
        if (process.env.SHOTS) await bo.page.screenshot({ path: `${process.env.SHOTS}/${what}-${width}-${scheme}.png`, fullPage: what !== 'brief' });
      }
    }
  }
});

test('a report on paper has no buttons', async () => {
  await bo.page.goto(`${hub.url}/report/${room}`);
  await bo.page.getByRole('heading', { name: /Goals/ }).waitFor();
  await bo.page.emulateMedia({ media: 'print' });
  assert.equal(await bo.page.getByRole('button', { name: 'Print' }).isVisible(), false);
  assert.equal(await bo.page.locator('.side-places').isVisible(), false);
});

test('nothing complained', () => {
  assert.deepEqual(bo.complaints, []);
});
