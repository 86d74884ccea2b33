package graph_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// What a client was promised by the last release is still there: types, fields, arguments and their nullability, values
// of enums, inputs, directives.
func TestReleasedSchemaIsKept(t *testing.T) {
	text, err := os.ReadFile("../docs/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	released := parseSchema(t, string(text))
	for _, fault := range breaks(released, loadSchema(t)) {
		t.Error(fault)
	}
	if len(released.Types) < 50 {
		t.Errorf("%d types are released: a comparison with nothing always holds", len(released.Types))
	}
}

func parseSchema(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestReleasedSchemaBites breaks each promise once, and adds what may be added.
func TestReleasedSchemaBites(t *testing.T) {
	const released = `
		directive @dry(if: Boolean! = true, how: Int) on MUTATION | QUERY
		interface Node { id: ID! }
		type A implements Node { id: ID! name: String list(first: Int = 20, in: [In!]): [A!]! }
		type B { id: ID! }
		union AB = A | B
		enum E { ONE TWO }
		input In { a: Int b: E! = ONE }
		input By @oneOf { id: ID name: String }
		scalar T
		type Query { a(by: By): A e(in: In!, t: T): E ab: AB }`
	for _, c := range []struct{ schema, want string }{
		{released, ""},
		{`directive @dry(if: Boolean! = true, how: Int, also: Int) repeatable on MUTATION | QUERY | FIELD
		directive @more on FIELD
		interface Node { id: ID! more: Int }
		interface Other { id: ID! }
		type A implements Node & Other { id: ID! more: Int name: String! list(first: Int = 20, in: [In!], more: Int! = 1): [A!]! }
		type B { id: ID! }
		type C { id: ID! }
		union AB = A | B | C
		enum E { ONE TWO THREE }
		input In { a: Int b: E! = ONE more: Int! = 2 }
		input By @oneOf { id: ID name: String more: Int }
		scalar T
		type Query { a(by: By): A e(in: In, t: T): E ab: AB more: C }`, ""},
		{`type Query { a(by: By): A e(in: In!, t: T): E ab: AB } union AB = A | B input In { a: Int b: E! = ONE } scalar T input By @oneOf { id: ID name: String }
		directive @dry(if: Boolean! = true, how: Int) on MUTATION | QUERY
		interface Node { id: ID! } type A { id: ID! list(first: Int = 10, in: [In]): [A!] } type B { id: ID! } enum E { ONE }`,
			"A is no longer a Node, A.list is [A!] and was [A!]!, A.list(first:) is 10 by default and was 20, A.name is gone, E.TWO is gone"},
		{`type Query { a(by: By, must: Int!): A e(in: In!, t: T!): E ab: AB } union AB = A input In { a: Int! b: E! must: Int! } enum T { X } input By { id: ID name: String }
		directive @dry(if: Boolean! = true) on MUTATION
		interface Node { id: ID! } type A implements Node { id: ID! name: Int list(first: Int = 20, in: [In!]!): [A!]! } type B { id: ID! } enum E { ONE TWO }`,
			"@dry is no longer allowed on QUERY, @dry(how:) is gone, A.list(in:) is [In!]! and was [In!], A.name is Int and was String, AB is no longer a B, " +
				"By has lost @oneOf, In.a is Int! and was Int, In.b has no default and had ONE, In.must is new and required, Query.a(must:) is new and required, " +
				"Query.e(t:) is T! and was T, T is ENUM and was SCALAR"},
		{`type Query { e: Int }`, "@dry is gone, A is gone, AB is gone, B is gone, By is gone, E is gone, In is gone, Node is gone, Query.a is gone, Query.ab is gone, " +
			"Query.e is Int and was E, Query.e(in:) is gone, Query.e(t:) is gone, T is gone"},
	} {
		if got := strings.Join(breaks(parseSchema(t, released), parseSchema(t, c.schema)), ", "); got != c.want {
			t.Errorf("found\n%s, want\n%s", got, c.want)
		}
	}
}

// breaks is what a client of the old schema may miss in the new one, a sentence each, sorted.
func breaks(was, is *ast.Schema) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	arguments := func(of string, was, is ast.ArgumentDefinitionList) {
		for _, old := range was {
			name := of + "(" + old.Name + ":)"
			if a := is.ForName(old.Name); a == nil {
				fault("%s is gone", name)
			} else {
				checkInput(fault, name, old.Type, a.Type, old.DefaultValue, a.DefaultValue)
			}
		}
		for _, a := range is {
			if was.ForName(a.Name) == nil && a.Type.NonNull && a.DefaultValue == nil {
				fault("%s(%s:) is new and required", of, a.Name)
			}
		}
	}
	for name, old := range was.Types {
		now := is.Types[name]
		if now == nil {
			fault("%s is gone", name)
			continue
		}
		if now.Kind != old.Kind {
			fault("%s is %s and was %s", name, now.Kind, old.Kind)
			continue
		}
		for _, i := range old.Interfaces {
			if !slices.Contains(now.Interfaces, i) {
				fault("%s is no longer a %s", name, i)
			}
		}
		for _, member := range old.Types {
			if !slices.Contains(now.Types, member) {
				fault("%s is no longer a %s", name, member)
			}
		}
		for _, v := range old.EnumValues {
			if now.EnumValues.ForName(v.Name) == nil {
				fault("%s.%s is gone", name, v.Name)
			}
		}
		if (old.Directives.ForName("oneOf") == nil) != (now.Directives.ForName("oneOf") == nil) {
			fault("%s has %s @oneOf", name, map[bool]string{true: "lost", false: "got"}[now.Directives.ForName("oneOf") == nil])
		}
		for _, f := range old.Fields {
			field := now.Fields.ForName(f.Name)
			switch {
			case field == nil:
				fault("%s.%s is gone", name, f.Name)
			case old.Kind == ast.InputObject:
				checkInput(fault, name+"."+f.Name, f.Type, field.Type, f.DefaultValue, field.DefaultValue)
			default:
				if !narrower(field.Type, f.Type) {
					fault("%s.%s is %s and was %s", name, f.Name, field.Type, f.Type)
				}
				arguments(name+"."+f.Name, f.Arguments, field.Arguments)
			}
		}
		for _, f := range now.Fields {
			if old.Kind == ast.InputObject && old.Fields.ForName(f.Name) == nil && f.Type.NonNull && f.DefaultValue == nil {
				fault("%s.%s is new and required", name, f.Name)
			}
		}
	}
	for name, old := range was.Directives {
		now := is.Directives[name]
		if now == nil {
			fault("@%s is gone", name)
			continue
		}
		arguments("@"+name, old.Arguments, now.Arguments)
		for _, l := range old.Locations {
			if !slices.Contains(now.Locations, l) {
				fault("@%s is no longer allowed on %s", name, l)
			}
		}
	}
	slices.Sort(faults)
	return faults
}

func checkInput(fault func(string, ...any), name string, was, is *ast.Type, wasDefault, isDefault *ast.Value) {
	if !narrower(was, is) {
		fault("%s is %s and was %s", name, is, was)
	}
	switch {
	case wasDefault == nil:
	case isDefault == nil:
		fault("%s has no default and had %s", name, wasDefault)
	case isDefault.String() != wasDefault.String():
		fault("%s is %s by default and was %s", name, isDefault, wasDefault)
	}
}

// narrower tells whether every value of type a is one of type b.
func narrower(a, b *ast.Type) bool {
	if b.NonNull && !a.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return narrower(a.Elem, b.Elem)
	}
	return a.NamedType == b.NamedType
}
