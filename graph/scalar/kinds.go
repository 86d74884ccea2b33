package scalar

import (
	"errors"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"kith/db"
)

// read is v as a cell of a kind. What is read here has passed the same rules before; gqlgen wants it once more.
func read[T any](kind db.Kind, v any) (T, error) {
	cell, ok := kind.Read(v)
	out, isT := cell.(T)
	if !ok || !isT {
		return out, errors.New("must be " + kind.Noun())
	}
	return out, nil
}

func written(value func(buf []byte) []byte) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		w.Write(value(make([]byte, 0, 32))) //nolint:errcheck // a Marshaler has no way to report it
	})
}

// MarshalFloat writes a number in its shortest form, as ECMAScript does.
func MarshalFloat(f float64) graphql.Marshaler {
	return written(func(buf []byte) []byte { return db.AppendFloat(buf, f) })
}

// UnmarshalFloat reads a finite number.
func UnmarshalFloat(v any) (float64, error) { return read[float64](db.Float, v) }

// MarshalBigInt writes a whole number as a text.
func MarshalBigInt(n int64) graphql.Marshaler {
	return written(func(buf []byte) []byte { return append(strconv.AppendInt(append(buf, '"'), n, 10), '"') })
}

// UnmarshalBigInt reads a whole number of 64 bits, as text or number.
func UnmarshalBigInt(v any) (int64, error) { return read[int64](db.Long, v) }

// MarshalDecimal writes a decimal number as a text.
func MarshalDecimal(d db.Decimal) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDecimal reads a decimal number.
func UnmarshalDecimal(v any) (db.Decimal, error) { return read[db.Decimal](db.Numeric, v) }

// MarshalDate writes a date.
func MarshalDate(d db.Date) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDate reads a date of the years 1 to 9999.
func UnmarshalDate(v any) (db.Date, error) {
	text, err := read[string](db.Day, v)
	return db.Date(text), err
}

// MarshalUUID writes a UUID.
func MarshalUUID(u db.UUID) graphql.Marshaler { return graphql.MarshalString(string(u)) }

// UnmarshalUUID reads a UUID in letters of either case.
func UnmarshalUUID(v any) (db.UUID, error) {
	text, err := read[string](db.Guid, v)
	return db.UUID(text), err
}

// MarshalJSON writes a JSON value as it is.
func MarshalJSON(j db.JSON) graphql.Marshaler {
	return written(func(buf []byte) []byte { return append(buf, j...) })
}

// UnmarshalJSON reads any JSON value.
func UnmarshalJSON(v any) (db.JSON, error) {
	text, err := read[string](db.Document, v)
	return db.JSON(text), err
}
