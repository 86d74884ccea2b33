package orm

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kith/db/dbtest"
)

// What is read for several operations waits for nothing else that one of them does, and each keeps no more of it than is its own.
func TestLookUpsTogetherTakeNobodysShare(t *testing.T) {
	db, err := Open(t.Context(), page, dbtest.Postgres(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context) error {
		for i := range 2 {
			user, _ := NewDraft(Users.Table, Input{{"username", fmt.Sprint("u", i)}}, nil, true)
			if _, _, err := db.Create(ctx, user); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(WithShare(t.Context(), "me", 1, 0), 10*time.Second)
	defer cancel()
	ctx, budget := NewMemory(1<<20).WithBudget(ctx, 10*time.Second, 1<<20)
	defer budget.Release()
	if s, ok := ctx.Value(shareKey).(*share); !ok || s.connections.Acquire(ctx, 1) != nil { // another statement of the operation
		t.Fatal("there is no share")
	}
	name := Users.Field("username")
	var b batcher
	var all bunch
	for key := range int64(2) {
		all.all = append(all.all, &waiter{ctx: ctx, in: &b, read: &Read{Path: "user", From: Users.Table, By: Users.KeyColumn(), Keys: []int64{1 + key},
			Select: Select{Columns: []*Column{Users.KeyColumn(), name}}}})
	}
	rows, statement, err := b.fetch(db, &all)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Len() != 2 || statement.Keys != 2 {
		t.Errorf("%d rows of %d keys", rows.Len(), statement.Keys)
	}
	own, err := rows.part(ctx, all.all[1].read)
	if err != nil {
		t.Fatal(err)
	}
	clear(rows.cells)
	if got := own.Row(own.Of(2).Start)[1]; own.Len() != 1 || got != "u1" {
		t.Errorf("%d rows, the first of %v", own.Len(), got)
	}
}
