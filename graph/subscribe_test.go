package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/graph"
)

// listen serves a handler to a viewer; `X-Viewer` says who that is, and which roles they have.
func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var v orm.Viewer
		switch who, roles, _ := strings.Cut(r.Header.Get("X-Viewer"), " "); who {
		case "":
		case "admin":
			v.Admin = true
		default:
			fmt.Sscan(who, &v.Key) //nolint:errcheck // it is a number
			v.Roles = strings.Fields(roles)
		}
		h.ServeHTTP(w, r.WithContext(orm.WithViewer(r.Context(), v)))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A socketClient speaks graphql-transport-ws, word for word.
type socketClient struct {
	*websocket.Conn
	t testing.TB
}

func dial(t testing.TB, url string, header http.Header, protocols ...string) *socketClient {
	t.Helper()
	if protocols == nil {
		protocols = []string{"graphql-transport-ws"}
	}
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: protocols, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	t.Cleanup(func() { conn.CloseNow() }) //nolint:errcheck // it may be closed
	return &socketClient{conn, t}
}

func (c *socketClient) say(text string) {
	c.t.Helper()
	if err := c.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// hear is the next message, or "code reason" of the end.
func (c *socketClient) hear() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	_, data, err := c.Read(ctx)
	var end websocket.CloseError
	switch {
	case errors.As(err, &end):
		return fmt.Sprintf("%d %s", end.Code, end.Reason)
	case err != nil:
		c.t.Fatal(err)
	}
	return string(data)
}

func (c *socketClient) expect(want string) {
	c.t.Helper()
	if got := c.hear(); got != want {
		c.t.Fatalf("\n got: %s\nwant: %s", got, want)
	}
}

