package orm

import (
	"cmp"
	"context"
	"slices"
	"strconv"
)

// On a cluster the rows of a table that is DistributedBy a column are in parts, each on one node with the links that lead to its rows; every node has
// the other tables. The engine takes any statement that is about one part. Of others it takes no subquery that refers to the row beside it, but to a
// row of its own part: so pages of related rows are numbered instead of cut off for each parent, and what rows of whole tables are asked of rows in parts
// is a list of keys.

// parts tells whether the rows that a relation leads to, or the links to them, are in parts.
func (r *Relation) parts() bool { return r.To.shard != nil || r.Link != nil && r.Link.shard != "" }

// apart tells whether they are in another part than the row that a relation leads from, or the row is in none.
func (r *Relation) apart() bool { return r.parts() && r.From.shard == nil }

// divides tells whether the rows of a table are in parts in this database.
func (d *dialect) divides(t *Table) bool { return d.distributed && t.shard != nil }

// inParts tells whether a relation leads to parts in this database.
func (d *dialect) inParts(r *Relation) bool { return d.distributed && r.parts() }

// parents says how a statement tells whose the related rows are that it reads.
type parents uint8

const (
	besideRows parents = iota // each stands beside its rows
	single                    // there is one
	inRows                    // the rows tell
)

// parents is how a page, a count or a summary tells it.
func (r *Read) parents(q *query) parents {
	switch {
	case r.Via == nil || r.Page == nil || !q.inParts(r.Via):
		return besideRows
	case len(r.Keys) == 1:
		return single
	}
	return inRows
}

// alone tells whether a page is one of a whole table, or might as well be.
func (r *Read) alone(q *query) bool { return r.Via == nil || r.parents(q) == single }

// under writes the condition that a column holds a parent's key.
func (r *Read) under(q *query, column string) {
	switch r.parents(q) {
	case single:
		q.bindTo(column+" = ?", r.Keys[0])
	case inRows:
		q.bindTo(q.inKeys(column), q.bindKeys(r.Keys))
	default:
		q.add(column, " = ", q.key)
	}
}

// parent is where a row of the page's subquery tells whose it is; t is its name.
func (r *Read) parent(t string) string {
	if len(r.Page.Distinct) > 0 {
		return "d" + t + ".parent"
	}
	return r.holds(t)
}

func (r *Read) holds(t string) string {
	if r.Via.Link != nil {
		return "l" + t + "." + r.Via.Link.From
	}
	return t + "." + r.Via.Theirs.Name
}

// placedAt writes, after and, the condition that a row t that is looked up is where it is known to be.
func (r *Read) placedAt(q *query, t string) {
	if r.shards != nil {
		r.there(q, t+"."+r.From.shard.Name)
	}
}

// there writes, after and, the condition that a column holds one of the parts that the rows are known to be in.
func (r *Read) there(q *query, column string) {
	switch {
	case len(r.shards) == 1:
		q.bindTo(" AND "+column+" = ?", r.shards[0])
	case r.shards != nil:
		q.bindTo(" AND "+q.inKeys(column), q.bindKeys(r.shards))
	}
}

// settle notes the one part that all rows of the page are in, if it is known.
func (r *Read) settle(q *query) {
	switch {
	case r.parents(q) == single && r.From.shard != nil && r.Via.Theirs == r.From.shard:
		q.within = &r.Keys[0]
	case len(q.among) == 1:
		q.within = &q.among[0]
	}
}

