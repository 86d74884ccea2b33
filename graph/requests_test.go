package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// What `make bench` asks for, and what the answer may take here: statements exactly, allocations with a margin. V1 is asked by somebody who is
// logged in, and an admin writes.
var pinned = []struct {
	name, query string
	statements  [3]int // on SQLite, on PostgreSQL and on a cluster, where links are read by a statement of their own
	allocations map[string]float64
}{
	{"Q1", `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`, [3]int{1, 1, 1},
		map[string]float64{"postgres": 107, "sqlite": 115}},
	{"V1", `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`, [3]int{1, 1, 1},
		map[string]float64{"postgres": 112, "sqlite": 121}},
	{"Q2", `query Users { users(first: 50) { nodes { id username name profile { id fullName bio }
		posts(first: 10) { nodes { id title content tags { nodes { id name } } } } } } }`, [3]int{3, 3, 3},
		map[string]float64{"postgres": 3151, "sqlite": 2876}},
	{"Q3", `query Posts { posts(first: 100) { nodes { id title content author { id username name profile { id fullName bio } } } } }`, [3]int{1, 1, 1},
		map[string]float64{"postgres": 1339, "sqlite": 1310}},
	{"Q4", `query Feed { users(first: 20) { nodes { id username posts(first: 5) { nodes { id title
		author { id username profile { id fullName bio } } tags { nodes { id name } } } } } } }`, [3]int{3, 3, 3},
		map[string]float64{"postgres": 1041, "sqlite": 1016}},
	{"M1", `mutation Create($id: ID!, $turn: String!) { createPost(input: {authorId: $id, title: $turn, content: $turn, tags: ["tag1", "tag2", "tag3"]}) {
		post { title content tags { nodes { name } } } userErrors { code } } }`, [3]int{3, 2, 3},
		map[string]float64{"postgres": 438, "sqlite": 464}},
	{"M2", `mutation Update($turn: String!) { updatePost(input: {id: "` + orm.GlobalID(db.Posts.Table, 7) + `", title: $turn}) { post { title content } userErrors { code } } }`, [3]int{1, 1, 1},
		map[string]float64{"postgres": 273, "sqlite": 285}},
}

// margin is for what varies: a pool that the collector has emptied, and the race detector, which empties some at random.
const margin = 1.15

func fillForReads(t testing.TB, f *fixture) {
	t.Helper()
	if err := seed.Fill(t.Context(), f.DB, seed.Options{Users: 100, Posts: 1000, Seed: 1}); err != nil {
		t.Fatal(err)
	}
}

// asking answers a function that sends a request again and again, in turns with one of two texts, and throws the answers away.
func asking(t testing.TB, h http.Handler, query, token string) func() {
	var bodies [2][]byte
	for i := range bodies {
		var err error
		if bodies[i], err = json.Marshal(request{Query: query, Variables: map[string]any{"id": orm.GlobalID(db.Users.Table, 7), "turn": []string{"one", "other"}[i]}}); err != nil {
			t.Fatal(err)
		}
	}
	q := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	q.Header.Set("Content-Type", "application/json")
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	w, turn := &forgetful{header: http.Header{}}, 0
	return func() {
		body := bodies[turn%len(bodies)]
		turn++
		q.Body, q.ContentLength, w.status = io.NopCloser(bytes.NewReader(body)), int64(len(body)), 0
		clear(w.header)
		h.ServeHTTP(w, q)
		if w.status != http.StatusOK {
			t.Fatal("answered", w.status)
		}
	}
}

// A forgetful is a ResponseWriter that keeps nothing.
type forgetful struct {
	header http.Header
	status int
}

func (w *forgetful) Header() http.Header         { return w.header }
func (w *forgetful) WriteHeader(status int)      { w.status = status }
func (w *forgetful) Write(b []byte) (int, error) { return len(b), nil }

