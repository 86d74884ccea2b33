package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
)

// A filler makes rows at random, of every table of the page and by what the page says of them: it knows no noun. The same
// numbers make the same rows.
type filler struct {
	*rand.Rand
	clock *clock
	texts func(c *orm.Column) string // what texts are made of
	hub   bool                       // most rows hang on the first, and are linked to it

	keys map[*orm.Table][]int64
	used map[*orm.Column]map[any]bool // of unique columns
	made int
}

func newFiller(f *fixture, r *rand.Rand, texts func(*orm.Column) string) *filler {
	return &filler{Rand: r, clock: f.Clock, texts: texts, keys: map[*orm.Table][]int64{}, used: map[*orm.Column]map[any]bool{}}
}

// admin may see and write everything.
func admin(ctx context.Context) context.Context {
	return orm.WithViewer(ctx, orm.Viewer{Admin: true})
}

// fill loads rows(table) rows of each table, fewer where they find nothing to hang on, and links between them, with gaps
// between the keys and equal times.
func (g *filler) fill(t testing.TB, f *fixture, rows func(*orm.Table) int) {
	t.Helper()
	err := f.DB.Load(t.Context(), nil, func(ctx context.Context, l *orm.Load) error {
		g.keys, g.used = map[*orm.Table][]int64{}, map[*orm.Column]map[any]bool{}
		linked := map[string]bool{}
		for _, table := range parentsFirst() {
			key := int64(0)
			for range rows(table) {
				key += 1 + int64(g.IntN(5)/4)
				if err := g.load(ctx, l, table, key); err != nil {
					return err
				}
			}
		}
		for _, table := range db.Model.Tables() {
			for _, r := range table.Relations {
				if r.Link == nil || linked[r.Link.Table] || r.Link.Rows != nil {
					continue
				}
				linked[r.Link.Table] = true
				if err := g.link(ctx, l, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// parentsFirst are the tables, each behind those that its rows need.
func parentsFirst() (order []*orm.Table) {
	var visit func(*orm.Table)
	visit = func(t *orm.Table) {
		if slices.Contains(order, t) {
			return
		}
		for _, r := range t.Relations {
			if r.Own != nil && !r.Own.Nullable && r.To != t {
				visit(r.To)
			}
		}
		order = append(order, t)
	}
	for _, t := range db.Model.Tables() {
		visit(t)
	}
	return order
}

func (g *filler) load(ctx context.Context, l *orm.Load, table *orm.Table, key int64) error {
	if g.IntN(3) > 0 {
		g.clock.Add(time.Duration(1+g.IntN(3)) * 250 * time.Microsecond)
	}
	now := g.clock.Now().UTC().Truncate(time.Microsecond)
	kept := map[string]any{"id": key, "created_at": now, "updated_at": now.Add(time.Duration(g.IntN(3)/2) * time.Hour), "version": int64(1 + g.IntN(2))}
	row := make([]any, len(table.Columns))
	unique := map[*orm.Column]any{}
	for i, c := range table.Columns {
		if v, ok := kept[c.Name]; ok {
			row[i] = v
			continue
		}
		_, cell, ok := g.value(c)
		if !ok {
			return nil // there is nothing left that the row could hold
		}
		if row[i] = cell; c.Unique && cell != nil {
			unique[c] = cell
		}
	}
	if !g.together(table, func(c *orm.Column) any { return row[slices.Index(table.Columns, c)] }) {
		return nil
	}
	for c, v := range unique {
		g.use(c, v)
	}
	g.keys[table] = append(g.keys[table], key)
	return l.Add(ctx, table, table.Entity(row), make([]any, len(table.Secrets()))...)
}

// together tells whether no row so far has what is unique together in one more, and remembers that.
func (g *filler) together(table *orm.Table, value func(*orm.Column) any) bool {
	for _, columns := range table.Uniques() {
		values := make([]any, len(columns))
		for i, c := range columns {
			values[i] = value(c)
		}
		if slices.Contains(values, nil) {
			continue
		}
		text := fmt.Sprint(values)
		if g.used[columns[0]][text] {
			return false
		}
		g.use(columns[0], text)
	}
	return true
}

func (g *filler) use(c *orm.Column, v any) {
	if g.used[c] == nil {
		g.used[c] = map[any]bool{}
	}
	g.used[c][v] = true
}

func (g *filler) link(ctx context.Context, l *orm.Load, r *orm.Relation) error {
	for i, from := range g.keys[r.From] {
		for j, to := range g.keys[r.To] {
			if g.hub && i*j > 0 || !g.hub && g.IntN(len(g.keys[r.To])) > 2 {
				continue
			}
			if err := l.Link(ctx, r, from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// value makes a value of a column, as an input has it and as a cell; ok is false if there is none.
func (g *filler) value(c *orm.Column) (input, cell any, ok bool) {
	if c.Nullable && g.IntN(3) == 0 {
		return nil, nil, true
	}
	for range 30 {
		input, cell, ok = g.candidate(c)
		if !ok || cell != nil && !(c.Unique && g.used[c][cell]) {
			break
		}
		ok = false
	}
	return input, cell, ok || c.Nullable
}

func (g *filler) candidate(c *orm.Column) (input, cell any, ok bool) {
	g.made++
	if c.References != nil {
		keys := g.keys[c.References]
		if len(keys) == 0 {
			return nil, nil, false
		}
		key := keys[g.IntN(len(keys))]
		if g.hub && !c.Unique && g.IntN(10) > 0 {
			key = keys[0]
		}
		return orm.GlobalID(c.References, key), key, true
	}
	input = g.anything(c)
	if !c.Writable(true) {
		return nil, plain(c), true
	}
	draft, faults := orm.NewDraft(c.Table, orm.Input{{Name: c.Field, Value: input}}, nil, true)
	if slices.ContainsFunc(faults, func(f orm.Fault) bool { return len(f.Field) > 0 && f.Field[0] == c.Field }) {
		return nil, nil, true // another try
	}
	cell, _ = draft.Value(c.Name)
	return input, cell, true
}

// plain is a value of a column that no input gives.
func plain(c *orm.Column) any {
	switch c.Kind {
	case orm.Int, orm.Long:
		return int64(1)
	case orm.Bool:
		return true
	case orm.Float:
		return 0.5
	case orm.Time:
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	case orm.Enum:
		return c.Values()[0]
	case orm.Numeric:
		return orm.Decimal("0")
	case orm.Day:
		return "2026-01-01"
	case orm.Guid:
		return "123e4567-e89b-12d3-a456-426614174000"
	case orm.Document:
		return "{}"
	}
	return "x"
}

// anything is an input of a column's kind, which its rule may or may not take.
func (g *filler) anything(c *orm.Column) any {
	switch c.Kind {
	case orm.Bool:
		return g.IntN(2) == 0
	case orm.Int:
		return int64(g.IntN(9) - 3)
	case orm.Long:
		return []int64{int64(g.IntN(9) - 3), int64(g.IntN(1000)), 1<<53 + int64(g.IntN(3)), -1 << 62}[g.IntN(4)]
	case orm.Float:
		return []float64{0, 0.5, -1.25, 3, 0.1, 1e-7, 1e21}[g.IntN(7)]
	case orm.Enum:
		return c.Values()[g.IntN(len(c.Values()))]
	case orm.Numeric:
		return []string{"0", "1.5", "-2", "0.25", "10", "-0.05", strconv.Itoa(g.IntN(100))}[g.IntN(7)]
	case orm.Day:
		return fmt.Sprintf("20%02d-0%d-1%d", 20+g.IntN(3), 1+g.IntN(3), g.IntN(3))
	case orm.Guid:
		return fmt.Sprintf("%08x-0000-4000-8000-%012x", g.IntN(1<<31), g.IntN(1<<31))
	case orm.Document:
		return []any{nil, true, json.Number("1.5"), "text", []any{json.Number("1"), nil}, map[string]any{"b": []any{}, "a": "é"}}[1+g.IntN(5)]
	case orm.Time:
		return g.clock.Now().Add(time.Duration(g.IntN(5)-2) * time.Hour).Format(time.RFC3339)
	}
	text := g.texts(c)
	if c.Unique {
		text += strconv.Itoa(g.made)
	}
	return []string{text, text, "a." + text, "n" + strconv.Itoa(g.IntN(50)), "same" + strconv.Itoa(g.IntN(4)) + "@example.com", "u" + strconv.Itoa(g.made)}[g.IntN(6)]
}

// input is what a client could make a row of; ok is false if there is none.
func (g *filler) input(table *orm.Table) (input orm.Input, ok bool) {
	for _, c := range table.Columns {
		if !c.Writable(true) {
			continue
		}
		v, cell, ok := g.value(c)
		if !ok {
			return nil, false
		}
		if c.Unique && cell != nil {
			g.use(c, cell)
		}
		input = append(input, orm.InputField{Name: c.Field, Value: v})
	}
	return input, true
}

// change updates some rows and deletes others: they must be found as they are.
func (g *filler) change(t testing.TB, f *fixture) {
	t.Helper()
	for _, table := range parentsFirst() {
		for _, key := range g.keys[table] {
			fate := g.IntN(20)
			c := table.Columns[g.IntN(len(table.Columns))]
			v, _, ok := g.value(c)
			if fate > 4 || fate > 1 && (!ok || !c.Writable(false) || c.References != nil || c.Unique) || fate < 2 && table.Signup() && g.IntN(2) == 0 {
				continue
			}
			err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
				if fate < 2 {
					_, _, _, err := f.DB.Delete(ctx, table, key, nil, true)
					return err
				}
				draft, _ := orm.NewDraft(table, orm.Input{{Name: c.Field, Value: v}}, nil, false)
				_, _, err := f.DB.Update(ctx, draft, key, nil)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// users are the rows of whoever can log in.
func users(w *world) []*row {
	for _, table := range db.Model.Tables() {
		if table.Signup() {
			return w.rows[table]
		}
	}
	return nil
}
