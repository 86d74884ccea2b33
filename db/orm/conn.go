// Package orm is the engine: tables and relations of any page, and the SQL that reads, pages, filters, searches, writes, deletes and
// migrates them on SQLite and PostgreSQL, in transactions, with errors of one kind. It knows no noun.
package orm

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Pooling says what stands between the program and PostgreSQL.
type Pooling string

// The kinds of pooling.
const (
	PoolingDirect      Pooling = "direct"      // nothing: statements are prepared once a connection
	PoolingTransaction Pooling = "transaction" // a transaction pooler such as PgBouncer: no named statements
)

// Options are what Open may be told beyond the URL. The zero value is the default.
type Options struct {
	Pooling Pooling
	// Replicas are URLs of databases that follow the first and may be read in its place.
	Replicas []string
	// MaxLag is by how much a replica that is read may be behind: 10 s if 0.
	MaxLag time.Duration
	// Clock is where times come from; nil is time.Now.
	Clock func() time.Time
	// Observe is called after every statement; nil is nothing. It must not block.
	Observe func(context.Context, *Statement)
	// KeepChanges is for how long what was changed can be followed from: a day if 0. MaxChanges bounds its bytes: 1 GiB if 0.
	KeepChanges time.Duration
	MaxChanges  int64
}

// A DB is one database, SQLite or PostgreSQL, with its pools. It is safe for concurrent use.
type DB struct {
	*dialect
	model       *Model
	write, read *sqlx.DB
	prepared    map[*sqlx.DB]*statements // nil: statements have no names
	options     Options
	place       string
	replicas    []*replica
	next        atomic.Uint64 // the replica whose turn it is

	gate       *Gate // for statements that look at many rows
	statistics atomic.Pointer[statistics]
	surveyed   chan struct{} // closed when there are statistics
	due        atomic.Int64  // when they are to be read anew, in nanoseconds

	address string
	log     changeLog
	keys    keyMaker
	watcher watcher
	watches []*Watch
}

// A Statement is one SQL statement on its way through the database, and what became of it.
type Statement struct {
	Path string // what it is for: a path in the answer, or a coordinate
	Text string // with `?` for every argument
	Args []any
	Keys int // parent rows it serves; 0 for a root

	Rows int // rows read or changed
	Took time.Duration
	Err  error

	looks  func(context.Context) float64 // about how many rows the database looks at; nil: few
	noted  bool                          // in the context's ReadSet
	skewed bool                          // it is to be planned for its values
	brief  bool                          // it looks up one row, or writes few: it is not worth to be watched

	refused error   // that a row has been answered with
	parts   []int64 // of tables that are distributed, those that it writes to; nil: it is not known

	// of one that gathers its rows
	row  []driver.Value
	each func(row []driver.Value) error
}

