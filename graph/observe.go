package graph

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"kith/db"
	"kith/db/orm"
	"kith/graph/document"
	"kith/graph/transport"
)

// slowOperation is from when on an operation's statements go to the log.
const slowOperation = time.Second

// code notes the code of an error of the answer; the log shows the first.
func (o *operation) code(e *gqlerror.Error) {
	code, _ := e.Extensions["code"].(string)
	if o.firstCode == "" {
		o.firstCode = code
	}
}

// observe begins an operation's line in the log, its span and its measurements, and answers what ends them.
func (s *server) observe(ctx context.Context, q *transport.Request, state *operation) (context.Context, func()) {
	start := time.Now()
	var span trace.Span
	if s.Tracer != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(q.Header))
		ctx, span = s.Tracer.Tracer("kith").Start(ctx, "operation", trace.WithSpanKind(trace.SpanKindServer))
	}
	return ctx, func() {
		took := time.Since(start)
		statements := state.recorder.Statements()
		name, code := document.Shorten(q.OperationName, 100), state.firstCode
		s.Metrics.observe(state, code, took, statements)
		if span != nil {
			span.SetName(cmp.Or(string(state.Kind), "operation"))
			span.SetAttributes(
				attribute.String("graphql.operation.name", name), attribute.String("graphql.operation.type", string(state.Kind)),
				attribute.Int("kith.cost", state.Cost), attribute.String("kith.request_id", transport.RequestID(ctx)))
			if code != "" {
				span.SetStatus(codes.Error, code)
			}
			span.End()
		}
		if log := slog.Default().Handler(); log.Enabled(ctx, slog.LevelInfo) {
			line := slog.NewRecord(time.Now(), slog.LevelInfo, "operation", 0) // where in the program is always here
			line.AddAttrs(slog.String("operation", name), slog.Int("statements", len(statements)), milliseconds(took),
				slog.String("code", code), slog.String("request_id", transport.RequestID(ctx)))
			log.Handle(ctx, line) //nolint:errcheck // as slog.Info
		}
		if took < slowOperation {
			return
		}
		for _, st := range statements {
			slog.LogAttrs(ctx, slog.LevelWarn, "statement of a slow operation", slog.String("path", st.Path),
				slog.Int("keys", st.Keys), slog.Int("rows", st.Rows), milliseconds(st.Took), slog.String("request_id", transport.RequestID(ctx)))
		}
	}
}

func inMilliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func milliseconds(d time.Duration) slog.Attr { return slog.Float64("ms", inMilliseconds(d)) }

// receipt adds what an answer has cost, if the request asks for it.
func (s *server) receipt(q *transport.Request, state *operation, answer *graphql.Response) {
	if q.Header.Get("X-Receipt") != "1" {
		return
	}
	answer.Extensions = map[string]any{"cost": map[string]int{"requested": state.Cost, "limit": s.Limits.Cost}}
	if !s.Receipts {
		return
	}
	type line struct {
		Path string  `json:"path"`
		Text string  `json:"text"`
		Rows int     `json:"rows"`
		Keys int     `json:"keys"`
		Ms   float64 `json:"ms"`
	}
	lines := []line{}
	for _, st := range state.recorder.Statements() {
		lines = append(lines, line{st.Path, st.Text, st.Rows, st.Keys, inMilliseconds(st.Took)})
	}
	answer.Extensions["sql"] = lines
}

// Metrics are what a server measures, for Prometheus.
type Metrics struct {
	registry *prometheus.Registry

	operations *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	statements prometheus.Histogram
	rows       prometheus.Counter
	cost       prometheus.Histogram
	documents  *prometheus.CounterVec
	inFlight   prometheus.Gauge
	responses  *prometheus.CounterVec

	mu       sync.Mutex
	memories []*orm.Memory // of the servers that count here
}

