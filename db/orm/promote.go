package orm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
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
	err = db.Still(ctx, func(reading context.Context) error {
		return to.Write(ctx, func(writing context.Context) error {
			rows = 0
			switch filled, err := to.filled(writing); {
			case err != nil:
				return err
			case filled != "":
				return Errorf(Conflict, "the other database is not empty: there are rows in %s, and only an empty one can be filled", filled)
			}
			l := newLoad(to)
			if err := to.unrecorded(writing, true); err != nil {
				return err
			}
			for _, b := range beside {
				l.batches = append(l.batches, b.batch())
			}
			l.given = map[*Table]int64{}
			for _, t := range db.model.tables {
				if t.Signup() {
					b := l.batches[slices.IndexFunc(l.batches, func(b *batch) bool { return b.table == t.Name })]
					b.columns = append(b.columns, &Column{Name: "is_admin", Kind: Bool})
				}
				if l.given[t], err = db.lastKey(reading, t); err != nil {
					return err
				}
			}
			for _, b := range l.batches {
				n, err := db.promote(reading, writing, b, b.selected(l.ahead(b)), "TRUE", func(ctx context.Context) error { return to.load(ctx, b, b.rows) })
				if err != nil {
					return err
				}
				rows += n
			}
			for _, b := range l.batches {
				for _, a := range l.ahead(b) {
					keys := &batch{table: b.table, columns: []*Column{b.columns[0], a.column}}
					_, err := db.promote(reading, writing, keys, keys.names(), a.condition, func(ctx context.Context) error { return to.refer(ctx, keys) })
					if err != nil {
						return err
					}
				}
			}
			return l.finish(writing)
		})
	})
	return rows, err
}

// An ahead is a foreign key that may lead to a row which is written later, and the condition under which it does.
type ahead struct {
	column    *Column
	condition string
}

// ahead are those of a batch: keys of rows of the same table, and of tables that come later. They are written when all rows
// are there.
func (l *Load) ahead(b *batch) (keys []ahead) {
	own := slices.Index(l.batches, b)
	for _, c := range b.columns {
		if c.References == nil || !c.Nullable {
			continue
		}
		switch i := slices.IndexFunc(l.batches, func(other *batch) bool { return other.table == c.References.Name }); {
		case i == own:
			keys = append(keys, ahead{c, c.Name + " > id"}) // keys are written in their order
		case i > own:
			keys = append(keys, ahead{c, c.Name + " IS NOT NULL"})
		}
	}
	return keys
}

// selected are the batch's columns, those that lead ahead without what does.
func (b *batch) selected(keys []ahead) string {
	names := strings.Split(b.names(), ", ")
	for _, a := range keys {
		i := slices.Index(b.columns, a.column)
		names[i] = "CASE WHEN " + a.condition + " THEN NULL ELSE " + names[i] + " END"
	}
	if b.part.of != nil {
		names[len(names)-1] = "NULL" // which is found when it is written
	}
	return strings.Join(names, ", ")
}

// refer gives rows that are there the keys of a batch.
func (db *DB) refer(ctx context.Context, b *batch) error {
	c := b.columns[1]
	rows := make([]map[string]any, len(b.rows))
	for i, row := range b.rows {
		rows[i] = map[string]any{b.columns[0].Name: row[0], c.Name: row[1]}
	}
	q := &query{dialect: db.dialect}
	q.add("UPDATE ", b.table, " SET ", c.Name, " = ", q.field(c))
	q.bindTo(" FROM "+q.rows(b.columns), q.rowsJSON(rows))
	q.add(" WHERE ", b.table, ".id = ", q.field(b.columns[0]))
	return db.change(ctx, &Statement{Path: "promote " + b.table, Text: q.String(), Args: q.args}, nil)
}

// promote reads the selected columns of a table, those of the rows that meet a condition, and writes them a batch at a time.
func (db *DB) promote(reading, writing context.Context, b *batch, selected, condition string, write func(context.Context) error) (n int, err error) {
	flush := func() error {
		if len(b.rows) == 0 {
			return nil
		}
		err := write(writing)
		b.rows = b.rows[:0]
		return err
	}
	s := &Statement{Path: "promote " + b.table, Text: "SELECT " + selected + " FROM " + b.table + " WHERE " + condition + " ORDER BY " + b.columns[0].Name}
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
