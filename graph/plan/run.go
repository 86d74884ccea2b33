package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// A Planner answers root fields of queries by plans. It is safe for concurrent use.
type Planner struct {
	db     *orm.DB
	schema *ast.Schema
}

// New answers a planner of schema's queries over database.
func New(database *orm.DB, schema *ast.Schema) *Planner {
	return &Planner{db: database, schema: schema}
}

// Plans are the compiled root fields of one document. They live as long as it does, and are safe for concurrent use.
type Plans struct {
	mu    sync.RWMutex
	roots map[planKey]*root
	room  int // for so many parts more
}

// A planKey tells compiled root fields apart, and whole operations, which have no alias. What @skip and @include leave of one depends on Boolean variables.
type planKey struct {
	operation *ast.OperationDefinition
	alias     string
	booleans  string
}

// partBytes is about what a part of a plan takes in memory.
const partBytes = 250

// NewPlans answers room for the plans of a document of so many nodes, a few for each of its root fields, and how many
// bytes they take at most.
func NewPlans(nodes int) (plans *Plans, bytes int) {
	room := 4*nodes + 50
	return &Plans{roots: map[planKey]*root{}, room: room}, room * partBytes
}

// root answers the plan that compile makes of a root field, or of a whole operation; nil if there is none.
func (p *Plans) root(c *compiler, alias string, compile func() *root) *root {
	key := planKey{c.operation.Operation, alias, booleans(c.operation)}
	p.mu.RLock()
	plan, found := p.roots[key]
	p.mu.RUnlock()
	if found {
		return plan
	}
	plan = compile()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, found := p.roots[key]; !found && c.parts < p.room {
		p.roots[key] = plan
		p.room -= c.parts + 1
	}
	return plan
}

// Operation answers the current operation, a query, as JSON. ok is false if it has another root field than one that
// leads to an entity. On an error nothing is known about the answer, and resolvers must give it or the reason why not.
func (p *Planner) Operation(ctx context.Context, plans *Plans) (json []byte, ok bool, err error) {
	c := &compiler{operation: graphql.GetOperationContext(ctx), schema: p.schema, db: p.db, model: p.db.Model()}
	return p.answer(ctx, c, plans, "", func() *root {
		fields := c.collect(c.operation.Operation.SelectionSet, "Query")
		if len(fields) != 1 {
			return nil
		}
		plan := c.compile(fields[0])
		if plan != nil {
			plan.before, plan.after = key(0, fields[0]), closing(1)
		}
		return plan
	})
}

// Field answers the current root field as Operation answers an operation.
func (p *Planner) Field(ctx context.Context, plans *Plans) (json []byte, ok bool, err error) {
	c := &compiler{operation: graphql.GetOperationContext(ctx), schema: p.schema, db: p.db, model: p.db.Model()}
	f := graphql.GetRootFieldContext(ctx).Field
	return p.answer(ctx, c, plans, f.Alias, func() *root { return c.compile(f) })
}

func (p *Planner) answer(ctx context.Context, c *compiler, plans *Plans, alias string, compile func() *root) (json []byte, ok bool, err error) {
	defer recovered(&err)
	plan := plans.root(c, alias, compile)
	if plan == nil {
		return nil, false, nil
	}
	json, err = p.write(ctx, plan, c.operation.Variables, plan.run)
	return json, true, err
}

// write runs a plan and answers what it has written.
func (p *Planner) write(ctx context.Context, plan *root, variables map[string]any, write func(*run) error) (json []byte, err error) {
	defer recovered(&err)
	r := &run{db: p.db, ctx: ctx, variables: variables, plan: plan, budget: orm.BudgetOf(ctx)}
	if err = write(r); err != nil {
		return nil, err
	}
	r.out = append(r.out, plan.after...)
	if err = r.charge(); err != nil {
		return nil, err
	}
	plan.size.Store(int64(len(r.out)))
	return r.out, nil
}

// recovered makes an error of a panic in the function that defers it.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic in the plan: %v", r)
	}
}

func booleans(operation *graphql.OperationContext) string {
	var b strings.Builder
	for _, v := range operation.Operation.VariableDefinitions {
		if v.Type.NamedType != "Boolean" {
			continue
		}
		value, _ := operation.Variables[v.Variable].(bool)
		b.WriteByte("01"[btoi(value)])
	}
	return b.String()
}