// NewMetrics answers metrics that nothing has been counted in yet, and those of database's pools.
func NewMetrics(database *db.DB) *Metrics {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "operations_total", Help: "Operations by type and by the code of their first error."}, []string{"type", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "operation_duration_seconds", Help: "How long operations took, by type.", Buckets: seconds}, []string{"type"}),
		statements: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "statement_duration_seconds", Help: "How long the statements of operations took.", Buckets: seconds}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rows_total", Help: "Rows that the statements of operations read or changed."}),
		cost: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "operation_cost_rows", Help: "Rows that operations could have returned.", Buckets: prometheus.ExponentialBuckets(1, 10, 6)}),
		documents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "documents_total", Help: "Documents asked for, by whether they were in the cache."}, []string{"cache"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests that are being answered."}),
		responses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_responses_total", Help: "HTTP responses by status and method."}, []string{"code", "method"}),
	}
	reserved := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "reserved_bytes", Help: "Bytes that operations have reserved for rows and answers."}, m.reserved)
	prometheus.WrapRegistererWithPrefix("kith_", m.registry).MustRegister(
		m.operations, m.durations, m.statements, m.rows, m.cost, m.documents, m.inFlight, m.responses, reserved, pools{database},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what operations have reserved of memory to what is shown.
func (m *Metrics) watch(memory *orm.Memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memories = append(m.memories, memory)
}

func (m *Metrics) reserved() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := int64(0)
	for _, memory := range m.memories {
		sum += memory.Used()
	}
	return float64(sum)
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// around counts the requests that next answers.
func (m *Metrics) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		defer m.inFlight.Dec()
		c := &counted{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(c, r)
		method := "other" // a client may make up any
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
			method = strings.ToLower(r.Method)
		}
		m.responses.WithLabelValues(strconv.Itoa(c.status), method).Inc()
	})
}

// counted notes the status of a response.
type counted struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap is what http.ResponseController looks for.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (m *Metrics) observe(state *operation, code string, took time.Duration, statements []*orm.Statement) {
	kind := string(state.Kind)
	if kind == "" {
		kind = "none" // the request did not get as far
	}
	m.operations.WithLabelValues(kind, cmp.Or(code, "OK")).Inc()
	m.durations.WithLabelValues(kind).Observe(took.Seconds())
	if state.Kind == ast.Query || state.Kind == ast.Mutation {
		m.cost.Observe(float64(state.Cost))
	}
	cache := "miss"
	if state.Cached {
		cache = "hit"
	}
	m.documents.WithLabelValues(cache).Inc()
	for _, st := range statements {
		m.statements.Observe(st.Took.Seconds())
		m.rows.Add(float64(st.Rows))
	}
}

// pools collects the state of a database's connection pools.
type pools struct{ db *db.DB }

var (
	connections = prometheus.NewDesc("db_connections", "Connections by pool and state.", []string{"pool", "state"}, nil)
	resting     = prometheus.NewDesc("db_resting", "1 for a replica that is not read: it failed, is behind or does not follow.", []string{"pool"}, nil)
	waits       = prometheus.NewDesc("db_waits_total", "How often a connection was waited for.", []string{"pool"}, nil)
	waited      = prometheus.NewDesc("db_waited_seconds_total", "How long connections were waited for.", []string{"pool"}, nil)
)

// Describe implements prometheus.Collector.
func (p pools) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, out) }

// Collect implements prometheus.Collector.
func (p pools) Collect(out chan<- prometheus.Metric) {
	for _, pool := range p.db.Pools() {
		out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(pool.InUse), pool.Name, "used")
		out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(pool.Idle), pool.Name, "idle")
		rests := 0.0
		if pool.Resting {
			rests = 1
		}
		out <- prometheus.MustNewConstMetric(resting, prometheus.GaugeValue, rests, pool.Name)
		out <- prometheus.MustNewConstMetric(waits, prometheus.CounterValue, float64(pool.Waits), pool.Name)
		out <- prometheus.MustNewConstMetric(waited, prometheus.CounterValue, pool.Waited.Seconds(), pool.Name)
	}
}
