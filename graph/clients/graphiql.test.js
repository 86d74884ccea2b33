// GraphiQL in a headless Chromium: what a newcomer does in the first minutes, and what becomes of a session.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { launch, open } from './browser.js';
import { origin, url } from './server.js';

let browser, page, requests, problems;

before(async () => {
  browser = await launch();
  let context;
  ({ context, requests, problems } = await open(browser, { viewport: { width: 1440, height: 900 } }));
  page = await context.newPage();
  await page.goto(origin);
});

after(() => browser.close());

const plain = text => text.replace(/\s+/g, ' '); // long lines are broken
const answer = async () => plain(await page.locator('.result-window').innerText());
const query = async () => plain(await page.locator('.graphiql-query-editor .view-lines').innerText());
const execute = () => page.getByRole('button', { name: /^Execute query/ }).click();
// Waits until the answer has a text in it.
const answered = async text => {
  const seen = text => document.querySelector('.result-window')?.innerText.replace(/\s+/g, ' ').includes(text);
  await page.waitForFunction(seen, text).catch(async error => {
    assert.fail(`${error.message} The answer to ${await query()} is ${await answer()}, without ${text}`);
  });
};
// A panel's button opens it, and closes the one that was open.
const panel = async title => {
  const section = page.getByRole('region', { name: title });
  if (!(await section.isVisible())) await page.getByRole('button', { name: new RegExp(`(Show|Hide) ${title}|^${title}`) }).first().click();
  await section.waitFor();
  return section;
};
const close = title => page.getByRole('button', { name: `Hide ${title}` }).click();
// Writes into a tab of its own.
const write = async (text, variables) => {
  await page.getByRole('button', { name: 'New tab' }).click();
  for (const [editor, content] of [['.graphiql-query-editor', text], ['.graphiql-editor-tool', variables]]) {
    if (!content) continue;
    await page.locator(`${editor} .monaco-editor`).first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(content);
  }
  // GraphiQL looks a moment later which operations there are, and would send the name of the one before.
  await page.evaluate(() => new Promise(done => { setTimeout(done, 400); }));
};
const ask = async (query, variables) => {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query, variables }) });
  return (await response.json()).data;
};
const session = () => page.evaluate(() => JSON.parse(sessionStorage.getItem('kith:session')));
// The session with other values, as it would be later.
const later = async values => {
  await page.evaluate(values => sessionStorage.setItem('kith:session', JSON.stringify({ ...JSON.parse(sessionStorage.getItem('kith:session')), ...values })), values);
  await page.reload();
  await page.getByRole('tab', { name: 'Users' }).waitFor();
};
const accessible = async (of, ...include) => {
  await of.evaluate(axe.source);
  for (const colorScheme of ['dark', 'light']) {
    await of.emulateMedia({ colorScheme });
    const { violations, passes } = await of.evaluate(include => axe.run(include.length ? { include } : document), include);
    assert.deepEqual(violations.map(({ id, nodes }) => [id, ...nodes.map(node => node.html)]), [], `${include} in ${colorScheme}`);
    assert.ok(passes.length > 3);
  }
};

test('a saved query runs, and its answer is seen', async () => {
  await page.getByRole('tab', { name: 'Users' }).waitFor();
  await execute();
  await answered('"username": "');
  assert.match(await answer(), /"users"/);
});

test('a receipt is seen', async () => {
  const receipt = await panel('Receipt');
  await receipt.getByRole('checkbox', { name: 'Ask for a receipt' }).check();
  await execute();
  await receipt.getByText(/Cost: [\d,]+ of 50,000/).waitFor();
  await receipt.getByText(/\d+ statements, /).waitFor();
  assert.match(await receipt.getByRole('table', { name: 'Statements' }).innerText(), /SELECT/i);
});

