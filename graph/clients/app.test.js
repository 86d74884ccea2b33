// The example app in a headless Chromium: what people do with it, in several windows.
// KITH_TEST_SHOTS=DIR keeps pictures of its pages, to be looked at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { origin, url } from './server.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const password = 'a long password';
let browser, mine, theirs, page, other;

before(async () => {
  browser = await launch();
  [mine, theirs] = await Promise.all([open(browser), open(browser)]);
  [page, other] = await Promise.all([mine.context.newPage(), theirs.context.newPage()]);
  await Promise.all([page.goto(origin), other.goto(origin)]);
});

after(() => browser.close());

const main = page => page.getByRole('main');
const said = (page, text) => page.locator('.said').getByText(text).waitFor();
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const ask = (query, token) =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) }, body: JSON.stringify({ query }) }).then(r => r.json());

// What axe finds, by all of its rules or some, and whether anything is wider than the window.
async function check(page, name, rules) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(rules => globalThis.axe.run(rules ? { runOnly: rules } : {}), rules);
  assert.deepEqual(violations.map(v => `${name}: ${v.id} ${v.nodes.map(n => `${n.target} ${n.failureSummary}`).join(' ')}`), []);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${name} is wider than the window`);
  if (process.env.KITH_TEST_SHOTS) await page.screenshot({ path: `${process.env.KITH_TEST_SHOTS}/${name}.png` });
}

test('signing up, a short password first', async () => {
  await page.getByRole('link', { name: 'Sign up' }).click();
  await heading(page, 'Sign up');
  await page.getByLabel('Username').fill('zora');
  await page.getByLabel('Password').fill('short');
  await main(page).getByRole('button', { name: 'Sign up' }).click();
  await page.getByText('Password must have at least 8 characters.').waitFor();
  await page.getByLabel('Password').fill(password);
  await main(page).getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('button', { name: 'Account of zora' }).waitFor();
  await heading(page, 'Latest posts');
});

test('more posts come as one scrolls', async () => {
  const articles = page.getByRole('article');
  await articles.first().waitFor();
  assert.equal(await articles.count(), 20);
  await articles.last().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelectorAll('article').length > 20);
});

test('a post that is written here is seen there at once', async () => {
  await other.getByRole('article').first().waitFor();
  await page.getByRole('link', { name: 'Write', exact: true }).click();
  await page.getByLabel('Title').fill('Their eyes were watching');
  await page.getByLabel('Text').fill('Ships at a distance have every wish on board.');
  await page.getByLabel('Tags').fill('novels,');
  await page.keyboard.type('history');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Publish' }).click();
  await heading(page, 'Their eyes were watching');
  await other.getByRole('heading', { level: 2, name: 'Their eyes were watching' }).waitFor();
  assert.equal(await other.getByRole('article').first().getByRole('link', { name: '#novels', exact: true }).count(), 1);
  await page.goBack();
  await page.getByRole('heading', { name: 'Latest posts' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Their eyes were watching' }).count(), 1);
});

test('search finds people and posts as one types', async () => {
  const box = other.getByRole('searchbox');
  await box.pressSequentially('zor');
  await other.getByRole('link', { name: 'zora', exact: true }).waitFor();
  await box.fill('ships dist');
  await other.getByRole('link', { name: 'Their eyes were watching' }).waitFor();
  await other.getByText('1 found for “ships dist”').waitFor();
  await box.fill('zzzzz');
  await other.getByText('Nothing was found').waitFor();
  await box.fill('');
});

test('what somebody else changed meanwhile is shown, live or when one saves', async () => {
  await page.getByRole('heading', { name: 'Their eyes were watching' }).getByRole('link').click();
  await page.getByRole('link', { name: 'Edit' }).click();
  const [live, deaf] = [await mine.context.newPage(), await mine.context.newPage()];
  // The deaf one hears of no changes.
  await deaf.route('**/graphql', route => (route.request().headers().accept === 'text/event-stream' ? undefined : route.continue()));
  for (const p of [live, deaf]) {
    await p.goto(page.url());
    await p.getByLabel('Text').fill('For some they come in with the tide.');
  }
  await page.getByLabel('Title').fill('Their eyes were watching God');
  await page.getByRole('button', { name: 'Save' }).click();
  await heading(page, 'Their eyes were watching God');
  const conflict = p => p.getByRole('alert', { name: 'Conflict' });
  await conflict(live).getByText('Their eyes were watching God').waitFor();
  assert.ok(await live.getByRole('button', { name: 'Save' }).isDisabled());
  await check(live, 'conflict');
  await conflict(live).getByRole('button', { name: 'Take that version' }).click();
  assert.equal(await live.getByLabel('Text').inputValue(), 'Ships at a distance have every wish on board.');
  assert.equal(await conflict(deaf).count(), 0);
  await deaf.getByRole('button', { name: 'Save' }).click();
  await conflict(deaf).getByText('Their eyes were watching God').waitFor();
  await conflict(deaf).getByRole('button', { name: 'Keep what I wrote' }).click();
  await deaf.getByRole('button', { name: 'Save' }).click();
  await said(deaf, 'Your changes are saved.');
  await page.getByText('For some they come in with the tide.').waitFor(); // by the live changes
  await Promise.all([live.close(), deaf.close()]);
});

test('profile and address', async () => {
  await page.getByRole('button', { name: 'Account of zora' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Full name').fill('Zora Neale Hurston');
  await page.getByLabel('E-mail address').fill(`zora@${'a-long-name.'.repeat(30)}example.com`); // which browsers take
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Email address must').waitFor();
  await page.getByLabel('E-mail address').fill('zora@example.com');
  await page.getByRole('button', { name: 'Save' }).click();
  await said(page, 'Your profile is saved.');
  await other.goto(`${origin}/people/zora`);
  await heading(other, 'Zora Neale Hurston');
  assert.doesNotMatch(await other.content(), /zora@example/);
});

test('what goes along is shown before something is deleted', async () => {
  await page.goto(`${origin}/people/zora`);
  await page.getByRole('article').getByRole('link', { name: 'Their eyes' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this post?' });
  await dialog.getByText('2 tags of posts: unlinked and kept').waitFor();
  await check(page, 'delete');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await other.getByRole('heading', { name: 'Their eyes were watching' }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await said(page, 'The post was deleted.');
  await other.getByText('Nothing written yet.').waitFor(); // live as well
});

test('an expired token is changed for a new one, and nobody notices', async () => {
  let expired = 0;
  let refreshed = 0;
  await mine.context.route('**/graphql', async route => {
    const request = route.request();
    const headers = await request.allHeaders();
    if (request.postData().includes('refreshSession')) refreshed++;
    // As good as expired: kith refuses it in the same way.
    if (expired++ === 0 && headers.authorization) return route.continue({ headers: { ...headers, authorization: headers.authorization.slice(0, -4) + 'AAAA' } });
    return route.continue();
  });
  await page.getByRole('link', { name: 'People', exact: true }).click();
  await page.getByRole('link', { name: 'Zora Neale Hurston' }).waitFor();
  await page.getByRole('button', { name: 'Account of zora' }).waitFor();
  await mine.context.unroute('**/graphql');
  assert.deepEqual([expired > 2, refreshed], [true, 1]);
});

test('logging out is logging out in every window', async () => {
  const second = await mine.context.newPage();
  await second.goto(`${origin}/settings`);
  await second.getByLabel('Full name').waitFor();
  await page.getByRole('button', { name: 'Account of zora' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Log in' }).waitFor();
  await heading(second, 'Log in'); // it was where one has to be logged in
  await second.getByLabel('Username').fill('zora');
  await second.getByLabel('Password').fill('wrong');
  await main(second).getByRole('button', { name: 'Log in' }).click();
  await second.getByText('Username or password is wrong.').waitFor();
  await check(second, 'log-in');
  await second.getByLabel('Password').fill(password);
  await main(second).getByRole('button', { name: 'Log in' }).click();
  await second.getByLabel('Full name').waitFor(); // and is there again
  await page.getByRole('button', { name: 'Account of zora' }).waitFor();
  await second.close();
});

// Every page, in colours and widths that people have.
test('pages are accessible, and fit their windows', async () => {
  const post = await ask('{ posts(first: 1) { nodes { id } } }').then(a => a.data.posts.nodes[0].id);
  const pages = { feed: '/', post: `/posts/${post}`, people: '/people', person: '/people/ada', tag: '/tags/history', search: '/search?q=comp', write: '/write', settings: '/settings', nothing: '/nowhere' };
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const [name, path] of Object.entries(pages)) {
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(origin + path);
    await page.getByRole('button', { name: 'Account of zora' }).waitFor();
    await page.locator('[aria-busy]').waitFor({ state: 'detached' });
    await page.emulateMedia({ colorScheme: 'light' });
    await check(page, `${name}-light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await check(page, `${name}-dark`, ['color-contrast', 'target-size', 'scrollable-region-focusable']); // what a look can break
  }
  for (const width of [360, 1600]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(origin);
    await page.getByRole('article').first().waitFor();
    await check(page, `feed-${width}`, ['target-size']);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
});

