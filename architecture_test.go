package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rules of docs/architecture.md, as tests. A rule that stands in the way is changed here, in the open, together
// with the page.

const module = "kith"

// topLevel is all that may stand beside server.go, apart from what .gitignore names.
var topLevel = []string{
	".ci", ".dockerignore", ".git", ".gitattributes", ".github", ".gitignore", ".golangci.yml",
	"CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "compose.yaml",
	"architecture_test.go", "follow_test.go", "go.mod", "go.sum", "gqlgen.yml", "server.go", "server_test.go",
	"bench", "db", "docs", "examples", "graph", "loaders", "migrations",
}

// layers import downwards only, by the first element of their path; "." is server.go.
var layers = map[string]int{"migrations": 0, "db": 1, "loaders": 2, "graph": 3, ".": 4, "bench": 4}

// bans are imports, whole subtrees of them, that a directory and those below it must do without. Tests are free of
// them: a test may look behind a layer's back.
var bans = []struct {
	dir     string
	imports []string
	why     string
}{
	{"db", []string{"net/http"}, "db knows no HTTP, so that everything above it may be replaced"},
	{"db", graphQL, "db knows no GraphQL: the schema decides what is shown, db what is true"},
	{"db", batching, "db answers a set of keys at a time; gathering keys is the work of loaders"},
	{"loaders", sqlAccess, "loaders know no SQL: every statement passes through the one function in db"},
	{"loaders", graphQL, "loaders know no GraphQL: they know db's relations"},
	{"graph", sqlAccess, "graph knows no SQL: every statement passes through the one function in db"},
	{"graph", batching, "graph asks loaders, which own batching and the cache of a request"},
	{"graph/document", []string{"net/http", "github.com/99designs/gqlgen", module + "/loaders"}, "a document is prepared by looking at it; others bring it and run it"},
	{"graph/plan", []string{"net/http", module + "/loaders"}, "a plan is run by db alone, a statement for each fetch"},
	{"graph/transport", []string{module + "/loaders"}, "the transport reads requests and writes answers, and runs nothing"},
}

// inside are the packages inside of graph, and which of each other they import: graph puts them together, and the rest
// know as little of one another as they can. Tests are free of this as well.
var inside = map[string][]string{
	"graph":           {"graph/document", "graph/drawing", "graph/generated", "graph/graphiql", "graph/model", "graph/plan", "graph/session", "graph/transport"},
	"graph/document":  {"graph/plan"},
	"graph/drawing":   nil,
	"graph/generate":  {"graph/drawing"}, // the schema is made by a program that needs none of what is made
	"graph/generated": {"graph/model", "graph/scalar"},
	"graph/graphiql":  nil,
	"graph/model":     nil,
	"graph/plan":      nil,
	"graph/scalar":    nil,
	"graph/session":   {"graph/model"},
	"graph/transport": {"graph/document"},
}

var (
	graphQL   = []string{"github.com/99designs/gqlgen", "github.com/vektah/gqlparser"}
	batching  = []string{"github.com/graph-gophers/dataloader"}
	sqlAccess = []string{"database/sql", "github.com/jmoiron/sqlx", "github.com/lib/pq", "modernc.org/sqlite"}
)

// vague are names that say where nothing else fitted.
var vague = []string{"common", "helper", "helpers", "internal", "misc", "shared", "util", "utils"}

// generated are the directories that belong to gqlgen alone.
var generated = []string{"graph/generated", "graph/model"}

// sqlText finds SQL at the start of a string: written in capitals, or unmistakable in its shape.
var sqlText = regexp.MustCompile(`^\s*(?:(?:SELECT|INSERT|UPDATE|DELETE)\s` +
	`|(?is:select\s.*\sfrom\s+[\w.]+\s*(?:$|[;,]|(?:where|join|order|group|limit)\b)` +
	`|insert\s+into\s+[\w.]+\s*(?:\(|values\b|select\b)|update\s+\S+\s+set\s|delete\s+from\s+[\w.]+\s*(?:$|;|where\b)))`)

