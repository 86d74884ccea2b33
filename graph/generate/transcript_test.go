package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/adding-a-table.md is what somebody does to a copy of the source, and what comes of it: no test that there is minds,
// the API answers as the page says, and when it is all taken away again the source is as it was.
func TestAddingATable(t *testing.T) {
	const page = "docs/adding-a-table.md"
	module := t.TempDir()
	copyTree(t, filepath.Join("..", ".."), module, func(name string, entry fs.DirEntry) bool {
		if entry.IsDir() {
			return name != "." && strings.HasPrefix(entry.Name(), ".") || name == "bench" || entry.Name() == "node_modules" || name == "graph/generate/testdata"
		}
		return name == ".git" || strings.Contains(filepath.Base(name), "kith.db")
	})
	var written []string
	changes := filepath.Join(t.TempDir(), "changes.patch")
	var patch strings.Builder
	lines := 0 // by hand for comments
	blocks := strings.Split(string(read(t, filepath.Join(module, page))), "```")
	for i := 1; i < len(blocks); i += 2 {
		head, body, _ := strings.Cut(blocks[i], "\n")
		kind, name, _ := strings.Cut(head, " ")
		switch {
		case kind == "go":
			written = append(written, name)
			if err := os.WriteFile(filepath.Join(module, filepath.FromSlash(name)), []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			if len(written) == 1 {
				_, declared, _ := strings.Cut(body, "\n\n// ")
				lines += strings.Count(declared, "\n")
			}
		case kind == "diff":
			patch.WriteString(body)
			for line := range strings.Lines(body) {
				if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") && line != "+\n" {
					lines++
				}
			}
		}
	}
	if lines > 15 || lines < 5 || len(written) < 2 || patch.Len() == 0 {
		t.Errorf("%d lines are written for comments, files are %q", lines, written)
	}
	if err := os.WriteFile(changes, []byte(patch.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, module, "git", "apply", changes)
	copyTree(t, "testdata", filepath.Join(module, "graph"), func(name string, entry fs.DirEntry) bool {
		return name != "." && name != "transcript_test.go"
	})
	command(t, module, "generate", "./graph/generate")
	kith := filepath.Join(module, "kith")
	command(t, module, "build", "-buildvcs=false", "-o", kith, ".")
	if made := strings.Fields(output(t, module, kith, "migrate", "draft", "comments")); len(made) != 2 {
		t.Fatalf("%q are drafted", made)
	}
	command(t, module, "vet", "./db/...", "./graph")
	command(t, module, "test", "./db", "./db/seed", "-run", "Migrat|Keys")
	command(t, module, "test", "./graph", "-run", "Transcript|Golden|FiltersAreThePage|SchemaAgreesWithThePage")

	for _, name := range written {
		if err := os.Remove(filepath.Join(module, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	output(t, module, "git", "apply", "--reverse", changes)
	command(t, module, "generate", "./graph/generate")
	for _, dir := range []string{"db", "graph"} {
		for name, text := range tree(t, filepath.Join(module, dir)) {
			if here, err := os.ReadFile(filepath.Join("..", "..", dir, name)); err != nil || string(here) != text {
				t.Errorf("%s/%s is not as it was: %v", dir, name, err)
			}
		}
	}
}
