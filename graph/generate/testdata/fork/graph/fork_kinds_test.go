package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A sample is a value of a column as a client may write it, in a variable and in a document, and as it is answered.
type sample struct{ variable, literal, answer string }

// asIs are values that are written as they are answered.
func asIs(texts ...string) (out []sample) {
	for _, text := range texts {
		out = append(out, sample{text, text, text})
	}
	return out
}

// A kindField is a field of Reading.
type kindField struct {
	name    string
	scalar  string
	null    bool
	samples []sample
	compare func(a, b string) int // of answers; nil if nothing orders by it
}

func number(a, b string) int {
	x, _ := new(big.Rat).SetString(strings.Trim(a, `"`))
	y, _ := new(big.Rat).SetString(strings.Trim(b, `"`))
	return x.Cmp(y)
}

var (
	longs = append(asIs(`"9223372036854775807"`, `"-5"`, `"9007199254740993"`, `"0"`), sample{`9007199254740992`, `9007199254740992`, `"9007199254740992"`},
		sample{`9223372036854775806`, `9223372036854775806`, `"9223372036854775806"`})
	doubles = append(asIs(`0.1`, `-2.5`, `0.30000000000000004`, `3`, `1.7976931348623157e+308`, `2.225073858507201e-308`, `8.41e+21`),
		sample{`-0.0`, `-0.0`, `0`}, sample{`5e-324`, `5e-324`, `5e-324`}, sample{`2.2250738585072011e-308`, `2.2250738585072011e-308`, `2.225073858507201e-308`}, sample{`123456789012345680000`, `123456789012345680000.0`, `123456789012345680000`}, sample{`1e0`, `1.0`, `1`}, sample{`0.1234567890123456789`, `0.1234567890123456789`, `0.12345678901234568`})
	uuids = append(asIs(`"123e4567-e89b-12d3-a456-426614174000"`, `"00000000-0000-0000-0000-000000000000"`, `"ffffffff-ffff-ffff-ffff-ffffffffffff"`),
		sample{`"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`})
	moods     = []sample{{`"GLAD"`, `GLAD`, `"GLAD"`}, {`"SAD"`, `SAD`, `"SAD"`}, {`"MILD"`, `MILD`, `"MILD"`}}
	documents = []sample{
		{`{"b": [1, 2.50, {"d": null}], "a": "\u00e9<>&\u2028\"\\"}`, `{b: [1, 2.50, {d: null}], a: "\u00e9<>&\u2028\"\\"}`, "{\"a\":\"é<>&\u2028\\\"\\\\\",\"b\":[1,2.5,{\"d\":null}]}"},
		{`9007199254740993`, `9007199254740993`, `9007199254740993`}, {`1.0`, `1.0`, `1`}, {`"text"`, `"text"`, `"text"`}, {`false`, `false`, `false`}, {`[]`, `[]`, `[]`}, {`{"a": [], "b": [[]]}`, `{a: [], b: [[]]}`, `{"a":[],"b":[[]]}`}, {`{}`, `{}`, `{}`},
		{`[1e2, -0.0]`, `[1e2, -0.0]`, `[100,0]`},
	}
	instants = append(asIs(`"2026-11-21T08:00:00.000000Z"`, `"0001-01-01T00:00:00.000000Z"`, `"9999-12-31T23:59:59.999999Z"`),
		sample{`"2026-11-21T10:00:00.1234567+02:00"`, `"2026-11-21T10:00:00.1234567+02:00"`, `"2026-11-21T08:00:00.123456Z"`})
	days = asIs(`"0001-01-01"`, `"2024-02-29"`, `"9999-12-31"`, `"2026-11-21"`, `"1582-10-10"`)
)

