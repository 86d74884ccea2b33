// GraphiQL in a headless Chromium: what a newcomer does in the first minutes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { origin } from './server.js';

let browser, page, requests, problems;

before(async () => {
  browser = await launch();
  let context;
  ({ context, requests, problems } = await open(browser, { viewport: { width: 1400, height: 900 } }));
  page = await context.newPage();
  await page.goto(origin);
});

after(() => browser.close());

const answer = () => page.locator('.result-window');
const execute = () => page.getByRole('button', { name: /^Execute query/ }).click();
// A panel's button opens it, and closes the one that was open.
const panel = async title => {
  const section = page.getByRole('region', { name: title });
  if (!(await section.isVisible())) await page.getByRole('button', { name: new RegExp(`(Show|Hide) ${title}|^${title}`) }).first().click();
  await section.waitFor();
  return section;
};

test('a saved query runs, and its answer is seen', async () => {
  await page.getByRole('tab', { name: 'Users' }).waitFor();
  await execute();
  await page.waitForFunction(() => /"username": "/.test(document.querySelector('.result-window')?.innerText.replaceAll('\u00a0', ' ') ?? ''));
  assert.match((await answer().innerText()).replaceAll('\u00a0', ' '), /"users"/);
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

test('no request left for another host, and nothing went wrong', () => {
  assert.ok(requests.length > 5);
  assert.deepEqual(requests.filter(url => !url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith(`blob:${origin}/`)), []);
  assert.deepEqual(problems, []);
});
