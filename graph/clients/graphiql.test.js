// GraphiQL in a headless Chromium: what a newcomer does in the first minutes.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { origin } from './server.js';

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert.ok(executablePath, 'Chromium is missing: `make chromium` installs it where it can, CHROMIUM names another');

const folder = await mkdtemp(join(tmpdir(), 'kith-chromium-'));
const requests = [];
const problems = [];
let context, page;

before(async () => {
  context = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    viewport: { width: 1400, height: 900 },
  });
  context.on('request', request => requests.push(request.url()));
  page = await context.newPage();
  page.on('pageerror', error => problems.push(String(error)));
  page.on('console', message => message.type() === 'error' && problems.push(message.text()));
  page.setDefaultTimeout(20_000);
  await page.goto(origin);
});

after(async () => {
  await context.close();
  await rm(folder, { recursive: true, force: true });
});

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
