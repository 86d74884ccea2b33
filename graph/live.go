package graph

import (
	"context"
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
	// window is how often a query runs at most: what changes meanwhile is gathered.
	window = 10 * time.Millisecond
	// liveAgain is when a query runs again that could not be r.
	liveAgain = time.Second
	// liveTogether is how many queries of one document run at once, and about how many bytes they answer.
	liveTogether = 500
	liveBytes    = 16 << 20
)

// live are the live queries of a server.
type live struct {
	server *server
	places chan struct{} // how many documents run at once
	memory *orm.Memory   // of the answers that are kept
	seed   maphash.Seed

	mu        sync.Mutex
	queries   map[identity]*liveQuery
	running   map[*liveQuery]bool
	documents map[liveDocumentKey]*liveDocument
	watches   *orm.Watches[*liveQuery]
	following *liveFollowing // nil: nobody asks
}

// A liveFollowing is that changes are followed, for as long as somebody asks. Its fields are guarded by live's mu; err is set once it has begun.
type liveFollowing struct {
	users int
	end   func()
	begun chan struct{}
	err   error
}

// A liveDocument is what queries have in common that differ in variables or viewers: they run together. Its fields are guarded by live's
// mu, and so are a query's.
type liveDocument struct {
	live    *live
	key     liveDocumentKey
	ctx     context.Context           // of the first who asked, without its end
	query   *graphql.OperationContext // with the variables of the first who asked
	plans   *plan.Plans
	queries int
	due     []*liveQuery
	timer   *time.Timer // when those that are due run; nil: nothing is due
	at      time.Time
	ran     time.Time
}

// A liveDocumentKey has the Boolean variables as well: what is selected depends on them.
type liveDocumentKey struct{ text, operation, booleans string }

// A liveQuery is what all who ask it share.
type liveQuery struct {
	document *liveDocument
	identity identity
	question question
	members  map[chan struct{}]bool

	due, running bool
	pending      []*orm.Committed // since it began to run
	answer       transport.Answer
	sum          uint64
	version      int // of the answer; 0: there is none yet
	err          error
}

func newLive(s *server) *live {
	return &live{
		server: s, places: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), seed: maphash.MakeSeed(),
		memory:  orm.NewMemory(manyAnswers * s.Limits.Response),
		queries: map[identity]*liveQuery{}, running: map[*liveQuery]bool{}, documents: map[liveDocumentKey]*liveDocument{}, watches: orm.NewWatches[*liveQuery](),
	}
}

