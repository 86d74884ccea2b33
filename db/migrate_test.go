package db_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
	"kith/migrations"
)

// Several processes that migrate and fill one new database at once all succeed, and everything is done once.
func TestMigrateAtOnce(t *testing.T) {
	const processes = 6
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
				if name == "postgres" {
					address = dbtest.Postgres(t)
				}
				all := make([]*db.DB, processes) // with pools of their own, as processes have
				var opened, done sync.WaitGroup
				opened.Add(processes)
				for i := range all {
					done.Go(func() {
						database, err := db.Open(t.Context(), address, orm.Options{})
						opened.Done()
						if err != nil {
							t.Error(err)
							return
						}
						all[i] = database
						opened.Wait()
						if err := database.Migrate(t.Context()); err != nil {
							t.Errorf("migrating: %v", err)
						}
						if pending, err := database.Pending(t.Context()); pending != 0 || err != nil {
							t.Errorf("%d are pending: %v", pending, err)
						}
						if err := seed.Demo(t.Context(), database); err != nil {
							t.Errorf("the demo graph: %v", err)
						}
					})
				}
				done.Wait()
				if t.Failed() {
					return
				}
				if users := rowsOf(t, all[0], db.Users.Table); len(users) != 6 {
					t.Errorf("%d users", len(users))
				}
				for _, database := range all {
					if err := database.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// A change that cannot be made is reported and not tried for ever, and who waits for one gives up with the context.
// A version can be stored once, whoever stores it.
func TestVersionsAreStoredOnce(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			if _, err := m.raw.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, TRUE)"); err == nil {
				t.Error("stored twice")
			}
		})
	}
}

func TestMigrateFails(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			if _, err := m.raw.Exec("DELETE FROM goose_db_version WHERE version_id > 0"); err != nil {
				t.Fatal(err)
			}
			if err := m.Migrate(t.Context()); err == nil {
				t.Error("tables that were there were made")
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := m.Migrate(ctx); err == nil {
				t.Error("nobody waited")
			}
		})
	}
}

// The migrations make the page: nothing is left to be drafted.
func TestMigrationsMakeThePage(t *testing.T) {
	if left, err := db.Model.DraftMigration(t.Context(), migrations.Files, "nothing", false); err != nil || len(left) > 0 {
		t.Errorf("`kith migrate draft NAME` would write %v, error %v", left, err)
	}
}
