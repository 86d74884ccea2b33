package orm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// Load fills an empty database with what f adds, all or nothing. A database that has a row in any table is refused with
// Conflict. Keys begin at 1 in every table and the next row made takes the next one. flushed is called after every batch of
// rows that was written; nil is nothing. Both begin again if the transaction has to be run again.
func (db *DB) Load(ctx context.Context, flushed func(), f func(context.Context, *Load) error) error {
	var l *Load
	err := db.Write(ctx, func(ctx context.Context) error {
		switch filled, err := db.filled(ctx); {
		case err != nil:
			return err
		case filled != "":
			return Errorf(Conflict, "the database is not empty: there are rows in %s, and only an empty one can be filled", filled)
		}
		l = newLoad(db)
		l.flushed = flushed
		if err := db.unrecorded(ctx, true); err != nil {
			return err
		}
		if err := f(ctx, l); err != nil {
			return errors.Join(err, l.wait())
		}
		if err := l.finish(ctx); err != nil || db.distributed {
			return err
		}
		return l.analyze(ctx)
	})
	if err == nil && db.distributed { // in the transaction, nodes that it has written to do not all do it
		err = l.analyze(ctx)
	}
	return err
}

// filled is the name of a table that has rows; "" if none has.
func (db *DB) filled(ctx context.Context) (name string, err error) {
	q := &query{dialect: db.dialect}
	for i, t := range db.model.tables {
		if i > 0 {
			q.add(" UNION ALL ")
		}
		q.add("SELECT '", t.Name, "' WHERE EXISTS (SELECT 1 FROM ", t.Name, ")")
	}
	err = db.run(ctx, &Statement{Path: "seed", Text: q.String()}, func(rows *sqlx.Rows) error { return rows.Scan(&name) })
	return name, err
}

// A Load writes many rows whose keys are known, a batch at a time, inside one transaction, while the next batch is made. A batch is
// written with the rows of each table behind those of the tables that they refer to; among those of one table, a row is added after
// those it refers to.
type Load struct {
	db      *DB
	batches []*batch         // of tables, then of links: a row is written after those it refers to
	given   map[*Table]int64 // keys that were given elsewhere and are not to be given here
	flushed func()
	written chan error // what becomes of the batch that is being written; nil if none is
	rows    int        // written
	after   []string   // statements that make again what was taken away for the time of the load; nil as long as nothing was
}

// A batch is the rows of one table that wait to be written.
type batch struct {
	table   string
	columns []*Column
	rows    [][]any
	part    part
	words   []int   // places of the columns of words, if what is searched of them is written with them
	long    []int64 // keys of rows with too many words for that
}

// batchRows bounds the rows in memory, and the time in which PostgreSQL says nothing: it answers a COPY at its end.
const batchRows = 2000

// bulkyRows are more rows than it is worth to keep indexes true for, one by one.
const bulkyRows = 50_000

func newLoad(db *DB) *Load {
	l := &Load{db: db}
	for _, t := range db.model.order() {
		l.batches = append(l.batches, &batch{table: t.Name, columns: append(t.stored(), t.secrets...)})
	}
	for r := range db.model.links() {
		b := &batch{table: r.Link.Table, columns: []*Column{{Name: r.Link.From, Kind: Key}, {Name: r.Link.To, Kind: Key}}}
		carried, _ := r.carriedBy()
		for _, c := range carried {
			b.columns = append(b.columns, &Column{Name: c.name, Kind: c.column.Kind, Nullable: true, rule: c.column.rule})
		}
		if b.part = db.part(r); b.part.of != nil {
			b.columns = append(b.columns, b.part.column())
		}
		l.batches = append(l.batches, b)
	}
	return l
}

// Add adds a row: an entity of the table with its key, times and version, and its secrets as they are stored. Checks of the
// page are not asked.
func (l *Load) Add(ctx context.Context, t *Table, entity any, secrets ...any) error {
	return l.add(ctx, t.Name, append(values(t, entity), secrets...))
}

