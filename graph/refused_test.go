package graph_test

import (
	"testing"

	"kith/db/orm"
)

// gqlgen refuses the null that `$f` brings to where none may be, and never calls the resolver. Whatever else was asked for
// takes the statements that it takes without it, on both ways.
func TestRefusedArguments(t *testing.T) {
	const (
		refused = `posts(orderBy: [{field: $f}]) { totalCount nodes { tags { totalCount } } }`
		beside  = `profile { fullName } b: posts(first: 2) { nodes { title tags { nodes { posts { totalCount } } } } } address { user { username } }`
	)
	eachDatabase(t, func(t *testing.T, f *fixture) {
		id := ""
		for _, name := range []string{"ada", "bob", "eve"} {
			id = signUp(t, f.Planned, name)
		}
		for place, wrap := range map[string]func(string) string{
			"a root": func(field string) string { return `{ ` + field + ` users { nodes { ` + beside + ` } } }` },
			"a list": func(field string) string { return `{ users { nodes { ` + field + beside + ` } } }` },
			"edges":  func(field string) string { return `{ users { edges { node { ` + beside + field + ` } } } }` },
			"a fragment": func(field string) string {
				return `{ users { nodes { ...F } } } fragment F on User { ` + field + beside + ` }`
			},
			"a node": func(field string) string {
				return `{ node(id: "` + id + `") { ... on User { ` + field + beside + ` } } }`
			},
			"a nullable one": func(field string) string {
				if field != "" {
					field = `nodes(ids: [$i]) { id } ` + field
				}
				return `{ ` + field + ` users { nodes { ` + beside + ` } } }`
			},
			"all of them": func(field string) string {
				if field != "" {
					return `{ users { nodes { a: ` + field + ` b: ` + field + ` } } }`
				}
				return `{ users { nodes { id } } }`
			},
			"a payload": func(field string) string {
				return ` @dryRun { updateUser(input: {id: "` + id + `", name: "N"}) { user { ` + field + beside + ` } } b: updateUser(input: {id: "` + id + `", name: "M"}) { user { ` + beside + ` } } }`
			},
		} {
			kind := "query"
			if place == "a payload" {
				kind = "mutation"
			}
			for way, h := range f.ways() {
				h = asAdmin(h)
				ask := func(head, field string) (answer, []*orm.Statement) {
					f.Statements()
					a := answerOf(t, h, request{Query: head + wrap(field), Variables: map[string]any{"f": nil, "i": nil}})
					return a, f.Statements()
				}
				plain, want := ask(kind, "")
				if len(plain.Errors) > 0 {
					t.Fatalf("%s: %s", place, plain.Body)
				}
				head := kind + `($f: PostOrderField = ID)`
				if place == "a nullable one" {
					head = kind + `($f: PostOrderField = ID, $i: ID = "x")`
				}
				a, got := ask(head, refused)
				if a.code() != "BAD_REQUEST" {
					t.Errorf("%s, %s: not refused: %s", place, way, a.Body)
				}
				if len(got) != len(want) && way == "resolved" {
					t.Errorf("%s, %s: %d statements, %d without what was refused", place, way, len(got), len(want))
				}
			}
		}
	})
}
