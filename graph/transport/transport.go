// Package transport is GraphQL over HTTP: middleware that keeps out what may not come in, how requests are read and how
// answers are written. It runs nothing.
package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/klauspost/compress/gzhttp"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
	"kith/graph/document"
)

// The media types of answers.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
)

// Limits that no setting changes.
const (
	maxURL    = 16 << 10 // bytes of a request's target
	maxHeader = 16 << 10 // bytes of all its header fields
)

// Consistency is the header by which an answer says what was written, and a request what must be seen.
const Consistency = "Consistency-Token"

// RetryAfter is the extension of an error that says in how many seconds the client may try again.
const RetryAfter = "retryAfter"

// InternalMessage is all that is said of a fault of ours.
const InternalMessage = "internal error"

// Options are what New may be told.
type Options struct {
	Body           int             // bytes that a request's body may have
	Timeout        time.Duration   // for a request's body to come
	Limits         document.Limits // of what variables and extensions hold; all of them set
	AllowedOrigins Origins
	TrustedProxies TrustedProxies
}

// A Transport reads requests and answers them.
type Transport struct {
	options Options
	// distrusted is done when a forwarding header was not believed.
	distrusted sync.Once
}

// New answers a transport.
func New(options Options) *Transport { return &Transport{options: options} }

type visitKey struct{}

// A visit is what is known of a request before it is read.
type visit struct {
	id      string
	address string // of the client, as limits count it
}

// RequestID is the id of the request that ctx belongs to; it stands in X-Request-Id and in the log.
func RequestID(ctx context.Context) string {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.id
	}
	return ""
}

// Address is where the request of ctx comes from, as limits count it.
func Address(ctx context.Context) string {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.address
	}
	return ""
}

// Values of header fields that every answer has. Nobody writes to them.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
	types   = map[string][]string{mediaJSON: {mediaJSON + "; charset=utf-8"}, mediaGraphQL: {mediaGraphQL + "; charset=utf-8"}}
)

// A Refusal is a request that is not run: it is answered with a status and a fixed text.
type Refusal struct {
	Status  int
	Code    orm.Code
	Message string
}

// Recovered turns a panic into an error that names nothing of it; the stack goes to the log.
func Recovered(ctx context.Context, p any) error {
	slog.ErrorContext(ctx, "panic", "panic", p, "stack", string(debug.Stack()), "request_id", RequestID(ctx))
	return &orm.Error{Code: orm.Internal, Message: InternalMessage}
}

// Middleware is what every request passes first: it gets an id and the time that its body has to come, must not be too large, and
// takes nothing with it if it fails.
func (t *Transport) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		rand.Read(raw[:])
		id := hex.EncodeToString(raw[:])
		address, ignored := t.options.TrustedProxies.client(r)
		if ignored {
			t.distrusted.Do(func() {
				slog.Warn("a client that is no trusted proxy says for whom it forwards requests; unless KITH_TRUSTED_PROXIES names it, all behind it share the limits of one address",
					"peer", r.RemoteAddr)
			})
		}
		ctx := r.Context()
		if server, _ := ctx.Value(http.ServerContextKey).(*http.Server); server == nil || server.ReadTimeout <= 0 || server.ReadTimeout > t.options.Timeout {
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(t.options.Timeout)) //nolint:errcheck // what is no connection has its body already
		}
		ctx = context.WithValue(ctx, visitKey{}, &visit{id, address})
		ctx = orm.WithViewer(ctx, orm.ViewerOf(ctx)) // who it is, is found out later
		h := w.Header()
		h["X-Request-Id"] = []string{id}
		h["X-Content-Type-Options"] = noSniff
		defer func() {
			if p := recover(); p != nil {
				Recovered(ctx, p) //nolint:errcheck // what it says is said here
				refuse(w, mediaJSON, Refusal{http.StatusInternalServerError, orm.Internal, InternalMessage})
			}
		}()
		switch {
		case len(r.RequestURI) > maxURL:
			refuse(w, mediaJSON, Refusal{http.StatusRequestURITooLong, orm.LimitExceeded, "the URL is longer than 16 KiB"})
		case headerBytes(r) > maxHeader:
			refuse(w, mediaJSON, Refusal{http.StatusRequestHeaderFieldsTooLarge, orm.LimitExceeded, "the header fields are larger than 16 KiB"})
		default:
			next.ServeHTTP(w, r.WithContext(ctx))
		}
	})
}

