package orm

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// What an answer was read from: which changes can make it another. Read and Count note it where they read, whoever asks them; a
// statement of anybody else is not understood, and what it was asked for depends on everything.

// A ReadSet is what has been read under a context. It is safe for concurrent use; what is asked of it, is when reading is done.
type ReadSet struct {
	mu      sync.Mutex
	watches map[watch]columns
}

// A watch is rows of a table, or links: those with a value in a column, or all if there is no column. The zero watch is everything.
type watch struct {
	place, column string
	value         any
}

// Columns are those of a table whose change matters, by their place, and whether it does that a row is made or deleted.
type columns uint64

const (
	membership columns = 1 << 63
	anyColumn          = ^columns(0)
	// maxWatches is how much is told apart; an answer of more rows depends on all rows of their tables.
	maxWatches = 4000
)

// WithReadSet makes what is read under ctx be noted.
func WithReadSet(ctx context.Context) (context.Context, *ReadSet) {
	s := &ReadSet{watches: map[watch]columns{}}
	return context.WithValue(ctx, readSetKey, s), s
}

func readSetOf(ctx context.Context) *ReadSet {
	s, _ := ctx.Value(readSetKey).(*ReadSet)
	return s
}

// bit is a column's place.
func (c *Column) bit() columns {
	for i, other := range c.Table.Columns {
		if other == c && i < 63 {
			return 1 << i
		}
	}
	return anyColumn
}

// sight notes what says who sees a row, and reads its columns: it answers those of the row itself.
func (s *ReadSet) sight(t *Table) (own columns) {
	own = s.right(t.reads)
	for _, right := range t.columnRights() {
		own |= s.right(right) | anyColumn&^membership
	}
	return own
}

// right notes what says who has a right, and answers the columns of the row itself.
func (s *ReadSet) right(r *Right) (own columns) {
	if r == nil {
		return 0
	}
	for _, c := range r.Columns() {
		own |= c.bit()
	}
	for _, p := range r.resolve().paths {
		var across columns
		if p.column != nil {
			across = p.column.bit()
		}
		for _, relation := range slices.Backward(p.relations) {
			across = s.through(relation, across)
		}
		own |= across
	}
	return own
}

// through notes that all rows that a relation leads to may matter, by columns of theirs, and answers the column in front of it.
func (s *ReadSet) through(r *Relation, across columns) (own columns) {
	across |= membership
	if r.Theirs != nil {
		across |= r.Theirs.bit()
	}
	if r.Link != nil {
		s.watch(r.Link.Table, "", nil, anyColumn)
	}
	s.watch(r.To.Name, "", nil, across)
	if r.Own != nil {
		own = r.Own.bit()
	}
	return own
}

// cross is through, for rows that the viewer may see.
func (s *ReadSet) cross(r *Relation, across columns) (own columns) {
	if r.Link != nil && r.Link.Rows != nil {
		s.sight(r.Link.Rows)
	}
	return s.through(r, across|s.sight(r.To))
}

// order notes what a key of an order looks at in other tables, and answers the columns of its own.
func (s *ReadSet) order(t *Table, c *Column) (own columns) {
	switch {
	case c == t.relevance:
		return s.words(t)
	case c.reach == nil:
		return c.bit()
	case c.reach.counts != nil:
		own = s.cross(c.reach.counts, 0)
	default:
		own = c.reach.column.bit()
	}
	for _, r := range slices.Backward(c.reach.path) {
		own = s.cross(r, own)
	}
	return own
}

// summary notes what a Summary looks at in other tables, and answers the columns of its own.
func (s *ReadSet) summary(of *Summary) (own columns) {
	group := func(g *GroupField) {
		if own |= g.of.bit(); g.Relation != nil && g.Relation.To.reads != nil { // it is null where the viewer may not see the row
			own |= s.cross(g.Relation, 0)
		}
	}
	for _, g := range of.By {
		group(g)
	}
	for _, a := range of.Aggregates {
		switch {
		case a.Function != Count:
			own |= of.table.Field(a.Field).bit()
		case a.Field != "":
			group(of.table.GroupField(a.Field))
		}
	}
	return own
}

func (t *Table) columnRights() (rights []*Right) {
	for _, c := range t.Columns {
		if c.reads != nil {
			rights = append(rights, c.reads)
		}
	}
	return rights
}

func (s *ReadSet) watch(place, column string, value any, c columns) {
	s.watches[watch{place, column, value}] |= c
}

func (s *ReadSet) everything() { s.watch("", "", nil, anyColumn) }

// search notes what a Search was.
func (s *ReadSet) search(of *Search) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range of.tables {
		s.watch(t.Name, "", nil, membership|s.words(t)|s.sight(t))
	}
}

