import { useState } from 'react';
import { Button, useGraphiQL } from '@graphiql/react';
import { requestHeaders, send } from './fetcher.js';
import { endSession, sessionState, startSession } from './session.js';

const LOG_IN = `mutation logIn($input: LogInInput!) {
  logIn(input: $input) {
    session { accessToken expiresAt viewer { username } }
    userErrors { message }
  }
}`;

// Logs in and keeps the session, or returns why not.
async function logIn(input) {
  const { result } = await send({ query: LOG_IN, variables: { input } }, requestHeaders());
  const session = result.data?.logIn?.session;
  if (session) {
    startSession({
      accessToken: session.accessToken,
      expiresAt: session.expiresAt,
      username: session.viewer.username,
    });
    return '';
  }
  const faults = [...(result.errors ?? []), ...(result.data?.logIn?.userErrors ?? [])];
  return faults.map(fault => fault.message).join(' ') || 'The server did not say why.';
}

function LogInForm({ notice }) {
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const input = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    setFault('');
    // On success the panel shows the session instead of this form.
    setFault(await logIn(input).catch(error => error.message));
    setBusy(false);
  }

  return (
    <form className="kith-form" aria-label="Log in" onSubmit={submit}>
      {notice && <p role="status">{notice}</p>}
      <label>
        Username
        <input name="username" autoComplete="username" autoCapitalize="none" spellCheck="false" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <Button type="submit" disabled={busy}>
        Log in
      </Button>
      {fault && (
        <p className="kith-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function LogInPanel() {
  const schema = useGraphiQL(state => state.schema);
  const { session, notice } = sessionState.use();

  let content;
  if (session) {
    content = (
      <>
        <p role="status">
          Logged in as <strong>{session.username}</strong> until{' '}
          <time dateTime={session.expiresAt}>{new Date(session.expiresAt).toLocaleTimeString()}</time>.
        </p>
        <p>Each request carries the token. It is forgotten when this browser tab is closed.</p>
        <Button type="button" onClick={() => endSession()}>
          Log out
        </Button>
      </>
    );
  } else if (schema && !schema.getMutationType()?.getFields().logIn) {
    content = <p role="status">This server has no log-in: its schema has no mutation logIn.</p>;
  } else {
    content = <LogInForm notice={notice} />;
  }

  return (
    <section className="kith-panel" aria-label="Log in">
      <h2>Log in</h2>
      {content}
    </section>
  );
}

function LogInIcon(props) {
  const { session } = sessionState.use();
  return (
    <svg viewBox="0 0 24 24" fill={session ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth="1.5" {...props}>
      <circle cx="12" cy="7.5" r="4" />
      <path d="M4 20.5c0-4.2 3.6-6.5 8-6.5s8 2.3 8 6.5z" strokeLinejoin="round" />
    </svg>
  );
}

export const LOG_IN_PLUGIN = { title: 'Log in', icon: LogInIcon, content: LogInPanel };
