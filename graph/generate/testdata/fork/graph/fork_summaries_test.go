package graph_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A reading is a row of a kindsTest, with JSON by field.
type reading = map[string]string

func kindOfField(name string) kindField {
	return kindFields[slices.IndexFunc(kindFields, func(f kindField) bool { return f.name == name })]
}

func given(field string, rows []reading) (texts []string) {
	for _, row := range rows {
		if row[field] != "null" {
			texts = append(texts, row[field])
		}
	}
	return texts
}

// summedTexts works out sum and avg of a field, exactly.
func summedTexts(function string, f kindField, rows []reading) string {
	sum, texts := new(big.Rat), given(f.name, rows)
	if len(texts) == 0 {
		return "null"
	}
	for _, text := range texts {
		if text = strings.Trim(text, `"`); f.scalar == "Float" { // they are added up to 17 digits
			x, _ := strconv.ParseFloat(text, 64)
			text = strconv.FormatFloat(x, 'e', 16, 64)
		}
		x, _ := new(big.Rat).SetString(text)
		sum.Add(sum, x)
	}
	digits := map[string]int{"price": 2, "rebate": 6}[f.name]
	if f.scalar == "Float" {
		limit, _ := new(big.Rat).SetString("1.797693134862315807e308")
		if new(big.Rat).Abs(sum).Cmp(limit) >= 0 {
			return "null"
		}
		x, _ := sum.Float64()
		if function == "avg" {
			if tiny, _ := new(big.Rat).SetString("1e-300"); new(big.Rat).Abs(sum).Cmp(tiny) < 0 {
				return "0"
			}
			x /= float64(len(texts))
		}
		text, _ := json.Marshal(x)
		return string(text)
	}
	if function == "avg" {
		sum.Quo(sum, new(big.Rat).SetInt64(int64(len(texts))))
		digits += 6
	}
	text := sum.FloatString(digits)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return `"` + text + `"`
}

// answered is what a function answers of a field.
func answered(function, field string, rows []reading) string {
	f := kindOfField(field)
	if function == "sum" || function == "avg" {
		return summedTexts(function, f, rows)
	}
	texts := given(field, rows)
	if len(texts) == 0 {
		return "null"
	}
	if function == "min" {
		return slices.MinFunc(texts, f.compare)
	}
	return slices.MaxFunc(texts, f.compare)
}

var (
	numberFields  = []string{"tally", "total", "big", "bigger", "ratio", "share", "price", "rebate"}
	orderedFields = append([]string{"mood", "moodBefore", "day", "due", "code", "otherCode", "at", "until"}, numberFields...)
	groupFields   = []string{"done", "sure", "tally", "total", "bigger", "ratio", "share", "mood", "moodBefore", "price", "rebate", "day", "due", "otherCode", "at", "until",
		"dayYear", "dayMonth", "dayWeek", "dueMonth", "atYear", "atMonth", "atWeek", "atDay", "atHour", "untilWeek"}
)

