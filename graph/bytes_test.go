package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
	"kith/graph/document"
)

// ways are the two ways of answering.
func (f *fixture) ways() map[string]http.Handler {
	return map[string]http.Handler{"planned": f.Planned, "resolved": f.Resolved}
}

// reserved is how many bytes a server's operations have reserved.
func reserved(t testing.TB, h http.Handler) (n float64) {
	t.Helper()
	text := raw(h, http.MethodGet, "/metrics", "").Body.String()
	_, rest, found := strings.Cut(text, "\nkith_reserved_bytes ")
	if _, err := fmt.Sscan(rest, &n); !found || err != nil {
		t.Fatalf("no kith_reserved_bytes: %v", err)
	}
	return n
}

// author signs ada up, who has n posts of 100,000 characters.
func author(t testing.TB, f *fixture, n int) {
	t.Helper()
	a := answerOf(t, f.Planned, request{
		Query:     `mutation($posts: [UserPostInput!]) { createUser(input: {username: "ada", password: "correct horse", posts: $posts}) { userErrors { code } } }`,
		Variables: map[string]any{"posts": list(n, map[string]any{"title": "T", "content": repeat(100_000, "x")})},
	})
	if string(a.Body) != `{"data":{"createUser":{"userErrors":[]}}}` {
		t.Fatalf("%s", a.Body)
	}
}

// smallAnswers is a bound for answers that takes the tests less memory than the usual one.
func smallAnswers(o *graph.Options) { o.Limits.Response = 4 << 20 }

const tooLarge = `{"errors":[{"message":"the answer takes more than 4194304 bytes; ask for less","extensions":{"code":"LIMIT_EXCEEDED"}}],"data":null}`

// Answers of gigabytes end where an answer may not become larger, and take memory by that and not by what was asked for.
func TestAnswersAreBounded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		author(t, f, 10)
		for name, query := range map[string]string{
			"6 GB in 60 fields":   "{" + numbered(60, `a%d: user(by: {username: "ada"}) { posts { nodes { ...F } } } `) + "} fragment F on Post {" + numbered(100, "c%d: content ") + "}",
			"200 MB in 818 bytes": "{" + numbered(13, `a%d: user(by: {username: "ada"}) { ...U } `) + "} fragment U on User { posts { nodes { ...F } } } fragment F on Post {" + numbered(16, "c%d: content ") + "}",
			"one field":           `{ user(by: {username: "ada"}) { posts { nodes {` + numbered(100, "c%d: content ") + "} } } }",
			"edges":               `{ user(by: {username: "ada"}) { posts { edges { ...E } } } } fragment E on PostEdge {` + numbered(100, "c%d: node { content } ") + "}",
			"the same row":        "{" + numbered(100, `a%d: posts(first: 2) { nodes { content } } `) + "}",
		} {
			for way, h := range f.ways() {
				f.Statements()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				a := answerOf(t, h, request{Query: query})
				runtime.ReadMemStats(&after)
				if string(a.Body) != tooLarge || a.Status != http.StatusOK {
					t.Errorf("%s, %s: %d %.300s", name, way, a.Status, a.Body)
				}
				if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 16*4 {
					t.Errorf("%s, %s: %d MiB were allocated", name, way, took)
				}
				if n := reserved(t, h); n != 0 {
					t.Errorf("%s, %s: %v bytes stay reserved", name, way, n)
				}
			}
		}
	}, smallAnswers)
}