var kindFields = []kindField{
	{"done", "Boolean", false, asIs(`true`, `false`), strings.Compare},
	{"sure", "Boolean", true, asIs(`true`, `false`), strings.Compare},
	{"tally", "Int", false, asIs(`-100`, `0`, `2000000000`, `7`), number},
	{"total", "Int", true, asIs(`-2147483648`, `2147483647`, `5`), number},
	{"big", "BigInt", false, append(longs, asIs(`"-9223372036854775808"`)...), number},
	{"bigger", "BigInt", true, longs, number},
	{"ratio", "Float", false, doubles, number},
	{"share", "Float", true, asIs(`0`, `1.5`, `0.7`, `0.1`), number},
	{"mood", "Mood", false, moods, strings.Compare},
	{"moodBefore", "Mood", true, moods, strings.Compare},
	{"price", "Decimal", false, append(asIs(`"9999999999.99"`, `"-1000000.00"`, `"0.01"`, `"-0.01"`, `"10.00"`, `"9.50"`), sample{`"12.5"`, `"12.5"`, `"12.50"`}, sample{`7`, `7`, `"7.00"`},
		sample{`"-0"`, `"-0.000"`, `"0.00"`}), number},
	{"rebate", "Decimal", true, asIs(`"0.000001"`, `"-999999999999.999999"`, `"1.000000"`), number},
	{"day", "Date", false, days, strings.Compare},
	{"due", "Date", true, days, strings.Compare},
	{"code", "UUID", false, uuids, strings.Compare},
	{"otherCode", "UUID", true, uuids, strings.Compare},
	{"data", "JSON", false, documents, nil},
	{"extra", "JSON", true, documents, nil},
	{"at", "DateTime", false, instants, strings.Compare},
	{"until", "DateTime", true, instants, strings.Compare},
}

func kindNames() string {
	names := []string{"id"}
	for _, f := range kindFields {
		names = append(names, f.name)
	}
	return strings.Join(names, " ")
}

// A kindsTest asks one database, by plan and by resolvers, and keeps the answers for comparison with the other's.
type kindsTest struct {
	*testing.T
	f       *fixture
	access  string
	answers []string
	rows    []map[string]string // in the order of ids
}

func (t *kindsTest) ask(query string, variables map[string]any) string {
	t.Helper()
	r := request{Query: query, Variables: variables, Header: http.Header{"Authorization": {"Bearer " + t.access}}}
	_, body := send(t, t.f.Planned, r)
	if !strings.HasPrefix(query, "mutation") {
		if _, other := send(t, t.f.Resolved, r); string(other) != string(body) {
			t.Errorf("%s %v\nthe plan answers %s, resolvers %s", query, variables, body, other)
		}
	}
	t.answers = append(t.answers, query+"\n"+string(body))
	return string(body)
}

func rawText(text string) json.RawMessage { return json.RawMessage(text) }

// nodes are the rows of an answer.
func nodesOf(t testing.TB, answer string) (rows []map[string]string, end, start string) {
	t.Helper()
	var out struct {
		Data struct {
			Readings struct {
				Nodes    []map[string]json.RawMessage
				PageInfo struct{ StartCursor, EndCursor string }
			}
		}
		Errors json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &out); err != nil || out.Errors != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	for _, node := range out.Data.Readings.Nodes {
		row := map[string]string{}
		for name, text := range node {
			row[name] = string(text)
		}
		rows = append(rows, row)
	}
	return rows, out.Data.Readings.PageInfo.EndCursor, out.Data.Readings.PageInfo.StartCursor
}

func ids(rows []map[string]string) (out []string) {
	for _, row := range rows {
		out = append(out, row["id"])
	}
	return out
}

const kindRows = 23

// fill makes rows, by literals and by variables, and reads them as they were written.
func (t *kindsTest) fill() {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range kindRows {
		var literals []string
		input, row := map[string]any{}, map[string]string{}
		for _, f := range kindFields {
			s := f.samples[random.IntN(len(f.samples))]
			unique := f.name == "big" || f.name == "code"
			switch {
			case unique && i < len(f.samples):
				s = f.samples[i]
			case f.name == "big":
				s = asIs(strconv.Quote(strconv.Itoa(i*1000003 - 7)))[0]
			case f.name == "code":
				s = asIs(fmt.Sprintf(`"%08x-0000-4000-8000-%012x"`, random.Uint32(), i))[0]
			case f.null && random.IntN(3) == 0:
				s = sample{"null", "null", "null"}
			}
			row[f.name] = s.answer
			if s.answer == "null" && random.IntN(2) == 0 {
				continue
			}
			input[f.name] = rawText(s.variable)
			literals = append(literals, f.name+": "+s.literal)
		}
		var answer string
		if i%2 == 0 {
			answer = t.ask(`mutation { createReading(input: {`+strings.Join(literals, ", ")+`}) { userErrors { code field message } } }`, nil)
		} else {
			answer = t.ask(`mutation($i: CreateReadingInput!) { createReading(input: $i) { userErrors { code field message } } }`, map[string]any{"i": input})
		}
		want(t.T, answer, `{"data":{"createReading":{"userErrors":[]}}}`)
		t.rows = append(t.rows, row)
	}
	t.read(t.f)
}

