package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// While the type of a column changes again and again, readers and writers see no error: what was prepared before is
// prepared anew, outside of transactions and inside.
func TestColumnTypesChange(t *testing.T) {
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	admin := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	read := func(ctx context.Context) error {
		rows, err := database.Read(ctx, &orm.Read{From: db.Profiles.Table, Select: orm.Select{Columns: db.Profiles.Columns}, Page: pageOf(db.Profiles.Table)})
		if err == nil && rows.Len() != 6 {
			err = fmt.Errorf("%d rows", rows.Len())
		}
		return err
	}
	write := func(key int64) error {
		draft, _ := orm.NewDraft(db.Profiles.Table, orm.Input{{Name: "bio", Value: "B"}}, nil, false)
		return database.Write(admin, func(ctx context.Context) error {
			if _, _, err := database.Update(ctx, draft, key, nil); err != nil {
				return err
			}
			return read(ctx)
		})
	}
	for i := range 10 {
		var all sync.WaitGroup
		for key := range int64(4) {
			all.Go(func() {
				for range 10 {
					if err := read(admin); err != nil {
						t.Errorf("reading: %v", err)
					}
				}
				if err := write(key + 1); err != nil {
					t.Errorf("writing: %v", err)
				}
			})
		}
		if i%2 == 0 { // else when nobody is reading
			all.Wait()
		}
		kind := []string{"varchar", "text"}[i%2]
		if _, err := raw.Exec(`ALTER TABLE profiles ALTER COLUMN bio TYPE ` + kind + ` COLLATE "C"`); err != nil {
			t.Fatal(err)
		}
		all.Wait()
	}
}

// A transaction waits for nobody who waits for it: what it sends for the first time goes where it has its locks.
func TestPreparedWhereTheLocksAre(t *testing.T) {
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	raw, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	altered := make(chan error, 1)
	err = database.Write(ctx, func(ctx context.Context) error {
		if _, err := database.Exec(ctx, "test", "UPDATE profiles SET bio = bio"); err != nil {
			return err
		}
		go func() {
			_, err := raw.ExecContext(ctx, `ALTER TABLE profiles ALTER COLUMN bio TYPE varchar COLLATE "C"`)
			altered <- err
		}()
		for waiting := false; !waiting; {
			if err := raw.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'profiles'::regclass)").Scan(&waiting); err != nil {
				return err
			}
		}
		_, err := database.QueryRow(ctx, "test", "SELECT count(*) FROM profiles WHERE bio = 'B'", nil, new(int))
		return err
	})
	if err = errors.Join(err, <-altered); err != nil {
		t.Error(err)
	}
}

// Inside a transaction the first such statement ends it, so it runs again as a whole.
func TestColumnTypesChangeBeforeATransaction(t *testing.T) {
	address := dbtest.Postgres(t)
	database := openMigrated(t, address)
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	read := func(ctx context.Context) error {
		_, err := database.Read(ctx, &orm.Read{From: db.Profiles.Table, Select: orm.Select{Columns: db.Profiles.Columns}, Page: pageOf(db.Profiles.Table)})
		return err
	}
	// One at a time, all on the connection that was used last: nothing of the seed's changes is done beside it any more.
	_, leave, err := database.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leave()
	for database.Pools()[0].InUse > 0 {
		time.Sleep(time.Millisecond)
	}
	runs := 0
	for attempt := 0; attempt < 10 && runs != 2; attempt++ { // a connection may be taken by what is done beside it
		for range 2 { // what is sent again is prepared for all transactions
			if err := database.Write(t.Context(), read); err != nil {
				t.Fatal(err)
			}
		}
		kind := []string{"varchar", "text"}[attempt%2]
		if _, err := raw.Exec(`ALTER TABLE profiles ALTER COLUMN bio TYPE ` + kind + ` COLLATE "C"`); err != nil {
			t.Fatal(err)
		}
		runs = 0
		err = database.Write(t.Context(), func(ctx context.Context) error {
			runs++
			return read(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if runs != 2 {
		t.Errorf("%d runs", runs)
	}
}
