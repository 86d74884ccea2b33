package orm

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"
)

// Many rows at once, in a number of statements that does not depend on how many they are.

// CreateMany writes drafts of one table as new rows, as Create does each, and answers their keys in that order, or what
// stands against any of them. It must run inside Write.
func (db *DB) CreateMany(ctx context.Context, drafts []*Draft) (keys []int64, faults []Fault, err error) {
	var all []*Draft
	intents := make([]Intent, len(drafts))
	for i, d := range drafts {
		more, err := d.Own(ViewerOf(ctx))
		if err != nil {
			return nil, nil, err
		}
		faults = append(faults, more...)
		all = append(all, d.all()...)
		intents[i] = Intent{Draft: d}
	}
	if len(faults) > 0 || len(drafts) == 0 {
		return nil, faults, nil
	}
	if err := db.lockFor(ctx, intents...); err != nil {
		return nil, nil, err
	}
	n := &nesting{db: db, viewer: ViewerOf(ctx)}
	if err := n.begin(ctx, drafts); err != nil {
		return nil, nil, err
	}
	found, err := db.validate(ctx, all, n.faults...)
	if err != nil {
		return nil, nil, err
	}
	if faults = faultsOf(append(n.faults, found...)); len(faults) > 0 {
		return nil, faults, nil
	}
	if err := db.insert(ctx, drafts[0].table, drafts); err != nil {
		return nil, nil, err
	}
	for _, d := range drafts {
		keys = append(keys, d.key)
	}
	return keys, nil, nil
}

// A Bulk is a change, or the removal, of every row that matches.
type Bulk struct {
	Table  *Table
	Where  *Where // nil matches all
	AtMost int    // more rows than these are left alone, all of them
	Set    *Draft // what each becomes; nil if they are removed. It has values of its own columns and nothing else
	Force  bool   // of rows to remove: also those that are linked to others
}

// draft is what is written to each row.
func (b *Bulk) draft() *Draft {
	if b.Set == nil {
		return &Draft{table: b.Table}
	}
	return b.Set
}

// apart tells whether the write takes locks on other rows than those it is of.
func (b *Bulk) apart() bool {
	if b.Set == nil {
		return slices.ContainsFunc(b.Table.Relations, func(r *Relation) bool {
			return r.Own == nil && (r.OnDelete == Cascade || r.OnDelete == Detach)
		})
	}
	return slices.ContainsFunc(b.Set.values, func(a assignment) bool { return a.column.References != nil && a.value != nil })
}

// UpdateMany changes the rows that match, and answers the keys of all of them in ascending order, of those also that were as
// they should be and keep their version; or what stands against it, after which what it has written must not last. If one
// belongs to another user it is a Forbidden error. It must run inside Write.
func (db *DB) UpdateMany(ctx context.Context, b *Bulk) (keys []int64, faults []Fault, err error) {
	if faults, err = b.Set.Own(ViewerOf(ctx)); err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	if keys, faults, err = db.matching(ctx, b); err != nil || len(keys) == 0 {
		return nil, faults, err
	}
	each := b.Set.of(keys)
	found, err := db.validate(ctx, each)
	if faults = faultsOf(found); err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	if err := db.set(ctx, each); err != nil {
		return nil, nil, err
	}
	if found, err = db.circles(ctx, each); err != nil || len(found) > 0 {
		return nil, faultsOf(found), err
	}
	return keys, nil, nil
}

// DeleteMany deletes the rows that match, with what hangs on them, and answers their keys in ascending order and how many
// rows of each kind went along, or what stands against it, as UpdateMany does. It must run inside Write.
func (db *DB) DeleteMany(ctx context.Context, b *Bulk) (keys []int64, counts []CascadeCount, faults []Fault, err error) {
	if keys, faults, err = db.matching(ctx, b); err != nil || len(keys) == 0 {
		return nil, nil, faults, err
	}
	m := db.removal(b.Table)
	switch inUse, err := m.remove(ctx, b.Table, keys, b.Force); {
	case err != nil:
		return nil, nil, nil, err
	case inUse:
		return nil, nil, []Fault{{InUse, "some are in use; `force: true` deletes them all the same", []string{"input", "where"}}}, nil
	}
	return keys, m.all(), nil, nil
}

// matching finds and locks the rows that match, and checks that they are not too many and the viewer's to write.
func (db *DB) matching(ctx context.Context, b *Bulk) (keys []int64, faults []Fault, err error) {
	if _, err := transactionOf(ctx); err != nil {
		return nil, nil, err
	}
	strength := lockRemove
	if b.Set != nil {
		strength = b.Set.strength()
	}
	known, ordered := []int64(nil), b.apart() && db.locks != [3]string{}
	if ordered { // then their locks have a place among those of other rows
		i, found, err := db.find(ctx, Intent{Bulk: b})
		if err != nil {
			return nil, nil, err
		}
		if known = i.Keys; found && len(known) <= b.AtMost {
			if err := db.lock(ctx, i); err != nil {
				return nil, nil, err
			}
		}
	}
	viewer, others := ViewerOf(ctx), 0
	err = db.match(ctx, b.Table.Type, b, db.locks[strength], func(key, owner int64) {
		db.knowOwner(ctx, b.Table, key, owner)
		keys = append(keys, key)
		others += btoi(!viewer.owns(owner))
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(keys) > b.AtMost:
		return nil, []Fault{{TooMany, "more " + b.Table.Name + " match", []string{"input", "atMost"}}}, nil
	case others > 0:
		return nil, nil, Errorf(Forbidden, "%d of these %s are not yours", others, b.Table.Name)
	case ordered && slices.ContainsFunc(keys, func(key int64) bool { _, there := slices.BinarySearch(known, key); return !there }):
		return nil, nil, lostRace(errors.New("another row has come to match before those that did were locked"))
	}
	return keys, nil, nil
}

// match goes through the rows that match and the viewer sees, the lowest key first: one more than they may be, at most.
func (db *DB) match(ctx context.Context, path string, b *Bulk, lock string, each func(key, owner int64)) error {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT t.id, ")
	q.ownerOf(b.Table)
	q.add(" FROM ", b.Table.Name, " AS t WHERE ")
	if b.Where != nil {
		b.Where.write(q, "t")
	} else {
		q.add("TRUE")
	}
	q.visible(" AND ", b.Table, "t")
	q.bindTo(" ORDER BY t.id LIMIT ?", b.AtMost+1)
	q.add(lock)
	return db.run(ctx, &Statement{Path: path, Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
		var key, owner int64
		err := rows.Scan(&key, &owner)
		each(key, owner)
		return err
	})
}

// find turns the intent of a Bulk or an Upsert into that of the rows that it is for now, to lock them; ok is false if there are
// none.
func (db *DB) find(ctx context.Context, i Intent) (found Intent, ok bool, err error) {
	switch {
	case i.Bulk != nil:
		found = Intent{Draft: i.Bulk.draft(), Remove: i.Bulk.Set == nil}
		err = db.match(ctx, "lock "+i.Bulk.Table.Type, i.Bulk, "", func(key, _ int64) { found.Keys = append(found.Keys, key) })
		return found, len(found.Keys) > 0, err
	case i.Upsert != nil:
		return db.findUpsert(ctx, i.Upsert)
	}
	return i, true, nil
}