// read compares what a database holds with what was written.
func (t *kindsTest) read(f *fixture) string {
	query := `{ readings(first: 100) { nodes { ` + kindNames() + ` } } }`
	_, body := send(t, f.Planned, request{Query: query})
	_, other := send(t, f.Resolved, request{Query: query})
	if string(body) != string(other) {
		t.Errorf("the plan answers %s, resolvers %s", body, other)
	}
	found, _, _ := nodesOf(t, string(body))
	if len(found) != len(t.rows) {
		t.Fatalf("%d rows, want %d", len(found), len(t.rows))
	}
	for i, row := range t.rows {
		for _, field := range kindFields {
			if found[i][field.name] != row[field.name] {
				t.Errorf("%s of row %d is %s, want %s", field.name, i, found[i][field.name], row[field.name])
			}
		}
		row["id"] = found[i]["id"]
	}
	t.answers = append(t.answers, string(body))
	return string(body)
}

// order pages through all rows in every order, from both ends.
func (t *kindsTest) order() {
	name := func(f kindField) string {
		return map[string]string{"moodBefore": "MOOD_BEFORE", "otherCode": "OTHER_CODE"}[f.name] + strings.ToUpper(f.name)[:max(0, len(f.name)*btoi(f.name != "moodBefore" && f.name != "otherCode"))]
	}
	for i, f := range kindFields {
		if f.compare == nil {
			want(t.T, t.ask(`{ readings(orderBy: [{field: `+name(f)+`}]) { totalCount } }`, nil), "GRAPHQL_VALIDATION_FAILED")
			continue
		}
		second := kindFields[(i*7+3)%16]
		for _, desc := range []bool{false, true} {
			direction := map[bool]string{false: "ASC", true: "DESC"}
			orderBy := fmt.Sprintf(`[{field: %s, direction: %s}, {field: %s, direction: %s}]`, name(f), direction[desc], name(second), direction[i%2 == 0])
			sorted := slices.Clone(t.rows)
			by := func(f kindField, desc bool, a, b map[string]string) int {
				x, y := a[f.name], b[f.name]
				n := 0
				switch {
				case x == y:
				case x == "null":
					n = 1
				case y == "null":
					n = -1
				default:
					n = f.compare(x, y)
				}
				if desc {
					return -n
				}
				return n
			}
			slices.SortStableFunc(sorted, func(a, b map[string]string) int {
				if n := by(f, desc, a, b); n != 0 {
					return n
				}
				return by(second, i%2 == 0, a, b)
			})
			var forward, backward []string
			for after := "null"; len(forward) < 2*kindRows; {
				page, end, _ := nodesOf(t, t.ask(`{ readings(orderBy: `+orderBy+`, first: 4, after: `+after+`) { nodes { id } pageInfo { endCursor } } }`, nil))
				if len(page) == 0 {
					break
				}
				forward, after = append(forward, ids(page)...), strconv.Quote(end)
			}
			for before := "null"; len(backward) < 2*kindRows; {
				page, _, start := nodesOf(t, t.ask(`{ readings(orderBy: `+orderBy+`, last: 5, before: `+before+`) { nodes { id } pageInfo { startCursor } } }`, nil))
				if len(page) == 0 {
					break
				}
				backward, before = append(ids(page), backward...), strconv.Quote(start)
			}
			if !slices.Equal(forward, ids(sorted)) || !slices.Equal(backward, ids(sorted)) {
				t.Errorf("%s: forward %v, backward %v, want %v", orderBy, forward, backward, ids(sorted))
			}
		}
	}
}