func (c *socketClient) init() *socketClient {
	c.t.Helper()
	c.say(`{"type":"connection_init"}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

// subscribe subscribes, and returns when the subscription has begun: what is asked behind it is answered behind it.
func (c *socketClient) subscribe(id, query string) {
	c.t.Helper()
	payload, _ := json.Marshal(map[string]string{"query": query})
	c.say(`{"type":"subscribe","id":"` + id + `","payload":` + string(payload) + `}`)
}

// Every way to break the protocol ends the connection with the code that it has for that.
func TestWebSocketCodes(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	for name, say := range map[string][]string{
		"4400 Invalid message received":          {`{"type":"connection_init"}`, `{"type":"hello"}`},
		"4400 Invalid message received ":         {`not JSON`},
		"4400 Invalid message received  ":        {`{"type":"connection_init"}`, `{"type":"subscribe","payload":{"query":"{__typename}"}}`},
		"4400 Invalid message received   ":       {`{"type":"connection_init"}`, `{"type":"subscribe","id":"1"}`},
		"4400 Invalid message received    ":      {`{"type":"connection_init","payload":1}`},
		"4400 `query` is missing":                {`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":{}}`},
		"4400 Invalid message received     ":     {`{"type":"connection_init"}`, `{"type":"complete"}`},
		"4400 Invalid message received      ":    {`[]`},
		"4401 Unauthorized":                      {`{"type":"subscribe","id":"1","payload":{"query":"{__typename}"}}`},
		"4403 Forbidden":                         {`{"type":"connection_init","payload":{"Authorization":"Bearer a.b.c"}}`},
		"4408 Connection initialisation timeout": {`{"type":"ping"}`},
		"4409 Subscriber for one already exists": {`{"type":"connection_init"}`, `{"type":"subscribe","id":"one","payload":{"query":"subscription{changes{cursor}}"}}`, `{"type":"subscribe","id":"one","payload":{"query":"subscription{changes{cursor}}"}}`},
		"4429 Too many initialisation requests":  {`{"type":"connection_init"}`, `{"type":"connection_init"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, url, nil)
			for _, text := range say {
				c.say(text)
			}
			got := c.hear()
			for strings.HasPrefix(got, "{") {
				got = c.hear()
			}
			if got != strings.TrimRight(name, " ") {
				t.Errorf("the end is %s", got)
			}
		})
	}
	dial(t, url, nil, "graphql-ws").expect("4406 Subprotocol not acceptable")
	for origin, status := range map[string]int{"https://evil.example": http.StatusForbidden, url: http.StatusSwitchingProtocols} {
		_, response, err := websocket.Dial(t.Context(), url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {origin}}})
		if response == nil || response.StatusCode != status {
			t.Errorf("from %s: %v", origin, err)
		}
	}
}

// Queries and mutations run over a WebSocket as well, many at once, and an id can be used again.
func TestWebSocketOperations(t *testing.T) {
	for _, database := range databases {
		f := open(t, database)
		c := dial(t, listen(t, f.Planned), http.Header{"X-Viewer": {"admin"}}).init()
		c.say(`{"type":"ping","payload":{"a":1}}`)
		c.expect(`{"type":"pong"}`)
		for range 2 {
			c.subscribe("1", `{ users { totalCount } }`)
			c.expect(`{"type":"next","id":"1","payload":{"data":{"users":{"totalCount":0}}}}`)
			c.expect(`{"type":"complete","id":"1"}`)
		}
		c.subscribe("2", `mutation { createTag(input: {name: "go"}) { tag { name } } }`)
		c.expect(`{"type":"next","id":"2","payload":{"data":{"createTag":{"tag":{"name":"go"}}}}}`)
		c.expect(`{"type":"complete","id":"2"}`)
		c.subscribe("3", `subscription { nothing }`)
		if got := c.hear(); !strings.HasPrefix(got, `{"type":"error","id":"3","payload":[{"message":`) {
			t.Error(got)
		}
		c.subscribe("4", `subscription { changes(after: "rubbish") { cursor } }`)
		if got := c.hear(); !strings.Contains(got, `"type":"error","id":"4"`) || !strings.Contains(got, "BAD_REQUEST") {
			t.Error(got)
		}
	}
}

// A transaction is one event, with what the viewer may see of it, and the same on both ways of asking and both databases.
func TestChangesSubscription(t *testing.T) {
	const query = `subscription { changes { changes { verb type fields node { id ... on Post { title tags { nodes { name } } } } } } }`
	for _, database := range databases {
		for _, way := range []string{"planned", "resolved"} {
			t.Run(database+"/"+way, func(t *testing.T) {
				f := open(t, database) // of its own: those who followed before may be there for a while
				handler := f.ways()[way]
				url := listen(t, handler)
				c := dial(t, url, nil).init()
				admin := dial(t, url, http.Header{"X-Viewer": {"admin"}}).init()
				c.subscribe("a", query)
				c.subscribe("b", `subscription { changes(of: [TAG]) { changes { verb id } } }`)
				begun(t, f, 2)
				_, body := ask(t, handler, orm.Viewer{}, request{Query: `{ changesCursor }`})
				begin := strings.Split(string(body), `"`)[5]
				admin.subscribe("m", `mutation { createUser(input: {username: "u`+way+`", password: "a long password", address: {emailAddress: "a@example.com"},
					posts: [{title: "One", content: "x", tags: ["t`+way+`"]}]}) { user { id } } }`)
				both := []string{c.hear(), c.hear()}
				if strings.Contains(both[0], `"id":"b"`) {
					both[0], both[1] = both[1], both[0]
				}
				if !strings.HasPrefix(both[0], `{"type":"next","id":"a","payload":{"data":{"changes":{"changes":[{"verb":"CREATED","type":"USER","fields":[],"node":{"id":"VXNlcjo`) ||
					strings.Contains(both[0], "ADDRESS") || !strings.Contains(both[0], `"title":"One","tags":{"nodes":[{"name":"t`+way+`"}]}}}`) {
					t.Error(both[0])
				}
				if !strings.HasPrefix(both[1], `{"type":"next","id":"b","payload":{"data":{"changes":{"changes":[{"verb":"CREATED","id":"VGFn`) || strings.Count(both[1], "verb") != 1 {
					t.Error(both[1])
				}
				c.subscribe("later", `subscription { changes(after: "`+begin+`", of: [TAG]) { changes { verb } } }`)
				if told := c.hear(); told != `{"type":"next","id":"later","payload":{"data":{"changes":{"changes":[{"verb":"CREATED"}]}}}}` {
					t.Errorf("behind the cursor comes %s", told)
				}
				// A row that goes with its links, which are gone before it, is deleted.
				late := dial(t, url, nil).init()
				late.subscribe("1", `subscription { changes { changes { verb type } } }`)
				begun(t, f, 4)
				exec(t, f, "DELETE FROM posts")
				if told := late.hear(); !strings.Contains(told, `{"verb":"DELETED","type":"POST"}`) || !strings.Contains(told, `{"verb":"UPDATED","type":"TAG"}`) {
					t.Errorf("of a post that is deleted is told %s", told)
				}
			})
		}
	}
}

// begun waits until so many follow.
func begun(t testing.TB, f *fixture, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); f.DB.Followers() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d follow", f.DB.Followers(), n)
		}
	}
}

