package orm

import (
	"context"
	"fmt"
	"reflect"
	"slices"
)

// What the page says in Go functions: fields that follow from a row, and rules over a row before it is written.

// A ComputedField follows from a row of its table and from nothing else. It is in no filter, order or input.
type ComputedField struct {
	Field    string // in the schema: "displayName"
	Kind     Kind
	Nullable bool
	GoType   string // what the function answers: "*string"
	of       func(entity any) any
}

// Computed declares a field that of makes of a row: what a column may be, but an enum, or a pointer to it, which is null where
// it is nil. What the type cannot hold, NaN among it, is null or INTERNAL. A panic in it is INTERNAL for the field. It must not
// change the row.
func Computed[T, V any](field string, of func(*T) V) Option {
	return func(t *Table) {
		wrong := func(format string, args ...any) {
			panic(fmt.Sprintf("relations: %s.%s: %s", t.Type, field, fmt.Sprintf(format, args...)))
		}
		if reflect.TypeFor[T]() != t.entity {
			wrong("it is computed from a row of %s", reflect.TypeFor[T]().Name())
		}
		if t.Field(field) != nil || t.Computed(field) != nil {
			wrong("is declared twice")
		}
		typ := reflect.TypeFor[V]()
		c := &ComputedField{Field: field, GoType: typ.String(), Nullable: typ.Kind() == reflect.Pointer}
		if c.Nullable {
			typ = typ.Elem()
		}
		var ok bool
		if c.Kind, ok = kindOf(typ, ""); !ok {
			wrong("is %s; a computed field is bool, int32, int64, float64, string, time.Time, Date, Decimal, UUID, JSON or a pointer to one", reflect.TypeFor[V]())
		}
		c.of = func(entity any) any {
			row, _ := entity.(*T)
			return of(row)
		}
		t.computed = append(t.computed, c)
	}
}

// ComputedFields are the table's, in the order of their declaration.
func (t *Table) ComputedFields() []*ComputedField { return t.computed }

// Computed is the computed field of a name; nil if there is none.
func (t *Table) Computed(field string) *ComputedField {
	for _, c := range t.computed {
		if c.Field == field {
			return c
		}
	}
	return nil
}

// Scalar is the schema's type of the field, without what tells whether it may be null.
func (c *ComputedField) Scalar() string { return kinds[c.Kind].scalar }

// GoName is the exported Go name of the field's accessor: a method of the entity.
func (c *ComputedField) GoName() string { return upperFirst(c.Field) }

// Of is the field's value in an entity, as a Read answers values.
func (c *ComputedField) Of(entity any) any {
	return cellOf(reflect.ValueOf(c.of(entity)), c.Kind)
}

// Value is a computed field of an entity, for the accessors that are generated.
func Value[V any](t *Table, field string, entity any) (v V) {
	v, _ = t.Computed(field).of(entity).(V)
	return v
}

// Check declares a rule over a whole row, before it is written and in the same transaction; before is nil if it is a new one.
// What hangs on a parent that is new as well has no key of it yet. A fault's Field is the path from the row's input,
// `[]string{"title"}`, or nil for the whole of it. It must not change the rows. Bulk loads do not ask it.
func Check[T any](f func(ctx context.Context, before, after *T) []Fault) Option {
	return func(t *Table) {
		if reflect.TypeFor[T]() != t.entity {
			panic(fmt.Sprintf("relations: %s: its rows are not checked by a function over %s", t.Type, reflect.TypeFor[T]().Name()))
		}
		t.checks = append(t.checks, func(ctx context.Context, before, after any) []Fault {
			stored, _ := before.(*T)
			row, _ := after.(*T)
			return f(ctx, stored, row)
		})
	}
}

// runChecks are the faults that the checks of tables find in drafts, and in the rows that they make by name; keys are the
// rows of a draft that exist already, which is then the only draft.
func (db *DB) runChecks(ctx context.Context, drafts []*Draft, keys []int64) (found []placed, err error) {
	var relations []*Relation
	named := map[*Relation][]assignment{}
	for _, d := range drafts {
		if len(d.table.checks) > 0 {
			stored, err := db.stored(ctx, d.table, keys)
			if err != nil {
				return nil, err
			}
			for _, row := range stored {
				for _, f := range d.check(ctx, row) {
					// What is wrong with a change is wrong with many of its rows, and said once.
					if len(keys) < 2 || !slices.ContainsFunc(found, f.equal) {
						found = append(found, f)
					}
				}
			}
		}
		for _, l := range d.links {
			if len(l.relation.To.checks) == 0 || len(l.named) == 0 {
				continue
			}
			if named[l.relation] == nil {
				relations = append(relations, l.relation)
			}
			named[l.relation] = append(named[l.relation], l.named...)
		}
	}
	for _, r := range relations {
		there, err := db.holders(ctx, r.To.name, r.To.name, named[r], false)
		if err != nil {
			return nil, err
		}
		for _, a := range named[r] {
			if _, ok := there[a.value]; ok {
				continue
			}
			made := &Draft{table: r.To, values: []assignment{a}}
			for _, f := range made.check(ctx, nil) {
				f.Field, f.at = a.path, a.at
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// stored are the rows with keys as they are; one that is nil if there are no keys.
func (db *DB) stored(ctx context.Context, t *Table, keys []int64) ([][]any, error) {
	if len(keys) == 0 {
		return [][]any{nil}, nil
	}
	ctx = WithViewer(ctx, Viewer{Admin: true}) // who may write them has been decided
	rows, err := db.Read(ctx, &Read{Path: "check " + t.Type, From: t, By: t.KeyColumn(), Keys: keys, Select: Select{Columns: t.Columns}})
	if err != nil {
		return nil, err
	}
	stored := make([][]any, 0, len(keys))
	for _, key := range keys {
		if g := rows.Of(key); g.Start < g.End {
			stored = append(stored, rows.Row(g.Start))
		} else {
			stored = append(stored, nil)
		}
	}
	return stored, nil
}

// check is what the checks of the draft's table find in it; stored is the row that it changes, nil if it makes one.
func (d *Draft) check(ctx context.Context, stored []any) (found []placed) {
	t := d.table
	row := make([]any, len(t.Columns))
	var before any
	if stored != nil {
		before, row = t.Entity(stored), slices.Clone(stored)
	}
	for _, a := range d.values {
		if i := slices.Index(t.Columns, a.column); i >= 0 {
			row[i] = a.value
		}
	}
	after := t.Entity(row)
	for _, f := range t.checks {
		for _, fault := range f(ctx, before, after) {
			place := d.at
			if len(fault.Field) > 0 {
				for _, a := range d.values {
					if a.column.Field == fault.Field[0] {
						place = a.at
					}
				}
			}
			fault.Field = slices.Concat(d.path, fault.Field)
			found = append(found, placed{fault, place})
		}
	}
	return found
}
