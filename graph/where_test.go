package graph_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/text/unicode/norm"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// A filter works out what a filter, an order and a page ought to answer, from all rows in plain Go. It reads the input
// that the server is sent, and shares nothing with what the server does with it.
type filter struct {
	*world
	viewer orm.Viewer
}

// rows are those of a connection that a filter lets pass, in order.
func (f filter) rows(table *orm.Table, from []*row, where map[string]any, orderBy []any) []*row {
	var out []*row
	for _, r := range from {
		if f.seen(f.viewer, r) && f.passes(table, r, where) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *row) int {
		for _, o := range orderBy {
			o := o.(map[string]any)
			x, y := f.key(a, o), f.key(b, o)
			for inner := o; inner != nil; inner = innerOrder(inner) {
				o = inner
			}
			var c int
			switch {
			case x == nil || y == nil:
				c = btoi(x == nil) - btoi(y == nil)
			default:
				c = compareValues(x, y)
			}
			if o["direction"] == "DESC" {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Compare(a.key(), b.key())
	})
	return out
}

// innerOrder is the order that one leads to through a relation; nil if it is of a field.
func innerOrder(o map[string]any) map[string]any {
	for _, v := range o {
		if inner, ok := v.(map[string]any); ok {
			return inner
		}
	}
	return nil
}

// key is what an order compares of a row: what there is at the end of relations to one, or how many rows there are.
func (f filter) key(r *row, o map[string]any) any {
	for name, v := range o {
		inner, ok := v.(map[string]any)
		if !ok {
			continue
		}
		related := f.visible(r.table.Relation(name), r)
		if len(related) > 0 {
			return f.key(related[0], inner)
		}
		for o = inner; innerOrder(o) != nil; {
			o = innerOrder(o)
		}
		if strings.HasSuffix(o["field"].(string), "_COUNT") {
			return int64(0)
		}
		return nil
	}
	column := r.table.OrderColumn(strings.ToLower(o["field"].(string)))
	if relation := column.Counts(); relation != nil {
		return int64(len(f.visible(relation, r)))
	}
	return r.values[column.Name]
}

func compareValues(x, y any) int {
	switch x := x.(type) {
	case string:
		return strings.Compare(x, y.(string)) // UTF-8 is in the order of code points
	case time.Time:
		return x.Compare(y.(time.Time))
	case int64:
		return cmp.Compare(x, y.(int64))
	case float64:
		return cmp.Compare(x, y.(float64))
	case bool:
		return btoi(x) - btoi(y.(bool))
	case orm.Decimal:
		a, _ := new(big.Rat).SetString(string(x))
		b, _ := new(big.Rat).SetString(string(y.(orm.Decimal)))
		return a.Cmp(b)
	}
	panic(fmt.Sprintf("a value of type %T", x))
}

func (f filter) passes(table *orm.Table, r *row, where map[string]any) bool {
	for name, v := range where {
		if !f.field(table, r, name, v) {
			return false
		}
	}
	return true
}

func (f filter) field(table *orm.Table, r *row, name string, v any) bool {
	inner, _ := v.(map[string]any)
	if column := table.Field(name); column != nil {
		return passesColumn(column, r.values[column.Name], inner)
	}
	switch name {
	case "and", "or":
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		fails := func(v any) bool { return f.passes(table, r, v.(map[string]any)) == (name == "or") }
		return slices.ContainsFunc(list, fails) == (name == "or")
	case "not":
		return !f.passes(table, r, inner)
	case "matches":
		var texts []string
		for _, c := range table.Searched() {
			text, _ := r.values[c.Name].(string)
			texts = append(texts, text)
		}
		return searched(v.(string), texts...)
	}
	many := false
	if has, ok := strings.CutPrefix(name, "has"); ok {
		return (len(f.visible(table.Relation(strings.ToLower(has[:1])+has[1:]), r)) > 0) == v
	}
	relation := table.Relation(name)
	many = relation.Many
	related := f.visible(relation, r)
	passes := func(where any) func(*row) bool {
		return func(r *row) bool { return f.passes(relation.To, r, where.(map[string]any)) }
	}
	if !many {
		return slices.ContainsFunc(related, passes(v))
	}
	for quantifier, where := range inner {
		n := 0
		if quantifier == "count" {
			comparisons := maps.Clone(where.(map[string]any))
			condition, given := comparisons["where"]
			delete(comparisons, "where")
			for _, r := range related {
				n += btoi(!given || passes(condition)(r))
			}
			if !passesCount(n, comparisons) {
				return false
			}
			continue
		}
		for _, r := range related {
			n += btoi(passes(where)(r))
		}
		if !map[string]bool{"some": n > 0, "every": n == len(related), "none": n == 0}[quantifier] {
			return false
		}
	}
	return true
}

func passesCount(n int, comparisons map[string]any) bool {
	for name, v := range comparisons {
		m, _ := v.(int)
		list, _ := v.([]any)
		if !map[string]bool{"eq": n == m, "ne": n != m, "lt": n < m, "lte": n <= m, "gt": n > m, "gte": n >= m,
			"in": slices.Contains(list, any(n)), "notIn": !slices.Contains(list, any(n))}[name] {
			return false
		}
	}
	return true
}

func (f filter) visible(r *orm.Relation, parent *row) []*row {
	return f.world.visible(f.viewer, r, parent)
}

func passesColumn(c *orm.Column, stored any, operators map[string]any) bool {
	ignoreCase := operators["ignoreCase"] == true
	read := func(v any) any {
		switch c.Kind {
		case orm.Text:
		case orm.Key:
			of, key, ok := db.Model.ParseGlobalID(v.(string))
			if !ok || of != c.Table {
				panic("not an id of " + c.Table.Type)
			}
			return key
		case orm.Time:
			at, err := time.Parse(time.RFC3339Nano, v.(string))
			if err != nil {
				panic(err)
			}
			return at.UTC().Truncate(time.Microsecond)
		case orm.Numeric:
			return orm.Decimal(v.(string))
		case orm.Long:
			n, _ := strconv.ParseInt(v.(string), 10, 64)
			return n
		case orm.Enum:
			return string(v.(enumValue))
		case orm.Guid:
			return strings.ToLower(v.(string))
		default:
			return v
		}
		text := v.(string)
		if text = norm.NFC.String(text); ignoreCase {
			text = foldPlainly(text)
		}
		return text
	}
	if text, ok := stored.(string); ok && ignoreCase {
		stored = foldPlainly(text)
	}
	for name, v := range operators {
		ok := false
		switch name {
		case "ignoreCase":
			ok = true
		case "isNull":
			ok = (stored == nil) == v
		default:
			if stored == nil {
				return false
			}
			switch name {
			case "in", "notIn":
				in := func(v any) bool { return compareValues(stored, read(v)) == 0 }
				ok = slices.ContainsFunc(v.([]any), in) == (name == "in")
			case "eq":
				ok = compareValues(stored, read(v)) == 0
			case "ne":
				ok = compareValues(stored, read(v)) != 0
			case "lt":
				ok = compareValues(stored, read(v)) < 0
			case "lte":
				ok = compareValues(stored, read(v)) <= 0
			case "gt":
				ok = compareValues(stored, read(v)) > 0
			case "gte":
				ok = compareValues(stored, read(v)) >= 0
			case "contains":
				ok = strings.Contains(stored.(string), read(v).(string))
			case "startsWith":
				ok = strings.HasPrefix(stored.(string), read(v).(string))
			case "endsWith":
				ok = strings.HasSuffix(stored.(string), read(v).(string))
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// foldPlainly lowers the letters whose upper and lower forms are each other and nobody else's.
func foldPlainly(s string) string {
	return strings.Map(func(r rune) rune {
		if lower := unicode.ToLower(r); unicode.ToUpper(lower) == r {
			return lower
		}
		return r
	}, s)
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(foldPlainly(norm.NFC.String(s)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// searched tells whether every word, phrase and prefix* of a search occurs in one of the texts.
func searched(search string, texts ...string) bool {
	occurs := func(phrase []string, prefix bool) bool {
		return len(phrase) == 0 || slices.ContainsFunc(texts, func(text string) bool {
			words := wordsOf(text)
			for i := 0; i+len(phrase) <= len(words); i++ {
				if slices.Equal(words[i:i+len(phrase)], phrase) || prefix && strings.HasPrefix(words[i], phrase[0]) {
					return true
				}
			}
			return false
		})
	}
	if len(wordsOf(search)) == 0 {
		return false
	}
	parts := strings.Split(search, `"`)
	for i, part := range parts {
		if i%2 == 1 && i < len(parts)-1 { // between two quotes
			if !occurs(wordsOf(part), false) {
				return false
			}
			continue
		}
		for _, chunk := range strings.SplitAfter(part, "*") {
			words := wordsOf(chunk)
			for j, word := range words {
				prefix := j == len(words)-1 && strings.HasSuffix(foldPlainly(norm.NFC.String(chunk)), word+"*")
				if !occurs([]string{word}, prefix) {
					return false
				}
			}
		}
	}
	return true
}

// fragments are what the texts of the filters' graphs are made of: pairs that differ only in case, letters without a
// pair, texts that begin or end alike, and characters that mean something to a database.
var fragments = []string{
	"alpha", "Alpha", "ALPHA", "alp", "beta", "be", "Бета", "БЕТА", "бет", "ΣΊΓΜΑΣ", "σίγμας", "σίγμασ", "İzmir", "izmir", "IZMIR", "ızmir",
	"straße", "STRASSE", "ſet", "Set", "\u212aelvin", "kelvin", "é", "E\u0301", "日本", "日本語", "\U0001F600", "\U00010400x", "\U00010428X",
	"\uffff", "100%", "a_b", `c\d`, "don't", `"q"`, "x-y", "NULL", "--", ";", "a*", "42", "४२", "and", "NEAR(", "title:",
}

type filterWorld struct {
	*rand.Rand
	filter
	whole *world        // as admins see it
	fixed []fixedFilter // to be tried before those made at random
}

type fixedFilter struct {
	table *orm.Table
	where map[string]any
}

// fixedFilters are those where nulls are most easily mistaken: what is not there is neither equal nor unequal.
func (g *filterWorld) fixedFilters() (out []fixedFilter) {
	type m = map[string]any
	for _, table := range db.Model.Tables() {
		for _, c := range table.Columns {
			if c.Filtered() && c.MayBeNull() && c.Kind != orm.Document {
				v := g.operand(c, "eq")
				out = append(out, fixedFilter{table, m{"not": m{c.Field: m{"eq": v}}}}, fixedFilter{table, m{c.Field: m{"isNull": true, "ne": v}}})
				if slices.Contains(c.Kind.Operators(), "notIn") {
					out = append(out, fixedFilter{table, m{c.Field: m{"isNull": true, "notIn": []any{}}}})
				}
			}
		}
		for _, r := range table.Relations {
			if r.Many || r.Required {
				continue
			}
			has := "has" + strings.ToUpper(r.Field[:1]) + r.Field[1:]
			for _, c := range r.To.Columns {
				if c.Filtered() && c.Kind == orm.Text {
					there := m{r.Field: m{c.Field: m{"startsWith": "a"}}}
					out = append(out, fixedFilter{table, m{"not": there}}, fixedFilter{table, m{"or": []any{m{has: false}, m{"not": there}}}})
				}
			}
		}
	}
	return out
}

func (g *filterWorld) text(n int) string {
	parts := make([]string, 1+g.IntN(n))
	for i := range parts {
		parts[i] = fragments[g.IntN(len(fragments))]
	}
	return strings.Join(parts, [...]string{" ", "", "\n"}[g.IntN(10)/4])
}

// newFilterWorld fills a fixture.
func newFilterWorld(t testing.TB, f *fixture, seed uint64) *filterWorld {
	t.Helper()
	g := &filterWorld{Rand: rand.New(rand.NewPCG(seed, 7))}
	fill := newFiller(f, g.Rand, func(c *orm.Column) string {
		if c.Unique {
			return []string{"Ann", "ann", "Åsa", "åsa", "Жан", "жан", "ıl", "İl"}[g.IntN(8)]
		}
		return g.text(1 + g.IntN(6))
	})
	fill.fill(t, f, func(*orm.Table) int { return 4 + g.IntN(14) })
	fill.change(t, f)
	g.whole = readWorld(t, f.DB)
	g.world = g.whole
	g.fixed = g.fixedFilters()
	return g
}

// where makes a random filter of a table's rows.
func (g *filterWorld) where(table *orm.Table, depth int) map[string]any {
	where := map[string]any{}
	for range []int{1, 1, 1, 2, 0}[g.IntN(5)] {
		switch choice := g.IntN(10); {
		case choice < 4 || depth == 0:
			c := table.Columns[g.IntN(len(table.Columns))]
			if !c.Filtered() || c.Kind == orm.Document {
				c = table.KeyColumn()
			}
			where[c.Field] = g.operators(c)
		case choice == 4 && table.Searchable():
			where["matches"] = g.search(table)
		case choice < 7:
			list := make([]any, 1+g.IntN(3))
			for i := range list {
				list[i] = g.where(table, depth-1)
			}
			where[[]string{"and", "or"}[g.IntN(2)]] = list
		case choice == 7:
			where["not"] = g.where(table, depth-1)
		case len(table.Relations) > 0:
			r := table.Relations[g.IntN(len(table.Relations))]
			switch {
			case r.Many:
				quantifiers := map[string]any{}
				for range 1 + g.IntN(2) {
					if name := []string{"some", "every", "none", "count"}[g.IntN(4)]; name != "count" {
						quantifiers[name] = g.where(r.To, depth-1)
						continue
					}
					count := map[string]any{}
					for range g.IntN(3) {
						count[[]string{"eq", "ne", "lt", "lte", "gt", "gte"}[g.IntN(6)]] = g.IntN(5) - 1
					}
					if g.IntN(4) == 0 {
						count[[]string{"in", "notIn"}[g.IntN(2)]] = []any{0, 1 + g.IntN(3)}
					}
					if g.IntN(2) == 0 {
						count["where"] = g.where(r.To, depth-1)
					}
					quantifiers["count"] = count
				}
				where[r.Field] = quantifiers
			case !r.Required && g.IntN(3) == 0:
				where["has"+strings.ToUpper(r.Field[:1])+r.Field[1:]] = g.IntN(2) == 0
			default:
				where[r.Field] = g.where(r.To, depth-1)
			}
		}
	}
	return where
}

func (g *filterWorld) search(table *orm.Table) string {
	var parts []string
	for range 1 + g.IntN(2) {
		text := []rune(fragments[g.IntN(len(fragments))])
		switch g.IntN(5) {
		case 0:
			parts = append(parts, string(text[:1+g.IntN(len(text))])+"*")
		case 1:
			parts = append(parts, `"`+strings.ReplaceAll(g.text(2), `"`, "")+`"`)
		case 2:
			if rows := g.all(table); len(rows) > 0 { // words that do stand in a row
				searched := table.Searched()
				text, _ := rows[g.IntN(len(rows))].values[searched[len(searched)-1].Name].(string)
				words := wordsOf(text)
				from := g.IntN(len(words) + 1)
				parts = append(parts, `"`+strings.Join(words[from:min(len(words), from+1+g.IntN(3))], " ")+`"`)
			}
		default:
			parts = append(parts, string(text))
		}
	}
	return strings.Join(parts, " ")
}

func (g *filterWorld) all(table *orm.Table) []*row { return g.world.rows[table] }

func (g *filterWorld) operators(c *orm.Column) map[string]any {
	operators := map[string]any{}
	for range []int{1, 1, 1, 1, 2, 0}[g.IntN(6)] {
		names := slices.DeleteFunc(c.Kind.Operators(), func(name string) bool { return name == "ignoreCase" || name == "isNull" })
		if c.Nullable {
			names = append(names, "isNull")
		}
		switch name := names[g.IntN(len(names))]; name {
		case "in", "notIn":
			list := make([]any, g.IntN(4))
			for i := range list {
				list[i] = g.operand(c, name)
			}
			if len(list) > 1 && g.IntN(3) == 0 {
				list[0] = list[1]
			}
			operators[name] = list
		case "isNull":
			operators[name] = g.IntN(2) == 0
		default:
			operators[name] = g.operand(c, name)
		}
	}
	if c.Kind == orm.Text && g.IntN(3) == 0 {
		operators["ignoreCase"] = g.IntN(4) > 0
	}
	return operators
}

// operand is mostly a value of a row, or a part of one.
func (g *filterWorld) operand(c *orm.Column, operator string) any {
	rows := g.all(c.Table)
	var v any
	if len(rows) > 0 {
		v = rows[g.IntN(len(rows))].values[c.Name]
	}
	switch c.Kind {
	case orm.Key:
		if v == nil || g.IntN(8) == 0 {
			return orm.GlobalID(c.Table, 1<<40)
		}
		return orm.GlobalID(c.Table, v.(int64))
	case orm.Time:
		at, ok := v.(time.Time)
		if !ok {
			at = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
		}
		return at.Add(time.Duration(g.IntN(3)-1) * 333 * time.Nanosecond).In(time.FixedZone("", (g.IntN(3)-1)*5400)).Format(time.RFC3339Nano)
	}
	if c.Kind != orm.Text {
		if v == nil || g.IntN(5) == 0 {
			v = plain(c)
		}
		switch v := v.(type) {
		case int64:
			if c.Kind == orm.Long {
				return strconv.FormatInt(v, 10)
			}
		case orm.Decimal:
			return string(v)
		case string:
			if c.Kind == orm.Enum {
				return enumValue(v)
			}
		}
		return v
	}
	text, ok := v.(string)
	if !ok || g.IntN(5) == 0 {
		text = g.text(1)
	}
	runes := []rune(text)
	switch {
	case operator == "contains" || operator == "startsWith" && g.IntN(4) == 0:
		from := g.IntN(len(runes) + 1)
		text = string(runes[from:min(len(runes), from+g.IntN(5))])
	case operator == "startsWith":
		text = string(runes[:g.IntN(len(runes)+1)])
	case operator == "endsWith":
		text = string(runes[g.IntN(len(runes)+1):])
	}
	switch g.IntN(12) {
	case 0:
		text = strings.ToUpper(text)
	case 1:
		text = strings.ToLower(text)
	case 2:
		text = norm.NFD.String(text)
	}
	return text
}

func (g *filterWorld) order(table *orm.Table, schema *ast.Schema, ranked bool) []any {
	var order []any
	for range g.IntN(3) {
		values := schema.Types[table.Type+"OrderField"].EnumValues
		name := values[g.IntN(len(values))].Name
		if ones := toOne(table); len(ones) > 0 && g.IntN(4) == 0 {
			r := ones[g.IntN(len(ones))]
			all := append(r.To.Orders(), r.To.OrderCounts()...)
			step := map[string]any{"field": all[g.IntN(len(all))].OrderName(), "direction": []string{"ASC", "DESC"}[g.IntN(2)]}
			order = append(order, map[string]any{r.Field: step})
			continue
		}
		if name != "RELEVANCE" {
			order = append(order, map[string]any{"field": name, "direction": []string{"ASC", "DESC"}[g.IntN(2)]})
		}
	}
	if ranked {
		order = append([]any{map[string]any{"field": "RELEVANCE", "direction": []string{"ASC", "DESC"}[g.IntN(2)]}}, order...)
	}
	return order
}

// An enumValue is a value of an enum, which has no quotes in a document.
type enumValue string

// literal writes a value as it stands in a document.
func literal(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == "field" || name == "direction" {
				fields = append(fields, name+": "+v[name].(string))
				continue
			}
			fields = append(fields, name+": "+literal(v[name]))
		}
		return "{" + strings.Join(fields, " ") + "}"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = literal(item)
		}
		return "[" + strings.Join(items, " ") + "]"
	case string:
		return quote(v)
	case enumValue:
		return string(v)
	}
	text, _ := json.Marshal(v)
	return string(text)
}

type filterPage struct {
	TotalCount int
	PageInfo   struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
	Edges []struct {
		Cursor string
		Node   struct{ ID string }
	}
}

const filterPageFields = `{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } }`

// askBoth asks both ways, which must answer the same bytes, and reads the answer's data.
func askBoth(t *testing.T, f *fixture, viewer orm.Viewer, r request, data any) {
	t.Helper()
	status, planned := ask(t, f.Planned, viewer, r)
	if resolvedStatus, resolved := ask(t, f.Resolved, viewer, r); string(planned) != string(resolved) || status != resolvedStatus {
		t.Fatalf("%s\n%v\nplanned  %s\nresolved %s", r.Query, r.Variables, planned, resolved)
	}
	var body struct {
		Data   any
		Errors []any
	}
	body.Data = data
	if err := json.Unmarshal(planned, &body); err != nil || status != http.StatusOK || body.Errors != nil {
		t.Fatalf("%s\n%s\nanswered %d %s", r.Query, literal(r.Variables), status, planned)
	}
}

// Random filters, orders and pages over random graphs find what a plain evaluation of all rows finds: the same rows in the
// same order with the same counts, on both databases, planned and resolved.
func TestRandomFilters(t *testing.T) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	roots := map[*orm.Table]string{}
	for _, table := range db.Model.Tables() {
		roots[table] = table.Root()
	}
	for _, database := range databases {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("%s/%d", database, seed), func(t *testing.T) {
				t.Parallel()
				f := open(t, database)
				g := newFilterWorld(t, f, seed)
				g.Shuffle(len(g.fixed), func(i, j int) { g.fixed[i], g.fixed[j] = g.fixed[j], g.fixed[i] })
				g.fixed = g.fixed[:min(len(g.fixed), *queries/3)]
				some, all := 0, max(8, *queries*2/3)
				for range all {
					some += btoi(testFilter(t, f, g, schema, roots))
				}
				if 100*some < 8*all {
					t.Errorf("only %d filters let some rows pass and others not", some)
				}
			})
		}
	}
}

func testFilter(t *testing.T, f *fixture, g *filterWorld, schema *ast.Schema, roots map[*orm.Table]string) (some bool) {
	t.Helper()
	people := users(g.world)
	g.viewer = []orm.Viewer{{}, {Admin: true}, someViewer(g.Rand, people)}[g.IntN(3)]
	g.world = g.whole.as(g.viewer)
	var parent *orm.Table
	table := db.Model.Tables()[g.IntN(len(db.Model.Tables()))]
	field, parentField := roots[table], ""
	var relation *orm.Relation
	if g.IntN(2) == 0 {
		parent = db.Model.Tables()[g.IntN(len(db.Model.Tables()))]
		for _, r := range parent.Relations {
			if r.Many {
				relation, table, field, parentField = r, r.To, r.Field, roots[parent]
			}
		}
	}
	where := g.where(table, 3)
	ranked := false
	if len(g.fixed) > 0 {
		table, where, relation, g.viewer.Admin = g.fixed[0].table, g.fixed[0].where, nil, true
		g.world = g.whole
		field, g.fixed = roots[table], g.fixed[1:]
	} else if table.Searchable() && g.IntN(3) == 0 {
		where = map[string]any{"and": []any{where, map[string]any{"matches": g.search(table)}}}
		ranked = g.IntN(2) == 0
	}
	orderBy := g.order(table, schema, ranked)
	var distinct []*orm.Column
	names := []any{}
	if columns := table.Distincts(); !ranked && g.IntN(4) == 0 {
		for range 1 + g.IntN(2) {
			c := columns[g.IntN(len(columns))]
			distinct, names = append(distinct, c), append(names, c.DistinctName())
		}
	}
	size := 1 + g.IntN(6)
	backward := g.IntN(3) == 0
	argument, from := "first", "after"
	if backward {
		argument, from = "last", "before"
	}
	declared := fmt.Sprintf("query($where: %sWhere, $orderBy: [%[1]sOrder!], $distinct: [%[1]sDistinctField!], $size: Int, $from: String)", table.Type)
	variables := map[string]any{"where": where, "orderBy": orderBy, "distinct": names, "size": size}
	arguments := fmt.Sprintf("(where: $where orderBy: $orderBy distinct: $distinct %s: $size %s: $from)", argument, from)
	if g.IntN(2) == 0 {
		declared = "query($size: Int, $from: String)"
		arguments = fmt.Sprintf("(where: %s orderBy: %s distinct: %s %s: $size %s: $from)", literal(where), literal(orderBy), strings.ReplaceAll(literal(names), `"`, ""), argument, from)
		variables = map[string]any{"size": size}
	}
	check := func(page *filterPage, want []*row) (got []string) {
		t.Helper()
		n := min(size, len(want))
		expected := want[:n]
		if backward {
			expected = want[len(want)-n:]
		}
		ids := []string{}
		for _, e := range page.Edges {
			got = append(got, e.Node.ID)
		}
		for _, r := range expected {
			ids = append(ids, r.id())
		}
		if !ranked && !slices.Equal(got, ids) {
			t.Fatalf("%s%s of %v\n%s %s\ngot  %v\nwant %v", field, arguments, g.viewer, literal(where), literal(orderBy), got, ids)
		}
		return got
	}
	if relation != nil {
		r := request{Query: fmt.Sprintf("%s { parents: %s(first: 100) { nodes { id page: %s%s %s } } }", declared, parentField, field, arguments, filterPageFields), Variables: variables}
		var data struct {
			Parents struct {
				Nodes []struct {
					ID   string
					Page filterPage
				}
			}
		}
		askBoth(t, f, g.viewer, r, &data)
		parents := g.filter.rows(parent, g.all(parent), nil, nil)
		for i, p := range parents {
			all := g.visible(relation, p)
			want := firsts(g.filter.rows(table, all, where, orderBy), distinct)
			some = some || len(want) > 0 && len(want) < len(all)
			page := data.Parents.Nodes[i].Page
			check(&page, want)
			more := page.PageInfo.HasNextPage
			if backward {
				more = page.PageInfo.HasPreviousPage
			}
			if page.TotalCount != len(want) || more != (len(want) > size) || len(page.Edges) != min(size, len(want)) {
				t.Fatalf("%s\n%s\nof %v: %d rows of %d, more: %v; want %d", r.Query, literal(variables), p.values, len(page.Edges), page.TotalCount, more, len(want))
			}
		}
		return some
	}
	all := g.all(table)
	want := firsts(g.filter.rows(table, all, where, orderBy), distinct)
	count := len(want)
	expected := []string{}
	for _, r := range want {
		expected = append(expected, r.id())
	}
	r := request{Query: fmt.Sprintf("%s { page: %s%s %s }", declared, field, arguments, filterPageFields), Variables: variables}
	var walked []string
	for {
		var data struct{ Page filterPage }
		askBoth(t, f, g.viewer, r, &data)
		page := data.Page
		got := check(&page, want)
		more, behind, next := page.PageInfo.HasNextPage, page.PageInfo.HasPreviousPage, page.PageInfo.EndCursor
		if backward {
			more, behind, next = behind, more, page.PageInfo.StartCursor
			walked = append(got, walked...)
			want = want[:len(want)-min(size, len(want))]
		} else {
			walked = append(walked, got...)
			want = want[min(size, len(want)):]
		}
		if page.TotalCount != count || more != (len(want) > 0) || behind != (len(walked) > len(got)) {
			t.Fatalf("%s\n%s\ncounts %d of %d, more %v, behind %v, %d to come", r.Query, literal(variables), page.TotalCount, count, more, behind, len(want))
		}
		if !more {
			break
		}
		variables["from"] = *next
	}
	if ranked {
		slices.Sort(walked)
		slices.Sort(expected)
		if !slices.Equal(walked, expected) {
			t.Fatalf("%s\n%s\nfound %v\nwant  %v", r.Query, literal(variables), walked, expected)
		}
	}
	testBulk(t, f, g, table, where, g.filter.rows(table, all, where, nil))
	return count > 0 && count < len(all)
}

// testBulk holds that a delete and a change of many are for the rows that match: all of them if they are not too many, and
// the viewer's.
func testBulk(t *testing.T, f *fixture, g *filterWorld, table *orm.Table, where any, matching []*row) {
	t.Helper()
	ids := make([]string, len(matching))
	for i, r := range matching {
		ids[i] = r.id()
	}
	slices.Sort(ids)
	most := max(0, len(ids)-g.IntN(2)*g.IntN(2))
	variables := map[string]any{"where": where, "most": most}
	ask := func(verb, more, selection string) (m map[string]any, code string) {
		t.Helper()
		name := verb + strings.ToUpper(table.Root()[:1]) + table.Root()[1:]
		r := request{Query: fmt.Sprintf("mutation($where: %sWhere!, $most: Int!) @dryRun { m: %s(input: {where: $where, atMost: $most%s}) { %s userErrors { code field } } }", table.Type, name, more, selection), Variables: variables}
		h := []http.Handler{f.Planned, f.Resolved}[g.IntN(2)]
		a := answerOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(orm.WithViewer(r.Context(), g.viewer)))
		}), r)
		m, _ = a.at("m").(map[string]any)
		if faults, _ := m["userErrors"].([]any); len(faults) > 0 {
			code, _ = faults[0].(map[string]any)["code"].(string)
		}
		return m, a.code() + code
	}
	owned := func(r *row) bool {
		return g.viewer.Admin || table.Writes() != nil && g.world.may(table.Writes(), g.viewer, r)
	}
	expected := ""
	switch {
	case !g.viewer.Admin && g.viewer.Key == 0:
		expected = "UNAUTHENTICATED"
	case !g.viewer.Admin && (table.Writes() == nil || table.Writes().Closed(g.viewer)):
		expected = "FORBIDDEN"
	case len(ids) > most:
		expected = "TOO_MANY"
	case slices.ContainsFunc(matching, func(r *row) bool { return !owned(r) }):
		expected = "FORBIDDEN"
	}
	if table.HasMany(orm.Deleting) {
		force := map[bool]string{true: ", force: true"}[table.Forced()]
		deleted, code := ask("delete", force, "deletedIds")
		got := textsOf(deleted["deletedIds"])
		if slices.Sort(got); code != expected || expected == "" && !slices.Equal(got, ids) {
			t.Fatalf("of %v at most %d of %s that match %s: %s, deleted %v, want %s, %v", g.viewer, most, table.Root(), literal(where), code, got, expected, ids)
		}
	}
	if !table.HasMany(orm.Updating) {
		return
	}
	changed, code := ask("update", ", set: {}", "count "+table.Root()+" { id version }")
	rows, _ := changed[table.Root()].([]any)
	if faults, _ := changed["userErrors"].([]any); len(faults) > 0 && expected == "" {
		if path := textsOf(faults[0].(map[string]any)["field"]); len(path) > 1 && path[1] == "set" {
			return // a check of the page stands against rows that were made past it
		}
	}
	shown := make([]string, len(rows))
	for i, r := range rows {
		shown[i], _ = r.(map[string]any)["id"].(string)
	}
	if slices.Sort(shown); code != expected || expected == "" && (!slices.Equal(shown, ids) || changed["count"] != float64(len(ids))) {
		t.Fatalf("of %v at most %d of %s that match %s: %s, changed %v, want %s, %v", g.viewer, most, table.Root(), literal(where), code, shown, expected, ids)
	}
}

