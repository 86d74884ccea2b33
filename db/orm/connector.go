package orm

import (
	"bufio"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// lib/pq asks a server politely to end what it does when a context ends, and then waits for the answer, on networks
// that are silent for ever. So its connections are made here: nothing that is done on one of them waits for longer than
// grace after the context it was begun with.

// grace is how long after the end of a context the server has to answer that it ended what it did.
const grace = 300 * time.Millisecond

// A connector makes lib/pq's connections.
type connector struct {
	*pq.Connector
	plain   bool         // its connections are not encrypted
	renewed atomic.Int64 // connections made before this time, in nanoseconds, are not used again
}

func newConnector(config pq.Config) (*connector, error) {
	inner, err := pq.NewConnectorConfig(config)
	if err != nil {
		return nil, err
	}
	inner.Dialer(dialer{})
	return &connector{Connector: inner, plain: config.SSLMode == pq.SSLModeDisable}, nil
}

type attemptKey struct{}

// An attempt to connect, and the link that it made last.
type attempt struct {
	ctx  context.Context // lib/pq ends the one that it dials with
	link *link
}

// Connect makes a connection. That it cannot is an outage, whatever the reason.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	begun := time.Now().UnixNano()
	a := &attempt{ctx: ctx}
	inner, err := c.Connector.Connect(context.WithValue(ctx, attemptKey{}, a))
	if err != nil {
		return nil, outageOf(err)
	}
	made := &conn{pqConn: inner.(pqConn), link: a.link, from: c, made: begun}
	if err := made.listen(); err != nil {
		made.Close()
		return nil, outageOf(errors.Join(driver.ErrBadConn, err)) // so that a pool makes another
	}
	pq.SetNoticeHandler(inner, func(notice *pq.Error) {
		made.alone = made.alone || notice.Routine == waitsForStandby
	})
	return made, nil
}

// listen has lib/pq wait for what ends a statement. For each it would make a goroutine that waits for the end of the context, which is
// noticed where statements are short. Here one is made with the connection, by a query whose rows are not closed before it, and what is
// done there is done under no context: the end of that which the link watches is the end of the one that this goroutine waits for.
func (c *conn) listen() (err error) {
	var ended context.Context
	ended, c.link.cancel = context.WithCancel(context.Background())
	c.listening, err = c.pqConn.QueryContext(ended, ";", nil)
	return err
}

// renewal is how often connections are made anew because one of them failed.
const renewal = time.Second

// renew lets no connection be used that exists: one of them failed, or leads to a server that takes no writes, and behind
// a proxy the others lead where it does.
func (c *connector) renew() {
	now, last := time.Now().UnixNano(), c.renewed.Load()
	if now-last >= int64(renewal) {
		c.renewed.CompareAndSwap(last, now)
	}
}

// An outage is an error of the way to the database, not of a statement. Its text names no user: the server's does.
type outage struct {
	text  string
	cause error
}

func (o *outage) Error() string { return o.text }

func (o *outage) Unwrap() error { return o.cause }

