package document

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
	"kith/graph/plan"
)

func (s *Store) estimator(variables map[string]any, looks looks) *estimator {
	return &estimator{schema: s.schema, sizes: s.sizes, variables: variables, looks: looks, fragments: map[fragment]estimate{}}
}

// cost is what an operation costs, and about how many rows it makes the database look at; its error is that it is too
// much.
func (s *Store) cost(ctx context.Context, doc *document, operation *ast.OperationDefinition, variables map[string]any) (cost int, looked float64, err error) {
	if cost, fixed := doc.costs[operation]; fixed {
		return cost, 0, s.affordable(cost, cost)
	}
	e := s.estimator(variables, func(via *orm.Relation, table *orm.Table, page *orm.Page, what reading) (each, once float64) {
		if what == summarizing {
			return s.db.SummaryLooks(ctx, via, table, page)
		}
		return s.db.Looks(ctx, via, table, page, what == counting)
	})
	sum := e.selections(operation.SelectionSet)
	switch {
	case e.depth > maxHopDepth:
		err = exceeded("a filter may cross %d relations in a row", maxHopDepth)
	case sum.hops > maxHops:
		err = exceeded("the filters of an operation may cross %d relations", maxHops)
	default:
		err = s.affordable(sum.rows, sum.cost())
	}
	return sum.cost(), sum.looked(), err
}

// affordable refuses an operation that could return too many rows, or costs too much for other reasons.
func (s *Store) affordable(rows, cost int) error {
	switch {
	case rows > s.limits.Cost:
		return exceeded("the operation could return %d rows and may return %d", rows, s.limits.Cost)
	case cost > s.limits.Cost:
		return exceeded("the operation's filters and total counts look at too many rows: it costs %d and may cost %d", cost, s.limits.Cost)
	}
	return nil
}

// An estimator tells what operations of one document cost. Of a fragment it is computed once and counted for every spread.
//
// A connection costs its page size for each time that its rows are selected, and at least once; what is selected of a
// row is added to that row. A to-one relation is one row. Fields are counted before equal ones are merged, and whether
// or not @skip leaves them out. Groups cost as many rows as there may be, beside those of the page. What filters, orders and total counts make the database look at depends on its tables, and is
// only known while an operation is about to run.
type estimator struct {
	schema    *ast.Schema
	looks     looks          // nil: not asked for
	variables map[string]any // coerced
	fragments map[fragment]estimate
	sizes     map[string]int // of the schema's own lists
	written   int            // rows of the mutation for many that is being looked at
	meta      int            // of introspection
	varies    bool           // the variables or the database have a say
	depth     int            // of the relations in a filter
}

// A fragment costs the same wherever as many rows are written.
type fragment struct {
	name    string
	written int
}

// looks is orm.DB.Looks, or SummaryLooks of what is summarized, for one request.
type looks = func(via *orm.Relation, table *orm.Table, page *orm.Page, what reading) (each, once float64)

// A reading is what is read of a connection.
type reading uint8

const (
	paging reading = iota
	counting
	summarizing
)

// groupingPasses is how often going through all rows takes as long as making groups of them, which orders them.
const groupingPasses = 2

// An estimate is what a selection costs.
type estimate struct {
	rows       int     // that it could return
	hops       int     // that filters in it take
	each, once float64 // rows to look at: for every row that it is selected of, and once
	reads      bool    // rows of the connection that it is selected of are read
	counts     int     // how often that connection's rows are counted
	// Groups of the connection that it is selected of: rows, and rows to look at for each time that they are selected; and how
	// often all rows of the connection are gone through for these and for aggregates.
	groups     int
	groupsEach float64
	passes     int
}

func (t estimate) plus(u estimate) estimate {
	return estimate{plus(t.rows, u.rows), plus(t.hops, u.hops), t.each + u.each, t.once + u.once, t.reads || u.reads, plus(t.counts, u.counts),
		plus(t.groups, u.groups), t.groupsEach + u.groupsEach, plus(t.passes, u.passes)}
}

// of is the estimate of a field whose rows t is selected of, n of them at most.
func (t estimate) of(n, rows int) estimate {
	return estimate{rows: rows, hops: t.hops, each: float64(n) * t.each, once: t.once, reads: true}
}

// looked is about how many rows the database looks at.
func (t estimate) looked() float64 { return t.each + t.once }

// cost is what t comes to.
func (t estimate) cost() int { return plus(t.rows, int(min(t.looked()/lookedAt, most))) }

// most stops costs from running over: far above every limit, and its square is an int still.
const most = math.MaxInt32

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func plus(a, b int) int  { return min(a+b, most) }
func times(a, b int) int { return min(a*b, most) }

