package graph_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
	"kith/graph/document"
)

func repeat(n int, text string) string { return strings.Repeat(text, n) }

// numbered writes text n times, each with its number for %d.
func numbered(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

// deep is a query of posts of authors of posts…, 3 fields deep for each n, and what is innermost.
func deep(n int, innermost string) string {
	return "{" + repeat(n-1, " posts(first: 1) { nodes { author {") + " posts(first: 1) { nodes { " + innermost + " } }" + repeat(n-1, "} } }") + " }"
}

// nested is a filter of n objects inside each other.
func nested(n int) string { return repeat(n-1, "{not: ") + "{}" + repeat(n-1, "}") }

// hops is a filter of users across n relations in a row.
func hops(n int) string {
	where := "{}"
	for range n {
		if n--; n%2 == 0 {
			where = "{posts: {some: " + where + "}}"
		} else {
			where = "{author: " + where + "}"
		}
	}
	return where
}

func hopsJSON(n int) any {
	where := map[string]any{}
	for range n {
		if n--; n%2 == 0 {
			where = map[string]any{"posts": map[string]any{"some": where}}
		} else {
			where = map[string]any{"author": where}
		}
	}
	return where
}

func nestedJSON(n int) any {
	v := map[string]any{}
	for range n - 1 {
		v = map[string]any{"not": v}
	}
	return v
}

func list(n int, v any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// many is n variables.
func many(n int) map[string]any {
	out := make(map[string]any, n)
	for i := range n {
		out[fmt.Sprint("v", i)] = i
	}
	return out
}

func listOf(n int) string { return "[" + repeat(n, `"x" `) + "]" }

// tokens is a query of n tokens, of which there are many.
func tokens(t *testing.T, n int) string {
	query := func(last int) string {
		return "{ users(where: {or: [" + repeat(57, "{username: {in: "+listOf(250)+"}} ") + "{username: {in: " + listOf(last) + "}}]}) { totalCount } }"
	}
	last := n - countTokens(t, query(0))
	if last < 0 || last > 250 {
		t.Fatalf("%d tokens cannot be made", n)
	}
	return "# a comment is no token\n" + query(last)
}

func countTokens(t *testing.T, text string) (n int) {
	lex := lexer.New(&ast.Source{Input: text})
	for ; ; n++ {
		token, err := lex.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		if token.Kind == lexer.EOF {
			return n
		}
	}
}

// refused tells whether an answer says that the request is none or that it asks for too much.
func refused(a answer) bool {
	code := a.code()
	return code == "LIMIT_EXCEEDED" || strings.HasPrefix(code, "GRAPHQL_") || a.Status == http.StatusBadRequest
}

// Just what each limit allows is answered; one more is not, and no statement is run for it.
func TestLimits(t *testing.T) {
	f := open(t, "sqlite")
	const filtered = "query($where: UserWhere) { users(first: 1, where: $where) { totalCount } }"
	filter := func(where any) request {
		return request{Query: filtered, Variables: map[string]any{"where": where}}
	}
	manyFields := func(extra int) request {
		return request{Query: "{" + numbered(90, "a%d: users(first: 1) { nodes { id name username version createdAt updatedAt __typename } pageInfo { hasNextPage } } ") +
			repeat(extra, "__typename ") + "}"}
	}
	fragments := func(n int) request {
		return request{Query: "{ users(first: 1) { nodes {" + numbered(n, "...F%d ") + "} } }" + numbered(n, " fragment F%d on User { id }")}
	}
	query := func(format string, args ...any) request { return request{Query: fmt.Sprintf(format, args...)} }
	for name, pair := range map[string][2]request{
		"tokens":                 {{Query: tokens(t, 15_000)}, {Query: tokens(t, 15_001)}},
		"depth":                  {{Query: deep(5, "title")}, {Query: deep(5, "author { id }")}},
		"depth through a spread": {{Query: "{" + "...A } fragment A on Query " + deep(5, "title")}, {Query: "{" + "...A } fragment A on Query " + deep(5, "author { id }")}},
		"aliases":                {{Query: "{" + numbered(100, "a%d: user(by: {username: \"x\"}) { id } ") + "}"}, {Query: "{" + numbered(101, "a%d: user(by: {username: \"x\"}) { id } ") + "}"}},
		"fields of one name":     {query("{ users { nodes { ... { %s } %s } } }", repeat(50, "id "), repeat(50, "id ")), query("{ users { nodes { ... { %s } %s } } }", repeat(50, "id "), repeat(51, "id "))},
		"fields":                 {manyFields(10), manyFields(11)},
		"fragments":              {fragments(200), fragments(201)},
		"a list":                 {query("{ users(where: {username: {in: %s}}) { totalCount } }", listOf(250)), query("{ users(where: {username: {in: %s}}) { totalCount } }", listOf(251))},
		"a list in variables": {filter(map[string]any{"username": map[string]any{"in": list(250, "x")}}),
			filter(map[string]any{"username": map[string]any{"in": list(251, "x")}})},
		// The body, the query and the variables themselves are values too.
		"values in variables":          {{Query: "{ __typename }", Variables: many(14_997)}, {Query: "{ __typename }", Variables: many(14_998)}},
		"values in lists of variables": {{Query: "{ __typename }", Variables: map[string]any{"a": list(59, list(250, 1)), "b": list(186, 1)}}, {Query: "{ __typename }", Variables: map[string]any{"a": list(59, list(250, 1)), "b": list(187, 1)}}},
		"nesting":                      {query("{ users(where: %s) { totalCount } }", nested(50)), query("{ users(where: %s) { totalCount } }", nested(51))},
		// The object of the variables is one of the fifty.
		"nesting of variables": {filter(nestedJSON(49)), filter(nestedJSON(50))},
		"cost": {query("{ users(first: 100) { nodes { posts(first: 100) { nodes { tags(first: 3) { nodes { id } } } } } } a: users(first: 100) { nodes { posts(first: 97) { nodes { id } } } } %s }", numbered(4, "b%d: users(first: 25) { totalCount } ")),
			query("{ users(first: 100) { nodes { posts(first: 100) { nodes { tags(first: 3) { nodes { id } } } } } } a: users(first: 100) { nodes { posts(first: 97) { nodes { id } } } } %s viewer { id } }", numbered(4, "b%d: users(first: 25) { totalCount } "))},
		"relations in a row": {query("{ users(first: 1, where: %s) { totalCount } }", hops(10)), query("{ users(first: 1, where: %s) { totalCount } }", hops(11))},
		"relations in all filters": {query("{ users(first: 1, where: {or: [%s]}) { totalCount } a: users(first: 1) { nodes { posts(where: {not: {%s}}) { totalCount } } } }", repeat(49, "{posts: {some: {tags: {some: {}}}}} "), "author: {hasProfile: true}"),
			query("{ users(first: 1, where: {or: [%s]}) { totalCount } a: users(first: 1) { nodes { posts(where: {not: {%s}}) { totalCount } } } }", repeat(49, "{posts: {some: {tags: {some: {}}}}} "), "author: {hasProfile: true, hasAddress: true}")},
		"relations in variables": {filter(hopsJSON(10)), filter(hopsJSON(11))},
		"relations by spreads": {query("{ ...A ...A } fragment A on Query { users(first: 1, where: {or: [%s]}) { totalCount } }", repeat(50, "{hasProfile: true} ")),
			query("{ ...A ...A } fragment A on Query { users(first: 1, where: {or: [%s]}) { totalCount } }", repeat(51, "{hasProfile: true} "))},
		"an Int": {query("{ users(first: 100, where: {}) { totalCount } }"), query("{ users(first: 2147483648) { totalCount } }")},
	} {
		t.Run(name, func(t *testing.T) {
			if a := answerOf(t, f.Planned, pair[0]); refused(a) {
				t.Errorf("just under: %d %.300s", a.Status, a.Body)
			}
			f.Statements()
			a := answerOf(t, f.Planned, pair[1])
			want := "LIMIT_EXCEEDED"
			if name == "an Int" {
				want = "GRAPHQL_VALIDATION_FAILED"
			}
			if a.Status != http.StatusBadRequest || a.code() != want || strings.Contains(string(a.Body), `"data"`) {
				t.Errorf("just over: %d %.300s", a.Status, a.Body)
			}
			if n := len(f.Statements()); n > 0 {
				t.Errorf("just over: %d statements", n)
			}
		})
	}
}

// Extensions are bounded as variables are, in a URL as well.
func TestValuesInExtensions(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) { o.Limits.Tokens = 100 })
	object := func(n int) string { return `{"a":0` + numbered(n-1, `,"a%d":0`) + `}` }
	for _, name := range []string{"variables", "extensions"} {
		for n, want := range map[int]int{97: http.StatusOK, 98: http.StatusBadRequest, 80_000: http.StatusBadRequest} {
			w := raw(f.Planned, http.MethodPost, "/graphql", `{"query":"{ __typename }","`+name+`":`+object(n)+`}`, "Content-Type", "application/json", "Accept", "application/graphql-response+json")
			if w.Code != want || (want != http.StatusOK) != strings.Contains(w.Body.String(), "LIMIT_EXCEEDED") {
				t.Errorf("%d %s: %d %s", n, name, w.Code, w.Body)
			}
		}
		for n, want := range map[int]int{99: http.StatusOK, 100: http.StatusBadRequest} { // here only the object itself
			w := raw(f.Planned, http.MethodGet, "/graphql?query=%7B__typename%7D&"+name+"="+url.QueryEscape(object(n)), "", "Accept", "application/graphql-response+json")
			if w.Code != want {
				t.Errorf("%d %s: %d %s", n, name, w.Code, w.Body)
			}
		}
	}
}

