package orm

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Memory bounds the bytes that all running operations take together. It is safe for concurrent use.
type Memory struct {
	limit int64
	used  atomic.Int64
}

// NewMemory answers a memory of limit bytes, of which nothing is used.
func NewMemory(limit int) *Memory { return &Memory{limit: int64(limit)} }

// Used is how many bytes operations have reserved.
func (m *Memory) Used() int64 { return m.used.Load() }

// Take reserves n bytes until they are given back, if there are as many.
func (m *Memory) Take(n int) bool { return m.reserve(int64(n)) }

// Give gives back n bytes that were taken.
func (m *Memory) Give(n int) { m.used.Add(-int64(n)) }

func (m *Memory) reserve(n int64) bool {
	for {
		used := m.used.Load()
		if used+n > m.limit {
			return false
		}
		if m.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

const (
	// freeBytes is what every operation may take without asking: small answers are never refused for the sake of large
	// ones, and cost no reservation.
	freeBytes = 128 << 10
	// reservedBytes is what an operation reserves at a time.
	reservedBytes = 64 << 10
	// heldBytes is how many times more an operation may hold than write: rows are held with keys, columns of orders and
	// what each value takes, and nothing of that is written.
	heldBytes = 4
	// valueBytes is about what a value of a row takes beside its text.
	valueBytes = 32
)

// A Budget is what one operation may take: bytes of rows and other values that it holds, and bytes of JSON that it
// writes. What is beyond a few is reserved in a Memory until Release. An operation that has come to its end stays there:
// every method then answers the same error. It is safe for concurrent use; a nil Budget has no end.
type Budget struct {
	memory *Memory
	answer int64
	cancel context.CancelFunc

	held, written   atomic.Int64
	taken, reserved atomic.Int64
	over            atomic.Pointer[Error]

	mu       sync.Mutex // of changes to reserved
	released bool
}

// WithBudget answers a context for an operation that may take some time, and whose answer has at most so many bytes. The rows that
// are read under it are taken from its budget, and at the end of that it is cancelled: closing rows would read all that are left.
func (m *Memory) WithBudget(ctx context.Context, within time.Duration, answer int) (context.Context, *Budget) {
	b := &Budget{memory: m, answer: int64(answer)}
	b.reserved.Store(freeBytes)
	ctx, b.cancel = context.WithTimeout(ctx, within)
	return context.WithValue(ctx, budgetKey, b), b
}

// BudgetOf is the budget of ctx; nil if there is none.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey).(*Budget)
	return b
}

// Hold takes n bytes of what is kept in memory to make the answer of.
func (b *Budget) Hold(n int) error {
	if b == nil {
		return nil
	}
	return b.take(&b.held, int64(n), heldBytes*b.answer)
}

// Write takes n bytes of the answer.
func (b *Budget) Write(n int) error {
	if b == nil {
		return nil
	}
	return b.take(&b.written, int64(n), b.answer)
}

// Reserve takes n bytes of what is needed beside rows and answer, and has no end of its own.
func (b *Budget) Reserve(n int) error {
	if b == nil {
		return nil
	}
	return b.reserve(int64(n))
}

// Fits answers the error of an operation that is at its end, or whose answer has n bytes and may not.
func (b *Budget) Fits(n int) error {
	if b == nil {
		return nil
	}
	if int64(n) > b.answer {
		return b.end(b.tooLarge())
	}
	return b.Err()
}

// Err is why the operation must end; nil if it need not.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	if e := b.over.Load(); e != nil {
		return e
	}
	return nil
}

func (b *Budget) take(account *atomic.Int64, n, most int64) error {
	switch {
	case b.over.Load() != nil:
		return b.Err()
	case account.Add(n) > most:
		return b.end(b.tooLarge())
	}
	return b.reserve(n)
}

func (b *Budget) tooLarge() *Error {
	return Errorf(LimitExceeded, "the answer takes more than %d bytes; ask for less", b.answer)
}

// end ends the operation for a reason; if it has ended already, that one stands.
func (b *Budget) end(reason *Error) error {
	b.over.CompareAndSwap(nil, reason)
	b.cancel()
	return b.Err()
}

// reserve takes n bytes, and reserves more where those that are reserved do not suffice.
func (b *Budget) reserve(n int64) error {
	if b.taken.Add(n) <= b.reserved.Load() {
		return b.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := b.taken.Load() - b.reserved.Load()
	if missing <= 0 {
		return nil
	}
	more := (missing + reservedBytes - 1) / reservedBytes * reservedBytes
	if b.released || !b.memory.reserve(more) {
		return b.end(Errorf(Unavailable, "too many large requests at once; try again"))
	}
	b.reserved.Add(more)
	return nil
}

// Restart forgets what has been taken, when the operation runs again. What is reserved stays reserved.
func (b *Budget) Restart() {
	if b != nil {
		b.held.Store(0)
		b.written.Store(0)
		b.taken.Store(0)
	}
}

// Keep gives back what is beyond the n bytes of a finished answer.
func (b *Budget) Keep(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
	keep := min(max(int64(n), freeBytes), b.reserved.Load())
	b.memory.used.Add(keep - b.reserved.Swap(keep))
}

// Release gives everything back and cancels the context; nothing can be taken any more. It may be called more than once.
func (b *Budget) Release() {
	b.cancel()
	b.Keep(0)
}