func (e *estimator) selections(set ast.SelectionSet) (sum estimate) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			sum = sum.plus(e.field(s))
		case *ast.InlineFragment:
			sum = sum.plus(e.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			here := fragment{s.Name, e.written}
			known, found := e.fragments[here]
			if !found {
				known = e.selections(s.Definition.SelectionSet)
				e.fragments[here] = known
			}
			sum = sum.plus(known)
		}
	}
	return sum
}

func (e *estimator) field(f *ast.Field) estimate {
	inSchema := strings.HasPrefix(f.ObjectDefinition.Name, "__")
	switch {
	case len(f.SelectionSet) == 0 && inSchema:
		return estimate{rows: 1}
	case len(f.SelectionSet) == 0:
		return estimate{counts: btoi(f.Name == "totalCount" && isConnection(f.ObjectDefinition)), passes: btoi(f.Name == "count" && f.Arguments.ForName("distinct") != nil)}
	}
	var bulk estimate
	if f.ObjectDefinition == e.schema.Mutation {
		bulk = e.bulk(f)
	}
	under := bulk.plus(e.selections(f.SelectionSet))
	result := e.schema.Types[f.Definition.Type.Name()]
	switch {
	case f.Name == "__schema", f.Name == "__type":
		e.meta = plus(e.meta, under.rows)
		return estimate{}
	case inSchema:
		size, isList := e.sizes[f.Name]
		if !isList {
			size = 1
		}
		return estimate{rows: times(size, plus(1, under.rows))}
	case isConnection(result):
		size := e.page(f)
		page := under.of(size, times(size, max(1, under.rows)))
		page.rows, page.each = plus(page.rows, under.groups), page.each+under.groupsEach
		return e.connection(f, result, under).plus(page)
	case isConnection(f.ObjectDefinition) && f.Name == "aggregate":
		passes := under.passes + btoi(under.reads)                 // once for `min` and its like
		return estimate{counts: btoi(passes == 0), passes: passes} // a count alone is that of totalCount
	case isConnection(f.ObjectDefinition) && f.Name == "groups":
		n := e.page(f)
		return estimate{hops: under.hops, once: under.once, groups: times(n, plus(1, under.rows)), groupsEach: float64(n) * under.each, passes: groupingPasses + under.passes}
	case f.Name == "aggregate" && strings.HasSuffix(f.ObjectDefinition.Name, "Group"):
		return under
	case f.Name == "nodes" && (f.ObjectDefinition == e.schema.Query || f.ObjectDefinition == e.schema.Subscription):
		n := e.length(f.Arguments.ForName("ids"))
		return under.of(n, times(n, plus(1, under.rows)))
	case result.Name == "ViewerCan":
		if t := db.Model.TableOf(f.ObjectDefinition.Name); t != nil && (t.Writes() == nil || len(t.Writes().Paths()) == 0) {
			return estimate{} // the row's own columns tell
		}
		return estimate{rows: 1, reads: true}
	case f.Definition.Type.Elem != nil && strings.HasSuffix(f.ObjectDefinition.Name, "Payload") && db.Model.TableOf(result.Name) != nil:
		return under.of(e.written, times(e.written, plus(1, under.rows)))
	case f.Name == "edges":
		return under.of(1, max(1, under.rows))
	case result.IsAbstractType(), db.Model.TableOf(result.Name) != nil:
		return under.of(1, plus(1, under.rows))
	}
	return under.of(1, under.rows)
}

// bulk is what the filter of a mutation of many rows takes, and notes how many rows its answer may show.
func (e *estimator) bulk(f *ast.Field) (t estimate) {
	e.written = 1
	verb, table, many := db.Model.Mutation(f.Name)
	if !many {
		return t
	}
	input, _ := e.value(f.Arguments.ForName("input")).(map[string]any)
	if verb == orm.Creating {
		e.written = items(input[table.Root()])
		return t
	}
	atMost, _ := input["atMost"].(int64)
	e.written, e.varies = int(max(0, min(atMost, most))), true
	conditions, _ := input["where"].(map[string]any)
	where, err := orm.ParseWhere(table, conditions)
	if err != nil || where == nil || e.looks == nil {
		return t // the field is refused, or looks at no more rows than it may write
	}
	t.hops, e.depth = where.Hops, max(e.depth, where.Depth)
	t.each, t.once = e.looks(nil, table, &orm.Page{Where: where}, counting)
	return t
}

