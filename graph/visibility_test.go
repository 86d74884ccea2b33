package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
)

// A prober makes requests out of the page and the schema: every way that leads to a row or a value that a viewer may not
// see, every filter, order and cursor that speaks of one. A new table, right, field, filter or order joins by being declared.
type prober struct {
	schema *ast.Schema
	world  *world
	viewer orm.Viewer
	rand   *rand.Rand
	hidden map[*orm.Table][]*row // rows that the viewer may not see
	masked map[*orm.Column]*row  // rows of which they may not read the column, though they see them
}

// kept tells whether something of a table is kept from some.
func kept(t *orm.Table) bool {
	return t != nil && (t.Reads() != nil || slices.ContainsFunc(t.Columns, func(c *orm.Column) bool { return c.Reads() != nil }))
}

// example is a row of a table to try: one that is kept from the viewer if there is one.
func (p *prober) example(t *orm.Table) *row {
	if rows := p.hidden[t]; len(rows) > 0 {
		return rows[p.rand.IntN(len(rows))]
	}
	for _, c := range t.Columns {
		if r := p.masked[c]; r != nil {
			return r
		}
	}
	if rows := p.world.rows[t]; len(rows) > 0 {
		return rows[p.rand.IntN(len(rows))]
	}
	return &row{table: t, values: map[string]any{"id": int64(1)}}
}

// holding is a row whose value of a column is kept from the viewer, or else an example.
func (p *prober) holding(c *orm.Column) *row {
	if r := p.masked[c]; r != nil && p.rand.IntN(2) == 0 {
		return r
	}
	return p.example(c.Table)
}

func (p *prober) id(t *orm.Table) string { return orm.GlobalID(t, p.example(t).key()) }

// leads tells whether a type has something that is kept from some, within a number of steps.
func (p *prober) leads(name string, depth int) bool {
	if kept(db.Model.TableOf(name)) {
		return true
	}
	definition := p.schema.Types[name]
	return definition != nil && depth > 0 && (slices.ContainsFunc(definition.Fields, func(f *ast.FieldDefinition) bool {
		return p.leads(f.Type.Name(), depth-1)
	}) || slices.ContainsFunc(definition.Types, func(name string) bool { return p.leads(name, depth) }))
}

// leaves selects all that a type tells without leading on to rows.
func (p *prober) leaves(name string, depth int) string {
	out := "__typename"
	for _, f := range p.schema.Types[name].Fields {
		inner := p.schema.Types[f.Type.Name()]
		table := db.Model.TableOf(inner.Name)
		leads := entity(p.schema, f.Type) != "" || f.Name == "edges" || f.Name == "groups"
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case inner.IsLeafType() && len(f.Arguments) == 0:
			out += " " + f.Name
		case table != nil && len(f.Arguments) == 0:
			out += " " + f.Name + " { id }"
		case !inner.IsLeafType() && depth > 0 && !leads && !slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull }):
			out += " " + f.Name + " { " + p.leaves(inner.Name, depth-1) + " }"
		}
	}
	return out
}

// selections are the ways from a type to what is kept, as selection sets.
func (p *prober) selections(name string, depth int) (out []string) {
	definition := p.schema.Types[name]
	if kept(db.Model.TableOf(name)) {
		out = append(out, "{ "+p.leaves(name, 1)+" }")
	}
	if definition.IsAbstractType() {
		beside := ""
		if name == "Node" {
			beside = " id viewerCan { update }"
		}
		for _, t := range p.schema.GetPossibleTypes(definition) {
			for _, s := range p.selections(t.Name, depth) {
				out = append(out, "{ __typename"+beside+" ... on "+t.Name+" "+s+" }")
			}
		}
		return out
	}
	for _, f := range definition.Fields {
		if depth == 0 || !p.leads(f.Type.Name(), depth-1) || f.Name == "edges" && depth < 3 {
			continue
		}
		beside := ""
		if definition.Fields.ForName("totalCount") != nil {
			beside = " " + p.leaves(name, 3)
		}
		for _, s := range p.selections(f.Type.Name(), depth-1) {
			for _, args := range p.plain(f) {
				out = append(out, "{"+beside+" "+f.Name+args+" "+s+" }")
			}
		}
	}
	return out
}

