package orm

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// authorize finds the row to write, locks it, and checks that the viewer may write it. A row that is not there, or not for the viewer
// to see, is NotFound; another's is a Forbidden error; another version than ifVersion is Outdated.
func (db *DB) authorize(ctx context.Context, t *Table, key int64, ifVersion *int64, s strength) (faults []Fault, err error) {
	viewer := ViewerOf(ctx)
	q := &query{dialect: db.dialect, viewer: viewer}
	q.add("SELECT t.version, ")
	q.ownerOf(t, "t.")
	q.bindTo(" FROM "+t.Name+" AS t WHERE t.id = ?", key)
	q.visible(" AND ", t, "t")
	q.add(q.locks[s])
	var version, owned int64
	found := false
	err = db.run(ctx, &Statement{Path: t.Type, Text: q.String(), Args: q.args, Keys: 1}, func(rows *sqlx.Rows) error {
		found = true
		return rows.Scan(&version, &owned)
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return []Fault{{NotFound, "there is no such " + lowerFirst(t.Type), []string{"input", "id"}}}, nil
	case !viewer.owns(owned):
		return nil, Errorf(Forbidden, "this %s is not yours", lowerFirst(t.Type))
	case ifVersion != nil && *ifVersion != version:
		return []Fault{{Outdated, "the stored version is another", []string{"input", "ifVersion"}}}, nil
	}
	return nil, nil
}

// Update changes the row with key as the draft says, and what hangs on it, or answers what stands against it; shown is
// then the key of a row to show with the faults, or 0. It must run inside Write.
func (db *DB) Update(ctx context.Context, d *Draft, key int64, ifVersion *int64) (faults []Fault, shown int64, err error) {
	d.key = key
	if faults, err = d.Own(ViewerOf(ctx)); err != nil || len(faults) > 0 {
		return faults, 0, err
	}
	if err := db.lockFor(ctx, Intent{Draft: d, Keys: []int64{key}}); err != nil {
		return nil, 0, err
	}
	if faults, err = db.authorize(ctx, d.table, key, ifVersion, d.strength()); err != nil {
		return nil, 0, err
	}
	if len(faults) > 0 && faults[0].Code == Outdated {
		return faults, key, nil
	}
	held := key
	if len(faults) > 0 {
		held = -1 // it may be there and hidden: nothing of it is held against the input
	}
	more, err := db.validate(ctx, []*Draft{d}, held)
	if faults = append(faults, more...); err != nil || len(faults) > 0 {
		return faults, 0, err
	}
	if err := db.set(ctx, d, key); err != nil {
		return nil, 0, err
	}
	for _, c := range d.children {
		faults, err := db.updateRelated(ctx, d, c)
		if err != nil || len(faults) > 0 {
			return faults, 0, err
		}
	}
	for _, l := range d.links {
		if err := db.relink(ctx, d.key, l); err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, nil
}

// set writes the draft's own values to the rows with keys, where they differ from what is stored; the version counts changes
// of a row.
func (db *DB) set(ctx context.Context, d *Draft, keys ...int64) error {
	given := d.values
	if len(given) == 0 {
		return nil
	}
	if err := db.permitColumns(ctx, d.table, d.of(keys)); err != nil {
		return err
	}
	d.derive()
	q := &query{dialect: db.dialect}
	q.add("UPDATE ", d.table.Name, " SET ")
	for _, a := range d.values {
		q.bindTo(a.column.Name+" = ?, ", a.value)
	}
	q.bindTo("updated_at = "+q.timestamp, db.Now())
	which, bound := db.withKeys("id", keys)
	q.bindTo(", version = version + 1 WHERE "+which, bound)
	for i, a := range given {
		q.bindTo([2]string{" OR ", " AND ("}[btoi(i == 0)]+a.column.Name+" IS DISTINCT FROM ?", a.value)
	}
	q.add(")")
	if err := db.change(ctx, &Statement{Path: "update " + d.table.Type, Text: q.String(), Args: q.args, Keys: len(keys)}, nil); err != nil {
		return err
	}
	return db.permitMoved(ctx, d, keys)
}

// updateRelated changes, makes, deletes or detaches the row of a to-one relation, if that does not belong to somebody else.
func (db *DB) updateRelated(ctx context.Context, d *Draft, c child) ([]Fault, error) {
	r := c.relation
	viewer := ViewerOf(ctx)
	apart := r.To.owner != r.Theirs || r.From.writes.Plain() == nil // whoever writes the one may not write the other
	if c.null && (!apart || viewer.Admin) {
		return nil, db.severRelated(ctx, d, r)
	}
	var existing, owned int64
	q := &query{dialect: db.dialect, viewer: viewer}
	q.add("SELECT id")
	if apart {
		q.add(", ")
		q.ownerOf(r.To, "")
	}
	q.bindTo(" FROM "+r.To.Name+" WHERE "+r.Theirs.Name+" = ?", d.key)
	q.add(q.locks[lockRemove])
	err := db.run(ctx, &Statement{Path: r.Coordinate(), Text: q.String(), Args: q.args, Keys: 1}, func(rows *sqlx.Rows) error {
		return rows.Scan([]any{&existing, &owned}[:1+btoi(apart)]...)
	})
	switch {
	case err != nil:
		return nil, err
	case existing != 0 && apart && !viewer.owns(owned):
		return nil, Errorf(Forbidden, "this %s is not yours", lowerFirst(r.To.Type))
	case c.null:
		return nil, db.severRelated(ctx, d, r)
	}
	for _, child := range c.drafts {
		if existing == 0 {
			made, faults, err := child.made(viewer)
			if err != nil || len(faults) > 0 {
				return faults, err
			}
			child = made
		}
		var keys []int64
		if existing != 0 {
			keys = []int64{existing}
		}
		if faults, err := db.validate(ctx, []*Draft{child}, keys...); err != nil || len(faults) > 0 {
			return faults, err
		}
		if existing != 0 {
			child.key = existing
			err = db.set(ctx, child, existing)
		} else {
			child.setParent(r.Theirs, d.key)
			err = db.insert(ctx, r.To, []*Draft{child})
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (db *DB) severRelated(ctx context.Context, d *Draft, r *Relation) error {
	q := &query{dialect: db.dialect}
	q.bindTo("SELECT id FROM "+d.table.Name+" WHERE id = ?", d.key)
	return (&removal{db: db}).cascade(ctx, r, q.String(), q.args)
}

// relink changes the links of one row.
func (db *DB) relink(ctx context.Context, key int64, l links) error {
	r := l.relation
	remove := func(condition string, names []string) error {
		q := &query{dialect: db.dialect}
		q.bindTo("DELETE FROM "+r.Link.Table+" WHERE "+r.Link.From+" = ?", key)
		q.bindTo(" AND "+r.Link.To+condition+"(SELECT id FROM "+r.To.Name+" WHERE "+q.inTexts(r.To.name.Name)+")", q.bindTexts(names))
		return db.change(ctx, &Statement{Path: "unlink " + r.Coordinate(), Text: q.String(), Args: q.args, Keys: 1}, nil)
	}
	add := l.add
	if l.replace {
		if err := remove(" NOT IN ", l.set); err != nil {
			return err
		}
		add = l.set
	}
	if len(l.remove) > 0 {
		if err := remove(" IN ", l.remove); err != nil {
			return err
		}
	}
	wanted := make([]linkRow, len(add))
	for i, name := range add {
		wanted[i] = linkRow{key, name}
	}
	return db.link(ctx, r, wanted)
}
