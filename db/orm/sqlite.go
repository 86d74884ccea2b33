package orm

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteTime has a fixed width, so that times order as text.
const sqliteTime = "2006-01-02 15:04:05.000000"

var sqliteDialect = &dialect{
	driver:  "sqlite",
	bind:    sqlx.QUESTION,
	goose:   "sqlite3",
	skip:    ".postgres.sql",
	loosen:  [2]string{"PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"},
	keyList: "json_each(?) AS k",
	key:     "k.value",
	ordinal: "k.key",
	bindKeys: func(keys []int64) any {
		text, _ := json.Marshal(keys) // integers always marshal
		return string(text)
	},
	bindTexts: func(texts []string) any {
		text, _ := json.Marshal(texts) // strings always marshal
		return string(text)
	},
	bindTime: func(t time.Time) any { return t.UTC().Format(sqliteTime) },
	inKeys:   func(expr string) string { return expr + " IN (SELECT value FROM json_each(?))" },
	inTexts:  func(expr string) string { return expr + " IN (SELECT value FROM json_each(?))" },
	in:       func(expr string, _ Kind) string { return expr + " IN (SELECT value FROM json_each(?))" },
	position: func(expr string) string { return "instr(" + expr + ", ?)" },
	substring: func(q *query, expr, text string, atEnd bool) {
		if !atEnd {
			q.bindTo("instr("+expr+", ?) > 0", text)
			return
		}
		q.bindTo("substr("+expr+", -?) = ", utf8.RuneCountInString(text))
		q.bindTo("?", text)
	},
	trigrams: func(q *query, c *Column, t, text string, _, ignoreCase bool) {
		if p := c.trigramProbe(text, ignoreCase); p.match != "" && !q.common[p] {
			q.bindTo(" AND "+t+".id IN (SELECT rowid FROM "+p.index+" WHERE "+p.index+" MATCH ?)", p.match)
		}
	},
	matches: func(table, t string) string {
		return t + ".id IN (SELECT rowid FROM " + table + "_search WHERE " + table + "_search MATCH ?)"
	},
	relevances: func(table string) string {
		search := table + "_search"
		return "SELECT rowid AS id, CAST(round(bm25(" + search + ", 10) * 1e9) AS INTEGER) AS relevance FROM " + search + " WHERE " + search + " MATCH ?"
	},
	search: func(words []term) string {
		var b strings.Builder
		for _, w := range words {
			b.WriteString(` "`)
			b.WriteString(w.words[0])
			b.WriteString([2]string{`"`, `"*`}[btoi(w.prefix)])
		}
		return b.String()
	},
	unindexed: func(expr string) string { return expr }, // it knows how many links there are, and walks through lists in order
	extreme:   func(function, expr string, _ Kind) string { return function + "(" + expr + ")" },
	total:     func(expr string) string { return "kith_total(sum(" + expr + " >> 32), sum(" + expr + " & 4294967295))" },
	mean: func(expr string) string {
		return "kith_mean(sum(" + expr + " >> 32), sum(" + expr + " & 4294967295), count(" + expr + "))"
	},
	floatTotal: func(expr string) string { return "kith_float_total(" + expr + ")" },
	bindNumber: func(n *big.Int) any { return sqliteNumber(n) },
	number:     func(v any) *big.Int { return new(big.Int).Sub(numberOf(v), sqliteZero) },
	numbers:    "SELECT value FROM json_each(?)",
	bindNumbers: func(numbers []*big.Int) any {
		texts := make([]string, len(numbers))
		for i, n := range numbers {
			texts[i] = sqliteNumber(n)
		}
		text, _ := json.Marshal(texts) // strings always marshal
		return string(text)
	},
	cutOff: func(unit Unit, expr string, kind Kind) string {
		rest, isTime := map[Unit]string{"year": "-01-01", "month": "-01"}[unit], " 00:00:00.000000"
		text := "substr(" + expr + ", 1, " + map[Unit]string{"year": "4", "month": "7", "day": "10", "hour": "13"}[unit] + ")"
		switch unit {
		case "week":
			text = "date(" + expr + ", '-6 days', 'weekday 1')"
		case "hour":
			isTime = ":00:00.000000"
		}
		if kind == Time {
			rest += isTime
		}
		if rest == "" {
			return text
		}
		return text + " || '" + rest + "'"
	},
	rows:  func([]*Column) string { return "json_each(?) AS r" },
	field: func(c *Column) string { return "r.value ->> '" + c.Name + "'" },
	size:  span,
	indexes: "SELECT m.tbl_name || '.' || i.name FROM sqlite_schema AS m, pragma_index_info(m.name) AS i" +
		" WHERE m.type = 'index' AND i.seqno = 0 AND i.name IS NOT NULL",
	scans:     func() int { return max(1, runtime.GOMAXPROCS(0)-1) }, // it runs in this process and leaves others a processor
	timestamp: "?",
	recording: recordSQLite,
	carrying:  carrySQLite,
	quiet:     [2]string{"UPDATE change_head SET quiet = TRUE", "UPDATE change_head SET quiet = FALSE"},
	// Its greatest key is looked up: of a subquery in FROM it would look at all.
	endNumbered: "INSERT INTO changes (id, mark, at, place, key, verb) SELECT (SELECT max(id) FROM changes) | 1073741823, ?, ?, '', 0, 'E'" +
		" WHERE (SELECT max(id) FROM changes) & 1073741823 <> 1073741823",
	unnumbered: "SELECT 1 FROM changes WHERE id > " + lastEndSQLite,
	head:       "(SELECT id >> 30 AS position, mark FROM changes WHERE id = " + lastEndSQLite + ")",
	positions:  "(SELECT id >> 30 AS position, at FROM changes WHERE verb = 'E')",
	changes:    "(SELECT *, id >> 30 AS position FROM changes WHERE verb <> 'E')",
	behind: "SELECT c.id, c.id >> 30, e.mark, e.at, c.place, c.key, c.verb, c.fields, c.before, c.after FROM changes AS c CROSS JOIN changes AS e ON e.id = c.id | 1073741823" +
		" WHERE c.id >= COALESCE(?2, (?1 + 1 << 30) - 1) AND (c.verb <> 'E' OR ?2 IS NULL AND c.id = (?1 + 1 << 30) - 1) ORDER BY c.id LIMIT ?3",
	forget: "DELETE FROM changes WHERE id < ? + 1 << 30 AND id < " + lastEndSQLite,
	code: func(err error) Code {
		var e *sqlite.Error
		if !errors.As(err, &e) {
			return Internal
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return Retry
		case sqlite3.SQLITE_INTERRUPT:
			return Timeout
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY:
			return Unavailable
		}
		return Internal
	},
	constraint: func(err error) bool {
		var e *sqlite.Error
		if !errors.As(err, &e) {
			return false
		}
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return true
		}
		return false
	},
	open:  openSQLite,
	place: func(address string) string { return "at " + strings.TrimPrefix(address, "sqlite:") },
	ready: func(ctx context.Context, write *sqlx.DB) error { return write.PingContext(ctx) },
}

