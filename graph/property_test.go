package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
)

var (
	queries  = flag.Int("queries", 100, "how many random queries TestRandomQueries asks on each database, both ways, and as a measure what other random tests do")
	firstOne = flag.Uint64("seed", 1, "the seed of TestRandomQueries' first graph")
)

// ask is send, as a viewer.
func ask(t testing.TB, h http.Handler, viewer orm.Viewer, r request) (int, []byte) {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	q = q.WithContext(orm.WithViewer(t.Context(), viewer))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/graphql-response+json")
	for name, values := range r.Header {
		q.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	answer, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, answer
}

// Any query, answered by plans or by resolvers, on either database, gives the bytes that one row at a time gives, and
// takes at most one statement for each relation path in it, one for each path of a totalCount, an aggregate or groups, and one for each
// list of unique values that filters name rows by.
func TestRandomQueries(t *testing.T) {
	schema := loadSchema(t)
	const perGraph = 50
	for i := range uint64(max(1, *queries/perGraph)) {
		seed := *firstOne + i
		t.Run(fmt.Sprintf("graph=%d", seed), func(t *testing.T) {
			t.Parallel()
			fixtures := map[string]*fixture{}
			var w *world
			for _, database := range databases {
				f := open(t, database)
				fixtures[database] = f
				filled := fillAtRandom(t, f, seed)
				asOnCluster(t, f)
				if w != nil && fmt.Sprint(dumpWorld(w)) != fmt.Sprint(dumpWorld(filled)) {
					t.Fatal("the databases were not filled alike")
				}
				w = filled
			}
			for j := range uint64(perGraph) {
				g := &generator{schema: schema, world: w, r: rand.New(rand.NewPCG(seed, j))}
				testQuery(t, g, fixtures)
				if t.Failed() {
					return // one is enough to read
				}
			}
		})
	}
}

func testQuery(t *testing.T, g *generator, fixtures map[string]*fixture) {
	t.Helper()
	r, selections := g.query()
	viewer := g.viewer
	n := &naive{world: g.world.as(g.viewer), viewer: viewer, fragments: g.fragments, paths: map[string]bool{}}
	n.query(selections)
	want := `{"data":` + n.out.String() + `}`
	for _, database := range databases {
		f := fixtures[database]
		for way, handler := range f.ways() {
			f.Statements()
			status, got := ask(t, handler, viewer, r)
			ran := f.Statements()
			if database == "postgres" {
				keepRules(t, ran)
			}
			variables, _ := json.Marshal(r.Variables)
			if string(got) != want || status != http.StatusOK {
				t.Errorf("%s, %s, viewer %+v: status %d\n%s\nvariables: %s\n got: %s\nwant: %s\n%s", database, way, viewer, status, r.Query, variables, got, want, firstDifference(string(got), want))
			}
			lookUps := map[string]bool{} // of rows that filters name by unique values
			for _, s := range ran {
				if _, by, is := strings.Cut(s.Path, " by "); is {
					if of := fmt.Sprint(by, s.Args); lookUps[of] {
						t.Errorf("%s, %s: %s is looked up twice\n%s\nvariables: %s", database, way, of, r.Query, variables)
					} else {
						lookUps[of] = true
					}
				}
			}
			if len(ran) > len(n.paths)+len(lookUps) {
				var list strings.Builder
				for _, s := range ran {
					fmt.Fprintf(&list, "  %s %v: %s\n", s.Path, s.Args, s.Text)
				}
				for _, path := range slices.Sorted(maps.Keys(n.paths)) {
					fmt.Fprintf(&list, "  %s\n", path)
				}
				t.Errorf("%s, %s: %d statements for %d paths and %d look-ups\n%s\nvariables: %s\n%s", database, way, len(ran), len(n.paths), len(lookUps), r.Query, variables, list.String())
			}
		}
	}
}

func firstDifference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-60)
	return fmt.Sprintf("at %d: …%s\n instead of …%s", i, a[from:min(len(a), i+60)], b[from:min(len(b), i+60)])
}

func dumpWorld(w *world) (lines []string) {
	for _, table := range db.Model.Tables() {
		for _, r := range w.rows[table] {
			lines = append(lines, fmt.Sprint(table.Name, r.values))
		}
		for _, relation := range table.Relations {
			lines = append(lines, fmt.Sprint(relation.Coordinate(), w.links[relation.Coordinate()]))
		}
	}
	return lines
}

