package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// consistency is the header that says what a client has written.
const consistency = "Consistency-Token"

// browser has a connection for each client that listens.
var browser = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// An answer is what kith says to a request.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
	token string
}

func (a *answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

func body(query string, variables map[string]any) []byte {
	b, _ := json.Marshal(map[string]any{"query": query, "variables": variables}) //nolint:errchkjson // texts and numbers
	return b
}

// ask sends a request; into, if there is one, is given the data.
func (i *instance) ask(ctx context.Context, header map[string]string, query string, variables map[string]any, into any) (a answer, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+"/graphql", bytes.NewReader(body(query, variables)))
	if err != nil {
		return a, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := browser.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(said, &a)
	}
	a.token = response.Header.Get(consistency)
	if err == nil && len(a.Errors) == 0 && into != nil {
		err = json.Unmarshal(a.Data, into)
	}
	return a, err
}

// change asks for a change as anybody.
func (i *instance) change(ctx context.Context, query string, into any) error {
	a, err := i.ask(ctx, nil, query, nil, into)
	if err == nil && a.code() != "" {
		err = errors.New(a.code() + ": " + a.Errors[0].Message)
	}
	return err
}

// stored asks for what the first database has, until an instance answers.
func (s *system) stored(ctx context.Context, query string, variables map[string]any, into any) (a answer, err error) {
	for end, i := time.Now().Add(time.Minute), 0; ; i++ {
		a, err = s.instances[i%len(s.instances)].ask(ctx, map[string]string{consistency: "-"}, query, variables, into)
		if err == nil && a.code() != "" {
			err = errors.New(a.code() + ": " + a.Errors[0].Message)
		}
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return a, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A ledger is what has been acknowledged, by whom it may be asked.
type ledger struct {
	mu           sync.Mutex
	acknowledged map[string]time.Time // ids
	latest       []time.Time          // when each instance has acknowledged something
	last         time.Time            // when something was
	gap          time.Duration        // the longest time in which nothing was
	codes        map[string]int       // what else was answered
	titles       map[string]bool
	unread       []string // what its writer did not find
	reads        int
}

func (l *ledger) take(id string, instance int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.latest[instance] = now
	l.gap = max(l.gap, now.Sub(l.last))
	l.acknowledged[id], l.last = now, now
}

func (l *ledger) count(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes[code]++
}

// since is when something was first acknowledged behind a time.
func (l *ledger) since(t time.Time) (first time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.acknowledged {
		if at.After(t) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// silent is an instance that has acknowledged nothing behind a time; -1 if there is none.
func (l *ledger) silent(since time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.IndexFunc(l.latest, func(at time.Time) bool { return at.Before(since) })
}

const createPost = `mutation($t: String!) { createPost(input: {title: $t, content: "C"}) { post { id } userErrors { code } } }`

// write makes posts until ctx ends, each under a key of its own, and asks for each until it is acknowledged, wherever, or waiting ends;
// then it reads it at the other instance.
func (s *system) write(ctx, waiting context.Context, l *ledger, writer int) {
	for n := 0; ctx.Err() == nil; n++ {
		title := fmt.Sprintf("%d-%d", writer, n)
		l.mu.Lock()
		l.titles[title] = true
		l.mu.Unlock()
		for try := 0; waiting.Err() == nil; try++ {
			token, _ := s.token.Load().(string)
			header := map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": title}
			at := (writer + n + try) % len(s.instances)
			var made struct {
				CreatePost struct{ Post struct{ ID string } }
			}
			a, err := s.instances[at].ask(waiting, header, createPost, map[string]any{"t": title}, &made)
			if id := made.CreatePost.Post.ID; err == nil && id != "" {
				l.take(id, at)
				s.readBack(ctx, l, s.instances[(at+1)%len(s.instances)], id, a.token)
				break
			}
			switch {
			case err != nil:
				l.count(fmt.Sprintf("%.80s", err))
			default:
				l.count(strings.Join([]string{a.code(), a.Errors[0].Message}, ": "))
			}
			time.Sleep(time.Duration(50+rand.IntN(50)) * time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
	}
}

// readBack asks another instance for what was written there and then.
func (s *system) readBack(ctx context.Context, l *ledger, at *instance, id, token string) {
	var found struct{ Node *struct{ ID string } }
	a, err := at.ask(ctx, map[string]string{consistency: token}, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}, &found)
	if err != nil || a.code() != "" {
		return // which is no answer
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reads++; found.Node == nil {
		l.unread = append(l.unread, id)
	}
}

// A subscriber listens at an instance, and comes back whenever it is sent away.
type subscriber struct {
	at     *instance
	socket bool // a WebSocket, not server-sent events
	live   bool // a live query, not the changes
	name   string

	mu     sync.Mutex
	after  string         // the cursor, of changes
	told   map[string]int // how often each object was said to be made
	resync int            // how often it was told that it cannot be told all
	since  time.Time      // what was acknowledged before is not expected
	latest string         // the answer, of a live query
	ends   map[string]int
	wrong  string
}

const (
	changesQuery = `subscription($after: String) { changes(after: $after, of: [POST]) { cursor changes { verb id } } }`
	newestPosts  = `posts(first: 5, orderBy: [{field: CREATED_AT, direction: DESC}]) { totalCount nodes { id title } }`
)

func (f *subscriber) request() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.live {
		return body("subscription { "+newestPosts+" }", nil)
	}
	variables := map[string]any{}
	if f.after != "" {
		variables["after"] = f.after
	}
	return body(changesQuery, variables)
}

// take takes an event; errEnd is that the subscription has ended.
func (f *subscriber) take(text []byte) error {
	var e struct {
		Data *struct {
			Changes *struct {
				Cursor  string
				Changes []struct{ Verb, ID string }
			}
			Posts json.RawMessage
		}
		Errors []struct{ Extensions struct{ Code string } }
	}
	err := json.Unmarshal(text, &e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || e.Data == nil || len(e.Errors) > 0 {
		code := ""
		if len(e.Errors) > 0 {
			code = e.Errors[0].Extensions.Code
		}
		switch code {
		case "UNAVAILABLE", "TIMEOUT":
		case "RESYNC":
			f.resync, f.after, f.since = f.resync+1, "", time.Now().Add(time.Hour)
		default:
			f.wrong = fmt.Sprintf("%.300s", text)
		}
		f.ends[code]++
		return errEnd
	}
	if f.live {
		f.latest = string(e.Data.Posts)
		return nil
	}
	if f.after == "" && f.since.After(time.Now()) { // after a RESYNC it reads anew
		f.since = time.Now()
	}
	f.after = e.Data.Changes.Cursor
	for _, c := range e.Data.Changes.Changes {
		if c.Verb == "CREATED" {
			f.told[c.ID]++
		}
	}
	return nil
}

var errEnd = errors.New("the subscription has ended")

// listen listens until ctx ends.
func (f *subscriber) listen(ctx context.Context) {
	for ctx.Err() == nil {
		listen := f.events
		if f.socket {
			listen = f.webSocket
		}
		if err := listen(ctx); err != nil && !errors.Is(err, errEnd) && ctx.Err() == nil {
			f.mu.Lock()
			f.ends["connection"]++
			f.mu.Unlock()
		}
		time.Sleep(time.Duration(20+rand.IntN(200)) * time.Millisecond)
	}
}

func (f *subscriber) webSocket(ctx context.Context) error {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(f.at.url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // it has none
	if err != nil {
		return err
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	conn.SetReadLimit(16 << 20)
	for _, text := range []string{`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":` + string(f.request()) + `}`} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			return err
		}
	}
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var message struct {
			Type    string
			Payload json.RawMessage
		}
		if err := json.Unmarshal(data, &message); err != nil {
			return err
		}
		switch message.Type {
		case "next":
			err = f.take(message.Payload)
		case "error":
			err = f.take([]byte(`{"errors":` + string(message.Payload) + `}`))
		case "complete":
			err = errEnd
		}
		if err != nil {
			return err
		}
	}
}

func (f *subscriber) events(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.at.url+"/graphql", bytes.NewReader(f.request()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	response, err := browser.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		text := lines.Text()
		if id, ok := strings.CutPrefix(text, "id: "); ok && !f.live {
			f.mu.Lock()
			f.after = id // also before there are changes
			if f.since.After(time.Now()) {
				f.since = time.Now()
			}
			f.mu.Unlock()
		}
		if data, ok := strings.CutPrefix(text, "data: {"); ok {
			if err := f.take([]byte("{" + data)); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
