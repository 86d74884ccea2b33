package orm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Where is a filter of one table's rows, made by ParseWhere. It is true or false of every row, never unknown: a null
// value satisfies no comparison.
type Where struct {
	// Hops is how many relations it crosses, Depth how many of them inside each other.
	Hops, Depth int

	input map[string]any
	write condition
	pins  []pin
	// only says that a row passes if it is one of those that a relation leads to from the row that a pin names: the way there,
	// and the pin.
	only   *Relation
	onlyBy pin
	// probes ask how common is what must be true of every row.
	probes []func(*query) probe
	// skewed says that values decide how many rows pass, far more or far fewer than on average.
	skewed bool
	// searches says that every row it lets pass matches search: that is what they are ranked by.
	searches bool
	search   []term
}

// ParseWhere makes a filter of an input object whose fields are the table's columns and relations, as the schema's
// `UserWhere` and its like are. nil filters nothing. Its errors are BadRequest and name the place in the input.
func ParseWhere(table *Table, input map[string]any) (*Where, error) {
	if len(input) == 0 {
		return nil, nil
	}
	p := whereParser{where: Where{input: input}}
	p.where.write = p.object(table, input, []string{"where"})
	if p.err != nil {
		return nil, p.err
	}
	p.where.findOnly(table)
	return &p.where, nil
}

// findOnly sets only and onlyBy, where a filter is nothing but a relation with a pin.
func (w *Where) findOnly(table *Table) {
	if len(w.input) != 1 || len(w.pins) != 1 || !w.pins[0].alone {
		return
	}
	for name, v := range w.input {
		r := table.Relation(name)
		if r == nil || !r.Back.Many {
			return
		}
		demanded := objectOf(v)
		if r.Many {
			if len(demanded) != 1 {
				return
			}
			demanded = objectOf(demanded["some"])
		}
		if by := w.pins[0]; by.column.Table == r.To && demanded[by.column.Field] != nil {
			w.only, w.onlyBy = r.Back, by
		}
	}
}

// oneWord tells whether the filter searches for nothing but one whole word.
func (w *Where) oneWord() bool {
	return len(w.search) == 1 && len(w.search[0].words) == 1 && !w.search[0].prefix
}

// A pin is the value of a unique column by which a filter demands one row behind a relation.
type pin struct {
	column *Column
	text   string
	key    int64 // of the key instead of a text
	alone  bool  // nothing else is demanded of the row
}

// pin is that of a filter of rows behind r; none if it has none. What says so in the rows themselves needs none: they are
// found by it.
func (p *whereParser) pin(r *Relation, where any) *pin {
	if r.Link == nil && r.Own == nil {
		return nil
	}
	fields := objectOf(where)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c, operators := r.To.Field(name), objectOf(fields[name])
		text, ok := operators["eq"].(string)
		if c == nil || !c.Unique || !ok || operators["ignoreCase"] == true || strings.Contains(text, "\x00") {
			continue
		}
		n := len(operators)
		if _, says := operators["ignoreCase"]; says {
			n--
		}
		out := pin{column: c, text: norm.NFC.String(text), alone: n == 1 && len(fields) == 1}
		switch c.Kind {
		case Text:
		case Key:
			if out.key, ok = r.To.ParseGlobalID(text); !ok {
				continue
			}
			out.text = ""
		default:
			continue
		}
		p.where.pins, p.where.skewed = append(p.where.pins, out), true
		return &out
	}
	return nil
}

// found is the key of the row that a pin names, 0 if there is none; ok is false if it has not been looked up.
func (p *pin) found(pinned map[lookUp]int64) (key int64, ok bool) {
	switch {
	case p == nil:
		return 0, false
	case p.key != 0:
		return p.key, true
	}
	key, ok = pinned[lookUp{p.column, p.text}]
	return key, ok
}

// decides tells whether nothing is left to ask of the row that a pin names when its key is known: a key that was given says
// nothing of whether the viewer may see the row.
func (p *pin) decides(q *query) bool { return p.alone && (p.key == 0 || !q.hides(p.column.Table)) }