// Limits are settings.
func TestLimitsAreSet(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) {
		o.Limits = graph.Limits{Limits: document.Limits{Tokens: 40, Depth: 3, Aliases: 2, Cost: 30, List: 2, Errors: 1}}
	})
	for _, query := range []string{
		"{ users { totalCount } tags(first: 11) { totalCount } }",
		"{ users(first: 1) { nodes { posts(first: 1) { totalCount } } } }",
		"{ a: viewer { id } b: viewer { id } c: viewer { id } }",
		`{ users(first: 1, where: {username: {in: ["a", "b", "c"]}}) { totalCount } }`,
		"{" + repeat(39, "a ") + "}",
	} {
		if a := answerOf(t, f.Planned, request{Query: query}); a.code() != "LIMIT_EXCEEDED" {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	if a := answerOf(t, f.Planned, request{Query: "{ a b c d }"}); len(a.Errors) != 1 {
		t.Errorf("%s", a.Body)
	}
}

// What costs what, seen in receipts.
func TestCost(t *testing.T) {
	f := open(t, "sqlite")
	for query, want := range map[string]int{
		"{ __typename }":                       0,
		"{ viewer { id } }":                    1,
		"{ users { totalCount } }":             20,
		"{ users(first: 7) { nodes { id } } }": 7,
		"{ users(last: 7) { edges { node { id } cursor } pageInfo { endCursor } } }":                             7,
		"{ users(first: 0) { totalCount } }":                                                                     1,
		"{ users(first: 5) { nodes { profile { id user { id } } } } }":                                           15,
		"{ users(first: 100) { nodes { posts(first: 10) { nodes { tags(first: 2) { nodes { id } } } } } } }":     100 * (1 + 10*(1+2)),
		"{ users(first: 7) { nodes { id } } users(first: 7) { nodes { name } } }":                                14,
		"{ users(first: 7) { nodes { id } nodes { name } } }":                                                    14,
		"{ ...A ...A ...B } fragment A on Query { users(first: 3) { totalCount } } fragment B on Query { ...A }": 9,
		"query($n: Int = 6) { users(first: $n) { totalCount } }":                                                 6,
		"query($n: Int) { users(first: $n) { totalCount } }":                                                     20,
		`{ nodes(ids: ["a", "b", "c"]) { id ... on User { posts(first: 2) { nodes { id } } } } }`:                9,
		`{ node(id: "a") { id } }`:                                                         1,
		"{ posts(first: 7) { aggregate { count min { title } } } }":                        7,
		"{ posts(first: 7) { nodes { id } groups(by: [TITLE]) { aggregate { count } } } }": 7 + 20,
		"{ posts(first: 1) { a: groups(by: [AUTHOR], first: 10) { key { author { posts(first: 3) { nodes { id } } } } aggregate { count } } } }":                                                                                 1 + 10*(1+1+3),
		"{ users(first: 4) { nodes { posts(first: 2) { ...G b: groups(by: [TITLE], first: 5) { ...H } } } } } fragment G on PostConnection { groups(by: [TITLE], first: 3) { ...H } } fragment H on PostGroup { key { title } }": 4 * (1 + 2 + 3 + 5),
	} {
		got := receiptOf(t, f.Planned, request{Query: query})
		if got.Cost == nil || got.Cost.Requested != want || got.Cost.Limit != 50_000 {
			t.Errorf("%s: %+v, want %d", query, got.Cost, want)
		}
	}
	for n, want := range map[any]int{9: 9, nil: 20, 100: 100} {
		got := receiptOf(t, f.Planned, request{Query: "query($n: Int = 6) { users(first: $n) { totalCount } }", Variables: map[string]any{"n": n}})
		if got.Cost.Requested != want {
			t.Errorf("%v costs %d", n, got.Cost.Requested)
		}
	}
}

// fillTags writes n tags, tag1 to tagn.
func fillTags(t *testing.T, f *fixture, n int) {
	t.Helper()
	execute(t, f, fmt.Sprintf("INSERT INTO tags (name, created_at, updated_at) WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) "+
		"SELECT 'tag' || i, %[2]s, %[2]s FROM s", n, "CURRENT_TIMESTAMP"))
}

// execute runs a statement beside kith.
func execute(t *testing.T, f *fixture, text string) {
	t.Helper()
	driver, address := "sqlite", strings.TrimPrefix(f.Address, "sqlite:")
	if f.DB.Name() == "postgres" {
		driver, address = "postgres", f.Address
	}
	raw, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err = raw.Exec(text); err != nil {
		t.Fatal(err)
	}
}

// What filters and total counts make the database look at costs one for 100 rows of a table that is not small: for each
// statement, however it is written, and by the values of variables.
func TestCostOfLooking(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			fillTags(t, f, 20_000)
			for query, want := range map[string]int{
				"{ tags(first: 1) { nodes { id } } }":                                                                   1,
				"{ tags(first: 1) { totalCount } }":                                                                     1 + 12,
				"{ tags(first: 1) { ...F } } fragment F on TagConnection { totalCount edges { cursor } }":               1 + 12,
				`{ tags(first: 1, where: {name: {eq: "a"}}) { nodes { id } } }`:                                         1,
				`{ tags(first: 1, where: {name: {contains: "a"}}) { nodes { id } } }`:                                   1 + 200,
				`{ tags(first: 1, where: {name: {contains: "a"}}) { totalCount } }`:                                     1 + 200,
				`{ tags(first: 1, where: {name: {contains: "a"}}) { totalCount nodes { id } } }`:                        1 + 400,
				`{ tags(first: 1, where: {or: {name: {startsWith: "a"}}}) { nodes { id } } }`:                           1 + 50,
				`{ ...A ...A } fragment A on Query { tags(first: 1, where: {name: {contains: "a"}}) { nodes { id } } }`: 2 * (1 + 200),
				`{ posts(first: 2) { nodes { tags(first: 3, where: {name: {contains: "a"}}) { nodes { id } } } } }`:     2*(1+3) + 2*200,
				`{ posts(first: 1, where: {tags: {some: {name: {contains: "a"}}}}) { nodes { id } } }`:                  1 + 200,
				`query($w: TagWhere = {name: {contains: "a"}}) { tags(first: 1, where: $w) { nodes { id } } }`:          1 + 200,
				`query($w: StringWhere = {endsWith: "a"}) { tags(first: 1, where: {name: $w}) { nodes { id } } }`:       1 + 200,
				// Each condition that no index answers is looked at, and those that fold letters for longer.
				`{ tags(first: 1, where: {or: [{name: {contains: "a"}}, {name: {contains: "b"}}, {name: {contains: "c"}}]}) { nodes { id } } }`: 1 + 600,
				`{ tags(first: 1, where: {name: {contains: "a", ignoreCase: true}}) { nodes { id } } }`:                                         1 + 400,
				// An aggregate looks at all rows that match, and groups look twice; a count alone is a count.
				"{ tags(first: 1) { aggregate { count } } }":                                                                                 1 + 12,
				"{ tags(first: 1) { a: aggregate { count } b: aggregate { count } } }":                                                       1 + 25,
				"{ tags(first: 1) { aggregate { count min { name } max { name createdAt } } } }":                                             1 + 200,
				"{ tags(first: 1) { aggregate { min { name } count(distinct: NAME) d: count(distinct: CREATED_AT) } } }":                     1 + 600,
				"{ tags(first: 1) { groups(by: [NAME], first: 2) { aggregate { count } } } }":                                                1 + 2 + 400,
				`{ tags(first: 1, where: {name: {startsWith: "a"}}) { groups(by: [NAME], first: 2) { aggregate { count } } nodes { id } } }`: 1 + 2 + 100 + 50,
				"{ posts(first: 2) { nodes { tags(first: 3) { aggregate { min { name } } } } } }":                                            2*(1+3) + 2*200,
				`query($w: TagWhere = {name: {eq: "a"}}) { tags(first: 1, where: $w) { nodes { id } } }`:                                     1,
				`{ users(first: 1, where: {name: {contains: "a"}}) { totalCount nodes { posts(first: 1) { totalCount } } } }`:                2,
			} {
				got := receiptOf(t, f.Planned, request{Query: query})
				if got.Cost == nil || got.Cost.Requested != want {
					t.Errorf("%s: %+v, want %d", query, got.Cost, want)
				}
			}
			// What the answer of a mutation makes the database look at is looked at while the transaction holds what others wait for.
			signUp(t, f.Planned, "ada")
			f.Statements()
			payload := func(n int) request {
				return request{Query: `mutation { createPost(input: {authorId: "VXNlcjox", title: "T", content: "C"}) { post { tags(first: 1, where: {or: [` + numbered(n, `{name: {contains: "none%d"}} `) + `]}) { nodes { id } } } } }`}
			}
			if a := answerOf(t, asAdmin(f.Planned), payload(6)); a.code() != "LIMIT_EXCEEDED" || len(f.Statements()) > 0 {
				t.Errorf("a payload of 6 conditions: %.300s", a.Body)
			}
			if a := answerOf(t, asAdmin(f.Planned), payload(4)); a.code() != "" {
				t.Errorf("a payload of 4 conditions: %.300s", a.Body)
			}
			fields := func(n int) request {
				return request{Query: "{" + numbered(n, `a%d: tags(first: 1, where: {name: {contains: "none%d"}}) { totalCount nodes { id } } `) + "}"}
			}
			tight := graph.New(graph.Options{DB: f.DB, Plan: true, Limits: graph.Limits{Limits: document.Limits{Cost: 4000}}})
			f.Statements()
			if a := answerOf(t, tight, fields(10)); a.code() != "LIMIT_EXCEEDED" || len(f.Statements()) > 0 {
				t.Errorf("10 fields: %.300s", a.Body)
			}
			if a := answerOf(t, tight, fields(9)); a.code() != "" || len(f.Statements()) != 18 {
				t.Errorf("9 fields: %.300s", a.Body)
			}
		})
	}
}