// filter asks with every operator.
func (t *kindsTest) filter() {
	check := func(f kindField, operator, literal, variable string, holds func(value string) bool) {
		t.Helper()
		var matching []string
		for _, row := range t.rows {
			if holds(row[f.name]) {
				matching = append(matching, row["id"])
			}
		}
		one, _, _ := nodesOf(t, t.ask(fmt.Sprintf(`{ readings(first: 100, where: {%s: {%s: %s}}) { nodes { id } } }`, f.name, operator, literal), nil))
		two, _, _ := nodesOf(t, t.ask(`query($w: ReadingWhere) { readings(first: 100, where: $w) { nodes { id } } }`,
			map[string]any{"w": map[string]any{f.name: map[string]any{operator: rawText(variable)}}}))
		if !slices.Equal(ids(one), matching) || !slices.Equal(ids(two), matching) {
			t.Errorf("%s %s %s: %v by a literal, %v by a variable, want %v", f.name, operator, literal, ids(one), ids(two), matching)
		}
	}
	for _, f := range kindFields {
		if f.null {
			check(f, "isNull", "true", "true", func(v string) bool { return v == "null" })
			check(f, "isNull", "false", "false", func(v string) bool { return v != "null" })
		}
		if f.compare == nil {
			want(t.T, t.ask(`{ readings(where: {`+f.name+`: {eq: 1}}) { totalCount } }`, nil), "GRAPHQL_VALIDATION_FAILED")
			continue
		}
		operators := map[string]func(n int) bool{"eq": func(n int) bool { return n == 0 }, "ne": func(n int) bool { return n != 0 }}
		if f.scalar != "Boolean" {
			operators["lt"], operators["lte"] = func(n int) bool { return n < 0 }, func(n int) bool { return n <= 0 }
			operators["gt"], operators["gte"] = func(n int) bool { return n > 0 }, func(n int) bool { return n >= 0 }
		}
		for _, s := range f.samples {
			for _, operator := range slices.Sorted(maps.Keys(operators)) {
				holds := operators[operator]
				check(f, operator, s.literal, s.variable, func(v string) bool { return v != "null" && holds(f.compare(v, s.answer)) })
			}
		}
		if f.scalar == "Boolean" || f.scalar == "Float" || f.scalar == "DateTime" {
			continue
		}
		some := f.samples[:2]
		in := func(v string) bool { return v == some[0].answer || v == some[1].answer }
		list, variables := "["+some[0].literal+", "+some[1].literal+"]", "["+some[0].variable+", "+some[1].variable+"]"
		check(f, "in", list, variables, in)
		check(f, "notIn", list, variables, func(v string) bool { return v != "null" && !in(v) })
		check(f, "in", "[]", "[]", func(string) bool { return false })
	}
	want(t.T, t.ask(`{ users(where: {readings: {some: {price: {gt: "9.50"}, mood: {in: [GLAD, SAD]}}}}) { totalCount nodes { readings(orderBy: [{field: SHARE, direction: DESC}], first: 2) { nodes { share data } edges { cursor } } } } }`, nil),
		`{"users":{"totalCount":1,`)
}

