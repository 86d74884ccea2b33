package main

import (
	"fmt"
	"strings"

	"kith/db/orm"
)

// nested is the name of the input by which an input of r.From makes a row that r leads to, or of a relation to one changes it.
func nested(r *orm.Relation) string {
	if one := lowerFirst(r.To.Type); r.Link == nil && (r.Field == one || r.Field == r.To.Root() && r.From.Relation(one) == nil) {
		return r.From.Type + r.To.Type + "Input"
	}
	return r.From.Type + upperFirst(r.Field) + "Input"
}

// madeAlong is the name of the input by which an input of r.From makes a row and links it.
func madeAlong(r *orm.Relation) string {
	if r.Field == r.To.Root() {
		return r.From.Type + r.To.Type + "Input"
	}
	return r.From.Type + upperFirst(r.Field) + "NewInput"
}

// changes is the name of the input by which an input of a row of r.From changes what r leads to, and change that of one row
// in it.
func changes(r *orm.Relation) string { return r.From.Type + upperFirst(r.Field) + "ChangesInput" }

func change(r *orm.Relation) string { return strings.TrimSuffix(nested(r), "Input") + "ChangeInput" }

// relations writes the fields of an input for the relations that it writes as well, but given.
func (w *writer) relations(t *orm.Table, u use, given *orm.Relation) {
	for _, r := range t.Relations {
		field := orm.Spoken(r.Field)
		parts := r.Parts()
		switch {
		case r == given || r.Link != nil && !r.Links():
			continue
		case r.Link != nil && u == forNew:
			if r.Nested(true) {
				text := "Its " + field + ", by " + orm.Spoken(r.To.ByName().Field) + ", " + w.each(r.To.ByName()) + ": " + fmt.Sprintf(ofNames, w.noun(r.To).many)
				w.field(text, r.Field+": [String!]")
			} else if r.Makes() {
				w.field(upperFirst(field)+" to make and to link; none when absent.", r.Field+": ["+madeAlong(r)+"!]")
			}
		case r.Link != nil:
			w.field("Changes of its "+field+".", r.Field+": "+nested(r))
			continue
		case u == forNew:
			if r.Nested(true) && r.Many {
				w.field(upperFirst(field)+" to make, with the "+w.noun(t).one+" as "+orm.Spoken(r.Back.Field)+"; none when absent.", r.Field+": ["+nested(r)+"!]")
			} else if r.Nested(true) {
				w.field(upperFirst(field)+" to make; none when absent.", r.Field+": "+nested(r))
			}
		case r.Many && parts.Any():
			w.field("Changes of the "+field+" of the "+w.noun(t).one+".", r.Field+": "+changes(r))
		default:
			if r.Nested(false) {
				void := "deletes"
				if r.Theirs.Nullable {
					void = "detaches"
				}
				w.field("Changes the "+field+" or makes one; null "+void+" it.", r.Field+": "+nested(r))
			}
			if parts.Any() {
				instead := ""
				if r.Nested(false) {
					instead = " Instead of `" + r.Field + "`: both are INVALID."
				}
				w.field("What becomes of the "+field+", step by step."+instead, r.ChangesField()+": "+changes(r))
			}
		}
		if u == forNew && (r.Link != nil || parts.Connect) {
			w.keys(r)
		}
	}
}

// keys writes the field of an input of a new row for what is there already.
func (w *writer) keys(r *orm.Relation) {
	to, made := w.noun(r.To), "the new "+w.noun(r.From).one
	switch {
	case r.Link != nil:
		w.field("Ids of "+to.many+" to link as well; a repeated one counts once."+w.missing(r)+whose(r), r.KeysField()+": [ID!]")
	case r.Many:
		w.field("Ids of "+to.many+" that are there and are to hang on "+made+" from now on."+w.missing(r)+theirs(r), r.KeysField()+": [ID!]")
	default:
		w.field("Id of "+to.a+" that is there and is to be the "+orm.Spoken(r.Field)+" of "+made+" from now on."+w.missing(r)+theirs(r), r.KeysField()+": ID")
	}
}

