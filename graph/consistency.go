package graph

import (
	"context"
	"net/http"
	"sync"
	"time"

	"kith/db/orm"
	"kith/graph/transport"
)

// Who has written something, or was told of something, is not shown what was before: queries are read from replicas that are far enough.

// maxKept is of how many users and addresses it is kept what they have seen. For more than that it is kept for all together.
const maxKept = 10_000

// kept is what users, and addresses without a log-in, have written or were told here, for as long as a replica may lack it.
type kept struct {
	mu     sync.Mutex
	of     map[any]keptPosition
	others keptPosition
}

type keptPosition struct {
	orm.Position
	until time.Time
}

// who asks, as far as it is counted: a user's key, or an address.
func who(ctx context.Context, viewer orm.Viewer) any {
	if viewer.Key != 0 {
		return viewer.Key
	}
	return transport.Address(ctx)
}

// keep notes that who asks has seen what was before a position.
func (s *server) keep(ctx context.Context, at orm.Position) {
	if at == (orm.Position{}) {
		return
	}
	key, now := who(ctx, orm.ViewerOf(ctx)), time.Now()
	k := &s.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	had, known := k.of[key]
	if !known && len(k.of) >= maxKept {
		for key, p := range k.of {
			if now.After(p.until) {
				delete(k.of, key)
			}
		}
	}
	// Replicas that are read have it by then, though what is known of them may be a little old.
	next := keptPosition{had.At(now).Later(at), now.Add(s.DB.Lag() + 5*time.Second)}
	if known || len(k.of) < maxKept {
		k.of[key] = next
		return
	}
	k.others = keptPosition{k.others.At(now).Later(at), next.until}
}

// At is the position while it has to be kept.
func (p keptPosition) At(now time.Time) orm.Position {
	if now.After(p.until) {
		return orm.Position{}
	}
	return p.Position
}

// seen is what who asks must be shown: what their header says, or what is kept of them.
func (s *server) seen(ctx context.Context, h http.Header) orm.Position {
	if !s.DB.Replicated() {
		return orm.Position{}
	}
	k, now := &s.kept, time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.of[who(ctx, orm.ViewerOf(ctx))].At(now).Later(k.others.At(now))
	return at.Later(orm.ParsePosition(h.Get(transport.Consistency)))
}

// written is what the answer of an operation says of what it may have written; "" if that is nothing, or there is nobody who may lack it.
func (s *server) written(ctx context.Context, r *orm.Recorder) string {
	if !s.DB.Replicated() || !r.Wrote() {
		return ""
	}
	at := s.DB.Position(context.WithoutCancel(ctx)) // what is done is done
	s.keep(ctx, at)
	return at.String()
}
