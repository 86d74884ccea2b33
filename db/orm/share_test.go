package orm

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// large makes db believe that posts are many.
func large(db *DB) {
	db.known(context.Background())
	db.statistics.Store(&statistics{rows: map[*Table]float64{Posts.Table: 1e6, Users.Table: 1e5}, indexed: db.statistics.Load().indexed})
}

func names(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = fmt.Sprint("name", i)
	}
	return list
}

// Whoever looks at many rows waits at a full gate, with the deadline of its request and without a connection; others pass.
func TestGate(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		large(db)
		scan := &Read{From: Posts.Table, Select: Select{Columns: Posts.Columns}, Page: pageOf(t, Posts.Table, object{"content": object{"contains": "x"}})}
		byKey := &Read{From: Posts.Table, By: Posts.KeyColumn(), Keys: []int64{1}, Select: Select{Columns: Posts.Columns}}
		if _, err := db.Read(t.Context(), scan); err != nil {
			t.Fatal(err)
		}
		for range db.scans() {
			if err := db.gate.Enter(t.Context(), "somebody"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		waiting := make(chan error)
		go func() {
			_, err := db.Read(ctx, scan)
			waiting <- err
		}()
		go func() {
			_, err := db.Count(ctx, scan)
			waiting <- err
		}()
		go func() {
			waiting <- db.Write(WithShare(ctx, "me", 2, manyRows), func(context.Context) error { return nil })
		}()
		for range 3 {
			if err := <-waiting; CodeOf(err) != Timeout {
				t.Errorf("at a full gate: %v", err)
			}
		}
		// Much in small pieces is as much.
		pieces := &Read{From: Users.Table, Select: Select{Columns: Users.Columns}, Page: pageOf(t, Users.Table, object{"name": object{"in": names(1000)}})}
		if _, err := db.Read(WithShare(t.Context(), "me", 2, manyRows-1), pieces); err != nil {
			t.Error(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := db.Read(WithShare(ctx, "me", 2, manyRows), pieces); CodeOf(err) != Timeout {
			t.Errorf("a piece at a full gate: %v", err)
		}
		if _, err := db.Read(t.Context(), byKey); err != nil {
			t.Error(err)
		}
		// Who has waited in vain holds nothing of their operation's share.
		operation, over := context.WithTimeout(WithShare(t.Context(), "me", 1, 0), 10*time.Second)
		defer over()
		ctx, cancel = context.WithTimeout(operation, 50*time.Millisecond)
		defer cancel()
		if _, err := db.Read(ctx, scan); CodeOf(err) != Timeout {
			t.Errorf("at a full gate: %v", err)
		}
		if _, err := db.Read(operation, byKey); err != nil {
			t.Errorf("beside it: %v", err)
		}
		small := &Read{From: Tags.Table, Select: Select{Columns: Tags.Columns}, Page: pageOf(t, Tags.Table, object{"name": object{"contains": "x"}})}
		if _, err := db.Read(t.Context(), small); err != nil {
			t.Error(err)
		}
		err := db.Write(WithShare(t.Context(), "me", 2, 0), func(ctx context.Context) error {
			_, err := db.Read(ctx, scan) // it has its connection, and waits for nobody
			return err
		})
		if err != nil {
			t.Error(err)
		}
		for _, p := range db.Pools() {
			if p.InUse > 0 {
				t.Errorf("%d connections of %s are held", p.InUse, p.Name)
			}
		}
		for range db.scans() {
			db.gate.Leave()
		}
		if _, err := db.Read(t.Context(), scan); err != nil {
			t.Error(err)
		}
	})
}

// An operation holds no more connections than its share.
func TestShare(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		ctx := WithShare(t.Context(), "me", 2, 0)
		var running, most atomic.Int64
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				err := db.run(ctx, &Statement{Text: "SELECT 1"}, func(*sqlx.Rows) error {
					n := running.Add(1)
					defer running.Add(-1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(10 * time.Millisecond)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := most.Load(); n != 2 {
			t.Errorf("%d connections at once", n)
		}
	})
}
