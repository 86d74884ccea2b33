// Package loaders batches the look-ups of relations and keeps their answers for one request. It knows no GraphQL text
// and no SQL: what a relation is stands in db/relations.go, how it is read in db.
package loaders

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"kith/db/orm"

	"github.com/graph-gophers/dataloader/v7"
)

// A Request batches what the resolvers of one request look up. Its loaders are made on first use.
//
// A batch is not cut by a timer. The executor says how many resolvers are still to come (Expect) and when one is done
// (Done); as soon as every resolver that is not done waits for a loader, no further key can come, and all that was asked
// for is fetched. Whatever is announced must be done: a resolver that never is keeps all others waiting.
type Request struct {
	ctx  context.Context
	db   *orm.DB
	path func(context.Context) string

	mu      sync.Mutex
	loaders map[any]any
	asked   []flusher  // that have something to look up
	known   []releaser // asked for and answered before
	open    int        // resolvers begun or to come
	waiting int        // of those, waiting for a batch that has not begun
}

type flusher interface{ flush() int }

type releaser interface{ release() int }

type contextKey struct{}

// New answers a context whose resolvers share loaders over database. path names the place in the answer that a context
// stands for; statements are named by it.
func New(ctx context.Context, database *orm.DB, path func(context.Context) string) context.Context {
	return context.WithValue(ctx, contextKey{}, &Request{ctx: ctx, db: database, path: path, loaders: map[any]any{}})
}

func of(ctx context.Context) *Request {
	r, ok := ctx.Value(contextKey{}).(*Request)
	if !ok {
		panic("loaders: the context does not come from loaders.New")
	}
	return r
}

// Expect announces n resolvers.
func Expect(ctx context.Context, n int) { of(ctx).expect(n) }

// Done says that one announced resolver has answered, and that its answer brings n more.
func Done(ctx context.Context, n int) { of(ctx).expect(n - 1) }

func (r *Request) expect(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open += n
	r.settle()
}

// settle begins every batch if nobody is left who could add to one. The request is locked.
func (r *Request) settle() {
	if r.waiting == 0 || r.waiting < r.open {
		return
	}
	orm.Begin(r.ctx, len(r.asked))
	for _, l := range r.asked {
		r.waiting -= l.flush()
	}
	r.asked = nil
	for _, e := range r.known {
		r.waiting -= e.release()
	}
	r.known = nil
}

// A loader looks up values V by key K, in batches. fetch answers one value for each key it finds, and missing makes the
// answer for the others.
type loader[K cmp.Ordered, V any] struct {
	request *Request
	cache   dataloader.Cache[K, V]
	fetch   func(ctx context.Context, path string, keys []K) (map[K]V, error)
	missing func() (V, error)
	pending map[K]*entry[V]
	ctx     context.Context // of the first who waits
	at      context.Context // the place in the answer of the first who waits
}

type entry[V any] struct {
	begun   chan struct{} // closed when thunk is set
	thunk   dataloader.Thunk[V]
	waiters int
}

// loaderFor is the request's loader of the given identity.
func loaderFor[K cmp.Ordered, V any](r *Request, identity any, fetch func(context.Context, string, []K) (map[K]V, error), missing func() (V, error)) *loader[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l, ok := r.loaders[identity]; ok {
		return l.(*loader[K, V])
	}
	l := &loader[K, V]{request: r, cache: dataloader.NewCache[K, V](), fetch: fetch, missing: missing, pending: map[K]*entry[V]{}}
	r.loaders[identity] = l
	return l
}

// load answers the value of a key; at is the place in the answer that asks.
func (l *loader[K, V]) load(ctx, at context.Context, key K) (V, error) {
	r := l.request
	r.mu.Lock()
	e := l.enqueue(ctx, at, key)
	r.wait(e)
	r.mu.Unlock()
	return await(ctx, e)
}

// enqueue asks for a key. The request is locked. What is known already is answered with the next batches and not before:
// its resolver would hurry ahead of its siblings, and what they ask for next would take two batches.
func (l *loader[K, V]) enqueue(ctx, at context.Context, key K) *entry[V] {
	if thunk, ok := l.cache.Get(ctx, key); ok {
		e := &entry[V]{begun: make(chan struct{}), thunk: thunk}
		l.request.known = append(l.request.known, e)
		return e
	}
	e, ok := l.pending[key]
	if !ok {
		if len(l.pending) == 0 {
			l.ctx, l.at = ctx, at
			l.request.asked = append(l.request.asked, l)
		}
		e = &entry[V]{begun: make(chan struct{})}
		l.pending[key] = e
	}
	return e
}

func (e *entry[V]) addWaiter() { e.waiters++ }

// release lets those who wait for e go on, and answers how many they are.
func (e *entry[V]) release() int {
	close(e.begun)
	return e.waiters
}

// wait counts one resolver as waiting for e. The request is locked.
func (r *Request) wait(e interface{ addWaiter() }) {
	e.addWaiter()
	r.waiting++
	r.settle()
}

// await answers what e's batch found, once it has begun and ended.
func await[V any](ctx context.Context, e *entry[V]) (V, error) {
	select {
	case <-e.begun:
		return e.thunk()
	case <-ctx.Done():
	}
	var none V
	return none, &orm.Error{Code: orm.Timeout, Message: "the request took too long", Cause: ctx.Err()}
}

// flush begins a batch of the pending keys and answers how many had waited for it. The request is locked.
func (l *loader[K, V]) flush() (released int) {
	n := len(l.pending)
	// A dataloader for just this batch: full at the last key, so it begins at once and waits for no timer. The cache
	// outlives it.
	at := l.at
	batch := dataloader.NewBatchedLoader(
		func(ctx context.Context, keys []K) []*dataloader.Result[V] {
			return l.batch(ctx, l.request.path(at), keys)
		},
		dataloader.WithBatchCapacity[K, V](n), dataloader.WithInputCapacity[K, V](n),
		dataloader.WithWait[K, V](time.Hour), dataloader.WithCache(l.cache))
	for key, e := range l.pending {
		e.thunk = batch.Load(l.ctx, key)
		released += e.release()
	}
	clear(l.pending)
	return released
}

// batch answers one result for each key, in the order of the keys; a failed fetch is every key's error.
func (l *loader[K, V]) batch(ctx context.Context, path string, keys []K) []*dataloader.Result[V] {
	defer orm.End(l.request.ctx)
	values, err := l.fetch(ctx, path, slices.Sorted(slices.Values(keys)))
	results := make([]*dataloader.Result[V], len(keys))
	for i, key := range keys {
		result := &dataloader.Result[V]{Error: err}
		if err == nil {
			value, found := values[key]
			if result.Data = value; !found {
				result.Data, result.Error = l.missing()
			}
		}
		results[i] = result
	}
	return results
}

func nothing[V any]() (none V, err error) { return none, nil }