// A generator makes valid queries at random, over everything that the schema can be asked.
type generator struct {
	schema *ast.Schema
	world  *world
	r      *rand.Rand

	viewer    orm.Viewer
	fragments map[string]*selection
	names     []string          // of the fragments, in the order of their making
	keys      map[string]string // response key → what it stands for, so that no two fields conflict
	variables map[string]any
	declared  []string // definitions of the variables
}

func (g *generator) chance(n, of int) bool { return g.r.IntN(of) < n }

// query makes one within the limits on cost and fields, and who asks it.
func (g *generator) query() (request, []*selection) {
	switch users := users(g.world); {
	case g.chance(1, 2):
		g.viewer = orm.Viewer{Admin: true}
	case len(users) > 0 && g.chance(2, 3):
		g.viewer = someViewer(g.r, users)
	default:
		g.viewer = orm.Viewer{}
	}
	for {
		g.fragments, g.names, g.keys, g.variables, g.declared = map[string]*selection{}, nil, map[string]string{}, map[string]any{}, nil
		selections := g.selections("Query", 5, 1)
		var b strings.Builder
		b.WriteString("query")
		if len(g.declared) > 0 {
			b.WriteString("(" + strings.Join(g.declared, ", ") + ")")
		}
		b.WriteString(" ")
		write(&b, selections, "")
		for _, name := range g.names {
			f := g.fragments[name]
			b.WriteString("fragment " + name + " on " + f.on + " ")
			write(&b, f.inner, "")
		}
		if cost, depth := g.measure(selections, 1); cost < 50_000 && depth < 15 && strings.Count(b.String(), "\n") < 600 {
			return request{Query: b.String(), Variables: g.variables}, selections
		}
	}
}

// measure is how many rows a selection could answer for each of a number of objects, and how deep it is.
func (g *generator) measure(selections []*selection, rows int) (cost, depth int) {
	for _, s := range selections {
		inner, here := rows, 1
		switch {
		case s.fragment != "":
			s, here = g.fragments[s.fragment], 0
		case s.inline:
			here = 0
		case s.args != nil && s.args.order != nil:
			inner *= max(1, s.args.size)
			cost += inner
			if where, err := orm.ParseWhere(s.args.order[0].Column.Table, s.args.where); err == nil && where != nil {
				cost += 1000 * where.Hops // of which an operation may have a few
			}
		case s.args != nil && s.args.grouping != nil:
			inner *= max(1, s.args.grouping.first)
			cost += inner
		case s.args != nil:
			inner *= max(1, len(s.args.found))
			cost += inner
		case s.inner != nil:
			cost += inner
		}
		c, d := g.measure(s.inner, inner)
		cost += c
		depth = max(depth, here+d)
	}
	return cost, depth
}

func write(b *strings.Builder, selections []*selection, indent string) {
	b.WriteString("{\n")
	for _, s := range selections {
		b.WriteString(indent + "  ")
		switch {
		case s.fragment != "":
			b.WriteString("..." + s.fragment + s.text)
		case s.inline && s.on == "":
			b.WriteString("..." + s.text)
		case s.inline:
			b.WriteString("... on " + s.on + s.text)
		default:
			if s.key != s.name {
				b.WriteString(s.key + ": ")
			}
			b.WriteString(s.name)
			if s.args != nil {
				b.WriteString(s.args.text)
			}
			b.WriteString(s.text)
		}
		if s.inner != nil {
			b.WriteString(" ")
			write(b, s.inner, indent+"  ")
			continue
		}
		b.WriteString("\n")
	}
	b.WriteString(indent + "}\n")
}

// besideThePage tells whether a field does not follow from the page: what it is nobody else can know.
func besideThePage(typeName string, f *ast.FieldDefinition) bool {
	if t := db.Model.TableOf(typeName); t != nil {
		return f.Name != "id" && f.Name != "viewerCan" && t.Field(f.Name) == nil && t.Relation(f.Name) == nil && t.Computed(f.Name) == nil
	}
	t := db.Model.TableOf(f.Type.Name())
	return typeName == "Query" && rootTable(f.Name) == nil && f.Type.Name() != "Node" && f.Name != "viewer" && (t == nil || f.Name != t.Single())
}

