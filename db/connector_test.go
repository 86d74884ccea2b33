package db_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
)

// late is what a test leaves a slow machine beyond the bound that it asserts.
const late = time.Second

// counting asks a database for something small.
func counting(database *db.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := countUsers(ctx, database)
		return err
	}
}

func countUsers(ctx context.Context, database *db.DB) (int, error) {
	counts, err := database.Count(ctx, &orm.Read{Path: "users", From: db.Users.Table, Page: &orm.Page{}})
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}

// heal waits until f works again.
func heal(t *testing.T, within time.Duration, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		err := f(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// openBehind opens a database on PostgreSQL, with the page's tables, whose connections pass through a proxy.
func openBehind(t *testing.T) (*db.DB, *dbtest.Proxy) {
	t.Helper()
	address := dbtest.Postgres(t)
	openMigrated(t, address)
	proxy := dbtest.NewProxy(t, address)
	database, err := db.Open(t.Context(), proxy.URL(address), orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	return database, proxy
}

// In a network that goes silent everything ends with its context, and works again when the network does.
func TestSilence(t *testing.T) {
	database, proxy := openBehind(t)
	count := counting(database)
	// Each says when the network goes silent.
	for name, f := range map[string]func(context.Context) error{
		"a statement": func(ctx context.Context) error {
			proxy.Silence(true)
			return count(ctx)
		},
		"a transaction": func(ctx context.Context) error {
			proxy.Silence(true)
			return database.EndSession(ctx, "s")
		},
		"a ping": func(ctx context.Context) error {
			proxy.Silence(true)
			return database.Ping(ctx)
		},
		"inside a transaction": func(ctx context.Context) error {
			return database.Write(ctx, func(ctx context.Context) error {
				proxy.Silence(true)
				return count(ctx)
			})
		},
		"a commit": func(ctx context.Context) error {
			return database.Write(ctx, func(ctx context.Context) error {
				err := count(ctx)
				proxy.Silence(true)
				return err
			})
		},
		"a new connection": func(ctx context.Context) error {
			proxy.Cut()
			proxy.Silence(true)
			return count(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			heal(t, 10*time.Second, count)
			defer proxy.Silence(false)
			const budget = 500 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), budget)
			defer cancel()
			answered := make(chan error, 1)
			start := time.Now()
			go func() { answered <- f(ctx) }()
			select {
			case err := <-answered:
				if code := orm.CodeOf(err); code != orm.Timeout && code != orm.Unavailable {
					t.Errorf("%v", err)
				}
				if took := time.Since(start); took > budget+500*time.Millisecond+late {
					t.Errorf("answered after %v", took)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it waits for ever")
			}
		})
	}
	heal(t, 10*time.Second, count)
}

// A connection may take as long to be made as its context lasts.
func TestSlowConnection(t *testing.T) {
	address := dbtest.Postgres(t)
	proxy := dbtest.NewProxy(t, address)
	database, err := db.Open(t.Context(), proxy.URL(address), orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	proxy.Cut()
	proxy.Silence(true)
	time.AfterFunc(700*time.Millisecond, func() { proxy.Silence(false) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := database.Ping(ctx); err != nil {
		t.Error(err)
	}
}

// The end of a request ends its statement on the server, and leaves the connection as it was.
func TestCancelled(t *testing.T) {
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	outside := sqlx.MustOpen("postgres", address)
	defer outside.Close()
	if _, err := outside.Exec(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'`); err != nil {
		t.Fatal(err)
	}
	if _, err := outside.Exec(`CREATE TRIGGER wait BEFORE INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION wait()`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := database.Attempt(ctx, []db.Bound{{CountedFor: "a", Most: 1}}); orm.CodeOf(err) != orm.Timeout {
		t.Errorf("%v", err)
	}
	heal(t, 10*time.Second, func(ctx context.Context) error {
		var running int
		err := outside.GetContext(ctx, &running, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`)
		if err == nil && running > 0 {
			err = context.DeadlineExceeded
		}
		return err
	})
}

// The end of a statement's own context, once it has been answered, is nothing to the transaction that it is part of.
func TestStatementsHaveTheirOwnContexts(t *testing.T) {
	database := openMigrated(t, dbtest.Postgres(t))
	count := counting(database)
	for name, statement := range map[string]func(context.Context) error{
		"gathered": count,
		"rows": func(ctx context.Context) error {
			return database.Query(ctx, "test", "SELECT 1", nil, func(rows *sqlx.Rows) error { return nil })
		},
		"none": func(ctx context.Context) error {
			_, err := database.Exec(ctx, "test", "UPDATE users SET name = name WHERE id = ?", 1)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 30 {
				err := database.Write(t.Context(), func(ctx context.Context) error {
					for range 3 {
						own, cancel := context.WithCancel(ctx)
						err := statement(own)
						cancel()
						if err != nil {
							return err
						}
						time.Sleep(time.Duration(i%3) * time.Millisecond) // or what waits for the end has no time to
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// What ends a connection is an outage, and is over with it.
func TestConnectionsEnd(t *testing.T) {
	database, proxy := openBehind(t)
	count := counting(database)
	if err := count(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy.Refuse(true)
	proxy.Cut()
	for range 3 { // a proxy whose server went
		if err := count(t.Context()); orm.CodeOf(err) != orm.Unavailable {
			t.Errorf("%v", err)
		}
		if err := database.Ping(t.Context()); orm.CodeOf(err) != orm.Unavailable {
			t.Errorf("%v", err)
		}
	}
	proxy.Refuse(false)
	if err := count(t.Context()); err != nil {
		t.Error(err)
	}
	err := database.Write(t.Context(), func(ctx context.Context) error {
		proxy.Cut()
		return count(ctx)
	})
	if orm.CodeOf(err) != orm.Unavailable {
		t.Errorf("%v", err)
	}
	if err := count(t.Context()); err != nil {
		t.Error(err)
	}
}

// A commit that a standby is to have, and of which nobody knows whether it does, is uncertain, though the server says that it is done; so is
// an answer that is given again.
func TestCommitWithoutItsStandby(t *testing.T) {
	address, _ := dbtest.Pair(t)
	alone := openMigrated(t, address) // which does not wait
	const id, request = "i", "r"
	err := alone.Write(t.Context(), func(ctx context.Context) error {
		if _, _, err := alone.Claim(ctx, id, request); err != nil {
			return err
		}
		return alone.Answer(ctx, id, "{}")
	})
	if err != nil {
		t.Fatal(err)
	}
	outside := sqlx.MustOpen("postgres", address)
	defer outside.Close()
	outside.MustExec("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
	outside.MustExec("SELECT pg_reload_conf()")
	database, err := db.Open(t.Context(), address+"&synchronous_commit=on", orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	for name, f := range map[string]func(context.Context) error{
		"written": func(ctx context.Context) error {
			_, err := database.Attempt(ctx, []db.Bound{{CountedFor: "a", Most: 1}})
			return err
		},
		"answered again": func(ctx context.Context) error {
			return database.Write(ctx, func(ctx context.Context) error {
				_, answered, err := database.Claim(ctx, id, request)
				if !answered {
					t.Error("it is not answered")
				}
				return err
			})
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if err := f(ctx); !errors.Is(err, orm.ErrUncertain) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// A transaction that writes begins with its first statement, whatever becomes of that, and whatever was done on the connection before.
func TestTransactionsBeginLate(t *testing.T) {
	database, proxy := openBehind(t)
	tags := func() (n int) {
		t.Helper()
		if _, err := database.QueryRow(t.Context(), "test", "SELECT count(*) FROM tags", nil, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	insert := func(ctx context.Context, name any) error {
		_, err := database.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", name, database.Now(), database.Now())
		return err
	}
	stop := errors.New("stop")
	for i := range 30 {
		before := tags()
		for _, want := range []struct {
			made int
			err  error
			do   func(context.Context) error
		}{
			{2, nil, func(ctx context.Context) error {
				return errors.Join(insert(ctx, fmt.Sprint("a", i)), insert(ctx, fmt.Sprint("b", i)))
			}},
			{0, stop, func(ctx context.Context) error { return errors.Join(insert(ctx, fmt.Sprint("c", i)), stop) }},
			{0, stop, func(ctx context.Context) error { insert(ctx, nil); return stop }}, //nolint:errcheck // it fails, and the transaction with it
			{0, nil, func(context.Context) error { return nil }},
			{0, stop, func(context.Context) error { return stop }},
		} {
			if i%3 == 0 { // connections that are gone are not noticed before
				proxy.Cut()
			}
			if err := database.Write(t.Context(), want.do); !errors.Is(err, want.err) && orm.CodeOf(err) != orm.Internal || (err == nil) != (want.err == nil) {
				t.Fatal(err)
			}
			if err := database.Snapshot(t.Context(), counting(database)); err != nil {
				t.Fatal(err)
			}
			if got := tags() - before; got != want.made {
				t.Fatalf("%d rows are made, not %d", got, want.made)
			}
			before = tags()
		}
	}
	least := math.MaxInt // positions are given meanwhile
	for i := range 10 {
		before := proxy.Sent()
		err := database.Write(t.Context(), func(ctx context.Context) error {
			err := insert(ctx, fmt.Sprint("t", i))
			least = min(least, proxy.Sent()-before)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if least != 1 && !dbtest.OnCitus() { // where writers take turns, that comes first
		t.Errorf("a transaction and its first statement are sent in %d parts", least)
	}
	// What committed nothing because its first statement had failed does not say that it did.
	err := database.Write(t.Context(), func(ctx context.Context) error {
		insert(ctx, nil) //nolint:errcheck // it fails
		return nil
	})
	if err == nil {
		t.Error("a transaction that failed was committed")
	}
}

// A server that was demoted takes no writes: it is not ready, and once another has taken its place none of the connections
// to it is used.
func TestDemoted(t *testing.T) {
	first, second := dbtest.Pair(t)
	openMigrated(t, first)
	proxy := dbtest.NewProxy(t, first)
	database, err := db.Open(t.Context(), proxy.URL(first), orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	write := func(ctx context.Context) error {
		_, err := database.Attempt(ctx, []db.Bound{{CountedFor: "a", Most: 1}})
		return err
	}
	if err := write(t.Context()); err != nil {
		t.Fatal(err)
	}
	dbtest.CaughtUp(t, first, second)
	proxy.Lead(second)
	proxy.Cut()
	if _, err := countUsers(t.Context(), database); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := write(t.Context()); orm.CodeOf(err) != orm.Unavailable {
			t.Errorf("%v", err)
		}
		if err := database.Ping(t.Context()); orm.CodeOf(err) != orm.Unavailable {
			t.Errorf("%v", err)
		}
	}
	// The connections to the demoted server stay open: only new ones lead to the one that takes its place.
	proxy.Lead(first)
	heal(t, 2*time.Second+late, write)
	heal(t, 2*time.Second+late, database.Ping)
}

// A URL with several hosts leads to the one that has the attributes asked for, and to the next when that goes.
func TestSeveralHosts(t *testing.T) {
	first, second := dbtest.Pair(t)
	a, b := dbtest.NewProxy(t, second), dbtest.NewProxy(t, first) // the standby comes first
	hosts := func(more ...*dbtest.Proxy) string {
		u, err := url.Parse(a.URL(first))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range more {
			other, err := url.Parse(p.URL(first))
			if err != nil {
				t.Fatal(err)
			}
			u.Host += "," + other.Host
		}
		return strings.Replace(u.String(), "?", "?target_session_attrs=read-write&", 1)
	}
	database, err := db.Open(t.Context(), hosts(b), orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := database.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	// The primary moves to the other host, and nothing says so to its connections.
	a.Lead(first)
	b.Lead(second)
	b.Cut()
	heal(t, 2*time.Second+late, database.Ping)
	if _, err := db.Open(t.Context(), strings.Replace(hosts(), "read-write", "standby", 1), orm.Options{}); err == nil || !strings.Contains(err.Error(), "standby") {
		t.Errorf("%v", err)
	}
}

// What the server says of a user is not said on.
func TestRefusedUser(t *testing.T) {
	u, err := url.Parse(dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("hugo", "hunter2")
	_, err = db.Open(t.Context(), u.String(), orm.Options{})
	if err == nil || strings.Contains(err.Error(), "hugo") || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "28000") {
		t.Errorf("%v", err)
	}
}
