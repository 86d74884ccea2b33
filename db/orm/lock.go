package orm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// A strength says what a lock on a row keeps others from until the transaction ends.
type strength uint8

// The strengths, each with the one before it.
const (
	lockShare  strength = iota // removing the row, and giving it another unique value
	lockChange                 // changing it
	lockRemove                 // referring to it
)

// strength is what writing the draft to its row takes: rows are referred to by what is unique in them.
func (d *Draft) strength() strength {
	if d.unique() {
		return lockRemove
	}
	return lockChange
}

// unique tells whether the draft gives what no two rows have.
func (d *Draft) unique() bool {
	together := slices.Concat(d.table.uniques...)
	return slices.ContainsFunc(d.values, func(a assignment) bool { return a.column.Unique || slices.Contains(together, a.column) })
}

// An Intent is one write of an operation: a row that is made, or rows that are changed or removed. A Bulk or an Upsert tells
// the rest of it once its rows are found.
type Intent struct {
	Draft  *Draft
	Keys   []int64 // of the rows; none if one is to be made
	Remove bool
	Bulk   *Bulk
	Upsert *Upsert
}

// Lock takes, before an operation of several writes begins, the locks that they are going to take, in the one order that
// all operations keep: tables by lockOrder, rows by key. So operations that touch the same rows wait for each other, and
// never in a circle. Create, Update and the like take theirs by themselves where it was not called for the whole operation.
//
// What is locked stays as it is: no row can come to refer to one that is to be removed, so what goes with it is all there
// when its parent is locked, and is locked before anything of it goes. It must run inside Write; a database that has one
// writer at a time has nothing to lock.
func (db *DB) Lock(ctx context.Context, intents ...Intent) error {
	t, err := transactionOf(ctx)
	if err != nil || t.locked {
		return err
	}
	if t.locked = len(intents) > 1; db.locks == [3]string{} {
		return nil
	}
	found := make([]Intent, 0, len(intents))
	for _, i := range intents {
		if i, ok, err := db.find(ctx, i); err != nil {
			return err
		} else if ok {
			found = append(found, i)
		}
	}
	return db.lock(ctx, found...)
}

// lockFor is Lock for one write, whose rows are found, of an operation that Lock may have been called for.
func (db *DB) lockFor(ctx context.Context, intents ...Intent) error {
	t, err := transactionOf(ctx)
	if err != nil || t.locked {
		return err
	}
	return db.lock(ctx, intents...)
}

// transactionOf is the transaction that a write runs in.
func transactionOf(ctx context.Context) (*transaction, error) {
	t, inside := ctx.Value(transactionKey).(*transaction)
	if !inside {
		return nil, errors.New("a write outside of a transaction")
	}
	return t, nil
}

func (db *DB) lock(ctx context.Context, intents ...Intent) error {
	if db.locks == [3]string{} {
		return nil
	}
	l := locking{db: db, tables: map[*Table]*tableLocks{}}
	named := 0
	for _, i := range intents {
		if l.intent(i) {
			named++
		}
	}
	if len(intents) < 2 && len(l.related) == 0 && l.keys < 2 {
		return nil // the write locks its row, then what it links to by name, by itself
	}
	for _, t := range db.model.order() {
		if err := l.lock(ctx, t); err != nil {
			return err
		}
	}
	if named < 2 {
		return nil
	}
	// Several drafts may make rows by name, each its own in its turn: made now, they are made in one order.
	for _, t := range db.model.order() {
		if l.tables[t] == nil {
			continue
		}
		known := l.tables[t].written
		missing := make([]string, 0, len(l.tables[t].names))
		for _, name := range l.tables[t].names {
			if !slices.Contains(known, name) {
				known, missing = append(known, name), append(missing, name)
			}
		}
		if err := db.insertNames(ctx, "lock names of "+t.Type, t, missing); err != nil {
			return err
		}
	}
	return nil
}

// locking gathers what is to be locked.
type locking struct {
	db      *DB
	tables  map[*Table]*tableLocks
	related []relatedRows
	keys    int
}

type tableLocks struct {
	strength strength
	keys     []int64
	names    []string // of rows that links are made to
	written  []string // names that drafts give to rows themselves
}

// relatedRows are the rows that a relation leads to from the rows of a SELECT.
type relatedRows struct {
	relation *Relation
	from     string
	args     []any
	above    bool // not those, but the rows that a row of the same table hangs on, and itself
}

func (r relatedRows) text() string {
	if r.above {
		return "SELECT id FROM (" + r.relation.above() + " SELECT id FROM above) AS above"
	}
	rows := "SELECT id FROM " + r.relation.To.Name + " WHERE " + r.relation.Theirs.Name + " IN (" + r.from + ")"
	if r.relation.OnDelete == Cascade {
		return r.relation.To.below(rows)
	}
	return rows
}

