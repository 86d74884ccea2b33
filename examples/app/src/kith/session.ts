// A log-in at kith, shared by all tabs of a browser. It needs no library: give its fetch to whatever sends the requests.
//
// The access token is in memory alone, and the refresh token in a cookie that scripts cannot read (`X-Session: cookie`, docs/sessions.md).
// localStorage says who is logged in, so that a tab that opens knows, and proves nothing.

export type Fault = { code: string; message: string; field: string[] | null };

// Why the listeners of a session are called: somebody logged in, or out, or the log-in came to its end. In another tab, perhaps.
export type SessionChange = 'in' | 'out' | 'ended';

type Granted = { accessToken: string; viewer: { id: string } };
type Told = { change: SessionChange | 'refreshed'; viewer?: string; access?: string };

const KEY = 'kith-session';
const GRANTED = 'session { accessToken viewer { id } } userErrors { code message field }';
const ATTEMPTS = 3;

export class Session {
  #url: string;
  #viewer = localStorage.getItem(KEY) ?? undefined;
  #access: string | undefined;
  #channel = new BroadcastChannel(KEY);
  #listeners = new Set<(change: SessionChange) => void>();

  constructor(url: string) {
    this.#url = url;
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#take(data);
  }

  // The id of who is logged in; undefined when nobody is.
  get viewer(): string | undefined {
    return this.#viewer;
  }

  listen(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close() {
    this.#channel.close();
    this.#listeners.clear();
  }

  // As the global fetch, with the access token. A token that is good no more is changed for a new one, by one tab for all, and the
  // request is sent again: kith refuses a request with such a token before it does anything.
  fetch: typeof fetch = async (input, init) => {
    const send = (access?: string) => {
      const headers = new Headers(init?.headers);
      if (access) headers.set('Authorization', `Bearer ${access}`);
      return fetch(input, { ...init, headers });
    };
    if (!this.viewer) return send();
    const access = this.#access ?? (await this.#refresh());
    const response = await send(access);
    return response.status === 401 ? send(await this.#refresh(access)) : response;
  };

  // These answer what is wrong with the input; nothing is, when they answer an empty list.
  logIn(input: { username: string; password: string }): Promise<Fault[]> {
    return this.#begin('mutation ($input: LogInInput!) { payload: logIn(input: $input) { ' + GRANTED + ' } }', input);
  }

  signUp(input: { username: string; password: string; name?: string }): Promise<Fault[]> {
    return this.#begin('mutation ($input: CreateUserInput!) { payload: createUser(input: $input) { ' + GRANTED + ' } }', input);
  }

  // Without the server the session goes on there until it expires, and is forgotten here all the same.
  async logOut(): Promise<void> {
    await locked(async () => {
      this.#forget('out');
      await this.#ask('mutation ($input: LogOutInput!) { payload: logOut(input: $input) { userErrors { code message field } } }', {});
    });
  }

  async #begin(mutation: string, input: object): Promise<Fault[]> {
    const { session, userErrors } = await this.#ask(mutation, input);
    if (session) this.#keep(session, 'in');
    return userErrors;
  }

  // A new access token in place of one that is good no more. Whoever had to wait finds what another tab was given.
  #refresh(stale?: string): Promise<string> {
    return locked(async () => {
      if (this.#access && this.#access !== stale) return this.#access;
      if (this.viewer) {
        const { session } = await this.#ask('mutation ($input: RefreshSessionInput!) { payload: refreshSession(input: $input) { ' + GRANTED + ' } }', {});
        if (session) return this.#keep(session, 'refreshed');
        this.#forget('ended');
      }
      throw new Error('Your session has ended. Please log in again.');
    });
  }

  // An answer that was lost is asked for again: for ten seconds kith answers the same successor of a refresh token.
  async #ask(query: string, input: object): Promise<{ session?: Granted | null; userErrors: Fault[] }> {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(this.#url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json', 'X-Session': 'cookie' },
          body: JSON.stringify({ query, variables: { input } }),
        });
        const { data, errors } = await response.json();
        if (data?.payload) return data.payload;
        throw new Error(errors?.[0]?.message ?? `The server answered ${response.status}.`);
      } catch (error) {
        if (!(error instanceof TypeError) || !query.includes('refreshSession') || attempt === ATTEMPTS) throw error;
        await new Promise(resolve => setTimeout(resolve, 500 * attempt));
      }
    }
  }

  #keep({ accessToken, viewer }: Granted, change: 'in' | 'refreshed'): string {
    localStorage.setItem(KEY, viewer.id);
    this.#tell({ change, viewer: viewer.id, access: accessToken });
    return accessToken;
  }

  #forget(change: 'out' | 'ended') {
    localStorage.removeItem(KEY);
    this.#tell({ change });
  }

  #tell(told: Told) {
    this.#channel.postMessage(told);
    this.#take(told);
  }

  // What another tab stored may be seen here later than what it says.
  #take({ change, viewer, access }: Told) {
    [this.#viewer, this.#access] = [viewer, access];
    if (change !== 'refreshed') this.#listeners.forEach(listener => listener(change));
  }
}

// Runs alone among all tabs, where pages have locks (they need https or this machine), and else among those of this one.
let last: Promise<unknown> = Promise.resolve();
function locked<T>(run: () => Promise<T>): Promise<T> {
  if (globalThis.navigator?.locks) return navigator.locks.request(KEY, run) as Promise<T>;
  const next = last.then(run, run);
  last = next.catch(() => {});
  return next;
}
