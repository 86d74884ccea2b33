import { useQuery } from '@apollo/client/react';
import { Link, useSearchParams } from 'wouter';
import { SearchDocument } from './queries.generated';
import { Avatar, Empty, More, Page, Problem, Skeleton } from './ui';

// What the search box asks for, as it is typed. What was found last stays until there is something else.
export function Search() {
  const [query] = useSearchParams();
  const text = query.get('q') ?? '';
  const { data, previousData, error, fetchMore, refetch } = useQuery(SearchDocument, { variables: { text }, skip: !text });
  const found = text ? (data ?? previousData)?.search : undefined;
  return (
    <Page title="Search" focus={false}>
      <p className="meta" role="status">
        {found && `${found.totalCount.toLocaleString('en')} found for “${text}”`}
      </p>
      {error && !found && <Problem error={error} again={refetch} />}
      {!text && <Empty>Type a name, or words of a post.</Empty>}
      {text && !found && !error && <Skeleton tall={false} />}
      {found?.edges.map(({ node, snippet }) => (
        <article key={node.id} className="card person-card">
          <Avatar name={node.__typename === 'User' ? node.name : node.author.name} />
          <div>
            <h2>
              {node.__typename === 'User' ? (
                <Link href={`/people/${encodeURIComponent(node.username)}`} className="whole">
                  {node.profile?.fullName ?? node.name}
                </Link>
              ) : (
                <Link href={`/posts/${node.id}`} className="whole">
                  {node.title}
                </Link>
              )}
            </h2>
            <p className="meta">{node.__typename === 'User' ? `@${node.username}` : `Post by ${node.author.name}`}</p>
            {/* The schema promises HTML in which all but <mark> is escaped. */}
            <p className="clamp" dangerouslySetInnerHTML={{ __html: snippet }} />
          </div>
        </article>
      ))}
      {found?.totalCount === 0 && <Empty>Nothing was found. Fewer or shorter words find more.</Empty>}
      {data?.search.pageInfo.hasNextPage && <More more={() => fetchMore({ variables: { after: data.search.pageInfo.endCursor } })} />}
    </Page>
  );
}
