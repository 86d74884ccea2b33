package orm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
		if db.distributed {
			t.mu.Lock()
			t.touched.note(db, s)
			t.mu.Unlock()
		}
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

// faultsOf are faults in the input's order. What is wrong with a change is wrong with many of its rows, and said once.
func faultsOf(found []placed) (faults []Fault) {
	slices.SortStableFunc(found, func(a, b placed) int { return a.at - b.at })
	said := 0 // where the faults at the same place begin
	for i, f := range found {
		if found[said].at != f.at {
			said = i
		}
		if !slices.ContainsFunc(found[said:i], f.equal) {
			faults = append(faults, f.Fault)
		}
	}
	return faults
}

// stored is the key of the draft's row, 0 if that is yet to be made.
func (d *Draft) stored() int64 {
	if d.isNew {
		return 0
	}
	return d.key
}

// validate finds every TAKEN and NOT_FOUND of drafts, and what the checks of their tables find, with a statement or two for each
// column whatever their number. Keys that lead nowhere a foreign key finds: they are looked at when it has, and where something
// else is wrong, as known are the faults that have been found before, so that all are reported together.
func (db *DB) validate(ctx context.Context, drafts []*Draft, known ...placed) (found []placed, err error) {
	t, err := transactionOf(ctx)
	if err != nil {
		return nil, err
	}
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	unique := slices.ContainsFunc(drafts, (*Draft).unique)
	var left []*Column
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
			a.row = d.stored()
			given[a.column] = append(given[a.column], a)
		}
	}
	for _, c := range columns {
		assignments := given[c]
		if c.References != nil {
			// Others wait for who writes a unique value, so that the row which it leads to has to be locked before.
			if !t.refused && !unique && !q.hides(c.References) && !db.refusesVaguely(c, assignments) {
				left = append(left, c)
				continue
			}
			var missing []placed
			if assignments, missing, err = db.there(ctx, c, assignments); err != nil {
				return nil, err
			}
			found = append(found, missing...)
		}
		if !c.Unique || len(assignments) == 0 {
			continue
		}
		taken, err := db.holders(ctx, c, c, assignments, false)
		if err != nil {
			return nil, err
		}
		for _, a := range assignments {
			if by, ok := taken[a.value]; ok && (by == 0 || by != a.row) {
				found = append(found, placed{Fault{Taken, "is taken", a.path}, a.at})
			}
			taken[a.value] = 0 // whoever else asks for it here comes too late
		}
	}
	twice, err := db.takenTogether(ctx, drafts)
	if err != nil {
		return nil, err
	}
	found = append(found, twice...)
	broken, err := db.runChecks(ctx, drafts)
	if err != nil {
		return nil, err
	}
	if found = append(found, broken...); len(found)+len(known) == 0 {
		return nil, nil
	}
	for _, c := range left {
		_, missing, err := db.there(ctx, c, given[c])
		if err != nil {
			return nil, err
		}
		found = append(found, missing...)
	}
	return found, nil
}

// there parts what is given to a column that refers to rows: to those that are there for the viewer, and the faults of the rest.
func (db *DB) there(ctx context.Context, c *Column, given []assignment) (there []assignment, missing []placed, err error) {
	holders, err := db.holders(ctx, c, c.References.KeyColumn(), given, true)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range given {
		if _, ok := holders[a.value]; ok {
			there = append(there, a)
		} else {
			missing = append(missing, placed{Fault{NotFound, "there is no such " + lowerFirst(c.References.Type), a.path}, a.at})
		}
	}
	return there, missing, nil
}

