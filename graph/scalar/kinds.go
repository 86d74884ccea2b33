package scalar

import (
	"errors"
	"io"
	"strconv"

	"kith/db/orm"

	"github.com/99designs/gqlgen/graphql"
)

// read is v as a cell of a kind. What is read here has passed the same rules before; gqlgen wants it once more.
func read[T any](kind orm.Kind, v any) (T, error) {
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
	return written(func(buf []byte) []byte { return orm.AppendFloat(buf, f) })
}

// UnmarshalFloat reads a finite number.
func UnmarshalFloat(v any) (float64, error) { return read[float64](orm.Float, v) }

// MarshalBigInt writes a whole number as a text.
func MarshalBigInt(n int64) graphql.Marshaler {
	return written(func(buf []byte) []byte { return append(strconv.AppendInt(append(buf, '"'), n, 10), '"') })
}

// UnmarshalBigInt reads a whole number of 64 bits, as text or number.
func UnmarshalBigInt(v any) (int64, error) { return read[int64](orm.Long, v) }

// MarshalDecimal writes a decimal number as a text.
func MarshalDecimal(d orm.Decimal) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDecimal reads a decimal number.
func UnmarshalDecimal(v any) (orm.Decimal, error) { return read[orm.Decimal](orm.Numeric, v) }

// MarshalDate writes a date.
func MarshalDate(d orm.Date) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDate reads a date of the years 1 to 9999.
func UnmarshalDate(v any) (orm.Date, error) {
	text, err := read[string](orm.Day, v)
	return orm.Date(text), err
}

// MarshalUUID writes a UUID.
func MarshalUUID(u orm.UUID) graphql.Marshaler { return graphql.MarshalString(string(u)) }

// UnmarshalUUID reads a UUID in letters of either case.
func UnmarshalUUID(v any) (orm.UUID, error) {
	text, err := read[string](orm.Guid, v)
	return orm.UUID(text), err
}

// MarshalJSON writes a JSON value as it is.
func MarshalJSON(j orm.JSON) graphql.Marshaler {
	return written(func(buf []byte) []byte { return append(buf, j...) })
}

// UnmarshalJSON reads any JSON value.
func UnmarshalJSON(v any) (orm.JSON, error) {
	text, err := read[string](orm.Document, v)
	return orm.JSON(text), err
}
