package graph_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
)

// A wire is a WebSocket of which the client holds next to nothing.
type wire struct{ net.Conn }

func connect(t testing.TB, url string) wire {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	w := wire{conn}
	if _, err := io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: kith\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	w.await(t, "\r\n\r\n")
	w.say(t, `{"type":"connection_init"}`)
	w.await(t, "connection_ack")
	return w
}

// say sends a text, masked by zeros.
func (w wire) say(t testing.TB, text string) {
	t.Helper()
	frame := []byte{0x81, 0x80 | 126}
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(text))) //nolint:gosec // few
	if _, err := w.Write(append(append(frame, 0, 0, 0, 0), text...)); err != nil {
		t.Fatal(err)
	}
}

var heard [64 << 10]byte

// await reads until something has been said.
func (w wire) await(t testing.TB, what string) {
	t.Helper()
	w.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // it has one
	for n := 0; !bytes.Contains(heard[:n], []byte(what)); {
		more, err := w.Read(heard[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
}

// An idle live query of its own, on a connection of its own, takes few bytes of the server.
func TestIdleBytes(t *testing.T) {
	const n = 400
	most := uint64(25_000)
	if raced {
		most *= 3
	}
	f := open(t, "sqlite")
	url := listen(t, f.Planned)
	someUsers(t, f, n)
	ask := func(i int) wire {
		w := connect(t, url)
		w.say(t, `{"type":"subscribe","id":"1","payload":{"query":"subscription($id: ID!) { node(id: $id) { ... on User { username name posts(first: 3) { nodes { title } totalCount } } } }",`+
			`"variables":{"id":"`+orm.GlobalID(db.Users.Table, int64(i+1))+`"}}}`)
		w.await(t, `"username":"u`+fmt.Sprint(i)+`"`)
		return w
	}
	taken := func() uint64 {
		var m runtime.MemStats
		f.Statements() // which the test keeps
		for range 4 {
			runtime.GC()
			time.Sleep(50 * time.Millisecond)
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	for i := range 10 {
		defer ask(i).Close()
	}
	before := taken()
	wires := make([]wire, n)
	for i := range wires {
		wires[i] = ask(i)
	}
	defer func() {
		for _, w := range wires {
			w.Close()
		}
	}()
	each := (taken() - before) / n
	t.Logf("%d bytes", each)
	if each > most {
		t.Errorf("an idle live query takes %d bytes", each)
	}
}

// BenchmarkLive measures how long it takes from a commit until clients have the new answer: 1,000 of one document, who ask the same or each
// something else, on connections of their own. `go test ./graph -run '^$' -bench Live -benchtime 100x`.
func BenchmarkLive(b *testing.B) {
	const n = 1000
	for name, query := range map[string]func(i int) string{
		"same":   func(int) string { return orm.GlobalID(db.Users.Table, 1) },
		"others": func(i int) string { return orm.GlobalID(db.Users.Table, int64(i+1)) },
	} {
		for _, database := range databases {
			b.Run(name+"/"+database, func(b *testing.B) {
				f := open(b, database)
				url := listen(b, f.Planned)
				someUsers(b, f, n)
				var mu sync.Mutex
				var took []time.Duration
				var committed time.Time
				var left sync.WaitGroup
				for i := range n {
					w := connect(b, url)
					b.Cleanup(func() { w.Close() })
					w.say(b, `{"type":"subscribe","id":"1","payload":{"query":"subscription($id: ID!) { node(id: $id) { ... on User { name posts { totalCount } } } }","variables":{"id":"`+query(i)+`"}}}`)
					w.await(b, `"name":`)
					w.SetReadDeadline(time.Time{}) //nolint:errcheck // it has one
					go func() {
						var said [1024]byte
						for {
							if _, err := w.Read(said[:]); err != nil {
								return
							}
							mu.Lock()
							took = append(took, time.Since(committed))
							mu.Unlock()
							left.Done()
						}
					}()
				}
				f.Statements()
				for i := 0; b.Loop(); i++ {
					left.Add(n)
					mu.Lock()
					ctx := admin(b.Context())
					if err := f.DB.Write(ctx, func(ctx context.Context) error {
						_, err := f.DB.Exec(ctx, "test", "UPDATE users SET name = ? WHERE id = 1 OR ?", fmt.Sprint("name ", i), name == "others")
						return err
					}); err != nil {
						b.Fatal(err)
					}
					committed = time.Now()
					mu.Unlock()
					left.Wait()
					time.Sleep(20 * time.Millisecond)
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(float64(len(f.Statements()))/float64(len(took)/n), "statements/change")
			})
		}
	}
}

// someUsers makes users with the keys 1 to n.
func someUsers(t testing.TB, f *fixture, n int) {
	t.Helper()
	err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
		for i := range n {
			if _, err := f.DB.Exec(ctx, "test", "INSERT INTO users (username, name, created_at, updated_at) VALUES (?, ?, '2026-01-01 00:00:00', '2026-01-01 00:00:00')", fmt.Sprint("u", i), "Somebody"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
