package db

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db/dbtest"
	"kith/db/orm"
)

// A timed database has a user, ada, and a clock that stands still until a test moves it.
type timed struct {
	*DB
	address string
	clock   atomic.Pointer[time.Time] // what numbers the changes reads it beside the test
	ada     int64
}

// set moves the clock; Now tells it.
func (d *timed) set(now time.Time) { d.clock.Store(&now) }

func onClock(t *testing.T, test func(*testing.T, *timed)) {
	for name, address := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "kith.db") },
		"postgres": func(t *testing.T) string { return dbtest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			d := &timed{address: address(t)}
			d.set(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))
			var err error
			if d.DB, err = Open(t.Context(), d.address, orm.Options{Clock: func() time.Time { return *d.clock.Load() }}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.ada = d.add(t, "ada")
			if err := d.Write(t.Context(), func(ctx context.Context) error {
				_, err := d.Exec(ctx, "test", `UPDATE users SET password_hash = ? WHERE id = ?`, "a hash", d.ada)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			test(t, d)
		})
	}
}

// logIn is a log-in of ada's that has been verified.
func (d *timed) logIn(t *testing.T, id, place string) Login {
	t.Helper()
	account, err := d.Credentials(t.Context(), "ada", place)
	if err != nil {
		t.Fatal(err)
	}
	return Login{User: account.Key, Verified: account.Hash, Session: id, TokenHash: "token 0", Place: place}
}

func (d *timed) open(t *testing.T, id string) {
	t.Helper()
	if _, opened, err := d.OpenSession(t.Context(), d.logIn(t, id, "home")); err != nil || !opened {
		t.Fatal(opened, err)
	}
}

func (d *timed) alive(t *testing.T, id string) bool {
	t.Helper()
	_, found, err := d.SessionViewer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// add makes a user.
func (d *timed) add(t *testing.T, username string) (key int64) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context) (err error) {
		draft, _ := orm.NewDraft(Users.Table, orm.Input{{Name: "username", Value: username}}, nil, true)
		key, _, err = d.Create(ctx, draft)
		return err
	})
	if err != nil || key == 0 {
		t.Fatalf("user %s is %d, error %v", username, key, err)
	}
	return key
}

