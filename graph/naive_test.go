package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
)

// A world is every row of a database in plain Go: what the server ought to answer is worked out from it, one row at a
// time, with neither plan nor loader nor SQL.
type world struct {
	rows  map[*orm.Table][]*row           // in the order of their keys
	links map[string]map[int64][]int64    // by coordinate and key: the keys of linked rows
	gone  map[*orm.Table][]map[string]any // rows that were deleted: cursors may still name their places
}

type row struct {
	table  *orm.Table
	values map[string]any // by column
}

// id is the row's global id.
func (r *row) id() string {
	shard := int64(0)
	if c := r.table.Shard(); c != nil {
		shard, _ = r.values[c.Name].(int64)
	}
	return string(orm.AppendGlobalID(nil, r.table, r.key(), shard))
}

func (r *row) key() int64 { return r.values["id"].(int64) }

// readWorld reads all rows, a table at a time.
func readWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	ctx := orm.WithViewer(context.Background(), orm.Viewer{Admin: true})
	w := &world{rows: map[*orm.Table][]*row{}, links: map[string]map[int64][]int64{}, gone: map[*orm.Table][]map[string]any{}}
	page := func(table *orm.Table) *orm.Page {
		return &orm.Page{Size: 1 << 20, Order: []orm.Order{{Column: table.KeyColumn()}}}
	}
	for _, table := range db.Model.Tables() {
		found, err := d.Read(ctx, &orm.Read{Path: "world", From: table, Select: orm.Select{Columns: table.Columns}, Page: page(table)})
		if err != nil {
			t.Fatal(err)
		}
		for i := range found.Len() {
			r := &row{table: table, values: map[string]any{}}
			for j, c := range table.Columns {
				r.values[c.Name] = found.Row(i)[j]
			}
			w.rows[table] = append(w.rows[table], r)
		}
	}
	for _, table := range db.Model.Tables() {
		var keys []int64
		for _, r := range w.rows[table] {
			keys = append(keys, r.key())
		}
		for _, r := range table.Relations {
			if r.Link == nil {
				continue
			}
			found, err := d.Read(ctx, &orm.Read{Path: "world", From: r.To, Via: r, Keys: keys, Select: orm.Select{Columns: r.To.Columns[:1]}, Page: page(r.To)})
			if err != nil {
				t.Fatal(err)
			}
			linked := map[int64][]int64{}
			for _, key := range keys {
				for g, i := found.Of(key), 0; g.Start+i < g.End; i++ {
					linked[key] = append(linked[key], found.Row(g.Start + i)[0].(int64))
				}
			}
			w.links[r.Coordinate()] = linked
		}
	}
	return w
}

func (w *world) find(table *orm.Table, key int64) *row {
	for _, r := range w.rows[table] {
		if r.key() == key {
			return r
		}
	}
	return nil
}

// related are the rows that parent is related to, in the order of their keys.
func (w *world) related(r *orm.Relation, parent *row) []*row {
	var out []*row
	for _, other := range w.rows[r.To] {
		switch {
		case r.Own != nil && other.values["id"] == parent.values[r.Own.Name],
			r.Theirs != nil && other.values[r.Theirs.Name] == parent.values["id"],
			r.Link != nil && slices.Contains(w.links[r.Coordinate()][parent.key()], other.key()):
			out = append(out, other)
		}
	}
	return out
}

// link is the row that links two rows, if a table of the page does.
func (w *world) link(r *orm.Relation, parent, other *row) *row {
	for _, link := range w.rows[r.Link.Rows] {
		if link.values[r.Link.From] == parent.key() && link.values[r.Link.To] == other.key() {
			return link
		}
	}
	return nil
}

// visible are the rows that parent is related to as far as a viewer may see them, and what links them.
func (w *world) visible(v orm.Viewer, r *orm.Relation, parent *row) []*row {
	return slices.DeleteFunc(w.related(r, parent), func(other *row) bool {
		return !w.seen(v, other) || r.Link != nil && r.Link.Rows != nil && !w.seen(v, w.link(r, parent, other))
	})
}

// A selection is a field, an inline fragment or a spread of a query that is made at random.
type selection struct {
	key, name string // of a field
	args      *arguments
	fragment  string // of a spread
	on        string // of an inline fragment
	inline    bool
	skipped   bool   // by its directives
	text      string // of its directives
	inner     []*selection
}