// Server-sent events come with cursors, and whoever comes back with the last is told what was missed.
func TestEvents(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			url := listen(t, f.Planned)
			tag := func(name string) {
				err := f.DB.Write(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), func(ctx context.Context) error {
					draft, _ := orm.NewDraft(db.Tags.Table, orm.Input{{Name: "name", Value: name}}, nil, true)
					_, _, err := f.DB.Create(ctx, draft)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			after := "null"
			ask := func(method, last string) (*bufio.Scanner, func()) {
				q, body := "/graphql", `{"query":"subscription ($after: String) { changes(after: $after) { changes { verb node { ... on Tag { name } } } } }","variables":{"after":`+after+`}}`
				if method == http.MethodGet {
					q, body = "/graphql?query=subscription%20%7B%20changes%20%7B%20changes%20%7B%20verb%20node%20%7B%20...%20on%20Tag%20%7B%20name%20%7D%20%7D%20%7D%20%7D%20%7D", ""
				}
				r, err := http.NewRequestWithContext(t.Context(), method, url+q, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", "text/event-stream")
				if last != "" {
					r.Header.Set("Last-Event-ID", last)
				}
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
					t.Fatal(response.Status, response.Header)
				}
				return bufio.NewScanner(response.Body), func() { response.Body.Close() }
			}
			next := func(s *bufio.Scanner) (lines []string) {
				for s.Scan() {
					if s.Text() == "" && len(lines) > 0 {
						return lines
					}
					if s.Text() != ":" && s.Text() != "" {
						lines = append(lines, s.Text())
					}
				}
				return append(lines, "the end")
			}
			// It is said at once where one begins, so that nothing is lost with a connection on which nothing has come.
			s, leave := ask(http.MethodPost, "")
			start := next(s)
			if len(start) != 1 || !strings.HasPrefix(start[0], "id: ") {
				t.Fatal(start)
			}
			leave()
			tag("0")
			after = `"` + strings.TrimPrefix(start[0], "id: ") + `"`
			s, leave = ask(http.MethodPost, "")
			if got := next(s); len(got) != 3 || got[2] != `data: {"data":{"changes":{"changes":[{"verb":"CREATED","node":{"name":"0"}}]}}}` {
				t.Fatal(got)
			}
			tag("a")
			one := next(s)
			if len(one) != 3 || one[0] != "event: next" || !strings.HasPrefix(one[1], "id: ") || one[2] != `data: {"data":{"changes":{"changes":[{"verb":"CREATED","node":{"name":"a"}}]}}}` {
				t.Fatal(one)
			}
			leave()
			tag("b")
			tag("c")
			for _, method := range []string{http.MethodGet, http.MethodPost} { // the last event is behind what was asked for at first
				s, leave = ask(method, strings.TrimPrefix(one[1], "id: "))
				defer leave()
				for _, name := range []string{"b", "c"} {
					if got := next(s); got[2] != `data: {"data":{"changes":{"changes":[{"verb":"CREATED","node":{"name":"`+name+`"}}]}}}` {
						t.Fatal(got)
					}
				}
			}
			// One that cannot be followed any more says so, and is at its end.
			gone, leaveGone := ask(http.MethodPost, orm.Cursor{Position: 1}.String())
			defer leaveGone()
			if got := strings.Join(next(gone), " ") + " " + strings.Join(next(gone), " "); !strings.Contains(got, `"code":"RESYNC"`) || !strings.Contains(got, "event: complete data: ") {
				t.Error(got)
			}
		})
	}
}