test('logging in, a wrong password first', async () => {
  const logIn = await panel('Log in');
  await logIn.getByLabel('Username').fill('ada');
  await logIn.getByLabel('Password').fill('a wrong password');
  await logIn.getByRole('button', { name: 'Log in' }).click();
  assert.match(await logIn.getByRole('alert').innerText(), /wrong/);
  await logIn.getByLabel('Password').fill('demo-password');
  await logIn.getByRole('button', { name: 'Log in' }).click();
  await logIn.getByText(/Logged in as ada/).waitFor();
});

test('a subscription runs as whoever is logged in, until they log out', async () => {
  await write('subscription { user(by: {username: "seen-live"}) { username } }');
  await execute();
  await answered('"user": null');
  await ask('mutation { createUser(input: {username: "seen-live", password: "correct horse"}) { user { id } } }');
  await answered('"username": "seen-live"');
  await page.getByRole('button', { name: /^Stop query/ }).click();
  await page.getByRole('button', { name: /^Execute query/ }).waitFor();
  await write('subscription { viewer { username } }');
  await execute();
  await answered('"username": "ada"');
  const { refreshToken } = await session();
  await (await panel('Log in')).getByRole('button', { name: 'Log out' }).click();
  await page.getByText('Logged out.').waitFor();
  await answered('the subscription has ended');
  assert.equal(await session(), null);
  const { refreshSession } = await ask('mutation R($t: String!) { refreshSession(input: {refreshToken: $t}) { userErrors { code } } }', { t: refreshToken });
  assert.equal(refreshSession.userErrors.length, 1, 'log-out revokes');
});

const logIn = async () => {
  const section = await panel('Log in');
  await section.getByLabel('Username').fill('ada');
  await section.getByLabel('Password').fill('demo-password');
  await section.getByRole('button', { name: 'Log in' }).click();
  await section.getByText(/Logged in as ada/).waitFor();
};

test('a session renews itself', async () => {
  await logIn();
  await close('Log in');
  await write('query Who { viewer { username } }');
  await page.getByRole('tab', { name: 'Who' }).waitFor();
  await page.waitForTimeout(600); // GraphiQL stores its tabs then
  for (const values of [{ expiresAt: new Date(Date.now() - 1000).toISOString() }, { accessToken: 'refused' }]) {
    await later(values);
    const before = await session();
    await execute();
    await answered('"username": "ada"');
    const now = await session();
    assert.notEqual(now.refreshToken, before.refreshToken);
    assert.ok(Date.parse(now.expiresAt) > Date.now());
  }
});

test('a session that has ended says so, and nothing goes on as nobody', async () => {
  await ask('mutation O($t: String!) { logOut(input: {refreshToken: $t}) { userErrors { code } } }', { t: (await session()).refreshToken });
  await execute();
  const alert = page.locator('.kith-ended[role=alert]');
  await alert.getByText('The session has ended.').waitFor();
  await answered('the request was not sent');
  await execute();
  await answered('the request was not sent');
  assert.doesNotMatch(await answer(), /viewer|stack/);
  await accessible(page, '.kith-ended');
  await alert.getByRole('button', { name: 'Log in again' }).click();
  await logIn();
  await alert.waitFor({ state: 'detached' });
  await close('Log in');
  await execute();
  await answered('"username": "ada"');
  await ask('mutation O($t: String!) { logOut(input: {refreshToken: $t}) { userErrors { code } } }', { t: (await session()).refreshToken });
  await execute();
  await alert.getByRole('button', { name: 'Go on without' }).click();
  await execute();
  await answered('"viewer": null');
});

test('the query keeps its width when a panel opens', async () => {
  const width = () => page.locator('.graphiql-editors').evaluate(element => element.offsetWidth);
  const before = await width();
  await panel('Receipt');
  await page.waitForTimeout(100);
  assert.ok(Math.abs((await width()) - before) < 5, `${before} pixels, then ${await width()}`);
  await close('Receipt');
  await page.waitForTimeout(100);
  assert.ok(Math.abs((await width()) - before) < 5);
});

