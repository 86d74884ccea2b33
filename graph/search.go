package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"kith/db"
	"kith/db/orm"
	"kith/graph/plan"
	"kith/loaders"
)

// search is the connection of what is found in all searchable tables.
func search(ctx context.Context) (*orm.SearchConnection, error) {
	field := graphql.GetFieldContext(ctx).Field.Field
	s, err := plan.Search(db.Model, "Query."+field.Name, field, graphql.GetOperationContext(ctx).Variables)
	if err != nil {
		return nil, err
	}
	return loaders.Search(ctx, s), nil
}