func enumName(field string) string {
	var b strings.Builder
	for _, r := range field {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// cut is what a row has of a group field.
func cut(row reading, field string) string {
	if text, ok := row[field]; ok {
		return text
	}
	at := strings.LastIndexFunc(field, func(r rune) bool { return r >= 'A' && r <= 'Z' })
	text := row[field[:at]]
	if text == "null" {
		return text
	}
	layout := `"2006-01-02T15:04:05.000000Z"`
	if len(text) == len(`"2006-01-02"`) {
		layout = `"2006-01-02"`
	}
	t, _ := time.Parse(layout, text)
	switch field[at:] {
	case "Year":
		t = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case "Month":
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "Week":
		for t = t.Truncate(24 * time.Hour); t.Weekday() != time.Monday; {
			t = t.AddDate(0, 0, -1)
		}
	default:
		t = t.Truncate(map[string]time.Duration{"Day": 24 * time.Hour, "Hour": time.Hour}[field[at:]])
	}
	return t.Format(layout)
}

// compareTexts orders answers of a field, null last.
func compareTexts(compare func(a, b string) int, desc bool, a, b string) int {
	n := btoi(a == "null") - btoi(b == "null")
	if a != "null" && b != "null" {
		n = compare(a, b)
	}
	if desc {
		return -n
	}
	return n
}

// aggregate is a selection, and what is answered of rows.
func aggregateOf(random *rand.Rand) (selection string, answer func([]reading) string) {
	distinct := groupFields[random.IntN(len(groupFields))]
	selection = "{ count d: count(distinct: " + enumName(distinct) + ")"
	var parts []func([]reading) string
	for i, function := range []string{"min", "max", "sum", "avg"} {
		if random.IntN(2) == 0 {
			continue
		}
		fields := [][]string{orderedFields, numberFields}[i/2]
		chosen := fields[random.IntN(len(fields)):]
		selection += " " + function + " { " + strings.Join(chosen, " ") + " }"
		parts = append(parts, func(rows []reading) string {
			var texts []string
			for _, field := range chosen {
				texts = append(texts, fmt.Sprintf(`"%s":%s`, field, answered(function, field, rows)))
			}
			return fmt.Sprintf(`,"%s":{%s}`, function, strings.Join(texts, ","))
		})
	}
	return selection + " }", func(rows []reading) string {
		different := map[string]bool{}
		for _, row := range rows {
			if text := cut(row, distinct); text != "null" {
				different[text] = true
			}
		}
		text := fmt.Sprintf(`{"count":%d,"d":%d`, len(rows), len(different))
		for _, part := range parts {
			text += part(rows)
		}
		return text + "}"
	}
}

// summarize asks for aggregates and groups over filters of every kind, at the root and nested, and works out what they come to.
func (t *kindsTest) summarize() {
	random := rand.New(rand.NewPCG(5, 6))
	for range 150 {
		where, passes := "{}", func(reading) bool { return true }
		if f := kindFields[random.IntN(len(kindFields))]; f.compare != nil && random.IntN(3) > 0 {
			s := f.samples[random.IntN(len(f.samples))]
			where, passes = "{"+f.name+": {eq: "+s.literal+"}}", func(row reading) bool { return row[f.name] == s.answer }
			if f.scalar != "Boolean" && random.IntN(4) > 0 {
				where, passes = "{"+f.name+": {gt: "+s.literal+"}}", func(row reading) bool { return row[f.name] != "null" && f.compare(row[f.name], s.answer) > 0 }
			}
		}
		var rows []reading
		for _, row := range t.rows {
			if passes(row) {
				rows = append(rows, row)
			}
		}
		selection, answer := aggregateOf(random)
		grouped, answers := t.groups(random, rows)
		connection := "readings(first: 1, where: " + where + ") { aggregate " + selection + " " + grouped + " }"
		expected := `"readings":{"aggregate":` + answer(rows) + `,"groups":` + answers + `}`
		if got, want := t.ask("{ "+connection+" }", nil), `{"data":{`+expected+`}}`; got != want {
			t.Fatalf("%s\n got %s\nwant %s\n%s", connection, got, want, firstDifference(got, want))
		}
		if got, want := t.ask("{ viewer { "+connection+" } }", nil), `{"data":{"viewer":{`+expected+`}}}`; got != want {
			t.Fatalf("nested: %s\n got %s\nwant %s\n%s", connection, got, want, firstDifference(got, want))
		}
	}
	for _, c := range [][2]string{
		{`{ readings { groups(by: []) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE, MOOD, DONE]) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE, MOOD, SURE, DAY, DUE]) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], first: 101) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], first: -1) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], orderBy: [{field: MOOD}]) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], having: {sum: {price: {gt: "0.001"}}}) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], having: {sum: {price: {gt: null}}}) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DONE], having: {or: []}) { aggregate { count } } } }`, "BAD_REQUEST"},
		{`{ readings { groups(by: [DATA]) { aggregate { count } } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ readings { aggregate { sum { mood } } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ readings { aggregate { min { done } } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ readings { aggregate { max { data } } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ emptyShelves { groups(by: [NOTES]) { aggregate { count } } } }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ readings { groups(by: [OWNER, DONE]) { key { owner { username } done } aggregate { count } } } }`, `"key":{"owner":{"username":"ada"},"done":`},
		{`{ readings { groups(by: [DONE], having: {avg: {tally: {in: ["1.5", "2"]}}}) { aggregate { count } } } }`, `{"groups":[`},
	} {
		want(t.T, t.ask(c[0], nil), c[1])
	}
}

// groups makes a random selection of groups of rows, and works out what is answered.
func (t *kindsTest) groups(random *rand.Rand, rows []reading) (selection, answer string) {
	type group struct {
		key  []string
		rows []reading
	}
	var by []string
	for range 1 + random.IntN(2) {
		if field := groupFields[random.IntN(len(groupFields))]; !slices.Contains(by, field) {
			by = append(by, field)
		}
	}
	var groups []*group
	for _, row := range rows {
		var key []string
		for _, field := range by {
			key = append(key, cut(row, field))
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return slices.Equal(g.key, key) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{key: key})
		}
		groups[i].rows = append(groups[i].rows, row)
	}
	arguments := "by: ["
	for _, field := range by {
		arguments += enumName(field) + " "
	}
	arguments += "]"
	if random.IntN(2) == 0 && len(rows) > 0 { // conditions on numbers that some group has
		function, field := []string{"min", "max", "sum", "avg"}[random.IntN(4)], numberFields[random.IntN(len(numberFields))]
		operator := []string{"eq", "ne", "lt", "lte", "gt", "gte"}[random.IntN(6)]
		if value := answered(function, field, groups[random.IntN(len(groups))].rows); value != "null" {
			arguments += fmt.Sprintf(", having: {%s: {%s: {%s: %s}}}", function, field, operator, value)
			groups = slices.DeleteFunc(groups, func(g *group) bool {
				other := answered(function, field, g.rows)
				if other == "null" {
					return true
				}
				n := number(other, value)
				return !map[string]bool{"eq": n == 0, "ne": n != 0, "lt": n < 0, "lte": n <= 0, "gt": n > 0, "gte": n >= 0}[operator]
			})
		}
	}
	function, field, desc := []string{"min", "max", "sum", "avg"}[random.IntN(4)], numberFields[random.IntN(len(numberFields))], random.IntN(2) == 0
	ordered := random.IntN(2) == 0
	if ordered {
		arguments += fmt.Sprintf(", orderBy: [{field: %s_%s, direction: %s}]", strings.ToUpper(function), enumName(field), map[bool]string{true: "DESC", false: "ASC"}[desc])
	}
	slices.SortFunc(groups, func(a, b *group) int {
		if ordered {
			if n := compareTexts(number, desc, answered(function, field, a.rows), answered(function, field, b.rows)); n != 0 {
				return n
			}
		}
		for i, field := range by {
			compare := strings.Compare
			if slices.Contains(numberFields, field) {
				compare = number
			}
			if n := compareTexts(compare, false, a.key[i], b.key[i]); n != 0 {
				return n
			}
		}
		return 0
	})
	first := 1 + random.IntN(30)
	arguments += fmt.Sprintf(", first: %d", first)
	inner, aggregated := aggregateOf(random)
	var texts []string
	for _, g := range groups[:min(first, len(groups))] {
		var key []string
		for i, field := range by {
			key = append(key, fmt.Sprintf(`"%s":%s`, field, g.key[i]))
		}
		texts = append(texts, `{"key":{`+strings.Join(key, ",")+`},"aggregate":`+aggregated(g.rows)+"}")
	}
	return "groups(" + arguments + ") { key { " + strings.Join(by, " ") + " } aggregate " + inner + " }", "[" + strings.Join(texts, ",") + "]"
}
