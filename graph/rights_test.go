package graph_test

import (
	"maps"
	"math/rand/v2"
	"strings"

	"kith/db"
	"kith/db/orm"
)

// What the page says of rights, worked out from all rows in plain Go.

// seen tells whether a viewer may see a row.
func (w *world) seen(v orm.Viewer, r *row) bool {
	return r != nil && (r.table.Reads() == nil || w.may(r.table.Reads(), v, r))
}

// may tells whether a viewer has a right to a row.
func (w *world) may(right *orm.Right, v orm.Viewer, r *row) bool {
	if v.Admin || right == nil {
		return v.Admin
	}
	for _, role := range right.Roles() {
		for _, have := range v.Roles {
			if role == have {
				return true
			}
		}
	}
	if v.Key == 0 {
		return false
	}
	for _, c := range right.Columns() {
		if r.values[c.Name] == v.Key {
			return true
		}
	}
	for _, path := range right.Paths() {
		if w.leads(r, strings.Split(path, "."), v.Key) {
			return true
		}
	}
	return right.Everyone()
}

// leads tells whether a path leads from a row to a user.
func (w *world) leads(r *row, steps []string, user int64) bool {
	if len(steps) == 0 {
		return r.table.Signup() && r.key() == user
	}
	relation := r.table.Relation(steps[0])
	if relation == nil {
		return r.values[steps[0]] == user
	}
	for _, other := range w.related(relation, r) {
		if w.leads(other, steps[1:], user) {
			return true
		}
	}
	return false
}

// as is the world as a viewer may read it: what they may not read of a row is null. Rows that they may not see are there.
func (w *world) as(v orm.Viewer) *world {
	out := &world{rows: map[*orm.Table][]*row{}, links: w.links, gone: w.gone}
	for table, rows := range w.rows {
		for _, r := range rows {
			read := &row{table: table, values: maps.Clone(r.values)}
			for _, c := range table.Columns {
				if c.Reads() != nil && !w.may(c.Reads(), v, r) {
					read.values[c.Name] = nil
				}
			}
			out.rows[table] = append(out.rows[table], read)
		}
	}
	return out
}

// someViewer is a user, with some of the roles that the page names.
func someViewer(r *rand.Rand, users []*row) orm.Viewer {
	v := orm.Viewer{Key: users[r.IntN(len(users))].key()}
	for _, role := range db.Model.Roles() {
		if r.IntN(4) == 0 {
			v.Roles = append(v.Roles, role)
		}
	}
	return v
}
