package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/db/dbtest"
)

var (
	followFor  = flag.Duration("follow", 3*time.Second, "how long TestFollowersMissNothing kills servers on each database")
	followRows = flag.Int("followrows", 12_000, "how many rows its largest transaction has")
)

const followQuery = `subscription($after: String) { changes(after: $after) { cursor more changes { verb type id%s } } }`

// A follower follows the changes at one address, and comes back with its last cursor whenever it is sent away.
type follower struct {
	url    string
	events bool // server-sent events, not a WebSocket

	mu     sync.Mutex
	cursor string
	told   []string       // each set: its cursor and what is in it
	ids    map[string]int // how often each object was told of
	ends   map[string]int // how often connections ended in which way
	wrong  string
}

type changeEvent struct {
	Data *struct {
		Changes struct {
			Cursor  string
			More    bool
			Changes []struct {
				Verb, Type, ID string
				Node           *struct{ ID string }
			}
		}
	}
	Errors []struct{ Extensions struct{ Code string } }
}

func (f *follower) take(text []byte) error {
	var e changeEvent
	err := json.Unmarshal(text, &e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || e.Data == nil || len(e.Errors) > 0 {
		if len(e.Errors) == 1 && e.Errors[0].Extensions.Code == "UNAVAILABLE" {
			return errServer
		}
		f.wrong = fmt.Sprintf("%.300s", text)
		return errServer
	}
	set := e.Data.Changes
	told := fmt.Sprint(set.Cursor, " ", set.More)
	for _, c := range set.Changes {
		told += " " + c.Verb + " " + c.ID
		f.ids[c.ID]++
		if f.events && c.Node == nil {
			f.wrong = "without its object: " + c.ID
		}
	}
	f.told, f.cursor = append(f.told, told), set.Cursor
	return nil
}

// run follows until ctx ends.
func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		follow := f.socket
		if f.events {
			follow = f.stream
		}
		end := follow(ctx)
		f.mu.Lock()
		f.ends[end]++
		f.mu.Unlock()
		time.Sleep(time.Duration(20+rand.IntN(100)) * time.Millisecond)
	}
}

func (f *follower) body(node string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := json.Marshal(map[string]any{"query": fmt.Sprintf(followQuery, node), "variables": map[string]any{"after": f.cursor}}) //nolint:errchkjson // texts
	return body
}

func (f *follower) socket(ctx context.Context) string {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(f.url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return "refused"
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	conn.SetReadLimit(64 << 20)
	for _, text := range []string{`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":` + string(f.body("")) + `}`} {
		if conn.Write(ctx, websocket.MessageText, []byte(text)) != nil {
			break
		}
	}
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return fmt.Sprint(websocket.CloseStatus(err))
		}
		var message struct {
			Type    string
			Payload json.RawMessage
		}
		if json.Unmarshal(data, &message) != nil || message.Type != "next" && message.Type != "connection_ack" {
			f.take([]byte(`{"errors":` + string(message.Payload) + `}`)) //nolint:errcheck // it is one
			return message.Type
		}
		if message.Type == "next" && f.take(message.Payload) != nil {
			return "error"
		}
	}
}

func (f *follower) stream(ctx context.Context) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/graphql", strings.NewReader(string(f.body(" node { id }"))))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "refused"
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		text := lines.Text()
		switch {
		case text == "event: complete":
			return "complete"
		case strings.HasPrefix(text, "data: {"):
			if f.take([]byte(strings.TrimPrefix(text, "data: "))) != nil {
				return "error"
			}
		}
	}
	return "end"
}

