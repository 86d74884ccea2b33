package graph

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.graphqls
var files embed.FS

// SDL is the schema as text, with its descriptions.
func SDL() string {
	names, _ := fs.Glob(files, "*.graphqls") // the pattern is right
	var b strings.Builder
	for i, name := range names {
		text, _ := files.ReadFile(name) // embedded
		if i > 0 {
			b.WriteString("\n")
		}
		b.Write(text)
	}
	return b.String()
}
