package orm

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db/dbtest"
)

// left is how long a replica still rests.
func left(r *replica) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Until(r.until)
}

// A replica rests longer each time, what fails together is one failure, and one operation tries it before the others come.
func TestReplicaRests(t *testing.T) {
	r := &replica{}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		trial, ok := r.take()
		if !ok || trial != (i > 0) {
			t.Fatalf("rest %d is over: taken %v, for a trial %v", i, ok, trial)
		}
		r.rest(trial)
		for range 5 { // operations that had begun before
			r.rest(false)
		}
		if got := left(r); got > want*time.Second || got < want*time.Second-500*time.Millisecond {
			t.Errorf("rest %d lasts %v, want %d s", i, got, want)
		}
		if _, ok := r.take(); ok || r.up() {
			t.Errorf("rest %d: it is read", i)
		}
		r.until = time.Now() // the rest is over
	}
	if trial, ok := r.take(); !ok || !trial {
		t.Error("nobody tries it")
	}
	if _, ok := r.take(); ok {
		t.Error("two try it at once")
	}
	r.wake()
	if trial, ok := r.take(); !ok || trial || !r.up() {
		t.Error("it does not wake")
	}
	r.rest(false)
	if got := left(r); got > time.Second {
		t.Errorf("after it was well it rests for %v", got)
	}
}

// An operation that has passed a replica over does not ask it again, nor when it was to try it.
func TestReplicaIsPassedOverOnce(t *testing.T) {
	database, err := Open(t.Context(), page, dbtest.Postgres(t), Options{Replicas: []string{"postgres://nobody@127.0.0.1:1/none"}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	database.watcher.close() // which would find out as well
	r := database.replicas[0]
	r.until, r.failures = time.Time{}, 0
	for _, trial := range []bool{false, true} {
		r.progress.follows, r.progress.judged = true, true
		ctx := database.Lagging(t.Context(), Position{})
		if u, _ := ctx.Value(replicaKey).(*use); u == nil || u.trial != trial {
			t.Fatalf("trial %v: %v", trial, u)
		}
		before := r.failures
		for range 3 {
			if err := database.run(ctx, &Statement{Text: "SELECT 1"}, func(*sqlx.Rows) error { return nil }); err != nil {
				t.Error(err)
			}
		}
		if n := r.failures - before; n != 1 {
			t.Errorf("trial %v: it was asked %d times", trial, n)
		}
		r.until = time.Now()
	}
}

// A transaction that found what it reads in two states runs again in one.
func TestStaleTransactionIsASnapshot(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		var levels []string
		err := db.Write(t.Context(), func(ctx context.Context) error {
			level := "serializable"
			if db.driver == "postgres" {
				if _, err := db.QueryRow(ctx, "test", "SELECT current_setting('transaction_isolation')", nil, &level); err != nil {
					return err
				}
			}
			if levels = append(levels, level); len(levels) < 3 {
				return &Error{Code: []Code{Stale, Retry}[len(levels)-1], Message: "again"}
			}
			return nil
		})
		want := []string{"read committed", "repeatable read", "repeatable read"}
		if db.driver != "postgres" {
			want = []string{"serializable", "serializable", "serializable"}
		}
		if err != nil || !slices.Equal(levels, want) {
			t.Errorf("%q, want %q: %v", levels, want, err)
		}
	})
}