// plain are the argument lists that a field needs.
func (p *prober) plain(f *ast.FieldDefinition) []string {
	table := db.Model.TableOf(f.Type.Name())
	switch by := f.Arguments.ForName("by"); {
	case f.Arguments.ForName("id") != nil && table != nil:
		return []string{fmt.Sprintf("(id: %q)", p.id(table))}
	case f.Arguments.ForName("id") != nil || f.Arguments.ForName("ids") != nil:
		var out, all []string
		for _, t := range db.Model.Tables() {
			if kept(t) {
				out = append(out, fmt.Sprintf("(id: %q)", p.id(t)))
			}
			all = append(all, fmt.Sprintf("%q", p.id(t)))
		}
		if f.Arguments.ForName("ids") != nil {
			return []string{"(ids: [" + strings.Join(all, ", ") + "])"}
		}
		return out
	case f.Name == "groups": // by what leads on
		var out []string
		for _, v := range p.schema.Types[by.Type.Name()].EnumValues {
			if key := p.schema.Types[f.Type.Name()+"Key"].Fields.ForName(fieldOf(v.Name)); !p.schema.Types[key.Type.Name()].IsLeafType() {
				out = append(out, "(by: ["+v.Name+"])")
			}
		}
		return out
	case f.Arguments.ForName("text") != nil:
		return []string{fmt.Sprintf("(text: %q)", words[1])}
	case by != nil && table != nil:
		out := []string{fmt.Sprintf("(by: {id: %q})", p.id(table))}
		for _, field := range p.schema.Types[by.Type.Name()].Fields {
			if c := table.Field(field.Name); c != nil && field.Name != "id" {
				out = append(out, fmt.Sprintf("(by: {%s: %s})", field.Name, literal(p.holding(c).values[c.Name])))
			}
		}
		return out
	}
	return []string{""}
}

// arguments are the argument lists that what is kept may show itself by: orders, cursors and filters.
func (p *prober) arguments(coordinate string, f *ast.FieldDefinition) (out []string) {
	table := db.Model.TableOf(entity(p.schema, f.Type))
	if kept(table) {
		for _, c := range table.Orders() {
			for _, desc := range []bool{false, true} {
				direction := [2]string{"ASC", "DESC"}[btoi(desc)]
				order := []orm.Order{{Column: c, Desc: desc}, {Column: table.KeyColumn()}}[:1+btoi(c != table.KeyColumn())]
				cursor := orm.AppendCursor(nil, coordinate, order, p.world.position(orm.Viewer{Admin: true}, order, p.holding(c)))
				for _, page := range []string{"first: 1", "last: 1", fmt.Sprintf("first: 2, after: %q", cursor), fmt.Sprintf("last: 2, before: %q", cursor)} {
					out = append(out, fmt.Sprintf("(%s, orderBy: [{field: %s, direction: %s}])", page, c.OrderName(), direction))
				}
			}
		}
	}
	for _, step := range p.orders(table, 3) {
		out = append(out, "(first: 1, orderBy: "+step+")", "(last: 1, orderBy: "+step+")")
	}
	for _, w := range p.filters(table, 3) {
		out = append(out, "(where: "+w+")", "(where: {not: "+w+"})")
	}
	return out
}

