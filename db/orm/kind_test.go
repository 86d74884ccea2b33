package orm

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db/dbtest"
)

// A season is an enum; its Values are generated for a type of the page.
type season string

func (season) Values() []string { return []string{"SPRING", "AUTUMN"} }

// every has a column of every kind.
type every struct {
	Row
	Bool  bool      `db:"bool"`
	Int   int32     `db:"int" rule:"-5..100"`
	Long  int64     `db:"long" rule:"..9223372036854775806"`
	Float float64   `db:"float" rule:"0.."`
	Text  *string   `db:"text" rule:"0..10"`
	Enum  season    `db:"enum"`
	Money Decimal   `db:"money" rule:"5,2 -10.5..10"`
	Units *Decimal  `db:"units" rule:"18,0"`
	Day   Date      `db:"day" rule:"2000-01-01..2026-12-31"`
	Guid  UUID      `db:"guid" rule:"unique"`
	JSON  *JSON     `db:"json"`
	At    time.Time `db:"at"`
}

func everyTable(t *testing.T) *Table {
	t.Helper()
	return Declare[every](NewModel(nil), "everything").Table
}

// What a column takes, and what it keeps of it.
func TestKinds(t *testing.T) {
	table := everyTable(t)
	for _, c := range []struct {
		column      string
		given, want any // nil is refused
	}{
		{"bool", true, true}, {"bool", "true", nil}, {"bool", int64(1), nil},
		{"int", int64(100), int64(100)}, {"int", int64(101), nil}, {"int", json.Number("-5"), int64(-5)}, {"int", json.Number("-6"), nil}, {"int", 5.0, nil},
		{"long", "9223372036854775806", int64(math.MaxInt64 - 1)}, {"long", "9223372036854775807", nil}, {"long", "9223372036854775808", nil},
		{"long", json.Number("-9223372036854775808"), int64(math.MinInt64)}, {"long", "9007199254740993", int64(1<<53 + 1)}, {"long", json.Number("1.0"), nil},
		{"long", "", nil}, {"long", "01", nil}, {"long", "-0", nil}, {"long", "+1", nil}, {"long", " 1", nil}, {"long", "1_000", nil}, {"long", "0x10", nil},
		{"float", 0.1, 0.1}, {"float", int64(3), 3.0}, {"float", math.Copysign(0, -1), 0.0}, {"float", math.NaN(), nil}, {"float", math.Inf(1), nil},
		{"float", json.Number("1e400"), nil}, {"float", math.Inf(-1), nil}, {"float", -1e-300, nil}, {"float", "1", nil}, {"float", math.MaxFloat64, math.MaxFloat64},
		{"enum", "SPRING", "SPRING"}, {"enum", "spring", nil}, {"enum", "", nil}, {"enum", int64(0), nil},
		{"money", "9.5", Decimal("9.50")}, {"money", "-10.50", Decimal("-10.50")}, {"money", "-10.51", nil}, {"money", "10.01", nil}, {"money", "1.005", nil},
		{"money", "1.100000", Decimal("1.10")}, {"money", int64(-3), Decimal("-3.00")}, {"money", "-0.00", Decimal("0.00")}, {"money", "-0.05", Decimal("-0.05")},
		{"money", 1.5, nil}, {"money", json.Number("1.5"), nil}, {"money", "1e0", nil}, {"money", "", nil}, {"money", "-", nil}, {"money", ".5", nil}, {"money", "1.", nil}, {"money", "٣", nil},
		{"units", "999999999999999999", Decimal("999999999999999999")}, {"units", "1000000000000000000", nil}, {"units", "-7", Decimal("-7")}, {"units", "0.5", nil},
		{"day", "2024-02-29", "2024-02-29"}, {"day", "2023-02-29", nil}, {"day", "1999-12-31", nil}, {"day", "2027-01-01", nil}, {"day", "2024-2-29", nil}, {"day", "2024-02-29T00:00:00Z", nil},
		{"guid", "123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"}, {"guid", "123e4567e89b12d3a456426614174000", nil},
		{"guid", "123e4567-e89b-12d3-a456-42661417400-", nil}, {"guid", "g23e4567-e89b-12d3-a456-426614174000", nil},
		{"json", map[string]any{"b": json.Number("1.50"), "a": []any(nil), "é": "<"}, `{"a":[],"b":1.5,"é":"<"}`}, {"json", "text", `"text"`},
		{"json", json.Number("123456789012345678901234567890"), "123456789012345678901234567890"}, {"json", math.NaN(), nil},
		{"at", "2026-11-21T10:00:00+02:00", time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}, {"at", "2026-11-21", nil},
	} {
		column := table.column(c.column)
		draft, faults := NewDraft(table, Input{{Name: column.Field, Value: c.given}}, nil, false)
		got, _ := draft.Value(c.column)
		if c.want == nil && (len(faults) != 1 || faults[0].Code != Invalid || got != nil) || c.want != nil && (len(faults) > 0 || got != c.want) {
			t.Errorf("%s of %v is %v with %v, want %v", c.column, c.given, got, faults, c.want)
		}
		if f, ok := got.(float64); ok && math.Signbit(f) {
			t.Errorf("%s of %v has a sign", c.column, c.given)
		}
	}
	for name, want := range map[string]string{"int": "-5 to 100", "long": "at most 9223372036854775806", "float": "at least 0", "day": "2000-01-01 to 2026-12-31",
		"money": "at most 3 digits before the point and 2 behind it, -10.50 to 10.00", "units": "at most 18 digits", "at": ""} {
		if got := table.column(name).Rule(); got != want {
			t.Errorf("the rule of %s is %q, want %q", name, got, want)
		}
	}
}

