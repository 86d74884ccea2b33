package graph

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
	"kith/graph/plan"
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
	case field.Object == "Query" && field.Field.Definition.Type.NonNull:
		return s.counted(ctx, func(ctx context.Context) (any, error) { return required(next(ctx)) })
	case s.announced(field):
		return s.counted(ctx, next)
	case field.Field.Definition.Type.Name() == s.schema.Query.Name: // of a payload, whoever made it
		next = func(context.Context) (any, error) { return &model.Query{}, nil }
	case s.schema.Types[field.Field.Definition.Type.Name()].IsLeafType():
		answer, _, err := s.resolved(ctx, next)
		return answer, err
	}
	// A field of a payload: one of them runs at a time, so that it is not announced but announces itself.
	loaders.Expect(ctx, 1)
	return s.counted(ctx, next)
}

func (s *server) counted(ctx context.Context, next graphql.Resolver) (answer any, err error) {
	n := 0
	defer func() { loaders.Done(ctx, n) }() // also after a panic
	answer, n, err = s.resolved(ctx, next)
	return answer, err
}

// required is the answer of a root field that the schema says is never null: gqlgen takes it for nullable, and does not look
// (graph/generate/alone.go).
func required(answer any, err error) (any, error) {
	v := reflect.ValueOf(answer)
	switch {
	case err != nil:
	case v.Kind() == reflect.Slice && v.IsNil():
		answer = reflect.MakeSlice(v.Type(), 0, 0).Interface()
	case answer == nil, v.Kind() == reflect.Pointer && v.IsNil():
		err = orm.Errorf(orm.Internal, "the resolver answers null where none may be")
	}
	return answer, err
}

// announced tells whether the loaders have been told of a field before it runs: begin tells of root fields, children of the
// others.
func (s *server) announced(field *graphql.FieldContext) bool {
	return s.concurrent(s.schema.Types[field.Object], field.Field.Name)
}

// present is the executor's: an error may be all that is heard of an announced field. gqlgen refuses arguments before it
// calls a resolver, and reports that on the field without arguments. What coerce and the rules leave to it is the null of
// a variable that has a default, where no null may be.
func (s *server) present(ctx context.Context, err error) *gqlError {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Field.Field == nil || field.Args != nil || len(field.Field.Definition.Arguments) == 0 {
		return present(ctx, err)
	}
	if s.announced(field) {
		loaders.Done(ctx, 0)
	}
	if known := (*orm.Error)(nil); !errors.As(err, &known) {
		err = orm.Errorf(orm.BadRequest, "a variable in the arguments is null where none may be")
	}
	return present(ctx, err)
}

// resolved resolves a field, takes what its answer needs from the operation's budget, and tells how many fields gqlgen is
// going to resolve side by side in it. Of an operation at its end nothing more is resolved: its fields are null, without
// an error for each, since it answers another error in their place.
func (s *server) resolved(ctx context.Context, next graphql.Resolver) (answer any, children int, err error) {
	budget := operationOf(ctx).budget
	if budget.Err() == nil {
		answer, err = next(ctx)
		if err == nil {
			e := s.look(ctx, answer)
			children = e.children
			budget.Reserve(e.tree)  //nolint:errcheck // Err tells
			budget.Write(e.written) //nolint:errcheck // Err tells
		}
	}
	if budget.Err() != nil {
		return graphql.Null, 0, nil
	}
	return answer, children, err
}

// concurrent tells whether gqlgen resolves a field beside its siblings, in a goroutine of its own: what has a resolver,
// all of Query and of a connection, the node of an edge and its snippet, the key of a group.
func (s *server) concurrent(parent *ast.Definition, field string) bool {
	if s.resolvers[[2]string{parent.Name, field}] || db.Model.TableOf(parent.Name) != nil {
		return s.resolvers[[2]string{parent.Name, field}]
	}
	return parent == s.schema.Query || parent.Fields.ForName("nodes") != nil || (field == "node" || field == "snippet") && parent.Fields.ForName("cursor") != nil ||
		field == "key" && parent.Fields.ForName("aggregate") != nil
}