// lastEndSQLite is the key of the row that ends the last transaction with a position. The key of what is recorded has the position of its
// transaction above the lower 30 bits, and in these all ones at its end, so that whatever comes next has the next one.
const lastEndSQLite = "(SELECT (max(id) + 1 >> 30 << 30) - 1 FROM changes)"

var sqliteAdvice = map[int]string{
	sqlite3.SQLITE_CANTOPEN: "check that the file's directory is there, and that the file may be read and written",
	sqlite3.SQLITE_READONLY: "let the file and its directory be written",
	sqlite3.SQLITE_PERM:     "let the file and its directory be written",
	sqlite3.SQLITE_NOTADB:   "name a SQLite database, or a new file",
	sqlite3.SQLITE_FULL:     "make room on the disk",
	sqlite3.SQLITE_BUSY:     "try again when the program that uses the file is done",
}

// trigramProbe is what SQLite's index of substrings is asked for a text. It folds letters in its own way, which is ours for ASCII.
func (c *Column) trigramProbe(text string, ignoreCase bool) probe {
	if ignoreCase {
		text = asciiRun(Fold(text))
	}
	p := probe{index: c.Table.Name + "_trigram"}
	if utf8.RuneCountInString(text) >= trigram {
		p.match = c.Name + ` : "` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return p
}

// openSQLite opens one writing connection and several reading ones: with write-ahead logging they do not wait for each
// other, and one writer is faster than several that compete.
func openSQLite(address string, _ Options) (write, read *sqlx.DB, err error) {
	giveMutexes()
	if err := registerFunctions(); err != nil {
		return nil, nil, err
	}
	path := strings.TrimPrefix(address, "sqlite:")
	if path == "" || strings.ContainsAny(path, "?#") {
		return nil, nil, fmt.Errorf("%q is neither sqlite:PATH nor sqlite::memory: as a whole", address)
	}
	options := url.Values{"_pragma": {"foreign_keys(1)", "busy_timeout(2000)", "synchronous(NORMAL)"}}
	if path == ":memory:" {
		// One connection is one database, shared by the whole process.
		options.Set("_txlock", "immediate")
		write, err = sqliteOpen("file::memory:?" + options.Encode())
		if err != nil {
			return nil, nil, err
		}
		write.SetMaxOpenConns(1)
		write.SetConnMaxLifetime(0)
		write.SetConnMaxIdleTime(0)
		return write, write, nil
	}
	options.Add("_pragma", "journal_mode(WAL)")
	file := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	read, err = sqliteOpen(file + "?" + options.Encode())
	if err != nil {
		return nil, nil, err
	}
	readers := sqliteReaders()
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	options.Set("_txlock", "immediate")
	write, err = sqliteOpen(file + "?" + options.Encode())
	if err != nil {
		return nil, nil, errors.Join(err, read.Close())
	}
	write.SetMaxOpenConns(1)
	return write, read, nil
}

// sqliteReaders is how many connections read: they run in this process, and more of them than processors only take turns, each with a cache of
// its own, and wait for each other at the lock of all caches.
func sqliteReaders() int { return min(max(2, runtime.GOMAXPROCS(0)), 8) }

func sqliteOpen(name string) (*sqlx.DB, error) {
	inner, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(&sqliteConnector{inner}), "sqlite"), nil
}