// arguments are a field's, as written and as meant.
type arguments struct {
	text string
	size int
	back bool
	// positions: a value for each key of order
	after, before []any
	order         []orm.Order
	distinct      []*orm.Column
	offset        int
	// of look-ups: where they look, nil for nowhere, and what is there, nil for nothing; by is the column, nil if it is the key
	tables   []*orm.Table
	found    []*row
	by       *orm.Column
	where    map[string]any
	grouping *grouping // of groups
	counted  string    // of a count: what is to be distinct
}

// A naive answer is what the server ought to say, byte by byte.
type naive struct {
	*world
	viewer    orm.Viewer
	fragments map[string]*selection
	out       strings.Builder
	// paths are the relation paths that rows had to be read for, and those of the counts.
	paths map[string]bool
}

func (n *naive) visit(path, coordinate string) { n.paths[path+" "+coordinate] = true }

type collected struct {
	*selection
	inner []*selection
}

// collect merges the fields that a selection comes to on an object of a type.
func (n *naive) collect(selections []*selection, typeName string) []*collected {
	var out []*collected
	var walk func(selections []*selection)
	walk = func(selections []*selection) {
		for _, s := range selections {
			if s.skipped {
				continue
			}
			if s.fragment != "" {
				s = n.fragments[s.fragment]
			}
			if s.inline {
				if s.on == "" || s.on == typeName || s.on == "Node" && db.Model.TableOf(typeName) != nil {
					walk(s.inner)
				}
				continue
			}
			i := slices.IndexFunc(out, func(c *collected) bool { return c.key == s.key })
			if i < 0 {
				i = len(out)
				out = append(out, &collected{selection: s})
			}
			out[i].inner = append(out[i].inner, s.inner...)
		}
	}
	walk(selections)
	return out
}

// members writes an object, whose fields say themselves what they are.
func (n *naive) members(selections []*selection, typeName string, write func(*collected)) {
	n.out.WriteByte('{')
	for i, f := range n.collect(selections, typeName) {
		if i > 0 {
			n.out.WriteByte(',')
		}
		n.out.WriteString(`"` + f.key + `":`)
		if f.name == "__typename" {
			n.out.WriteString(`"` + typeName + `"`)
			continue
		}
		write(f)
	}
	n.out.WriteByte('}')
}

func each[T any](n *naive, items []T, write func(T)) {
	n.out.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			n.out.WriteByte(',')
		}
		write(item)
	}
	n.out.WriteByte(']')
}

func (n *naive) query(selections []*selection) {
	n.members(selections, "Query", func(f *collected) {
		switch table := rootTable(f.name); {
		case table != nil:
			n.connection(f, nil, nil, n.rows[table], f.key)
		case f.name == "nodes":
			places := make([]int, len(f.args.found))
			for i := range places {
				places[i] = i
			}
			each(n, places, func(i int) { n.lookUp(f, i) })
		default:
			n.lookUp(f, 0)
		}
	})
}

func (n *naive) lookUp(f *collected, i int) {
	if table := f.args.tables[i]; table != nil {
		n.visit(f.key, table.Type)
	}
	if r := f.args.found[i]; r != nil {
		r = n.find(r.table, r.key()) // as the viewer sees it
		if by := f.args.by; n.seen(n.viewer, r) && (by == nil || r.values[by.Name] != nil) {
			n.object(f.inner, r, f.key)
			return
		}
	}
	n.out.WriteString("null")
}

func rootTable(field string) *orm.Table {
	for _, table := range db.Model.Tables() {
		if table.Root() == field {
			return table
		}
	}
	return nil
}

func (n *naive) object(selections []*selection, r *row, path string) {
	n.members(selections, r.table.Type, func(f *collected) {
		path := path + "." + f.key
		relation := r.table.Relation(f.name)
		switch {
		case f.name == "id":
			n.value(r.id())
		case r.table.Computed(f.name) != nil:
			computed := r.table.Computed(f.name)
			cells := make([]any, len(r.table.Columns))
			for i, c := range r.table.Columns {
				cells[i] = r.values[c.Name]
			}
			n.kind(computed.Kind, computed.Of(r.table.Entity(cells)))
		case f.name == "viewerCan":
			writes := r.table.Writes()
			if writes != nil && len(writes.Paths()) > 0 {
				n.visit(path, r.table.Type)
			}
			n.members(f.inner, "ViewerCan", func(f *collected) {
				n.value(n.may(writes, n.viewer, r) && r.table.Has(orm.Verb(f.name)))
			})
		case relation == nil:
			n.kind(r.table.Field(f.name).Kind, r.values[r.table.Field(f.name).Name])
		case relation.Many:
			n.connection(f, relation, r, n.visible(n.viewer, relation, r), path)
		default:
			if relation.Own == nil || r.values[relation.Own.Name] != nil {
				n.visit(path, relation.Coordinate())
			}
			for _, other := range n.visible(n.viewer, relation, r) {
				n.object(f.inner, other, path)
				return
			}
			n.out.WriteString("null")
		}
	})
}