// What the relations page declares can be filtered and ordered by, and nothing else: input types and page agree.
func TestFiltersAreThePage(t *testing.T) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	fields := func(name string) map[string]string {
		out := map[string]string{}
		if definition := schema.Types[name]; definition != nil {
			for _, f := range definition.Fields {
				out[f.Name] = f.Type.String()
			}
			for _, v := range definition.EnumValues {
				out[v.Name] = ""
			}
		}
		return out
	}
	same := func(name string, want map[string]string) {
		t.Helper()
		if got := fields(name); !maps.Equal(got, want) {
			t.Errorf("the schema's %s is\n%v, the relations page says\n%v", name, got, want)
		}
	}
	for _, table := range db.Model.Tables() {
		self := table.Type + "Where"
		where := map[string]string{"and": "[" + self + "!]", "or": "[" + self + "!]", "not": self}
		order, distinct := map[string]string{}, map[string]string{}
		step := map[string]string{"field": table.Type + "OrderField", "direction": "OrderDirection!"}
		for _, c := range table.Columns {
			if c.Filtered() && schema.Types[c.Scalar()+"Where"] != nil { // of a JSON value that is never null nothing is asked
				where[c.Field] = c.Scalar() + "Where"
			}
		}
		for _, c := range table.Orders() {
			order[c.OrderName()] = ""
		}
		for _, r := range table.Relations {
			if r.Many {
				list := r.To.Type + "ListWhere"
				where[r.Field] = list
				inner := r.To.Type + "Where"
				count := r.To.Type + "CountWhere"
				same(list, map[string]string{"some": inner, "every": inner, "none": inner, "count": count})
				same(count, map[string]string{"where": inner, "eq": "Int", "ne": "Int", "in": "[Int!]", "notIn": "[Int!]", "lt": "Int", "lte": "Int", "gt": "Int", "gte": "Int"})
				order[screaming(r.Field)+"_COUNT"] = ""
				continue
			}
			step[r.Field] = r.To.Type + "Order"
			if r.Own != nil && r.To.Reads() == nil {
				distinct[screaming(r.Field)] = ""
			}
			where[r.Field] = r.To.Type + "Where"
			if !r.Required {
				where["has"+strings.ToUpper(r.Field[:1])+r.Field[1:]] = "Boolean"
			}
		}
		if table.Searchable() {
			where["matches"], where["matchOptions"], order["RELEVANCE"] = "String", "MatchOptions", ""
		}
		same(self, where)
		same(table.Type+"OrderField", order)
		same(table.Type+"Order", step)
		for name := range order {
			if table.OrderColumn(strings.ToLower(name)) == nil {
				t.Errorf("%s cannot be ordered by %s", table.Type, name)
			}
			if name != "ID" && name != "RELEVANCE" && !strings.HasSuffix(name, "_COUNT") {
				distinct[name] = ""
			}
		}
		same(table.Type+"DistinctField", distinct)
		for name := range distinct {
			if table.DistinctColumn(name) == nil {
				t.Errorf("%s cannot be told apart by %s", table.Type, name)
			}
		}
	}
}