// A sqliteConnector makes connections on which rows can be gathered.
type sqliteConnector struct{ driver.Connector }

// Connect makes a connection.
func (c *sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{inner.(sqliteDriverConn)}, nil
}

// sqliteDriverConn is what a connection of the driver can do.
type sqliteDriverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteConn struct{ sqliteDriverConn }

// BeginTx begins a transaction. Where it waits for another process to end one, nothing interrupts it for as long as that is waited for.
func (c *sqliteConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.sqliteDriverConn.BeginTx(context.WithoutCancel(ctx), options)
}

// PrepareContext prepares a statement.
func (c *sqliteConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	inner, err := c.sqliteDriverConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &sqliteStmt{inner.(sqliteDriverStmt)}, nil
}

// ExecContext runs a statement, or gathers its rows.
func (c *sqliteConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if s := gathering(ctx); s != nil {
		return s.take(c.QueryContext(ctx, text, args))
	}
	return c.sqliteDriverConn.ExecContext(ctx, text, args)
}

type sqliteDriverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type sqliteStmt struct{ sqliteDriverStmt }

// ExecContext runs the statement, or gathers its rows.
func (s *sqliteStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	statement := sent(ctx)
	if statement != nil && statement.brief {
		ctx = context.WithoutCancel(ctx) // it is done before the driver has begun to watch that, from a goroutine
	}
	if statement != nil && statement.each != nil {
		return statement.take(s.QueryContext(ctx, args))
	}
	return s.sqliteDriverStmt.ExecContext(ctx, args)
}

// registerFunctions gives every connection that is opened from now on the functions kith_fold and kith_words, and those that
// make exact sums.
var registerFunctions = sync.OnceValue(func() error {
	of := func(change func(string) string) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			if text, ok := args[0].(string); ok {
				return change(text), nil
			}
			return args[0], nil
		}
	}
	return errors.Join(sqlite.RegisterDeterministicScalarFunction("kith_fold", 1, of(Fold)),
		sqlite.RegisterDeterministicScalarFunction("kith_words", 1, of(words)),
		sqlite.RegisterDeterministicScalarFunction("kith_total", 2, kithTotal),
		sqlite.RegisterDeterministicScalarFunction("kith_mean", 3, kithMean),
		sqlite.RegisterFunction("kith_float_total", &sqlite.FunctionImpl{NArgs: 1, Deterministic: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &floatSum{}, nil }}))
})
