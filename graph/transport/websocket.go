package transport

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
	"kith/graph/document"
)

// protocol is https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
const protocol = "graphql-transport-ws"

// Its codes, and how long a client has to say who it is.
const (
	closeBadRequest       websocket.StatusCode = 4400
	closeUnauthorized     websocket.StatusCode = 4401
	closeForbidden        websocket.StatusCode = 4403
	closeNotAcceptable    websocket.StatusCode = 4406
	closeInitTimeout      websocket.StatusCode = 4408
	closeSubscriberExists websocket.StatusCode = 4409
	closeTooManyInits     websocket.StatusCode = 4429

	initWithin = 3 * time.Second
	// maxRunning is how many operations may run on one connection at once.
	maxRunning = 100
	// maxID is how many bytes the id of an operation may have.
	maxID = 256
	// copied is up to how many bytes a payload is copied, to be sent in one piece.
	copied = 16 << 10
	// closeWithin is how long a client has to take leave.
	closeWithin = time.Second
)

// Upgrades tells whether a request is to become a WebSocket.
func Upgrades(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// A socket is one connection. Its messages are read one after the other, and its operations run side by side.
type socket struct {
	transport *Transport
	streams   Streams
	conn      *websocket.Conn
	header    http.Header // of the request, and what the client has said since
	asked     context.Context

	opened context.Context // of the goroutine that reads: nil before the client may do anything

	writing     sync.Mutex
	mu          sync.Mutex
	initialized bool
	leave       func()
	running     map[string]*subscription
	ended       bool
}

type subscription struct{ cancel func() }

// ServeWebSocket begins to speak graphql-transport-ws. Whether its origin may, has been decided. It returns at once: what an idle connection
// takes is small without what came with its request.
func (t *Transport) ServeWebSocket(w http.ResponseWriter, r *http.Request, streams Streams) {
	conn, err := websocket.Accept(smallBuffers{w}, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}, InsecureSkipVerify: true})
	if err != nil {
		return // it has been answered
	}
	conn.SetReadLimit(int64(t.options.Body))
	s := &socket{transport: t, streams: streams, conn: conn, header: r.Header.Clone(), running: map[string]*subscription{}}
	go s.serve(context.WithoutCancel(r.Context())) // which ends with the handler
}

// smallBuffers hands over a connection with buffers for what clients say; answers are sent in one piece.
type smallBuffers struct{ http.ResponseWriter }

const (
	readBuffer  = 512
	writeBuffer = 1024
)

// Hijack implements http.Hijacker.
func (b smallBuffers) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, both, err := http.NewResponseController(b.ResponseWriter).Hijack()
	if err == nil && both.Reader.Buffered() == 0 {
		both = bufio.NewReadWriter(bufio.NewReaderSize(conn, readBuffer), bufio.NewWriterSize(conn, writeBuffer))
	}
	return conn, both, err
}

// serve reads what the client says until the connection ends.
func (s *socket) serve(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			Recovered(ctx, p) //nolint:errcheck // nobody is left to be told
			s.end(websocket.StatusInternalError, "")
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.asked = ctx
	conn, streams := s.conn, s.streams
	if conn.Subprotocol() != protocol {
		s.end(closeNotAcceptable, "Subprotocol not acceptable")
		return
	}
	timer := time.AfterFunc(initWithin, func() {
		s.mu.Lock()
		late := !s.initialized
		s.mu.Unlock()
		if late {
			s.end(closeInitTimeout, "Connection initialisation timeout")
		}
	})
	defer timer.Stop()
	if streams.Drain != nil {
		defer context.AfterFunc(streams.Drain, func() { s.end(websocket.StatusServiceRestart, "the server is being restarted") })()
	}
	beat := time.AfterFunc(2*keepAlive, func() {})
	defer beat.Stop()
	beat = time.AfterFunc(2*keepAlive, func() {
		ctx, cancel := context.WithTimeout(ctx, writeWithin)
		defer cancel()
		if conn.Ping(ctx) != nil {
			conn.CloseNow() //nolint:errcheck // it is of no use
			return
		}
		beat.Reset(2 * keepAlive)
	})
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil { // mostly it is closed already
			s.end(websocket.StatusProtocolError, "")
			return
		}
		if code, reason := s.take(kind, data); code != 0 {
			s.end(code, reason)
			return
		}
	}
}

// end closes the connection and all that runs on it, once.
func (s *socket) end(code websocket.StatusCode, reason string) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	running := s.running
	s.running = nil
	s.mu.Unlock()
	for _, r := range running {
		r.cancel()
	}
	defer time.AfterFunc(closeWithin, func() { s.conn.CloseNow() }).Stop() //nolint:errcheck // it is over
	s.conn.Close(code, reason)
	s.mu.Lock()
	leave := s.leave
	s.mu.Unlock()
	if leave != nil {
		leave()
	}
}

const invalidMessage = "Invalid message received"

