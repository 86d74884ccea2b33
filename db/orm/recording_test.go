package orm

import (
	"database/sql"
	"strings"
	"testing"
)

// What SQLite does at the end of each transaction, and what follows the log there, looks rows up: it takes no longer for a log that is long.
func TestLogOfSQLiteIsNotScanned(t *testing.T) {
	database, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	database.SetMaxOpenConns(1)
	if _, err := database.Exec("CREATE TABLE changes (id integer PRIMARY KEY, mark bigint, at timestamp, place text, key bigint, verb text, fields text, before text, after text)"); err != nil {
		t.Fatal(err)
	}
	d := sqliteDialect
	for text, args := range map[string][]any{
		d.endNumbered: {1, "2026-01-01"}, d.behind: {1, nil, 1}, d.forget: {1}, "SELECT position, mark, EXISTS (" + d.unnumbered + ") FROM " + d.head: nil,
	} {
		func() {
			rows, err := database.Query("EXPLAIN QUERY PLAN "+text, args...)
			if err != nil {
				t.Fatal(err, text)
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var detail string
				if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(detail, "SCAN") && detail != "SCAN CONSTANT ROW" {
					t.Errorf("%s: %s", detail, text)
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}()
	}
}
