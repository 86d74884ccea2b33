package orm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// A replica is a database that follows the first one, a little behind.
type replica struct {
	name string
	pool *sqlx.DB

	mu       sync.Mutex
	until    time.Time // when its rest ends; zero: it does not rest
	failures int       // in a row
	progress progress

	asking sync.Mutex   // held while it is asked how far it is
	late   atomic.Int64 // when it was last waited for in vain, in nanoseconds
}

// How long a replica that failed is left alone: the first time, and at most.
const (
	firstRest = time.Second
	maxRest   = 30 * time.Second
)

func (r *replica) up() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until.IsZero()
}

// take tells whether an operation may read the replica. After a rest one operation tries it, before the others come.
func (r *replica) take() (trial, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until.IsZero() {
		return false, true
	}
	now := time.Now()
	if now.Before(r.until) {
		return false, false
	}
	r.until = now.Add(firstRest) // it ends sooner, or may have nothing to read
	return true, true
}

// rest begins a rest, longer each time. What fails together is one failure.
func (r *replica) rest(trial bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if trial || r.until.IsZero() {
		r.until = time.Now().Add(min(firstRest<<min(r.failures, 10), maxRest))
		r.failures++
		r.progress = progress{} // it may be another server that comes back
	}
}

func (r *replica) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.failures = time.Time{}, 0
}

// A use is an operation's use of a replica.
type use struct {
	*replica
	trial bool
	over  atomic.Bool // the replica has been passed over
}

func (u *use) on() bool { return !u.over.Load() && (u.trial || u.up()) }

// follow adds a replica. It need not be reachable: until it is, the first database is read.
func (db *DB) follow(address string) error {
	if db.driver != postgresDialect.driver || !strings.HasPrefix(address, "postgres") {
		return errors.New("replicas are PostgreSQL databases that follow a PostgreSQL database")
	}
	name := fmt.Sprintf("replica-%d", len(db.replicas)+1)
	pool, _, err := db.open(address, db.options)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if db.prepared != nil {
		db.prepared[pool] = newStatements(pool)
	}
	db.replicas = append(db.replicas, &replica{name: name, pool: pool})
	return nil
}

// Lagging lets what is read under ctx, outside of transactions, come from a replica, always the same one. It may lack what
// was written just now, but not what was written before at: where no replica has that, or soon will, the first database is read. A replica
// that is silent or fails is passed over: the first database answers in its place, and its errors are not seen.
func (db *DB) Lagging(ctx context.Context, at Position) context.Context {
	first := db.next.Add(1)
	for _, waits := range []bool{false, true} {
		for i := range db.replicas {
			r := db.replicas[(first+uint64(i))%uint64(len(db.replicas))]
			may, has := r.fit(at)
			if !may || !has && (!waits || time.Since(time.Unix(0, r.late.Load())) < watchEvery) {
				continue
			}
			trial, ok := r.take()
			if ok && (has || r.reaches(ctx, at)) {
				return context.WithValue(ctx, replicaKey, &use{replica: r, trial: trial})
			}
			if ok && waits { // one is waited for
				return ctx
			}
		}
	}
	return ctx
}

// patience is how long a replica may be silent before it is asked for a sign of life, and how long it has to give one. Both
// and grace are a fraction of the time that a request has.
const patience = 350 * time.Millisecond

var errSilent = errors.New("the replica is silent")

// readReplica sends a statement to a replica, or to the first database in its place.
func (db *DB) readReplica(ctx context.Context, u *use, s *Statement, each func(*sqlx.Rows) error) error {
	hand := each
	if each != nil {
		hand = func(rows *sqlx.Rows) error {
			s.refused = each(rows)
			return s.refused
		}
	}
	err := u.listen(ctx, func(ctx context.Context) error { return db.sendTo(ctx, u.pool, nil, s, hand) })
	switch {
	case err == nil:
		if u.trial {
			u.wake()
		}
		return nil
	case s.refused != nil || ctx.Err() != nil: // it is not the replica's
		return err
	}
	// A replica that is slow, or cannot go on because of what it follows, does well otherwise.
	code := CodeOf(db.classify(ctx, err))
	if code == Unavailable {
		u.rest(u.trial)
	}
	u.over.Store(true)
	if s.Rows > 0 { // which cannot be taken back: the operation runs again
		return &Error{Code: Stale, Message: "a replica failed", Cause: err}
	}
	err = db.sendTo(ctx, db.read, nil, s, each)
	if err == nil && code == Internal {
		u.rest(u.trial) // it lacks a table, or a right
	}
	return err
}

// listen runs f, and ends its context once the replica gives no sign of life; that is an outage.
func (u *use) listen(ctx context.Context, f func(context.Context) error) error {
	wait := patience
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline)/8)
	}
	heard, end := context.WithCancelCause(ctx)
	defer end(nil)
	var listen func()
	listen = func() {
		sign, cancel := context.WithTimeout(heard, wait)
		defer cancel()
		if err := u.pool.PingContext(sign); err != nil {
			end(errSilent)
		} else if heard.Err() == nil {
			time.AfterFunc(wait, listen)
		}
	}
	first := time.AfterFunc(wait, listen)
	defer first.Stop()
	err := f(heard)
	if err != nil && ctx.Err() == nil && heard.Err() != nil {
		err = &Error{Code: Unavailable, Message: "the replica cannot be reached", Cause: errors.Join(errSilent, err)}
	}
	return err
}
