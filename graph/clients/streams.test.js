// What people follow changes and live queries with: graphql-ws, graphql-sse, and Apollo Client, urql and Relay over them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSSE } from 'graphql-sse';
import { createClient as createWS } from 'graphql-ws';
import relayCompiler from 'relay-compiler';
import relay from 'relay-runtime';
import WebSocket from 'ws';
import { sdl, url } from './server.js';

// As in browsers: Apollo asks for it.
globalThis.WebSocket ??= WebSocket;

const CHANGES = 'subscription Changes($after: String) { changes(after: $after, of: [USER]) { cursor changes { verb id type node { ... on User { username } } } } }';
const NAME = 'subscription Name($username: String!) { user(by: { username: $username }) { id username name } }';

let users = 0;
async function post(query, variables, headers) {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}
async function signUp(username = `follower-${process.pid}-${users++}`) {
  const query = 'mutation SignUp($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { code } } }';
  assert.deepEqual((await post(query, { input: { username, password: 'correct horse' } })).createUser.userErrors, []);
  return username;
}
async function logIn(username) {
  const query = 'mutation($username: String!) { logIn(input: { username: $username, password: "correct horse" }) { session { accessToken refreshToken viewer { id } } } }';
  return (await post(query, { username })).logIn.session;
}
const bearer = session => ({ Authorization: `Bearer ${session.accessToken}` });
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

// A network before the server, which drops all connections when it is told to.
async function network(t) {
  const open = new Set();
  const proxy = createServer(near => {
    const far = connect(new URL(url).port, new URL(url).hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on('error', () => {}).on('close', () => { open.delete(from); to.destroy(); }).pipe(to);
    }
  });
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve));
  const drop = () => { for (const socket of open) socket.destroy(); };
  t.after(() => { drop(); proxy.close(); });
  return { url: `http://127.0.0.1:${proxy.address().port}/graphql`, drop };
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

// What is missed is told to who comes back with the last cursor: nothing else, and nothing twice.
async function follows(start, drop) {
  let after, ended = false, stop;
  const told = [], problems = [];
  const subscribe = () => {
    if (ended) return;
    let over = false;
    const again = () => {
      if (!over) setTimeout(subscribe, 20 + 80 * Math.random());
      over = true;
    };
    stop = start({ query: CHANGES, variables: { after } }, {
      next: ({ data, errors }) => {
        if (errors) return problems.push(errors);
        after = data.changes.cursor;
        for (const { verb, type, node } of data.changes.changes) {
          assert.deepEqual([verb, type], ['CREATED', 'USER']);
          told.push(node.username);
        }
      },
      error: again,
      complete: again,
    });
  };
  subscribe();
  while (told.length === 0) {
    await signUp();
    await wait(100);
  }
  const names = [];
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 1) drop();
    names.push(await signUp());
  }
  for (let i = 0; i < 200 && !told.includes(names.at(-1)); i++) await wait(50);
  ended = true;
  stop();
  assert.deepEqual(problems, []);
  assert.deepEqual(told.slice(told.indexOf(names[0])), names);
}

// An answer comes at once, and again after each change that makes it another, and after connections were dropped.
async function lives(start, drop) {
  const username = await signUp();
  const session = await logIn(username);
  const answers = iterate(sink => start({ query: NAME, variables: { username } }, sink));
  const rename = async name => {
    const query = 'mutation($id: ID!, $name: String!) { updateUser(input: { id: $id, name: $name }) { userErrors { code } } }';
    await post(query, { id: session.viewer.id, name }, bearer(session));
  };
  const until = async name => {
    for (;;) {
      const { data, errors } = await answers.next();
      assert.equal(errors, undefined);
      assert.equal(data.user.username, username);
      if (data.user.name === name) return;
    }
  };
  await until(username);
  await rename('Another');
  await until('Another');
  drop();
  await rename('A third');
  await until('A third');
  answers.stop();
}

// What cannot begin says why, and nothing else comes.
async function refuses(start) {
  const code = async (query, variables) => {
    const answers = iterate(sink => start({ query, variables }, sink));
    try {
      return (await answers.next()).errors[0].extensions.code;
    } catch (e) {
      return (e.errors || e)[0].extensions.code;
    } finally {
      answers.stop();
    }
  };
  assert.equal(await code(CHANGES, { after: 'MS4w' }), 'RESYNC');
  assert.equal(await code(CHANGES, { after: 'rubbish' }), 'BAD_REQUEST');
  assert.equal(await code('subscription { nothing }', {}), 'GRAPHQL_VALIDATION_FAILED');
}

