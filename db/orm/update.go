package orm

import (
	"context"
	"database/sql/driver"
	"reflect"
	"slices"
	"time"
)

// authorize finds the row to write, locks it, and checks that the viewer may write it. A row that is not there, or not for the viewer
// to see, is NotFound; another's is a Forbidden error; another version than ifVersion is Outdated. If d is not nil, same tells whether the
// row may be written and has what d gives already; what is wanted of that is kept as returning keeps it.
func (db *DB) authorize(ctx context.Context, t *Table, key int64, ifVersion *int64, s strength, d *Draft) (same bool, faults []Fault, err error) {
	viewer := ViewerOf(ctx)
	var version, owned int64
	found, kept := false, false
	look := func(parts []int64) error {
		q := &query{dialect: db.dialect, viewer: viewer}
		q.add("SELECT t.version, ")
		q.ownerOf(t)
		var columns []*Column
		if d != nil {
			q.add(", ")
			q.alters(d)
			columns = q.shows(d)
			for _, c := range columns {
				q.add(", t.", c.Name)
			}
		}
		q.bindTo(" FROM "+t.Name+" AS t WHERE t.id = ?", key)
		if parts != nil {
			q.inOneOf("t."+t.shard.Name, parts)
		}
		q.visible(" AND ", t, "t")
		q.add(q.locks[s])
		return db.gather(ctx, &Statement{Path: t.Type, Text: q.String(), Args: q.args, Keys: 1}, 2+btoi(d != nil)+len(columns), func(row []driver.Value) error {
			found = true
			version, _ = row[0].(int64)
			owned, _ = row[1].(int64)
			db.knowOwner(ctx, t, key, owned)
			if kept = d != nil && !truth(row[2]); kept {
				d.keep(columns, row[3:])
			}
			return nil
		})
	}
	said := db.saidParts(ctx, t, key)
	if err = look(said); err == nil && !found && said != nil { // it was there once
		err = look(nil)
	}
	switch {
	case err != nil:
		return false, nil, err
	case !found:
		return false, []Fault{{NotFound, "there is no such " + lowerFirst(t.Type), []string{"input", "id"}}}, nil
	case !viewer.owns(owned):
		return false, nil, Errorf(Forbidden, "this %s is not yours", lowerFirst(t.Type))
	case ifVersion != nil && *ifVersion != version:
		return false, []Fault{{Outdated, "the stored version is another", []string{"input", "ifVersion"}}}, nil
	}
	return kept, nil, nil
}

// Update changes the row with key as the draft says, and what hangs on it, or answers what stands against it, after which what it
// has written must not last; shown is then the key of a row to show with the faults, or 0. Draft.Cascade tells what was deleted
// along. It must run inside Write. It takes a number of statements that depends on the draft's shape, not on its size.
func (db *DB) Update(ctx context.Context, d *Draft, key int64, ifVersion *int64) (faults []Fault, shown int64, err error) {
	d.key, d.counts = key, nil
	if faults, err = d.Own(ViewerOf(ctx)); err != nil || len(faults) > 0 {
		return faults, 0, err
	}
	if err := db.lockFor(ctx, Intent{Draft: d, Keys: []int64{key}}); err != nil {
		return nil, 0, err
	}
	var direct *Draft
	if viewer := ViewerOf(ctx); d.direct(viewer) {
		if written, err := db.setOwn(ctx, d, viewer, ifVersion); written || err != nil {
			return nil, 0, err
		}
		direct = d // and either it is not for the viewer to change, or nothing is to be changed
	}
	same, faults, err := db.authorize(ctx, d.table, key, ifVersion, d.strength(), direct)
	if same || err != nil {
		return nil, 0, err
	}
	if len(faults) > 0 && faults[0].Code == Outdated {
		return faults, key, nil
	}
	n := &nesting{db: db, viewer: ViewerOf(ctx)}
	if len(faults) > 0 {
		d.key = -1 // it may be there and hidden: nothing of it is held against the input
		n.faults = []placed{{Fault: faults[0], at: -1}}
	} else if err := n.begin(ctx, []*Draft{d}); err != nil {
		return nil, 0, err
	}
	found, err := db.validate(ctx, append([]*Draft{d}, n.drafts()...), n.faults...)
	if err != nil {
		return nil, 0, err
	}
	if faults = faultsOf(append(n.faults, found...)); len(faults) > 0 {
		if slices.ContainsFunc(faults, func(f Fault) bool { return f.Code == Outdated }) {
			shown = key
		}
		return faults, shown, nil
	}
	if err := db.set(ctx, []*Draft{d}); err != nil {
		return nil, 0, err
	}
	d.counts = n.counts
	if err := n.write(ctx); err != nil {
		return nil, 0, err
	}
	found, err = db.circles(ctx, append([]*Draft{d}, n.drafts()...))
	return faultsOf(found), 0, err
}

