// Command kith serves a graph of users, profiles, addresses, posts and tags over GraphQL.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"kith/db"
	"kith/graph"
)

// Version is set when a release is built.
var Version = "development"

// settings are what flags and environment variables say; each is both.
type settings struct {
	Env             string `enum:"development,production" default:"development" env:"KITH_ENV" help:"development or production: production has no demo data, introspection or GraphiQL unless switched on, and migrates only by 'migrate'"`
	DatabaseURL     string `default:"sqlite:kith.db" env:"KITH_DATABASE_URL" help:"sqlite:PATH, sqlite::memory: or postgres://…"`
	DatabasePooling string `enum:"direct,transaction" default:"direct" env:"KITH_DATABASE_POOLING" help:"transaction behind a transaction pooler such as PgBouncer"`
}

func (s *settings) production() bool { return s.Env == "production" }

func (s *settings) open(ctx context.Context) (*db.DB, error) {
	return db.Open(ctx, s.DatabaseURL, db.Options{Pooling: db.Pooling(s.DatabasePooling)})
}

// program is the command line.
type program struct {
	settings

	Serve   serve      `cmd:"" default:"withargs" help:"Serve (the default)."`
	Migrate migrate    `cmd:"" help:"Bring the database's tables up to date, or say whether they are."`
	Seed    seed       `cmd:"" help:"Fill an empty database with made-up data, the same every time."`
	Admin   admin      `cmd:"" help:"Make a user an admin."`
	Schema  schema     `cmd:"" help:"Print the schema as SDL."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

func run(args, environment []string, stdout, stderr io.Writer) int {
	var p program
	parser, err := kong.New(&p, kong.Name("kith"), kong.Writers(stdout, stderr),
		kong.Description("A GraphQL API server over a relational graph."),
		kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "kith:", err)
		return 1
	}
	if unknown := unknownSetting(parser.Model, environment); unknown != "" {
		fmt.Fprintf(stderr, "kith: there is no setting %s; `kith --help` lists them\n", unknown)
		return 1
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "kith:", err)
		return 1
	}
	logTo(stderr, p.production())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(stdout, (*io.Writer)(nil))
	if err := command.Run(&p.settings); err != nil {
		fmt.Fprintln(stderr, "kith:", err)
		return 1
	}
	return 0
}

func logTo(w io.Writer, production bool) {
	var h slog.Handler = slog.NewTextHandler(w, nil)
	if production {
		h = slog.NewJSONHandler(w, nil)
	}
	slog.SetDefault(slog.New(h))
}

// unknownSetting finds a KITH_… variable that no flag has. Those of the tests are theirs.
func unknownSetting(app *kong.Application, environment []string) string {
	var known []string
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			known = append(known, f.Envs...)
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "KITH_") && !strings.HasPrefix(name, "KITH_TEST_") && !slices.Contains(known, name) {
			return name
		}
	}
	return ""
}

// A toggle is on, off, or left to the environment.
type toggle string

func (t toggle) on(otherwise bool) bool {
	if t == "" {
		return otherwise
	}
	return t == "on"
}

type serve struct {
	Addr           string        `default:"127.0.0.1:8080" env:"KITH_ADDR" help:"Where to listen."`
	Plan           toggle        `enum:"on,off" default:"on" env:"KITH_PLAN" help:"off answers every query by resolvers and dataloaders."`
	Introspection  toggle        `enum:"on,off," default:"" env:"KITH_INTROSPECTION" help:"on or off; /schema.graphql follows it."`
	Graphiql       toggle        `enum:"on,off," default:"" env:"KITH_GRAPHIQL" help:"on or off."`
	Secret         string        `env:"KITH_SECRET" help:"Signs access tokens; at least 32 bytes. In development one is made and kept beside the SQLite file."`
	OidcIssuer     string        `env:"KITH_OIDC_ISSUER" help:"Accept this OpenID issuer's tokens."`
	OidcAudience   string        `env:"KITH_OIDC_AUDIENCE" help:"Whom the issuer's tokens must be for."`
	Signup         string        `enum:"open,closed" default:"open" env:"KITH_SIGNUP" help:"closed: only admins create users."`
	AllowedOrigins []string      `sep:" " env:"KITH_ALLOWED_ORIGINS" help:"Browser origins that may send requests, separated by spaces."`
	Demo           bool          `default:"true" negatable:"" env:"KITH_DEMO" help:"Fill an empty database with the demo graph (development only)."`
	RequestTimeout time.Duration `default:"10s" env:"KITH_REQUEST_TIMEOUT" help:"How long a request may take."`
}

// drain is how long requests may take to end after the first signal.
const drain = 20 * time.Second

// Run serves until ctx ends, then lets every accepted request end.
func (c *serve) Run(ctx context.Context, s *settings) error {
	limitMemory()
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // nothing is being written any more
	if err := prepare(ctx, s, database, c.Demo); err != nil {
		return err
	}
	secret, err := c.secret(s)
	if err != nil {
		return err
	}
	for _, origin := range c.AllowedOrigins {
		if err := http.NewCrossOriginProtection().AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("KITH_ALLOWED_ORIGINS: %q is not an origin such as https://example.com", origin)
		}
	}
	if c.OidcIssuer != "" && c.OidcAudience == "" {
		return errors.New("KITH_OIDC_ISSUER needs KITH_OIDC_AUDIENCE: without it tokens made for anybody would be accepted")
	}
	go sweep(ctx, database)
	var draining atomic.Bool
	server := &http.Server{
		Handler: graph.New(graph.Options{
			DB:             database,
			Plan:           c.Plan == "on",
			Introspection:  c.Introspection.on(!s.production()),
			GraphiQL:       c.Graphiql.on(!s.production()),
			Secret:         secret,
			SignUpClosed:   c.Signup == "closed",
			OIDCIssuer:     c.OidcIssuer,
			OIDCAudience:   c.OidcAudience,
			AllowedOrigins: c.AllowedOrigins,
			Ready:          func() bool { return !draining.Load() },
			Timeout:        c.RequestTimeout,
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       c.RequestTimeout + 5*time.Second,
		WriteTimeout:      2*c.RequestTimeout + 10*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	slog.Info("serving", "url", "http://"+listener.Addr().String()+"/", "database", database.Name(), "plan", string(c.Plan), "env", s.Env)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	draining.Store(true)
	slog.Info("draining")
	// The first signal has been taken; a second one ends the program at once.
	second, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	limited, cancel := context.WithTimeout(second, drain)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return fmt.Errorf("stopped before every request had ended: %w", err)
	}
	slog.Info("stopped")
	return nil
}

// secretBytes is how many bytes a secret has at least.
const secretBytes = 32

// secret is what signs access tokens. In development it is made when there is none, and kept beside the SQLite file, so
// that a restart does not end everybody's session.
func (c *serve) secret(s *settings) ([]byte, error) {
	switch {
	case c.Secret != "" && len(c.Secret) < secretBytes:
		return nil, fmt.Errorf("KITH_SECRET must have at least %d bytes", secretBytes)
	case c.Secret != "":
		return []byte(c.Secret), nil
	case s.production():
		return nil, fmt.Errorf("production needs KITH_SECRET, at least %d bytes", secretBytes)
	}
	path, isFile := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	if !isFile || path == ":memory:" {
		return nil, nil // graph makes one that lasts as long as the process
	}
	path += ".secret"
	kept, err := os.ReadFile(path)
	if err == nil && len(kept) >= secretBytes {
		return kept, nil
	}
	made := []byte(rand.Text() + rand.Text())
	if err := os.WriteFile(path, made, 0o600); err != nil {
		return nil, fmt.Errorf("cannot keep the secret that signs access tokens: %w", err)
	}
	return made, nil
}

// sweep removes what has expired, now and then.
func sweep(ctx context.Context, database *db.DB) {
	for {
		if err := database.Sweep(ctx); err != nil && ctx.Err() == nil {
			slog.Error("sweeping", "cause", err)
		}
		select {
		case <-time.After(10 * time.Minute):
		case <-ctx.Done():
			return
		}
	}
}

// prepare brings the tables up to date where that is the server's to do, and fills an empty development database.
func prepare(ctx context.Context, s *settings, database *db.DB, demo bool) error {
	if !s.production() {
		if err := database.Migrate(ctx); err != nil {
			return err
		}
		if demo {
			return database.Demo(ctx)
		}
		return nil
	}
	pending, err := database.Pending(ctx)
	if err == nil && pending > 0 {
		err = fmt.Errorf("%d migrations are pending: run `kith migrate up` first", pending)
	}
	return err
}

// limitMemory lets the collector run rarely: memory is bounded, and it is worth a quarter of the throughput.
func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
}

type migrate struct {
	Up     migrateUp     `cmd:"" help:"Apply every pending migration."`
	Status migrateStatus `cmd:"" help:"List the migrations and whether they are applied."`
}

type migrateUp struct{}

// Run applies every pending migration.
func (migrateUp) Run(ctx context.Context, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // what was written is committed
	return database.Migrate(ctx)
}

type migrateStatus struct{}

// Run lists the migrations.
func (migrateStatus) Run(ctx context.Context, out io.Writer, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // nothing was written
	migrations, err := database.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range migrations {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		fmt.Fprintf(out, "%04d  %-8s %s\n", m.Version, state, m.Name)
	}
	return nil
}

type seed struct {
	Users int    `default:"100" help:"How many users."`
	Posts int    `default:"1000" help:"How many posts."`
	Seed  uint64 `default:"1" help:"The same seed makes the same graph."`
}

// Run fills an empty database.
func (c *seed) Run(ctx context.Context, s *settings) error {
	if s.production() {
		return errors.New("seed makes up data and is refused in production")
	}
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // what was written is committed
	if err := database.Migrate(ctx); err != nil {
		return err
	}
	bar := progress(os.Stderr)
	return database.Seed(ctx, db.SeedOptions{Users: c.Users, Posts: c.Posts, Seed: c.Seed, Progress: bar})
}

// progress draws a bar on one line.
func progress(w io.Writer) func(done, total int) {
	last := -1
	return func(done, total int) {
		percent := 100
		if total > 0 {
			percent = done * 100 / total
		}
		if percent == last {
			return
		}
		last = percent
		fmt.Fprintf(w, "\r[%-50s] %3d%%", strings.Repeat("=", percent/2), percent)
		if percent == 100 {
			fmt.Fprintln(w)
		}
	}
}

type admin struct {
	Username string `arg:"" help:"Who."`
}

// Run makes a user an admin.
func (c *admin) Run(ctx context.Context, out io.Writer, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // what was written is committed
	found, err := database.SetAdmin(ctx, c.Username)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("there is no user %q", c.Username)
	}
	_, err = fmt.Fprintf(out, "%s is an admin\n", c.Username)
	return err
}

type schema struct{}

// Run prints the SDL.
func (schema) Run(out io.Writer) error {
	_, err := io.WriteString(out, graph.SDL())
	return err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(out io.Writer) error {
	version := Version
	if info, ok := debug.ReadBuildInfo(); ok {
		version += " " + info.GoVersion
	}
	_, err := fmt.Fprintln(out, "kith", version)
	return err
}
