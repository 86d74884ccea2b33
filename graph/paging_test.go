package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
)

// Any walk, in either direction and any order, with pages of any size, over a whole table or the children of one parent,
// meets every row that nobody touches exactly once and in order, while others are made and deleted all around them; in an
// order by counts, or by rows that others hang on, while nobody writes: those move.
func TestPagingUnderWrites(t *testing.T) {
	schema := loadSchema(t)
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			r := rand.New(rand.NewPCG(3, 4))
			g := fillForPaging(t, f, r)
			w := readWorld(t, f.DB)
			stop := writeBetween(t, f, g)
			walkAll(t, f, w, schema, r, 15, false)
			if writes := stop(); writes < 5 {
				t.Errorf("only %d writes were made meanwhile", writes)
			}
			walkAll(t, f, readWorld(t, f.DB), schema, r, 5, true)
		})
	}
}

// walkAll goes through every connection a number of times; quiet says that nobody writes meanwhile.
func walkAll(t *testing.T, f *fixture, w *world, schema *ast.Schema, r *rand.Rand, times int, quiet bool) {
	t.Helper()
	var walks []*walk
	for _, table := range db.Model.Tables() {
		walks = append(walks, &walk{coordinate: "Query." + table.Root(), path: []string{table.Root()}, open: "{ " + table.Root(), shut: "}", rows: w.rows[table], table: table, world: w})
		for _, relation := range table.Relations {
			if !relation.Many {
				continue
			}
			if len(w.rows[table]) == 0 {
				continue
			}
			parent := w.rows[table][0]
			walks = append(walks, &walk{
				coordinate: relation.Coordinate(), path: []string{"node", relation.Field}, table: relation.To, rows: w.related(relation, parent), world: w,
				open: fmt.Sprintf("{ node(id: %q) { ... on %s { %s", orm.GlobalID(table, parent.key()), table.Type, relation.Field), shut: "} } }",
			})
		}
	}
	for i := range times * len(walks) {
		walks[i%len(walks)].run(t, schema, []http.Handler{f.Planned, f.Resolved}, r, quiet)
		if t.Failed() {
			break
		}
	}
}

// A walk goes through one connection.
type walk struct {
	coordinate string
	table      *orm.Table
	path       []string // to the connection in the answer
	open, shut string   // the query around its arguments and selection
	rows       []*row   // that are not touched
	world      *world
}

func (w *walk) run(t *testing.T, schema *ast.Schema, doors []http.Handler, r *rand.Rand, quiet bool) {
	t.Helper()
	orders := schema.Types[schema.Types[w.table.Type+"Order"].Fields.ForName("field").Type.Name()].EnumValues
	var order []orm.Order
	var orderBy []string
	for range r.IntN(4) {
		name := orders[r.IntN(len(orders))].Name
		step := map[string]any{"field": name, "direction": [2]string{"ASC", "DESC"}[r.IntN(2)]}
		ones := slices.DeleteFunc(toOne(w.table), func(r *orm.Relation) bool { return !quiet && r.Own == nil })
		if len(ones) > 0 && r.IntN(3) == 0 {
			through := ones[r.IntN(len(ones))]
			all := through.To.Orders()
			step["field"] = all[r.IntN(len(all))].OrderName()
			step = map[string]any{through.Field: step}
		} else if name == "RELEVANCE" || !quiet && w.table.OrderColumn(strings.ToLower(name)).Counts() != nil {
			continue // the one asks for a search
		}
		o, err := orm.ParseOrder(w.table, step)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, o)
		orderBy = append(orderBy, literal(step))
	}
	order = append(order, orm.Order{Column: w.table.KeyColumn()})
	want := slices.Clone(w.rows)
	moving := slices.ContainsFunc(order, func(o orm.Order) bool { return o.Column.Derived() }) // rows that are touched lose what they refer to
	position := func(r *row) []any { return w.world.position(orm.Viewer{Admin: true}, order, r) }
	slices.SortFunc(want, func(a, b *row) int { return comparePositions(order, position(a), position(b)) })
	untouched := map[string]bool{}
	var ids, got []string
	for _, row := range want {
		id := row.id()
		ids, untouched[id] = append(ids, id), true
	}
	backward := r.IntN(2) == 0
	if backward {
		slices.Reverse(ids)
	}
	met := map[string]bool{}
	cursor, before := "", ""
	for page := 0; ; page++ {
		args := [2]string{"first: ", "last: "}[btoi(backward)] + strconv.Itoa(1+r.IntN(15)) + ", orderBy: [" + strings.Join(orderBy, ", ") + "]"
		if cursor != "" {
			args += fmt.Sprintf(", %s: %q", [2]string{"after", "before"}[btoi(backward)], cursor)
		}
		query := w.open + "(" + args + ") { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } " + w.shut
		status, body := ask(t, doors[r.IntN(len(doors))], orm.Viewer{Admin: true}, request{Query: query})
		var answer struct{ Data map[string]json.RawMessage }
		if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
			t.Fatalf("%s: status %d: %s", query, status, body)
		}
		raw := answer.Data[w.path[0]]
		for _, name := range w.path[1:] {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(raw, &object); err != nil {
				t.Fatalf("%s: %s", query, body)
			}
			raw = object[name]
		}
		var connection struct {
			Edges []struct {
				Cursor string
				Node   struct{ ID string }
			}
			PageInfo struct {
				HasNextPage, HasPreviousPage bool
				StartCursor, EndCursor       string
			}
		}
		if err := json.Unmarshal(raw, &connection); err != nil {
			t.Fatalf("%s: %s", query, body)
		}
		edges, info := connection.Edges, connection.PageInfo
		more, behind := info.HasNextPage, info.HasPreviousPage
		cursor = info.EndCursor
		if backward {
			slices.Reverse(edges)
			more, behind, cursor = info.HasPreviousPage, info.HasNextPage, info.StartCursor
		}
		if seen := len(got) > 0; page == 0 && behind || seen && !behind {
			t.Fatalf("%s: page %d of %s says that there is something behind it: %v", query, page, w.coordinate, behind)
		}
		if len(edges) > 0 && edges[len(edges)-1].Cursor != cursor || len(edges) == 0 && more {
			t.Fatalf("%s: %s", query, body)
		}
		for _, e := range edges {
			if met[e.Node.ID] && (untouched[e.Node.ID] || !moving) {
				t.Errorf("%s: %s comes twice", query, e.Node.ID)
			}
			met[e.Node.ID] = true
			if untouched[e.Node.ID] {
				got = append(got, e.Node.ID)
			}
		}
		if !more {
			before = query
			break
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("a walk that ended with %s met\n%v\nand not\n%v", before, got, ids)
	}
}

