// What people follow changes with: graphql-ws, graphql-sse, and Apollo Client and urql over them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSSE } from 'graphql-sse';
import { createClient as createWS } from 'graphql-ws';
import WebSocket from 'ws';
import { url } from './server.js';

const socketURL = url.replace('http', 'ws');
const CHANGES = 'subscription Changes($after: String) { changes(after: $after, of: [USER]) { cursor changes { verb id type node { ... on User { username } } } } }';
const USERS = 'subscription Users { user(by: { username: "live" }) { username name } }';

let users = 0;
async function signUp(username = `follower-${process.pid}-${users++}`) {
  const query = 'mutation SignUp($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { code } } }';
  const body = JSON.stringify({ query, variables: { input: { username, password: 'correct horse' } } });
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  assert.deepEqual((await response.json()).data.createUser.userErrors, []);
  return username;
}

// A source of answers as an async iterator, whatever the client calls them.
function iterate(subscribe) {
  const waiting = [], come = [];
  let fail;
  const give = item => (waiting.length ? waiting.shift().resolve(item) : come.push(item));
  const stop = subscribe({ next: give, error: e => { fail = e; for (const w of waiting) w.reject(e); }, complete: () => {} });
  return {
    stop,
    next: () => come.length ? Promise.resolve(come.shift()) : fail ? Promise.reject(fail) : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
  };
}

// Until the subscription has begun nothing is told: sign up until something is.
async function begun(answers) {
  for (;;) {
    await signUp();
    const first = await Promise.race([answers.next(), new Promise(resolve => setTimeout(resolve, 200, null))]);
    if (first) return first;
  }
}

async function follows(start) {
  const answers = iterate(sink => start({ query: CHANGES, variables: {} }, sink));
  let last = await begun(answers);
  const names = [await signUp(), await signUp()];
  const told = [];
  while (told.length < names.length) {
    last = await answers.next();
    const { verb, type, node } = last.data.changes.changes[0];
    assert.deepEqual([verb, type], ['CREATED', 'USER']);
    if (names.includes(node.username)) told.push(node.username);
  }
  assert.deepEqual(told, names);
  answers.stop();
  // What was missed is told to who comes back with the last cursor.
  const missed = [await signUp(), await signUp()];
  const again = iterate(sink => start({ query: CHANGES, variables: { after: last.data.changes.cursor } }, sink));
  for (const name of missed) assert.equal((await again.next()).data.changes.changes[0].node.username, name);
  again.stop();
}

test('graphql-ws', async t => {
  const client = createWS({ url: socketURL, webSocketImpl: WebSocket });
  t.after(() => client.dispose());
  await follows((q, sink) => client.subscribe(q, sink));
  await assert.rejects(iterate(sink => client.subscribe({ query: CHANGES, variables: { after: 'MS4w' } }, sink)).next(), errors => errors[0].extensions.code === 'RESYNC');
});

test('graphql-sse', async t => {
  const client = createSSE({ url });
  t.after(() => client.dispose());
  await follows((q, sink) => client.subscribe(q, sink));
});

test('Apollo Client', async t => {
  const socket = createWS({ url: socketURL, webSocketImpl: WebSocket });
  t.after(() => socket.dispose());
  const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  await follows((q, sink) => {
    const s = client.subscribe({ query: gql(q.query), variables: q.variables }).subscribe(sink);
    return () => s.unsubscribe();
  });
});

test('urql', async t => {
  const socket = createWS({ url: socketURL, webSocketImpl: WebSocket });
  t.after(() => socket.dispose());
  const forward = request => ({ subscribe: sink => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }) });
  const client = new Client({ url, exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription: forward })] });
  await follows((q, sink) => {
    const s = client.subscription(q.query, q.variables).subscribe(r => (r.error ? sink.error(r.error.graphQLErrors) : sink.next(r)));
    return () => s.unsubscribe();
  });
});

test('a live query', async t => {
  const client = createWS({ url: socketURL, webSocketImpl: WebSocket });
  t.after(() => client.dispose());
  const answers = iterate(sink => client.subscribe({ query: USERS }, sink));
  assert.equal((await answers.next()).data.user, null);
  await signUp('live');
  assert.deepEqual((await answers.next()).data.user, { username: 'live', name: 'live' });
  answers.stop();
});
