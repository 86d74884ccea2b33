package graph

import (
	"embed"
	"io/fs"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

//go:embed *.graphqls
var files embed.FS

// SDL is the schema as text, with its descriptions. Query and Mutation, to which every noun adds, are in one piece: not
// every tool can put them together.
func SDL() string { return sdl() }

var sdl = sync.OnceValue(func() string {
	names, _ := fs.Glob(files, "*.graphqls") // the pattern is right
	var sources []*ast.Source
	for _, name := range names {
		text, _ := files.ReadFile(name) // embedded
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(gqlparser.MustLoadSchema(sources...))
	return strings.ReplaceAll(b.String(), "\n}\n", "\n}\n\n")
})