// A lookUp is one of a row by a unique text.
type lookUp struct {
	column *Column
	text   string
}

// pinned looks up the rows that a filter names by unique values: a planner that is given a key knows how many rows are related
// to that row. They are as they were a moment before the statement, unless the operation sees one state of the database.
func (db *DB) pinned(ctx context.Context, path string, w *Where) (map[lookUp]int64, error) {
	if w == nil || len(w.pins) == 0 {
		return nil, nil
	}
	kept, _ := ctx.Value(shareKey).(*share)
	if ctx.Value(transactionKey) != nil {
		kept = nil // it sees what it writes
	}
	found := make(map[lookUp]int64, len(w.pins))
	texts := map[*Column][]string{}
	for _, p := range w.pins {
		l := lookUp{p.column, p.text}
		if _, there := found[l]; there || p.key != 0 {
			continue
		}
		var have bool
		if found[l], have = kept.found(l); !have {
			texts[p.column] = append(texts[p.column], p.text)
		}
	}
	for _, p := range w.pins { // in the order of the filter
		list := texts[p.column]
		if len(list) == 0 || list[0] != p.text {
			continue
		}
		t := p.column.Table
		rows, err := db.Read(ctx, &Read{Path: path + " by " + t.Type + "." + p.column.Field, From: t, By: p.column, Texts: list, Select: Select{Columns: t.Columns[:1]}})
		if err != nil {
			return nil, err
		}
		for _, text := range list {
			l := lookUp{p.column, text}
			if g := rows.OfText(text); g.End > g.Start {
				found[l], _ = rows.Row(g.Start)[0].(int64)
			}
			kept.keep(l, found[l])
		}
		delete(texts, p.column)
	}
	return found, nil
}

// A condition writes an expression that is true or false of row t.
type condition = func(q *query, t string)

func all(conditions []condition, operator, none string) condition {
	switch n := len(conditions); {
	case n == 0:
		return constant(none)
	case n == 1:
		return conditions[0]
	case n > 16: // a database counts how deep `a OR b OR c` is
		return all([]condition{all(conditions[:n/2], operator, none), all(conditions[n/2:], operator, none)}, operator, none)
	}
	return func(q *query, t string) {
		apart := btoi(operator == " OR ")
		q.apart += apart
		for i, c := range conditions {
			q.add([2]string{operator, "("}[btoi(i == 0)])
			c(q, t)
		}
		q.add(")")
		q.apart -= apart
	}
}

// not is the opposite of a condition.
func not(inner condition) condition {
	return func(q *query, t string) {
		q.apart++
		q.add("NOT (")
		inner(q, t)
		q.add(")")
		q.apart--
	}
}

func constant(text string) condition { return func(q *query, _ string) { q.add(text) } }

type whereParser struct {
	where      Where
	conditions int
	hops       int // open
	err        error
}

// What a filter may hold: enough for any client, and few enough for any database.
const (
	maxConditions = 1000
	maxNesting    = 60
)

func (p *whereParser) fail(path []string, format string, args ...any) condition {
	if p.err == nil {
		p.err = Errorf(BadRequest, "`%s` %s", strings.Join(path, "."), fmt.Sprintf(format, args...))
	}
	return constant("FALSE")
}

func (p *whereParser) object(table *Table, input map[string]any, path []string) condition {
	if len(path) > 2*maxNesting {
		return p.fail(path[:1], "is nested too deeply")
	}
	conditions := make([]condition, 0, len(input))
	for _, name := range slices.Sorted(maps.Keys(input)) { // one text for one filter
		if name == "matchOptions" && input[name] != nil && table.Searchable() {
			continue // read with what they are options of
		}
		conditions = append(conditions, p.field(table, name, input, at(path, name)))
	}
	return all(conditions, " AND ", "TRUE")
}

// count counts conditions.
func (p *whereParser) count(n int) {
	if p.conditions += n; p.conditions > maxConditions {
		p.fail([]string{"where"}, "must have at most %d conditions", maxConditions)
	}
}

