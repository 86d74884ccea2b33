package orm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Backup copies a SQLite database to a new file while it is in use. The copy is one state of the database.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.driver != sqliteDialect.driver {
		return errors.New("backup copies SQLite databases; PostgreSQL has pg_dump")
	}
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s is there already: name a new file", file)
	}
	err := db.run(ctx, &Statement{Path: "backup", Text: "VACUUM INTO ?", Args: []any{file}}, nil)
	if err != nil {
		err = fmt.Errorf("cannot write %s: %w", file, errors.Unwrap(err))
	}
	return err
}

// A Beside is a table that no page declares, with the columns of it that Promote copies.
type Beside struct {
	Table        string
	Texts, Times []string
}

func (b Beside) batch() *batch {
	out := &batch{table: b.Table}
	for _, name := range b.Texts {
		out.columns = append(out.columns, &Column{Name: name, Kind: Text})
	}
	for _, name := range b.Times {
		out.columns = append(out.columns, &Column{Name: name, Kind: Time})
	}
	return out
}

// Promote copies everything that the page declares, and what stands beside it, from db to another database, all or nothing, and answers how many rows. The other must be
// migrated and empty. Keys that db has given to rows that are gone are not given again by the other. What changes in db
// meanwhile is not copied.
func (db *DB) Promote(ctx context.Context, to *DB, beside ...Beside) (rows int, err error) {
	err = db.Snapshot(ctx, func(reading context.Context) error {
		return to.Write(ctx, func(writing context.Context) error {
			rows = 0
			switch filled, err := to.filled(writing); {
			case err != nil:
				return err
			case filled != "":
				return Errorf(Conflict, "the other database is not empty: there are rows in %s, and only an empty one can be filled", filled)
			}
			l := newLoad(to)
			for _, b := range beside {
				l.batches = append(l.batches, b.batch())
			}
			l.given = map[*Table]int64{}
			for i, t := range db.model.tables {
				if t.Signup() {
					l.batches[i].columns = append(l.batches[i].columns, &Column{Name: "is_admin", Kind: Bool})
				}
				if l.given[t], err = db.lastKey(reading, t); err != nil {
					return err
				}
			}
			for _, b := range l.batches {
				n, err := db.promote(reading, writing, to, b)
				if err != nil {
					return err
				}
				rows += n
			}
			return l.finish(writing)
		})
	})
	return rows, err
}

// promote copies one table.
func (db *DB) promote(reading, writing context.Context, to *DB, b *batch) (n int, err error) {
	flush := func() error {
		if len(b.rows) == 0 {
			return nil
		}
		err := to.load(writing, b)
		b.rows = b.rows[:0]
		return err
	}
	s := &Statement{Path: "promote " + b.table, Text: "SELECT " + b.names() + " FROM " + b.table + " ORDER BY " + strings.Split(b.names(), ", ")[0]}
	err = db.run(reading, s, func(rows *sqlx.Rows) error {
		row, err := rows.SliceScan()
		if err != nil {
			return err
		}
		for i, c := range b.columns {
			row[i] = c.normal(row[i])
		}
		b.rows = append(b.rows, row)
		n++
		if len(b.rows) == batchRows {
			return flush()
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, flush()
}
