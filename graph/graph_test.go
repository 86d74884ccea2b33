package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/dbtest/lint"
	"kith/db/orm"
	"kith/graph"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if os.Getenv(dbtest.DistributedVariable) != "" {
		orm.DistributedBy("author_id")(db.Posts.Table)
	}
	os.Exit(lint.Main(m, &orm.Sent))
}

// A fixture is kith over a fresh, migrated and empty database, answered by plans and, at another door, by resolvers.
type fixture struct {
	DB      *db.DB
	Address string
	Clock   *clock
	// Planned and Resolved are the two ways of answering over the same database.
	Planned, Resolved http.Handler

	mu         sync.Mutex
	statements []*orm.Statement
	then       func(*orm.Statement) // called behind each statement
}

// A clock is the database's time in tests: it begins at a fixed time and stands still until it is told to move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock.
func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// databases are what every test of the graph runs on.
var databases = []string{"sqlite", "postgres"}

// open makes a fixture on one of databases. SQLite is a file, as in production: in memory there is one connection.
func open(t testing.TB, database string, change ...func(*graph.Options)) *fixture {
	t.Helper()
	f := &fixture{Clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)}}
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	switch database {
	case "postgres":
		address = dbtest.Postgres(t)
	case "serializable": // on PostgreSQL
		address = dbtest.Postgres(t) + "&default_transaction_isolation=serializable"
	}
	var err error
	f.Address = address
	f.DB, err = db.Open(t.Context(), address, f.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.DB.Close() })
	if err := f.DB.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.serve(change...)
	return f
}

func (f *fixture) options() orm.Options {
	return orm.Options{Clock: f.Clock.Now, Observe: f.observe}
}

func (f *fixture) observe(_ context.Context, s *orm.Statement) {
	f.mu.Lock()
	f.statements = append(f.statements, s)
	then := f.then
	f.mu.Unlock()
	if then != nil {
		then(s)
	}
}

// serve makes the two doors to the database.
func (f *fixture) serve(change ...func(*graph.Options)) {
	options := graph.Options{DB: f.DB, Introspection: true}
	for _, c := range change {
		c(&options)
	}
	f.Resolved = graph.New(options)
	options.Plan = true
	f.Planned = graph.New(options)
}

// Statements answers the statements since the last call, in the order in which they ended.
func (f *fixture) Statements() []*orm.Statement {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.statements
	f.statements = nil
	return out
}

// Then makes f be called behind each statement.
func (f *fixture) Then(then func(*orm.Statement)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.then = then
}

// A request is what a client sends.
type request struct {
	Query      string         `json:"query,omitempty"`
	Variables  map[string]any `json:"variables,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
	Header     http.Header    `json:"-"`
}

// send answers the status and the body of one request.
func send(t testing.TB, h http.Handler, r request) (int, []byte) {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/graphql-response+json")
	for name, values := range r.Header {
		q.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	answer, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, answer
}