// Open opens the database of a model at address: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
// It answers an error that names the host and the database, and nothing else of the URL, if it cannot be reached. A
// context's deadline is kept by whatever is done under it, even if the network is silent.
func Open(ctx context.Context, model *Model, address string, options Options) (*DB, error) {
	model.agreed()
	d := sqliteDialect
	switch scheme, _, _ := strings.Cut(address, ":"); scheme {
	case "sqlite":
	case "postgres", "postgresql":
		d = postgresDialect
	default:
		return nil, errors.New("the database URL must begin with sqlite: or postgres://")
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	write, read, err := d.open(address, options)
	if err != nil {
		return nil, err
	}
	db := &DB{dialect: d, write: write, read: read, options: options, model: model, place: d.place(address), address: address, gate: NewGate(d.scans(), "too much is being searched; try again"), surveyed: make(chan struct{})}
	if options.Pooling != PoolingTransaction {
		db.prepared = map[*sqlx.DB]*statements{write: newStatements(write)}
		if read != write {
			db.prepared[read] = newStatements(read)
		}
	}
	db.log.init()
	for _, replica := range options.Replicas {
		if err := db.follow(replica); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	err = db.Persist(ctx, func() error {
		if err := db.write.PingContext(ctx); err != nil {
			return err
		}
		return db.settleDialect(ctx)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot reach the database %s: %w", db.place, err), db.Close())
	}
	if db.Replicated() {
		db.watcher.life, db.watcher.end = context.WithCancel(context.Background())
		db.watcher.done = make(chan struct{})
		go db.watchReplicas()
	}
	return db, nil
}

// Persist runs f, which may be run again, until the database can be reached: one that is kept by another for 5 seconds at most, one to which
// the connection is lost for one. It answers as f did last.
func (db *DB) Persist(ctx context.Context, f func() error) error {
	patience := map[Code]time.Duration{Retry: busyFor, Unavailable: lostFor}
	var failed time.Time
	for {
		err := f()
		if err == nil {
			return nil
		}
		if failed.IsZero() {
			failed = time.Now()
		}
		if time.Since(failed) >= patience[CodeOf(db.classify(ctx, err))] {
			return err
		}
		select {
		case <-time.After(pauseToReach):
		case <-ctx.Done():
			return err
		}
	}
}

const (
	busyFor      = 5 * time.Second // making a file a database with a log of writes keeps others from it, who are not told to wait
	lostFor      = time.Second
	pauseToReach = 50 * time.Millisecond
)

// Model is what the database was opened with.
func (db *DB) Model() *Model { return db.model }

// Name is "sqlite" or "postgres".
func (db *DB) Name() string { return db.driver }

// Now is the time to store: UTC, in microseconds, as both databases keep it.
func (db *DB) Now() time.Time { return db.options.Clock().UTC().Truncate(time.Microsecond) }

// Place is what may be said of the database's URL: its name and its hosts, or its file.
func (db *DB) Place() string { return db.place }

// Ping tells whether the database answers and takes writes.
func (db *DB) Ping(ctx context.Context) error { return db.classify(ctx, db.ready(ctx, db.write)) }

// A Pool is the state of a pool of connections.
type Pool struct {
	Name        string // "read", "write", "replica-1"
	Resting     bool   // a replica that is not read, because it failed, is behind or does not follow
	InUse, Idle int
	Waits       int64 // how often a connection was waited for
	Waited      time.Duration
}

// Pools are the states of the pools.
func (db *DB) Pools() []Pool {
	state := func(name string, pool *sqlx.DB) Pool {
		s := pool.Stats()
		return Pool{Name: name, InUse: s.InUse, Idle: s.Idle, Waits: s.WaitCount, Waited: s.WaitDuration}
	}
	pools := []Pool{state("write", db.write)}
	if db.read != db.write {
		pools = append(pools, state("read", db.read))
	}
	for _, r := range db.replicas {
		p := state(r.name, r.pool)
		may, _ := r.fit(Position{})
		p.Resting = !may || !r.up()
		pools = append(pools, p)
	}
	return pools
}

// Close closes every connection.
func (db *DB) Close() error {
	db.log.close()
	db.watcher.close()
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	for _, r := range db.replicas {
		err = errors.Join(err, r.pool.Close())
	}
	return err
}

type contextKey int

const (
	transactionKey contextKey = iota
	recorderKey
	viewerKey
	replicaKey
	budgetKey
	shareKey
	readSetKey
	togetherKey
)

// A transaction is one connection; statements inside it take turns.
type transaction struct {
	mu      sync.Mutex
	tx      *sqlx.Tx
	pool    *sqlx.DB
	locked  bool // Lock has been called for the whole operation
	refused bool // a run before this one wrote what a unique or foreign key does not allow
	alone   bool // it keeps others from tables, also those who prepare statements about them
	wrote   atomic.Bool
	parts   map[rowOf]int64 // that rows are of, as far as they are known
	touched writtenParts
	// unprepared are texts that are worth to be prepared when it has ended.
	unprepared []string
	watched    []*Watch // to be told when it has ended
}

// A Recorder keeps the statements of one operation, in the order in which they ended. It is safe for concurrent use.
type Recorder struct {
	mu         sync.Mutex
	statements []*Statement
	wrote      atomic.Bool
}

// Wrote tells whether something may have been committed.
func (r *Recorder) Wrote() bool { return r.wrote.Load() }

// Statements are those recorded so far.
func (r *Recorder) Statements() []*Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statements[:len(r.statements):len(r.statements)]
}

func (r *Recorder) keep(s *Statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, s)
}

// WithRecorder makes every statement under ctx be kept in r.
func WithRecorder(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey, r)
}

// run is the one way to the database: every statement passes here. It rebinds the text, prepares it once a connection,
// calls each for every row (nil: the statement gathers its rows, or returns none, and Rows are those it changed) and counts,
// times and records.
func (db *DB) run(ctx context.Context, s *Statement, each func(*sqlx.Rows) error) error {
	ctx, end := traced(ctx, db.driver, s)
	start := time.Now()
	s.Err = db.classify(ctx, db.send(ctx, s, each))
	s.Took = time.Since(start)
	end()
	if r, ok := ctx.Value(recorderKey).(*Recorder); ok {
		r.keep(s)
	}
	if db.options.Observe != nil {
		db.options.Observe(ctx, s)
	}
	if set := readSetOf(ctx); set != nil && !s.noted {
		set.mu.Lock()
		set.everything()
		set.mu.Unlock()
	}
	return s.Err
}

