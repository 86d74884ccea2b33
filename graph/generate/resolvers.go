package main

import (
	"bytes"
	"fmt"
	"go/format"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kith/db/orm"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
)

// goFile is what gqlgen binds the schema's types to, besides the entities: connections, edges and global ids.
func goFile(tables []*orm.Table, source *source) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n\n//go:build !generate\n\npackage db\n\nimport (\n", marked)
	if slices.ContainsFunc(tables, func(t *orm.Table) bool {
		return slices.ContainsFunc(t.Relations, func(r *orm.Relation) bool { return r.Link != nil && r.Link.Rows != nil })
	}) {
		b.WriteString("\"context\"\n")
	}
	if slices.ContainsFunc(tables, func(t *orm.Table) bool {
		return slices.ContainsFunc(t.ComputedFields(), func(c *orm.ComputedField) bool { return strings.Contains(c.GoType, "time.") }) ||
			slices.ContainsFunc(t.Columns, func(c *orm.Column) bool { return readBy(c) && c.Kind == orm.Time })
	}) {
		b.WriteString("\"time\"\n\n")
	}
	b.WriteString("\"kith/db/orm\"\n)\n")
	for _, t := range tables {
		name, err := source.variable(t.Type)
		if err != nil {
			return nil, err
		}
		one := orm.Spoken(t.Type)
		fmt.Fprintf(&b, "\n// ID is the global id of the %s.\nfunc (e %s) ID() string { return %s.ID(e.Key, e) }\n", one, t.Type, name)
		for _, c := range t.ComputedFields() {
			if !source.methods[t.Type+"."+c.GoName()] {
				fmt.Fprintf(&b, "\n// %s is the field %s of the %s.\nfunc (e *%s) %s() %s { return orm.Value[%s](%s.Table, %q, e) }\n",
					c.GoName(), c.Field, one, t.Type, c.GoName(), c.GoType, c.GoType, name, c.Field)
			}
		}
		for _, c := range t.Columns {
			if readBy(c) {
				fmt.Fprintf(&b, "\n// %s is the field %s of the %s; nil where the viewer may not read it.\nfunc (e *%[4]s) %[1]s() *%[5]s { return orm.ReadBy[%[5]s](%[6]s.Table, %[7]q, e) }\n",
					c.GoField()+"Read", c.Field, one, t.Type, strings.TrimPrefix(c.GoType(), "db."), name, c.Name)
			}
		}
		fmt.Fprintf(&b, "\n// Pages of %s.\ntype (\n%sConnection = orm.Connection[%s]\n%sEdge = orm.Edge[%s]\n)\n", strings.ReplaceAll(t.Name, "_", " "), t.Type, t.Type, t.Type, t.Type)
		for _, r := range t.Relations {
			if r.Link == nil || r.Link.Rows == nil {
				continue
			}
			fmt.Fprintf(&b, "\n// A %s is a page of the %s of %s.\ntype %s struct{ *orm.Connection[%s] }\n", r.Connection(), orm.Spoken(r.Field), withArticle(one), r.Connection(), r.To.Type)
			fmt.Fprintf(&b, "\n// A %s is an edge of such a page, with the %s.\ntype %s struct {\n*orm.Edge[%s]\n*%s\n}\n", r.Edge(), orm.Spoken(r.Link.Rows.Type), r.Edge(), r.To.Type, r.Link.Rows.Type)
			fmt.Fprintf(&b, "\n// Edges are the page's rows with their cursors and links.\nfunc (c *%s) Edges(ctx context.Context) ([]*%s, error) {\n"+
				"return orm.LinkedEdges(ctx, c.Connection, func(e *orm.Edge[%s], link *%s) *%s { return &%s{e, link} })\n}\n",
				r.Connection(), r.Edge(), r.To.Type, r.Link.Rows.Type, r.Edge(), r.Edge())
		}
	}
	var enums []string
	for _, c := range columnsOf(tables) {
		if c.Kind != orm.Enum || slices.Contains(enums, c.Scalar()) {
			continue
		}
		enums = append(enums, c.Scalar())
		var values []string
		for _, constant := range source.constants[c.Scalar()] {
			if !isName(constant.value) {
				return nil, fmt.Errorf("%s: %q is no name of GraphQL, as the value of an enum has to be", c.Scalar(), constant.value)
			}
			values = append(values, strconv.Quote(constant.value))
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("%s.%s: the type %s has no constants", c.Table.Type, c.GoField(), c.Scalar())
		}
		fmt.Fprintf(&b, "\n// Values are what %s can be.\nfunc (%s) Values() []string { return []string{%s} }\n",
			withArticle(orm.Spoken(c.Scalar())), c.Scalar(), strings.Join(values, ", "))
	}
	return format.Source(b.Bytes())
}

// columnsOf are the columns of all tables.
func columnsOf(tables []*orm.Table) (columns []*orm.Column) {
	for _, t := range tables {
		columns = append(columns, t.Columns...)
	}
	return columns
}

