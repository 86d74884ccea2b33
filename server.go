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
	"net/http/pprof"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"kith/db"
	"kith/db/orm"
	"kith/db/seed"
	"kith/graph"
	"kith/graph/document"
	"kith/graph/session"
	"kith/graph/transport"
)

// Version is set when a release is built.
var Version = "development"

// settings are what flags and environment variables say; each is both.
type settings struct {
	Env             string   `enum:"development,production" default:"development" env:"KITH_ENV" help:"development or production: production has no demo data, introspection or GraphiQL unless switched on, and migrates only by 'migrate'"`
	DatabaseURL     string   `default:"sqlite:kith.db" env:"KITH_DATABASE_URL" help:"sqlite:PATH, sqlite::memory: or postgres://…"`
	DatabasePooling string   `enum:"direct,transaction" default:"direct" env:"KITH_DATABASE_POOLING" help:"transaction behind a transaction pooler such as PgBouncer"`
	ReplicaURLs     []string `name:"replica-urls" sep:" " env:"KITH_REPLICA_URLS" help:"PostgreSQL read replicas, separated by spaces."`

	ReplicaLag  time.Duration `default:"10s" env:"KITH_REPLICA_LAG" help:"A read replica that is further behind is not read."`
	KeepChanges time.Duration `default:"24h" env:"KITH_KEEP_CHANGES" help:"For how long clients can go on from a cursor of changes."`
	MaxChanges  int64         `default:"1073741824" env:"KITH_MAX_CHANGES" help:"About how many bytes of changes are kept."`
}

func (s *settings) production() bool { return s.Env == "production" }

func (s *settings) open(ctx context.Context) (*db.DB, error) {
	return db.Open(ctx, s.DatabaseURL, orm.Options{
		Pooling: orm.Pooling(s.DatabasePooling), Replicas: s.ReplicaURLs, MaxLag: s.ReplicaLag, KeepChanges: s.KeepChanges, MaxChanges: s.MaxChanges,
	})
}

