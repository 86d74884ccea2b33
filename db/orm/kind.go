package orm

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// What a kind of columns is, to Go, to clients and to the databases. Of each kind a cell, a value that is read or is to be
// written, has one Go type: int64, string, bool, float64, time.Time or Decimal.

// A Kind says what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Key      Kind = iota // a 64-bit row key; clients see it as a global id
	Int                  // int32, and the version of a row; int64
	Text                 // string
	Time                 // time.Time, UTC, microseconds
	Rank                 // int64: how well a row matches a search, the lower the better; no column of a table
	Bool                 // bool
	Long                 // int64, which clients see as a text: not every language has so large a number
	Float                // float64, finite; zero has no sign
	Enum                 // a string type of the page, one of its constants
	Numeric              // Decimal: exact, with a fixed number of digits behind the point
	Day                  // Date
	Guid                 // UUID
	Document             // JSON
)

// A kind is what all columns of a Kind have in common.
type kind struct {
	scalar           string // in the schema; of an Enum it is the type's own
	sqlite, postgres string // types of SQL; where they differ SQLite's name is no other kind's, for a migration to tell it by
	operators        string // of a filter; isNull goes with all
	noun             string // what a value has to be
	read             func(any) (any, bool)
}

const ordering = "eq ne in notIn lt lte gt gte"

var kinds = [...]kind{
	Key:      {scalar: "ID", sqlite: "bigint", postgres: "bigint", operators: "eq ne in notIn", noun: "an id of the right type"},
	Int:      {"Int", "integer", "integer", ordering, "a whole number of 32 bits", readInt},
	Text:     {scalar: "String", sqlite: "text", postgres: "text", operators: ordering + " contains startsWith endsWith isNull ignoreCase", noun: "a text"},
	Time:     {"DateTime", "timestamp", "timestamp", "eq ne lt lte gt gte", "an RFC 3339 text of the years 1 to 9999", readTime},
	Bool:     {"Boolean", "boolean", "boolean", "eq ne", "true or false", readBool},
	Long:     {"BigInt", "bigint", "bigint", ordering, "a whole number of 64 bits, as text or number", readLong},
	Float:    {"Float", "double precision", "double precision", "eq ne lt lte gt gte", "a number", readFloat},
	Enum:     {sqlite: "text", postgres: "text", operators: ordering, noun: "one of its values", read: readText},
	Numeric:  {"Decimal", "bigint", "bigint", ordering, "a decimal number as text, such as 12.50, or a whole number", readDecimal},
	Day:      {"Date", "date_text", "date", ordering, "a date of the years 1 to 9999, such as 2026-11-21", readDate},
	Guid:     {"UUID", "uuid_text", "uuid", ordering, "a UUID such as 123e4567-e89b-12d3-a456-426614174000", readUUID},
	Document: {"JSON", "text", "text", "", "a JSON value", readJSON},
}

// A Decimal is an exact number with a fixed number of digits behind the point: "-12.50". The databases hold it as a whole
// number of its last digit's unit.
type Decimal string

// Value is what the databases hold.
func (d Decimal) Value() (driver.Value, error) { return d.units(), nil }

func (d Decimal) units() int64 {
	n, _ := strconv.ParseInt(strings.Replace(string(d), ".", "", 1), 10, 64) // it was read before
	return n
}

// A Date is a day of the calendar, without a time or a zone: "2026-11-21".
type Date string

// A UUID is 16 bytes in the form of RFC 9562, with small letters.
type UUID string

// A JSON is a JSON value in the canonical form of RFC 8785, but that whole numbers keep all their digits.
type JSON string

// kindOf is the kind of the columns of a Go type, on a page of the package page.
func kindOf(t reflect.Type, page string) (Kind, bool) {
	switch t {
	case reflect.TypeFor[int32]():
		return Int, true
	case reflect.TypeFor[int64]():
		return Long, true
	case reflect.TypeFor[string]():
		return Text, true
	case reflect.TypeFor[time.Time]():
		return Time, true
	case reflect.TypeFor[bool]():
		return Bool, true
	case reflect.TypeFor[float64]():
		return Float, true
	case reflect.TypeFor[Decimal]():
		return Numeric, true
	case reflect.TypeFor[Date]():
		return Day, true
	case reflect.TypeFor[UUID]():
		return Guid, true
	case reflect.TypeFor[JSON]():
		return Document, true
	}
	return Enum, t.Kind() == reflect.String && t.PkgPath() == page
}

