package orm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
)

// DistributedBy is an Option: on a cluster each node has a part of the rows, told by a column, and of the links that lead to them. The
// column holds a key of another table, which every row has. Elsewhere it says nothing.
//
// Nothing but links may refer to such a row, and what is unique in it is so together with that column: a node cannot know more.
func DistributedBy(column string) Option {
	return func(t *Table) {
		if t.shard = t.column(column); t.shard == nil {
			panic(fmt.Sprintf("relations: %s: DistributedBy(%q): there is no such column", t.Type, column))
		}
	}
}

// Shard is the column by which the table is distributed; nil if it is not.
func (t *Table) Shard() *Column { return t.shard }

// distribute settles what follows from DistributedBy, and refuses what nodes could not keep.
func (t *Table) distribute() {
	c := t.shard
	if c == nil {
		return
	}
	wrong := func(format string, args ...any) {
		panic(fmt.Sprintf("relations: %s: DistributedBy(%q): %s", t.Type, c.Name, fmt.Sprintf(format, args...)))
	}
	switch {
	case t.Signup():
		wrong("sessions refer to users, and are not distributed")
	case c.References == nil:
		wrong("it is not the key of another table's row")
	case c.Nullable:
		wrong("it is a pointer, and every row is somewhere")
	case c.References.shard != nil:
		wrong("%s are distributed themselves, so that their keys alone do not find them", c.References.Name)
	}
	for _, u := range t.Columns[1:] {
		if u.Unique && u != c {
			wrong("no node knows whether %q is unique", u.Name)
		}
	}
	for _, u := range t.uniques {
		if !slices.Contains(u, c) {
			wrong("no node knows whether %q and %q are unique together", u[0].Name, u[1].Name)
		}
	}
	for _, r := range t.Relations {
		switch {
		case r.Theirs != nil:
			wrong("%s refers to such rows by their keys (%s), which do not tell where they are", r.To.Name, r.Coordinate())
		case r.Link == nil:
		case r.Link.Rows != nil:
			wrong("the links of %s are rows of %s, which refers to such rows by their keys", r.Coordinate(), r.Link.Rows.Name)
		case r.To.shard != nil:
			wrong("both sides of %s are distributed, and a link is in one place", r.Coordinate())
		case len(r.Link.carries) > 0:
			wrong("the links of %s carry what %s have, which are not distributed with them", r.Coordinate(), r.To.Name)
		default:
			r.Link.shard = snake(r.Back.Field) + "_" + c.Name
			r.Back.Link.shard = r.Link.shard
		}
	}
}

// distributed is the column of the links of a relation that holds the key of the side that is distributed, with the table of that side; nil
// if neither is.
func (r *Relation) distributed() (key string, of *Table) {
	switch {
	case r.Link == nil || r.Link.shard == "":
		return "", nil
	case r.From.shard != nil:
		return r.Link.From, r.From
	}
	return r.Link.To, r.To
}

// A part is what tells, on a cluster, which part of the links of a relation one is of, or of the rows of a table: the column that holds it, and the
// key of which it is.
type part struct {
	name, key string
	of        *Table // nil: the links have no parts
}

// part is that of a relation.
func (d *dialect) part(r *Relation) part {
	key, of := r.distributed()
	if !d.distributed || of == nil {
		return part{}
	}
	return part{r.Link.shard, key, of}
}

func (p part) column() *Column { return &Column{Name: p.name, Kind: Key} }

// linkColumns are those of the links of a relation that are written, and their names.
func (d *dialect) linkColumns(r *Relation) (columns []*Column, names string) {
	from, to := r.Link.columns()
	columns, names = []*Column{from, to}, from.Name+", "+to.Name
	if p := d.part(r); p.of != nil {
		columns, names = append(columns, p.column()), names+", "+p.name
	}
	return columns, names
}

// linkParts gives links that are to be made the part that they are of.
func (db *DB) linkParts(ctx context.Context, r *Relation, links []linkRow) error {
	p := db.part(r)
	if p.of == nil {
		return nil
	}
	end := func(l linkRow) int64 {
		if p.of == r.From {
			return l.from
		}
		return l.to
	}
	var keys []int64
	for _, l := range links {
		keys = append(keys, end(l))
	}
	parts, err := db.parts(ctx, p.of, keys)
	for i := range links {
		if links[i].part = parts[end(links[i])]; links[i].part == 0 && err == nil {
			err = lostRace(errors.New("a row went before it was linked"))
		}
	}
	return err
}

