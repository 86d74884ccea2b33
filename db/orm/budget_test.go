package orm

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db/dbtest"
)

func TestBudget(t *testing.T) {
	m := NewMemory(1 << 20)
	_, b := m.WithBudget(t.Context(), time.Minute, 400<<10)
	if err := b.Hold(freeBytes); err != nil || m.Used() != 0 {
		t.Fatalf("a small operation reserved %d: %v", m.Used(), err)
	}
	if err := b.Write(1); err != nil || m.Used() != reservedBytes {
		t.Fatalf("a byte more reserved %d: %v", m.Used(), err)
	}
	b.Restart()
	if err := b.Hold(freeBytes + reservedBytes); err != nil || m.Used() != reservedBytes {
		t.Errorf("what is reserved already does not suffice: %d, %v", m.Used(), err)
	}
	b.Restart()
	if err := b.Write(400 << 10); err != nil {
		t.Fatal("what an earlier run took was counted:", err)
	}
	b.Keep(400 << 10)
	if used := m.Used(); used != 400<<10-freeBytes {
		t.Errorf("a finished answer reserves %d", used)
	}
	b.Release()
	b.Release()
	if m.Used() != 0 {
		t.Errorf("%d after the release", m.Used())
	}
	if err := b.Reserve(1 << 20); CodeOf(err) != Unavailable || m.Used() != 0 {
		t.Errorf("after the release: %v, %d", err, m.Used())
	}

	for name, take := range map[string]func(*Budget) error{
		"written":  func(b *Budget) error { return b.Write(400<<10 + 1) },
		"held":     func(b *Budget) error { return b.Hold(heldBytes*(400<<10) + 1) },
		"finished": func(b *Budget) error { return b.Fits(400<<10 + 1) },
	} {
		_, b := m.WithBudget(t.Context(), time.Minute, 400<<10)
		first := take(b)
		if CodeOf(first) != LimitExceeded {
			t.Errorf("%s: %v", name, first)
		}
		for _, next := range []error{b.Write(1), b.Hold(1), b.Reserve(1), b.Fits(0), b.Err()} {
			if !errors.Is(next, first) {
				t.Errorf("%s: %v, then %v", name, first, next)
			}
		}
		b.Release()
	}

	// What does not fit is refused, and small operations are not.
	ctx, large := m.WithBudget(t.Context(), time.Minute, 1<<20)
	refused, other := m.WithBudget(t.Context(), time.Minute, 1<<20)
	_, small := m.WithBudget(t.Context(), time.Minute, 1<<20)
	if err := large.Write(1 << 20); err != nil {
		t.Fatal(err)
	}
	if err := other.Write(1 << 19); CodeOf(err) != Unavailable {
		t.Errorf("more than there is: %v", err)
	}
	if err := small.Write(freeBytes); err != nil {
		t.Errorf("a small operation: %v", err)
	}
	if ctx.Err() != nil || refused.Err() == nil {
		t.Errorf("one that goes on: %v; one that ended: %v", ctx.Err(), refused.Err())
	}
	large.Release()
	other.Release()
	if m.Used() != 0 {
		t.Errorf("%d after the releases", m.Used())
	}

	// Many at once, each by many.
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, b := m.WithBudget(t.Context(), time.Minute, 1<<20)
			defer b.Release()
			var parts sync.WaitGroup
			for range 8 {
				parts.Go(func() {
					for range 100 {
						_, _, _ = b.Hold(1000), b.Write(500), b.Reserve(100)
					}
				})
			}
			parts.Wait()
			if used := m.Used(); used > 1<<20 {
				t.Errorf("%d are reserved", used)
			}
		})
	}
	all.Wait()
	if m.Used() != 0 {
		t.Errorf("%d in the end", m.Used())
	}
}

// Reading ends with the row that is too much.
func TestReadEndsWithItsBudget(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
			if database == "postgres" {
				address = dbtest.Postgres(t)
			}
			var rows int
			db, err := Open(t.Context(), page, address, Options{Observe: func(_ context.Context, s *Statement) { rows = s.Rows }})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			err = db.Write(t.Context(), func(ctx context.Context) error {
				user, _ := NewDraft(Users.Table, Input{{"username", "ada"}, {"posts", posts(200, 10_000)}}, nil, true)
				_, _, err := db.Create(ctx, user)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			memory := NewMemory(64 << 20)
			ctx, budget := memory.WithBudget(t.Context(), time.Minute, 100_000)
			read := &Read{From: Posts.Table, Select: Select{Columns: Posts.Columns}, Page: &Page{Size: 1000, Order: []Order{{Column: Posts.KeyColumn()}}}}
			_, err = db.Read(ctx, read)
			if CodeOf(err) != LimitExceeded || rows < 39 || rows > 41 {
				t.Errorf("%d rows of 10,000 bytes were read, where 400,000 may be held: %v", rows, err)
			}
			rows = 0
			if _, again := db.Read(ctx, read); !errors.Is(again, err) || rows > 0 {
				t.Errorf("another read of an operation at its end: %d rows, %v", rows, again)
			}
			budget.Release()
			ctx, whole := memory.WithBudget(t.Context(), time.Minute, 1<<20)
			found, err := db.Read(ctx, read)
			if err != nil || found.Len() != 200 || found.Bytes < 2_000_000 || memory.Used() < int64(found.Bytes)-freeBytes {
				t.Errorf("%d rows in %d bytes, %d reserved: %v", found.Len(), found.Bytes, memory.Used(), err)
			}
			whole.Release()
			if memory.Used() != 0 {
				t.Errorf("%d in the end", memory.Used())
			}
		})
	}
}

func posts(n, length int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = Input{{"title", "T"}, {"content", strings.Repeat("x", length)}}
	}
	return out
}

func TestRowsOf(t *testing.T) {
	tags := func(names ...any) InputField { return InputField{"tags", names} }
	draft := func(isNew bool, input Input, table *Table) *Draft {
		d, faults := NewDraft(table, input, nil, isNew, "id")
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return d
	}
	post := func(fields ...InputField) Input {
		return append(Input{{"title", "T"}, {"content", "C"}}, fields...)
	}
	for name, c := range map[string]struct {
		drafts []*Draft
		want   int
	}{
		"nothing":           {nil, 0},
		"a row":             {[]*Draft{draft(true, post(), Posts.Table)}, 1},
		"rows":              {[]*Draft{draft(true, post(), Posts.Table), draft(true, post(), Posts.Table)}, 2},
		"links and names":   {[]*Draft{draft(true, post(tags("a", "b", "a")), Posts.Table)}, 1 + 2 + 2},
		"names are shared":  {[]*Draft{draft(true, post(tags("a", "b")), Posts.Table), draft(true, post(tags("b", "c")), Posts.Table)}, 2 + 4 + 3},
		"children":          {[]*Draft{draft(true, Input{{"username", "ada"}, {"profile", Input{}}, {"posts", []any{post(tags("a")), post()}}}, Users.Table)}, 2 + 2 + 1 + 1},
		"null":              {[]*Draft{draft(false, Input{{"profile", nil}, {"address", nil}}, Users.Table)}, 3},
		"a set":             {[]*Draft{draft(false, Input{{"tags", Input{{"set", []any{"a", "b"}}}}}, Posts.Table)}, 1 + 2 + 2},
		"added and removed": {[]*Draft{draft(false, Input{{"tags", Input{{"add", []any{"a"}}, {"remove", []any{"b"}}}}}, Posts.Table)}, 1 + 2 + 1},
	} {
		if got := RowsOf(c.drafts); got != c.want {
			t.Errorf("%s: %d rows, want %d", name, got, c.want)
		}
	}
}