// orders are the steps of an order that lead to what is kept through relations.
func (p *prober) orders(table *orm.Table, depth int) (out []string) {
	for _, r := range table.Relations {
		if r.Many || depth == 0 || p.schema.Types[table.Type+"Order"].Fields.ForName(r.Field) == nil {
			continue
		}
		if kept(r.To) {
			for _, v := range p.schema.Types[r.To.Type+"OrderField"].EnumValues {
				if v.Name != "RELEVANCE" {
					out = append(out, fmt.Sprintf("{%s: {field: %s}}", r.Field, v.Name), fmt.Sprintf("{%s: {field: %s, direction: DESC}}", r.Field, v.Name))
				}
			}
		}
		for _, inner := range p.orders(r.To, depth-1) {
			out = append(out, "{"+r.Field+": "+inner+"}")
		}
	}
	return out
}

// filters are the filters of a table that speak of what is kept.
func (p *prober) filters(table *orm.Table, depth int) (out []string) {
	definition := p.schema.Types[table.Type+"Where"]
	for _, f := range definition.Fields {
		relation := table.Relation(f.Name)
		if relation == nil && strings.HasPrefix(f.Name, "has") {
			relation = table.Relation(strings.ToLower(f.Name[3:4]) + f.Name[4:])
			if relation != nil && (kept(relation.To) || kept(table)) {
				out = append(out, "{"+f.Name+": true}", "{"+f.Name+": false}")
			}
			continue
		}
		switch c := table.Field(f.Name); {
		case f.Name == "matches" && kept(table):
			for _, searched := range table.Searched() {
				text, _ := p.holding(searched).values[searched.Name].(string)
				out = append(out, "{matches: "+literal(text)+"}")
			}
		case c != nil && kept(table):
			for _, operator := range p.schema.Types[f.Type.Name()].Fields {
				var value any
				switch held := p.holding(c); {
				case operator.Name == "ignoreCase":
					continue
				case operator.Name == "isNull":
					value = p.rand.IntN(2) == 0
				case c.Kind == orm.Key:
					value = orm.GlobalID(table, held.key())
				case held.values[c.Name] == nil:
					continue
				case c.Kind == orm.Enum:
					value = enumValue(held.values[c.Name].(string))
				default:
					value = inputOf(held.values[c.Name])
				}
				if operator.Type.Elem != nil {
					value = []any{value}
				}
				out = append(out, "{"+f.Name+": {"+operator.Name+": "+literal(value)+"}}")
			}
		case relation != nil && depth > 0 && p.speaks(relation.To, depth-1):
			inners := p.filters(relation.To, depth-1)
			if !relation.Many {
				for _, inner := range inners {
					out = append(out, "{"+f.Name+": "+inner+"}")
				}
				continue
			}
			for _, inner := range inners {
				for _, quantifier := range []string{"some", "every", "none"} {
					out = append(out, "{"+f.Name+": {"+quantifier+": "+inner+"}}")
				}
			}
		}
	}
	if depth < 2 && len(out) > 20 { // there are more ways to a filter than are worth walking
		p.rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		out = out[:20]
	}
	return out
}

func (p *prober) speaks(table *orm.Table, depth int) bool {
	return kept(table) || depth > 0 && slices.ContainsFunc(table.Relations, func(r *orm.Relation) bool { return p.speaks(r.To, depth-1) })
}

// queries are all that can be asked.
func (p *prober) queries() (requests []request) {
	add := func(format string, args ...any) {
		requests = append(requests, request{Query: "{ " + fmt.Sprintf(format, args...) + " }"})
	}
	for _, f := range p.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || besideThePage("Query", f) {
			continue
		}
		for _, args := range p.plain(f) {
			for _, s := range p.selections(f.Type.Name(), 4) {
				add("%s%s %s", f.Name, args, s)
			}
		}
		if f.Arguments.ForName("where") != nil {
			for _, args := range p.arguments("Query."+f.Name, f) {
				add("%s%s { %s nodes { id } edges { cursor } }", f.Name, args, p.leaves(f.Type.Name(), 3))
			}
		}
		if db.Model.TableOf(f.Type.Name()) == nil {
			continue
		}
		for _, nested := range p.schema.Types[f.Type.Name()].Fields {
			if nested.Arguments.ForName("where") == nil {
				continue
			}
			for _, args := range p.arguments(f.Type.Name()+"."+nested.Name, nested) {
				add("%s%s { %s%s { totalCount nodes { id } edges { cursor } } }", f.Name, p.plain(f)[0], nested.Name, args)
			}
		}
	}
	return requests
}

