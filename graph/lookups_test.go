package graph_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/graph"
)

const lookUpOne = `query One($id: ID!) { user(by: {id: $id}) { username name profile { bio } } }`

// lookingUp is a request for a user that ends with ctx.
func lookingUp(ctx context.Context, key int) *http.Request {
	body, _ := json.Marshal(request{Query: lookUpOne, Variables: map[string]any{"id": orm.GlobalID(db.Users.Table, int64(key))}}) //nolint:errchkjson // texts
	q := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	return q
}

// hold makes the fixture's look-ups of path wait at their end until the function that it answers is called.
func (f *fixture) hold(path string) (release func()) {
	held := make(chan struct{})
	f.Then(func(s *orm.Statement) {
		if s.Path == path {
			<-held
		}
	})
	return func() {
		f.Then(nil)
		close(held)
	}
}

// Look-ups that come while others of their kind are under way are sent together, and each is told what is its own and the statement that
// found it.
func TestLookUpsAreSentTogether(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		const people, requests = 40, 200
		someUsers(t, f, people)
		f.Statements()
		release := f.hold("user")
		var all sync.WaitGroup
		for i := range requests {
			all.Go(func() {
				key := 1 + i%(people+10) // some are of nobody, and many are asked for by several
				id, query, want := orm.GlobalID(db.Users.Table, int64(key)), lookUpOne, "null"
				if key <= people {
					want = fmt.Sprintf(`{"username":"u%d","name":"Somebody","profile":null}`, key-1)
				}
				if i%4 == 3 { // another kind
					id, query = fmt.Sprint("u", key-1), `query Named($id: String!) { user(by: {username: $id}) { username name profile { bio } } }`
				}
				a := answerOf(t, f.Planned, request{Query: query, Variables: map[string]any{"id": id}, Header: http.Header{"X-Receipt": {"1"}}})
				if got := string(a.Body); !strings.HasPrefix(got, `{"data":{"user":`+want+`}`) {
					t.Errorf("%v: %s instead of %s", id, got, want)
				}
				var told struct{ Extensions receipt }
				if err := json.Unmarshal(a.Body, &told); err != nil {
					t.Error(err)
				} else if sql := told.Extensions.SQL; len(sql) != 1 || sql[0].Path != "user" || sql[0].Text == "" || *sql[0].Keys < 1 {
					t.Errorf("%v: a receipt of %+v", id, sql)
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		release()
		all.Wait()
		keys := 0
		statements := f.Statements()
		for _, s := range statements {
			keys += s.Keys
		}
		if len(statements) > requests/4 && f.DB.Name() == "postgres" || keys < 2*people {
			t.Errorf("%d statements for %d keys answer %d requests", len(statements), keys, requests)
		}
	}, withReceipts)
}

func withReceipts(o *graph.Options) { o.Receipts = true }

// Who leaves has left, and what the others asked for comes.
func TestLookUpsTogetherEndAlone(t *testing.T) {
	f := open(t, "postgres") // where they are sent together
	someUsers(t, f, 30)
	release := f.hold("user")
	var all, gone sync.WaitGroup
	for i := range 30 {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		w, leaves := httptest.NewRecorder(), i >= 10 && i%2 == 0 // the first are sent at once, or wait no more
		if leaves {
			time.AfterFunc(50*time.Millisecond, leave)
			gone.Add(1)
		}
		all.Go(func() {
			f.Planned.ServeHTTP(w, lookingUp(ctx, 1+i))
			if leaves {
				gone.Done()
			} else if want := fmt.Sprintf(`{"data":{"user":{"username":"u%d","name":"Somebody","profile":null}}}`, i); w.Body.String() != want {
				t.Errorf("%s instead of %s", w.Body, want)
			}
		})
		if i < 10 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	gone.Wait() // while all statements are held
	release()
	all.Wait()
}

// What is too much for one answer is not too much for several: look-ups that cannot be sent together are sent alone.
func TestLookUpsTogetherTakeWhatEachMay(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		const posts = 60
		someUsers(t, f, 1)
		for range posts {
			exec(t, f, "INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT 1, 'T', '"+repeat(100_000, "x")+"', created_at, updated_at FROM users")
		}
		f.Statements()
		release := f.hold("post")
		var all sync.WaitGroup
		for i := range posts {
			all.Go(func() {
				a := answerOf(t, f.Planned, request{Query: `query One($id: ID!) { post(id: $id) { content } }`, Variables: map[string]any{"id": orm.GlobalID(db.Posts.Table, int64(1+i))}})
				if text := a.text("post", "content"); len(text) != 100_000 {
					t.Errorf("%d bytes: %.300s", len(text), a.Body)
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		release()
		all.Wait()
		failed := 0
		for _, s := range f.Statements() {
			if s.Err != nil && s.Keys > 1 {
				failed++
			}
		}
		if failed == 0 && f.DB.Name() == "postgres" && !dbtest.OnCitus() {
			t.Error("nothing was too much together")
		}
		if n := reserved(t, f.Planned); n != 0 {
			t.Errorf("%v bytes stay reserved", n)
		}
	}, func(o *graph.Options) { o.Limits.Response = 200_000 })
}

// Look-ups of one document by what its variables name meet with those by the same name only.
func TestLookUpsTogetherAreByOneName(t *testing.T) {
	f := open(t, "postgres")
	const people, requests = 40, 200
	someUsers(t, f, people)
	release := f.hold("user")
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			key := 1 + i%(people+10)
			by, want := map[string]any{"id": orm.GlobalID(db.Users.Table, int64(key))}, `null`
			if i%3 == 0 {
				by = map[string]any{"username": fmt.Sprint("u", key-1)}
			}
			if key <= people {
				want = fmt.Sprintf(`{"username":"u%d"}`, key-1)
			}
			a := answerOf(t, f.Planned, request{Query: `query By($by: UserBy!) { user(by: $by) { username } }`, Variables: map[string]any{"by": by}})
			if got := string(a.Body); got != `{"data":{"user":`+want+`}}` {
				t.Errorf("%v: %s instead of %s", by, got, want)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	release()
	all.Wait()
}

// locked keeps everybody from a table until the function that it answers is called. waiting is how many wait for it with statements
// whose text is like what.
func (f *fixture) locked(t *testing.T, table string) (release func(), waiting func(what string) int) {
	t.Helper()
	if dbtest.OnCitus() {
		t.Skip("the rows of a table are in parts, which have other names")
	}
	raw, err := sql.Open("postgres", f.Address)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { tx.Rollback() }) //nolint:errcheck // nothing was done
	t.Cleanup(func() { release(); raw.Close() })
	return release, func(what string) (n int) {
		if err := raw.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1", what).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
}

// eventually waits until something is so, and long.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 500 {
		if so() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}

// A statement that nobody waits for any more ends, and gives its connection back.
func TestLookUpsTogetherEndWithTheLast(t *testing.T) {
	f := open(t, "postgres", func(o *graph.Options) { o.Limits.Timeout = time.Minute })
	someUsers(t, f, 30)
	release, waiting := f.locked(t, "users")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() { f.Planned.ServeHTTP(httptest.NewRecorder(), lookingUp(ctx, 1+i)) })
	}
	eventually(t, "look-ups that are sent together wait", func() bool { return waiting("%unnest%") > 0 })
	leave()
	all.Wait()
	eventually(t, "all connections are given back", func() bool { // a server that is told too early waits on by itself
		return !slices.ContainsFunc(f.DB.Pools(), func(p orm.Pool) bool { return p.InUse > 0 })
	})
	release()
	a := answerOf(t, f.Planned, request{Query: lookUpOne, Variables: map[string]any{"id": orm.GlobalID(db.Users.Table, 1)}})
	if got := a.text("user", "username"); got != "u0" {
		t.Errorf("afterwards: %s", a.Body)
	}
}
