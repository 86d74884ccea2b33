package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
)

func openMigrated(t *testing.T, address string) *db.DB {
	t.Helper()
	database, err := db.Open(t.Context(), address, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return database
}

func TestPromote(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kith.db")
	from := openMigrated(t, "sqlite:"+file)
	if err := from.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := from.SetAdmin(t.Context(), "grace"); err != nil {
		t.Fatal(err)
	}
	if err := from.AddSession(t.Context(), "session", 1, "hash", time.Hour); err != nil {
		t.Fatal(err)
	}
	to := openMigrated(t, dbtest.Postgres(t))
	rows, err := from.Promote(t.Context(), to)
	if err != nil || rows < 50 {
		t.Fatal(rows, err)
	}
	if _, err := from.Promote(t.Context(), to); err == nil {
		t.Error("a database that is not empty was filled")
	}
	for _, database := range []*db.DB{from, to} {
		if v, found, err := database.SessionViewer(t.Context(), "session"); err != nil || !found || v.Key != 1 || v.Admin {
			t.Error(database.Name(), v, found, err)
		}
		key, hash, err := database.Credentials(t.Context(), "grace")
		if err != nil || !db.MatchPassword(hash, "demo-password") {
			t.Error(database.Name(), key, err)
		}
		if err := database.AddSession(t.Context(), "of grace", key, "hash", time.Hour); err != nil {
			t.Fatal(err)
		}
		if v, _, err := database.SessionViewer(t.Context(), "of grace"); err != nil || !v.Admin {
			t.Error(database.Name(), v, err)
		}
	}
	// And back: both ways give the same.
	back := openMigrated(t, "sqlite::memory:")
	if again, err := to.Promote(t.Context(), back); err != nil || again != rows+1 {
		t.Error(again, err)
	}
	// Keys go on behind those that were copied.
	draft, faults := db.NewDraft(db.Tags.Table, db.Input{{Name: "name", Value: "new"}}, nil, true)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	err = to.Write(t.Context(), func(ctx context.Context) error {
		_, faults, err := to.Create(ctx, draft)
		if len(faults) > 0 {
			t.Error(faults)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	database := openMigrated(t, "sqlite:"+filepath.Join(dir, "kith.db"))
	if err := database.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy.db")
	if err := database.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := database.Backup(t.Context(), copied); err == nil {
		t.Error("an existing file was overwritten")
	}
	if info, err := os.Stat(copied); err != nil || info.Size() == 0 {
		t.Fatal(err)
	}
	opened := openMigrated(t, "sqlite:"+copied)
	if key, _, err := opened.Credentials(t.Context(), "ada"); err != nil || key == 0 {
		t.Error(key, err)
	}
}