// A run is one execution of a plan.
type run struct {
	db        *orm.DB
	ctx       context.Context
	variables map[string]any
	plan      *root
	budget    *orm.Budget
	read      int // bytes of rows
	out       []byte
	charged   int                  // bytes of out that have been taken from the budget
	linked    map[string]*orm.Rows // pages that a write has read, by their paths
}

// begin begins the answer, when everything has been read, with room for one as long as the last one was, if what has been
// read takes as much.
func (r *run) begin() {
	n := min(int(r.plan.size.Load()), r.read)
	r.out = append(make([]byte, 0, n+n/8+64), r.plan.before...)
}

// chargedAtOnce is how many bytes of the answer are taken from the budget at a time.
const chargedAtOnce = 4 << 10

// afford answers an error if more has been written than may be.
func (r *run) afford() error {
	if len(r.out)-r.charged < chargedAtOnce {
		return nil
	}
	return r.charge()
}

func (r *run) charge() error {
	n := len(r.out) - r.charged
	r.charged = len(r.out)
	return r.budget.Write(n)
}

// found is what a fetch answered, and what its branches did.
type found struct {
	rows     *orm.Rows
	branches []related
	cans     []map[int64]bool // of rows that other rows decide of
}

type related struct {
	*found
	page      *orm.Page
	counts    map[int64]int
	summaries []summarized
}

func (p *root) run(r *run) error {
	switch p.kind {
	case rowRoot:
		return p.row(r)
	case nodeRoot:
		table, key, err := Node(r.ctx, r.db.Model(), p.branch.field, r.variables)
		if err != nil {
			return err
		}
		return p.lookUp(r, LookUp{Column: table.KeyColumn(), Key: key})
	case nodesRoot:
		return p.nodes(r)
	case searchRoot:
		return p.search(r)
	}
	related, err := r.connection(p.branch, nil)
	if err != nil {
		return err
	}
	r.begin()
	return r.writeConnection(p.connection, p.branch, related, 0)
}

func (p *root) row(r *run) error {
	l, err := RowOf(r.ctx, p.branch.table, p.branch.field, r.variables)
	if err != nil {
		return err
	}
	return p.lookUp(r, l)
}

func (p *root) lookUp(r *run, l LookUp) error {
	if l.Column == nil {
		r.begin()
		r.out = append(r.out, "null"...)
		return nil
	}
	o := p.objects[l.Column.Table]
	read := &orm.Read{Path: p.branch.path, From: l.Column.Table, By: l.Column, Select: o.fetch.selection, Known: &o.fetch.known}
	if l.Column.Kind == orm.Key {
		read.Keys = []int64{l.Key}
	} else {
		read.Texts = []string{l.Text}
	}
	f, err := r.fetch(o.fetch, read)
	if err != nil {
		return err
	}
	g := f.rows.Of(l.Key)
	if read.Texts != nil {
		g = f.rows.OfText(l.Text)
	}
	r.begin()
	if g.Start == g.End {
		r.out = append(r.out, "null"...)
		return nil
	}
	return r.writeObject(o.object, f, f.rows.Row(g.Start))
}

func (p *root) nodes(r *run) error {
	ids, err := IDs(p.branch.field, r.variables)
	if err != nil {
		return err
	}
	type place struct {
		table *orm.Table
		key   int64
	}
	places := make([]place, len(ids))
	keys := map[*orm.Table][]int64{}
	for i := range ids {
		table, key, err := IDAt(r.ctx, r.db.Model(), ids, i)
		if err != nil {
			return err
		}
		places[i] = place{table, key}
		keys[table] = append(keys[table], key)
	}
	answers, err := p.rowsOf(r, p.branch.path, keys)
	if err != nil {
		return err
	}
	r.begin()
	r.out = append(r.out, '[')
	for i, at := range places {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		f := answers[at.table]
		g := f.rows.Of(at.key)
		if g.Start == g.End {
			r.out = append(r.out, "null"...)
			continue
		}
		if err := r.writeObject(p.objects[at.table].object, f, f.rows.Row(g.Start)); err != nil {
			return err
		}
	}
	r.out = append(r.out, ']')
	return nil
}