// theirs says who may write the rows that an input names along r.
func theirs(r *orm.Relation) string {
	switch {
	case r.To.Writes() == nil:
		return " For admins only: FORBIDDEN."
	case r.Many:
		return " FORBIDDEN if one is another's."
	}
	return " FORBIDDEN if it is another's."
}

// whose says who may link rows by their ids.
func whose(r *orm.Relation) string {
	if r.OfTheirs() {
		return " FORBIDDEN if one is another's."
	}
	return ""
}

// missing says what ids of a relation are refused for.
func (w *writer) missing(r *orm.Relation) string {
	one := "it is"
	if r.Many {
		one = "one is"
	}
	unseen := ""
	if r.To.Reads() != nil {
		unseen = " or not for the caller to see"
	}
	return " NOT_FOUND if " + one + " not there" + unseen + ", INVALID if " + one + " not the id of " + w.noun(r.To).a + "."
}

// nestedInputs writes the inputs by which an input of t writes other tables.
func (w *writer) nestedInputs(t *orm.Table) {
	for _, r := range t.Relations {
		switch {
		case r.Link != nil && !r.Links():
			continue
		case r.Link != nil:
			if t.Has(orm.Updating) {
				w.linkInput(r)
			}
			if r.Makes() && (t.Has(orm.Updating) || !r.Nested(true)) {
				w.block(upperFirst(w.noun(r.To).a)+" that is made and linked to "+w.noun(t).a+".", "input "+madeAlong(r), func() {
					w.columns(r.To, forNew, nil)
					w.relations(r.To, forNew, r.Back)
				})
			}
			continue
		case r.Nested(true) || r.Nested(false):
			u, made := forNew, "made"
			if r.Nested(false) {
				u, made = forEither, "made or changed"
			}
			which := "the " + orm.Spoken(r.Field)
			if r.Many {
				which = w.noun(r.To).a
			}
			w.block(upperFirst(which)+" of "+w.noun(t).a+" that is "+made+".", "input "+nested(r), func() {
				w.columns(r.To, u, r.Theirs)
				if u == forNew {
					w.relations(r.To, u, r.Back)
				}
			})
		}
		if parts := r.Parts(); t.Has(orm.Updating) && parts.Any() {
			w.changesInput(r, parts)
		}
	}
}

// changesInput writes the input that changes, part by part, what a relation leads to, and that of one row in it.
func (w *writer) changesInput(r *orm.Relation, parts orm.Parts) {
	from, to, field := w.noun(r.From).one, w.noun(r.To), orm.Spoken(r.Field)
	type sentences struct{ about, remove, disconnect, update, connect, create, ids, id, inputs string }
	say := sentences{
		about:      "Changes of the " + field + " of " + w.noun(r.From).a + ", done in this order. A row that is named twice is INVALID.",
		remove:     "Ids of " + to.many + " to delete; what goes with them stands in `cascade`. NOT_FOUND if one does not hang on the " + from + ".",
		disconnect: "Ids of " + to.many + " to keep on no " + from + ". NOT_FOUND if one does not hang on the " + from + ".",
		update:     upperFirst(to.many) + " to change.",
		connect:    "Ids of " + to.many + " to hang on the " + from + " from now on, wherever they do now." + w.missing(r),
		create:     upperFirst(to.many) + " to make.",
		ids:        "[ID!]", id: "[ID!]", inputs: "[%s!]",
	}
	if !r.Many {
		say = sentences{
			about: "Changes of the " + field + " of " + w.noun(r.From).a + ", done in this order: one of `delete`, `disconnect` and `update` for what is there, and one of `connect` and `create`" +
				" for what is to be there; anything else is INVALID.",
			remove:     "Delete it, if there is one; what goes with it stands in `cascade`.",
			disconnect: "Keep it on no " + from + ", if there is one.",
			update:     "Changes of the one that is there; NOT_FOUND here if there is none.",
			connect:    "Id of " + to.a + " to be the " + field + " from now on, wherever it hangs now. TAKEN if there is one already." + w.missing(r),
			create:     "One to make; TAKEN if there is one already.",
			ids:        "Boolean", id: "ID", inputs: "%s",
		}
	}
	w.block(say.about, "input "+changes(r), func() {
		if parts.Delete {
			w.field(say.remove+theirs(r), "delete: "+say.ids)
		}
		if parts.Disconnect {
			w.field(say.disconnect+theirs(r), "disconnect: "+say.ids)
		}
		if parts.Update {
			w.field(say.update+theirs(r), "update: "+fmt.Sprintf(say.inputs, change(r)))
		}
		if parts.Connect {
			w.field(say.connect+theirs(r), "connect: "+say.id)
		}
		if parts.Create {
			w.field(say.create, "create: "+fmt.Sprintf(say.inputs, w.makes(r)))
		}
	})
	one := to.a
	if !r.Many {
		one = "the " + field
	}
	if r.Nested(true) && w.makes(r) != nested(r) {
		w.block(upperFirst(one)+" of "+w.noun(r.From).a+" that is made.", "input "+w.makes(r), func() {
			w.columns(r.To, forNew, r.Theirs)
			w.relations(r.To, forNew, r.Back)
		})
	}
	if parts.Update {
		w.block("Changes of "+one+" of "+w.noun(r.From).a+"; what is absent is left alone.", "input "+change(r), func() {
			if r.Many {
				w.field("The "+to.one+". NOT_FOUND if it does not hang on the "+from+", INVALID if this is not the id of "+to.a+".", "id: ID!")
			}
			w.columns(r.To, forChange, r.Theirs)
			w.relations(r.To, forChange, r.Back)
			w.field(ofIfVer, "ifVersion: Int")
		})
	}
}

