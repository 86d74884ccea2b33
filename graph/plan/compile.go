// Package plan answers queries without resolvers: it compiles the selection of a root field to statements, one for each
// relation path, runs them level by level and writes JSON. It is generic: it reads db/relations.go and knows no noun.
package plan

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// A source is one table of a statement: the columns read of it and the to-one rows joined to it.
type source struct {
	table   *orm.Table
	columns []*orm.Column
	joins   []*join
	base    int // where its columns begin in a row
}

type join struct {
	relation *orm.Relation
	source   *source
}

func newSource(table *orm.Table) *source {
	s := &source{table: table, columns: []*orm.Column{table.KeyColumn()}}
	if table.Shard() != nil { // which ids tell
		s.column(table.Shard())
	}
	return s
}

// id is the key of a row, and where it is.
func (s *source) id(row []any) (key, shard int64) {
	key, _ = row[s.base].(int64)
	if s.table.Shard() != nil {
		shard, _ = row[s.base+1].(int64)
	}
	return key, shard
}

// column is the place of c among the source's columns.
func (s *source) column(c *orm.Column) int {
	for i, have := range s.columns {
		if have == c {
			return i
		}
	}
	s.columns = append(s.columns, c)
	return len(s.columns) - 1
}

// lay gives every source its place in the row and answers what to select.
func (s *source) lay(base int) (orm.Select, int) {
	s.base = base
	base += len(s.columns)
	selection := orm.Select{Columns: s.columns}
	for _, j := range s.joins {
		var inner orm.Select
		inner, base = j.source.lay(base)
		selection.Joins = append(selection.Joins, orm.Join{Relation: j.relation, Select: inner})
	}
	return selection, base
}

func (s *source) size() int {
	n := 1
	for _, j := range s.joins {
		n += j.source.size()
	}
	return n
}

// maxJoined bounds the tables of a statement: with more, a database spends longer choosing an order than it saves.
const maxJoined = 6

// A fetch is one statement: rows of a table with their joined rows. Its branches are the statements that take their
// keys from it.
type fetch struct {
	source    *source
	selection orm.Select
	known     orm.Known // of the selection
	branches  []*branch
	cans      []*can
}

// A branch is a relation path: rows related to the rows of the fetch above it, or the root's.
type branch struct {
	relation   *orm.Relation // nil at the root
	table      *orm.Table
	coordinate string
	path       string
	parent     *source // whose column holds the key
	key        int
	index      int // among the branches of the fetch above

	// of connections
	field     *ast.Field    // nil if the branch is a to-one relation
	page      *orm.Page     // nil if it depends on variables, or is wrong
	rows      *fetch        // nil if only the count is wanted
	links     []*orm.Column // read of the link to each row, behind its columns
	cursors   bool          // rows hold what cursors are made of
	counts    bool
	beyond    bool // whether there are rows beyond the page
	summaries []*summary
}

// An object is the selection of an object type: how a row is written.
type object struct {
	source *source
	fields []field
	// whole are the places of all columns of the table among the source's, if a field is computed from them.
	whole []int
}

type fieldKind uint8

const (
	constantField fieldKind = iota // stands in the key
	idField
	columnField
	computedField
	joinedField // object is in the same row
	oneField    // object is in the rows of branch
	manyField   // connection is in the rows of branch
	canField    // what the viewer may do with the row
)

type field struct {
	kind       fieldKind
	required   bool
	key        string // what stands before the value: see key
	column     int
	holds      orm.Kind // of the column
	object     *object
	branch     *branch
	connection *connection
	relation   *orm.Relation
	computed   *orm.ComputedField
	can        *can
}

// A can is what the viewer may do with the rows of a source, and how it is written.
type can struct {
	source *source
	path   string
	index  int   // among those of the fetch
	owners []int // places of the columns that hold users who may
	parts  []canPart
}

type canPart struct {
	key      string
	constant bool // stands in the key; else it is whether the viewer may
}

type connectionKind uint8