// holds notes that who has a right to some rows was asked.
func (s *ReadSet) holds(t *Table, r *Right, keys []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := membership | s.right(r)
	for _, key := range keys {
		s.watch(t.Name, "id", key, own)
	}
}

// note notes what was read: rows, or what they come to, or how many there are.
func (s *ReadSet) note(r *Read, rows *Rows, summary *Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := r.From
	own := membership | s.sight(t)
	if summary != nil {
		own |= s.summary(summary)
	}
	if r.Page != nil {
		for _, o := range r.Page.Order {
			own |= s.order(t, o.Column)
		}
		for _, c := range r.Page.Distinct {
			own |= c.bit()
		}
		if r.Page.Where != nil {
			own |= s.where(t, r.Page.Where.input)
		}
	}
	switch {
	case r.Via == nil && r.By == nil:
		column, value := s.only(r)
		s.watch(t.Name, column, value, own)
	case r.Via == nil && r.By.recorded():
		for _, key := range r.Keys {
			s.watch(t.Name, r.By.Name, key, own|r.By.bit())
		}
		for _, text := range r.Texts {
			s.watch(t.Name, r.By.Name, text, own|r.By.bit())
		}
	case r.Via == nil:
		s.watch(t.Name, "", nil, own|r.By.bit())
	case r.Via.Link != nil:
		if r.Via.Link.Rows != nil {
			s.sight(r.Via.Link.Rows)
		}
		for _, key := range r.Keys {
			s.watch(r.Via.Link.Table, r.Via.Link.From, key, anyColumn)
		}
		s.watch(t.Name, "", nil, own&^membership) // what is not linked does not matter, and what goes takes its links along
	case r.Via.Theirs != nil:
		for _, key := range r.Keys {
			s.watch(t.Name, r.Via.Theirs.Name, key, own|r.Via.Theirs.bit())
		}
	default:
		for _, key := range r.Keys {
			s.watch(t.Name, "id", key, own)
		}
	}
	if rows != nil {
		for i := range rows.Len() {
			s.row(t, &r.Select, rows.Row(i))
		}
	}
	if len(s.watches) > maxWatches {
		coarse := map[watch]columns{}
		for w := range s.watches {
			coarse[watch{place: w.place}] = anyColumn
		}
		s.watches = coarse
	}
}

// only is a column that every row of a page has a value in, by its filter; "" if there is none.
func (s *ReadSet) only(r *Read) (column string, value any) {
	if r.Page == nil || r.Page.Where == nil {
		return "", nil
	}
	for name, v := range r.Page.Where.input {
		c := r.From.Field(name)
		condition, ok := v.(map[string]any)
		if c == nil || !ok || !c.recorded() || condition["ignoreCase"] == true || c.Kind != Text && c.Kind != Enum && c.Kind != Guid {
			continue
		}
		if text, ok := condition["eq"].(string); ok {
			return c.Name, c.normal(text)
		}
	}
	return "", nil
}

// row notes a row with what is joined to it, and answers the values that it takes.
func (s *ReadSet) row(t *Table, selected *Select, row []any) int {
	width := len(selected.Columns)
	seen := membership | s.sight(t)
	for _, c := range selected.Columns {
		if c.Table == t {
			seen |= c.bit()
		}
	}
	key := row[0]
	for i := range selected.Joins {
		j := &selected.Joins[i]
		r := j.Relation
		if key != nil && r.Own != nil {
			seen |= r.Own.bit()
			if at := slices.Index(selected.Columns, r.Own); at < 0 {
				s.watch(r.To.Name, "", nil, anyColumn)
			} else if row[at] != nil {
				s.watch(r.To.Name, "id", row[at], membership|s.sight(r.To))
			}
		} else if key != nil {
			s.watch(r.To.Name, r.Theirs.Name, key, membership|s.sight(r.To)|r.Theirs.bit())
		}
		width += s.row(r.To, &j.Select, row[width:])
	}
	if key != nil {
		s.watch(t.Name, "id", key, seen)
	}
	return width
}

func (s *ReadSet) words(t *Table) (all columns) {
	for _, c := range t.searched {
		all |= c.bit()
	}
	return all
}

