package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/graph"
	"kith/graph/transport"
)

// Who has written something reads it, while the replica that is read lacks it: by the token, and without one where it was written. Others
// read the replica, and so does who shows the token as soon as the replica has come that far.
func TestReadingOnesOwnWrites(t *testing.T) {
	first, follower := dbtest.Pair(t)
	var handlers []http.Handler // two instances
	for i, plan := range []bool{true, false} {
		options := orm.Options{Replicas: []string{follower}, MaxLag: time.Hour}
		database, err := db.Open(t.Context(), first, options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { database.Close() })
		if i == 0 {
			if err := database.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			dbtest.CaughtUp(t, first, follower)
		}
		handlers = append(handlers, graph.New(graph.Options{DB: database, Plan: plan, Secret: secret}))
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if pools := database.Pools(); !pools[len(pools)-1].Resting {
				break
			} else if time.Now().After(end) {
				t.Fatalf("%+v", pools)
			}
		}
	}
	standby := sqlx.MustOpen("postgres", follower)
	defer standby.Close()
	pause := func() {
		dbtest.CaughtUp(t, first, follower)
		standby.MustExec("SELECT pg_wal_replay_pause()")
		for paused := ""; paused != "paused"; time.Sleep(10 * time.Millisecond) {
			if err := standby.Get(&paused, "SELECT pg_get_wal_replay_pause_state()"); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask := func(h http.Handler, from, query string, header http.Header) *httptest.ResponseRecorder {
		body, _ := json.Marshal(request{Query: query}) //nolint:errchkjson // a text
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/graphql", bytes.NewReader(body))
		r.RemoteAddr, r.Header = from+":1", http.Header{"Content-Type": {"application/json"}}
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w
	}
	token := func(token string) http.Header { return http.Header{transport.Consistency: {token}} }
	const users = `{ users { totalCount nodes { username } } }`
	sees := func(what string, w *httptest.ResponseRecorder, want bool) {
		t.Helper()
		if got := strings.Contains(w.Body.String(), `"username":"ada"`); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		if w.Header().Get(transport.Consistency) != "" {
			t.Errorf("%s: a query has written nothing", what)
		}
	}

	pause()
	w := ask(handlers[0], "192.0.2.1", `mutation { createUser(input: {username: "ada", password: "correct horse"}) { user { id } } }`, nil)
	written := w.Header().Get(transport.Consistency)
	if written == "" || len(written) > 64 {
		t.Fatalf("the token %q of %s", written, w.Body)
	}
	refused := ask(handlers[0], "192.0.2.9", `mutation { createUser(input: {username: "", password: "correct horse"}) { user { id } } }`, nil)
	if refused.Header().Get(transport.Consistency) != "" {
		t.Error("a token for what was not done")
	}
	sees("where it was written", ask(handlers[0], "192.0.2.1", users, nil), true)
	for i, h := range handlers {
		from := []string{"192.0.2.2", "192.0.2.1"}[i]
		sees("another", ask(h, from, users, nil), false)
		sees("with the token", ask(h, from, users, token(written)), true)
		sees("with rubbish", ask(h, from, users, token(strings.Repeat("rubbish", 100))), true)
	}

	standby.MustExec("SELECT pg_wal_replay_resume()")
	pause()
	primary := sqlx.MustOpen("postgres", first)
	defer primary.Close()
	primary.MustExec("UPDATE users SET username = 'grace'")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		w := ask(handlers[1], "192.0.2.3", users, token(written))
		if strings.Contains(w.Body.String(), `"ada"`) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the replica is not read that has what the token asks for")
		}
	}
}