// holders finds the rows whose column has one of the values that are given to another column, or to itself, and locks them
// from going if they are to be referred to. It answers their keys by the value.
func (db *DB) holders(ctx context.Context, given, c *Column, assignments []assignment, lock bool) (map[any]int64, error) {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT id, ", c.Name, " FROM ", c.Table.Name, " WHERE ")
	var values []any
	asked := map[any]bool{}
	for _, a := range assignments {
		if !asked[a.value] {
			asked[a.value], values = true, append(values, a.value)
		}
	}
	if len(values) == 1 {
		q.bindTo(c.Name+" = ?", values[0])
	} else {
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

// circles finds the rows that drafts have put below themselves in a tree: they would be in none any more. It runs when all is
// written.
func (db *DB) circles(ctx context.Context, drafts []*Draft) (found []placed, err error) {
	var trees []*Relation
	moved := map[*Relation]map[int64]placed{}
	for _, d := range drafts {
		for _, r := range d.table.Relations {
			for _, a := range d.values {
				if !r.recursive() || a.column != r.Theirs || a.value == nil || d.isNew {
					continue
				}
				if moved[r] == nil {
					trees, moved[r] = append(trees, r), map[int64]placed{}
				}
				f := placed{Fault{Invalid, "is below this " + lowerFirst(d.table.Type) + " itself", a.path}, a.at}
				if a.parent {
					f.Message, f.Field, f.at = "is above the "+lowerFirst(d.table.Type)+" that it is to be in", d.place(), d.at
				}
				moved[r][d.key] = f
			}
		}
	}
	for _, r := range trees {
		t, c := r.To.Name, r.Theirs.Name
		q := &query{dialect: db.dialect}
		q.add("WITH RECURSIVE above (row, id) AS (SELECT id, ", c, " FROM ", t, " WHERE ")
		q.keysIn("id", slices.Sorted(maps.Keys(moved[r])))
		q.add(" UNION SELECT a.row, t.", c, " FROM ", t, " AS t JOIN above AS a ON a.id = t.id) SELECT row FROM above WHERE id = row ORDER BY row")
		err := db.run(ctx, &Statement{Path: r.Back.Coordinate(), Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
			var key int64
			err := rows.Scan(&key)
			found = append(found, moved[r][key])
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// above begins a SELECT from above: a row, and all that it hangs on.
func (r *Relation) above() string {
	t, c := r.To.Name, r.Theirs.Name
	return "WITH RECURSIVE above (id) AS (SELECT id FROM " + t + " WHERE id = ? UNION SELECT t." + c + " FROM " + t + " AS t JOIN above AS a ON a.id = t.id WHERE t." + c + " IS NOT NULL)"
}

// A claim is what a draft's row is to have in columns that are unique together. One that hangs on a new parent has it alone.
type claim struct {
	at    placed // the first of the columns that its author gave
	row   int64  // its key if it is stored
	cells []any
	open  bool // no stored row can have the same
}

// takenTogether finds what other rows have already of the columns that are unique together, or another of the drafts: with a
// statement or two for each such set of columns.
func (db *DB) takenTogether(ctx context.Context, drafts []*Draft) (found []placed, err error) {
	var tables []*Table
	for _, d := range drafts {
		if !slices.Contains(tables, d.table) {
			tables = append(tables, d.table)
		}
	}
	for _, t := range tables {
		for _, columns := range t.uniques {
			claims, err := db.claims(ctx, t, columns, drafts)
			if err != nil {
				return nil, err
			}
			taken, err := db.claimed(ctx, t, columns, claims)
			if err != nil {
				return nil, err
			}
			seen := map[string]bool{}
			for i, c := range claims {
				text, _ := json.Marshal(c.cells) // cells always marshal
				if taken[i] || seen[string(text)] {
					found = append(found, c.at)
				}
				seen[string(text)] = true
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

// claims are those of the drafts of t that give one of columns: there is none if one of them is null. What the row of a draft
// has already is read.
func (db *DB) claims(ctx context.Context, t *Table, columns []*Column, drafts []*Draft) (claims []claim, err error) {
	var stored []int64
	giving := slices.DeleteFunc(slices.Clone(drafts), func(d *Draft) bool {
		return d.table != t || !slices.ContainsFunc(d.values, func(a assignment) bool { return slices.Contains(columns, a.column) })
	})
	for _, d := range giving {
		if !d.isNew {
			stored = append(stored, d.key)
		}
	}
	was := map[int64][]any{}
	if len(stored) > 0 {
		ctx := WithViewer(ctx, Viewer{Admin: true}) // what is unique is so for everybody
		rows, err := db.Read(ctx, &Read{Path: t.Type + "." + columns[0].Field, From: t, By: t.KeyColumn(), Keys: stored, Select: Select{Columns: columns}})
		if err != nil {
			return nil, err
		}
		for _, key := range stored {
			if g := rows.Of(key); g.Start < g.End {
				was[key] = rows.Row(g.Start)
			}
		}
	}
	for _, d := range giving {
		c := claim{row: d.stored(), cells: make([]any, len(columns)), at: placed{at: -1}}
		authored := false
		copy(c.cells, was[c.row])
		for i, column := range columns {
			for _, a := range d.values {
				if a.column != column {
					continue
				}
				if c.cells[i] = a.value; a.parent {
					a.path, a.at = d.place(), d.at
				}
				if a.parent && d.parent != nil && d.parent.isNew {
					c.cells[i], c.open = fmt.Sprintf("%p", d.parent), true
				} else if c.at.at < 0 || !authored && !a.parent {
					authored = !a.parent && a.at != 0 // and not given by default
					c.at = placed{Fault{Taken, "is taken, together with " + besides(columns, column), a.path}, a.at}
				}
			}
			if c.cells[i] == nil && d.isNew && d.under != nil && d.under.Theirs == column {
				c.cells[i], c.open = fmt.Sprintf("%p", d.parent), true
			}
		}
		if c.at.at >= 0 && !slices.Contains(c.cells, nil) {
			claims = append(claims, c)
		}
	}
	return claims, nil
}

// claimed tells which of the claims stored rows stand against.
func (db *DB) claimed(ctx context.Context, t *Table, columns []*Column, claims []claim) (map[int]bool, error) {
	taken := map[int]bool{}
	place := &Column{Name: "id", Kind: Int} // which is none of the columns
	var rows []map[string]any
	for i, c := range claims {
		if c.open {
			continue
		}
		row := map[string]any{place.Name: i}
		for j, column := range columns {
			row[column.Name] = c.cells[j]
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return taken, nil
	}
	q := &query{dialect: db.dialect}
	q.bindTo("SELECT "+q.field(place)+", t.id FROM "+q.rows(append([]*Column{place}, columns...)), db.rowsJSON(rows))
	on := " ON "
	q.add(" JOIN ", t.Name, " AS t")
	for _, column := range columns {
		q.add(on, "t.", column.Name, " = ", q.field(column))
		on = " AND "
	}
	err := db.run(ctx, &Statement{Path: t.Type + "." + columns[0].Field, Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
		var i int
		var by int64
		err := rows.Scan(&i, &by)
		taken[i] = taken[i] || by != claims[i].row
		return err
	})
	return taken, err
}

// insert writes new rows of one table with one statement, then what hangs on them, a statement for each relation.
func (db *DB) insert(ctx context.Context, t *Table, drafts []*Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	if err := db.insertRows(ctx, t, drafts); err != nil {
		return err
	}
	if err := db.insertRelated(ctx, t, drafts); err != nil {
		return err
	}
	return db.permitMade(ctx, t, drafts)
}

// insertRows writes the rows of new drafts and gives those their keys.
func (db *DB) insertRows(ctx context.Context, t *Table, drafts []*Draft) error {
	for _, d := range drafts {
		d.derive()
		d.linked = nil
	}
	var columns []*Column
	if t.timeOrdered {
		made, err := db.newKeys(len(drafts))
		if err != nil {
			return err
		}
		for i, d := range drafts {
			d.key = made[i]
		}
		columns = append(columns, t.KeyColumn())
	}
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	if len(drafts) == 1 {
		q.insertOne(drafts[0], db.Now())
		_, err := db.returning(ctx, &Statement{Path: "insert " + t.Type, parts: db.givenParts(drafts), brief: true}, q, drafts[0])
		db.knowParts(ctx, t, drafts)
		return err
	}
	rows := make([]map[string]any, len(drafts))
	for i, d := range drafts {
		for _, a := range d.values {
			if !slices.Contains(columns, a.column) {
				columns = append(columns, a.column)
			}
		}
		if rows[i] = d.row(columns); t.timeOrdered {
			rows[i][t.KeyColumn().Name] = d.key
		}
	}
	q.insert(t, columns, rows, db.Now(), true, "")
	q.add(" RETURNING id")
	keys := make([]int64, 0, len(drafts))
	statement := &Statement{Path: "insert " + t.Type, Text: q.String(), Args: q.args, parts: db.givenParts(drafts)}
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
	db.knowParts(ctx, t, drafts)
	return nil
}

// insertOne writes the insertion of the row of one draft.
func (q *query) insertOne(d *Draft, now time.Time) {
	q.add("INSERT INTO ", d.table.Name, " (")
	if d.table.timeOrdered {
		q.add("id, ")
	}
	for _, a := range d.values {
		q.add(a.column.Name, ", ")
	}
	q.add("created_at, updated_at) VALUES (")
	if d.table.timeOrdered {
		q.bindTo("?, ", d.key)
	}
	for _, a := range d.values {
		q.bindTo("?, ", a.value)
	}
	q.bindTo(q.timestamp+", ", now)
	q.bindTo(q.timestamp+")", now)
}

// insert writes the insertion of rows, whose keys grow in their order; a condition in where holds for each. Writers that make
// rows with the same unique values wait for each other at the first of them that they share, so where they may be several,
// they go in by the order of those.
func (q *query) insert(t *Table, columns []*Column, rows []map[string]any, now time.Time, several bool, where string) {
	var names, fields, unique []string
	together := slices.Concat(t.uniques...)
	for _, c := range columns {
		names, fields = append(names, c.Name), append(fields, q.field(c))
		if several && q.nextKey != nil && c != t.KeyColumn() && (c.Unique || slices.Contains(together, c)) {
			unique = append(unique, "n."+c.Name)
		}
	}
	from, sorted := " FROM ", ""
	if unique != nil {
		key := ""
		if !t.timeOrdered {
			key = q.nextKey(t.Name) + " AS id, "
		}
		from += "(SELECT " + key + strings.Join(fields, ", ") + " FROM "
		sorted = ") AS n ORDER BY " + strings.Join(unique, ", ")
		if !t.timeOrdered {
			names = append([]string{"id"}, names...)
		}
		fields = nil
		for _, name := range names {
			fields = append(fields, "n."+name)
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
		var moved, made []*Draft
		for _, d := range drafts {
			for _, c := range d.children {
				if c.relation != r {
					continue
				}
				for _, child := range slices.Concat(c.connect, c.drafts) {
					child.setParent(r.Theirs, d.key)
				}
				moved, related = append(moved, c.connect...), append(related, c.drafts...)
			}
			for _, l := range d.links {
				if l.relation == r {
					wanted, made = append(wanted, linksOf(d, l.keys, l.set)...), append(made, l.drafts...)
				}
			}
		}
		if err := db.set(ctx, moved); err != nil {
			return err
		}
		if err := db.insert(ctx, r.To, related); err != nil {
			return err
		}
		if err := db.link(ctx, r, wanted, true); err != nil {
			return err
		}
		if err := db.linkMade(ctx, r, made); err != nil {
			return err
		}
	}
	return nil
}

// A linkRow is a link to a row with a name, of a draft's, or with a key, and the part that it is of.
type linkRow struct {
	from int64
	name string
	to   int64
	part int64
	of   *Draft
}

// linksOf are the links of a draft's row to others.
func linksOf(d *Draft, keys []assignment, names []string) []linkRow {
	var rows []linkRow
	for _, a := range keys {
		if key, ok := a.value.(int64); ok {
			rows = append(rows, linkRow{from: d.key, to: key})
		}
	}
	for _, name := range names {
		rows = append(rows, linkRow{from: d.key, name: name, of: d})
	}
	return rows
}

// columns are those of the link's table, as columns of a list of rows.
func (l *Link) columns() (from, to *Column) {
	return &Column{Name: l.From, Kind: Key}, &Column{Name: l.To, Kind: Key}
}

// rowsOfLinks are links as JSON objects for a dialect's rows: those to named rows, and those to keys.
func rowsOfLinks(r *Relation, rows []linkRow) (byName, byKey []map[string]any) {
	for _, row := range rows {
		link := map[string]any{r.Link.From: row.from}
		if row.part != 0 {
			link[r.Link.shard] = row.part
		}
		if row.to != 0 {
			link[r.Link.To] = row.to
			byKey = append(byKey, link)
		} else {
			link[r.To.name.Name] = row.name
			byName = append(byName, link)
		}
	}
	return byName, byKey
}

// linkMade makes rows and links them to the rows of the drafts that they hang on.
func (db *DB) linkMade(ctx context.Context, r *Relation, made []*Draft) error {
	if err := db.insert(ctx, r.To, made); err != nil {
		return err
	}
	rows := make([]linkRow, len(made))
	for i, d := range made {
		rows[i] = linkRow{from: d.parent.key, to: d.key}
	}
	return db.link(ctx, r, rows, true)
}

// link makes the rows of a many-to-many relation, and the named rows on the other side that are missing. Of the names that one row
// is linked to most often none is missing: where nothing else is written, that is looked at when not all links have been made. Links
// of fresh rows are not there yet.
func (db *DB) link(ctx context.Context, r *Relation, wanted []linkRow, fresh bool) error {
	if err := db.linkParts(ctx, r, wanted); err != nil {
		return err
	}
	links, byKey := rowsOfLinks(r, wanted)
	if len(byKey) > 0 {
		q := &query{dialect: db.dialect}
		columns, names := q.linkColumns(r)
		fields := make([]string, len(columns))
		for i, c := range columns {
			fields[i] = q.field(c)
		}
		q.bindTo("INSERT INTO "+r.Link.Table+" ("+names+") SELECT "+strings.Join(fields, ", ")+" FROM "+q.rows(columns), q.rowsJSON(byKey))
		q.add(" WHERE TRUE ON CONFLICT (", names, ") DO NOTHING")
		if err := db.change(ctx, &Statement{Path: "link " + r.Coordinate(), Text: q.String(), Args: q.args, parts: partsOf(wanted)}, nil); err != nil {
			return err
		}
	}
	if len(links) == 0 {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	for _, w := range wanted {
		if w.to == 0 && !seen[w.name] {
			seen[w.name] = true
			names = append(names, w.name)
		}
	}
	t, err := transactionOf(ctx)
	if err != nil {
		return err
	}
	one := !slices.ContainsFunc(wanted, func(w linkRow) bool { return w.to == 0 && w.from != links[0][r.Link.From] })
	last := !one || t.locked
	if !last && fresh && len(byKey) == 0 {
		if read := db.readOf(ctx, r, wanted); read != nil {
			t.wrote.Store(true)
			if last, err = db.linkReading(ctx, r, read, wanted[0].of, links, names); !last || err != nil {
				return err
			}
		}
	}
	for ; ; last = true {
		if last {
			if err := db.insertNames(ctx, "insert "+r.To.Type, r.To, names); err != nil {
				return err
			}
		}
		q := &query{dialect: db.dialect}
		q.linkNames(r, links, names, one, last || !fresh)
		s := &Statement{Path: "link " + r.Coordinate(), Text: q.String(), Args: q.args, parts: partsOf(wanted), brief: len(wanted) <= briefly}
		switch err := db.change(ctx, s, nil); {
		case err != nil || s.Rows == len(links):
			return err
		case last: // another writer has removed one of the named rows since it was there
			return lostRace(errors.New("a named row went before it was linked"))
		}
	}
}

// readOf is the page that is wanted of the rows that a new row is linked to, if it holds all of them; nil if there is none.
func (db *DB) readOf(ctx context.Context, r *Relation, wanted []linkRow) *Read {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	if d := wanted[0].of; d != nil && db.writesWithin {
		for _, read := range d.reads {
			if read.Via == r && read.ofLinks(q) && !read.probing() && len(wanted) <= read.Page.Size {
				return read
			}
		}
	}
	return nil
}

// linkReading makes the links of a new row by the statement that reads a page of them; missing tells whether some named row is not there.
func (db *DB) linkReading(ctx context.Context, r *Relation, wanted *Read, d *Draft, links []map[string]any, names []string) (missing bool, err error) {
	read := *wanted
	read.Path, read.Keys = "link "+r.Coordinate(), []int64{d.key}
	read.making = func(q *query) {
		q.add("WITH ", r.Link.Table, " AS (") // what is read by that name is what is written here
		q.linkNames(r, links, names, true, false)
		q.add(" RETURNING *) ")
	}
	rows, err := db.fetch(ctx, &read)
	if err != nil {
		return false, db.violated(err)
	}
	if g := rows.Of(d.key); g.End-g.Start < len(links) {
		return true, nil
	}
	if d.linked == nil {
		d.linked = map[string]*Rows{}
	}
	d.linked[wanted.Path] = rows
	return false, nil
}

// linkNames writes the insertion of links, all of one row or not, to those rows of some names that are there. Links that may be
// there already are written again, so that all of them are counted.
func (q *query) linkNames(r *Relation, links []map[string]any, names []string, one, there bool) {
	name := r.To.name
	columns, into := q.linkColumns(r)
	given := append([]*Column{columns[0]}, columns[2:]...)
	q.add("INSERT INTO ", r.Link.Table, " (", into, ") SELECT ")
	for i, c := range given {
		if one {
			q.bindTo("CAST(? AS bigint)", links[0][c.Name])
		} else {
			q.add(q.field(c))
		}
		if i == 0 {
			q.add(", t.id")
		}
		if i < len(given)-1 {
			q.add(", ")
		}
	}
	q.add(" FROM ")
	if !one {
		q.bindTo(q.rows(append(given, name)), q.rowsJSON(links))
		q.add([2]string{" JOIN ", " CROSS JOIN "}[btoi(q.driver == sqliteDialect.driver)]) // which keeps the order: from the list to the index of names
	}
	lock := q.locks[lockShare]
	if lock != "" {
		q.bindTo("(SELECT id, "+name.Name+" FROM "+r.To.Name+" WHERE "+q.inTexts(name.Name), q.bindTexts(names))
		q.add(" ORDER BY id", lock, ") AS t")
	} else {
		q.add(r.To.Name, " AS t")
	}
	if !one {
		q.add(" ON t.", name.Name, " = ", q.field(name))
	}
	if one && lock == "" {
		q.bindTo(" WHERE "+q.inTexts("t."+name.Name), q.bindTexts(names))
	} else {
		q.add(" WHERE TRUE")
	}
	q.add(" ON CONFLICT (", into, ") DO ")
	if there {
		q.add("UPDATE SET ", r.Link.To, " = excluded.", r.Link.To)
	} else {
		q.add("NOTHING")
	}
}

// briefly is how many rows, of a key or a name each, are written at once in no time.
const briefly = 20

// insertNames makes the rows of t that are missing among those named.
func (db *DB) insertNames(ctx context.Context, path string, t *Table, names []string) error {
	if len(names) == 0 {
		return nil
	}
	rows, columns := make([]map[string]any, len(names)), []*Column{t.name}
	for i, name := range names {
		rows[i] = map[string]any{t.name.Name: name}
	}
	if t.timeOrdered {
		keys, err := db.newKeys(len(names))
		if err != nil {
			return err
		}
		columns = append(columns, t.KeyColumn())
		for i, key := range keys {
			rows[i][t.KeyColumn().Name] = key
		}
	}
	q := &query{dialect: db.dialect}
	missing := " WHERE NOT EXISTS (SELECT 1 FROM " + t.Name + " AS t WHERE t." + t.name.Name + " = " + q.field(t.name) + ")"
	q.insert(t, columns, rows, db.Now(), true, missing)
	q.add(" ON CONFLICT (", t.name.Name, ") DO NOTHING")
	return db.change(ctx, &Statement{Path: path, Text: q.String(), Args: q.args, brief: len(names) <= briefly}, nil)
}