// follow sends the answers of a query until ctx ends, the newest if the client takes them slowly.
func (l *live) follow(ctx context.Context, query *graphql.OperationContext, next func(transport.Answer) error) error {
	q, moved, err := l.join(ctx, query)
	if err != nil {
		return err
	}
	defer l.leave(q, moved)
	for seen, gone := 0, false; ; {
		if seen, gone, err = l.send(q, seen, next); gone || err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send sends the newest answers that have not been seen; gone tells whether the client has.
func (l *live) send(q *liveQuery, seen int, next func(transport.Answer) error) (now int, gone bool, err error) {
	for {
		l.mu.Lock()
		answer, version, err := q.answer, q.version, q.err
		l.mu.Unlock()
		if err != nil || version == seen {
			return seen, false, err
		}
		if next(answer) != nil {
			return seen, true, nil
		}
		seen = version
	}
}

// join makes somebody one of those who ask a query.
func (l *live) join(ctx context.Context, query *graphql.OperationContext) (q *liveQuery, moved chan struct{}, err error) {
	same := l.server.identify(ctx, query, query.Operation.SelectionSet)
	moved = make(chan struct{}, 1)
	if err := l.begin(ctx); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if q = l.queries[same]; q == nil {
		d := l.document(ctx, query)
		d.queries++
		q = &liveQuery{document: d, identity: same, question: question{orm.ViewerOf(ctx), query.Variables}, members: map[chan struct{}]bool{}}
		l.queries[same] = q
		q.schedule(0)
	}
	q.members[moved] = true
	return q, moved, nil
}

// begin makes the changes be followed until as many have called unfollow, and returns when they are. Whoever comes first asks the
// database, and nobody else is held up by it.
func (l *live) begin(ctx context.Context) error {
	l.mu.Lock()
	f := l.following
	if f == nil {
		following, end := context.WithCancel(context.Background())
		f = &liveFollowing{end: end, begun: make(chan struct{})}
		l.following = f
		go l.followChanges(following, f)
	}
	f.users++
	l.mu.Unlock()
	var err error
	select {
	case <-f.begun:
		err = f.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.unfollow(f)
	}
	return err
}

// unfollow is that one less asks; mu is held.
func (l *live) unfollow(f *liveFollowing) {
	if f.users--; f.users > 0 {
		return
	}
	f.end()
	if l.following == f {
		l.following = nil
	}
}

// document is what a query has in common with others; mu is held.
func (l *live) document(ctx context.Context, query *graphql.OperationContext) *liveDocument {
	booleans := map[string]any{}
	for name, v := range query.Variables {
		if is, ok := v.(bool); ok {
			booleans[name] = is
		}
	}
	key := liveDocumentKey{query.RawQuery, query.OperationName, fmt.Sprint(booleans)}
	d := l.documents[key]
	if d == nil {
		plans, _ := plan.NewPlans(500)
		d = &liveDocument{live: l, key: key, ctx: context.WithoutCancel(ctx), query: query, plans: plans}
		l.documents[key] = d
	}
	return d
}

func (l *live) leave(q *liveQuery, moved chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.unfollow(l.following)
	if delete(q.members, moved); len(q.members) > 0 {
		return
	}
	delete(l.queries, q.identity)
	if q.document.queries--; q.document.queries == 0 {
		delete(l.documents, q.document.key)
	}
	l.watches.Set(q, nil)
	l.memory.Give(q.answer.Len())
}

// followChanges lets the queries run again that changes concern. Where it is not known what has changed, all do.
func (l *live) followChanges(ctx context.Context, f *liveFollowing) {
	from, leave, err := l.server.DB.Follow(ctx)
	if err != nil {
		l.mu.Lock()
		if f.err = err; l.following == f { // the next who asks tries again
			l.following = nil
		}
		l.mu.Unlock()
	}
	close(f.begun)
	if err != nil {
		return
	}
	defer leave()
	for ctx.Err() == nil {
		sets, err := l.server.DB.Next(ctx, from)
		if orm.CodeOf(err) == orm.Resync {
			var left func()
			if from, left, err = l.server.DB.Follow(ctx); err == nil {
				left() // the first one lasts
				l.anew()
			}
		}
		if err != nil && ctx.Err() == nil {
			slog.Warn("live queries do not hear of changes", "cause", err)
			select {
			case <-time.After(liveAgain):
			case <-ctx.Done():
			}
		}
		for _, set := range sets {
			from = set.Cursor
			l.concern(set)
		}
	}
}

// anew lets all queries run again.
func (l *live) anew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.queries {
		q.changed()
		if q.running {
			q.pending = append(q.pending, nil)
		}
	}
}

// concern lets the queries run again that a transaction concerns. What runs finds out when it ends.
func (l *live) concern(set *orm.Committed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watches.Concerned(set, (*liveQuery).changed)
	for q := range l.running {
		q.pending = append(q.pending, set)
	}
}

// changed lets the query run again, not too soon after it last has; mu is held.
func (q *liveQuery) changed() { q.schedule(window - time.Since(q.document.ran)) }

// schedule lets the query run in a while, if it is not going to before; mu is held.
func (q *liveQuery) schedule(in time.Duration) {
	d := q.document
	if !q.due {
		q.due = true
		d.due = append(d.due, q)
	}
	at := time.Now().Add(max(0, in))
	if d.timer != nil && !at.Before(d.at) || d.timer != nil && !d.timer.Stop() {
		return
	}
	d.at, d.timer = at, time.AfterFunc(max(0, in), d.run)
}

// next takes queries that are due and not running, and leaves the rest for another time; mu is held.
func (d *liveDocument) next() (batch []*liveQuery) {
	bytes := 0
	for len(d.due) > 0 && len(batch) < liveTogether && bytes < liveBytes {
		q := d.due[0]
		d.due, q.due = d.due[1:], false
		switch {
		case len(q.members) == 0:
		case q.running: // what concerns it now is found when it ends
		default:
			batch = append(batch, q)
			bytes += q.answer.Len()
			q.running, q.pending = true, nil
			d.live.running[q] = true
		}
	}
	return batch
}

// run makes the answers anew of queries that are due.
func (d *liveDocument) run() {
	l := d.live
	l.places <- struct{}{}
	defer func() { <-l.places }()
	l.mu.Lock()
	d.timer, d.ran = nil, time.Now()
	batch := d.next()
	if len(d.due) > 0 {
		d.due[0].schedule(0)
	}
	l.mu.Unlock()

	if len(batch) == 0 {
		return
	}
	asked := make([]question, len(batch))
	for i, q := range batch {
		asked[i] = q.question
	}
	answers := l.server.answers(d.ctx, d.query, d.plans, asked...)
	at := l.server.DB.Position(d.ctx)
	for i, answer := range answers {
		if len(batch) > 1 && len(answer.Errors) > 0 { // which may be another's
			answer = l.server.answers(d.ctx, d.query, d.plans, asked[i])[0]
			at = l.server.DB.Position(d.ctx)
		}
		batch[i].take(answer, at)
	}
}

// take ends a run, and tells those who asked if the answer is another.
func (q *liveQuery) take(r reply, at orm.Position) {
	l := q.document.live
	answer := transport.Encode(r.Response, "")
	answer.At = at
	sum := answer.Sum(l.seed)
	l.mu.Lock()
	defer l.mu.Unlock()
	q.running = false
	if delete(l.running, q); len(q.members) == 0 {
		return
	}
	if passing(r.Errors) != nil {
		time.AfterFunc(liveAgain, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			q.schedule(0)
		})
		return
	}
	l.watches.Set(q, r.read)
	for _, set := range q.pending {
		if set == nil || r.read.Matches(set) {
			q.changed()
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
