package plan

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// Page reads the arguments of a connection field, whose rows are of table. Its errors are orm.BadRequest.
func Page(coordinate string, table *orm.Table, field *ast.Field, variables map[string]any) (*orm.Page, error) {
	args := field.ArgumentMap(variables)
	var page orm.PageArgs
	var err error
	if page.First, err = integer(args["first"]); err != nil {
		return nil, orm.Errorf(orm.BadRequest, "`first` must be between 0 and %d", orm.MaxPage)
	}
	if page.Last, err = integer(args["last"]); err != nil {
		return nil, orm.Errorf(orm.BadRequest, "`last` must be between 0 and %d", orm.MaxPage)
	}
	page.After, page.Before = text(args["after"]), text(args["before"])
	if page.Offset, err = integer(args["offset"]); err != nil {
		return nil, orm.Errorf(orm.BadRequest, "`offset` must be between 0 and %d", orm.MaxOffset)
	}
	for _, item := range list(args["orderBy"]) {
		step, _ := item.(map[string]any)
		order, err := orm.ParseOrder(table, step)
		if err != nil {
			return nil, err
		}
		page.Order = append(page.Order, order)
	}
	for _, item := range list(args["distinct"]) {
		name, _ := item.(string)
		column := table.DistinctColumn(name)
		if column == nil {
			return nil, orm.Errorf(orm.BadRequest, "`distinct` cannot be %s", name)
		}
		if !slices.Contains(page.Distinct, column) {
			page.Distinct = append(page.Distinct, column)
		}
	}
	where, _ := args["where"].(map[string]any)
	if page.Where, err = orm.ParseWhere(table, where); err != nil {
		return nil, err
	}
	return orm.NewPage(coordinate, table, page)
}

func integer(v any) (*int, error) {
	var n int64
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number:
		var err error
		if n, err = v.Int64(); err != nil {
			return nil, err
		}
	case float64:
		n = int64(v)
	}
	i := int(n)
	return &i, nil
}

func text(v any) *string {
	switch v := v.(type) {
	case string:
		return &v
	case json.Number:
		s := v.String()
		return &s
	}
	return nil
}

// list is a list argument; one item stands for a list of itself.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// A LookUp says which row a field such as `user(by:)` means: the one whose column holds a key or a text.
type LookUp struct {
	Column *orm.Column // nil: there can be no such row
	Key    int64
	Text   string
}

// RowOf reads the arguments of a field that leads to one row of table: `id`, `by`, or none for the viewer. Its errors
// are orm.BadRequest and name the argument.
func RowOf(ctx context.Context, table *orm.Table, field *ast.Field, variables map[string]any) (LookUp, error) {
	if len(field.Definition.Arguments) == 0 {
		if key := orm.ViewerOf(ctx).Key; key != 0 {
			return LookUp{Column: table.KeyColumn(), Key: key}, nil
		}
		return LookUp{}, nil
	}
	if by := field.Arguments.ForName("by"); by != nil && by.Value.Kind == ast.ObjectValue && len(by.Value.Children) == 1 {
		// By far the most look-ups are written so, and need no map of maps.
		child := by.Value.Children[0]
		v, err := child.Value.Value(variables)
		if err != nil {
			return LookUp{}, orm.Errorf(orm.BadRequest, "`by.%s` is malformed", child.Name)
		}
		return lookUpBy(ctx, table, child.Name, v)
	}
	args := field.ArgumentMap(variables)
	if v, ok := args["id"]; ok {
		return byID(ctx, table, "id", v)
	}
	by, _ := args["by"].(map[string]any)
	if len(by) != 1 {
		return LookUp{}, orm.Errorf(orm.BadRequest, "`by` must have exactly one field")
	}
	for name, v := range by {
		return lookUpBy(ctx, table, name, v)
	}
	return LookUp{}, nil // not reached: there is one
}

func lookUpBy(ctx context.Context, table *orm.Table, name string, v any) (LookUp, error) {
	if v == nil {
		return LookUp{}, orm.Errorf(orm.BadRequest, "`by.%s` must not be null", name)
	}
	if name == "id" {
		return byID(ctx, table, "by.id", v)
	}
	if s := text(v); s != nil {
		if strings.ContainsRune(*s, 0) {
			return LookUp{}, nil // no stored text holds it
		}
		column := table.Field(name)
		return LookUp{Column: column, Text: column.Normal(*s)}, nil
	}
	return LookUp{}, orm.Errorf(orm.BadRequest, "`by` must have exactly one field")
}

func byID(ctx context.Context, table *orm.Table, argument string, v any) (LookUp, error) {
	if s := text(v); s != nil {
		if key, ok := table.Seek(ctx, *s); ok {
			return LookUp{Column: table.KeyColumn(), Key: key}, nil
		}
	}
	return LookUp{}, orm.Errorf(orm.BadRequest, "`%s` is not an id of the right type", argument)
}

// MaxNodes is how many ids `nodes` takes.
const MaxNodes = 100

// Node reads the argument of `node`.
func Node(ctx context.Context, model *orm.Model, field *ast.Field, variables map[string]any) (*orm.Table, int64, error) {
	return node(ctx, model, "id", field.ArgumentMap(variables)["id"])
}

func node(ctx context.Context, model *orm.Model, argument string, v any) (*orm.Table, int64, error) {
	if s := text(v); s != nil {
		if table, key, ok := model.Seek(ctx, *s); ok {
			return table, key, nil
		}
	}
	return nil, 0, orm.Errorf(orm.BadRequest, "`%s` is not an id", argument)
}

// Representations begins the name of a variable, as no client can write it, that stands for what a gateway names objects by. It holds
// ids, as many as a list may have.
const Representations = " representations "

// IDs reads the argument of `nodes`.
func IDs(field *ast.Field, variables map[string]any) ([]any, error) {
	ids := list(field.ArgumentMap(variables)["ids"])
	if given := field.Arguments.ForName("ids"); len(ids) > MaxNodes && !(given.Value.Kind == ast.Variable && strings.HasPrefix(given.Value.Raw, Representations)) {
		return nil, orm.Errorf(orm.BadRequest, "`ids` must have at most %d items", MaxNodes)
	}
	return ids, nil
}

// IDAt reads one item of `ids`.
func IDAt(ctx context.Context, model *orm.Model, ids []any, i int) (*orm.Table, int64, error) {
	return node(ctx, model, "ids", ids[i])
}