func outageOf(err error) error {
	text := err.Error()
	var walk func(error)
	walk = func(err error) {
		if e, ok := err.(*pq.Error); ok { //nolint:errorlint // each of the tree is looked at
			text = strings.ReplaceAll(text, e.Error(), fmt.Sprintf("%s (%s)", e.Code.Name(), e.Code))
		}
		switch err := err.(type) { //nolint:errorlint // each of the tree is looked at
		case interface{ Unwrap() error }:
			walk(err.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range err.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return &outage{strings.ReplaceAll(text, "\n", " "), err}
}

// A dialer makes the links of connections. What lib/pq dials without Connect is to cancel a statement.
type dialer struct{}

// Dial is not called.
func (dialer) Dial(string, string) (net.Conn, error) { return nil, errors.ErrUnsupported }

// DialTimeout is not called.
func (dialer) DialTimeout(string, string, time.Duration) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// DialContext makes a link that watches ctx, or one to cancel by, which has no longer than grace.
func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	a, connecting := ctx.Value(attemptKey{}).(*attempt)
	l := &link{}
	if !connecting {
		var cancel func()
		l.until = time.Now().Add(grace)
		ctx, cancel = context.WithDeadline(ctx, l.until)
		defer cancel()
	}
	var err error
	// A server that vanished is noticed by connections that wait for work.
	alive := net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: time.Second, Count: 3}
	if l.Conn, err = (&net.Dialer{KeepAliveConfig: alive}).DialContext(ctx, network, address); err != nil {
		return nil, err
	}
	l.in = bufio.NewReaderSize(l.Conn, linkBuffer)
	if connecting {
		l.watch(a.ctx, false)
		a.link = l
	}
	return l, nil
}

// linkBuffer is how many bytes one system call may bring: lib/pq takes 4 KiB at a time, and answers have many of them.
const linkBuffer = 32 << 10

// A link is the network under a connection. It fails soon after the context that it watches has ended.
type link struct {
	net.Conn
	in     *bufio.Reader
	sent   atomic.Int64 // bytes
	broken atomic.Bool  // reading or writing has failed

	opening []byte // what goes out in front of the next write
	skips   bool   // the answer to it is still to come, and is not lib/pq's
	passes  int    // bytes in front of it, which are
	refused bool   // it was an error

	mu    sync.Mutex
	until time.Time // when everything fails; zero: the context has not ended
	turn  int       // which context is watched
	stop  func() bool

	cancel    context.CancelFunc // ends what the server does for the connection, for which there is nothing to be done afterwards
	cancelled bool
}

// watch makes ctx the one to watch. If it ends, so does what the server does, if that may be cancelled.
func (l *link) watch(ctx context.Context, cancels bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest()
	if !l.until.IsZero() {
		l.until = time.Time{}
		l.Conn.SetDeadline(l.until) //nolint:errcheck // reading will fail
	}
	turn := l.turn
	l.stop = context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.turn == turn {
			ended := time.Now()
			if deadline, ok := ctx.Deadline(); ok && deadline.Before(ended) {
				ended = deadline
			}
			l.until = ended.Add(grace)
			l.Conn.SetDeadline(l.until) //nolint:errcheck // it is closed
			if cancels {
				l.cancelled = true
				l.cancel()
			}
		}
	})
}

// release watches nothing until the next watch. It tells whether there may be one.
func (l *link) release() (usable bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest()
	return !l.cancelled && !l.broken.Load()
}

func (l *link) rest() {
	if l.turn++; l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

// within is t, or the link's own time if that is earlier.
func (l *link) within(t time.Time) time.Time {
	if l.until.IsZero() || !t.IsZero() && t.Before(l.until) {
		return t
	}
	return l.until
}

// SetDeadline is called by the driver while it connects, and then takes the deadline off again.
func (l *link) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Conn.SetDeadline(l.within(t))
}

// SetWriteDeadline is called by TLS when it is closed.
func (l *link) SetWriteDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Conn.SetWriteDeadline(l.within(t))
}

// Read notes whether it failed.
func (l *link) Read(b []byte) (n int, err error) {
	for l.skips && l.passes == 0 && err == nil {
		err = l.skip()
	}
	if l.passes > 0 {
		b = b[:min(len(b), l.passes)]
	}
	if err == nil {
		n, err = l.in.Read(b)
		l.passes = max(0, l.passes-n)
	}
	if err != nil {
		l.broken.Store(true)
	}
	return n, err
}

// Write notes whether it failed, and that something is on its way.
func (l *link) Write(b []byte) (n int, err error) {
	if front := l.opening; front != nil {
		l.opening, l.skips, l.refused = nil, true, false
		n, err = l.Conn.Write(append(front[:len(front):len(front)], b...))
		n = max(0, n-len(front))
	} else {
		n, err = l.Conn.Write(b)
	}
	l.sent.Add(int64(n))
	if err != nil {
		l.broken.Store(true)
	}
	return n, err
}

// opening begins a transaction, without the Sync behind which an answer would be waited for: if it fails, the server does nothing up to
// the next one, which is that of the statement behind it.
var opening = []byte("P\x00\x00\x00\x18\x00" + beginText + "\x00\x00\x00" + "B\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00" + "E\x00\x00\x00\x09\x00\x00\x00\x00\x00")

const beginText = "BEGIN READ WRITE" // as lib/pq says it

// skip looks at the next message while the answer to opening is to come. What may come at any time, and an error, are lib/pq's.
func (l *link) skip() error {
	head, err := l.in.Peek(5)
	if err != nil {
		return err
	}
	n := 1 + int(binary.BigEndian.Uint32(head[1:]))
	switch head[0] {
	case '1', '2': // ParseComplete, BindComplete
		_, err = l.in.Discard(n)
	case 'C': // CommandComplete
		l.skips = false
		_, err = l.in.Discard(n)
	case 'E':
		l.skips, l.refused = false, true
	default:
		l.passes = n
	}
	return err
}

