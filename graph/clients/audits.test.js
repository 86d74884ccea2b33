// Every audit of GraphQL over HTTP, the recommended and the optional ones as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { url } from './server.js';

const audits = serverAudits({ url, fetchFn: fetch });

test('there are 61 audits', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    if (result.status !== 'ok') assert.fail(`${result.status}: ${result.reason} ${await result.response?.text?.()}`);
  });
}
