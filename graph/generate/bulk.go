package main

import (
	"fmt"
	"slices"
	"strings"

	"kith/db/orm"

	"github.com/99designs/gqlgen/codegen/templates"
)

// Mutations of many rows at once, and of a row that may be there or not.

// many is the field of Mutation that does something to many rows of a table.
func many(v orm.Verb, t *orm.Table) string { return string(v) + upperFirst(t.Root()) }

// apart refuses a page of which two mutations, or two root fields of a query, would have one name.
func apart(tables []*orm.Table) error {
	of := map[string]*orm.Table{}
	for _, t := range tables {
		names := []string{"Query." + t.Single(), "Query." + t.Root()}
		for _, v := range []orm.Verb{orm.Creating, orm.Updating, orm.Deleting} {
			names = append(names, string(v)+t.Type, many(v, t))
		}
		for _, name := range append(names, string(orm.Upserting)+t.Type) {
			if other := of[name]; other == t {
				return fmt.Errorf("%s: one row and many would both be `%s`: give the table %q another name", t.Type, name, t.Name)
			} else if other != nil {
				return fmt.Errorf("%s and %s would both be `%s`: give one of them another name", other.Type, t.Type, name)
			}
			of[name] = t
		}
	}
	return nil
}

// ofEach says what becomes of rows of which some are not the viewer's.
const ofEach = " FORBIDDEN, and none is %s, if any of those that match is another's."

// bulk writes what changes many rows of a table, and what makes or changes one.
func (w *writer) bulk(t *orm.Table) {
	n := w.noun(t)
	creating, updating, deleting, upserting := t.HasMany(orm.Creating), t.HasMany(orm.Updating), t.HasMany(orm.Deleting), t.Has(orm.Upserting)
	all := t.Root() + ": [" + t.Type + "!]!"
	where := func() {
		w.field("Which "+n.many+seen(t)+"; `{}` is all of them.", "where: "+t.Type+"Where!")
	}
	atMost := func() {
		w.field("How many may match, or else TOO_MANY here and nothing is done. As many rows are counted as written.", "atMost: Int!")
	}
	if creating {
		w.block("New "+n.many+", all or none.", "input "+upperFirst(many(orm.Creating, t))+"Input", func() {
			w.field("The new "+n.many+", each as `create"+t.Type+"` takes it. Faults have their index in the path.", t.Root()+": [Create"+t.Type+"Input!]!")
		})
		w.payload(many(orm.Creating, t), func() {
			w.field("The new "+n.many+", in the order of the input; empty when there are `userErrors`.", all)
		})
	}
	if updating {
		w.block("Changes of many "+n.many+"; what is absent is left alone.", "input "+upperFirst(many(orm.Updating, t))+"SetInput", func() { w.columns(t, forChange, nil) })
		w.block("Which "+n.many+" to change, and how.", "input "+upperFirst(many(orm.Updating, t))+"Input", func() {
			where()
			w.field("What each of them becomes. One that is so already keeps its `version`.", "set: "+upperFirst(many(orm.Updating, t))+"SetInput!")
			atMost()
		})
		w.payload(many(orm.Updating, t), func() {
			w.field("The "+n.many+" that matched, as changed, in the order of their keys; empty when there are `userErrors`.", all)
			w.field("How many "+n.many+" matched; 0 when there are `userErrors`.", "count: Int!")
		})
	}
	if deleting {
		w.block("Which "+n.many+" to delete.", "input "+upperFirst(many(orm.Deleting, t))+"Input", func() {
			where()
			atMost()
			if t.Forced() {
				w.field("Delete them even when some are linked to others, else IN_USE; those are kept.", "force: Boolean! = false")
			}
		})
		w.payload(many(orm.Deleting, t), func() {
			w.field("Ids of the deleted "+n.many+", in the order of their keys; empty when there are `userErrors`.", "deletedIds: [ID!]!")
			w.field(w.ofCascade(t, n.many, n.many), "cascade: [CascadeCount!]!")
		})
	}
	if upserting {
		w.upsertInputs(t)
	}
	if creating || updating || deleting {
		w.block("", "extend type Mutation", func() { w.bulkFields(t) })
	}
}