// texts are the values of a query's one column, in order.
func (d *timed) texts(t *testing.T, text string) (out []string) {
	t.Helper()
	err := d.Query(t.Context(), "test", text, nil, func(rows *sqlx.Rows) error {
		var s string
		err := rows.Scan(&s)
		out = append(out, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestSessionsExpire(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		begin := d.Now()
		d.open(t, "left alone")
		d.set(begin.Add(refreshLife - time.Microsecond))
		if !d.alive(t, "left alone") {
			t.Error("a session ends early")
		}
		d.set(begin.Add(refreshLife))
		if d.alive(t, "left alone") {
			t.Error("a session lives on")
		}
		if _, found, err := d.RotateSession(t.Context(), Refresh{Session: "left alone", TokenHash: "token 0", Next: "token 1"}); found || err != nil {
			t.Error("an expired refresh token is taken:", err)
		}

		begin = d.Now()
		d.open(t, "refreshed")
		for i := range 4 { // days 25, 50, 75, and the last moment
			d.set(begin.Add(min(time.Duration(i+1)*25*24*time.Hour, sessionLife-time.Microsecond)))
			s, found, err := d.RotateSession(t.Context(), Refresh{Session: "refreshed", TokenHash: fmt.Sprint("token ", i), Next: fmt.Sprint("token ", i+1)})
			if want := begin.Add(sessionLife); err != nil || !found || s.Viewer.Key != d.ada || s.Expires.After(want) || i > 1 && !s.Expires.Equal(want) {
				t.Fatalf("refresh %d: %v %v %v, the end is %v", i, s, found, err, want)
			}
			if !d.alive(t, "refreshed") {
				t.Fatalf("refresh %d: the session has ended", i)
			}
		}
		d.set(begin.Add(sessionLife))
		if d.alive(t, "refreshed") {
			t.Error("a session lives for ever")
		}
		if _, found, err := d.RotateSession(t.Context(), Refresh{Session: "refreshed", TokenHash: "token 4", Next: "token 5"}); found || err != nil {
			t.Error("a session is refreshed for ever:", err)
		}
	})
}

func TestRefreshGrace(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		rotate := func(id, token, next string) bool {
			t.Helper()
			_, found, err := d.RotateSession(t.Context(), Refresh{Session: id, TokenHash: token, Next: next})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for id, c := range map[string]struct {
			after       time.Duration
			token, next string
			good        bool
		}{
			"at once":           {0, "token 1", "token 2", true},
			"within the grace":  {refreshGrace - time.Microsecond, "token 1", "token 2", true},
			"after the grace":   {refreshGrace, "token 1", "token 2", false},
			"another successor": {0, "token 1", "token 9", false},
			"an older token":    {0, "token 0", "token 1", false},
			"a made up token":   {0, "token x", "token y", false},
		} {
			d.open(t, id)
			if !rotate(id, "token 0", "token 1") || !rotate(id, "token 1", "token 2") {
				t.Fatalf("%s: a good token is refused", id)
			}
			d.set(d.Now().Add(c.after))
			if got := rotate(id, c.token, c.next); got != c.good || d.alive(t, id) != c.good {
				t.Errorf("%s: found %v, the session lives: %v", id, got, d.alive(t, id))
			}
			if c.good && (!rotate(id, "token 2", "token 3") || !d.alive(t, id)) {
				t.Errorf("%s: the successor is not good", id)
			}
		}
	})
}

// A password is verified, then changed by another request, and only then the session is to be opened.
func TestSessionNeedsThePasswordThatWasVerified(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		d.open(t, "before")
		late, change, twice := d.logIn(t, "late", "home"), d.logIn(t, "changed", "home"), d.logIn(t, "changed twice", "home")
		change.NewHash, twice.NewHash = "another hash", "a third hash"
		if _, opened, err := d.OpenSession(t.Context(), change); err != nil || !opened {
			t.Fatal(opened, err)
		}
		for _, l := range []Login{late, twice} {
			if _, opened, err := d.OpenSession(t.Context(), l); err != nil || opened {
				t.Errorf("%s: opened %v, error %v", l.Session, opened, err)
			}
		}
		if got := d.texts(t, `SELECT id FROM sessions`); !slices.Equal(got, []string{"changed"}) {
			t.Errorf("sessions: %q", got)
		}
		if a, err := d.Credentials(t.Context(), "ada", ""); err != nil || a.Hash != "another hash" {
			t.Error(a, err)
		}
	})
}

