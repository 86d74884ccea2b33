import { useQuery } from '@apollo/client/react';
import { Link } from 'wouter';
import { postsOf, session } from './client';
import { Feed } from './posts';
import { PeopleDocument, PersonPageDocument, type PersonFragment } from './queries.generated';
import { Avatar, Empty, More, Page, Problem, Skeleton, Time } from './ui';

const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

export function PersonCard({ person, note }: { person: PersonFragment; note?: string }) {
  return (
    <article className="card person-card">
      <Avatar name={person.name} />
      <div>
        <h2>
          <Link href={`/people/${encodeURIComponent(person.username)}`} className="whole">
            {person.profile?.fullName ?? person.name}
          </Link>
        </h2>
        <p className="meta">
          @{person.username}
          {note && ` · ${note}`}
        </p>
        {person.profile?.bio && <p className="clamp">{person.profile.bio}</p>}
      </div>
    </article>
  );
}

export function People() {
  const { data, error, fetchMore, refetch } = useQuery(PeopleDocument);
  const users = data?.users;
  return (
    <Page title="People">
      {error && !users && <Problem error={error} again={refetch} />}
      {!users && !error && <Skeleton tall={false} count={6} />}
      {users?.edges.map(({ node }) => (
        <PersonCard key={node.id} person={node} note={count(node.posts.totalCount, 'post')} />
      ))}
      {users?.edges.length === 0 && <Empty>Nobody is here yet.</Empty>}
      {users?.pageInfo.hasNextPage && <More more={() => fetchMore({ variables: { after: users.pageInfo.endCursor } })} />}
    </Page>
  );
}

export function PersonPage({ username }: { username: string }) {
  const { data, error, refetch } = useQuery(PersonPageDocument, { variables: { username } });
  const user = data?.user;
  const title = user ? (user.profile?.fullName ?? user.name) : data ? 'Not found' : username;
  return (
    <Page title={title} aside={user?.id === session.viewer && user && <Link href="/settings" className="button">Edit profile</Link>}>
      {error && !data && <Problem error={error} again={refetch} />}
      {data && !user && <Empty>There is nobody of that name.</Empty>}
      {user && (
        <div className="about">
          <p className="meta">
            @{user.username} · here since <Time at={user.createdAt} /> · {count(user.posts.totalCount, 'post')}
          </p>
          {user.profile?.bio && <p className="prose">{user.profile.bio}</p>}
        </div>
      )}
      {!error && (!data || user) && <Feed where={postsOf(username)} empty="Nothing written yet." />}
    </Page>
  );
}
