// Package clients_test runs kith against the clients and the conformance tools that people use it with, each from a locked
// package.json: see the *.test.js files beside it. They are JavaScript, so Node.js is needed, and a Chromium for GraphiQL
// and the example app.
package clients_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
	"kith/db/seed"
	"kith/graph"
	"kith/graph/transport"
)

// serve starts kith with its demo graph, all switched on as in development, and answers where it is.
func serve(t *testing.T, change ...func(*graph.Options)) string {
	t.Helper()
	database, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "kith.db"), orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	if err := errors.Join(database.Migrate(t.Context()), seed.Demo(t.Context(), database)); err != nil {
		t.Fatal(err)
	}
	options := graph.Options{DB: database, Plan: true, Introspection: true, GraphiQL: true, Receipts: true}
	for _, c := range change {
		c(&options)
	}
	server := httptest.NewServer(graph.New(options))
	t.Cleanup(server.Close)
	return server.URL
}

// install makes a folder's node_modules what its lock file says, if they are not.
func install(t *testing.T, folder string) {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(folder, "node_modules", ".kith-lock")
	if made, err := os.ReadFile(mark); err == nil && bytes.Equal(made, lock) {
		return
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	run(t, folder, nil, "npm", "ci", "--no-audit", "--no-fund")
	if err := os.WriteFile(mark, lock, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program; what it prints is shown if it fails. A program that is missing is a failure too.
func run(t *testing.T, folder string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func TestClients(t *testing.T) {
	install(t, ".")
	url := serve(t)
	for _, file := range []string{"audits", "clients", "streams", "schema", "graphiql"} {
		t.Run(file, func(t *testing.T) {
			run(t, ".", []string{"KITH_TEST_URL=" + url, "NODE_ENV=test"}, "node", "--test", file+".test.js")
		})
	}
}

// Gateways compose kith with another subgraph, and ask it for what the other names.
func TestGateways(t *testing.T) {
	install(t, "gateways")
	run(t, "gateways", []string{"KITH_TEST_URL=" + serve(t, func(o *graph.Options) { o.Federation = true }), "NODE_ENV=test"}, "node", "--test", "gateways.test.js")
}

// The examples in GraphiQL's tabs fit the schema.
func TestExamples(t *testing.T) {
	folder := filepath.Join("..", "graphiql")
	install(t, folder)
	run(t, folder, nil, "npm", "test")
}

// maxAppScript is how many bytes of JavaScript a browser may have to load for the app, compressed.
const maxAppScript = 150_000

// The example app is what its lock file and the schema make of it, keeps its session as it says, and does in a browser what it is for.
func TestApp(t *testing.T) {
	folder := filepath.Join("..", "..", "examples", "app")
	install(t, ".")
	install(t, folder)
	run(t, folder, nil, "npm", "test")
	run(t, folder, nil, "npm", "run", "build")
	app, err := transport.LoadApp(os.DirFS(filepath.Join(folder, "dist")))
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, func(o *graph.Options) { o.App = app })

	generated := filepath.Join(folder, "src", "queries.generated.ts")
	before, err := os.ReadFile(generated)
	if err != nil {
		t.Fatal(err)
	}
	run(t, folder, []string{"KITH_URL=" + url}, "npm", "run", "generate")
	if after, err := os.ReadFile(generated); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%s was not what the schema makes of queries.graphql. It is now: commit it. %v", generated, err)
	}

	scripts, err := filepath.Glob(filepath.Join(folder, "dist", "assets", "*.js"))
	if err != nil || len(scripts) == 0 {
		t.Fatal("nothing was built", err)
	}
	var packed bytes.Buffer
	for _, name := range scripts {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(script); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
	}
	if packed.Len() > maxAppScript {
		t.Errorf("the app's JavaScript is %d bytes compressed, want at most %d", packed.Len(), maxAppScript)
	}
	t.Logf("%d bytes of JavaScript, compressed", packed.Len())

	run(t, ".", []string{"KITH_TEST_URL=" + url}, "node", "--test", "app.test.js")
}