// where notes what a filter looks at in other tables, and answers the columns of its own. What it does not know depends on everything.
func (s *ReadSet) where(t *Table, input map[string]any) (own columns) {
	inner := func(t *Table, v any) (own columns) {
		switch v := v.(type) {
		case map[string]any:
			return s.where(t, v)
		case []any:
			for _, item := range v {
				if object, ok := item.(map[string]any); ok {
					own |= s.where(t, object)
				}
			}
		}
		return own
	}
	crosses := func(r *Relation, v any) {
		var across columns
		object, _ := v.(map[string]any)
		if !r.Many {
			across = inner(r.To, object)
		}
		for name, v := range object {
			switch {
			case !r.Many:
			case name == "count":
				comparisons, _ := v.(map[string]any)
				across |= inner(r.To, comparisons["where"])
			case name == "some" || name == "every" || name == "none":
				across |= inner(r.To, v)
			default:
				s.everything()
			}
		}
		own |= s.cross(r, across)
	}
	for name, v := range input {
		switch has, isHas := strings.CutPrefix(name, "has"); {
		case name == "and" || name == "or" || name == "not":
			own |= inner(t, v)
		case name == "matches" && t.Searchable():
			own |= s.words(t)
		case name == "matchOptions" && t.Searchable():
		case t.Field(name) != nil:
			own |= t.Field(name).bit()
		case t.Relation(name) != nil:
			crosses(t.Relation(name), v)
		case isHas && has != "" && t.Relation(lowerFirst(has)) != nil:
			crosses(t.Relation(lowerFirst(has)), nil)
		default:
			s.everything()
		}
	}
	return own
}

// Matches tells whether a transaction can have changed what was read.
func (s *ReadSet) Matches(c *Committed) bool {
	return matching(c, func(w watch) columns { return s.watches[w] }, func(string, string) bool { return true })
}

// matching tells whether one of the watches that a transaction's changes touch is watched. By tells whether rows are told apart by a column.
func matching(c *Committed, watched func(watch) columns, by func(place, column string) bool) bool {
	found := false
	c.touches(by, func(w watch, changed columns) bool {
		found = watched(w)&changed != 0
		return found
	})
	return found
}

// touches calls f with all watches that a transaction touches, and what it does there, until f answers true.
func (c *Committed) touches(by func(place, column string) bool, f func(watch, columns) bool) {
	if len(c.Changes) > 0 && f(watch{}, anyColumn) {
		return
	}
	for i := range c.Changes {
		change := &c.Changes[i]
		if l := change.Link; l != nil {
			if f(watch{place: l.Link.Table}, anyColumn) || f(watch{l.Link.Table, l.Link.From, change.Keys[0]}, anyColumn) ||
				f(watch{l.Link.Table, l.Link.To, change.Keys[1]}, anyColumn) {
				return
			}
			continue
		}
		did := anyColumn
		if change.Verb == RowUpdated {
			did = 0
			for _, column := range change.Columns {
				did |= column.bit()
			}
		}
		t := change.Table
		if f(watch{place: t.Name}, did) || f(watch{t.Name, "id", change.Keys[0]}, did) {
			return
		}
		for at, column := range t.Columns[1:] {
			if !column.recorded() || !by(t.Name, column.Name) {
				continue
			}
			var before any
			if change.Before != nil {
				if before = change.Before[at+1]; before != nil && f(watch{t.Name, column.Name, before}, did) {
					return
				}
			}
			if change.After != nil && change.After[at+1] != nil && change.After[at+1] != before && f(watch{t.Name, column.Name, change.After[at+1]}, did) {
				return
			}
		}
	}
}

// Watches find, among many that have read, those whom a change concerns, in a time that does not depend on how many there are. They
// are not safe for concurrent use.
type Watches[T comparable] struct {
	by      map[watch]map[T]columns
	columns map[[2]string]int // how many watches tell rows apart by it
	sets    map[T]*ReadSet
}

// NewWatches answers watches of nobody.
func NewWatches[T comparable]() *Watches[T] {
	return &Watches[T]{by: map[watch]map[T]columns{}, columns: map[[2]string]int{}, sets: map[T]*ReadSet{}}
}

// Set makes reader concerned by what changes a ReadSet; nil: by nothing.
func (w *Watches[T]) Set(reader T, set *ReadSet) {
	if old := w.sets[reader]; old != nil {
		for at := range old.watches {
			if set != nil && set.watches[at] != 0 {
				continue
			}
			if delete(w.by[at], reader); len(w.by[at]) == 0 {
				delete(w.by, at)
				if w.columns[[2]string{at.place, at.column}]--; w.columns[[2]string{at.place, at.column}] == 0 {
					delete(w.columns, [2]string{at.place, at.column})
				}
			}
		}
	}
	if set == nil {
		delete(w.sets, reader)
		return
	}
	w.sets[reader] = set
	for at, c := range set.watches {
		readers := w.by[at]
		if readers == nil {
			readers = map[T]columns{}
			w.by[at] = readers
			w.columns[[2]string{at.place, at.column}]++
		}
		readers[reader] = c
	}
}

// Concerned calls f with everybody whom a transaction concerns, with some more than once.
func (w *Watches[T]) Concerned(c *Committed, f func(T)) {
	by := func(place, column string) bool { return w.columns[[2]string{place, column}] > 0 }
	c.touches(by, func(at watch, did columns) bool {
		for reader, c := range w.by[at] {
			if c&did != 0 {
				f(reader)
			}
		}
		return false
	})
}
