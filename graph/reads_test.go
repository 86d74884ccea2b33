package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"kith/db"
	"kith/db/orm"
	"kith/db/seed"
)

// What `make bench` asks for, and what the answer may take here: statements exactly, allocations with a margin. V1 is asked by somebody who is
// logged in.
var pinnedReads = []struct {
	name, query string
	statements  int
	allocations map[string]float64
}{
	{"Q1", `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`, 1,
		map[string]float64{"postgres": 117, "sqlite": 124}},
	{"V1", `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`, 1,
		map[string]float64{"postgres": 122, "sqlite": 130}},
	{"Q2", `query Users { users(first: 50) { nodes { id username name profile { id fullName bio }
		posts(first: 10) { nodes { id title content tags { nodes { id name } } } } } } }`, 3,
		map[string]float64{"postgres": 3151, "sqlite": 2876}},
	{"Q3", `query Posts { posts(first: 100) { nodes { id title content author { id username name profile { id fullName bio } } } } }`, 1,
		map[string]float64{"postgres": 1339, "sqlite": 1310}},
	{"Q4", `query Feed { users(first: 20) { nodes { id username posts(first: 5) { nodes { id title
		author { id username profile { id fullName bio } } tags { nodes { id name } } } } } } }`, 3,
		map[string]float64{"postgres": 1041, "sqlite": 1016}},
}

// margin is for what varies: a pool that the collector has emptied, and the race detector, which empties some at random.
const margin = 1.15

func fillForReads(t testing.TB, f *fixture) {
	t.Helper()
	if err := seed.Fill(t.Context(), f.DB, seed.Options{Users: 100, Posts: 1000, Seed: 1}); err != nil {
		t.Fatal(err)
	}
}

// asking answers a function that sends a request again and again, and throws the answers away.
func asking(t testing.TB, h http.Handler, query, token string) func() {
	body, err := json.Marshal(request{Query: query, Variables: map[string]any{"id": orm.GlobalID(db.Users.Table, 7)}})
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	q.Header.Set("Content-Type", "application/json")
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	w := &forgetful{header: http.Header{}}
	return func() {
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

// What a query takes is counted, since a time is not the same twice: so many statements, and not many more allocations.
func TestReadsTakeWhatTheyTook(t *testing.T) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			f := open(t, name)
			fillForReads(t, f)
			signUp(t, f.Planned, "ada")
			for _, pinned := range pinnedReads {
				token := ""
				if pinned.name == "V1" {
					token, _ = logIn(t, f.Planned, "ada")
				}
				ask := asking(t, f.Planned, pinned.query, token)
				ask()
				n := 0
				for range 3 { // who is logged in is looked up once in a while
					f.Statements()
					ask()
					if n = len(f.Statements()); n == pinned.statements {
						break
					}
				}
				if n != pinned.statements {
					t.Errorf("%s takes %d statements, not %d", pinned.name, n, pinned.statements)
				}
				if n, most := testing.AllocsPerRun(20, ask), pinned.allocations[name]; n > margin*most {
					t.Errorf("%s takes %.0f allocations, and took %.0f when it was looked at last", pinned.name, n, most)
				}
			}
		})
	}
}

func BenchmarkReads(b *testing.B) {
	for _, name := range databases {
		f := open(b, name)
		fillForReads(b, f)
		for _, pinned := range pinnedReads {
			b.Run(name+"/"+pinned.name, func(b *testing.B) {
				ask := asking(b, f.Planned, pinned.query, "")
				b.ReportAllocs()
				for b.Loop() {
					ask()
				}
			})
		}
	}
}
