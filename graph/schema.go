package graph

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"kith/db"
)

//go:embed *.graphqls
var files embed.FS

// subscriptions are what is besides the root fields of Query, which Subscription has as well. gqlgen, which would give each a
// resolver, is not told of them: they are followed in subscribe.go.
const subscriptions = `
"""
What is sent as long as a client listens: every field of Query, whose answer is sent at once and again after each change that makes it
another, and the changes themselves.
"""
type Subscription {
  """
  Every transaction that changes something the caller may see, once, in the order in which they are committed. It ends with RESYNC when
  it cannot be told whether all is known: read anew then, and subscribe without ` + "`after`" + `.
  """
  changes(
    "Begin behind this cursor of a change set; with what is committed from now on when absent."
    after: String
    "Only objects of these types; of all when absent."
    of: [NodeType!]
    "Only these objects; all when absent."
    ids: [ID!]
  ): ChangeSet!
}

"What one transaction changed, as far as the caller may see it. One that changes more than ten thousand objects comes in several, one behind the other."
type ChangeSet {
  "Its place in the order of all transactions: opaque, for ` + "`after`" + `."
  cursor: String!
  "Whether more of the same transaction follows in the next."
  more: Boolean!
  "About when it was committed."
  at: DateTime!
  "One for each object, in the order in which they were first changed. In the several sets of one transaction an object may be again."
  changes: [Change!]!
}

"What became of an object."
type Change {
  "Whether it was made, changed or deleted; for the caller an object that comes to be seen is made, and one that ceases to be is deleted."
  verb: ChangeVerb!
  "Global id of the object."
  id: ID!
  "Its type."
  type: NodeType!
  """
  The object as it is now, which may be later than this change; null when it is deleted, and with an error of code LIMIT_EXCEEDED where the
  objects of a set are more than an answer may be.
  """
  node: Node
  "Which of its fields were changed, when it was UPDATED; links to others are in it by their name."
  fields: [String!]!
}

"What can become of an object."
enum ChangeVerb {
  "It was made, or has come to be seen."
  CREATED
  "It was changed."
  UPDATED
  "It was deleted, or is not seen any more."
  DELETED
}

"Types of objects with a global id."
enum NodeType {
%s}
`

// nodeType is a table's type as a value of NodeType: POST_TAG.
func nodeType(typeName string) string {
	var b strings.Builder
	for i, c := range typeName {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}

// schema is everything that can be asked, put together once; federated is that with what gateways ask of a subgraph.
var (
	schema    = sync.OnceValue(func() *ast.Schema { return load() })
	federated = sync.OnceValue(func() *ast.Schema { return load(&ast.Source{Name: "federation", Input: federation()}) })
)

func load(more ...*ast.Source) *ast.Schema {
	names, _ := fs.Glob(files, "*.graphqls") // the pattern is right
	var sources []*ast.Source
	for _, name := range names {
		text, _ := files.ReadFile(name) // embedded
		sources = append(sources, &ast.Source{Name: "graph/" + name, Input: string(text)})
	}
	var types strings.Builder
	for _, t := range db.Model.Tables() {
		fmt.Fprintf(&types, "  \"%s.\"\n  %s\n", t.Type, nodeType(t.Type))
	}
	sources = append(sources, &ast.Source{Name: "subscriptions", Input: fmt.Sprintf(subscriptions, types.String())})
	s := gqlparser.MustLoadSchema(append(sources, more...)...)
	// It is in gqlparser's prelude, and gqlgen would lose data with it.
	delete(s.Directives, "defer")
	for _, f := range s.Query.Fields {
		if !strings.HasPrefix(f.Name, "_") {
			s.Subscription.Fields = append(s.Subscription.Fields, f)
		}
	}
	return s
}

// SDL is the schema as text, with its descriptions. Query and Mutation, to which every noun adds, are in one piece: not
// every tool can put them together.
func SDL() string { return sdl() }

var sdl = sync.OnceValue(func() string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema())
	return strings.ReplaceAll(b.String(), "\n}\n", "\n}\n\n")
})
