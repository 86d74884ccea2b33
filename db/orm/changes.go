package orm

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// What transactions change is recorded by the triggers of recording.go, in the table changes. A transaction has one
// position: the first is 1, the next one more, without a gap. On SQLite, which has one writer at a time, it is given at the end
// of the transaction; on PostgreSQL after the commit, by whoever comes first, so that what becomes visible late comes late.

// Resync is the error of who can no longer be told everything: begin anew, with what is there now.
const Resync Code = "RESYNC"

func errResync() *Error {
	return Errorf(Resync, "what changed since then is not all known any more; read anew, and follow from there")
}

// A ChangeVerb is what became of a row.
type ChangeVerb string

// The verbs.
const (
	RowCreated ChangeVerb = "CREATED" // It was made, or has come to be seen.
	RowUpdated ChangeVerb = "UPDATED" // It was changed.
	RowDeleted ChangeVerb = "DELETED" // It was deleted, or is not seen any more.
)

// A RowChange is what a transaction did to a row, or to a link between two. Before and After are what is recorded of the row, laid
// out as the table's columns, with nil for what is not; of a row that was made Before is nil, of one that was deleted After.
type RowChange struct {
	Table *Table
	Link  *Relation // of a link, seen from the first side: Keys are those of From and To
	Keys  [2]int64  // the row's, or both ends'
	Verb  ChangeVerb
	// Columns are those that differ, of an update.
	Columns       []*Column
	Before, After []any
}

// Shard is what the row has in the column of DistributedBy, or had; 0 if that is not recorded.
func (c *RowChange) Shard() (shard int64) {
	if c.Table == nil || c.Table.shard == nil {
		return 0
	}
	at := slices.Index(c.Table.Columns, c.Table.shard)
	for _, row := range [][]any{c.Before, c.After} {
		if row != nil && row[at] != nil {
			shard, _ = row[at].(int64)
		}
	}
	return shard
}

// A Committed is what one transaction did, in the order in which it did it, or a part of that: of one that did very much there are
// several, one behind the other.
type Committed struct {
	Cursor  Cursor
	At      time.Time // about when it was committed
	Changes []RowChange
	rows    int // of the log
	bytes   int
	anew    bool // more was done than is recorded

	looking  sync.Mutex // of who finds out the sighting
	sighting atomic.Pointer[sighting]
}

// A Cursor is a place in the order of all transactions: behind the one at the position, or within it. The zero Cursor is nowhere.
type Cursor struct {
	Position, mark int64
	within         int64 // behind this row of the log; 0: behind the whole transaction
}

// Within tells whether more of the transaction at the position is behind the cursor.
func (c Cursor) Within() bool { return c.within != 0 }

