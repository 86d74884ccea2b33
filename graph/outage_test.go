package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
	"kith/graph"
)

// late is what a test leaves a slow machine beyond the bound that it asserts.
const late = time.Second

// openBehind makes a fixture on PostgreSQL whose connections pass through a proxy.
func openBehind(t *testing.T, address string, timeout time.Duration) (*fixture, *dbtest.Proxy) {
	t.Helper()
	proxy := dbtest.NewProxy(t, address)
	f := &fixture{}
	database, err := db.Open(t.Context(), proxy.URL(address), orm.Options{Observe: f.observe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	options := graph.Options{DB: database, Limits: graph.Limits{Timeout: timeout}}
	withSecret(&options)
	f.DB, f.Resolved = database, graph.New(options)
	options.Plan = true
	f.Planned = graph.New(options)
	return f, proxy
}

func postQuery(h http.Handler, query, media string, header http.Header) *httptest.ResponseRecorder {
	body, _ := json.Marshal(request{Query: query}) //nolint:errchkjson // a text
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", media)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var outageQueries = []string{
	`{ users(first: 3) { nodes { username posts(first: 2) { nodes { title tags(first: 2) { nodes { name } } } } } } }`,
	`{ a: users(first: 3) { totalCount } b: posts(first: 3) { nodes { author { username profile { fullName } } } } tags { totalCount } }`,
	`mutation { createTag(input: {name: "t"}) { tag { id } userErrors { code } } }`,
	`mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken } } }`,
}

// Where the database cannot be reached everybody is told to come again: with a token or without, whatever they ask for.
func TestUnavailable(t *testing.T) {
	f, proxy := openBehind(t, dbtest.Postgres(t), 10*time.Second)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	proxy.Refuse(true)
	proxy.Cut()
	for way, h := range f.ways() {
		for who, header := range map[string]http.Header{"anonymous": nil, "user": bearer(access)} {
			for _, media := range []string{"application/json", "application/graphql-response+json"} {
				for _, query := range outageQueries {
					if strings.Contains(query, "createTag") && who == "anonymous" {
						continue // who must log in first
					}
					w := postQuery(h, query, media, header)
					if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.HasPrefix(w.Header().Get("Content-Type"), media) ||
						!strings.Contains(w.Body.String(), `"code":"UNAVAILABLE"`) || strings.Contains(w.Body.String(), `"data"`) {
						t.Errorf("%s, %s, %s, %s: %d %v %s", way, who, media, query, w.Code, w.Header(), w.Body)
					}
				}
			}
		}
	}
	proxy.Refuse(false)
	if a := answerOf(t, f.Planned, request{Query: outageQueries[0]}); a.Status != http.StatusOK || a.code() != "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// In a network that goes silent every request is answered in its time, whatever it waits for, and readiness turns.
func TestSilentNetwork(t *testing.T) {
	const budget = time.Second
	f, proxy := openBehind(t, dbtest.Postgres(t), budget)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	for range 3 {
		for _, h := range f.ways() {
			for _, q := range outageQueries[:2] {
				if a := answerOf(t, h, request{Query: q, Header: bearer(access)}); a.code() != "" {
					t.Fatalf("%s", a.Body)
				}
			}
		}
	}
	proxy.Silence(true)
	var wg sync.WaitGroup
	ask := func(within time.Duration, what string, send func() *httptest.ResponseRecorder) {
		wg.Go(func() {
			start := time.Now()
			w := send()
			if took := time.Since(start); took > within+late {
				t.Errorf("%s: after %v", what, took)
			}
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", what, w.Code, w.Body)
			}
		})
	}
	for range 3 { // more than there are connections
		for way, h := range f.ways() {
			for who, header := range map[string]http.Header{"anonymous": nil, "user": bearer(access), "with a key": {"Authorization": {"Bearer " + access}, "Idempotency-Key": {"k"}}} {
				for _, query := range outageQueries {
					if strings.Contains(query, "createTag") && who == "anonymous" || strings.Contains(query, "logIn") && who == "with a key" {
						continue
					}
					ask(budget+500*time.Millisecond, way+", "+who+", "+query, func() *httptest.ResponseRecorder { return postQuery(h, query, "application/json", header) })
				}
			}
		}
		ask(2*time.Second, "/readyz", func() *httptest.ResponseRecorder { return raw(f.Planned, "GET", "/readyz", "") })
	}
	wg.Wait()
	proxy.Silence(false)
	deadline := time.Now().Add(10 * time.Second)
	for raw(f.Planned, "GET", "/readyz", "").Code != http.StatusOK || answerOf(t, f.Planned, request{Query: outageQueries[1], Header: bearer(access)}).code() != "" {
		if time.Now().After(deadline) {
			t.Fatal("it does not heal")
		}
	}
}

// A live query that the database was lost under runs again by itself: nothing that comes later concerns it.
func TestLiveComesBack(t *testing.T) {
	f, proxy := openBehind(t, dbtest.Postgres(t), 10*time.Second)
	signUp(t, f.Planned, "ada")
	c := dial(t, listen(t, f.Planned), nil).init()
	c.subscribe("1", `subscription { users { nodes { name posts { totalCount } } } }`)
	answer := func(name string) string {
		return `{"type":"next","id":"1","payload":{"data":{"users":{"nodes":[{"name":"` + name + `","posts":{"totalCount":1}}]}}}}`
	}
	c.expect(answer("ada"))
	lost := make(chan struct{})
	f.Then(func(s *orm.Statement) {
		if s.Path == "users" {
			f.Then(nil)
			proxy.Refuse(true)
			proxy.Cut()
			close(lost)
		}
	})
	exec(t, f, "UPDATE users SET name = 'Ada'")
	<-lost
	time.Sleep(300 * time.Millisecond) // it has failed
	proxy.Refuse(false)
	c.expect(answer("Ada"))
}

// A body that does not come in time is not waited for.
func TestSlowBody(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) { o.Limits.Timeout = 300 * time.Millisecond })
	server := httptest.NewServer(f.Planned)
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<10)
	n, err := conn.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 408") {
		t.Errorf("%v: %s", err, b[:n])
	}
}