// pqConn is what a connection of lib/pq can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.Tx // the last that was begun
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// A conn is a connection of lib/pq that keeps to the context of what is done on it. One thing is done at a time.
type conn struct {
	pqConn
	link     *link
	from     *connector
	made     int64
	readOnly bool          // the server takes no writes: another has its place, or will
	alone    bool          // it has committed something without waiting for the standby that is to have it
	begins   bool          // a transaction, with the next statement
	unused   []driver.Stmt // to be closed with the next statement, since closing has no context

	listening driver.Rows // of listen
}

// Sent is told every text that is sent to PostgreSQL, by migrations as well; nil is nothing. It is for tests, which set it before they
// open a database.
var Sent func(text string)

// say is called before a text is sent.
func (c *conn) say(ctx context.Context, text string) {
	if Sent != nil {
		Sent(text)
	}
	c.begin(ctx)
}

// begin is called before anything is sent.
func (c *conn) begin(ctx context.Context) {
	c.link.watch(ctx, true)
	for _, s := range c.unused {
		s.Close() // a broken connection shows with the statement
	}
	c.unused = nil
}

// seen looks at what the server answered.
func (c *conn) seen(err error) error {
	if err != nil {
		var e *pq.Error
		c.readOnly = c.readOnly || errors.As(err, &e) && e.Code == readOnlyTransaction
	}
	return err
}

// The codes of servers that take no writes. lib/pq says READ WRITE in BEGIN, which a standby does not support.
const (
	readOnlyTransaction = "25006"
	notSupported        = "0A000"
)

type lazily struct{}

// BeginTx begins a transaction. One that may begin lazily does so with its first statement, if that is prepared: a trip less.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if c.from.plain && ctx.Value(lazily{}) != nil {
		c.begins = true
		return &tx{c.pqConn, c, ctx}, nil
	}
	c.begin(ctx)
	inner, err := c.pqConn.BeginTx(context.Background(), options)
	c.link.release()
	return &tx{inner, c, ctx}, c.begun(err)
}

// begun looks at what the server answered to the beginning of a transaction.
func (c *conn) begun(err error) error {
	var e *pq.Error
	if errors.As(err, &e) && (e.Code == notSupported || e.Code == readOnlyTransaction) {
		c.readOnly = true
		return &outage{err.Error(), err}
	}
	return err
}

// ready begins the transaction that was to begin with the next statement: this one is not prepared, or not yet.
func (c *conn) ready(ctx context.Context) error {
	if !c.begins {
		return nil
	}
	c.begins = false
	c.begin(ctx)
	_, err := c.pqConn.ExecContext(context.Background(), beginText, nil)
	return unbegun(c.begun(err), c.link)
}

// A lostBeginning is an error of a connection that was lost with the beginning of a transaction: a pool tries another for BEGIN.
type lostBeginning struct{ cause error } // which is not unwrapped: the pool would try again within the transaction

func (l *lostBeginning) Error() string { return l.cause.Error() }

func unbegun(err error, l *link) error {
	if err != nil && (l.broken.Load() || errors.Is(err, driver.ErrBadConn)) {
		return &lostBeginning{err}
	}
	return err
}

// sending is called before a prepared statement is sent; sent looks at its error. A transaction that is to begin begins with it.
func (c *conn) sending(ctx context.Context) (sent func(error) error) {
	c.begin(ctx)
	if !c.begins {
		return c.seen
	}
	c.link.opening, c.link.refused = opening, false
	return func(err error) error {
		if c.begins = c.link.opening != nil; c.begins { // nothing has been sent
			c.link.opening = nil
			return unbegun(err, c.link)
		}
		if c.link.refused {
			return c.begun(err)
		}
		return unbegun(c.seen(err), c.link)
	}
}

// A tx is a transaction of lib/pq.
type tx struct {
	driver.Tx
	conn *conn
	ctx  context.Context // the driver's Commit and Rollback have none
}

// waitsForStandby is the function of the server that says that it no longer waits for a standby, because who waits was told to end.
const waitsForStandby = "SyncRepWaitForLSN"

// Commit answers ErrUncertain if it was sent and no answer came, or one that leaves open what became of it, or if a standby that is to have
// what is committed may not: it is lost then if that standby takes the server's place.
func (t *tx) Commit() error {
	if t.conn.begins {
		return t.Rollback()
	}
	l := t.conn.link
	l.watch(t.ctx, false)
	before := l.sent.Load()
	t.conn.alone = false
	err := t.Tx.Commit()
	if err == nil && t.conn.alone {
		return errors.Join(ErrUncertain, errAlone)
	}
	var answer *pq.Error
	answered := errors.As(err, &answer) && !leavesOpen(answer)
	if err == nil || l.sent.Load() == before || answered || errors.Is(err, pq.ErrInFailedTransaction) {
		return err
	}
	return errors.Join(ErrUncertain, err)
}

