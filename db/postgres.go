package db

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

var postgresDialect = &dialect{
	driver:    "postgres",
	bind:      sqlx.DOLLAR,
	goose:     "postgres",
	skip:      ".sqlite.sql",
	keyList:   "unnest(?::bigint[]) AS k(key)",
	key:       "k.key",
	bindKeys:  func(keys []int64) any { return pq.Int64Array(keys) },
	bindTexts: func(texts []string) any { return pq.StringArray(texts) },
	bindTime:  func(t time.Time) any { return t.UTC() },
	lateral:   true,
	semijoins: true,
	inKeys:    func(expr string) string { return expr + " = ANY(?::bigint[])" },
	inTexts:   func(expr string) string { return expr + " = ANY(?::text[])" },
	position:  func(expr string) string { return "strpos(" + expr + ", ?)" },
	suffix:    func(expr string) string { return "right(" + expr + ", ?::int)" },
	matches:   func(_, t string) string { return t + ".search @@ ?::tsquery" },
	relevance: func(t string) string { return "(ts_rank(" + t + ".search, ?::tsquery) * -1e9)::bigint" },
	search: func(words []term) string {
		var b strings.Builder
		for i, w := range words {
			b.WriteString([2]string{" & '", "'"}[btoi(i == 0)])
			b.WriteString(w.words[0])
			b.WriteString([2]string{"'", "':*"}[btoi(w.prefix)])
		}
		return b.String()
	},
	unindexed: func(expr string) string { return "COALESCE(" + expr + ", " + expr + ")" },
	rows: func(columns []*Column) string {
		var b strings.Builder
		b.WriteString("json_to_recordset(?::json) AS r(")
		for i, c := range columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
			b.WriteString([...]string{Key: " bigint", Int: " bigint", Text: " text", Time: " timestamp"}[c.Kind])
		}
		b.WriteString(")")
		return b.String()
	},
	field: func(c *Column) string { return "r." + c.Name },
	// What ANALYZE counted, for as many pages as there are now; before the first one there is only the span of keys.
	size: func(table string) string {
		return "LEAST(" + span(table) + ", (SELECT reltuples / relpages * pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class" +
			" WHERE oid = '" + table + "'::regclass AND reltuples > 0 AND relpages > 0))"
	},
	indexes: "SELECT t.relname || '.' || pg_get_indexdef(i.indexrelid, 1, TRUE) FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid" +
		" WHERE i.indisvalid AND i.indpred IS NULL AND t.relnamespace = current_schema()::regnamespace",
	scans:     func() int { return postgresConns / 8 },
	timestamp: "?::timestamp",
	locks:     [3]string{lockShare: " FOR KEY SHARE", lockChange: " FOR NO KEY UPDATE", lockRemove: " FOR UPDATE"},
	nextKey:   func(table string) string { return "nextval(pg_get_serial_sequence('" + table + "', 'id'))" },
	code: func(err error) Code {
		var e *pq.Error
		if !errors.As(err, &e) {
			return Internal
		}
		switch e.Code {
		case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
			return Retry
		case "57014": // query_canceled
			return Timeout
		case "57P01", "57P02", "57P03", "53300": // shutting down, crashed, starting up, too many connections
			return Unavailable
		}
		if e.Code.Class() == "08" { // connection exceptions
			return Unavailable
		}
		return Internal
	},
	constraint: func(err error) bool {
		var e *pq.Error
		return errors.As(err, &e) && (e.Code == "23505" || e.Code == "23503") // unique_violation, foreign_key_violation
	},
	stale: func(err error) bool {
		var e *pq.Error
		return errors.As(err, &e) && (e.Code == "0A000" || e.Code == "26000") // feature_not_supported: a cached plan with other columns; invalid_sql_statement_name
	},
	open:     openPostgres,
	snapshot: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
}

var postgresAdvice = map[pq.ErrorCode]string{
	"28P01": "check user and password in the database URL",
	"28000": "check the user in the database URL, and how the server lets users in (pg_hba.conf)",
	"3D000": "check the database's name in the URL, or create it with CREATE DATABASE",
	"42501": "grant it to the user in the database URL, or use one who may",
	"53300": "let the server take more connections, or close some",
	"53100": "make room on the server's disk",
	"57P03": "wait until the server has started",
	"25006": "use the primary's URL: this server takes no writes",
}

// postgresConns is how many connections the pool opens and keeps; each keeps its prepared statements.
const postgresConns = 32

func openPostgres(address string, options Options) (write, read *sqlx.DB, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, errors.New("the database URL is not a URL") // the cause would repeat the password
	}
	q := u.Query()
	if !q.Has("sslmode") {
		q.Set("sslmode", "verify-full")
		if host := u.Hostname(); host == "" || host == "localhost" || net.ParseIP(host).IsLoopback() {
			q.Set("sslmode", "disable")
		}
	}
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "5")
	}
	if options.Pooling == PoolingTransaction {
		// Behind a transaction pooler the default protocol silently runs the wrong statement; this one is a single trip.
		q.Set("binary_parameters", "yes")
	} else if !q.Has("jit") { // a pooler refuses parameters that it does not know
		q.Set("jit", "off") // compiling a wide statement takes longer than running it
	}
	u.RawQuery = q.Encode()
	connector, err := pq.NewConnector(u.String())
	if err != nil {
		return nil, nil, fmt.Errorf("the database URL: %w", err)
	}
	connector.Dialer(dialer{silence: options.Silence})
	pool := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	return pool, pool, nil
}

// A dialer makes connections that fail when the server has been silent for too long; 0 waits for ever.
type dialer struct{ silence time.Duration }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 0)
}

func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, timeout)
	if err != nil || d.silence == 0 {
		return conn, err
	}
	return &deadlineConn{Conn: conn, timeout: d.silence}, nil
}

// A deadlineConn fails a read that has waited too long: for the timeout at most, and three quarters of it at least.
type deadlineConn struct {
	net.Conn
	timeout time.Duration
	until   time.Time
}

// Read reads what comes before the deadline.
func (c *deadlineConn) Read(b []byte) (int, error) {
	// Setting the deadline for every read would cost as much as a short read.
	if now := time.Now(); c.until.Sub(now) < c.timeout*3/4 {
		c.until = now.Add(c.timeout)
		if err := c.Conn.SetReadDeadline(c.until); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

// SetDeadline is called by the driver, which then takes the deadline off again.
func (c *deadlineConn) SetDeadline(t time.Time) error {
	c.until = time.Time{}
	return c.Conn.SetDeadline(t)
}
