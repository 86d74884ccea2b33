import { createStore } from './store.js';
import { requestHeaders, send } from './send.js';

// A session is of one browser tab, so that two tabs may be two users. It is { accessToken, refreshToken, expiresAt, username }.

const KEY = 'kith:session';
const ENDED = 'The session has ended.';
// An access token is renewed before a request that might come after its end.
const EARLY = 10_000;

const FIELDS = 'session { accessToken refreshToken expiresAt viewer { username } } userErrors { message }';
const LOG_IN = `mutation LogIn($input: LogInInput!) { answer: logIn(input: $input) { ${FIELDS} } }`;
const REFRESH = `mutation RefreshSession($input: RefreshSessionInput!) { answer: refreshSession(input: $input) { ${FIELDS} } }`;
const LOG_OUT = 'mutation LogOut($input: LogOutInput!) { answer: logOut(input: $input) { userErrors { message } } }';

function stored() {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY));
    return session?.refreshToken ? session : null;
  } catch {
    return null;
  }
}

// { session or null, ended: why the last one ended by itself, or '' }. Until somebody says how to go on, nothing is sent as nobody.
export const sessionState = createStore({ session: stored(), ended: '' });

// A tab that was duplicated has the same tokens: whoever renews them tells the others, which would end the session by using the old ones.
const renewals = new BroadcastChannel(KEY);
renewals.onmessage = ({ data: { from, session } }) => {
  if (sessionState.get().session?.refreshToken === from) keep(session);
};

function keep(session) {
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
  sessionState.set({ session, ended: '' });
}

function end(why) {
  keep(null);
  sessionState.set({ session: null, ended: why });
}

// After a session has ended: go on without one.
export const goOnAsNobody = () => keep(null);

async function ask(query, input) {
  const { result } = await send({ query, variables: { input } }, requestHeaders());
  const { session, userErrors = [] } = result.data?.answer ?? {};
  return {
    session: session && {
      accessToken: session.accessToken,
      refreshToken: session.refreshToken,
      expiresAt: session.expiresAt,
      username: session.viewer.username,
    },
    refused: userErrors.map(fault => fault.message).join(' '),
    failed: (result.errors ?? []).map(error => error.message).join(' '),
  };
}

// Logs in and keeps the session, or returns why not.
export async function logIn(input) {
  const { session, refused, failed } = await ask(LOG_IN, input);
  if (!session) return failed || refused || 'The server did not say why.';
  keep(session);
  return '';
}

// Ends the session, here in any case and on the server, or returns why not there.
export async function logOut() {
  const { refreshToken } = sessionState.get().session;
  keep(null);
  const { refused, failed } = await ask(LOG_OUT, { refreshToken }).catch(error => ({ failed: error.message }));
  return failed || refused || '';
}

let renewing = null;

async function renew(old) {
  const { session, refused, failed } = await ask(REFRESH, { refreshToken: old.refreshToken });
  if (sessionState.get().session?.refreshToken !== old.refreshToken) return; // somebody has logged out or in, or another tab has renewed it
  if (session) {
    keep(session);
    renewals.postMessage({ from: old.refreshToken, session });
  } else if (refused) {
    end(ENDED);
  } else {
    throw new Error(failed || 'The session could not be renewed.');
  }
}

// The access token to send, renewed where it has ended or was refused; null if nobody is logged in. It throws where a session has ended.
export async function accessToken(refused) {
  const { session } = sessionState.get();
  if (session && (session.accessToken === refused || Date.parse(session.expiresAt) - Date.now() < EARLY)) {
    renewing ??= renew(session).finally(() => (renewing = null));
    await renewing;
  }
  const now = sessionState.get();
  if (now.ended) throw new Error(`${now.ended} Log in again, or go on without a log-in: the request was not sent.`);
  return now.session?.accessToken ?? null;
}
