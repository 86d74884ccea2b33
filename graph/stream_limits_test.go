package graph_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/db/orm"
)

// descriptors is how many files and connections the process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// settled waits until there are no more goroutines and descriptors than there were.
func settled(t *testing.T, goroutines, open int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		runtime.GC()
		if runtime.NumGoroutine() <= goroutines && descriptors(t) <= open {
			return
		}
		if time.Now().After(end) {
			stack := make([]byte, 1<<20)
			t.Fatalf("%d goroutines of %d, %d descriptors of %d\n%s", runtime.NumGoroutine(), goroutines, descriptors(t), open, stack[:runtime.Stack(stack, true)])
		}
	}
}

// Connections that nobody opens, that leave in the middle, or that nobody reads leave nothing behind.
func TestStreamsLeaveNothing(t *testing.T) {
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	warm := dial(t, url, nil).init()
	warm.subscribe("1", `subscription { users { totalCount } }`)
	warm.hear()
	warm.CloseNow() //nolint:errcheck // it is over
	time.Sleep(200 * time.Millisecond)
	goroutines, files := runtime.NumGoroutine()+5, descriptors(t)+30 // SQLite keeps what it has opened to read

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
