package orm

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/jmoiron/sqlx"
)

// A CascadeCount is what went with a deleted object, counted in the same transaction: one for each type and action.
type CascadeCount struct {
	Type   string        // The GraphQL type, or for links the coordinate: `Post.tags`.
	Action CascadeAction // What became of them.
	Count  int           // How many, at least 1.
}

// A CascadeAction is what becomes of the relations of a deleted object.
type CascadeAction string

// The actions.
const (
	Deleted  CascadeAction = "DELETED"  // Deleted as well.
	Detached CascadeAction = "DETACHED" // Kept, without the deleted object: `Address.user` is null.
	Unlinked CascadeAction = "UNLINKED" // The links are removed, the objects on the other side are kept.
)

// Delete deletes the row with key and does what the relation page says to what hangs on it; it answers how many rows of
// each kind went, or what stands against it, with the key of a row to show, or 0. Links to a named row, such as a tag, are
// in the way unless force is given. It must run inside Write.
func (db *DB) Delete(ctx context.Context, t *Table, key int64, ifVersion *int64, force bool) (counts []CascadeCount, faults []Fault, shown int64, err error) {
	if err := db.lockFor(ctx, Intent{Draft: &Draft{table: t}, Keys: []int64{key}, Remove: true}); err != nil {
		return nil, nil, 0, err
	}
	if _, faults, err = db.authorize(ctx, t, key, ifVersion, lockRemove, nil); err != nil || len(faults) > 0 {
		if len(faults) > 0 && faults[0].Code == Outdated {
			shown = key
		}
		return nil, faults, shown, err
	}
	m := db.removal(t)
	switch inUse, err := m.remove(ctx, t, []int64{key}, force); {
	case err != nil:
		return nil, nil, 0, err
	case inUse:
		return nil, []Fault{{InUse, "is in use; `force: true` deletes it all the same", []string{"input", "id"}}}, 0, nil
	}
	return m.all(), nil, 0, nil
}

// remove deletes rows of t, which are locked, and does what the relation page says to what hangs on them, and counts what goes
// with them. Rows that are deleted by force only are in use if there is any, and are kept.
func (m *removal) remove(ctx context.Context, t *Table, keys []int64, force bool) (inUse bool, err error) {
	if t.shard != nil { // which is told of what is gone
		if _, err := m.db.parts(ctx, t, keys); err != nil {
			return false, err
		}
	}
	which, bound := m.db.withKeys("id", keys)
	args := []any{bound}
	m.keys, m.parts = map[*Table][]int64{t: keys}, map[*Table][]int64{}
	if parts := m.db.knownParts(ctx, t, keys); len(parts) > 0 {
		there, bound := m.db.withKeys(t.shard.Name, parts)
		which, args, m.parts[t] = which+" AND "+there, append(args, bound), parts
	}
	rows := t.below("SELECT id FROM " + t.Name + " WHERE " + which)
	if err := m.cascadeAll(ctx, t, rows, args); err != nil || t.Forced() && len(m.counts) > 0 && !force {
		return err == nil, err
	}
	if t.recursive() {
		which = "id IN (" + rows + ")"
	}
	q := &query{dialect: m.db.dialect, args: args}
	q.add("DELETE FROM ", t.Name, " WHERE ", which)
	n, err := m.change(ctx, &Statement{Path: "delete " + t.Type, Keys: len(keys), parts: m.parts[t]}, q, t, Deleted)
	m.count(t.Type, Deleted, n-len(keys)) // those below them
	return false, err
}

// withKeys is a condition that rows with keys meet, and what is bound in it.
func (d *dialect) withKeys(column string, keys []int64) (which string, bound any) {
	if len(keys) == 1 {
		return column + " = ?", keys[0]
	}
	return d.inKeys(column), d.bindKeys(keys)
}

// recursive tells whether rows of the table take others of it with them.
func (t *Table) recursive() bool { return slices.ContainsFunc(t.Relations, (*Relation).recursive) }