// program is the command line.
type program struct {
	settings

	Serve   serve      `cmd:"" default:"withargs" help:"Serve (the default)."`
	Migrate migrate    `cmd:"" help:"Bring the database's tables up to date, or say whether they are."`
	Seed    fill       `cmd:"" help:"Fill an empty database with made-up data, the same every time."`
	Admin   admin      `cmd:"" help:"Make a user an admin."`
	Backup  backup     `cmd:"" help:"Copy a SQLite database to a new file while it is in use."`
	Promote promote    `cmd:"" help:"Copy everything from one database to another that is empty, such as from SQLite to PostgreSQL."`
	Schema  schema     `cmd:"" help:"Print the schema as SDL."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// examples are commands as help shows them.
func examples(commands ...string) string { return "Examples:\n\n  " + strings.Join(commands, "\n  ") }

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

func run(args, environment []string, stdout, stderr io.Writer) int {
	var p program
	parser, err := kong.New(&p, kong.Name("kith"), kong.Writers(stdout, stderr),
		kong.Description("A GraphQL API server over a relational graph.\n\nExamples:\n\n"+
			"  kith                               serve kith.db, made and filled where it is missing\n"+
			"  kith --database-url postgres://…   serve a PostgreSQL database\n"+
			"  kith serve --help                  every setting of the server\n"+
			"  kith migrate status                what is still to be applied"),
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
		fmt.Fprintln(stderr, "kith:", named(parser.Model, err))
		return 1
	}
	lines := &lineWriter{to: stderr}
	defer lines.flush()
	logTo(stderr, lines, p.production())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(stdout, (*io.Writer)(nil))
	if err := command.Run(&p.settings); err != nil {
		fmt.Fprintln(stderr, "kith:", explained(err))
		return 1
	}
	return 0
}

// explained is an error for whoever runs the program: what clients are not told is said, and what can be done about it.
func explained(err error) string {
	text := err.Error()
	var e *orm.Error
	if errors.As(err, &e) && e.Code == orm.Internal && e.Cause != nil {
		text = strings.Replace(text, e.Error(), e.Cause.Error(), 1)
	}
	if advice := orm.Advice(err); advice != "" {
		text += ": " + advice
	}
	return text
}

// A lineWriter gathers the lines of the log and writes them together, a moment later at most: a write for each line is a
// noticeable part of what a small query takes.
type lineWriter struct {
	mu      sync.Mutex
	to      io.Writer
	lines   []byte
	pending bool
}

const (
	gatherFor = 50 * time.Millisecond
	atMost    = 64 << 10
)

// Write takes a line.
func (l *lineWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line...)
	switch {
	case len(l.lines) >= atMost:
		l.write()
	case !l.pending:
		l.pending = true
		time.AfterFunc(gatherFor, l.flush)
	}
	return len(line), nil
}

// flush writes what has been gathered.
func (l *lineWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = false
	l.write()
}

func (l *lineWriter) write() {
	if len(l.lines) > 0 {
		l.to.Write(l.lines) //nolint:errcheck // there is nowhere to say it
		l.lines = l.lines[:0]
	}
}

// logTo sends the log to stderr: as text and at once in development, as JSON and gathered in production.
func logTo(stderr, gathered io.Writer, production bool) {
	var h slog.Handler = slog.NewTextHandler(stderr, nil)
	if production {
		h = slog.NewJSONHandler(gathered, nil)
	}
	slog.SetDefault(slog.New(h))
}

// databaseURL finds what may hold a password.
var databaseURL = regexp.MustCompile(`postgres(ql)?://\S*`)

// named is a parser's error with the variable of the setting that it speaks of, for those who set it there.
func named(app *kong.Application, err error) string {
	text := databaseURL.ReplaceAllString(err.Error(), "postgres://…")
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok && len(f.Envs) > 0 && strings.Contains(text, "--"+f.Name) && !strings.Contains(text, f.Envs[0]) {
			text = f.Envs[0] + ": " + text
		}
		return next(nil)
	})
	return text
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
	Federation     toggle        `enum:"on,off" default:"off" env:"KITH_FEDERATION" help:"on makes it a subgraph of Apollo Federation 2: _service and _entities, by which gateways also read the schema."`
	Secret         string        `env:"KITH_SECRET" help:"Signs access tokens; at least 32 bytes. In development one is made and kept beside the SQLite file."`
	OidcIssuer     string        `env:"KITH_OIDC_ISSUER" help:"Accept this OpenID issuer's tokens."`
	OidcAudience   string        `env:"KITH_OIDC_AUDIENCE" help:"Whom the issuer's tokens must be for."`
	Signup         string        `enum:"open,closed" default:"open" env:"KITH_SIGNUP" help:"closed: only admins create users."`
	SMTPURL        string        `name:"smtp-url" env:"KITH_SMTP_URL" help:"The mail server, smtp://USER:PASSWORD@HOST:PORT (with STARTTLS, but on this machine) or smtps://…. Without it mails are written to the log in development, and refused in production."`
	MailFrom       string        `env:"KITH_MAIL_FROM" help:"The e-mail address that mails are from, such as 'Kith <kith@example.com>'."`
	AppURL         string        `name:"app-url" env:"KITH_APP_URL" help:"Where the app is that mails lead to: its pages /reset-password and /verify-email are given the token as #token=…. Without it mails hold the token alone."`
	AllowedOrigins []string      `sep:" " env:"KITH_ALLOWED_ORIGINS" help:"Browser origins that may send requests, separated by spaces; https://*.example.com is every subdomain. In development those of this machine may as well."`
	TrustedProxies string        `env:"KITH_TRUSTED_PROXIES" help:"Addresses and ranges (CIDR) of the proxies whose X-Forwarded-For or Forwarded is believed, separated by spaces or commas."`
	Demo           bool          `default:"true" negatable:"" env:"KITH_DEMO" help:"Fill an empty database with the demo graph (development only)."`
	RequestTimeout time.Duration `default:"10s" env:"KITH_REQUEST_TIMEOUT" help:"How long a request may take."`
	MaxBody        int           `default:"1048576" env:"KITH_MAX_BODY" help:"Bytes of a request's body."`
	MaxTokens      int           `default:"15000" env:"KITH_MAX_TOKENS" help:"Tokens of a document."`
	MaxDepth       int           `default:"15" env:"KITH_MAX_DEPTH" help:"Fields inside fields."`
	MaxAliases     int           `default:"100" env:"KITH_MAX_ALIASES" help:"Fields of one name in a selection set."`
	MaxCost        int           `default:"50000" env:"KITH_MAX_COST" help:"Rows that an operation could return, and one for 200 that it makes the database look at."`
	MaxList        int           `default:"250" env:"KITH_MAX_LIST" help:"Items of a list; of objects four times as many."`
	MaxErrors      int           `default:"50" env:"KITH_MAX_ERRORS" help:"Errors in an answer."`
	MaxResponse    int           `default:"16777216" env:"KITH_MAX_RESPONSE" help:"Bytes of an answer."`

	TrustedDocuments string `default:"off" env:"KITH_TRUSTED_DOCUMENTS" help:"capture:FILE writes the documents that are sent to FILE; FILE lets only those in it run."`
	App              string `env:"KITH_APP" help:"A folder with a built app for browsers, which is served at /; GraphiQL is at /graphiql/ then."`
	Receipts         toggle `enum:"on,off," default:"" env:"KITH_RECEIPTS" help:"on or off: whether a receipt shows SQL."`
	AdminAddr        string `env:"KITH_ADMIN_ADDR" help:"A second listener for /metrics and /debug/pprof/."`
}

