package plan

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// An outline is what is selected of a field `aggregate` or `groups` of a connection, before its arguments are read.
type outline struct {
	table  *orm.Table
	field  *ast.Field
	groups bool
	slots  []slot
	fields []summaryField
}

// A slot is an aggregate that is selected: one whose name says it all, or a count, whose argument says of what.
type slot struct {
	aggregate orm.Aggregate
	count     *ast.Field
}

type summaryKind uint8

const (
	constantSummary summaryKind = iota
	slotSummary                 // an aggregate
	objectSummary               // inner is in the same row
	keySummary                  // a key that is a value
	relatedSummary              // a key that is a row, object is written in place of it
)

// A summaryField is a field of an aggregate, of a group or in one of them.
type summaryField struct {
	kind     summaryKind
	key      string
	name     string
	slot     int
	inner    []summaryField
	selected graphql.CollectedField
	relation *orm.Relation
	path     string
	rows     *fetch
	object   *object
	index    int // among the summary's relations
}

// outlineOf goes through the selection of a field `aggregate` or `groups` of rows of table.
func outlineOf(operation *graphql.OperationContext, table *orm.Table, f graphql.CollectedField) *outline {
	o := &outline{table: table, field: f.Field, groups: f.Name == "groups"}
	o.fields = o.object(operation, f, f.Name, "")
	return o
}

// object goes through an object: `of` is the name of the field that it is the answer of.
func (o *outline) object(operation *graphql.OperationContext, of graphql.CollectedField, name, path string) []summaryField {
	typeName := of.Definition.Type.Name()
	selected := graphql.CollectFields(operation, of.Selections, []string{typeName})
	out := make([]summaryField, 0, len(selected))
	for i, f := range selected {
		field := summaryField{key: key(i, f), name: f.Name, path: path + "." + f.Alias}
		switch {
		case f.Name == "__typename":
			field.key += `"` + typeName + `"`
		case name == "key":
			field.kind = keySummary
			if field.relation = o.table.Relation(f.Name); field.relation != nil {
				field.kind, field.selected = relatedSummary, f
			}
		case name == "aggregate" && f.Name == "count":
			field.kind, field.slot = slotSummary, len(o.slots)
			o.slots = append(o.slots, slot{count: f.Field})
		case name == "aggregate" || name == "groups":
			field.kind, field.inner = objectSummary, o.object(operation, f, f.Name, field.path)
		default:
			field.kind, field.slot = slotSummary, len(o.slots)
			o.slots = append(o.slots, slot{aggregate: orm.Aggregate{Function: orm.Function(name), Field: f.Name}})
		}
		out = append(out, field)
	}
	return out
}

// constant tells whether no variable has a say.
func (o *outline) constant() bool {
	for _, s := range o.slots {
		if s.count != nil && !constantArguments(s.count) {
			return false
		}
	}
	return constantArguments(o.field)
}

// read reads the arguments; places are those of the slots. Its errors are orm.BadRequest.
func (o *outline) read(variables map[string]any) (asked *orm.Summary, places []int, err error) {
	aggregates := make([]orm.Aggregate, len(o.slots))
	for i, s := range o.slots {
		if aggregates[i] = s.aggregate; s.count != nil {
			aggregates[i] = counted(o.table, s.count, variables)
		}
	}
	if o.groups {
		asked, err = orm.NewGroups(o.table, aggregates, groupArguments(o.field, variables))
	} else {
		asked = orm.NewSummary(o.table, aggregates)
	}
	if err != nil {
		return nil, nil, err
	}
	places = make([]int, len(aggregates))
	for i, a := range aggregates {
		places[i] = asked.Place(a)
	}
	return asked, places, nil
}

// counted is what a field `count` counts.
func counted(table *orm.Table, field *ast.Field, variables map[string]any) orm.Aggregate {
	out := orm.Aggregate{Function: orm.Count}
	if name := text(field.ArgumentMap(variables)["distinct"]); name != nil {
		out.Field = table.GroupField(*name).Field // the schema has no other
	}
	return out
}

func groupArguments(field *ast.Field, variables map[string]any) (out orm.GroupArgs) {
	args := field.ArgumentMap(variables)
	for _, item := range list(args["by"]) {
		name, _ := item.(string)
		out.By = append(out.By, name)
	}
	out.Having, _ = args["having"].(map[string]any)
	for _, item := range list(args["orderBy"]) {
		order, _ := item.(map[string]any)
		name, _ := order["field"].(string)
		out.Order = append(out.Order, orm.GroupOrder{Name: name, Desc: order["direction"] == "DESC"})
	}
	var err error
	if out.First, err = integer(args["first"]); err != nil {
		none := -1 // no number of rows
		out.First = &none
	}
	return out
}

// A summary is a compiled field `aggregate` or `groups`: a statement, and one more for each relation in the keys.
type summary struct {
	*outline
	path      string
	asked     *orm.Summary // nil if it depends on variables, or is wrong
	places    []int
	relations []*summaryField
	index     int // among the summaries of the branch
}