// A request of many root fields holds two connections at most, by plan and by resolvers.
func TestConnectionsOfARequest(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			var most atomic.Int64
			f := open(t, database)
			fillTags(t, f, 1500)
			watched, err := db.Open(t.Context(), f.Address, orm.Options{Observe: func(context.Context, *orm.Statement) {
				for _, p := range f.DB.Pools() {
					most.Store(max(most.Load(), int64(p.InUse)))
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer watched.Close()
			f.DB, f.Planned, f.Resolved = watched, graph.New(graph.Options{DB: watched, Plan: true}), graph.New(graph.Options{DB: watched})
			query := request{Query: "{" + numbered(100, `a%d: tags(first: 1, where: {name: {contains: "none%d"}}) { totalCount nodes { id } } `) + "}"}
			for name, handler := range map[string]http.Handler{"plan": f.Planned, "resolvers": f.Resolved} {
				most.Store(0)
				if a := answerOf(t, handler, query); a.code() != "" {
					t.Errorf("%s: %.300s", name, a.Body)
				}
				if n := most.Load(); n > 2 {
					t.Errorf("%s: %d connections", name, n)
				}
			}
		})
	}
}

// A request that looks at many rows in small pieces waits at a full gate as one does that looks at them at once.
func TestPiecesWaitAtTheGate(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database, func(o *graph.Options) { o.Limits.Timeout = time.Second })
			fillTags(t, f, 1500)
			release := make(chan struct{})
			var all sync.WaitGroup
			for full := false; !full; {
				ctx, cancel := context.WithCancel(orm.WithShare(t.Context(), "me", 1, 1e9))
				defer cancel()
				in := make(chan struct{})
				all.Go(func() {
					f.DB.Snapshot(ctx, func(context.Context) error { //nolint:errcheck // the last one is sent away
						close(in)
						<-release
						return nil
					})
				})
				select {
				case <-in:
				case <-time.After(time.Second):
					cancel()
					full = true
				}
			}
			ask := func(h http.Handler, fields int) string {
				return answerOf(t, h, request{Query: "{" + numbered(fields, `a%d: tags(first: 1, where: {name: {contains: "none%d"}}) { nodes { id } } `) + "}"}).code()
			}
			for way, h := range f.ways() {
				if code := ask(h, 2); code != "" {
					t.Errorf("%s, few rows: %s", way, code)
				}
				if code := ask(h, 15); code != "TIMEOUT" {
					t.Errorf("%s, many rows: %q", way, code)
				}
			}
			close(release)
			all.Wait()
			if code := ask(f.Planned, 15); code != "" {
				t.Errorf("afterwards: %s", code)
			}
		})
	}
}

