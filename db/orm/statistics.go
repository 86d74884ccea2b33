package orm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// statistics are what is known of the tables from time to time.
type statistics struct {
	rows    map[*Table]float64 // about how many
	indexed map[string]bool    // what indexes begin with: "posts.title", "posts.kith_fold(title)"
}

const (
	statisticsLife = 30 * time.Second // how old they may be
	statisticsWait = time.Second      // how long the first who asks waits for them
	fewRows        = 1000             // rows that are always looked at soon enough
)

// known are the statistics. They are read in the background; only who asks before they have ever been read waits.
func (db *DB) known(ctx context.Context) *statistics {
	now := time.Now()
	if due := db.due.Load(); now.UnixNano() >= due && db.due.CompareAndSwap(due, now.Add(statisticsLife).UnixNano()) {
		go db.refresh(context.WithoutCancel(ctx))
	}
	if s := db.statistics.Load(); s != nil {
		return s
	}
	select {
	case <-db.surveyed:
	case <-ctx.Done():
	case <-time.After(statisticsWait):
	}
	if s := db.statistics.Load(); s != nil {
		return s
	}
	return &statistics{}
}

// refresh reads the statistics. If it cannot, the last ones stand, and in a second it is time again.
func (db *DB) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, statisticsLife)
	defer cancel()
	s, err := db.readStatistics(ctx)
	if err != nil {
		db.due.Store(time.Now().Add(time.Second).UnixNano())
		s = db.statistics.Load()
	}
	if s == nil {
		s = &statistics{}
	}
	if db.statistics.Swap(s) == nil {
		close(db.surveyed)
	}
}

func (db *DB) readStatistics(ctx context.Context) (*statistics, error) {
	s := &statistics{rows: make(map[*Table]float64, len(db.model.tables)), indexed: map[string]bool{}}
	for _, t := range db.model.tables {
		var n float64
		if err := db.read.GetContext(ctx, &n, "SELECT coalesce("+db.size(t)+", 0)"); err != nil {
			return nil, err
		}
		s.rows[t] = n
	}
	var indexed []string
	if err := db.read.SelectContext(ctx, &indexed, db.indexes); err != nil {
		return nil, err
	}
	for _, name := range indexed {
		s.indexed[name] = true
	}
	return s, nil
}

// span is how many rows a table has at most: one for each key from the first to the last. Keys that follow the time tell nothing, and
// rows are counted, up to more than matters.
func span(t *Table) string {
	if t.timeOrdered {
		return fmt.Sprintf("(SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1000000) AS n)", t.Name)
	}
	return fmt.Sprintf("(SELECT max(id) FROM %s) - (SELECT min(id) FROM %[1]s) + 1", t.Name)
}

// Looks is about how many rows a page, or its total count, makes the database look at, beyond those that it answers: for
// each parent of related rows, or for a page of a whole table, and for the statement once. Tables of few rows count
// nothing.
func (db *DB) Looks(ctx context.Context, via *Relation, table *Table, page *Page, counting bool) (each, once float64) {
	gathered := via != nil && via.Link != nil && (&Read{Via: via, Page: page}).gathers() // before they are ordered
	whole := len(page.Distinct) > 0 || !counting && page.Hops() > 0                      // no index has their order
	if !counting && !gathered && !whole && (page.Where == nil || page.inRange()) {
		if page.Offset < fewRows {
			return 0, 0
		}
		return min(float64(page.Offset), db.known(ctx).of(via, table)), 0
	}
	s := db.known(ctx)
	n := s.rows[table]
	e := estimate{own: n}
	switch {
	case page.Where != nil:
		e = (&estimator{statistics: s}).object(table, page.Where.input, false)
	case !gathered && !whole:
		e.own = n / 16 // counted in an index, which is much shorter than its table
	}
	if !counting {
		e.each += s.reaching(page)
	}
	each = e.own * e.rows()
	if max(n, each+e.once) < fewRows {
		return 0, 0
	}
	if via != nil {
		each = min(e.own, s.of(via, table)) * e.rows()
	}
	return each, e.once
}

// of is how many rows a table has, or a relation to it from each row.
func (s *statistics) of(via *Relation, table *Table) float64 {
	if via == nil {
		return s.rows[table]
	}
	return s.rows[table] / max(1, s.rows[via.From])
}

// looks is Looks for a read of all its parents, when it is about to run.
func (db *DB) looks(r *Read, counting bool) func(context.Context) float64 {
	if r.Page == nil {
		return nil
	}
	return func(ctx context.Context) float64 {
		each, once := db.Looks(ctx, r.Via, r.From, r.Page, counting)
		if r.Via != nil {
			each *= float64(len(r.Keys))
		}
		return each + once
	}
}

// reaching is how many rows the order of a page looks at beside each of its own.
func (s *statistics) reaching(page *Page) (n float64) {
	for _, o := range page.Order {
		if o.Column.reach == nil {
			continue
		}
		n += float64(len(o.Column.reach.path))
		if r := o.Column.reach.counts; r != nil {
			n += max(1, s.of(r, r.To))
		}
	}
	return n
}