func (l *locking) of(t *Table, s strength) *tableLocks {
	locks := l.tables[t]
	if locks == nil {
		locks = &tableLocks{}
		l.tables[t] = locks
	}
	locks.strength = max(locks.strength, s)
	return locks
}

func (l *locking) key(t *Table, s strength, keys ...int64) {
	locks := l.of(t, s)
	locks.keys = append(locks.keys, keys...)
	l.keys += len(keys)
}

// intent gathers one write's; it tells whether the write may make rows by name.
func (l *locking) intent(i Intent) (named bool) {
	if i.Upsert != nil { // it leaves the row as it is
		l.key(i.Upsert.Create.table, lockShare, i.Keys...)
		return false
	}
	t := i.Draft.table
	if i.Remove {
		l.gone(t, i.Keys)
		return false
	}
	if len(i.Keys) > 0 {
		l.key(t, i.Draft.strength(), i.Keys...)
		rows, bound := l.db.listed(i.Keys)
		l.nested([]*Draft{i.Draft}, rows, []any{bound})
	}
	return l.draft(i.Draft)
}

// gone gathers rows that are deleted.
func (l *locking) gone(t *Table, keys []int64) {
	l.key(t, lockRemove, keys...)
	rows, bound := l.db.listed(keys)
	for _, r := range t.Relations {
		if r.recursive() {
			l.related = append(l.related, relatedRows{relation: r, from: rows, args: []any{bound}})
		}
	}
	which, bound := l.db.withKeys("id", keys)
	l.removed(t, t.below("SELECT id FROM "+t.Name+" WHERE "+which), []any{bound})
}

// listed is what stands in IN (…) for keys, and what is bound in it.
func (d *dialect) listed(keys []int64) (rows string, bound any) {
	if len(keys) == 1 {
		return "?", keys[0]
	}
	return "SELECT " + d.key + " FROM " + d.keyList, d.bindKeys(keys)
}

// moves gathers, where a draft's row gets another place in a tree, the rows above its new place: they stay where they are, so that
// it does not come below itself.
func (l *locking) moves(d *Draft) {
	for _, r := range d.table.Relations {
		if !r.recursive() || d.isNew && len(d.children) == 0 {
			continue
		}
		for _, a := range d.values {
			if parent, ok := a.value.(int64); ok && a.column == r.Theirs && !a.parent {
				l.related = append(l.related, relatedRows{relation: r, args: []any{parent}, above: true})
				l.of(d.table, lockChange)
			}
		}
		for _, c := range d.children {
			if c.relation == r && d.key != 0 && !d.isNew && len(c.connect)+len(c.drafts) > 0 {
				l.related = append(l.related, relatedRows{relation: r, args: []any{d.key}, above: true})
				l.of(d.table, lockChange)
			}
		}
	}
}

// draft gathers what a draft refers to.
func (l *locking) draft(d *Draft) (named bool) {
	l.moves(d)
	for _, a := range d.values {
		if key, ok := a.value.(int64); ok && a.column.References != nil && !a.parent {
			l.key(a.column.References, lockShare, key)
		}
		if name, ok := a.value.(string); ok && a.column == d.table.name {
			locks := l.of(d.table, lockShare)
			locks.written = append(locks.written, name)
		}
	}
	for _, r := range d.table.Relations { // in the order in which insertRelated makes rows by name
		for _, c := range d.children {
			if c.relation != r {
				continue
			}
			for _, child := range c.connect {
				l.key(r.To, child.strength(), child.key)
			}
			for _, child := range slices.Concat(c.update, c.drafts) {
				named = l.draft(child) || named
			}
		}
		for _, links := range d.links {
			if links.relation != r {
				continue
			}
			locks := l.of(r.To, lockShare)
			locks.names = append(append(locks.names, links.set...), links.add...)
			named = named || len(links.set)+len(links.add) > 0
			for _, a := range links.keys {
				if key, ok := a.value.(int64); ok {
					l.key(r.To, lockShare, key)
				}
			}
			for _, made := range links.drafts {
				named = l.draft(made) || named
			}
		}
	}
	return named
}

