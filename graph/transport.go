package graph

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
	"strconv"
	"strings"
	"unicode/utf8"

	"kith/db/orm"

	"github.com/99designs/gqlgen/graphql"
	"github.com/klauspost/compress/gzhttp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The media types of answers.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
)

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

// addressOf is where the request of ctx comes from, as limits count it.
func addressOf(ctx context.Context) string {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.address
	}
	return ""
}

// A refusal is a request that is not GraphQL over HTTP: it is answered with a status and a fixed text.
type refusal struct {
	status  int
	code    orm.Code
	message string
}

// door is what every request passes first: it gets an id and the time that it has, for all that is done for it, must not be
// too large, and takes nothing with it if it fails.
func (s *server) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		rand.Read(raw[:])
		id := hex.EncodeToString(raw[:])
		address, ignored := s.TrustedProxies.client(r)
		if ignored {
			s.distrusted.Do(func() {
				slog.Warn("a client that is no trusted proxy says for whom it forwards requests; unless KITH_TRUSTED_PROXIES names it, all behind it share the limits of one address",
					"peer", r.RemoteAddr)
			})
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.Limits.Timeout)
		defer cancel()
		deadline, _ := ctx.Deadline()
		http.NewResponseController(w).SetReadDeadline(deadline) //nolint:errcheck // what is no connection has its body already
		ctx = context.WithValue(ctx, visitKey{}, &visit{id, address})
		ctx = orm.WithViewer(ctx, orm.ViewerOf(ctx)) // authenticate finds out who it is
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		defer func() {
			if p := recover(); p != nil {
				recovered(ctx, p) //nolint:errcheck // what it says is said here
				refuse(w, mediaJSON, refusal{http.StatusInternalServerError, orm.Internal, internalMessage})
			}
		}()
		switch {
		case len(r.RequestURI) > maxURL:
			refuse(w, mediaJSON, refusal{http.StatusRequestURITooLong, orm.LimitExceeded, "the URL is longer than 16 KiB"})
		case headerBytes(r) > maxHeader:
			refuse(w, mediaJSON, refusal{http.StatusRequestHeaderFieldsTooLarge, orm.LimitExceeded, "the header fields are larger than 16 KiB"})
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

// compressed sends answers as gzip or zstd where the client takes it and it is worth it.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(2<<10), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(true))
	if err != nil {
		panic(err) // the options are right
	}
	return wrap(next)
}