// A filter has the operators of its kind only, and operands of it.
func TestFiltersKnowTheirKind(t *testing.T) {
	table := everyTable(t)
	for name, c := range map[string]struct {
		operators map[string]any
		want      string // in the error; "" is none
	}{
		"bool":  {map[string]any{"lt": true}, "`where.bool.lt` is not a filter"},
		"int":   {map[string]any{"contains": int64(1)}, "`where.int.contains` is not a filter"},
		"long":  {map[string]any{"in": []any{"1", "x"}}, "`where.long.in.1` is not a whole number of 64 bits"},
		"float": {map[string]any{"in": []any{1.0}}, "`where.float.in` is not a filter"},
		"enum":  {map[string]any{"eq": "WINTER"}, "`where.enum.eq` is not one of SPRING, AUTUMN"},
		"money": {map[string]any{"gt": "0.001"}, "`where.money.gt` is not a decimal number as text, of at most 3 digits before the point and 2 behind it"},
		"units": {map[string]any{"gt": "5", "isNull": false}, ""},
		"day":   {map[string]any{"ignoreCase": true}, "`where.day.ignoreCase` is not a filter"},
		"json":  {map[string]any{"eq": "1"}, "`where.json.eq` is not a filter"},
	} {
		_, err := ParseWhere(table, map[string]any{name: c.operators})
		if c.want == "" && err != nil || c.want != "" && (CodeOf(err) != BadRequest || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %v: %v, want %q", name, c.operators, err, c.want)
		}
	}
}

// A cursor holds a value of every kind that pages are ordered by, whole; and there is one cursor for it.
func TestCursorsOfKinds(t *testing.T) {
	table := everyTable(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		values := map[string]any{
			"id": random.Int64(), "bool": random.IntN(2) == 0, "int": int64(int32(random.Uint32())), "long": int64(random.Uint64()), "text": "é\"\\", "enum": "AUTUMN",
			"money": decimal(random.Int64N(199999)-99999, 2), "units": decimal(random.Int64N(1e18), 0), "day": "2024-02-29", "guid": "ffffffff-ffff-ffff-ffff-ffffffffffff",
			"at": time.Unix(random.Int64N(1<<33), 123456000).UTC(), "created_at": time.Unix(0, 0).UTC(), "updated_at": time.Unix(1, 1000).UTC(),
		}
		f := math.Float64frombits(random.Uint64())
		if values["float"] = f; math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
			values["float"] = 0.1
		}
		var order []Order
		var position []any
		for _, c := range table.Orders() {
			order = append(order, Order{Column: c, Desc: random.IntN(2) == 0})
			v := values[c.Name]
			if v == nil {
				t.Fatalf("no value of %s", c.Name)
			}
			if c.Nullable && random.IntN(3) == 0 {
				v = nil
			}
			position = append(position, v)
		}
		cursor := string(AppendCursor(nil, "Query.everything", order, position))
		got, ok := parseCursor("Query.everything", order, cursor)
		if !ok || !slices.Equal(got, position) {
			t.Fatalf("%v has become %v", position, got)
		}
	}
	for name, others := range map[string][]any{
		"long": {"5", 1.5, nil}, "float": {"1", json.Number("1.0"), json.Number("-0")}, "bool": {int64(1), "true"}, "enum": {"WINTER"}, "money": {"1.5", "1.005", json.Number("1")},
		"units": {"1.0", ""}, "day": {"2023-02-29"}, "guid": {"FFFFFFFF-ffff-ffff-ffff-ffffffffffff"}, "int": {"7", json.Number("1e0")},
	} {
		order := []Order{{Column: table.column(name)}, {Column: table.KeyColumn()}}
		for _, v := range others {
			cursor := string(AppendCursor(nil, "Query.everything", order, []any{v, int64(1)}))
			if got, ok := parseCursor("Query.everything", order, cursor); ok {
				t.Errorf("a cursor of %s takes %v as %v", name, v, got)
			}
		}
	}
	if table.OrderColumn("json") != nil {
		t.Error("pages are ordered by a JSON value")
	}
}

