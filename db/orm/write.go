package orm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// violated answers Retry for a unique or foreign key that another writer made false between our look and our write:
// run again, the transaction sees it and reports it at the right place.
func (db *DB) violated(err error) error {
	if err != nil && db.constraint(err) {
		return lostRace(err)
	}
	return err
}

// change runs a statement that writes.
func (db *DB) change(ctx context.Context, s *Statement, each func(*sqlx.Rows) error) error {
	if t, inside := ctx.Value(transactionKey).(*transaction); inside {
		t.wrote.Store(true)
	}
	return db.violated(db.run(ctx, s, each))
}

// Create writes the draft as a new row with all that hangs on it, or answers what stands against it: rows of another user
// are an admin's to make. It must run inside Write. It takes a number of statements that depends on the draft's shape, not on
// its size.
func (db *DB) Create(ctx context.Context, d *Draft) (key int64, faults []Fault, err error) {
	_, faults, err = db.CreateMany(ctx, []*Draft{d})
	if err != nil || len(faults) > 0 {
		return 0, faults, err
	}
	return d.key, nil, nil
}

// A placed fault has the place of its input in the whole input.
type placed struct {
	Fault
	at int
}

func (f placed) equal(other placed) bool {
	return f.at == other.at && f.Code == other.Code && f.Message == other.Message && slices.Equal(f.Field, other.Field)
}

// validate finds every TAKEN and NOT_FOUND of drafts, and what the checks of their tables find, in the input's order, with a
// statement or two for each column whatever their number; keys are the rows of a draft that exist already, which is then the
// only draft.
func (db *DB) validate(ctx context.Context, drafts []*Draft, keys ...int64) (faults []Fault, err error) {
	var columns []*Column
	given := map[*Column][]assignment{}
	for _, d := range drafts {
		for _, a := range d.values {
			if a.value == nil || a.parent || a.column.References == nil && !a.column.Unique {
				continue
			}
			if given[a.column] == nil {
				columns = append(columns, a.column)
			}
			given[a.column] = append(given[a.column], a)
		}
	}
	var found []placed
	for _, c := range columns {
		assignments := given[c]
		if to := c.References; to != nil {
			there, err := db.holders(ctx, c, to.KeyColumn(), assignments, true)
			if err != nil {
				return nil, err
			}
			assignments = slices.DeleteFunc(assignments, func(a assignment) bool {
				_, ok := there[a.value]
				if !ok {
					found = append(found, placed{Fault{NotFound, "there is no such " + lowerFirst(to.Type), a.path}, a.at})
				}
				return !ok
			})
		}
		for _, r := range c.Table.Relations {
			if len(keys) == 0 || len(assignments) == 0 || r.Theirs != c || !r.recursive() {
				continue
			}
			a := assignments[0]
			switch below, err := db.isBelow(ctx, r, a.value, keys); {
			case err != nil:
				return nil, err
			case below:
				found = append(found, placed{Fault{Invalid, "is below this " + lowerFirst(c.Table.Type) + " itself", a.path}, a.at})
			}
		}
		if !c.Unique || len(assignments) == 0 {
			continue
		}
		taken, err := db.holders(ctx, c, c, assignments, false)
		if err != nil {
			return nil, err
		}
		for _, a := range assignments {
			// Several rows cannot all have it.
			if holder, ok := taken[a.value]; len(keys) > 1 || ok && (len(keys) == 0 || holder != keys[0]) {
				found = append(found, placed{Fault{Taken, "is taken", a.path}, a.at})
			}
			taken[a.value] = 0 // whoever else asks for it here comes too late
		}
	}
	twice, err := db.takenTogether(ctx, drafts, keys)
	if err != nil {
		return nil, err
	}
	found = append(found, twice...)
	broken, err := db.runChecks(ctx, drafts, keys)
	if err != nil {
		return nil, err
	}
	found = append(found, broken...)
	slices.SortStableFunc(found, func(a, b placed) int { return a.at - b.at })
	for _, f := range found {
		faults = append(faults, f.Fault)
	}
	return faults, nil
}