// The bound is that of the data to the byte, by both ways and whatever it is made of.
func TestAnswersUpToTheBound(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		a := answerOf(t, asAdmin(f.Planned), request{Query: `mutation($u: ID!, $c: String!) { createPost(input: {authorId: $u, title: "\"\\", content: $c}) { userErrors { code } } }`,
			Variables: map[string]any{"u": signUp(t, f.Planned, "eve"), "c": "\u0001\u0002\t\n\"\\ä€😀" + repeat(100, "\u0003")}})
		if len(a.Errors) > 0 {
			t.Fatalf("%s", a.Body)
		}
		for _, query := range []string{
			`{ users { nodes { id username name createdAt version profile { fullName bio } address { id } } } }`,
			`{ posts { totalCount edges { cursor node { id content author { username __typename } tags { nodes { name } } } } pageInfo { hasNextPage startCursor endCursor } } }`,
			`{ a: posts { nodes { content c: content d: content } } b: users { totalCount __typename } __typename user(by: {username: "nobody"}) { id } }`,
			`{ __schema { types { name description fields { name } enumValues { name } } } }`,
			`mutation @dryRun { createTag(input: {name: "new"}) { tag { name version } userErrors { code field message } } }`,
			`mutation { createTag(input: {name: " "}) { tag { name } userErrors { code field message } } }`,
		} {
			for way := range f.ways() {
				whole := answerOf(t, asAdmin(f.ways()[way]), request{Query: query})
				if len(whole.Errors) > 0 {
					t.Fatalf("%s: %s", query, whole.Body)
				}
				data := len(whole.Body) - len(`{"data":}`)
				for size, passes := range map[int]bool{data: true, data - 1: false} {
					h := graph.New(graph.Options{DB: f.DB, Plan: way == "planned", Introspection: true, Limits: graph.Limits{Response: size}})
					got := answerOf(t, asAdmin(h), request{Query: query})
					switch {
					case passes && !bytes.Equal(got.Body, whole.Body):
						t.Errorf("%s, %s, %d bytes: %s\nwant %s", way, query, size, got.Body, whole.Body)
					case !passes && (got.code() != "LIMIT_EXCEEDED" || len(got.Errors) != 1 || !strings.HasSuffix(string(got.Body), `"data":null}`)):
						t.Errorf("%s, %s, %d bytes too few: %.300s", way, query, 1, got.Body)
					}
					if n := reserved(t, h); n != 0 {
						t.Errorf("%v bytes stay reserved", n)
					}
				}
			}
		}
	})
}

// A slowReader takes the header of a response at once and its body when it is told to.
type slowReader struct {
	*httptest.ResponseRecorder
	wants chan struct{}
	begun func()
}

func (r *slowReader) Write(b []byte) (int, error) {
	r.begun()
	<-r.wants
	return r.ResponseRecorder.Write(b)
}

// All answers together are bounded too, while they are read slowly, and small ones pass all the same.
func TestManyAnswersAreBounded(t *testing.T) {
	const limit, free = 64 << 20, 128 << 10
	for i, database := range databases {
		way := []string{"planned", "resolved"}[i%2]
		t.Run(database+"/"+way, func(t *testing.T) {
			f := open(t, database, withSecret)
			author(t, f, 9)
			h := graph.New(graph.Options{DB: f.DB, Plan: way == "planned", Limits: graph.Limits{Response: limit / 8}})
			large := `{ user(by: {username: "ada"}) { posts { nodes {` + numbered(6, "c%d: content ") + `} } } }` // 5.4 MB
			body, _ := json.Marshal(request{Query: large})
			wants := make(chan struct{})
			var sent, begun sync.WaitGroup
			readers := make([]*slowReader, 24)
			begun.Add(len(readers))
			for i := range readers {
				readers[i] = &slowReader{httptest.NewRecorder(), wants, sync.OnceFunc(begun.Done)}
				sent.Go(func() {
					q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
					q.Header.Set("Content-Type", "application/json")
					h.ServeHTTP(readers[i], q)
				})
			}
			begun.Wait()
			if n := reserved(t, h); n > limit || n < limit/2 {
				t.Errorf("%v bytes are reserved", n)
			}
			if a := answerOf(t, h, request{Query: `{ users { nodes { username } } }`}); len(a.Errors) > 0 {
				t.Errorf("a small answer: %s", a.Body)
			}
			close(wants)
			sent.Wait()
			bytes, answers := 0, 0
			for _, r := range readers {
				switch text := r.Body.String(); {
				case len(text) > 5_000_000 && strings.HasPrefix(text, `{"data":{"user"`):
					bytes, answers = bytes+len(text), answers+1
				case !strings.Contains(text, `"too many large requests at once; try again","extensions":{"code":"UNAVAILABLE"}`):
					t.Errorf("%.300s", text)
				}
			}
			if answers == 0 || answers == len(readers) || bytes > limit+answers*free {
				t.Errorf("%d answers of %d bytes", answers, bytes)
			}
			if n := reserved(t, h); n != 0 {
				t.Errorf("%v bytes stay reserved", n)
			}
			if a := answerOf(t, h, request{Query: large}); len(a.Errors) > 0 {
				t.Errorf("afterwards: %.300s", a.Body)
			}
		})
	}
}

// A brokenReader goes away when the body comes, or panics.
type brokenReader struct {
	*httptest.ResponseRecorder
	panics bool
}

func (r *brokenReader) Write([]byte) (int, error) {
	if r.panics {
		panic("the connection broke")
	}
	return 0, http.ErrHandlerTimeout
}

