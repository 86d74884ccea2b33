package graph_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/db/orm"
	"kith/graph"
)

// running is how many goroutines there are, and how many files and connections are open, but for what belongs to connections to PostgreSQL,
// of which each has one of either: a pool keeps them.
func running(t *testing.T) (goroutines, descriptors int, stacks string) {
	t.Helper()
	buffer := make([]byte, 4<<20)
	stacks = string(buffer[:runtime.Stack(buffer, true)])
	kept := strings.Count(stacks, "watchCancel.func1()")
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return runtime.NumGoroutine() - kept, len(list) - kept, stacks
}

// baseline is what may be left of what begins now: SQLite keeps what it has opened to read.
func baseline(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	goroutines, descriptors, _ = running(t)
	return goroutines + 5, descriptors + 30
}

// settled waits until there are no more goroutines and descriptors than there were, which takes five seconds at most.
func settled(t *testing.T, goroutines, open int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		runtime.GC()
		n, files, stacks := running(t)
		if n <= goroutines && files <= open {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d goroutines of %d, %d descriptors of %d\n%s", n, goroutines, files, open, stacks)
		}
	}
}

// Connections that nobody opens, that leave in the middle, or that nobody reads leave nothing behind.
func TestStreamsLeaveNothing(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			url := listen(t, f.Planned)
			warm := dial(t, url, nil).init()
			warm.subscribe("1", `subscription { users { totalCount } }`)
			warm.hear()
			warm.CloseNow() //nolint:errcheck // it is over
			time.Sleep(200 * time.Millisecond)
			goroutines, files := baseline(t)

			silent := make([]*socketClient, 300)
			for i := range silent {
				silent[i] = dial(t, url, nil)
			}
			for _, c := range silent {
				c.expect("4408 Connection initialisation timeout")
				c.CloseNow() //nolint:errcheck // it is over
			}
			settled(t, goroutines, files)

			c := dial(t, url, nil).init()
			for i := range 1000 { // more than may run
				c.subscribe(fmt.Sprint(i), `subscription { changes { cursor } }`)
			}
			for range 900 {
				if got := c.hear(); !strings.Contains(got, `"type":"error"`) || !strings.Contains(got, string(orm.LimitExceeded)) {
					t.Fatal(got)
				}
			}
			c.CloseNow() //nolint:errcheck // it is over
			settled(t, goroutines, files)

			for i := range 20 {
				deaf := dial(t, url, nil).init()
				deaf.subscribe(fmt.Sprint(i), `subscription { users { nodes { id } } }`)
				deaf.CloseNow() //nolint:errcheck // it is over
			}
			settled(t, goroutines, files)
		})
	}
}

// An id whose operation has ended, by either side, can be used again; nothing more comes for it.
func TestStreamsEndOnce(t *testing.T) {
	f := open(t, "sqlite")
	c := dial(t, listen(t, f.Planned), nil).init()
	c.say(`{"type":"complete","id":"nobody"}`)
	for range 3 {
		c.subscribe("1", `subscription { users { totalCount } }`)
		c.expect(`{"type":"next","id":"1","payload":{"data":{"users":{"totalCount":0}}}}`)
		c.say(`{"type":"complete","id":"1"}`)
	}
	c.subscribe("1", `subscription { nothing }`)
	if got := c.hear(); !strings.Contains(got, `"type":"error","id":"1"`) {
		t.Error(got)
	}
	c.say(`{"type":"complete","id":"1"}`) // which it is
	c.subscribe("1", `subscription { a: users { totalCount } b: users { totalCount } }`)
	if got := c.hear(); !strings.Contains(got, `"type":"error","id":"1"`) {
		t.Error(got)
	}
	c.say(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
}

// Whatever is sent, the server answers in the protocol's words or closes with one of its codes.
func TestWebSocketNoise(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	parts := []string{`{"type":"connection_init"}`, `{"type":"connection_init","payload":{}}`, `{"type":"ping"}`, `{"type":"pong","payload":null}`,
		`{"type":"subscribe","id":"1","payload":{"query":"{users{totalCount}}"}}`, `{"type":"subscribe","id":"1","payload":{"query":"subscription{users{totalCount}}"}}`,
		`{"type":"subscribe","id":"2","payload":{"query":"{"}}`, `{"type":"complete","id":"1"}`, `{"type":"next","id":"1"}`, `{"id":1,"type":"subscribe","payload":{}}`,
		`{"type":"subscribe","id":"` + strings.Repeat("x", 300) + `","payload":{"query":"{users{totalCount}}"}}`, `null`, `"`, `{"type":{}}`, `{"type":"subscribe","id":"3","payload":{"query":"{users{totalCount}}","variables":[]}}`}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		c := dial(t, url, nil)
		for range 1 + r.IntN(8) {
			text := []byte(parts[r.IntN(len(parts))])
			if r.IntN(6) == 0 {
				text[r.IntN(len(text))] ^= byte(1 + r.IntN(255))
			}
			kind := websocket.MessageText
			if r.IntN(30) == 0 {
				kind = websocket.MessageBinary
			}
			if c.Write(t.Context(), kind, text) != nil {
				break
			}
		}
		c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"goodbye"}`)) //nolint:errcheck // it may be over
		got := c.hear()
		for strings.HasPrefix(got, `{"type":"`) {
			got = c.hear()
		}
		switch code, _, _ := strings.Cut(got, " "); code {
		case "4400", "4401", "4403", "4409", "4429", "1007": // the last is the frames' own: a text that is none
		default:
			t.Errorf("seed %d: %s", seed, got)
		}
	}
	if status, body := send(t, f.Planned, request{Query: "{ users { totalCount } }"}); status != http.StatusOK {
		t.Error(status, string(body))
	}
}

