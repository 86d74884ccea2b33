package orm

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"strconv"
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
	keyList:   "unnest((SELECT ?::bigint[])) AS k(key)",
	key:       "k.key",
	oneKey:    "(SELECT (SELECT ?::bigint) AS key) AS k",
	bindKeys:  func(keys []int64) any { return pq.Int64Array(keys) },
	bindTexts: func(texts []string) any { return pq.StringArray(texts) },
	bindTime:  func(t time.Time) any { return t.UTC() },
	lateral:   true,
	semijoins: true,

	writesWithin: true,
	averages:     true,
	inKeys:       func(expr string) string { return expr + " = ANY(?::bigint[])" },
	inTexts:      func(expr string) string { return expr + " = ANY(?::text[])" },
	in:           func(expr string, kind Kind) string { return expr + " = ANY(?::" + kinds[kind].postgres + "[])" },
	position:     func(expr string) string { return "strpos(" + expr + ", ?)" },
	substring:    func(q *query, expr, text string, atEnd bool) { q.bindTo(expr+" LIKE ?", pattern(text, atEnd)) },
	trigrams: func(q *query, c *Column, t, text string, atEnd, ignoreCase bool) {
		if !ignoreCase { // the index is of folded texts
			q.bindTo(" AND kith_fold("+t+"."+c.Name+") LIKE ?", pattern(Fold(text), atEnd))
		}
	},
	vector:    "search",
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
	extreme: func(function, expr string, kind Kind) string {
		if kind == Guid { // of which it has neither
			return function + "(" + expr + "::text COLLATE \"C\")::uuid"
		}
		return function + "(" + expr + ")"
	},
	total: func(expr string) string { return "sum(" + expr + ")::numeric" },
	mean: func(expr string) string {
		sum := "sum(" + expr + ")::numeric" // exact: `div` cuts off, while `/` rounds to some digits
		return "sign(" + sum + ") * div(2 * abs(" + sum + ") * 1000000 + count(" + expr + "), 2 * count(" + expr + "))"
	},
	floatTotal: func(expr string) string {
		// To 17 digits, as Go writes them: a cast to numeric has 15, and the shortest text is not always Go's.
		sum := "sum(CASE WHEN abs(" + expr + ") < 'Infinity' THEN to_char(" + expr + ", '9.9999999999999999EEEE')::numeric END)"
		return "(CASE WHEN abs(" + sum + ") >= " + tooLargeASum + " THEN NULL WHEN abs(" + sum + ") < " + tooSmallASum + " THEN 0 ELSE " + sum + "::float8 END)"
	},
	bindNumber: func(n *big.Int) any { return n.Text(10) },
	number:     numberOf,
	numbers:    "SELECT unnest(?::numeric[])",
	bindNumbers: func(numbers []*big.Int) any {
		texts := make([]string, len(numbers))
		for i, n := range numbers {
			texts[i] = n.Text(10)
		}
		return pq.StringArray(texts)
	},
	cutOff: func(unit Unit, expr string, kind Kind) string {
		if kind == Day {
			return "date_trunc('" + string(unit) + "', " + expr + "::timestamp)::date"
		}
		return "date_trunc('" + string(unit) + "', " + expr + ")"
	},
	rows: func(columns []*Column) string {
		var b strings.Builder
		b.WriteString("json_to_recordset(?::json) AS r(")
		for i, c := range columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
			b.WriteByte(' ')
			b.WriteString(kinds[c.Kind].postgres)
		}
		b.WriteString(")")
		return b.String()
	},
	field: func(c *Column) string { return "r." + c.Name },
	// What ANALYZE counted, for as many pages as there are now; before the first one there is only the span of keys.
	size: func(t *Table) string {
		counted := "(SELECT reltuples / relpages * pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class" +
			" WHERE oid = '" + t.Name + "'::regclass AND reltuples > 0 AND relpages > 0)"
		if t.timeOrdered {
			return "COALESCE(" + counted + ", " + span(t) + ")"
		}
		return "LEAST(" + span(t) + ", " + counted + ")"
	},
	indexes: "SELECT t.relname || '.' || pg_get_indexdef(i.indexrelid, 1, TRUE) FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid" +
		" WHERE i.indisvalid AND i.indpred IS NULL AND t.relnamespace = current_schema()::regnamespace",
	scans:     func() int { return postgresConns / 8 },
	lookUps:   2,
	timestamp: "?::timestamp",
	recording: func(r recording) []string { return recordPostgres(r, logged("")) },
	carrying: func(c carrying) []string {
		return carryPostgres(c, "NEW."+c.name+" := "+c.value("NEW.")+";\n", "UPDATE "+c.link+" SET "+c.name+" = NEW."+c.of+" WHERE "+c.key+" = NEW.id;\n", "")
	},
	vectors:    searchPostgres,
	quiet:      [2]string{"SELECT set_config('kith.quiet', 'on', TRUE)", "SELECT set_config('kith.quiet', '', TRUE)"},
	sequence:   "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_notify('" + channel + "', '') WHERE kith_number_changes(%d, '%s'); COMMIT",
	unnumbered: "SELECT 1 FROM kith_changes_without_position()",
	head:       "change_head",
	positions:  "change_positions",
	changes:    "change_positions JOIN changes USING (xid)",
	unplaced:   "(SELECT *, NULL::bigint AS position FROM kith_changes_without_position()) AS c",
	// A loop over the transactions, whatever the planner knows of the tables.
	behind: "SELECT id, position, mark, at, place, key, verb, fields, before, after" +
		" FROM (SELECT *, CASE WHEN position = $1 THEN COALESCE($2, (SELECT max(id) FROM changes WHERE xid = f.xid)) ELSE 0 END AS begin" +
		" FROM change_positions AS f WHERE position >= $1 ORDER BY position LIMIT $3) AS p" +
		" CROSS JOIN LATERAL (SELECT * FROM changes WHERE xid = p.xid AND id >= p.begin ORDER BY id LIMIT $3) AS c ORDER BY position, id LIMIT $3",
	forget:  "WITH gone AS (DELETE FROM change_positions WHERE position <= $1 AND position < (SELECT position FROM change_head) RETURNING xid) DELETE FROM changes USING gone WHERE changes.xid = gone.xid",
	listen:  listenPostgres,
	locks:   [3]string{lockShare: " FOR KEY SHARE", lockChange: " FOR NO KEY UPDATE", lockRemove: " FOR UPDATE"},
	nextKey: func(table string) string { return "nextval(pg_get_serial_sequence('" + table + "', 'id'))" },
	code: func(err error) Code {
		var out *outage
		var lost *lostBeginning
		var e *pq.Error
		switch {
		case errors.As(err, &lost):
			return Retry
		case errors.As(err, &out):
			return Unavailable
		case !errors.As(err, &e):
			return Internal
		}
		switch e.Code {
		case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
			return Retry
		case "57014": // query_canceled
			return Timeout
		case "57P01", "57P02", "57P03", readOnlyTransaction, completionUnknown: // shutting down, crashed, starting up, a standby
			return Unavailable
		}
		switch e.Code.Class() {
		case "08", "53", "58": // the connection, no disk, memory or connections left, the system below it, such as another node of a cluster
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
	open:  openPostgres,
	place: placeOfPostgres,
	ready: func(ctx context.Context, pool *sqlx.DB) error {
		tx, err := pool.BeginTxx(ctx, nil) // READ WRITE, which a server that takes no writes refuses
		if err != nil {
			return err
		}
		return tx.Rollback()
	},
	snapshot: sql.LevelRepeatableRead,
}

// pattern is what LIKE compares with to find a text.
func pattern(text string, atEnd bool) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + [2]string{"%", ""}[btoi(atEnd)]
}

