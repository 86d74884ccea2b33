// Package graph is kith's GraphQL: the schema beside its resolvers, two ways of answering over one foundation (plans in
// graph/plan, resolvers and dataloaders here), mutations, errors, and the handler of every path.
package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel/trace"

	"kith/db"
	"kith/db/orm"
	"kith/graph/document"
	"kith/graph/drawing"
	"kith/graph/generated"
	"kith/graph/graphiql"
	"kith/graph/plan"
	"kith/graph/session"
	"kith/graph/transport"
	"kith/loaders"
)

// Options are what New may be told. The zero value of a switch is off.
type Options struct {
	DB *db.DB
	// Plan answers queries by plans; without it resolvers answer everything, with the same bytes.
	Plan          bool
	Introspection bool
	// GraphiQL is at /, or at /graphiql/ beside an App.
	GraphiQL bool
	// App is served wherever nothing else is; nil: there is none.
	App *transport.App
	// Secret signs access tokens; empty: one that lasts as long as the process.
	Secret []byte
	// SignUpClosed leaves the making of users to admins.
	SignUpClosed bool
	// OIDCIssuer's tokens are accepted, if they are for OIDCAudience; empty: no issuer's.
	OIDCIssuer, OIDCAudience string
	// Mail sends a mail; nil: none is sent, and what needs one is refused.
	Mail func(context.Context, session.Mail) error
	// AppURL is where the pages are that mails lead to; empty: mails hold tokens alone.
	AppURL string
	// AllowedOrigins are the browser origins, besides the server's own, that may send requests.
	AllowedOrigins transport.Origins
	// TrustedProxies may say for whom they forward requests; others are clients themselves.
	TrustedProxies transport.TrustedProxies
	// Federation makes kith a subgraph of Apollo Federation: every object is an entity whose key is its id.
	Federation bool
	// Ready tells whether the server wants new requests.
	Ready func() bool
	// Drain ends when streams are to end, so that clients go on elsewhere, and mails are left to others; nil: never.
	Drain context.Context
	// Limits bound what a request may ask for.
	Limits Limits
	// Receipts lets the SQL of an operation be seen by those who ask for a receipt.
	Receipts bool
	// TrustedDocuments are those that may run; nil: all.
	TrustedDocuments *document.Trusted
	// Metrics are served by their owner; nil: they are made, and served at /metrics.
	Metrics *Metrics
	// Tracer makes the spans of operations and their statements; nil: there are none.
	Tracer trace.TracerProvider
}

// Limits bound what one request may ask for, and how much may come and go. A field that is 0 has its default, the number in
// its comment.
type Limits struct {
	document.Limits
	Body     int           // bytes of a request's body: 1 MiB
	Response int           // bytes of an answer: 16 MiB; four times as many may be held to make it
	Timeout  time.Duration // from the request's first byte read to its answer: 10 s
}

func (l Limits) withDefaults() Limits {
	l.Limits = l.Limits.WithDefaults()
	if l.Body <= 0 {
		l.Body = 1 << 20
	}
	if l.Response <= 0 {
		l.Response = 16 << 20
	}
	if l.Timeout <= 0 {
		l.Timeout = 10 * time.Second
	}
	return l
}

const (
	// manyAnswers is how many of the largest answers all running operations may take together, in bytes: of rows that they
	// hold, of what they have written, and of what has not been sent yet.
	manyAnswers = 8
	leastMemory = 64 << 20 // and if answers are small, what resolvers may take for a tree of many objects
)

// A server answers GraphQL requests.
type server struct {
	Options
	schema   *ast.Schema
	executor *executor.Executor
	planner  *plan.Planner
	sessions *session.Authenticator

	transport *transport.Transport
	documents *document.Store
	memory    *orm.Memory
	resolvers map[[2]string]bool        // fields with a resolver, by type and name
	hooks     *graphql.OperationContext // what the executor puts into every operation's context
	migrated  atomic.Bool               // known to be

	open   streams
	events events
	kept   kept
	live   *live
}

