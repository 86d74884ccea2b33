package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
)

// A Planner answers root fields of queries by plans. It is safe for concurrent use.
type Planner struct {
	db     *db.DB
	schema *ast.Schema
	plans  *lru.Cache[planKey, *root]
}

// A planKey tells compiled root fields apart: a document is parsed once and has an identity; what @skip and @include
// leave of it depends on Boolean variables.
type planKey struct {
	operation *ast.OperationDefinition
	alias     string
	booleans  string
}

const keptPlans = 2000

// New answers a planner of schema's queries over database.
func New(database *db.DB, schema *ast.Schema) *Planner {
	plans, _ := lru.New[planKey, *root](keptPlans) // a positive size is no error
	return &Planner{db: database, schema: schema, plans: plans}
}

// Field answers the current root field as JSON. ok is false if the field is not the planner's: it leads to no entity.
// On an error nothing is known about the answer, and resolvers must give it or the reason why not.
func (p *Planner) Field(ctx context.Context) (json []byte, ok bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			ok, err = true, fmt.Errorf("panic in the plan: %v", r)
		}
	}()
	operation := graphql.GetOperationContext(ctx)
	f := graphql.GetRootFieldContext(ctx).Field
	key := planKey{operation.Operation, f.Alias, booleans(operation)}
	plan, found := p.plans.Get(key)
	if !found {
		c := &compiler{operation: operation, schema: p.schema}
		plan = c.compile(f)
		p.plans.Add(key, plan)
	}
	if plan == nil {
		return nil, false, nil
	}
	r := &run{db: p.db, ctx: ctx, variables: operation.Variables}
	err = plan.run(r)
	return r.out, true, err
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
	db        *db.DB
	ctx       context.Context
	variables map[string]any
	out       []byte
}

// found is what a fetch answered, and what its branches did.
type found struct {
	rows     *db.Rows
	branches []related
}

type related struct {
	*found
	page   *db.Page
	counts map[int64]int
}

func (p *root) run(r *run) error {
	switch p.kind {
	case rowRoot:
		return p.row(r)
	case nodeRoot:
		table, key, err := Node(p.branch.field, r.variables)
		if err != nil {
			return err
		}
		return p.lookUp(r, LookUp{Column: table.KeyColumn(), Key: key})
	case nodesRoot:
		return p.nodes(r)
	}
	related, err := r.connection(p.branch, nil)
	if err != nil {
		return err
	}
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
		r.out = append(r.out, "null"...)
		return nil
	}
	o := p.objects[l.Column.Table]
	read := &db.Read{Path: p.branch.path, From: l.Column.Table, By: l.Column, Select: o.fetch.selection}
	if l.Column.Kind == db.Key {
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
		table *db.Table
		key   int64
	}
	places := make([]place, len(ids))
	keys := map[*db.Table][]int64{}
	for i := range ids {
		table, key, err := IDAt(ids, i)
		if err != nil {
			return err
		}
		places[i] = place{table, key}
		keys[table] = append(keys[table], key)
	}
	answers := map[*db.Table]*found{}
	for _, table := range db.Tables {
		if len(keys[table]) == 0 {
			continue
		}
		o := p.objects[table]
		slices.Sort(keys[table])
		answers[table], err = r.fetch(o.fetch, &db.Read{Path: p.branch.path, From: table, By: table.KeyColumn(), Keys: slices.Compact(keys[table]), Select: o.fetch.selection})
		if err != nil {
			return err
		}
	}
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

// fetch runs one statement, and those of the branches that grow from its rows.
func (r *run) fetch(f *fetch, read *db.Read) (*found, error) {
	rows, err := r.db.Read(r.ctx, read)
	if err != nil {
		return nil, err
	}
	out := &found{rows: rows}
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
			out.branches[i].found, err = r.fetch(b.rows, &db.Read{Path: b.path, From: b.table, Via: b.relation, Keys: keys, Select: b.rows.selection})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// keysIn are the distinct keys in a column, in order.
func keysIn(rows *db.Rows, column int) []int64 {
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
	out := related{page: b.page}
	var err error
	if out.page == nil {
		if out.page, err = Page(b.coordinate, b.table, b.field, r.variables); err != nil {
			return out, err
		}
	}
	if b.rows != nil {
		out.found, err = r.fetch(b.rows, &db.Read{Path: b.path, From: b.table, Via: b.relation, Keys: keys, Select: b.rows.selection, Page: out.page})
		if err != nil {
			return out, err
		}
	}
	if b.counts {
		out.counts, err = r.db.Count(r.ctx, &db.Read{Path: b.path + ".totalCount", From: b.table, Via: b.relation, Keys: keys, Page: out.page})
	}
	return out, err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