// After the first signal requests have drain to end. For notice of it new ones are still taken, and their connections
// closed behind them: without it a request may be on its way on a connection that is being closed.
const (
	drain  = 20 * time.Second
	notice = 500 * time.Millisecond
)

// Help has examples.
func (serve) Help() string {
	return examples(
		"kith serve --addr 0.0.0.0:8080",
		"kith serve --database-url sqlite::memory: --plan off",
		"KITH_ENV=production KITH_SECRET=$(openssl rand -hex 32) kith serve --database-url postgres://…")
}

// Run serves until ctx ends, then lets every accepted request end.
func (c *serve) Run(ctx context.Context, out io.Writer, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	c.limitMemory(database)
	if err := prepare(ctx, s, database, c.Demo); err != nil {
		return err
	}
	secret, err := c.secret(s)
	if err != nil {
		return err
	}
	origins, err := transport.ParseOrigins(c.AllowedOrigins, !s.production())
	if err != nil {
		return fmt.Errorf("KITH_ALLOWED_ORIGINS: %w", err)
	}
	if c.OidcIssuer != "" && c.OidcAudience == "" {
		return errors.New("KITH_OIDC_ISSUER needs KITH_OIDC_AUDIENCE: without it tokens made for anybody would be accepted")
	}
	proxies, err := transport.ParseTrustedProxies(c.TrustedProxies)
	if err != nil {
		return fmt.Errorf("KITH_TRUSTED_PROXIES: %w", err)
	}
	go sweep(ctx, database)
	var draining atomic.Bool
	streaming, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	options := graph.Options{
		DB:             database,
		Plan:           c.Plan == "on",
		Introspection:  c.Introspection.on(!s.production()),
		GraphiQL:       c.Graphiql.on(!s.production()),
		Receipts:       c.Receipts.on(!s.production()),
		Secret:         secret,
		SignUpClosed:   c.Signup == "closed",
		OIDCIssuer:     c.OidcIssuer,
		OIDCAudience:   c.OidcAudience,
		AppURL:         c.AppURL,
		Federation:     c.Federation == "on",
		AllowedOrigins: origins,
		TrustedProxies: proxies,
		Ready:          func() bool { return !draining.Load() },
		Drain:          streaming,
	}
	if options.Mail, err = c.mail(s); err != nil {
		return err
	}
	if options.Limits, err = c.limits(); err != nil {
		return err
	}
	if options.TrustedDocuments, err = document.LoadTrusted(c.TrustedDocuments); err != nil {
		return fmt.Errorf("KITH_TRUSTED_DOCUMENTS: %w", err)
	}
	if c.App != "" {
		if options.App, err = transport.LoadApp(os.DirFS(c.App)); err != nil {
			return fmt.Errorf("KITH_APP: %w", err)
		}
	}
	tracer, stopTracing, err := graph.NewTracer(ctx, Version)
	if err != nil {
		return err
	}
	options.Tracer = tracer
	served := make(chan error, 2)
	if c.AdminAddr != "" {
		options.Metrics = graph.NewMetrics(database)
		admin, err := c.serveAdmin(ctx, options.Metrics, served)
		if err != nil {
			return err
		}
		defer admin.Close()
	}
	server := &http.Server{
		Handler:           closing(&draining, graph.New(options)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       c.RequestTimeout, // which graph need not set for each request then
		WriteTimeout:      2*c.RequestTimeout + 10*time.Second,
		IdleTimeout:       2 * time.Minute,
		// Far above what graph takes, so that graph can say what is too large, and far below what hurts.
		MaxHeaderBytes: 512 << 10,
		ErrorLog:       slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	var open connections
	server.ConnState = open.note
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	url := "http://" + listener.Addr().String()
	slog.Info("serving", "url", url+"/", "database", database.Name(), "plan", string(c.Plan), "env", s.Env)
	if f, ok := out.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		greet(ctx, out, url, database, options)
	}
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// The first signal has been taken; a second one ends the program at once.
	second, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	limited, cancel := context.WithTimeout(second, drain)
	defer cancel()
	draining.Store(true)
	slog.Info("draining")
	wait(limited, notice)
	if err := listener.Close(); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, net.ErrClosed) { // Serve has let go of it, so Shutdown need not close it again
		return err
	}
	endStreams() // whose clients come back, and find nobody here
	// Shutdown drops what it finds on its way in, so it waits until there is nothing.
	for open.busy() && limited.Err() == nil {
		wait(limited, 5*time.Millisecond)
	}
	if err := errors.Join(server.Shutdown(limited), stopTracing(limited)); err != nil {
		return fmt.Errorf("stopped before every request had ended: %w", err)
	}
	slog.Info("stopped")
	return nil
}

