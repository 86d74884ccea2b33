// The cache, how requests are sent, and what live changes do to the cache.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { print } from 'graphql';
import { Session } from './kith/session';
import { follow } from './kith/stream';
import { ChangesDocument, PostsDocument, type ChangesSubscription, type PostCardFragment, type PostWhere } from './queries.generated';

const url = '/graphql';

export const session = new Session(url);

const cache = new InMemoryCache({
  possibleTypes: { Node: ['User', 'Profile', 'Address', 'Post', 'Tag'], SearchResult: ['User', 'Post'] },
  typePolicies: {
    Query: {
      fields: {
        posts: relayStylePagination(['where', 'orderBy']),
        users: relayStylePagination(['where', 'orderBy']),
        search: relayStylePagination(['text', 'prefix']),
        // What a list has shown is there at once when its page is opened.
        node: (_, { args, toReference, canRead }) => ['Post', 'User'].map(t => toReference({ __typename: t, id: args!.id })).find(canRead),
      },
    },
    User: { fields: { posts: { merge: true } } },
  },
});

const streams = new ApolloLink(
  ({ query, variables, operationName }) =>
    new Observable(observer =>
      follow<Record<string, unknown>>(session.fetch, url, { query: print(query), variables, operationName }, {
        next: payload => observer.next(payload as ApolloLink.Result),
        gap: readAnew,
        refused: error => observer.error(error),
      }),
    ),
);

export const client = new ApolloClient({
  cache,
  link: ApolloLink.split(({ operationType }) => operationType === 'subscription', streams, new HttpLink({ uri: url, fetch: session.fetch })),
});

// Forgets all lists, and asks again for what is shown. What is being written stays.
function readAnew() {
  for (const fieldName of ['posts', 'users', 'user', 'search']) cache.evict({ id: 'ROOT_QUERY', fieldName, broadcast: false });
  client.refetchQueries({ include: 'active' }).catch(() => {}); // it is shown where it was asked for
}

// What a list is asked for; the same in the query and where a new post is put into it.
export const postsOf = (username: string): PostWhere => ({ author: { username: { eq: username } } });
export const postsWith = (tag: string): PostWhere => ({ tags: { some: { name: { eq: tag } } } });

// Puts a post to the top of those lists it belongs to that have been read.
export function addPost(post: PostCardFragment) {
  const lists = [undefined, postsOf(post.author.username), ...post.tags.nodes.map(tag => postsWith(tag.name))];
  for (const where of lists) {
    cache.updateQuery({ query: PostsDocument, variables: { where } }, read => {
      if (!read || read.posts.edges.some(edge => edge.node.id === post.id)) return undefined;
      return { ...read, posts: { ...read.posts, edges: [{ __typename: 'PostEdge' as const, cursor: '', node: post }, ...read.posts.edges] } };
    });
  }
}

// Lists leave out what is not in the cache any more.
export function dropNode(typename: string, id: string) {
  cache.evict({ id: cache.identify({ __typename: typename, id })! });
  cache.gc();
}

// What is changed is in the cache already, by its id.
function apply({ changes }: ChangesSubscription['changes']) {
  for (const { verb, id, type, node } of changes) {
    if (verb === 'DELETED') dropNode(type[0] + type.slice(1).toLowerCase(), id);
    else if (verb === 'CREATED' && node?.__typename === 'Post') addPost(node);
  }
}

// Follows what happens, as who is logged in, and begins anew with what they may see when that is somebody else.
export function goLive(ended: () => void) {
  const listen = () => client.subscribe({ query: ChangesDocument }).subscribe({ next: ({ data }) => data && apply(data.changes), error: console.error });
  let live = listen();
  session.listen(change => {
    live.unsubscribe();
    if (change === 'ended') ended();
    const begin = () => (live = listen());
    client.resetStore().then(begin, begin); // what fails is shown where it was asked for
  });
}