const socketOf = (t, at, options) => {
  const client = createWS({ url: at.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
};
// Of the two kinds of connection one does not come back by itself, so that what follows says from where, and one does, at random.
const clients = {
  'graphql-ws': (t, at, options) => {
    const client = socketOf(t, at, options);
    return (q, sink) => client.subscribe(q, sink);
  },
  'graphql-sse': (t, at, options) => {
    const client = createSSE({ url: at, retryAttempts: 0, ...options });
    t.after(() => client.dispose());
    return (q, sink) => client.subscribe(q, sink);
  },
  'Apollo Client': (t, at, options) => {
    const client = new ApolloClient({ link: new GraphQLWsLink(socketOf(t, at, options)), cache: new InMemoryCache() });
    return (q, sink) => {
      const s = client.subscribe({ query: gql(q.query), variables: q.variables, errorPolicy: 'none' })
        .subscribe({ ...sink, next: ({ data, error }) => (error ? sink.error(error) : sink.next({ data })) });
      return () => s.unsubscribe();
    };
  },
  urql: (t, at, options) => {
    const socket = socketOf(t, at, options);
    const forward = request => ({ subscribe: sink => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }) });
    const client = new Client({ url: at, exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription: forward })] });
    return (q, sink) => {
      const s = client.subscription(q.query, q.variables).subscribe(r => (r.error ? sink.error(r.error.graphQLErrors) : sink.next(r)));
      return () => s.unsubscribe();
    };
  },
  Relay: (t, at, options) => {
    const socket = socketOf(t, at, options);
    const subscribe = (request, variables) => relay.Observable.create(sink => socket.subscribe({ query: request.text, variables }, sink));
    const environment = new relay.Environment({
      network: relay.Network.create(() => assert.fail('nothing is fetched'), subscribe),
      store: new relay.Store(new relay.RecordSource()),
      // A change has the id of what was changed, and is not it.
      getDataID: (record, type) => (type === 'Change' ? undefined : record.id),
    });
    return (q, sink) => {
      const { dispose } = relay.requestSubscription(environment, {
        subscription: artifacts[q.query], variables: q.variables, onNext: data => sink.next({ data }), onError: sink.error, onCompleted: sink.complete,
      });
      return dispose;
    };
  },
};

// What relay-compiler makes of the subscriptions.
const artifacts = {};
async function compile(t) {
  const folder = await mkdtemp(join(tmpdir(), 'kith-relay-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'schema.graphql'), await sdl());
  const named = { AppChangesSubscription: CHANGES, AppNameSubscription: NAME };
  const texts = Object.entries(named).map(([name, text]) => 'graphql`' + text.replace(/subscription \w+/, `subscription ${name}`) + '`;');
  await writeFile(join(folder, 'src/App.js'), `import { graphql } from 'relay-runtime';\n${texts.join('\n')}`);
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify({ src: './src', schema: './schema.graphql', language: 'javascript', eagerEsModules: true }));
  await promisify(execFile)(relayCompiler, ['relay.config.json'], { cwd: folder });
  for (const [name, text] of Object.entries(named)) {
    const made = await readFile(join(folder, `src/__generated__/${name}.graphql.js`), 'utf8');
    artifacts[text] = (await import(`data:text/javascript,${encodeURIComponent(made)}`)).default;
  }
}

for (const [name, client] of Object.entries(clients)) {
  test(name, async t => {
    if (name === 'Relay') await compile(t);
    const { url, drop } = await network(t);
    await t.test('changes, behind the last cursor', t => follows(client(t, url), drop));
    await t.test('a live query', t => lives(client(t, url, { retryAttempts: 10, shouldRetry: () => true }), drop));
    // Relay refuses by its compiler what is not of the schema.
    if (name !== 'Relay') await t.test('what cannot begin', t => refuses(client(t, url)));
  });
}

test('log-out ends connections, and another log-in goes on', async t => {
  const username = await signUp();
  let session = await logIn(username);
  const logOut = () => post('mutation($refreshToken: String!) { logOut(input: { refreshToken: $refreshToken }) { userErrors { code } } }', { refreshToken: session.refreshToken });
  const codes = [];
  let connected = 0;
  const socket = socketOf(t, url, {
    connectionParams: () => bearer(session), retryAttempts: 10, shouldRetry: () => true,
    on: { closed: event => codes.push(event.code), connected: () => connected++ },
  });
  const answers = iterate(sink => socket.subscribe({ query: 'subscription { viewer { username } }' }, sink));
  assert.deepEqual((await answers.next()).data.viewer, { username });
  const events = createSSE({ url, headers: () => bearer(session), retryAttempts: 0 });
  const ended = new Promise(resolve => events.subscribe({ query: 'subscription { changes { cursor } }' }, { next: () => {}, error: resolve, complete: () => resolve('complete') }));
  await logOut();
  const old = session;
  session = await logIn(username);
  const begun = Date.now();
  assert.notEqual(await ended, 'complete');
  while (connected < 2) await wait(20);
  assert.ok(Date.now() - begun < 10_000);
  assert.deepEqual(codes, [4403]);
  assert.deepEqual((await answers.next()).data.viewer, { username });
  answers.stop();
  const late = createSSE({ url, headers: bearer(old), retryAttempts: 0 });
  const refused = await iterate(sink => late.subscribe({ query: 'subscription { changes { cursor } }' }, sink)).next().catch(e => e);
  assert.equal(refused.response?.status, 401, refused);
});
