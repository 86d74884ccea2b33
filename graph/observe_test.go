package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"kith/db/orm"
	"kith/graph"
)

// A receipt is what an answer says about its cost.
type receipt struct {
	Cost *struct{ Requested, Limit int }
	SQL  []struct {
		Path, Text string
		Rows, Keys *int
		Ms         *float64
	}
}

func receiptOf(t testing.TB, h http.Handler, r request) receipt {
	t.Helper()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("X-Receipt", "1")
	_, body := send(t, h, r)
	var a struct{ Extensions receipt }
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a.Extensions
}

func TestReceipt(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		r := request{Query: "{ users(first: 2) { totalCount nodes { posts(first: 3) { nodes { tags { nodes { name } } } } } } }"}
		for way, h := range f.ways() {
			f.Statements()
			got := receiptOf(t, h, r)
			ran := f.Statements()
			if got.Cost == nil || got.Cost.Requested != 2+6+6*20 {
				t.Errorf("%s: the cost is %+v", way, got.Cost)
			}
			if len(got.SQL) != len(ran) || len(ran) != 4 {
				t.Fatalf("%s: %d lines for %d statements", way, len(got.SQL), len(ran))
			}
			for i, line := range got.SQL {
				if s := ran[i]; line.Path != s.Path || line.Text != s.Text || *line.Rows != s.Rows || *line.Keys != s.Keys || line.Ms == nil {
					t.Errorf("%s: %+v is not %+v", way, line, s)
				}
			}
		}
		if _, body := send(t, f.Planned, r); string(body[len(body)-3:]) != "}}}" {
			t.Errorf("a receipt that nobody asked for: %s", body)
		}
	}, withReceipts)
}

// Where receipts are off, the cost is all they show.
func TestReceiptsOff(t *testing.T) {
	f := open(t, "sqlite")
	if got := receiptOf(t, f.Planned, request{Query: "{ users { totalCount } }"}); got.Cost == nil || got.SQL != nil {
		t.Errorf("%+v", got)
	}
}

// An operation is a span, under the caller's, and its statements are spans under it.
func TestTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	f := open(t, "sqlite", func(o *graph.Options) { o.Tracer = trace.NewTracerProvider(trace.WithSyncer(spans)) })
	answerOf(t, f.Planned, request{
		Query:  "query Some { users { totalCount nodes { posts { nodes { id } } } } }",
		Header: http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}},
	})
	all := spans.GetSpans()
	if len(all) != 3 {
		t.Fatalf("%d spans", len(all))
	}
	operation := all[2] // the last to end
	if operation.Name != "query" || operation.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || operation.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("%+v", operation)
	}
	for i, name := range []string{"users", "users.totalCount"} {
		if all[i].Name != name || all[i].Parent.SpanID() != operation.SpanContext.SpanID() {
			t.Errorf("%s under %s", all[i].Name, all[i].Parent.SpanID())
		}
	}
	spans.Reset()
	answerOf(t, f.Planned, request{Query: "{ nothing }"})
	if all = spans.GetSpans(); len(all) != 1 || all[0].Status.Description != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("%+v", all)
	}
}

// One line for each operation, which names the request as its answer does.
func TestLog(t *testing.T) {
	f := open(t, "sqlite")
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	w := raw(f.Planned, http.MethodPost, "/graphql", `{"query":"query Some { users { totalCount } }","operationName":"Some"}`)
	var line struct {
		Msg, Operation, Code string
		Statements           int
		Ms                   *float64
		RequestID            string `json:"request_id"`
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	if line.Operation != "Some" || line.Statements != 1 || line.Code != "" || line.Ms == nil || line.RequestID != w.Header().Get("X-Request-Id") || line.RequestID == "" {
		t.Errorf("%s", log.String())
	}
}

func TestMetrics(t *testing.T) {
	f := open(t, "sqlite")
	answerOf(t, f.Planned, request{Query: "{ users { totalCount } }"})
	answerOf(t, f.Planned, request{Query: "{ users { totalCount } }"})
	answerOf(t, f.Planned, request{Query: "{ nothing }"})
	text := raw(f.Planned, "GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`kith_operations_total{code="OK",type="query"} 2`, `kith_operations_total{code="GRAPHQL_VALIDATION_FAILED",type="none"} 1`,
		`kith_documents_total{cache="hit"} 1`, `kith_documents_total{cache="miss"} 2`, `kith_http_requests_in_flight 1`,
		`kith_statement_duration_seconds_count 2`, `kith_db_connections{pool="read",state="used"} 0`, `kith_http_responses_total{code="200",method="post"} 2`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "kith_") {
			t.Errorf("%s", line)
		}
	}
	own := open(t, "sqlite", func(o *graph.Options) { o.Metrics = graph.NewMetrics(o.DB) })
	if w := raw(own.Planned, "GET", "/metrics", ""); w.Code != 404 {
		t.Errorf("metrics that somebody else serves: %d", w.Code)
	}
}

// Who goes away has not met an error.
func TestClientsThatGoAreNoErrors(t *testing.T) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			f := open(t, name)
			someUsers(t, f, 2)
			for way, h := range f.ways() {
				var log bytes.Buffer
				before := slog.Default()
				slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
				ctx, leave := context.WithCancel(t.Context())
				f.Then(func(*orm.Statement) { leave() })
				q := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ users { nodes { posts { nodes { title } } } } }"}`))
				q.Header.Set("Content-Type", "application/json")
				h.ServeHTTP(httptest.NewRecorder(), q.WithContext(ctx))
				f.Then(nil)
				slog.SetDefault(before)
				if text := log.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "msg=operation") {
					t.Errorf("%s: %s", way, text)
				}
			}
		})
	}
}