// nested gathers the rows that drafts of one table name below theirs, which a SELECT answers: by their keys, or by that they hang
// there. What comes to hang there draft gathers.
func (l *locking) nested(drafts []*Draft, rows string, args []any) {
	for _, r := range drafts[0].table.Relations {
		var named, found, gone []*Draft // by key, by parent, and those to delete by key
		var parents []int64
		void, there := false, false
		for _, d := range drafts {
			for _, c := range d.children {
				if c.relation != r {
					continue
				}
				for _, child := range slices.Concat(c.disconnect, c.update) {
					l.of(r.To, child.strength())
				}
				if r.Many {
					gone, named = append(gone, c.remove...), slices.Concat(named, c.disconnect, c.update)
					continue
				}
				for _, child := range c.drafts {
					l.of(r.To, child.strength())
				}
				found, parents = append(found, c.update...), append(parents, d.key)
				void, there = void || c.null || len(c.remove) > 0, true
			}
		}
		for _, d := range named {
			l.key(r.To, lockShare, d.key)
		}
		if len(gone) > 0 {
			l.gone(r.To, keysOf(gone))
		}
		if there {
			below := relatedRows{relation: r, from: rows, args: args}
			if !slices.Contains(parents, 0) && len(parents) < len(drafts) {
				rows, bound := l.db.listed(parents)
				below.from, below.args = rows, []any{bound}
			}
			if void {
				l.severed(below)
			} else {
				l.related = append(l.related, below)
			}
			for _, d := range found {
				d.key = 0 // it is that of the row that was there when the transaction ran before
			}
			if len(found) > 0 {
				l.nested(found, below.text(), below.args)
			}
		}
		if changed := slices.DeleteFunc(named, func(d *Draft) bool { return len(d.children) == 0 }); len(changed) > 0 {
			rows, bound := l.db.listed(keysOf(changed))
			l.nested(changed, rows, []any{bound})
		}
	}
}

// removed gathers what goes with the rows of a SELECT of t's keys; those of t itself that go with each other are among them.
func (l *locking) removed(t *Table, rows string, args []any) {
	for _, r := range t.Relations {
		if r.Own == nil && (r.OnDelete == Cascade || r.OnDelete == Detach) && !r.recursive() {
			l.severed(relatedRows{relation: r, from: rows, args: args})
		}
	}
}

func (l *locking) severed(rows relatedRows) {
	l.related = append(l.related, rows)
	l.of(rows.relation.To, lockRemove) // what is detached loses a key, which may be unique
	if rows.relation.OnDelete == Cascade {
		l.removed(rows.relation.To, rows.text(), rows.args)
	}
}

// lock locks the rows of one table, the lowest key first. What relates to rows locked before is complete by then.
func (l *locking) lock(ctx context.Context, t *Table) error {
	locks := l.tables[t]
	if locks == nil {
		return nil
	}
	q := &query{dialect: l.db.dialect}
	var sets []string
	if len(locks.keys) > 0 {
		slices.Sort(locks.keys)
		sets = append(sets, "SELECT "+q.key+" FROM "+q.keyList)
		q.args = append(q.args, q.bindKeys(slices.Compact(locks.keys)))
	}
	if len(locks.names) > 0 {
		sets = append(sets, "SELECT id FROM "+t.Name+" WHERE "+q.inTexts(t.name.Name))
		q.args = append(q.args, q.bindTexts(locks.names))
	}
	for _, r := range l.related {
		if r.relation.To == t {
			sets = append(sets, r.text())
			q.args = append(q.args, r.args...)
		}
	}
	if len(sets) == 0 {
		return nil
	}
	rows := []string{"(SELECT id FROM ", t.Name, " WHERE id IN (", strings.Join(sets, " UNION ALL "), ") ORDER BY id", q.locks[locks.strength], ") AS locked"}
	if !t.recursive() {
		q.add("SELECT count(*) FROM ")
		q.add(rows...)
		return l.db.run(ctx, &Statement{Path: "lock " + t.Type, Text: q.String(), Args: q.args}, func(*sqlx.Rows) error { return nil })
	}
	// While rows were waited for, others may have come to hang on them. Nothing hangs on what is locked, or moves, unless it is
	// locked as well or was there already: when nothing new is found all is locked.
	q.add("SELECT id FROM ")
	q.add(rows...)
	locked := map[int64]bool{}
	for more := true; more; {
		more = false
		err := l.db.run(ctx, &Statement{Path: "lock " + t.Type, Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error {
			var key int64
			err := rows.Scan(&key)
			more = more || !locked[key]
			locked[key] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lockOrder is the order in which tables are locked: a table comes behind those it refers to and those that link to its
// rows by name. Where that goes in a circle, the declaration decides.
func (m *Model) lockOrder() []*Table {
	var order []*Table
	visited := map[*Table]bool{}
	var visit func(*Table)
	visit = func(t *Table) {
		if visited[t] {
			return
		}
		visited[t] = true
		for _, r := range t.Relations {
			if r.Own != nil || r.Link != nil && r.Link.Rows == nil && !r.first {
				visit(r.To)
			}
		}
		order = append(order, t)
	}
	for _, t := range m.tables {
		visit(t)
	}
	return order
}