// among are the parts of rows that a filter names, each once, if their ids tell them. The rows are looked at where the ids say, and where one is not there
// everywhere; nil if none is found.
func (db *DB) among(ctx context.Context, t *Table, named map[int64]int64) (parts []int64, err error) {
	if !db.divides(t) || len(named) == 0 {
		return nil, nil
	}
	var unknown []int64
	for key, said := range named {
		noted(ctx, t, key, said, false)
		if PlaceOf(ctx, t, key) == 0 {
			unknown = append(unknown, key)
		}
	}
	found, err := db.Locate(ctx, t, unknown)
	for key := range named {
		if part := cmp.Or(found[key], PlaceOf(ctx, t, key)); part != 0 {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts), err
}

// together writes, after and, the condition that a link is in the part of the row t that it leads from.
func (q *query) together(and string, r *Relation, link, t string) {
	switch {
	case !q.inParts(r) || r.From.shard == nil:
	case q.within != nil:
		q.bindTo(and+link+"."+r.Link.shard+" = ?", *q.within)
	default:
		q.add(and, link, ".", r.Link.shard, " = ", t, ".", r.From.shard.Name)
	}
}

// led writes, after and, the condition that row t is in the part of the link that leads to it.
func (q *query) led(r *Relation, link, t string) {
	if q.divides(r.To) {
		q.add(" AND ", t, ".", r.To.shard.Name, " = ", link, ".", r.Link.shard)
	}
}

// elsewhere writes what is asked of rows in other parts than those around it.
func (q *query) elsewhere(r *Relation, write func()) {
	part := q.within
	if r.apart() {
		q.within = nil
	}
	write()
	q.within = part
}

// constant writes what is true of every row, or of none; of is a column. Where tables are in parts it is asked of the row, and so is whether a column has a second
// value: on PostgreSQL before 17 the engine refuses an outer join beside what is known to be false without a row.
func (q *query) constant(is bool, of string) {
	switch {
	case !q.divided:
		q.add([2]string{"FALSE", "TRUE"}[btoi(is)])
	case is:
		q.add("(", of, " IS NULL OR ", of, " IS NOT NULL)")
	default:
		q.add("(", of, " IS NULL AND ", of, " IS NOT NULL)")
	}
}

// counts writes a SELECT of how many rows r leads to from each row from which it leads to any: key and n.
func (q *query) counts(r *Relation, u string, inner condition) {
	whole := inner != nil || q.hides(r.To)
	key := u + "." // of the row that it leads from
	switch {
	case r.Link == nil:
		key += r.Theirs.Name
	case whole:
		key = "l" + key + r.Link.From
	default:
		key += r.Link.From
	}
	shard := ""
	q.add("SELECT ", key, " AS key, ")
	if q.inParts(r) && r.From.shard != nil { // so that each part counts its own
		shard = key[:len(key)-len(r.Link.From)] + r.Link.shard
		q.add(shard, " AS shard, ")
	}
	q.add("count(*) AS n FROM ")
	q.related(r, "", u, whole)
	if shard != "" && q.within != nil {
		q.bindTo(" AND "+shard+" = ?", *q.within)
	}
	q.elsewhere(r, func() {
		q.visible(" AND ", r.To, u)
		if inner != nil {
			q.add(" AND ")
			q.inside(inner, u)
		}
	})
	q.add([2]string{" GROUP BY 1", " GROUP BY 1, 2"}[btoi(shard != "")])
}

// writeNumbered writes a page of each parent whose rows tell whose they are.
func (r *Read) writeNumbered(q *query) (probes bool) {
	t := q.alias()
	probes = r.probing()
	joins := r.Select.aliases(q)
	whose, b := t+".parent", ""
	if probes {
		whose, b = q.key, q.alias()
	}
	q.add("SELECT ", whose)
	if probes {
		q.add(", ", b, ".before, ", b, ".behind")
	}
	r.Select.list(q, ", ", t, joins)
	for _, i := range r.Page.derived() {
		q.add(", ", t, ".", derivedName(i))
	}
	q.add(" FROM ")
	on := " WHERE "
	if probes {
		q.keys(r.Keys, " LEFT JOIN ")
		r.probed(q, b)
		q.add(" ON ", b, ".parent = ", q.key, " LEFT JOIN ")
		on = " ON " + t + ".parent = " + q.key + " AND "
	}
	r.numbered(q, t)
	if !probes {
		r.Select.join(q, t, joins)
	}
	q.add(on, t, ".place <= ", strconv.Itoa(r.Page.Offset+r.Page.Size+btoi(!r.Within)))
	if r.Page.Offset > 0 {
		q.add(" AND ", t, ".place > ", strconv.Itoa(r.Page.Offset))
	}
	if probes {
		r.Select.join(q, t, joins)
	}
	q.add(" ORDER BY ", whose, ", ")
	r.order(q, r.Page.Backward, func(i int) { r.outer(q, t, i, false) })
	return probes
}

// numbered writes the rows of a page of each parent, as t, with the parent's key and their place in the page.
func (r *Read) numbered(q *query, t string) {
	c := q.alias()
	q.add("(SELECT ")
	r.handOut(q, c)
	parent := r.parent(c)
	q.add(", ", parent, " AS parent, row_number() OVER (PARTITION BY ", parent)
	if r.Via.From.shard != nil && len(r.Page.Distinct) == 0 {
		q.add(", l", c, ".", r.Via.Link.shard)
	}
	if len(r.Page.Order) > 0 {
		q.add(" ORDER BY ")
		r.order(q, r.Page.Backward, func(i int) { r.name(q, c, i) })
	}
	q.add(") AS place FROM ")
	r.between(q, c)
	q.add(") AS ", t)
}

// probed writes, as b, whether there are rows of each parent beyond the page.
func (r *Read) probed(q *query, b string) {
	t := q.alias()
	q.add("(SELECT ", r.parent(t), " AS parent, bool_or(")
	r.beyond(q, t, r.Page.After, false)
	q.add(") AS before, bool_or(")
	r.beyond(q, t, r.Page.Before, true)
	q.add(") AS behind FROM ")
	r.source(q, t)
	q.add(" GROUP BY 1) AS ", b)
}

// beyond writes whether row t is at a position or beyond it.
func (r *Read) beyond(q *query, t string, position []any, after bool) {
	switch {
	case position != nil:
		r.beside(q, t, position, after, true)
	case !after && r.Page.Offset > 0:
		q.add("TRUE")
	default:
		q.add("FALSE")
	}
}

// places are where rows have been found to be by an operation, or have been said to be by an id.
type place struct {
	shard int64
	found bool // and not only said
}

// noted keeps where a row is. What an id says is not held against what was found.
func noted(ctx context.Context, t *Table, key, shard int64, found bool) {
	s, ok := ctx.Value(shareKey).(*share)
	if !ok || key == 0 || shard == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := rowOf{t, key}
	if s.places[at].found && !found {
		return
	}
	if s.places == nil {
		s.places = map[rowOf]place{}
	}
	s.places[at] = place{shard, found}
}

// PlaceOf is where a row has been found; 0 if it has not.
func PlaceOf(ctx context.Context, t *Table, key int64) int64 {
	s, ok := ctx.Value(shareKey).(*share)
	if !ok || t.shard == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.places[rowOf{t, key}]; p.found {
		return p.shard
	}
	return 0
}

// shardsOf are the parts that rows are in, each once and in order; nil if one of them is not known.
func shardsOf(ctx context.Context, t *Table, keys []int64) []int64 {
	s, ok := ctx.Value(shareKey).(*share)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shards := make([]int64, 0, len(keys))
	for _, key := range keys {
		p, ok := s.places[rowOf{t, key}]
		if !ok {
			return nil
		}
		shards = append(shards, p.shard)
	}
	slices.Sort(shards)
	return slices.Compact(shards)
}

// located is r with the parts that its rows, or the links to them, are known to be in.
func (db *DB) located(ctx context.Context, r *Read) *Read {
	if !db.distributed {
		return r
	}
	var shards []int64
	switch {
	case r.Via == nil && r.From.shard != nil && r.Texts == nil && len(r.Keys) > 0 && (r.By == nil || r.By == r.From.KeyColumn()):
		shards = shardsOf(ctx, r.From, r.Keys)
	case r.Via == nil:
	case r.Via.Link != nil && r.Via.From.shard != nil:
		shards = shardsOf(ctx, r.Via.From, r.Keys)
	case r.Page == nil && r.Via.Theirs != nil && r.Via.Theirs == r.From.shard:
		shards = r.Keys
	}
	if shards == nil {
		return r
	}
	out := *r
	out.shards = shards
	return &out
}

// note keeps where the rows are that a Read has found.
func (s *Select) note(ctx context.Context, t *Table, rows *Rows, base int) int {
	if t.shard != nil {
		if at := slices.Index(s.Columns, t.shard); at >= 0 {
			for i := range rows.n {
				row := rows.Row(i)[base:]
				key, _ := row[0].(int64)
				shard, _ := row[at].(int64)
				noted(ctx, t, key, shard, true)
			}
		}
	}
	base += len(s.Columns)
	for i := range s.Joins {
		base = s.Joins[i].Select.note(ctx, s.Joins[i].Relation.To, rows, base)
	}
	return base
}

// Joins tells whether the row that a relation to one leads to is best read beside the row that it leads from.
func (db *DB) Joins(r *Relation) bool { return !db.inParts(r) }