// mutations try to write what is kept, or to refer to it, and read back what is around it. They are for dry runs.
func (p *prober) mutations(fill *filler) (requests []request) {
	add := func(verb string, t *orm.Table, payload string, input map[string]any) {
		name := verb + t.Type
		requests = append(requests, request{
			Query:     fmt.Sprintf("mutation($input: %sInput!) @dryRun { %s(input: $input) { %s userErrors { code message field } } }", upperFirst(name), name, payload),
			Variables: map[string]any{"input": input},
		})
	}
	for _, t := range db.Model.Tables() {
		entity := strings.ToLower(t.Type[:1]) + t.Type[1:]
		if kept(t) && t.Has(orm.Updating) {
			for _, c := range t.Columns {
				if v, _, ok := fill.value(c); ok && c.Writable(false) {
					add("update", t, entity+" { "+p.leaves(t.Type, 1)+" }", map[string]any{"id": p.id(t), c.Field: v, "ifVersion": 77})
					add("update", t, entity+" { "+p.leaves(t.Type, 1)+" }", map[string]any{"id": p.id(t), c.Field: v})
				}
			}
		}
		if t.Has(orm.Deleting) {
			add("delete", t, entity+" { id } cascade { type action count }", map[string]any{"id": p.id(t)})
			for _, r := range p.world.rows[t] { // what is the viewer's to delete may take along what they do not see
				if p.world.may(t.Writes(), p.viewer, r) && p.world.seen(p.viewer, r) {
					add("delete", t, "cascade { type action count }", map[string]any{"id": orm.GlobalID(t, r.key()), "ifVersion": r.values["version"]})
				}
			}
		}
		for _, r := range t.Relations {
			if r.Own == nil || !kept(r.To) || !t.Has(orm.Creating) || !r.Own.Writable(true) {
				continue
			}
			if in, ok := fill.input(t); ok {
				input := map[string]any{}
				for _, f := range in {
					if c := t.Owner(); c == nil || f.Name != c.Field || r.Own == c {
						input[f.Name] = f.Value
					}
				}
				input[r.Own.Field] = p.id(r.To)
				add("create", t, entity+" { "+p.leaves(t.Type, 1)+" }", input)
			}
		}
	}
	return requests
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// inputOf is a cell as clients write it.
func inputOf(v any) any {
	if d, ok := v.(orm.Decimal); ok {
		return string(d)
	}
	if at, ok := v.(time.Time); ok {
		return orm.FormatTime(at)
	}
	return v
}

// without makes a database what a viewer may know of it: what they may not see goes, what they may not read becomes something
// else. It answers what that was. A row that cannot go without taking along what they see stays.
func without(t *testing.T, f *fixture, w *world, v orm.Viewer, change bool) (hidden map[*orm.Table][]*row, masked map[*orm.Column]*row) {
	t.Helper()
	hidden, masked = map[*orm.Table][]*row{}, map[*orm.Column]*row{}
	var goes func(r *row) bool
	goes = func(r *row) bool {
		return !w.seen(v, r) && !slices.ContainsFunc(r.table.Relations, func(relation *orm.Relation) bool {
			return relation.OnDelete == orm.Cascade && relation.Own == nil &&
				slices.ContainsFunc(w.related(relation, r), func(other *row) bool { return !goes(other) })
		})
	}
	err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
		for table, rows := range w.rows {
			for _, r := range rows {
				if goes(r) {
					hidden[table] = append(hidden[table], r)
					if !change {
						continue
					}
					if _, err := f.DB.Exec(ctx, "hide", "DELETE FROM "+table.Name+" WHERE id = ?", r.key()); err != nil {
						return err
					}
					continue
				}
				for _, c := range table.Columns {
					if c.Reads() == nil || w.may(c.Reads(), v, r) {
						continue
					}
					masked[c] = r
					if !change {
						continue
					}
					if _, err := f.DB.Exec(ctx, "mask", "UPDATE "+table.Name+" SET "+c.Name+" = ? WHERE id = ?", another(c, r), r.key()); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hidden, masked
}

// another is a value other than that of a row.
func another(c *orm.Column, r *row) any {
	switch v := r.values[c.Name].(type) {
	case string:
		return fmt.Sprintf("another %d", r.key())
	case int64:
		return v + 1
	case bool:
		return !v
	case nil:
		return plain(c)
	}
	return plain(c)
}

// Whatever way a stranger asks, what the page keeps from them is as if it were not there, or were something else: every answer
// is that of a database where it is so.
func TestHiddenRowsAreAbsent(t *testing.T) {
	schema := loadSchema(t)
	for _, database := range databases {
		for _, stranger := range []string{"user", "anonymous"} {
			t.Run(database+"/"+stranger, func(t *testing.T) {
				t.Parallel()
				var worlds [2]*fixture
				p := &prober{schema: schema, rand: rand.New(rand.NewPCG(3, 3))}
				for i := range worlds {
					worlds[i] = open(t, database)
					fill := newFiller(worlds[i], rand.New(rand.NewPCG(1, 2)), func(*orm.Column) string { return words[1] + "." })
					fill.fill(t, worlds[i], func(*orm.Table) int { return 12 })
					w := readWorld(t, worlds[i].DB)
					if i == 0 {
						p.world = w
						if stranger == "user" {
							p.viewer = modest(w)
						}
					}
					p.hidden, p.masked = without(t, worlds[i], w, p.viewer, i == 1)
				}
				for _, table := range db.Model.Tables() {
					if table.Reads() != nil && len(p.hidden[table]) == 0 {
						t.Errorf("no row of %s is kept from the stranger", table.Name)
					}
				}
				requests := p.queries()
				all := len(requests)
				p.rand.Shuffle(all, func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
				requests = requests[:min(all, 3**queries)]
				fill := newFiller(worlds[0], rand.New(rand.NewPCG(5, 6)), func(*orm.Column) string { return "made" })
				for _, table := range db.Model.Tables() {
					for _, r := range p.world.rows[table] {
						if p.world.seen(p.viewer, r) {
							fill.keys[table] = append(fill.keys[table], r.key())
						}
					}
				}
				requests = append(requests, p.mutations(fill)...)
				asAdmin := orm.Viewer{Admin: true}
				differ, told := 0, 0
				for i, r := range requests {
					for way, handlers := range map[string][2]http.Handler{"planned": {worlds[0].Planned, worlds[1].Planned}, "resolved": {worlds[0].Resolved, worlds[1].Resolved}} {
						if way == "resolved" && i%4 > 0 && r.Variables == nil {
							continue // the resolvers' statements are the plan's; the property test holds them together
						}
						_, with := ask(t, handlers[0], p.viewer, r)
						_, hidden := ask(t, handlers[1], p.viewer, r)
						if !bytes.Equal(with, hidden) {
							if differ++; differ < 5 {
								t.Errorf("%s, %+v: %s %v\nas it is:  %s\nas hidden: %s", way, p.viewer, r.Query, r.Variables, with, hidden)
							}
						}
						if bytes.Contains(with, []byte("GRAPHQL_")) || bytes.Contains(with, []byte(`"INTERNAL"`)) {
							t.Fatalf("the test's own request is wrong: %s %v: %s", r.Query, r.Variables, with)
						}
					}
					if i%2 == 0 && r.Variables == nil {
						continue
					}
					// The same requests tell an admin the difference: the test can fail.
					_, with := ask(t, worlds[0].Planned, asAdmin, r)
					_, hidden := ask(t, worlds[1].Planned, asAdmin, r)
					told += btoi(!bytes.Equal(with, hidden))
				}
				if len(requests) < min(300, 3**queries) || told < len(requests)/8 {
					t.Errorf("%d requests were made out of the page, and only %d of them tell an admin more", len(requests), told)
				}
				t.Logf("%d requests of %d, of half of which %d tell an admin more", len(requests), all, told)
			})
		}
	}
}

// modest is a user who sees little.
func modest(w *world) (least orm.Viewer) {
	fewest := -1
	for _, u := range users(w) {
		v, n := orm.Viewer{Key: u.key()}, 0
		for _, rows := range w.rows {
			for _, r := range rows {
				n += btoi(w.seen(v, r))
			}
		}
		if fewest < 0 || n < fewest {
			least, fewest = v, n
		}
	}
	return least
}

// Whatever is written, everybody is told of the rows that they see, and of those that they come to see or no longer do because something else
// was written: of these and of no others, transaction by transaction, however late they ask.
func TestHiddenChanges(t *testing.T) {
	for seed := range uint64(2) {
		for _, database := range databases {
			t.Run(fmt.Sprintf("%s/%d", database, seed), func(t *testing.T) {
				t.Parallel()
				f := open(t, database)
				r := rand.New(rand.NewPCG(*firstOne+seed, 5))
				fill := newFiller(f, r, func(*orm.Column) string { return words[r.IntN(len(words))] + "." })
				fill.fill(t, f, func(*orm.Table) int { return 4 + r.IntN(8) })
				worlds := []*world{readWorld(t, f.DB)}
				at, leave, err := f.DB.Follow(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer leave()
				fill.made = 10_000
				viewers := []orm.Viewer{{}, {Admin: true}}
				for _, user := range users(worlds[0]) {
					viewers = append(viewers, orm.Viewer{Key: user.key()}, someViewer(r, users(worlds[0])))
				}
				var said []string
				told, come := 0, 0
				next := func() []*orm.Committed {
					t.Helper()
					sets, err := f.DB.Next(t.Context(), at)
					if err != nil {
						t.Fatal(err)
					}
					return sets
				}
				look := func(sets []*orm.Committed) {
					t.Helper()
					for _, v := range viewers {
						if err := f.DB.Sight(orm.WithViewer(t.Context(), v), sets, func(*orm.Table) bool { return true }); err != nil {
							t.Fatal(err)
						}
					}
				}
				check := func() {
					for len(worlds) > 1 {
						sets := next()
						look(sets)
						for _, set := range sets {
							for _, v := range viewers {
								got, want := map[string]orm.ChangeVerb{}, verbs(worlds[0], worlds[1], v)
								for change, verb := range set.For(v) {
									if change.Link != nil {
										continue
									}
									id := fmt.Sprint(change.Table.Type, " ", change.Keys[0])
									if _, twice := got[id]; twice {
										t.Errorf("%s: %s is told twice", said[0], id)
									}
									if got[id] = verb; change.Verb == "" {
										come++
									}
								}
								if told += len(got); !maps.Equal(got, want) {
									t.Fatalf("%s\n%+v is told %v\nand not     %v", said[0], v, got, want)
								}
							}
							worlds, said, at = worlds[1:], said[1:], set.Cursor
						}
					}
				}
				for i := range 80 {
					was, what := worlds[len(worlds)-1], ""
					if i%4 > 0 {
						what = moveAtRandom(t, f, r, was)
					} else {
						what = changeAtRandom(t, f, fill)
					}
					if len(worlds) > 1 && r.IntN(3) == 0 { // somebody asks of some of it, while what was done last may have no position
						sets := next()
						from := r.IntN(len(sets))
						look(sets[from : from+1+r.IntN(len(sets)-from)])
					}
					if now := readWorld(t, f.DB); !slices.Equal(dumpWorld(was), dumpWorld(now)) {
						worlds, said = append(worlds, now), append(said, what)
					}
					if r.IntN(10) == 0 || i == 79 {
						check()
					}
				}
				t.Logf("%d changes were told, %d of them of rows that were not written", told, come)
				if come == 0 && slices.ContainsFunc(db.Model.Tables(), func(table *orm.Table) bool { return table.Reads() != nil && len(table.Reads().Paths()) > 0 }) {
					t.Error("none of rows that were not written")
				}
			})
		}
	}
}

// moveAtRandom makes a row lead elsewhere, on a path that decides who sees rows if there is one, or deletes it, and says what. Often nothing comes of it.
func moveAtRandom(t *testing.T, f *fixture, r *rand.Rand, w *world) (said string) {
	t.Helper()
	var all, paths []*orm.Relation
	for _, table := range db.Model.Tables() {
		all = append(all, table.Relations...)
		if table.Reads() == nil {
			continue
		}
		for _, path := range table.Reads().Paths() {
			at := table
			for step := range strings.SplitSeq(path, ".") {
				if relation := at.Relation(step); relation != nil {
					paths, at = append(paths, relation), relation.To
				}
			}
		}
	}
	if len(paths) > 0 && r.IntN(5) > 0 {
		all = paths
	}
	relation := all[r.IntN(len(all))]
	from, to := w.rows[relation.From], w.rows[relation.To]
	if len(from) == 0 || len(to) == 0 {
		return "nothing"
	}
	a, b := from[r.IntN(len(from))].key(), to[r.IntN(len(to))].key()
	text, args := "", []any{b, a}
	switch l := relation.Link; {
	case relation.From.Reads() != nil && r.IntN(6) == 0:
		text, args = "DELETE FROM "+relation.From.Name+" WHERE id = ?", args[1:]
	case relation.Own != nil:
		text = "UPDATE " + relation.From.Name + " SET " + relation.Own.Name + " = ? WHERE id = ?"
	case relation.Theirs != nil:
		text, args = "UPDATE "+relation.To.Name+" SET "+relation.Theirs.Name+" = ? WHERE id = ?", []any{a, b}
	case slices.Contains(w.links[relation.Coordinate()][a], b):
		text = "DELETE FROM " + l.Table + " WHERE " + l.To + " = ? AND " + l.From + " = ?"
	case l.Rows == nil:
		text = "INSERT INTO " + l.Table + " (" + l.To + ", " + l.From + ") VALUES (?, ?)"
	default:
		return "nothing"
	}
	f.DB.Write(admin(t.Context()), func(ctx context.Context) error { //nolint:errcheck // it may be refused
		_, err := f.DB.Exec(ctx, "test", text, args...)
		return err
	})
	return fmt.Sprint(text, args)
}

// verbs are what a viewer is to be told of rows, by what was and what is.
func verbs(was, is *world, v orm.Viewer) map[string]orm.ChangeVerb {
	out := map[string]orm.ChangeVerb{}
	for _, table := range db.Model.Tables() {
		for _, r := range was.rows[table] {
			id := fmt.Sprint(table.Type, " ", r.key())
			now := is.find(table, r.key())
			switch before, after := was.seen(v, r), is.seen(v, now); {
			case before && !after:
				out[id] = orm.RowDeleted
			case after && !before:
				out[id] = orm.RowCreated
			case after && !reflect.DeepEqual(r.values, now.values):
				out[id] = orm.RowUpdated
			}
		}
		for _, r := range is.rows[table] {
			if was.find(table, r.key()) == nil && is.seen(v, r) {
				out[fmt.Sprint(table.Type, " ", r.key())] = orm.RowCreated
			}
		}
	}
	return out
}
