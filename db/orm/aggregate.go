package orm

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// What the rows of a connection come to, on all pages together: as a whole, or in groups.

// A Function makes one value of many rows.
type Function string

// The functions. Of no values, null not being one, the count is 0 and the others are null.
const (
	Count Function = "count"
	Min   Function = "min"
	Max   Function = "max"
	Sum   Function = "sum"
	Avg   Function = "avg"
)

// An Aggregate is a function of rows. Field is the column it is of; of a Count the GroupField whose different values are
// counted, or "" for the rows themselves.
type Aggregate struct {
	Function Function
	Field    string
}

// averaged is how many digits more than its column an average has behind the point.
const averaged = 6

// summarized are the columns whose values aggregates and groups tell: there is no other way to them. What some may not read is
// not among them.
func (t *Table) summarized() []*Column {
	return slices.DeleteFunc(t.Orders(), func(c *Column) bool { return c == t.KeyColumn() || c.reads != nil })
}

// Aggregates are the answers of a function over columns of the table: of the kind that they are of, and named as what they
// are made of.
func (t *Table) Aggregates(f Function) (answers []*Column) {
	for _, c := range t.summarized() {
		answer := *c
		answer.Nullable, answer.Unique = true, false
		switch {
		case f == Min || f == Max:
			if !slices.Contains(c.Kind.Operators(), "lt") {
				continue
			}
		case c.Kind == Float:
		case c.Kind == Int && f == Sum:
			answer.Kind = Long
		case c.Kind == Int, c.Kind == Long, c.Kind == Numeric: // sums of 64 bits may take more of them
			answer.Kind = Numeric
			answer.rule.precision = maxSumDigits
			if f == Avg {
				answer.rule.scale += averaged
			}
		default:
			continue
		}
		answers = append(answers, &answer)
	}
	return answers
}

// Counted is the column that counts of rows are of.
func (t *Table) Counted() *Column { return &Column{Name: "count", Field: "count", Kind: Int, Table: t} }

// Digits are those behind the point that a decimal column has.
func (c *Column) Digits() int { return c.rule.scale }

// A GroupField is what rows can be grouped by: a column, a time cut off to a unit, or the key of the row that a relation
// leads to, which is null where the viewer may not see that row.
type GroupField struct {
	*Column
	Unit     Unit      // "" if nothing is cut off
	Relation *Relation // nil if it is no relation
	of       *Column
}

// Cut is the column whose times or days are cut off to the field's unit.
func (g *GroupField) Cut() *Column { return g.of }

// A Unit is what a time is cut off to, in UTC. Weeks begin on Mondays.
type Unit string

// units are those of times; of days those in front of the day.
var units = []Unit{"year", "month", "week", "day", "hour"}

// GroupFields are those of the table, in the order of the schema.
func (t *Table) GroupFields() []*GroupField {
	if s := t.settled.Load(); s != nil {
		return s.groupFields
	}
	var fields []*GroupField
	add := func(g *GroupField, field string, kind Kind) {
		c := *g.of
		c.Field, c.Kind, c.Nullable, c.Unique = field, kind, true, false
		g.Column = &c
		if !slices.ContainsFunc(fields, func(have *GroupField) bool { return have.Field == field }) {
			fields = append(fields, g)
		}
	}
	for _, r := range t.Relations {
		if r.Own != nil {
			add(&GroupField{of: r.Own, Relation: r}, r.Field, Key)
		}
	}
	columns := t.summarized()
	for _, c := range columns {
		add(&GroupField{of: c}, c.Field, c.Kind)
	}
	for _, c := range columns {
		cut := map[Kind][]Unit{Time: units, Day: units[:3]}[c.Kind]
		for _, u := range cut {
			add(&GroupField{of: c, Unit: u}, c.Field+upperFirst(string(u)), c.Kind)
		}
	}
	return fields
}

// GroupField is the one of a name in the schema, "createdAtMonth" or "CREATED_AT_MONTH"; nil if there is none.
func (t *Table) GroupField(name string) *GroupField {
	if s := t.settled.Load(); s != nil {
		return s.groups[name]
	}
	for _, g := range t.GroupFields() {
		if g.Field == name || g.OrderName() == name {
			return g
		}
	}
	return nil
}

// settled is what follows from a table of a model that is open, and is asked for with every request.
type settled struct {
	groupFields []*GroupField
	groups      map[string]*GroupField // by both of their names
	groupOrders []string
	aggregates  map[string]Aggregate
	orders      map[string]*Column // by their names in small letters
}

