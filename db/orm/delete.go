package orm

import (
	"context"
	"unicode"
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
	if err := db.Lock(ctx, Intent{Draft: &Draft{table: t}, Key: key, Remove: true}); err != nil {
		return nil, nil, 0, err
	}
	if faults, err = db.authorize(ctx, t, key, ifVersion, lockRemove); err != nil || len(faults) > 0 {
		if len(faults) > 0 && faults[0].Code == Outdated {
			shown = key
		}
		return nil, faults, shown, err
	}
	rows := "SELECT id FROM " + t.Name + " WHERE id = ?"
	args := []any{key}
	for _, r := range t.Relations {
		some, err := db.cascade(ctx, r, rows, args)
		if err != nil {
			return nil, nil, 0, err
		}
		counts = addCounts(counts, some)
	}
	if t.name != nil && t.owner == nil && len(counts) > 0 && !force {
		return nil, []Fault{{InUse, "is in use; `force: true` deletes it all the same", []string{"input", "id"}}}, 0, nil
	}
	statement := &Statement{Path: "delete " + t.Type, Text: "DELETE FROM " + t.Name + " WHERE id = ?", Args: args, Keys: 1}
	return counts, nil, 0, db.change(ctx, statement, nil)
}

// cascade does to the rows related to a set of rows what their deletion asks for. rows is a SELECT of the set's keys.
func (db *DB) cascade(ctx context.Context, r *Relation, rows string, args []any) (counts []CascadeCount, err error) {
	count := func(name string, action CascadeAction, q *query) error {
		s := &Statement{Path: "delete " + r.Coordinate(), Text: q.String(), Args: q.args}
		if err := db.change(ctx, s, nil); err != nil {
			return err
		}
		if s.Rows > 0 {
			counts = addCounts(counts, []CascadeCount{{name, action, s.Rows}})
		}
		return nil
	}
	q := &query{dialect: db.dialect}
	switch {
	case r.Own != nil || r.OnDelete == keep:
		return nil, nil
	case r.OnDelete == Unlink:
		q.args = append(q.args, args...)
		links := r.Link.From + " IN (" + rows + ")"
		if keys := r.forward().Link.From + ", " + r.forward().Link.To; q.locks[lockRemove] != "" {
			// From the other side the same links may be going: whoever removes them goes through them in one order.
			links = "(" + keys + ") IN (SELECT " + keys + " FROM " + r.Link.Table + " WHERE " + links + " ORDER BY " + keys + q.locks[lockRemove] + ")"
		}
		q.add("DELETE FROM ", r.Link.Table, " WHERE ", links)
		return counts, count(r.forward().Coordinate(), Unlinked, q)
	case r.OnDelete == Detach:
		q.bindTo("UPDATE "+r.To.Name+" SET "+r.Theirs.Name+" = NULL, version = version + 1, updated_at = "+q.timestamp, db.Now())
		q.args = append(q.args, args...)
		q.add(" WHERE ", r.Theirs.Name, " IN (", rows, ")")
		return counts, count(r.To.Type, Detached, q)
	}
	theirs := "SELECT id FROM " + r.To.Name + " WHERE " + r.Theirs.Name + " IN (" + rows + ")"
	for _, next := range r.To.Relations {
		some, err := db.cascade(ctx, next, theirs, args)
		if err != nil {
			return nil, err
		}
		counts = addCounts(counts, some)
	}
	q.args = append(q.args, args...)
	q.add("DELETE FROM ", r.To.Name, " WHERE ", r.Theirs.Name, " IN (", rows, ")")
	return counts, count(r.To.Type, Deleted, q)
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