// resolvers are the fields of entities, and of the keys of their groups, that have a resolver: relations, and what is written
// beside the page.
func resolversOf(schema *ast.Schema) map[[2]string]bool {
	out := map[[2]string]bool{}
	for _, table := range db.Model.Tables() {
		for _, typeName := range []string{table.Type, table.Type + "GroupKey"} {
			resolvers := reflect.ValueOf(&Resolver{}).MethodByName(typeName)
			if !resolvers.IsValid() {
				continue
			}
			methods := resolvers.Type().Out(0)
			for _, f := range schema.Types[typeName].Fields {
				for i := range methods.NumMethod() {
					if strings.EqualFold(methods.Method(i).Name, f.Name) {
						out[[2]string{typeName, f.Name}] = true
					}
				}
			}
		}
	}
	return out
}

// An expansion is what becomes of a field's answer.
type expansion struct {
	children int // fields that gqlgen is going to resolve side by side in it
	tree     int // bytes that gqlgen takes for it before it writes
	written  int // bytes of JSON, without those of the fields in it
}

// gqlgen keeps about so many bytes for each object, which may have a goroutine, and each field until it writes.
const (
	treeObject = 1 << 10
	treeField  = 64
)

// look foresees what becomes of a field's answer.
func (s *server) look(ctx context.Context, answer any) expansion {
	field := graphql.GetFieldContext(ctx).Field
	definition := s.schema.Types[field.Definition.Type.Name()]
	if definition == nil || definition.IsLeafType() || answer == nil {
		return expansion{written: leafBytes(answer)}
	}
	if _, planned := answer.(graphql.Marshaler); planned { // it is written, and has been counted
		return expansion{}
	}
	v := reflect.ValueOf(answer)
	if v.Kind() != reflect.Slice {
		return s.lookInto(ctx, field, definition, v)
	}
	e := expansion{written: len("[]") + max(0, v.Len()-1)*len(",")}
	for i := range v.Len() {
		one := s.lookInto(ctx, field, definition, v.Index(i))
		e.children += one.children
		e.tree += one.tree
		e.written += one.written
	}
	return e
}

func (s *server) lookInto(ctx context.Context, field graphql.CollectedField, definition *ast.Definition, v reflect.Value) expansion {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return expansion{written: len("null")}
		}
		v = v.Elem()
	}
	if definition.IsAbstractType() {
		definition = s.schema.Types[v.Type().Name()] // entities are named as their types are
	}
	satisfies := []string{definition.Name}
	for _, abstract := range s.schema.Implements[definition.Name] {
		satisfies = append(satisfies, abstract.Name)
	}
	fields := graphql.CollectFields(graphql.GetOperationContext(ctx), field.Selections, satisfies)
	e := expansion{tree: treeObject + len(fields)*treeField, written: len("{}") + max(0, len(fields)-1)*len(",")}
	for _, f := range fields {
		e.written += len(`"":`) + len(f.Alias)
		switch {
		case f.Name == "__typename":
			e.written += len(`""`) + len(definition.Name)
		case s.concurrent(definition, f.Name):
			e.children++
		}
	}
	return e
}

// leafBytes is how many bytes a scalar or an enum, or a list of them, takes in the answer, or a few less.
func leafBytes(v any) int {
	switch v := v.(type) {
	case string:
		return plan.StringBytes(v)
	case *string:
		if v != nil {
			return plan.StringBytes(*v)
		}
	case []string:
		n := len("[]")
		for _, s := range v {
			n += plan.StringBytes(s)
		}
		return n
	case time.Time:
		return len(`"0000-00-00T00:00:00.000000Z"`)
	}
	if text := reflect.Indirect(reflect.ValueOf(v)); text.Kind() == reflect.String { // of a kind or an enum
		return text.Len()
	}
	return 1
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
