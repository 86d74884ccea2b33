package main

import (
	"slices"
	"strings"

	"kith/db/orm"
)

// A use is what an input is for: it decides which columns it takes, and what leaving one out means.
type use uint8

const (
	forNew use = iota
	forChange
	forEither // nested in both: made or changed
)

// columns writes the fields of an input for the columns of t but given, which the input around it gives.
func (w *writer) columns(t *orm.Table, u use, given *orm.Column) {
	for _, c := range t.Columns {
		switch {
		case c == given || !c.Writable(u == forNew):
		case c.References != nil:
			w.reference(c, u)
		default:
			w.column(c, u)
		}
	}
	if u == forNew {
		for _, c := range t.Secrets() {
			w.field(upperFirst(c.Rule())+".", c.Field+": String!")
		}
	}
}

// column writes the field of an input for a column that is no foreign key.
func (w *writer) column(c *orm.Column, u use) {
	text, typ := w.takes(c), c.Scalar()
	needed := c.Needed() && u != forChange || u == forEither && !c.Nullable
	switch {
	case needed:
		typ += "!"
	case c.Nullable && u == forChange:
		text += "; null clears it"
	case c.Nullable && u == forEither:
		text += "; null clears it, absent leaves it alone, or null in a new " + w.noun(c.Table).one
	case u == forChange:
		text += "; BLANK when null"
	case c.Preset() != "":
		typ += " = " + c.Preset()
	case c.Fallback() != nil:
		text += "; the " + orm.Spoken(c.Fallback().Field) + " when absent, BLANK when null"
	case c.Nullable:
		text += "; null when absent"
	}
	if c.Unique {
		text += ". Compared exactly: TAKEN if another " + w.noun(c.Table).one + " has it"
	}
	text += w.together(c)
	if c.Writes() != nil {
		text += ". Written by " + w.whos(c.Writes()) + " only: FORBIDDEN"
	}
	directive := ""
	if !needed { // what must be given cannot be deprecated
		directive = w.deprecated(c)
	}
	w.field(text+".", c.Field+": "+typ+directive)
}

// reference writes the field of an input for a foreign key.
func (w *writer) reference(c *orm.Column, u use) {
	i := slices.IndexFunc(c.Table.Relations, func(r *orm.Relation) bool { return r.Own == c })
	r := c.Table.Relations[i]
	to := w.noun(r.To)
	owner := c == c.Table.Owner() && r.To.Signup()
	text, typ := w.end(r), "ID"
	switch {
	case u == forChange:
		text += " from now on"
	case owner && u == forEither:
		text += "; absent leaves it alone, or the viewer of a new " + w.noun(c.Table).one
	case owner:
		text += "; the viewer when absent"
	case c.Nullable && u == forEither:
		text += "; null detaches it, absent leaves it alone, or none of a new " + w.noun(c.Table).one
	case c.Nullable:
		text += "; none when absent"
	default:
		typ += "!"
	}
	if u == forChange {
		text += map[bool]string{true: "; null detaches it", false: "; BLANK when null"}[c.Nullable]
	}
	text += "."
	if owner {
		text += ofOthers
	} else {
		text += " NOT_FOUND if there is none" + seen(r.To) + ", INVALID if this is not the id of " + to.a + "."
	}
	if c.Unique {
		text += " TAKEN if the " + to.one + " has one."
	}
	if together := w.together(c); together != "" {
		text += strings.TrimPrefix(together, ".") + "."
	}
	w.field(text, c.Field+": "+typ)
}

// together says with which other columns a column is unique; "" if with none.
func (w *writer) together(c *orm.Column) (text string) {
	for _, u := range c.Table.Uniques() {
		if !slices.Contains(u, c) {
			continue
		}
		var others []string
		for _, other := range u {
			if other != c {
				others = append(others, other.Field)
			}
		}
		text += ". TAKEN if another " + w.noun(c.Table).one + " has it with the same " + listed(code(others))
	}
	return text
}

// each is the rule of a name that stands in a list.
func (w *writer) each(c *orm.Column) string { return c.Rule() + " each" }