// below are the rows of a SELECT of t's keys with those that go because a row of the same table goes, each once, also where
// rows refer to each other in a circle.
func (t *Table) below(rows string) string {
	if !t.recursive() {
		return rows
	}
	var parents []string
	for _, r := range t.Relations {
		if r.recursive() {
			parents = append(parents, "t."+r.Theirs.Name+" = b.id")
		}
	}
	name := "below_" + t.Name
	return "SELECT id FROM (WITH RECURSIVE " + name + " (id) AS (" + rows + " UNION SELECT t.id FROM " + t.Name + " AS t JOIN " + name +
		" AS b ON " + strings.Join(parents, " OR ") + ") SELECT id FROM " + name + ") AS below"
}

// A removal is a delete that is under way.
type removal struct {
	db     *DB
	counts []CascadeCount
	// detached are the rows that have lost a key, of tables whose rows may lose several, or go as well in the end: each counts
	// once, and what goes has not been kept.
	detached map[*Table]map[int64]bool
	// keys and parts are those of the rows that go, by their tables, as far as they are known.
	keys, parts map[*Table][]int64
}

// removal begins the delete of rows of tables.
func (db *DB) removal(tables ...*Table) *removal {
	m := &removal{db: db, detached: map[*Table]map[int64]bool{}}
	var lines []CascadeCount
	for _, t := range tables {
		lines = addCounts(lines, t.Cascade())
	}
	for _, to := range m.db.model.tables {
		keys := 0
		for _, r := range to.Relations {
			keys += btoi(r.Own != nil && r.Back.OnDelete == Detach)
		}
		goes := slices.Contains(tables, to) || slices.Contains(lines, CascadeCount{Type: to.Type, Action: Deleted})
		if slices.Contains(lines, CascadeCount{Type: to.Type, Action: Detached}) && (goes || keys > 1) {
			m.detached[to] = map[int64]bool{}
		}
	}
	return m
}

func (m *removal) count(name string, action CascadeAction, n int) {
	if n > 0 {
		m.counts = addCounts(m.counts, []CascadeCount{{name, action, n}})
	}
}

// all are the counts of what went, and of what was detached and has not gone.
func (m *removal) all() []CascadeCount {
	return slices.DeleteFunc(m.counts, func(c CascadeCount) bool { return c.Count == 0 })
}

// change deletes or detaches rows of t, and answers how many were not counted so far.
func (m *removal) change(ctx context.Context, s *Statement, q *query, t *Table, action CascadeAction) (n int, err error) {
	detached := m.detached[t]
	if detached == nil || action == Unlinked {
		s.Text, s.Args = q.String(), q.args
		err = m.db.change(ctx, s, nil)
		return s.Rows, err
	}
	q.add(" RETURNING id")
	s.Text, s.Args = q.String(), q.args
	err = m.db.change(ctx, s, func(rows *sqlx.Rows) error {
		var key int64
		err := rows.Scan(&key)
		switch {
		case action == Deleted:
			n++
			if detached[key] {
				delete(detached, key)
				m.counts = addCounts(m.counts, []CascadeCount{{t.Type, Detached, -1}})
			}
		case !detached[key]:
			n++
			detached[key] = true
		}
		return err
	})
	return n, err
}

// cascadeAll does to all that hangs on a set of rows of t what their deletion asks for.
func (m *removal) cascadeAll(ctx context.Context, t *Table, rows string, args []any) error {
	for _, r := range t.Relations {
		if r.recursive() {
			continue // they are of the set
		}
		if err := m.cascade(ctx, r, rows, args); err != nil {
			return err
		}
	}
	return nil
}