// settle computes what does not change any more.
func (t *Table) settle() {
	s := &settled{groupFields: t.GroupFields(), groups: map[string]*GroupField{}, orders: map[string]*Column{}}
	for _, g := range s.groupFields {
		for _, name := range []string{g.Field, g.OrderName()} {
			if s.groups[name] == nil {
				s.groups[name] = g
			}
		}
	}
	s.groupOrders, s.aggregates = t.GroupOrders()
	for _, c := range append(t.Orders(), t.OrderCounts()...) {
		if name := strings.ToLower(c.OrderName()); s.orders[name] == nil {
			s.orders[name] = c
		}
	}
	t.settled.Store(s)
}

// GroupOrders are what groups can be ordered by besides their keys, by the names in the schema: "COUNT", "MAX_CREATED_AT".
func (t *Table) GroupOrders() (names []string, of map[string]Aggregate) {
	if s := t.settled.Load(); s != nil {
		return s.groupOrders, s.aggregates
	}
	of = map[string]Aggregate{}
	add := func(name string, a Aggregate) {
		if _, taken := of[name]; !taken && (t.GroupField(name) == nil || a.Field == "") {
			names, of[name] = append(names, name), a
		}
	}
	add("COUNT", Aggregate{Function: Count})
	for _, f := range []Function{Min, Max, Sum, Avg} {
		for _, c := range t.Aggregates(f) {
			add(strings.ToUpper(string(f))+"_"+c.OrderName(), Aggregate{f, c.Field})
		}
	}
	return names, of
}

// A Summary is what is asked of the rows of a connection. Make one with NewSummary or NewGroups.
type Summary struct {
	// By are what groups have in common; none makes of all rows one group, which is there also when they are not.
	By         []*GroupField
	Aggregates []Aggregate

	table   *Table
	answers []*Column // of the aggregates
	having  condition
	order   []summaryOrder
	first   int
	// identity is the same for summaries that ask the same.
	identity string
}

// A summaryOrder is one key of an order of groups: a column of theirs.
type summaryOrder struct {
	column string
	desc   bool
}

// GroupArgs are the arguments of groups as the client gave them; nil is absent.
type GroupArgs struct {
	By     []string
	Having map[string]any
	Order  []GroupOrder
	First  *int
}

// A GroupOrder is one key of an order of groups, by its name in the schema.
type GroupOrder struct {
	Name string
	Desc bool
}

// MaxBy is how many fields groups are made by at most.
const MaxBy = 4

// NewSummary asks for aggregates of all rows of t.
func NewSummary(t *Table, aggregates []Aggregate) *Summary {
	s := &Summary{table: t}
	for _, a := range aggregates {
		s.Place(a)
	}
	s.identity = fmt.Sprint(s.Aggregates)
	return s
}

// NewGroups asks for groups of the rows of t. Its errors are BadRequest.
func NewGroups(t *Table, aggregates []Aggregate, args GroupArgs) (*Summary, error) {
	s := NewSummary(t, aggregates)
	if s.first = DefaultPage; args.First != nil {
		s.first = *args.First
	}
	switch {
	case len(args.By) == 0 || len(args.By) > MaxBy:
		return nil, Errorf(BadRequest, "`by` must have 1 to %d fields", MaxBy)
	case s.first < 0 || s.first > MaxPage:
		return nil, Errorf(BadRequest, "`first` must be between 0 and %d", MaxPage)
	}
	for _, name := range args.By {
		g := t.GroupField(name)
		switch {
		case g == nil:
			return nil, Errorf(BadRequest, "`by` cannot be %s", name)
		case s.KeyPlace(g.Field) >= 0:
			return nil, Errorf(BadRequest, "`by` has %s twice", name)
		}
		s.By = append(s.By, g)
	}
	p := &havingParser{Summary: s}
	if len(args.Having) > 0 {
		s.having = p.object(args.Having, []string{"having"})
	}
	if p.err != nil {
		return nil, p.err
	}
	_, orders := t.GroupOrders()
	for _, o := range args.Order {
		if a, ok := orders[o.Name]; ok {
			s.orderBy(aggregateAlias(s.Place(a)), o.Desc)
			continue
		}
		g := t.GroupField(o.Name)
		if g == nil || s.KeyPlace(g.Field) < 0 {
			return nil, Errorf(BadRequest, "`orderBy` cannot be %s, which is not in `by`", o.Name)
		}
		s.orderBy(keyAlias(s.KeyPlace(g.Field)), o.Desc)
	}
	for i := range s.By { // no two groups are equal in it
		s.orderBy(keyAlias(i), false)
	}
	having, _ := json.Marshal(args.Having) // it was JSON, or a document
	s.identity = fmt.Sprint(args.By, s.Aggregates, string(having), s.order, s.first)
	return s, nil
}