// connection writes a page of rows: of those that parent is related to, or of a table.
func (n *naive) connection(f *collected, relation *orm.Relation, parent *row, rows []*row, path string) {
	a := f.args
	coordinate, typeName, edgeName := "Query."+f.name, f.typeOf()+"Connection", f.typeOf()+"Edge"
	if relation != nil {
		coordinate, typeName, edgeName = relation.Coordinate(), relation.Connection(), relation.Edge()
	}
	var all []*row
	for _, r := range rows {
		if n.seen(n.viewer, r) && (filter{world: n.world, viewer: n.viewer}).passes(r.table, r, a.where) {
			all = append(all, r)
		}
	}
	position := func(order []orm.Order, r *row) []any { return n.position(n.viewer, order, r) }
	slices.SortStableFunc(all, func(x, y *row) int { return comparePositions(a.order, position(a.order, x), position(a.order, y)) })
	matching := all // what aggregates are of
	all = firsts(all, a.distinct)
	start, end := min(a.offset, len(all)), len(all)
	for a.after != nil && start < len(all) && comparePositions(a.order, position(a.order, all[start]), a.after) <= 0 {
		start++
	}
	for a.before != nil && end > 0 && comparePositions(a.order, position(a.order, all[end-1]), a.before) >= 0 {
		end--
	}
	hasPrev, hasNext := start > 0, end < len(all)
	var page []*row
	if start < end {
		page = all[start:end]
	}
	if more := len(page) - a.size; more > 0 {
		if a.back {
			page, hasPrev = page[more:], true
		} else {
			page, hasNext = page[:a.size], true
		}
	}
	cursor := func(r *row) string {
		return string(orm.AppendCursor(nil, coordinate, a.order, position(a.order, r)))
	}
	n.members(f.inner, typeName, func(f *collected) {
		path := path + "." + f.key
		if f.name == "totalCount" {
			n.visit(path, coordinate)
			n.value(int64(len(all)))
			return
		}
		if f.name == "aggregate" || f.name == "groups" {
			n.visit(path, coordinate)
			if table := a.order[len(a.order)-1].Column.Table; f.name == "groups" {
				n.groups(f, table, matching, path)
			} else {
				n.aggregate(f.inner, table, matching)
			}
			return
		}
		n.visit(strings.TrimSuffix(path, "."+f.key), coordinate)
		switch f.name {
		case "nodes":
			each(n, page, func(r *row) { n.object(f.inner, r, path) })
		case "edges":
			each(n, page, func(r *row) {
				n.members(f.inner, edgeName, func(f *collected) {
					switch f.name {
					case "cursor":
						n.value(cursor(r))
					case "node":
						n.object(f.inner, r, path+"."+f.key)
					default:
						c := relation.Link.Rows.Field(f.name)
						n.kind(c.Kind, n.link(relation, parent, r).values[c.Name])
					}
				})
			})
		case "pageInfo":
			n.members(f.inner, "PageInfo", func(f *collected) {
				switch {
				case f.name == "hasNextPage":
					n.out.WriteString(strconv.FormatBool(hasNext))
				case f.name == "hasPreviousPage":
					n.out.WriteString(strconv.FormatBool(hasPrev))
				case len(page) == 0:
					n.value(nil)
				case f.name == "startCursor":
					n.value(cursor(page[0]))
				default:
					n.value(cursor(page[len(page)-1]))
				}
			})
		}
	})
}

// typeOf is the type of a connection field's rows.
func (f *collected) typeOf() string {
	return f.args.order[len(f.args.order)-1].Column.Table.Type // its key
}

