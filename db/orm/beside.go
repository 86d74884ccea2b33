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

// runChecks are the faults that the checks of tables find in drafts, and in the rows that they make by name. They read what is
// stored with a statement for each table.
func (db *DB) runChecks(ctx context.Context, drafts []*Draft) (found []placed, err error) {
	var tables []*Table
	keys := map[*Table][]int64{}
	names := map[*Table][]assignment{}
	note := func(t *Table) bool {
		if len(t.checks) > 0 && !slices.Contains(tables, t) {
			tables = append(tables, t)
		}
		return len(t.checks) > 0
	}
	for _, d := range drafts {
		if key := d.stored(); note(d.table) && key != 0 {
			keys[d.table] = append(keys[d.table], key)
		}
		for _, l := range d.links {
			if note(l.relation.To) {
				names[l.relation.To] = append(names[l.relation.To], l.named...)
			}
		}
	}
	before := map[rowOf][]any{}
	for _, t := range tables {
		keys := keys[t]
		if len(keys) == 0 {
			continue
		}
		ctx := WithViewer(ctx, Viewer{Admin: true}) // who may write it has been decided
		rows, err := db.Read(ctx, &Read{Path: "check " + t.Type, From: t, By: t.KeyColumn(), Keys: keys, Select: Select{Columns: t.Columns}})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if g := rows.Of(key); g.Start < g.End {
				before[rowOf{t, key}] = rows.Row(g.Start)
			}
		}
	}
	for _, d := range drafts {
		found = append(found, check(ctx, d, before[rowOf{d.table, d.stored()}])...)
	}
	for _, t := range tables {
		named := names[t]
		if len(named) == 0 {
			continue
		}
		there, err := db.holders(ctx, t.name, t.name, named, false)
		if err != nil {
			return nil, err
		}
		for _, a := range named {
			if _, ok := there[a.value]; ok {
				continue
			}
			for _, f := range check(ctx, &Draft{table: t, values: []assignment{a}}, nil) {
				f.Field, f.at = a.path, a.at
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// check are the faults in a draft of a row that is stored, or of a new one.
func check(ctx context.Context, d *Draft, stored []any) (found []placed) {
	t := d.table
	if len(t.checks) == 0 {
		return nil
	}
	row := make([]any, len(t.Columns))
	var before any
	if stored != nil {
		before = t.Entity(stored)
		row = slices.Clone(stored)
	}
	for _, a := range d.values {
		if i := slices.Index(t.Columns, a.column); i >= 0 && (a.value != nil || a.column.Nullable) { // of a new parent there is no key yet
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
