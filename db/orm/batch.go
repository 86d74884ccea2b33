package orm

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Look-ups of one row that come from several operations at once: as many are sent as run side by side, and those that come meanwhile
// wait and are sent as one statement, with the keys of all, when one of these has ended. Nobody waits long for others.

const (
	// batchSize is how many look-ups a statement is for at most.
	batchSize = 64
	// batchPatience is how long a look-up waits for others to end before it is sent beside them.
	batchPatience = time.Millisecond
)

// A batcher is where look-ups meet that differ in their key alone. The zero value is ready. It is safe for concurrent use.
type batcher struct {
	mu      sync.Mutex
	sent    int // statements under way
	waiting []*waiter
	overdue *time.Timer
}

// batcherOf is where look-ups by a column meet: what a document asks by may be in its variables.
func (k *Known) batcherOf(by *Column) *batcher {
	b, ok := k.batchers.Load(by)
	if !ok {
		b, _ = k.batchers.LoadOrStore(by, new(batcher))
	}
	return b.(*batcher) //nolint:forcetypeassert // nothing else is stored
}

// A waiter is a look-up that waits to be sent with others.
type waiter struct {
	ctx  context.Context
	read *Read
	in   *batcher
	with *bunch // nil until it is sent; under the batcher's mutex
	done chan struct{}

	rows      *Rows // those of all
	statement *Statement
	err       error
}

// A bunch is look-ups that are sent together.
type bunch struct {
	all    []*waiter
	left   int                // how many wait no more; under the batcher's mutex
	cancel context.CancelFunc // ends the statement; nil until it is sent
}

// enter tells whether a look-up is to be sent at once; leave must follow. Else it waits, and is sent by somebody else.
func (b *batcher) enter(ctx context.Context, db *DB, r *Read) (*waiter, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sent < db.lookUps {
		b.sent++
		return nil, true
	}
	w := &waiter{ctx: ctx, read: r, in: b, done: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	if len(b.waiting) == 1 {
		if b.overdue == nil {
			b.overdue = time.AfterFunc(batchPatience, func() { b.beside(db) })
		} else {
			b.overdue.Reset(batchPatience)
		}
	}
	return w, false
}

// leave ends a statement, and sends those that wait.
func (b *batcher) leave(db *DB) {
	if next := b.take(); next != nil {
		go b.work(db, next)
	}
}

// take answers those that are to be sent now in place of a statement that has ended; nil if nobody waits.
func (b *batcher) take() *bunch {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.next()
	if next == nil {
		b.sent--
	}
	return next
}

func (b *batcher) next() *bunch {
	if len(b.waiting) == 0 {
		return nil
	}
	next := new(bunch)
	if len(b.waiting) <= batchSize {
		next.all, b.waiting = b.waiting, nil // overdue then finds nobody, or is reset
	} else {
		next.all = slices.Clone(b.waiting[:batchSize])
		b.waiting = slices.Delete(b.waiting, 0, batchSize)
		b.overdue.Reset(batchPatience)
	}
	for _, w := range next.all {
		w.with = next
	}
	return next
}

// beside sends those that have waited for too long beside what is under way.
func (b *batcher) beside(db *DB) {
	b.mu.Lock()
	next := b.next()
	if next != nil {
		b.sent++
	}
	b.mu.Unlock()
	b.work(db, next)
}

// work sends look-ups together, and those that come meanwhile.
func (b *batcher) work(db *DB, next *bunch) {
	for ; next != nil; next = b.take() {
		rows, statement, err := b.fetch(db, next)
		for _, w := range next.all {
			w.rows, w.statement, w.err = rows, statement, err
			close(w.done)
		}
	}
}

// forget is for a look-up whose operation has ended: it is not sent any more, and a statement that nobody else waits for ends.
func (b *batcher) forget(w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.with == nil {
		b.waiting = slices.DeleteFunc(b.waiting, func(one *waiter) bool { return one == w })
		return
	}
	if w.with.left++; w.with.left == len(w.with.all) && w.with.cancel != nil {
		w.with.cancel()
	}
}

// begins says how the statement of a bunch is ended, when nobody waits for it any more.
func (b *batcher) begins(next *bunch, cancel context.CancelFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if next.cancel = cancel; next.left == len(next.all) {
		cancel()
	}
}

// fetch looks up what all of them ask for, under a context that ends with the last of theirs, and takes nothing from the share of any.
func (b *batcher) fetch(db *DB, next *bunch) (rows *Rows, statement *Statement, err error) {
	defer recovered(&err)
	first := next.all[0].ctx
	var end time.Time
	var reads []*Read
	for _, w := range next.all {
		reads = append(reads, w.read)
		if at, ok := w.ctx.Deadline(); ok && at.After(end) {
			end = at
		}
	}
	r := united(reads)
	r.Known = nil // it waits for nobody
	var recorder Recorder
	ctx, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(first), shareKey, nil))
	defer cancel()
	b.begins(next, cancel)
	ctx = trace.ContextWithSpan(WithRecorder(ctx, &recorder), nil) // each of them has a span of it
	if of := BudgetOf(ctx); of != nil {                            // theirs are for what is theirs
		var budget *Budget
		ctx, budget = of.memory.WithBudget(ctx, time.Until(end), int(of.answer))
		defer budget.Release()
	}
	rows, err = db.fetch(ctx, r)
	if err == nil {
		statement = recorder.Statements()[0]
	}
	return rows, statement, err
}

// wait answers what a look-up has found that was sent with others. If those fail it is sent alone.
func (w *waiter) wait(db *DB) (*Rows, error) {
	s := &Statement{Path: w.read.Path}
	_, end := traced(w.ctx, db.driver, s)
	defer end()
	select {
	case <-w.done:
	case <-w.ctx.Done():
		w.in.forget(w)
		s.Err = db.classify(w.ctx, w.ctx.Err())
		return nil, s.Err
	}
	if w.err != nil {
		alone := *w.read
		alone.Known = nil
		return db.fetch(w.ctx, &alone)
	}
	*s = *w.statement
	if r, ok := w.ctx.Value(recorderKey).(*Recorder); ok {
		r.keep(s)
	}
	return w.rows.part(w.ctx, w.read)
}