// greet says to somebody at a terminal what there is and what to do next.
func greet(ctx context.Context, out io.Writer, url string, database *db.DB, options graph.Options) {
	line := func(name, address, about string) { fmt.Fprintf(out, "  %-9s %s%-16s %s\n", name, url, address, about) }
	fmt.Fprintf(out, "\nkith serves %s. Ctrl-C ends it.\n\n", database.Place())
	if options.GraphiQL {
		about := "Try the API."
		if username, password, err := seed.DemoLogIn(ctx, database); err == nil && username != "" {
			about = fmt.Sprintf("Try the API. Log in as %s with the password %s.", username, password)
		}
		line("GraphiQL", "/", about)
		if options.Introspection {
			line("Model", "/model", "What there is, as a picture.")
		}
	}
	if options.Introspection {
		line("Schema", "/schema.graphql", "")
	}
	line("API", "/graphql", "")
	fmt.Fprintf(out, "\nA first query, from another terminal:\n\n  curl -s %s/graphql -H 'Content-Type: application/json' -d '{\"query\": \"{ %s { totalCount } }\"}'\n\nWhat comes next is in docs/README.md, commands and settings in kith --help.\n\n",
		url, db.Model.Tables()[0].Root())
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// connections are those of a server, by what they are doing.
type connections struct {
	mu     sync.Mutex
	states map[net.Conn]http.ConnState
}

func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = map[net.Conn]http.ConnState{}
	}
	if c.states[conn] = state; state == http.StateClosed || state == http.StateHijacked {
		delete(c.states, conn)
	}
}

// busy tells whether a request is being answered, or may be about to come on a new connection.
func (c *connections) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, state := range c.states {
		if state != http.StateIdle {
			return true
		}
	}
	return false
}

// closing ends connections with the next answer once the server is draining, so that clients go elsewhere by themselves.
func closing(draining *atomic.Bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// limits are those of the settings.
func (c *serve) limits() (graph.Limits, error) {
	l := graph.Limits{
		Limits: document.Limits{
			Tokens: c.MaxTokens, Depth: c.MaxDepth, Aliases: c.MaxAliases, Cost: c.MaxCost, List: c.MaxList, Errors: c.MaxErrors,
		},
		Body: c.MaxBody, Response: c.MaxResponse, Timeout: c.RequestTimeout,
	}
	for _, limit := range []struct {
		name  string
		value int
	}{
		{"KITH_MAX_BODY", l.Body}, {"KITH_MAX_TOKENS", l.Tokens}, {"KITH_MAX_DEPTH", l.Depth}, {"KITH_MAX_ALIASES", l.Aliases}, {"KITH_MAX_COST", l.Cost},
		{"KITH_MAX_LIST", l.List}, {"KITH_MAX_ERRORS", l.Errors}, {"KITH_MAX_RESPONSE", l.Response}, {"KITH_REQUEST_TIMEOUT", int(l.Timeout)},
	} {
		if limit.value <= 0 {
			return l, fmt.Errorf("%s must be above zero", limit.name)
		}
	}
	return l, nil
}

// serveAdmin serves what operators look at, where only they can reach it.
func (c *serve) serveAdmin(ctx context.Context, metrics *graph.Metrics, served chan<- error) (*http.Server, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.AdminAddr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", c.AdminAddr, err)
	}
	slog.Info("serving operators", "url", "http://"+listener.Addr().String()+"/metrics")
	go func() { served <- server.Serve(listener) }()
	return server, nil
}