// makes is the name of the input by which a changed row makes another along r.
func (w *writer) makes(r *orm.Relation) string {
	if !r.Nested(false) {
		return nested(r)
	}
	return strings.TrimSuffix(nested(r), "Input") + "NewInput" // the other one leaves out what a row that is there has
}

// linkInput writes the input that changes the links of a row.
func (w *writer) linkInput(r *orm.Relation) {
	to := w.noun(r.To)
	by, set, all, admins := "id", "set", "`set`, which says", ""
	if r.Nested(false) {
		by, set, all = orm.Spoken(r.To.ByName().Field)+" or id", "setIds", "`set` and `setIds`, which say"
	}
	if r.OfTheirs() {
		admins = " For admins only: FORBIDDEN."
	}
	w.block("Changes of the "+orm.Spoken(r.Field)+" of "+w.noun(r.From).a+", by "+by+": either "+all+" what all of them are afterwards, or the others; both kinds together are INVALID.", "input "+nested(r), func() {
		if r.Nested(false) {
			name := r.To.ByName()
			names, made := upperFirst(orm.Spoken(name.Field))+"s of ", ", "+w.each(name)+": "+fmt.Sprintf(ofNames, to.many)
			w.field(names+"all "+to.many+" it has afterwards"+made, "set: [String!]")
			w.field(names+to.many+" to put on it"+made, "add: [String!]")
			w.field(names+to.many+" to take off it; the "+to.many+" themselves are kept.", "remove: [String!]")
		}
		w.field("Ids of all "+to.many+" it has afterwards."+w.missing(r)+admins, set+": [ID!]")
		w.field("Ids of "+to.many+" to link."+w.missing(r)+whose(r), "connect: [ID!]")
		w.field("Ids of "+to.many+" to link no longer; the "+to.many+" themselves are kept."+whose(r), "disconnect: [ID!]")
		if r.Makes() {
			w.field(upperFirst(to.many)+" to make and to link.", "create: ["+madeAlong(r)+"!]")
		}
	})
}

// ofDeleted says what may be deleted along with a change of a row.
func (w *writer) ofDeleted(t *orm.Table) string {
	var lines []string
	for _, c := range t.CascadeOfUpdate() {
		lines = append(lines, "`"+c.Type+"` "+string(c.Action))
	}
	if len(lines) == 0 {
		return ""
	}
	return "What was deleted along, and went with that: " + listed(lines) + ". Counts of 0 are left out."
}