// related reads the filter of the rows that a relation leads to.
func (p *whereParser) related(r *Relation, v any, path []string) condition {
	p.hops++
	p.where.Hops, p.where.Depth = p.where.Hops+1, max(p.where.Depth, p.hops)
	inner := p.nested(r.To, v, path)
	p.hops--
	return inner
}

func (p *whereParser) nested(table *Table, v any, path []string) condition {
	input, ok := v.(map[string]any)
	if !ok {
		return p.fail(path, "must not be null")
	}
	return p.object(table, input, path)
}

// logical reads `and`, `or` and `not`, whose operands nested reads; nil if name is none of them.
func (p *whereParser) logical(name string, v any, path []string, nested func(v any, path []string) condition) condition {
	switch name {
	case "and", "or":
		list := listOf(v)
		if name == "or" && len(list) == 0 {
			return p.fail(path, "must not be empty")
		}
		conditions := make([]condition, len(list))
		for i, item := range list {
			conditions[i] = nested(item, at(path, strconv.Itoa(i)))
		}
		return all(conditions, map[string]string{"and": " AND ", "or": " OR "}[name], "TRUE")
	case "not":
		return not(nested(v, path))
	}
	return nil
}

func (p *whereParser) field(table *Table, name string, input map[string]any, path []string) condition {
	v := input[name]
	if v == nil {
		return p.fail(path, "must not be null")
	}
	if p.count(1); p.err != nil {
		return constant("FALSE")
	}
	if c := p.logical(name, v, path, func(v any, path []string) condition { return p.nested(table, v, path) }); c != nil {
		return c
	}
	if column := table.Field(name); column != nil {
		operators, ok := v.(map[string]any)
		if !ok {
			return p.fail(path, "must not be null")
		}
		return p.column(column, operators, path)
	}
	if relation := table.Relation(name); relation != nil {
		return p.relation(relation, v, path)
	}
	if name == "matches" && table.Searchable() {
		return p.matches(table, v, objectOf(input["matchOptions"]), path)
	}
	if rest, ok := strings.CutPrefix(name, "has"); ok && rest != "" {
		if relation := table.Relation(strings.ToLower(rest[:1]) + rest[1:]); relation != nil {
			has, _ := v.(bool)
			p.where.Hops++
			return exists(relation, has, nil, nil)
		}
	}
	return p.fail(path, "is not a filter")
}

// maxJoined is how many EXISTS of one filter may become joins: a planner takes time by more than the square of the tables
// that it may join in any order.
const maxJoined = 3

