package main

import (
	"fmt"
	"slices"

	"kith/db/orm"

	"github.com/99designs/gqlgen/codegen/config"
)

// functionsOf are those of columns that a table has any columns for, each with the type of what it answers.
func functionsOf(t *orm.Table) (functions []function) {
	for _, f := range []function{
		{orm.Min, t.Type + "Extremes", "Least values; null where there is none."},
		{orm.Max, t.Type + "Extremes", "Greatest values; null where there is none."},
		{orm.Sum, t.Type + "Sums", "Exact sums; null of nothing."},
		{orm.Avg, t.Type + "Averages", "Averages of what is not null; null of nothing."},
	} {
		if len(t.Aggregates(f.Function)) > 0 {
			functions = append(functions, f)
		}
	}
	return functions
}

type function struct {
	orm.Function
	typ, text string
}

// summaries writes the fields of a connection that summarize it.
func (w *writer) summaries(t *orm.Table) {
	n := w.noun(t)
	w.field("What all "+n.many+seen(t)+" that match `where` come to, on all pages together.", "aggregate: "+t.Type+"Aggregate!")
	w.describe("Groups of all " + n.many + seen(t) + " that match `where`, on all pages together.")
	outer := w.indent
	w.line("groups(")
	w.indent += "  "
	w.field(fmt.Sprintf("What the %s of a group have in common: 1 to %d fields, none of them twice.", n.many, orm.MaxBy), "by: ["+t.Type+"GroupField!]!")
	w.field("Only groups of which this is true; all when absent.", "having: "+t.Type+"Having")
	w.field("Order, the first entry weighing most; the keys, in the order of `by`, when absent and as the last tie-breakers.", "orderBy: ["+t.Type+"GroupOrder!]")
	w.field(fmt.Sprintf("How many groups, 0 to %d; %d when absent.", orm.MaxPage, orm.DefaultPage), "first: Int")
	w.indent = outer
	w.line("): [%sGroup!]!", t.Type)
}

// aggregates writes what the fields that summarize a connection take and answer.
func (w *writer) aggregates(t *orm.Table) {
	n := w.noun(t)
	functions := functionsOf(t)
	w.block("What "+n.many+" come to: all that match, or those of a group.", "type "+t.Type+"Aggregate", func() {
		w.describe("How many there are; with `distinct`, how many different values they have there, null not being one.")
		w.line("count(")
		w.indent = "    "
		w.field("What the different values are counted of.", "distinct: "+t.Type+"GroupField")
		w.indent = "  "
		w.line("): Int!")
		for _, f := range functions {
			w.field(f.text, string(f.Function)+": "+f.typ+"!")
		}
	})
	answers := slices.CompactFunc(slices.Clone(functions), func(a, b function) bool { return a.typ == b.typ })
	for _, f := range answers {
		w.block(map[orm.Function]string{orm.Min: "Least or greatest values of ", orm.Sum: "Sums of ", orm.Avg: "Averages of "}[f.Function]+n.many+".", "type "+f.typ, func() {
			for _, c := range t.Aggregates(f.Function) {
				w.field("Of `"+c.Field+"`"+answerOf(f.Function, c)+".", c.Field+": "+c.Scalar()+w.deprecated(c))
			}
		})
	}
	w.block(upperFirst(n.many)+" that have something in common.", "type "+t.Type+"Group", func() {
		w.field("What they have in common.", "key: "+t.Type+"GroupKey!")
		w.field("What they come to.", "aggregate: "+t.Type+"Aggregate!")
	})
	w.block("What the "+n.many+" of a group have in common; null where they have none, and what they are not grouped by.", "type "+t.Type+"GroupKey", func() {
		for _, g := range t.GroupFields() {
			switch {
			case g.Relation != nil:
				w.field(w.end(g.Relation)+".", g.Field+": "+g.Relation.To.Type)
			case g.Unit != "":
				w.field("When the "+string(g.Unit)+" of `"+g.Cut().Field+"` begins"+inUTC(g)+".", g.Field+": "+g.Scalar()+w.deprecated(g.Column))
			default:
				w.field("Their `"+g.Field+"`.", g.Field+": "+g.Scalar()+w.deprecated(g.Column))
			}
		}
	})
	ofField := func(g *orm.GroupField) string {
		switch {
		case g.Relation != nil:
			if !g.Relation.Required || g.Relation.To.Reads() != nil {
				return "By `" + g.Field + "`, which is null where there is none" + seen(g.Relation.To) + "."
			}
		case g.Unit != "":
			return "By the " + string(g.Unit) + " of `" + g.Cut().Field + "`" + inUTC(g) + "."
		}
		return "By `" + g.Field + "`."
	}
	w.block("What "+n.many+" can be grouped by.", "enum "+t.Type+"GroupField", func() {
		for _, g := range t.GroupFields() {
			w.field(ofField(g), g.OrderName()+w.deprecated(g.Column))
		}
	})
	names, orders := t.GroupOrders()
	w.block("What groups of "+n.many+" can be ordered by: what they come to, or what is in `by`.", "enum "+t.Type+"GroupOrderField", func() {
		for _, name := range names {
			a := orders[name]
			if a.Field == "" {
				w.field("By how many "+n.many+" there are.", name)
				continue
			}
			w.field("By `"+string(a.Function)+"` of `"+a.Field+"`.", name+w.deprecated(t.Field(a.Field)))
		}
		for _, g := range t.GroupFields() {
			if _, taken := orders[g.OrderName()]; taken {
				continue
			}
			text := ofField(g)
			if g.Relation != nil {
				text = "By the key behind the `id` of `" + g.Field + "`."
			}
			w.field(text, g.OrderName()+w.deprecated(g.Column))
		}
	})
	w.block("One step of an order of groups of "+n.many+".", "input "+t.Type+"GroupOrder", func() {
		w.field("What to order by; of keys only what is in `by`, anything else is BAD_REQUEST.", "field: "+t.Type+"GroupOrderField!")
		w.field("Which way.", "direction: OrderDirection! = ASC")
	})
	self := t.Type + "Having"
	w.block("Matches a group of "+n.many+" that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST.", "input "+self, func() {
		w.field("All of these match.", "and: ["+self+"!]")
		w.field("At least one of these matches; an empty list is BAD_REQUEST.", "or: ["+self+"!]")
		w.field("This does not match.", "not: "+self)
		w.field("Condition on how many "+n.many+" there are.", "count: "+w.where(t.Counted()))
		for _, f := range functions {
			w.field("Conditions on "+map[orm.Function]string{orm.Min: "least values", orm.Max: "greatest values", orm.Sum: "sums", orm.Avg: "averages"}[f.Function]+".",
				string(f.Function)+": "+f.typ+"Having")
		}
	})
	for _, f := range answers {
		about := map[orm.Function]string{orm.Min: "least or greatest values", orm.Sum: "sums", orm.Avg: "averages"}[f.Function]
		w.block("Matches a group by "+about+" of its "+n.many+"; it has to meet every field given. Null matches nothing but `isNull`.", "input "+f.typ+"Having", func() {
			for _, c := range t.Aggregates(f.Function) {
				w.field("Condition on that of `"+c.Field+"`.", c.Field+": "+w.where(c)+w.deprecated(c))
			}
		})
	}
}

