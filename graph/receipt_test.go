package graph_test

import (
	"encoding/json"
	"net/http"
	"testing"

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
		for way, h := range map[string]http.Handler{"planned": f.Planned, "resolved": f.Resolved} {
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
	}, func(o *graph.Options) { o.Receipts = true })
}

// Where receipts are off, the cost is all they show.
func TestReceiptsOff(t *testing.T) {
	f := open(t, "sqlite")
	if got := receiptOf(t, f.Planned, request{Query: "{ users { totalCount } }"}); got.Cost == nil || got.SQL != nil {
		t.Errorf("%+v", got)
	}
}