func (s *Summary) orderBy(column string, desc bool) {
	if !slices.ContainsFunc(s.order, func(o summaryOrder) bool { return o.column == column }) {
		s.order = append(s.order, summaryOrder{column, desc})
	}
}

// Identity is the same for summaries of a table that ask the same.
func (s *Summary) Identity() string { return s.identity }

// Place is where an aggregate stands among those that are asked for; it is added if it does not.
func (s *Summary) Place(a Aggregate) int {
	i := slices.Index(s.Aggregates, a)
	if i < 0 {
		i = len(s.Aggregates)
		s.Aggregates, s.answers = append(s.Aggregates, a), append(s.answers, s.answer(a))
	}
	return i
}

// KeyPlace is where a field stands in By, -1 if it does not.
func (s *Summary) KeyPlace(field string) int {
	return slices.IndexFunc(s.By, func(g *GroupField) bool { return g.Field == field })
}

func keyAlias(i int) string       { return "k" + strconv.Itoa(i) }
func aggregateAlias(i int) string { return "a" + strconv.Itoa(i) }

// Answer is the column that answers of one of the Aggregates are of.
func (s *Summary) Answer(i int) *Column { return s.answers[i] }

func (s *Summary) answer(a Aggregate) *Column {
	if a.Function == Count {
		return s.table.Counted()
	}
	for _, c := range s.table.Aggregates(a.Function) {
		if c.Field == a.Field {
			return c
		}
	}
	return nil
}

// A havingParser reads conditions on groups, which are on the columns of a subquery: their names there are known.
type havingParser struct {
	*Summary
	whereParser
}

func (p *havingParser) object(input map[string]any, path []string) condition {
	if len(path) > 2*maxNesting {
		return p.fail(path[:1], "is nested too deeply")
	}
	conditions := make([]condition, 0, len(input))
	for _, name := range slices.Sorted(maps.Keys(input)) {
		conditions = append(conditions, p.named(name, input[name], at(path, name)))
	}
	return all(conditions, " AND ", constant("TRUE"))
}

func (p *havingParser) named(name string, v any, path []string) condition {
	if p.count(1); v == nil {
		return p.fail(path, "must not be null")
	}
	nested := func(v any, path []string) condition {
		input, ok := v.(map[string]any)
		if !ok {
			return p.fail(path, "must not be null")
		}
		return p.object(input, path)
	}
	if c := p.logical(name, v, path, constant("TRUE"), nested); c != nil {
		return c
	}
	if name == string(Count) {
		return p.compare(Aggregate{Function: Count}, objectOf(v), path)
	}
	var conditions []condition
	fields := objectOf(v)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		operators, ok := fields[field].(map[string]any)
		if !ok {
			return p.fail(at(path, field), "must not be null")
		}
		conditions = append(conditions, p.compare(Aggregate{Function(name), field}, operators, at(path, field)))
	}
	return all(conditions, " AND ", constant("TRUE"))
}

// compare is the conjunction of the operators on one aggregate.
func (p *havingParser) compare(a Aggregate, to map[string]any, path []string) condition {
	answer := p.answer(a)
	if answer == nil {
		return p.fail(path, "is not a condition")
	}
	answer.Name, answer.substrings = aggregateAlias(p.Place(a)), false // no index knows it
	if !a.exact(answer) {
		return p.column(answer, to, path)
	}
	var conditions []condition
	for _, name := range slices.Sorted(maps.Keys(to)) {
		p.count(1)
		here, v := at(path, name), to[name]
		if v == nil {
			return p.fail(here, "must not be null")
		}
		if name == "isNull" {
			is, _ := v.(bool)
			conditions = append(conditions, func(q *query, t string) {
				q.add(t, ".", answer.Name, [2]string{" IS NOT NULL", " IS NULL"}[btoi(is)])
			})
			continue
		}
		list := []any{v}
		if name == "in" || name == "notIn" {
			list = listOf(v)
		}
		numbers := make([]*big.Int, len(list))
		for i, item := range list {
			var ok bool
			if numbers[i], ok = answer.units(item); !ok {
				return p.fail(here, "is not %s", answer.noun())
			}
		}
		conditions = append(conditions, func(q *query, t string) {
			q.add("(", t, ".", answer.Name, " IS NOT NULL AND ", t, ".", answer.Name)
			if operator, ok := operators[name]; ok {
				q.bindTo(operator+"?)", q.bindNumber(numbers[0]))
				return
			}
			q.bindTo(" "+[2]string{"IN", "NOT IN"}[btoi(name == "notIn")]+" ("+q.numbers+"))", q.bindNumbers(numbers))
		})
	}
	return all(conditions, " AND ", constant("TRUE"))
}