// mail is what sends mails; nil: nothing does.
func (c *serve) mail(s *settings) (func(context.Context, session.Mail) error, error) {
	if u, err := url.Parse(c.AppURL); c.AppURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		return nil, fmt.Errorf("KITH_APP_URL: %q is not a URL such as https://app.example.com", c.AppURL)
	}
	switch {
	case c.SMTPURL != "" && c.MailFrom == "":
		return nil, errors.New("KITH_SMTP_URL needs KITH_MAIL_FROM, the e-mail address that mails are from")
	case c.SMTPURL != "":
		send, err := session.SMTP(c.SMTPURL, c.MailFrom)
		if err != nil {
			return nil, fmt.Errorf("KITH_SMTP_URL, KITH_MAIL_FROM: %w", err)
		}
		return send, nil
	case s.production():
		return nil, nil
	}
	return func(ctx context.Context, m session.Mail) error {
		slog.InfoContext(ctx, "a mail, which KITH_SMTP_URL would send", "to", m.To, "subject", m.Subject, "text", m.Text)
		return nil
	}, nil
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
		if err := sweepOnce(ctx, database); err != nil && ctx.Err() == nil {
			slog.Error("sweeping", "cause", err)
		}
		select {
		case <-time.After(10 * time.Minute):
		case <-ctx.Done():
			return
		}
	}
}

func sweepOnce(ctx context.Context, database *db.DB) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // a silent network is waited for no longer
	defer cancel()
	return database.Sweep(ctx)
}

// prepare brings the tables up to date where that is the server's to do, and fills an empty development database. A connection that is
// lost meanwhile does not end it.
func prepare(ctx context.Context, s *settings, database *db.DB, demo bool) error {
	return database.Persist(ctx, func() error {
		if s.production() {
			return upToDate(ctx, database)
		}
		if err := database.Migrate(ctx); err != nil || !demo {
			return err
		}
		return seed.Demo(ctx, database)
	})
}

// upToDate refuses a database whose tables are not those the program knows.
func upToDate(ctx context.Context, database *db.DB) error {
	pending, err := database.Pending(ctx)
	if err == nil && pending > 0 {
		err = fmt.Errorf("%d migrations are pending: run `kith migrate up` first", pending)
	}
	if err != nil {
		return err
	}
	recorded, err := database.Recorded(ctx)
	if err == nil && !recorded { // another version of the page may be running beside this one
		slog.Warn("changes are recorded as another page says: `kith migrate up` makes it this one's")
	}
	return err
}

// The collector runs when so many percent more are held than were live when it ran last, and headroom is live. It is never written to, and
// so takes no memory. What is let go of between two runs is then about the same whether much or little is live: a percentage alone that makes
// runs rare where small things are asked for lets large answers take several times what they need. SQLite has its caches in this process, and
// so less is left for that.
const (
	headroomBytes      = 64 << 20
	headroomMore       = 45
	headroomMoreSQLite = 25
)

var headroom []byte //nolint:unused // it is only there

// limitMemory lets the collector run rarely, which is worth a quarter of the throughput, but not when what it would find is
// more than all answers take: eight of the largest, with what it takes to make them.
func (c *serve) limitMemory(database *db.DB) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(256<<20 + 16*int64(c.MaxResponse))
	}
	if os.Getenv("GOGC") == "" {
		headroom = make([]byte, headroomBytes)
		more := headroomMore
		if database.Name() == "sqlite" {
			more = headroomMoreSQLite
		}
		debug.SetGCPercent(more)
		debug.SetMemoryLimit(debug.SetMemoryLimit(-1) + headroomBytes) // which it would count
	}
}

type migrate struct {
	Up     migrateUp     `cmd:"" help:"Apply every pending migration."`
	Status migrateStatus `cmd:"" help:"List the migrations and whether they are applied."`
	Draft  migrateDraft  `cmd:"" help:"Write the migration that makes the page of what the present ones make, in the source tree."`
}

// Help has examples.
func (migrate) Help() string {
	return examples(
		"kith migrate status",
		"kith migrate up")
}

type migrateUp struct{}

// Help has examples.
func (migrateUp) Help() string {
	return examples(
		"kith migrate up",
		"kith migrate up --database-url postgres://…")
}

// Run applies every pending migration.
func (migrateUp) Run(ctx context.Context, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	return database.Persist(ctx, func() error { return database.Migrate(ctx) })
}