const (
	constantPart connectionKind = iota
	nodesPart
	edgesPart
	pageInfoPart
	countPart
	summaryPart
	// of an edge
	cursorPart
	nodePart
	linkPart // a column of the link
	rankPart
	snippetPart
	// of the page info
	hasNextPart
	hasPrevPart
	startPart
	endPart
	// of a payload
	idPart
	idsPart
	createdPart
	cascadePart
	typePart
	actionPart
)

// A connection is the selection of a connection type, of an edge or of the page info: parts in order.
type connection struct{ parts []part }

type part struct {
	kind    connectionKind
	key     string
	object  *object
	inner   *connection
	column  int      // of the branch's links
	holds   orm.Kind // of the column
	summary *summary
	// of a search: how to write a row of each table
	objects map[*orm.Table]*object
}

// A compiler compiles one root field of one operation.
type compiler struct {
	operation *graphql.OperationContext
	schema    *ast.Schema
	db        *orm.DB
	model     *orm.Model
	parts     int // of the plan, so far
	// beside is set by a field that is neither a column nor a relation: only its resolver knows what it is.
	beside bool
}

func (c *compiler) collect(selections ast.SelectionSet, typeName string) []graphql.CollectedField {
	satisfies := append(make([]string, 0, 4), typeName)
	if definition := c.schema.Types[typeName]; definition != nil {
		satisfies = append(satisfies, definition.Interfaces...)
		for _, abstract := range c.schema.Implements[typeName] {
			if abstract.Kind == ast.Union {
				satisfies = append(satisfies, abstract.Name)
			}
		}
	}
	fields := graphql.CollectFields(c.operation, selections, satisfies)
	c.parts += len(fields) + 1
	return fields
}

// key is what stands before the value of an object's member i: what ends the member before it, or begins the object, and
// its name. Behind it a constant may stand.
func key(i int, f graphql.CollectedField) string {
	return string("{,"[btoi(i > 0)]) + `"` + f.Alias + `":`
}

// closing ends an object of so many members: @skip and @include may leave none.
func closing(members int) string { return [2]string{"{}", "}"}[btoi(members > 0)] }

// members compiles the selection of an object that is no row; compile says what a field is.
func (c *compiler) members(selected graphql.CollectedField, compile func(f graphql.CollectedField, p *part)) *connection {
	out := &connection{}
	typeName := selected.Definition.Type.Name()
	for i, f := range c.collect(selected.Selections, typeName) {
		p := part{key: key(i, f)}
		if f.Name == "__typename" {
			p.kind, p.key = constantPart, p.key+`"`+typeName+`"`
		} else {
			compile(f, &p)
		}
		out.parts = append(out.parts, p)
	}
	return out
}

// object compiles a selection on rows of s.
func (c *compiler) object(f *fetch, s *source, selections ast.SelectionSet, path string) *object {
	o := &object{source: s}
	for i, selected := range c.collect(selections, s.table.Type) {
		out := field{key: key(i, selected)}
		switch name := selected.Name; {
		case name == "__typename":
			out.kind, out.key = constantField, out.key+`"`+s.table.Type+`"`
		case name == "id":
			out.kind = idField
		case s.table.Field(name) != nil:
			out.kind, out.column, out.holds = columnField, s.column(s.table.Field(name)), s.table.Field(name).Kind
		case s.table.Computed(name) != nil:
			out.kind, out.computed = computedField, s.table.Computed(name)
			if o.whole == nil {
				for _, column := range s.table.Columns {
					o.whole = append(o.whole, s.column(column))
				}
			}
		case s.table.Relation(name) != nil:
			c.relation(f, s, s.table.Relation(name), selected, path+"."+selected.Alias, &out)
		case name == "viewerCan":
			out.kind, out.can = canField, c.can(f, s, selected, path+"."+selected.Alias)
		default:
			c.beside = true
		}
		o.fields = append(o.fields, out)
	}
	return o
}

func (c *compiler) can(f *fetch, s *source, selected graphql.CollectedField, path string) *can {
	out := &can{source: s, path: path, index: len(f.cans)}
	f.cans = append(f.cans, out)
	if writes := s.table.Writes(); writes != nil {
		for _, column := range writes.Columns() {
			out.owners = append(out.owners, s.column(column))
		}
	}
	typeName := selected.Definition.Type.Name()
	for i, selected := range c.collect(selected.Selections, typeName) {
		p := canPart{key: key(i, selected)}
		switch verb := orm.Verb(selected.Name); {
		case selected.Name == "__typename":
			p.key, p.constant = p.key+`"`+typeName+`"`, true
		case !s.table.Has(verb):
			p.key, p.constant = p.key+"false", true
		}
		out.parts = append(out.parts, p)
	}
	return out
}