// leavesOpen tells whether an answer to COMMIT does not say that nothing was committed: a distributed engine lost its way to a part of
// itself, a pooler its server, or a server ended while it waited for its standby.
func leavesOpen(answer *pq.Error) bool {
	switch answer.Code {
	case completionUnknown, "57P01", "57P02":
		return true
	}
	return answer.Code.Class() == "08"
}

// completionUnknown is what an engine answers that does not know what became of a statement.
const completionUnknown = "40003"

var errAlone = errors.New("the server does not know whether a standby has it")

// Rollback rolls back.
func (t *tx) Rollback() error {
	if t.conn.begins { // there is nothing
		t.conn.begins = false
		return nil
	}
	t.conn.link.watch(t.ctx, false)
	return t.Tx.Rollback()
}

// PrepareContext prepares a statement.
func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	c.say(ctx, text)
	inner, err := c.pqConn.PrepareContext(context.Background(), text)
	prepared, ok := inner.(pqStmt)
	if err == nil && !ok {
		return inner, nil // COPY, whose Close ends it
	}
	c.link.release()
	if err != nil {
		return nil, err
	}
	return &stmt{prepared, c}, nil
}

// ExecContext runs a statement, or gathers its rows.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	c.say(ctx, text)
	defer c.link.release()
	var result driver.Result
	var err error
	if s := gathering(ctx); s != nil {
		result, err = s.take(c.pqConn.QueryContext(context.Background(), text, args))
	} else {
		result, err = c.pqConn.ExecContext(context.Background(), text, args)
	}
	return result, c.seen(err)
}

// QueryContext runs a statement that answers rows.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	c.say(ctx, text)
	rows, err := c.pqConn.QueryContext(context.Background(), text, args)
	return c.watched(rows, c.seen(err))
}

// A watchedRows is the rows of lib/pq. The link watches the context of their statement until they are closed, and no longer: a transaction
// may go on behind it.
type watchedRows struct {
	pqRows
	link *link
}

type pqRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypePrecisionScale
}

// Close ends the statement.
func (r *watchedRows) Close() error {
	defer r.link.release()
	return r.pqRows.Close()
}

// watched are the rows of a statement, unless it failed.
func (c *conn) watched(inner driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		c.link.release()
		return nil, err
	}
	return &watchedRows{inner.(pqRows), c.link}, nil
}

// Ping asks for a sign of life.
func (c *conn) Ping(ctx context.Context) error {
	c.begin(ctx)
	defer c.link.release()
	return c.pqConn.Ping(context.Background())
}

func (c *conn) stale() bool { return c.made <= c.from.renewed.Load() }

// ResetSession is called when the connection is taken for use.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.stale() {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}

// IsValid is called when the connection is given back.
func (c *conn) IsValid() bool {
	return c.link.release() && !c.readOnly && !c.stale() && c.pqConn.IsValid()
}

// Close takes leave.
func (c *conn) Close() error {
	if c.link.broken.Load() || c.readOnly {
		c.from.renew()
	}
	brief, cancel := context.WithCancel(context.Background())
	cancel()
	c.link.watch(brief, false)
	if c.listening != nil {
		c.listening.Close()
	}
	c.link.cancel()
	return c.pqConn.Close()
}

type pqStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A stmt is a prepared statement of lib/pq.
type stmt struct {
	pqStmt
	conn *conn
}

// ExecContext runs the statement, or gathers its rows.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	sent := s.conn.sending(ctx)
	defer s.conn.link.release()
	var result driver.Result
	var err error
	if g := gathering(ctx); g != nil {
		result, err = g.take(s.pqStmt.QueryContext(context.Background(), args))
	} else {
		result, err = s.pqStmt.ExecContext(context.Background(), args)
	}
	return result, sent(err)
}

// QueryContext runs the statement, which answers rows.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	sent := s.conn.sending(ctx)
	rows, err := s.pqStmt.QueryContext(context.Background(), args)
	return s.conn.watched(rows, sent(err))
}

// Close leaves the statement to be closed.
func (s *stmt) Close() error {
	s.conn.unused = append(s.conn.unused, s.pqStmt)
	return nil
}
