import { useApolloClient, useMutation, useQuery } from '@apollo/client/react';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { Link, useLocation } from 'wouter';
import { addPost, dropNode } from './client';
import { Delete } from './delete';
import type { Fault } from './kith/session';
import {
  CreatePostDocument,
  DeletePostDocument,
  PostDocument,
  PostsDocument,
  UpdatePostDocument,
  type PostCardFragment,
  type PostWhere,
} from './queries.generated';
import { Empty, Field, More, Page, PersonLink, Problem, Skeleton, Time, faultOf, say } from './ui';

function Tags({ post }: { post: PostCardFragment }) {
  if (post.tags.nodes.length === 0) return null;
  return (
    <ul className="tags" aria-label="Tags">
      {post.tags.nodes.map(tag => (
        <li key={tag.id}>
          <Link href={`/tags/${encodeURIComponent(tag.name)}`}>#{tag.name}</Link>
        </li>
      ))}
    </ul>
  );
}

export function Feed({ where, empty }: { where?: PostWhere; empty: string }) {
  const { data, error, fetchMore, refetch } = useQuery(PostsDocument, { variables: { where } });
  const posts = data?.posts;
  if (!posts) return error ? <Problem error={error} again={refetch} /> : <Skeleton />;
  if (posts.edges.length === 0) {
    return (
      <Empty>
        {empty} <Link href="/write">Write something</Link>
      </Empty>
    );
  }
  return (
    <>
      {posts.edges.map(({ node }) => (
        <article key={node.id} className="card">
          <p className="meta">
            <PersonLink person={node.author} /> · <Time at={node.createdAt} />
          </p>
          <h2>
            <Link href={`/posts/${node.id}`} className="whole">
              {node.title}
            </Link>
          </h2>
          <p className="clamp prose">{node.content}</p>
          <Tags post={node} />
        </article>
      ))}
      {posts.pageInfo.hasNextPage && <More more={() => fetchMore({ variables: { after: posts.pageInfo.endCursor } })} />}
    </>
  );
}

function usePost(id: string) {
  const { data, error, refetch } = useQuery(PostDocument, { variables: { id } });
  return { post: data?.node?.__typename === 'Post' ? data.node : undefined, missing: data && !data.node, error, refetch };
}

function NoPost({ error, missing, refetch }: Omit<ReturnType<typeof usePost>, 'post'>) {
  return (
    <Page title={missing ? 'Not found' : error ? 'Something went wrong' : 'Loading…'}>
      {missing ? <Empty>There is no such post. It may have been deleted.</Empty> : error ? <Problem error={error} again={refetch} /> : <Skeleton count={1} />}
    </Page>
  );
}