// A connection ends with its session, within two seconds, and with its token.
func TestStreamsEndWithTheirSession(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	url := listen(t, f.Planned)
	signUp(t, f.Planned, "ada")
	access, refresh := logIn(t, f.Planned, "ada")
	c := dial(t, url, nil)
	c.say(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + access + `"}}`)
	c.expect(`{"type":"connection_ack"}`)
	c.subscribe("1", `{ viewer { username } }`)
	c.expect(`{"type":"next","id":"1","payload":{"data":{"viewer":{"username":"ada"}}}}`)
	c.expect(`{"type":"complete","id":"1"}`)
	c.subscribe("2", `subscription { changes { cursor } }`)
	begun(t, f, 1)
	send(t, f.Planned, request{Query: `mutation { logOut(input: {refreshToken: "` + refresh + `"}) { userErrors { code } } }`})
	start := time.Now()
	c.expect("4403 Forbidden")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("after %v", took)
	}
	// So does that of whoever is no longer who they were, and may come back as who they are.
	access, _ = logIn(t, f.Planned, "ada")
	c = dial(t, url, bearer(access)).init()
	if _, err := f.DB.SetAdmin(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	c.expect("4403 Forbidden")
	dial(t, url, bearer(access)).init()
}

// A server that is to stop closes what is open so that clients come back.
func TestStreamsDrain(t *testing.T) {
	drain, stop := context.WithCancel(context.Background())
	f := open(t, "sqlite", func(o *graph.Options) { o.Drain = drain })
	url := listen(t, f.Planned)
	c := dial(t, url, nil).init()
	c.subscribe("1", `subscription { changes { cursor } }`)
	begun(t, f, 1)
	stop()
	c.expect("1012 the server is being restarted")
	for end := time.Now().Add(5 * time.Second); f.DB.Followers() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("somebody follows still")
		}
	}
}

