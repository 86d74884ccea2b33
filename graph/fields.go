package graph

import (
	"context"
	"io"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
	"kith/loaders"
)

type gqlError = gqlerror.Error

// rawJSON is a value that is JSON already.
type rawJSON []byte

// MarshalGQL writes the JSON.
func (j rawJSON) MarshalGQL(w io.Writer) {
	w.Write(j) //nolint:errcheck // a Marshaler has no way to report it
}

// aroundField tells the loaders how many fields that may ask them an answer brings, so that they know when nobody is left
// to ask.
func (s *server) aroundField(ctx context.Context, next graphql.Resolver) (answer any, err error) {
	field := graphql.GetFieldContext(ctx)
	switch {
	case field.Object == "Mutation":
		return s.aroundMutation(ctx, next)
	case field.Object == "Query" || s.concurrent(s.schema.Types[field.Object], field.Field.Name):
		return s.counted(ctx, next)
	case s.schema.Types[field.Field.Definition.Type.Name()].IsLeafType():
		return next(ctx)
	}
	// A field of a payload: one of them runs at a time, so that it is not announced but announces itself.
	loaders.Expect(ctx, 1)
	return s.counted(ctx, next)
}

func (s *server) counted(ctx context.Context, next graphql.Resolver) (answer any, err error) {
	n := 0
	defer func() { loaders.Done(ctx, n) }() // also after a panic
	answer, err = next(ctx)
	if err == nil {
		n = s.children(ctx, answer)
	}
	return answer, err
}

// concurrent tells whether gqlgen resolves a field beside its siblings, in a goroutine of its own: what has a resolver,
// all of a connection, the node of an edge.
func (s *server) concurrent(parent *ast.Definition, field string) bool {
	if db.TableOf(parent.Name) != nil {
		return s.resolved[[2]string{parent.Name, field}]
	}
	return parent.Fields.ForName("nodes") != nil && parent.Name != "Query" || field == "node" && parent.Fields.ForName("cursor") != nil
}

// resolved are the fields of entities that have a resolver: relations, and what is written beside the page.
func resolved(schema *ast.Schema) map[[2]string]bool {
	out := map[[2]string]bool{}
	for _, table := range db.Tables {
		resolvers := reflect.ValueOf(&Resolver{}).MethodByName(table.Type)
		if !resolvers.IsValid() {
			continue
		}
		methods := resolvers.Type().Out(0)
		for _, f := range schema.Types[table.Type].Fields {
			for i := range methods.NumMethod() {
				if strings.EqualFold(methods.Method(i).Name, f.Name) {
					out[[2]string{table.Type, f.Name}] = true
				}
			}
		}
	}
	return out
}

// children is how many fields gqlgen is going to resolve side by side in an answer.
func (s *server) children(ctx context.Context, answer any) int {
	field := graphql.GetFieldContext(ctx).Field
	definition := s.schema.Types[field.Definition.Type.Name()]
	if definition == nil || definition.IsLeafType() || answer == nil {
		return 0
	}
	v := reflect.ValueOf(answer)
	if v.Kind() != reflect.Slice {
		return s.fieldsOf(ctx, field, definition, v)
	}
	n := 0
	for i := range v.Len() {
		n += s.fieldsOf(ctx, field, definition, v.Index(i))
	}
	return n
}

func (s *server) fieldsOf(ctx context.Context, field graphql.CollectedField, definition *ast.Definition, v reflect.Value) int {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0
		}
		v = v.Elem()
	}
	if definition.IsAbstractType() {
		definition = s.schema.Types[v.Type().Name()] // entities are named as their types are
	}
	satisfies := append([]string{definition.Name}, definition.Interfaces...)
	n := 0
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), field.Selections, satisfies) {
		if f.Name != "__typename" && s.concurrent(definition, f.Name) {
			n++
		}
	}
	return n
}

// fieldPath names a place in the answer as the plan does: response keys without indexes.
func fieldPath(ctx context.Context) string {
	var names []string
	for f := graphql.GetFieldContext(ctx); f != nil; f = f.Parent {
		if f.Index == nil && f.Field.Field != nil {
			names = append(names, f.Field.Alias)
		}
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ".")
}