// What an operation has reserved is given back on every way out.
func TestReservationsAreReleased(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		author(t, f, 9)
		large := `{ user(by: {username: "ada"}) { posts { nodes { content } } } }`
		body, _ := json.Marshal(request{Query: large})
		ask := func(method string, header ...string) func(http.Handler, http.ResponseWriter) {
			return func(h http.Handler, w http.ResponseWriter) {
				q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
				if method != http.MethodPost {
					q = httptest.NewRequest(method, "/graphql?query="+url.QueryEscape(large), nil)
				}
				q.Header.Set("Content-Type", "application/json")
				for i := 0; i+1 < len(header); i += 2 {
					q.Header.Set(header[i], header[i+1])
				}
				h.ServeHTTP(w, q)
			}
		}
		etag := get(f.Planned, large).Header().Get("ETag")
		for name, c := range map[string]struct {
			ask    func(http.Handler, http.ResponseWriter)
			broken *brokenReader
			status int
		}{
			"POST":            {ask("POST"), nil, 200},
			"GET":             {ask("GET"), nil, 200},
			"HEAD":            {ask("HEAD"), nil, 200},
			"304":             {ask("GET", "If-None-Match", etag), nil, 304},
			"gzip":            {ask("POST", "Accept-Encoding", "gzip"), nil, 200},
			"zstd":            {ask("POST", "Accept-Encoding", "zstd"), nil, 200},
			"a gone client":   {ask("POST"), &brokenReader{httptest.NewRecorder(), false}, 200},
			"a panic":         {ask("POST"), &brokenReader{httptest.NewRecorder(), true}, 200},
			"a panic in gzip": {ask("POST", "Accept-Encoding", "gzip"), &brokenReader{httptest.NewRecorder(), true}, 200},
			"out of time": {func(h http.Handler, w http.ResponseWriter) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
				defer cancel()
				q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)).WithContext(ctx)
				q.Header.Set("Content-Type", "application/json")
				h.ServeHTTP(w, q)
			}, nil, 503},
		} {
			for way, h := range f.ways() {
				recorder := httptest.NewRecorder()
				var w http.ResponseWriter = recorder
				if c.broken != nil {
					w, recorder = c.broken, c.broken.ResponseRecorder
				}
				func() {
					defer func() { recover() }() //nolint:errcheck // net/http does so
					c.ask(h, w)
				}()
				if recorder.Code != c.status {
					t.Errorf("%s, %s: %d", name, way, recorder.Code)
				}
				if n := reserved(t, h); n != 0 {
					t.Errorf("%s, %s: %v bytes stay reserved", name, way, n)
				}
			}
		}
	})
}

// Of a mutation whose payload is too large nothing is done, and nothing is stored under its key. A replayed answer takes
// what it takes, and gives it back.
func TestPayloadsAreBounded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for way, h := range f.ways() {
			create := func(aliases int) answer {
				return answerOf(t, h, request{
					Query:     "mutation($u: String!, $c: String!) { createUser(input: {username: $u, password: \"correct horse\", posts: [{title: \"T\", content: $c}]}) { user { posts { nodes {" + numbered(aliases, "c%d: content ") + "} } } userErrors { code } } }",
					Variables: map[string]any{"u": way, "c": repeat(25_000, "\u0001")}, // six bytes each
					Header:    http.Header{"Idempotency-Key": {way}},
				})
			}
			if a := create(30); string(a.Body) != tooLarge {
				t.Errorf("%s: %.300s", way, a.Body)
			}
			if a := answerOf(t, h, request{Query: `query($u: String!) { user(by: {username: $u}) { id } }`, Variables: map[string]any{"u": way}}); string(a.Body) != `{"data":{"user":null}}` {
				t.Errorf("%s: it was done: %s", way, a.Body)
			}
			first := create(20)
			if len(first.Body) < 3_000_000 || len(first.Errors) > 0 {
				t.Errorf("%s: another document under the key: %.300s", way, first.Body)
			}
			if again := create(20); !bytes.Equal(again.Body, first.Body) {
				t.Errorf("%s: replayed: %.300s", way, again.Body)
			}
			if n := reserved(t, h); n != 0 {
				t.Errorf("%s: %v bytes stay reserved", way, n)
			}
		}
	}, smallAnswers)
}

