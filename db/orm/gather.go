package orm

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
)

// database/sql hands out rows one at a time, each under two locks and through a second copy of its values, and watches the
// context of every query from a goroutine of its own. Statements that read many rows do without: one that gathers is sent as
// if it answered none, and the connection hands the driver's rows to it as they come.

// gather is run for a statement whose rows each is called for. A row is good until the next one, and a text in it may be
// bytes.
func (db *DB) gather(ctx context.Context, s *Statement, width int, each func(row []driver.Value) error) error {
	s.row, s.each = make([]driver.Value, width), each
	err := db.run(ctx, s, nil)
	s.row, s.each = nil, nil // who keeps statements does not keep rows
	return err
}

type statementKey struct{}

// sent is the statement that is sent under ctx, if a connection does anything else with it than to run it; else nil.
func sent(ctx context.Context) *Statement {
	s, _ := ctx.Value(statementKey{}).(*Statement)
	return s
}

// gathering is the statement that is sent under ctx, if it gathers its rows; else nil.
func gathering(ctx context.Context) *Statement {
	if s := sent(ctx); s != nil && s.each != nil {
		return s
	}
	return nil
}

// take hands a driver's rows to the statement, and closes them.
func (s *Statement) take(rows driver.Rows, err error) (driver.Result, error) {
	if err != nil {
		return nil, err
	}
	for err == nil {
		if err = rows.Next(s.row); err == nil {
			s.Rows++
			s.refused = s.each(s.row)
			err = s.refused
		}
	}
	closed := rows.Close()
	if err == io.EOF { //nolint:errorlint // a connection that ended in between is another error
		err = closed
	}
	if errors.Is(err, driver.ErrBadConn) {
		err = &outage{text: err.Error()} // or it would be sent again, and rows have been taken
	}
	return driver.RowsAffected(s.Rows), err
}

// textOf is a text of a row.
func textOf(v driver.Value) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	text, _ := v.(string)
	return text
}

// truth is a Boolean that a statement has computed.
func truth(v driver.Value) bool { return v == true || v == int64(1) }