// rowsOf reads rows of several tables by their keys.
func (p *root) rowsOf(r *run, path string, keys map[*orm.Table][]int64) (map[*orm.Table]*found, error) {
	out := map[*orm.Table]*found{}
	for _, table := range r.db.Model().Tables() {
		if len(keys[table]) == 0 {
			continue
		}
		slices.Sort(keys[table])
		rows := p.objects[table].fetch
		var err error
		out[table], err = r.fetch(rows, &orm.Read{Path: path, From: table, By: table.KeyColumn(), Keys: slices.Compact(keys[table]), Select: rows.selection})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fetch runs one statement, and those of the branches that grow from its rows.
func (r *run) fetch(f *fetch, read *orm.Read) (*found, error) {
	rows, err := r.db.Read(r.ctx, read)
	if err != nil {
		return nil, err
	}
	return r.grow(f, rows)
}

// grow runs what grows from the rows of a fetch.
func (r *run) grow(f *fetch, rows *orm.Rows) (_ *found, err error) {
	r.read += rows.Bytes
	out := &found{rows: rows, cans: make([]map[int64]bool, len(f.cans))}
	for i, c := range f.cans {
		if keys := r.undecided(c, rows); len(keys) > 0 {
			if out.cans[i], err = r.db.MayWrite(r.ctx, c.path, c.source.table, keys); err != nil {
				return nil, err
			}
		}
	}
	if len(f.branches) == 0 {
		return out, nil
	}
	out.branches = make([]related, len(f.branches))
	for i, b := range f.branches {
		keys := keysIn(rows, b.parent.base+b.key)
		if len(keys) == 0 {
			continue
		}
		if b.relation.Many {
			out.branches[i], err = r.connection(b, keys)
		} else {
			out.branches[i].found, err = r.fetch(b.rows, &orm.Read{Path: b.path, From: b.table, Via: b.relation, Keys: keys, Select: b.rows.selection})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// may tells whether the viewer may write a row, by what its columns hold; known is false if other rows decide.
func (r *run) may(c *can, row []any) (may, known bool) {
	writes := c.source.table.Writes()
	return writes.Of(orm.ViewerOf(r.ctx), func(column *orm.Column) any {
		return row[c.source.base+c.owners[slices.Index(writes.Columns(), column)]]
	})
}

// undecided are the keys of rows of which other rows decide whether the viewer may write them, in order.
func (r *run) undecided(c *can, rows *orm.Rows) (keys []int64) {
	for i := range rows.Len() {
		if _, known := r.may(c, rows.Row(i)); !known {
			if key, ok := rows.Row(i)[c.source.base].(int64); ok {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// keysIn are the distinct keys in a column, in order.
func keysIn(rows *orm.Rows, column int) []int64 {
	keys := make([]int64, 0, rows.Len())
	for i := range rows.Len() {
		if key, ok := rows.Row(i)[column].(int64); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// connection runs a connection's statements for all its parents.
func (r *run) connection(b *branch, keys []int64) (related, error) {
	var out related
	var err error
	if out.page, err = b.pageOf(r.variables); err != nil {
		return out, err
	}
	out.summaries = make([]summarized, len(b.summaries))
	for i, s := range b.summaries {
		if out.summaries[i], err = s.begin(r.variables); err != nil {
			return out, err
		}
	}
	if b.rows != nil {
		if rows := r.linked[b.path]; rows != nil {
			out.found, err = r.grow(b.rows, rows)
		} else {
			out.found, err = r.fetch(b.rows, b.read(out.page, keys))
		}
		if err != nil {
			return out, err
		}
	}
	if b.counts {
		out.counts, err = r.db.Count(r.ctx, &orm.Read{Path: b.path + ".totalCount", From: b.table, Via: b.relation, Keys: keys, Page: out.page})
		if err != nil {
			return out, err
		}
	}
	for i, s := range b.summaries {
		if err := r.summarize(b, s, &out.summaries[i], out.page, keys); err != nil {
			return out, err
		}
	}
	return out, nil
}

// pageOf is the page that is asked for.
func (b *branch) pageOf(variables map[string]any) (*orm.Page, error) {
	if b.page != nil {
		return b.page, nil
	}
	return Page(b.coordinate, b.table, b.field, variables)
}

// read is the Read of its rows.
func (b *branch) read(page *orm.Page, keys []int64) *orm.Read {
	return &orm.Read{Path: b.path, From: b.table, Via: b.relation, Keys: keys, Select: b.rows.selection, Link: b.links, Page: page, Within: !b.beyond}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