// holders finds the rows whose column has one of the values that are given to another column, or to itself, and locks them
// from going if they are to be referred to. It answers their keys by the value.
func (db *DB) holders(ctx context.Context, given, c *Column, assignments []assignment, lock bool) (map[any]int64, error) {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT id, ", c.Name, " FROM ", c.Table.Name, " WHERE ")
	if len(assignments) == 1 {
		q.bindTo(c.Name+" = ?", assignments[0].value)
	} else {
		values := make([]any, len(assignments))
		for i, a := range assignments {
			values[i] = a.value
		}
		q.bindTo(q.in(c.Name, c.Kind), q.list(values))
	}
	if lock {
		q.seen(" AND ", c.Table, "") // what the viewer may not see is not there to be referred to
		q.add(" ORDER BY id", q.locks[lockShare])
	}
	holders := map[any]int64{}
	err := db.run(ctx, &Statement{Path: given.Table.Type + "." + given.Field, Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
		var key int64
		var value any
		err := rows.Scan(&key, &value)
		holders[c.normal(value)] = key
		return err
	})
	return holders, err
}

// isBelow tells whether a row is one of others, or hangs on it, however far below: if the other came to hang on it in turn, both
// would be in no tree any more.
func (db *DB) isBelow(ctx context.Context, r *Relation, row any, of []int64) (is bool, err error) {
	which, bound := db.withKeys("id", of)
	q := &query{dialect: db.dialect}
	q.bindTo(r.above(), row)
	q.bindTo(" SELECT 1 FROM above WHERE "+which, bound)
	err = db.run(ctx, &Statement{Path: r.Back.Coordinate(), Text: q.String(), Args: q.args}, func(*sqlx.Rows) error {
		is = true
		return nil
	})
	return is, err
}

// above begins a SELECT from above: a row, and all that it hangs on.
func (r *Relation) above() string {
	t, c := r.To.Name, r.Theirs.Name
	return "WITH RECURSIVE above (id) AS (SELECT id FROM " + t + " WHERE id = ? UNION SELECT t." + c + " FROM " + t + " AS t JOIN above AS a ON a.id = t.id WHERE t." + c + " IS NOT NULL)"
}

// A claim is what a draft gives to columns that are unique together: cells, or for the key of a parent that is not there yet
// the parent.
type claim struct {
	at    assignment // the first of the columns that its author gave
	cells map[string]any
	open  bool // it hangs on a new parent, so that no stored row can have the same
	text  string
}

// takenTogether finds what other rows have already of the columns that are unique together, or another of the drafts: with a
// statement for each such set of columns.
func (db *DB) takenTogether(ctx context.Context, drafts []*Draft, keys []int64) (found []placed, err error) {
	parents := map[*Draft]*Draft{}
	var tables []*Table
	for _, d := range drafts {
		if !slices.Contains(tables, d.table) {
			tables = append(tables, d.table)
		}
		for _, c := range d.children {
			for _, child := range c.drafts {
				parents[child] = d
			}
		}
	}
	for _, t := range tables {
		for _, columns := range t.uniques {
			var claims []claim
			for _, d := range drafts {
				if c, ok := d.claim(columns, parents[d], len(keys) > 0); ok && d.table == t {
					claims = append(claims, c)
				}
			}
			taken, err := db.claimed(ctx, t, columns, claims, keys)
			if err != nil {
				return nil, err
			}
			seen := map[string]bool{}
			for i, c := range claims {
				if taken[i] || seen[c.text] {
					found = append(found, placed{Fault{Taken, "is taken, together with " + besides(columns, c.at.column), c.at.path}, c.at.at})
				}
				seen[c.text] = true
			}
		}
	}
	return found, nil
}

// besides are the columns but one, as clients know them.
func besides(columns []*Column, but *Column) string {
	var names []string
	for _, c := range columns {
		if c != but {
			names = append(names, "`"+c.Field+"`")
		}
	}
	return strings.Join(names, " and ")
}

// claim is what the draft gives to columns that are unique together; there is none if one of them is null. The row of a draft
// that exists has the others already.
func (d *Draft) claim(columns []*Column, parent *Draft, exists bool) (c claim, ok bool) {
	c.cells = map[string]any{}
	identity := make([]any, len(columns))
	for i, column := range columns {
		at := slices.IndexFunc(d.values, func(a assignment) bool { return a.column == column && !a.parent })
		switch {
		case at >= 0 && d.values[at].value == nil:
			return c, false
		case at >= 0:
			a := d.values[at]
			if c.cells[column.Name], identity[i] = a.value, a.value; c.at.column == nil || c.at.at == 0 {
				c.at = a
			}
		case exists:
		case d.under != nil && d.under.Theirs == column:
			c.open, identity[i] = true, fmt.Sprintf("%p", parent)
		default:
			return c, false
		}
	}
	text, _ := json.Marshal(identity) // cells always marshal
	c.text = string(text)
	return c, len(c.cells) > 0
}

