package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// Any nested write does what an evaluation of the page in plain Go says, on both databases: rows, links, versions, what went
// along, or every fault with its path, or that it is forbidden, and then nothing.
func TestRandomNestedWrites(t *testing.T) {
	const perGraph = 60
	for i := range uint64(max(1, *queries/perGraph)) {
		seed := *firstOne + i
		t.Run(fmt.Sprintf("graph=%d", seed), func(t *testing.T) {
			t.Parallel()
			tally := map[string]int{}
			fixtures := map[string]*fixture{}
			for _, database := range databases {
				fixtures[database] = open(t, database)
				fillAtRandom(t, fixtures[database], seed)
			}
			for j := range uint64(perGraph) {
				for _, database := range databases { // which may have given a row different keys
					f := fixtures[database]
					r := rand.New(rand.NewPCG(seed, j))
					w := readWorld(t, f.DB)
					g := &nestedGenerator{filler: newFiller(f, r, func(*orm.Column) string { return "w" + strconv.Itoa(r.IntN(1_000_000)) }), world: w}
					for _, table := range db.Model.Tables() {
						for _, row := range w.rows[table] {
							g.keys[table] = append(g.keys[table], row.key())
						}
					}
					testNestedWrite(t, g, database, f, tally)
				}
				if t.Failed() {
					return
				}
			}
			t.Log(tally)
			if tally["written"] < perGraph/6 || tally["faults"] < perGraph/12 || tally["FORBIDDEN"] < perGraph/30 {
				t.Errorf("%v shows little", tally)
			}
		})
	}
}

func testNestedWrite(t *testing.T, g *nestedGenerator, database string, f *fixture, tally map[string]int) {
	t.Helper()
	g.viewer = orm.Viewer{Admin: true}
	if people := users(g.world); g.IntN(3) == 0 && len(people) > 0 {
		g.viewer = orm.Viewer{Key: people[g.IntN(len(people))].key()}
	}
	verb, table, key, input := g.mutation()
	if table == nil {
		return
	}
	before := dumpNested(g.world, nil)
	want := &nestedWrite{world: g.world, viewer: g.viewer, known: map[*orm.Table]map[int64]bool{}, written: map[*row]bool{}, detached: map[*row]bool{}, cascade: map[string]int{}}
	want.run(table, key, input)
	variables := map[string]any{"i": plainInput(input)}
	field := verb + table.Type
	cascade := ""
	if verb == "update" && len(table.CascadeOfUpdate()) > 0 {
		cascade = "cascade { type action count } "
	}
	query := fmt.Sprintf("mutation($i: %s%sInput!) { m: %s(input: $i) { %suserErrors { code field } } }", strings.ToUpper(verb[:1])+verb[1:], table.Type, field, cascade)
	text, _ := json.Marshal(variables)
	handler := []http.Handler{f.Planned, f.Resolved}[g.IntN(2)]
	_, body := ask(t, handler, g.viewer, request{Query: query, Variables: variables})
	a := answer{Body: body}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	var faults []string
	list, _ := a.at("m", "userErrors").([]any)
	for _, v := range list {
		fault := v.(map[string]any)
		path := ""
		for _, p := range fault["field"].([]any) {
			path += "." + p.(string)
		}
		faults = append(faults, fault["code"].(string)+" "+path[1:])
	}
	slices.Sort(faults)
	slices.Sort(want.faults)
	after := readWorld(t, f.DB)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, viewer %+v: %s\n%s\n%s\n%s", database, g.viewer, fmt.Sprintf(format, args...), query, text, body)
	}
	switch {
	case want.forbidden != "":
		if a.code() != want.forbidden {
			fail("want %s", want.forbidden)
		}
		tally[want.forbidden]++
	case len(want.faults) > 0:
		if !slices.Equal(faults, want.faults) {
			fail("faults %q\nwant %q", faults, want.faults)
		}
		tally["faults"]++
	case a.code() != "" || len(faults) > 0:
		fail("it failed")
	default:
		got := cascadeOf(a)
		if cascade != "" && !maps.Equal(got, want.cascade) {
			fail("cascade %v, want %v", got, want.cascade)
		}
		renamed := want.match(t, after)
		if got, want := dumpNested(after, nil), dumpNested(want.world, renamed); got != want {
			fail("%s\n got\n%s\nwant\n%s", firstDifference(got, want), got, want)
		}
		tally["written"]++
		return
	}
	if got := dumpNested(after, nil); got != before {
		fail("it has left something: %s", firstDifference(got, before))
	}
}

// plainInput is an input as JSON.
func plainInput(v any) any {
	switch v := v.(type) {
	case orm.Input:
		object := map[string]any{}
		for _, f := range v {
			object[f.Name] = plainInput(f.Value)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainInput(v[i])
		}
		return list
	}
	return v
}

