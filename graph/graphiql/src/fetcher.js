import { createClient } from 'graphql-ws';
import { getOperationAST, parse } from 'graphql';
import { lastReceipt, receiptWanted } from './receipt.js';
import { requestHeaders, send } from './send.js';
import { accessToken, sessionState } from './session.js';

const FORBIDDEN = 4403;

// What stands in the headers editor goes before what we add.
const own = headers => Object.entries(headers ?? {});
const ownToken = headers => own(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];

// What GraphiQL says of the document may be of the one before it.
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}

// The function GraphiQL runs operations with. It would show where in our code an error was thrown.
export async function graphiqlFetcher(params, options) {
  try {
    return await run(params, options);
  } catch (cause) {
    return { errors: failure(cause) };
  }
}

async function run(params, options) {
  // The schema is the same for everyone, and a session that has ended must not keep it away.
  if (params.operationName === 'IntrospectionQuery') return (await send(params, requestHeaders())).result;
  if (isSubscription(params)) return follow(params, options?.headers);
  const theirs = ownToken(options?.headers);
  let token = theirs ? null : await accessToken();
  let { status, result } = await sendAs(token, params, options?.headers);
  if (status === 401 && token) { // which is answered before anything is run
    token = await accessToken(token);
    ({ status, result } = await sendAs(token, params, options?.headers));
  }
  lastReceipt.set({ operation: params.operationName, ...result?.extensions });
  return result;
}

function sendAs(token, params, headers) {
  const all = requestHeaders();
  if (token) all.set('Authorization', `Bearer ${token}`);
  if (receiptWanted.get()) all.set('X-Receipt', '1');
  for (const [name, value] of own(headers)) all.set(name, value);
  return send(params, all);
}

// A subscription on a connection of its own, which is opened again, with a new token, when the old one ends. It goes on as who began it.
function follow(params, headers) {
  const theirs = ownToken(headers);
  const who = sessionState.get().session?.username;
  let sent, refused;
  return {
    subscribe(sink) {
      const client = createClient({
        url: `${location.origin.replace('http', 'ws')}/graphql`,
        retryAttempts: theirs ? 0 : 20,
        async connectionParams() {
          if (theirs) return { Authorization: theirs };
          sent = await accessToken(refused);
          if (who !== sessionState.get().session?.username) throw new Error('The log-in is another now: the subscription has ended.');
          return sent ? { Authorization: `Bearer ${sent}` } : {};
        },
        on: { closed: event => (refused = event.code === FORBIDDEN ? sent : undefined) },
      });
      const unsubscribe = client.subscribe(params, {
        next: result => sink.next(result),
        complete: () => sink.complete(),
        error: cause => sink.error(failure(cause)),
      });
      return {
        unsubscribe() {
          unsubscribe();
          client.dispose();
        },
      };
    },
  };
}

// What an operation failed with, as a list of errors: those of the answer, one of ours, or the close of a connection.
function failure(cause) {
  if (Array.isArray(cause)) return cause;
  if (cause instanceof Error) return [{ message: cause.message }];
  return [{ message: `The connection was closed: ${cause.reason || cause.code || 'the server cannot be reached'}` }];
}
