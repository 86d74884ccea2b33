package document

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// coerce answers an operation's variables as their types want them: Int is an int64, ID a string, an enum one of its
// names, defaults are filled in. Its error names the first variable that does not fit, and where; what the schema calls
// things is in it only if it may be introspected.
func coerce(schema *ast.Schema, introspection bool, operation *ast.OperationDefinition, given map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(operation.VariableDefinitions))
	for _, v := range operation.VariableDefinitions {
		c := coercion{schema: schema, introspection: introspection, name: v.Variable}
		value, found := given[v.Variable]
		switch {
		case !found && v.DefaultValue != nil:
			literal, err := v.DefaultValue.Value(nil)
			if err != nil {
				return nil, c.wrong("must have another default")
			}
			value = literal
		case !found && v.Type.NonNull:
			return nil, c.wrong("is required")
		case !found:
			continue
		case value == nil && v.DefaultValue != nil && v.Type.NamedType == "Boolean":
			return nil, c.wrong("must not be null") // @skip and @include take a variable with a default
		}
		value, err := c.value(v.Type, value)
		if err != nil {
			return nil, err
		}
		out[v.Variable] = value
	}
	return out, nil
}

type coercion struct {
	schema        *ast.Schema
	introspection bool
	name          string
	path          []string // in the variable
}

// misfit is wrong where what is said of it names a type.
func (c *coercion) misfit(what string) error {
	if !c.introspection {
		what = "does not fit its type"
	}
	return c.wrong(what)
}

func (c *coercion) wrong(what string) error {
	return orm.Errorf(validationFailed, "%s %s", Shorten("$"+c.name+strings.Join(c.path, ""), 200), what)
}

func (c *coercion) value(t *ast.Type, v any) (any, error) {
	switch {
	case v == nil && t.NonNull:
		return nil, c.wrong("must not be null")
	case v == nil:
		return nil, nil
	case t.Elem != nil:
		items, isList := v.([]any)
		if !isList {
			items = []any{v} // one item stands for a list of itself
		}
		out := make([]any, len(items))
		for i, item := range items {
			var err error
			c.path = append(c.path, "["+strconv.Itoa(i)+"]")
			if out[i], err = c.value(t.Elem, item); err != nil {
				return nil, err
			}
			c.path = c.path[:len(c.path)-1]
		}
		return out, nil
	}
	definition := c.schema.Types[t.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return c.object(definition, v)
	case ast.Enum:
		if name, ok := v.(string); !ok || definition.EnumValues.ForName(name) == nil {
			return nil, c.misfit("must be a value of " + definition.Name)
		}
		return v, nil
	}
	if t.NamedType == anyScalar {
		return v, nil
	}
	if v, ok := scalar(t.NamedType, v); ok {
		return v, nil
	}
	if kind, ok := orm.ScalarKind(t.NamedType); ok {
		return nil, c.wrong("must be " + kind.Noun())
	}
	return nil, c.misfit("must be " + article(t.NamedType))
}

func (c *coercion) object(definition *ast.Definition, v any) (any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, c.misfit("must be an object of " + definition.Name)
	}
	out := make(map[string]any, len(object))
	for _, f := range definition.Fields {
		c.path = append(c.path, "."+f.Name)
		given, found := object[f.Name]
		switch {
		case found:
			var err error
			if out[f.Name], err = c.value(f.Type, given); err != nil {
				return nil, err
			}
		case f.Type.NonNull && f.DefaultValue == nil && !c.introspection:
			c.path = c.path[:len(c.path)-1]
			return nil, c.wrong("lacks a field that is required")
		case f.Type.NonNull && f.DefaultValue == nil:
			return nil, c.wrong("is required")
		}
		c.path = c.path[:len(c.path)-1]
	}
	if len(out) < len(object) {
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if definition.Fields.ForName(name) == nil {
				what := "has no field `" + Shorten(name, 50) + "`"
				if c.introspection {
					what += ": it is of " + definition.Name
				}
				return nil, c.wrong(what)
			}
		}
	}
	return out, nil
}

// scalar is v as the named type wants it.
func scalar(name string, v any) (any, bool) {
	if kind, ok := orm.ScalarKind(name); ok {
		_, ok := kind.Read(v)
		return v, ok
	}
	switch v := v.(type) {
	case string:
		return v, name == "String" || name == "ID"
	case bool:
		return v, name == "Boolean"
	case int64: // the default of a variable
		return scalar(name, json.Number(strconv.FormatInt(v, 10)))
	case float64:
		return scalar(name, json.Number(strconv.FormatFloat(v, 'f', -1, 64)))
	case json.Number:
		switch name {
		case "Int":
			n, ok := whole(v)
			return n, ok && n >= math.MinInt32 && n <= math.MaxInt32
		case "ID":
			n, err := strconv.ParseInt(v.String(), 10, 64)
			return strconv.FormatInt(n, 10), err == nil
		case "Float":
			f, err := v.Float64()
			return f, err == nil
		}
	}
	return nil, false
}

// whole is a number without a fraction, however it is written: 1, 1.0, 1e0.
func whole(n json.Number) (int64, bool) {
	if i, err := n.Int64(); err == nil {
		return i, true
	}
	f, err := n.Float64()
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53
}

func article(name string) string {
	if strings.ContainsRune("AEIOU", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}
