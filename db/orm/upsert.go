package orm

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"
)

// An Upsert makes the row that has a unique value, or changes it if it is there.
type Upsert struct {
	Create *Draft
	Update *Draft // nil: a row that is there is left as it is, and stays until the transaction ends
	by     assignment
}

// NewUpsert checks the three parts of an upsert's input as NewDraft does: by, one of t.Told, create, and update if it is not
// nil. create need not repeat what by gives, and must not give another value. Its error is BadRequest: by is not one field.
func NewUpsert(t *Table, by, create, update Input) (*Upsert, []Fault, error) {
	if len(by) != 1 || by[0].Value == nil {
		return nil, nil, Errorf(BadRequest, "`input.by` must have exactly one field, which must not be null")
	}
	var told *Column
	for _, c := range t.Told() {
		if c.Field == by[0].Name {
			told = c
		}
	}
	if told == nil {
		return nil, nil, Errorf(BadRequest, "`input.by.%s` tells no row", by[0].Name)
	}
	d := &drafter{rows: map[rowOf]bool{}}
	path := []string{"input", "by", told.Field}
	value, good := d.value(told, by[0].Value, path)
	u := &Upsert{by: d.assignment(told, value, path)}
	_, given := create.Get(told.Field)
	if !given && good {
		create = append(create[:len(create):len(create)], by[0])
	}
	u.Create = d.draft(t, create, []string{"input", "create"}, nil, true)
	for i, a := range u.Create.values {
		switch {
		case a.column != told:
		case !given:
			u.Create.values[i].path = path
		case good && a.value != value:
			d.fault(a.path, Invalid, "is not what `by` gives")
		}
	}
	if !given && !good {
		u.Create.refused = append(u.Create.refused, told)
	}
	if update != nil {
		clear(d.rows) // one of the two is written
		u.Update = d.draft(t, update, []string{"input", "update"}, nil, false)
	}
	return u, d.faults, nil
}

// lost tells whether a fault of the new row is that it is there.
func (u *Upsert) lost(f Fault) bool {
	return f.Code == Taken && slices.ContainsFunc(u.Create.values, func(a assignment) bool { return a.column == u.by.column && slices.Equal(a.path, f.Field) })
}

// Upsert makes the row or changes it, whichever there is to do when it is done, and answers its key; created tells which. A
// row that the viewer may not see has Taken the value; to change another user's is a Forbidden error. It must run inside Write.
func (db *DB) Upsert(ctx context.Context, u *Upsert) (key int64, created bool, faults []Fault, err error) {
	if _, err := transactionOf(ctx); err != nil {
		return 0, false, nil, err
	}
	path := u.Create.table.Type + "." + u.by.column.Field
	lock := ""
	if u.Update == nil {
		lock = db.locks[lockShare] // nothing else keeps the row there until it is answered
	}
	key, seen, err := db.told(ctx, path, u, lock)
	switch {
	case err != nil:
		return 0, false, nil, err
	case key == 0:
		key, faults, err = db.Create(ctx, u.Create)
		if slices.ContainsFunc(faults, u.lost) {
			return 0, false, nil, lostRace(errors.New("another made the row since it was looked for"))
		}
		return key, err == nil && len(faults) == 0, faults, err
	case !seen:
		return 0, false, []Fault{{Taken, "is taken", u.by.path}}, nil
	case u.Update == nil:
		return key, false, nil, nil
	}
	if err := db.lockFor(ctx, Intent{Draft: u.Update, Keys: []int64{key}}); err != nil {
		return 0, false, nil, err
	}
	if lock := db.locks[u.Update.strength()]; lock != "" {
		switch still, _, err := db.told(ctx, "lock "+path, u, lock); {
		case err != nil:
			return 0, false, nil, err
		case still != key:
			return 0, false, nil, lostRace(errors.New("another row was told by the value before it was locked"))
		}
	}
	faults, _, err = db.Update(ctx, u.Update, key, nil)
	return key, false, faults, err
}

// told is the row that has the value, 0 if there is none, and whether the viewer sees it.
func (db *DB) told(ctx context.Context, path string, u *Upsert, lock string) (key int64, seen bool, err error) {
	t := u.by.column.Table
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT t.id, COALESCE(TRUE")
	q.visible(" AND ", t, "t")
	q.bindTo(", FALSE) FROM "+t.Name+" AS t WHERE t."+u.by.column.Name+" = ?", u.by.value)
	q.add(lock)
	err = db.run(ctx, &Statement{Path: path, Text: q.String(), Args: q.args, Keys: 1}, func(rows *sqlx.Rows) error {
		return rows.Scan(&key, &seen)
	})
	return key, seen, err
}

// findUpsert is what there is to do for an upsert now: an Upsert again if it leaves the row as it is.
func (db *DB) findUpsert(ctx context.Context, u *Upsert) (found Intent, ok bool, err error) {
	key, _, err := db.told(ctx, "lock "+u.Create.table.Type, u, "")
	switch {
	case key == 0:
		return Intent{Draft: u.Create}, true, err
	case u.Update == nil:
		return Intent{Upsert: u, Keys: []int64{key}}, true, err
	}
	return Intent{Draft: u.Update, Keys: []int64{key}}, true, err
}