// Query runs a statement, which is written with `?` for every argument, and calls each for every row. Path is what receipts,
// logs and traces call it.
func (db *DB) Query(ctx context.Context, path, text string, args []any, each func(*sqlx.Rows) error) error {
	return db.run(ctx, &Statement{Path: path, Text: text, Args: args}, each)
}

// QueryRow is Query of at most one row, which it scans; found is false if there is none.
func (db *DB) QueryRow(ctx context.Context, path, text string, args []any, dest ...any) (found bool, err error) {
	err = db.Query(ctx, path, text, args, func(rows *sqlx.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// Exec runs a statement that writes, inside Write, and answers how many rows it changed.
func (db *DB) Exec(ctx context.Context, path, text string, args ...any) (int, error) {
	s := &Statement{Path: path, Text: text, Args: args}
	err := db.change(ctx, s, nil)
	return s.Rows, err
}

// ForUpdate ends a SELECT by key that locks the row it reads until the end of the transaction. It is empty where there is one
// writer at a time.
func (db *DB) ForUpdate() string { return db.locks[lockChange] }

// Among is the condition that an expression is one of some keys, with its argument.
func (db *DB) Among(expression string, keys []int64) (condition string, argument any) {
	return db.inKeys(expression), db.bindKeys(keys)
}

// traced begins the span of a statement, where its operation has one; end ends it.
func traced(ctx context.Context, system string, s *Statement) (_ context.Context, end func()) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func() {}
	}
	ctx, span := parent.TracerProvider().Tracer("kith/db").Start(ctx, s.Path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("db.system.name", system)))
	return ctx, func() {
		span.SetAttributes(attribute.String("db.query.text", s.Text), attribute.Int("kith.keys", s.Keys), attribute.Int("db.response.returned_rows", s.Rows))
		if s.Err != nil {
			span.SetStatus(codes.Error, string(CodeOf(s.Err)))
		}
		span.End()
	}
}

func (db *DB) send(ctx context.Context, s *Statement, each func(*sqlx.Rows) error) error {
	for i, a := range s.Args {
		if t, ok := a.(time.Time); ok {
			s.Args[i] = db.bindTime(t)
		}
	}
	t, inside := ctx.Value(transactionKey).(*transaction)
	if inside {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.watch(db.watches, s.Text)
		return db.sendTo(ctx, t.pool, t, s, each)
	}
	leave, err := db.enter(ctx, s)
	if err != nil {
		return err
	}
	defer leave()
	if u, ok := ctx.Value(replicaKey).(*use); ok && (each != nil || s.each != nil) && u.on() {
		return db.readReplica(ctx, u, s, each)
	}
	return db.sendTo(ctx, db.read, nil, s, each)
}

// sendTo sends a statement to a pool or a transaction of it. One that was prepared before its tables changed is prepared
// anew and sent again; a transaction has to be run again for that. One that lost a race by itself, as where transactions are serializable,
// is sent again as it is.
func (db *DB) sendTo(ctx context.Context, pool *sqlx.DB, t *transaction, s *Statement, each func(*sqlx.Rows) error) error {
	for attempt := 1; ; attempt++ {
		used, err := db.sendOnce(ctx, pool, t, s, each)
		if err == nil || s.Rows > 0 || s.refused != nil || attempt == resends || db.stale == nil {
			return err
		}
		if t == nil && db.code(err) == Retry {
			continue
		}
		if used == nil || !db.stale(err) {
			return err
		}
		db.prepared[pool].forget(used)
		if t != nil {
			return lostRace(err)
		}
	}
}

// resends bounds how often a statement is sent anew: the error of one to be prepared is also that of a statement that can never run.
const resends = 4

// sendOnce also answers the prepared statement that was sent; nil if there was none, or it was prepared for this once.
func (db *DB) sendOnce(ctx context.Context, pool *sqlx.DB, t *transaction, s *Statement, each func(*sqlx.Rows) error) (used *prepared, err error) {
	q, release, err := db.prepare(ctx, pool, t, s)
	if err != nil {
		return nil, err
	}
	defer release()
	if s.each != nil || s.brief {
		ctx = context.WithValue(ctx, statementKey{}, s)
	}
	if each == nil {
		result, err := q.exec(ctx, s.Args)
		if err != nil {
			return q.pooled, err
		}
		n, err := result.RowsAffected()
		s.Rows = int(n)
		return nil, err
	}
	rows, err := q.query(ctx, s.Args)
	if err != nil {
		return q.pooled, err
	}
	defer rows.Close()
	for rows.Next() {
		s.Rows++
		if err := each(rows); err != nil {
			return nil, err
		}
	}
	return q.pooled, rows.Err()
}

