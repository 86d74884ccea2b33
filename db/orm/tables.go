package orm

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// The tables, as the page declares them and as migrations make them. Both are described in SQLite's terms, together with
// the indexes that only PostgreSQL has: what else differs there follows from these.

// literal is a default as SQL.
func literal(v any) string {
	switch v := v.(type) {
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case Decimal:
		return strconv.FormatInt(v.units(), 10)
	case time.Time:
		return "'" + v.UTC().Format(sqliteTime) + "'"
	}
	return "'" + strings.ReplaceAll(fmt.Sprint(v), "'", "''") + "'"
}

// Check is the condition that the column's values meet; "" if there is none.
func (c *Column) check() string {
	switch values := c.Check(); {
	case values != "":
		return "(" + values + ")"
	case c.Kind != Text || c.rule.max == 0:
		return ""
	case c.rule.min == 0:
		return fmt.Sprintf("(length(%s) <= %d)", c.Name, c.rule.max)
	}
	return fmt.Sprintf("(length(%s) BETWEEN %d AND %d)", c.Name, c.rule.min, c.rule.max)
}

// A wordIndex is the index over the words of a table's columns.
type wordIndex struct {
	schema.Attr
	columns []string // those with the words, the weightiest first
}

// A substringIndex is the index over what occurs in columns.
type substringIndex struct {
	schema.Attr
	columns []string
}

// A filledFrom is the column from which one that is new takes its values.
type filledFrom struct {
	schema.Attr
	column string
}

// A givenKey says that the program gives the rows of a table their keys.
type givenKey struct{ schema.Attr }

// A byHand is what a migration that was not drafted gave a page's table besides what the page declares. It stays.
type byHand struct {
	schema.Attr
	constraints []string // of several columns
	statements  []string // that make indexes and triggers
}

// collated says that a text compares by code point.
var collated = &schema.Collation{V: "C"}

// declared are the tables of the model.
func (m *Model) declared() (*schema.Schema, error) {
	s := schema.New("main")
	made := map[string]*schema.Table{}
	add := func(t *schema.Table) {
		s.AddTables(t)
		made[t.Name] = t
	}
	for _, t := range m.tables {
		declared, err := t.declared()
		if err != nil {
			return nil, err
		}
		add(declared)
	}
	for _, t := range m.tables {
		for _, r := range t.Relations {
			switch {
			case r.Theirs != nil:
				refer(made[r.To.Name], r.Theirs.Name, made[t.Name], r.OnDelete)
			case r.Link != nil && r.Link.Rows != nil:
				if !slices.ContainsFunc(r.Link.Rows.uniques, func(u []*Column) bool { return u[0].Name == r.Link.From && u[1].Name == r.Link.To }) {
					index(made[r.Link.Table], r.Link.From, r.Link.To, "id") // the unique one begins with the other end
				}
			case r.Link != nil && r.first:
				l := schema.NewTable(r.Link.Table).AddAttrs(&sqlite.WithoutRowID{})
				add(l)
				for _, name := range []string{r.Link.From, r.Link.To} {
					c, err := newColumn(name, kinds[Key].sqlite, false)
					if err != nil {
						return nil, err
					}
					l.AddColumns(c)
				}
				refer(l, r.Link.From, made[t.Name], Cascade)
				refer(l, r.Link.To, made[r.To.Name], Cascade)
				l.SetPrimaryKey(schema.NewPrimaryKey(l.Columns...))
				index(l, r.Link.To, r.Link.From)
				columns, from := r.carriedBy()
				for i, carried := range columns {
					c, err := newColumn(carried.name, carried.column.sqlType(), true) // a trigger gives it to the row that is there
					if err != nil {
						return nil, err
					}
					if carried.column.sqlType() == kinds[Text].sqlite {
						c.AddAttrs(collated)
					}
					l.AddColumns(c)
					ends := []string{r.Link.From, r.Link.To}
					if from[i] {
						slices.Reverse(ends)
					}
					index(l, ends[0], carried.name+[2]string{"", " DESC"}[btoi(carried.desc)], ends[1])
				}
			}
		}
	}
	return s, nil
}

