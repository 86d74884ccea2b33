package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

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
	if dbtest.OnCitus() {
		t.Skip("writers take turns there: neither waits for the other with a row in its hands")
	}
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

// A transaction that is refused when it is committed, as serializable ones are, runs again. One of which the database does not know what
// became of it does not: that is said, as when no answer comes.
func TestCommitIsRefused(t *testing.T) {
	if dbtest.OnCitus() {
		t.Skip("the test's own trigger is not to be had there")
	}
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	outside := sqlx.MustOpen("postgres", address)
	defer outside.Close()
	outside.MustExec(`CREATE TABLE refused_with (code text, refusals integer); INSERT INTO refused_with VALUES ('', 0);
		CREATE SEQUENCE refusals; -- which does not go back when the transaction does
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('refusals') <= (SELECT refusals FROM refused_with) THEN RAISE EXCEPTION 'refused' USING ERRCODE = (SELECT code FROM refused_with); END IF;
			RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON tags DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`)
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	for _, c := range []struct {
		code     string
		refusals int
		open     bool // it leaves open what became of the transaction
	}{{"40001", 3, false}, {"40P01", 1, false}, {"40003", 1, true}, {"08006", 1, true}, {"57P01", 1, true}} {
		outside.MustExec(`UPDATE refused_with SET code = $1, refusals = $2`, c.code, c.refusals)
		outside.MustExec(`SELECT setval('refusals', 1, FALSE)`)
		runs := 0
		err := database.Write(ctx, func(ctx context.Context) error {
			runs++
			return rename(ctx, database, 1, "after "+c.code)
		})
		switch {
		case c.open && (runs != 1 || !errors.Is(err, orm.ErrUncertain) || orm.CodeOf(err) != orm.Unavailable):
			t.Errorf("%s: %d runs, and it is not said that the end is open: %v", c.code, runs, err)
		case !c.open && (runs != c.refusals+1 || err != nil):
			t.Errorf("%s: %d runs, error %v", c.code, runs, err)
		}
	}
}

// What is read outside of a transaction, and refused for what others do, is asked again.
func TestReadIsRefused(t *testing.T) {
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	outside := sqlx.MustOpen("postgres", address)
	defer outside.Close()
	outside.MustExec(`CREATE SEQUENCE refusals;
		CREATE FUNCTION refuse(times bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('refusals') <= times THEN RAISE EXCEPTION 'refused' USING ERRCODE = '40001'; END IF;
			RETURN times;
		END $$`)
	for times, code := range map[int]orm.Code{2: "", 100: orm.Retry} {
		outside.MustExec(`SELECT setval('refusals', 1, FALSE)`)
		var n int
		_, err := database.QueryRow(t.Context(), "test", "SELECT refuse(?)", []any{times}, &n)
		if code == "" && (err != nil || n != times) || code != "" && orm.CodeOf(err) != code {
			t.Errorf("refused %d times: %d, %v", times, n, err)
		}
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