// Attacks are refused before anything runs, and soon.
func TestAttacks(t *testing.T) {
	f := open(t, "sqlite")
	bomb := "{ ...F0 }"
	for i := range 29 {
		bomb += fmt.Sprintf(" fragment F%d on Query { users(first: 100) { nodes { id } } ...F%d ...F%d }", i, i+1, i+1)
	}
	bomb += " fragment F29 on Query { users(first: 100) { nodes { id } } }"
	relations := "{ users(first: 2) { nodes { ...F0 } } }"
	for i := range 7 {
		relations += fmt.Sprintf(" fragment F%d on User { a: profile { user { ...F%d } } b: profile { user { ...F%d } } c: posts(first: 50) { nodes { author { ...F%d } } } }", i, i+1, i+1, i+1)
	}
	relations += " fragment F7 on User { id }"
	chain := "{ users { nodes { ...F0 } } }"
	for i := range 190 {
		chain += fmt.Sprintf(" fragment F%d on User { id name ...F%d }", i, i+1)
	}
	flat := "{ users(first: 1) { nodes {" + numbered(10, " ...F%d") + " } } }" + numbered(10, " fragment F%d on User {"+repeat(98, " id")+" }")
	crossed := "{ users(first: 1) { nodes {" + numbered(190, " ...F%d") + " } } }"
	for i := range 190 {
		crossed += fmt.Sprintf(" fragment F%d on User { id name username ...F%d ...F%d }", i, (i+7)%190, (i+31)%190)
	}
	shared := numbered(20, " fragment F%d on User { posts(first: 1) { nodes { id } } }")
	introspection := "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
	meta := "{ __schema {" + numbered(100, " a%d: types { ...T }") + " } } fragment T on __Type {" + numbered(40, " b%d: fields { name args { name type { name } } }") + " }"
	for name, attack := range map[string]struct {
		request request
		code    string
	}{
		"a bomb of fragments":             {request{Query: bomb}, "LIMIT_EXCEEDED"},
		"a bomb of relations":             {request{Query: relations}, "LIMIT_EXCEEDED"},
		"fragments in a circle":           {request{Query: crossed}, "LIMIT_EXCEEDED"},
		"10,000 equal fields":             {request{Query: "{" + repeat(10_000, "__typename ") + "}"}, "LIMIT_EXCEEDED"},
		"10,000 aliases":                  {request{Query: "{" + numbered(4_900, "a%d: __typename ") + "}"}, "LIMIT_EXCEEDED"},
		"an alias flood, deeper":          {request{Query: "{ users(first: 1) { nodes { " + numbered(101, "a%d: posts(first: 1) { totalCount } ") + "} } }"}, "LIMIT_EXCEEDED"},
		"a deep literal":                  {request{Query: "{ users(where: " + nested(900) + ") { totalCount } }"}, "LIMIT_EXCEEDED"},
		"a literal too deep to parse":     {request{Query: "{ users(where: " + nested(2_000) + ") { totalCount } }"}, "GRAPHQL_PARSE_FAILED"},
		"a deep list":                     {request{Query: "{ users(where: " + repeat(900, "[") + repeat(900, "]") + ") { totalCount } }"}, "LIMIT_EXCEEDED"},
		"deep selections":                 {request{Query: repeat(900, "{ a ") + repeat(900, "}")}, "LIMIT_EXCEEDED"},
		"selections too deep to parse":    {request{Query: repeat(2_000, "{ a ") + repeat(2_000, "}")}, "GRAPHQL_PARSE_FAILED"},
		"deep inline fragments":           {request{Query: "{" + repeat(900, " ... {") + " nothing" + repeat(900, "}") + "}"}, "GRAPHQL_VALIDATION_FAILED"},
		"cost in a variable":              {request{Query: "query($n: Int) { users(first: $n) { nodes { posts(first: $n) { nodes { tags(first: $n) { totalCount } } } } } }", Variables: map[string]any{"n": 100}}, "LIMIT_EXCEEDED"},
		"cost in a default":               {request{Query: "query($n: Int = 100) { users(first: $n) { nodes { posts(first: $n) { nodes { tags(first: $n) { totalCount } } } } } }"}, "LIMIT_EXCEEDED"},
		"cost in @skip":                   {request{Query: "query($b: Boolean = false) { users(first: 100) { nodes { posts(first: 100) @skip(if: $b) { nodes { tags(first: 100) { totalCount } } } } } }"}, "LIMIT_EXCEEDED"},
		"a chain of fragments":            {request{Query: chain}, "LIMIT_EXCEEDED"},
		"introspection in circles":        {request{Query: introspection}, "GRAPHQL_VALIDATION_FAILED"},
		"introspection many times":        {request{Query: meta}, "LIMIT_EXCEEDED"},
		"a huge comment":                  {request{Query: "#" + repeat(900_000, "x") + "\n{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"},
		"many comments":                   {request{Query: repeat(300_000, "#\n") + "{ nothing }"}, "LIMIT_EXCEEDED"},
		"unknown directives":              {request{Query: "{ __typename " + repeat(5_000, "@a ") + "}"}, "GRAPHQL_VALIDATION_FAILED"},
		"one directive many times":        {request{Query: "{ __typename " + repeat(2_000, "@skip(if: true) ") + "}"}, "GRAPHQL_VALIDATION_FAILED"},
		"unknown directives by the name":  {request{Query: "{ __typename " + numbered(7_000, "@a%d ") + "}"}, "GRAPHQL_VALIDATION_FAILED"},
		"unknown fields with hints":       {request{Query: "{" + numbered(900, "user%d ") + "}"}, "GRAPHQL_VALIDATION_FAILED"},
		"unknown types with hints":        {request{Query: "query(" + numbered(490, "$a%d: Usr ") + ") { __typename }"}, "GRAPHQL_VALIDATION_FAILED"},
		"a name as long as the body":      {request{Query: "{ " + repeat(900_000, "u") + " }"}, "GRAPHQL_VALIDATION_FAILED"},
		"an enum as long as the body":     {request{Query: "{ users(orderBy: {field: " + repeat(900_000, "u") + "}) { totalCount } }"}, "GRAPHQL_VALIDATION_FAILED"},
		"variables by the thousand":       {request{Query: "query(" + numbered(3_000, "$a%d: Int ") + ") { __typename }"}, "LIMIT_EXCEEDED"},
		"one variable many times":         {request{Query: "query(" + numbered(490, "$a%d: String ") + ") {" + repeat(24, " users(where: {username: {in: ["+repeat(240, "$a489 ")+"]}}) { nothing }") + " }"}, "GRAPHQL_VALIDATION_FAILED"},
		"operations by the thousand":      {request{Query: numbered(900, "query q%d { __typename }")}, "LIMIT_EXCEEDED"},
		"operations over fragments":       {request{Query: numbered(50, "query q%d { users(first: 100) { nodes { "+numbered(20, "...F%d ")+" } } }") + shared}, "GRAPHQL_VALIDATION_FAILED"},
		"fields of one name in fragments": {request{Query: flat + " query nothing { nothing }"}, "GRAPHQL_VALIDATION_FAILED"},
		"spreads by the thousand":         {request{Query: "{" + repeat(4_000, " ...F") + "} fragment F on Query { __typename }"}, "LIMIT_EXCEEDED"},
	} {
		t.Run(name, func(t *testing.T) {
			f.Statements()
			start := time.Now()
			a := answerOf(t, f.Planned, attack.request)
			t.Logf("%v for %d bytes", time.Since(start), len(attack.request.Query))
			if a.Status != http.StatusBadRequest || a.code() != attack.code {
				t.Errorf("%d %.300s", a.Status, a.Body)
			}
			if len(a.Errors) > 50 || len(a.Body) > 50_000 {
				t.Errorf("%d errors in %d bytes", len(a.Errors), len(a.Body))
			}
			if n := len(f.Statements()); n > 0 {
				t.Errorf("%d statements", n)
			}
		})
	}
}

// Half a character in an escape is refused; the lexer would put U+FFFD in its place.
func TestHalvesOfCharacters(t *testing.T) {
	f := open(t, "sqlite")
	for text, want := range map[string]string{
		`{ user(by: {username: "\uD800"}) { id } }`:        "GRAPHQL_PARSE_FAILED",
		`{ user(by: {username: "a\udfffb"}) { id } }`:      "GRAPHQL_PARSE_FAILED",
		`{ user(by: {username: "\u00e9 \uFFFD"}) { id } }`: "",
		`{ user(by: {username: """\uD800"""}) { id } }`:    "",
	} {
		if a := answerOf(t, f.Planned, request{Query: text}); a.code() != want {
			t.Errorf("%s: %s", text, a.Body)
		}
	}
}