// declared is the table as the page declares it, without what it refers to.
func (t *Table) declared() (*schema.Table, error) {
	s := schema.NewTable(t.Name)
	var wrong error
	column := func(name, typ string, null bool) *schema.Column {
		c, err := newColumn(name, typ, null)
		if err != nil {
			wrong = err
		}
		s.AddColumns(c)
		return c
	}
	for _, c := range t.Columns {
		if c.Kept() && c.Kind != Key && len(s.Columns) == t.own() {
			for _, secret := range t.secrets {
				column(secret.Name, "text", true)
			}
			if t.Signup() {
				column("is_admin", "boolean", false).SetDefault(&schema.Literal{V: "FALSE"})
			}
			for _, searched := range t.searched {
				column(searched.words.Name, "text", false).SetDefault(&schema.Literal{V: "''"}).AddAttrs(collated)
			}
		}
		if c == t.KeyColumn() {
			s.SetPrimaryKey(schema.NewPrimaryKey(column(c.Name, "integer", true))) // as SQLite's pragmas have it
			continue
		}
		made := column(c.Name, c.sqlType(), c.Nullable)
		if c.sqlType() == kinds[Text].sqlite {
			made.AddAttrs(collated)
		}
		switch {
		case c.Name == "version":
			made.SetDefault(&schema.Literal{V: "1"})
		case c.api.preset != nil:
			made.SetDefault(&schema.Literal{V: literal(c.api.preset)})
		case c.rule.fallback != "":
			made.AddAttrs(&filledFrom{column: c.rule.fallback})
		}
		if check := c.check(); check != "" {
			s.AddAttrs(&schema.Check{Expr: check})
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	if t.timeOrdered {
		s.AddAttrs(&givenKey{})
	}
	t.indexes(s)
	if len(t.searched) > 0 {
		words := &wordIndex{}
		for _, c := range t.searched {
			words.columns = append(words.columns, c.words.Name)
		}
		s.AddAttrs(words)
	}
	substrings := &substringIndex{}
	for _, c := range t.Columns {
		if c.substrings {
			substrings.columns = append(substrings.columns, c.Name)
		}
	}
	if len(substrings.columns) > 0 {
		s.AddAttrs(substrings)
	}
	return s, nil
}

// own is how many of the columns stand before those that db keeps.
func (t *Table) own() int {
	return slices.IndexFunc(t.Columns[1:], (*Column).Kept) + 1
}

// indexes gives a table those that serve every foreign key, every order of its rows, all of them and a parent's, and
// texts compared without regard to case. The id comes last everywhere: it is the last tie-breaker of every order.
func (t *Table) indexes(s *schema.Table) {
	for _, c := range t.Columns {
		if c.Unique && c != t.KeyColumn() {
			s.AddIndexes(schema.NewUniqueIndex(keyIndex(t.Name, c.Name)).AddColumns(columnOf(s, c.Name)))
		}
	}
	for _, together := range t.uniques {
		var names []string
		var columns []*schema.Column
		for _, c := range together {
			names, columns = append(names, c.Name), append(columns, columnOf(s, c.Name))
		}
		s.AddIndexes(schema.NewUniqueIndex(keyIndex(t.Name, names...)).AddColumns(columns...))
	}
	orders := slices.DeleteFunc(t.Orders(), func(c *Column) bool { return c == t.KeyColumn() })
	for _, c := range orders {
		if !c.Unique {
			index(s, c.Name, "id")
		}
	}
	for _, fk := range t.Columns {
		if fk.References == nil || fk.Unique {
			continue
		}
		index(s, fk.Name, "id")
		if !slices.ContainsFunc(fk.References.Relations, func(r *Relation) bool { return r.Theirs == fk && r.Many }) {
			continue
		}
		for _, c := range orders {
			index(s, fk.Name, c.Name, "id")
		}
		for _, c := range orders {
			index(s, fk.Name, c.Name+" DESC", "id")
		}
	}
	for _, c := range orders {
		if c.Kind == Text && !c.Nullable {
			s.AddIndexes(foldIndex(t.Name, c.Name))
		}
	}
}

// columnOf is the column of that name; nil if there is none.
func columnOf(t *schema.Table, name string) *schema.Column {
	c, _ := t.Column(name)
	return c
}

// keyIndex is the name that PostgreSQL gives the index of a unique constraint.
func keyIndex(table string, columns ...string) string {
	return table + "_" + strings.Join(columns, "_") + "_key"
}

// indexName tells all columns but the last.
func indexName(table string, columns []string) string {
	return table + "_" + strings.ReplaceAll(strings.Join(columns[:len(columns)-1], "_"), " DESC", "_desc") + "_idx"
}

// index adds an index over columns.
func index(t *schema.Table, columns ...string) {
	i := schema.NewIndex(indexName(t.Name, columns))
	for _, name := range columns {
		name, desc := strings.CutSuffix(name, " DESC")
		i.AddParts(schema.NewColumnPart(columnOf(t, name)).SetDesc(desc))
	}
	t.AddIndexes(i)
}

// foldIndex is PostgreSQL's index of a folded text.
func foldIndex(table, column string) *schema.Index {
	return schema.NewIndex(table + "_" + column + "_fold_idx").AddExprs(&schema.RawExpr{X: "kith_fold(" + column + ")"})
}

func newColumn(name, typ string, null bool) (*schema.Column, error) {
	parsed, err := sqlite.ParseType(typ)
	if err != nil {
		return nil, err
	}
	c := schema.NewColumn(name)
	c.Type = &schema.ColumnType{Type: parsed, Raw: typ, Null: null}
	return c, nil
}

// refer makes a column a foreign key.
func refer(t *schema.Table, column string, to *schema.Table, onDelete Action) {
	action := schema.Cascade
	switch {
	case onDelete == Detach:
		action = schema.SetNull
	case t == to: // a delete takes all that is below a row in one statement, and a database would not count it
		action = schema.NoAction
	}
	t.AddForeignKeys(schema.NewForeignKey(t.Name + "_" + column + "_fkey").AddColumns(columnOf(t, column)).
		SetRefTable(to).AddRefColumns(columnOf(to, "id")).SetOnDelete(action))
}

// migrated are the tables that migrations make, as far as a page could have declared them: those in which db keeps key,
// times and version, and those that link two of them. Others are db's own.
func (m *Model) migrated(ctx context.Context, files fs.FS) (_ *schema.Schema, err error) {
	d, err := Open(ctx, NewModel(files), "sqlite::memory:", Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // it is gone whatever this answers
	if err := d.Migrate(ctx); err != nil {
		return nil, err
	}
	driver, err := sqlite.Open(d.write.DB)
	if err != nil {
		return nil, err
	}
	s, err := driver.InspectSchema(ctx, "main", &schema.InspectOptions{Mode: schema.InspectTables})
	if err != nil {
		return nil, fmt.Errorf("looking at what the migrations make: %w", err)
	}
	pages := map[string]bool{}
	for _, t := range s.Tables {
		pages[t.Name] = !slices.ContainsFunc(kept, func(name string) bool { return columnOf(t, name) == nil })
	}
	s.Tables = slices.DeleteFunc(s.Tables, func(t *schema.Table) bool {
		return !pages[t.Name] && !(isLink(t) && !slices.ContainsFunc(t.ForeignKeys, func(k *schema.ForeignKey) bool { return !pages[k.RefTable.Name] }))
	})
	folds, err := foldIndexes(files)
	if err != nil {
		return nil, err
	}
	for _, t := range s.Tables {
		t.Attrs = slices.DeleteFunc(t.Attrs, func(a schema.Attr) bool { _, is := a.(*sqlite.CreateStmt); return is })
		counted := slices.ContainsFunc(t.PrimaryKey.Attrs, func(a schema.Attr) bool { _, is := a.(*sqlite.AutoIncrement); return is })
		if len(t.PrimaryKey.Parts) == 1 && !counted {
			t.AddAttrs(&givenKey{})
		}
		for _, c := range t.Columns {
			c.Type.Raw = strings.ToLower(c.Type.Raw)
			if c.Type.Raw == "text" {
				c.AddAttrs(collated)
			}
		}
		if err := d.setAside(ctx, t, m); err != nil {
			return nil, err
		}
		for _, i := range slices.Sorted(maps.Keys(folds)) {
			if folds[i].table == t.Name && columnOf(t, folds[i].column) != nil {
				t.AddIndexes(foldIndex(t.Name, folds[i].column))
			}
		}
		columns, err := d.wordColumns(ctx, t.Name+"_search")
		if err != nil {
			return nil, err
		}
		if len(columns) > 0 {
			t.AddAttrs(&wordIndex{columns: columns})
		}
		if columns, err = d.wordColumns(ctx, t.Name+"_trigram"); err != nil {
			return nil, err
		}
		if len(columns) > 0 {
			t.AddAttrs(&substringIndex{columns: columns})
		}
	}
	return s, nil
}

// isLink tells whether a table holds nothing but two keys, which are its own, and what it may carry of the rows that they lead to.
func isLink(t *schema.Table) bool {
	if t.PrimaryKey == nil || len(t.PrimaryKey.Parts) != 2 || len(t.ForeignKeys) != 2 {
		return false
	}
	for _, c := range t.Columns {
		copied := func(k *schema.ForeignKey) bool {
			return slices.ContainsFunc(k.RefTable.Columns, func(of *schema.Column) bool { return strings.HasSuffix(c.Name, "_"+of.Name) })
		}
		if keyOf(t, c.Name) == nil && (!c.Type.Null || !slices.ContainsFunc(t.ForeignKeys, copied)) {
			return false
		}
	}
	return true
}

// setAside takes from a table what no page declares, and gives indexes of constraints the names that PostgreSQL gives them.
func (db *DB) setAside(ctx context.Context, t *schema.Table, m *Model) error {
	others := &byHand{}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool {
		var columns []string
		for _, p := range i.Parts {
			switch {
			case p.C == nil:
				columns = append(columns, "")
			case p.Desc:
				columns = append(columns, p.C.Name+" DESC")
			default:
				columns = append(columns, p.C.Name)
			}
		}
		if strings.HasPrefix(i.Name, "sqlite_autoindex_") && (len(columns) == 1 || m.declaredTogether(t.Name, columns)) {
			i.Name = keyIndex(t.Name, columns...)
		}
		partial, statement := false, ""
		for _, a := range i.Attrs {
			switch a := a.(type) {
			case *sqlite.IndexPredicate:
				partial = true
			case *sqlite.CreateStmt:
				statement = a.S
			}
		}
		switch {
		case !partial && i.Unique && i.Name == keyIndex(t.Name, columns...),
			!partial && !i.Unique && i.Name == indexName(t.Name, columns):
			return false
		case statement == "":
			others.constraints = append(others.constraints, "UNIQUE ("+strings.Join(columns, ", ")+")")
		default:
			others.statements = append(others.statements, statement+";")
		}
		return true
	})
	t.Attrs = slices.DeleteFunc(t.Attrs, func(a schema.Attr) bool {
		c, is := a.(*schema.Check)
		if !is || 1 >= len(slices.DeleteFunc(slices.Clone(t.Columns), func(column *schema.Column) bool { return !speaksOf(c.Expr, column.Name) })) {
			return false
		}
		others.constraints = append(others.constraints, "CHECK "+c.Expr)
		return true
	})
	var triggers []string
	if err := db.write.SelectContext(ctx, &triggers, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND name NOT LIKE ?1 || '\\_search\\_%' ESCAPE '\\' AND name NOT LIKE ?1 || '\\_trigram\\_%' ESCAPE '\\' ORDER BY name", t.Name); err != nil {
		return err
	}
	for _, trigger := range triggers {
		others.statements = append(others.statements, trigger+";")
	}
	t.AddAttrs(others)
	return nil
}

// declaredTogether tells whether the page declares columns of a table to be unique together, in this order.
func (m *Model) declaredTogether(table string, columns []string) bool {
	return slices.ContainsFunc(m.tables, func(t *Table) bool {
		return t.Name == table && slices.ContainsFunc(t.uniques, func(u []*Column) bool {
			return slices.EqualFunc(u, columns, func(c *Column, name string) bool { return c.Name == name })
		})
	})
}

// speaksOf tells whether a condition is about a column.
func speaksOf(expr, column string) bool {
	return regexp.MustCompile(`\b` + column + `\b`).MatchString(expr)
}

// wordColumns are the columns of one of SQLite's indexes of words or substrings.
func (db *DB) wordColumns(ctx context.Context, index string) (columns []string, err error) {
	err = db.write.SelectContext(ctx, &columns, "SELECT name FROM pragma_table_info(?) ORDER BY cid", index)
	return columns, err
}

var (
	foldMade = regexp.MustCompile(`CREATE INDEX (\w+_fold_idx) ON (\w+) \(kith_fold\((\w+)\)\)`)
	foldGone = regexp.MustCompile(`DROP INDEX (\w+_fold_idx)`)
)

// A fold is a column whose text is indexed folded.
type fold struct{ table, column string }

// foldIndexes are the indexes of folded texts that the migrations make on PostgreSQL, by name. SQLite has none, so they
// are read from the text: nothing but a migration makes or drops one.
func foldIndexes(files fs.FS) (map[string]fold, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	made := map[string]fold{}
	for _, name := range names { // in the order of their numbers
		if strings.HasSuffix(name, ".sqlite.sql") {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for line := range strings.Lines(up) {
			if m := foldMade.FindStringSubmatch(line); m != nil {
				made[m[1]] = fold{m[2], m[3]}
			}
			if m := foldGone.FindStringSubmatch(line); m != nil {
				delete(made, m[1])
			}
		}
	}
	return made, nil
}
