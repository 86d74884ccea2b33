package orm

import (
	"slices"
	"strconv"
	"strings"
)

// What an order may reach beyond its rows' columns: so many keys of it, over so many relations each. Every one is joined to
// every row that is ordered.
const (
	maxReaches = 4
	MaxReach   = 3
)

// MaxOffset is how many rows a page may leave out: they are all read.
const MaxOffset = 10_000

// A reach is where a key of an order that is no column of the rows comes from: a column at the end of relations to one,
// null where there is no row that the viewer may see, or how many such rows a relation to many leads to from there, which
// is never null.
type reach struct {
	path   []*Relation
	column *Column   // of the last relation's rows
	counts *Relation // instead of a column
}

// OrderCounts are the orders by how many rows a relation to many leads to. Where a column has the name there is none.
func (t *Table) OrderCounts() []*Column {
	var columns []*Column
	orders := t.Orders()
	for _, r := range t.Relations {
		if !r.Many {
			continue
		}
		c := &Column{Name: snake(r.Field) + "_count", Field: r.Field + "Count", Kind: Int, Table: t, reach: &reach{counts: r}}
		if !slices.ContainsFunc(orders, func(have *Column) bool { return have.OrderName() == c.OrderName() }) {
			columns = append(columns, c)
		}
	}
	return columns
}

// Counts is the relation whose rows an order counts; nil if it orders by a column.
func (c *Column) Counts() *Relation {
	if c.reach == nil {
		return nil
	}
	return c.reach.counts
}

// Path are the relations that an order crosses to what it orders by.
func (c *Column) Path() []*Relation {
	if c.reach == nil {
		return nil
	}
	return c.reach.path
}

// Derived tells whether a key of an order is no column of the rows.
func (c *Column) Derived() bool { return c.reach != nil || c.Kind == Rank }

// through is a key of an order as it is found at the end of a relation to one.
func (c *Column) through(r *Relation) *Column {
	out := *c
	out.Name = r.Field + "." + c.Name
	out.reach = &reach{path: []*Relation{r}, column: c}
	if c.reach != nil {
		out.reach.path = append(out.reach.path, c.reach.path...)
		out.reach.column, out.reach.counts = c.reach.column, c.reach.counts
	}
	if out.reach.counts == nil {
		out.Nullable = c.Nullable || !r.Required || r.To.Reads() != nil
	}
	return &out
}

// OrderColumn is what an order of the schema means, by its name in small letters: a column, the number of rows that a relation
// to many leads to, or "relevance"; nil if there is none.
func (t *Table) OrderColumn(name string) *Column {
	if t.relevance != nil && name == t.relevance.Name {
		return t.relevance
	}
	if s := t.settled.Load(); s != nil {
		return s.orders[strings.ToLower(name)]
	}
	for _, c := range append(t.Orders(), t.OrderCounts()...) {
		if strings.EqualFold(c.OrderName(), name) {
			return c
		}
	}
	return nil
}

// ParseOrder reads one step of an order, as the schema's `PostOrder` and its like are. Its errors are BadRequest.
func ParseOrder(t *Table, input map[string]any) (Order, error) { return parseOrder(t, input, 0) }

func parseOrder(t *Table, input map[string]any, depth int) (o Order, err error) {
	given := 0
	for name, v := range input {
		if name == "direction" || v == nil {
			continue
		}
		if given++; given > 1 {
			break
		}
		if name == "field" {
			text, _ := v.(string)
			o.Column, o.Desc = t.OrderColumn(strings.ToLower(text)), input["direction"] == "DESC"
			if o.Column == nil || depth > 0 && o.Column.Kind == Rank {
				return o, Errorf(BadRequest, "`orderBy` cannot be %s", text)
			}
			continue
		}
		r := t.Relation(name)
		inner, ok := v.(map[string]any)
		switch {
		case r == nil || r.Many || !ok:
			return o, Errorf(BadRequest, "`orderBy` cannot be through %s", name)
		case depth == MaxReach:
			return o, Errorf(BadRequest, "`orderBy` may cross %d relations", MaxReach)
		case input["direction"] == "DESC":
			return o, Errorf(BadRequest, "`direction` stands inside of `%s`, beside what is ordered by", name)
		}
		if o, err = parseOrder(r.To, inner, depth+1); err != nil {
			return o, err
		}
		o.Column = o.Column.through(r)
	}
	if given != 1 {
		return o, Errorf(BadRequest, "a step of `orderBy` takes exactly one thing to order by")
	}
	return o, nil
}