// refuse writes and asks what no column takes.
func (t *kindsTest) refuse() {
	for _, c := range []struct{ field, scalar, literal, variable, code string }{
		{"done", "Boolean", `1`, `1`, ""}, {"done", "Boolean", `"true"`, `"true"`, ""}, {"done", "Boolean", `null`, `null`, "BLANK"},
		{"tally", "Int", `2147483648`, `2147483648`, ""}, {"tally", "Int", `1.5`, `1.5`, ""}, {"tally", "Int", `"5"`, `"5"`, ""},
		{"tally", "Int", `-101`, `-101`, "INVALID"}, {"tally", "Int", `2000000001`, `2000000001`, "INVALID"},
		{"bigger", "BigInt", `9223372036854775808`, `9223372036854775808`, ""}, {"bigger", "BigInt", `"9223372036854775808"`, `"-9223372036854775809"`, ""},
		{"bigger", "BigInt", `1.0`, `1.5`, ""}, {"bigger", "BigInt", `"007"`, `"+7"`, ""}, {"bigger", "BigInt", `"1e3"`, `" 1"`, ""}, {"bigger", "BigInt", `""`, `true`, ""},
		{"bigger", "BigInt", `-6`, `"-6"`, "INVALID"}, {"bigger", "BigInt", `FIVE`, `{}`, ""},
		{"ratio", "Float", `"1"`, `"NaN"`, ""}, {"ratio", "Float", `NaN`, `"Infinity"`, ""}, {"ratio", "Float", `1e400`, `true`, ""},
		{"share", "Float", `1.5000000000000002`, `-5e-324`, "INVALID"},
		{"mood", "Mood", `ANGRY`, `"ANGRY"`, ""}, {"mood", "Mood", `"GLAD"`, `"glad"`, ""}, {"mood", "Mood", `null`, `null`, "BLANK"},
		{"price", "Decimal", `12.5`, `12.5`, ""}, {"price", "Decimal", `"1,5"`, `"1e3"`, ""}, {"price", "Decimal", `".5"`, `"5."`, ""}, {"price", "Decimal", `"01"`, `"+1"`, ""},
		{"price", "Decimal", `"0.001"`, `"12345678901"`, "INVALID"}, {"price", "Decimal", `"-1000000.01"`, `-1000001`, "INVALID"}, {"price", "Decimal", `ONE`, `"NaN"`, ""},
		{"due", "Date", `"2026-02-29"`, `"2026-13-01"`, ""}, {"due", "Date", `"2026-1-1"`, `"10000-01-01"`, ""}, {"due", "Date", `"0000-01-01"`, `"2026-11-21T00:00:00Z"`, ""},
		{"due", "Date", `TODAY`, `20261121`, ""},
		{"otherCode", "UUID", `"123e4567e89b12d3a456426614174000"`, `"{123e4567-e89b-12d3-a456-426614174000}"`, ""}, {"otherCode", "UUID", `"123e4567-e89b-12d3-a456-42661417400g"`, `1`, ""},
		{"data", "JSON", `null`, `null`, "BLANK"}, {"data", "JSON", `{a: 99999999999999999999}`, `1e400`, ""}, {"data", "JSON", `BARE`, `{"a": 1, "a": 2}`, ""},
		{"until", "DateTime", `"2026-11-21"`, `"yesterday"`, ""}, {"until", "DateTime", `5`, `5`, ""}, {"at", "DateTime", `null`, `null`, "BLANK"},
	} {
		id := t.rows[0]["id"]
		for _, answer := range []string{
			t.ask(fmt.Sprintf(`mutation { updateReading(input: {id: %s, %s: %s}) { userErrors { code field } } }`, id, c.field, c.literal), nil),
			t.ask(`mutation($i: UpdateReadingInput!) { updateReading(input: $i) { userErrors { code field } } }`, map[string]any{"i": map[string]any{"id": rawText(id), c.field: rawText(c.variable)}}),
			t.ask(fmt.Sprintf(`mutation($v: %s) { updateReading(input: {id: %s, %s: $v}) { userErrors { code field } } }`, c.scalar, id, c.field), map[string]any{"v": rawText(c.variable)}),
		} {
			if c.code != "" {
				want(t.T, answer, `{"data":{"updateReading":{"userErrors":[{"code":"`+c.code+`","field":["input","`+c.field+`"]}]}}}`)
			} else if !strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") && !strings.Contains(answer, "BAD_REQUEST") {
				t.Errorf("%s: %s or %s is answered %s", c.field, c.literal, c.variable, answer)
			}
		}
		if c.literal == "null" || c.field == "data" || strings.Contains("tally share", c.field) || c.code != "" && c.field == "bigger" || c.literal == `"-1000000.01"` {
			continue // a filter takes what is out of a range
		}
		answer := t.ask(fmt.Sprintf(`{ readings(where: {%s: {eq: %s}}) { totalCount } }`, c.field, c.literal), nil)
		if !strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") && !strings.Contains(answer, "BAD_REQUEST") {
			t.Errorf("%s: a filter by %s is answered %s", c.field, c.literal, answer)
		}
	}
	for _, cursor := range []string{"", "e30", "WyJRdWVyeS5yZWFkaW5ncyBwcmljZSIsIjEuNSIsMV0"} { // the last is ["Query.readings price","1.5",1], which has two digits behind the point
		want(t.T, t.ask(`{ readings(orderBy: [{field: PRICE}], after: "`+cursor+`") { totalCount nodes { id } } }`, nil), `"BAD_REQUEST"`)
	}
	t.read(t.f)
}

// change writes every field of a row anew, one after the other, and back.
func (t *kindsTest) change() {
	row := t.rows[len(t.rows)-1]
	version := 1
	write := func(f kindField, variable, answer string, changes bool) {
		t.Helper()
		version += btoi(changes)
		got := t.ask(`mutation($i: UpdateReadingInput!) { updateReading(input: $i) { reading { `+f.name+` version } userErrors { code } } }`,
			map[string]any{"i": map[string]any{"id": rawText(row["id"]), f.name: rawText(variable)}})
		want(t.T, got, fmt.Sprintf(`{"data":{"updateReading":{"reading":{"%s":%s,"version":%d},"userErrors":[]}}}`, f.name, answer, version))
	}
	for _, f := range kindFields {
		if f.name == "big" || f.name == "code" {
			continue
		}
		before := row[f.name]
		for _, s := range f.samples {
			write(f, s.variable, s.answer, before != s.answer)
			before = s.answer
		}
		write(f, f.samples[len(f.samples)-1].variable, before, false)
		if f.null {
			write(f, "null", "null", true)
			before = "null"
		}
		row[f.name] = before
	}
	t.read(t.f)
}

