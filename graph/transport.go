package graph

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
)

// The media types of answers.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
)

// MaxBody is how many bytes a request's body may have.
const MaxBody = 1 << 20

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to; it stands in X-Request-Id and in the log.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		rand.Read(raw[:]) //nolint:errcheck // never fails
		id := hex.EncodeToString(raw[:])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// A refusal is a request that is not GraphQL over HTTP: it is answered with a status and a fixed text.
type refusal struct {
	status  int
	code    db.Code
	message string
}

func (s *server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	media := accepted(r.Header)
	if media == "" {
		refuse(w, mediaJSON, refusal{http.StatusNotAcceptable, db.BadRequest, "the answer is " + mediaGraphQL + " or " + mediaJSON})
		return
	}
	params, wrong := readRequest(w, r)
	if wrong != nil {
		refuse(w, media, *wrong)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.Timeout)
	defer cancel()
	answer, status := s.execute(ctx, params, r.Method == http.MethodGet)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if media == mediaJSON && status == http.StatusBadRequest {
		status = http.StatusOK // a well-formed request, says the specification of this media type
	}
	respond(w, media, status, answer)
}

// execute runs one request and answers with the status that application/graphql-response+json gives it.
func (s *server) execute(ctx context.Context, params *graphql.RawParams, readOnly bool) (*graphql.Response, int) {
	state := &operation{pages: map[*ast.Field]parsedPage{}}
	ctx = context.WithValue(ctx, operationKey{}, state)
	ctx = db.WithRecorder(ctx, &state.recorder)
	defer s.log(ctx, params, state)()
	ctx = graphql.StartOperationTrace(ctx)
	operation, problems := s.executor.CreateOperationContext(ctx, params)
	if len(problems) > 0 {
		return s.requestError(graphql.WithOperationContext(ctx, operation), problems), http.StatusBadRequest
	}
	if readOnly && operation.Operation.Operation != ast.Query {
		return s.requestError(ctx, gqlerror.List{{Err: db.Errorf(db.BadRequest, "only queries may be sent by GET")}}), http.StatusMethodNotAllowed
	}
	operation.DisableIntrospection = !s.Introspection
	run, ctx := s.executor.DispatchOperation(ctx, operation)
	answer := run(ctx)
	if answer == nil {
		answer = &graphql.Response{Data: json.RawMessage("null")}
	}
	sortErrors(answer.Errors)
	for _, e := range answer.Errors {
		state.code(e)
	}
	if err := ctx.Err(); err != nil {
		timeout := present(context.WithoutCancel(ctx), &db.Error{Code: db.Timeout, Message: timeoutMessage})
		timeout.Path = nil
		state.code(timeout)
		return &graphql.Response{Errors: gqlerror.List{timeout}, Data: json.RawMessage("null")}, http.StatusServiceUnavailable
	}
	return answer, http.StatusOK
}

// requestError is the answer of a request that never ran: it has errors and no data.
func (s *server) requestError(ctx context.Context, problems gqlerror.List) *graphql.Response {
	answer := &graphql.Response{}
	for _, p := range problems {
		presented := present(ctx, p)
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

func readRequest(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return readQuery(r)
	case http.MethodPost:
		return readBody(w, r)
	}
	w.Header().Set("Allow", "GET, HEAD, POST")
	return nil, &refusal{http.StatusMethodNotAllowed, db.BadRequest, "send GET or POST"}
}

func readQuery(r *http.Request) (*graphql.RawParams, *refusal) {
	q := r.URL.Query()
	params := &graphql.RawParams{Query: q.Get("query"), OperationName: q.Get("operationName"), Headers: r.Header}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		if !decode([]byte(text), into) {
			return nil, &refusal{http.StatusBadRequest, db.BadRequest, "`" + name + "` must be a JSON object"}
		}
	}
	if params.Query == "" {
		return nil, &refusal{http.StatusBadRequest, db.BadRequest, "`query` is missing"}
	}
	return params, nil
}

func readBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	media, typeParams, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset, ok := typeParams["charset"]; err != nil || media != mediaJSON || ok && !strings.EqualFold(charset, "utf-8") {
		return nil, &refusal{http.StatusUnsupportedMediaType, db.BadRequest, "the body must be application/json in UTF-8"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, &refusal{http.StatusRequestEntityTooLarge, db.LimitExceeded, "the body is larger than 1 MiB"}
		}
		return nil, &refusal{http.StatusBadRequest, db.BadRequest, "the body could not be read"}
	}
	var request struct {
		Query         *string         `json:"query"`
		OperationName *string         `json:"operationName"`
		Variables     json.RawMessage `json:"variables"`
		Extensions    json.RawMessage `json:"extensions"`
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return nil, &refusal{http.StatusBadRequest, db.BadRequest, "the body must be one JSON object; batches are not taken"}
	}
	if !decode(body, &request) || request.Query == nil {
		return nil, &refusal{http.StatusBadRequest, db.BadRequest, "the body must be a JSON object with a text `query`"}
	}
	params := &graphql.RawParams{Query: *request.Query, Headers: r.Header}
	if request.OperationName != nil {
		params.OperationName = *request.OperationName
	}
	for _, part := range []struct {
		name string
		text json.RawMessage
		into *map[string]any
	}{{"variables", request.Variables, &params.Variables}, {"extensions", request.Extensions, &params.Extensions}} {
		if len(part.text) > 0 && !decode(part.text, part.into) {
			return nil, &refusal{http.StatusBadRequest, db.BadRequest, "`" + part.name + "` must be a JSON object"}
		}
	}
	return params, nil
}

// decode reads one JSON value strictly: valid UTF-8, no name twice, nothing behind it. Numbers keep their text.
func decode(text []byte, into any) bool {
	if !jsontext.Value(text).IsValid() {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into) == nil
}

func refuse(w http.ResponseWriter, media string, wrong refusal) {
	respond(w, media, wrong.status, &graphql.Response{Errors: gqlerror.List{{
		Message: wrong.message, Extensions: map[string]any{"code": string(wrong.code)},
	}}})
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// respond writes an answer. The data is JSON already and is not gone through again.
func respond(w http.ResponseWriter, media string, status int, answer *graphql.Response) {
	b, _ := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	b.WriteByte('{')
	if len(answer.Errors) > 0 {
		b.WriteString(`"errors":`)
		writeJSON(b, answer.Errors)
	}
	if answer.Data != nil {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"data":`)
		b.Write(answer.Data)
	}
	if len(answer.Extensions) > 0 {
		b.WriteString(`,"extensions":`)
		writeJSON(b, answer.Extensions)
	}
	b.WriteByte('}')
	h := w.Header()
	h.Set("Content-Type", media+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the client has gone
}

func writeJSON(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.Encode(v)             //nolint:errcheck // our own types always encode
	b.Truncate(b.Len() - 1) // the encoder's newline
}