// Distincts are what a page can be made distinct by: what it can be ordered by, and the foreign keys to rows that everybody
// sees, which clients know as relations.
func (t *Table) Distincts() []*Column {
	columns := slices.DeleteFunc(t.Orders(), func(c *Column) bool { return c == t.KeyColumn() })
	for _, r := range t.Relations {
		if r.Own != nil && r.To.Reads() == nil {
			columns = append(columns, r.Own)
		}
	}
	return columns
}

// DistinctName is what the schema calls a column of Distincts: "CREATED_AT", "AUTHOR".
func (c *Column) DistinctName() string {
	for _, r := range c.Table.Relations {
		if r.Own == c {
			return (&Column{Field: r.Field}).OrderName()
		}
	}
	return c.OrderName()
}

// DistinctColumn is the column of Distincts of that name; nil if there is none.
func (t *Table) DistinctColumn(name string) *Column {
	for _, c := range t.Distincts() {
		if c.DistinctName() == name {
			return c
		}
	}
	return nil
}

// snake turns "taggedPosts" into "tagged_posts".
func snake(field string) string { return strings.ToLower((&Column{Field: field}).OrderName()) }

// derived are the places of those keys of the order that are no columns: a row of the page holds them behind what is selected.
func (p *Page) derived() (places []int) {
	if p == nil {
		return nil
	}
	for i, o := range p.Order {
		if o.Column.Derived() {
			places = append(places, i)
		}
	}
	return places
}

// Hops is how many relations the order crosses.
func (p *Page) Hops() (n int) {
	for _, o := range p.Order {
		if o.Column.reach != nil {
			n += len(o.Column.reach.path) + btoi(o.Column.reach.counts != nil)
		}
	}
	return n
}

// Position is where a row of the page stands in its order: its values for the order's keys. own answers those that are
// columns, rest are the last of the row's values.
func (p *Page) Position(rest []any, own func(*Column) any) []any {
	values := make([]any, len(p.Order))
	rest = rest[len(rest)-len(p.derived()):]
	for i, o := range p.Order {
		if o.Column.Derived() {
			values[i], rest = rest[0], rest[1:]
		} else {
			values[i] = own(o.Column)
		}
	}
	return values
}