// take does what a message says; code is why the connection has to be closed, 0 if it does not.
func (s *socket) take(kind websocket.MessageType, data []byte) (code websocket.StatusCode, reason string) {
	value, err := s.transport.decode(bytes.NewReader(data), 2+document.MaxNesting)
	message, ok := value.(map[string]any)
	if err != nil || !ok || kind != websocket.MessageText {
		return closeBadRequest, invalidMessage
	}
	payload, isObject := message["payload"].(map[string]any)
	if message["payload"] != nil && !isObject {
		return closeBadRequest, invalidMessage
	}
	id, _ := message["id"].(string)
	switch message["type"] {
	case "connection_init":
		return s.open(payload)
	case "ping":
		s.write("pong", "", body{}) //nolint:errcheck // the client has gone
	case "pong":
	case "subscribe":
		if s.opened == nil {
			return closeUnauthorized, "Unauthorized"
		}
		if id == "" || len(id) > maxID || payload == nil {
			return closeBadRequest, invalidMessage
		}
		return s.subscribe(id, payload)
	case "complete":
		if id == "" {
			return closeBadRequest, invalidMessage
		}
		s.mu.Lock()
		r := s.running[id]
		delete(s.running, id)
		s.mu.Unlock()
		if r != nil {
			r.cancel()
		}
	default:
		return closeBadRequest, invalidMessage
	}
	return 0, ""
}

// open lets a client in, or not. What it says of itself comes in the payload as in a header: `Authorization`, or `headers` with it.
func (s *socket) open(payload map[string]any) (code websocket.StatusCode, reason string) {
	s.mu.Lock()
	again := s.initialized
	s.initialized = true
	s.mu.Unlock()
	if again {
		return closeTooManyInits, "Too many initialisation requests"
	}
	if inner, ok := payload["headers"].(map[string]any); ok {
		payload = inner
	}
	for name, v := range payload {
		if text, ok := v.(string); ok && strings.EqualFold(name, "Authorization") {
			s.header.Set("Authorization", text)
		}
	}
	opened, leave, wrong := s.streams.Open(s.asked, s.header)
	switch {
	case wrong == nil:
	case wrong.Status == http.StatusUnauthorized || wrong.Status == http.StatusForbidden:
		return closeForbidden, "Forbidden"
	default:
		return websocket.StatusTryAgainLater, wrong.Message
	}
	s.mu.Lock()
	ended := s.ended
	s.opened, s.leave = opened, leave
	s.mu.Unlock()
	if ended { // while it was found out who it is
		leave()
	}
	context.AfterFunc(opened, func() {
		if context.Cause(opened) == ErrNoLonger { //nolint:errorlint // as it is
			s.end(closeForbidden, "Forbidden")
		}
	})
	s.write("connection_ack", "", body{}) //nolint:errcheck // the client has gone
	return 0, ""
}

func (s *socket) subscribe(id string, payload map[string]any) (code websocket.StatusCode, reason string) {
	q := &Request{Header: s.header}
	if wrong := q.members(payload); wrong != nil {
		return closeBadRequest, wrong.Message
	}
	ctx, cancel := context.WithCancel(s.opened)
	r := &subscription{cancel}
	s.mu.Lock()
	_, exists := s.running[id]
	full := len(s.running) >= maxRunning
	if !exists && !full && s.running != nil {
		s.running[id] = r
	}
	s.mu.Unlock()
	switch {
	case exists:
		cancel()
		return closeSubscriberExists, "Subscriber for " + document.Shorten(id, 80) + " already exists"
	case full:
		cancel()
		s.fail(id, gqlerror.List{{Message: "too many operations run on this connection", Extensions: map[string]any{"code": string(orm.LimitExceeded)}}})
		return 0, ""
	}
	go func() {
		defer cancel()
		problems := s.streams.Run(ctx, q, func(a Answer) error {
			s.mu.Lock()
			current := s.running[id] == r
			s.mu.Unlock()
			if !current {
				return context.Canceled
			}
			if a.len() == 0 { // the protocol has no room for it
				return nil
			}
			return s.write("next", id, a.body)
		})
		s.mu.Lock()
		current := s.running[id] == r
		if current {
			delete(s.running, id)
		}
		s.mu.Unlock()
		switch {
		case !current || ctx.Err() != nil:
		case len(problems) > 0:
			s.fail(id, problems)
		default:
			s.write("complete", id, body{}) //nolint:errcheck // the client has gone
		}
	}()
	return 0, ""
}

func (s *socket) fail(id string, problems gqlerror.List) {
	s.write("error", id, body{data: appendJSON(nil, problems)}) //nolint:errcheck // the client has gone
}

// write sends a message, behind those that are being sent. A client that does not take it in time is left.
func (s *socket) write(kind, id string, payload body) error {
	head := append(make([]byte, 0, 128), `{"type":"`...)
	head = append(append(head, kind...), '"')
	if id != "" {
		head = appendJSON(append(head, `,"id":`...), id)
	}
	if payload.len() > 0 {
		head = append(head, `,"payload":`...)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	ctx, cancel := context.WithTimeout(s.asked, writeWithin)
	defer cancel()
	err := s.send(ctx, head, payload)
	if err != nil {
		s.conn.CloseNow() //nolint:errcheck // what comes next would not be all
	}
	return err
}

// send sends a message of a head, a payload and the end. What is large is not copied: many may be sent it at once.
func (s *socket) send(ctx context.Context, head []byte, payload body) error {
	parts := [][]byte{head, payload.before, payload.data, payload.after, {'}'}}
	if payload.len() <= copied {
		return s.conn.Write(ctx, websocket.MessageText, bytes.Join(parts, nil))
	}
	w, err := s.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if len(part) == 0 {
			continue
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}