// meanwhile answers what other does while a statement has run in a transaction that has not ended.
func (d *timed) meanwhile(t *testing.T, text string, args []any, other func() (bool, error)) bool {
	t.Helper()
	changed, done := make(chan struct{}), make(chan bool)
	go func() {
		<-changed
		answer, err := other()
		if err != nil {
			t.Error(err)
		}
		done <- answer
	}()
	outside, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := d.Write(outside, func(ctx context.Context) error {
		if _, err := d.Exec(ctx, "test", text, args...); err != nil {
			return err
		}
		close(changed)
		// On PostgreSQL the other is seen to wait; SQLite has one writer, who is this.
		for d.Name() == "postgres" {
			waiting := 0
			if _, err := d.QueryRow(outside, "test", `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, nil, &waiting); err != nil || waiting > 0 {
				return err
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return <-done
}

// The same while the change is in the middle of its transaction: the log-in must wait for its end.
func TestSessionWaitsForAPasswordChange(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		late := d.logIn(t, "late", "home")
		if d.meanwhile(t, `UPDATE users SET password_hash = ? WHERE id = ?`, []any{"another", d.ada}, func() (bool, error) {
			_, opened, err := d.OpenSession(t.Context(), late)
			return opened, err
		}) {
			t.Error("a session was opened with a password that was changed meanwhile")
		}
		if d.alive(t, "late") {
			t.Error("the session is there")
		}
	})
}

// A tab is late: while its token is exchanged, another has exchanged it and then its successor.
func TestRefreshWaitsForAnother(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		d.open(t, "session")
		if d.meanwhile(t, `UPDATE sessions SET token_hash = ?, previous_hash = ?, rotated_at = ? WHERE id = ?`, []any{"token 2", "token 1", d.Now(), "session"}, func() (bool, error) {
			_, found, err := d.RotateSession(t.Context(), Refresh{Session: "session", TokenHash: "token 0", Next: "token 1"})
			return found, err
		}) {
			t.Error("a token was exchanged that was an older one by then")
		}
	})
}

// A session that was found is not looked at again, but what ends it or changes its user is noticed: what is done here at once, by another
// process in time.
func TestSessionsAreSeenForAWhile(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		looks := func(id string) (n int, v orm.Viewer, found bool) {
			var r orm.Recorder
			v, found, err := d.SessionViewer(orm.WithRecorder(t.Context(), &r), id)
			if err != nil {
				t.Fatal(err)
			}
			return len(r.Statements()), v, found
		}
		write := func(f func(ctx context.Context) error) func() error {
			return func() error { return d.Write(t.Context(), f) }
		}
		for name, test := range map[string]struct {
			do   func() error
			ends bool
			then orm.Viewer
		}{
			"ended":        {func() error { return d.EndSession(t.Context(), "session") }, true, orm.Viewer{}},
			"others ended": {func() error { _, err := d.EndOtherSessions(t.Context(), d.ada, "other"); return err }, true, orm.Viewer{}},
			"token reused": {func() error {
				_, _, err := d.RotateSession(t.Context(), Refresh{Session: "session", TokenHash: "no token"})
				return err
			}, true, orm.Viewer{}},
			"swept":         {func() error { d.set(d.Now().Add(sessionLife)); return d.Sweep(t.Context()) }, true, orm.Viewer{}},
			"expired":       {func() error { d.set(d.Now().Add(sessionLife)); return nil }, true, orm.Viewer{}},
			"made an admin": {func() error { _, err := d.SetAdmin(t.Context(), "ada"); return err }, false, orm.Viewer{Key: d.ada, Admin: true, Roles: []string{}}},
			"given a role": {write(func(ctx context.Context) error { _, err := d.GrantRole(ctx, d.ada, "editor"); return err }), false,
				orm.Viewer{Key: d.ada, Roles: []string{"editor"}}},
			"deleted": {write(func(ctx context.Context) error {
				_, _, _, err := d.Delete(orm.WithViewer(ctx, orm.Viewer{Admin: true}), Users.Table, d.ada, nil, true)
				return err
			}), true, orm.Viewer{}},
			"password changed": {func() error {
				l := d.logIn(t, "next", "home")
				l.NewHash = "another hash"
				_, _, err := d.OpenSession(t.Context(), l)
				return err
			}, true, orm.Viewer{}},
		} {
			d.write(t, `DELETE FROM sessions`)
			d.write(t, `DELETE FROM users WHERE username = 'ada'`)
			d.ada = d.add(t, "ada")
			d.write(t, `UPDATE users SET password_hash = 'a hash' WHERE id = ?`, d.ada)
			d.open(t, "session")
			before := d.ada
			if n, v, found := looks("session"); n != 1 || !found || v.Key != before || v.Admin || len(v.Roles) > 0 {
				t.Fatalf("%s: a session that is new takes %d statements, and is %v %v", name, n, v, found)
			}
			again := 1
			for tries := 0; again > 0 && tries < 3; tries++ { // on a machine that is busy a second may have passed
				again, _, _ = looks("session")
			}
			if again > 0 {
				t.Errorf("%s: a session that was looked at is looked at again", name)
			}
			if err := test.do(); err != nil {
				t.Fatal(name, err)
			}
			test.then.Key = min(test.then.Key, 1) * before // ada may have been made anew
			if _, v, found := looks("session"); found == test.ends || !reflect.DeepEqual(v, test.then) {
				t.Errorf("%s: then it is %v, %v", name, v, found)
			}
		}

		other, err := Open(t.Context(), d.address, orm.Options{Clock: func() time.Time { return *d.clock.Load() }})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		d.ada = d.add(t, "eve")
		d.write(t, `INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at) VALUES ('far', ?, '', ?, ?)`, d.ada, d.Now(), d.Now().Add(refreshLife))
		if !d.alive(t, "far") {
			t.Fatal("the session is not there")
		}
		if err := other.EndSession(t.Context(), "far"); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(3 * seenFor); d.alive(t, "far"); time.Sleep(seenFor / 20) {
			if time.Now().After(end) {
				t.Fatal("a session that another process has ended lives on")
			}
		}
	})
}

// write runs a statement that writes.
func (d *timed) write(t *testing.T, text string, args ...any) {
	t.Helper()
	if err := d.Write(t.Context(), func(ctx context.Context) error {
		_, err := d.Exec(ctx, "test", text, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAttempts(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		narrow, wide := Bound{"b: account and address", 3}, Bound{"a: address", 5}
		stored := func() []string { return d.texts(t, `SELECT counted_for || ' ' || failures FROM attempts`) }
		try := func(bounds ...Bound) bool {
			t.Helper()
			wait, err := d.Wait(t.Context(), bounds)
			if err != nil {
				t.Fatal(err)
			}
			allowed := wait == 0
			before := stored()
			counted, err := d.Attempt(t.Context(), bounds)
			if err != nil || counted != allowed {
				t.Errorf("allowed %v, counted %v, error %v", allowed, counted, err)
			}
			if !counted && !slices.Equal(before, stored()) {
				t.Errorf("a refused attempt is written: %q, was %q", stored(), before)
			}
			return counted
		}
		for i := range 3 {
			if !try(narrow, wide) {
				t.Fatalf("attempt %d is refused", i)
			}
		}
		if try(narrow, wide) || try(narrow, Bound{"c: never seen", 5}) {
			t.Error("an attempt too many")
		}
		other := Bound{"c: another account", 3}
		if !try(other, wide) {
			t.Error("another account is refused")
		}
		login := d.logIn(t, "session", "home")
		login.Attempts = []Bound{other, wide}
		if _, opened, err := d.OpenSession(t.Context(), login); !opened || err != nil {
			t.Fatal(opened, err)
		}
		if got, want := stored(), []string{"a: address 3", "b: account and address 3"}; !slices.Equal(got, want) {
			t.Errorf("after a success: %q, want %q", got, want)
		}
		d.set(d.Now().Add(AttemptWindow - time.Microsecond))
		if try(narrow, wide) {
			t.Error("the window ends early")
		}
		if wait, err := d.Wait(t.Context(), []Bound{wide, narrow}); wait != time.Microsecond || err != nil {
			t.Errorf("wait %v, error %v", wait, err)
		}
		d.set(d.Now().Add(time.Microsecond))
		if !try(narrow, wide) || !slices.Equal(stored(), []string{"a: address 1", "b: account and address 1"}) {
			t.Errorf("the window does not end: %q", stored())
		}
	})
}

// Counts are written in one order, whatever the order of the bounds: log-ins that share some would wait in a circle.
func TestAttemptsAreCountedInOneOrder(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		bounds := []Bound{{"c: account and address", 9}, {"a: address", 9}, {"b: account", 9}}
		var recorder orm.Recorder
		ctx := orm.WithRecorder(t.Context(), &recorder)
		if counted, err := d.Attempt(ctx, bounds); !counted || err != nil {
			t.Fatal(counted, err)
		}
		login := d.logIn(t, "session", "home")
		login.Attempts = bounds
		if _, opened, err := d.OpenSession(ctx, login); !opened || err != nil {
			t.Fatal(opened, err)
		}
		var order []any
		for _, s := range recorder.Statements() {
			if s.Path == "attempts" {
				order = append(order, s.Args[0])
			}
		}
		sorted := []any{"a: address", "b: account", "c: account and address"}
		if want := slices.Concat(sorted, sorted); !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}
	})
}

func TestKnownPlaces(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		d.add(t, "bob")
		known := func(username, place string) bool {
			a, err := d.Credentials(t.Context(), username, place)
			if err != nil {
				t.Fatal(err)
			}
			if of, err := d.CredentialsOf(t.Context(), a.Key, place); err != nil || of != a {
				t.Errorf("%v, and by key %v, error %v", a, of, err)
			}
			return a.Known
		}
		if known("ada", "home") {
			t.Error("a place is known before anybody came from it")
		}
		open := func(i int, place string) {
			d.set(d.Now().Add(time.Second))
			if _, opened, err := d.OpenSession(t.Context(), d.logIn(t, fmt.Sprint("session ", i), place)); !opened || err != nil {
				t.Fatal(opened, err)
			}
		}
		open(0, "home")
		open(1, "work")
		open(2, "home")
		if !known("ada", "home") || known("bob", "home") || known("nobody", "home") {
			t.Error("a place is known of others, or not of those who came from it")
		}
		for i := range knownPlaces - 1 {
			open(3+i, fmt.Sprint("hotel ", i))
		}
		if n := len(d.texts(t, `SELECT place FROM known_places`)); n != knownPlaces || known("ada", "work") || !known("ada", "home") || !known("ada", "hotel 0") {
			t.Errorf("%d places are kept, the one that was left the longest ago: %v", n, known("ada", "work"))
		}
	})
}

// Sweep removes what has expired and nothing else.
func TestSweep(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		begin := d.Now()
		fill := func(name string, age time.Duration) {
			t.Helper()
			d.set(begin.Add(-age))
			login := d.logIn(t, name, name)
			if _, opened, err := d.OpenSession(t.Context(), login); !opened || err != nil {
				t.Fatal(opened, err)
			}
			if allowed, err := d.Attempt(t.Context(), []Bound{{name, 9}}); !allowed || err != nil {
				t.Fatal(allowed, err)
			}
			err := d.Write(t.Context(), func(ctx context.Context) error {
				if _, answered, err := d.Claim(ctx, name, "request"); answered || err != nil {
					return fmt.Errorf("answered %v: %w", answered, err)
				}
				return d.Answer(ctx, name, "answer")
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		lives := map[string]struct {
			query string
			life  time.Duration
		}{
			"sessions": {`SELECT id FROM sessions`, refreshLife},
			"places":   {`SELECT place FROM known_places`, placeLife},
			"attempts": {`SELECT counted_for FROM attempts`, AttemptWindow},
			"answers":  {`SELECT id FROM idempotency_keys`, KeepAnswers},
		}
		fill("new", 0)
		for what, kind := range lives {
			fill("last moment of "+what, kind.life-time.Microsecond)
			fill("end of "+what, kind.life)
		}
		d.set(begin)
		want := map[string][]string{}
		for what, kind := range lives {
			all := d.texts(t, kind.query)
			if len(all) != 9 {
				t.Fatalf("%s: %q", what, all)
			}
			for _, name := range all {
				age := time.Duration(0)
				for other, k := range lives {
					switch name {
					case "last moment of " + other:
						age = k.life - time.Microsecond
					case "end of " + other:
						age = k.life
					}
				}
				if age < kind.life {
					want[what] = append(want[what], name)
				}
			}
		}
		if err := d.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for what, kind := range lives {
			if got := d.texts(t, kind.query); !slices.Equal(got, want[what]) || len(got) == 9 {
				t.Errorf("%s: left are %q, want %q", what, got, want[what])
			}
		}
		if len(d.texts(t, `SELECT username FROM users`)) != 1 {
			t.Error("a user is gone")
		}
	})
}