test('the query builder adds a field', async () => {
  await write('query Builder { user(by: {username: "ada"}) { username } }');
  const builder = await panel('Query builder');
  await builder.locator('.graphiql-explorer-name').getByText('name', { exact: true }).click();
  await page.waitForFunction(() => /\bname\b/.test(document.querySelector('.graphiql-query-editor .view-lines').innerText));
  await execute();
  await answered('"name": "Ada"');
});

test('the history and what is stored have no passwords', async () => {
  await write('mutation Kept($input: LogInInput!, $p: String!) { logIn(input: $input) { userErrors { code } } }', '{"input": {"username": "ada", "password": "not-to-be-kept"}, "p": "and this"}');
  await execute();
  await answered('"errors"'); // $p is not used: it is sent, and kept, all the same
  await write('mutation Kept2 { logIn(input: {username: "ada", password: "nor-this-one"}) { userErrors { code } } }');
  await execute();
  await answered('"INVALID"');
  await page.waitForTimeout(700);
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  assert.match(stored, /Kept2/);
  assert.doesNotMatch(stored, /not-to-be-kept|nor-this-one|demo-password/);
  assert.match(stored, /a-password-of-your-own/, 'what the examples show may stay');
  await page.getByRole('button', { name: 'Show History' }).click();
  await page.locator('.graphiql-history-item-label', { hasText: 'Kept2' }).click();
  await page.waitForTimeout(200);
  assert.match(await query(), /password: ""/);
});

test('the docs find directives', async () => {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('[data-cy=doc-explorer-input]').fill('dryrun');
  await page.getByRole('option', { name: '@dryRun' }).click();
  await page.getByText(/directive @dryRun.* on MUTATION/).waitFor();
});

test('the model is a page away, and leads back', async () => {
  await page.getByRole('link', { name: 'Model' }).click();
  await page.getByRole('heading', { name: 'Model' }).waitFor();
  await accessible(page);
  await page.getByRole('link', { name: 'Post' }).click();
  await page.locator('.graphiql-doc-explorer-title', { hasText: 'Post' }).waitFor();
});

test('our panels are accessible', async () => {
  for (const title of ['Log in', 'Receipt']) {
    await panel(title);
    await accessible(page, '.kith-panel', '.graphiql-logo');
  }
  await logIn();
  await accessible(page, '.kith-panel');
});

test('on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await close('Log in');
  const reachable = async locator => {
    const { x, y, width, height } = await locator.boundingBox();
    assert.ok(x >= 0 && y >= 0 && x + width <= 390 && y + height <= 844, `${x},${y} to ${x + width},${y + height}`);
  };
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.getByRole('tab', { name: 'Builder' }).click();
  await page.waitForTimeout(700); // GraphiQL looks which operation there is then
  await execute();
  await answered('"name": "Ada"');
  for (const selector of ['.graphiql-query-editor', '.graphiql-response']) {
    const element = page.locator(selector);
    await reachable(element);
    const { width, height } = await element.boundingBox();
    assert.ok(width > 340 && height > 200, `${selector} is ${width} by ${height}`);
  }
  await reachable(page.getByRole('button', { name: /^Execute query/ }));
  for (const button of await page.locator('.graphiql-sidebar button').all()) await reachable(button);
  for (const title of ['Log in', 'Receipt', 'Query builder']) {
    const { width } = await (await panel(title)).boundingBox();
    assert.ok(width > 340, `${title} is ${width} wide`);
    assert.equal(await overflow(), 0);
  }
  await page.goto(`${origin}/model`);
  assert.equal(await overflow(), 0);
});

test('no request left for another host, and nothing went wrong', () => {
  assert.ok(requests.length > 5);
  assert.deepEqual(requests.filter(url => !url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith(`blob:${origin}/`)), []);
  // The browser says so itself of what is meant to be refused.
  assert.deepEqual(problems.filter(text => !/status of 40[01]/.test(text)), []);
});