// set writes the values that drafts of one table give to rows that are there, with one statement; the version counts changes of
// a row, and where nothing differs there is none.
func (db *DB) set(ctx context.Context, drafts []*Draft) error {
	drafts = slices.DeleteFunc(slices.Clone(drafts), func(d *Draft) bool { return len(d.values) == 0 })
	if len(drafts) == 0 {
		return nil
	}
	t := drafts[0].table
	if err := db.permitColumns(ctx, t, drafts); err != nil {
		return err
	}
	moved, others, err := db.replace(ctx, t, drafts)
	if err == nil {
		err = db.setRows(ctx, t, moved, true)
	}
	if err == nil {
		err = db.setRows(ctx, t, others, false)
	}
	if err != nil {
		return err
	}
	return db.permitMoved(ctx, t, drafts)
}

// setRows writes the values of drafts; differ says that every row differs already in what is not written here.
func (db *DB) setRows(ctx context.Context, t *Table, drafts []*Draft, differ bool) error {
	if len(drafts) == 0 {
		return nil
	}
	q := &query{dialect: db.dialect}
	parts := db.knownParts(ctx, t, keysOf(drafts))
	if alike(drafts) {
		q.setAll(drafts, db.Now(), differ)
	} else {
		q.setEach(drafts, db.Now(), differ)
	}
	if parts != nil {
		q.inOneOf(t.shard.Name, parts)
	}
	if d := drafts[0]; d.wanted != nil {
		q.viewer = ViewerOf(ctx)
		_, err := db.returning(ctx, &Statement{Path: "update " + t.Type, Keys: 1, parts: parts, brief: !d.carried()}, q, d)
		return err
	}
	return db.change(ctx, &Statement{Path: "update " + t.Type, Text: q.String(), Args: q.args, Keys: len(drafts), parts: parts}, nil)
}

// direct tells whether a change takes nothing but its own row, which tells by itself whether the viewer may write it.
func (d *Draft) direct(v Viewer) bool {
	t := d.table
	return len(d.values) > 0 && len(d.children)+len(d.links)+len(t.checks) == 0 && !d.unique() && (v.Admin || v.Key != 0 && t.writes.Plain() != nil) &&
		(t.reads == nil || t.reads.Open(v)) && !slices.ContainsFunc(d.values, func(a assignment) bool {
		return a.column.References != nil || a.column.Writes() != nil && !a.column.Writes().Open(v)
	})
}

// carried tells whether links carry what a draft changes, which may be many.
func (d *Draft) carried() bool {
	return slices.ContainsFunc(d.table.Relations, func(r *Relation) bool {
		return r.Link != nil && slices.ContainsFunc(r.Back.Link.carries, func(c carried) bool {
			return slices.ContainsFunc(d.values, func(a assignment) bool { return a.column == c.column })
		})
	})
}

// setOwn is set for a draft that is direct: it looks, as authorize does, and writes at once. It tells whether it has written.
func (db *DB) setOwn(ctx context.Context, d *Draft, v Viewer, ifVersion *int64) (written bool, err error) {
	q := &query{dialect: db.dialect, viewer: v}
	q.setAll([]*Draft{d}, db.Now(), false)
	if !v.Admin {
		q.bindTo(" AND "+d.table.writes.Plain().Name+" = ?", v.Key)
	}
	if ifVersion != nil {
		q.bindTo(" AND version = ?", *ifVersion)
	}
	parts := db.saidParts(ctx, d.table, d.key)
	if parts != nil {
		q.inOneOf(d.table.shard.Name, parts)
	}
	return db.returning(ctx, &Statement{Path: "update " + d.table.Type, Keys: 1, parts: parts, brief: !d.carried()}, q, d)
}

