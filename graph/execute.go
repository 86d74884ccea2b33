package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
	"kith/graph/document"
	"kith/graph/session"
	"kith/graph/transport"
)

// maxConnections is how many connections to the database a request holds at once.
const maxConnections = 2

// serveGraphQL reads a request, runs it and answers it.
func (s *server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	if transport.Upgrades(r) {
		s.transport.ServeWebSocket(w, r, s.streams())
		return
	}
	ctx, budget := s.memory.WithBudget(r.Context(), s.Limits.Timeout, s.Limits.Response)
	defer budget.Release() // when the answer has been sent: a slow reader holds it for as long
	q, wrong := s.transport.Read(w, r, budget)
	if wrong != nil {
		if denied := s.authenticate(ctx, r.Header); denied != nil {
			wrong = denied
		}
		q.Refuse(w, wrong)
		return
	}
	if may, must := q.Events(); must || may && s.kind(ctx, q) == ast.Subscription {
		budget.Release()
		s.transport.ServeEvents(w, r, q, s.streams())
		return
	}
	ctx, jar := session.WithJar(ctx, r.Header)
	answer, status := s.execute(ctx, q)
	jar.Send(w.Header())
	q.Answer(w, answer, status, budget)
}

// authenticate finds out who sends a request, or refuses a token that is not good.
func (s *server) authenticate(ctx context.Context, h http.Header) *transport.Refusal {
	viewer, err := s.sessions.Viewer(ctx, h)
	if err == nil {
		orm.SetViewer(ctx, viewer)
		return nil
	}
	return s.denied(ctx, err)
}

// denied is what is answered to whom nothing is done for.
func (s *server) denied(ctx context.Context, err error) *transport.Refusal {
	var known *orm.Error
	if errors.As(err, &known) && known.Code == orm.Unauthenticated {
		return &transport.Refusal{Status: http.StatusUnauthorized, Code: known.Code, Message: known.Message}
	}
	slog.ErrorContext(ctx, "authentication", "cause", err, "request_id", transport.RequestID(ctx))
	switch code := orm.CodeOf(err); code {
	case orm.Unavailable, orm.Timeout:
		return &transport.Refusal{Status: http.StatusServiceUnavailable, Code: code, Message: "the access token cannot be checked now"}
	}
	return &transport.Refusal{Status: http.StatusInternalServerError, Code: orm.Internal, Message: transport.InternalMessage}
}

// execute runs one request and answers with the status that application/graphql-response+json gives it.
func (s *server) execute(ctx context.Context, q *transport.Request) (*graphql.Response, int) {
	visiting := ctx // looking up who asks is no part of the operation
	state := &operation{budget: orm.BudgetOf(ctx), pages: map[*ast.Field]parsedPage{}}
	ctx = context.WithValue(ctx, operationKey{}, state)
	ctx = orm.WithRecorder(ctx, &state.recorder)
	ctx, end := s.observe(ctx, q, state)
	defer end()
	operation, err := s.operation(ctx, q, state)
	// A client whose document is not known by its id yet is to send it: what it asks for is looked at then.
	if err != nil && orm.CodeOf(err) != document.NotPersisted || err == nil && !session.Tokenless(operation) {
		if denied := s.authenticate(visiting, q.Header); denied != nil {
			return s.requestError(ctx, asList(&orm.Error{Code: denied.Code, Message: denied.Message})), denied.Status
		}
	}
	if err != nil {
		return s.requestError(ctx, asList(err)), http.StatusBadRequest
	}
	if operation.Operation.Operation == ast.Subscription {
		return s.requestError(ctx, asList(orm.Errorf(orm.BadRequest, "subscriptions come over a WebSocket, or as server-sent events: Accept: text/event-stream"))), http.StatusBadRequest
	}
	if q.ReadOnly && operation.Operation.Operation != ast.Query {
		return s.requestError(ctx, asList(orm.Errorf(orm.BadRequest, "only queries may be sent by GET"))), http.StatusMethodNotAllowed
	}
	ctx = orm.WithShare(ctx, transport.Address(ctx), maxConnections, state.Looks)
	ctx = graphql.WithOperationContext(ctx, operation)
	answer := s.run(ctx)
	q.Written = s.written(ctx, &state.recorder)
	// What came in time is answered, even if time is over now: a mutation may have been committed.
	if answer == nil {
		return s.requestError(context.WithoutCancel(ctx), asList(orm.Errorf(orm.Timeout, timeoutMessage))), http.StatusServiceUnavailable
	}
	if passing := passing(answer.Errors); passing != nil {
		return s.requestError(context.WithoutCancel(ctx), asList(passing)), http.StatusServiceUnavailable
	}
	sortErrors(answer.Errors)
	answer.Errors = s.capped(answer.Errors)
	for _, e := range answer.Errors {
		state.code(e)
	}
	s.receipt(q, state, answer)
	return answer, http.StatusOK
}

// operation finds the operation that a request asks for.
func (s *server) operation(ctx context.Context, q *transport.Request, state *operation) (*graphql.OperationContext, error) {
	var err error
	state.Operation, err = s.documents.Prepare(ctx, q.Request)
	if err != nil {
		return nil, err
	}
	return &graphql.OperationContext{
		RawQuery: state.Text, OperationName: q.OperationName, Doc: state.Document, Operation: state.Definition, Variables: state.Variables,
		Extensions: q.Extensions, Headers: q.Header, DisableIntrospection: !s.Introspection,
		RecoverFunc: s.hooks.RecoverFunc, ResolverMiddleware: s.hooks.ResolverMiddleware, RootResolverMiddleware: s.hooks.RootResolverMiddleware,
	}, nil
}

// requestError is the answer of a request that never ran, or not to its end: it has errors and no data.
func (s *server) requestError(ctx context.Context, problems gqlerror.List) *graphql.Response {
	answer := &graphql.Response{}
	for _, p := range s.capped(problems) {
		presented := present(ctx, p)
		presented.Path = nil
		operationOf(ctx).code(presented)
		answer.Errors = append(answer.Errors, presented)
	}
	return answer
}

func asList(err error) gqlerror.List {
	var list gqlerror.List
	if errors.As(err, &list) {
		return list
	}
	return gqlerror.List{{Err: err}}
}

// capped bounds the errors of an answer.
func (s *server) capped(errors gqlerror.List) gqlerror.List {
	return errors[:min(len(errors), s.Limits.Errors)]
}
