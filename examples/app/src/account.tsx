import { useApolloClient, useMutation, useQuery } from '@apollo/client/react';
import { useState, type FormEvent } from 'react';
import { Link, Redirect, useLocation, useSearchParams } from 'wouter';
import { dropNode, session } from './client';
import { Delete } from './delete';
import type { Fault } from './kith/session';
import { DeleteMeDocument, RevokeSessionDocument, SessionsDocument, UpdateMeDocument, ViewerDocument, type MeFragment, type UpdateUserInput } from './queries.generated';
import { Field, Page, Problem, Skeleton, Time, faultOf, say } from './ui';

const entered = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;

export function Auth({ signUp = false }: { signUp?: boolean }) {
  const [query] = useSearchParams();
  const [faults, setFaults] = useState<Fault[]>([]);
  const [state, setState] = useState<'idle' | 'busy' | Error>('idle');
  const next = query.get('next') ?? '/';
  if (session.viewer && state !== 'busy') return <Redirect to={next.startsWith('/') && !next.startsWith('//') ? next : '/'} replace />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { username = '', password = '', name } = entered(event.currentTarget);
    setState('busy');
    const begun = signUp ? session.signUp({ username, password, ...(name?.trim() && { name }) }) : session.logIn({ username, password });
    begun.then(found => (setFaults(found), setState('idle')), setState);
  };
  const general = faults.find(fault => fault.field === null);
  return (
    <Page title={signUp ? 'Sign up' : 'Log in'}>
      <form onSubmit={submit} className="form narrow">
        <Field label="Username" fault={faultOf(faults, 'username')} hint={signUp ? 'Letters, digits, _ . and -' : undefined}>
          {props => <input {...props} name="username" autoComplete="username" autoCapitalize="none" required />}
        </Field>
        {signUp && (
          <Field label="Name" fault={faultOf(faults, 'name')} hint="As others see it; the username if you leave it empty.">
            {props => <input {...props} name="name" autoComplete="name" />}
          </Field>
        )}
        <Field label="Password" fault={faultOf(faults, 'password')} hint={signUp ? 'At least 8 characters.' : undefined}>
          {props => <input {...props} name="password" type="password" autoComplete={signUp ? 'new-password' : 'current-password'} required />}
        </Field>
        {general && (
          <p className="fault" role="alert">
            {general.message}
          </p>
        )}
        {state instanceof Error && <Problem error={state} />}
        <div className="actions">
          <button className="primary" disabled={state === 'busy'}>
            {state === 'busy' ? 'One moment…' : signUp ? 'Sign up' : 'Log in'}
          </button>
        </div>
        <p className="meta">
          {signUp ? 'Here already? ' : 'New here? '}
          <Link href={`${signUp ? '/log-in' : '/sign-up'}?next=${encodeURIComponent(next)}`}>{signUp ? 'Log in' : 'Sign up'}</Link>
        </p>
      </form>
    </Page>
  );
}

export function Settings() {
  const { data, error, refetch } = useQuery(ViewerDocument);
  return (
    <Page title="Settings">
      {data?.viewer ? <MeForm key={data.viewer.id} me={data.viewer} /> : error ? <Problem error={error} again={refetch} /> : <Skeleton count={2} />}
    </Page>
  );
}