// New answers the handler of every path that kith serves.
func New(options Options) http.Handler {
	options.Limits = options.Limits.withDefaults()
	serveMetrics := options.Metrics == nil
	if serveMetrics {
		options.Metrics = NewMetrics(options.DB)
	}
	sessions := session.New(session.Options{
		DB: options.DB, Secret: options.Secret, SignUpClosed: options.SignUpClosed, OIDCIssuer: options.OIDCIssuer, OIDCAudience: options.OIDCAudience,
		Mail: options.Mail, AppURL: options.AppURL,
	})
	if options.Mail != nil {
		background := options.Drain
		if background == nil {
			background = context.Background()
		}
		go sessions.Deliver(background)
	}
	asked := schema()
	if options.Federation {
		asked = federated()
	}
	executable := generated.NewExecutableSchema(generated.Config{
		Schema: asked, Resolvers: &Resolver{sessions},
		// The operation's directive is read where the operation runs.
		Directives: generated.DirectiveRoot{DryRun: func(ctx context.Context, _ any, next graphql.Resolver, _ bool) (any, error) { return next(ctx) }},
	})
	s := &server{Options: options, schema: asked, executor: executor.New(executable), sessions: sessions}
	if options.Plan {
		s.planner = plan.New(options.DB.DB, s.schema)
	}
	s.open.count, s.open.sessions, s.events.made = map[any]int{}, map[string]map[*stream]bool{}, map[eventKey]*event{}
	s.live = newLive(s)
	s.kept.of = map[any]keptPosition{}
	s.executor.SetErrorPresenter(s.present)
	s.executor.SetRecoverFunc(transport.Recovered)
	s.executor.AroundRootFields(s.aroundRootField)
	s.executor.AroundFields(s.aroundField)
	s.resolvers = resolversOf(s.schema)
	s.transport = transport.New(transport.Options{
		Body: s.Limits.Body, Timeout: s.Limits.Timeout, Limits: s.Limits.Limits, AllowedOrigins: options.AllowedOrigins, TrustedProxies: options.TrustedProxies,
	})
	s.documents = document.New(document.Options{
		Schema: s.schema, DB: options.DB.DB, Limits: s.Limits.Limits, Introspection: options.Introspection, Trusted: options.TrustedDocuments,
	})
	s.memory = orm.NewMemory(max(manyAnswers*s.Limits.Response, leastMemory))
	s.events.memory = s.memory
	s.Metrics.watch(s.memory)
	hooks, problems := s.executor.CreateOperationContext(graphql.StartOperationTrace(context.Background()), &graphql.RawParams{Query: "{__typename}"})
	if len(problems) > 0 {
		panic(problems) // every schema answers __typename
	}
	s.hooks = hooks

	mux := http.NewServeMux()
	mux.Handle("/graphql", s.transport.Endpoint(http.HandlerFunc(s.serveGraphQL)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", s.serveReady)
	if options.Introspection {
		mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, SDL()) })
	}
	if serveMetrics {
		mux.Handle("GET /metrics", s.Metrics.Handler())
	}
	page := http.NotFoundHandler()
	if options.GraphiQL {
		var model []byte // which tells what introspection tells
		if options.Introspection {
			link := graphiql.TypeLink
			if options.App != nil {
				link = "/graphiql" + link
			}
			model = drawing.SVG(options.DB.Model().Tables(), link)
		}
		page = graphiql.Handler(model)
	}
	if options.App == nil {
		mux.Handle("/", page)
	} else {
		mux.Handle("/", options.App)
		mux.Handle("/graphiql/", page)
		mux.Handle("/graphiql/{$}", http.StripPrefix("/graphiql", page))
		mux.Handle("/model", page)
		for _, path := range []string{"/graphql/", "/healthz", "/readyz", "/schema.graphql", "/metrics"} { // whatever is switched off
			mux.Handle(path, http.NotFoundHandler())
		}
	}
	return s.Metrics.around(s.transport.Middleware(mux))
}

// readyWithin is how long the database has to show that it is there; the answer comes within two seconds.
const readyWithin = 1200 * time.Millisecond

func (s *server) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	pending, err := 0, s.DB.Ping(ctx)
	if err == nil && !s.migrated.Load() { // which nothing takes back
		pending, err = s.DB.Pending(ctx)
	}
	switch {
	case s.Ready != nil && !s.Ready():
		writeText(w, http.StatusServiceUnavailable, "draining\n")
	case err != nil:
		slog.ErrorContext(ctx, "not ready", "cause", err)
		writeText(w, http.StatusServiceUnavailable, "the database cannot be reached, or takes no writes\n")
	case pending > 0:
		writeText(w, http.StatusServiceUnavailable, "migrations are pending\n")
	default:
		s.migrated.Store(true)
		writeText(w, http.StatusOK, "ready\n")
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(text)) //nolint:errcheck // the client has gone
}

// An operation is what is known of one running operation.
type operation struct {
	document.Operation // what is known of it yet

	recorder orm.Recorder
	budget   *orm.Budget
	// invalid is set when the answer is not to be used: its statements contradicted each other, or lost a race.
	invalid atomic.Pointer[orm.Error]
	// resolve is set when no plan is to answer.
	resolve bool
	// snapshot is set when the operation runs in a snapshot.
	snapshot bool
	// newest is the place that a mutation says to follow from; "" if it is read with the rest.
	newest string

	mu    sync.Mutex
	pages map[*ast.Field]parsedPage

	firstCode string
	logged    atomic.Int32
}