func TestArchitecture(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if fault := checkTopLevel(entry.Name(), string(ignored)); fault != "" {
			t.Error(fault)
		}
	}

	seen := map[string]int{} // Go files per layer
	err = fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			base := entry.Name()
			if base == "node_modules" || base == "testdata" || (base != "." && strings.HasPrefix(base, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") && !slices.Contains(generated, path.Dir(name)) {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen[layerOf(path.Dir(name))]++
		for _, fault := range checkFile(name, source) {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range []string{".", "graph", "loaders", "db", "migrations"} {
		if seen[layer] == 0 {
			t.Errorf("no Go file in %s: a rule that looks at nothing holds for ever", layer)
		}
	}
}

// checkTopLevel says what is wrong with an entry of the top level, in one sentence, or nothing.
func checkTopLevel(name, gitignore string) string {
	if slices.Contains(topLevel, name) {
		return ""
	}
	for line := range strings.Lines(gitignore) {
		if matched, _ := path.Match(strings.Trim(strings.TrimSpace(line), "/"), name); matched {
			return ""
		}
	}
	return fmt.Sprintf("%s: the top level holds server.go and what the ecosystem expects there; put it into a package, or name it in topLevel", name)
}

// checkFile says what is wrong with one file, a sentence per fault.
func checkFile(name string, source []byte) []string {
	var faults []string
	dir, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	report := func(format string, arguments ...any) {
		faults = append(faults, name+": "+fmt.Sprintf(format, arguments...))
	}
	if !strings.HasSuffix(name, ".go") {
		report("%s holds what gqlgen writes and nothing else, so that it can be deleted and made anew", dir)
		return faults
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		report("%v", err)
		return faults
	}

	machine := slices.Contains(generated, dir)
	if machine && !ast.IsGenerated(file) {
		report("%s holds what gqlgen writes and nothing else, so that it can be deleted and made anew", dir)
	}
	for _, part := range append(strings.Split(dir, "/"), strings.TrimSuffix(file.Name.Name, "_test")) {
		if slices.Contains(vague, part) {
			report("a package %s has no subject of its own; name it after what it knows", part)
			break
		}
	}
	layer, known := layers[layerOf(dir)]
	if !known {
		report("the directory has no place in layers, so nobody knows what it may import")
	}
	if _, known := inside[dir]; !known && !test && below(dir, "graph") {
		report("the directory has no place in inside, so nobody knows what of graph it may import")
	}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		checkImport(dir, imported, layer, test, report)
	}
	if machine {
		return faults
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.FuncDecl:
			if node.Recv == nil && node.Name.Name == "init" {
				report("init() runs before anyone asked for it; call what it does from where it is needed")
			}
		case *ast.BasicLit:
			if test || !below(dir, "graph") && !below(dir, "loaders") {
				return true
			}
			if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING && sqlText.MatchString(text) {
				report("SQL outside of db, %.40q: there it would be named, counted, logged and right on both databases", text)
			}
		}
		return true
	})
	return faults
}

func checkImport(dir, imported string, layer int, test bool, report func(string, ...any)) {
	target, ours := strings.CutPrefix(imported, module+"/")
	if imported == module {
		target, ours = ".", true
	}
	switch to, known := layers[layerOf(target)]; {
	case !ours:
	case to == layers["."]:
		report("imports %s: nothing imports a program", imported)
	case below(target, "db/dbtest"):
		if !test && dir != "db/dbtest/cluster" && !below(dir, "bench") {
			report("imports %s: what tests need stays out of the server", imported)
		}
	case below(dir, "db/dbtest") && !test:
		report("imports %s: dbtest knows nothing of kith, so that db's own tests may use it", imported)
	case below(dir, "db/orm") && !test && !below(target, "db/orm"):
		report("imports %s: orm knows no page, so that it is the engine of any", imported)
	case below(target, "db/seed") && !test && dir != "." && !below(dir, "bench"):
		report("imports %s: only the program makes up data", imported)
	case known && to > layer:
		report("imports %s: imports run one way, server.go → graph → loaders → db → migrations", imported)
	}
	if test {
		return
	}
	if below(dir, "graph") {
		if may := inside[dir]; ours && below(target, "graph") && !slices.Contains(may, target) {
			report("imports %s: inside of graph, %s may import %s", imported, dir, cmp.Or(strings.Join(may, ", "), "nothing of it"))
		}
	}
	for _, ban := range bans {
		if below(dir, ban.dir) && !below(dir, "db/dbtest") && // what starts servers for tests may ask them how they are
			slices.ContainsFunc(ban.imports, func(banned string) bool { return below(imported, banned) }) {
			report("imports %s: %s", imported, ban.why)
		}
	}
}