function MeForm({ me }: { me: MeFragment }) {
  const client = useApolloClient();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const [update, { data, error, loading }] = useMutation(UpdateMeDocument);
  const faults = data?.updateUser.userErrors ?? [];
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { name = '', fullName = '', bio = '', emailAddress = '' } = entered(event.currentTarget);
    const profile = { fullName: fullName || null, bio: bio || null };
    const input: UpdateUserInput = { id: me.id, name, profile };
    if (emailAddress) input.address = { emailAddress };
    else if (me.address) input.addressChanges = { delete: true };
    const answer = await update({
      variables: { input },
      // The new name stands in the header and on every post at once.
      optimisticResponse: {
        updateUser: {
          __typename: 'UpdateUserPayload',
          user: { ...me, name, profile: { __typename: 'Profile', id: 'new', ...me.profile, ...profile } },
          userErrors: [],
        },
      },
    }).catch(() => undefined); // it is in error
    if (answer?.data?.updateUser.userErrors.length === 0) say('Your profile is saved.');
  };
  const remove = () =>
    client
      .mutate({ mutation: DeleteMeDocument, variables: { input: { id: me.id }, preview: false } })
      .then(() => session.logOut())
      .then(() => (navigate('/'), say('Your account is deleted.')))
      .catch((error: Error) => say(`Your account was not deleted: ${error.message}`));
  return (
    <>
      <form onSubmit={submit} className="form">
        <Field label="Name" fault={faultOf(faults, 'name')}>
          {props => <input {...props} name="name" defaultValue={me.name} required autoComplete="nickname" />}
        </Field>
        <Field label="Full name" fault={faultOf(faults, 'fullName')}>
          {props => <input {...props} name="fullName" defaultValue={me.profile?.fullName ?? ''} autoComplete="name" />}
        </Field>
        <Field label="About you" fault={faultOf(faults, 'bio')}>
          {props => <textarea {...props} name="bio" defaultValue={me.profile?.bio ?? ''} rows={4} />}
        </Field>
        <Field label="E-mail address" fault={faultOf(faults, 'emailAddress')} hint="Seen by you alone.">
          {props => <input {...props} name="emailAddress" type="email" defaultValue={me.address?.emailAddress ?? ''} autoComplete="email" />}
        </Field>
        {error && <Problem error={error} />}
        <div className="actions">
          <button className="primary" disabled={loading}>
            Save
          </button>
        </div>
      </form>
      <Sessions />
      <section className="card">
        <h2>Leave</h2>
        <p>Log out here, or delete your account with all that is yours.</p>
        <div className="actions">
          <button onClick={() => void session.logOut()}>Log out</button>
          <button className="danger" onClick={() => setDeleting(true)}>
            Delete account
          </button>
        </div>
      </section>
      {deleting && (
        <Delete
          title="Delete your account?"
          preview={() => client.mutate({ mutation: DeleteMeDocument, variables: { input: { id: me.id }, preview: true } }).then(({ data }) => data!.deleteUser)}
          confirm={remove}
          close={() => setDeleting(false)}
        />
      )}
    </>
  );
}

// What a browser says of itself, in two words.
const named = (agent: string | null) =>
  [/Firefox|Edg|Chrome|Safari/, /Android|iPhone|iPad|Windows|Mac|Linux/].map(part => agent?.match(part)?.[0]).filter(Boolean).join(' on ') || 'Another program';

function Sessions() {
  const client = useApolloClient();
  const { data, error, refetch } = useQuery(SessionsDocument, { fetchPolicy: 'cache-and-network' });
  const end = (id: string) =>
    client
      .mutate({ mutation: RevokeSessionDocument, variables: { input: { id } } })
      .then(({ data }) => say(data?.revokeSession.userErrors[0]?.message ?? 'That login has ended.'))
      .then(() => dropNode('ActiveSession', id))
      .catch((error: Error) => say(error.message));
  return (
    <section className="card" aria-labelledby="logins">
      <h2 id="logins">Where you are logged in</h2>
      {error && !data && <Problem error={error} again={refetch} />}
      <ul className="logins">
        {data?.sessions.map(({ id, userAgent, createdAt, lastUsedAt, current }) => (
          <li key={id}>
            <span>
              {named(userAgent)}
              <small className="meta">
                {current ? 'This browser' : <>Used <Time at={lastUsedAt} /></>} · logged in <Time at={createdAt} />
              </small>
            </span>
            {!current && <button aria-label={`End ${named(userAgent)}`} onClick={() => void end(id)}>End</button>}
          </li>
        ))}
      </ul>
    </section>
  );
}