func (s *server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept, Authorization")
	ctx, budget := s.memory.WithBudget(r.Context(), s.Limits.Response)
	defer budget.Release() // when the answer has been sent: a slow reader holds it for as long
	var q *query
	var wrong *refusal
	media := accepted(r.Header)
	if media == "" {
		media, wrong = mediaJSON, &refusal{http.StatusNotAcceptable, orm.BadRequest, "the answer is " + mediaGraphQL + " or " + mediaJSON}
	} else {
		q, wrong = s.readRequest(w, r, budget)
	}
	if wrong != nil {
		if denied := s.authenticate(r.Context(), r.Header); denied != nil {
			wrong = denied
		}
		refuse(w, media, *wrong)
		return
	}
	answer, status := s.execute(ctx, q)
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if media == mediaJSON && status == http.StatusBadRequest {
		status = http.StatusOK // a well-formed request, says the specification of this media type
	}
	body := encode(answer)
	budget.Keep(body.len())
	h.Set("Cache-Control", "no-store")
	if q.readOnly && len(answer.Errors) == 0 {
		h.Set("Cache-Control", "private, no-cache")
		tag := sha256.New()
		body.writeTo(tag)
		// Weak: the same answer may be compressed or not.
		etag := `W/"` + hex.EncodeToString(tag.Sum(nil)[:16]) + `"`
		h.Set("ETag", etag)
		if matches(r.Header.Values("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	send(w, media, status, body)
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

// A query is what a request asks for.
type query struct {
	text       string
	id         string // of a document, instead of its text or beside it
	name       string // of the operation
	variables  map[string]any
	extensions map[string]any
	header     http.Header
	readOnly   bool
}

// execute runs one request and answers with the status that application/graphql-response+json gives it.
func (s *server) execute(ctx context.Context, q *query) (*graphql.Response, int) {
	visiting := ctx // looking up who asks is no part of the operation
	state := &operation{budget: orm.BudgetOf(ctx), pages: map[*ast.Field]parsedPage{}}
	ctx = context.WithValue(ctx, operationKey{}, state)
	ctx = orm.WithRecorder(ctx, &state.recorder)
	ctx, end := s.observe(ctx, q, state)
	defer end()
	operation, err := s.operation(ctx, q, state)
	// A client whose document is not known by its id yet is to send it: what it asks for is looked at then.
	if err != nil && orm.CodeOf(err) != notPersisted || err == nil && !tokenless(operation) {
		if denied := s.authenticate(visiting, q.header); denied != nil {
			return s.requestError(ctx, asList(&orm.Error{Code: denied.code, Message: denied.message})), denied.status
		}
	}
	if err != nil {
		return s.requestError(ctx, asList(err)), http.StatusBadRequest
	}
	if q.readOnly && operation.Operation.Operation != ast.Query {
		return s.requestError(ctx, asList(orm.Errorf(orm.BadRequest, "only queries may be sent by GET"))), http.StatusMethodNotAllowed
	}
	ctx = orm.WithShare(ctx, addressOf(ctx), maxConnections, state.looks)
	run, ctx := s.executor.DispatchOperation(ctx, operation)
	answer := run(ctx)
	// What came in time is answered, even if time is over now: a mutation may have been committed.
	if answer == nil {
		return s.requestError(context.WithoutCancel(ctx), asList(orm.Errorf(orm.Timeout, timeoutMessage))), http.StatusServiceUnavailable
	}
	if passing := passing(answer.Errors); passing != nil {
		return s.requestError(context.WithoutCancel(ctx), asList(passing)), http.StatusServiceUnavailable
	}
	sortErrors(answer.Errors)
	answer.Errors = s.Limits.capped(answer.Errors)
	for _, e := range answer.Errors {
		state.code(e)
	}
	s.receipt(q, state, answer)
	return answer, http.StatusOK
}

// operation finds the operation that a request asks for, within its limits and with its variables as their types want
// them.
func (s *server) operation(ctx context.Context, q *query, state *operation) (*graphql.OperationContext, error) {
	text, register, err := s.documents.text(q.text, q.id, q.extensions)
	if err != nil {
		return nil, err
	}
	doc, known, problems := s.documents.get(text)
	state.cached = known
	if len(problems) > 0 {
		return nil, problems
	}
	state.plans = doc.plans
	s.documents.learn(text, register)
	chosen := doc.Operations.ForName(q.name)
	switch {
	case chosen == nil && q.name == "":
		return nil, orm.Errorf(validationFailed, "`operationName` must say which of the operations to run")
	case chosen == nil:
		return nil, orm.Errorf(validationFailed, "the document has no operation of this name")
	}
	state.kind = chosen.Operation
	variables, err := coerce(s.schema, s.Introspection, chosen, q.variables)
	if err != nil {
		return nil, err
	}
	state.cost, state.looks, err = s.documents.cost(doc, chosen, variables, func(via *orm.Relation, table *orm.Table, page *orm.Page, counting bool) (each, once float64) {
		return s.DB.Looks(ctx, via, table, page, counting)
	})
	if err == nil && chosen.Operation == ast.Mutation && state.looks > maxLooksWriting {
		err = exceeded("the answer of a mutation could make the database look at %.0f rows and may at %d; ask for it in a query", state.looks, maxLooksWriting)
	}
	return &graphql.OperationContext{
		RawQuery: text, OperationName: q.name, Doc: doc.QueryDocument, Operation: chosen, Variables: variables,
		Extensions: q.extensions, Headers: q.header, DisableIntrospection: !s.Introspection,
		RecoverFunc: s.hooks.RecoverFunc, ResolverMiddleware: s.hooks.ResolverMiddleware, RootResolverMiddleware: s.hooks.RootResolverMiddleware,
	}, err
}

// requestError is the answer of a request that never ran, or not to its end: it has errors and no data.
func (s *server) requestError(ctx context.Context, problems gqlerror.List) *graphql.Response {
	answer := &graphql.Response{}
	for _, p := range s.Limits.capped(problems) {
		presented := present(ctx, p)
		presented.Path = nil
		operationOf(ctx).code(presented)
		answer.Errors = append(answer.Errors, presented)
	}
	return answer
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

func (s *server) readRequest(w http.ResponseWriter, r *http.Request, budget *orm.Budget) (*query, *refusal) {
	var members map[string]any
	var wrong *refusal
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		members, wrong = s.readURL(r)
	case http.MethodPost:
		members, wrong = s.readBody(w, r, budget)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		return nil, &refusal{http.StatusMethodNotAllowed, orm.BadRequest, "send GET or POST"}
	}
	if wrong != nil {
		return nil, wrong
	}
	q := &query{header: r.Header, readOnly: r.Method != http.MethodPost}
	for name, into := range map[string]*string{"query": &q.text, "operationName": &q.name, "documentId": &q.id} {
		if v := members[name]; v != nil {
			text, ok := v.(string)
			if !ok {
				return nil, badRequest("`" + name + "` must be a text")
			}
			*into = text
		}
	}
	for name, into := range map[string]*map[string]any{"variables": &q.variables, "extensions": &q.extensions} {
		if v := members[name]; v != nil {
			object, ok := v.(map[string]any)
			if !ok {
				return nil, badRequest("`" + name + "` must be a JSON object")
			}
			*into = object
		}
	}
	if q.text == "" && q.id == "" && q.extensions["persistedQuery"] == nil {
		return nil, badRequest("`query` is missing")
	}
	return q, nil
}

func badRequest(message string) *refusal {
	return &refusal{http.StatusBadRequest, orm.BadRequest, message}
}

// readURL reads the members of a GET request.
func (s *server) readURL(r *http.Request) (map[string]any, *refusal) {
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
			if members[name], err = s.Limits.decode(strings.NewReader(text), maxNesting); err != nil {
				return nil, s.undecodable(err, "`"+name+"` must be a JSON object")
			}
		} else if text == "" {
			members[name] = nil
		}
	}
	return members, nil
}

// readBody reads the members of a POST request. What arrives is taken from its budget: many may send a body slowly.
func (s *server) readBody(w http.ResponseWriter, r *http.Request, budget *orm.Budget) (map[string]any, *refusal) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, ok := params["charset"]
	if err != nil || media != mediaJSON || ok && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != "" {
		return nil, &refusal{http.StatusUnsupportedMediaType, orm.BadRequest, "the body must be application/json in UTF-8"}
	}
	if r.ContentLength > int64(s.Limits.Body) {
		return nil, s.undecodable(&http.MaxBytesError{Limit: int64(s.Limits.Body)}, "")
	}
	body, err := s.Limits.decode(&taken{http.MaxBytesReader(w, r.Body, int64(s.Limits.Body)), budget}, 1+maxNesting)
	if err != nil {
		return nil, s.undecodable(err, "the body must be one JSON object")
	}
	switch body := body.(type) {
	case map[string]any:
		return body, nil
	case []any:
		return nil, badRequest("the body must be one JSON object; batches are not taken")
	}
	return nil, badRequest("the body must be one JSON object")
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
func (s *server) undecodable(err error, otherwise string) *refusal {
	var large *http.MaxBytesError
	var limit *orm.Error
	switch {
	case errors.Is(err, errNotJSON):
		return badRequest(otherwise)
	case errors.As(err, &large):
		return &refusal{http.StatusRequestEntityTooLarge, orm.LimitExceeded, "the body is larger than " + strconv.Itoa(s.Limits.Body) + " bytes"}
	case errors.As(err, &limit) && limit.Code == orm.Unavailable:
		return &refusal{http.StatusServiceUnavailable, limit.Code, limit.Message}
	case errors.As(err, &limit):
		return &refusal{http.StatusBadRequest, limit.Code, limit.Message}
	}
	slog.Info("a body could not be read", "cause", err)
	return &refusal{http.StatusRequestTimeout, orm.BadRequest, "the body did not arrive"}
}

func refuse(w http.ResponseWriter, media string, wrong refusal) {
	send(w, media, wrong.status, encode(&graphql.Response{Errors: gqlerror.List{{
		Message: wrong.message, Extensions: map[string]any{"code": string(wrong.code)},
	}}}))
}

func send(w http.ResponseWriter, media string, status int, b body) {
	h := w.Header()
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	h.Set("Content-Type", media+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.len()))
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