test('the colours can be turned, and stay so', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('switch', { checked: false }).press('Enter');
  await page.reload();
  await page.getByRole('switch', { checked: true }).waitFor();
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
});

test('one sees where one is logged in, and ends what one does not know', async () => {
  const { accessToken } = (await ask(`mutation { logIn(input: {username: "zora", password: "${password}"}) { session { accessToken } } }`)).data.logIn.session;
  assert.ok((await ask('{ viewer { id } }', accessToken)).data.viewer);
  await page.goto(`${origin}/settings`);
  const logins = page.getByRole('region', { name: 'Where you are logged in' }).getByRole('listitem');
  await logins.nth(1).waitFor();
  await logins.filter({ hasNotText: 'This browser' }).getByRole('button', { name: 'End' }).click();
  await said(page, 'That login has ended.');
  await logins.nth(1).waitFor({ state: 'detached' });
  assert.equal((await ask('{ viewer { id } }', accessToken)).errors[0].extensions.code, 'UNAUTHENTICATED');
});

test('a session that ended is said to have', async () => {
  const { accessToken } = (await ask(`mutation { logIn(input: {username: "zora", password: "${password}"}) { session { accessToken } } }`)).data.logIn.session;
  await ask(`mutation { changePassword(input: {currentPassword: "${password}", newPassword: "another password"}) { userErrors { code } } }`, accessToken); // ends all others
  await page.getByRole('link', { name: 'People', exact: true }).click();
  await said(page, 'Your session has ended. Please log in again.');
  await page.getByRole('link', { name: 'Log in' }).waitFor();
});

test('a server that cannot be reached is said to be, and asked again', async () => {
  const { context } = await open(browser);
  const page = await context.newPage();
  let reached = () => false;
  await page.route('**/graphql', route => (reached(route.request()) ? route.continue() : route.abort()));
  await page.goto(origin);
  await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
  await check(page, 'unreachable');
  reached = request => request.headers().accept !== 'text/event-stream';
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('article').first().waitFor();
  reached = () => false;
  await page.reload();
  await page.getByRole('alert').waitFor();
  reached = () => true;
  await page.getByRole('article').first().waitFor(); // by itself, when it hears of changes again
  await context.close();
});

test('no request left for another host, and nothing went wrong', () => {
  const requests = [...mine.requests, ...theirs.requests];
  assert.ok(requests.length > 50);
  assert.deepEqual(requests.filter(url => !url.startsWith(`${origin}/`)), []);
  // Browsers report a refused token of their own accord.
  assert.deepEqual([...mine.problems, ...theirs.problems].filter(text => !text.includes('401 (Unauthorized)')), []);
});