// A summarized is what the statements of a summary answered.
type summarized struct {
	rows    *orm.Rows
	asked   *orm.Summary
	places  []int
	related []*found
}

func (c *compiler) summary(b *branch, f graphql.CollectedField) *summary {
	s := &summary{outline: outlineOf(c.operation, b.table, f), path: b.path + "." + f.Alias, index: len(b.summaries)}
	b.summaries = append(b.summaries, s)
	if s.constant() {
		s.asked, s.places, _ = s.read(nil) // what is wrong with the arguments is said when they are used
	}
	c.related(s, s.fields)
	return s
}

// related compiles the relations in the keys of groups.
func (c *compiler) related(s *summary, fields []summaryField) {
	for i := range fields {
		c.parts++
		f := &fields[i]
		c.related(s, f.inner)
		if f.relation == nil {
			continue
		}
		f.index = len(s.relations)
		s.relations = append(s.relations, f)
		f.path = s.path + f.path
		f.rows = &fetch{source: newSource(f.relation.To)}
		f.object = c.object(f.rows, f.rows.source, f.selected.Selections, f.path)
		f.rows.selection, _ = f.rows.source.lay(0)
	}
}

// begin reads the arguments that are not known yet.
func (s *summary) begin(variables map[string]any) (out summarized, err error) {
	if out.asked, out.places = s.asked, s.places; out.asked == nil {
		out.asked, out.places, err = s.read(variables)
	}
	return out, err
}

// summarize runs the statements of a summary, for all parents.
func (r *run) summarize(b *branch, s *summary, out *summarized, page *orm.Page, keys []int64) (err error) {
	out.rows, err = r.db.Summarize(r.ctx, &orm.Read{Path: s.path, From: b.table, Via: b.relation, Keys: keys, Page: page}, out.asked)
	if err != nil {
		return err
	}
	r.read += out.rows.Bytes
	out.related = make([]*found, len(s.relations))
	for i, f := range s.relations {
		place := out.asked.KeyPlace(f.relation.Field)
		if place < 0 {
			continue
		}
		keys := keysIn(out.rows, place)
		if len(keys) == 0 {
			continue
		}
		out.related[i], err = r.fetch(f.rows, &orm.Read{Path: f.path, From: f.relation.To, Via: f.relation, Keys: keys, Select: f.rows.selection})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) writeSummary(s *summary, d *summarized, key int64) error {
	g := d.rows.Of(key)
	if !s.groups {
		var row []any // none if nothing of it is asked
		if g.Start < g.End {
			row = d.rows.Row(g.Start)
		}
		return r.writeSummaryFields(s.fields, d, row)
	}
	r.out = append(r.out, '[')
	for i := g.Start; i < g.End; i++ {
		if i > g.Start {
			r.out = append(r.out, ',')
		}
		if err := r.writeSummaryFields(s.fields, d, d.rows.Row(i)); err != nil {
			return err
		}
	}
	r.out = append(r.out, ']')
	return nil
}

func (r *run) writeSummaryFields(fields []summaryField, d *summarized, row []any) error {
	for i := range fields {
		f := &fields[i]
		r.out = append(r.out, f.key...)
		var err error
		switch f.kind {
		case slotSummary:
			place := d.places[f.slot]
			r.out = appendValue(r.out, d.asked.Answer(place).Kind, row[len(d.asked.By)+place])
		case objectSummary:
			err = r.writeSummaryFields(f.inner, d, row)
		case keySummary:
			if place := d.asked.KeyPlace(f.name); place < 0 {
				r.out = append(r.out, "null"...)
			} else {
				r.out = appendValue(r.out, d.asked.By[place].Kind, row[place])
			}
		case relatedSummary:
			err = r.writeRelatedKey(f, d, row)
		}
		if err != nil {
			return err
		}
		if err := r.afford(); err != nil {
			return err
		}
	}
	r.out = append(r.out, closing(len(fields))...)
	return nil
}

// writeRelatedKey writes the row that a key of a group leads to.
func (r *run) writeRelatedKey(f *summaryField, d *summarized, row []any) error {
	if place := d.asked.KeyPlace(f.relation.Field); place >= 0 {
		if key, ok := row[place].(int64); ok {
			related := d.related[f.index]
			if g := related.rows.Of(key); g.Start < g.End {
				return r.writeObject(f.object, related, related.rows.Row(g.Start))
			}
			if err := f.relation.Dangling(); err != nil {
				return err
			}
		}
	}
	r.out = append(r.out, "null"...)
	return nil
}

// Summary reads the current field, `aggregate` or `groups`, for its resolver. Its errors are orm.BadRequest.
func Summary(ctx context.Context, table *orm.Table) (*orm.Summary, error) {
	operation := graphql.GetOperationContext(ctx)
	asked, _, err := outlineOf(operation, table, graphql.GetFieldContext(ctx).Field).read(operation.Variables)
	return asked, err
}

// Counted is what the current field, a `count`, counts.
func Counted(ctx context.Context, table *orm.Table) orm.Aggregate {
	return counted(table, graphql.GetFieldContext(ctx).Field.Field, graphql.GetOperationContext(ctx).Variables)
}