// selections makes a selection set on a type; rows is how many objects it may be answered for.
func (g *generator) selections(typeName string, depth, rows int) []*selection {
	definition := g.schema.Types[typeName]
	fields := slices.DeleteFunc(slices.Clone(definition.Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__") || besideThePage(typeName, f)
	})
	var out []*selection
	for range 1 + g.r.IntN(4) {
		var s *selection
		switch n := g.r.IntN(20); {
		case n == 0:
			s = &selection{key: g.key("__typename", "", "String!"), name: "__typename"}
		case n == 1 && typeName != "Query":
			s = &selection{inline: true, inner: g.selections(typeName, depth, rows)}
		case n == 2 && typeName != "Query":
			s = &selection{inline: true, on: typeName, inner: g.selections(typeName, depth, rows)}
		case (n == 3 || n == 4) && typeName != "Query":
			s = g.spread(typeName, depth, rows)
		case n == 5 && db.Model.TableOf(typeName) != nil:
			s = &selection{inline: true, on: "Node", inner: g.selections("Node", depth, rows)}
		case n < 16 && typeName == "Node":
			s = &selection{inline: true, on: db.Model.Tables()[g.r.IntN(len(db.Model.Tables()))].Type}
			s.inner = g.selections(s.on, depth, rows)
		case n == 6 && len(out) > 0 && out[len(out)-1].args != nil && out[len(out)-1].inner != nil: // the same field again, to be merged
			again := *out[len(out)-1]
			again.text, again.skipped = "", false
			again.inner = g.inner(again.args, definition.Fields.ForName(again.name).Type.Name(), depth, rows)
			s = &again
		default:
			f := fields[g.r.IntN(len(fields))]
			if depth == 0 && !g.schema.Types[f.Type.Name()].IsLeafType() {
				f = definition.Fields.ForName("id")
			}
			if f == nil {
				s = &selection{key: g.key("__typename", "", "String!"), name: "__typename"}
				break
			}
			s = g.field(typeName, f, depth, rows)
		}
		g.directives(s)
		out = append(out, s)
	}
	return out
}

func (g *generator) spread(typeName string, depth, rows int) *selection {
	on := typeName
	if db.Model.TableOf(typeName) != nil && g.chance(1, 4) {
		on = "Node"
	}
	for _, name := range g.names {
		if g.fragments[name].on == on && g.chance(1, 2) {
			return &selection{fragment: name}
		}
	}
	f := &selection{inline: true, on: on, inner: g.selections(on, depth, rows)}
	name := "f" + strconv.Itoa(len(g.names))
	g.names = append(g.names, name)
	g.fragments[name] = f
	return &selection{fragment: name}
}

func (g *generator) directives(s *selection) {
	for g.chance(1, 12) {
		name := []string{"skip", "include"}[g.r.IntN(2)]
		if strings.Contains(s.text, name) {
			return
		}
		on := g.chance(1, 2)
		value := strconv.FormatBool(on)
		if g.chance(1, 2) {
			value = g.variable("Boolean!", on)
		}
		s.text += " @" + name + "(if: " + value + ")"
		s.skipped = s.skipped || on == (name == "skip")
	}
}

// variable declares one and answers how it is written; a nil value is left out of what is sent, or sent as null.
func (g *generator) variable(typeText string, value any) string {
	name := "v" + strconv.Itoa(len(g.declared))
	if value != nil || g.chance(1, 2) {
		g.variables[name] = value
	}
	g.declared = append(g.declared, "$"+name+": "+typeText)
	return "$" + name
}

// key is the response key of a field: mostly its name, if it does not stand for something else already.
func (g *generator) key(name, args, typeText string) string {
	means := name + args + typeText
	key := name
	for {
		if g.chance(1, 6) {
			key = "a" + strconv.Itoa(g.r.IntN(100))
		}
		if have, ok := g.keys[key]; !ok || have == means {
			g.keys[key] = means
			return key
		}
		key = "a" + strconv.Itoa(g.r.IntN(10000))
	}
}

func (g *generator) field(typeName string, f *ast.FieldDefinition, depth, rows int) *selection {
	s := &selection{name: f.Name}
	target := f.Type.Name()
	switch {
	case strings.HasSuffix(target, "Connection"):
		coordinate := typeName + "." + f.Name
		s.args = g.page(coordinate, f, rows)
	case typeName == "Query":
		s.args = g.lookUp(f)
	case strings.HasSuffix(typeName, "Connection") && f.Name == "groups":
		s.args = g.groups(db.Model.TableOf(g.schema.Types[typeName].Fields.ForName("nodes").Type.Name()))
	case strings.HasSuffix(typeName, "Aggregate") && f.Name == "count":
		s.args = g.distinct(typeName)
	case strings.HasSuffix(typeName, "Connection"), strings.HasSuffix(typeName, "Edge"), typeName == "PageInfo":
	}
	args := ""
	if s.args != nil {
		args = s.args.text
	}
	s.key = g.key(f.Name, args, f.Type.String())
	if !g.schema.Types[target].IsLeafType() {
		if s.args != nil && s.args.size > 0 {
			rows *= s.args.size
		}
		s.inner = g.inner(s.args, target, depth, rows)
	}
	return s
}

