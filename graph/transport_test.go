package graph_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/klauspost/compress/zstd"

	"kith/graph"
	"kith/graph/document"
	"kith/graph/transport"
)

// raw sends a request as it is.
func raw(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, query string, header ...string) *httptest.ResponseRecorder {
	return raw(h, http.MethodGet, "/graphql?query="+url.QueryEscape(query), "", header...)
}

// What is not JSON, or not a request, is refused with a fixed text that repeats nothing of it.
func TestBadBodies(t *testing.T) {
	f := open(t, "sqlite")
	const secret = "hunter2"
	ok := `{"query":"{ __typename }"}`
	for name, body := range map[string]string{
		"nothing":             "",
		"rubbish":             secret,
		"half":                `{"query":"` + secret,
		"trailing bytes":      ok + secret,
		"two values":          ok + ok,
		"a name twice":        `{"query":"{ __typename }","query":"` + secret + `"}`,
		"a name twice, deep":  `{"query":"{ __typename }","variables":{"a":{"` + secret + `":1,"` + secret + `":2}}}`,
		"a BOM":               "\ufeff" + ok,
		"invalid UTF-8":       `{"query":"{ __typename }","variables":{"a":"` + secret + "\xff" + `"}}`,
		"a lone surrogate":    `{"query":"{ __typename }","variables":{"` + secret + `":"\ud800"}}`,
		"a number too large":  `{"query":"{ __typename }","variables":{"` + secret + `":1e999}}`,
		"NaN":                 `{"query":"{ __typename }","variables":{"` + secret + `":NaN}}`,
		"a comment":           `{"query":"{ __typename }" /* ` + secret + ` */}`,
		"an array":            "[" + ok + "]",
		"an array of nothing": "[]",
		"null":                "null",
		"a text":              `"` + secret + `"`,
		"a number":            "5",
		"nested arrays":       repeat(10_000, "[") + repeat(10_000, "]"),
		"nested objects":      repeat(10_000, `{"a":`) + "1" + repeat(10_000, "}"),
		"nested variables":    `{"query":"{ __typename }","variables":` + repeat(10_000, `{"a":`) + "1" + repeat(10_000, "}") + "}",
		"no query":            `{"variables":{"a":"` + secret + `"}}`,
		"query null":          `{"query":null}`,
		"query a number":      `{"query":5}`,
		"query an object":     `{"query":{"` + secret + `":1}}`,
		"operationName wrong": `{"query":"{ __typename }","operationName":5}`,
		"variables a list":    `{"query":"{ __typename }","variables":["` + secret + `"]}`,
		"variables a text":    `{"query":"{ __typename }","variables":"` + secret + `"}`,
		"extensions a text":   `{"query":"{ __typename }","extensions":"` + secret + `"}`,
	} {
		f.Statements()
		w := raw(f.Planned, http.MethodPost, "/graphql", body, "Content-Type", "application/json")
		if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), secret) || len(w.Body.String()) > 200 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %.300s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), `"data"`) || !strings.Contains(w.Body.String(), `"code":"`) {
			t.Errorf("%s: %s", name, w.Body)
		}
		if n := len(f.Statements()); n > 0 {
			t.Errorf("%s: %d statements", name, n)
		}
	}
	for name, target := range map[string]string{
		"variables": "/graphql?query=%7B__typename%7D&variables=" + secret,
		"twice":     "/graphql?query=%7B__typename%7D&query=" + secret,
		"UTF-8":     "/graphql?query=%7B__typename%7D%ff",
		"escape":    "/graphql?query=%7B__typename%7D&a=%zz",
		"nothing":   "/graphql",
	} {
		r := httptest.NewRequest(http.MethodGet, "/graphql", nil)
		r.URL.RawQuery = strings.TrimPrefix(strings.TrimPrefix(target, "/graphql"), "?")
		w := httptest.NewRecorder()
		f.Planned.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// Variables are taken as their types say, and as nothing else.
func TestVariables(t *testing.T) {
	f := open(t, "sqlite")
	signUp(t, f.Planned, "ada")
	for name, c := range map[string]struct{ definition, use, variables, want string }{
		"an Int":                {"$v: Int", "first: $v", `{"v":1}`, ""},
		"an Int as 1.0":         {"$v: Int", "first: $v", `{"v":1.0}`, ""},
		"an Int of 64 bits":     {"$v: Int", "first: $v", `{"v":99999999999}`, "$v must be an Int"},
		"an Int as a text":      {"$v: Int", "first: $v", `{"v":"1"}`, "$v must be an Int"},
		"a fraction":            {"$v: Int", "first: $v", `{"v":1.5}`, "$v must be an Int"},
		"an Int, deep":          {"$v: UserWhere", "where: $v", `{"v":{"posts":{"some":{"title":{"eq":5}}}}}`, "$v.posts.some.title.eq must be a String"},
		"a list":                {"$v: UserWhere", "where: $v", `{"v":{"username":{"in":["a",true]}}}`, "$v.username.in[1] must be a String"},
		"one for a list":        {"$v: UserWhere", "where: $v", `{"v":{"username":{"in":"ada"}}}`, ""},
		"null in a list":        {"$v: UserWhere", "where: $v", `{"v":{"username":{"in":[null]}}}`, "$v.username.in[0] must not be null"},
		"an enum":               {"$v: [UserOrder!]", "orderBy: $v", `{"v":{"field":"NAME","direction":"DESC"}}`, ""},
		"an enum in lower case": {"$v: [UserOrder!]", "orderBy: $v", `{"v":{"field":"NAME","direction":"desc"}}`, "$v[0].direction must be a value of OrderDirection"},
		"a null field":          {"$v: [UserOrder!]", "orderBy: $v", `{"v":[{"direction":null}]}`, "$v[0].direction must not be null"},
		"an unknown field":      {"$v: UserWhere", "where: $v", `{"v":{"nothing":1}}`, "$v has no field `nothing`: it is of UserWhere"},
		"not an object":         {"$v: UserWhere", "where: $v", `{"v":7}`, "$v must be an object of UserWhere"},
		"a missing variable":    {"$v: Int!", "first: $v", `{}`, "$v is required"},
		"null":                  {"$v: Int!", "first: $v", `{"v":null}`, "$v must not be null"},
		"a default":             {"$v: Int = 1", "first: $v", `{}`, ""},
		"one too many":          {"$v: Int", "first: $v", `{"v":1,"w":2}`, ""},
		"a Boolean":             {"$v: UserWhere", "where: $v", `{"v":{"hasProfile":1}}`, "$v.hasProfile must be a Boolean"},
		"an ID as a number":     {"$v: UserWhere", "where: $v", `{"v":{"id":{"notIn":[5]}}}`, "BAD_REQUEST"},
	} {
		w := raw(f.Planned, http.MethodPost, "/graphql", `{"query":"query(`+c.definition+`) { users(`+c.use+`) { totalCount } }","variables":`+c.variables+`}`)
		got := w.Body.String()
		switch {
		case c.want == "" && got != `{"data":{"users":{"totalCount":1}}}`:
			t.Errorf("%s: %s", name, got)
		case c.want == "BAD_REQUEST" && !strings.Contains(got, `"code":"BAD_REQUEST"`):
			t.Errorf("%s: %s", name, got)
		case c.want != "" && c.want != "BAD_REQUEST" && (!strings.Contains(got, `"`+c.want+`"`) || !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED")):
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	w := raw(f.Planned, http.MethodPost, "/graphql", `{"query":"mutation($v: DeleteTagInput!) { deleteTag(input: $v) { deletedId } }","variables":{"v":{}}}`)
	if !strings.Contains(w.Body.String(), "$v.id is required") {
		t.Errorf("a missing field: %s", w.Body)
	}
	w = raw(f.Planned, http.MethodPost, "/graphql", `{"query":"query($b: Boolean = true) { users { totalCount @include(if: $b) } }","variables":{"b":null}}`)
	if !strings.Contains(w.Body.String(), "$b must not be null") {
		t.Errorf("null for @include: %s", w.Body)
	}
}

func TestSizes(t *testing.T) {
	f := open(t, "sqlite")
	server := httptest.NewUnstartedServer(f.Planned)
	server.Config.MaxHeaderBytes = 512 << 10 // as server.go has it
	server.Start()
	t.Cleanup(server.Close)
	do := func(method, target, body string, header ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		text, _ := io.ReadAll(w.Body)
		return w.StatusCode, string(text)
	}
	body := func(n int) string {
		text := `{"query":"{ __typename }","x":""}`
		return text[:len(text)-2] + repeat(n-len(text), "x") + `"}`
	}
	target := func(n int) string {
		text := "/graphql?query=%7B__typename%7D&x="
		return text + repeat(n-len(text), "x")
	}
	for name, c := range map[string]struct {
		method, target, body, header string
		status                       int
	}{
		"a body, just":         {"POST", "/graphql", body(1 << 20), "", 200},
		"a body, no more":      {"POST", "/graphql", body(1<<20 + 1), "", 413},
		"a body, far more":     {"POST", "/graphql", body(5 << 20), "", 413},
		"a URL, just":          {"GET", target(16 << 10), "", "", 200},
		"a URL, no more":       {"GET", target(16<<10 + 1), "", "", 414},
		"a URL, far more":      {"GET", target(300 << 10), "", "", 414},
		"header fields, just":  {"POST", "/graphql", body(100), repeat(16_000, "x"), 200},
		"header, no more":      {"POST", "/graphql", body(100), repeat(16<<10, "x"), 431},
		"header, far more":     {"POST", "/graphql", body(100), repeat(300<<10, "x"), 431},
		"header, out of sight": {"POST", "/graphql", body(100), repeat(600<<10, "x"), 431},
	} {
		header := []string{}
		if c.header != "" {
			header = []string{"X-Padding", c.header}
		}
		status, text := do(c.method, c.target, c.body, header...)
		if status != c.status {
			t.Errorf("%s: %d %.200s", name, status, text)
		}
		if status != 200 && !strings.Contains(text, `"code":"LIMIT_EXCEEDED"`) && name != "header, out of sight" {
			t.Errorf("%s: %.200s", name, text)
		}
	}
}

func TestNegotiation(t *testing.T) {
	f := open(t, "sqlite")
	const invalid = "{ nothing }"
	for accept, want := range map[string]struct {
		media  string
		status int
	}{
		"": {"application/json", 200}, "*/*": {"application/json", 200}, "application/*": {"application/json", 200},
		"application/json":                  {"application/json", 200},
		"application/graphql-response+json": {"application/graphql-response+json", 400},
		"application/json;q=0.5, application/graphql-response+json;q=0.4": {"application/json", 200},
		"application/json;q=0.5, application/graphql-response+json;q=0.6": {"application/graphql-response+json", 400},
		"application/json, application/graphql-response+json":             {"application/graphql-response+json", 400},
		"application/graphql-response+json;q=0, */*;q=0.1":                {"application/json", 200},
		"text/html": {"application/json", 406}, "application/json;q=0": {"application/json", 406},
		"application/json; charset=latin-1": {"application/json", 406}, "application/json; charset=UTF-8": {"application/json", 200},
	} {
		header := []string{"Accept", accept}
		if accept == "" {
			header = nil
		}
		w := get(f.Planned, invalid, header...)
		if got := w.Header().Get("Content-Type"); w.Code != want.status || got != want.media+"; charset=utf-8" {
			t.Errorf("%q: %d %s", accept, w.Code, got)
		}
		if strings.Contains(w.Body.String(), `"data"`) {
			t.Errorf("%q: %s", accept, w.Body)
		}
	}
	for method, allow := range map[string]string{"PUT": "GET, HEAD, POST", "DELETE": "GET, HEAD, POST", "PATCH": "GET, HEAD, POST"} {
		if w := raw(f.Planned, method, "/graphql", `{"query":"{ __typename }"}`); w.Code != 405 || w.Header().Get("Allow") != allow {
			t.Errorf("%s: %d, Allow: %s", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if w := get(f.Planned, `mutation { logOut(input: {refreshToken: "x"}) { userErrors { code } } }`); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("a mutation by GET: %d, Allow: %s", w.Code, w.Header().Get("Allow"))
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin-1", "application/graphql", "rubbish/"} {
		if w := raw(f.Planned, "POST", "/graphql", `{"query":"{ __typename }"}`, "Content-Type", media); w.Code != 415 {
			t.Errorf("%s: %d", media, w.Code)
		}
	}
	for _, c := range []struct{ query, name, want string }{
		{"query a { __typename } query b { __typename }", "b", `{"data":{"__typename":"Query"}}`},
		{"query a { __typename } query b { __typename }", "", "operationName"},
		{"query a { __typename }", "c", "no operation of this name"},
		{"fragment a on Query { __typename }", "", "no operation"},
	} {
		body, _ := json.Marshal(map[string]any{"query": c.query, "operationName": c.name})
		if w := raw(f.Planned, "POST", "/graphql", string(body)); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s, %q: %s", c.query, c.name, w.Body)
		}
	}
}

func TestGet(t *testing.T) {
	f := open(t, "sqlite")
	signUp(t, f.Planned, "ada")
	const query = "{ users { nodes { username } } }"
	first := get(f.Planned, query)
	etag := first.Header().Get("ETag")
	if first.Code != 200 || etag == "" || !strings.Contains(first.Header().Get("Cache-Control"), "private") || !strings.Contains(strings.Join(first.Header().Values("Vary"), ","), "Authorization") {
		t.Fatalf("%d %v", first.Code, first.Header())
	}
	for _, known := range []string{etag, `"x", ` + etag, strings.TrimPrefix(etag, "W/"), "*"} {
		if w := get(f.Planned, query, "If-None-Match", known); w.Code != 304 || w.Body.Len() > 0 || w.Header().Get("ETag") != etag {
			t.Errorf("%s: %d %s", known, w.Code, w.Body)
		}
	}
	signUp(t, f.Planned, "bob")
	if w := get(f.Planned, query, "If-None-Match", etag); w.Code != 200 || w.Header().Get("ETag") == etag {
		t.Errorf("changed, but %d", w.Code)
	}
	if w := get(f.Planned, "{ nothing }"); w.Header().Get("ETag") != "" {
		t.Error("an error has an ETag")
	}
	if w := raw(f.Planned, "POST", "/graphql", `{"query":"{ __typename }"}`); w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("POST: %v", w.Header())
	}
}

func TestCompression(t *testing.T) {
	f := open(t, "sqlite")
	for i := range 20 {
		signUp(t, f.Planned, "ada"+strings.Repeat("x", i))
	}
	const query = "{ users { nodes { id username name createdAt updatedAt posts { nodes { title content createdAt } } } } }"
	want := get(f.Planned, query).Body.String()
	for coding, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		w := get(f.Planned, query, "Accept-Encoding", coding)
		size := w.Body.Len()
		r, err := open(w.Body)
		if err != nil {
			t.Fatal(coding, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want || w.Header().Get("Content-Encoding") != coding || size > len(want)/2 {
			t.Errorf("%s: %d of %d bytes, %v %v", coding, size, len(want), err, w.Header())
		}
	}
	if w := get(f.Planned, "{ __typename }", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("a short answer is compressed")
	}
	for _, c := range []struct{ from, forwarded, takes, want string }{
		{"192.0.2.1:1", "", "gzip, zstd", "gzip"},
		{"192.0.2.1:1", "", "zstd, gzip;q=0.5", "zstd"},
		{"127.0.0.1:1", "", "gzip, zstd", ""},
		{"[::1]:1", "", "gzip", ""},
		{"[::ffff:127.0.0.1]:1", "", "gzip", ""},
		{"127.0.0.1:1", "192.0.2.1", "gzip", "gzip"}, // a proxy on this machine
	} {
		q := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil)
		q.RemoteAddr = c.from
		q.Header.Set("Accept-Encoding", c.takes)
		if c.forwarded != "" {
			q.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		f.Planned.ServeHTTP(w, q)
		if got := w.Header().Get("Content-Encoding"); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestPersistedQueries(t *testing.T) {
	f := open(t, "sqlite")
	const query = "{ __typename }"
	sum := sha256.Sum256([]byte(query))
	hash := hex.EncodeToString(sum[:])
	post := func(query, hash string) string {
		members := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}}
		if query != "" {
			members["query"] = query
		}
		body, _ := json.Marshal(members)
		return raw(f.Planned, "POST", "/graphql", string(body)).Body.String()
	}
	const done = `{"data":{"__typename":"Query"}}`
	if got := post("", hash); got != `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}` {
		t.Errorf("unknown: %s", got)
	}
	if got := post(query+" ", hash); !strings.Contains(got, "the hash is not that of `query`") {
		t.Errorf("another text: %s", got)
	}
	if got := post("{ nothing }", hashText("{ nothing }")); !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
		t.Errorf("invalid: %s", got)
	}
	if got := post("", hashText("{ nothing }")); !strings.Contains(got, "PersistedQueryNotFound") {
		t.Errorf("what is not valid is kept: %s", got)
	}
	if got := post(query, hash); got != done {
		t.Errorf("registered: %s", got)
	}
	if got := post("", hash); got != done {
		t.Errorf("known: %s", got)
	}
	extensions := url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}`)
	if w := raw(f.Planned, "GET", "/graphql?extensions="+extensions, ""); w.Body.String() != done {
		t.Errorf("by GET: %s", w.Body)
	}
	if w := raw(f.Planned, "POST", "/graphql", `{"documentId":"sha256:`+hash+`"}`); w.Body.String() != done {
		t.Errorf("by documentId: %s", w.Body)
	}
}

func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestTrustedDocuments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "documents.json")
	load := func(setting string) func(*graph.Options) {
		return func(o *graph.Options) {
			var err error
			if o.TrustedDocuments, err = document.LoadTrusted(setting); err != nil {
				t.Fatal(err)
			}
		}
	}
	post := func(f *fixture, members map[string]any) string {
		body, _ := json.Marshal(members)
		return raw(f.Planned, "POST", "/graphql", string(body)).Body.String()
	}
	const query, done = "{ users { totalCount } }", `{"data":{"users":{"totalCount":0}}}`
	capturing := open(t, "sqlite", load("capture:"+path))
	for _, text := range []string{query, query, "{ tags { totalCount } }", "{ nothing }"} {
		post(capturing, map[string]any{"query": text})
	}
	content, err := os.ReadFile(path)
	var listed map[string]string
	if err != nil || json.Unmarshal(content, &listed) != nil || len(listed) != 2 || listed[hashText(query)] != query {
		t.Fatalf("captured: %v %s", err, content)
	}
	f := open(t, "sqlite", load(path))
	for name, members := range map[string]map[string]any{
		"the text":      {"query": query},
		"documentId":    {"documentId": hashText(query)},
		"sha256:":       {"documentId": "sha256:" + hashText(query)},
		"Apollo's":      {"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hashText(query)}}},
		"text and hash": {"query": query, "extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hashText(query)}}},
	} {
		if got := post(f, members); got != done {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, members := range map[string]map[string]any{
		"another text":    {"query": query + " "},
		"another id":      {"documentId": hashText("x")},
		"text, wrong id":  {"query": query, "documentId": hashText("{ tags { totalCount } }")},
		"wrong text, id":  {"query": "{ __typename }", "documentId": hashText(query)},
		"new text and id": {"query": "{ __typename }", "documentId": hashText("{ __typename }")},
	} {
		if got := post(f, members); !strings.Contains(got, `"code":"FORBIDDEN"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	for content, want := range map[string]string{"": "JSON object", "{}": "no documents", `["x"]`: "JSON object"} {
		wrong := filepath.Join(t.TempDir(), "wrong.json")
		if err := os.WriteFile(wrong, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := document.LoadTrusted(wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// Without introspection nothing of the schema is told, not even by hints.
func TestIntrospectionOff(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) { o.Introspection = false })
	for _, query := range []string{
		"{ user }", "{ usr { id } }", "{ users(frst: 1) { totalCount } }", "{ users(where: {usernam: 1}) { totalCount } }", "{ users(orderBy: {field: NAM}) { totalCount } }",
		"{ users { nodes } }", "query($a: Usr) { __typename }", "{ node(id: 1) { username } }", "{ users @inclde(if: true) { totalCount } }",
	} {
		if a := answerOf(t, f.Planned, request{Query: query}); a.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(string(a.Body), "Did you mean") {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	for _, query := range []string{"{ __schema { types { name } } }", `{ __type(name: "User") { name } }`, "{ ...A } fragment A on Query { a: __schema { types { name } } }"} {
		if a := answerOf(t, f.Planned, request{Query: query}); a.code() != "GRAPHQL_VALIDATION_FAILED" || a.Data != nil {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	if a := answerOf(t, f.Planned, request{Query: "{ __typename }"}); a.text("__typename") != "Query" {
		t.Errorf("%s", a.Body)
	}
	if w := raw(f.Planned, "GET", "/schema.graphql", ""); w.Code != 404 {
		t.Errorf("/schema.graphql: %d", w.Code)
	}
}

// A request that takes too long answers an error with 503.
func TestTimeout(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for way, h := range f.ways() {
			for _, query := range []string{"{ users { totalCount } }", "{ viewer { id } users { totalCount } }", `mutation { createUser(input: {username: "x", password: "correct horse"}) { user { id } } }`} {
				a := answerOf(t, h, request{Query: query})
				if a.Status != http.StatusServiceUnavailable || a.code() != "TIMEOUT" || strings.Contains(string(a.Body), `"data"`) || len(a.Errors) != 1 {
					t.Errorf("%s, %s: %d %s", way, query, a.Status, a.Body)
				}
			}
		}
	}, func(o *graph.Options) { o.Limits.Timeout = time.Nanosecond })
}

// Whatever fails inside, the client learns nothing of it but a code and the request's id.
func TestNothingLeaks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		f.DB.Close()
		for way, h := range f.ways() {
			for _, query := range []string{
				"{ users { nodes { id posts { totalCount } } } }", `{ user(by: {username: "ada"}) { id } }`, "{ users { totalCount } tags { totalCount } }",
				`mutation { createUser(input: {username: "x", password: "correct horse"}) { user { id } } }`, `mutation { logIn(input: {username: "x", password: "correct horse"}) { session { accessToken } } }`,
			} {
				status, body := send(t, h, request{Query: query})
				for _, word := range []string{"sql", "SQL", "closed", "database/", "driver", "SELECT", "goroutine", ".go:", "pq:", "panic"} {
					if bytes.Contains(body, []byte(word)) {
						t.Errorf("%s, %s: %d %s", way, query, status, body)
					}
				}
				if !bytes.Contains(body, []byte(`"code":"INTERNAL"`)) && !bytes.Contains(body, []byte(`"code":"UNAVAILABLE"`)) {
					t.Errorf("%s, %s: %d %s", way, query, status, body)
				}
			}
		}
		if w := raw(f.Planned, "GET", "/readyz", ""); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "closed") {
			t.Errorf("/readyz: %d %s", w.Code, w.Body)
		}
	})
}

// A panic anywhere is one request's failure.
func TestPanic(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) { o.Ready = func() bool { panic("hunter2") } })
	w := raw(f.Planned, "GET", "/readyz", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "hunter2") || !strings.Contains(w.Body.String(), "INTERNAL") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Fifty errors are enough.
func TestManyErrors(t *testing.T) {
	f := open(t, "sqlite")
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = "rubbish"
	}
	for way, h := range f.ways() {
		a := answerOf(t, h, request{Query: "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", Variables: map[string]any{"ids": ids}})
		if len(a.Errors) != 50 || a.Errors[49].Path[1] != 49.0 {
			t.Errorf("%s: %d errors", way, len(a.Errors))
		}
	}
}

// An app has every path but those that are kith's, whether they are switched on or not.
func TestAppBesideTheRest(t *testing.T) {
	app, err := transport.LoadApp(fstest.MapFS{"index.html": {Data: []byte("the app")}})
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[bool]map[string]string{
		true:  {"/": "the app", "/posts/1": "the app", "/graphiql/": "GraphiQL", "/schema.graphql": "type Query", "/healthz": "ok", "/metrics": "kith_", "/model": "<svg"},
		false: {"/": "the app", "/posts/1": "the app", "/graphiql/": "404", "/schema.graphql": "404", "/healthz": "ok", "/graphql/x": "404", "/metrics/x": "the app", "/model": "404"},
	} {
		f := open(t, "sqlite", func(o *graph.Options) { o.App, o.GraphiQL, o.Introspection = app, on, on })
		for path, text := range want {
			if body := raw(f.Planned, http.MethodGet, path, "", "Accept", "text/html").Body.String(); !strings.Contains(body, text) {
				t.Errorf("%v: %s answers %.80q, want %q", on, path, body, text)
			}
		}
		if body := raw(f.Planned, http.MethodGet, "/graphql?query=%7B__typename%7D", "").Body.String(); body != `{"data":{"__typename":"Query"}}` {
			t.Error(body)
		}
	}
}