// An entity that is decoded from a row has the row's cells again.
func TestEntitiesHoldCells(t *testing.T) {
	table := everyTable(t)
	row := []any{int64(7), true, int64(-5), int64(math.MinInt64), 0.1, nil, "SPRING", Decimal("1.50"), Decimal("3"), "2024-02-29", "ffffffff-ffff-ffff-ffff-ffffffffffff", `{"a":1}`,
		time.Unix(1, 0).UTC(), time.Unix(2, 0).UTC(), time.Unix(3, 0).UTC(), int64(4)}
	entity := Decode(Entity[every]{table}, row)
	if entity.Enum != "SPRING" || *entity.JSON != `{"a":1}` || entity.Int != -5 || entity.Text != nil || *entity.Units != "3" {
		t.Errorf("%+v", entity)
	}
	for i, c := range table.Columns {
		if got := c.Of(entity); got != row[i] {
			t.Errorf("%s is %v (%[2]T), want %v (%[3]T)", c.Name, got, row[i])
		}
	}
}

// Rows are written from one JSON text; a float in it is read by the database as it was meant, the last digit and the
// smallest numbers included.
func TestFloatsPassThroughRows(t *testing.T) {
	float := &Column{Name: "float", Kind: Float}
	random := rand.New(rand.NewPCG(5, 6))
	var rows []map[string]any
	for i := range 20_000 {
		f := math.Float64frombits(random.Uint64())
		switch i % 4 {
		case 1:
			f = random.Float64()
		case 2:
			f = math.Float64frombits(random.Uint64() >> 12) // subnormal
		case 3:
			f = float64(random.Int64())
		}
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			rows = append(rows, map[string]any{"float": f})
		}
	}
	for _, address := range []string{"sqlite::memory:", dbtest.Postgres(t)} {
		db, err := Open(t.Context(), page, address, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		q := &query{dialect: db.dialect}
		q.add("SELECT ", q.field(float))
		q.bindTo(" FROM "+q.rows([]*Column{float}), q.rowsJSON(rows))
		i := 0
		err = db.run(t.Context(), &Statement{Path: "floats", Text: q.String(), Args: q.args}, func(found *sqlx.Rows) error {
			var got float64
			err := found.Scan(&got)
			if got != rows[i]["float"] {
				t.Errorf("%v has become %v", rows[i]["float"], got)
			}
			i++
			return err
		})
		if err != nil || i != len(rows) {
			t.Error(i, err)
		}
	}
}

// What the databases are told of a column.
func TestSQLTypes(t *testing.T) {
	table := everyTable(t)
	for name, want := range map[string][3]string{
		"id": {"bigint", "bigint"}, "version": {"bigint", "bigint"}, "bool": {"boolean", "boolean"}, "int": {"integer", "integer"}, "long": {"bigint", "bigint"},
		"float": {"double precision", "double precision"}, "text": {"text", "text"}, "enum": {"text", "text", "enum IN ('SPRING', 'AUTUMN')"}, "money": {"bigint", "bigint"},
		"day": {"date_text", "date"}, "guid": {"uuid_text", "uuid"}, "json": {"text", "text"}, "at": {"timestamp", "timestamp"},
	} {
		c := table.column(name)
		if got := [3]string{c.sqlType(), onPostgres(c.sqlType()), c.Check()}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