// manyTags writes so many tags in one transaction.
func manyTags(t *testing.T, f *fixture, name string, n int) {
	t.Helper()
	err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
		for from := 0; from < n; from += 500 {
			var values []string
			var args []any
			for i := from; i < min(from+500, n); i++ {
				values, args = append(values, "(?, ?, ?)"), append(args, fmt.Sprintf("%s%d", name, i), f.DB.Now(), f.DB.Now())
			}
			if _, err := f.DB.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES "+strings.Join(values, ", "), args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A transaction of more than ten thousand objects comes in several sets, of which each says whether more of it follows, for whom it does;
// who comes back with the cursor of one is told the rest.
func TestChangesInParts(t *testing.T) {
	type event struct {
		Payload struct {
			Data struct {
				Changes struct {
					Cursor  string
					More    bool
					Changes []struct {
						ID   string
						Node struct{ Name string }
					}
				}
			}
			Errors []struct{ Extensions struct{ Code string } }
		}
	}
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database, func(o *graph.Options) { o.Limits.Response = 600 << 10 })
			url := listen(t, f.Planned)
			c := dial(t, url, nil).init()
			hear := func(c *socketClient) (e event) {
				t.Helper()
				if text := c.hear(); json.Unmarshal([]byte(text), &e) != nil || e.Payload.Data.Changes.Cursor == "" {
					t.Fatalf("%.300s", text)
				}
				return e
			}
			few := dial(t, url, nil).init()
			large := dial(t, url, nil).init()
			c.subscribe("1", `subscription { changes { cursor more changes { id node { ... on Tag { name } } } } }`)
			few.subscribe("1", fmt.Sprintf(`subscription { changes(ids: [%q, %q]) { cursor more changes { id } } }`, orm.GlobalID(db.Tags.Table, 7), orm.GlobalID(db.Tags.Table, 15000)))
			large.subscribe("1", `subscription { changes { cursor changes { id node { ... on Tag { name a: name b: name c: name d: name e: name f: name g: name } } } } }`)
			begun(t, f, 3)
			manyTags(t, f, "t", 25000)
			manyTags(t, f, "last", 1)
			next, cursor := 0, ""
			for i, n := range []int{10000, 10000, 5000} {
				e := hear(c).Payload
				if len(e.Data.Changes.Changes) != n || e.Data.Changes.More != (i < 2) || len(e.Errors) > 0 {
					t.Fatalf("set %d has %d changes, more %v, %v", i, len(e.Data.Changes.Changes), e.Data.Changes.More, e.Errors)
				}
				for _, change := range e.Data.Changes.Changes {
					if change.ID != orm.GlobalID(db.Tags.Table, int64(next+1)) || change.Node.Name != fmt.Sprint("t", next) {
						t.Fatalf("%d is %+v", next, change)
					}
					next++
				}
				if i == 0 {
					cursor = e.Data.Changes.Cursor
				}
			}
			if e := hear(c).Payload.Data.Changes; e.More || len(e.Changes) != 1 {
				t.Errorf("%+v", e)
			}
			for i := range 2 {
				if e := hear(few).Payload.Data.Changes; len(e.Changes) != 1 || e.More != (i == 0) {
					t.Errorf("of few comes %+v", e)
				}
			}
			back := dial(t, url, nil).init()
			back.subscribe("1", fmt.Sprintf(`subscription { changes(after: %q) { cursor more changes { id } } }`, cursor))
			for i, n := range []int{10000, 5000, 1} {
				if e := hear(back).Payload.Data.Changes; len(e.Changes) != n || e.More != (i == 0) {
					t.Errorf("behind the first set come %d, more %v", len(e.Changes), e.More)
				}
			}
			// What is more than an answer may be is not read: all that is told are the ids.
			e := hear(large).Payload
			if len(e.Data.Changes.Changes) != 10000 || len(e.Errors) != 1 || e.Errors[0].Extensions.Code != string(orm.LimitExceeded) ||
				e.Data.Changes.Changes[0].Node.Name == "" || e.Data.Changes.Changes[9999].Node.Name != "" {
				t.Errorf("%d changes, %+v", len(e.Data.Changes.Changes), e.Errors)
			}
		})
	}
}

