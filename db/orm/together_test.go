package orm

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

// What is read together is what each would read alone: of one parent or of several, from either end, by key and by name.
func TestTogetherIsAsAlone(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		crowd(t, db, 3, 10)
		all := Select{Columns: Users.Columns}
		reads := []*Read{}
		for _, keys := range [][]int64{{1}, {2}, {1, 2}, {2000}} {
			for _, backward := range []bool{false, true} {
				for _, size := range []int{2, 5} {
					reads = append(reads, &Read{Path: "posts", From: Posts.Table, Via: UserPosts.Relation, Keys: keys, Select: Select{Columns: Posts.Columns},
						Page: &Page{Size: size, Backward: backward, Order: []Order{{Column: Posts.KeyColumn()}}}})
				}
			}
			reads = append(reads, &Read{Path: "users", From: Users.Table, By: Users.KeyColumn(), Keys: keys, Select: all})
		}
		for _, names := range [][]string{{"u1"}, {"u1", "u2"}, {"nobody"}} {
			reads = append(reads, &Read{Path: "named", From: Users.Table, By: Users.Field("username"), Texts: names, Select: all})
		}
		for range 2 {
			reads = append(reads, &Read{Path: "all", From: Users.Table, Select: all, Page: &Page{Size: 2, Order: []Order{{Column: Users.KeyColumn()}}}})
		}
		memory := NewMemory(64 << 20)
		found := func(ctx context.Context, r *Read) (out [][][]any, groups []Group) {
			ctx, budget := memory.WithBudget(ctx, time.Minute, 1<<20)
			defer budget.Release()
			rows, err := db.Read(ctx, r)
			if err != nil {
				t.Error(err)
				return nil, nil
			}
			if held := budget.held.Load(); held != int64(rows.Bytes) || held < int64(rows.Len()*rows.Width*valueBytes) {
				t.Errorf("%s of %v%v: %d bytes are held of %d", r.Path, r.Keys, r.Texts, held, rows.Bytes)
			}
			of := func(g Group) {
				cells := [][]any{}
				for i := range g.End - g.Start {
					cells = append(cells, rows.Row(g.Start+i))
				}
				out, groups = append(out, cells), append(groups, Group{HasNext: g.HasNext, HasPrev: g.HasPrev})
			}
			for _, key := range r.Keys {
				of(rows.Of(key))
			}
			if r.By == nil && r.Via == nil {
				of(rows.All())
			}
			for _, text := range r.Texts {
				of(rows.OfText(text))
			}
			return out, groups
		}
		db.Together(t.Context(), len(reads), func(ctx context.Context, i int) {
			rows, groups := found(ctx, reads[i])
			aloneRows, aloneGroups := found(t.Context(), reads[i])
			if !reflect.DeepEqual(rows, aloneRows) || !reflect.DeepEqual(groups, aloneGroups) {
				t.Errorf("%s of %v%v: %v %v together, %v %v alone", reads[i].Path, reads[i].Keys, reads[i].Texts, groups, rows, aloneGroups, aloneRows)
			}
		})
	})
}

func readUser(ctx context.Context, db *DB, path string, key int64) error {
	_, err := db.Read(ctx, &Read{Path: path, From: Users.Table, By: Users.KeyColumn(), Keys: []int64{key}, Select: Select{Columns: Users.Columns}})
	return err
}

// What an operation asks by several functions is waited for, however late one of them is, and one that has ended is not.
func TestTogetherWaitsForAllThatBegan(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		crowd(t, db, 3, 10)
		recorder := &Recorder{}
		ctx := WithRecorder(t.Context(), recorder)
		read := func(ctx context.Context, path string, key int64) {
			if err := readUser(ctx, db, path, key); err != nil {
				t.Error(err)
			}
		}
		db.Together(ctx, 3, func(ctx context.Context, i int) {
			var all sync.WaitGroup
			Begin(ctx, 3)
			for _, path := range []string{"first", "second", ""} {
				all.Go(func() {
					defer End(ctx)
					if path == "second" && i == 1 || path == "" {
						time.Sleep(30 * time.Millisecond)
					}
					if path != "" {
						read(ctx, path, int64(i+1))
					}
				})
			}
			all.Wait()
			read(ctx, "last", int64(i+1))
		})
		var paths []string
		for _, s := range recorder.Statements() {
			paths = append(paths, s.Path)
		}
		if slices.Sort(paths); !slices.Equal(paths, []string{"first", "last", "second"}) {
			t.Errorf("three operations took statements for %v", paths)
		}
	})
}

// What goes on when its operation is over, as with a request that takes too long, waits for nobody and is waited for by nobody.
func TestTogetherOutlived(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		crowd(t, db, 3, 10)
		over, late := make(chan struct{}), make(chan error, 2)
		begun := make(chan struct{})
		db.Together(t.Context(), 2, func(ctx context.Context, i int) {
			if i == 0 {
				Begin(ctx, 1)
				go func() {
					defer End(ctx)
					<-over
					late <- readUser(ctx, db, "user", 1)
					late <- readUser(ctx, db, "user", 1)
				}()
				close(begun)
				return
			}
			<-begun
			for range 2 {
				if err := readUser(ctx, db, "user", 1); err != nil {
					t.Error(err)
				}
			}
		})
		close(over)
		for range 2 {
			select {
			case err := <-late:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it waits for somebody")
			}
		}
	})
}
