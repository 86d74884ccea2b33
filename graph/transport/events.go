package transport

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Events tells whether the answer may be server-sent events, and whether it must: the client takes nothing else.
func (q *Request) Events() (may, must bool) { return q.events, q.onlyEvents }

// ServeEvents answers a request by server-sent events: those of graphql-sse's distinct connections mode, with the answer's cursor as
// their id. Without `complete` a client is to ask again.
func (t *Transport) ServeEvents(w http.ResponseWriter, r *http.Request, q *Request, s Streams) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	if s.Drain != nil {
		defer context.AfterFunc(s.Drain, func() { cancel(nil) })()
	}
	ctx, leave, wrong := s.Open(ctx, r.Header)
	if wrong != nil {
		q.Refuse(w, wrong)
		return
	}
	defer leave()
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Time{}) //nolint:errcheck // what has none needs none
	h := w.Header()
	h.Set("Content-Type", eventStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would gather them
	e := &eventWriter{w: w, control: control}
	if e.write("", "", body{before: []byte(":")}) != nil {
		return
	}
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	idle, stop := context.WithCancel(ctx)
	var beats sync.WaitGroup
	defer func() { // what is written after the handler's end races with the server's own end of the answer
		stop()
		beats.Wait()
	}()
	beats.Go(func() {
		for {
			select {
			case <-beat.C:
				if e.write("", "", body{before: []byte(":")}) != nil {
					cancel(nil)
					return
				}
			case <-idle.Done():
				return
			}
		}
	})
	problems := s.Run(ctx, q, func(a Answer) error {
		if a.len() == 0 {
			return e.write("", a.Cursor, a.body)
		}
		return e.write("next", a.Cursor, a.body)
	})
	if ctx.Err() != nil {
		return
	}
	if len(problems) > 0 && e.write("next", "", encode(&graphql.Response{Errors: problems})) != nil {
		return
	}
	e.write("complete", "", body{}) //nolint:errcheck // the client has gone
}

// An eventWriter writes one event at a time.
type eventWriter struct {
	mu      sync.Mutex
	w       io.Writer
	control *http.ResponseController
}

// write writes an event; without a name an id alone, which is no event and is kept by who receives it, or a comment. No answer has an end
// of line in it.
func (e *eventWriter) write(name, id string, b body) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.control.SetWriteDeadline(time.Now().Add(writeWithin)) //nolint:errcheck // what has none needs none
	head := ""
	if name != "" {
		head = "event: " + name + "\n"
	}
	if id != "" {
		head += "id: " + id + "\n"
	}
	if name != "" {
		head += "data: "
	}
	for _, part := range [][]byte{[]byte(head), b.before, b.data, b.after, []byte("\n\n")} {
		if _, err := e.w.Write(part); err != nil {
			return err
		}
	}
	return e.control.Flush()
}
