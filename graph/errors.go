package graph

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
	"kith/graph/document"
	"kith/graph/transport"
)

// present turns a cause into what the client sees: a deliberate sentence and a code. What the sentence leaves out goes
// to the log, beside the request's id. Every error of an answer passes here.
func present(ctx context.Context, err error) *gqlerror.Error {
	out := &gqlerror.Error{Extensions: map[string]any{}}
	var parsed *gqlerror.Error
	if errors.As(err, &parsed) {
		out.Path, out.Locations = parsed.Path, parsed.Locations
	}
	if out.Path == nil {
		out.Path = graphql.GetPath(ctx)
	}
	var known *orm.Error
	if errors.As(err, &known) {
		if known.RetryAfter > 0 {
			out.Extensions[transport.RetryAfter] = int(math.Ceil(known.RetryAfter.Seconds()))
		}
		return finish(ctx, out, known.Code, known.Message, known.Cause)
	}
	if orm.CodeOf(err) == orm.Timeout {
		return finish(ctx, out, orm.Timeout, timeoutMessage, err)
	}
	return finish(ctx, out, orm.Internal, transport.InternalMessage, err)
}

const (
	timeoutMessage = "the request took too long"

	// longMessage bounds what an error may repeat of a document.
	longMessage = 500
)

func finish(ctx context.Context, out *gqlerror.Error, code orm.Code, message string, cause error) *gqlerror.Error {
	switch code {
	case orm.Retry, orm.Stale:
		if o := operationOf(ctx); o != nil {
			o.invalid.Store(&orm.Error{Code: code, Message: message, Cause: cause})
			cause = nil // it is not the end of it
		}
		code, message = orm.Unavailable, "too many writers at once; try again"
	}
	out.Extensions["code"] = string(code)
	if code == orm.Internal {
		out.Extensions["requestId"] = transport.RequestID(ctx)
		if message != transport.InternalMessage {
			message, cause = transport.InternalMessage, errors.Join(errors.New(message), cause)
		}
	}
	out.Message = document.Shorten(message, longMessage)
	if cause != nil && operationOf(ctx).mayLog() {
		level, text := slog.LevelError, "error"
		if ctx.Err() == context.Canceled && orm.BudgetOf(ctx).Err() == nil {
			level, text = slog.LevelInfo, "the client has gone"
		}
		slog.Log(ctx, level, text, "code", code, "cause", cause, "path", out.Path.String(), "request_id", transport.RequestID(ctx))
	}
	return out
}

// passing is the error that an operation ends with if one of its errors passes: with the database gone, or with no time
// left, what has been read is no answer. Its cause has been logged.
func passing(list gqlerror.List) error {
	for _, e := range list {
		switch code, _ := e.Extensions["code"].(string); orm.Code(code) {
		case orm.Timeout, orm.Unavailable:
			return orm.Errorf(orm.Code(code), "%s", e.Message)
		}
	}
	return nil
}

// loggedCauses bounds what one operation writes to the log: with the database gone, every field has a cause.
const loggedCauses = 10

func (o *operation) mayLog() bool { return o == nil || o.logged.Add(1) <= loggedCauses }

// sortErrors puts errors in the order of their paths: resolvers report them as they happen.
func sortErrors(list gqlerror.List) {
	slices.SortStableFunc(list, func(a, b *gqlerror.Error) int { return comparePaths(a.Path, b.Path) })
}

func comparePaths(a, b ast.Path) int {
	for i := range min(len(a), len(b)) {
		x, xIsIndex := a[i].(ast.PathIndex)
		y, yIsIndex := b[i].(ast.PathIndex)
		if xIsIndex && yIsIndex {
			if x != y {
				return int(x) - int(y)
			}
			continue
		}
		p, _ := a[i].(ast.PathName)
		q, _ := b[i].(ast.PathName)
		if c := strings.Compare(string(p), string(q)); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}
