package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected files anew")

const fork = "testdata/fork"

// Somebody forks kith and declares tables of their own: testdata/fork is all that they write. What is generated from it
// is in testdata/want, and the program that comes of it does what fork_test.go there asks of it, on both databases.
func TestFork(t *testing.T) {
	module := t.TempDir()
	copyTree(t, filepath.Join("..", ".."), module, func(name string, entry fs.DirEntry) bool {
		if entry.IsDir() {
			return name != "." && strings.HasPrefix(name, ".") || name == "docs" || name == "bench" || entry.Name() == "node_modules" || entry.Name() == "testdata"
		}
		return name == ".git" || strings.Contains(filepath.Base(name), "kith.db") || strings.HasSuffix(name, "_test.go") && filepath.Dir(name) != "graph" ||
			strings.Contains(name, ".generated.") // the generator runs without what it has written
	})
	copyTree(t, fork, module, func(string, fs.DirEntry) bool { return false })
	command(t, module, "generate", "./graph/generate")

	names, err := filepath.Glob(filepath.Join(module, "graph", "*.generated.graphqls"))
	if err != nil || len(names) < 7 {
		t.Fatalf("%q is generated, error %v", names, err)
	}
	wanted, err := os.ReadDir("testdata/want")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range wanted {
		name, want := "graph/"+entry.Name(), filepath.Join("testdata", "want", entry.Name())
		if strings.HasSuffix(name, ".svg") {
			name = "docs/" + entry.Name()
		}
		got := read(t, filepath.Join(module, filepath.FromSlash(name)))
		if *update {
			if err := os.WriteFile(want, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, read(t, want)) {
			t.Errorf("%s is not %s; `go test ./graph/generate -update` makes it so. It is\n%s", name, want, got)
		}
	}
	for _, extra := range []string{"graph/user.extra.resolvers.go", "graph/review.extra.resolvers.go"} {
		if got := read(t, filepath.Join(module, extra)); !bytes.Equal(got, read(t, filepath.Join(fork, extra))) {
			t.Errorf("what was written by hand has become\n%s", got)
		}
	}
	kith := filepath.Join(module, "kith")
	command(t, module, "build", "-buildvcs=false", "-o", kith, ".")
	made := strings.Fields(output(t, module, kith, "migrate", "draft", "fork"))
	if len(made) != 2 || !strings.HasSuffix(made[0], "_fork.postgres.sql") || !strings.HasSuffix(made[1], "_fork.sqlite.sql") {
		t.Fatalf("%q are drafted", made)
	}
	if again := output(t, module, kith, "migrate", "draft", "again"); !strings.Contains(again, "nothing to draft") {
		t.Errorf("drafted twice: %s", again)
	}
	command(t, module, "test", "-vet=off", "./graph", "-run", "Fork|FiltersAreThePage|SchemaAgreesWithThePage|Random|Hidden|LiveIsFresh", "-queries", "30")

	// And takes them away again: nothing that stands there must keep the generator from running.
	err = fs.WalkDir(os.DirFS(fork), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.Remove(filepath.Join(module, filepath.FromSlash(name)))
	})
	if err != nil {
		t.Fatal(err)
	}
	command(t, module, "generate", "./graph/generate")
	for _, dir := range []string{"db", "graph"} {
		for name, text := range tree(t, filepath.Join(module, dir)) {
			if here, err := os.ReadFile(filepath.Join("..", "..", dir, name)); err != nil || string(here) != text {
				t.Errorf("%s/%s is not as it was: %v", dir, name, err)
			}
		}
	}
}

// The documents show what the fork has, and what is generated from it, word for word.
func TestDocumentsShowTheFork(t *testing.T) {
	for document, least := range map[string]int{"beside-the-page.md": 3, "relation-shapes.md": 3} {
		blocks := strings.Split(string(read(t, filepath.Join("..", "..", "docs", document))), "```")
		shown := map[string]int{}
		for i := 1; i < len(blocks); i += 2 {
			head, body, _ := strings.Cut(blocks[i], "\n")
			_, name, _ := strings.Cut(head, " ")
			file := filepath.Join(fork, filepath.FromSlash(name))
			if strings.Contains(name, ".generated.") {
				file = filepath.Join("testdata", "want", filepath.Base(name))
			}
			if name == "" || !strings.Contains(string(read(t, file)), body) {
				t.Errorf("%s: %q has not\n%s", document, name, body)
			}
			shown[name]++
		}
		if len(shown) < least {
			t.Errorf("%s shows %v", document, shown)
		}
	}
}

// command runs go in a directory.
func command(t *testing.T, dir string, arguments ...string) {
	t.Helper()
	output(t, dir, "go", arguments...)
}

// output runs a program in a directory and answers what it says.
func output(t *testing.T, dir, program string, arguments ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, arguments...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-trimpath") // what the copy has not changed is in the cache already; see the Makefile
	said, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, said)
	}
	return string(said)
}

// tree are the files in a directory that are generated, or below it, by their paths.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (strings.Contains(name, ".generated.") || strings.HasSuffix(filepath.Dir(name), "generated") || strings.HasSuffix(filepath.Dir(name), "model")) {
			files[name] = string(read(t, filepath.Join(dir, name)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 1 {
		t.Fatalf("nothing is generated in %s", dir)
	}
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// copyTree copies the files below a directory but those to skip.
func copyTree(t *testing.T, from, to string, skip func(name string, entry fs.DirEntry) bool) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case skip(name, entry) && entry.IsDir():
			return fs.SkipDir
		case skip(name, entry):
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