// cascade does to the rows related to a set of rows what their deletion asks for. rows is a SELECT of the set's keys.
func (m *removal) cascade(ctx context.Context, r *Relation, rows string, args []any) error {
	if r.Own != nil || r.OnDelete == keep {
		return nil
	}
	told, all, err := m.db.tells(ctx, r, rows, args)
	if err != nil {
		return err
	}
	q := &query{dialect: m.db.dialect}
	if delete(m.parts, r.To); r.Theirs != nil && m.db.placedBy(r.Theirs) {
		m.parts[r.To] = m.keys[r.From]
	}
	change := func(name string, action CascadeAction) error {
		s := &Statement{Path: "delete " + r.Coordinate()}
		switch p := m.db.part(r); {
		case p.of == r.From && p.of != nil:
			s.parts = m.parts[r.From]
			q.inOneOf(p.name, s.parts)
		case r.Theirs != nil && m.db.placedBy(r.Theirs):
			s.parts = m.parts[r.To]
			q.inOneOf(r.To.shard.Name, s.parts)
		}
		n, err := m.change(ctx, s, q, r.To, action)
		if !all {
			n = min(n, told)
		}
		m.count(name, action, n)
		return err
	}
	switch {
	case r.OnDelete == Unlink:
		q.args = append(q.args, args...)
		q.add(q.unlinks(r, r.Link.From+" IN ("+rows+")"))
		return change(r.forward().Coordinate(), Unlinked)
	case r.OnDelete == Detach:
		q.bindTo("UPDATE "+r.To.Name+" SET "+r.Theirs.Name+" = NULL, version = version + 1, updated_at = "+q.timestamp, m.db.Now())
		q.args = append(q.args, args...)
		q.add(" WHERE ", r.Theirs.Name, " IN (", rows, ")")
		return change(r.To.Type, Detached)
	}
	theirs := r.To.below("SELECT id FROM " + r.To.Name + " WHERE " + r.Theirs.Name + " IN (" + rows + ")")
	if err := m.cascadeAll(ctx, r.To, theirs, args); err != nil {
		return err
	}
	q.args = append(q.args, args...)
	if r.To.recursive() {
		q.add("DELETE FROM ", r.To.Name, " WHERE id IN (", theirs, ")")
	} else {
		q.add("DELETE FROM ", r.To.Name, " WHERE ", r.Theirs.Name, " IN (", rows, ")")
	}
	return change(r.To.Type, Deleted)
}

// tells answers how many of the rows related to a set of rows the viewer may hear of; all says that they may of all of them.
func (db *DB) tells(ctx context.Context, r *Relation, rows string, args []any) (n int, all bool, err error) {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	if !q.hides(r.To) {
		return 0, true, nil
	}
	if r.Theirs != nil && r.From.Signup() && slices.Contains(r.To.reads.columns, r.Theirs) && rows == "SELECT id FROM "+r.From.Name+" WHERE id = ?" && args[0] == q.viewer.Key {
		return 0, true, nil // it is the viewer who goes, and the rows say that they are theirs
	}
	q.args = append(q.args, args...)
	q.add("SELECT count(*) FROM ")
	if r.Link != nil {
		q.add(r.Link.Table, " AS l JOIN ", r.To.Name, " AS t ON t.id = l.", r.Link.To)
		q.led(r, "l", "t")
		q.add(" WHERE l.", r.Link.From)
	} else {
		q.add(r.To.Name, " AS t WHERE t.", r.Theirs.Name)
	}
	q.add(" IN (", rows, ")")
	q.visible(" AND ", r.To, "t")
	err = db.run(ctx, &Statement{Path: "cascade of " + r.Coordinate(), Text: q.String(), Args: q.args}, func(rows *sqlx.Rows) error { return rows.Scan(&n) })
	return n, false, err
}

// forward is the direction of a many-to-many relation that was declared first.
func (r *Relation) forward() *Relation {
	if r.first {
		return r
	}
	return r.Back
}

// addCounts adds more to counts, one row for each type and action.
func addCounts(counts, more []CascadeCount) []CascadeCount {
next:
	for _, m := range more {
		for i := range counts {
			if counts[i].Type == m.Type && counts[i].Action == m.Action {
				counts[i].Count += m.Count
				continue next
			}
		}
		counts = append(counts, m)
	}
	return counts
}

func upperFirst(s string) string {
	r := []rune(s)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// lowerFirst makes a type's name a noun of a sentence.
func lowerFirst(s string) string {
	r := []rune(s)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}