type migrateStatus struct{}

// Help has examples.
func (migrateStatus) Help() string {
	return examples(
		"kith migrate status")
}

// Run lists the migrations.
func (migrateStatus) Run(ctx context.Context, out io.Writer, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
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

type migrateDraft struct {
	Name        string `arg:"" help:"What the migration is called: letters, digits and _."`
	Destructive bool   `help:"Draft also what loses data, or fails on rows that do not fit."`
}

// Help has examples.
func (migrateDraft) Help() string {
	return examples(
		"kith migrate draft comments",
		"kith migrate draft drop_nicknames --destructive")
}

// Run writes the next migration into the directory migrations, for both databases and without either.
func (c *migrateDraft) Run(ctx context.Context, out io.Writer) error {
	const dir = "migrations"
	if names, err := filepath.Glob(filepath.Join(dir, "*.sql")); err != nil || len(names) == 0 {
		return fmt.Errorf("there are no migrations in %s: draft in the directory of the source", dir)
	}
	files, err := db.Model.DraftMigration(ctx, os.DirFS(dir), c.Name, c.Destructive)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		fmt.Fprintln(out, "nothing to draft: the migrations make what the page declares")
	}
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if err := os.WriteFile(name, []byte(f.Text), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(out, name)
	}
	return nil
}

type fill struct {
	Users int    `default:"100" help:"How many users."`
	Posts int    `default:"1000" help:"How many posts."`
	Seed  uint64 `default:"1" help:"The same seed makes the same graph."`
}

// Help has examples.
func (fill) Help() string {
	return examples(
		"kith seed",
		"kith seed --users 2000 --posts 20000 --seed 7 --database-url sqlite:big.db")
}

// Run fills an empty database.
func (c *fill) Run(ctx context.Context, s *settings) error {
	if s.production() {
		return errors.New("seed makes up data and is refused in production")
	}
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	if err := database.Migrate(ctx); err != nil {
		return err
	}
	bar := progress(os.Stderr)
	return seed.Fill(ctx, database, seed.Options{Users: c.Users, Posts: c.Posts, Seed: c.Seed, Progress: bar})
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

// Help has examples.
func (admin) Help() string {
	return examples(
		"kith admin ada")
}

// Run makes a user an admin.
func (c *admin) Run(ctx context.Context, out io.Writer, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	if err := upToDate(ctx, database); err != nil {
		return err
	}
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

type backup struct {
	File string `arg:"" help:"The new file."`
}

// Help has examples.
func (backup) Help() string {
	return examples(
		"kith backup kith-$(date +%F).db")
}

// Run copies the database to a file.
func (c *backup) Run(ctx context.Context, s *settings) error {
	database, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	return database.Backup(ctx, c.File)
}

type promote struct {
	From string `arg:"" help:"The database to read, as in KITH_DATABASE_URL."`
	To   string `arg:"" help:"The database to fill."`
}

// Help has examples.
func (promote) Help() string {
	return examples(
		"kith promote sqlite:kith.db postgres://…")
}

// Run copies one database to another.
func (c *promote) Run(ctx context.Context, out io.Writer, s *settings) error {
	from, err := db.Open(ctx, c.From, orm.Options{})
	if err != nil {
		return err
	}
	defer from.Close()
	if err := upToDate(ctx, from); err != nil {
		return fmt.Errorf("the database %s: %w", from.Place(), err)
	}
	to, err := db.Open(ctx, c.To, orm.Options{Pooling: orm.Pooling(s.DatabasePooling)})
	if err != nil {
		return err
	}
	defer to.Close()
	if err := to.Migrate(ctx); err != nil {
		return err
	}
	rows, err := from.Promote(ctx, to)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d rows copied\n", rows)
	return err
}

type schema struct{}

// Help has examples.
func (schema) Help() string {
	return examples(
		"kith schema > schema.graphql")
}

// Run prints the SDL.
func (schema) Run(out io.Writer) error {
	_, err := io.WriteString(out, graph.SDL())
	return err
}

type versionCmd struct{}

// Help has examples.
func (versionCmd) Help() string {
	return examples(
		"kith version")
}

// Run prints the version.
func (versionCmd) Run(out io.Writer) error {
	version := Version
	if info, ok := debug.ReadBuildInfo(); ok {
		version += " " + info.GoVersion
	}
	_, err := fmt.Fprintln(out, "kith", version)
	return err
}