// dumpNested are all rows and links, but times and what no input gives; renamed are keys that stand for others.
func dumpNested(w *world, renamed map[*orm.Table]map[int64]int64) string {
	name := func(t *orm.Table, key any) any {
		k, _ := key.(int64)
		if to, ok := renamed[t][k]; ok {
			return to
		}
		return key
	}
	var lines []string
	for _, table := range db.Model.Tables() {
		for _, r := range w.rows[table] {
			line := fmt.Sprint(table.Name, " ", name(table, r.key()), " version ", r.values["version"])
			for _, c := range table.Columns {
				switch {
				case c.Kept() || !c.Writable(true):
				case c.References != nil:
					line += fmt.Sprint(" ", c.Name, "=", name(c.References, r.values[c.Name]))
				default:
					line += fmt.Sprint(" ", c.Name, "=", r.values[c.Name])
				}
			}
			lines = append(lines, line)
		}
		for _, r := range table.Relations {
			if r.Link == nil || r.Link.Rows != nil {
				continue
			}
			for from, linked := range w.links[r.Coordinate()] {
				for _, to := range linked {
					lines = append(lines, fmt.Sprint(r.Coordinate(), " ", name(table, from), " ", name(r.To, to)))
				}
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A nestedGenerator makes nested inputs after the page.
type nestedGenerator struct {
	*filler
	world  *world
	viewer orm.Viewer
}

func (g *nestedGenerator) mutation() (verb string, table *orm.Table, key int64, input orm.Input) {
	tables := db.Model.Tables()
	table = tables[g.IntN(len(tables))]
	rows := g.world.rows[table]
	if !table.Signup() && table.Has(orm.Creating) && !checked(table) && g.IntN(3) == 0 {
		input, ok := g.row(table, nil, 2)
		if !ok {
			return "", nil, 0, nil
		}
		return "create", table, 0, input
	}
	if len(rows) == 0 || !table.Has(orm.Updating) || checked(table) {
		return "", nil, 0, nil
	}
	r := rows[g.IntN(len(rows))]
	if g.viewer.Key != 0 && table.Signup() && g.IntN(4) > 0 {
		r = g.world.find(table, g.viewer.Key)
	}
	input = g.changes(table, r, nil, 3)
	return "update", table, r.key(), append(orm.Input{{Name: "id", Value: orm.GlobalID(table, r.key())}}, input...)
}

// checked tells whether a table has checks, whose answers nobody but them can tell, or rights by path, by role or of columns, for
// which there are cases (TestForkRightsNested).
func checked(table *orm.Table) bool {
	return reflect.ValueOf(table).Elem().FieldByName("checks").Len() > 0 || table.Writes() != nil && table.Writes().Plain() == nil ||
		slices.ContainsFunc(table.Columns, func(c *orm.Column) bool { return c.Writes() != nil })
}

// row is the input of a new row.
func (g *nestedGenerator) row(table *orm.Table, under *orm.Relation, depth int) (input orm.Input, ok bool) {
	for _, c := range table.Columns {
		if !c.Writable(true) || under != nil && c == under.Theirs {
			continue
		}
		v, cell, ok := g.value(c)
		if !ok {
			return nil, false
		}
		if c == table.Owner() && g.IntN(8) > 0 && !g.viewer.Admin {
			v = orm.GlobalID(c.References, g.viewer.Key)
		} else if c == table.Owner() && cell == nil {
			return nil, false
		}
		input = append(input, orm.InputField{Name: c.Field, Value: v})
	}
	if depth == 0 {
		return input, true
	}
	for _, r := range table.Relations {
		if under != nil && r == under.Back || r.Own != nil || r.Link != nil && !r.Links() || checked(r.To) || g.IntN(2) == 0 {
			continue
		}
		var made []any
		if r.Theirs != nil && r.Nested(true) || r.Link != nil && !r.Nested(true) && r.Makes() {
			for range 1 + g.IntN(2) {
				if in, ok := g.row(r.To, r, depth-1); ok {
					made = append(made, in)
				}
			}
		}
		keys := r.Link != nil || r.Parts().Connect
		switch {
		case !r.Many && len(made) > 0 && g.IntN(2) == 0:
			input = append(input, orm.InputField{Name: r.Field, Value: made[0]})
		case !r.Many && keys:
			input = append(input, orm.InputField{Name: r.KeysField(), Value: g.id(r.To, nil)})
		case r.Many:
			if r.Link != nil && r.Nested(true) {
				made = g.names(r.To)
			}
			if len(made) > 0 {
				input = append(input, orm.InputField{Name: r.Field, Value: made})
			}
			if keys && g.IntN(2) == 0 {
				input = append(input, orm.InputField{Name: r.KeysField(), Value: g.ids(r.To, nil)})
			}
		}
	}
	return input, true
}

// changes is the input of a row that is there.
func (g *nestedGenerator) changes(table *orm.Table, of *row, under *orm.Relation, depth int) (input orm.Input) {
	for _, c := range table.Columns {
		if !c.Writable(false) || under != nil && c == under.Theirs || g.IntN(3) > 0 || c == table.Owner() && g.IntN(6) > 0 {
			continue
		}
		if v, cell, ok := g.value(c); ok {
			if c == table.Owner() && cell == nil {
				continue
			}
			if c.Unique && c.References == nil && g.IntN(4) == 0 { // what somebody has
				rows := g.world.rows[table]
				if taken, ok := rows[g.IntN(len(rows))].values[c.Name].(string); ok && c.Kind == orm.Text {
					v = taken
				}
			}
			input = append(input, orm.InputField{Name: c.Field, Value: v})
		}
	}
	for _, r := range table.Relations {
		if depth == 0 || r.Own != nil || r.Link != nil && !r.Links() || under != nil && r == under.Back || checked(r.To) || g.IntN(2) == 0 {
			continue
		}
		if !r.Many && r.Nested(false) && g.IntN(2) == 0 {
			if v, ok := g.either(r); ok {
				input = append(input, orm.InputField{Name: r.Field, Value: v})
			}
			continue
		}
		if in := g.parts(r, of, depth); len(in) > 0 {
			input = append(input, orm.InputField{Name: r.ChangesField(), Value: in})
		}
	}
	if g.IntN(8) == 0 {
		input = append(input, orm.InputField{Name: "ifVersion", Value: of.values["version"].(int64) + int64(g.IntN(5)/4)})
	}
	return input
}

// either is what the row at the other end of a relation to one is to be, or nil for none.
func (g *nestedGenerator) either(r *orm.Relation) (v any, ok bool) {
	if g.IntN(3) == 0 {
		return nil, true
	}
	var input orm.Input
	for _, c := range r.To.Columns {
		if !c.Writable(false) || c == r.Theirs || c.Nullable && g.IntN(2) == 0 {
			continue
		}
		v, cell, ok := g.value(c)
		if !ok || c == r.To.Owner() && cell == nil {
			return nil, false
		}
		if c == r.To.Owner() && !g.viewer.Admin {
			v = orm.GlobalID(c.References, g.viewer.Key)
		}
		input = append(input, orm.InputField{Name: c.Field, Value: v})
	}
	return input, true
}

func (g *nestedGenerator) parts(r *orm.Relation, of *row, depth int) (in orm.Input) {
	add := func(name string, v any) { in = append(in, orm.InputField{Name: name, Value: v}) }
	there := g.world.related(r, of)
	if r.Link != nil {
		if g.IntN(3) == 0 {
			if r.Nested(false) && g.IntN(2) == 0 {
				add("set", g.names(r.To))
			} else {
				add(map[bool]string{true: "setIds", false: "set"}[r.Nested(false)], g.ids(r.To, there))
			}
			return in
		}
		if r.Nested(false) && g.IntN(2) == 0 {
			add("add", g.names(r.To))
			add("remove", g.names(r.To))
		}
		gone := g.ids(r.To, there)
		add("disconnect", gone)
		add("connect", slices.DeleteFunc(g.ids(r.To, nil), func(v any) bool { return slices.Contains(gone, v) }))
		if in, ok := g.row(r.To, r, 0); ok && r.Makes() && g.IntN(3) == 0 {
			add("create", []any{in})
		}
		return in
	}
	parts := r.Parts()
	if !r.Many {
		var change *row
		if len(there) > 0 {
			change = there[0]
		}
		switch g.IntN(4) {
		case 0:
			if parts.Update && change != nil {
				add("update", g.changes(r.To, change, r, depth-1))
			}
			return in
		case 1:
			if parts.Delete {
				add("delete", true)
			}
		case 2:
			if parts.Disconnect {
				add("disconnect", true)
			}
		}
		if made, ok := g.row(r.To, r, 1); ok && parts.Create && g.IntN(2) == 0 {
			add("create", made)
		} else if parts.Connect && g.IntN(2) == 0 {
			add("connect", g.id(r.To, nil))
		}
		return in
	}
	named := map[any]bool{}
	some := func(rows []*row) (ids []any) {
		for _, id := range g.ids(r.To, rows) {
			if !named[id] || g.IntN(20) == 0 {
				ids = append(ids, id)
			}
			named[id] = true
		}
		return ids
	}
	if parts.Delete && g.IntN(2) == 0 {
		add("delete", some(there))
	}
	if parts.Disconnect && g.IntN(2) == 0 {
		add("disconnect", some(there))
	}
	if parts.Update && g.IntN(3) > 0 {
		var list []any
		for _, id := range some(there) {
			_, key, _ := db.Model.ParseGlobalID(id.(string))
			if changed := g.world.find(r.To, key); changed != nil {
				list = append(list, append(orm.Input{{Name: "id", Value: id}}, g.changes(r.To, changed, r, depth-1)...))
			} else {
				list = append(list, orm.Input{{Name: "id", Value: id}})
			}
		}
		add("update", list)
	}
	if parts.Connect && g.IntN(2) == 0 {
		add("connect", some(nil))
	}
	if made, ok := g.row(r.To, r, 1); ok && parts.Create && g.IntN(2) == 0 {
		add("create", []any{made})
	}
	return in
}

// id is that of one of rows, or of any, or now and then of none.
func (g *nestedGenerator) id(table *orm.Table, rows []*row) any {
	if all := g.world.rows[table]; len(rows) == 0 || g.IntN(12) == 0 {
		rows = all
	}
	if len(rows) == 0 || g.IntN(25) == 0 {
		return orm.GlobalID(table, 9999)
	}
	r := rows[g.IntN(len(rows))]
	if owner := table.Owner(); owner != nil && !g.viewer.Admin && g.IntN(6) > 0 {
		for _, own := range rows {
			if own.values[owner.Name] == g.viewer.Key && g.IntN(2) == 0 {
				r = own
			}
		}
	}
	return orm.GlobalID(table, r.key())
}

func (g *nestedGenerator) ids(table *orm.Table, rows []*row) (ids []any) {
	for range g.IntN(4) {
		if id := g.id(table, rows); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (g *nestedGenerator) names(table *orm.Table) (names []any) {
	for range g.IntN(4) {
		name := "t" + strconv.Itoa(g.IntN(6))
		if rows := g.world.rows[table]; len(rows) > 0 && g.IntN(2) == 0 {
			name, _ = rows[g.IntN(len(rows))].values[table.ByName().Name].(string)
		}
		if !slices.Contains(names, any(name)) {
			names = append(names, name)
		}
	}
	return names
}

// A nestedWrite works out what a nested write does to a world.
type nestedWrite struct {
	*world
	viewer    orm.Viewer
	known     map[*orm.Table]map[int64]bool // rows that the input names
	forbidden string
	static    []string // faults that need no look at the rows
	faults    []string
	made      []*row // with keys below 0
	cascade   map[string]int
	written   map[*row]bool
	detached  map[*row]bool
	given     []gift // what is given to rows, for what is unique together
	moved     []gift // in a tree
	// what is to be done, in this order: what goes, what is checked then, changes, moves, new rows, links that go and that come
	leave, check, change, move, create, unlink, link []func()
	claims                                           []claim
}

// A gift is what is given to a row, nil if it is a new one, and by which parent.
type gift struct {
	table  *orm.Table
	of     *row
	cells  map[string]any
	theirs string
	parent *row
	path   string
}

// A claim is a value of a unique column that the input gives to a row.
type claim struct {
	table  *orm.Table
	column string
	value  any
	of     *row // nil: a new one
	path   string
	at     int
}

func (n *nestedWrite) fault(code, path string) { n.faults = append(n.faults, code+" "+path) }

func (n *nestedWrite) forbid(code string) {
	if n.forbidden == "" {
		n.forbidden = code
	}
}

func (n *nestedWrite) owns(r *row) bool {
	return n.world.may(r.table.Writes(), n.viewer, r)
}

func (n *nestedWrite) run(table *orm.Table, key int64, input orm.Input) {
	if key != 0 && table.Owner() == nil && !n.viewer.Admin {
		n.forbid("FORBIDDEN")
		return
	}
	n.scan(table, input, "input", key == 0, nil)
	switch {
	case n.forbidden != "":
		return
	case len(n.static) > 0:
		n.faults = n.static
		return
	}
	if key == 0 {
		n.row(table, nil, nil, input, "input")
	} else {
		root := n.find(table, key)
		if !n.sees(root) {
			n.fault("NOT_FOUND", "input.id")
			n.values(root, table, nil, input, "input")
			n.settle()
			return
		}
		if !n.owns(root) {
			n.forbid("FORBIDDEN")
			return
		}
		if version, ok := input.Get("ifVersion"); ok && version != root.values["version"] {
			n.fault("CONFLICT", "input.ifVersion")
			return
		}
		n.written[root] = true
		n.update(root, nil, input, "input")
	}
	n.settle()
}

// settle does what the input asks for, in its order, and finds what stands against it on the way.
func (n *nestedWrite) settle() {
	for _, phase := range [][]func(){n.leave, n.check} {
		for _, do := range phase {
			do()
		}
	}
	slices.SortStableFunc(n.claims, comparePaths)
	for i, c := range n.claims {
		taken := slices.ContainsFunc(n.claims[:i], func(b claim) bool { return b.table == c.table && b.column == c.column && b.value == c.value })
		for _, other := range n.rows[c.table] {
			taken = taken || other != c.of && other.values[c.column] == c.value
		}
		if taken {
			n.fault("TAKEN", c.path)
		}
	}
	n.together()
	if len(n.faults) > 0 || n.forbidden != "" {
		return
	}
	for _, phase := range [][]func(){n.change, n.move, n.create, n.unlink, n.link} {
		for _, do := range phase {
			do()
		}
	}
	for r := range n.detached {
		if n.find(r.table, r.key()) != nil {
			n.cascade[r.table.Type+" DETACHED"]++
		}
	}
	for _, m := range n.moved {
		for above, i := m.of, 0; above != nil && i < 1000; i++ {
			key, _ := above.values[m.theirs].(int64)
			if above = n.find(m.table, key); above == m.of {
				n.fault("INVALID", m.path)
				break
			}
		}
	}
}

// together finds what is taken of columns that are unique together.
func (n *nestedWrite) together() {
	for _, table := range db.Model.Tables() {
		for _, columns := range table.Uniques() {
			seen := map[string]bool{}
			for _, g := range n.given {
				var tuple []any
				path, gives := "", false
				for _, c := range columns {
					v, ok := g.cells[c.Name]
					switch {
					case ok:
						if gives = true; path == "" {
							path = g.path + "." + c.Field
						}
					case g.parent != nil && c.Name == g.theirs:
						v, gives = g.parent.values["id"], true
					case g.of != nil:
						v = g.of.values[c.Name]
					}
					tuple = append(tuple, v)
				}
				if g.table != table || !gives || slices.Contains(tuple, nil) {
					continue
				}
				if path == "" {
					path = g.path
				}
				taken := seen[fmt.Sprint(tuple...)]
				seen[fmt.Sprint(tuple...)] = true
				for _, r := range n.rows[table] {
					same := r != g.of
					for i, c := range columns {
						same = same && reflect.DeepEqual(r.values[c.Name], tuple[i])
					}
					taken = taken || same
				}
				if taken {
					n.fault("TAKEN", path)
				}
			}
		}
	}
}

// tree is the relation of a table that makes a tree of it; nil if there is none.
func tree(table *orm.Table) *orm.Relation {
	for _, r := range table.Relations {
		if r.Theirs != nil && r.From == r.To && r.OnDelete == orm.Cascade {
			return r
		}
	}
	return nil
}

func comparePaths(a, b claim) int { return a.at - b.at }

// scan finds what is refused before any row is looked at.
func (n *nestedWrite) scan(table *orm.Table, input orm.Input, path string, isNew bool, under *orm.Relation) {
	name := func(t *orm.Table, id any, path string) {
		_, key, _ := db.Model.ParseGlobalID(id.(string))
		if n.known[t] == nil {
			n.known[t] = map[int64]bool{}
		}
		if n.known[t][key] {
			n.static = append(n.static, "INVALID "+path)
		}
		n.known[t][key] = true
	}
	if owner := table.Owner(); owner != nil && owner != table.KeyColumn() && (under == nil || under.Theirs != owner) && !n.viewer.Admin {
		if v, ok := input.Get(owner.Field); ok && v != orm.GlobalID(owner.References, n.viewer.Key) {
			n.forbid("FORBIDDEN")
		}
	}
	for _, f := range input {
		here := path + "." + f.Name
		for _, r := range table.Relations {
			if f.Name != r.Field && f.Name != r.KeysField() && f.Name != r.ChangesField() || r.Own != nil {
				continue
			}
			switch v := f.Value.(type) {
			case string:
				if r.Theirs != nil {
					name(r.To, v, here)
				}
			case []any:
				for i, item := range v {
					switch item := item.(type) {
					case string:
						if r.Theirs != nil {
							name(r.To, item, here+"."+strconv.Itoa(i))
						}
					case orm.Input:
						n.scan(r.To, item, here+"."+strconv.Itoa(i), true, r)
					}
				}
			case orm.Input:
				if isNew || f.Name != r.ChangesField() {
					n.scan(r.To, v, here, isNew, r)
					continue
				}
				_, set := v.Get("set")
				_, setIDs := v.Get("setIds")
				if back := r.To.Owner() != nil && (!slices.Contains(forwards(), r.Coordinate()) || table.Owner() == nil); r.Link != nil && (set || setIDs) && back && !n.viewer.Admin {
					n.forbid("FORBIDDEN")
				}
				for _, part := range v {
					list, isList := part.Value.([]any)
					if !isList {
						list = []any{part.Value}
					}
					for i, item := range list {
						place := here + "." + part.Name
						if isList {
							place += "." + strconv.Itoa(i)
						}
						switch item := item.(type) {
						case string:
							if r.Theirs != nil {
								name(r.To, item, place)
							}
						case orm.Input:
							if id, ok := item.Get("id"); ok {
								name(r.To, id, place+".id")
							}
							n.scan(r.To, item, place, part.Name == "create", r)
						}
					}
				}
			}
		}
	}
}

// forwards are the many-to-many relations from the side where they were declared.
var forwards = sync.OnceValue(func() (names []string) {
	seen := map[string]bool{}
	for _, table := range db.Model.Tables() {
		for _, r := range table.Relations {
			if r.Link != nil && !seen[r.Link.Table] {
				seen[r.Link.Table] = true
				names = append(names, r.Coordinate())
			}
		}
	}
	return names
})

// values notes what an input gives to the columns of a row, nil if it is a new one, and answers them as cells.
func (n *nestedWrite) values(of *row, table *orm.Table, under *orm.Relation, input orm.Input, path string) map[string]any {
	cells := map[string]any{}
	for _, f := range input {
		for _, c := range table.Columns {
			if c.Field != f.Name || c.Kept() || under != nil && c == under.Theirs {
				continue
			}
			here := path + "." + f.Name
			draft, _ := orm.NewDraft(table, orm.Input{f}, nil, of == nil)
			cell, _ := draft.Value(c.Name)
			cells[c.Name] = cell
			if cell == nil {
				continue
			}
			at := len(n.check)
			n.check = append(n.check, func() {
				if c.References != nil && !n.sees(n.find(c.References, cell.(int64))) {
					n.fault("NOT_FOUND", here)
				} else if c.Unique {
					n.claims = append(n.claims, claim{table, c.Name, cell, of, here, at})
				}
			})
		}
	}
	return cells
}

func (n *nestedWrite) set(r *row, cells map[string]any) {
	changed := false
	for name, v := range cells {
		changed = changed || !reflect.DeepEqual(r.values[name], v)
		r.values[name] = v
	}
	if changed {
		r.values["version"] = r.values["version"].(int64) + 1
	}
}

// row makes a new row that hangs on parent, and what its input says of others.
func (n *nestedWrite) row(table *orm.Table, under *orm.Relation, parent *row, input orm.Input, path string) *row {
	r := &row{table: table, values: map[string]any{"id": int64(-1 - len(n.made)), "version": int64(1)}}
	n.made = append(n.made, r)
	cells := n.values(nil, table, under, input, path)
	g := gift{table: table, cells: cells, path: path}
	if under != nil && under.Theirs != nil {
		g.theirs, g.parent = under.Theirs.Name, parent
	}
	n.given = append(n.given, g)
	n.create = append(n.create, func() {
		maps.Copy(r.values, cells)
		if under != nil && under.Theirs != nil {
			r.values[under.Theirs.Name] = parent.key()
		}
		n.rows[table] = append(n.rows[table], r)
	})
	for _, relation := range table.Relations {
		if under != nil && relation == under.Back || relation.Own != nil {
			continue
		}
		if ids, ok := input.Get(relation.KeysField()); ok {
			list, isList := ids.([]any)
			for i, id := range list {
				n.connect(relation, r, id, path+"."+relation.KeysField()+"."+strconv.Itoa(i))
			}
			if !isList {
				n.connect(relation, r, ids, path+"."+relation.KeysField())
			}
		}
		v, ok := input.Get(relation.Field)
		list, isList := v.([]any)
		if in, isOne := v.(orm.Input); ok && isOne {
			n.row(relation.To, relation, r, in, path+"."+relation.Field)
		}
		for i, item := range list {
			in, isObject := item.(orm.Input)
			switch here := path + "." + relation.Field + "." + strconv.Itoa(i); {
			case isObject:
				made := n.row(relation.To, relation, r, in, here)
				if relation.Link != nil {
					n.link = append(n.link, func() { n.tie(relation, r, made) })
				}
			case ok && isList:
				n.link = append(n.link, func() { n.tie(relation, r, n.byName(relation.To, item)) })
			}
		}
	}
	return r
}

// byName is the row of a name, made if it is missing.
func (n *nestedWrite) byName(table *orm.Table, name any) *row {
	for _, r := range n.rows[table] {
		if r.values[table.ByName().Name] == name {
			return r
		}
	}
	r := &row{table: table, values: map[string]any{"id": int64(-1 - len(n.made)), "version": int64(1), table.ByName().Name: name}}
	n.made = append(n.made, r)
	n.rows[table] = append(n.rows[table], r)
	return r
}

func (n *nestedWrite) tie(r *orm.Relation, from, to *row) {
	if linked := n.links[r.Coordinate()]; !slices.Contains(linked[from.key()], to.key()) {
		linked[from.key()] = append(linked[from.key()], to.key())
		back := n.links[r.Back.Coordinate()]
		back[to.key()] = append(back[to.key()], from.key())
	}
}

func (n *nestedWrite) untie(r *orm.Relation, from, to int64) {
	drop := func(links map[int64][]int64, key, other int64) {
		links[key] = slices.DeleteFunc(links[key], func(k int64) bool { return k == other })
	}
	drop(n.links[r.Coordinate()], from, to)
	drop(n.links[r.Back.Coordinate()], to, from)
}

// connect makes a row that is there hang on another, or links it.
func (n *nestedWrite) connect(r *orm.Relation, parent *row, id any, path string) {
	_, key, _ := db.Model.ParseGlobalID(id.(string))
	if r.Link != nil {
		n.check = append(n.check, func() {
			to := n.find(r.To, key)
			switch {
			case !n.sees(to):
				n.fault("NOT_FOUND", path)
			case n.ofTheirs(r) && !n.owns(to):
				n.forbid("FORBIDDEN")
			}
		})
		n.link = append(n.link, func() { n.tie(r, parent, n.find(r.To, key)) })
		return
	}
	to := n.find(r.To, key)
	if !n.may(to, path, nil, "") {
		return
	}
	n.stays(to, path)
	n.given = append(n.given, gift{table: r.To, of: to, theirs: r.Theirs.Name, parent: parent, path: path})
	if r == tree(r.To) {
		n.moved = append(n.moved, gift{table: r.To, of: to, theirs: r.Theirs.Name, path: path})
	}
	n.move = append(n.move, func() {
		if parent.key() > 0 {
			n.set(to, map[string]any{r.Theirs.Name: parent.key()})
		}
	})
	n.create = append(n.create, func() {
		if parent.key() < 0 {
			n.set(to, map[string]any{r.Theirs.Name: parent.key()})
		}
	})
}

func (n *nestedWrite) ofTheirs(r *orm.Relation) bool {
	return r.To.Owner() != nil && (!slices.Contains(forwards(), r.Coordinate()) || r.From.Owner() == nil)
}

func (n *nestedWrite) sees(r *row) bool { return n.seen(n.viewer, r) }

// may tells whether a row that the input names may be written.
func (n *nestedWrite) may(r *row, path string, version any, versionPath string) bool {
	switch {
	case !n.sees(r):
		n.fault("NOT_FOUND", path)
	case !n.owns(r):
		n.forbid("FORBIDDEN")
	case version != nil && version != r.values["version"]:
		n.fault("CONFLICT", versionPath)
	case n.written[r]:
		n.fault("INVALID", path)
	default:
		n.written[r] = true
		return true
	}
	return false
}

// stays checks that a row does not go with another that is deleted.
func (n *nestedWrite) stays(r *row, path string) {
	n.check = append(n.check, func() {
		if n.find(r.table, r.key()) == nil {
			n.fault("NOT_FOUND", path)
		}
	})
}

// update changes a row that is there.
func (n *nestedWrite) update(of *row, under *orm.Relation, input orm.Input, path string) {
	cells := n.values(of, of.table, under, input, path)
	n.given = append(n.given, gift{table: of.table, of: of, cells: cells, path: path})
	if r := tree(of.table); r != nil && cells[r.Theirs.Name] != nil {
		n.moved = append(n.moved, gift{table: of.table, of: of, theirs: r.Theirs.Name, path: path + "." + r.Theirs.Field})
	}
	n.change = append(n.change, func() { n.set(of, cells) })
	for _, r := range of.table.Relations {
		if under != nil && r == under.Back || r.Own != nil {
			continue
		}
		if v, ok := input.Get(r.Field); ok && !r.Many {
			n.either(of, r, v, path+"."+r.Field)
		}
		v, _ := input.Get(r.ChangesField())
		in, ok := v.(orm.Input)
		if !ok {
			continue
		}
		here := path + "." + r.ChangesField()
		if r.Link != nil {
			n.relink(of, r, in, here)
		} else {
			n.parts(of, r, in, here)
		}
	}
}

// either changes the row at the other end of a relation to one, makes it, or lets it go.
func (n *nestedWrite) either(of *row, r *orm.Relation, v any, path string) {
	in, isObject := v.(orm.Input)
	there := n.related(r, of)
	switch {
	case len(there) == 0 && isObject:
		n.row(r.To, r, of, in, path)
	case len(there) == 0:
	case !n.owns(there[0]):
		n.forbid("FORBIDDEN")
	case n.written[there[0]]:
		n.fault("INVALID", path)
	case isObject:
		n.written[there[0]] = true
		n.stays(there[0], path)
		n.update(there[0], r, in, path)
	case r.OnDelete == orm.Detach:
		n.written[there[0]] = true
		n.leave = append(n.leave, func() { n.set(there[0], map[string]any{r.Theirs.Name: nil}) })
	default:
		n.written[there[0]] = true
		n.leave = append(n.leave, func() { n.remove(there[0]) })
	}
}

func (n *nestedWrite) relink(of *row, r *orm.Relation, in orm.Input, path string) {
	named := r.Nested(false)
	_, set := in.Get("set")
	_, setIDs := in.Get("setIds")
	if set || setIDs {
		n.unlink = append(n.unlink, func() {
			for _, to := range slices.Clone(n.links[r.Coordinate()][of.key()]) {
				n.untie(r, of.key(), to)
			}
		})
	}
	for _, f := range in {
		list, _ := f.Value.([]any)
		for i, item := range list {
			here := path + "." + f.Name + "." + strconv.Itoa(i)
			switch {
			case f.Name == "create":
				made := n.row(r.To, r, of, item.(orm.Input), here)
				n.link = append(n.link, func() { n.tie(r, of, made) })
			case f.Name == "set" && named || f.Name == "add":
				n.link = append(n.link, func() { n.tie(r, of, n.byName(r.To, item)) })
			case f.Name == "remove":
				n.unlink = append(n.unlink, func() {
					for _, to := range n.rows[r.To] {
						if to.values[r.To.ByName().Name] == item {
							n.untie(r, of.key(), to.key())
						}
					}
				})
			case f.Name == "disconnect":
				_, key, _ := db.Model.ParseGlobalID(item.(string))
				if n.ofTheirs(r) {
					n.check = append(n.check, func() {
						if to := n.find(r.To, key); to == nil || !n.sees(to) {
							n.fault("NOT_FOUND", here)
						} else if !n.owns(to) {
							n.forbid("FORBIDDEN")
						}
					})
				}
				n.unlink = append(n.unlink, func() { n.untie(r, of.key(), key) })
			default:
				n.connect(r, of, item, here)
			}
		}
	}
}

func (n *nestedWrite) parts(of *row, r *orm.Relation, in orm.Input, path string) {
	var there *row
	if related := n.related(r, of); !r.Many && len(related) > 0 {
		there = related[0]
	}
	_, remove := in.Get("delete")
	_, disconnect := in.Get("disconnect")
	for _, f := range in {
		list, isList := f.Value.([]any)
		if !isList {
			list = []any{f.Value}
		}
		for i, item := range list {
			here := path + "." + f.Name
			if isList {
				here += "." + strconv.Itoa(i)
			}
			row, place, version := there, here, any(nil)
			object, _ := item.(orm.Input)
			if id, ok := item.(string); ok {
				_, key, _ := db.Model.ParseGlobalID(id)
				row = n.find(r.To, key)
			} else if id, ok := object.Get("id"); ok {
				_, key, _ := db.Model.ParseGlobalID(id.(string))
				row, place = n.find(r.To, key), here+".id"
			}
			if v, ok := object.Get("ifVersion"); ok && f.Name == "update" {
				version = v
			}
			if (f.Name == "delete" || f.Name == "disconnect") && !r.Many && row == nil {
				continue
			}
			if f.Name != "connect" && f.Name != "create" && row != nil && row.values[r.Theirs.Name] != of.key() {
				row = nil
			}
			if (f.Name == "connect" || f.Name == "create") && there != nil && !remove && !disconnect && (f.Name == "create" || row != there) {
				n.fault("TAKEN", here)
			}
			switch f.Name {
			case "delete":
				if n.may(row, place, nil, "") {
					n.leave = append(n.leave, func() { n.remove(row) })
				}
			case "disconnect":
				if n.may(row, place, nil, "") {
					n.leave = append(n.leave, func() { n.set(row, map[string]any{r.Theirs.Name: nil}) })
				}
			case "update":
				if n.may(row, place, version, here+".ifVersion") {
					n.stays(row, place)
					n.update(row, r, object, here)
				}
			case "connect":
				n.connect(r, of, item, here)
			case "create":
				n.row(r.To, r, of, object, here)
			}
		}
	}
}

// remove deletes a row and what goes with it.
func (n *nestedWrite) remove(victim *row) {
	n.cascade[victim.table.Type+" DELETED"]++
	for _, r := range victim.table.Relations {
		switch {
		case r.Link != nil && !r.Links():
		case r.Link != nil:
			for _, to := range slices.Clone(n.links[r.Coordinate()][victim.key()]) {
				n.untie(r, victim.key(), to)
				forward := r
				if !slices.Contains(forwards(), r.Coordinate()) {
					forward = r.Back
				}
				n.cascade[forward.Coordinate()+" UNLINKED"]++
			}
		case r.Theirs != nil && r.OnDelete == orm.Cascade:
			for _, below := range n.related(r, victim) {
				n.remove(below)
			}
		case r.Theirs != nil && r.OnDelete == orm.Detach:
			for _, below := range n.related(r, victim) {
				n.set(below, map[string]any{r.Theirs.Name: nil})
				n.detached[below] = true
			}
		}
	}
	n.rows[victim.table] = slices.DeleteFunc(n.rows[victim.table], func(r *row) bool { return r == victim })
}

// match finds the keys that the database gave to new rows, by what is in them.
func (n *nestedWrite) match(t *testing.T, after *world) map[*orm.Table]map[int64]int64 {
	t.Helper()
	renamed := map[*orm.Table]map[int64]int64{}
	for _, table := range parentsFirst() {
		renamed[table] = map[int64]int64{}
		taken := map[int64]bool{}
		for _, made := range n.rows[table] {
			if made.key() > 0 {
				taken[made.key()] = true
			}
		}
		for _, made := range n.made {
			if made.table != table {
				continue
			}
			for _, r := range after.rows[table] {
				same := !taken[r.key()]
				for _, c := range table.Columns {
					v, given := made.values[c.Name]
					if key, ok := v.(int64); ok && key < 0 && c.References != nil {
						v = renamed[c.References][key]
					}
					same = same && (!given || c.Kept() || reflect.DeepEqual(v, r.values[c.Name]))
				}
				if same {
					renamed[table][made.key()], taken[r.key()] = r.key(), true
					break
				}
			}
		}
	}
	return renamed
}