// exact tells whether an answer is a number that may have more than 64 bits: the databases hold it each in its own way.
func (a Aggregate) exact(answer *Column) bool {
	return (a.Function == Sum || a.Function == Avg) && answer.Kind != Float
}

// units is v as what the databases hold of an exact answer.
func (c *Column) units(v any) (*big.Int, bool) {
	v, ok := kinds[c.Kind].read(v)
	switch v := v.(type) {
	case int64:
		return big.NewInt(v), ok
	case Decimal:
		if !ok {
			return nil, false
		}
		before, behind, _ := strings.Cut(string(v), ".")
		if behind = strings.TrimRight(behind, "0"); len(behind) > c.rule.scale || len(before) > maxSumDigits-c.rule.scale {
			return nil, false
		}
		n, ok := new(big.Int).SetString(before+behind+strings.Repeat("0", c.rule.scale-len(behind)), 10)
		return n, ok
	}
	return nil, false
}

// write writes what an aggregate is of the rows t.
func (a Aggregate) write(q *query, table *Table, t string) {
	switch column := table.Field(a.Field); {
	case a.Function == Count && a.Field == "":
		q.add("count(*)")
	case a.Function == Count:
		q.add("count(DISTINCT ")
		table.GroupField(a.Field).write(q, t)
		q.add(")")
	case a.Function == Min || a.Function == Max:
		q.add(q.extreme(string(a.Function), t+"."+column.Name, column.Kind))
	case column.Kind != Float:
		q.add(map[Function]func(string) string{Sum: q.total, Avg: q.mean}[a.Function](t + "." + column.Name))
	case a.Function == Sum:
		q.add(q.floatTotal(t + "." + column.Name))
	default:
		// PostgreSQL takes a quotient that becomes zero for an error.
		sum := q.floatTotal(t + "." + column.Name)
		q.add("CASE WHEN abs(", sum, ") < 1e-300 THEN 0.0 ELSE ", sum, " / count(", t, ".", column.Name, ") END")
	}
}

// write writes what groups have in common of row t.
func (g *GroupField) write(q *query, t string) {
	expr := t + "." + g.of.Name
	switch {
	case g.Unit != "":
		q.add(q.cutOff(g.Unit, expr, g.Kind))
	case g.Relation != nil:
		to := g.Relation.To
		seen := &query{dialect: q.dialect, viewer: q.viewer, aliases: q.aliases}
		u := seen.alias()
		if !seen.visible(" AND ", to, u) {
			q.add(expr)
			return
		}
		q.aliases = seen.aliases
		q.add("(SELECT ", u, ".id FROM ", to.Name, " AS ", u, " WHERE ", u, ".id = ", expr, seen.String(), ")")
		q.args = append(q.args, seen.args...)
	default:
		q.add(expr)
	}
}

// rows writes the aggregates of r's rows: of all of them, or of each group, and in either case of each parent apart.
func (s *Summary) rows(q *query, r *Read) {
	t := q.alias()
	separator, grouped := "SELECT ", 0
	next := func() {
		q.add(separator)
		separator = ", "
	}
	switch {
	case r.alone(q):
	case r.parents(q) == inRows:
		next()
		q.add(r.parent(t), " AS p")
		grouped++
	default:
		next()
		q.add(q.key, " AS p")
		grouped++
	}
	for i, g := range s.By {
		next()
		g.write(q, t)
		q.add(" AS ", keyAlias(i))
		grouped++
	}
	for i, a := range s.Aggregates {
		next()
		a.write(q, s.table, t)
		q.add(" AS ", aggregateAlias(i))
	}
	q.add(" FROM ")
	if !r.alone(q) && r.parents(q) == besideRows {
		q.keys(r.Keys, " CROSS JOIN ")
	}
	r.source(q, t)
	for i := range grouped {
		q.add([2]string{", ", " GROUP BY "}[btoi(i == 0)], strconv.Itoa(i+1))
	}
}

