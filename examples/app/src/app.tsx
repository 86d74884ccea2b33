import { useQuery } from '@apollo/client/react';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useSearchParams } from 'wouter';
import { Auth, Settings } from './account';
import { postsWith, session } from './client';
import { People, PersonPage } from './people';
import { Editor, Feed, NewPost, PostPage } from './posts';
import { ViewerDocument } from './queries.generated';
import { Search } from './search';
import { Avatar, Empty, Page, Said, ThemeSwitch } from './ui';

export function App() {
  useSyncExternalStore(hear => session.listen(hear), () => session.viewer); // all is shown anew when somebody logs in or out
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Masthead />
      <Switch>
        <Route path="/">
          <Page title="Latest posts">
            <Feed empty="Nobody has written anything yet." />
          </Page>
        </Route>
        <Route path="/tags/:name">
          {({ name }) => (
            <Page key={name} title={`#${decodeURIComponent(name)}`}>
              <Feed where={postsWith(decodeURIComponent(name))} empty="No post has this tag." />
            </Page>
          )}
        </Route>
        <Route path="/posts/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
        <Route path="/posts/:id/edit">{({ id }) => <Editor key={id} id={id} />}</Route>
        <Route path="/people" component={People} />
        <Route path="/people/:username">{({ username }) => <PersonPage key={username} username={decodeURIComponent(username)} />}</Route>
        <Route path="/search" component={Search} />
        <Route path="/write">
          <MustLogIn>
            <NewPost />
          </MustLogIn>
        </Route>
        <Route path="/settings">
          <MustLogIn>
            <Settings />
          </MustLogIn>
        </Route>
        <Route path="/log-in">
          <Auth key="log-in" />
        </Route>
        <Route path="/sign-up">
          <Auth key="sign-up" signUp />
        </Route>
        <Route>
          <Page title="Not found">
            <Empty>
              There is nothing here. <Link href="/">See the latest posts</Link>
            </Empty>
          </Page>
        </Route>
      </Switch>
      <Said />
    </>
  );
}

// Pages for who is logged in. Who logs in comes back to them.
function MustLogIn({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  return session.viewer ? children : <Redirect to={`/log-in?next=${encodeURIComponent(path)}`} replace />;
}

function Masthead() {
  const { data } = useQuery(ViewerDocument);
  const [path] = useLocation();
  const viewer = data?.viewer;
  return (
    <header className="masthead">
      <nav aria-label="Main">
        <Link href="/" className="brand" aria-label="kith, home">
          kith
        </Link>
        <Link href="/" aria-current={path === '/' ? 'page' : undefined}>
          Posts
        </Link>
        <Link href="/people" aria-current={path === '/people' ? 'page' : undefined}>
          People
        </Link>
      </nav>
      <SearchBox />
      <div className="account">
        <ThemeSwitch />
        {viewer ? (
          <>
            <Link href="/write" className="button primary">
              Write
            </Link>
            <button className="quiet icon" popoverTarget="account-menu" aria-label={`Account of ${viewer.name}`}>
              <Avatar name={viewer.name} />
            </button>
            <Menu username={viewer.username} />
          </>
        ) : session.viewer ? (
          <span className="account-room" />
        ) : (
          <>
            <Link href="/log-in" className="button quiet">
              Log in
            </Link>
            <Link href="/sign-up" className="button primary">
              Sign up
            </Link>
          </>
        )}
      </div>
    </header>
  );
}

function Menu({ username }: { username: string }) {
  const close = () => document.getElementById('account-menu')?.hidePopover();
  return (
    <div id="account-menu" popover="auto" className="menu" onClick={close}>
      <Link href={`/people/${encodeURIComponent(username)}`}>Your page</Link>
      <Link href="/settings">Settings</Link>
      <button className="quiet" onClick={() => void session.logOut()}>
        Log out
      </button>
    </div>
  );
}

function SearchBox() {
  const [path, navigate] = useLocation();
  const [query] = useSearchParams();
  const asked = path === '/search' ? (query.get('q') ?? '') : '';
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [path]);
  useEffect(() => {
    if (text.trim() === asked.trim() || (!text && path !== '/search')) return;
    const typed = setTimeout(() => navigate(`/search?q=${encodeURIComponent(text.trim())}`, { replace: path === '/search' }), 200);
    return () => clearTimeout(typed);
  }, [text]);
  return (
    <form role="search" className="search" onSubmit={event => (event.preventDefault(), navigate(`/search?q=${encodeURIComponent(text.trim())}`))}>
      <input type="search" aria-label="Search people and posts" placeholder="Search people and posts" value={text} onChange={event => setText(event.target.value)} />
    </form>
  );
}