// refusesVaguely tells whether nodes do not say that it is a foreign key which refuses what is written: rows that are not alone, or move,
// are copied to them.
func (d *dialect) refusesVaguely(c *Column, given []assignment) bool {
	return d.divides(c.Table) && (len(given) > 1 || given[0].row != 0)
}

// partsOf are those of links.
func partsOf(links []linkRow) (parts []int64) {
	for _, l := range links {
		if l.part != 0 {
			parts = append(parts, l.part)
		}
	}
	return parts
}

// givenParts are those that drafts give to new rows.
func (db *DB) givenParts(drafts []*Draft) (parts []int64) {
	for _, d := range drafts {
		for _, a := range d.values {
			if part, ok := a.value.(int64); ok && db.placedBy(a.column) {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// knowParts notes them for rows that were made.
func (db *DB) knowParts(ctx context.Context, t *Table, drafts []*Draft) {
	tx, err := transactionOf(ctx)
	if parts := db.givenParts(drafts); err == nil && len(parts) == len(drafts) {
		for i, d := range drafts {
			tx.know(ctx, t, d.key, parts[i])
		}
	}
}

// knowOwner notes the part of a row where that is what its owner is told by.
func (db *DB) knowOwner(ctx context.Context, t *Table, key, owner int64) {
	if tx, err := transactionOf(ctx); err == nil && t.writes != nil && t.writes.Plain() != nil && db.placedBy(t.writes.Plain()) {
		tx.know(ctx, t, key, owner)
	}
}

// knownParts are those of rows, each once; nil if one of them is not known to the transaction.
func (db *DB) knownParts(ctx context.Context, t *Table, keys []int64) (parts []int64) {
	tx, err := transactionOf(ctx)
	if err != nil || !db.divides(t) {
		return nil
	}
	for _, key := range keys {
		part, known := tx.parts[rowOf{t, key}]
		if !known {
			return nil
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// linkedParts are those of the links of rows along a relation.
func (db *DB) linkedParts(ctx context.Context, r *Relation, keys []int64) []int64 {
	if r.From.shard == nil {
		return nil
	}
	return db.knownParts(ctx, r.From, keys)
}

// saidParts is where a row is said to be, or has been found; nil if nothing is known of that.
func (db *DB) saidParts(ctx context.Context, t *Table, key int64) []int64 {
	if !db.divides(t) {
		return nil
	}
	return shardsOf(ctx, t, []int64{key})
}

// inOneOf writes, after AND, that a column holds one of parts, if they are known.
func (q *query) inOneOf(column string, parts []int64) {
	if len(parts) > 0 {
		q.add(" AND ")
		q.keysIn(column, parts)
	}
}

// parts are those that rows of a table are of, by their keys. What the transaction knows is not looked for again.
func (db *DB) parts(ctx context.Context, t *Table, keys []int64) (map[int64]int64, error) {
	tx, err := transactionOf(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(keys))
	var unknown []int64
	for _, key := range keys {
		if of, known := tx.parts[rowOf{t, key}]; known {
			out[key] = of
		} else {
			unknown = append(unknown, key)
		}
	}
	found, err := db.Locate(ctx, t, unknown)
	for key, of := range found {
		out[key] = of
		tx.know(ctx, t, key, of)
	}
	return out, err
}

// know notes which part a row is of.
func (t *transaction) know(ctx context.Context, of *Table, key, part int64) {
	noted(ctx, of, key, part, true)
	if t.parts == nil {
		t.parts = map[rowOf]int64{}
	}
	t.parts[rowOf{of, key}] = part
}

// Locate answers what rows of a table that is DistributedBy a column have in it, by their keys.
func (db *DB) Locate(ctx context.Context, t *Table, keys []int64) (map[int64]int64, error) {
	if t.shard == nil || len(keys) == 0 {
		return nil, nil
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	rows, err := db.Read(WithViewer(ctx, Viewer{Admin: true}), &Read{Path: "part of " + t.Type, From: t, By: t.KeyColumn(), Keys: keys, Select: Select{Columns: []*Column{t.KeyColumn(), t.shard}}})
	if err != nil {
		return nil, err
	}
	found := make(map[int64]int64, len(keys))
	for i := range rows.Len() {
		key, _ := rows.Row(i)[0].(int64)
		found[key], _ = rows.Row(i)[1].(int64)
	}
	return found, nil
}

// placeLinks gives links that are loaded the part that they are of, which is their last column, if that is not known.
func (db *DB) placeLinks(ctx context.Context, b *batch, rows [][]any) error {
	if b.part.of == nil {
		return nil
	}
	end := slices.IndexFunc(b.columns, func(c *Column) bool { return c.Name == b.part.key })
	last := len(b.columns) - 1
	var unknown []int64
	for _, row := range rows {
		if key, is := row[end].(int64); is && row[last] == nil {
			unknown = append(unknown, key)
		}
	}
	found, err := db.Locate(ctx, b.part.of, unknown)
	for _, row := range rows {
		if key, is := row[end].(int64); is && row[last] == nil && found[key] != 0 {
			row[last] = found[key]
		}
	}
	return err
}

// placedBy tells whether a column is that by which its table is distributed: a node cannot change it.
func (d *dialect) placedBy(c *Column) bool {
	return d.distributed && c.Table != nil && c == c.Table.shard
}

// replace lets rows of a table go whose drafts give them another part: each is deleted with its links, and made again as it was. It answers
// those drafts, and the others that change something.
func (db *DB) replace(ctx context.Context, t *Table, drafts []*Draft) (moved, others []*Draft, err error) {
	if !db.divides(t) {
		return nil, drafts, nil
	}
	to := map[int64]int64{}
	for _, d := range drafts {
		for _, a := range d.values {
			if part, ok := a.value.(int64); ok && a.column == t.shard {
				to[d.key] = part
			}
		}
	}
	from, err := db.parts(ctx, t, slices.Collect(maps.Keys(to)))
	if err != nil {
		return nil, nil, err
	}
	for _, d := range drafts {
		switch part, given := to[d.key]; {
		case given && from[d.key] != 0 && part != from[d.key]:
			moved = append(moved, d)
		case slices.ContainsFunc(d.values, func(a assignment) bool { return a.column != t.shard }):
			others = append(others, d)
		default:
			d.written = nil
		}
	}
	if len(moved) > 0 {
		err = db.move(ctx, t, keysOf(moved), from, to)
	}
	return moved, others, err
}

// move lets rows with keys go from one part to another.
func (db *DB) move(ctx context.Context, t *Table, keys []int64, from, to map[int64]int64) error {
	tx, err := transactionOf(ctx)
	if err != nil {
		return err
	}
	old := make([]int64, len(keys))
	for i, key := range keys {
		old[i] = from[key]
	}
	slices.Sort(old)
	old = slices.Compact(old)
	var all []*batch
	for _, r := range t.Relations {
		if p := db.part(r); p.of == t {
			from, to := r.Link.columns()
			all = append(all, &batch{table: r.Link.Table, columns: []*Column{from, to, p.column()}, part: p})
		}
	}
	all = append(all, &batch{table: t.Name, columns: append(t.stored(), t.secrets...), part: part{t.shard.Name, "id", t}})
	for _, b := range all {
		q := &query{dialect: db.dialect}
		q.add("DELETE FROM ", b.table, " WHERE ")
		q.keysIn(b.part.key, keys)
		q.add(" AND ")
		q.keysIn(b.part.name, slices.Clone(old))
		q.add(" RETURNING ", b.names())
		err := db.change(ctx, &Statement{Path: "move " + t.Type, Text: q.String(), Args: q.args, Keys: len(keys), parts: old}, func(rows *sqlx.Rows) error {
			row, err := rows.SliceScan()
			b.rows = append(b.rows, row)
			return err
		})
		if err != nil {
			return err
		}
	}
	// What followers are told is in the order in which it was recorded.
	if err := db.collect(ctx, tx); err != nil {
		return err
	}
	slices.Reverse(all)
	for _, b := range all {
		if len(b.rows) == 0 {
			continue
		}
		rows, parts := make([]map[string]any, len(b.rows)), make([]int64, len(b.rows))
		for i, row := range b.rows {
			rows[i] = make(map[string]any, len(row))
			for j, c := range b.columns {
				rows[i][c.Name] = c.normal(row[j])
			}
			key, _ := rows[i][b.part.key].(int64)
			rows[i][b.part.name], parts[i] = to[key], to[key]
			tx.know(ctx, t, key, to[key])
		}
		if err := db.insertAsIs(ctx, &Statement{Path: "move " + t.Type, parts: parts}, b, rows); err != nil {
			return err
		}
	}
	return nil
}