const goTypes = "bool, int32, int64, float64, string, time.Time, Date, Decimal, UUID, JSON or a string type of the page"

// ScalarKind is the kind whose values a scalar of the schema has, if the scalar is not one of GraphQL's own.
func ScalarKind(scalar string) (Kind, bool) {
	i := slices.IndexFunc(kinds[:], func(k kind) bool { return k.scalar == scalar })
	if i < 0 || slices.Contains([]string{"", "ID", "Int", "String", "Boolean", "Float"}, scalar) {
		return 0, false
	}
	return Kind(i), true //nolint:gosec // a place among the kinds
}

// Read is v as a cell of the kind, whatever the column. v is as a request's JSON or document has it.
func (k Kind) Read(v any) (any, bool) { return kinds[k].read(v) }

// Noun is what a value of the kind has to be, in words.
func (k Kind) Noun() string { return kinds[k].noun }

// Operators are those of a filter, in the order of the schema; isNull goes with all, beside them.
func (k Kind) Operators() []string { return strings.Fields(kinds[k].operators) }

// listed tells whether a filter may compare with many values at once, which have to be unique for that as well.
func (k Kind) listed() bool { return slices.Contains(k.Operators(), "in") }

// Scalar is the schema's type of the column, without what tells whether it may be null.
func (c *Column) Scalar() string {
	if c.Kind == Enum {
		return c.goType().Name()
	}
	return kinds[c.Kind].scalar
}

func (c *Column) goType() reflect.Type {
	t := c.Table.entity.FieldByIndex(c.index).Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// Values are those that an Enum has, in the order of its constants: generated code knows them.
func (c *Column) Values() []string {
	if c.Kind != Enum {
		return nil
	}
	e, ok := reflect.Zero(c.goType()).Interface().(interface{ Values() []string })
	if !ok {
		return nil
	}
	return e.Values()
}

// sqlType is the column's type under the name that SQLite knows it by; onPostgres is the other's name for it.
func (c *Column) sqlType() string {
	if c.Kind == Int && c.Kept() {
		return kinds[Key].sqlite // the version of a row
	}
	return kinds[c.Kind].sqlite
}

func onPostgres(sqlite string) string {
	if i := slices.IndexFunc(kinds[:], func(k kind) bool { return k.sqlite == sqlite }); i >= 0 {
		return kinds[i].postgres
	}
	return sqlite
}

// Check is the condition that a database can hold the column's values against; "" if there is none but its type.
func (c *Column) Check() string {
	if c.Kind != Enum {
		return ""
	}
	return c.Name + " IN ('" + strings.Join(c.Values(), "', '") + "')" // names of GraphQL need no quoting
}

// cell is v as what the column holds. Keys and texts have rules of their own.
func (c *Column) cell(v any) (any, bool) {
	v, ok := kinds[c.Kind].read(v)
	switch v := v.(type) {
	case Decimal:
		if ok {
			return v.scaled(c.rule.precision, c.rule.scale)
		}
	case string:
		return v, ok && (c.Kind != Enum || slices.Contains(c.Values(), v))
	}
	return v, ok
}

// noun is what a value of the column has to be.
func (c *Column) noun() string {
	switch c.Kind {
	case Time:
		return "an RFC 3339 time"
	case Enum:
		return "one of " + strings.Join(c.Values(), ", ")
	case Numeric:
		return fmt.Sprintf("a decimal number as text, of %s", c.rule.digits())
	}
	return kinds[c.Kind].noun
}

// normal gives a driver's value the one type that a cell has.
func (c *Column) normal(v any) any {
	switch x := v.(type) {
	case []byte:
		return string(x)
	case time.Time:
		if c.Kind == Day {
			return x.Format(time.DateOnly)
		}
		return x.UTC()
	case string:
		if c.Kind == Time {
			if t, err := time.Parse(sqliteTime, x); err == nil {
				return t
			}
		}
	case int64:
		switch c.Kind {
		case Bool:
			return x != 0
		case Numeric:
			return decimal(x, c.rule.scale)
		}
	}
	return v
}

func readInt(v any) (any, bool) {
	n, ok := whole(v)
	return n, ok && n >= math.MinInt32 && n <= math.MaxInt32
}

func readLong(v any) (any, bool) {
	if s, ok := v.(string); ok {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil && strconv.FormatInt(n, 10) == s // one spelling
	}
	return whole(v)
}

// whole is a whole number that is no text.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}

func readBool(v any) (any, bool) {
	b, ok := v.(bool)
	return b, ok
}

func readText(v any) (any, bool) {
	s, ok := v.(string)
	return s, ok
}

func readFloat(v any) (any, bool) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case int64:
		f = float64(v)
	case json.Number:
		var err error
		if f, err = v.Float64(); err != nil {
			return nil, false
		}
	default:
		return nil, false
	}
	if f == 0 {
		f = 0 // and not -0, which is another text
	}
	return f, !math.IsInf(f, 0) && !math.IsNaN(f)
}