export function PostPage({ id }: { id: string }) {
  const { post, ...state } = usePost(id);
  const [deleting, setDeleting] = useState(false);
  const [, navigate] = useLocation();
  const client = useApolloClient();
  if (!post) return <NoPost {...state} />;
  // It is gone at once, and back again if that turns out to be wrong.
  const remove = () => {
    navigate('/', { replace: true });
    client
      .mutate({
        mutation: DeletePostDocument,
        variables: { input: { id, ifVersion: post.version }, preview: false },
        optimisticResponse: { deletePost: { __typename: 'DeletePostPayload', deletedId: id, cascade: [], userErrors: [] } },
        update: (_, { data }) => data?.deletePost.deletedId && dropNode('Post', id),
      })
      .then(({ data }) => say(data?.deletePost.userErrors[0]?.message ?? 'The post was deleted.'))
      .catch((error: Error) => say(`The post was not deleted: ${error.message}`));
  };
  return (
    <Page title={post.title}>
      <article>
        <p className="meta">
          <PersonLink person={post.author} /> · <Time at={post.createdAt} />
          {post.version > 1 && (
            <>
              {' '}
              · changed <Time at={post.updatedAt} />
            </>
          )}
        </p>
        <p className="prose whole-text">{post.content}</p>
        <Tags post={post} />
        <div className="actions">
          {post.viewerCan.update && (
            <Link href={`/posts/${id}/edit`} className="button">
              Edit
            </Link>
          )}
          {post.viewerCan.delete && (
            <button className="danger" onClick={() => setDeleting(true)}>
              Delete
            </button>
          )}
        </div>
      </article>
      {deleting && (
        <Delete
          title="Delete this post?"
          preview={() => client.mutate({ mutation: DeletePostDocument, variables: { input: { id }, preview: true } }).then(({ data }) => data!.deletePost)}
          confirm={remove}
          close={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}

type Draft = { title: string; content: string; tags: string[] };

const empty: Draft = { title: '', content: '', tags: [] };
const draftOf = (post: PostCardFragment): Draft => ({ title: post.title, content: post.content, tags: post.tags.nodes.map(tag => tag.name) });

export function NewPost() {
  const [, navigate] = useLocation();
  const [create, { error, loading }] = useMutation(CreatePostDocument);
  // Sent along, so that a post whose answer was lost is not made twice.
  const sent = useRef<{ draft: Draft; key: string }>(null);
  const save = async (draft: Draft) => {
    if (sent.current?.draft !== draft) sent.current = { draft, key: Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join('') };
    const { data } = await create({ variables: { input: draft }, context: { headers: { 'Idempotency-Key': sent.current.key } } });
    const { post, userErrors } = data!.createPost;
    if (post) {
      addPost(post);
      sessionStorage.removeItem('draft');
      navigate(`/posts/${post.id}`, { replace: true });
      say('Your post is published.');
    }
    return userErrors;
  };
  return (
    <Page title="New post">
      <PostForm name="draft" start={empty} save={save} verb="Publish" busy={loading} error={error} />
    </Page>
  );
}

export function Editor({ id }: { id: string }) {
  const { post, ...state } = usePost(id);
  return post ? <Editing post={post} /> : <NoPost {...state} />;
}

// The form begins with one version of the post. Another one comes into the cache when somebody changes it meanwhile, by the live
// changes or with kith's answer CONFLICT, and then it is theirs or ours.
function Editing({ post }: { post: PostCardFragment }) {
  const [, navigate] = useLocation();
  const [update, { error, loading }] = useMutation(UpdatePostDocument);
  const [base, setBase] = useState(post);
  const [form, setForm] = useState(0);
  const sending = useRef(false);
  const name = `draft of ${post.id}, ${base.version}`;
  const newer = post.version > base.version && !sending.current;
  const save = async ({ title, content, tags }: Draft) => {
    sending.current = true;
    const { data } = await update({ variables: { input: { id: post.id, title, content, tags: { set: tags }, ifVersion: base.version } } }).finally(
      () => (sending.current = false),
    );
    const { userErrors } = data!.updatePost;
    if (userErrors.length === 0) {
      sessionStorage.removeItem(name);
      navigate(`/posts/${post.id}`, { replace: true });
      say('Your changes are saved.');
    }
    return userErrors.filter(fault => fault.code !== 'CONFLICT');
  };
  return (
    <Page title="Edit post">
      {newer && (
        <section className="conflict" role="alert" aria-label="Conflict">
          <h2>This post was changed while you were editing</h2>
          <p className="meta">
            Changed <Time at={post.updatedAt} />. It now reads:
          </p>
          <blockquote>
            <strong>{post.title}</strong>
            <p className="prose clamp">{post.content}</p>
            <Tags post={post} />
          </blockquote>
          <div className="actions">
            <button onClick={() => setBase(post)}>Keep what I wrote</button>
            <button onClick={() => (setBase(post), setForm(form + 1))}>Take that version</button>
          </div>
        </section>
      )}
      <PostForm key={form} name={name} start={draftOf(base)} save={save} verb="Save" busy={loading} blocked={newer} error={error} />
    </Page>
  );
}

type PostFormProps = { name: string; start: Draft; save: (draft: Draft) => Promise<Fault[]>; verb: string; busy: boolean; blocked?: boolean; error?: Error };

// What is being written is kept in this tab under a name, until it is saved.
function PostForm({ name, start, save, verb, busy, blocked, error }: PostFormProps) {
  const [draft, setDraft] = useState<Draft>(() => JSON.parse(sessionStorage.getItem(name) ?? 'null') ?? start);
  const [faults, setFaults] = useState<Fault[]>([]);
  useEffect(() => {
    if (draft !== start) sessionStorage.setItem(name, JSON.stringify(draft));
  }, [draft]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(draft).then(setFaults, () => setFaults([])); // what failed is in error
  };
  return (
    <form onSubmit={submit} className="form">
      <Field label="Title" fault={faultOf(faults, 'title')}>
        {props => <input {...props} value={draft.title} onChange={e => setDraft({ ...draft, title: e.target.value })} required maxLength={200} autoComplete="off" />}
      </Field>
      <Field label="Text" fault={faultOf(faults, 'content')}>
        {props => <textarea {...props} value={draft.content} onChange={e => setDraft({ ...draft, content: e.target.value })} required rows={10} />}
      </Field>
      <TagsField tags={draft.tags} change={tags => setDraft({ ...draft, tags })} fault={faultOf(faults, 'tags')} />
      {error && <Problem error={error} />}
      <div className="actions">
        <button className="primary" disabled={busy || blocked}>
          {busy ? 'One moment…' : verb}
        </button>
        <button type="button" className="quiet" onClick={() => (sessionStorage.removeItem(name), history.back())}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function TagsField({ tags, change, fault }: { tags: string[]; change: (tags: string[]) => void; fault?: string }) {
  const [text, setText] = useState('');
  const add = () => {
    const names = text.split(',').map(name => name.replace('#', '').trim());
    if (text) change([...new Set([...tags, ...names.filter(Boolean)])]);
    setText('');
  };
  const type = (event: KeyboardEvent) => {
    if (event.key === ',' || (event.key === 'Enter' && text)) {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && !text) change(tags.slice(0, -1));
  };
  return (
    <Field label="Tags" fault={fault} hint="Enter or a comma after each.">
      {props => (
        <div className="chips">
          {tags.map(tag => (
            <button key={tag} type="button" aria-label={`Remove tag ${tag}`} onClick={() => change(tags.filter(t => t !== tag))}>
              #{tag} <span aria-hidden="true">×</span>
            </button>
          ))}
          <input {...props} value={text} onChange={e => setText(e.target.value)} onKeyDown={type} onBlur={add} autoComplete="off" />
        </div>
      )}
    </Field>
  );
}
