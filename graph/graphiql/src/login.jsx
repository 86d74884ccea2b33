import { useState } from 'react';
import { Button, useGraphiQL } from '@graphiql/react';
import { goOnAsNobody, logIn, logOut, sessionState } from './session.js';

const TITLE = 'Log in';

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
    <form className="kith-form" aria-label={TITLE} onSubmit={submit}>
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

function Session({ session, onLogOut }) {
  return (
    <>
      <p role="status">
        Logged in as <strong>{session.username}</strong>.
      </p>
      <p>Each request of this browser tab is sent as this user. The session renews itself, and is forgotten when the tab is closed.</p>
      <Button type="button" onClick={onLogOut}>
        Log out
      </Button>
    </>
  );
}

function LogInPanel() {
  const schema = useGraphiQL(state => state.schema);
  const { session, ended } = sessionState.use();
  const [notice, setNotice] = useState('');

  async function leave() {
    const fault = await logOut();
    setNotice(fault ? `Logged out here; the server did not end the session: ${fault}` : 'Logged out.');
  }

  let content;
  if (session) {
    content = <Session session={session} onLogOut={leave} />;
  } else if (schema && !schema.getMutationType()?.getFields().logIn) {
    content = <p role="status">This server has no log-in: its schema has no mutation logIn.</p>;
  } else {
    content = <LogInForm notice={ended || notice} />;
  }

  return (
    <section className="kith-panel" aria-label={TITLE}>
      <h2>{TITLE}</h2>
      {content}
    </section>
  );
}

// Says that a session has ended, until somebody decides how to go on: nothing is sent meanwhile.
export function SessionEnded({ openPanel }) {
  const { ended } = sessionState.use();
  if (!ended) return null;
  return (
    <div className="kith-ended" role="alert">
      <p>{ended} Nothing is sent until you log in again, or go on without.</p>
      <button type="button" onClick={() => openPanel(TITLE)}>
        Log in again
      </button>
      <button type="button" onClick={goOnAsNobody}>
        Go on without
      </button>
    </div>
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

export const LOG_IN_PLUGIN = { title: TITLE, icon: LogInIcon, content: LogInPanel };