// Servers are killed and stopped while sixteen clients write, their database's connections are ended, and transactions are committed late
// and are large: who follows, wherever, and comes back with the last cursor, is told of all, once, in one order, the same everywhere.
func TestFollowersMissNothing(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			url, driver := "sqlite:"+filepath.Join(t.TempDir(), "kith.db"), ""
			addresses := []string{freePort(t)}
			if database == "postgres" {
				url, driver = dbtest.Postgres(t), "postgres"
				addresses = append(addresses, freePort(t))
			}
			env := []string{"KITH_DATABASE_URL=" + url, testSecret, "KITH_DEMO=false"}
			servers := make([]*process, len(addresses))
			for i, address := range addresses {
				servers[i] = startAt(t, address, env...)
			}
			first := servers[0]
			if got, err := first.post(`mutation { createUser(input: {username: "ada", password: "correct horse"}) { user { id } } }`, nil, nil); err != nil || len(got.Errors) > 0 {
				t.Fatal(got.raw, err)
			}
			if _, problems, code := kith(t, env, "admin", "ada"); code != 0 {
				t.Fatal(problems)
			}
			in, err := first.post(`mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken } } }`, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			token, _ := in.at("logIn", "session", "accessToken").(string)
			// write makes a tag, or a post that is longer than what NOTIFY carries, wherever somebody answers, and does not give up.
			write := func(name string, long bool) (id string) {
				query, variables := `mutation($n: String!) { createTag(input: {name: $n}) { tag { id } } }`, map[string]any{"n": name}
				if long {
					query = `mutation($n: String!, $c: String!) { createPost(input: {title: $n, content: $c, tags: ["all"]}) { post { id } } }`
					variables["c"] = strings.Repeat("long ", 2000)
				}
				for try := 0; ; try++ {
					p := &process{url: "http://" + addresses[(len(name)+try)%len(addresses)]}
					got, err := p.post(query, variables, http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {name}})
					for _, root := range got.Data {
						for _, row := range root.(map[string]any) {
							if row, ok := row.(map[string]any); ok && err == nil {
								id, _ = row["id"].(string)
								return id
							}
						}
					}
					if err == nil && (len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "UNAVAILABLE") {
						t.Errorf("%s: %s", name, got.raw)
						return ""
					}
					time.Sleep(time.Duration(20+rand.IntN(50)) * time.Millisecond)
				}
			}

			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			// Where it begins is behind the first set that anybody is told.
			scout := &follower{url: first.url, ids: map[string]int{}, ends: map[string]int{}}
			scouting, found := context.WithCancel(ctx)
			var scouted sync.WaitGroup
			scouted.Go(func() { scout.run(scouting) })
			before, begin := map[string]bool{}, ""
			for i := 0; begin == ""; i++ {
				before[write(fmt.Sprint("begin", i), false)] = true
				time.Sleep(50 * time.Millisecond)
				scout.mu.Lock()
				begin = scout.cursor
				scout.mu.Unlock()
			}
			found()
			scouted.Wait()
			var followers []*follower
			var all, following sync.WaitGroup
			for i := range 4 * len(addresses) {
				f := &follower{url: "http://" + addresses[i%len(addresses)], events: i/len(addresses)%2 == 1, cursor: begin, ids: map[string]int{}, ends: map[string]int{}}
				followers = append(followers, f)
				following.Go(func() { f.run(ctx) })
			}

			end := time.Now().Add(*followFor)
			var mu sync.Mutex
			acknowledged := map[string]bool{}
			for w := range 16 {
				all.Go(func() {
					for i := 0; time.Now().Before(end); i++ {
						id := write(fmt.Sprintf("%d-%d", w, i), i%5 == 0)
						mu.Lock()
						acknowledged[id] = true
						mu.Unlock()
					}
				})
			}
			if driver != "" {
				raw, err := sql.Open(driver, url)
				if err != nil {
					t.Fatal(err)
				}
				defer raw.Close()
				const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
					AND backend_type = 'client backend' AND (query LIKE 'LISTEN%' OR query LIKE '%change_head%' OR query LIKE '%kith_number_changes%' OR query NOT LIKE '%late%' AND random() < 0.1)`
				all.Go(func() {
					for time.Now().Before(end) {
						raw.ExecContext(t.Context(), terminate) //nolint:errcheck // it may end itself
						time.Sleep(300 * time.Millisecond)
					}
				})
				all.Go(func() {
					large := "INSERT INTO tags (name, created_at, updated_at) SELECT '%s-' || n, now(), now() FROM generate_series(1, %d) AS n"
					for i := 0; time.Now().Before(end); i++ { // what other programs write, late
						conn, err := raw.Conn(ctx)
						if err != nil {
							continue
						}
						n := []int{500, *followRows, 1}[i%3]
						conn.ExecContext(ctx, "BEGIN; "+fmt.Sprintf(large, fmt.Sprint("late", i), n)) //nolint:errcheck // it may be ended
						time.Sleep(*followFor / 6)
						conn.ExecContext(ctx, "COMMIT") //nolint:errcheck // it may be ended
						conn.Close()
					}
				})
			}
			kills := 0
			for ; time.Now().Before(end); kills++ {
				time.Sleep(time.Duration(300+rand.IntN(500)) * time.Millisecond)
				i := kills % len(servers)
				if kills%3 == 2 { // told to stop
					if err := servers[i].cmd.Process.Signal(syscall.SIGTERM); err != nil {
						t.Fatal(err)
					}
					err := <-servers[i].done
					if servers[i].done <- err; err != nil {
						t.Errorf("stopped with %v: %s", err, servers[i].log)
					}
				} else {
					servers[i].kill()
				}
				servers[i] = startAt(t, addresses[i], env...)
			}
			all.Wait()
			last := write("the end", false)
			for _, f := range followers {
				for wait := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
					f.mu.Lock()
					done, wrong := f.ids[last] > 0, f.wrong
					f.mu.Unlock()
					if done || wrong != "" {
						break
					}
					if time.Now().After(wait) {
						t.Fatalf("a follower does not come to the end: %v", f.ends)
					}
				}
			}
			stop()
			following.Wait()

			var stored []string
			p := &process{url: "http://" + addresses[0]}
			for _, query := range []string{`query($a: String) { c: tags(first: 100, after: $a) { pageInfo { hasNextPage endCursor } nodes { id } } }`, `query($a: String) { c: posts(first: 100, after: $a) { pageInfo { hasNextPage endCursor } nodes { id } } }`} {
				for after := any(nil); ; {
					got, err := p.post(query, map[string]any{"a": after}, nil)
					if err != nil || len(got.Errors) > 0 {
						t.Fatal(got.raw, err)
					}
					for _, n := range got.at("c", "nodes").([]any) {
						id, _ := n.(map[string]any)["id"].(string)
						stored = append(stored, id)
					}
					if got.at("c", "pageInfo", "hasNextPage") != true {
						break
					}
					after = got.at("c", "pageInfo", "endCursor")
				}
			}
			ends := map[string]int{}
			for _, f := range followers {
				if f.wrong != "" {
					t.Errorf("%s: %s", f.url, f.wrong)
				}
				if !slices.Equal(f.told, followers[0].told) {
					t.Errorf("one follower was told %d sets, another %d others", len(f.told), len(followers[0].told))
				}
				for id := range acknowledged {
					if f.ids[id] == 0 {
						t.Errorf("%s was not told", id)
					}
				}
				for end, n := range f.ends {
					ends[end] += n
				}
			}
			told, seen := followers[0], map[string]bool{}
			for _, set := range told.told {
				parts := strings.Fields(set)
				if seen[parts[0]] {
					t.Errorf("a set is told twice: %s", parts[0])
				}
				seen[parts[0]] = true
				for i := 2; i < len(parts); i += 2 {
					if parts[i] == "CREATED" {
						if seen[parts[i+1]] {
							t.Errorf("%s is made twice", parts[i+1])
						}
						seen[parts[i+1]] = true
					}
				}
			}
			missed := 0
			for _, id := range stored {
				if !seen[id] && !before[id] {
					missed++
				}
			}
			if missed > 0 {
				t.Errorf("%d of %d objects were not told", missed, len(stored))
			}
			if ends["StatusServiceRestart"] == 0 && kills > 2 {
				t.Errorf("nobody was told of a restart: %v", ends)
			}
			t.Logf("%d kills, %d acknowledged, %d sets, %d objects; connections ended: %v", kills, len(acknowledged), len(told.told), len(stored), ends)
		})
	}
}