// screaming turns "createdAt" into "CREATED_AT".
func screaming(name string) string {
	return strings.ToUpper(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "_$0"))
}

// hostile is what has once meant something to somebody's database or search.
var hostile = []string{
	`'`, `"`, `;`, `--`, `\`, `%`, `_`, "\x00", `''`, `\'`, `' OR '1'='1`, `" OR "" = "`, `'; DROP TABLE posts; --`, "*", "(", "()", "{a}", "[a]", "^a", "~", "|", "&", "!", "<->",
	"AND", "OR", "NOT", "NEAR", "NEAR(a b, 3)", "a AND NOT b", "title:a", "title_words:a", "{title_words}:a", "a & !b", "a | b", "a:*", "a:A", "a <-> b", "$1", "?", ":x", "@x", "%s", "a\x00b", "\uffff", "\U0010FFFF", "/* */", "NULL", "0x41",
}

// Every text means itself in every place that takes one.
func TestTextsAreLiteral(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			ctx := orm.WithViewer(context.Background(), orm.Viewer{Admin: true})
			var posts []any
			for i, text := range hostile {
				text = strings.ReplaceAll(text, "\x00", "0")
				posts = append(posts, orm.Input{{Name: "title", Value: text}, {Name: "content", Value: "a" + text + "b"}, {Name: "tags", Value: []any{"t" + text}}},
					orm.Input{{Name: "title", Value: fmt.Sprintf("b %d a", i)}, {Name: "content", Value: "a xyz b"}})
			}
			err := f.DB.Write(ctx, func(ctx context.Context) error {
				draft, faults := orm.NewDraft(db.Users.Table, orm.Input{{Name: "username", Value: "a"}, {Name: "posts", Value: posts}}, nil, true)
				if len(faults) == 0 {
					var err error
					if _, faults, err = f.DB.Create(ctx, draft); err != nil {
						return err
					}
				}
				if len(faults) > 0 {
					t.Fatal(faults)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			plain := filter{world: readWorld(t, f.DB)}
			check := func(table *orm.Table, where map[string]any) {
				t.Helper()
				var data struct {
					Page struct {
						TotalCount int
						Nodes      []struct{ ID string }
					}
				}
				askBoth(t, f, orm.Viewer{}, request{Query: "query($where: " + table.Type + "Where) { page: " + table.Name + "(first: 100 where: $where) { totalCount nodes { id } } }",
					Variables: map[string]any{"where": where}}, &data)
				got, want := []string{}, []string{}
				for _, n := range data.Page.Nodes {
					got = append(got, n.ID)
				}
				rows := plain.rows(table, plain.world.rows[table], where, nil)
				for _, r := range rows[:min(100, len(rows))] {
					want = append(want, r.id())
				}
				if !slices.Equal(got, want) || data.Page.TotalCount != len(rows) {
					t.Errorf("%s %s: %d rows, want %d", table.Name, literal(where), data.Page.TotalCount, len(rows))
				}
			}
			for _, text := range hostile {
				for _, operator := range []string{"eq", "ne", "lt", "gte", "contains", "startsWith", "endsWith"} {
					check(db.Posts.Table, map[string]any{"content": map[string]any{operator: text}})
				}
				check(db.Posts.Table, map[string]any{"title": map[string]any{"contains": text, "ignoreCase": true}})
				check(db.Posts.Table, map[string]any{"title": map[string]any{"in": []any{text, "x"}}})
				check(db.Posts.Table, map[string]any{"title": map[string]any{"notIn": []any{text, "x"}}})
				check(db.Posts.Table, map[string]any{"tags": map[string]any{"some": map[string]any{"name": map[string]any{"eq": "t" + text}}}})
				check(db.Posts.Table, map[string]any{"tags": map[string]any{"none": map[string]any{"name": map[string]any{"eq": "t" + text}}}})
				for _, search := range []string{text, "a" + text, text + "*", `"` + text, `"` + text + `"`, text + " xyz"} {
					check(db.Posts.Table, map[string]any{"matches": search})
				}
				none := func(query string) {
					t.Helper()
					var data struct{ Row *struct{ ID string } }
					askBoth(t, f, orm.Viewer{}, request{Query: query, Variables: map[string]any{"text": text}}, &data)
					if data.Row != nil {
						t.Errorf("%s finds %v for %q", query, data.Row, text)
					}
				}
				none(`query($text: String!) { row: user(by: {username: $text}) { id } }`)
				none(`query($text: String!) { row: tag(by: {name: $text}) { id } }`)
				for _, query := range []string{`query($text: ID!) { node(id: $text) { id } }`, `query($text: String) { posts(after: $text) { totalCount } }`, `query($text: ID!) { posts(where: {id: {eq: $text}}) { totalCount } }`} {
					for _, h := range []http.Handler{f.Planned, f.Resolved} {
						if a := answerOf(t, h, request{Query: query, Variables: map[string]any{"text": text}}); a.code() != "BAD_REQUEST" {
							t.Errorf("%s with %q answers %s", query, text, a.code())
						}
					}
				}
			}
		})
	}
}

