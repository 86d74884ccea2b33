// The running server that the tests talk to.
import assert from 'node:assert/strict';

assert.ok(process.env.KITH_TEST_URL, 'KITH_TEST_URL names a running kith with the demo graph, as clients_test.go starts it');

export const origin = process.env.KITH_TEST_URL;
export const url = `${origin}/graphql`;

// The schema as the server tells it.
export async function sdl() {
  const response = await fetch(`${origin}/schema.graphql`);
  assert.equal(response.status, 200);
  return response.text();
}