// write writes the statement: with the parent's key first, if there are parents, then keys and aggregates.
func (s *Summary) write(q *query, r *Read) {
	if len(s.By) == 0 {
		s.rows(q, r)
		return
	}
	names := make([]string, 0, 1+len(s.By)+len(s.Aggregates))
	many := !r.alone(q)
	if many {
		names = append(names, "p")
	}
	for i := range s.By {
		names = append(names, keyAlias(i))
	}
	for i := range s.Aggregates {
		names = append(names, aggregateAlias(i))
	}
	list := strings.Join(names, ", ")
	order := func() {
		for i, o := range s.order {
			q.add([2]string{", ", " ORDER BY "}[btoi(i == 0)], o.column, [2]string{" NULLS LAST", " DESC NULLS FIRST"}[btoi(o.desc)])
		}
	}
	q.add("SELECT ", list, " FROM (")
	if many {
		q.add("SELECT g.*, row_number() OVER (PARTITION BY p")
		order()
		q.add(") AS place FROM (")
	}
	s.rows(q, r)
	q.add(") AS g")
	if s.having != nil {
		q.add(" WHERE ")
		s.having(q, "g")
	}
	if many {
		q.add(") AS g WHERE place <= ", strconv.Itoa(s.first), " ORDER BY p, place")
		return
	}
	order()
	q.add(" LIMIT ", strconv.Itoa(s.first))
}

// Summarize answers s of all rows of r's pages together: for every parent key its groups in order, or the one row that
// all its rows come to, if an aggregate is asked for; without parents under key 0. A row holds the keys in the order of s.By, and then the aggregates.
func (db *DB) Summarize(ctx context.Context, r *Read, s *Summary) (*Rows, error) {
	budget := BudgetOf(ctx)
	if err := budget.Err(); err != nil {
		return nil, err
	}
	out := &Rows{Width: len(s.By) + len(s.Aggregates), groups: make(map[int64]Group, len(r.Keys))}
	if out.Width == 0 {
		return out, nil
	}
	r = &Read{Path: r.Path, From: r.From, Via: r.Via, Keys: r.Keys, Page: &Page{Where: r.Page.Where}, whole: true} // of all rows, also of those that distinct leaves out
	if len(s.By) == 0 && !slices.ContainsFunc(s.Aggregates, func(a Aggregate) bool { return a != Aggregate{Function: Count} }) {
		counts, err := db.Count(ctx, r)
		if err != nil {
			return nil, err
		}
		for key, n := range counts {
			out.add(key, slices.Repeat([]any{int64(n)}, out.Width))
		}
		return out, budget.Hold(out.Bytes)
	}
	r = db.located(ctx, r)
	if set := readSetOf(ctx); set != nil {
		set.note(r, nil, s)
	}
	return joined(ctx, db, r, s.write, func(ctx context.Context, r *Read) (*Rows, error) { return db.summarize(ctx, r, s) },
		func(all *Rows, r *Read) (*Rows, error) { return all.part(ctx, r) })
}

