package graph_test

import (
	"encoding/json"
	"iter"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph"
)

// namesIn are the names in a text, by where they begin. What looks like one is scanned for by hand: thousands of texts are.
func namesIn(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < len(text); i++ {
			if !isLetter(text[i]) {
				continue
			}
			begun := i
			for i < len(text) && (isLetter(text[i]) || '0' <= text[i] && text[i] <= '9') {
				i++
			}
			if !yield(begun, text[begun:i]) {
				return
			}
		}
	}
}

func isLetter(b byte) bool { return b == '_' || 'a' <= b|0x20 && b|0x20 <= 'z' }

// leaks are the names of the schema in a message that the request does not have: every name of a type, and of whatever
// has one that could not be an English word, or stands in quotes or behind a dot.
func leaks(names *schemaNames, request, message string) (found []string) {
	said := map[string]bool{}
	for _, name := range namesIn(request) {
		said[name] = true
	}
	token := strings.HasPrefix(message, "Unexpected ") || strings.HasPrefix(message, "Expected ") // of a kind, which is not the schema's
	for at, name := range namesIn(message) {
		marked := at > 0 && strings.ContainsRune("\"`.@$", rune(message[at-1]))
		odd := name != strings.ToLower(name)
		if !said[name] && !(token && names.builtIn[name]) && (names.types[name] || names.others[name] && (marked || odd)) {
			found = append(found, name)
		}
	}
	return found
}

// schemaNames are the names of a schema: of its types, which of them are GraphQL's own, and of all else.
type schemaNames struct{ types, builtIn, others map[string]bool }

func namesOfSchema(schema *ast.Schema) *schemaNames {
	types, builtIn, others := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, d := range schema.Types {
		types[d.Name], builtIn[d.Name] = true, d.BuiltIn
		for _, f := range d.Fields {
			others[f.Name] = true
			for _, a := range f.Arguments {
				others[a.Name] = true
			}
		}
		for _, v := range d.EnumValues {
			others[v.Name] = true
		}
	}
	return &schemaNames{types, builtIn, others}
}

// With introspection off, an error says nothing of the schema that the request does not say itself. Golden documents with
// random damage are wrong in every way; so are fixed ones.
func TestErrorsNameNothingOfTheSchema(t *testing.T) {
	f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.Introspection = false })
	schema := loadSchema(t)
	all := namesOfSchema(schema)
	signUp(t, f.Planned, "ada")
	var names []string
	for _, d := range schema.Types {
		names = append(names, d.Name)
		for _, field := range d.Fields {
			names = append(names, field.Name)
		}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	codes := map[string]int{}
	check := func(r request) {
		t.Helper()
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		said := r.Query + string(text) // in which line breaks are an `n` before the next name
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			a := answerOf(t, h, r)
			for _, e := range a.Errors {
				code, _ := e.Extensions["code"].(string)
				codes[code]++
				if found := leaks(all, said, e.Message); len(found) > 0 {
					t.Errorf("%v in %q, for %s", found, e.Message, text)
				}
			}
			for _, message := range strings.Split(string(a.Body), `"message":"`)[1:] { // userErrors are texts too
				message, _, _ = strings.Cut(message, `"`)
				if found := leaks(all, said, message); len(found) > 0 {
					t.Errorf("%v in %q, for %s", found, message, text)
				}
			}
		}
	}
	for _, query := range []string{
		"{ user }", "{ usr { id } }", "{ users(frst: 1) { totalCount } }", "{ users(where: {usernam: 1}) { totalCount } }", "{ users(orderBy: {field: NAM}) { totalCount } }",
		"{ users { nodes } }", "{ users(first: 1) { totalCount { x } } }", "query($a: Usr) { __typename }", "query($a: Strin) { __typename }", "{ node(id: 1) { username } }", "{ users @inclde(if: true) { totalCount } }",
		"{ users(orderBy: {direction: DESC}) { totalCount } }", "{ users(orderBy: {}) { totalCount } }", "{ users(where: 1) { totalCount } }", "{ users(first: \"x\") { totalCount } }", "{ user(by: {}) { id } }",
		`{ user(by: {id: "x"}) { id } }`, `{ user { id } }`, `{ node { id } }`, "query($a: String) { users(first: $a) { totalCount } }", "query($a: ID) { user(by: {id: $a}) { id } }",
		`{ users(after: "x") { totalCount } }`, `{ posts(orderBy: {field: RELEVANCE}) { totalCount } }`, "{ __type(name: \"User\") { name } }", "mutation { createUser { user { id } } }",
		`mutation { createUser(input: {}) { user { id } } }`, `mutation { createPost(input: {authorId: "x", title: "", content: "x"}) { userErrors { message } } }`, "{ ... on Profil { id } }", "{ ... on String { id } }",
		"{ users { ...F } } fragment F on Post { id }", "{ users { a: totalCount a: nodes { id } } }", "{ users { nodes { x: id x: username } } }", "{ users(where: {createdAt: {gt: \"x\"}}) { totalCount } }",
		"subscription { x }", "{ users(where: {posts: {som: {}}}) { totalCount } }", "mutation @dryRun(iff: true) { __typename }", "{ users(first: 1, last: 1) { totalCount } }", "{ users(first: 999) { totalCount } }",
	} {
		check(request{Query: query})
	}
	for _, v := range []any{nil, 1, "x", true, []any{}, map[string]any{}, map[string]any{"x": 1}, map[string]any{"field": "x"}, map[string]any{"field": "ID", "direction": 5}, map[string]any{"direction": "ASC"}} {
		for _, typeName := range []string{"[UserOrder!]", "UserWhere", "Int", "String"} {
			use := map[string]string{"[UserOrder!]": "orderBy", "UserWhere": "where", "Int": "first", "String": "after"}[typeName]
			check(request{Query: "query($v: " + typeName + ") { users(" + use + ": $v) { totalCount } }", Variables: map[string]any{"v": v}})
		}
		check(request{Query: "mutation($v: CreateUserInput!) { createUser(input: $v) { userErrors { message field } } }", Variables: map[string]any{"v": v}})
		check(request{Query: "query($v: UserBy!) { user(by: $v) { id } }", Variables: map[string]any{"v": v}})
		check(request{Query: "query($v: UserWhere) { users(where: $v) { totalCount } }", Variables: map[string]any{"v": map[string]any{"createdAt": v, "username": map[string]any{"eq": v}}}})
	}
	paths, err := filepath.Glob("testdata/*/*.graphql")
	if err != nil || len(paths) < 50 {
		t.Fatal(len(paths), err)
	}
	token := regexp.MustCompile(`[_A-Za-z][_0-9A-Za-z]*|"[^"]*"|\d+|[{}()\[\]:!$@]`)
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		document := strings.Join(lines, "")
		r := rand.New(rand.NewPCG(uint64(i), 3))
		all := token.FindAllStringIndex(document, -1)
		for range min(8, len(all)) {
			at := all[r.IntN(len(all))]
			with := []string{"", "x", "1", `"x"`, "{id}", "(x: 1)", names[r.IntN(len(names))], document[at[0]:at[1]] + " " + names[r.IntN(len(names))]}[r.IntN(8)]
			check(request{Query: document[:at[0]] + with + document[at[1]:], Variables: map[string]any{"x": 1}})
		}
	}
	for _, code := range []string{"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST"} {
		if codes[code] < 10 {
			t.Errorf("only %d errors of %s: %v", codes[code], code, slices.Sorted(maps.Keys(codes)))
		}
	}
	t.Log(codes)
}