// A runnable statement: prepared, or its text.
type runnable struct {
	stmt   *sqlx.Stmt
	pooled *prepared // what stmt is of the pool's; nil if it is none of them
	text   string
	on     sqlx.ExtContext
}

func (r runnable) query(ctx context.Context, args []any) (*sqlx.Rows, error) {
	if r.stmt != nil {
		return r.stmt.QueryxContext(ctx, args...)
	}
	return r.on.QueryxContext(ctx, r.text, args...)
}

func (r runnable) exec(ctx context.Context, args []any) (sql.Result, error) {
	if r.stmt != nil {
		return r.stmt.ExecContext(ctx, args...)
	}
	return r.on.ExecContext(ctx, r.text, args...)
}

// prepare makes a statement runnable. PostgreSQL plans one that it keeps for values on average after a while.
func (db *DB) prepare(ctx context.Context, pool *sqlx.DB, t *transaction, s *Statement) (runnable, func(), error) {
	if db.prepared != nil && !(s.skewed && db.averages) && (t == nil || !t.alone) {
		stmt, pooled, release, err := db.prepared[pool].get(ctx, db.bind, t, s.Text)
		if stmt != nil || err != nil {
			return runnable{stmt: stmt, pooled: pooled}, release, err
		}
	}
	r := runnable{text: sqlx.Rebind(db.bind, s.Text), on: pool}
	if t != nil {
		r.on = t.tx
	}
	return r, func() {}, nil
}

// attempts bounds how often a transaction that lost a race is run.
const attempts = 12

// Write runs f in one transaction and commits it if f answers nil. A transaction that lost a race with another is run
// again as a whole, with new timestamps, a bounded number of times; f must therefore have no effect outside it.
func (db *DB) Write(ctx context.Context, f func(context.Context) error) error {
	snapshot, refused := false, false
	for attempt := 1; ; attempt++ {
		err := db.reserveKeys(ctx)
		if err == nil {
			err = db.transact(ctx, db.write, snapshot, refused, beginning(db.turn, f))
		}
		code := CodeOf(err)
		if code != Retry && code != Stale || attempt == attempts {
			if code == Retry || code == Stale {
				err = &Error{Code: Unavailable, Message: tooManyWriters, Cause: err}
			}
			return err
		}
		snapshot, refused = snapshot || code == Stale, refused || db.constraint(err)
		wait := time.Duration(rand.Int64N(int64(time.Millisecond) << min(attempt, 8)))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return db.classify(ctx, ctx.Err())
		}
	}
}

// Snapshot runs f so that all its statements see one state of the database; of rows in parts that of each node when it is first asked. f
// must only read.
func (db *DB) Snapshot(ctx context.Context, f func(context.Context) error) error {
	return db.transact(ctx, db.read, true, false, f)
}

// Still is Snapshot of all nodes at once: where rows are in parts nobody writes meanwhile.
func (db *DB) Still(ctx context.Context, f func(context.Context) error) error {
	return db.transact(ctx, db.read, true, false, beginning(db.still, f))
}

func (db *DB) transact(ctx context.Context, pool *sqlx.DB, snapshot, refused bool, f func(context.Context) error) error {
	if ctx.Value(transactionKey) != nil {
		return errors.New("a transaction inside a transaction")
	}
	if s, ok := ctx.Value(shareKey).(*share); ok {
		end, err := db.pass(ctx, s.looks >= manyRows)
		if err != nil {
			return db.classify(ctx, err)
		}
		defer end()
	}
	var options *sql.TxOptions
	begins := ctx
	if snapshot {
		options = &sql.TxOptions{Isolation: db.snapshot}
	} else if db.prepared != nil {
		begins = context.WithValue(ctx, lazily{}, true)
	}
	tx, err := pool.BeginTxx(begins, options)
	if err != nil {
		return db.classify(ctx, err)
	}
	t := &transaction{tx: tx, pool: pool, refused: refused}
	defer func() {
		tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
		t.tell()
		if db.prepared != nil {
			db.prepared[pool].keep(ctx, db.bind, t)
		}
	}()
	err = f(context.WithValue(ctx, transactionKey, t))
	recorded := t.wrote.Load() && db.model.follows()
	if err == nil && recorded {
		err = db.moveHead(ctx, t)
	}
	if err != nil {
		return db.classify(ctx, err)
	}
	err = tx.Commit()
	if recorded {
		db.committed()
	}
	if r, ok := ctx.Value(recorderKey).(*Recorder); ok && t.wrote.Load() {
		r.wrote.Store(true)
	}
	return db.classify(ctx, err)
}