// upsertInputs writes the inputs and the payload of an upsert.
func (w *writer) upsertInputs(t *orm.Table) {
	n := w.noun(t)
	w.block("Which "+n.one+", by what no two have: exactly one field, which is not null, or else BAD_REQUEST.", "input Upsert"+t.Type+"By @oneOf", func() {
		for _, c := range t.Told() {
			if c.References == nil {
				w.field(w.called(c)+c.Compared()+".", c.Field+": "+c.Scalar()+w.deprecated(c))
				continue
			}
			i := slices.IndexFunc(t.Relations, func(r *orm.Relation) bool { return r.Own == c })
			w.field(w.end(t.Relations[i])+".", c.Field+": ID")
		}
	})
	changeable := t.HasMany(orm.Updating) || slices.ContainsFunc(t.Relations, func(r *orm.Relation) bool { return r.Nested(false) })
	if changeable {
		w.block("Changes of "+n.a+" that is there; what is absent is left alone.", "input Upsert"+t.Type+"UpdateInput", func() {
			w.columns(t, forChange, nil)
			w.relations(t, forChange, nil)
		})
	}
	w.block(upperFirst(n.a)+" to make or to change.", "input Upsert"+t.Type+"Input", func() {
		w.field("Which "+n.one+".", "by: Upsert"+t.Type+"By!")
		w.field("The "+n.one+" if there is none. What `by` gives may be left out where it is not required; another value there is INVALID.", "create: Create"+t.Type+"Input!")
		if changeable {
			w.field("What becomes of the "+n.one+" if it is there; nothing when null or absent.", "update: Upsert"+t.Type+"UpdateInput")
		}
	})
	w.payload("upsert"+t.Type, func() {
		w.field("The "+n.one+" as made, as changed, or as it was; null when there are `userErrors`.", lowerFirst(t.Type)+": "+t.Type)
		w.field("Whether it was made; false when there are `userErrors`.", "created: Boolean!")
		if text := w.ofDeleted(t); text != "" {
			w.field(text, "cascade: [CascadeCount!]!")
		}
	})
}

// bulkFields writes the fields of Mutation.
func (w *writer) bulkFields(t *orm.Table) {
	n := w.noun(t)
	mayCreate, mayChange := w.may(t)
	mayUpsert := mayCreate
	switch {
	case t.Signup():
		mayCreate, mayUpsert = "For admins.", "For admins."
	case mayCreate != mayChange:
		mayUpsert = "To make it or to find it: f" + mayCreate[1:len(mayCreate)-1] + "; with `update`: f" + mayChange[1:]
	}
	if t.HasMany(orm.Creating) {
		w.mutation(many(orm.Creating, t), "Makes many "+n.many+", all or none. "+mayCreate, "The new "+n.many+".")
	}
	each := func(done string) string {
		if t.Owner() == nil {
			return mayChange
		}
		return mayChange + fmt.Sprintf(ofEach, done)
	}
	if t.HasMany(orm.Updating) {
		w.mutation(many(orm.Updating, t), "Changes all "+n.many+" that match, in the same way. "+each("changed"), "Which, and how.")
	}
	if t.HasMany(orm.Deleting) {
		text := "Deletes all " + n.many + " that match"
		if len(t.Cascade()) > 0 {
			text += ", with what `cascade` answers"
		}
		w.mutation(many(orm.Deleting, t), text+". "+each("deleted"), "Which "+n.many+".")
	}
	if t.Has(orm.Upserting) {
		text := "Makes " + n.a + ", or changes it if it is there"
		if t.Reads() != nil {
			text += "; TAKEN if it is there and the caller may not see it"
		}
		w.mutation("upsert"+t.Type, text+". "+mayUpsert, "Which "+n.one+", and what to do.")
	}
}

// bulkBody is the body of the resolver of a field; "" if the field is no such mutation of the table.
func bulkBody(t *orm.Table, table, coordinate string) string {
	field, ok := strings.CutPrefix(coordinate, "Mutation.")
	payload := "&model." + templates.ToGo(upperFirst(field)+"Payload")
	switch {
	case !ok:
	case field == many(orm.Creating, t):
		return fmt.Sprintf("entities, faults, err := createMany(ctx, db.%s)\nreturn %s{%s: entities, UserErrors: faults}, err", table, payload, templates.ToGo(t.Root()))
	case field == many(orm.Updating, t):
		return fmt.Sprintf("entities, count, faults, err := updateMany(ctx, db.%s)\nreturn %s{%s: entities, Count: count, UserErrors: faults}, err", table, payload, templates.ToGo(t.Root()))
	case field == many(orm.Deleting, t):
		return fmt.Sprintf("d, err := removeMany(ctx, db.%s)\nreturn %s{DeletedIds: d.ids, Cascade: d.cascade, UserErrors: d.faults}, err", table, payload)
	case field == "upsert"+t.Type:
		cascade := ""
		if len(t.CascadeOfUpdate()) > 0 {
			cascade = "Cascade: cascaded(ctx), "
		}
		return fmt.Sprintf("entity, created, faults, err := upsert(ctx, db.%s)\nreturn %s{%s: entity, Created: created, %sUserErrors: faults}, err",
			table, payload, templates.ToGo(lowerFirst(t.Type)), cascade)
	}
	return ""
}