// exists is whether row t has (or has not) a related row of which inner is true. by, if not nil, is the row that it must be:
// said of the link, or of the foreign key, it leads a database from there, instead of from every row to what it is related to.
//
// PostgreSQL makes a join of an EXISTS that must be true of every row, and plans any other twice, with all that is inside
// it: behind an OR or a NOT a scalar subquery asks the same and is planned once. SQLite makes nothing of EXISTS and much
// of a list of keys; behind an OR, though, it plans a list that an index could serve twice, which the plus keeps it from.
func exists(r *Relation, has bool, inner condition, by *pin) condition {
	return func(q *query, t string) {
		key, known := by.found(q.pinned)
		switch {
		case known && key == 0:
			q.add([2]string{"TRUE", "FALSE"}[btoi(has)])
			return
		case known && r.Own != nil:
			mine := t + "." + r.Own.Name
			q.add("(")
			if r.Own.Nullable {
				q.add(mine, " IS NOT NULL AND ") // never unknown
			}
			q.bindTo(mine+" = ?", key)
			if !by.decides(q) {
				q.add(" AND ")
				exists(r, has, inner, nil)(q, t)
			}
			q.add(")")
			return
		}
		// Of a row that is known only the link is asked.
		asked, links := inner, known && by.decides(q)
		if links {
			asked = nil
		}
		u := q.alias()
		link, mine, theirs := "l"+u, t+"."+r.Key().Name, u+"."+r.To.KeyColumn().Name
		switch {
		case r.Link != nil:
			theirs = link + "." + r.Link.From
		case r.Theirs != nil:
			theirs = u + "." + r.Theirs.Name
		}
		listed := has && (asked != nil || links) && !q.semijoins // as a list of keys
		scalar := q.semijoins && (q.apart > 0 || q.joined == maxJoined)
		end := ")"
		switch {
		case listed:
			if r.Key().Nullable {
				q.add("(", mine, " IS NOT NULL AND ") // never unknown
				end = "))"
			}
			if q.apart > 0 && q.hops > 0 {
				q.add("+")
			}
			q.add(mine, " IN (SELECT ", theirs, " FROM ")
		case scalar:
			q.add("(SELECT 1 FROM ")
			end = [2]string{" LIMIT 1) IS NULL", " LIMIT 1) IS NOT NULL"}[btoi(has)]
		default:
			q.joined++
			q.add([2]string{"NOT EXISTS (SELECT 1 FROM ", "EXISTS (SELECT 1 FROM "}[btoi(has)])
		}
		switch {
		case links:
			q.add(r.Link.Table, " AS ", link)
		case r.Link != nil:
			q.from(r.Link.Table+" AS "+link+" JOIN ", r.To, u)
			q.add(" ON ", u, ".", r.To.KeyColumn().Name, " = ", link, ".", r.Link.To)
		default:
			q.from("", r.To, u)
		}
		switch {
		case !listed:
			q.add(" WHERE ", theirs, " = ", mine)
		case r.Theirs != nil && r.Theirs.Nullable:
			q.add(" WHERE ", theirs, " IS NOT NULL")
		default:
			q.add(" WHERE TRUE")
		}
		if !links {
			q.visible(" AND ", r.To, u)
		}
		if r.Link != nil {
			q.visible(" AND ", r.Link.Rows, link)
		}
		switch {
		case known:
			q.bindTo(" AND "+link+"."+r.Link.To+" = ?", key)
		case by != nil && r.Link != nil:
			q.bindTo(" AND "+link+"."+r.Link.To+" = (SELECT id FROM "+r.To.Name+" WHERE "+by.column.Name+" = ?)", by.text)
		}
		if asked != nil {
			q.add(" AND ")
			q.inside(asked, u)
		}
		q.add(end)
	}
}

// inside writes a condition of row u of a subquery, which stands behind one more relation.
func (q *query) inside(inner condition, u string) {
	apart := q.apart
	q.apart, q.hops = 0, q.hops+1
	inner(q, u)
	q.apart, q.hops = apart, q.hops-1
}

func (p *whereParser) matches(table *Table, v any, options map[string]any, path []string) condition {
	text, ok := v.(string)
	if !ok {
		return p.fail(path, "is not a text")
	}
	terms, ok := parseSearch(text, options["prefix"] == true)
	if !ok {
		return p.fail(path, "must have at most %d words", searchWords)
	}
	if len(terms) == 0 && options["emptyMatchesAll"] == true {
		return constant("TRUE")
	}
	p.count(len(terms))
	p.where.skewed = true
	if ofEveryRow(path[1 : len(path)-1]) {
		p.where.searches = true
		p.where.search = append(p.where.search, terms...)
		p.where.probes = append(p.where.probes, func(q *query) probe { return probe{table.Name + "_search", q.search(parts(terms))} })
	}
	return table.matches(terms)
}

// ofEveryRow tells whether a condition holds for every row of the page: it stands under `and` alone. Between names of fields there
// are indexes of lists.
func ofEveryRow(path []string) bool {
	return !slices.ContainsFunc(path, func(name string) bool { return name != "and" && (name[0] < '0' || name[0] > '9') })
}

