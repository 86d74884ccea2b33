// Command generate writes what follows from the page, db/relations.go and its nouns: the schema of every table, the
// Go that gqlgen needs to bind it and a drawing of it all, and then runs gqlgen, which it tells the bodies of the resolvers. It runs where
// nothing of that is there yet, or belongs to another page: it is built with the tag "generate", without what it has
// written itself.
package main

// The directive stands here: go generate opens the files of a package one after the other, and those of tables that are gone
// go from graph meanwhile.
//go:generate go run -tags generate .

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"kith/db"
	"kith/db/orm"
	"kith/graph/drawing"
)

// marked is what stands in the first line of every file. go/ast and others know it by its form.
const marked = "Code generated from db/relations.go by graph/generate. DO NOT EDIT."

func main() {
	log.SetFlags(0)
	if err := run(db.Model.Tables()); err != nil {
		log.Fatal("generate: ", err)
	}
}

// run writes the files of a page into the module whose gqlgen.yml is above the working directory.
func run(tables []*orm.Table) error {
	if _, err := config.LoadConfigFromDefaultLocations(); err != nil { // and goes there
		return err
	}
	source, err := readSource(os.DirFS("db"), os.DirFS("db/orm"))
	if err != nil {
		return err
	}
	files, err := derived(tables, source)
	if err != nil {
		return err
	}
	if err := write(files); err != nil {
		return err
	}
	cfg, err := config.LoadConfigFromDefaultLocations() // which finds the files now
	if err != nil {
		return err
	}
	bind(cfg, tables)
	log.SetOutput(io.Discard) // gqlgen tells what it is doing
	defer log.SetOutput(os.Stderr)
	if err := api.Generate(cfg, api.AddPlugin(&resolvers{tables: tables, source: source}), api.AddPlugin(alone{})); err != nil {
		return err
	}
	if err := lighten("graph/generated/generated.go"); err != nil {
		return err
	}
	return mark()
}

// unmarshalers are all that gqlgen makes for each operation of the schema's inputs, for resolvers that ask it to read one again: none does, and they
// are a third of what a small mutation allocates.
var unmarshalers = regexp.MustCompile(`(?m)^\tinputUnmarshalMap := graphql\.BuildUnmarshalerMap\([^)]*\)\n|^\t+ctx = graphql\.WithUnmarshalerMap\(ctx, inputUnmarshalMap\)\n`)

// lighten takes them out of the executor.
func lighten(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	light := unmarshalers.ReplaceAll(text, nil)
	if bytes.Contains(light, []byte("UnmarshalerMap")) || len(light) == len(text) {
		return errors.New(name + ": the unmarshalers are written in another way")
	}
	return os.WriteFile(name, light, 0o644)
}

// derived are the files that follow from a page, by their paths.
func derived(tables []*orm.Table, source *source) (map[string][]byte, error) {
	if err := apart(tables); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	w := &writer{tables: tables, source: source}
	for _, t := range tables {
		files[filepath.Join("graph", snake(t.Type)+".generated.graphqls")] = []byte(w.schema(t))
	}
	files[filepath.Join("graph", "conditions.generated.graphqls")] = []byte(w.conditions())
	files[filepath.Join("graph", "answers.generated.graphqls")] = []byte(w.answers())
	if text := w.search(); text != "" {
		files[filepath.Join("graph", "search.generated.graphqls")] = []byte(text)
	}
	nouns, err := goFile(tables, source)
	if err != nil {
		return nil, err
	}
	files[filepath.Join("db", "relations.generated.go")] = nouns
	files[filepath.Join("docs", "model.svg")] = drawing.SVG(tables, "")
	return files, nil
}

// mark says in the files of resolvers that nobody is to write there: gqlgen takes them for somebody's.
func mark() error {
	names, err := filepath.Glob("graph/*.generated.resolvers.go")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, slices.Concat([]byte("// "+marked+"\n\n"), text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// write makes the files what they should be and takes away those of tables that are gone. The resolvers are gqlgen's to
// write, and are taken away because it would keep what belongs to no field any more.
func write(files map[string][]byte) error {
	for _, pattern := range []string{"graph/*.generated.graphqls", "graph/*.generated.resolvers.go"} {
		old, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, name := range old {
			if files[name] == nil {
				if err := os.Remove(name); err != nil {
					return err
				}
			}
		}
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, files[name]) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, files[name], 0o644); err != nil { //nolint:gosec // source code is for everybody to read
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
