package graph

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"kith/db"
)

// federation is what a subgraph of Apollo Federation 2 has beside its own fields. gqlgen is not told of them: `_entities` is `nodes` once a
// document has been looked at, and `_service` is answered here.
func federation() string {
	var names []string
	for _, t := range db.Model.Tables() {
		names = append(names, t.Type)
	}
	return `
"How a gateway names an object: its __typename and its id."
scalar _Any
"Every object with a global id."
union _Entity = ` + strings.Join(names, " | ") + `
"What this subgraph is."
type _Service {
  "The schema as SDL, with the directives of Apollo Federation."
  sdl: String!
}
extend type Query {
  "Objects by what a gateway knows of them, as many as a list may have, in their order; null where there is none, or the caller does not see it."
  _entities(
    "Each with __typename and id."
    representations: [_Any!]!
  ): [_Entity]!
  "What this subgraph is. It is asked for alone."
  _service: _Service!
}
`
}

// subgraph is the schema as gateways compose it: every object with a global id has it as its key, and what other subgraphs have as well
// may be shared.
var subgraph = sync.OnceValue(func() string {
	node := regexp.MustCompile(`(?m)^type (\w+) implements (.*) \{$`)
	text := node.ReplaceAllStringFunc(SDL(), func(line string) string {
		parts := node.FindStringSubmatch(line)
		for _, t := range db.Model.Tables() {
			if t.Type == parts[1] {
				return "type " + parts[1] + " implements " + parts[2] + ` @key(fields: "id") {`
			}
		}
		return line
	})
	text = strings.Replace(text, "\ntype PageInfo {", "\ntype PageInfo @shareable {", 1)
	text = strings.ReplaceAll(text, " @oneOf {", " {") // composition does not know it; kith looks at it all the same
	return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])` + "\n\n" + text
})

// service answers an operation that asks for `_service`; nil: it does not.
func (s *server) service(ctx context.Context) *graphql.Response {
	if !s.Federation {
		return nil
	}
	operation := graphql.GetOperationContext(ctx)
	asked := false
	var out strings.Builder
	text := func(v string) string { b, _ := json.Marshal(v); return string(b) } //nolint:errchkjson // a text always marshals
	for i, f := range graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{"Query"}) {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Quote(f.Alias) + ":")
		if f.Name != "_service" {
			out.WriteString(`"Query"`)
			continue
		}
		asked = true
		for j, inner := range graphql.CollectFields(operation, f.Selections, []string{"_Service"}) {
			out.WriteString(map[bool]string{true: "{", false: ","}[j == 0] + strconv.Quote(inner.Alias) + ":" + map[bool]string{true: text(subgraph()), false: `"_Service"`}[inner.Name == "sdl"])
		}
		out.WriteByte('}')
	}
	if !asked {
		return nil
	}
	return &graphql.Response{Data: []byte("{" + out.String() + "}")}
}