var postgresAdvice = map[string]string{
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
	config, err := configOf(address)
	if err != nil {
		return nil, nil, err
	}
	if options.Pooling == PoolingTransaction {
		// Behind a transaction pooler the default protocol silently runs the wrong statement; this one is a single trip.
		config.BinaryParameters = true
	} else if _, set := config.Runtime["jit"]; !set { // a pooler refuses parameters that it does not know
		config.Runtime = maps.Clone(config.Runtime)
		if config.Runtime == nil {
			config.Runtime = map[string]string{}
		}
		config.Runtime["jit"] = "off" // compiling a wide statement takes longer than running it
	}
	connector, err := newConnector(config)
	if err != nil {
		return nil, nil, err
	}
	pool := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	return pool, pool, nil
}

// configOf reads a URL as the driver does, its query and the PG… variables included, and settles what they leave open. Its
// errors repeat nothing of the URL but what is wrong with a setting.
func configOf(address string) (pq.Config, error) {
	address, err := oneAuthority(address)
	if err != nil {
		return pq.Config{}, errNoURL // the cause would repeat the password
	}
	config, err := pq.NewConfig(address)
	if cause := new(url.Error); errors.As(err, &cause) {
		return config, errNoURL
	}
	if err != nil {
		return config, fmt.Errorf("the database URL: %w", err)
	}
	if config.SSLMode == "" {
		config.SSLMode = pq.SSLModeDisable
		for _, h := range hostsOf(config) {
			if !h.local() {
				config.SSLMode = pq.SSLModeVerifyFull
			}
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
		if len(config.Multi) > 0 {
			config.ConnectTimeout = 2 * time.Second // the next one may answer
		}
	}
	return config, nil
}

var errNoURL = errors.New("the database URL is not a URL; in a password / ? # @ % are written %2F %3F %23 %40 %25")

// oneAuthority moves hosts from where libpq reads several of them, or the path of a socket, to the query, where lib/pq
// does: `postgres://a:1,b:2/kith` is `postgres:///kith?host=a,b&port=1,2`.
func oneAuthority(address string) (string, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@') + 1
	list := rest[at:end]
	path, query, _ := strings.Cut(rest[end:], "?")
	for _, pair := range strings.Split(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		path += key
	}
	if strings.Contains(path, "@") || strings.Contains(rest, "#") {
		return "", errNoURL // what was meant as a password would be taken for a host
	}
	if !strings.ContainsAny(list, ",%") {
		return address, nil
	}
	u, err := url.Parse(scheme + "://" + rest[:at] + rest[end:])
	if err != nil {
		return "", err
	}
	var hosts, ports []string
	for _, one := range strings.Split(list, ",") {
		host, port := one, ""
		if i := strings.LastIndexByte(one, ':'); i >= 0 && !strings.HasSuffix(one, "]") {
			host, port = one[:i], one[i+1:]
		}
		host, err := url.PathUnescape(strings.Trim(host, "[]"))
		if err != nil {
			return "", err
		}
		hosts, ports = append(hosts, cmp.Or(host, "localhost")), append(ports, cmp.Or(port, "5432"))
	}
	q := u.Query()
	if !q.Has("host") && !q.Has("hostaddr") {
		q.Set("host", strings.Join(hosts, ","))
	}
	if !q.Has("port") {
		q.Set("port", strings.Join(ports, ","))
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// A host is where one of the servers of a URL is.
type host struct {
	name    string // or the directory of a socket
	address netip.Addr
	port    uint16
}

func hostsOf(config pq.Config) []host {
	hosts := []host{{config.Host, config.Hostaddr, config.Port}}
	for _, m := range config.Multi {
		hosts = append(hosts, host{m.Host, m.Hostaddr, m.Port})
	}
	return hosts
}

// local tells whether what is sent there stays on this machine.
func (h host) local() bool {
	if h.address.IsValid() {
		return h.address.IsLoopback()
	}
	return h.socket() || h.name == "" || h.name == "localhost" || net.ParseIP(h.name).IsLoopback()
}

func (h host) socket() bool { return strings.HasPrefix(h.name, "/") || strings.HasPrefix(h.name, "@") }

func (h host) String() string {
	if h.socket() {
		return h.name
	}
	name := cmp.Or(h.name, "localhost")
	if h.name == "" && h.address.IsValid() {
		name = h.address.String()
	}
	return net.JoinHostPort(name, strconv.Itoa(int(h.port)))
}

// placeOfPostgres is what may be said of a URL: database and hosts.
func placeOfPostgres(address string) string {
	config, err := configOf(address)
	if err != nil {
		return "at an unreadable URL"
	}
	var hosts []string
	for _, h := range hostsOf(config) {
		hosts = append(hosts, h.String())
	}
	return strings.TrimPrefix(config.Database+" at "+strings.Join(hosts, ","), " ")
}