// Whether a commit was done whose answer was lost, nobody knows: that is what is said, and it is not done again. With an
// Idempotency-Key it can be found out.
func TestUncertainCommit(t *testing.T) {
	f, proxy := openBehind(t, dbtest.Postgres(t), 10*time.Second)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	posts := func(title string) (n int) {
		for _, node := range answerOf(t, f.Planned, request{Query: `{ posts(first: 100) { nodes { title } } }`}).at("posts", "nodes").([]any) {
			if node.(map[string]any)["title"] == title {
				n++
			}
		}
		return n
	}
	for way, h := range f.ways() {
		for _, c := range []struct {
			name      string
			committed bool
			key       bool
			want      int
		}{
			{"committed, no key", true, false, 1}, {"not committed, no key", false, false, 0},
			{"committed, key", true, true, 1}, {"not committed, key", false, true, 1},
		} {
			title := way + ", " + c.name
			header := bearer(access)
			if c.key {
				header.Set("Idempotency-Key", title)
			}
			r := request{Query: `mutation($t: String!) { createPost(input: {title: $t, content: "C"}) { post { title } userErrors { code } } }`,
				Variables: map[string]any{"t": title}, Header: header}
			proxy.CutAt("\x0bCOMMIT\x00", c.committed, func() {})
			a := answerOf(t, h, r)
			switch {
			case c.key && (a.Status != http.StatusOK || a.text("createPost", "post", "title") != title):
				t.Errorf("%s: %d %s", title, a.Status, a.Body)
			case !c.key && (a.Status != http.StatusServiceUnavailable || a.code() != "UNAVAILABLE" || !strings.Contains(a.Errors[0].Message, "may or may not")):
				t.Errorf("%s: %d %s", title, a.Status, a.Body)
			}
			if n := posts(title); n != c.want {
				t.Errorf("%s: %d posts", title, n)
			}
			if c.key {
				if again := answerOf(t, h, r); !bytes.Equal(again.Body, a.Body) || posts(title) != 1 {
					t.Errorf("%s: %s, then %s, %d posts", title, a.Body, again.Body, posts(title))
				}
			}
		}
	}
	// With the database gone as well, or silent from then on, it stays uncertain.
	for name, leave := range map[string]func(gone bool){"gone": proxy.Refuse, "silent": proxy.Silence} {
		header := bearer(access)
		header.Set("Idempotency-Key", name)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		proxy.CutAt("\x0bCOMMIT\x00", true, func() {
			leave(true)
			proxy.Cut()
		})
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.Planned.ServeHTTP(w, r.WithContext(ctx)) })
		w := postQuery(slow, `mutation { createTag(input: {name: "`+name+`"}) { tag { id } } }`, "application/json", header)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "may or may not") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		leave(false)
	}
}

