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

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/unicode/norm"
)

// A Where is a filter of one table's rows, made by ParseWhere. It is true or false of every row, never unknown: a null
// value satisfies no comparison.
type Where struct {
	// Hops is how many relations it crosses, Depth how many of them inside each other.
	Hops, Depth int

	input map[string]any
	write condition
	pins  []*pin
	// named are rows by whose ids a filter finds every row that it lets pass, and the parts that the ids tell; nil if there are none.
	named map[int64]int64
	// only says that a row passes if it is one of those that a relation leads to from the row that a pin names: the way there,
	// and the pin.
	only   *Relation
	onlyBy *pin
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

// A pin is the values of a unique column by which a filter demands one of a few rows behind a relation.
type pin struct {
	via     *Relation // to the row
	column  *Column
	texts   []string
	keys    []int64 // of the key instead of texts
	again   bool    // the key was asked for before, which may have been another
	alone   bool    // nothing else is demanded of the row
	certain bool    // every row that passes is related to such a row
}

// maxPinned is how many rows a pin may name.
const maxPinned = 100

// pin is that of a filter of rows behind r; none if it has none. What says so in the rows themselves needs none: they are
// found by it.
func (p *whereParser) pin(r *Relation, where any, has bool) *pin {
	if r.Link == nil && r.Own == nil {
		return nil
	}
	fields := objectOf(where)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c, operators := r.To.Field(name), objectOf(fields[name])
		values := listOf(operators["in"])
		eq, says := operators["eq"]
		if says {
			values = []any{eq}
		} else if operators["in"] == nil {
			continue
		}
		if c == nil || !c.Unique || operators["ignoreCase"] == true || len(values) > maxPinned {
			continue
		}
		n := len(operators)
		if _, given := operators["ignoreCase"]; given {
			n--
		}
		out := &pin{via: r, column: c, alone: n == 1 && len(fields) == 1, certain: has && p.apart == 0}
		if !out.name(values) {
			continue
		}
		own := btoi(says && c == r.To.KeyColumn())
		out.again = p.equate(r.To.KeyColumn()) > own
		p.where.pins, p.where.skewed = append(p.where.pins, out), true
		return out
	}
	return nil
}

// name gives a pin its values; ok is false if they are not of its column, or none.
func (p *pin) name(values []any) (ok bool) {
	for _, v := range values {
		text, is := v.(string)
		switch {
		case !is:
			return false
		case p.column.Kind == Key:
			key, ok := p.column.Table.ParseGlobalID(text)
			if !ok {
				return false
			}
			p.keys = append(p.keys, key)
		case p.column.Kind != Text:
			return false
		case !strings.Contains(text, "\x00"):
			p.texts = append(p.texts, norm.NFC.String(text))
		}
	}
	slices.Sort(p.keys)
	slices.Sort(p.texts)
	p.keys, p.texts = slices.Compact(p.keys), slices.Compact(p.texts)
	return len(p.keys)+len(p.texts) > 0
}

// found are the keys of the rows that a pin names, none if there are none; ok is false if they have not been looked up.
func (p *pin) found(pinned map[lookUp]int64) (keys []int64, ok bool) {
	switch {
	case p == nil:
		return nil, false
	case p.keys != nil:
		return p.keys, true
	}
	for _, text := range p.texts {
		key, looked := pinned[lookUp{p.column, text}]
		if !looked {
			return nil, false
		}
		if key != 0 {
			keys = append(keys, key)
		}
	}
	return keys, true
}

// decides tells whether nothing is left to ask of the rows that a pin names when their keys are known: a key that was given says
// nothing of whether the viewer may see the row.
func (p *pin) decides(q *query) bool { return p.alone && (p.keys == nil || !q.hides(p.column.Table)) }