func (c *compiler) relation(f *fetch, s *source, r *orm.Relation, selected graphql.CollectedField, path string, out *field) {
	out.relation, out.required = r, r.Required
	if !r.Many && f.source.size() < maxJoined && c.db.Joins(r) {
		out.kind = joinedField
		var joined *join
		for _, j := range s.joins {
			if j.relation == r {
				joined = j
			}
		}
		if joined == nil {
			joined = &join{relation: r, source: newSource(r.To)}
			s.joins = append(s.joins, joined)
			if r.Own != nil {
				s.column(r.Own) // tells a row that is missing from one that was never there
			}
		}
		out.object = c.object(f, joined.source, selected.Selections, path)
		return
	}
	b := &branch{relation: r, table: r.To, coordinate: r.Coordinate(), path: path, parent: s, key: s.column(r.Key()), index: len(f.branches)}
	f.branches = append(f.branches, b)
	out.branch = b
	if r.Many {
		out.kind = manyField
		out.connection = c.connection(b, selected)
		return
	}
	out.kind = oneField
	b.rows = &fetch{source: newSource(r.To)}
	out.object = c.object(b.rows, b.rows.source, selected.Selections, path)
	b.rows.selection, _ = b.rows.source.lay(0)
}

// connection compiles a connection field, whose rows come from b.
func (c *compiler) connection(b *branch, selected graphql.CollectedField) *connection {
	b.field = selected.Field
	if constantArguments(selected.Field) {
		// What is wrong with the arguments is said when they are used.
		b.page, _ = Page(b.coordinate, b.table, selected.Field, nil)
	}
	rows := &fetch{source: newSource(b.table)}
	out := c.members(selected, func(f graphql.CollectedField, p *part) {
		switch f.Name {
		case "nodes":
			p.kind = nodesPart
			b.rows = rows
			p.object = c.object(rows, rows.source, f.Selections, b.path+"."+f.Alias)
		case "edges":
			p.kind = edgesPart
			b.rows = rows
			p.inner = c.edges(b, rows, f)
		case "pageInfo":
			p.kind = pageInfoPart
			b.rows = rows
			p.inner = c.pageInfo(b, f)
		case "totalCount":
			p.kind = countPart
			b.counts = true
		case "aggregate", "groups":
			p.kind = summaryPart
			p.summary = c.summary(b, f)
		}
	})
	if b.rows != nil {
		if b.cursors {
			c.orders(b, rows.source)
		}
		rows.selection, _ = rows.source.lay(0)
	}
	return out
}

// orders makes the rows hold what a cursor may be made of: the order's columns, or all it can have if it is a variable. What
// an order has besides columns is in the rows in any case.
func (c *compiler) orders(b *branch, s *source) {
	if b.page != nil {
		for _, o := range b.page.Order {
			if !o.Column.Derived() {
				s.column(o.Column)
			}
		}
		return
	}
	order := c.schema.Types[b.field.Definition.Arguments.ForName("orderBy").Type.Name()]
	for _, v := range c.schema.Types[order.Fields.ForName("field").Type.Name()].EnumValues {
		if column := b.table.OrderColumn(strings.ToLower(v.Name)); column != nil && !column.Derived() {
			s.column(column)
		}
	}
}

func (c *compiler) edges(b *branch, rows *fetch, edges graphql.CollectedField) *connection {
	return c.members(edges, func(f graphql.CollectedField, p *part) {
		switch f.Name {
		case "cursor":
			p.kind = cursorPart
			b.cursors = true
		case "node":
			p.kind = nodePart
			p.object = c.object(rows, rows.source, f.Selections, b.path+"."+edges.Alias+"."+f.Alias)
		default:
			if !b.link(f.Name, p) {
				c.beside = true
			}
		}
	})
}