// inRange tells whether the page's filter is nothing but a range of what it is ordered by first: the index that gives the
// order begins where the page does.
func (p *Page) inRange() bool {
	if p.Where == nil || len(p.Where.input) != 1 {
		return false
	}
	column := p.Order[0].Column
	operators := objectOf(p.Where.input[column.Field])
	for name := range operators {
		if !ranges[name] {
			return false
		}
	}
	return !column.Derived() && len(operators) > 0
}

// ranges are the operators that stand for a range of an index.
var ranges = map[string]bool{"lt": true, "lte": true, "gt": true, "gte": true, "startsWith": true}

// An estimate is what a filter makes a database look at: rows of its own table, for each of those others through relations
// and the conditions that no index answers, and others once. What takes about as long as looking at a row counts as one.
type estimate struct{ own, each, once float64 }

// rows is how many rows one row of its own counts as.
func (e estimate) rows() float64 { return max(1, e.each) }

// and takes the shorter way in, and holds what is found there against the rest.
func (e estimate) and(other estimate) estimate {
	return estimate{min(e.own, other.own), e.each + other.each, e.once + other.once}
}

// An estimator goes through a filter in the order in which it is written.
type estimator struct {
	*statistics
	joined int
}

// searched estimates what the index of words makes of a search.
func (s *statistics) searched(t *Table, terms []term) estimate {
	return estimate{own: s.rows[t] / 4, once: s.rows[t] / 16 * float64(len(parts(terms)))}
}

// total is what an estimate comes to.
func (e estimate) total() float64 { return e.own*e.rows() + e.once }

// object estimates a conjunction. apart says that it need not be true of every row, so that the database cannot begin
// with what is related.
func (s *estimator) object(t *Table, where map[string]any, apart bool) estimate {
	if len(where) == 0 {
		return estimate{}
	}
	e := estimate{own: s.rows[t]}
	for _, name := range slices.Sorted(maps.Keys(where)) {
		e = e.and(s.field(t, name, where[name], apart))
	}
	return e
}

func (s *estimator) field(t *Table, name string, v any, apart bool) estimate {
	all := estimate{own: s.rows[t]}
	switch name {
	case "and":
		for _, item := range listOf(v) {
			all = all.and(s.object(t, objectOf(item), apart))
		}
		return all
	case "or":
		var e estimate
		for _, item := range listOf(v) {
			other := s.object(t, objectOf(item), true)
			e = estimate{min(e.own+other.own, all.own), e.each + other.each, e.once + other.once}
		}
		return e
	case "not":
		e := s.object(t, objectOf(v), true)
		e.own = all.own
		return e
	case "matches":
		text, _ := v.(string)
		terms, _ := parseSearch(text, false)
		return s.searched(t, terms)
	case "matchOptions":
		return all
	}
	if c := t.Field(name); c != nil {
		own, each := s.column(c, objectOf(v))
		return estimate{own: own, each: each}
	}
	relation := t.Relation(name)
	switch {
	case relation == nil: // `hasAddress` and its like
		all.each = 1
		return all
	case !relation.Many:
		return s.related(relation, objectOf(v), apart)
	}
	quantifiers := objectOf(v)
	for _, name := range slices.Sorted(maps.Keys(quantifiers)) {
		where := objectOf(quantifiers[name])
		if name == "count" {
			where = objectOf(where["where"])
		}
		all = all.and(s.related(relation, where, apart || name != "some"))
	}
	return all
}

// related estimates which rows have (or have not) related ones that match: by way of the related ones, or by looking at
// those of every row.
func (s *estimator) related(r *Relation, where map[string]any, apart bool) estimate {
	mine, theirs := s.rows[r.From], s.rows[r.To]
	if apart || len(where) == 0 || s.joined == maxJoined {
		inner := s.object(r.To, where, true)
		return estimate{own: mine, each: max(1, theirs/max(1, mine)) * inner.rows(), once: inner.once}
	}
	s.joined++
	inner := s.object(r.To, where, false)
	return estimate{own: min(mine, inner.own*max(1, mine/max(1, theirs))), once: inner.own*inner.rows() + inner.once}
}

// Comparing takes a fraction of looking at a row, finding a text in another about as long, and folding a long one first
// far longer.
const (
	comparing   = 0.1
	finding     = 1
	folding     = 2
	foldingLong = 20
	longText    = 1000 // code points that a column may have
)

// column is how many rows the best of the operators on a column leaves to look at, and what all of them take for each.
func (s *estimator) column(c *Column, operators map[string]any) (least, each float64) {
	rows := s.rows[c.Table]
	begins := c.Table.Name + "." + c.Name
	if operators["ignoreCase"] == true {
		begins = c.Table.Name + ".kith_fold(" + c.Name + ")"
	}
	least = rows
	for name, v := range operators {
		switch {
		case name == "ignoreCase":
		case operators["ignoreCase"] == true && c.rule.max > longText:
			each += foldingLong
		case operators["ignoreCase"] == true:
			each += folding
		case name == "contains", name == "endsWith":
			each += finding
		default:
			each += comparing
		}
		switch {
		case c != c.Table.KeyColumn() && !s.indexed[begins], c.reads != nil: // what is null for some is in no index
		case name == "eq":
			least = min(least, 1)
		case name == "in":
			least = min(least, float64(len(listOf(v))))
		case ranges[name], name == "isNull" && v == true:
			least = min(least, rows/4)
		}
	}
	return least, each
}

func objectOf(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}
