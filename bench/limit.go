package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// The limit answers each query in two ways, each as well as it can be written by somebody who knows the query: in json.go
// PostgreSQL makes the whole answer in one statement, in levels.go there is one statement for each level and the answer
// is written by hand. The better of the two is the limit. It has kith's pool of connections, collects garbage about as rarely
// and the request's context, and reads the request's body but for the variable does not look into it.

// How many connections kith keeps, to PostgreSQL and to read a SQLite file.
const pool = 32

var readers = min(max(4, 2*runtime.GOMAXPROCS(0)), 8)

// A limit is the server.
type limit struct {
	json   map[*query]*sql.Stmt
	levels map[string]*sql.Stmt
	keys   func([]int64) any // as an argument
}

func serveLimit(address, database string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
	l := &limit{json: map[*query]*sql.Stmt{}, levels: map[string]*sql.Stmt{}, keys: func(keys []int64) any { return pq.Int64Array(keys) }}
	lite := strings.HasPrefix(database, "sqlite:")
	if lite {
		l.keys = func(keys []int64) any {
			text, _ := json.Marshal(keys) // integers always marshal
			return string(text)
		}
	}
	server, err := openLimit(database, false)
	if err != nil {
		return err
	}
	w := &writer{pool: server, sqlite: lite}
	if lite {
		if w.pool, err = openLimit(database, true); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	for _, q := range queries {
		if q.writes { // there is one way to do that
			write := q.serve(w)
			mux.HandleFunc("/json/"+q.name, serveWrite(write))
			mux.HandleFunc("/levels/"+q.name, serveWrite(write))
			continue
		}
		for _, text := range q.levels {
			if l.levels[text] != nil {
				continue
			}
			there := text
			if lite && onSQLite[text] != "" {
				there = onSQLite[text]
			}
			if l.levels[text], err = server.Prepare(there); err != nil { //nolint:sqlclosecheck // it is needed to the end
				return fmt.Errorf("%w\n%s", err, there)
			}
		}
		if !lite {
			if l.json[q], err = server.Prepare(q.json); err != nil { //nolint:sqlclosecheck // it is needed to the end
				return fmt.Errorf("%w\n%s", err, q.json)
			}
			mux.HandleFunc("/json/"+q.name, l.serveJSON(q))
		}
		mux.HandleFunc("/levels/"+q.name, l.serveLevels(q))
	}
	if w.err != nil {
		return w.err
	}
	return http.ListenAndServe(address, mux)
}

// openLimit opens what kith has: a pool, and on SQLite one connection to write by, whose transactions begin with the lock.
func openLimit(database string, write bool) (*sql.DB, error) {
	path, sqlite := strings.CutPrefix(database, "sqlite:")
	driver, n := "postgres", pool
	if sqlite {
		options := url.Values{"_pragma": {"foreign_keys(1)", "busy_timeout(2000)", "synchronous(NORMAL)", "journal_mode(WAL)"}}
		if driver, n = "sqlite", readers; write {
			n = 1
			options.Set("_txlock", "immediate")
		}
		database = "file:" + path + "?" + options.Encode()
	}
	server, err := sql.Open(driver, database)
	if err != nil {
		return nil, err
	}
	server.SetMaxOpenConns(n)
	server.SetMaxIdleConns(n)
	return server, nil
}

func (l *limit) serveJSON(q *query) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := variable(r)
		var arguments []any
		if q.byUser {
			arguments = append(arguments, key)
		}
		var answer string
		if err == nil {
			err = l.json[q].QueryRowContext(r.Context(), arguments...).Scan(&answer)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		io.WriteString(w, answer) //nolint:errcheck // the client has gone
	}
}

func (l *limit) serveLevels(q *query) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := variable(r)
		buffer, _ := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		if err == nil {
			*buffer, err = q.write(r.Context(), l, (*buffer)[:0], key)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(*buffer)))
		w.Write(*buffer) //nolint:errcheck // the client has gone
	}
}

// variable reads the request and answers the key in the variable `id`; 0 if there is none.
func variable(r *http.Request) (int64, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	_, id, found := bytes.Cut(body, []byte(`"variables":{"id":"`))
	if !found {
		return 0, nil
	}
	id, _, _ = bytes.Cut(id, []byte(`"`))
	plain, err := base64.RawURLEncoding.AppendDecode(nil, id)
	if err != nil {
		return 0, err
	}
	_, digits, _ := bytes.Cut(plain, []byte(":"))
	return strconv.ParseInt(string(digits), 10, 64)
}

// rows calls each for every row of a statement, whose columns stand in dest.
func (l *limit) rows(ctx context.Context, text string, argument any, dest []any, each func()) error {
	var arguments []any
	if argument != nil {
		arguments = append(arguments, argument)
	}
	return eachRow(ctx, l.levels[text], arguments, dest, each)
}

// eachRow runs a statement and calls each for every row, whose columns stand in dest.
func eachRow(ctx context.Context, stmt *sql.Stmt, arguments, dest []any, each func()) error {
	rows, err := stmt.QueryContext(ctx, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		each()
	}
	return rows.Err()
}