// Link adds the link between two rows of a many-to-many relation whose links are no table of the page: between two keys, or
// entities, from which it takes what the link carries; else a trigger looks it up.
func (l *Load) Link(ctx context.Context, r *Relation, from, to any) error {
	if !r.first {
		r, from, to = r.Back, to, from
	}
	keyOf := func(t *Table, v any) any {
		if key, is := v.(int64); is {
			return key
		}
		return t.KeyColumn().Of(v)
	}
	row := []any{keyOf(r.From, from), keyOf(r.To, to)}
	columns, ofFrom := r.carriedBy()
	for i, c := range columns {
		of := to
		if ofFrom[i] {
			of = from
		}
		if _, is := of.(int64); is {
			row = append(row, nil)
		} else {
			row = append(row, c.column.Of(of))
		}
	}
	if p := l.db.part(r); p.of != nil {
		of := to
		if p.of == r.From {
			of = from
		}
		if _, is := of.(int64); is {
			row = append(row, nil)
		} else {
			row = append(row, p.of.shard.Of(of))
		}
	}
	return l.add(ctx, r.Link.Table, row)
}

// values are an entity's columns as they are stored.
func values(t *Table, entity any) []any {
	row := make([]any, 0, len(t.Columns)+len(t.searched)+len(t.secrets))
	for _, c := range t.Columns {
		row = append(row, c.Of(entity))
	}
	for _, c := range t.searched {
		text, _ := c.Of(entity).(string)
		row = append(row, words(text))
	}
	return row
}

func (l *Load) add(ctx context.Context, table string, row []any) error {
	for _, b := range l.batches {
		if b.table != table {
			continue
		}
		b.rows = append(b.rows, row)
		if len(b.rows) == batchRows {
			return l.flush(ctx)
		}
	}
	return nil
}