// headerBytes is how long a request's header fields were, as HTTP/1.1 sends them.
func headerBytes(r *http.Request) int {
	n := len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(": \r\n") + len(v)
		}
	}
	return n
}

// compressed sends answers as gzip or zstd where the client takes it and it is worth it. Of both, gzip at its fastest: zstd
// takes a fifth to a half longer for a tenth less, and another level of gzip longer for less than that.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(2<<10), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(true), gzhttp.PreferZstd(false))
	if err != nil {
		panic(err) // the options are right
	}
	return wrap(next)
}

// A Request is what a client asks for, and how.
type Request struct {
	document.Request
	Header   http.Header
	ReadOnly bool   // it was sent by a method that may only read
	Written  string // what the answer says of what was written; set by who runs it

	media              string // of the answer
	events, onlyEvents bool   // the client takes server-sent events, and nothing else
}

// Read reads a request. What arrives of its body is taken from budget: many may send a body slowly. If it is not one, the
// second answer says so, and the first is good for Refuse alone.
func (t *Transport) Read(w http.ResponseWriter, r *http.Request, budget *orm.Budget) (*Request, *Refusal) {
	h := w.Header()
	h["Vary"] = append(h["Vary"], "Accept, Authorization")
	q := &Request{Header: r.Header, ReadOnly: r.Method != http.MethodPost, media: accepted(r.Header), events: events(r.Header)}
	switch {
	case q.media == "" && q.events:
		q.media, q.onlyEvents = mediaJSON, true
	case q.media == "":
		q.media = mediaJSON
		return q, &Refusal{http.StatusNotAcceptable, orm.BadRequest, "the answer is " + mediaGraphQL + " or " + mediaJSON}
	}
	return q, t.readRequest(w, r, q, budget)
}

// Refuse answers a request with no more than why it is not run.
func (q *Request) Refuse(w http.ResponseWriter, wrong *Refusal) { refuse(w, q.media, *wrong) }