// is writes that expr is one of the keys of the rows that a pin names.
func (q *query) is(expr string, p *pin, keys []int64) {
	if len(keys) == 1 && !(p.again && q.divided) {
		q.bindTo(expr+" = ?", keys[0])
		return
	}
	q.bindTo(q.inKeys(expr), q.bindKeys(keys))
}

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
	if kept != nil { // what runs beside it may be looking up the same
		if err := kept.looking.Acquire(ctx, 1); err != nil {
			return nil, db.classify(ctx, err)
		}
		defer kept.looking.Release(1)
	}
	found := make(map[lookUp]int64, len(w.pins))
	texts := map[*Column][]string{}
	for _, p := range w.pins {
		for _, text := range p.texts {
			l := lookUp{p.column, text}
			if _, there := found[l]; there {
				continue
			}
			var have bool
			if found[l], have = kept.found(l); !have {
				texts[p.column] = append(texts[p.column], text)
			}
		}
	}
	for _, p := range w.pins { // in the order of the filter
		list := texts[p.column]
		if len(list) == 0 {
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

// weigh asks how many rows lead to those of each pin by which every row of a page is found: few if they are sooner gathered and
// ordered than the page is found by walking through its table. A planner takes a value that is not among the most common for an
// average one.
func (db *DB) weigh(ctx context.Context, r *Read, q *query) error {
	if r.Via != nil || db.distributed || !db.semijoins && (len(r.Page.Order) == 0 || r.Page.Size == 0) { // what is a list of keys in any case, or goes to nodes
		return nil
	}
	for _, p := range r.Page.Where.pins {
		keys, known := p.found(q.pinned)
		if !p.certain || !known || len(keys) == 0 {
			continue
		}
		enough := db.enough(ctx, p.via.From, r.Page, 1)
		if enough == 0 {
			continue
		}
		column := ""
		if p.via.Link != nil {
			column = p.via.Link.Table + " WHERE " + p.via.Link.To
		} else {
			column = p.via.From.Name + " WHERE " + p.via.Own.Name
		}
		// A range is taken for half a percent of the table: of a value that is said to be common all rows would be gone through.
		text := "SELECT sum((SELECT count(*) FROM (SELECT 1 FROM " + column + " BETWEEN " + db.key + " AND " + db.key + " LIMIT ?) AS n)) FROM " + db.keyList
		var n int
		s := &Statement{Path: r.Path + " is rare", Text: text, Args: []any{enough, db.bindKeys(keys)}, noted: true}
		if err := db.run(ctx, s, func(rows *sqlx.Rows) error { return rows.Scan(&n) }); err != nil {
			return err
		}
		if q.few == nil {
			q.few = map[*pin]bool{}
		}
		q.few[p] = n < enough
	}
	return nil
}

// A condition writes an expression that is true or false of row t.
type condition = func(q *query, t string)

// all is a conjunction or a disjunction; none is what it is without conditions.
func all(conditions []condition, operator string, none condition) condition {
	switch n := len(conditions); {
	case n == 0:
		return none
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
	apart      int // open, of what need not be true of every row
	crossed    int // relations to rows in parts from rows in none
	equated    map[equated]int
	err        error
}

// An equated column is one that a filter compares with one value.
type equated struct {
	table *Table
	name  string
}

// equate notes that a column is compared with one value, and tells how often it was before.
func (p *whereParser) equate(c *Column) (before int) {
	if p.equated == nil {
		p.equated = map[equated]int{}
	}
	of := equated{c.Table, c.Name}
	before = p.equated[of]
	p.equated[of]++
	return before
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
	return all(conditions, " AND ", table.KeyColumn().constant(true))
}

// count counts conditions.
func (p *whereParser) count(n int) {
	if p.conditions += n; p.conditions > maxConditions {
		p.fail([]string{"where"}, "must have at most %d conditions", maxConditions)
	}
}

// related reads the filter of the rows that a relation leads to; apart tells whether that leads to parts from where there are none, or from
// parts to where there are none and further.
func (p *whereParser) related(r *Relation, v any, path []string) (inner condition, apart bool) {
	p.hops++
	p.where.Hops, p.where.Depth = p.where.Hops+1, max(p.where.Depth, p.hops)
	before, hops := p.crossed, p.where.Hops
	inner = p.nested(r.To, v, path)
	p.hops--
	apart = p.crossed > before || r.From.shard != nil && p.where.Hops > hops
	p.crosses(r)
	return inner, apart
}

func (p *whereParser) crosses(r *Relation) { p.crossed += btoi(r.apart()) }

func (p *whereParser) nested(table *Table, v any, path []string) condition {
	input, ok := v.(map[string]any)
	if !ok {
		return p.fail(path, "must not be null")
	}
	return p.object(table, input, path)
}

// logical reads `and`, `or` and `not`, whose operands nested reads; nil if name is none of them.
func (p *whereParser) logical(name string, v any, path []string, none condition, nested func(v any, path []string) condition) condition {
	switch name {
	case "and", "or":
		list := listOf(v)
		if name == "or" && len(list) == 0 {
			return p.fail(path, "must not be empty")
		}
		conditions := make([]condition, len(list))
		p.apart += btoi(name == "or")
		for i, item := range list {
			conditions[i] = nested(item, at(path, strconv.Itoa(i)))
		}
		p.apart -= btoi(name == "or")
		return all(conditions, map[string]string{"and": " AND ", "or": " OR "}[name], none)
	case "not":
		p.apart++
		inner := nested(v, path)
		p.apart--
		return not(inner)
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
	if c := p.logical(name, v, path, table.KeyColumn().constant(true), func(v any, path []string) condition { return p.nested(table, v, path) }); c != nil {
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
			p.crosses(relation)
			return exists(relation, has, nil, false, nil, nil)
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
//
// Where a pin among within is known to lead to few rows, the keys are gathered from there; and where it leads to many and a database
// would gather them all, each row is asked.
//
// Where rows are in parts, a subquery may refer to the row beside it within a part; any other that has subqueries is a list of keys as well, if apart
// says so.
func exists(r *Relation, has bool, inner condition, apart bool, by *pin, within []*pin) condition {
	return func(q *query, t string) {
		keys, known := by.found(q.pinned)
		switch {
		case known && len(keys) == 0:
			q.constant(!has, t+"."+r.From.KeyColumn().Name)
			return
		case known && r.Own != nil:
			mine := t + "." + r.Own.Name
			q.add("(")
			if r.Own.Nullable {
				q.add(mine, " IS NOT NULL AND ") // never unknown
			}
			q.is(mine, by, keys)
			if !by.decides(q) {
				q.add(" AND ")
				exists(r, has, inner, apart, nil, nil)(q, t)
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
		weighed, gathered := q.weighed(within)
		listed := has && (asked != nil || links) && (gathered || !weighed && !q.semijoins) // as a list of keys
		if q.distributed && (r.apart() || !r.parts() && (apart || r.From.shard != nil && q.hides(r.To) && len(r.To.reads.paths) > 0)) {
			listed = true
		}
		scalar := q.semijoins && (q.apart > 0 || q.joined == maxJoined)
		end := ")"
		switch {
		case listed:
			if !has {
				q.add("NOT ")
			}
			if r.Key().Nullable || !has {
				q.add("(", mine, " IS NOT NULL AND ") // never unknown
				end = "))"
			}
			if q.apart > 0 && q.hops > 0 && !q.semijoins {
				q.add("+")
			}
			if q.semijoins && !q.distributed { // of a list that is made first; of IN it would make a join
				q.add(mine, " = ANY(ARRAY(SELECT ", theirs, " FROM ")
				end += ")"
			} else {
				q.add(mine, " IN (SELECT ", theirs, " FROM ")
			}
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
			q.led(r, link, u)
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
		q.together(" AND ", r, link, t)
		if !links {
			q.visible(" AND ", r.To, u)
		}
		if r.Link != nil {
			q.visible(" AND ", r.Link.Rows, link)
		}
		switch {
		case known:
			q.add(" AND ")
			q.is(link+"."+r.Link.To, by, keys)
		case by != nil && r.Link != nil && len(by.texts) == 1:
			q.bindTo(" AND "+link+"."+r.Link.To+" = (SELECT id FROM "+r.To.Name+" WHERE "+by.column.Name+" = ?)", by.texts[0])
		}
		if asked != nil {
			q.add(" AND ")
			q.elsewhere(r, func() { q.inside(asked, u) })
		}
		q.add(end)
	}
}

// weighed tells whether it is known of any of the pins how many rows lead there, and whether they are few.
func (q *query) weighed(pins []*pin) (known, few bool) {
	for _, p := range pins {
		is, weighed := q.few[p]
		known, few = known || weighed, few || is
	}
	return known, few
}

// gathers tells whether the rows that the filter lets pass are few, and are to be found before they are ordered.
func (q *query) gathers() bool {
	for _, few := range q.few {
		if few {
			return true
		}
	}
	return false
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
		return table.KeyColumn().constant(true)
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
		return p.exists(r, true, v, path)
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
		switch name {
		case "some", "none":
			conditions = append(conditions, p.exists(r, name == "some", quantifiers[name], at(path, name)))
		case "every":
			p.apart++
			inner, apart := p.related(r, quantifiers[name], at(path, name))
			p.apart--
			conditions = append(conditions, exists(r, false, not(inner), apart, nil, nil))
		}
	}
	return all(conditions, " AND ", r.From.KeyColumn().constant(true))
}

// exists is whether there is (or is not) a related row that where is true of.
func (p *whereParser) exists(r *Relation, has bool, where any, path []string) condition {
	before := len(p.where.pins)
	p.apart += btoi(!has)
	inner, apart := p.related(r, where, path)
	p.apart -= btoi(!has)
	by := p.pin(r, where, has)
	return exists(r, has, inner, apart, by, p.where.pins[before:])
}

// counted compares how many related rows there are that match `where`, if that is given.
func (p *whereParser) counted(r *Relation, v any, path []string) condition {
	comparisons, ok := v.(map[string]any)
	if !ok {
		return p.fail(path, "must not be null")
	}
	var inner condition
	apart := false
	if where, given := comparisons["where"]; given {
		p.apart++
		inner, apart = p.related(r, where, at(path, "where"))
		p.apart--
	} else {
		p.where.Hops++
		p.crosses(r)
	}
	operators := maps.Clone(comparisons)
	delete(operators, "where")
	if len(operators) == 0 {
		return r.From.KeyColumn().constant(true)
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
	ofNone := holds(operators, 0)
	return func(q *query, t string) {
		u := q.alias()
		if q.inParts(r) || q.distributed && apart {
			q.add(t, ".", r.Key().Name, [2]string{" IN (", " NOT IN ("}[btoi(ofNone)], "SELECT key FROM (")
			q.counts(r, u, inner)
			q.add(") AS n", u, " WHERE ", [2]string{"", "NOT "}[btoi(ofNone)])
			compare(q, "n"+u)
			q.add(")")
			return
		}
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

// holds tells whether a number meets what it is compared with.
func holds(operators map[string]any, n int64) bool {
	for name, operand := range operators {
		same := false
		for _, v := range listOf(operand) {
			than, _ := whole(v)
			switch name {
			case "eq", "in", "ne", "notIn":
				same = same || n == than
			case "lt":
				same = n < than
			case "lte":
				same = n <= than
			case "gt":
				same = n > than
			case "gte":
				same = n >= than
			case "isNull":
				same = v == false
			}
		}
		if same == (name == "ne" || name == "notIn") {
			return false
		}
	}
	return true
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
			if name == "in" {
				p.name(c, list, path)
			}
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
		if name == "eq" {
			p.name(c, []any{v}, path)
		}
		if name == "contains" || name == "endsWith" {
			p.where.skewed = true
			if text, _ := value.(string); c.substrings && !strings.Contains(text, "\x00") && ofEveryRow(path[1:len(path)-1]) {
				p.where.probes = append(p.where.probes, func(*query) probe { return c.trigramProbe(text, ignoreCase) })
			}
		}
		conditions = append(conditions, c.compare(name, value, ignoreCase, name == "eq" && p.equate(c) > 0))
	}
	inner := all(conditions, " AND ", c.constant(true))
	if !c.MayBeNull() || operators["isNull"] != nil && len(conditions) == 1 || len(conditions) == 0 {
		return inner
	}
	// Never unknown, so that `not` is the opposite. `IS NOT NULL` in front costs nothing: the index still serves.
	return func(q *query, t string) {
		q.add("(", t, ".", c.Name, " IS NOT NULL AND ")
		inner(q, t)
		q.add(")")
	}
}

// name notes what ids tell of the rows that a filter lets pass, if they are in parts and each tells it.
func (p *whereParser) name(c *Column, ids []any, path []string) {
	if c.Kind != Key || c.Table.shard == nil || c != c.Table.KeyColumn() || p.where.named != nil || len(ids) == 0 || len(ids) > maxPinned || !ofEveryRow(path[1:len(path)-1]) {
		return
	}
	named := make(map[int64]int64, len(ids))
	for _, id := range ids {
		text, _ := id.(string)
		t, key, shard, ok := c.Table.model.parseGlobalID(text)
		if !ok || t != c.Table || shard == 0 {
			return
		}
		named[key] = shard
	}
	p.where.named = named
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

// compare is an operator with one value; again says that a value was asked for before, which may be another.
func (c *Column) compare(name string, value any, ignoreCase, again bool) condition {
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
				return c.constant(true)
			case "lt":
				name = "lte"
			case "gte":
				name = "gt"
			}
			value = head
		default:
			return c.constant(false)
		}
	}
	if operator, ok := operators[name]; ok {
		return func(q *query, t string) {
			if again && q.divided {
				q.bindTo(column(t)+" BETWEEN ?", value)
				q.bindTo(" AND ?", value)
				return
			}
			q.bindTo(column(t)+operator+"?", value)
		}
	}
	if text == "" {
		return c.constant(true) // contained in every text
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

// constant is true of every row or of none.
func (c *Column) constant(is bool) condition {
	return func(q *query, t string) { q.constant(is, t+"."+c.Name) }
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
		return c.listed(len(values) > 0, in, func(q *query, t string) { q.bindTo(q.in(t+"."+c.Name, c.Kind), q.list(values)) })
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
	return c.listed(len(texts) > 0, in, func(q *query, t string) {
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

func (c *Column) listed(some, in bool, inner condition) condition {
	switch {
	case !some && in:
		return c.constant(false)
	case !some:
		return c.constant(true)
	case in:
		return inner
	}
	return not(inner)
}