// flush begins to write every row that waits, once those before are written.
func (l *Load) flush(ctx context.Context) error {
	if err := l.wait(); err != nil {
		return err
	}
	if err := l.Expect(ctx, l.rows); err != nil {
		return err
	}
	written := make(chan error, 1)
	full := make([][][]any, len(l.batches))
	for i, b := range l.batches {
		full[i], b.rows = b.rows, nil
		l.rows += len(full[i])
	}
	l.written = written
	go func() {
		for i, b := range l.batches {
			if len(full[i]) == 0 {
				continue
			}
			if err := l.db.load(ctx, b, full[i]); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	return nil
}

// wait returns when nothing is being written.
func (l *Load) wait() error {
	if l.written == nil {
		return nil
	}
	err := <-l.written
	l.written = nil
	if err == nil && l.flushed != nil {
		l.flushed()
	}
	return err
}

// Expect says how many rows will be added, about. It is faster with many if it is said before the first.
func (l *Load) Expect(ctx context.Context, rows int) error {
	switch {
	case rows <= bulkyRows || l.after != nil, l.db.distributed: // a cluster lets no trigger of its tables be taken away
		return nil
	case l.db.driver == postgresDialect.driver:
		return l.strip(ctx)
	}
	return l.unindex(ctx)
}

// unindex takes SQLite's indexes away, but those that keep values unique: at the end it sorts once what it would otherwise look for a
// place for, row by row, in trees that its cache does not hold.
func (l *Load) unindex(ctx context.Context) error {
	l.after = []string{}
	before, err := l.indexes(ctx, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX %' AND "+l.db.inTexts("tbl_name")+" ORDER BY name")
	if err != nil {
		return err
	}
	return l.alone(ctx, before)
}

// tables are those that rows may be added to.
func (l *Load) tables() []string {
	tables := make([]string, len(l.batches))
	for i, b := range l.batches {
		tables[i] = b.table
	}
	return tables
}

// indexes notes that the indexes which a SELECT has of the tables, by name and definition, are made again, and answers what drops them.
func (l *Load) indexes(ctx context.Context, text string) (drops []string, err error) {
	var name, definition string
	err = l.db.Query(ctx, "load", text, []any{l.db.bindTexts(l.tables())}, func(rows *sqlx.Rows) error {
		err := rows.Scan(&name, &definition)
		drops = append(drops, "DROP INDEX "+name)
		l.after = append(l.after, definition)
		return err
	})
	return drops, err
}

// strip takes from PostgreSQL's tables what costs more row by row than at once: indexes, foreign keys and triggers. Nobody else
// uses the tables until the load is committed.
func (l *Load) strip(ctx context.Context) error {
	l.after = []string{"SET LOCAL maintenance_work_mem = '256MB'"}
	tables := l.tables()
	var before, keys []string
	for _, table := range tables {
		before = append(before, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
	}
	among := "= ANY (SELECT t::regclass FROM unnest(?::text[]) AS t)"
	names := l.db.bindTexts(tables)
	var table, name, definition string
	err := l.db.Query(ctx, "load", "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid "+among+" ORDER BY 1, 2",
		[]any{names}, func(rows *sqlx.Rows) error {
			err := rows.Scan(&table, &name, &definition)
			before = append(before, "ALTER TABLE "+table+" DROP CONSTRAINT "+name)
			keys = append(keys, "ALTER TABLE "+table+" ADD CONSTRAINT "+name+" "+definition)
			return err
		})
	if err != nil {
		return err
	}
	drops, err := l.indexes(ctx, "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE NOT indisunique AND indisvalid AND indrelid "+among+" ORDER BY 1")
	if err != nil {
		return err
	}
	before = append(before, drops...)
	l.after = append(l.after, keys...)
	for _, c := range l.db.model.carryings(l.db.distributed) {
		l.after = append(l.after, "UPDATE "+c.link+" SET "+c.name+" = "+c.value(c.link+".")+" WHERE "+c.name+" IS NULL")
	}
	for _, table := range tables {
		l.after = append(l.after, "ALTER TABLE "+table+" ENABLE TRIGGER USER")
	}
	given := map[string]bool{} // in place of what a trigger makes of the words
	err = l.db.Query(ctx, "load", "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'search' AND attgenerated = '' AND attrelid "+among,
		[]any{names}, func(rows *sqlx.Rows) error {
			err := rows.Scan(&table)
			given[table] = true
			return err
		})
	if err != nil {
		return err
	}
	for _, t := range l.db.model.tables {
		if !given[t.Name] {
			continue
		}
		b := l.batches[slices.IndexFunc(l.batches, func(b *batch) bool { return b.table == t.Name })]
		for _, c := range t.searched {
			b.words = append(b.words, slices.Index(b.columns, c.words))
		}
	}
	return l.alone(ctx, before)
}

// alone runs the first statements of a load that changes tables, of which no statement is kept prepared.
func (l *Load) alone(ctx context.Context, statements []string) error {
	t, err := transactionOf(ctx)
	if err != nil {
		return err
	}
	t.alone = true
	return l.do(ctx, statements)
}

func (l *Load) do(ctx context.Context, statements []string) error {
	for _, text := range statements {
		if err := l.db.change(ctx, &Statement{Path: "load", Text: text}, nil); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the last rows and sees to it that no key is given out again: not those of the rows, none that this
// database has given before, and none of l.given.
func (l *Load) finish(ctx context.Context) error {
	if err := errors.Join(l.flush(ctx), l.wait()); err != nil {
		return err
	}
	for _, b := range l.batches {
		if len(b.long) == 0 {
			continue
		}
		names := make([]string, len(b.words))
		for i, place := range b.words {
			names[i] = b.columns[place].Name
		}
		text := "UPDATE " + b.table + " SET search = " + vectorOf(names, "") + " WHERE " + l.db.inKeys("id")
		if err := l.db.change(ctx, &Statement{Path: "load", Text: text, Args: []any{l.db.bindKeys(b.long)}}, nil); err != nil {
			return err
		}
	}
	if err := l.do(ctx, l.after); err != nil {
		return err
	}
	for _, t := range l.db.model.tables {
		if err := l.db.raiseKey(ctx, t, l.given[t]); err != nil {
			return err
		}
	}
	return l.db.unrecorded(ctx, false)
}

// lastKey is the highest key that a table has ever given to a row, be the row there or not; 0 if it has given none.
func (db *DB) lastKey(ctx context.Context, t *Table) (key int64, err error) {
	if t.timeOrdered {
		return db.lastOrdered(ctx, t)
	}
	text := "SELECT seq FROM sqlite_sequence WHERE name = '" + t.Name + "'"
	if db.driver == postgresDialect.driver {
		text = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence('" + t.Name + "', 'id')::regclass), 0)"
	}
	_, err = db.QueryRow(ctx, "last key of "+t.Type, text, nil, &key)
	return key, err
}

// raiseKey makes a table give keys above given, above those of its rows and above all that it gave before.
func (db *DB) raiseKey(ctx context.Context, t *Table, given int64) error {
	last, err := db.lastKey(ctx, t)
	if err != nil {
		return err
	}
	if t.timeOrdered {
		return db.raiseOrdered(ctx, t, max(given, last))
	}
	path := "raise key of " + t.Type
	if db.driver == postgresDialect.driver {
		var highest int64
		if _, err := db.QueryRow(ctx, path, "SELECT COALESCE(max(id), 0) FROM "+t.Name, nil, &highest); err != nil {
			return err
		}
		if given = max(given, highest); given <= last {
			return nil
		}
		_, err := db.QueryRow(ctx, path, "SELECT setval(pg_get_serial_sequence('"+t.Name+"', 'id'), ?)", []any{given}, &highest)
		return err
	}
	if given <= last { // AUTOINCREMENT has followed the rows
		return nil
	}
	if _, err := db.Exec(ctx, path, "DELETE FROM sqlite_sequence WHERE name = ?", t.Name); err != nil {
		return err
	}
	_, err = db.Exec(ctx, path, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.Name, given)
	return err
}

// analyze tells PostgreSQL's planner about tables that were empty a moment ago. SQLite is left without statistics, as
// it is everywhere else: with them it reads all of a small table for every parent instead of looking its rows up.
func (l *Load) analyze(ctx context.Context) error {
	if l.db.driver != postgresDialect.driver {
		return nil
	}
	for _, b := range l.batches {
		if err := l.db.change(ctx, &Statement{Path: "analyze " + b.table, Text: "ANALYZE " + b.table}, nil); err != nil {
			return err
		}
	}
	return nil
}

// load writes rows of a batch's table.
func (db *DB) load(ctx context.Context, b *batch, list [][]any) error {
	if err := db.placeLinks(ctx, b, list); err != nil {
		return err
	}
	if db.driver == postgresDialect.driver {
		return db.violated(db.copyIn(ctx, b, list))
	}
	rows := make([]map[string]any, len(list))
	for i, row := range list {
		rows[i] = make(map[string]any, len(row))
		for j, v := range row {
			rows[i][b.columns[j].Name] = v
		}
	}
	return db.insertAsIs(ctx, &Statement{Path: "seed " + b.table}, b, rows)
}

// insertAsIs writes rows of a batch's table with all that they have.
func (db *DB) insertAsIs(ctx context.Context, s *Statement, b *batch, rows []map[string]any) error {
	q := &query{dialect: db.dialect}
	q.add("INSERT INTO ", b.table, " (", b.names(), ") SELECT ")
	for i, c := range b.columns {
		if i > 0 {
			q.add(", ")
		}
		q.add(q.field(c))
	}
	q.bindTo(" FROM "+q.rows(b.columns), q.rowsJSON(rows))
	s.Text, s.Args = q.String(), q.args
	return db.change(ctx, s, nil)
}

func (b *batch) names() string {
	names := make([]string, len(b.columns))
	for i, c := range b.columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// manyWords are more than a vector made here may have: of more, PostgreSQL leaves out places, in ways of its own.
const manyWords = 250

// vector is what is searched of a row's words: what vectorOf makes of them, as text; ok is false if they are too many.
func (b *batch) vector(row []any) (text string, ok bool) {
	var out []byte
	n, last := 0, 0 // words, and the last place
	for i, column := range b.words {
		words, _ := row[column].(string)
		place := last + 1 // in front of the first word there is a place for nothing
		for word := range strings.FieldsSeq(words) {
			if n++; n > manyWords {
				return "", false
			}
			place++
			last = place
			out = append(append(out, word...), ':')
			out = strconv.AppendInt(out, int64(place), 10)
			if i == 0 {
				out = append(out, 'A')
			}
			out = append(out, ' ')
		}
	}
	return string(out), true
}

// copyIn writes rows through COPY. It is the one statement that does not pass through run, for it takes its rows as
// many calls on one statement of the transaction itself; it is observed all the same.
func (db *DB) copyIn(ctx context.Context, b *batch, list [][]any) error {
	columns := b.names()
	if b.words != nil {
		columns += ", search"
		for i, row := range list {
			vector, ok := b.vector(row)
			if row = append(row, vector); !ok {
				key, _ := row[0].(int64)
				b.long = append(b.long, key)
			}
			list[i] = row
		}
	}
	s := &Statement{Path: "seed " + b.table, Text: "COPY " + b.table + " (" + columns + ") FROM STDIN"}
	start := time.Now()
	s.Err = db.classify(ctx, db.sendCopy(ctx, s.Text, list))
	s.Rows, s.Took = len(list), time.Since(start)
	if db.options.Observe != nil {
		db.options.Observe(ctx, s)
	}
	return s.Err
}

func (db *DB) sendCopy(ctx context.Context, text string, rows [][]any) error {
	t, inside := ctx.Value(transactionKey).(*transaction)
	if !inside {
		return fmt.Errorf("%s outside of a transaction", text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.touched.note(db, &Statement{Text: text})
	stmt, err := t.tx.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	_, err = stmt.ExecContext(ctx)
	return err
}

// A seeder makes up rows. Each row is drawn from its own table and key alone, so that a row can refer to another
// without keeping it. It calculates in integers: floating point may round differently on another machine.