// Answer sends the answer of a request, with the status that application/graphql-response+json gives it. The budget holds
// what is sent.
func (q *Request) Answer(w http.ResponseWriter, answer *graphql.Response, status int, budget *orm.Budget) {
	h := w.Header()
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if q.media == mediaJSON && status == http.StatusBadRequest {
		status = http.StatusOK // a well-formed request, says the specification of this media type
	}
	if q.Written != "" {
		h.Set(Consistency, q.Written)
	}
	body := encode(answer)
	budget.Keep(body.len())
	for _, e := range answer.Errors {
		if seconds, ok := e.Extensions[RetryAfter].(int); ok {
			h.Set("Retry-After", strconv.Itoa(seconds))
		}
	}
	h["Cache-Control"] = noStore
	if q.ReadOnly && len(answer.Errors) == 0 {
		h.Set("Cache-Control", "private, no-cache")
		tag := sha256.New()
		body.writeTo(tag)
		// Weak: the same answer may be compressed or not.
		etag := `W/"` + hex.EncodeToString(tag.Sum(nil)[:16]) + `"`
		h.Set("ETag", etag)
		if matches(q.Header.Values("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	send(w, q.media, status, body)
}

// matches tells whether an If-None-Match header names a tag.
func matches(values []string, etag string) bool {
	for _, value := range strings.Split(strings.Join(values, ","), ",") {
		if value = strings.TrimSpace(value); value == "*" || strings.TrimPrefix(value, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// accepted is the media type to answer with, by the Accept header's own weights; "" if it takes neither.
func accepted(h http.Header) string {
	values := h.Values("Accept")
	if len(values) == 0 {
		return mediaJSON
	}
	weight := map[string]float64{mediaGraphQL: -1, mediaJSON: -1}
	exact := map[string]int{}
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		for ours := range weight {
			rank := 0
			switch {
			case media == ours:
				rank = 3
			case media == "application/*":
				rank = 2
			case media == "*/*":
				rank = 1
			}
			if rank > exact[ours] {
				exact[ours], weight[ours] = rank, q
			}
		}
	}
	graphQL, plain := weight[mediaGraphQL], weight[mediaJSON]
	switch {
	case graphQL <= 0 && plain <= 0:
		return ""
	case graphQL > plain, graphQL == plain && exact[mediaGraphQL] == 3:
		return mediaGraphQL
	}
	return mediaJSON
}

func (t *Transport) readRequest(w http.ResponseWriter, r *http.Request, q *Request, budget *orm.Budget) *Refusal {
	var members map[string]any
	var wrong *Refusal
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		members, wrong = t.readURL(r)
	case http.MethodPost:
		members, wrong = t.readBody(w, r, budget)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		return &Refusal{http.StatusMethodNotAllowed, orm.BadRequest, "send GET or POST"}
	}
	if wrong != nil {
		return wrong
	}
	return q.members(members)
}

// members are those of a request, wherever they came in.
func (q *Request) members(members map[string]any) *Refusal {
	for _, m := range [...]struct {
		name string
		into *string
	}{{"query", &q.Query}, {"operationName", &q.OperationName}, {"documentId", &q.DocumentID}} {
		if v := members[m.name]; v != nil {
			text, ok := v.(string)
			if !ok {
				return badRequest("`" + m.name + "` must be a text")
			}
			*m.into = text
		}
	}
	for _, m := range [...]struct {
		name string
		into *map[string]any
	}{{"variables", &q.Variables}, {"extensions", &q.Extensions}} {
		if v := members[m.name]; v != nil {
			object, ok := v.(map[string]any)
			if !ok {
				return badRequest("`" + m.name + "` must be a JSON object")
			}
			*m.into = object
		}
	}
	if q.Query == "" && q.DocumentID == "" && q.Extensions["persistedQuery"] == nil {
		return badRequest("`query` is missing")
	}
	return nil
}

func badRequest(message string) *Refusal {
	return &Refusal{http.StatusBadRequest, orm.BadRequest, message}
}

// readURL reads the members of a GET request.
func (t *Transport) readURL(r *http.Request) (map[string]any, *Refusal) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the URL's query is malformed")
	}
	members := map[string]any{}
	for name, texts := range values {
		text := texts[0]
		if len(texts) > 1 || !utf8.ValidString(text) {
			return nil, badRequest("the URL's query must have each parameter once, in UTF-8")
		}
		members[name] = text
		if (name == "variables" || name == "extensions") && text != "" {
			if members[name], err = t.decode(strings.NewReader(text), document.MaxNesting); err != nil {
				return nil, t.undecodable(err, "`"+name+"` must be a JSON object")
			}
		} else if text == "" {
			members[name] = nil
		}
	}
	return members, nil
}

// readBody reads the members of a POST request. What arrives is taken from its budget: many may send a body slowly.
func (t *Transport) readBody(w http.ResponseWriter, r *http.Request, budget *orm.Budget) (map[string]any, *Refusal) {
	if !isJSON(r.Header.Get("Content-Type")) || r.Header.Get("Content-Encoding") != "" {
		return nil, &Refusal{http.StatusUnsupportedMediaType, orm.BadRequest, "the body must be application/json in UTF-8"}
	}
	if r.ContentLength > int64(t.options.Body) {
		return nil, t.undecodable(&http.MaxBytesError{Limit: int64(t.options.Body)}, "")
	}
	body, err := t.decode(&taken{http.MaxBytesReader(w, r.Body, int64(t.options.Body)), budget}, 1+document.MaxNesting)
	if err != nil {
		return nil, t.undecodable(err, "the body must be one JSON object")
	}
	switch body := body.(type) {
	case map[string]any:
		return body, nil
	case []any:
		return nil, badRequest("the body must be one JSON object; batches are not taken")
	}
	return nil, badRequest("the body must be one JSON object")
}

// isJSON tells whether a Content-Type is JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == mediaJSON {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	charset, ok := params["charset"]
	return err == nil && media == mediaJSON && (!ok || strings.EqualFold(charset, "utf-8"))
}

// taken takes what is read from a budget, twice: the decoder has it and the values that it makes of it.
type taken struct {
	io.Reader
	budget *orm.Budget
}

// Read reads what the budget has room for.
func (t *taken) Read(b []byte) (int, error) {
	n, err := t.Reader.Read(b)
	if over := t.budget.Reserve(2 * n); over != nil {
		return 0, over
	}
	return n, err
}

// undecodable says why something sent is not what it should be, and nothing of what it is.
func (t *Transport) undecodable(err error, otherwise string) *Refusal {
	var large *http.MaxBytesError
	var limit *orm.Error
	switch {
	case errors.Is(err, errNotJSON):
		return badRequest(otherwise)
	case errors.As(err, &large):
		return &Refusal{http.StatusRequestEntityTooLarge, orm.LimitExceeded, "the body is larger than " + strconv.Itoa(t.options.Body) + " bytes"}
	case errors.As(err, &limit) && limit.Code == orm.Unavailable:
		return &Refusal{http.StatusServiceUnavailable, limit.Code, limit.Message}
	case errors.As(err, &limit):
		return &Refusal{http.StatusBadRequest, limit.Code, limit.Message}
	}
	slog.Info("a body could not be read", "cause", err)
	return &Refusal{http.StatusRequestTimeout, orm.BadRequest, "the body did not arrive"}
}

func refuse(w http.ResponseWriter, media string, wrong Refusal) {
	send(w, media, wrong.Status, encode(&graphql.Response{Errors: gqlerror.List{{
		Message: wrong.Message, Extensions: map[string]any{"code": string(wrong.Code)},
	}}}))
}

func send(w http.ResponseWriter, media string, status int, b body) {
	h := w.Header()
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	h["Content-Type"] = types[media]
	h["Content-Length"] = []string{strconv.Itoa(b.len())}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	b.writeTo(w)
}

// A body is an answer as JSON. It is not put together: the data may be most of the memory that there is.
type body struct{ before, data, after []byte }

func (b body) len() int { return len(b.before) + len(b.data) + len(b.after) }

func (b body) writeTo(w io.Writer) {
	for _, part := range [][]byte{b.before, b.data, b.after} {
		if len(part) == 0 {
			continue
		}
		if _, err := w.Write(part); err != nil {
			return // the client has gone
		}
	}
}

var closing = []byte("}")

// encode is an answer's body. The data is JSON already and is not gone through again.
func encode(answer *graphql.Response) body {
	before, after := append(make([]byte, 0, 16), '{'), closing
	if len(answer.Errors) > 0 {
		before = appendJSON(append(before, `"errors":`...), answer.Errors)
	}
	if answer.Data != nil {
		if len(before) > 1 {
			before = append(before, ',')
		}
		before = append(before, `"data":`...)
	}
	if len(answer.Extensions) > 0 {
		after = append(appendJSON([]byte(`,"extensions":`), answer.Extensions), '}')
	}
	return body{before, answer.Data, after}
}

func appendJSON(to []byte, v any) []byte {
	b := bytes.NewBuffer(to)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.Encode(v)                  //nolint:errcheck // our own types always encode
	return b.Bytes()[:b.Len()-1] // the encoder's newline
}
