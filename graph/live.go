package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/db/orm"
	"kith/graph/plan"
	"kith/graph/transport"
)

// Live queries: the answer of a query, and again after each change that makes it another. Those who ask the same, and are answered
// the same, share one. It knows what it has read (orm.ReadSet), an index finds whom a change concerns, and an answer that nothing
// concerns costs nothing.

const (
	// window is for how long changes are gathered before a query that they concern runs again.
	window = 10 * time.Millisecond
	// liveAgain is when a query runs again that could not be answered.
	liveAgain = time.Second
)

// live are the live queries of a server.
type live struct {
	server *server
	places chan struct{} // how many run at once
	memory *orm.Memory   // of the answers that are kept
	seed   maphash.Seed

	mu      sync.Mutex
	queries map[liveKey]*liveQuery
	watches *orm.Watches[*liveQuery]
	stop    func() // following the changes
}

type liveKey struct {
	text, operation, variables string
	viewer                     string
}

// A liveQuery is what all who ask it share. Its fields are guarded by live's mu.
type liveQuery struct {
	live    *live
	key     liveKey
	ctx     context.Context // of the first who asked, without its end
	query   *graphql.OperationContext
	plans   *plan.Plans
	members map[chan struct{}]bool

	waiting, running bool
	pending          []*orm.Committed // since it began to run
	answer           transport.Answer
	sum              uint64
	version          int // of the answer; 0: there is none yet
	err              error
}

func newLive(s *server) *live {
	return &live{
		server: s, places: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), seed: maphash.MakeSeed(),
		memory:  orm.NewMemory(manyAnswers * s.Limits.Response),
		queries: map[liveKey]*liveQuery{}, watches: orm.NewWatches[*liveQuery](),
	}
}

// follow sends the answers of a query until ctx ends, the newest if the client takes them slowly.
func (l *live) follow(ctx context.Context, query *graphql.OperationContext, next func(transport.Answer) error) error {
	q, moved, err := l.join(ctx, query)
	if err != nil {
		return err
	}
	defer l.leave(q, moved)
	for seen := 0; ; {
		l.mu.Lock()
		answer, version, err := q.answer, q.version, q.err
		l.mu.Unlock()
		if err != nil {
			return err
		}
		if version != seen {
			seen = version
			if next(answer) != nil {
				return nil // the client has gone
			}
			continue
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// join makes somebody one of those who ask a query.
func (l *live) join(ctx context.Context, query *graphql.OperationContext) (q *liveQuery, moved chan struct{}, err error) {
	variables, _ := json.Marshal(query.Variables) //nolint:errchkjson // they were JSON
	key := liveKey{text: query.RawQuery, operation: query.OperationName, variables: string(variables), viewer: "everybody"}
	if viewer := orm.ViewerOf(ctx); !l.server.public(query.Operation.SelectionSet) {
		key.viewer = fmt.Sprint(viewer)
	}
	moved = make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop == nil {
		from, leave, err := l.server.DB.Follow(ctx)
		if err != nil {
			return nil, nil, err
		}
		following, cancel := context.WithCancel(context.WithoutCancel(ctx))
		l.stop = func() { cancel(); leave() }
		go l.followChanges(following, from)
	}
	if q = l.queries[key]; q == nil {
		plans, _ := plan.NewPlans(500)
		lasting := orm.WithViewer(context.WithoutCancel(ctx), orm.ViewerOf(ctx))
		q = &liveQuery{live: l, key: key, ctx: lasting, query: query, plans: plans, members: map[chan struct{}]bool{}}
		l.queries[key] = q
		q.schedule(0)
	}
	q.members[moved] = true
	return q, moved, nil
}

func (l *live) leave(q *liveQuery, moved chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if delete(q.members, moved); len(q.members) > 0 {
		return
	}
	delete(l.queries, q.key)
	l.watches.Set(q, nil)
	l.memory.Give(q.answer.Len())
	if len(l.queries) == 0 {
		l.stop()
		l.stop = nil
	}
}

// followChanges lets the queries run again that changes concern. Where it is not known what has changed, all do.
func (l *live) followChanges(ctx context.Context, from orm.Cursor) {
	for ctx.Err() == nil {
		sets, err := l.server.DB.Next(ctx, from)
		switch {
		case ctx.Err() != nil:
			return
		case orm.CodeOf(err) == orm.Resync:
			begin, leave, err := l.server.DB.Follow(ctx)
			if err != nil {
				break
			}
			leave() // the first one lasts
			from = begin
			l.mu.Lock()
			for _, q := range l.queries {
				q.schedule(window)
				q.pending = append(q.pending, nil)
			}
			l.mu.Unlock()
			continue
		}
		if err != nil {
			slog.Warn("live queries do not hear of changes", "cause", err)
			time.Sleep(liveAgain)
			continue
		}
		l.mu.Lock()
		for _, set := range sets {
			from = set.Cursor
			l.watches.Concerned(set, func(q *liveQuery) { q.schedule(window) })
			for _, q := range l.queries {
				if q.running {
					q.pending = append(q.pending, set)
				}
			}
		}
		l.mu.Unlock()
	}
}

// schedule lets the query run soon, if it is not going to; mu is held.
func (q *liveQuery) schedule(in time.Duration) {
	if !q.waiting {
		q.waiting = true
		time.AfterFunc(in, q.run)
	}
}

// run makes the answer anew, and tells those who asked if it is another.
func (q *liveQuery) run() {
	l := q.live
	l.places <- struct{}{}
	defer func() { <-l.places }()
	l.mu.Lock()
	if q.waiting = false; len(q.members) == 0 {
		l.mu.Unlock()
		return
	}
	if q.running { // what concerns it now will be found when it ends
		q.pending = append(q.pending, nil)
		l.mu.Unlock()
		return
	}
	q.running, q.pending = true, nil
	l.mu.Unlock()

	ctx, read := orm.WithReadSet(q.ctx)
	response := l.server.answer(ctx, q.query, q.plans)
	answer := transport.Encode(response, "")
	sum := answer.Sum(l.seed)

	l.mu.Lock()
	defer l.mu.Unlock()
	q.running = false
	if len(q.members) == 0 {
		return
	}
	if passing(response.Errors) != nil {
		q.schedule(liveAgain)
		return
	}
	l.watches.Set(q, read)
	for _, set := range q.pending {
		if set == nil || read.Matches(set) {
			q.schedule(window)
			break
		}
	}
	q.pending = nil
	if q.version > 0 && sum == q.sum {
		return
	}
	l.memory.Give(q.answer.Len())
	if !l.memory.Take(answer.Len()) {
		answer, q.err = transport.Answer{}, orm.Errorf(orm.LimitExceeded, "the answers of live queries take too much memory; ask for less")
	}
	q.answer, q.sum, q.version = answer, sum, q.version+1
	for moved := range q.members {
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}