// isName tells whether a text can be the value of an enum.
func isName(text string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`).MatchString(text) && !strings.HasPrefix(text, "__") && !slices.Contains([]string{"true", "false", "null"}, text)
}

// readBy tells whether a column is read by an accessor: some may not read it, and its Go type has no null.
func readBy(c *orm.Column) bool { return c.Shown() && c.Reads() != nil && !c.Nullable }

// bind tells gqlgen of columns that clients know by other names, or that are read by an accessor, in rows and on the edges that
// carry them, and of aggregates.
func bind(cfg *config.Config, tables []*orm.Table) {
	cfg.Models["SearchResult"] = config.TypeMapEntry{Model: config.StringList{"kith/db/orm.Node"}}
	rename := func(typ string, columns []*orm.Column) {
		for _, c := range columns {
			name := c.GoField()
			if readBy(c) {
				name += "Read"
			}
			if !c.Shown() || strings.EqualFold(c.Field, name) || c == c.Table.KeyColumn() {
				continue
			}
			entry := cfg.Models[typ]
			if entry.Fields == nil {
				entry.Model = config.StringList{"kith/db." + typ}
				entry.Fields = map[string]config.TypeMapField{}
			}
			entry.Fields[c.Field] = config.TypeMapField{FieldName: name}
			cfg.Models[typ] = entry
		}
	}
	for _, t := range tables {
		bindAggregates(cfg, t)
		rename(t.Type, t.Columns)
		for _, r := range t.Relations {
			if columns := r.EdgeColumns(); len(columns) > 0 {
				rename(r.Edge(), columns)
			}
		}
	}
}

// resolvers is a plugin of gqlgen: it writes the bodies of the resolvers of what follows from the page.
type resolvers struct {
	tables []*orm.Table
	source *source
}

// Name is the plugin's.
func (r *resolvers) Name() string { return "page" }

// Implement is the body of a field's resolver. What is written by hand beside the page is left as it is.
func (r *resolvers) Implement(previous string, field *codegen.Field) string {
	if !strings.HasSuffix(field.Position.Src.Name, ".generated.graphqls") {
		if previous == "" {
			return fmt.Sprintf("panic(%q)", field.Object.Name+"."+field.Name+" is not implemented")
		}
		return previous
	}
	if field.Object.Name+"."+field.Name == "Query.search" {
		return "return search(ctx)"
	}
	for _, t := range r.tables {
		if body := r.body(t, field.Object.Name, field.Name); body != "" {
			return body
		}
	}
	return previous
}

// body is that of a field of a table; "" if the field is another's.
func (r *resolvers) body(t *orm.Table, object, field string) string {
	table, _ := r.source.variable(t.Type) // goFile has asked
	entity := templates.ToGo(lowerFirst(t.Type))
	switch object + "." + field {
	case "Query." + lowerFirst(t.Type):
		return "return row(ctx, db." + table + ")"
	case "Query." + t.Root():
		return "return all(ctx, db." + table + ")"
	case "Mutation.create" + t.Type:
		return fmt.Sprintf("entity, faults, err := create(ctx, db.%s)\nreturn &model.%s{%s: entity, %s: orm.RootEdge(db.%s, entity), UserErrors: faults}, err",
			table, templates.ToGo(upperFirst(field)+"Payload"), entity, templates.ToGo(lowerFirst(t.Type)+"Edge"), table)
	case "Mutation.update" + t.Type:
		cascade := ""
		if len(t.CascadeOfUpdate()) > 0 {
			cascade = "Cascade: cascaded(ctx), "
		}
		return fmt.Sprintf("entity, faults, err := update(ctx, db.%s)\nreturn &model.%s{%s: entity, %sUserErrors: faults}, err",
			table, templates.ToGo(upperFirst(field)+"Payload"), entity, cascade)
	case "Mutation.delete" + t.Type:
		return fmt.Sprintf("d, err := remove(ctx, db.%s)\nreturn &model.%s{DeletedID: d.id, %s: d.entity, Cascade: d.cascade, UserErrors: d.faults}, err",
			table, templates.ToGo(upperFirst(field)+"Payload"), entity)
	}
	if body := bulkBody(t, table, object+"."+field); body != "" {
		return body
	}
	for _, to := range t.Relations {
		if to.Link != nil && to.Link.Rows != nil && object == to.Connection() {
			table, _ := r.source.variable(to.To.Type) // goFile has asked
			return fmt.Sprintf("return %s(ctx, db.%s, obj.Connection)", field, table)
		}
	}
	switch {
	case object == t.Type+"Connection":
		return fmt.Sprintf("return %s(ctx, db.%s, obj)", field, table)
	case object != t.Type && object != t.Type+"GroupKey":
		return ""
	case field == "viewerCan":
		return "return can(ctx, db." + table + ", obj)"
	}
	relation := t.Relation(field)
	if relation == nil {
		return ""
	}
	name, err := r.source.variable(relation.Coordinate())
	if err != nil {
		return fmt.Sprintf("panic(%q)", err)
	}
	switch {
	case object == t.Type+"GroupKey":
		return "return keyed(ctx, db." + name + ", obj)"
	case relation.Many && relation.Link != nil && relation.Link.Rows != nil:
		return fmt.Sprintf("page, err := many(ctx, db.%s, obj)\nreturn &db.%s{Connection: page}, err", name, relation.Connection())
	case relation.Many:
		return "return many(ctx, db." + name + ", obj)"
	}
	return "return one(ctx, db." + name + ", obj)"
}
