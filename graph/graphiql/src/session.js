import { createStore } from './store.js';

const KEY = 'kith:session';

function stored() {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY));
    return session?.accessToken ? session : null;
  } catch {
    return null;
  }
}

// { session: { accessToken, expiresAt, username } or null, notice }: kept until log-out or until the browser tab is closed.
export const sessionState = createStore({ session: stored(), notice: '' });

export function startSession(session) {
  sessionStorage.setItem(KEY, JSON.stringify(session));
  sessionState.set({ session, notice: '' });
}

export function endSession(notice = '') {
  sessionStorage.removeItem(KEY);
  sessionState.set({ session: null, notice });
}

// The session if its token still holds.
export function currentSession() {
  const { session } = sessionState.get();
  if (session && Date.parse(session.expiresAt) <= Date.now()) {
    endSession('The session has ended. Log in again.');
    return null;
  }
  return session;
}