// paths are the relations that the order crosses one after the other, each way once.
func (p *Page) paths() (paths [][]*Relation) {
	for _, o := range p.Order {
		for n := range len(o.Column.Path()) {
			path := o.Column.reach.path[:n+1]
			if !slices.ContainsFunc(paths, func(have []*Relation) bool { return slices.Equal(have, path) }) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// at is the name of the row that a path leads to from row t.
func (p *Page) at(t string, path []*Relation) string {
	if len(path) == 0 {
		return t
	}
	return t + "o" + strconv.Itoa(slices.IndexFunc(p.paths(), func(have []*Relation) bool { return slices.Equal(have, path) }))
}

// reaches writes, behind the tables of row t, what the keys of the order are taken from that are not its columns. loose
// says that there may be no row t.
func (r *Read) reaches(q *query, t string, loose bool) {
	p := r.Page
	for _, path := range p.paths() {
		last := path[len(path)-1]
		from, to := p.at(t, path[:len(path)-1]), p.at(t, path)
		// Where there must be a row, a database may begin with its order.
		required := !loose && !slices.ContainsFunc(path, func(r *Relation) bool { return !r.Required || r.To.Reads() != nil })
		q.from([2]string{" LEFT JOIN ", " JOIN "}[btoi(required)], last.To, to)
		q.add(" ON ", last.on(from, to))
		q.visible(" AND ", last.To, to)
	}
	for i, o := range p.Order {
		switch counts := o.Column.Counts(); {
		case counts == nil || !q.lateral:
		case q.inParts(counts):
			n, at, part := t+"n"+strconv.Itoa(i), p.at(t, o.Column.reach.path), q.within
			if at != t {
				q.within = nil
			}
			q.add(" LEFT JOIN (")
			q.counts(counts, t+"c"+strconv.Itoa(i), nil)
			q.add(") AS ", n, " ON ", n, ".key = ", at, ".", counts.Key().Name)
			if counts.From.shard != nil {
				q.add(" AND ", n, ".shard = ", at, ".", counts.From.shard.Name)
			}
			q.within = part
		default:
			q.add(" CROSS JOIN LATERAL (")
			q.count(o.Column.reach.counts, p.at(t, o.Column.reach.path), t+"c"+strconv.Itoa(i))
			q.add(") AS ", t, "n", strconv.Itoa(i), "(n)")
		}
	}
}

// count writes a SELECT of how many rows r leads to from row t that the viewer may see; u is a name for them.
func (q *query) count(r *Relation, t, u string) {
	q.add("SELECT count(*) FROM ")
	q.related(r, t, u, q.hides(r.To))
	q.visible(" AND ", r.To, u)
}

// related writes the rows u that r leads to from row t, or from any if that is "", with WHERE; for a link only those of the link unless whole.
func (q *query) related(r *Relation, t, u string, whole bool) {
	mine, key := " = "+t+"."+r.Key().Name, r.To.KeyColumn().Name
	if t == "" {
		mine = " IS NOT NULL"
	}
	switch {
	case r.Link == nil && r.Theirs != nil:
		q.from("", r.To, u)
		q.add(" WHERE ", u, ".", r.Theirs.Name, mine)
	case r.Link == nil:
		q.from("", r.To, u)
		q.add(" WHERE ", u, ".", key, mine)
	case whole:
		q.from(r.Link.Table+" AS l"+u+" JOIN ", r.To, u)
		q.add(" ON ", u, ".", key, " = l", u, ".", r.Link.To)
		q.led(r, "l"+u, u)
		q.add(" WHERE l", u, ".", r.Link.From, mine)
		q.visible(" AND ", r.Link.Rows, "l"+u)
	default:
		q.add(r.Link.Table, " AS ", u, " WHERE ", u, ".", r.Link.From, mine)
		q.visible(" AND ", r.Link.Rows, u)
	}
}

// name writes key i of the order, as it is called inside the page's subquery for row t.
func (r *Read) name(q *query, t string, i int) {
	switch c := r.Page.Order[i].Column; {
	case c.Counts() != nil && q.inParts(c.Counts()):
		q.add("COALESCE(", t, "n", strconv.Itoa(i), ".n, 0)")
	case c.Counts() != nil && q.lateral:
		q.add(t, "n", strconv.Itoa(i), ".n")
	case c.Counts() != nil:
		q.add("(")
		q.count(c.reach.counts, r.Page.at(t, c.reach.path), t+"c"+strconv.Itoa(i))
		q.add(")")
	case c.reach != nil:
		q.add(r.Page.at(t, c.reach.path), ".", c.reach.column.Name)
	case c.Kind == Rank:
		q.add("r", t, ".relevance")
	case c.Kind == Key:
		q.add(r.key(t))
	case r.carried(c) != "":
		q.add("l", t, ".", r.carried(c))
	default:
		q.add(t, ".", c.Name)
	}
}

// derivedName is what the page's subquery hands out key i of the order as, if that is no column.
func derivedName(i int) string { return "o" + strconv.Itoa(i) }

// distinct writes, as the tables of row t, the first row in the page's order for each combination of what it is to be distinct by.
func (r *Read) distinct(q *query, t string) {
	u := q.alias()
	q.add("(SELECT ", u, ".", r.From.KeyColumn().Name)
	of := ""
	if r.parents(q) == inRows {
		of = r.holds(u) + ", "
		q.add(", ", r.holds(u), " AS parent")
	}
	q.add(", row_number() OVER (PARTITION BY ", of)
	for i, c := range r.Page.Distinct {
		q.add([2]string{", ", ""}[btoi(i == 0)], u, ".", c.Name)
	}
	if len(r.Page.Order) > 0 {
		q.add(" ORDER BY ")
		r.order(q, false, func(i int) { r.name(q, u, i) })
	}
	q.add(") AS place FROM ")
	r.rows(q, u)
	q.from(") AS d"+t+" JOIN ", r.From, t)
	q.add(" ON ", t, ".", r.From.KeyColumn().Name, " = d", t, ".", r.From.KeyColumn().Name)
	if q.within != nil {
		q.bindTo(" AND "+t+"."+r.From.shard.Name+" = ?", *q.within)
	}
	r.reaches(q, t, false)
	r.rank(q, t, false)
	q.add(" WHERE d", t, ".place = 1")
}
