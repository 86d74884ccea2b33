package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// rename gives a tag a name inside a transaction.
func rename(ctx context.Context, d *db.DB, key int64, name string) error {
	draft, _ := orm.NewDraft(db.Tags.Table, orm.Input{{Name: "name", Value: name}}, nil, false)
	faults, _, err := d.Update(ctx, draft, key, nil)
	if len(faults) > 0 {
		return errors.New(faults[0].Message)
	}
	return err
}

// Two transactions that lock two rows in opposite order end in a deadlock on PostgreSQL. The one that is ended for it runs
// again, and both are done.
func TestDeadlockIsRunAgain(t *testing.T) {
	database := openMigrated(t, dbtest.Postgres(t))
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	var both, done sync.WaitGroup
	both.Add(2)
	runs := make([]int, 2)
	for i, keys := range [][2]int64{{1, 2}, {2, 1}} {
		done.Go(func() {
			err := database.Write(ctx, func(ctx context.Context) error {
				runs[i]++
				if err := rename(ctx, database, keys[0], []string{"a", "b"}[i]); err != nil {
					return err
				}
				if runs[i] == 1 { // each holds one row before it asks for the other's
					both.Done()
					both.Wait()
				}
				return rename(ctx, database, keys[1], []string{"c", "d"}[i])
			})
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	done.Wait()
	if runs[0]+runs[1] < 3 {
		t.Errorf("%v runs: there was no deadlock", runs)
	}
}

// A SQLite database that another process is writing to for longer than a statement waits is asked again.
func TestBusyIsRunAgain(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	database, other := openMigrated(t, address), openMigrated(t, address)
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	holding, release := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := other.Write(ctx, func(context.Context) error {
			close(holding)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-holding
	// Busy for longer than the two seconds that one attempt waits, and for less than all of them.
	time.AfterFunc(3*time.Second, func() { close(release) })
	if err := database.Write(ctx, func(ctx context.Context) error { return rename(ctx, database, 1, "free") }); err != nil {
		t.Errorf("it was not asked again: %v", err)
	}
	done.Wait()
}

// Nor does migrating end because another process writes for longer than a statement waits.
func TestMigratingIsRunAgain(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	var databases [2]*db.DB
	for i := range databases {
		var err error
		if databases[i], err = db.Open(t.Context(), address, orm.Options{}); err != nil {
			t.Fatal(err)
		}
		defer databases[i].Close()
	}
	if n, err := databases[0].Pending(t.Context()); err != nil || n == 0 { // versions have their table now
		t.Fatal(n, err)
	}
	holding, release := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := databases[0].Write(t.Context(), func(context.Context) error {
			close(holding)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-holding
	time.AfterFunc(3*time.Second, func() { close(release) })
	if err := databases[1].Migrate(t.Context()); err != nil {
		t.Errorf("it was not asked again: %v", err)
	}
	done.Wait()
}