// claimed tells which of the claims stored rows stand against; keys are the rows of a claim that exist already, which is then
// the only claim.
func (db *DB) claimed(ctx context.Context, t *Table, columns []*Column, claims []claim, keys []int64) (map[int]bool, error) {
	taken := map[int]bool{}
	place := &Column{Name: "id", Kind: Int} // which is none of the columns
	given := []*Column{place}
	var rows []map[string]any
	for i, c := range claims {
		if c.open {
			continue
		}
		row := map[string]any{place.Name: i}
		for _, column := range columns {
			if cell, ok := c.cells[column.Name]; ok {
				row[column.Name] = cell
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return taken, nil
	}
	for _, column := range columns {
		if _, ok := rows[0][column.Name]; ok {
			given = append(given, column)
		}
	}
	q := &query{dialect: db.dialect}
	q.bindTo("SELECT "+q.field(place)+" FROM "+q.rows(given), db.rowsJSON(rows))
	if len(keys) > 0 {
		which, bound := q.withKeys("s.id", keys)
		q.bindTo(" JOIN "+t.Name+" AS s ON "+which, bound)
	}
	on := " ON "
	q.add(" JOIN ", t.Name, " AS t")
	for _, column := range columns {
		switch given := slices.Contains(given, column); {
		case given && len(keys) > 1: // the others get the same
			q.bindTo(on+"(t."+column.Name+" = "+q.field(column)+" OR "+q.inKeys("t.id")+")", q.bindKeys(keys))
		case given:
			q.add(on, "t.", column.Name, " = ", q.field(column))
		default:
			q.add(on, "t.", column.Name, " = s.", column.Name)
		}
		on = " AND "
	}
	if len(keys) > 0 {
		q.add(" AND t.id <> s.id")
	}
	err := db.run(ctx, &Statement{Path: t.Type + "." + columns[0].Field, Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
		var i int
		err := rows.Scan(&i)
		taken[i] = true
		return err
	})
	return taken, err
}

// insert writes new rows of one table with one statement, then what hangs on them, a statement for each relation.
func (db *DB) insert(ctx context.Context, t *Table, drafts []*Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	var columns []*Column
	rows := make([]map[string]any, len(drafts))
	for i, d := range drafts {
		d.derive()
		for _, a := range d.values {
			if !slices.Contains(columns, a.column) {
				columns = append(columns, a.column)
			}
		}
		rows[i] = d.row(columns)
	}
	q := &query{dialect: db.dialect}
	q.insert(t, columns, rows, db.Now(), len(rows) > 1, "")
	q.add(" RETURNING id")
	keys := make([]int64, 0, len(drafts))
	statement := &Statement{Path: "insert " + t.Type, Text: q.String(), Args: q.args}
	err := db.change(ctx, statement, func(rows *sqlx.Rows) error {
		var key int64
		err := rows.Scan(&key)
		keys = append(keys, key)
		return err
	})
	if err != nil {
		return err
	}
	// Keys grow in the order in which the rows are read from the list; RETURNING promises no order.
	slices.Sort(keys)
	for i, d := range drafts {
		d.key = keys[i]
	}
	if err := db.insertRelated(ctx, t, drafts); err != nil {
		return err
	}
	return db.permitMade(ctx, t, drafts)
}

// insert writes the insertion of rows, whose keys grow in their order; a condition in where holds for each. Writers that make
// rows with the same unique values wait for each other at the first of them that they share, so where they may be several,
// they go in by the order of those.
func (q *query) insert(t *Table, columns []*Column, rows []map[string]any, now time.Time, several bool, where string) {
	var names, fields, unique []string
	together := slices.Concat(t.uniques...)
	for _, c := range columns {
		names, fields = append(names, c.Name), append(fields, q.field(c))
		if several && q.nextKey != nil && (c.Unique || slices.Contains(together, c)) {
			unique = append(unique, "n."+c.Name)
		}
	}
	from, sorted := " FROM ", ""
	if unique != nil {
		from += "(SELECT " + q.nextKey(t.Name) + " AS id, " + strings.Join(fields, ", ") + " FROM "
		sorted = ") AS n ORDER BY " + strings.Join(unique, ", ")
		names, fields = append([]string{"id"}, names...), []string{"n.id"}
		for _, c := range columns {
			fields = append(fields, "n."+c.Name)
		}
	}
	q.add("INSERT INTO ", t.Name, " (", strings.Join(append(names, "created_at", "updated_at"), ", "), ") SELECT ")
	for _, f := range fields {
		q.add(f, ", ")
	}
	q.bindTo(q.timestamp, now)
	q.bindTo(", "+q.timestamp, now)
	q.bindTo(from+q.rows(columns), q.rowsJSON(rows))
	q.add(where, sorted)
}

func (db *DB) insertRelated(ctx context.Context, t *Table, drafts []*Draft) error {
	for _, r := range t.Relations {
		var related []*Draft
		var wanted []linkRow
		for _, d := range drafts {
			for _, c := range d.children {
				if c.relation != r {
					continue
				}
				for _, child := range c.drafts {
					child.setParent(r.Theirs, d.key)
					related = append(related, child)
				}
			}
			for _, l := range d.links {
				if l.relation != r {
					continue
				}
				for _, name := range l.set {
					wanted = append(wanted, linkRow{d.key, name})
				}
			}
		}
		if err := db.insert(ctx, r.To, related); err != nil {
			return err
		}
		if err := db.link(ctx, r, wanted); err != nil {
			return err
		}
	}
	return nil
}

type linkRow struct {
	from int64
	name string
}

// link makes the rows of a many-to-many relation, and the named rows on the other side that are missing.
func (db *DB) link(ctx context.Context, r *Relation, wanted []linkRow) error {
	if len(wanted) == 0 {
		return nil
	}
	name := r.To.name
	var names []string
	links := make([]map[string]any, len(wanted))
	seen := map[string]bool{}
	for i, w := range wanted {
		links[i] = map[string]any{r.Link.From: w.from, name.Name: w.name}
		if !seen[w.name] {
			seen[w.name] = true
			names = append(names, w.name)
		}
	}
	if err := db.insertNames(ctx, "insert "+r.To.Type, r.To, names); err != nil {
		return err
	}
	from := &Column{Name: r.Link.From, Kind: Key}
	q := &query{dialect: db.dialect}
	q.add("INSERT INTO ", r.Link.Table, " (", r.Link.From, ", ", r.Link.To, ") SELECT ", q.field(from), ", t.id FROM ")
	q.bindTo(q.rows([]*Column{from, name}), q.rowsJSON(links))
	if q.locks[lockShare] == "" {
		q.add(" CROSS JOIN ", r.To.Name) // which keeps the order: from the list to the index of names
	} else {
		q.bindTo(" JOIN (SELECT id, "+name.Name+" FROM "+r.To.Name+" WHERE "+q.inTexts(name.Name), q.bindTexts(names))
		q.add(" ORDER BY id", q.locks[lockShare], ")")
	}
	q.add(" AS t ON t.", name.Name, " = ", q.field(name))
	// A link that is there already is written again, so that all of them are counted.
	q.add(" WHERE TRUE ON CONFLICT (", r.Link.From, ", ", r.Link.To, ") DO UPDATE SET ", r.Link.To, " = excluded.", r.Link.To)
	s := &Statement{Path: "link " + r.Coordinate(), Text: q.String(), Args: q.args}
	if err := db.change(ctx, s, nil); err != nil {
		return err
	}
	if s.Rows != len(wanted) { // another writer has removed one of the named rows since it was there
		return lostRace(errors.New("a named row went before it was linked"))
	}
	return nil
}

// insertNames makes the rows of t that are missing among those named.
func (db *DB) insertNames(ctx context.Context, path string, t *Table, names []string) error {
	if len(names) == 0 {
		return nil
	}
	rows := make([]map[string]any, len(names))
	for i, name := range names {
		rows[i] = map[string]any{t.name.Name: name}
	}
	q := &query{dialect: db.dialect}
	missing := " WHERE NOT EXISTS (SELECT 1 FROM " + t.Name + " AS t WHERE t." + t.name.Name + " = " + q.field(t.name) + ")"
	q.insert(t, []*Column{t.name}, rows, db.Now(), true, missing)
	q.add(" ON CONFLICT (", t.name.Name, ") DO NOTHING")
	return db.change(ctx, &Statement{Path: path, Text: q.String(), Args: q.args}, nil)
}
