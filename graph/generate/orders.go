package main

import (
	"fmt"
	"slices"

	"kith/db/orm"
)

// orders writes what a step of an order of a table's rows is, and what they can be made distinct by.
func (w *writer) orders(t *orm.Table) {
	n := w.noun(t)
	w.block("One step of an order of "+n.many+": exactly one of `field` and the relations.", "input "+t.Type+"Order", func() {
		w.field("What to order by.", "field: "+t.Type+"OrderField")
		w.field("Which way; stands beside `field`.", "direction: OrderDirection! = ASC")
		for _, r := range t.Relations {
			if r.Many {
				continue
			}
			text := "By its " + orm.Spoken(r.Field)
			if !r.Required || r.To.Reads() != nil {
				text += ", null where there is none" + seen(r.To)
			}
			w.field(fmt.Sprintf("%s; over %d relations at most.", text, orm.MaxReach), r.Field+": "+r.To.Type+"Order")
		}
	})
	w.block("What "+n.many+" can be told apart by.", "enum "+t.Type+"DistinctField", func() {
		for _, c := range ordered(t.Distincts(), func(*orm.Column) bool { return true }) {
			text := "By `" + c.Field + "`."
			if i := slices.IndexFunc(t.Relations, func(r *orm.Relation) bool { return r.Own == c }); i >= 0 {
				text = "By `" + t.Relations[i].Field + "`."
			}
			deprecated := ""
			if c.References == nil {
				deprecated = w.deprecated(c)
			}
			w.field(text, c.DistinctName()+deprecated)
		}
	})
}

// pages writes the arguments of a connection that make it anything but one page after the other of all rows.
func (w *writer) pages(t *orm.Table) {
	n := w.noun(t)
	w.field("Only the first of the "+n.many+" that match, in the order, for each combination of these; all when absent or empty. `totalCount` counts the combinations.",
		"distinct: ["+t.Type+"DistinctField!]")
	w.field(fmt.Sprintf("Leaves out so many %s in front of the page, 0 to %d. BAD_REQUEST together with `after`, `before` or `last`.", n.many, orm.MaxOffset), "offset: Int")
}

// counts writes the condition on how many rows a relation to many leads to.
func (w *writer) counts(t *orm.Table) {
	n := w.noun(t)
	w.block("Condition on how many "+n.many+" there are; it has to meet every field given. A `null` operand is BAD_REQUEST.", "input "+t.Type+"CountWhere", func() {
		w.field("Count only "+n.many+" that match.", "where: "+t.Type+"Where")
		for _, name := range orm.Int.Operators() {
			o := operators[name]
			if text := ofNumbers[name]; text != "" {
				o.text = text
			}
			w.field(filled(o.text, nouns[orm.Int]), name+": "+filled(o.typ, "Int"))
		}
	})
}