func (p *whereParser) relation(r *Relation, v any, path []string) condition {
	if !r.Many {
		return exists(r, true, p.related(r, v, path), p.pin(r, v))
	}
	quantifiers, ok := v.(map[string]any)
	if !ok {
		return p.fail(path, "must not be null")
	}
	conditions := make([]condition, 0, len(quantifiers))
	for _, name := range slices.Sorted(maps.Keys(quantifiers)) {
		if name == "count" {
			conditions = append(conditions, p.counted(r, quantifiers[name], at(path, name)))
			continue
		}
		inner := p.related(r, quantifiers[name], at(path, name))
		switch name {
		case "some":
			conditions = append(conditions, exists(r, true, inner, p.pin(r, quantifiers[name])))
		case "none":
			conditions = append(conditions, exists(r, false, inner, p.pin(r, quantifiers[name])))
		case "every":
			conditions = append(conditions, exists(r, false, not(inner), nil))
		}
	}
	return all(conditions, " AND ", "TRUE")
}

// counted compares how many related rows there are that match `where`, if that is given.
func (p *whereParser) counted(r *Relation, v any, path []string) condition {
	comparisons, ok := v.(map[string]any)
	if !ok {
		return p.fail(path, "must not be null")
	}
	var inner condition
	if where, given := comparisons["where"]; given {
		inner = p.related(r, where, at(path, "where"))
	} else {
		p.where.Hops++
	}
	operators := maps.Clone(comparisons)
	delete(operators, "where")
	if len(operators) == 0 {
		return constant("TRUE")
	}
	number := &Column{Name: "n", Kind: Int}
	compare := p.column(number, operators, path)
	// It is enough to know that there is one more than any number that they are compared with.
	enough := int64(0)
	for _, operand := range operators {
		for _, v := range listOf(operand) {
			n, _ := whole(v)
			enough = max(enough, n+1)
		}
	}
	return func(q *query, t string) {
		u := q.alias()
		q.add("(SELECT ")
		compare(q, "n"+u)
		q.add(" FROM (SELECT count(*) AS n FROM (SELECT 1 FROM ")
		q.related(r, t, u, inner != nil || q.hides(r.To))
		q.visible(" AND ", r.To, u)
		if inner != nil {
			q.add(" AND ")
			q.inside(inner, u)
		}
		q.bindTo(" LIMIT ?) AS r"+u+") AS n"+u+")", enough)
	}
}

// column is the conjunction of the operators on one column.
func (p *whereParser) column(c *Column, operators map[string]any, path []string) condition {
	ignoreCase, _ := operators["ignoreCase"].(bool)
	var conditions []condition
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		if name == "ignoreCase" && c.Kind == Text {
			continue
		}
		if len(conditions) > 0 {
			p.count(1)
		}
		here := at(path, name)
		v := operators[name]
		if v == nil {
			return p.fail(here, "must not be null")
		}
		if name != "isNull" && c.Kind != Key && !slices.Contains(c.Kind.Operators(), name) { // ranges of keys are for the engine alone
			return p.fail(here, "is not a filter")
		}
		switch name {
		case "isNull":
			is, _ := v.(bool)
			conditions = append(conditions, func(q *query, t string) {
				q.add(t, ".", c.Name, [2]string{" IS NOT NULL", " IS NULL"}[btoi(is)])
			})
			continue
		case "in", "notIn":
			list := listOf(v)
			values := make([]any, len(list))
			for i, item := range list {
				var ok bool
				if values[i], ok = c.operand(item); !ok {
					return p.fail(at(here, fmt.Sprint(i)), "is not %s", c.noun())
				}
			}
			conditions = append(conditions, c.in(values, name == "in", ignoreCase))
			continue
		}
		value, ok := c.operand(v)
		if !ok {
			return p.fail(here, "is not %s", c.noun())
		}
		if name == "contains" || name == "endsWith" {
			p.where.skewed = true
			if text, _ := value.(string); c.substrings && !strings.Contains(text, "\x00") && ofEveryRow(path[1:len(path)-1]) {
				p.where.probes = append(p.where.probes, func(*query) probe { return c.trigramProbe(text, ignoreCase) })
			}
		}
		conditions = append(conditions, c.compare(name, value, ignoreCase))
	}
	inner := all(conditions, " AND ", "TRUE")
	if !c.MayBeNull() || operators["isNull"] != nil && len(conditions) == 1 || len(conditions) == 0 {
		return inner
	}
	// Never unknown, so that `not` is the opposite. `IS NOT NULL` in front costs nothing: the index still serves.
	if operators["isNull"] != nil {
		return func(q *query, t string) {
			q.add("COALESCE(")
			inner(q, t)
			q.add(", FALSE)")
		}
	}
	return func(q *query, t string) {
		q.add("(", t, ".", c.Name, " IS NOT NULL AND ")
		inner(q, t)
		q.add(")")
	}
}

