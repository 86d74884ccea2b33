package orm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A ticket hangs on another, which it loses when that goes, and is seen by its holder alone.
type ticket struct {
	Row
	BeforeKey *int64 `db:"before_id"`
	Holder    int64  `db:"holder"`
	Code      string `db:"code" rule:"1..9 line unique"`
}

// bulkPage has a tree whose branches go with each other, and tickets that do not.
func bulkPage(m *Model) {
	branches := Declare[branch](m, "branches", Unique("parent_id", "name"))
	OneToMany(branches, "branches", branches, "parent", "parent_id", Cascade)
	tickets := Declare[ticket](m, "tickets", VisibleTo("holder"))
	OneToMany(tickets, "next", tickets, "before", "before_id", Detach)
}

// Many rows of a tree go once each, and what is detached is what stays; those that become alike, or come below themselves, do not.
func TestManyRowsOfOneTable(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			files := functions(t)
			drafted(t, bulkPage, files, "bulk", false)
			d := opened(t, name, modelOf(files, bulkPage))
			branches, tickets := d.model.tables[0], d.model.tables[1]
			write := func(as Viewer, f func(ctx context.Context) error) {
				t.Helper()
				if err := d.Write(WithViewer(t.Context(), as), f); err != nil {
					t.Fatal(err)
				}
			}
			admin := Viewer{Admin: true}
			codes := func(faults []Fault) (codes []string) {
				for _, f := range faults {
					codes = append(codes, fmt.Sprint(f.Code, f.Field))
				}
				return codes
			}
			demand := func(what string, got, want any) {
				t.Helper()
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: %v, not %v", what, got, want)
				}
			}
			var inputs []Input
			for i := range 6 {
				inputs = append(inputs, Input{{"name", fmt.Sprint(i + 1)}})
			}
			drafts, faults := NewDrafts(branches, inputs, []string{"input", "branches"})
			demand("faults", codes(faults), "[]")
			write(admin, func(ctx context.Context) error {
				keys, faults, err := d.CreateMany(ctx, drafts)
				demand("made", []any{keys, codes(faults)}, "[[1 2 3 4 5 6] []]")
				return err
			})
			change := func(where map[string]any, set Input) (out string) {
				filter, err := ParseWhere(branches, where)
				if err != nil {
					t.Fatal(err)
				}
				draft, _ := NewDraft(branches, set, []string{"input", "set"}, false)
				refused := errors.New("refused")
				err = d.Write(WithViewer(t.Context(), admin), func(ctx context.Context) error {
					keys, faults, err := d.UpdateMany(ctx, &Bulk{Table: branches, Where: filter, AtMost: 9, Set: draft})
					if out = fmt.Sprint(keys, codes(faults)); len(faults) > 0 {
						return refused
					}
					return err
				})
				if err != nil && !errors.Is(err, refused) {
					t.Fatal(err)
				}
				return out
			}
			named := func(names ...any) map[string]any { return map[string]any{"name": map[string]any{"in": names}} }
			id := func(key int64) string { return GlobalID(branches, key) }
			demand("below 1", change(named("2", "3"), Input{{"parentId", id(1)}}), "[2 3] []")
			demand("below 2", change(named("4"), Input{{"parentId", id(2)}}), "[4] []")
			demand("below itself", change(named("1", "5"), Input{{"parentId", id(4)}}), "[] [INVALID[input set parentId]]")
			demand("alike", change(named("2", "3"), Input{{"name", "x"}}), "[] [TAKEN[input set name]]")
			demand("alike in different places", change(named("2", "4"), Input{{"name", "x"}}), "[2 4] []")
			demand("like one that stays", change(named("5", "x"), Input{{"parentId", id(1)}, {"name", "3"}}), "[] [TAKEN[input set parentId]]")
			demand("like none that stays", change(map[string]any{"parent": named("1")}, Input{{"parentId", id(6)}}), "[2 3] []")
			write(admin, func(ctx context.Context) error {
				filter, _ := ParseWhere(branches, named("6", "3", "5"))
				keys, counts, faults, err := d.DeleteMany(ctx, &Bulk{Table: branches, Where: filter, AtMost: 3})
				demand("gone", []any{keys, counts, faults}, "[[3 5 6] [{branch DELETED 2}] []]")
				return err
			})

			inputs = nil
			for i := range 5 {
				inputs = append(inputs, Input{{"code", fmt.Sprint("c", i+1)}, {"holder", int64(i%2 + 1)}})
			}
			drafts, _ = NewDrafts(tickets, inputs, nil)
			write(admin, func(ctx context.Context) error {
				if _, _, err := d.CreateMany(ctx, drafts); err != nil {
					return err
				}
				_, err := d.Exec(ctx, "chain", "UPDATE tickets SET before_id = CASE id WHEN 1 THEN 1 ELSE id - 1 END")
				return err
			})
			write(admin, func(ctx context.Context) error {
				filter, _ := ParseWhere(tickets, map[string]any{"code": map[string]any{"in": []any{"c1", "c2", "c4"}}})
				keys, counts, _, err := d.DeleteMany(ctx, &Bulk{Table: tickets, Where: filter, AtMost: 3, Force: true})
				demand("gone", []any{keys, counts}, "[[1 2 4] [{ticket DETACHED 2}]]")
				return err
			})

			// A row that is there and not to be seen has taken the value, whatever there is to do.
			for _, update := range []Input{nil, {}} {
				for viewer, want := range map[int64]string{1: "3 false []", 2: "0 false [TAKEN[input by code]]"} {
					u, faults, err := NewUpsert(tickets, Input{{"code", "c3"}}, Input{{"holder", int64(7)}}, update)
					if err != nil || len(faults) > 0 {
						t.Fatal(faults, err)
					}
					if update != nil && viewer == 1 {
						continue // an admin's, as the tickets have no owner
					}
					write(Viewer{Key: viewer}, func(ctx context.Context) error {
						key, created, faults, err := d.Upsert(ctx, u)
						demand("upserted", fmt.Sprint(key, " ", created, " ", codes(faults)), want)
						return err
					})
				}
			}
			u, faults, err := NewUpsert(tickets, Input{{"code", " c3"}}, Input{{"code", "c3 "}, {"holder", int64(7)}}, Input{{"code", "c9"}})
			if err != nil || len(faults) > 0 {
				t.Fatal(faults, err)
			}
			for _, want := range []string{"3 false []", "6 true []"} {
				write(admin, func(ctx context.Context) error {
					key, created, faults, err := d.Upsert(ctx, u)
					demand("upserted", fmt.Sprint(key, " ", created, " ", codes(faults)), want)
					return err
				})
			}
			for _, by := range []Input{nil, {{"code", nil}}, {{"code", "a"}, {"holder", int64(1)}}, {{"holder", int64(1)}}} {
				if _, _, err := NewUpsert(tickets, by, Input{}, nil); CodeOf(err) != BadRequest {
					t.Errorf("by %v: %v", by, err)
				}
			}
			if err := d.Write(WithViewer(t.Context(), Viewer{Key: 1}), func(ctx context.Context) error {
				draft, _ := NewDraft(tickets, Input{{"holder", int64(2)}}, nil, false)
				_, _, err := d.UpdateMany(ctx, &Bulk{Table: tickets, AtMost: 9, Set: draft})
				return err
			}); CodeOf(err) != Forbidden {
				t.Errorf("a row that is seen and not owned: %v", err)
			}
			for what, f := range map[string]func(context.Context) error{
				"create": func(ctx context.Context) error { _, _, err := d.CreateMany(ctx, drafts); return err },
				"delete": func(ctx context.Context) error {
					_, _, _, err := d.DeleteMany(ctx, &Bulk{Table: tickets, AtMost: 9})
					return err
				},
				"upsert": func(ctx context.Context) error { _, _, _, err := d.Upsert(ctx, u); return err },
			} {
				if err := f(WithViewer(t.Context(), admin)); err == nil {
					t.Errorf("%s outside of a transaction", what)
				}
			}
			if !slices.Equal(tickets.Told(), []*Column{tickets.column("code")}) {
				t.Error(tickets.Told())
			}
		})
	}
}

