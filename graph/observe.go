package graph

import (
	"context"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// code notes the code of an error of the answer; the log shows the first.
func (o *operation) code(e *gqlerror.Error) {
	code, _ := e.Extensions["code"].(string)
	if o.firstCode == "" {
		o.firstCode = code
	}
}

// log begins the operation's line in the log and answers what ends it.
func (s *server) log(ctx context.Context, params *graphql.RawParams, state *operation) func() {
	start := time.Now()
	return func() {
		attrs := []slog.Attr{
			slog.String("operation", params.OperationName),
			slog.Int("statements", len(state.recorder.Statements())),
			slog.Float64("ms", float64(time.Since(start).Microseconds())/1000),
			slog.String("code", state.firstCode),
			slog.String("request_id", RequestID(ctx)),
		}
		slog.LogAttrs(ctx, slog.LevelInfo, "operation", attrs...)
	}
}
