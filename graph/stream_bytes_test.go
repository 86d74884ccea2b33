package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
)

// A wire is a WebSocket of which the client holds next to nothing.
type wire struct{ net.Conn }

func connect(t testing.TB, url string, headers ...string) wire {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	w := wire{conn}
	if _, err := io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: kith\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"+strings.Join(headers, "")+"\r\n"); err != nil {
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

// BenchmarkLiveMany measures 10,000 live queries under ten changes a second, for as many changes as it is told: pages of objects, lists of
// users and feeds that many look at, of a hundred documents, a hundred sets of variables and fifty viewers. What it says of the processor
// is of server and clients. `GOMAXPROCS=1 go test ./graph -run '^$' -bench LiveMany -benchtime 100x`.
func BenchmarkLiveMany(b *testing.B) {
	const connections, each, people = 100, 100, 2000
	for _, database := range databases {
		b.Run(database, func(b *testing.B) {
			f := open(b, database)
			url := listen(b, f.Planned)
			someUsers(b, f, people)
			write := func(text string, args ...any) {
				if err := f.DB.Write(admin(b.Context()), func(ctx context.Context) error {
					_, err := f.DB.Exec(ctx, "test", text, args...)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			write("INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT id, 'T', 'x', created_at, updated_at FROM users")
			ask := func(document, set int) string {
				key, variable := 1+(document*23+set*17)%people, "$v: String!"
				value := any(fmt.Sprint("u", key-1))
				query := "user(by: {username: $v}) { username name posts(first: 3) { totalCount nodes { title } } }"
				switch shape := document % 10; {
				case shape < 4:
					variable, value = "$v: ID!", orm.GlobalID(db.Users.Table, int64(key))
					query = "node(id: $v) { ... on User { name profile { fullName } posts { totalCount } } }"
				case shape < 6:
					variable, value = "$v: ID!", orm.GlobalID(db.Posts.Table, int64(key))
					query = "node(id: $v) { ... on Post { title author { name username } tags(first: 5) { nodes { name } } } }"
				case shape == 9: // many look at the same
					variable, value = "$v: Int!", 5+set%5
					query = "posts(first: $v, orderBy: [{field: CREATED_AT, direction: DESC}]) { nodes { title author { name } } }"
				}
				payload, _ := json.Marshal(request{Query: fmt.Sprintf("subscription (%s) { d%d: %s }", variable, document, query), Variables: map[string]any{"v": value}}) //nolint:errchkjson // texts and numbers
				return string(payload)
			}
			var mu sync.Mutex
			var took []time.Duration
			at := map[string]time.Time{} // of a change, by what it writes
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for i := range connections {
				w := connect(b, url, fmt.Sprintf("X-Viewer: %d\r\n", i%50))
				b.Cleanup(func() { w.Close() })
				go func() {
					for j := range each {
						w.say(b, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":%s}`, j, ask((i+j*7)%100, (i*3+j)%100)))
					}
				}()
				answers := bufio.NewReaderSize(w, 4<<10)
				for range each {
					if text := nextText(b, answers); !bytes.Contains(text, []byte(`"next"`)) {
						b.Fatalf("%s", text)
					}
				}
				go func() {
					for {
						text := nextText(nil, answers)
						now := time.Now()
						if text == nil {
							return
						}
						mu.Lock()
						for part := range bytes.SplitSeq(text, []byte(`"`)) {
							if committed, ok := at[string(part)]; ok && len(part) > 1 && part[0] == '#' {
								took = append(took, now.Sub(committed))
								break
							}
						}
						mu.Unlock()
					}
				}()
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			f.Statements()
			var usage syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &usage) //nolint:errcheck // it is there
			start, busy := time.Now(), usage.Utime.Nano()+usage.Stime.Nano()
			for i := 0; b.Loop(); i++ {
				time.Sleep(time.Until(start.Add(time.Duration(i) * 100 * time.Millisecond)))
				mark, key := fmt.Sprintf("#%d", i), 1+i*37%people
				mu.Lock()
				at[mark] = time.Now()
				mu.Unlock()
				switch i % 4 {
				case 0:
					write("UPDATE users SET name = ? WHERE id = ?", mark, key)
				case 1:
					write("UPDATE posts SET title = ? WHERE id = ?", mark, key)
				case 2:
					write("INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT id, ?, 'x', ?, updated_at FROM users WHERE id = ?", mark,
						time.Date(2026, 1, 2, 0, 0, i, 0, time.UTC).Format("2006-01-02 15:04:05"), key)
				default:
					write("UPDATE users SET name = ? WHERE id = 1 OR id = ?", mark, key)
				}
				mu.Lock()
				at[mark] = time.Now()
				mu.Unlock()
			}
			took0 := time.Since(start)
			syscall.Getrusage(syscall.RUSAGE_SELF, &usage) //nolint:errcheck // it is there
			busy = usage.Utime.Nano() + usage.Stime.Nano() - busy
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
			b.ReportMetric(float64(len(took))/float64(b.N), "answers/change")
			b.ReportMetric(float64(len(f.Statements()))/float64(b.N), "statements/change")
			b.ReportMetric(100*float64(busy)/float64(took0.Nanoseconds()), "cpu-%")
			b.ReportMetric(float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse)/connections/each, "B/query")
		})
	}
}

// nextText is the next text that a server sends; nil if there is none.
func nextText(t testing.TB, r *bufio.Reader) []byte {
	head := make([]byte, 2)
	_, err := io.ReadFull(r, head)
	n := int(head[1])
	if n > 125 && err == nil {
		long := make([]byte, map[int]int{126: 2, 127: 8}[n])
		if _, err = io.ReadFull(r, long); err == nil {
			n = int(binary.BigEndian.Uint64(append(make([]byte, 8-len(long)), long...))) //nolint:gosec // it is small
		}
	}
	text := make([]byte, n)
	if err == nil {
		_, err = io.ReadFull(r, text)
	}
	if err != nil && t != nil {
		t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return text
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
