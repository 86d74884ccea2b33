package db_test

import (
	"context"
	"testing"

	"kith/db"
	"kith/db/dbtest"
)

func TestReplica(t *testing.T) {
	first, follower := dbtest.Postgres(t), dbtest.Postgres(t)
	// The follower holds something else, so that it shows who answers.
	if err := openMigrated(t, follower).Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	openMigrated(t, first)
	read := func(database *db.DB, ctx context.Context) int {
		t.Helper()
		counts, err := database.Count(ctx, &db.Read{Path: "users", From: db.Users.Table, Page: &db.Page{}})
		if err != nil {
			t.Fatal(err)
		}
		return counts[0]
	}
	database, err := db.Open(t.Context(), first, db.Options{Replicas: []string{follower}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if got := read(database, t.Context()); got != 0 {
		t.Errorf("the replica is read unasked: %d users", got)
	}
	lagging := database.Lagging(t.Context())
	if got := read(database, lagging); got == 0 {
		t.Error("the replica is not read")
	}
	err = database.Write(lagging, func(ctx context.Context) error {
		if got := read(database, ctx); got != 0 {
			t.Errorf("a transaction reads the replica: %d users", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}

	gone, err := db.Open(t.Context(), first, db.Options{Replicas: []string{"postgres://nobody@127.0.0.1:1/none"}})
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	for range 2 {
		if got := read(gone, gone.Lagging(t.Context())); got != 0 {
			t.Errorf("%d users", got)
		}
	}
	if _, err := db.Open(t.Context(), "sqlite::memory:", db.Options{Replicas: []string{follower}}); err == nil {
		t.Error("SQLite has no replicas")
	}
}