// connection is what the filter, the order and the total count of a connection take; under is what is selected of it.
func (e *estimator) connection(f *ast.Field, result *ast.Definition, under estimate) (t estimate) {
	plain := !slices.ContainsFunc(f.Arguments, func(a *ast.Argument) bool {
		return slices.Contains([]string{"where", "orderBy", "distinct", "offset", "text"}, a.Name)
	})
	if plain && under.counts == 0 && under.passes == 0 {
		return t
	}
	e.varies = true
	if e.looks == nil {
		return t
	}
	table := db.Model.TableOf(result.Fields.ForName("nodes").Type.Name())
	if table == nil {
		return e.search(f, under)
	}
	var via *orm.Relation
	if from := db.Model.TableOf(f.ObjectDefinition.Name); from != nil {
		via = from.Relation(f.Name)
	}
	page := &orm.Page{}
	if !plain {
		var err error
		if page, err = plan.Page(f.ObjectDefinition.Name+"."+f.Name, table, f, e.variables); err != nil {
			return t // the field is refused
		}
	}
	t.hops = page.Hops()
	if page.Where != nil {
		t.hops, e.depth = t.hops+page.Where.Hops, max(e.depth, page.Where.Depth)
	}
	return t.plus(e.looked(via, table, page, under))
}

// looked is what a page, its counts and its summaries make the database look at, as far as under asks for them.
func (e *estimator) looked(via *orm.Relation, table *orm.Table, page *orm.Page, under estimate) (t estimate) {
	for what, passes := range []int{paging: btoi(under.reads), counting: under.counts, summarizing: under.passes} {
		if passes > 0 {
			each, once := e.looks(via, table, page, reading(what)) //nolint:gosec // a place in the list
			t.each, t.once = t.each+float64(passes)*each, t.once+float64(passes)*once
		}
	}
	return t
}

// search is what finding rows of all tables takes, once for the page and once for the count.
func (e *estimator) search(f *ast.Field, under estimate) (t estimate) {
	text, _ := e.value(f.Arguments.ForName("text")).(string)
	prefix, _ := e.value(f.Arguments.ForName("prefix")).(bool)
	for _, table := range db.Model.Searched() {
		where, err := orm.ParseWhere(table, map[string]any{"matches": text, "matchOptions": map[string]any{"prefix": prefix}})
		if err != nil {
			return t // the field is refused
		}
		t = t.plus(e.looked(nil, table, &orm.Page{Where: where, Order: []orm.Order{{Column: table.KeyColumn()}}}, under))
	}
	return t
}

func isConnection(d *ast.Definition) bool { return strings.HasSuffix(d.Name, "Connection") }

// page is how many rows a connection could return for one parent. A size that is refused later counts as a whole page.
func (e *estimator) page(f *ast.Field) int {
	size := -1
	for _, name := range []string{"first", "last"} {
		n := orm.DefaultPage
		switch v := e.value(f.Arguments.ForName(name)).(type) {
		case nil:
			continue
		case int64:
			n = orm.MaxPage
			if v >= 0 {
				n = int(min(v, orm.MaxPage))
			}
		}
		size = max(size, n)
	}
	if size < 0 {
		size = orm.DefaultPage
	}
	return max(1, size)
}

// length is how many items a list argument has.
func (e *estimator) length(a *ast.Argument) int { return items(e.value(a)) }

// items is how many items a list has; one item stands for a list of itself.
func items(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case []any:
		return len(v)
	}
	return 1
}

func (e *estimator) value(a *ast.Argument) any {
	if a == nil {
		return nil
	}
	e.varies = e.varies || plan.HasVariable(a.Value)
	v, err := a.Value.Value(e.variables)
	if err != nil {
		return nil // validation has refused such a literal
	}
	return v
}

// listSizes are the average sizes of the lists that introspection answers, rounded up.
func listSizes(schema *ast.Schema) map[string]int {
	sums := map[string]int{}
	arguments, fields := 0, 0
	for _, t := range schema.Types {
		sums["interfaces"] += len(t.Interfaces)
		sums["possibleTypes"] += len(schema.PossibleTypes[t.Name])
		sums["enumValues"] += len(t.EnumValues)
		if t.Kind == ast.InputObject {
			sums["inputFields"] += len(t.Fields)
			continue
		}
		sums["fields"] += len(t.Fields)
		for _, f := range t.Fields {
			fields++
			arguments += len(f.Arguments)
		}
	}
	average := func(sum, of int) int { return (sum + of - 1) / max(1, of) }
	for name, sum := range sums {
		sums[name] = average(sum, len(schema.Types))
	}
	sums["types"], sums["directives"] = len(schema.Types), len(schema.Directives)
	sums["args"] = average(arguments, fields)
	return sums
}
