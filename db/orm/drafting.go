package orm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// A MigrationFile is one of the texts of a migration.
type MigrationFile struct{ Name, Text string }

// DraftMigration writes the migration that makes the page of what the migrations in files make: one text for both
// databases or one for each, none if nothing is to be done. It needs no database. What would lose data, or fail where
// rows do not fit, is refused unless destructive says otherwise; what no statement can do is refused in any case.
func (m *Model) DraftMigration(ctx context.Context, files fs.FS, name string, destructive bool) ([]MigrationFile, error) {
	if !migrationName.MatchString(name) {
		return nil, fmt.Errorf("%q is no name of a migration: letters, digits and _ are", name)
	}
	number, err := nextNumber(files)
	if err != nil {
		return nil, err
	}
	have, err := m.migrated(ctx, files)
	if err != nil {
		return nil, err
	}
	want, err := m.declared()
	if err != nil {
		return nil, err
	}
	up, err := between(have, want)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(up.impossible(), up.losses(destructive)); err != nil {
		return nil, err
	}
	down, err := between(want, have)
	if err != nil {
		return nil, err
	}
	text := func(postgres bool) (string, bool) {
		there, back := up.statements(postgres, false), down.statements(postgres, true)
		return "-- +goose Up\n" + strings.Join(there, "\n") + "\n\n-- +goose Down\n" + strings.Join(back, "\n") + "\n", len(there) > 0
	}
	onSQLite, some := text(false)
	onPostgres, more := text(true)
	number = fmt.Sprintf("%s_%s", number, name)
	switch {
	case !some && !more:
		return nil, nil
	case onSQLite == onPostgres:
		return []MigrationFile{{number + ".sql", onSQLite}}, nil
	case !some:
		onSQLite = "-- +goose Up\n-- Nothing: this is PostgreSQL's alone.\n\n-- +goose Down\n"
	}
	return []MigrationFile{{number + ".postgres.sql", onPostgres}, {number + ".sqlite.sql", onSQLite}}, nil
}

var migrationName = regexp.MustCompile(`^\w+$`)

// nextNumber is the number after the last of the migrations.
func nextNumber(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	last := 0
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		n, err := strconv.Atoi(digits)
		if err != nil {
			return "", fmt.Errorf("the migration %s has no number", name)
		}
		last = max(last, n)
	}
	return fmt.Sprintf("%04d", last+1), nil
}

// A difference is what makes the tables to of the tables from.
type difference struct {
	made, gone []*schema.Table // a table after those that it refers to
	changed    []*change
}

// A change is what makes a table to of a table from.
type change struct {
	from, to     *schema.Table
	added, gone  []*schema.Column
	kept         []*schema.Column // as they are to be
	altered      []*schema.ModifyColumn
	made, undone []*schema.Index
}

func between(from, to *schema.Schema) (*difference, error) {
	changes, err := sqlite.DefaultDiff.SchemaDiff(from, to)
	if err != nil {
		return nil, fmt.Errorf("comparing the page with the migrations: %w", err)
	}
	d := &difference{}
	of := map[string]*change{}
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.AddTable:
			d.made = append(d.made, c.T)
		case *schema.DropTable:
			d.gone = append(d.gone, c.T)
		case *schema.ModifyTable:
			of[c.T.Name] = &change{}
			of[c.T.Name].take(c.Changes)
		}
	}
	d.made, d.gone = inOrder(d.made), inOrder(d.gone)
	for _, t := range to.Tables {
		before, ok := from.Table(t.Name)
		if !ok {
			continue
		}
		c := of[t.Name]
		if c == nil {
			c = &change{}
		}
		c.from, c.to = before, t
		for _, column := range t.Columns {
			if columnOf(before, column.Name) != nil {
				c.kept = append(c.kept, column)
			}
		}
		if of[t.Name] != nil || givenKeys(before) != givenKeys(t) || !slices.Equal(wordsOf(before), wordsOf(t)) || !slices.Equal(substringsOf(before), substringsOf(t)) {
			d.changed = append(d.changed, c)
		}
	}
	return d, nil
}

// take sorts what atlas found. Checks and foreign keys belong to a column here, and are compared with it.
func (c *change) take(changes []schema.Change) {
	for _, found := range changes {
		switch found := found.(type) {
		case *schema.AddColumn:
			c.added = append(c.added, found.C)
		case *schema.DropColumn:
			c.gone = append(c.gone, found.C)
		case *schema.ModifyColumn:
			c.altered = append(c.altered, found)
		case *schema.AddIndex:
			c.made = append(c.made, found.I)
		case *schema.DropIndex:
			c.undone = append(c.undone, found.I)
		case *schema.ModifyIndex:
			c.made, c.undone = append(c.made, found.To), append(c.undone, found.From)
		}
	}
}

