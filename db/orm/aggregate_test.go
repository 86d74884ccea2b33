package orm

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

type (
	diary struct {
		Key      int64  `db:"id"`
		OwnerKey int64  `db:"owner_id"`
		Name     string `db:"name" rule:"1..50"`
	}
	leaf struct {
		Key      int64  `db:"id"`
		DiaryKey *int64 `db:"diary_id"`
		Mark     int64  `db:"mark"`
	}
	sample struct {
		Key   int64    `db:"id"`
		Same  int64    `db:"same"`
		Whole int64    `db:"whole"`
		Part  *float64 `db:"part"`
	}
)

func summarize(t *testing.T, db *DB, viewer Viewer, r *Read, s *Summary) *Rows {
	t.Helper()
	r.Path = "summary"
	if r.Page == nil {
		r.Page = &Page{}
	}
	rows, err := db.Summarize(WithViewer(t.Context(), viewer), r, s)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func groupsOf(t *testing.T, table *Table, aggregates []Aggregate, by ...string) *Summary {
	t.Helper()
	s, err := NewGroups(table, aggregates, GroupArgs{By: by})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Rows that lead to what the viewer may not see are one group with those that lead nowhere, and count as no value of their
// own: nobody learns how many hidden rows there are.
func TestGroupsByHiddenRows(t *testing.T) {
	m := NewModel(functions(t))
	diaries := Declare[diary](m, "diaries", VisibleTo("owner_id"))
	leaves := Declare[leaf](m, "leaves")
	there, _ := OneToMany(diaries, "leaves", leaves, "diary", "diary_id", Detach)
	for _, name := range []string{"sqlite", "postgres"} {
		d := opened(t, name, m)
		for _, text := range []string{
			"CREATE TABLE diaries (id bigint PRIMARY KEY, owner_id bigint NOT NULL, name text NOT NULL)",
			"CREATE TABLE leaves (id bigint PRIMARY KEY, diary_id bigint, mark bigint NOT NULL)",
			"INSERT INTO diaries VALUES (1, 7, 'a'), (2, 8, 'b'), (3, 9, 'c')",
			"INSERT INTO leaves VALUES (1, 1, 5), (2, 1, 6), (3, 2, 7), (4, 3, 8), (5, NULL, 9)",
		} {
			if _, err := d.write.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			viewer Viewer
			want   string
		}{
			{Viewer{Key: 7}, "[[1 2] [<nil> 3]] 1"}, {Viewer{}, "[[<nil> 5]] 0"}, {Viewer{Admin: true}, "[[1 2] [2 1] [3 1] [<nil> 1]] 3"},
		} {
			viewer, want := c.viewer, c.want
			rows := summarize(t, d, viewer, &Read{From: leaves.Table}, groupsOf(t, leaves.Table, []Aggregate{{Function: Count}}, "DIARY"))
			var groups [][]any
			for i := range rows.Len() {
				groups = append(groups, rows.Row(i))
			}
			distinct := summarize(t, d, viewer, &Read{From: leaves.Table}, NewSummary(leaves.Table, []Aggregate{{Function: Count, Field: "diary"}}))
			if got := fmt.Sprint(groups, distinct.Row(0)[0]); got != want {
				t.Errorf("%s, %+v: %s, want %s", name, viewer, got, want)
			}
		}
		// And a hidden row is in no aggregate.
		if rows := summarize(t, d, Viewer{Key: 8}, &Read{From: diaries.Table}, NewSummary(diaries.Table, []Aggregate{{Count, ""}, {Min, "name"}})); fmt.Sprint(rows.Row(0)) != "[1 b]" {
			t.Errorf("%s: %v", name, rows.Row(0))
		}
		nested := summarize(t, d, Viewer{Key: 7}, &Read{From: leaves.Table, Via: there.Relation, Keys: []int64{1, 2, 4}}, NewSummary(leaves.Table, []Aggregate{{Count, ""}, {Sum, "mark"}}))
		if got := fmt.Sprint(nested.Row(nested.Of(1).Start), nested.Row(nested.Of(2).Start), nested.Row(nested.Of(4).Start)); got != "[2 11] [1 7] [0 <nil>]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Sums and averages of whole numbers are exact beyond 64 bits, and those of floating-point numbers what comes of adding up
// 17 digits of each and rounding once: on both databases, whatever the order of the rows.
func TestExactSums(t *testing.T) {
	m := NewModel(functions(t))
	samples := Declare[sample](m, "samples")
	random := rand.New(rand.NewPCG(3, 4))
	wholes := []int64{math.MaxInt64, math.MinInt64, -1, 0, 1, math.MaxInt64 - 1, math.MinInt64 + 1, 1<<32 - 1, -1 << 32}
	parts := []float64{0.1, 0.2, 8.41e21, 8.41e21, 3, 0.12345678901234568, 123456789012345680000, 5e-324, 1e-323, 8.4e-323, math.MaxFloat64, -math.MaxFloat64, 1e308, 1e16, 1, -1e16, 2.2250738585072014e-308, 1e-300, -2.5}
	databases := map[string]*DB{}
	for _, name := range []string{"sqlite", "postgres"} {
		databases[name] = opened(t, name, m)
		column := map[string]string{"sqlite": "REAL", "postgres": "double precision"}[name]
		if _, err := databases[name].write.Exec("CREATE TABLE samples (id bigint PRIMARY KEY, same bigint NOT NULL DEFAULT 1, whole bigint NOT NULL, part " + column + ")"); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 120 {
		sum, exact, count := new(big.Int), new(big.Rat), 0
		var values []string
		for i := range 1 + random.IntN(12) {
			whole, part := wholes[random.IntN(len(wholes))], parts[random.IntN(len(parts))]
			if random.IntN(3) == 0 {
				whole = random.Int64() - random.Int64()
			}
			if random.IntN(3) == 0 {
				part = math.Float64frombits(random.Uint64())
			}
			text := strconv.FormatFloat(part, 'g', -1, 64)
			if math.IsNaN(part) || math.IsInf(part, 0) || random.IntN(5) == 0 {
				text = "NULL"
			} else {
				r, _ := new(big.Rat).SetString(strconv.FormatFloat(part, 'e', 16, 64))
				exact.Add(exact, r)
				count++
				text = "CAST('" + text + "' AS double precision)"
			}
			sum.Add(sum, big.NewInt(whole))
			values = append(values, fmt.Sprintf("(%d, %d, %s)", i, whole, text))
		}
		n := big.NewInt(int64(len(values)))
		average := new(big.Rat).SetFrac(sum, n).FloatString(averaged) // rounds half away from zero
		if average == "-0.000000" {
			average = "0.000000"
		}
		want := []any{Decimal(sum.String()), Decimal(average), nil, nil}
		f, _ := exact.Float64()
		if count > 0 && !math.IsInf(f, 0) {
			want[2], want[3] = f+0, f/float64(count)
			if math.Abs(f) < 1e-300 {
				want[3] = 0.0
			}
		}
		s := NewSummary(samples.Table, []Aggregate{{Sum, "whole"}, {Avg, "whole"}, {Sum, "part"}, {Avg, "part"}})
		for name, d := range databases {
			random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			for _, text := range []string{"DELETE FROM samples", "INSERT INTO samples (id, whole, part) VALUES " + strings.Join(values, ", ")} {
				if _, err := d.write.Exec(text); err != nil {
					t.Fatal(err)
				}
			}
			got := summarize(t, d, Viewer{}, &Read{From: samples.Table}, s).Row(0)
			if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
				t.Fatalf("round %d, %s: %v\n got %#v\nwant %#v", round, name, values, got, want)
			}
			// They are one group, which meets the conditions that its sums meet.
			for operator, holds := range map[string]bool{"eq": true, "ne": false, "gte": true, "lte": true, "gt": false, "lt": false, "in": true, "notIn": false} {
				operand := func(v any) any {
					if operator == "in" || operator == "notIn" {
						return map[string]any{operator: []any{v, "3"}}
					}
					return map[string]any{operator: v}
				}
				conditions := []any{map[string]any{"sum": map[string]any{"whole": operand(sum.String())}}, map[string]any{"avg": map[string]any{"whole": operand(average)}}}
				if want[2] != nil && !strings.HasSuffix(strings.ToLower(operator), "in") {
					conditions = append(conditions, map[string]any{"sum": map[string]any{"part": operand(want[2])}}, map[string]any{"avg": map[string]any{"part": operand(want[3])}})
				}
				for _, condition := range conditions {
					for _, having := range []any{condition, map[string]any{"not": condition}} {
						groups, err := NewGroups(samples.Table, nil, GroupArgs{By: []string{"SAME"}, Having: having.(map[string]any)})
						if err != nil {
							t.Fatal(err)
						}
						_, negated := having.(map[string]any)["not"]
						if n := summarize(t, d, Viewer{}, &Read{From: samples.Table}, groups).Len(); (n == 1) != (holds != negated) {
							t.Fatalf("round %d, %s: %v: %d groups of %v", round, name, having, n, values)
						}
					}
				}
			}
		}
	}
}