// String is the cursor as clients keep it.
func (c Cursor) String() string {
	text := fmt.Appendf(nil, "%d.%d", c.Position, c.mark)
	if c.Within() {
		text = fmt.Appendf(text, ".%d", c.within)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseCursor is the inverse of Cursor.String.
func ParseCursor(text string) (c Cursor, ok bool) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > 96 {
		return c, false
	}
	if _, err = fmt.Sscanf(string(plain), "%d.%d.%d", &c.Position, &c.mark, &c.within); err != nil {
		c.within = 0
		_, err = fmt.Sscanf(string(plain), "%d.%d", &c.Position, &c.mark)
	}
	return c, err == nil && c.String() == text && c.Position > 0
}

// compare orders cursors of one history.
func (c Cursor) compare(d Cursor) int {
	behindAll := func(c Cursor) int {
		if c.Within() {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(c.Position, d.Position), cmp.Compare(behindAll(c), behindAll(d)), cmp.Compare(c.within, d.within))
}

// How changes are followed.
const (
	channel = "kith_changes"
	// pollSlowly is how often is looked for what nobody has told of, pollOften where nobody tells.
	pollSlowly = time.Second
	pollOften  = 250 * time.Millisecond
	// gathered is for how long what is committed is gathered, to be numbered together.
	gathered = 10 * time.Millisecond
	// keptInMemory bounds the bytes of transactions that all followers share; who falls behind reads them from the database.
	keptInMemory = 16 << 20
	// toldAtOnce is how many rows of the log are told together: a transaction of more, which is more than a mutation may write, is told
	// in parts.
	toldAtOnce = 10_000
	// readAtOnce is how many are read together, above toldAtOnce, so that a part is always whole.
	readAtOnce = 12_500
	// behindAtOnce is how many who are behind read at once, so that they leave connections to others.
	behindAtOnce = 2
	// logWithin is how long the database has to answer what concerns the log of changes. Positions are given whole transactions, so what
	// was not done in time has twice as long then, up to numberWithin.
	logWithin    = 10 * time.Second
	numberWithin = 10 * time.Minute
	// keepChanges and maxChanges are Options' defaults.
	keepChanges = 24 * time.Hour
	maxChanges  = 1 << 30
)

// A changeLog follows what is recorded, while somebody asks.
type changeLog struct {
	life context.Context // until the database is closed
	end  func()
	work sync.WaitGroup

	mu sync.Mutex
	// Numbering is under way, and is to be done again.
	numbering, again bool
	within           time.Duration // how long it may take
	followers        int
	stop             func() // ends the loop of the followers
	recent           []*Committed
	bytes            int
	tail, head       Cursor        // in front of recent, and of the last of them
	moved            chan struct{} // closed when head moves
	woken            chan struct{}
	behind           chan struct{} // places for those who are
}

func (l *changeLog) init() {
	l.behind = make(chan struct{}, behindAtOnce)
	l.life, l.end = context.WithCancel(context.Background())
	l.moved, l.woken = make(chan struct{}), make(chan struct{}, 1)
}

func (l *changeLog) close() {
	l.end()
	l.work.Wait()
}

func (l *changeLog) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// moveHead ends a transaction: where there is one writer at a time, it has its position now.
func (db *DB) moveHead(ctx context.Context, t *transaction) error {
	if err := db.collect(ctx, t); err != nil {
		return err
	}
	if db.endNumbered == "" {
		return nil
	}
	return db.sendTo(ctx, t.pool, t, &Statement{Text: db.endNumbered, Args: []any{newMark(), db.bindTime(db.Now())}, brief: true}, nil)
}

func newMark() int64 { return rand.Int64N(1 << 53) }

// numberCommitted gives positions to what was committed without one.
func (db *DB) numberCommitted(ctx context.Context) error {
	l := &db.log
	l.mu.Lock()
	within := max(l.within, logWithin)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := db.numberAll(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.within = 0
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		l.within = min(2*within, numberWithin)
	}
	return err
}

func (db *DB) numberAll(ctx context.Context) error {
	if db.sequence == "" { // somebody else's program does not
		tx, err := db.write.BeginTxx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
		if err := db.moveHead(ctx, &transaction{tx: tx, pool: db.write}); err != nil {
			return err
		}
		return tx.Commit()
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// One message: the head is locked no longer than the server takes.
	if _, err = conn.ExecContext(ctx, fmt.Sprintf(db.sequence, newMark(), db.Now().Format(sqliteTime))); err != nil {
		conn.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // a connection that fails is not used again
	}
	return err
}

// committed is called behind each commit of what may have been recorded.
func (db *DB) committed() {
	l := &db.log
	if db.sequence == "" {
		l.wake()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.again = l.numbering; l.numbering || l.life.Err() != nil {
		return
	}
	l.numbering = true
	l.work.Go(func() {
		for more := true; more; {
			if err := db.numberCommitted(l.life); err != nil && l.life.Err() == nil {
				slog.Warn("changes have no positions yet", "cause", err)
			}
			l.wake()
			select {
			case <-time.After(gathered):
			case <-l.life.Done():
			}
			l.mu.Lock()
			more = l.again && l.life.Err() == nil
			l.again, l.numbering = false, more
			l.mu.Unlock()
		}
	})
}

// unrecorded begins that nothing is recorded of the current transaction, or ends it: who follows begins anew.
func (db *DB) unrecorded(ctx context.Context, begins bool) error {
	if !db.model.follows() {
		return nil
	}
	if begins {
		return db.Query(ctx, "changes", db.quiet[0], nil, func(*sqlx.Rows) error { return nil })
	}
	if err := db.Query(ctx, "changes", db.quiet[1], nil, func(*sqlx.Rows) error { return nil }); err != nil {
		return err
	}
	return db.change(ctx, &Statement{Path: "changes", Text: beginAnew}, nil)
}

// PruneChanges removes what is older than it has to be kept, and what is too much.
func (db *DB) PruneChanges(ctx context.Context) error {
	if !db.model.follows() {
		return nil
	}
	keep, most := db.options.KeepChanges, db.options.MaxChanges
	if keep <= 0 {
		keep = keepChanges
	}
	if most <= 0 {
		most = maxChanges
	}
	for _, s := range []struct {
		text string
		arg  any
	}{
		{"SELECT COALESCE((SELECT min(position) - 1 FROM " + db.positions + " WHERE at > ?), (SELECT max(position) FROM " + db.positions + "))", db.bindTime(db.Now().Add(-keep))},
		{"SELECT max(position) FROM (SELECT position, sum(200 + COALESCE(length(before), 0) + COALESCE(length(after), 0))" +
			" OVER (ORDER BY position DESC, id DESC) AS bytes FROM " + db.changes + ") AS sums WHERE bytes > ?", most},
	} {
		var last sql.NullInt64
		err := db.read.QueryRowxContext(ctx, sqlx.Rebind(db.bind, s.text), s.arg).Scan(&last)
		if err == nil && last.Valid {
			_, err = db.write.ExecContext(ctx, db.forget, last.Int64)
		}
		if err != nil {
			return db.classify(ctx, err)
		}
	}
	return nil
}

// Follow makes what is changed be followed until leave is called, and answers where it begins: what was committed before is not
// behind it, what is committed from now on is.
func (db *DB) Follow(ctx context.Context) (begin Cursor, leave func(), err error) {
	if !db.model.follows() {
		return begin, nil, errNotFollowed()
	}
	l := &db.log
	if begin, err = db.lastChange(ctx); err != nil {
		return begin, nil, db.classify(ctx, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.followers++; l.followers == 1 {
		l.forget(begin)
		loop, stop := context.WithCancel(l.life)
		l.stop = stop
		l.work.Go(func() { db.followLog(loop) })
	}
	return begin, sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.followers--; l.followers == 0 {
			l.stop()
		}
	}), nil
}

// forget makes the log begin at a place; mu is held.
func (l *changeLog) forget(begin Cursor) {
	l.recent, l.bytes, l.tail, l.head = nil, 0, begin, begin
	close(l.moved)
	l.moved = make(chan struct{})
}

// add adds what comes next; mu is held.
func (l *changeLog) add(more []*Committed) {
	for _, c := range more {
		l.recent, l.bytes, l.head = append(l.recent, c), l.bytes+c.bytes, c.Cursor
	}
	drop := 0
	for ; l.bytes > keptInMemory && drop < len(l.recent)-1; drop++ {
		l.bytes -= l.recent[drop].bytes
		l.tail = l.recent[drop].Cursor
	}
	l.recent = slices.Clone(l.recent[drop:]) // what others hold of it stays as it is
	close(l.moved)
	l.moved = make(chan struct{})
}

// grew is that a transaction takes more bytes than it did.
func (l *changeLog) grew(c *Committed, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.recent, c) {
		c.bytes, l.bytes = c.bytes+bytes, l.bytes+bytes
	}
}

// after are the transactions behind a place that are in memory; known is false if that cannot be told from memory.
func (l *changeLog) after(from Cursor) (next []*Committed, moved <-chan struct{}, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from == l.tail {
		return l.recent, l.moved, true
	}
	i, _ := slices.BinarySearchFunc(l.recent, from, func(c *Committed, at Cursor) int { return c.Cursor.compare(at) })
	if i == len(l.recent) || l.recent[i].Cursor != from {
		return nil, l.moved, false
	}
	return l.recent[i+1:], l.moved, true
}

// Next waits for what was committed behind a place, and answers some of it, in order. Its error is Resync if not all of it is known.
// It must be called while Follow's leave has not been.
func (db *DB) Next(ctx context.Context, from Cursor) ([]*Committed, error) {
	for {
		next, moved, known := db.log.after(from)
		if !known {
			select {
			case db.log.behind <- struct{}{}:
			case <-ctx.Done():
				return nil, db.classify(ctx, ctx.Err())
			}
			limited, cancel := context.WithTimeout(ctx, logWithin)
			var err error
			next, _, err = db.readChanges(limited, from)
			err = db.classify(limited, err)
			cancel()
			<-db.log.behind
			if err != nil {
				return nil, err
			}
		}
		if i := slices.IndexFunc(next, func(c *Committed) bool { return c.anew }); i == 0 {
			return nil, errResync()
		} else if i > 0 {
			next = next[:i]
		}
		if len(next) > 0 {
			return next, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, db.classify(ctx, ctx.Err())
		}
	}
}

// followLog reads what is committed until ctx ends. It is woken by what this process commits, and by others as far as they
// can tell; what nobody tells of is found soon.
func (db *DB) followLog(ctx context.Context) {
	l := &db.log
	every := pollOften
	if db.listen != nil && db.options.Pooling != PoolingTransaction {
		every = pollSlowly
		l.work.Go(func() { db.listen(ctx, db.address, l.wake) })
	}
	silent := false
	for {
		polling := false
		select {
		case <-l.woken:
		case <-time.After(every):
			polling = true
		case <-ctx.Done():
			return
		}
		err := db.catchUp(ctx, polling)
		if err != nil && !silent && ctx.Err() == nil {
			slog.Warn("changes cannot be read", "cause", err)
		}
		silent = err != nil
	}
}

// catchUp reads what comes next into memory.
func (db *DB) catchUp(ctx context.Context, polling bool) error {
	l := &db.log
	l.mu.Lock()
	from := l.head
	l.mu.Unlock()
	if polling {
		if last, err := db.lastChange(ctx); err != nil || last == from {
			return err
		}
	}
	for {
		limited, cancel := context.WithTimeout(ctx, logWithin)
		next, more, err := db.readChanges(limited, from)
		cancel()
		if CodeOf(err) == Resync {
			var last Cursor
			if last, err = db.lastChange(ctx); err == nil {
				l.mu.Lock()
				l.forget(last)
				l.mu.Unlock()
			}
			return err
		}
		if err != nil || len(next) == 0 {
			return err
		}
		l.mu.Lock()
		if l.head != from { // following began anew
			l.mu.Unlock()
			return nil
		}
		l.add(next)
		from = l.head
		l.mu.Unlock()
		if !more {
			return nil
		}
	}
}

// lastChange is where the log ends, when all that has been committed has a position.
func (db *DB) lastChange(ctx context.Context) (last Cursor, err error) {
	for {
		var waiting bool
		limited, cancel := context.WithTimeout(ctx, logWithin)
		err := db.read.QueryRowxContext(limited, "SELECT position, mark, EXISTS ("+db.unnumbered+") FROM "+db.head).
			Scan(&last.Position, &last.mark, &waiting)
		cancel()
		if err != nil || !waiting {
			return last, err
		}
		if err := db.numberCommitted(ctx); err != nil {
			return last, err
		}
		db.log.wake()
	}
}

// Newest is the last place that has been given, as it is seen under ctx: in a snapshot, whatever that does not show has a place behind it
// or will have one.
func (db *DB) Newest(ctx context.Context, path string) (newest Cursor, err error) {
	if !db.model.follows() {
		return newest, errNotFollowed()
	}
	err = db.Query(ctx, path, "SELECT position, mark FROM "+db.head, nil, func(rows *sqlx.Rows) error {
		return rows.Scan(&newest.Position, &newest.mark)
	})
	return newest, err
}

// Follows tells whether the migrations make what changes are recorded in.
func (m *Model) Follows() bool { return m.follows() }

func errNotFollowed() *Error { return Errorf(Internal, "the migrations make no table for changes") }

// readChanges reads some of what comes behind a place; more tells whether there is more.
func (db *DB) readChanges(ctx context.Context, from Cursor) (next []*Committed, more bool, err error) {
	var within any
	if from.Within() {
		within = from.within
	}
	rows, err := db.read.QueryxContext(ctx, db.behind, from.Position, within, readAtOnce)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	n := 0
	var current *Committed // not in next before it is known to be whole
	var last int64
	for ; rows.Next(); n++ {
		var at any
		var place, verb string
		var id, key int64
		var cursor Cursor
		var fields, before, after sql.NullString
		if err := rows.Scan(&id, &cursor.Position, &cursor.mark, &at, &place, &key, &verb, &fields, &before, &after); err != nil {
			return nil, false, err
		}
		if n == 0 { // the one at the place, if there is one
			if cursor.Position != from.Position || cursor.mark != from.mark || from.Within() && id != from.within {
				return nil, false, errResync()
			}
			continue
		}
		if current != nil && current.Cursor == cursor && current.rows == toldAtOnce {
			current.Cursor.within = last
		}
		if current == nil || current.Cursor != cursor {
			if current != nil {
				next = append(next, current)
			}
			current = &Committed{Cursor: cursor}
			current.At, _ = timeColumn.normal(at).(time.Time)
		}
		last = id
		current.rows++
		current.bytes += 200 + 3*(len(before.String)+len(after.String))
		if verb == "R" {
			current.anew = true
			continue
		}
		if err := current.read(db.model, place, key, verb, fields.String, before.String, after.String); err != nil {
			return nil, false, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, false, err
	}
	if n == 0 { // it may be the last one, and old
		var head Cursor
		err := db.read.QueryRowxContext(ctx, "SELECT position, mark FROM "+db.head).Scan(&head.Position, &head.mark)
		if err == nil && head != from {
			err = errResync()
		}
		return nil, false, err
	}
	if more = n == readAtOnce; !more && current != nil {
		next = append(next, current)
	}
	for _, c := range next {
		c.merge()
	}
	return next, more, nil
}

var timeColumn = &Column{Kind: Time}

// read adds a row of the log.
func (c *Committed) read(m *Model, place string, key int64, verb, fields, before, after string) error {
	change := RowChange{Keys: [2]int64{key}, Verb: map[string]ChangeVerb{"C": RowCreated, "U": RowUpdated, "D": RowDeleted}[verb]}
	for _, t := range m.tables {
		if t.Name == place {
			change.Table = t
		}
	}
	for r := range m.links() {
		if r.Link.Table == place {
			change.Link = r
		}
	}
	switch {
	case change.Link != nil:
		link, err := valuesIn(before + after) // of which one is empty
		if err != nil {
			return err
		}
		for i, name := range []string{change.Link.Link.From, change.Link.Link.To} {
			n, _ := link[name].(json.Number)
			change.Keys[i], _ = n.Int64()
		}
	case change.Table != nil:
		var err error
		if change.Before, err = change.Table.image(before); err != nil {
			return err
		}
		if change.After, err = change.Table.image(after); err != nil {
			return err
		}
		if change.Verb != RowUpdated {
			break
		}
		change.Columns = change.Table.differing(change.Before, change.After, strings.Fields(fields))
	default:
		return nil // of a page that has been
	}
	c.Changes = append(c.Changes, change)
	return nil
}

func valuesIn(text string) (values map[string]any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return values, d.Decode(&values)
}

// image is what is recorded of a row, laid out as the columns.
func (t *Table) image(text string) ([]any, error) {
	if text == "" {
		return nil, nil
	}
	values, err := valuesIn(text)
	if err != nil {
		return nil, err
	}
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		switch v := values[c.Name].(type) {
		case json.Number:
			if c.Kind == Float {
				row[i], _ = v.Float64()
			} else if n, err := v.Int64(); err == nil {
				row[i] = c.normal(n)
			}
		case string:
			if c.Kind == Time {
				v = strings.Replace(v, "T", " ", 1) // as SQLite writes it
			}
			row[i] = c.normal(v)
		default:
			row[i] = v
		}
	}
	return row, nil
}

// merge makes one change of all that a transaction did to one row or link.
func (c *Committed) merge() {
	type row struct {
		table *Table
		link  *Relation
		keys  [2]int64
	}
	first := map[row]int{}
	out := c.Changes[:0]
	for _, change := range c.Changes {
		at := row{change.Table, change.Link, change.Keys}
		i, again := first[at]
		if !again {
			first[at] = len(out)
			out = append(out, change)
			continue
		}
		had := &out[i]
		was, is := had.Verb, change.Verb
		had.After = change.After
		for _, column := range change.Columns {
			if !slices.Contains(had.Columns, column) {
				had.Columns = append(had.Columns, column)
			}
		}
		switch {
		case was == RowDeleted && is == RowCreated && change.Table != nil: // it went to another node
			had.Verb = RowUpdated
			for _, column := range change.Table.differing(had.Before, had.After, nil) {
				if !slices.Contains(had.Columns, column) {
					had.Columns = append(had.Columns, column)
				}
			}
		case was == RowCreated && is == RowDeleted, was == RowDeleted && is == RowCreated:
			had.Verb = ""
		case was == "", was == RowUpdated:
			had.Verb = is
		}
	}
	c.Changes = slices.DeleteFunc(out, func(change RowChange) bool { return change.Verb == "" })
}

// differing are the columns of which recorded values differ, and those of some names, which are not recorded.
func (t *Table) differing(before, after []any, hidden []string) (columns []*Column) {
	for i, c := range t.Columns {
		if before != nil && after != nil && before[i] != after[i] || slices.Contains(hidden, c.Name) {
			columns = append(columns, c)
		}
	}
	return columns
}

// Fields are the names in the schema of what differs and the viewer may read in every row: of a foreign key, the relation's.
func (c *RowChange) Fields(v Viewer) (fields []string) {
	for _, column := range c.Columns {
		name := ""
		if column.reads != nil && !column.reads.Open(v) {
			continue
		}
		for _, r := range c.Table.Relations {
			if r.Own == column {
				name = r.Field
			}
		}
		if column.Shown() && name == "" {
			name = column.Field
		}
		if name != "" {
			fields = append(fields, name)
		}
	}
	return fields
}

// shows tells whether a viewer may see a row of which that is recorded; known is false if what stands in other rows decides.
func (t *Table) shows(v Viewer, row []any) (shows, known bool) {
	if row == nil {
		return false, true
	}
	return t.Shows(v, func(c *Column) any { return row[slices.Index(t.Columns, c)] })
}

// For is what a transaction is to a viewer, change by change: a row that comes to be seen is made, and one that ceases to be is deleted,
// also if it is another row that was written. A link is seen where nothing at its ends is hidden. What other rows decide is what Sight has found
// out, and without it not seen.
func (c *Committed) For(v Viewer) iter.Seq2[*RowChange, ChangeVerb] {
	return func(yield func(*RowChange, ChangeVerb) bool) {
		sighting := c.sighting.Load()
		for i := range c.Changes {
			change := &c.Changes[i]
			if verb := change.verb(v, sighting); verb != "" && !yield(change, verb) {
				return
			}
		}
		if sighting == nil {
			return
		}
		for i := range sighting.came {
			change := &sighting.came[i]
			if !change.Table.uncertain(v) {
				continue
			}
			if verb := sighting.of(change).verb(v); verb != "" && verb != RowUpdated && !yield(change, verb) {
				return
			}
		}
	}
}

func (c *RowChange) verb(v Viewer, sighting *sighting) ChangeVerb {
	if c.Link != nil {
		if !v.Admin && (c.Link.From.reads != nil || c.Link.To.reads != nil) {
			return ""
		}
		return c.Verb
	}
	before, known := c.Table.shows(v, c.Before)
	if !known {
		before = sighting.of(c).before[v.Key]
	}
	after, known := c.Table.shows(v, c.After)
	if !known {
		after = sighting.of(c).after[v.Key]
	}
	return verbOf(before, after)
}

func verbOf(before, after bool) ChangeVerb {
	switch {
	case before && after:
		return RowUpdated
	case after:
		return RowCreated
	case before:
		return RowDeleted
	}
	return ""
}

// Followers is how many follow now.
func (db *DB) Followers() int {
	db.log.mu.Lock()
	defer db.log.mu.Unlock()
	return db.log.followers
}