// A filter that cannot be met says where it is wrong; a large one is either answered or refused.
func TestBadFilters(t *testing.T) {
	nested := func(name string, depth int) map[string]any {
		where := map[string]any{"title": map[string]any{"eq": "x"}}
		for range depth {
			if name == "not" {
				where = map[string]any{"not": where}
			} else {
				where = map[string]any{name: []any{where, map[string]any{"content": map[string]any{"ne": "y"}}}}
			}
		}
		return where
	}
	many := func(n int, text string) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprint(text, i)
		}
		return list
	}
	type m = map[string]any
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			for _, c := range []struct {
				where any
				want  string // of the message; empty: no error
			}{
				{m{}, ""},
				{m{"and": []any{}}, ""},
				{m{"or": []any{}}, "`where.or` must not be empty"},
				{m{"and": []any{m{"not": m{"or": []any{}}}}}, "`where.and.0.not.or` must not be empty"},
				{m{"title": nil}, "`where.title` must not be null"},
				{m{"title": m{"eq": nil}}, "`where.title.eq` must not be null"},
				{m{"title": m{"in": nil}}, "`where.title.in` must not be null"},
				{m{"createdAt": m{"gt": nil}}, "`where.createdAt.gt` must not be null"},
				{m{"id": m{"eq": nil}}, "`where.id.eq` must not be null"},
				{m{"author": nil}, "`where.author` must not be null"},
				{m{"author": m{"hasAddress": nil}}, "`where.author.hasAddress` must not be null"},
				{m{"tags": m{"some": nil}}, "`where.tags.some` must not be null"},
				{m{"not": nil}, "`where.not` must not be null"},
				{m{"or": []any{m{}, m{"matches": nil}}}, "`where.or.1.matches` must not be null"},
				{m{"id": m{"in": []any{orm.GlobalID(db.Users.Table, 1)}}}, "`where.id.in.0` is not an id of the right type"},
				{m{"title": m{"in": []any{}}}, ""},
				{m{"title": m{"in": many(250, "t")}}, ""},
				{m{"title": m{"notIn": many(250, "t"), "ignoreCase": true}}, ""},
				{m{"title": m{"in": many(10_000, "t")}}, "250"},
				{m{"matches": strings.Join(strings.Fields(fmt.Sprint(many(100, "w"))), " ")}, ""},
				{m{"matches": strings.Join(strings.Fields(fmt.Sprint(many(101, "w"))), " ")}, "`where.matches` must have at most 100 words"},
				{m{"matches": strings.Repeat(`" ' * `, 1700)}, ""},
				{m{"matches": strings.Repeat(`x`, 10_000)}, ""},
				{m{"matches": strings.Repeat(`"x y" `, 1700)}, ""},
				{m{"matches": "the and of"}, ""},
				{m{"matches": ""}, ""},
				{m{"not": m{"matches": " "}}, ""},
				{nested("and", 20), ""},
				{nested("or", 20), ""},
				{nested("not", 40), ""},
			} {
				for _, h := range []http.Handler{f.Planned, f.Resolved} {
					a := answerOf(t, h, request{Query: "query($where: PostWhere) { posts(where: $where) { totalCount nodes { id } } }", Variables: map[string]any{"where": c.where}})
					text := string(a.Body)
					if c.want == "" && a.code() != "" || c.want != "" && (a.code() != "BAD_REQUEST" && a.code() != "LIMIT_EXCEEDED" || !strings.Contains(text, c.want)) {
						t.Errorf("%.200s answers %.300s, want %q", literal(c.where), text, c.want)
					}
				}
			}
			wide := make([]any, 250)
			for i := range wide {
				wide[i] = m{"title": m{"startsWith": fmt.Sprint("t", i)}, "content": m{"contains": "a", "ne": "b"}}
			}
			var data any
			askBoth(t, f, orm.Viewer{}, request{Query: "query($where: PostWhere) { posts(where: $where) { totalCount nodes { id } } }", Variables: m{"where": m{"or": wide}}}, &data)
			a := answerOf(t, f.Planned, request{Query: "query($where: PostWhere) { posts(where: $where) { totalCount } }", Variables: m{"where": m{"or": []any{m{"and": wide}, m{"and": wide}}}}})
			if text := string(a.Body); !strings.Contains(text, "`where` must have at most 1000 conditions") {
				t.Errorf("1500 conditions answer %.200s", text)
			}
			for _, where := range []string{"", `where: {or: [{matches: "a"}]}`, `where: {not: {matches: "a"}}`, `where: {author: {posts: {some: {matches: "a"}}}}`} {
				// Without words to search for nothing is more relevant, and the key decides.
				query := "{ posts(orderBy: {field: RELEVANCE} " + where + ") { edges { cursor node { id } } } }"
				plain := answerOf(t, f.Planned, request{Query: strings.Replace(query, "RELEVANCE", "ID", 1)})
				for _, h := range []http.Handler{f.Planned, f.Resolved} {
					if a := answerOf(t, h, request{Query: query}); a.code() != "" || string(a.Body) != string(plain.Body) {
						t.Errorf("%s answers %s", query, a.Body)
					}
				}
			}
		})
	}
}

