// What src/kith promises to those who use it, with a server and a browser of a few lines.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Session } from '../node_modules/.kith/session.js';
import { follow } from '../node_modules/.kith/stream.js';

const kept = new Map();
globalThis.localStorage = { getItem: k => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: k => kept.delete(k) };

// What a tab says to the others arrives a moment later.
const channels = new Set();
globalThis.BroadcastChannel = class {
  constructor() {
    channels.add(this);
  }
  postMessage(data) {
    const others = [...channels].filter(c => c !== this);
    setImmediate(() => others.forEach(c => c.onmessage({ data })));
  }
  close() {
    channels.delete(this);
  }
};
const told = () => new Promise(resolve => setImmediate(resolve));

// The browser's locks, over all tabs.
let held = Promise.resolve();
const locks = { request: (_, run) => (held = held.then(run, run)) };
Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });

// A server on which an access token is good while its number is the newest.
let newest, refreshes, alive, lost, seen;
const json = (status, body) => new Response(JSON.stringify(body), { status });
const granted = () => ({ data: { payload: { session: { accessToken: `access ${newest}`, viewer: { id: 'ada' } }, userErrors: [] } } });
globalThis.fetch = async (_, { headers, body }) => {
  const { query } = JSON.parse(body);
  headers = new Headers(headers);
  if (query.includes('logIn')) return json(200, granted());
  if (query.includes('logOut')) return (alive = false), json(200, { data: { payload: { userErrors: [] } } });
  if (query.includes('refreshSession')) {
    assert.equal(headers.get('X-Session'), 'cookie');
    assert.equal(headers.get('Authorization'), null);
    refreshes++;
    if (lost-- > 0) throw new TypeError('fetch failed');
    if (alive) newest++;
    return json(200, alive ? granted() : { data: { payload: { session: null, userErrors: [{ code: 'INVALID' }] } } });
  }
  seen.push(headers.get('Authorization'));
  const token = headers.get('Authorization');
  return json(token && token !== `Bearer access ${newest}` ? 401 : 200, { data: {} });
};

let tabs;
const tab = () => (tabs.push(new Session('/graphql')), tabs.at(-1));
const ask = session => session.fetch('/graphql', { method: 'POST', body: '{"query":"{ viewer { id } }"}' });

beforeEach(() => {
  kept.clear();
  [newest, refreshes, alive, lost, seen, tabs] = [1, 0, true, 0, [], []];
});
afterEach(() => tabs.forEach(session => session.close()));

test('nobody sends no token and refreshes nothing', async () => {
  assert.equal((await ask(tab())).status, 200);
  assert.deepEqual([seen, refreshes], [[null], 0]);
});

test('who logs in is logged in in every tab, and no token is stored', async () => {
  const [one, two] = [tab(), tab()];
  const changes = [];
  two.listen(change => changes.push(change));
  assert.deepEqual(await one.logIn({ username: 'ada', password: 'x' }), []);
  await told();
  assert.deepEqual([one.viewer, two.viewer, changes], ['ada', 'ada', ['in']]);
  await ask(two);
  assert.deepEqual([seen, refreshes], [['Bearer access 1'], 0]);
  assert.deepEqual([...kept.values()], ['ada']);
});

test('an expired token is refreshed once, however many requests and tabs meet it, and each is sent again', async () => {
  const [one, two] = [tab(), tab()];
  await one.logIn({ username: 'ada', password: 'x' });
  await told();
  newest++; // the token of both is good no more
  const answers = await Promise.all([ask(one), ask(one), ask(one)]);
  await told();
  answers.push(...(await Promise.all([ask(two), ask(two)])));
  assert.deepEqual(answers.map(a => a.status), [200, 200, 200, 200, 200]);
  assert.equal(refreshes, 1);
});

test('a tab that opens asks for a token of its own', async () => {
  await tab().logIn({ username: 'ada', password: 'x' });
  const later = tab();
  assert.equal((await ask(later)).status, 200);
  assert.equal(refreshes, 1);
});

test('a refresh whose answer is lost is sent again', async () => {
  const session = tab();
  await session.logIn({ username: 'ada', password: 'x' });
  [newest, lost] = [newest + 1, 1];
  assert.equal((await ask(session)).status, 200);
  assert.equal(refreshes, 2);
});

test('a session that has ended is said to be, everywhere, and nothing is sent as nobody', async () => {
  const [one, two] = [tab(), tab()];
  await one.logIn({ username: 'ada', password: 'x' });
  await told();
  const changes = [];
  two.listen(change => changes.push(change));
  [newest, alive, seen] = [newest + 1, false, []];
  await assert.rejects(ask(one), /has ended/);
  await told();
  assert.deepEqual([one.viewer, two.viewer, changes, seen], [undefined, undefined, ['ended'], ['Bearer access 1']]);
});

test('who logs out is logged out in every tab', async () => {
  const [one, two] = [tab(), tab()];
  await one.logIn({ username: 'ada', password: 'x' });
  await told();
  await two.logOut();
  await told();
  assert.deepEqual([one.viewer, two.viewer, alive], [undefined, undefined, false]);
});

// Answers a request by events, and ends with them.
const events = (...blocks) => new Response(new Blob([blocks.map(b => `${b}\n\n`).join('')]).stream());

test('a subscription goes on behind the last event, a first one without an answer included', async () => {
  const asked = [];
  const connections = [events(':', 'id: 1'), events(':', 'event: next\nid: 2\ndata: {"data":"a"}'), new Response('', { status: 503 }), events('event: next\nid: 3\ndata: {"data":"b"}')];
  const got = await new Promise(resolve => {
    const data = [];
    const stop = follow(
      async (_, { headers, signal }) => {
        asked.push(headers['Last-Event-ID']);
        return connections.shift() ?? new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      },
      '/graphql',
      { query: 'subscription { changes { cursor } }' },
      { next: p => (data.push(p.data), data.length === 2 && (stop(), resolve(data))), gap: () => data.push('a gap'), refused: e => data.push(e) },
    );
  });
  assert.deepEqual([got, asked], [['a', 'b'], [undefined, '1', '2', '2']]);
});

test('what cannot be gone on with begins anew, and says that something is missing', async () => {
  const connections = [events('id: 1'), events('event: next\ndata: {"errors":[{"message":"no","extensions":{"code":"RESYNC"}}]}', 'event: complete\ndata: '), events('id: 9')];
  const asked = [];
  await new Promise(resolve => {
    const stop = follow(
      async (_, { headers }) => (asked.push(headers['Last-Event-ID']), connections.shift()),
      '/graphql',
      {},
      { next: () => {}, gap: () => (stop(), resolve()), refused: assert.fail },
    );
  });
  assert.deepEqual(asked, [undefined, '1', undefined]);
});

test('what is refused is not asked for again', async () => {
  const error = await new Promise(refused => follow(async () => json(400, { errors: [] }), '/graphql', {}, { next: () => {}, gap: () => {}, refused }));
  assert.match(error.message, /errors/);
});
