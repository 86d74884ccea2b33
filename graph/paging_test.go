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
// meets every row that nobody touches exactly once and in order, while others are made and deleted all around them.
func TestPagingUnderWrites(t *testing.T) {
	schema := loadSchema(t)
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			r := rand.New(rand.NewPCG(3, 4))
			fillForPaging(t, f, r)
			w := readWorld(t, f.DB)
			stop := writeBetween(t, f)
			var walks []*walk
			for _, table := range db.Model.Tables() {
				walks = append(walks, &walk{coordinate: "Query." + table.Name, path: []string{table.Name}, open: "{ " + table.Name, shut: "}", rows: w.rows[table], table: table})
				for _, relation := range table.Relations {
					if !relation.Many {
						continue
					}
					parent := w.rows[table][0]
					walks = append(walks, &walk{
						coordinate: relation.Coordinate(), path: []string{"node", relation.Field}, table: relation.To, rows: w.related(relation, parent),
						open: fmt.Sprintf("{ node(id: %q) { ... on %s { %s", orm.GlobalID(table, parent.key()), table.Type, relation.Field), shut: "} } }",
					})
				}
			}
			for i := range 15 * len(walks) {
				walks[i%len(walks)].run(t, schema, []http.Handler{f.Planned, f.Resolved}, r)
				if t.Failed() {
					break
				}
			}
			if writes := stop(); writes < 5 {
				t.Errorf("only %d writes were made meanwhile", writes)
			}
		})
	}
}

// A walk goes through one connection.
type walk struct {
	coordinate string
	table      *orm.Table
	path       []string // to the connection in the answer
	open, shut string   // the query around its arguments and selection
	rows       []*row   // that are not touched
}

func (w *walk) run(t *testing.T, schema *ast.Schema, doors []http.Handler, r *rand.Rand) {
	t.Helper()
	orders := schema.Types[schema.Types[w.table.Type+"Order"].Fields.ForName("field").Type.Name()].EnumValues
	var order []orm.Order
	var orderBy []string
	for range r.IntN(4) {
		o := orm.Order{Column: w.table.OrderColumn(strings.ToLower(orders[r.IntN(len(orders))].Name)), Desc: r.IntN(2) == 0}
		if o.Column == nil || o.Column.Kind == orm.Rank {
			continue // RELEVANCE, which asks for a search
		}
		order = append(order, o)
		orderBy = append(orderBy, fmt.Sprintf("{field: %s, direction: %s}", strings.ToUpper(o.Column.Name), [2]string{"ASC", "DESC"}[btoi(o.Desc)]))
	}
	order = append(order, orm.Order{Column: w.table.KeyColumn()})
	want := slices.Clone(w.rows)
	slices.SortFunc(want, func(a, b *row) int { return comparePositions(order, position(order, a), position(order, b)) })
	untouched := map[string]bool{}
	var ids, got []string
	for _, row := range want {
		id := orm.GlobalID(w.table, row.key())
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
			if met[e.Node.ID] {
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

// fillForPaging makes 40 rows of everything: the first user has 40 posts, the first post 40 tags, the first tag 40 posts.
// Many are equal in what they may be ordered by.
func fillForPaging(t *testing.T, f *fixture, r *rand.Rand) {
	t.Helper()
	is := func(name string, value any) orm.InputField { return orm.InputField{Name: name, Value: value} }
	word := func() string { return words[r.IntN(len(words))] + "." }
	var all []any
	for i := range 40 {
		all = append(all, "tag"+strconv.Itoa(i))
	}
	var posts []any
	for i := range 40 {
		tags := all[:1]
		if i == 0 {
			tags = all
		}
		posts = append(posts, orm.Input{is("title", word()), is("content", "c"), is("tags", tags)})
	}
	err := f.DB.Write(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), func(ctx context.Context) error {
		for i := range 40 {
			if r.IntN(3) == 0 {
				f.Clock.Add(1000)
			}
			input := orm.Input{is("username", "user"+strconv.Itoa(i)), is("name", "n"+word()), is("address", orm.Input{is("emailAddress", "a"+strconv.Itoa(r.IntN(5))+"@example.com")})}
			profile := orm.Input{}
			if r.IntN(2) == 0 {
				profile = append(profile, is("fullName", word()))
			}
			input = append(input, is("profile", profile))
			if i == 0 {
				input = append(input, is("posts", posts))
			}
			if err := makeRow(ctx, f.DB, db.Users.Table, input); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func makeRow(ctx context.Context, d *db.DB, table *orm.Table, input orm.Input) error {
	draft, faults := orm.NewDraft(table, input, []string{"input"}, true)
	if len(faults) > 0 {
		return fmt.Errorf("%v: %v", input, faults)
	}
	if _, faults, err := d.Create(ctx, draft); err != nil || len(faults) > 0 {
		return fmt.Errorf("%v: %v: %w", input, faults, err)
	}
	return nil
}

// writeBetween makes and deletes rows between the untouched ones, and children of the same parents, until stop, which
// tells how often it wrote.
func writeBetween(t *testing.T, f *fixture) (stop func() int) {
	t.Helper()
	other, err := db.Open(t.Context(), f.Address, orm.Options{Clock: f.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(orm.WithViewer(context.Background(), orm.Viewer{Admin: true}))
	done := make(chan struct{})
	writes := 0
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(5, 6))
		is := func(name string, value any) orm.InputField { return orm.InputField{Name: name, Value: value} }
		for ctx.Err() == nil {
			name := fmt.Sprintf("x%d", r.Int64())
			steps := []func(ctx context.Context) error{
				func(ctx context.Context) error {
					post := orm.Input{is("title", words[r.IntN(len(words))]+"."), is("content", "c"), is("tags", []any{"tag0", name})}
					return makeRow(ctx, other, db.Users.Table, orm.Input{is("username", name), is("name", "n"+words[r.IntN(len(words))]), is("profile", orm.Input{}),
						is("address", orm.Input{is("emailAddress", "a2@example.com")}), is("posts", []any{post})})
				},
				func(ctx context.Context) error {
					return makeRow(ctx, other, db.Posts.Table, orm.Input{is("authorId", orm.GlobalID(db.Users.Table, 1)), is("title", words[r.IntN(len(words))]+"."),
						is("content", "extra"), is("tags", []any{"tag0"})})
				},
				func(ctx context.Context) error {
					draft, _ := orm.NewDraft(db.Posts.Table, orm.Input{is("tags", orm.Input{is("add", []any{name})})}, nil, false)
					_, _, err := other.Update(ctx, draft, 1, nil)
					return err
				},
				func(ctx context.Context) error { // what was made, if it is among the last
					for _, table := range []*orm.Table{db.Users.Table, db.Posts.Table, db.Tags.Table} {
						newest, err := other.Read(ctx, &orm.Read{From: table, Select: orm.Select{Columns: table.Columns[:1]}, Page: &orm.Page{
							Size: 4, Backward: true, Order: []orm.Order{{Column: table.KeyColumn()}},
						}})
						if err != nil {
							return err
						}
						for i := range newest.Len() {
							if key := newest.Row(i)[0].(int64); key > 40 && r.IntN(2) == 0 {
								if _, _, _, err := other.Delete(ctx, table, key, nil, true); err != nil {
									return err
								}
							}
						}
					}
					return nil
				},
			}
			if err := other.Write(ctx, steps[r.IntN(len(steps))]); err != nil && ctx.Err() == nil {
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