// Counts under filters, nested for a hundred parents, take one statement, and one that looks up what the filter names.
func TestCountsAreOneStatement(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			ctx := orm.WithViewer(context.Background(), orm.Viewer{Admin: true})
			for i := range 100 {
				err := f.DB.Write(ctx, func(ctx context.Context) error {
					var posts []any
					for j := range i % 5 {
						posts = append(posts, orm.Input{{Name: "title", Value: fmt.Sprint("heron ", j)}, {Name: "content", Value: "c"}, {Name: "tags", Value: []any{fmt.Sprint("t", j)}}})
					}
					draft, _ := orm.NewDraft(db.Users.Table, orm.Input{{Name: "username", Value: fmt.Sprint("u", i)}, {Name: "posts", Value: posts}}, nil, true)
					_, _, err := f.DB.Create(ctx, draft)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			f.Statements()
			for _, h := range []http.Handler{f.Planned, f.Resolved} {
				a := answerOf(t, h, request{Query: `{ users(first: 100) { nodes { posts(where: {matches: "heron" tags: {none: {name: {eq: "t1"}}}} orderBy: {field: RELEVANCE}) { totalCount } } } }`})
				if a.code() != "" {
					t.Fatal(a)
				}
				statements := f.Statements()
				if len(statements) != 3 || !strings.HasSuffix(statements[1].Path, " by Tag.name") || statements[2].Keys != 100 || !strings.HasSuffix(statements[2].Path, ".totalCount") {
					t.Errorf("%d statements", len(statements))
					for _, s := range statements {
						t.Log(s.Path, s.Text)
					}
				}
				sum := 0
				var data struct {
					Users struct {
						Nodes []struct{ Posts struct{ TotalCount int } }
					}
				}
				_, body := send(t, h, request{Query: `{ users(first: 100) { nodes { posts(where: {matches: "heron" tags: {none: {name: {eq: "t1"}}}}) { totalCount } } } }`})
				f.Statements()
				if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(body)), `{"data":`), "}")), &data); err != nil {
					t.Fatalf("%s: %v", body, err)
				}
				for _, n := range data.Users.Nodes {
					sum += n.Posts.TotalCount
				}
				if sum != 20*(1+1+2+3) {
					t.Errorf("%d posts in all", sum)
				}
			}
		})
	}
}

// What filters name by unique values is looked up once in an operation, whatever runs side by side.
func TestLookUpsAreShared(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			someUsers(t, f, 3)
			f.Statements()
			const text = `{
				profiles(where: {user: {username: {in: ["u1", "u2"]}}}) { totalCount nodes { fullName } aggregate { max { fullName } } groups(by: [FULL_NAME]) { aggregate { count } } }
				again: profiles(where: {user: {username: {in: ["u2", "u1"]}}}) { nodes { bio } } }`
			for way, h := range f.ways() {
				if a := answerOf(t, h, request{Query: text}); a.code() != "" {
					t.Fatalf("%s: %s", way, a.Body)
				}
				lookUps := 0
				for _, s := range f.Statements() {
					lookUps += strings.Count(s.Path, " by User.username")
				}
				if lookUps != 1 {
					t.Errorf("%s: %d look-ups", way, lookUps)
				}
			}
		})
	}
}
