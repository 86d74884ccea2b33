// What is kept of operations has no secrets in it, and is otherwise as it was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsBut } from './src/secrets.js';

const { withoutSecrets, stored } = secretsBut(new Set(['{"password": "in the examples"}']));

const texts = {
  '{"password": "p-w"}': '{"password": ""}',
  '{"input": {"username": "ada", "newPassword" : "a \\" b", "n": 1}}': '{"input": {"username": "ada", "newPassword" : "", "n": 1}}',
  '{"password": "half wri': '{"password": ""',
  '{"passphrase": "a", "apiKey": "b", "api_key": 12345, "refreshToken": "c", "clientSecret": "d"}': '{"passphrase": "", "apiKey": "", "api_key": "", "refreshToken": "", "clientSecret": ""}',
  'mutation { logIn(input: {username: "ada", password: "p-w"}) { x } }': 'mutation { logIn(input: {username: "ada", password: ""}) { x } }',
  'mutation { a(password: """p\n"w""") }': 'mutation { a(password: "") }',
  'mutation A($password: String! = "p-w", $token: [String!] = "t") { a }': 'mutation A($password: String! = "", $token: [String!] = "") { a }',
  'mutation A($password: String!) { a(password: $password) { password: name } }': 'mutation A($password: String!) { a(password: $password) { password: name } }',
  '{"password": "in the examples"}': '{"password": "in the examples"}',
  '{"title": "password: none", "compass": "north"}': '{"title": "password: none", "compass": "north"}',
};

for (const [text, kept] of Object.entries(texts)) {
  test(text, () => {
    assert.equal(withoutSecrets({ query: text }).query, kept);
    assert.equal(withoutSecrets({ variables: text }).variables, kept);
  });
}

test('a variable that is used for a password', () => {
  const operation = { query: 'mutation A($p: String!, $q: Int) { a(password: $p, first: $q) }', variables: '{"p": "p-w", "q": 1}', operationName: 'A' };
  assert.deepEqual(withoutSecrets(operation), { ...operation, variables: '{"p": "", "q": 1}' });
});

test('headers', () => {
  assert.equal(withoutSecrets({ headers: '{"Authorization": "Bearer abc", "X-Receipt": "1"}' }).headers, '{"Authorization": "", "X-Receipt": "1"}');
});

test('what GraphiQL stores', () => {
  const tab = { query: '{ a(token: "t") }', variables: '{"password": "p-w"}', title: 'A' };
  const clean = { ...tab, query: '{ a(token: "") }', variables: '{"password": ""}' };
  assert.deepEqual(JSON.parse(stored('graphiql:tabState', JSON.stringify({ tabs: [tab], activeTabIndex: 0 }))), { tabs: [clean], activeTabIndex: 0 });
  assert.equal(stored('graphiql:query', tab.query), clean.query);
  assert.equal(stored('graphiql:variables', '{"p": "p-w"}', key => key === 'graphiql:query' && 'query A($p: String) { a(secret: $p) }'), '{"p": ""}');
  assert.equal(stored('graphiql:variables', '{"query": "q", "password": "p"}', () => null), '{"query": "q", "password": ""}');
  assert.equal(stored('graphiql:headers', '{"Authorization": "Bearer abc"}', () => null), '{"Authorization": ""}');
  assert.equal(stored('graphiql:editorFlex', '0.5'), '0.5');
  assert.equal(stored('graphiql:theme', 'dark'), 'dark');
});