// A server that was demoted is not ready and answers mutations as one that is away; reads go on. Once another has taken its
// place behind the proxy, all is well by itself.
func TestFailover(t *testing.T) {
	first, second := dbtest.Pair(t)
	f, proxy := openBehind(t, first, 10*time.Second)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	dbtest.CaughtUp(t, first, second)
	n := 0
	mutate := func() *httptest.ResponseRecorder {
		n++
		return postQuery(f.Planned, `mutation { createPost(input: {title: "`+strings.Repeat("t", n%50+1)+`", content: "C"}) { post { title } userErrors { code } } }`, "application/json", bearer(access))
	}
	proxy.Lead(second)
	proxy.Cut()
	for i := range 6 {
		if w := mutate(); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "UNAVAILABLE") {
			t.Errorf("%d: %d %s", i, w.Code, w.Body)
		}
		if w := raw(f.Planned, "GET", "/readyz", ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d: ready: %s", i, w.Body)
		}
		if w := postQuery(f.Planned, outageQueries[0], "application/json", nil); w.Code != http.StatusOK {
			t.Errorf("%d: %d %s", i, w.Code, w.Body)
		}
	}
	proxy.Lead(first) // what is connected stays where it is
	healed := time.Now().Add(2*time.Second + late)
	for mutate().Code != http.StatusOK || raw(f.Planned, "GET", "/readyz", "").Code != http.StatusOK {
		if time.Now().After(healed) {
			t.Fatal("it does not heal")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if w := mutate(); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"title"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What a replica does wrong is not seen by those who read from it.
func TestReplicasFailSilently(t *testing.T) {
	first, follower := dbtest.Pair(t)
	database, err := db.Open(t.Context(), first, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	database.Close()
	dbtest.CaughtUp(t, first, follower)
	proxy := dbtest.NewProxy(t, follower)
	database, err = db.Open(t.Context(), first, orm.Options{Replicas: []string{proxy.URL(follower)}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	options := graph.Options{DB: database, Limits: graph.Limits{Timeout: 10 * time.Second}}
	f := &fixture{Resolved: graph.New(options)}
	options.Plan = true
	f.Planned = graph.New(options)
	for way, h := range f.ways() {
		want := answerOf(t, h, request{Query: outageQueries[1]})
		if want.code() != "" {
			t.Fatalf("%s", want.Body)
		}
		proxy.Silence(true)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				start := time.Now()
				if a := answerOf(t, h, request{Query: outageQueries[1]}); !bytes.Equal(a.Body, want.Body) {
					t.Errorf("%s: %s", way, a.Body)
				}
				if took := time.Since(start); took > 10*time.Second/4+late {
					t.Errorf("%s: after %v", way, took)
				}
			})
		}
		wg.Wait()
		proxy.Silence(false)
		deadline := time.Now().Add(20 * time.Second)
		for resting := true; resting; resting = strings.Contains(raw(h, "GET", "/metrics", "").Body.String(), `kith_db_resting{pool="replica-1"} 1`) {
			answerOf(t, h, request{Query: outageQueries[1]})
			if time.Now().After(deadline) {
				t.Fatal("the replica does not come back")
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// While the database is silent nobody waits for somebody else's live query to begin: who leaves has left.
func TestLiveBeginsForEachAlone(t *testing.T) {
	f, proxy := openBehind(t, dbtest.Postgres(t), 10*time.Second)
	url := listen(t, f.Planned)
	dial(t, url, nil).init().CloseNow() //nolint:errcheck // it is over
	proxy.Silence(true)
	defer proxy.Silence(false)
	dial(t, url, nil).init().subscribe("1", `subscription { users { totalCount } }`) // and waits
	time.Sleep(200 * time.Millisecond)
	before := runtime.NumGoroutine()
	var others []*socketClient
	for range 50 {
		c := dial(t, url, nil).init()
		c.subscribe("1", `subscription { users { totalCount } }`)
		others = append(others, c)
	}
	time.Sleep(200 * time.Millisecond)
	for _, c := range others {
		c.CloseNow() //nolint:errcheck // it is over
	}
	for end := time.Now().Add(3 * time.Second); runtime.NumGoroutine() > before+10; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines of %d", runtime.NumGoroutine(), before)
		}
	}
}