// inOrder puts tables behind those that they refer to, as far as they do not refer to each other in a circle.
func inOrder(tables []*schema.Table) (sorted []*schema.Table) {
	var visit func(t *schema.Table, path []*schema.Table)
	visit = func(t *schema.Table, path []*schema.Table) {
		if slices.Contains(sorted, t) || slices.Contains(path, t) {
			return
		}
		for _, other := range tables {
			if slices.ContainsFunc(t.ForeignKeys, func(k *schema.ForeignKey) bool { return k.RefTable.Name == other.Name }) {
				visit(other, append(path, t))
			}
		}
		sorted = append(sorted, t)
	}
	for _, t := range tables {
		visit(t, nil)
	}
	return sorted
}

// forward are the foreign keys that refer to tables which come later.
func forward(sorted []*schema.Table) (keys []*schema.ForeignKey) {
	for i, t := range sorted {
		for _, k := range t.ForeignKeys {
			if slices.ContainsFunc(sorted[i+1:], func(other *schema.Table) bool { return other.Name == k.RefTable.Name }) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// wordsOf are the columns that the index of words is over.
func wordsOf(t *schema.Table) []string {
	for _, a := range t.Attrs {
		if w, ok := a.(*wordIndex); ok {
			return w.columns
		}
	}
	return nil
}

// substringsOf are the columns that the index of substrings is over.
func substringsOf(t *schema.Table) []string {
	for _, a := range t.Attrs {
		if i, ok := a.(*substringIndex); ok {
			return i.columns
		}
	}
	return nil
}

// givenKeys tells whether the program gives the rows of a table their keys.
func givenKeys(t *schema.Table) bool {
	return slices.ContainsFunc(t.Attrs, func(a schema.Attr) bool { _, is := a.(*givenKey); return is })
}

// others are what was given to the table by hand.
func (c *change) others() *byHand {
	for _, a := range slices.Concat(c.from.Attrs, c.to.Attrs) {
		if o, ok := a.(*byHand); ok {
			return o
		}
	}
	return &byHand{}
}

// keyOf is the column's foreign key; nil if it is none.
func keyOf(t *schema.Table, column string) *schema.ForeignKey {
	for _, k := range t.ForeignKeys {
		if k.Columns[0].Name == column {
			return k
		}
	}
	return nil
}

// checkOf is the column's condition; "" if there is none.
func checkOf(t *schema.Table, column string) string {
	for _, a := range t.Attrs {
		if c, ok := a.(*schema.Check); ok && speaksOf(c.Expr, column) {
			return c.Expr
		}
	}
	return ""
}

// uniqueOf is the index that keeps the column unique; nil if there is none.
func uniqueOf(t *schema.Table, column string) *schema.Index {
	for _, i := range t.Indexes {
		if i.Unique && len(i.Parts) == 1 && i.Parts[0].C != nil && i.Parts[0].C.Name == column {
			return i
		}
	}
	return nil
}

// fallbackOf is the column from which one that is new takes its values; "" if there is none.
func fallbackOf(c *schema.Column) string {
	for _, a := range c.Attrs {
		if f, ok := a.(*filledFrom); ok {
			return f.column
		}
	}
	return ""
}

// defaultOf is the column's default as SQL; "" if there is none.
func defaultOf(c *schema.Column) string {
	switch d := c.Default.(type) {
	case *schema.Literal:
		return d.V
	case *schema.RawExpr:
		return d.X
	}
	return ""
}

// sameKey tells whether the column refers to the same rows in both, and goes or stays with them.
func (c *change) sameKey(column string) bool {
	a, b := keyOf(c.from, column), keyOf(c.to, column)
	return a == nil && b == nil || a != nil && b != nil && a.RefTable.Name == b.RefTable.Name && a.OnDelete == b.OnDelete
}

func (c *change) sameCheck(column string) bool {
	return checkOf(c.from, column) == checkOf(c.to, column)
}

// impossible says what no migration can do with rows that exist.
func (d *difference) impossible() error {
	var all []error
	refuse := func(format string, arguments ...any) { all = append(all, fmt.Errorf(format, arguments...)) }
	for _, t := range d.made {
		for _, i := range t.Indexes {
			tooLong(i.Name, refuse)
		}
	}
	for _, c := range d.changed {
		for _, i := range c.made {
			tooLong(i.Name, refuse)
		}
		for _, column := range c.added {
			name := c.to.Name + "." + column.Name
			switch {
			case column.Type.Null:
			case keyOf(c.to, column.Name) != nil:
				refuse("%s is new and required, and no row of %s that exists has a value for it: make the field a pointer", name, c.to.Name)
			case defaultOf(column) == "" && fallbackOf(column) == "":
				refuse("%s is new and required, and no row of %s that exists has a value for it: declare one with `api:\",default=…\"`, or make the field a pointer", name, c.to.Name)
			case uniqueOf(c.to, column.Name) != nil && fallbackOf(column) == "":
				refuse("%s is new, required and unique, and rows of %s that exist cannot share a value: make the field a pointer", name, c.to.Name)
			}
		}
	}
	return errors.Join(all...)
}

// tooLong refuses a name that PostgreSQL would cut off.
func tooLong(name string, refuse func(string, ...any)) {
	if len(name) > 63 {
		refuse("the index %s has a name of more than 63 bytes: shorten the table's or the column's", name)
	}
}

// losses says what would lose data, or fail where rows do not fit.
func (d *difference) losses(allowed bool) error {
	if allowed {
		return nil
	}
	var all []string
	for _, t := range d.gone {
		all = append(all, fmt.Sprintf("the table %s goes with its rows", t.Name))
	}
	for _, c := range d.changed {
		for _, column := range c.gone {
			if slices.Contains(wordsOf(c.from), column.Name) {
				continue // they follow from the text
			}
			loss := fmt.Sprintf("the column %s.%s goes with what it holds", c.from.Name, column.Name)
			for _, other := range c.added {
				if other.Type.Raw == column.Type.Raw && !slices.Contains(wordsOf(c.to), other.Name) {
					loss += fmt.Sprintf(" (if it is to be called %s, write ALTER TABLE %s RENAME COLUMN %s TO %s into a migration of your own)",
						other.Name, c.from.Name, column.Name, other.Name)
				}
			}
			all = append(all, loss)
		}
		for _, m := range c.altered {
			if m.Change.Is(schema.ChangeType) {
				all = append(all, fmt.Sprintf("%s.%s becomes %s of %s", c.to.Name, m.To.Name, m.To.Type.Raw, m.From.Type.Raw))
			}
			if m.From.Type.Null && !m.To.Type.Null && defaultOf(m.To) == "" && fallbackOf(m.To) == "" {
				all = append(all, fmt.Sprintf("%s.%s becomes required", c.to.Name, m.To.Name))
			}
		}
		for _, i := range c.made {
			var columns []string
			empty := false // a column that is new and null: no rows are the same
			for _, p := range i.Parts {
				if i.Unique && p.C != nil {
					columns = append(columns, p.C.Name)
					empty = empty || p.C.Type.Null && defaultOf(p.C) == "" && slices.Contains(c.added, p.C)
				}
			}
			if len(columns) > 1 && !empty {
				all = append(all, fmt.Sprintf("%s becomes unique in %s together", c.to.Name, strings.Join(columns, ", ")))
			}
		}
		for _, column := range c.kept {
			if narrower(checkOf(c.from, column.Name), checkOf(c.to, column.Name)) {
				all = append(all, fmt.Sprintf("%s.%s takes less than before", c.to.Name, column.Name))
			}
			if uniqueOf(c.from, column.Name) == nil && uniqueOf(c.to, column.Name) != nil {
				all = append(all, fmt.Sprintf("%s.%s becomes unique", c.to.Name, column.Name))
			}
			if !c.sameKey(column.Name) && keyOf(c.to, column.Name) != nil {
				if old := keyOf(c.from, column.Name); old == nil || old.RefTable.Name != keyOf(c.to, column.Name).RefTable.Name {
					all = append(all, fmt.Sprintf("%s.%s refers to %s", c.to.Name, column.Name, keyOf(c.to, column.Name).RefTable.Name))
				}
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("this loses data, or fails on rows that do not fit; with --destructive it is drafted all the same: %s", strings.Join(all, "; "))
}

// enumerated are the values of an enum.
var enumerated = regexp.MustCompile(`^\((\w+) IN \((.*)\)\)$`)

var lengths = regexp.MustCompile(`^\(length\(\w+\) (?:<= |BETWEEN (\d+) AND )(\d+)\)$`)

// narrower tells whether the second condition does not let all through that the first does.
func narrower(before, after string) bool {
	if was, is := enumerated.FindStringSubmatch(before), enumerated.FindStringSubmatch(after); was != nil && is != nil && was[1] == is[1] {
		still := strings.Split(is[2], ", ")
		return slices.ContainsFunc(strings.Split(was[2], ", "), func(v string) bool { return !slices.Contains(still, v) })
	}
	a, b := lengths.FindStringSubmatch(before), lengths.FindStringSubmatch(after)
	if a == nil || b == nil {
		return after != "" && before != after
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits) // what is not there is 0
		return n
	}
	return number(a[1]) < number(b[1]) || number(a[2]) > number(b[2])
}