func (g *generator) inner(args *arguments, target string, depth, rows int) []*selection {
	if args != nil || db.Model.TableOf(target) != nil {
		depth--
	}
	return g.selections(target, max(depth, 0), rows)
}

// page makes the arguments of a connection.
func (g *generator) page(coordinate string, f *ast.FieldDefinition, rows int) *arguments {
	table := db.Model.TableOf(g.schema.Types[f.Type.Name()].Fields.ForName("nodes").Type.Name())
	a := &arguments{size: 20}
	var parts []string
	add := func(name, typeText string, value any, literal string) {
		if !strings.Contains(literal, "$") && g.chance(1, 3) {
			literal = g.variable(typeText, value)
		}
		parts = append(parts, name+": "+literal)
	}
	if g.chance(9, 10) {
		a.size, a.back = []int{0, 1, 1, 2, 2, 3, 5, 20, 100}[g.r.IntN(9)], g.chance(1, 2)
		for a.size > 2 && a.size*rows > 500 {
			a.size /= 2
		}
		add([]string{"first", "last"}[btoi(a.back)], "Int", a.size, strconv.Itoa(a.size))
	} else if g.chance(1, 4) {
		add([]string{"first", "last"}[g.r.IntN(2)], "Int", nil, "null")
	}
	order := g.order(table, f, add)
	a.order = order
	if g.chance(1, 4) {
		a.where = (&filterWorld{Rand: g.r, filter: filter{world: g.world}}).where(table, 2)
		add("where", table.Type+"Where", a.where, literal(a.where))
	}
	for _, name := range []string{"after", "before"} {
		if g.chance(3, 4) {
			if g.chance(1, 12) {
				add(name, "String", nil, "null")
			}
			continue
		}
		var at map[string]any
		here, gone := g.world.rows[table], g.world.gone[table]
		if slices.ContainsFunc(order, func(o orm.Order) bool { return o.Column.Derived() }) {
			gone = nil // nobody knows what they were related to
		}
		if i := g.r.IntN(len(here) + len(gone) + 1); i < len(here) {
			at = here[i].values
		} else if i < len(here)+len(gone) {
			at = gone[i-len(here)]
		} else {
			continue
		}
		place := g.world.position(g.viewer, order, &row{table: table, values: at})
		cursor := string(orm.AppendCursor(nil, coordinate, order, place))
		add(name, "String", cursor, strconv.Quote(cursor))
		*map[string]*[]any{"after": &a.after, "before": &a.before}[name] = place
	}
	if a.after == nil && a.before == nil && !a.back && g.chance(1, 5) {
		a.offset = []int{0, 1, 2, 3, 10, 10_000}[g.r.IntN(6)]
		add("offset", "Int", a.offset, strconv.Itoa(a.offset))
	}
	if columns := table.Distincts(); g.chance(1, 6) {
		var names []string
		var values []any
		for range g.r.IntN(3) {
			c := columns[g.r.IntN(len(columns))]
			a.distinct, names, values = append(a.distinct, c), append(names, c.DistinctName()), append(values, c.DistinctName())
		}
		add("distinct", "["+table.Type+"DistinctField!]", append([]any{}, values...), "["+strings.Join(names, ", ")+"]")
	}
	g.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	if len(parts) > 0 {
		a.text = "(" + strings.Join(parts, ", ") + ")"
	}
	return a
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// order makes an orderBy, or none, and answers what it comes to.
func (g *generator) order(table *orm.Table, f *ast.FieldDefinition, add func(name, typeText string, value any, literal string)) (order []orm.Order) {
	input := g.schema.Types[f.Arguments.ForName("orderBy").Type.Name()]
	var columns []*orm.Column
	for _, v := range g.schema.Types[input.Fields.ForName("field").Type.Name()].EnumValues {
		if c := table.OrderColumn(strings.ToLower(v.Name)); c != nil && c.Kind != orm.Rank { // not RELEVANCE, which asks for a search
			columns = append(columns, c)
		}
	}
	var values []any
	var literals []string
	if g.chance(1, 2) {
		for range g.r.IntN(4) {
			c := columns[g.r.IntN(len(columns))]
			desc := g.chance(1, 2)
			outer, literal, to := map[string]any{}, "{", table
			value := outer
			for range g.r.IntN(orm.MaxReach + 1) {
				if ones := toOne(to); len(ones) > 0 && g.chance(1, 2) {
					r := ones[g.r.IntN(len(ones))]
					inner := map[string]any{}
					value[r.Field] = inner
					value, literal, to = inner, literal+r.Field+": {", r.To
				}
			}
			path := strings.Count(literal, "{") - 1
			if to != table || path > 0 {
				all := append(to.Orders(), to.OrderCounts()...)
				c = all[g.r.IntN(len(all))]
			}
			value["field"] = c.OrderName()
			literal += "field: " + c.OrderName()
			if direction := [2]string{"ASC", "DESC"}[btoi(desc)]; desc || g.chance(1, 2) {
				value["direction"] = direction
				if g.chance(1, 6) {
					direction = g.variable("OrderDirection!", direction)
				}
				literal += ", direction: " + direction
			}
			o, err := orm.ParseOrder(table, outer)
			if err != nil {
				panic(err)
			}
			order, values, literals = append(order, o), append(values, outer), append(literals, literal+strings.Repeat("}", path+1))
		}
		switch text := "[" + strings.Join(literals, ", ") + "]"; {
		case len(values) == 1 && g.chance(1, 3): // one stands for a list of one
			add("orderBy", "["+input.Name+"!]", values[0], literals[0])
		case len(values) == 0 && g.chance(1, 2):
			add("orderBy", "["+input.Name+"!]", nil, "null")
		default:
			add("orderBy", "["+input.Name+"!]", append([]any{}, values...), text)
		}
	}
	// A column that comes again decides nothing, nor does anything behind the key, which comes last in any case.
	var out []orm.Order
	for _, o := range append(order, orm.Order{Column: table.KeyColumn()}) {
		known := slices.ContainsFunc(out, func(have orm.Order) bool {
			return have.Column.Name == o.Column.Name || have.Column == table.KeyColumn()
		})
		if !known {
			out = append(out, o)
		}
	}
	return out
}

// toOne are the relations of a table to one.
func toOne(table *orm.Table) (ones []*orm.Relation) {
	for _, r := range table.Relations {
		if !r.Many {
			ones = append(ones, r)
		}
	}
	return ones
}

// lookUp makes the arguments of a field of Query that leads to rows by name.
func (g *generator) lookUp(f *ast.FieldDefinition) *arguments {
	a := &arguments{}
	value := func(typeText, v string) string {
		if g.chance(1, 3) {
			return g.variable(typeText, v)
		}
		return quote(v)
	}
	id := func(table *orm.Table, typeText string) string {
		if table == nil {
			table = db.Model.Tables()[g.r.IntN(len(db.Model.Tables()))]
		}
		key := 1 + g.r.Int64N(30)
		if rows := g.world.rows[table]; len(rows) > 0 && g.chance(5, 6) {
			key = rows[g.r.IntN(len(rows))].key()
		}
		a.tables, a.found = append(a.tables, table), append(a.found, g.world.find(table, key))
		return value(typeText, orm.GlobalID(table, key))
	}
	switch {
	case len(f.Arguments) == 0: // the viewer
		a.tables, a.found = []*orm.Table{nil}, []*row{nil}
		if key := g.viewer.Key; key != 0 {
			table := db.Model.TableOf(f.Type.Name())
			a.tables[0], a.found[0] = table, g.world.find(table, key)
		}
	case f.Name == "nodes":
		var ids []string
		for range g.r.IntN(6) {
			ids = append(ids, id(nil, "ID!"))
		}
		a.text = "(ids: [" + strings.Join(ids, ", ") + "])"
	case f.Arguments.ForName("id") != nil:
		a.text = "(id: " + id(db.Model.TableOf(f.Type.Name()), "ID!") + ")"
	default:
		table := db.Model.TableOf(f.Type.Name())
		by := g.schema.Types[f.Arguments.ForName("by").Type.Name()].Fields
		switch field := by[g.r.IntN(len(by))]; {
		case field.Name == "id":
			a.text = "(by: {id: " + id(table, "ID!") + "})"
		default:
			text := "nobody"
			if table.Field(field.Name).Kind == orm.Guid {
				text = "00000000-0000-4000-8000-ffffffffffff"
			}
			a.by = table.Field(field.Name)
			var found *row
			if rows := g.world.rows[table]; len(rows) > 0 && g.chance(5, 6) {
				found = rows[g.r.IntN(len(rows))]
				text, _ = found.values[table.Field(field.Name).Name].(string)
			}
			a.tables, a.found = []*orm.Table{table}, []*row{found}
			a.text = "(by: {" + field.Name + ": " + value(field.Type.Name()+"!", text) + "})"
		}
	}
	return a
}

// quote writes a GraphQL string.
func quote(s string) string {
	text, _ := json.Marshal(s) // its escapes are GraphQL's too
	return string(text)
}
