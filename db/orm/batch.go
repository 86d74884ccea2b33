package orm

import (
	"context"
	"fmt"
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

// A waiter is a look-up that waits to be sent with others.
type waiter struct {
	ctx  context.Context
	read *Read
	done chan struct{}

	rows      *Rows // those of all
	statement *Statement
	err       error
}

// enter tells whether a look-up is to be sent at once; leave must follow. Else it waits, and is sent by somebody else.
func (b *batcher) enter(ctx context.Context, db *DB, r *Read) (*waiter, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sent < db.lookUps {
		b.sent++
		return nil, true
	}
	w := &waiter{ctx: ctx, read: r, done: make(chan struct{})}
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
func (b *batcher) take() []*waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.next()
	if next == nil {
		b.sent--
	}
	return next
}

func (b *batcher) next() (next []*waiter) {
	if len(b.waiting) == 0 {
		return nil
	}
	if len(b.waiting) <= batchSize {
		next, b.waiting = b.waiting, nil // overdue then finds nobody, or is reset
		return next
	}
	next = slices.Clone(b.waiting[:batchSize])
	b.waiting = slices.Delete(b.waiting, 0, batchSize)
	b.overdue.Reset(batchPatience)
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
func (b *batcher) work(db *DB, next []*waiter) {
	for ; next != nil; next = b.take() {
		rows, statement, err := db.fetchTogether(next)
		for _, w := range next {
			w.rows, w.statement, w.err = rows, statement, err
			close(w.done)
		}
	}
}

// fetchTogether looks up what all of them ask for, under a context that ends with the last of theirs.
func (db *DB) fetchTogether(all []*waiter) (rows *Rows, statement *Statement, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in look-ups that are sent together: %v", p)
		}
	}()
	first := all[0]
	r := *first.read
	var end time.Time
	r.Keys, r.Texts = nil, nil
	for _, w := range all {
		r.Keys, r.Texts = append(r.Keys, w.read.Keys...), append(r.Texts, w.read.Texts...)
		if at, ok := w.ctx.Deadline(); ok && at.After(end) {
			end = at
		}
	}
	slices.Sort(r.Keys)
	slices.Sort(r.Texts)
	r.Keys, r.Texts, r.Known = slices.Compact(r.Keys), slices.Compact(r.Texts), nil
	var recorder Recorder
	ctx := trace.ContextWithSpan(WithRecorder(context.WithoutCancel(first.ctx), &recorder), nil) // each of them has a span of it
	if of := BudgetOf(ctx); of != nil {                                                          // theirs are for what is theirs
		var budget *Budget
		ctx, budget = of.memory.WithBudget(ctx, time.Until(end), int(of.answer))
		defer budget.Release()
	}
	rows, err = db.fetch(ctx, &r)
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