// While the database is gone nobody who follows is sent away, and nothing that is asked of a change is missing afterwards.
func TestChangesOutliveAnOutage(t *testing.T) {
	address := dbtest.Postgres(t)
	f, proxy := openBehind(t, address, 10*time.Second)
	direct, err := db.Open(t.Context(), address, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	c := dial(t, listen(t, f.Planned), nil).init()
	c.subscribe("1", `subscription { changes { changes { verb node { ... on Tag { name } } } } }`)
	begun(t, f, 1)
	far := &fixture{DB: direct}
	next := 0
	for range 3 {
		proxy.CutAt("REPEATABLE READ", false, func() { // when the objects are read
			proxy.Refuse(true)
			proxy.Cut()
			time.Sleep(1500 * time.Millisecond)
			proxy.Refuse(false)
		})
		for range 10 {
			manyTags(t, far, fmt.Sprint("t", next, "-"), 1)
			next++
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
	}
	for i := range next {
		c.expect(fmt.Sprintf(`{"type":"next","id":"1","payload":{"data":{"changes":{"changes":[{"verb":"CREATED","node":{"name":"t%d-0"}}]}}}}`, i))
	}
}

// A connection ends with its token, at its time, and a new one goes on with a new token.
func TestStreamsEndWithTheirToken(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	url := listen(t, f.Planned)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	f.Clock.Add(15*time.Minute - 2*time.Second) // of its 15 minutes
	c := dial(t, url, bearer(access))
	start := time.Now()
	c.init()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", strings.NewReader(`{"query":"subscription { changes { cursor } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = bearer(access)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	events, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	c.subscribe("1", `subscription { changes { cursor } }`)
	c.expect("4403 Forbidden")
	if took := time.Since(start); took < 500*time.Millisecond || took > 5*time.Second {
		t.Errorf("after %v", took)
	}
	if text, _ := io.ReadAll(events.Body); strings.Contains(string(text), "complete") {
		t.Errorf("events end with %s", text)
	}
}

// A cursor that is asked for with an answer is one behind which everything is told that the answer lacks, whoever writes meanwhile; so is
// one that a mutation answers, or one that failed.
func TestChangesCursor(t *testing.T) {
	for _, database := range databases {
		f := open(t, database)
		for way, handler := range f.ways() {
			t.Run(database+"/"+way, func(t *testing.T) {
				type reading struct {
					at  orm.Cursor
					had map[string]bool
				}
				var readings []reading
				const n = 80 // a page has room for all
				done := make(chan struct{})
				go func() {
					defer close(done)
					for i := range n {
						manyTags(t, f, fmt.Sprint(way, i, "-"), 1)
					}
				}()
				read := func(viewer orm.Viewer, query string) {
					t.Helper()
					_, body := ask(t, handler, viewer, request{Query: query})
					r := reading{had: map[string]bool{}}
					parts := strings.Split(string(body), `"`)
					for i, part := range parts {
						switch part {
						case "z":
							var ok bool
							if r.at, ok = orm.ParseCursor(parts[i+2]); !ok {
								t.Fatalf("%s", body)
							}
						case "name":
							r.had[parts[i+2]] = true
						}
					}
					if r.at == (orm.Cursor{}) {
						t.Fatalf("%s", body)
					}
					readings = append(readings, r)
				}
				tags := `tags(first: 100, where: {name: {startsWith: "` + way + `"}}) { totalCount nodes { name posts(first: 1) { totalCount } } }`
				for i, going := 0, true; going; i++ {
					select {
					case <-done:
						going = false
					default:
					}
					read(orm.Viewer{}, `{ a: `+tags+` b: `+tags+` ...F } fragment F on Query { z: changesCursor }`)
					if i%10 == 0 {
						made := fmt.Sprintf(`mutation { createTag(input: {name: "other%s%d"}) { userErrors { code } query { z: changesCursor `+tags+` } } }`, way, i)
						read(orm.Viewer{Admin: true}, made)
						read(orm.Viewer{Admin: true}, made) // it is TAKEN now
					}
				}
				manyTags(t, f, "last"+way, 1)
				told := func(from orm.Cursor) map[string]bool {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					names := map[string]bool{}
					for {
						sets, err := f.DB.Next(ctx, from)
						if err != nil {
							t.Fatal(err)
						}
						for _, set := range sets {
							from = set.Cursor
							for change := range set.For(orm.Viewer{}) {
								for i, c := range change.Table.Columns {
									if c.Name == "name" {
										name, _ := change.After[i].(string)
										if names[name] = true; name == "last"+way+"0" {
											return names
										}
									}
								}
							}
						}
					}
				}
				_, leave, err := f.DB.Follow(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer leave()
				for i, r := range readings {
					names := told(r.at)
					for j := range n {
						if name := fmt.Sprint(way, j, "-0"); !r.had[name] && !names[name] {
							t.Fatalf("reading %d of %d lacks %s, which is not told behind its cursor", i, len(readings), name)
						}
					}
				}
			})
		}
		c := dial(t, listen(t, f.Planned), nil).init()
		c.subscribe("1", `subscription { changesCursor }`)
		first := c.hear()
		manyTags(t, f, "live", 1)
		if then := c.hear(); then == first || !strings.Contains(then, "changesCursor") {
			t.Errorf("first %s, then %s", first, then)
		}
	}
}

// The cursor and the rest of an answer are of one moment: what is committed between their statements is told behind the cursor.
func TestChangesCursorIsOfTheAnswer(t *testing.T) {
	for _, database := range databases {
		f := open(t, database)
		_, leave, err := f.DB.Follow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		for way, handler := range f.ways() {
			for kind, c := range map[string]struct {
				handler     http.Handler
				path, query string
				cursor      []string
			}{
				"query":    {handler, "tags", `{ tags(first: 100) { nodes { name } } changesCursor }`, []string{"changesCursor"}},
				"mutation": {asAdmin(handler), "createTag.query.tags", `mutation { createTag(input: {name: "one` + way + `"}) { query { tags(first: 100) { nodes { name } } } } b: createTag(input: {name: "two` + way + `"}) { query { changesCursor } } }`, []string{"b", "query", "changesCursor"}},
			} {
				if database == "sqlite" && kind == "mutation" { // nobody writes while another does
					continue
				}
				t.Run(database+"/"+way+"/"+kind, func(t *testing.T) {
					name, between := "between"+way+kind, false
					f.Then(func(s *orm.Statement) {
						if strings.HasPrefix(s.Path, c.path) && !between {
							between = true
							manyTags(t, f, name, 1)
							time.Sleep(300 * time.Millisecond) // it has a position
						}
					})
					a := answerOf(t, c.handler, request{Query: c.query})
					f.Then(nil)
					if len(a.Errors) > 0 || !between || strings.Contains(string(a.Body), name) {
						t.Fatalf("nothing was written between: %s", a.Body)
					}
					at, _ := orm.ParseCursor(a.text(c.cursor...))
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					for told := false; !told; {
						sets, err := f.DB.Next(ctx, at)
						if err != nil {
							t.Fatalf("what is not in the answer is not told behind its cursor: %v", err)
						}
						for _, set := range sets {
							at = set.Cursor
							for change := range set.For(orm.Viewer{}) {
								told = told || slices.Contains(change.After, any(name+"0"))
							}
						}
					}
				})
			}
		}
	}
}

// Those who ask the same are told the same of a transaction only where they see the same of it.
func TestChangesForEach(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			someUsers(t, f, 2)
			exec(t, f, "INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (1, 'ada@example.com', '2026-01-01 00:00:00', '2026-01-01 00:00:00')")
			url := listen(t, f.Planned)
			told := map[string]string{"1": `{"type":"USER"},{"type":"ADDRESS"}`, "2": `{"type":"USER"}`, "": `{"type":"USER"}`, "admin": `{"type":"USER"},{"type":"ADDRESS"}`}
			clients := map[string]*socketClient{}
			for who := range told {
				clients[who] = dial(t, url, http.Header{"X-Viewer": {who}}).init()
				clients[who].subscribe("1", `subscription { changes { changes { type } } }`)
			}
			address := map[bool]string{true: `{"emailAddress":"ada@example.com"}`, false: "null"}
			nodes := map[string]*socketClient{} // of a row that all see, with one that few do
			for who := range told {
				nodes[who] = dial(t, url, http.Header{"X-Viewer": {who}}).init()
				nodes[who].subscribe("1", `subscription { changes(of: [USER]) { changes { node { ... on User { address { emailAddress } } } } } }`)
			}
			begun(t, f, 2*len(told))
			exec(t, f, "UPDATE users SET name = 'Ada' WHERE id = 1")
			for who, c := range nodes {
				c.expect(`{"type":"next","id":"1","payload":{"data":{"changes":{"changes":[{"node":{"address":` + address[strings.Contains(told[who], "ADDRESS")] + `}}]}}}}`)
				clients[who].expect(`{"type":"next","id":"1","payload":{"data":{"changes":{"changes":[{"type":"USER"}]}}}}`)
			}
			for range 5 {
				err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
					if _, err := f.DB.Exec(ctx, "test", "UPDATE users SET name = name || '!' WHERE id = 1"); err != nil {
						return err
					}
					_, err := f.DB.Exec(ctx, "test", "UPDATE addresses SET email_address = email_address || '!'")
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				for who, c := range clients {
					c.expect(`{"type":"next","id":"1","payload":{"data":{"changes":{"changes":[` + told[who] + `]}}}}`)
				}
			}
		})
	}
}