// Clients that never read cost what everybody shares and are left after ten seconds; nobody else notices them, and who was left goes on
// from its last cursor.
func TestDeafClients(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	exec := func(statement string, args ...any) {
		t.Helper()
		err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
			_, err := f.DB.Exec(ctx, "test", statement, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	signUp(t, f.Planned, "ada")
	const rows, large = 50, 90_000
	for range rows {
		exec("INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT 1, 'T', ?, created_at, updated_at FROM users", strings.Repeat("x", large))
	}
	warm := dial(t, url, nil).init()
	warm.subscribe("1", `subscription { user(by: {username: "ada"}) { name } }`)
	warm.hear()
	time.Sleep(200 * time.Millisecond)
	goroutines, files := baseline(t)
	memory := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := memory()

	late := dial(t, url, nil).init()
	late.subscribe("1", `subscription { changes { cursor changes { node { ... on Post { title content } } } } }`)
	var deafEvents []io.Closer
	var deafSockets []*socketClient
	for i := range 25 {
		deaf := dial(t, url, nil).init()
		deaf.subscribe("1", `subscription { posts(first: 100) { nodes { title content } } }`) // one answer for all
		deafSockets = append(deafSockets, deaf)
		deaf.subscribe("2", fmt.Sprintf(`subscription { posts(first: %d) { nodes { title content } } }`, 90+i%2))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", strings.NewReader(`{"query":"subscription { posts(first: 100) { nodes { title content } } }"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "text/event-stream")
		events, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		deafEvents = append(deafEvents, events.Body)
	}
	begun(t, f, 2) // the live queries follow together
	most := 0
	const changes = 200
	start := time.Now()
	for i := range changes {
		exec("UPDATE posts SET title = ? WHERE id = ?", fmt.Sprint("T", i), 2+i%rows)
		if i%20 == 0 {
			exec("UPDATE users SET name = ?", fmt.Sprint("Ada", i))
			warm.expect(fmt.Sprintf(`{"type":"next","id":"1","payload":{"data":{"user":{"name":"Ada%d"}}}}`, i))
			most = max(most, memory()-before)
		}
	}
	// Three answers of 4.5 MB, one before each of them that is still being sent, and what is made anew.
	t.Logf("%d MB more, after %v", most>>20, time.Since(start))
	if most > 100<<20 {
		t.Errorf("they take %d MB", most>>20)
	}
	time.Sleep(time.Until(start.Add(10 * time.Second)))
	told, cursor := 0, ""
	hear := func(c *socketClient) bool {
		_, data, err := c.Read(t.Context())
		if err != nil {
			return false
		}
		var e struct {
			Payload struct {
				Data struct {
					Changes struct {
						Cursor  string
						Changes []struct {
							Node struct{ Title, Content string }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatal(err)
		}
		set := e.Payload.Data.Changes
		if node := set.Changes[0].Node; node.Title != "" {
			if len(node.Content) != large {
				t.Fatalf("%d of %d bytes", len(node.Content), large)
			}
			told++
		}
		cursor = set.Cursor
		return true
	}
	for end := time.Now().Add(10 * time.Second); f.DB.Followers() > 1 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	for hear(late) {
	}
	if told == 0 || told == changes {
		t.Errorf("of %d changes %d were told before it was left", changes, told)
	}
	late.CloseNow() //nolint:errcheck // it is over
	for _, c := range deafEvents {
		c.Close()
	}
	for _, c := range deafSockets {
		c.CloseNow() //nolint:errcheck // it is over
	}
	settled(t, goroutines, files)
	again := dial(t, url, nil).init()
	again.subscribe("1", fmt.Sprintf(`subscription { changes(after: %q) { cursor changes { node { ... on Post { title content } } } } }`, cursor))
	for told < changes && hear(again) {
	}
	if told != changes {
		t.Errorf("%d of %d changes were told", told, changes)
	}
}

// Who takes answers slowly is not told all of them, but the newest.
func TestSlowClientsAreToldTheNewest(t *testing.T) {
	const changes = 30
	f := open(t, "sqlite")
	someUsers(t, f, 1)
	for range 10 {
		exec(t, f, "INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT 1, 'T', ?, created_at, updated_at FROM users", strings.Repeat("x", 90_000))
	}
	url := listen(t, f.Planned)
	slow, quick := dial(t, url, nil).init(), dial(t, url, nil).init()
	for _, c := range []*socketClient{slow, quick} {
		c.subscribe("1", `subscription { posts { nodes { title content } } }`)
	}
	title := func(c *socketClient) string {
		t.Helper()
		_, text, _ := strings.Cut(c.hear(), `"title":"`)
		text, _, _ = strings.Cut(text, `"`)
		return text
	}
	for i := range changes {
		exec(t, f, "UPDATE posts SET title = ?", fmt.Sprint("T", i))
		for title(quick) != fmt.Sprint("T", i) {
		}
	}
	told := 1
	for title(slow) != fmt.Sprint("T", changes-1) {
		told++
	}
	if told >= changes {
		t.Errorf("%d of %d answers are told, each of 900 kB", told, changes)
	}
}

// rawSocket opens a WebSocket by hand.
func rawSocket(t *testing.T, url string) (net.Conn, *bufio.Reader) {
	t.Helper()
	address := strings.TrimPrefix(url, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", address)
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(response, err)
	}
	return conn, r
}

// frame is a frame as a client sends it; the first byte is flags and opcode.
func frame(first byte, text string) []byte {
	out := []byte{first}
	switch n := len(text); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	default:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	}
	out = append(out, 0, 0, 0, 0) // a mask that changes nothing
	return append(out, text...)
}

// closed reads frames of the server until it closes, and answers the code; 0 if it closes without.
func closed(t *testing.T, conn net.Conn, r *bufio.Reader) int {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // it is a connection
	for {
		first, err := r.ReadByte()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection is not closed")
			}
			return 0
		}
		size, err := r.ReadByte()
		n := int(size)
		if n == 126 {
			long := make([]byte, 2)
			_, err = io.ReadFull(r, long)
			n = int(binary.BigEndian.Uint16(long))
		}
		payload := make([]byte, n)
		if _, also := io.ReadFull(r, payload); err != nil || also != nil {
			return 0
		}
		if first&0xf == 8 {
			if n < 2 {
				return 0
			}
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// Whatever bytes come, the connection is closed with a code of the frames' protocol or of the one above, and nothing stays behind.
func TestWebSocketFrames(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	warm := dial(t, url, nil).init()
	warm.CloseNow() //nolint:errcheck // it is over
	time.Sleep(200 * time.Millisecond)
	goroutines, files := baseline(t)
	const text = 0x81
	start := frame(text, `{"type":"connection_init"}`)
	subscribe := frame(text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{changes{cursor}}"}}`)
	for name, c := range map[string]struct {
		bytes []byte
		code  int
	}{
		"two of one id in one segment":   {slices.Concat(start, subscribe, subscribe), 4409},
		"two beginnings in one segment":  {slices.Concat(start, start), 4429},
		"before the beginning":           {slices.Concat(subscribe, start), 4401},
		"binary":                         {frame(0x82, `{"type":"connection_init"}`), 4400},
		"not masked":                     {append([]byte{text, 2}, "{}"...), 1002},
		"an opcode that is none":         {frame(0x83, ""), 1002},
		"reserved bits":                  {frame(0xf1, "{}"), 1002},
		"a long ping":                    {frame(0x89, strings.Repeat("x", 200)), 1002},
		"a ping in pieces":               {frame(0x09, "x"), 1002},
		"going on with nothing":          {frame(0x80, "x"), 1002},
		"a message within a message":     {slices.Concat(frame(0x01, `{"type":`), frame(text, `"ping"}`)), 1002},
		"a message in pieces":            {slices.Concat(frame(0x01, `{"type":`), frame(0x00, `"connection_`), frame(0x80, `init"}`), start), 4429},
		"not UTF-8":                      {slices.Concat(start, frame(text, "{\"type\":\"\xff\"}")), 4400},
		"a close of one byte":            {frame(0x88, "x"), 1002},
		"a close with a code of none":    {frame(0x88, "\x00\x01"), 1002},
		"a farewell":                     {frame(0x88, "\x03\xe8"), 1000},
		"longer than a request may be":   {append([]byte{text, 0x80 | 127, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 2<<20)...), 1009},
		"longer than there are integers": {append([]byte{text, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, make([]byte, 100)...), 1002},
	} {
		conn, r := rawSocket(t, url)
		conn.Write(c.bytes) //nolint:errcheck // it may be closed
		if got := closed(t, conn, r); got != c.code {
			t.Errorf("%s: %d, not %d", name, got, c.code)
		}
		conn.Close()
	}
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 11))
		bytes := slices.Concat(start, subscribe, frame(0x89, "ping"), frame(text, `{"type":"complete","id":"1"}`))
		for range 1 + r.IntN(5) {
			bytes[r.IntN(len(bytes))] ^= byte(1 << r.IntN(8))
		}
		conn, reader := rawSocket(t, url)
		conn.Write(bytes[:r.IntN(len(bytes))]) //nolint:errcheck // it may be closed
		conn.(*net.TCPConn).CloseWrite()       //nolint:errcheck // it may be closed
		switch code := closed(t, conn, reader); {
		case code == 0, code >= 1000 && code <= 1011, code >= 4400 && code <= 4429:
		default:
			t.Errorf("seed %d: %d", seed, code)
		}
		conn.Close()
	}
	// Pings whose answers nobody reads.
	conn, _ := rawSocket(t, url)
	go func() {
		for conn.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
			if _, err := conn.Write(slices.Repeat(frame(0x89, strings.Repeat("x", 100)), 1000)); err != nil {
				conn.Close()
				return
			}
		}
	}()
	settled(t, goroutines, files)
}

// What live queries keep is bounded: one that has no room ends with an error, and there is room again when others leave.
func TestLiveAnswersAreBounded(t *testing.T) {
	f := open(t, "sqlite", func(o *graph.Options) { o.Limits.Response = 40 << 10 }) // of which eight are kept
	manyTags(t, f, strings.Repeat("x", 40), 100)
	c := dial(t, listen(t, f.Planned), nil).init()
	one := func(id int) string {
		c.subscribe(fmt.Sprint(id), fmt.Sprintf(`subscription { tags(first: 100) { nodes { a%d: name b: name c: name d: name e: name f: name } } }`, id%100))
		return c.hear()
	}
	refused := 0
	for id := range 20 {
		switch got := one(id); {
		case strings.Contains(got, `"type":"error"`) && strings.Contains(got, `"code":"LIMIT_EXCEEDED"`):
			refused++
		case !strings.HasPrefix(got, `{"type":"next"`) || refused > 0:
			t.Fatalf("%d refused, then %.200s", refused, got)
		}
	}
	if refused < 5 || refused > 15 {
		t.Errorf("%d of 20 are refused", refused)
	}
	for id := range 20 - refused {
		c.say(fmt.Sprintf(`{"type":"complete","id":"%d"}`, id))
	}
	for end := time.Now().Add(10 * time.Second); f.DB.Followers() > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if got := one(100); !strings.HasPrefix(got, `{"type":"next"`) {
		t.Errorf("%.200s", got)
	}
	for i := range 30 { // an answer takes the place of the one before
		exec(t, f, fmt.Sprintf("UPDATE tags SET name = 'n%d' WHERE id = 1", i))
		if got := c.hear(); !strings.HasPrefix(got, `{"type":"next"`) {
			t.Fatalf("%d: %.200s", i, got)
		}
	}
}

// One user may hold so many connections open and no more; others may as well, and when one is closed there is a place again.
func TestStreamsAreCounted(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	one, another := http.Header{"X-Viewer": {"1"}}, http.Header{"X-Viewer": {"2"}}
	var all []*socketClient
	for range 1000 {
		all = append(all, dial(t, url, one).init())
	}
	more := func(header http.Header) string {
		c := dial(t, url, header)
		c.say(`{"type":"connection_init"}`)
		return c.hear()
	}
	if got := more(one); got != "1013 too many connections are open" {
		t.Error(got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", strings.NewReader(`{"query":"subscription { changes { cursor } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Viewer": {"1"}, "Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	events, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	if text, _ := io.ReadAll(events.Body); !strings.Contains(string(text), string(orm.LimitExceeded)) {
		t.Errorf("%d %s", events.StatusCode, text)
	}
	if got := more(another); got != `{"type":"connection_ack"}` {
		t.Error(got)
	}
	all[0].Close(websocket.StatusNormalClosure, "")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := more(one)
		if got == `{"type":"connection_ack"}` {
			break
		}
		if time.Now().After(end) {
			t.Fatal(got)
		}
	}
}