// mutations writes what changes a table: inputs, payloads and root fields.
func (w *writer) mutations(t *orm.Table) {
	n := w.noun(t)
	found := "The " + n.one + ". NOT_FOUND if there is none" + seen(t) + ", INVALID if this is not the id of " + n.a + "."
	creating, updating, deleting := t.Has(orm.Creating), t.Has(orm.Updating), t.Has(orm.Deleting)
	if creating {
		about := "A new " + n.one
		if slices.ContainsFunc(t.Relations, func(r *orm.Relation) bool { return r.Nested(true) }) {
			about += " with all that is made along: everything or nothing"
		}
		w.block(about+".", "input Create"+t.Type+"Input", func() {
			w.columns(t, forNew, nil)
			w.relations(t, forNew, nil)
		})
	}
	w.nestedInputs(t)
	if updating {
		w.block("Changes of "+n.a+"; what is absent is left alone.", "input Update"+t.Type+"Input", func() {
			w.field(found, "id: ID!")
			w.columns(t, forChange, nil)
			w.relations(t, forChange, nil)
			w.field(ofIfVer, "ifVersion: Int")
		})
	}
	if deleting {
		w.block("Which "+n.one+" to delete.", "input Delete"+t.Type+"Input", func() {
			w.field(found, "id: ID!")
			w.field(ofIfVer, "ifVersion: Int")
			if t.Forced() {
				w.field("Delete it even when it is linked to others, else IN_USE; those are kept.", "force: Boolean! = false")
			}
		})
	}
	entity := lowerFirst(t.Type) + ": " + t.Type
	if creating {
		w.payload("create"+t.Type, func() {
			w.field("The new "+n.one+"; null when there are `userErrors`.", entity)
			w.field("The new "+n.one+" as an edge of `Query."+t.Root()+"` in its default order; null when there are `userErrors`.", lowerFirst(t.Type)+"Edge: "+t.Type+"Edge")
		})
	}
	if updating {
		w.payload("update"+t.Type, func() {
			w.field("The "+n.one+" as changed; on CONFLICT the "+n.one+" as stored, on other `userErrors` null.", entity)
			if text := w.ofDeleted(t); text != "" {
				w.field(text, "cascade: [CascadeCount!]!")
			}
		})
	}
	if deleting {
		w.payload("delete"+t.Type, func() {
			w.field("Id of the deleted "+n.one+"; null when there are `userErrors`.", "deletedId: ID")
			w.field("On CONFLICT the "+n.one+" as stored, otherwise null.", entity)
			w.field(w.ofCascade(t, n.a, n.one), "cascade: [CascadeCount!]!")
		})
	}
	if creating || updating || deleting {
		w.block("", "extend type Mutation", func() { w.mutationFields(t) })
	}
}

func (w *writer) payload(field string, inside func()) {
	w.block("Answer of `"+field+"`.", "type "+upperFirst(field)+"Payload", func() {
		inside()
		w.field(ofFaults, "userErrors: [UserError!]!")
		w.field(ofQuery, "query: Query!")
	})
}

// ofCascade says what goes with what is deleted, a row or many.
func (w *writer) ofCascade(t *orm.Table, a, the string) string {
	var lines []string
	for _, c := range t.Cascade() {
		lines = append(lines, "`"+c.Type+"` "+string(c.Action))
	}
	if len(lines) == 0 {
		return "Empty: nothing goes with " + a + "."
	}
	return "What went with the " + the + ": " + listed(lines) + ". Counts of 0 are left out."
}

// may is who makes rows of a table, and who changes and deletes one.
func (w *writer) may(t *orm.Table) (create, change string) {
	n := w.noun(t)
	switch owner := t.Owner(); {
	case t.Writes() == nil:
		return "For anyone logged in.", "For admins."
	case owner == nil:
		change = "For " + w.whos(t.Writes()) + "."
		return change, change
	case t.Signup():
		return "For anyone while sign-up is open, else for admins. The payload is read as the new " + n.one + "; an admin reads it as an admin.",
			"For " + w.whos(t.Writes()) + "."
	default:
		return "For " + w.holder(owner) + " and admins.", "For " + w.whos(t.Writes()) + "."
	}
}

// mutationFields writes the fields of Mutation.
func (w *writer) mutationFields(t *orm.Table) {
	n := w.noun(t)
	var along []string // what an input of it writes as well
	for _, r := range t.Relations {
		if r.Nested(true) {
			along = append(along, orm.Spoken(r.Field))
		}
	}
	mayCreate, mayChange := w.may(t)
	if t.Has(orm.Creating) {
		text := "Makes " + n.a
		if len(along) > 0 {
			text += " with its " + listed(along)
		}
		w.mutation("create"+t.Type, text+". "+mayCreate, "The new "+n.one+".")
	}
	if t.Has(orm.Updating) {
		changed := []string{n.a}
		var moved []string
		for _, r := range t.Relations {
			if r.Nested(false) || r.Parts().Any() || r.Links() {
				changed = append(changed, "its "+orm.Spoken(r.Field))
			}
			if r.Own != nil && r.Own.Writable(false) {
				moved = append(moved, ", or gives it another "+orm.Spoken(r.Field))
			}
		}
		w.mutation("update"+t.Type, "Changes "+listed(changed)+strings.Join(moved, "")+". "+mayChange, "The changes.")
	}
	if t.Has(orm.Deleting) {
		text := "Deletes " + n.a
		if len(t.Cascade()) > 0 {
			text += ", with what `cascade` answers"
		}
		w.mutation("delete"+t.Type, text+". "+mayChange, "Which "+n.one+".")
	}
}

func (w *writer) mutation(field, text, input string) {
	w.describe(text)
	w.line("%s(", field)
	w.indent = "    "
	w.field(input, "input: "+upperFirst(field)+"Input!")
	w.indent = "  "
	w.line("): %sPayload!", upperFirst(field))
}
