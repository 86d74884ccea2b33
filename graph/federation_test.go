package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kith/graph"
)

func federating(o *graph.Options) { o.Federation = true }

const entitiesText = `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on User { id username posts(first: 1) { nodes { title } } } ... on Address { emailAddress } ... on Tag { name } } }`

// What a gateway names is what `nodes` answers, and takes the same statements, however many there are; what is not there is null.
func TestEntities(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		var ids []string
		for i := range 12 {
			ids = append(ids, signUp(t, f.Planned, fmt.Sprint("user", i)))
		}
		tag := answerOf(t, f.Planned, request{Query: `{ tags { nodes { id } } }`}).at("tags", "nodes").([]any)[0].(map[string]any)["id"].(string)
		access, _ := logIn(t, f.Planned, "user1")
		mine := answerOf(t, f.Planned, request{Query: `{ viewer { address { id } } }`, Header: bearer(access)}).text("viewer", "address", "id")
		theirs := answerOf(t, asAdmin(f.Planned), request{Query: `{ addresses { nodes { id } } }`}).at("addresses", "nodes").([]any)[0].(map[string]any)["id"].(string)
		represent := func(typeName string, id any) any { return map[string]any{"__typename": typeName, "id": id} }
		var many []any
		var nodes []string
		for i := range 120 { // more than `nodes` takes
			many = append(many, represent("User", ids[i%len(ids)]))
			if nodes = append(nodes, ids[i%len(ids)]); i%3 == 0 {
				many = append(many, represent("Tag", tag))
				nodes = append(nodes, tag)
			}
		}
		for name, h := range map[string]http.Handler{"plan": f.Planned, "resolvers": f.Resolved} {
			asked := func(r request) (body string, statements []string) {
				f.Statements()
				_, answer := send(t, h, r)
				for _, s := range f.Statements() {
					statements = append(statements, strings.ReplaceAll(s.Path, "_entities", "nodes")+" "+s.Text)
				}
				slices.Sort(statements)
				return string(answer), statements
			}
			few, want := asked(request{Query: strings.NewReplacer("$r: [_Any!]!", "$r: [ID!]!", "_entities(representations", "nodes(ids").Replace(entitiesText), Variables: map[string]any{"r": nodes[:100]}})
			some, took := asked(request{Query: entitiesText, Variables: map[string]any{"r": many[:100]}})
			if strings.Replace(some, `"_entities"`, `"nodes"`, 1) != few || !slices.Equal(took, want) {
				t.Errorf("%s: %s\n%s\n%q\n%q", name, some, few, took, want)
			}
			if all, took := asked(request{Query: entitiesText, Variables: map[string]any{"r": many}}); strings.Count(all, `"username"`) != 120 || len(took) != len(want) {
				t.Errorf("%s: %q %s", name, took, all)
			}
			body, _ := asked(request{Query: entitiesText, Header: bearer(access), Variables: map[string]any{"r": []any{
				represent("Address", mine), represent("Address", theirs), represent("User", tag), represent("Tag", ids[0]), represent("User", "rubbish"), represent("Nobody", ids[0]),
				represent("User", nil), map[string]any{"__typename": "User"}, map[string]any{}, "text", 7, represent("Tag", tag)}}})
			if body != `{"data":{"_entities":[{"__typename":"Address","emailAddress":"user1@example.com"},null,null,null,null,null,null,null,null,null,null,{"__typename":"Tag","name":"shared"}]}}` {
				t.Errorf("%s: %s", name, body)
			}
			literal := `{ a: _entities(representations: [{__typename: "Tag", id: "` + tag + `"}]) { ...E } b: _entities(representations: []) { __typename } } fragment E on _Entity { ... on _Entity { ... on Tag { name } } }`
			if body, _ := asked(request{Query: literal}); body != `{"data":{"a":[{"name":"shared"}],"b":[]}}` {
				t.Errorf("%s: %s", name, body)
			}
			if a := answerOf(t, h, request{Query: entitiesText, Variables: map[string]any{"r": slices.Repeat(many, 30)}}); a.code() == "" {
				t.Errorf("%s: thousands are taken", name)
			}
		}
	}, federating)
}

func TestService(t *testing.T) {
	f := open(t, "sqlite", withSecret, federating)
	for name, h := range map[string]http.Handler{"plan": f.Planned, "resolvers": f.Resolved} {
		a := answerOf(t, h, request{Query: `query Q { __typename s: _service { __typename text: sdl sdl } }`})
		sdl := a.text("s", "text")
		if a.at("__typename") != "Query" || a.at("s", "__typename") != "_Service" || a.text("s", "sdl") != sdl {
			t.Fatalf("%s: %.200s", name, a.Body)
		}
		for _, want := range []string{"extend schema @link(", `type User implements Node @key(fields: "id") {`, `type Address implements Node @key(fields: "id") {`, "type PageInfo @shareable {"} {
			if !strings.Contains(sdl, want) {
				t.Errorf("%s: the SDL has no %s", name, want)
			}
		}
		for _, text := range []string{`{ _service { sdl } tags { totalCount } }`, `{ ...F } fragment F on Query { _service { sdl } }`, `{ ... { _service { sdl } } }`,
			`mutation { createUser(input: {username: "x", password: "correct horse"}) { query { _service { sdl } } } }`} {
			if a := answerOf(t, h, request{Query: text}); a.code() != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("%s: %s: %s", name, text, a.Body)
			}
		}
		if a := answerOf(t, h, request{Query: `{ tags { totalCount } }`}); a.code() != "" {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	off := open(t, "sqlite", withSecret)
	for _, text := range []string{`{ _service { sdl } }`, `{ _entities(representations: []) { __typename } }`} {
		if a := answerOf(t, off.Planned, request{Query: text}); a.code() != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %s", text, a.Body)
		}
	}
	if strings.Contains(graph.SDL(), "_Entity") {
		t.Error("the schema speaks of federation")
	}
}
