package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
	"kith/db/orm"
	"kith/graph/plan"
	"kith/loaders"
)

// The resolvers of relations and roots are one line over these. Arguments are read from the document, by the same code
// as the plan reads them, so that both ways of answering take and refuse the same; gqlgen's typed copies go unused.

// one is the row that parent is related to.
func one[P, T any](ctx context.Context, relation orm.ToOne[P, T], parent *P) (*T, error) {
	return loaders.One(ctx, relation, parent)
}

// many is the connection of rows that parent is related to.
func many[P, T any](ctx context.Context, relation orm.ToMany[P, T], parent *P) (*orm.Connection[T], error) {
	page, err := pageOf(ctx, relation.Coordinate(), relation.To)
	if err != nil {
		return nil, err
	}
	return loaders.Many(ctx, relation, parent, page), nil
}

// all is the connection of a whole table.
func all[T any](ctx context.Context, table orm.Entity[T]) (*orm.Connection[T], error) {
	coordinate := "Query." + graphql.GetFieldContext(ctx).Field.Name
	page, err := pageOf(ctx, coordinate, table.Table)
	if err != nil {
		return nil, err
	}
	return loaders.All(ctx, table, coordinate, page), nil
}

// aggregate is what all rows of a connection come to.
func aggregate[T any](ctx context.Context, table orm.Entity[T], of *orm.Connection[T]) (*orm.Aggregated, error) {
	asked, rows, err := summarize(ctx, table, of)
	if err != nil || len(rows) == 0 { // nothing of it is asked
		return &orm.Aggregated{Asked: asked}, err
	}
	return aggregated(table.Table, asked, rows[0]), nil
}

// groups are what the groups of a connection's rows come to.
func groups[T any](ctx context.Context, table orm.Entity[T], of *orm.Connection[T]) ([]*orm.Grouped, error) {
	asked, rows, err := summarize(ctx, table, of)
	out := make([]*orm.Grouped, len(rows))
	for i, row := range rows {
		out[i] = &orm.Grouped{Row: aggregated(table.Table, asked, row)}
	}
	return out, err
}

func summarize[T any](ctx context.Context, table orm.Entity[T], of *orm.Connection[T]) (*orm.Summary, [][]any, error) {
	asked, err := plan.Summary(ctx, table.Table)
	if err != nil {
		return nil, nil, err
	}
	rows, err := of.Summarize(ctx, asked)
	return asked, rows, err
}

func aggregated(table *orm.Table, asked *orm.Summary, row []any) *orm.Aggregated {
	return &orm.Aggregated{Asked: asked, Row: row, Counted: func(ctx context.Context) orm.Aggregate { return plan.Counted(ctx, table) }}
}

// keyed is the row that the key of a group leads to.
func keyed[P, T any](ctx context.Context, relation orm.ToOne[P, T], key map[string]any) (*T, error) {
	of, ok := key[relation.Field].(int64)
	if !ok {
		return nil, nil // null, or groups are made by something else
	}
	return loaders.OneOf(ctx, relation, of)
}

// row is the row that the arguments `id` or `by` mean, or the viewer's.
func row[T any](ctx context.Context, table orm.Entity[T]) (*T, error) {
	l, err := plan.RowOf(ctx, table.Table, graphql.GetFieldContext(ctx).Field.Field, graphql.GetOperationContext(ctx).Variables)
	if err != nil || l.Column == nil {
		return nil, err
	}
	if l.Column.Kind == orm.Key {
		return loaders.ByKey(ctx, table, l.Key)
	}
	return loaders.ByText(ctx, table, l.Column, l.Text)
}

// pageOf reads the current field's arguments, once for all parents that the field is resolved for.
func pageOf(ctx context.Context, coordinate string, table *orm.Table) (*orm.Page, error) {
	field := graphql.GetFieldContext(ctx).Field.Field
	pages := operationOf(ctx)
	pages.mu.Lock()
	defer pages.mu.Unlock()
	if p, ok := pages.pages[field]; ok {
		return p.page, p.err
	}
	page, err := plan.Page(coordinate, table, field, graphql.GetOperationContext(ctx).Variables)
	pages.pages[field] = parsedPage{page, err}
	return page, err
}

// node is the row that `node(id:)` means.
func node(ctx context.Context) (orm.Node, error) {
	table, key, err := plan.Node(ctx, db.Model, graphql.GetFieldContext(ctx).Field.Field, graphql.GetOperationContext(ctx).Variables)
	if err != nil {
		return nil, err
	}
	found, err := loaders.Nodes(ctx, []*orm.Table{table}, []int64{key})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// nodes are the rows that `nodes(ids:)` means, in the order of the ids; a wrong id is null with an error at its index.
func nodes(ctx context.Context) ([]orm.Node, error) {
	ids, err := plan.IDs(graphql.GetFieldContext(ctx).Field.Field, graphql.GetOperationContext(ctx).Variables)
	if err != nil {
		return nil, err
	}
	var tables []*orm.Table
	var keys []int64
	places := make([]int, 0, len(ids))
	for i := range ids {
		table, key, err := plan.IDAt(ctx, db.Model, ids, i)
		if err != nil {
			path := append(graphql.GetPath(ctx), ast.PathIndex(i))
			graphql.AddError(ctx, &gqlerror.Error{Err: err, Path: path})
			continue
		}
		tables, keys, places = append(tables, table), append(keys, key), append(places, i)
	}
	found, err := loaders.Nodes(ctx, tables, keys)
	if err != nil {
		return nil, err
	}
	out := make([]orm.Node, len(ids))
	for i, place := range places {
		out[place] = found[i]
	}
	return out, nil
}