// AppendFloat appends a number as JSON has it, in the form of ECMAScript: the shortest that reads as the same number.
func AppendFloat(buf []byte, f float64) []byte {
	text, err := json.Marshal(f)
	if err != nil { // a database can hold what no number of JSON is
		return append(buf, "null"...)
	}
	return append(buf, text...)
}

func readTime(v any) (any, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		t, err := ParseTime(v)
		return t, err == nil
	}
	return nil, false
}

func readDate(v any) (any, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.DateOnly, s)
	return s, err == nil && t.Year() > 0
}

func readUUID(v any) (any, bool) {
	s, _ := v.(string)
	if len(s) != len("123e4567-e89b-12d3-a456-426614174000") {
		return nil, false
	}
	s = strings.ToLower(s)
	for i := range len(s) {
		switch hyphen := i == 8 || i == 13 || i == 18 || i == 23; {
		case hyphen != (s[i] == '-'), !hyphen && (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f'):
			return nil, false
		}
	}
	return s, true
}

// maxDigits is how many digits a Decimal may have: as many as fit a whole number of 64 bits.
const maxDigits = 18

// readDecimal reads "-12.50": digits, and perhaps a point and digits, without an exponent or zeros in front.
func readDecimal(v any) (any, bool) {
	s, isText := v.(string)
	if !isText {
		n, ok := whole(v)
		if !ok {
			return nil, false
		}
		s = strconv.FormatInt(n, 10)
	}
	before, behind, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	return Decimal(s), len(s) <= 3*maxDigits && digits(before) && (before == "0" || before[0] != '0') && (!point || digits(behind))
}

// scaled is the number with so many digits behind the point, if it has no more of them, and in all.
func (d Decimal) scaled(precision, scale int) (any, bool) {
	minus := strings.HasPrefix(string(d), "-")
	before, behind, _ := strings.Cut(strings.TrimPrefix(string(d), "-"), ".")
	if behind = strings.TrimRight(behind, "0"); len(behind) > scale {
		return nil, false
	}
	if before = strings.TrimLeft(before, "0"); len(before) > precision-scale {
		return nil, false
	}
	n, err := strconv.ParseInt("0"+before+behind+strings.Repeat("0", scale-len(behind)), 10, 64)
	if minus {
		n = -n
	}
	return decimal(n, scale), err == nil
}

// decimal is n units of the last of so many digits behind the point.
func decimal(n int64, scale int) Decimal {
	text := fmt.Sprintf("%0*d", scale+1+btoi(n < 0), n)
	if scale == 0 {
		return Decimal(text)
	}
	return Decimal(text[:len(text)-scale] + "." + text[len(text)-scale:])
}

func readJSON(v any) (any, bool) {
	text, err := json.Marshal(lists(v))
	if err != nil {
		return nil, false
	}
	value := jsontext.Value(text)
	if value.Canonicalize(jsontext.CanonicalizeRawInts(false)) != nil {
		return nil, false
	}
	return string(value), true
}

// lists makes the empty lists of a document, which are nil, lists.
func lists(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = lists(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = lists(item)
		}
		return out
	}
	return v
}

// compareCells orders cells of one kind of numbers or days.
func compareCells(a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64)) //nolint:forcetypeassert // of one kind
	case float64:
		return cmp.Compare(a, b.(float64)) //nolint:forcetypeassert // of one kind
	case Decimal:
		return cmp.Compare(a.units(), b.(Decimal).units()) //nolint:forcetypeassert // of one kind
	}
	return strings.Compare(a.(string), b.(string)) //nolint:forcetypeassert // of one kind
}
