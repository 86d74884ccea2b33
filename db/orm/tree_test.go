package orm

import (
	"context"
	"slices"
	"testing"
	"time"
)

// A branch is a row of a tree.
type branch struct {
	Row
	ParentKey *int64 `db:"parent_id"`
	Name      string `db:"name" rule:"1..9"`
}

// forest is a database of PostgreSQL with three trees, of two branches each: 1 with 2 below it, 3 with 4, 5 with 6. SQLite has
// one writer at a time.
func forest(t *testing.T) (*DB, *Table) {
	t.Helper()
	page := func(m *Model) {
		branches := Declare[branch](m, "branches", Unique("parent_id", "name"))
		OneToMany(branches, "branches", branches, "parent", "parent_id", Cascade)
	}
	files := functions(t)
	drafted(t, page, files, "branches", false)
	d := opened(t, "postgres", modelOf(files, page))
	if _, err := d.write.Exec("INSERT INTO branches (parent_id, name, created_at, updated_at) VALUES (NULL, 'a', '2026-01-01', '2026-01-01'), (1, 'b', '2026-01-01', '2026-01-01')," +
		" (NULL, 'a', '2026-01-01', '2026-01-01'), (3, 'b', '2026-01-01', '2026-01-01'), (NULL, 'a', '2026-01-01', '2026-01-01'), (5, 'b', '2026-01-01', '2026-01-01')"); err != nil {
		t.Fatal(err)
	}
	return d, d.model.tables[0]
}

// A turn is a write of another client.
type turn struct {
	faults []Fault
	err    error
	done   chan struct{}
}

// another begins a write beside this one, and answers when it is over, or waits for a lock.
func another(t *testing.T, d *DB, write func(context.Context) ([]Fault, error)) *turn {
	t.Helper()
	out := &turn{done: make(chan struct{})}
	go func() {
		defer close(out.done)
		out.err = d.Write(WithViewer(t.Context(), Viewer{Admin: true}), func(ctx context.Context) (err error) {
			out.faults, err = write(ctx)
			return err
		})
	}()
	for waiting := 0; waiting == 0; {
		select {
		case <-out.done:
			return out
		case <-time.After(5 * time.Millisecond):
		}
		if err := d.read.Get(&waiting, "SELECT count(*) FROM pg_locks WHERE NOT granted"); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// under makes a branch hang on another, or a new one.
func under(d *DB, t *Table, key, parent int64) func(context.Context) ([]Fault, error) {
	input := Input{{"parentId", GlobalID(t, parent)}}
	if key == 0 {
		input = append(input, InputField{"name", "new"})
	}
	draft, _ := NewDraft(t, input, nil, key == 0)
	return func(ctx context.Context) (faults []Fault, err error) {
		if key == 0 {
			_, faults, err = d.Create(ctx, draft)
		} else {
			faults, _, err = d.Update(ctx, draft, key, nil)
		}
		return faults, err
	}
}

// Trees that are put below each other at the same time do not become a circle, however deep the place is where they are put.
func TestTreesDoNotBecomeACircle(t *testing.T) {
	d, table := forest(t)
	var other *turn
	err := d.Write(WithViewer(t.Context(), Viewer{Admin: true}), func(ctx context.Context) error {
		if faults, err := under(d, table, 1, 4)(ctx); err != nil || len(faults) > 0 {
			t.Error(faults, err)
		}
		other = another(t, d, under(d, table, 3, 2))
		return nil
	})
	<-other.done
	if err != nil || other.err != nil || len(other.faults) != 1 || other.faults[0].Code != Invalid {
		t.Errorf("%v; the other: %v, %v", err, other.faults, other.err)
	}
}

// What comes to hang on a tree while its delete waits for it goes with it and is counted, and nothing hangs on it from then on.
func TestTreesAreLockedToTheLeaves(t *testing.T) {
	d, table := forest(t)
	var felling, late *turn
	err := d.Write(WithViewer(t.Context(), Viewer{Admin: true}), func(ctx context.Context) error {
		if faults, err := under(d, table, 0, 2)(ctx); err != nil || len(faults) > 0 {
			t.Error(faults, err)
		}
		if faults, err := under(d, table, 3, 2)(ctx); err != nil || len(faults) > 0 {
			t.Error(faults, err)
		}
		felling = another(t, d, func(ctx context.Context) ([]Fault, error) {
			if err := d.Lock(ctx, Intent{Draft: &Draft{table: table}, Keys: []int64{1}, Remove: true}); err != nil {
				return nil, err
			}
			late = another(t, d, under(d, table, 0, 7))
			counts, faults, _, err := d.Delete(ctx, table, 1, nil, false)
			if want := []CascadeCount{{"branch", Deleted, 4}}; !slices.Equal(counts, want) {
				t.Errorf("with the tree go %v, not %v", counts, want)
			}
			return faults, err
		})
		return nil
	})
	<-felling.done
	<-late.done
	if err != nil || felling.err != nil || len(felling.faults) > 0 || late.err != nil || len(late.faults) != 1 || late.faults[0].Code != NotFound {
		t.Errorf("%v; the delete: %v, %v; what came late: %v, %v", err, felling.faults, felling.err, late.faults, late.err)
	}
	var left []int64
	if err := d.read.Select(&left, "SELECT id FROM branches ORDER BY id"); err != nil || !slices.Equal(left, []int64{5, 6}) {
		t.Errorf("%v are left, error %v", left, err)
	}
}