// layerOf is the first element of a directory's path.
func layerOf(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// below tells whether a slash-separated path is parent or stands under it.
func below(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

// TestArchitectureRulesBite breaks each rule once.
func TestArchitectureRulesBite(t *testing.T) {
	for _, broken := range []struct{ name, source, want string }{
		{"db/user.go", `package db; import "net/http"`, "db knows no HTTP"},
		{"db/user.go", `package db; import "github.com/99designs/gqlgen/graphql"`, "db knows no GraphQL"},
		{"db/user.go", `package db; import "github.com/graph-gophers/dataloader/v7"`, "gathering keys"},
		{"db/user.go", `package db; import "kith/loaders"`, "imports run one way"},
		{"db/user_test.go", `package db_test; import "kith/graph"`, "imports run one way"},
		{"db/user.go", `package db; import "kith/db/dbtest"`, "stays out of the server"},
		{"db/user.go", `package db; import "kith"`, "nothing imports a program"},
		{"db/orm/read.go", `package orm; import "kith/db"`, "orm knows no page"},
		{"db/orm/migrate.go", `package orm; import "kith/migrations"`, "orm knows no page"},
		{"db/user.go", `package db; import "kith/db/seed"`, "only the program"},
		{"db/user.go", `package db; func init() {}`, "init() runs"},
		{"db/dbtest/postgres.go", `package dbtest; import "kith/db"`, "dbtest knows nothing of kith"},
		{"db/helpers/x.go", `package helpers`, "no subject of its own"},
		{"graph/util.go", `package util`, "no subject of its own"},
		{"loaders/loader.go", `package loaders; import "github.com/jmoiron/sqlx"`, "loaders know no SQL"},
		{"loaders/loader.go", `package loaders; import "github.com/lib/pq"`, "loaders know no SQL"},
		{"loaders/loader.go", `package loaders; import "github.com/vektah/gqlparser/v2/ast"`, "loaders know no GraphQL"},
		{"loaders/loader.go", `package loaders; import "kith/graph/model"`, "imports run one way"},
		{"loaders/loader.go", "package loaders; const q = `\n\tSELECT id FROM users`", "SQL outside of db"},
		{"graph/user.resolvers.go", `package graph; const q = "delete from users where id = ?"`, "SQL outside of db"},
		{"graph/user.resolvers.go", `package graph; const q = "select id from users"`, "SQL outside of db"},
		{"graph/plan/run.go", `package plan; const q = "SELECT "`, "SQL outside of db"},
		{"graph/handler.go", `package graph; import _ "modernc.org/sqlite"`, "graph knows no SQL"},
		{"graph/plan/run.go", `package plan; import "database/sql"`, "graph knows no SQL"},
		{"graph/plan/run.go", `package plan; import "github.com/graph-gophers/dataloader/v7"`, "graph asks loaders"},
		{"graph/document/document.go", `package document; import "net/http"`, "prepared by looking at it"},
		{"graph/document/document.go", `package document; import "github.com/99designs/gqlgen/graphql"`, "prepared by looking at it"},
		{"graph/document/document.go", `package document; import "kith/graph/generated"`, "may import graph/plan"},
		{"graph/plan/run.go", `package plan; import "kith/graph/document"`, "may import nothing of it"},
		{"graph/plan/run.go", `package plan; import "kith/loaders"`, "run by db alone"},
		{"graph/session/token.go", `package session; import "kith/graph/transport"`, "may import graph/model"},
		{"graph/session/token.go", `package session; import "kith/graph"`, "may import graph/model"},
		{"graph/transport/transport.go", `package transport; import "kith/graph/session"`, "may import graph/document"},
		{"graph/transport/transport.go", `package transport; import "kith/loaders"`, "runs nothing"},
		{"graph/scalar/kinds.go", `package scalar; import "kith/graph/model"`, "may import nothing of it"},
		{"graph/handler.go", `package graph; import "kith/graph/generate"`, "may import graph/document"},
		{"graph/services/x.go", `package services`, "no place in inside"},
		{"graph/model/mine.go", `package model`, "gqlgen writes and nothing else"},
		{"graph/generated/notes.md", ``, "gqlgen writes and nothing else"},
		{"migrations/migrations.go", `package migrations; import "kith/db"`, "imports run one way"},
		{"services/x.go", `package services`, "no place in layers"},
	} {
		faults := checkFile(broken.name, []byte(broken.source))
		if len(faults) != 1 || !strings.Contains(faults[0], broken.want) {
			t.Errorf("%s, %s: found %q, want one fault with %q", broken.name, broken.source, faults, broken.want)
		}
	}
	for _, sound := range []struct{ name, source string }{
		{"db/user_test.go", `package db_test; import ("net/http"; "kith/db/dbtest")`},
		{"db/dbtest/postgres.go", `package dbtest; import _ "github.com/lib/pq"`},
		{"db/orm/conn.go", "package orm; const q = `SELECT 1`"},
		{"db/user.go", `package db; import "kith/db/orm"`},
		{"db/orm/where_test.go", `package orm; import "kith/migrations"`},
		{"loaders/loader.go", `package loaders; import ("github.com/graph-gophers/dataloader/v7"; "kith/db")`},
		{"graph/handler.go", `package graph; import ("net/http"; "kith/db"; "kith/loaders"); const s = "select a user from the list"; const p = "Delete the post."`},
		{"graph/document/document_test.go", `package document; import "kith/graph/generated"`},
		{"graph/transport/transport.go", `package transport; import ("net/http"; "kith/db"; "kith/graph/document")`},
		{"graph/generated/generated.go", "// Code generated by github.com/99designs/gqlgen, DO NOT EDIT.\n\npackage generated; func init() {}"},
		{"server.go", `package main; import ("database/sql"; "net/http"; "kith/graph")`},
	} {
		if faults := checkFile(sound.name, []byte(sound.source)); len(faults) > 0 {
			t.Errorf("%s, %s: %q, want no fault", sound.name, sound.source, faults)
		}
	}
	for name, want := range map[string]bool{"server.go": true, "kith.db-wal": true, ".build": true, "kith": true, "settings.go": false, "pkg": false} {
		if fault := checkTopLevel(name, "# the database\nkith.db*\n/kith\n/.build/\n"); (fault == "") != want {
			t.Errorf("the top level takes %s: %q, want allowed %v", name, fault, want)
		}
	}
}
