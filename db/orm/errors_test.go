package orm

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// What a driver answers is told apart by its code: what passes, what is run again, what nobody but the server can mend.
func TestErrorsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		want Code
		errs []error
	}{
		{Unavailable, []error{io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, &net.OpError{Op: "read", Err: errors.New("reset")},
			&outage{"no way", io.ErrClosedPipe}, errors.Join(ErrUncertain, io.EOF)}},
		{Unavailable, codesOf("57P01", "57P02", "57P03", "53100", "53300", "58030", "25006", "08000", "08006", "08P01")},
		{Retry, codesOf("40001", "40P01", "55P03")},
		{Timeout, codesOf("57014")},
		{Internal, append(codesOf("23505", "42P01", "42501", "0A000", "26000"), errors.New("EOF"))},
	} {
		for _, err := range c.errs {
			wrapped := fmt.Errorf("reading: %w", err)
			got := postgresDialect.classify(t.Context(), wrapped)
			if CodeOf(got) != c.want || !errors.Is(got, err) {
				t.Errorf("%v is %v, want %s", err, CodeOf(got), c.want)
			}
			if known := postgresDialect.classify(t.Context(), got); known != got { //nolint:errorlint // the same one
				t.Errorf("%v is told apart twice: %v", got, known)
			}
		}
	}
	// With its context ended an error is that, but for a commit that may have been done.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for err, want := range map[error]Code{io.EOF: Timeout, &pq.Error{Code: "57014"}: Timeout, ErrUncertain: Unavailable} {
		if got := postgresDialect.classify(ended, err); CodeOf(got) != want || !errors.Is(got, err) {
			t.Errorf("%v after the end is %v, want %s", err, got, want)
		}
	}
}

func codesOf(codes ...string) (errs []error) {
	for _, code := range codes {
		errs = append(errs, &pq.Error{Code: pqerror.Code(code)})
	}
	return errs
}
