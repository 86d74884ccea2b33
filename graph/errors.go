package graph

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
)

// present turns a cause into what the client sees: a deliberate sentence and a code. What the sentence leaves out goes
// to the log, beside the request's id. Every error of an answer passes here.
func present(ctx context.Context, err error) *gqlerror.Error {
	var known *db.Error
	var parsed *gqlerror.Error
	out := &gqlerror.Error{Path: graphql.GetPath(ctx), Extensions: map[string]any{}}
	isParsed := errors.As(err, &parsed)
	if isParsed && parsed.Path != nil {
		out.Path = parsed.Path
	}
	if isParsed {
		out.Locations = parsed.Locations
	}
	if errors.As(err, &known) {
		return finish(ctx, out, known.Code, known.Message, known.Cause)
	}
	if isParsed && parsed.Unwrap() == nil {
		// gqlparser's and gqlgen's own words: about the document and its variables.
		code, _ := parsed.Extensions["code"].(string)
		switch {
		case code == errcode.ParseFailed, code == errcode.ValidationFailed:
			return finish(ctx, out, db.Code(code), parsed.Message, nil)
		case code != "":
			return finish(ctx, out, db.Code(code), parsed.Message, nil)
		}
		if parsed.Message == "must not be null" {
			return finish(ctx, out, db.Internal, internalMessage, err)
		}
		return finish(ctx, out, db.BadRequest, parsed.Message, nil)
	}
	switch db.CodeOf(err) {
	case db.Timeout:
		return finish(ctx, out, db.Timeout, timeoutMessage, err)
	default:
		return finish(ctx, out, db.Internal, internalMessage, err)
	}
}

const (
	internalMessage = "internal error"
	timeoutMessage  = "the request took too long"
)

func finish(ctx context.Context, out *gqlerror.Error, code db.Code, message string, cause error) *gqlerror.Error {
	switch code {
	case db.Retry, db.Stale:
		if o := operationOf(ctx); o != nil {
			o.lost.Store(&db.Error{Code: code, Message: message, Cause: cause})
			cause = nil // it is not the end of it
		}
		code, message = db.Unavailable, "too many writers at once; try again"
	}
	out.Message = message
	out.Extensions["code"] = string(code)
	if code == db.Internal {
		out.Extensions["requestId"] = RequestID(ctx)
	}
	if cause != nil {
		slog.ErrorContext(ctx, "error", "code", code, "cause", cause, "path", out.Path.String(), "request_id", RequestID(ctx))
	}
	return out
}

// recovered turns a panic into an error that names nothing of it; the stack goes to the log.
func recovered(ctx context.Context, p any) error {
	slog.ErrorContext(ctx, "panic", "panic", p, "stack", string(debug.Stack()), "request_id", RequestID(ctx))
	return &db.Error{Code: db.Internal, Message: internalMessage}
}

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