// operand turns a filter's value into what the column holds.
func (c *Column) operand(v any) (any, bool) {
	switch c.Kind {
	case Key:
		var id string
		switch v := v.(type) {
		case string:
			id = v
		case json.Number:
			id = v.String()
		}
		key, ok := c.Table.ParseGlobalID(id)
		return key, ok
	case Text:
		s, ok := v.(string)
		return norm.NFC.String(s), ok
	}
	return c.cell(v)
}

var operators = map[string]string{"eq": " = ", "ne": " <> ", "lt": " < ", "lte": " <= ", "gt": " > ", "gte": " >= "}

func (c *Column) compare(name string, value any, ignoreCase bool) condition {
	text, isText := value.(string)
	if isText && ignoreCase {
		text = Fold(text)
		value = text
	}
	column := func(t string) string {
		if isText && ignoreCase {
			return "kith_fold(" + t + "." + c.Name + ")"
		}
		return t + "." + c.Name
	}
	if head, _, found := strings.Cut(text, "\x00"); found {
		// No stored text holds NUL, and neither database takes one; what it means is known without asking.
		switch name {
		case "ne", "lt", "lte", "gt", "gte":
			switch name {
			case "ne":
				return constant("TRUE")
			case "lt":
				name = "lte"
			case "gte":
				name = "gt"
			}
			value = head
		default:
			return constant("FALSE")
		}
	}
	if operator, ok := operators[name]; ok {
		return func(q *query, t string) { q.bindTo(column(t)+operator+"?", value) }
	}
	if text == "" {
		return constant("TRUE") // contained in every text
	}
	if name == "startsWith" {
		end, bounded := afterPrefix(text)
		return func(q *query, t string) {
			q.bindTo("("+column(t)+" >= ?", text)
			if bounded {
				q.bindTo(" AND "+column(t)+" < ?", end)
			}
			q.add(")")
		}
	}
	return c.substring(text, name == "endsWith", ignoreCase)
}

// afterPrefix is the first text after all that begin with prefix; there is none after U+10FFFF.
func afterPrefix(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xD800 {
			next = 0xE000
		}
		if next <= utf8.MaxRune {
			return string(append(runes[:i:i], next)), true
		}
	}
	return "", false
}

func (c *Column) in(values []any, in, ignoreCase bool) condition {
	if c.Kind != Text {
		return listed(len(values) > 0, in, func(q *query, t string) { q.bindTo(q.in(t+"."+c.Name, c.Kind), q.list(values)) })
	}
	texts := make([]string, 0, len(values))
	for _, v := range values {
		text, _ := v.(string)
		if ignoreCase {
			text = Fold(text)
		}
		if !strings.Contains(text, "\x00") {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	return listed(len(texts) > 0, in, func(q *query, t string) {
		expr := t + "." + c.Name
		if ignoreCase {
			expr = "kith_fold(" + expr + ")"
		}
		q.bindTo(q.inTexts(expr), q.bindTexts(texts))
	})
}

// listOf is a list of an input; one item stands for a list of itself.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func listed(some, in bool, inner condition) condition {
	switch {
	case !some && in:
		return constant("FALSE")
	case !some:
		return constant("TRUE")
	case in:
		return inner
	}
	return not(inner)
}