func (db *DB) summarize(ctx context.Context, r *Read, s *Summary) (*Rows, error) {
	budget := BudgetOf(ctx)
	out := &Rows{Width: len(s.By) + len(s.Aggregates), groups: make(map[int64]Group, len(r.Keys))}
	columns := make([]*Column, 0, out.Width)
	for _, g := range s.By {
		columns = append(columns, g.Column)
	}
	columns = append(columns, s.answers...)
	q, _, err := db.reading(ctx, r) // of whole rows, so as itself
	if err != nil {
		return nil, err
	}
	s.write(q, r)
	held, first := 0, btoi(!r.alone(q))
	looks := func(ctx context.Context) float64 {
		each, once := db.SummaryLooks(ctx, r.Via, r.From, r.Page)
		return each*float64(max(1, len(r.Keys))) + once
	}
	statement := &Statement{Path: r.Path, Text: q.String(), Args: q.args, Keys: len(r.Keys), looks: looks, noted: true, skewed: r.skewed()}
	err = db.gather(ctx, statement, first+out.Width, func(values []driver.Value) error {
		var key int64
		switch {
		case first > 0:
			key, _ = values[0].(int64)
		case r.Via != nil:
			key = r.Keys[0]
		}
		row := make([]any, out.Width)
		for i, v := range values[first:] {
			row[i] = columns[i].normal(v)
			if a := i - len(s.By); a >= 0 && v != nil && s.Aggregates[a].exact(columns[i]) {
				row[i] = columns[i].exactly(db.number(row[i]))
			}
		}
		out.add(key, row)
		if more := out.Bytes - held; more >= heldAtOnce {
			held = out.Bytes
			return budget.Hold(more)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.By) == 0 && r.Via != nil {
		none := make([]any, out.Width)
		for i, a := range s.Aggregates {
			if a.Function == Count {
				none[i] = int64(0)
			}
		}
		for _, key := range r.Keys {
			if _, found := out.groups[key]; !found {
				out.add(key, none)
			}
		}
	}
	return out, budget.Hold(out.Bytes - held)
}

// add adds a row to those of a key, which come one after the other.
func (r *Rows) add(key int64, row []any) {
	g, found := r.groups[key]
	if !found {
		g.Start = r.n
	}
	for _, cell := range row {
		if text, ok := cell.(string); ok {
			r.Bytes += len(text)
		}
	}
	r.cells = append(r.cells, row...)
	r.Bytes += len(row) * valueBytes
	r.n++
	g.End = r.n
	r.groups[key] = g
}

// An Aggregated is a row of a summary, as resolvers answer it: all of it has been read.
type Aggregated struct {
	Asked *Summary
	Row   []any // nil if nothing is asked
	// Counted tells which count a context asks for.
	Counted func(context.Context) Aggregate
}

// Count is the number that is asked for.
func (a *Aggregated) Count(ctx context.Context) int {
	n, _ := a.Row[len(a.Asked.By)+a.Asked.Place(a.Counted(ctx))].(int64)
	return int(n)
}

// Min are the least values, by their fields.
func (a *Aggregated) Min() map[string]any { return a.values(Min) }

// Max are the greatest values, by their fields.
func (a *Aggregated) Max() map[string]any { return a.values(Max) }

// Sum are the sums, by their fields.
func (a *Aggregated) Sum() map[string]any { return a.values(Sum) }

// Avg are the averages, by their fields.
func (a *Aggregated) Avg() map[string]any { return a.values(Avg) }

func (a *Aggregated) values(f Function) map[string]any {
	out := map[string]any{}
	for i, of := range a.Asked.Aggregates {
		if of.Function == f {
			out[of.Field] = a.Asked.answers[i].typed(a.Row[len(a.Asked.By)+i])
		}
	}
	return out
}

// A Grouped is a row of a summary of groups, as resolvers answer it.
type Grouped struct{ Row *Aggregated }

// Key are the values that the rows of the group have in common, by their fields; of a relation it is the key of the row. It
// takes a context so that the executor resolves the relations of all groups side by side.
func (g *Grouped) Key(context.Context) map[string]any {
	out := map[string]any{}
	for i, by := range g.Row.Asked.By {
		out[by.Field] = by.typed(g.Row.Row[i])
	}
	return out
}

// Aggregate is what the rows of the group come to.
func (g *Grouped) Aggregate() *Aggregated { return g.Row }

// typed is a cell as a value of the type that Go has for the column.
func (c *Column) typed(cell any) any {
	switch v := cell.(type) {
	case int64:
		if c.Kind == Int {
			return int(v)
		}
	case string:
		switch c.Kind {
		case Enum:
			return reflect.ValueOf(v).Convert(c.goType()).Interface()
		case Day:
			return Date(v)
		case Guid:
			return UUID(v)
		}
	}
	return cell
}

// SummaryLooks is Looks of a summary: all rows are looked at, and not just an index.
func (db *DB) SummaryLooks(ctx context.Context, via *Relation, table *Table, page *Page) (each, once float64) {
	if page.Where != nil {
		return db.Looks(ctx, via, table, &Page{Where: page.Where}, true)
	}
	s := db.known(ctx)
	if each = s.rows[table]; each < fewRows {
		return 0, 0
	}
	if via != nil {
		each /= max(1, s.rows[via.From])
	}
	return each, 0
}