// answerOf says what a function answers of a column, where its name does not say it all.
func answerOf(f orm.Function, c *orm.Column) string {
	switch {
	case f == orm.Min && (c.Kind == orm.Text || c.Kind == orm.Enum):
		return ", in code-point order"
	case f == orm.Sum && c.Kind == orm.Float:
		return ", of 17 digits of each, rounded once; null if it is too large"
	case f == orm.Avg && c.Kind == orm.Float:
		return ", their sum divided by how many they are"
	case f == orm.Avg:
		return fmt.Sprintf(", to %d digits behind the point, rounded half away from zero", c.Digits())
	}
	return ""
}

func inUTC(g *orm.GroupField) string {
	if g.Kind == orm.Day {
		return ""
	}
	return ", in UTC"
}

// summarized are columns that no table has: what aggregates answer, for their scalars and conditions.
func (w *writer) summarized() (columns []*orm.Column) {
	for _, t := range w.tables {
		columns = append(columns, t.Counted())
		for _, f := range functionsOf(t) {
			columns = append(columns, t.Aggregates(f.Function)...)
		}
	}
	return columns
}

// bindAggregates tells gqlgen what the resolvers of aggregates and groups answer.
func bindAggregates(cfg *config.Config, t *orm.Table) {
	resolver := config.TypeMapField{Resolver: true}
	connections := []string{t.Type + "Connection"}
	for _, r := range t.Relations {
		if r.Link != nil && r.Link.Rows != nil {
			connections = append(connections, r.Connection())
		}
	}
	for _, name := range connections {
		cfg.Models[name] = config.TypeMapEntry{Model: config.StringList{"kith/db." + name}, Fields: map[string]config.TypeMapField{"aggregate": resolver, "groups": resolver}}
	}
	cfg.Models[t.Type+"Aggregate"] = config.TypeMapEntry{Model: config.StringList{"kith/db/orm.Aggregated"}}
	cfg.Models[t.Type+"Group"] = config.TypeMapEntry{Model: config.StringList{"kith/db/orm.Grouped"}}
	key := config.TypeMapEntry{Model: config.StringList{"map[string]any"}, Fields: map[string]config.TypeMapField{}}
	for _, g := range t.GroupFields() {
		if g.Relation != nil {
			key.Fields[g.Field] = resolver
		}
	}
	cfg.Models[t.Type+"GroupKey"] = key
	for _, f := range functionsOf(t) {
		cfg.Models[f.typ] = config.TypeMapEntry{Model: config.StringList{"map[string]any"}}
	}
}
