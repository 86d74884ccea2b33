package orm

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/lib/pq"
	"modernc.org/sqlite"
)

// A Code is the kind of an Error: what a caller may do about it.
type Code string

// The codes. Their text is what clients see in extensions.code.
const (
	BadRequest      Code = "BAD_REQUEST"
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	LimitExceeded   Code = "LIMIT_EXCEEDED"
	Conflict        Code = "CONFLICT"
	Timeout         Code = "TIMEOUT"
	Unavailable     Code = "UNAVAILABLE"
	Internal        Code = "INTERNAL"

	// Retry: the transaction lost a race and may be run again as a whole. It never leaves this package's callers.
	Retry Code = "RETRY"
	// Stale: a row that another row refers to went away between two statements; read again in one snapshot.
	Stale Code = "STALE"
)

// An Error has two readers: Code and Message are for the client, Cause is for the log.
type Error struct {
	Code    Code
	Message string
	Cause   error
	// RetryAfter is when the client may try again; 0 is not said.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

// Errorf is an error whose text is for the client.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of err: Internal if it carries none, "" if err is nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Timeout
	}
	return Internal
}

// ErrUncertain says that the connection was lost while a transaction was being committed, or that the database does not know what
// became of it: it may be done or not. It is the cause of an Unavailable error.
var ErrUncertain = errors.New("no answer to the commit")

// tooManyWriters is what a client is told of a transaction that went on losing races.
const tooManyWriters = "too many writers at once; try again"

// lostRace is the error of a transaction that is to be run again as a whole.
func lostRace(cause error) *Error { return &Error{Code: Retry, Message: tooManyWriters, Cause: cause} }

// classify wraps what a driver or database/sql answered, by its code and never by its text.
func (d *dialect) classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, ErrUncertain) {
		return &Error{Code: Unavailable, Message: "the connection to the database was lost while the changes were committed: they may or may not have been made", Cause: err}
	}
	// A cancelled statement reports the database's own code, which says nothing of the reason.
	if ctx.Err() != nil {
		return &Error{Code: Timeout, Message: "the request took too long", Cause: errors.Join(ctx.Err(), err)}
	}
	var network net.Error
	code := d.code(err)
	// lib/pq hands on what ends a connection as it comes.
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, lost) {
			code = Unavailable
		}
	}
	if errors.As(err, &network) {
		code = Unavailable
	}
	switch code {
	case Unavailable:
		return &Error{Code: code, Message: "the database cannot be reached", Cause: err}
	case Timeout:
		return &Error{Code: code, Message: "the request took too long", Cause: err}
	case Retry:
		return lostRace(err)
	}
	return &Error{Code: Internal, Message: "internal error", Cause: err}
}

// Advice is what whoever runs the program may do about err, which a database has answered; "" if it is not theirs to mend.
func Advice(err error) string {
	var postgres *pq.Error
	var lite *sqlite.Error
	var network *net.OpError
	switch {
	case errors.As(err, &postgres):
		return postgresAdvice[string(postgres.Code)]
	case errors.As(err, &lite):
		return sqliteAdvice[lite.Code()&0xff]
	case errors.As(err, &network) && network.Op == "dial":
		return "check host and port in the database URL, and that the database is running"
	}
	return ""
}