// link makes a part of the column of the branch's links that clients know by a name; it tells whether there is one.
func (b *branch) link(name string, p *part) bool {
	if b.relation == nil {
		return false
	}
	columns := b.relation.EdgeColumns()
	i := slices.IndexFunc(columns, func(c *orm.Column) bool { return c.Field == name })
	if i < 0 {
		return false
	}
	p.kind, p.holds, p.column = linkPart, columns[i].Kind, slices.Index(b.links, columns[i])
	if p.column < 0 {
		p.column = len(b.links)
		b.links = append(b.links, columns[i])
	}
	return true
}

func (c *compiler) pageInfo(b *branch, info graphql.CollectedField) *connection {
	return c.members(info, func(f graphql.CollectedField, p *part) {
		switch f.Name {
		case "hasNextPage":
			p.kind = hasNextPart
			b.beyond = true
		case "hasPreviousPage":
			p.kind = hasPrevPart
			b.beyond = true
		case "startCursor":
			p.kind = startPart
			b.cursors = true
		case "endCursor":
			p.kind = endPart
			b.cursors = true
		}
	})
}

func constantArguments(f *ast.Field) bool {
	for _, a := range f.Arguments {
		if HasVariable(a.Value) {
			return false
		}
	}
	return true
}

// HasVariable tells whether a variable stands in a value.
func HasVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, child := range v.Children {
		if HasVariable(child.Value) {
			return true
		}
	}
	return false
}

// A root is a compiled root field.
type root struct {
	kind rootKind
	// of a connection or a look-up
	branch     *branch
	connection *connection
	// of look-ups: how to write a row of each table that the field may lead to
	objects map[*orm.Table]*fetchObject
	size    atomic.Int64 // of the last answer
	// what stands around the value in the answer
	before, after string
}

type rootKind uint8

const (
	connectionRoot rootKind = iota
	rowRoot
	nodeRoot
	nodesRoot
	searchRoot
	payloadRoot // run by Payload
)

type fetchObject struct {
	fetch  *fetch
	object *object
}

// compile compiles a root field of Query; nil if it is not one of the page's, or if something in it is not.
func (c *compiler) compile(f graphql.CollectedField) *root {
	if r := c.root(f); !c.beside {
		return r
	}
	return nil
}

func (c *compiler) root(f graphql.CollectedField) *root {
	typeName := f.Definition.Type.Name()
	definition := c.schema.Types[typeName]
	path := f.Alias
	if table := c.model.TableOf(typeName); table != nil {
		if f.Name != table.Single() && f.Name != "viewer" {
			return nil
		}
		return &root{kind: rowRoot, branch: &branch{table: table, path: path, field: f.Field}, objects: c.row(table, f, path)}
	}
	if typeName == "Node" && (f.Name == "node" || f.Name == "nodes") {
		r := &root{kind: nodeRoot, branch: &branch{path: path, field: f.Field}, objects: map[*orm.Table]*fetchObject{}}
		if f.Definition.Type.Elem != nil {
			r.kind = nodesRoot
		}
		for _, table := range c.model.Tables() {
			for t, o := range c.row(table, f, path) {
				r.objects[t] = o
			}
		}
		return r
	}
	nodes := definition.Fields.ForName("nodes")
	if nodes == nil || !strings.HasSuffix(typeName, "Connection") {
		return nil
	}
	if c.schema.Types[nodes.Type.Name()].Kind == ast.Union && f.Name == "search" {
		return c.search(f)
	}
	table := c.model.TableOf(nodes.Type.Name())
	if table == nil || f.Name != table.Root() {
		return nil
	}
	b := &branch{table: table, coordinate: "Query." + f.Name, path: path}
	return &root{kind: connectionRoot, branch: b, connection: c.connection(b, f)}
}

func (c *compiler) row(table *orm.Table, f graphql.CollectedField, path string) map[*orm.Table]*fetchObject {
	rows := &fetch{source: newSource(table)}
	o := c.object(rows, rows.source, f.Selections, path)
	rows.selection, _ = rows.source.lay(0)
	return map[*orm.Table]*fetchObject{table: {rows, o}}
}