// defaults fill in what is left out, what is taken is found, and variables have places and defaults of their own.
func (t *kindsTest) defaults() {
	data, code := `data: {}, at: "2026-01-01T00:00:00Z"`, `"aaaaaaaa-0000-0000-0000-00000000000`
	want(t.T, t.ask(`mutation @dryRun { createReading(input: {big: 1, code: `+code+`1", `+data+`}) { reading { done sure tally ratio mood moodBefore price day due data extra } userErrors { code field message } } }`, nil),
		`{"done":true,"sure":null,"tally":7,"ratio":0.5,"mood":"GLAD","moodBefore":null,"price":"1.50","day":"2026-11-21","due":null,"data":{},"extra":null}`)
	want(t.T, t.ask(`mutation @dryRun { createReading(input: {big: "-5", code: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", `+data+`}) { userErrors { code field } } }`, nil),
		`[{"code":"TAKEN","field":["input","big"]},{"code":"TAKEN","field":["input","code"]}]`)
	want(t.T, t.ask(`mutation($x: Int, $big: BigInt = 12, $day: Date = "2024-02-29", $all: JSON = {list: [], n: 1}) @dryRun { createReading(input: {big: $big, code: `+code+`1", data: {a: $x, b: [$x, "c"]}, extra: $all, day: $day, at: "2026-01-01T00:00:00Z"}) {
		reading { big data extra day } userErrors { code } } }`, map[string]any{"x": 5}), `{"big":"12","data":{"a":5,"b":[5,"c"]},"extra":{"list":[],"n":1},"day":"2024-02-29"}`)
	id := t.rows[1]["id"] // the code of which was the second sample
	want(t.T, t.ask(`{ a: reading(by: {code: "00000000-0000-0000-0000-000000000000"}) { id } b: reading(by: {code: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}) { code }
		c: reading(by: {code: "00000000-0000-0000-0000-000000000001"}) { id } d: reading(by: {id: `+id+`}) { code } }`, nil),
		`{"data":{"a":{"id":`+id+`},"b":{"code":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},"c":null,"d":{"code":"00000000-0000-0000-0000-000000000000"}}}`)
	want(t.T, t.ask(`{ reading(by: {code: "x"}) { id } }`, nil), "GRAPHQL_VALIDATION_FAILED")
	made := t.ask(`mutation @dryRun { createUser(input: {username: "carl", password: "correct horse", readings: [
		{big: 1, code: `+code+`1", `+data+`}, {big: "1", code: `+code+`2", `+data+`}, {big: 2, code: `+code+`1", `+data+`}, {big: "9223372036854775807", code: `+code+`3", `+data+`}]}) { userErrors { code field } } }`, nil)
	want(t.T, made, `[{"code":"TAKEN","field":["input","readings","1","big"]},{"code":"TAKEN","field":["input","readings","2","code"]},{"code":"TAKEN","field":["input","readings","3","big"]}]`)
}

// Every kind of columns is written, read, filtered, ordered and paged alike by both databases and both ways of answering.
func TestForkKinds(t *testing.T) {
	tests := map[string]*kindsTest{}
	for _, name := range databases {
		f := open(t, name, withSecret)
		signUp(t, f.Planned, "ada")
		k := &kindsTest{f: f}
		k.access, _ = logIn(t, f.Planned, "ada")
		for _, step := range []struct {
			name string
			run  func()
		}{{"fill", k.fill}, {"order", k.order}, {"filter", k.filter}, {"summarize", k.summarize}, {"refuse", k.refuse}, {"change", k.change}, {"defaults", k.defaults}} {
			if !t.Run(name+"/"+step.name, func(t *testing.T) { k.T = t; step.run() }) && step.name == "fill" {
				return
			}
		}
		tests[name] = k
	}
	one, other := tests["sqlite"], tests["postgres"]
	for i := range one.answers {
		if one.answers[i] != other.answers[i] {
			t.Fatalf("SQLite answers %s, PostgreSQL %s", one.answers[i], other.answers[i])
		}
	}
	for _, name := range databases { // to the other one, all at once
		t.Run("promote to "+name, func(t *testing.T) {
			to, from := open(t, name, withSecret), one
			if name == "sqlite" {
				from = other
			}
			if rows, err := from.f.DB.Promote(t.Context(), to.DB); err != nil || rows < kindRows {
				t.Fatal(rows, err)
			}
			from.T = t
			from.read(to)
		})
	}
}
