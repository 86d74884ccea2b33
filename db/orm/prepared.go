package orm

import (
	"container/list"
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// statements are the prepared statements of one pool, by text: the most recently used, as many as their weight allows.
// One that gives way is closed when the last of those who run it has ended.
type statements struct {
	pool *sqlx.DB

	mu     sync.Mutex
	byText map[string]*list.Element // of *prepared
	recent *list.List               // the most recently used in front
	bytes  int
	once   map[string]bool // texts that were prepared for one transaction
}

type prepared struct {
	text string
	stmt *sqlx.Stmt
	uses int
	gone bool // from the cache
}

// A connection keeps what it has prepared in memory, parsed and planned: 90 to 190 times the text on PostgreSQL, much of
// it or little. The bound is that of one connection.
const (
	preparedFactor = 200
	preparedBytes  = 32 << 20
	preparedText   = 8 << 10 // longer texts are not prepared: they are rarely sent twice
	preparedOnce   = 1000    // how many texts are known to have been sent once
)

func newStatements(pool *sqlx.DB) *statements {
	return &statements{pool: pool, byText: map[string]*list.Element{}, recent: list.New(), once: map[string]bool{}}
}

// get answers a prepared statement, which release gives back, and what it is of the cache; none for a text that is not to
// be prepared.
func (p *statements) get(ctx context.Context, bind int, t *transaction, text string) (_ *sqlx.Stmt, pooled *prepared, release func(), err error) {
	if len(text) > preparedText {
		return nil, nil, nil, nil
	}
	s := p.use(text)
	if s == nil {
		if t != nil {
			// Preparing on the pool takes a second connection, which may never come while others do the same; and there the statement may wait
			// for somebody who waits for a lock of this transaction, which no database sees.
			stmt, err := t.tx.PreparexContext(ctx, sqlx.Rebind(bind, text))
			if err != nil {
				return nil, nil, nil, err
			}
			if p.again(text) {
				t.unprepared = append(t.unprepared, text)
			}
			return stmt, nil, func() { stmt.Close() }, nil
		}
		stmt, err := p.pool.PreparexContext(ctx, sqlx.Rebind(bind, text))
		if err != nil {
			return nil, nil, nil, err
		}
		s = p.add(text, stmt)
	}
	if t == nil {
		return s.stmt, s, func() { p.release(s) }, nil
	}
	inside := t.tx.StmtxContext(ctx, s.stmt)
	return inside, s, func() { inside.Close(); p.release(s) }, nil
}

// again tells whether a text was prepared for one transaction before.
func (p *statements) again(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.once) == preparedOnce {
		clear(p.once)
	}
	again := p.once[text]
	p.once[text] = true
	return again
}

// keep prepares what a transaction has prepared for itself, now that it has ended. What fails is prepared where it is sent.
func (p *statements) keep(ctx context.Context, bind int, t *transaction) {
	for _, text := range t.unprepared {
		if s := p.use(text); s != nil {
			p.release(s)
		} else if stmt, err := p.pool.PreparexContext(ctx, sqlx.Rebind(bind, text)); err == nil {
			p.release(p.add(text, stmt))
		}
	}
}

// use answers the statement of a text, and counts its use; nil if there is none.
func (p *statements) use(text string) *prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(text)
}

func (p *statements) find(text string) *prepared {
	e, ok := p.byText[text]
	if !ok {
		return nil
	}
	p.recent.MoveToFront(e)
	s, _ := e.Value.(*prepared)
	s.uses++
	return s
}

// add keeps a new statement, unless somebody was quicker, and counts its first use.
func (p *statements) add(text string, stmt *sqlx.Stmt) *prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.find(text)
	if s != nil {
		closeSoon(stmt)
	} else {
		s = &prepared{text: text, stmt: stmt, uses: 1}
		p.byText[text] = p.recent.PushFront(s)
		p.bytes += preparedFactor * len(text)
	}
	for p.bytes > preparedBytes {
		if oldest := p.remove(p.recent.Back()); oldest.uses == 0 {
			closeSoon(oldest.stmt)
		}
	}
	return s
}

// closeSoon closes a statement, for which every connection that has it must be free: one may be waiting for a lock of who calls.
func closeSoon(stmt *sqlx.Stmt) { go stmt.Close() }

func (p *statements) remove(e *list.Element) *prepared {
	s, _ := p.recent.Remove(e).(*prepared)
	delete(p.byText, s.text)
	p.bytes -= preparedFactor * len(s.text)
	s.gone = true
	return s
}

// forget takes a statement that is being used out of the cache.
func (p *statements) forget(s *prepared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.gone {
		p.remove(p.byText[s.text])
	}
}

// release ends one use of a statement.
func (p *statements) release(s *prepared) {
	p.mu.Lock()
	s.uses--
	last := s.gone && s.uses == 0
	p.mu.Unlock()
	if last {
		closeSoon(s.stmt)
	}
}
