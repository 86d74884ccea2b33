// What people write their programs with: Apollo Client, urql, graphql-request.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { ClientError, GraphQLClient } from 'graphql-request';
import { url } from './server.js';

const USERS = `query Users($first: Int!) { users(first: $first) { nodes { id username posts(first: 1) { totalCount } } } }`;
const WRONG = `{ users { nothing } }`;
const UNSEEN = `{ user(by: { username: "ada" }) { username address { emailAddress } } }`;
const SIGN_UP = `mutation SignUp($input: CreateUserInput!) {
  createUser(input: $input) { user { username address { emailAddress } } userErrors { code field } }
}`;
const COUNT = `query Count { tags(first: 1) { totalCount } }`;
const TAG = `mutation Tag($name: String!) {
  createTag(input: { name: $name }) { tagEdge { cursor node { id name } } query { tags(first: 1) { totalCount } } userErrors { message } }
}`;
// A login of somebody new, as headers.
async function login(username) {
  const { createUser } = await new GraphQLClient(url).request(
    `mutation ($input: CreateUserInput!) { createUser(input: $input) { session { accessToken viewer { username } } } }`, newUser(username));
  assert.equal(createUser.session.viewer.username, username);
  return { Authorization: `Bearer ${createUser.session.accessToken}` };
}
const newUser = username => ({ input: { username, password: 'correct horse', address: { emailAddress: `${username}@example.com` } } });

function checkUsers(data) {
  assert.equal(data.users.nodes.length, 2);
  for (const user of data.users.nodes) assert.ok(user.id && user.username && Number.isInteger(user.posts.totalCount));
}

test('Apollo Client', async t => {
  const client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache() });

  await t.test('query', async () => {
    const { data } = await client.query({ query: gql(USERS), variables: { first: 2 } });
    checkUsers(data);
    // The ids make one entry of each user in the cache.
    assert.ok(Object.keys(client.cache.extract()).some(key => key.startsWith('User:')));
  });
  await t.test('mutation', async () => {
    const { data } = await client.mutate({ mutation: gql(SIGN_UP), variables: newUser('apollo') });
    assert.deepEqual(data.createUser.userErrors, []);
    assert.equal(data.createUser.user.address.emailAddress, 'apollo@example.com');
  });
  await t.test('userErrors', async () => {
    const { data } = await client.mutate({ mutation: gql(SIGN_UP), variables: newUser('ada') });
    assert.deepEqual(data.createUser.userErrors.map(({ code, field }) => [code, field.join('.')]), [['TAKEN', 'input.username']]);
  });
  await t.test('what a payload reads besides is in the cache for all', async () => {
    const client = new ApolloClient({ link: new HttpLink({ uri: url, headers: await login('apollo-tags') }), cache: new InMemoryCache() });
    const { data: before } = await client.query({ query: gql(COUNT) });
    const { data } = await client.mutate({ mutation: gql(TAG), variables: { name: 'of Apollo' } });
    assert.deepEqual([data.createTag.tagEdge.node.name, data.createTag.userErrors], ['of Apollo', []]);
    assert.equal(client.readQuery({ query: gql(COUNT) }).tags.totalCount, before.tags.totalCount + 1);
  });
  await t.test('a root field that fails alone', async () => {
    const query = gql(`{ posts(first: 1000) { totalCount } tags(first: 1) { totalCount } }`);
    const { data, error } = await client.query({ query, errorPolicy: 'all' });
    assert.equal(data.posts, null);
    assert.ok(data.tags.totalCount > 0);
    assert.deepEqual(error.errors[0].path, ['posts']);
  });
  await t.test('a request that is refused', async () => {
    await assert.rejects(client.query({ query: gql(WRONG) }), error => {
      assert.ok(CombinedGraphQLErrors.is(error), String(error));
      return error.errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED';
    });
  });
  await t.test('no login', async () => {
    const { data } = await client.query({ query: gql(UNSEEN) });
    assert.equal(data.user.address, null);
  });
});

test('Apollo Client with persisted queries', async t => {
  for (const useGETForHashedQueries of [false, true]) {
    await t.test(useGETForHashedQueries ? 'GET' : 'POST', async () => {
      const sent = [];
      const watched = (input, init) => {
        sent.push({ method: init.method, text: /[?&]query=|"query":/.test(String(input) + (init.body ?? '')) });
        return fetch(input, init);
      };
      const client = new ApolloClient({
        link: ApolloLink.from([
          new PersistedQueryLink({ sha256: text => createHash('sha256').update(text).digest('hex'), useGETForHashedQueries }),
          new HttpLink({ uri: url, fetch: watched }),
        ]),
        cache: new InMemoryCache(),
        defaultOptions: { query: { fetchPolicy: 'no-cache' } },
      });
      const query = gql(`query Persisted${useGETForHashedQueries} { users(first: 2) { nodes { id username posts { totalCount } } } }`);
      checkUsers((await client.query({ query })).data);
      checkUsers((await client.query({ query })).data);
      // Unknown by its hash, sent with its text, known by its hash.
      assert.deepEqual(sent.map(({ text }) => text), [false, true, false]);
      assert.equal(sent[2].method, useGETForHashedQueries ? 'GET' : 'POST');
    });
  }
});

test('urql', async t => {
  for (const preferGetMethod of [false, 'force']) {
    const client = new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod });
    await t.test(`query by ${preferGetMethod ? 'GET' : 'POST'}`, async () => {
      const { data, error } = await client.query(USERS, { first: 2 }).toPromise();
      assert.ifError(error);
      checkUsers(data);
    });
    await t.test('a request that is refused', async () => {
      const { data, error } = await client.query(WRONG, {}).toPromise();
      assert.equal(data, undefined);
      assert.equal(error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    });
  }
  await t.test('mutation', async () => {
    const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
    const { data, error } = await client.mutation(SIGN_UP, newUser('urql')).toPromise();
    assert.ifError(error);
    assert.equal(data.createUser.user.username, 'urql');
  });
  await t.test('what a payload reads besides', async () => {
    const client = new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false, fetchOptions: { headers: await login('urql-tags') } });
    const before = await client.query(COUNT, {}).toPromise();
    const { data, error } = await client.mutation(TAG, { name: 'of urql' }).toPromise();
    assert.ifError(error);
    assert.equal(data.createTag.query.tags.totalCount, before.data.tags.totalCount + 1);
    const { data: after } = await client.query(COUNT, {}).toPromise();
    assert.deepEqual(after.tags, data.createTag.query.tags);
  });
});

test('graphql-request', async t => {
  for (const method of ['POST', 'GET']) {
    const client = new GraphQLClient(url, { method });
    await t.test(`query by ${method}`, async () => checkUsers(await client.request(USERS, { first: 2 })));
    await t.test('a request that is refused', () =>
      assert.rejects(client.request(WRONG), error => error instanceof ClientError && error.response.errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED'));
  }
  const client = new GraphQLClient(url);
  await t.test('mutation', async () => {
    const data = await client.request(SIGN_UP, newUser('graphql-request'));
    assert.equal(data.createUser.user.username, 'graphql-request');
  });
  await t.test('a batch', () => assert.rejects(client.batchRequests([{ document: USERS, variables: { first: 2 } }]), /batches are not taken/));
});