// returning runs a statement that writes the row of a draft, and tells whether there is one. It gives the draft its key, and keeps
// what is wanted of it: as it stays, if nothing else that the draft asks for can change it, and as the viewer may read it.
func (db *DB) returning(ctx context.Context, s *Statement, q *query, d *Draft) (written bool, err error) {
	columns := q.shows(d)
	q.add(" RETURNING id")
	for i := 1; i < len(columns); i++ { // the first is the key
		q.add(", ", columns[i].Name)
	}
	s.Text, s.Args = q.String(), q.args
	d.written = nil
	s.row = make([]driver.Value, max(1, len(columns)))
	s.each = func(row []driver.Value) error {
		written = true
		d.key, _ = row[0].(int64)
		d.keep(columns, row)
		return nil
	}
	err = db.change(ctx, s, nil)
	s.row, s.each = nil, nil // who keeps statements does not keep rows
	return written, err
}

// shows are the columns that are wanted of the row of a draft, if a statement that writes it may answer them; else nil.
func (q *query) shows(d *Draft) []*Column {
	if len(d.children) > 0 || q.hides(d.table) || slices.ContainsFunc(d.wanted, q.masked) {
		return nil
	}
	return d.wanted
}

// keep keeps the columns of the draft's row.
func (d *Draft) keep(columns []*Column, row []driver.Value) {
	if columns == nil {
		return
	}
	d.written = &Rows{Width: len(columns), n: 1, groups: map[int64]Group{d.key: {End: 1}}}
	for i, c := range columns {
		d.written.cells = append(d.written.cells, c.normal(row[i]))
	}
}

// alike tells whether all drafts give the same.
func alike(drafts []*Draft) bool {
	first := drafts[0].values
	return !slices.ContainsFunc(drafts[1:], func(d *Draft) bool {
		return !slices.EqualFunc(first, d.values, func(a, b assignment) bool { return a.column == b.column && reflect.DeepEqual(a.value, b.value) })
	})
}

// setAll writes the change of rows that all become the same: a value goes there once, however many they are.
func (q *query) setAll(drafts []*Draft, now time.Time, differ bool) {
	d := drafts[0]
	d.derive()
	q.add("UPDATE ", d.table.Name, " SET ")
	for _, a := range d.values {
		if !q.placedBy(a.column) {
			q.bindTo(a.column.Name+" = ?, ", a.value)
		}
	}
	q.bindTo("updated_at = "+q.timestamp, now)
	q.add(", version = version + 1 WHERE ")
	q.keysIn("id", keysOf(drafts))
	if !differ {
		q.add(" AND ")
		q.alters(d)
	}
}

// alters writes whether a row has not what a draft gives.
func (q *query) alters(d *Draft) {
	or := "("
	for _, a := range d.values {
		if !a.derived && !q.placedBy(a.column) {
			q.bindTo(or+a.column.Name+" IS DISTINCT FROM ?", a.value)
			or = " OR "
		}
	}
	q.add(")")
}

// setEach writes the change of rows that each become something else.
func (q *query) setEach(drafts []*Draft, now time.Time, differ bool) {
	t := drafts[0].table
	key := t.KeyColumn()
	apart := q.divides(t)        // there what is changed is joined with no function
	var columns, given []*Column // all, and those that are compared
	rows := make([]map[string]any, len(drafts))
	for i, d := range drafts {
		d.derive()
		for _, a := range d.values {
			if q.placedBy(a.column) {
				continue
			}
			if !slices.Contains(columns, a.column) {
				columns = append(columns, a.column)
			}
			if !a.derived && !slices.Contains(given, a.column) {
				given = append(given, a.column)
			}
		}
		rows[i] = d.row(nil)
		if apart {
			delete(rows[i], t.shard.Name)
		}
		rows[i][key.Name] = d.key
	}
	listed := append([]*Column{key}, columns...)
	value := func(c *Column) string { return q.field(c) }
	if slices.ContainsFunc(rows, func(row map[string]any) bool { return len(row) < len(listed) }) {
		// Each row says as well which of the columns it gives.
		value = func(c *Column) string {
			return "CASE WHEN " + q.field(gives(c)) + " THEN " + q.field(c) + " ELSE t." + c.Name + " END"
		}
		for _, c := range columns {
			listed = append(listed, gives(c))
			for _, row := range rows {
				_, row[gives(c).Name] = row[c.Name]
			}
		}
	}
	if apart {
		q.bindTo("WITH r AS MATERIALIZED (SELECT * FROM "+q.rows(listed)+") ", q.rowsJSON(rows))
	}
	q.add("UPDATE ", t.Name, " AS t SET ")
	for _, c := range columns {
		q.add(c.Name, " = ", value(c), ", ")
	}
	q.bindTo("updated_at = "+q.timestamp, now)
	if apart {
		q.add(", version = t.version + 1 FROM r")
	} else {
		q.bindTo(", version = t.version + 1 FROM "+q.rows(listed), q.rowsJSON(rows))
	}
	q.add(" WHERE t.id = ", q.field(key))
	if differ {
		return
	}
	for i, c := range given {
		q.add([2]string{" OR ", " AND ("}[btoi(i == 0)], "t.", c.Name, " IS DISTINCT FROM ", value(c))
	}
	q.add(")")
}

