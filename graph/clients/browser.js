// A headless Chromium for the tests of pages.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

// Its windows share nothing unless they are pages of one context.
export function launch() {
  assert.ok(executablePath, 'Chromium is missing: `make chromium` installs it where it can, CHROMIUM names another');
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// A context that notes what is asked for and what goes wrong in its pages.
export async function open(browser, options) {
  const context = await browser.newContext(options);
  const requests = [];
  const problems = [];
  context.setDefaultTimeout(20_000);
  context.on('request', request => requests.push(request.url()));
  context.on('weberror', error => problems.push(String(error.error())));
  context.on('console', message => message.type() === 'error' && problems.push(message.text()));
  return { context, requests, problems };
}