// The rows that a mutation may write are counted before anything runs.
func TestWrittenRowsAreBounded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		names := func(n int, text string) []any {
			out := make([]any, n)
			for i := range out {
				out[i] = fmt.Sprintf(text, i)
			}
			return out
		}
		post := func(tags []any) any { return map[string]any{"title": "T", "content": "C", "tags": tags} }
		var flood []any
		for i := range 40 {
			flood = append(flood, post(names(250, fmt.Sprintf("tag %d of ", i)+"%d")))
		}
		signUp := func(h http.Handler, username string, posts []any) answer {
			return answerOf(t, h, request{Query: `mutation($u: String!, $p: [UserPostInput!]) { createUser(input: {username: $u, password: "correct horse", posts: $p}) { user { username } userErrors { code } } }`,
				Variables: map[string]any{"u": username, "p": posts}, Header: http.Header{"X-Receipt": {"1"}}})
		}
		// One user, posts, 250 links to 250 tags, 250 links to the same.
		just := append(list(247, post(nil)), post(names(250, "tag %d")), post(names(250, "tag %d")))
		for name, c := range map[string]struct {
			posts []any
			h     http.Handler
			want  string
		}{
			"10,000 tags":                  {flood, f.Planned, `may write 1000"`},
			"10,000 tags, by an admin":     {flood, asAdmin(f.Planned), `may write 10000"`},
			"one row more":                 {append(list(1, post(nil)), just...), f.Planned, `could write 1001 rows and may write 1000"`},
			"no posts are too many":        {list(250, post(nil)), f.Planned, ""},
			"as many rows as there may be": {just, f.Planned, ""},
			"some tags each, by an admin":  {list(250, post(names(5, "some %d"))), asAdmin(f.Planned), ""},
		} {
			f.Statements()
			a := signUp(c.h, strings.NewReplacer(" ", "_", ",", "").Replace(name), c.posts)
			switch ran := f.Statements(); {
			case c.want == "" && (len(a.Errors) > 0 || a.text("createUser", "user", "username") == ""):
				t.Errorf("%s: %.300s", name, a.Body)
			case c.want != "" && (a.code() != "LIMIT_EXCEEDED" || !strings.Contains(string(a.Body), c.want) || len(ran) > 0):
				t.Errorf("%s: %d statements, %.300s", name, len(ran), a.Body)
			}
		}

		// All root fields count together, deletes by the rows that they name, and the receipt says so.
		tags := `mutation { ` + numbered(3, `c%d: createTag(input: {name: "made %d"}) { tag { id } } `) + ` d: deleteTag(input: {id: "` + orm.GlobalID(db.Tags.Table, 99) + `"}) { userErrors { code } } }`
		if got := receiptOf(t, asAdmin(f.Planned), request{Query: tags}); got.Cost == nil || got.Cost.Requested != 3+4 {
			t.Errorf("%+v", got.Cost)
		}
		strict := graph.New(graph.Options{DB: f.DB, Limits: graph.Limits{Limits: document.Limits{Cost: 6}}})
		if a := answerOf(t, asAdmin(strict), request{Query: tags}); a.code() != "LIMIT_EXCEEDED" {
			t.Errorf("%s", a.Body)
		}
	})
}

// A slowBody is a body of which nothing comes any more after some bytes.
type slowBody struct {
	sent    *strings.Reader
	waiting func()        // is called when all that comes has come
	end     chan struct{} // when the client goes away
}

func (b *slowBody) Read(p []byte) (int, error) {
	if n, err := b.sent.Read(p); err == nil {
		return n, nil
	}
	b.waiting()
	<-b.end
	return 0, io.ErrUnexpectedEOF
}

// Bodies that arrive slowly are bounded together with the answers; small requests pass meanwhile.
func TestManyBodiesAreBounded(t *testing.T) {
	f := open(t, "sqlite")
	h := f.Planned
	const clients = 200
	var begun, ended sync.WaitGroup
	end := make(chan struct{})
	var refused, waiting atomic.Int64
	begun.Add(clients)
	for range clients {
		ended.Go(func() {
			once := sync.OnceFunc(begun.Done)
			body := &slowBody{strings.NewReader(`{"query":"{users{totalCount}}","variables":{"a":"` + strings.Repeat("a", 1_000_000)), func() { waiting.Add(1); once() }, end}
			r := httptest.NewRequest(http.MethodPost, "/graphql", body)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == http.StatusServiceUnavailable && strings.Contains(w.Body.String(), "UNAVAILABLE") && w.Header().Get("Retry-After") != "" {
				refused.Add(1)
			}
			once()
		})
	}
	begun.Wait()
	if n := reserved(t, h); n > 128<<20 {
		t.Errorf("%v bytes are reserved", n)
	}
	if w, r := waiting.Load(), refused.Load(); w < 30 || r < 30 || w+r != clients {
		t.Errorf("%d bodies are waited for, %d requests refused", w, r)
	}
	if a := answerOf(t, h, request{Query: `{ users { totalCount } }`}); a.code() != "" {
		t.Errorf("%s", a.Body)
	}
	close(end)
	ended.Wait()
	if n := reserved(t, h); n != 0 {
		t.Errorf("%v bytes stay reserved", n)
	}
}