// PostgreSQL plans a prepared statement for the values of its first five runs, and then once for all, unless that looks dearer: a statement
// of which it thinks so is planned each time, which can take longer than running it.
func TestPlansAreKept(t *testing.T) {
	if dbtest.OnCitus() {
		t.Skip("a cluster's planner counts what it cannot send to one node as planned, and keeps plans of its own")
	}
	const runs = 12
	f := open(t, "postgres")
	fillForReads(t, f)
	exec(t, f, "ANALYZE")
	queries := []string{
		`query Few { users(first: 3) { nodes { posts(first: 3, orderBy: [{field: CREATED_AT, direction: DESC}]) { nodes { tags(first: 2) { nodes { name } } } aggregate { count } } } } }`,
		`query Two($id: ID!) { nodes(ids: [$id, "` + orm.GlobalID(db.Users.Table, 8) + `"]) { ... on User { name profile { bio } } } }`, // as look-ups are that are sent together
		`query One($id: ID!) { user(by: {id: $id}) { posts(first: 3) { totalCount nodes { title tags { totalCount nodes { name } } } } address { emailAddress } } }`,
	}
	for _, pinned := range pinned {
		queries = append(queries, pinned.query)
	}
	for _, mutation := range []string{
		`createPosts(input: {posts: [{authorId: $id, title: "t", content: "c", tags: ["tag1"]}, {authorId: $id, title: "t", content: "c", tags: ["tag2"]}]}) { posts { tags { nodes { name } } } }`,
		`updatePosts(input: {where: {author: {id: {eq: $id}}, title: {eq: "t"}}, set: {title: "u"}, atMost: 10}) { posts { title } }`,
		`deletePosts(input: {where: {author: {id: {eq: $id}}, title: {eq: "u"}}, atMost: 10}) { deletedIds }`,
		`upsertProfile(input: {by: {userId: $id}, create: {userId: $id}, update: {bio: "b"}}) { profile { user { posts(first: 1) { nodes { id } } } } }`,
		`updateUser(input: {id: $id, name: "N", profile: {bio: "b"}}) { user { name profile { bio } } }`,
	} {
		queries = append(queries, "mutation Do($id: ID!) { "+mutation+" }")
	}
	for _, h := range []http.Handler{f.Planned, f.Resolved} {
		for _, query := range queries {
			if a := answerOf(t, asAdmin(h), request{Query: query, Variables: map[string]any{"id": orm.GlobalID(db.Users.Table, 7), "turn": "first"}}); a.code() != "" {
				t.Fatalf("%s: %s", query, a.Body)
			}
			ask := asking(t, asAdmin(h), query, "")
			for range runs {
				ask()
			}
		}
	}
	for range runs { // as look-ups by name are that are sent together
		read := &orm.Read{Path: "user", From: db.Users.Table, By: db.Users.Table.Field("username"), Texts: []string{"user1", "user2"}, Select: orm.Select{Columns: db.Users.Table.Columns}}
		if _, err := f.DB.Read(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	var look func(connections int) error
	look = func(connections int) error { // each looks while those before it are held
		return f.DB.Snapshot(t.Context(), func(ctx context.Context) error {
			err := f.DB.Query(ctx, "test", "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements WHERE custom_plans + generic_plans > 5", nil, func(rows *sqlx.Rows) error {
				var text string
				var custom, kept int
				err := rows.Scan(&text, &custom, &kept)
				if seen++; custom > 5 {
					t.Errorf("planned %d times of %d: %s", custom, custom+kept, text)
				}
				return err
			})
			if err == nil && connections > 1 {
				err = look(connections - 1)
			}
			return err
		})
	}
	if err := look(8); err != nil || seen < 30 {
		t.Error(seen, "statements were prepared", err)
	}
}

// What a request takes is counted, since a time is not the same twice: so many statements, and not many more allocations.
func TestRequestsTakeWhatTheyTook(t *testing.T) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			f := open(t, name)
			fillForReads(t, f)
			signUp(t, f.Planned, "ada")
			for _, pinned := range pinned {
				h, token := f.Planned, ""
				switch pinned.name {
				case "V1":
					token, _ = logIn(t, h, "ada")
				case "M1", "M2":
					h = asAdmin(h)
				}
				ask := asking(t, h, pinned.query, token)
				ask()
				cluster := name == "postgres" && dbtest.OnCitus()
				n, want := 0, pinned.statements[btoi(name == "postgres")+btoi(cluster)]
				for range 3 { // who is logged in is looked up once in a while
					f.Statements()
					ask()
					if n = len(f.Statements()); n == want {
						break
					}
				}
				if n != want {
					t.Errorf("%s takes %d statements, not %d", pinned.name, n, want)
				}
				least := math.Inf(1) // the whole process is counted, so that others can only add
				for range 6 {
					least = min(least, testing.AllocsPerRun(4, ask))
				}
				if most := pinned.allocations[name]; least > margin*most && !cluster { // whose transactions take more trips
					t.Errorf("%s takes %.0f allocations, and took %.0f when it was looked at last", pinned.name, least, most)
				}
			}
		})
	}
}

func BenchmarkRequests(b *testing.B) {
	for _, name := range databases {
		f := open(b, name)
		fillForReads(b, f)
		for _, pinned := range pinned {
			b.Run(name+"/"+pinned.name, func(b *testing.B) {
				ask := asking(b, asAdmin(f.Planned), pinned.query, "")
				b.ReportAllocs()
				for b.Loop() {
					ask()
				}
			})
		}
	}
}