// invalidates notes that err makes the whole answer useless, if it does, or that the operation is at its end.
func (o *operation) invalidates(err error) bool {
	if o.budget.Err() != nil {
		return true
	}
	var e *orm.Error
	if !errors.As(err, &e) || e.Code != orm.Retry && e.Code != orm.Stale {
		return false
	}
	o.invalid.Store(e)
	return true
}

type parsedPage struct {
	page *orm.Page
	err  error
}

type operationKey struct{}

func operationOf(ctx context.Context) *operation {
	o, _ := ctx.Value(operationKey{}).(*operation)
	return o
}

// begin answers a context for one run of the operation: nothing of another run is in it.
func (s *server) begin(ctx context.Context, root string) context.Context {
	ctx = loaders.New(ctx, s.DB.DB, fieldPath)
	operation := graphql.GetOperationContext(ctx)
	n := 0
	for _, f := range graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{root}) {
		if f.Name != "__typename" {
			n++
		}
	}
	loaders.Expect(ctx, n)
	return ctx
}

// run runs the operation of ctx; nil: it came to its end first. What the planner does not answer, gqlgen's executor goes through.
func (s *server) run(ctx context.Context) *graphql.Response {
	operation := graphql.GetOperationContext(ctx)
	next := func(ctx context.Context) graphql.ResponseHandler {
		handle, _ := s.executor.DispatchOperation(ctx, operation)
		return handle
	}
	if operation.Operation.Operation == ast.Mutation {
		return s.mutate(ctx, next)
	}
	at := s.seen(ctx, operation.Headers)
	return s.steady(s.DB.Lagging(ctx, at), func(ctx context.Context) *graphql.Response { return s.query(ctx, next) })
}

// steady reads, and once more in one snapshot if another request removed a row that is needed between two of the statements. What is to be
// followed from, and may be asked for anywhere, is read in one at once.
func (s *server) steady(ctx context.Context, read func(context.Context) *graphql.Response) (answer *graphql.Response) {
	state := operationOf(ctx)
	one := func(state func(context.Context, func(context.Context) error) error) *graphql.Response {
		err := state(ctx, func(ctx context.Context) error {
			answer = read(ctx)
			return nil
		})
		if err != nil {
			return s.failure(ctx, err)
		}
		return answer
	}
	if asksCursor(ctx) && !state.snapshot {
		answer = one(s.DB.Snapshot)
	} else {
		answer = read(ctx)
	}
	if state.invalid.Swap(nil) == nil || state.budget.Err() != nil || state.snapshot {
		return answer
	}
	return one(s.DB.Still)
}

// query runs a query: a plan answers the one root field that most have; else gqlgen goes through the fields. The answer
// is not to be used if the operation is invalid.
func (s *server) query(ctx context.Context, next graphql.OperationHandler) *graphql.Response {
	if answer := s.service(ctx); answer != nil {
		return answer
	}
	state := operationOf(ctx)
	state.resolve = s.planner == nil
	if !state.resolve {
		state.budget.Restart()
		switch json, ok, err := s.planner.Operation(ctx, state.Plans); {
		case !ok:
		case err == nil:
			return &graphql.Response{Data: json}
		case state.invalidates(err):
			return s.failure(ctx, err)
		default:
			s.unplanned(ctx, err)
			state.resolve = true
		}
	}
	answer, err := state.run(s.begin(ctx, "Query"), next)
	if err != nil {
		return s.failure(ctx, err)
	}
	return answer
}

// run lets gqlgen go through the root fields. Its error is that the operation came to the end of its budget.
func (o *operation) run(ctx context.Context, next graphql.OperationHandler) (*graphql.Response, error) {
	o.budget.Restart()
	answer := next(ctx)(ctx)
	if answer == nil {
		return nil, o.budget.Err()
	}
	return answer, o.budget.Fits(len(answer.Data))
}

// unplanned notes why resolvers answer what a plan should have.
func (s *server) unplanned(ctx context.Context, err error) {
	if orm.CodeOf(err) == orm.Internal {
		slog.ErrorContext(ctx, "the plan failed; resolvers answer", "cause", err, "request_id", transport.RequestID(ctx))
	}
}

// failure is the answer of an operation that could not run.
func (s *server) failure(ctx context.Context, err error) *graphql.Response {
	return &graphql.Response{Data: []byte("null"), Errors: []*gqlError{present(ctx, err)}}
}

// aroundRootField lets the plan answer what it can. Where it fails, the resolvers answer or say why not.
func (s *server) aroundRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if operationOf(ctx).resolve || graphql.GetOperationContext(ctx).Operation.Operation != ast.Query {
		return next(ctx)
	}
	json, ok, err := s.planner.Field(ctx, operationOf(ctx).Plans)
	invalid := operationOf(ctx).invalidates(err)
	if !ok || err != nil && !invalid {
		s.unplanned(ctx, err)
		return next(ctx)
	}
	loaders.Done(ctx, 0)
	if invalid {
		return graphql.Null
	}
	return rawJSON(json)
}
