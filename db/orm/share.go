package orm

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// manyRows is how many rows a statement looks at that has to pass the gate; of an operation that looks at as many in all,
// each that looks at more than a few has to.
const manyRows = 20_000

// A share is what the statements of one operation may take.
type share struct {
	client      string
	connections *semaphore.Weighted
	looks       float64
	looking     *semaphore.Weighted // who looks up rows by unique values

	mu     sync.Mutex
	pinned map[lookUp]int64 // what has been looked up
	places map[rowOf]place  // where rows are that are distributed
}

// found is the key of a row that the operation has looked up before, 0 if there was none; ok is false if it has not.
func (s *share) found(l lookUp) (key int64, ok bool) {
	if s == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok = s.pinned[l]
	return key, ok
}

func (s *share) keep(l lookUp, key int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pinned == nil {
		s.pinned = map[lookUp]int64{}
	}
	s.pinned[l] = key
}

// WithShare makes statements under ctx, outside of transactions, hold at most so many connections at once; what is more
// waits, first come first served. At the gate clients take turns. looks is how many rows all of them look at, as Looks counts it: a transaction that
// looks at many passes the gate before it begins, and holds nothing while it waits.
func WithShare(ctx context.Context, client string, connections int, looks float64) context.Context {
	return context.WithValue(ctx, shareKey, &share{client: client, connections: semaphore.NewWeighted(int64(connections)), looks: looks, looking: semaphore.NewWeighted(1)})
}

// enter waits until a statement outside of transactions may have a connection, and holds none meanwhile; leave must
// follow.
func (db *DB) enter(ctx context.Context, st *Statement) (leave func(), err error) {
	release := func() {}
	many := float64(manyRows)
	if s, ok := ctx.Value(shareKey).(*share); ok {
		if s.looks >= manyRows {
			many = fewRows // much in small pieces is as much
		}
		if err := s.connections.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		release = func() { s.connections.Release(1) }
	}
	if st.looks == nil {
		return release, nil
	}
	pass, err := db.pass(ctx, st.looks(ctx) >= many)
	if err != nil {
		release()
		return nil, err
	}
	return func() { pass(); release() }, nil
}

// pass waits at the gate with what looks at many rows: few of it run at once, so that the rest finds connections and
// processors. end must follow.
func (db *DB) pass(ctx context.Context, many bool) (end func(), err error) {
	if !many {
		return func() {}, nil
	}
	client := ""
	if s, ok := ctx.Value(shareKey).(*share); ok {
		client = s.client
	}
	if err := db.gate.Enter(ctx, client); err != nil {
		return nil, err
	}
	return db.gate.Leave, nil
}