// position is where a row stands for a viewer: what an order reaches through relations is null where they see nothing, and
// a number of rows 0.
func (w *world) position(viewer orm.Viewer, order []orm.Order, r *row) []any {
	out := make([]any, len(order))
	for i, o := range order {
		at := []*row{r}
		for _, relation := range o.Column.Path() {
			if len(at) > 0 {
				at = w.visible(viewer, relation, at[0])
			}
		}
		switch counts := o.Column.Counts(); {
		case counts != nil && len(at) == 0:
			out[i] = int64(0)
		case counts != nil:
			out[i] = int64(len(w.visible(viewer, counts, at[0])))
		case len(at) > 0:
			out[i] = at[0].values[o.Column.Name[strings.LastIndexByte(o.Column.Name, '.')+1:]]
		}
	}
	return out
}

// firsts are the first of the rows for each combination of some columns.
func firsts(rows []*row, distinct []*orm.Column) (out []*row) {
	if len(distinct) == 0 {
		return rows
	}
	known := map[string]bool{}
	for _, r := range rows {
		var combination []any
		for _, c := range distinct {
			combination = append(combination, r.values[c.Name])
		}
		if text := fmt.Sprintf("%#v", combination); !known[text] {
			known[text] = true
			out = append(out, r)
		}
	}
	return out
}

// comparePositions orders places: nulls are last ascending and first descending.
func comparePositions(order []orm.Order, a, b []any) int {
	for i, o := range order {
		c := 0
		switch {
		case a[i] == nil || b[i] == nil:
			c = btoi(a[i] == nil) - btoi(b[i] == nil)
		default:
			c = compareValues(a[i], b[i])
		}
		if o.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// kind writes a cell of a kind.
func (n *naive) kind(kind orm.Kind, v any) {
	switch {
	case v == nil:
		n.out.WriteString("null")
	case kind == orm.Document:
		text, _ := v.(string)
		n.out.WriteString(text)
	case kind == orm.Long:
		n.out.WriteString(strconv.Quote(strconv.FormatInt(v.(int64), 10)))
	default:
		n.value(v)
	}
}

func (n *naive) value(v any) {
	switch v := v.(type) {
	case nil:
		n.out.WriteString("null")
	case int64:
		n.out.WriteString(strconv.FormatInt(v, 10))
	case bool:
		n.out.WriteString(strconv.FormatBool(v))
	case float64:
		text, _ := json.Marshal(v)
		n.out.Write(text)
	case orm.Decimal:
		n.out.WriteString(strconv.Quote(string(v)))
	case time.Time:
		n.out.WriteString(v.Format(`"2006-01-02T15:04:05.000000Z"`))
	case string:
		n.out.WriteByte('"')
		for _, c := range v {
			switch {
			case c == '"' || c == '\\':
				n.out.WriteString(`\` + string(c))
			case c == '\n':
				n.out.WriteString(`\n`)
			case c == '\t':
				n.out.WriteString(`\t`)
			case c == '\r':
				n.out.WriteString(`\r`)
			case c < ' ':
				n.out.WriteString(`\u00` + strings.ToUpper(strconv.FormatInt(int64(c)+0x100, 16)[1:]))
			default:
				n.out.WriteRune(c)
			}
		}
		n.out.WriteByte('"')
	}
}

// words is what the texts of random graphs are made of: few, so that there are ties, and awkward ones among them.
var words = []string{
	"a", "A", "b", "ab", "B", "é", "e\u0301", "ß", "日本", "\U0001F600", "\uffff", "\ufffd", "<&>", `"q"`, `\`, "%_", "x\ty", "x\ny", "\u0001", "\u001f", "\u2028", "zz",
}

// fillAtRandom writes a small random graph, the same for the same seed: with ties, nulls, gaps between the keys, rows that
// were changed, and some that nothing hangs on. It answers the world with what was deleted.
func fillAtRandom(t testing.TB, f *fixture, seed uint64) *world {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	g := newFiller(f, r, func(*orm.Column) string { return words[r.IntN(len(words))] + "." })
	crowded := db.Model.Tables()[r.IntN(len(db.Model.Tables()))] // has more than a page
	g.fill(t, f, func(table *orm.Table) int {
		n := r.IntN(15)
		if table.Signup() {
			n++
		}
		if table == crowded && r.IntN(2) == 0 {
			n += 20
		}
		return n
	})
	before := readWorld(t, f.DB)
	g.change(t, f)
	w := readWorld(t, f.DB)
	for _, table := range db.Model.Tables() {
		for _, victim := range before.rows[table] {
			if w.find(table, victim.key()) == nil {
				w.gone[table] = append(w.gone[table], victim.values)
			}
		}
	}
	return w
}
