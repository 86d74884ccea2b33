package orm

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// A queue is a gate of one whose place is taken, and those who wait behind it, in the order in which they are let in.
type queue struct {
	*Gate
	mu   sync.Mutex
	all  sync.WaitGroup
	went []string
	sent []string // away
}

func newQueue(t *testing.T) *queue {
	q := &queue{Gate: NewGate(1, "full")}
	if err := q.Enter(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	return q
}

// come makes somebody wait, and answers once they stand in line or were sent away.
func (q *queue) come(ctx context.Context, address string) {
	q.Gate.mu.Lock()
	before := q.length()
	full := q.room == 0
	q.Gate.mu.Unlock()
	ended := make(chan struct{})
	q.all.Go(func() {
		defer close(ended)
		err := q.Enter(ctx, address)
		q.mu.Lock()
		if err == nil {
			q.went = append(q.went, address)
		} else {
			q.sent = append(q.sent, address+" "+string(CodeOf(err)))
		}
		q.mu.Unlock()
		if err == nil {
			q.Leave()
		}
	})
	for {
		q.Gate.mu.Lock()
		n := q.length()
		q.Gate.mu.Unlock()
		if n > before {
			return
		}
		if full {
			q.mu.Lock()
			n := len(q.sent)
			q.mu.Unlock()
			if n > 0 {
				return
			}
		}
	}
}

func (q *queue) length() (n int) {
	for _, line := range q.lines {
		n += len(line)
	}
	return n
}

// done lets everybody in, and holds the gate to be as it was at first.
func (q *queue) done(t *testing.T) {
	t.Helper()
	q.Leave()
	q.all.Wait()
	if q.free != 1 || q.room != waitingEach || len(q.lines) != 0 || len(q.turns) != 0 {
		t.Errorf("afterwards %d may go in and %d wait, with lines %v and turns %q", q.free, q.room, q.lines, q.turns)
	}
}

func TestGateTakesTurns(t *testing.T) {
	q := newQueue(t)
	for _, address := range []string{"a", "a", "a", "b", "c", "a", "b"} {
		q.come(t.Context(), address)
	}
	q.done(t)
	if want := []string{"a", "b", "c", "a", "b", "a", "a"}; !slices.Equal(q.went, want) || len(q.sent) > 0 {
		t.Errorf("the order was %q, want %q; sent away: %q", q.went, want, q.sent)
	}
}

func TestGateIsFull(t *testing.T) {
	q := newQueue(t)
	for range waitingEach {
		q.come(t.Context(), "crowd")
	}
	var e *Error
	if err := q.Enter(t.Context(), "crowd"); !errors.As(err, &e) || e.Code != Unavailable {
		t.Fatalf("one too many: %v", err)
	}
	// Somebody else takes the place of the last of the crowd.
	q.come(t.Context(), "alone")
	if err := q.Enter(t.Context(), "crowd"); !errors.As(err, &e) || e.Code != Unavailable {
		t.Errorf("the crowd is longer again: %v", err)
	}
	q.done(t)
	if len(q.went) != waitingEach || q.went[1] != "alone" || !slices.Equal(q.sent, []string{"crowd UNAVAILABLE"}) {
		t.Errorf("%d went in, in the order %q; sent away: %q", len(q.went), q.went, q.sent)
	}
}

// Nobody makes room for a line that would then be as long as theirs was.
func TestGateKeepsLinesOfOneLength(t *testing.T) {
	q := newQueue(t)
	for i := range waitingEach { // 22, 21 and 21 of them
		q.come(t.Context(), []string{"a", "b", "c"}[i%3])
	}
	q.come(t.Context(), "b")
	q.done(t)
	if len(q.went) != waitingEach || !slices.Equal(q.sent, []string{"b UNAVAILABLE"}) {
		t.Errorf("%d went in; sent away: %q", len(q.went), q.sent)
	}
}

func TestGateForgetsWhoGoesAway(t *testing.T) {
	q := newQueue(t)
	ctx, cancel := context.WithCancel(t.Context())
	q.come(t.Context(), "a")
	q.come(ctx, "a")
	q.come(ctx, "b")
	cancel()
	for gone := 0; gone < 2; {
		q.mu.Lock()
		gone = len(q.sent)
		q.mu.Unlock()
	}
	q.done(t)
	if !slices.Equal(q.went, []string{"a"}) {
		t.Errorf("went in: %q", q.went)
	}
	// Those whose turn comes while they go away leave no place taken.
	for i := range 400 {
		q := newQueue(t)
		ctx, cancel := context.WithCancel(t.Context())
		q.come(ctx, "a")
		if i%2 == 0 {
			go cancel()
		} else {
			cancel() // and the turn comes before anybody has seen it
		}
		q.done(t)
	}
}
