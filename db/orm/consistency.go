package orm

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"
)

// Replicas are behind the first database, each by as much as it is. Where they are read in its place it is known how far each of them is,
// so that who has written reads what they wrote.

// A Position is a place in the history of a database: who reads behind it sees all that was committed before. The zero Position is the
// beginning, which every replica is behind.
type Position struct {
	timeline, lsn uint64
}

// Nowhere is a Position that no replica is behind: what must be read there is read from the first database.
var Nowhere = Position{math.MaxUint32, math.MaxInt64}

// String is the position as clients keep it; "" is the beginning.
func (p Position) String() string {
	if p == (Position{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", p.timeline, p.lsn))
}

// ParsePosition is the inverse of String. What is no position is Nowhere: nothing is too old for whoever sends it.
func ParsePosition(text string) (p Position) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if text == "" {
		return p
	}
	if err == nil && len(text) <= 64 {
		_, err = fmt.Sscanf(string(plain), "%d.%d", &p.timeline, &p.lsn)
	}
	if err != nil || p.String() != text || p.timeline > Nowhere.timeline || p.lsn > Nowhere.lsn {
		return Nowhere
	}
	return p
}

// Later is the later of two positions.
func (p Position) Later(q Position) Position {
	if p.timeline > q.timeline || p.timeline == q.timeline && p.lsn > q.lsn {
		return p
	}
	return q
}

const (
	// watchEvery is how often replicas are asked how far they are, watchOften while it is not known of all that can be asked.
	watchEvery = time.Second
	watchOften = 100 * time.Millisecond
	// askWithin is how long a database has to say it.
	askWithin = time.Second
	// catchUpWithin is how long a read waits for a replica that is not far enough, askAgain how long until that is asked again.
	catchUpWithin = 100 * time.Millisecond
	askAgain      = 2 * time.Millisecond
	// maxLag is Options' default.
	maxLag = 10 * time.Second
)

// What a server says of itself: where it writes next, since what was committed may not have been written yet, and what it has replayed. A
// timeline begins with each promotion; who follows cannot name theirs.
const (
	wherePrimary = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint"
	whereReplica = "SELECT pg_is_in_recovery(), COALESCE(pg_last_wal_replay_lsn() - '0/0', 0)::bigint"
)

// progress is how far a replica was when it was last asked.
type progress struct {
	follows bool // it is a server that follows another
	judged  bool // it has been looked whether it is behind
	behind  bool // by more than it may be
	lsn     uint64
	// timeline is the latest of which it is known to have the history: it has what the first database had when that was first seen on it.
	// One that has more than it, because it got what was lost in a failover, does not follow, and stays where it is.
	timeline uint64
	astray   uint64 // where it was when it had more
}

// Replicated tells whether there are replicas.
func (db *DB) Replicated() bool { return len(db.replicas) > 0 }

// Lag is by how much a replica that is read may be behind.
func (db *DB) Lag() time.Duration {
	if db.options.MaxLag > 0 {
		return db.options.MaxLag
	}
	return maxLag
}

// Position is where the database is, behind all that has been committed, if there are replicas. It is Nowhere if that cannot be asked.
func (db *DB) Position(ctx context.Context) Position {
	if !db.Replicated() {
		return Position{}
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var p Position
	if err := db.write.QueryRowxContext(ctx, wherePrimary).Scan(&p.lsn, &p.timeline); err != nil {
		return Nowhere
	}
	return p
}

// A watcher is what is known of the first database by who watches the replicas.
type watcher struct {
	life context.Context
	end  func()
	done chan struct{}

	begins  Position // where it was when it was first seen on its timeline
	samples []moment // where it was at which time, for as long as a replica may be behind
}

type moment struct {
	at  time.Time
	lsn uint64
}

// watchReplicas asks replicas how far they are, until the database is closed.
func (db *DB) watchReplicas() {
	w := &db.watcher
	defer close(w.done)
	for {
		again := min(watchEvery, db.Lag()/4)
		if !db.askReplicas(w.life) {
			again = watchOften
		}
		select {
		case <-time.After(again):
		case <-w.life.Done():
			return
		}
	}
}

// askReplicas asks all replicas and then the first database, and tells whether it is known of all that answer whether they may be read.
func (db *DB) askReplicas(ctx context.Context) (known bool) {
	var asked sync.WaitGroup
	were := make([]uint64, len(db.replicas))
	for i, r := range db.replicas {
		asked.Go(func() {
			limited, cancel := context.WithTimeout(ctx, askWithin)
			defer cancel()
			r.asking.Lock()
			defer r.asking.Unlock()
			var err error
			if were[i], err = r.ask(limited); err != nil && ctx.Err() == nil {
				r.rest(true)
			}
		})
	}
	asked.Wait()
	now := db.Position(ctx)
	w := &db.watcher
	if now == Nowhere || now.timeline < w.begins.timeline { // then they are read as long as they are there
		for _, r := range db.replicas {
			r.mu.Lock()
			r.progress.judged = true
			r.mu.Unlock()
		}
		return true
	}
	if now.timeline > w.begins.timeline {
		w.begins, w.samples = now, nil
	}
	w.samples = append(w.samples, moment{time.Now(), now.lsn})
	for len(w.samples) > 1 && time.Since(w.samples[1].at) > db.Lag() {
		w.samples = w.samples[1:]
	}
	oldest := w.samples[0]
	if time.Since(oldest.at) <= db.Lag() { // it has not been looked for so long
		oldest.lsn = 0
	}
	known = true
	for i, r := range db.replicas {
		known = r.judge(were[i], w.begins, now, oldest.lsn) && known
	}
	return known
}

// judge decides whether a replica may be read that was at a place before the first database was now. Least is what it must have.
func (r *replica) judge(was uint64, begins, now Position, least uint64) (known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.progress
	if !p.follows || was == 0 {
		return true
	}
	p.judged = true
	if was > now.lsn {
		p.astray = was
	}
	if was >= begins.lsn && was != p.astray {
		p.timeline = now.timeline
	}
	if behind := was < least || was == p.astray; behind != p.behind {
		p.behind = behind
		slog.Warn(map[bool]string{true: "a replica is too far behind to be read", false: "a replica is read again"}[behind], "replica", r.name)
	}
	return p.timeline == now.timeline
}

// ask asks the replica how far it is, and answers that; 0 while it rests. asking is held.
func (r *replica) ask(ctx context.Context) (lsn uint64, err error) {
	r.mu.Lock()
	resting := time.Now().Before(r.until)
	r.mu.Unlock()
	if resting {
		return 0, nil
	}
	var follows bool
	if err := r.pool.QueryRowxContext(ctx, whereReplica).Scan(&follows, &lsn); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.progress.follows && (!follows || lsn < r.progress.lsn) { // it leads now, or was made anew
		slog.Warn("a replica is not what it was", "replica", r.name, "follows", follows)
		r.progress = progress{}
	}
	r.progress.follows, r.progress.lsn = follows, lsn
	return lsn, nil
}

// fit tells whether the replica may be read, at the position or not yet.
func (r *replica) fit(at Position) (may, has bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.progress
	may = p.follows && p.judged && !p.behind && at.timeline <= p.timeline // 0 of the beginning
	return may, may && p.lsn >= at.lsn
}

// reaches waits a little for the replica to come to a position. Of those who wait one asks.
func (r *replica) reaches(ctx context.Context, at Position) bool {
	ctx, cancel := context.WithTimeout(ctx, catchUpWithin)
	defer cancel()
	for {
		if r.asking.TryLock() {
			r.ask(ctx) //nolint:errcheck // it is not there yet
			r.asking.Unlock()
		}
		switch may, has := r.fit(at); {
		case has, !may:
			return has
		case ctx.Err() != nil:
			r.late.Store(time.Now().UnixNano()) // nor has it what comes then
			return false
		}
		time.Sleep(askAgain)
	}
}

// close ends the watching.
func (w *watcher) close() {
	if w.end != nil {
		w.end()
		<-w.done
	}
}