// The row that an upsert has found stays for as long as its transaction, also where it is left as it is, alone or among other writes.
func TestWhatAnUpsertFindsStays(t *testing.T) {
	everywhere(t, func(t *testing.T, d *DB) {
		for update, input := range map[string]Input{"none": nil, "empty": {}} {
			for _, others := range []int{0, 1} {
				ctx := WithViewer(t.Context(), Viewer{Admin: true})
				name := fmt.Sprint(update, others)
				u, faults, err := NewUpsert(Tags.Table, Input{{"name", name}}, Input{}, input)
				if err != nil || len(faults) > 0 {
					t.Fatal(faults, err)
				}
				var key int64
				upsert := func(ctx context.Context) (err error) { key, _, _, err = d.Upsert(ctx, u); return err }
				if err := d.Write(ctx, upsert); err != nil {
					t.Fatal(err)
				}
				if err := d.Write(ctx, func(ctx context.Context) error {
					intents := slices.Repeat([]Intent{{Upsert: u}}, others+1)
					if err := d.Lock(ctx, intents...); err != nil {
						return err
					}
					if err := upsert(ctx); err != nil {
						return err
					}
					deleting, cancel := context.WithTimeout(WithViewer(t.Context(), Viewer{Admin: true}), 300*time.Millisecond)
					defer cancel()
					if err := d.Write(deleting, func(ctx context.Context) error {
						_, _, _, err := d.Delete(ctx, Tags.Table, key, nil, true)
						return err
					}); err == nil {
						t.Errorf("update %s, %d others: it is deleted while it is answered", update, others)
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