// fillForPaging makes 40 rows of everything: most hang on the first of their parents, and the first is linked to all. Many
// are equal in what they may be ordered by.
func fillForPaging(t *testing.T, f *fixture, r *rand.Rand) *filler {
	t.Helper()
	var g *filler
	g = newFiller(f, r, func(*orm.Column) string { return words[g.IntN(len(words))] + "." }) // by its own numbers, which change hands
	g.hub = true
	g.fill(t, f, func(*orm.Table) int { return 40 })
	return g
}

// makeRow makes a row unless something stands against it.
func makeRow(ctx context.Context, d *db.DB, table *orm.Table, input orm.Input) error {
	draft, faults := orm.NewDraft(table, input, []string{"input"}, true)
	if len(faults) > 0 {
		return nil
	}
	_, _, err := d.Create(ctx, draft)
	return err
}

// writeBetween makes and deletes rows between the untouched ones, and children of the same parents, until stop, which
// tells how often it wrote.
func writeBetween(t *testing.T, f *fixture, g *filler) (stop func() int) {
	t.Helper()
	other, err := db.Open(t.Context(), f.Address, orm.Options{Clock: f.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(admin(context.Background()))
	done := make(chan struct{})
	writes := 0
	tables := slices.DeleteFunc(slices.Clone(db.Model.Tables()), func(t *orm.Table) bool { return !t.Has(orm.Creating) })
	go func() {
		defer close(done)
		g.Rand = rand.New(rand.NewPCG(5, 6)) // the other one is in use
		for ctx.Err() == nil {
			table := tables[g.IntN(len(tables))]
			input, ok := g.input(table)
			if !ok {
				continue
			}
			steps := []func(ctx context.Context) error{
				func(ctx context.Context) error { return makeRow(ctx, other, table, input) },
				func(ctx context.Context) error { // what was made, if it is among the last
					newest, err := other.Read(ctx, &orm.Read{From: table, Select: orm.Select{Columns: table.Columns[:1]}, Page: &orm.Page{
						Size: 4, Backward: true, Order: []orm.Order{{Column: table.KeyColumn()}},
					}})
					if err != nil {
						return err
					}
					for i := range newest.Len() {
						if key := newest.Row(i)[0].(int64); key > slices.Max(g.keys[table]) && g.IntN(2) == 0 {
							if _, _, _, err := other.Delete(ctx, table, key, nil, true); err != nil {
								return err
							}
						}
					}
					return nil
				},
			}
			if err := other.Write(ctx, steps[g.IntN(len(steps))]); err != nil && ctx.Err() == nil {
				t.Errorf("the other client: %v", err)
				return
			}
			writes++
		}
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		<-done
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		return writes
	})
	t.Cleanup(func() { stop() })
	return stop
}