// gives tells in a list of rows whether one gives a column.
func gives(c *Column) *Column { return &Column{Name: "gives_" + c.Name, Kind: Bool} }

// relink changes the links of rows along a relation: what is to go goes first.
func (db *DB) relink(ctx context.Context, r *Relation, drafts []*Draft) error {
	var replaced []int64
	var kept, removed, wanted []linkRow
	var made []*Draft
	for _, d := range drafts {
		for _, l := range d.links {
			if l.relation != r {
				continue
			}
			wanted = append(append(wanted, linksOf(d, l.keys, l.set)...), linksOf(d, nil, l.add)...)
			removed = append(removed, linksOf(d, l.disconnect, l.remove)...)
			if l.replace {
				replaced = append(replaced, d.key)
				kept = append(kept, linksOf(d, l.keys, l.set)...)
			}
			made = append(made, l.drafts...)
		}
	}
	if len(replaced) > 0 {
		q := &query{dialect: db.dialect}
		q.keysIn(r.Link.From, replaced)
		if len(kept) > 0 {
			q.linked(" AND ", " NOT IN ", r, kept)
		}
		if err := db.unlink(ctx, r, q, db.linkedParts(ctx, r, keysOf(drafts))); err != nil {
			return err
		}
	}
	if len(removed) > 0 {
		q := &query{dialect: db.dialect}
		q.linked("", " IN ", r, removed)
		if err := db.unlink(ctx, r, q, db.linkedParts(ctx, r, keysOf(drafts))); err != nil {
			return err
		}
	}
	if err := db.link(ctx, r, wanted, false); err != nil {
		return err
	}
	return db.linkMade(ctx, r, made)
}

// linked writes that a link is, or is not, one of rows.
func (q *query) linked(and, in string, r *Relation, rows []linkRow) {
	from, to := r.Link.columns()
	q.add(and, "(", from.Name, ", ", to.Name, ")", in, "(")
	byName, byKey := rowsOfLinks(r, rows)
	if len(byName) > 0 {
		name := r.To.name
		q.bindTo("SELECT "+q.field(from)+", t.id FROM "+q.rows([]*Column{from, name}), q.rowsJSON(byName))
		q.add(" JOIN ", r.To.Name, " AS t ON t.", name.Name, " = ", q.field(name))
	}
	if len(byKey) > 0 {
		q.add([2]string{"", " UNION ALL "}[btoi(len(byName) > 0)])
		q.bindTo("SELECT "+q.field(from)+", "+q.field(to)+" FROM "+q.rows([]*Column{from, to}), q.rowsJSON(byKey))
	}
	q.add(")")
}

// unlink removes the links that meet a condition, and are of some parts if that is known.
func (db *DB) unlink(ctx context.Context, r *Relation, which *query, parts []int64) error {
	which.inOneOf(r.Link.shard, parts)
	return db.change(ctx, &Statement{Path: "unlink " + r.Coordinate(), Text: db.unlinks(r, which.String()), Args: which.args, parts: parts}, nil)
}

// unlinks is the removal of the links that meet a condition. From the other side the same links may be going: whoever removes
// them goes through them in one order.
func (d *dialect) unlinks(r *Relation, which string) string {
	if lock := d.locks[lockRemove]; lock != "" {
		keys := r.forward().Link.From + ", " + r.forward().Link.To
		which = "(" + keys + ") IN (SELECT " + keys + " FROM " + r.Link.Table + " WHERE " + which + " ORDER BY " + keys + lock + ")"
	}
	return "DELETE FROM " + r.Link.Table + " WHERE " + which
}
