// Package scalar maps the schema's own scalars to Go.
package scalar

import (
	"errors"
	"io"
	"time"

	"kith/db/orm"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalDateTime writes a time as RFC 3339, UTC, microseconds.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		buf := append(make([]byte, 0, 32), '"')
		w.Write(append(orm.AppendTime(buf, t), '"')) //nolint:errcheck // a Marshaler has no way to report it
	})
}

// UnmarshalDateTime reads an RFC 3339 time of the years 1 to 9999; what is finer than a microsecond is cut off.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, errors.New("a DateTime is an RFC 3339 text")
	}
	t, err := orm.ParseTime(text)
	if err != nil {
		return time.Time{}, errors.New("a DateTime is an RFC 3339 text of the years 1 to 9999")
	}
	return t, nil
}
