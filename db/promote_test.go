package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

func openMigrated(t *testing.T, address string) *db.DB {
	t.Helper()
	database, err := db.Open(t.Context(), address, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return database
}

// rowsOf are all rows of a table that an admin may see, by key.
func rowsOf(t *testing.T, d *db.DB, table *orm.Table) [][]any {
	t.Helper()
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	rows, err := d.Read(ctx, &orm.Read{From: table, Select: orm.Select{Columns: table.Columns}, Page: pageOf(table)})
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]any, rows.Len())
	for i := range all {
		all[i] = rows.Row(i)
	}
	return all
}

// pageOf is a page of everything.
func pageOf(table *orm.Table) *orm.Page {
	return &orm.Page{Size: 1 << 20, Order: []orm.Order{{Column: table.KeyColumn()}}}
}

// logIn gives a user a session, as if their password had been verified.
func logIn(t *testing.T, database *db.DB, username, session string) {
	t.Helper()
	account, err := database.Credentials(t.Context(), username, "")
	if err != nil {
		t.Fatal(err)
	}
	_, opened, err := database.OpenSession(t.Context(), db.Login{User: account.Key, Verified: account.Hash, Session: session, TokenHash: "hash", Place: "place of " + session})
	if err != nil || !opened {
		t.Fatal(opened, err)
	}
}

func TestPromote(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kith.db")
	from := openMigrated(t, "sqlite:"+file)
	if err := seed.Demo(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	if _, err := from.SetAdmin(t.Context(), "grace"); err != nil {
		t.Fatal(err)
	}
	logIn(t, from, "ada", "session")
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
		if a, err := database.Credentials(t.Context(), "ada", "place of session"); err != nil || !a.Known {
			t.Error(database.Name(), a, err)
		}
		if a, err := database.Credentials(t.Context(), "grace", "elsewhere"); err != nil || !db.MatchPassword(a.Hash, "demo-password") || a.Known {
			t.Error(database.Name(), a, err)
		}
		logIn(t, database, "grace", "of grace")
		if v, _, err := database.SessionViewer(t.Context(), "of grace"); err != nil || !v.Admin {
			t.Error(database.Name(), v, err)
		}
	}
	// And back: both ways give the same.
	back := openMigrated(t, "sqlite::memory:")
	if again, err := to.Promote(t.Context(), back); err != nil || again != rows+2 {
		t.Error(again, err)
	}
	// Keys go on behind those that were copied.
	draft, faults := orm.NewDraft(db.Tags.Table, orm.Input{{Name: "name", Value: "new"}}, nil, true)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	err = to.Write(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), func(ctx context.Context) error {
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

// A key that the source has given is not given again behind it: not that of the last row, which is gone, and not in a
// table that has lost all its rows.
func TestPromoteCarriesKeys(t *testing.T) {
	address := map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "kith.db") },
		"postgres": func() string { return dbtest.Postgres(t) },
	}
	admin := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	for source := range address {
		for target := range address {
			t.Run(source+" to "+target, func(t *testing.T) {
				from, to := openMigrated(t, address[source]()), openMigrated(t, address[target]())
				if err := seed.Demo(t.Context(), from); err != nil {
					t.Fatal(err)
				}
				add := func(d *db.DB, table *orm.Table, input orm.Input) (key int64) {
					t.Helper()
					draft, faults := orm.NewDraft(table, input, nil, true)
					err := d.Write(admin, func(ctx context.Context) (err error) {
						var more []orm.Fault
						key, more, err = d.Create(ctx, draft)
						faults = append(faults, more...)
						return err
					})
					if err != nil || len(faults) > 0 {
						t.Fatal(err, faults)
					}
					return key
				}
				remove := func(table *orm.Table, key int64) {
					t.Helper()
					err := from.Write(admin, func(ctx context.Context) error {
						_, faults, _, err := from.Delete(ctx, table, key, nil, true)
						if len(faults) > 0 {
							t.Error(faults)
						}
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				user := func(name string) orm.Input {
					return orm.Input{{Name: "username", Value: name}, {Name: "profile", Value: orm.Input{}}, {Name: "address", Value: orm.Input{{Name: "emailAddress", Value: "a@example.com"}}},
						{Name: "posts", Value: []any{orm.Input{{Name: "title", Value: "T"}, {Name: "content", Value: "C"}}}}}
				}
				tag := orm.Input{{Name: "name", Value: "last"}}
				last := add(from, db.Users.Table, user("last"))
				lastTag := add(from, db.Tags.Table, tag)
				given := map[*orm.Table]int64{}
				for _, table := range db.Model.Tables() {
					if rows := rowsOf(t, from, table); len(rows) > 0 {
						given[table], _ = rows[len(rows)-1][0].(int64)
					}
				}
				remove(db.Users.Table, last) // its profile and post go too
				remove(db.Addresses.Table, given[db.Addresses.Table])
				for key := range lastTag {
					remove(db.Tags.Table, key+1)
				}
				if _, err := from.Promote(t.Context(), to); err != nil {
					t.Fatal(err)
				}
				add(to, db.Users.Table, user("next"))
				add(to, db.Tags.Table, tag)
				for _, table := range db.Model.Tables() {
					if given[table] == 0 {
						continue // the demo graph has none
					}
					rows := rowsOf(t, to, table)
					if got, _ := rows[len(rows)-1][0].(int64); got <= given[table] {
						t.Errorf("%s: %d was given after %d", table.Name, got, given[table])
					}
				}
			})
		}
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	database := openMigrated(t, "sqlite:"+filepath.Join(dir, "kith.db"))
	if err := seed.Demo(t.Context(), database); err != nil {
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
	if a, err := opened.Credentials(t.Context(), "ada", ""); err != nil || a.Key == 0 {
		t.Error(a, err)
	}
}
