package orm

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
)

// A Column is one column of a Table.
type Column struct {
	Name     string // in SQL: "created_at"
	Field    string // in the schema: "createdAt"
	Kind     Kind
	Nullable bool
	Unique   bool
	Table    *Table
	// References is the table whose key this column holds; nil if it is not a foreign key.
	References *Table
	rule       rule
	api        api
	hash       func(string) string // of a secret
	words      *Column             // holds the words of this one; nil if it is not searched
	substrings bool                // an index knows what occurs in it
	reads      *Right              // who reads it of a row they see; nil: everybody
	writes     *Right              // who writes it of a row they may write
	reach      *reach              // of a key of an order that is no column of the rows
	index      []int               // of the entity's field
}

// A Table is one declared table. Its columns are those of its entity, in the entity's order; the first is the key.
type Table struct {
	Name    string // in SQL: "posts"
	Type    string // in the schema: "Post"
	Columns []*Column
	// Relations are those that start here, in the order of their declaration.
	Relations []*Relation
	// reads is who sees a row; nil: everybody sees every row.
	reads *Right
	// writes is who may write a row, nil: admins only; owner is the first column of it that holds a user.
	writes *Right
	owner  *Column
	// secrets are columns that are written and never read with the row.
	secrets []*Column
	// searched are the columns that `matches` looks into; relevance is what a search can be ordered by, nil without them.
	searched  []*Column
	relevance *Column
	// name is the unique text column by which other inputs may refer to a row; nil if there is none.
	name *Column
	// uniques are the columns whose values no two rows have together; a null is like no other.
	uniques [][]*Column
	// timeOrdered: the program makes its keys, of the time.
	timeOrdered bool
	// shard is the column that tells on a cluster which part of the rows a row is of; nil if every node has all.
	shard *Column
	// without are the verbs that the API does not have.
	without []Verb
	// checks are functions over a row before it is written; computed are fields that follow from a row.
	checks   []func(ctx context.Context, before, after any) []Fault
	computed []*ComputedField
	fields   map[string]*Column
	entity   reflect.Type
	model    *Model
	settled  atomic.Pointer[settled] // nil until the model is open
}

// KeyColumn is the table's key.
func (t *Table) KeyColumn() *Column { return t.Columns[0] }

// Field is the column behind a schema field; nil if there is none.
func (t *Table) Field(field string) *Column { return t.fields[field] }

// Relation is the relation behind a schema field; nil if there is none.
func (t *Table) Relation(field string) *Relation {
	for _, r := range t.Relations {
		if r.Field == field {
			return r
		}
	}
	return nil
}

func (t *Table) column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// A Relation leads from each row of From to rows of To. Every relation has a Back that leads the other way.
type Relation struct {
	Field    string // in the schema: "posts"
	From, To *Table
	Back     *Relation
	// Many says whether a row has many related rows (a connection) or at most one.
	Many bool
	// Required says that every row of From has a related row.
	Required bool
	// Own is the foreign key in From, Theirs the one in To; in many-to-many relations both are nil and Link is set.
	Own, Theirs *Column
	Link        *Link
	first       bool // declared as the forward direction
	// OnDelete says what becomes of the related rows when the row of From is deleted.
	OnDelete Action
}

// Coordinate names the relation as the schema does: "User.posts".
func (r *Relation) Coordinate() string { return r.From.Type + "." + r.Field }

// Key is the column of From whose value finds the related rows: the foreign key if From holds it, else From's key.
func (r *Relation) Key() *Column {
	if r.Own != nil {
		return r.Own
	}
	return r.From.KeyColumn()
}

// Dangling is the error of a foreign key that leads nowhere, or nil where that can be: the database keeps foreign keys
// true, so only a row that the viewer may not see, or one removed since the key was read, can be missing.
func (r *Relation) Dangling() error {
	if r.Own == nil || r.To.reads != nil {
		return nil
	}
	return &Error{Code: Stale, Message: "a row was removed while it was read", Cause: nil}
}

// A Link is the table between the two sides of a many-to-many relation, seen from one side.
type Link struct {
	Table    string
	From, To string // columns that hold the keys of Relation.From and Relation.To
	// Rows is the table if it is declared itself, with columns of its own; nil if it holds nothing but the keys.
	Rows *Table
	// carries are the columns of Relation.To that stand beside the keys, so that the links of a row are in their order.
	carries []carried
	// shard is, on a cluster, one more column of them: that of the side that is distributed. "" if neither is.
	shard string
}

// A carried is a column that a link has of the row that it leads to.
type carried struct {
	column *Column
	name   string // in the link: "posts_created_at"
	desc   bool   // of its index
}

// carried is the column of a link that holds c of the row that it leads to; "" if there is none.
func (l *Link) carried(c *Column) string {
	if l != nil {
		for _, have := range l.carries {
			if have.column == c {
				return have.name
			}
		}
	}
	return ""
}

// carriedBy are all columns that the links of a relation carry, of either side; from says which are those of From.
func (r *Relation) carriedBy() (columns []carried, from []bool) {
	columns = slices.Concat(r.Back.Link.carries, r.Link.carries)
	for i := range columns {
		from = append(from, i < len(r.Back.Link.carries))
	}
	return columns, from
}

// A LinkOption declares something of a many-to-many relation.
type LinkOption func(there, back *Relation)

// Carries declares an order, "created_at DESC", in which the pages of a relation are read from its links alone: as many as a page
// has, however many there are. The column stands beside the keys of each link, which it is copied to when the link is made; it must be one that no
// input changes.
func Carries(field, order string) LinkOption {
	return func(there, back *Relation) {
		r := there
		if back.Field == field {
			r = back
		}
		name, desc := strings.CutSuffix(order, " DESC")
		c := r.To.column(name)
		wrong := func(format string, args ...any) {
			panic(fmt.Sprintf("relations: Carries(%q, %q): %s", field, order, fmt.Sprintf(format, args...)))
		}
		switch {
		case r.Field != field:
			wrong("the relation is %s, and back %s", there.Coordinate(), back.Coordinate())
		case c == nil || !slices.Contains(r.To.Orders(), c):
			wrong("%s cannot be ordered by %q", r.To.Type, name)
		case c.Nullable || c.reads != nil || c.Writable(false) || c.Name == "updated_at" || c.Name == "version":
			wrong("%q may change, or is not for everybody to read", name)
		case r.Link.carried(c) != "":
			wrong("is declared twice")
		}
		r.Link.carries = append(r.Link.carries, carried{c, snake(r.Field) + "_" + name, desc})
	}
}

// EdgeColumns are the columns of the link between two rows that an edge carries; nil if it has none.
func (r *Relation) EdgeColumns() (columns []*Column) {
	if r.Link == nil || r.Link.Rows == nil {
		return nil
	}
	for _, c := range r.Link.Rows.Columns {
		if c.Shown() && !c.Kept() {
			columns = append(columns, c)
		}
	}
	return columns
}

// Connection is the schema's type of a page of a relation to many rows: "PostConnection". Where the edges carry what is said
// of the link, the relation has one of its own: "UserTeamsConnection".
func (r *Relation) Connection() string { return r.pages() + "Connection" }

// Edge is the schema's type of an edge of such a page.
func (r *Relation) Edge() string { return r.pages() + "Edge" }

func (r *Relation) pages() string {
	if r.Link != nil && r.Link.Rows != nil {
		return r.From.Type + upperFirst(r.Field)
	}
	return r.To.Type
}

// recursive tells whether the related rows of a row that goes go with it, and theirs in turn: they are of the same table.
func (r *Relation) recursive() bool {
	return r.Theirs != nil && r.From == r.To && r.OnDelete == Cascade
}

// An Action is what a delete does to related rows.
type Action uint8

// The actions: nothing, the row goes too, its foreign key is cleared, the link between the rows goes.
const (
	keep Action = iota
	Cascade
	Detach
	Unlink
)

// An Entity is a Table whose rows are T.
type Entity[T any] struct{ *Table }

// ToOne is a Relation from a row P to at most one row T.
type ToOne[P, T any] struct{ *Relation }

// ToMany is a Relation from a row P to many rows T.
type ToMany[P, T any] struct{ *Relation }

// A Model is the tables of a database, the relations between them, and the migrations that make them. It is declared
// once and not changed after a database was opened with it.
type Model struct {
	tables     []*Table
	migrations fs.FS
	order      func() []*Table
	agreed     func()      // that all of the page goes together
	follows    func() bool // the migrations make a place for what is recorded
	sight      func() *sightModel
}

// NewModel is a model without tables. The migrations are numbered SQL files as goose reads them; NAME.sqlite.sql and
// NAME.postgres.sql are for one of the databases.
func NewModel(migrations fs.FS) *Model {
	m := &Model{migrations: migrations}
	m.order = sync.OnceValue(m.lockOrder)
	m.agreed = sync.OnceFunc(func() {
		for _, t := range m.tables {
			t.agree()
			t.distribute()
		}
		for _, t := range m.tables {
			t.settle()
		}
	})
	m.follows = sync.OnceValue(func() bool { return makeChanges(migrations) })
	m.sight = sync.OnceValue(m.newSight)
	return m
}

// Tables are the declared tables, in the order of their declaration. All of the page must have been declared: what names
// relations is held against them now, and panics where they are not there.
func (m *Model) Tables() []*Table {
	m.agreed()
	return m.tables
}

// links are the relations whose links hold nothing else, each link once.
func (m *Model) links() iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		for _, t := range m.tables {
			for _, r := range t.Relations {
				if r.Link != nil && r.Link.Rows == nil && r.first && !yield(r) {
					return
				}
			}
		}
	}
}

// TableOf is the table of a schema type; nil if there is none.
func (m *Model) TableOf(typeName string) *Table {
	for _, t := range m.tables {
		if t.Type == typeName {
			return t
		}
	}
	return nil
}

// An Option is what the page says of a table beside its rows.
type Option func(*Table)

// Secret declares a write-only column with the rule of its input field: what hash makes of the text is stored. Hash may take long
// on purpose: it is called before the transaction begins.
func Secret(column, field, rule string, hash func(string) string) Option {
	return func(t *Table) {
		c := &Column{Name: column, Field: field, Kind: Text, Nullable: true, Table: t, rule: parseRule(t, column, rule), hash: hash}
		t.secrets = append(t.secrets, c)
	}
}

// OwnedBy declares who may change and delete a row. Without it only admins may. The first column among them is whose a new
// row is: the viewer's, unless an admin says otherwise. Where there is none, a new row is made by those who may write it then.
func OwnedBy(whos ...Who) Option {
	return func(t *Table) {
		t.writes = newRight(t, "be owned by", whos).forWriting()
		for _, who := range whos {
			if t.owner == nil {
				t.owner = t.column(string(who))
			}
		}
	}
}

// VisibleTo declares who may see a row, besides admins. To everybody else it is as if the row did not exist, whichever way they
// ask.
func VisibleTo(whos ...Who) Option {
	return func(t *Table) {
		if t.reads = newRight(t, "be visible to", whos); slices.Contains(whos, Everyone) {
			t.reads = nil
		}
	}
}

// Unique declares that no two rows have the same values in all of these columns. Rows with a null in one of them are no
// two such rows.
func Unique(columns ...string) Option {
	return func(t *Table) {
		wrong := func(format string, args ...any) {
			panic(fmt.Sprintf("relations: %s: Unique(%q): %s", t.Type, columns, fmt.Sprintf(format, args...)))
		}
		var together []*Column
		length := 0
		for _, name := range columns {
			c := t.column(name)
			switch {
			case c == nil:
				wrong("there is no column %q", name)
			case slices.Contains(together, c):
				wrong("%q stands there twice", name)
			case c.Unique || c.Kept():
				wrong("no two rows have the same %q in any case", name)
			case c.Kind == Float || c.Kind == Document:
				wrong("%q cannot be compared exactly", name)
			case c.Kind == Text:
				length += c.rule.max
			}
			together = append(together, c)
		}
		switch {
		case len(together) < 2:
			wrong("one column alone is unique by its rule")
		case length > maxOrdered:
			wrong("an index can hold %d code points, and these have %d", maxOrdered, length)
		case t.together(columns...) != nil:
			wrong("is declared twice")
		}
		t.uniques = append(t.uniques, together)
	}
}

// together are the columns as they are declared to be unique together, in whatever order; nil if they are not.
func (t *Table) together(columns ...string) []*Column {
	for _, u := range t.uniques {
		if len(u) == len(columns) && !slices.ContainsFunc(u, func(c *Column) bool { return !slices.Contains(columns, c.Name) }) {
			return u
		}
	}
	return nil
}

// Uniques are the columns whose values no two rows have together.
func (t *Table) Uniques() [][]*Column { return t.uniques }

// Owner is the column that holds the user whose a row is; nil if the page names none.
func (t *Table) Owner() *Column { return t.owner }

// Declare adds a table whose rows are T to a model. A wrong declaration panics: it is a mistake in the program.
func Declare[T any](m *Model, name string, options ...Option) Entity[T] {
	entity := reflect.TypeFor[T]()
	t := &Table{model: m, Name: name, Type: entity.Name(), entity: entity, fields: map[string]*Column{}}
	if m.TableOf(t.Type) != nil {
		panic(fmt.Sprintf("relations: %s is declared twice", t.Type))
	}
	for _, f := range reflect.VisibleFields(entity) {
		column, ok := f.Tag.Lookup("db")
		if !ok {
			continue
		}
		c := &Column{Name: column, Field: camel(column), Table: t, index: f.Index}
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			c.Nullable, typ = true, typ.Elem()
		}
		if c.Kind, ok = kindOf(typ, entity.PkgPath()); !ok {
			panic(fmt.Sprintf("relations: %s.%s has type %s; a column is %s", t.Type, f.Name, f.Type, goTypes))
		}
		if c.Kind == Long && c.Kept() {
			c.Kind = Int // clients count versions
		}
		c.parseRule(f.Tag.Get("rule"))
		c.Unique = c.rule.unique
		c.parseAPI(f.Tag.Get("api"))
		if c.Unique && c.Kind == Text && c.Shown() {
			t.name = c
		}
		t.Columns = append(t.Columns, c)
		if c.Shown() {
			if t.fields[c.Field] != nil {
				panic(fmt.Sprintf("relations: %s.%s is declared twice", t.Type, c.Field))
			}
			t.fields[c.Field] = c
		}
	}
	// Times and version come last, wherever the entity embeds Row.
	slices.SortStableFunc(t.Columns, func(a, b *Column) int { return a.place() - b.place() })
	if len(t.Columns) == 0 || t.Columns[0].Name != "id" || t.Columns[0].Kind != Int {
		panic(fmt.Sprintf("relations: the first column of %s must be its key, `Key int64` with tag `db:\"id\"`", t.Type))
	}
	t.Columns[0].Kind = Key
	t.Columns[0].Unique = true
	for _, o := range options {
		o(t)
	}
	m.tables = append(m.tables, t)
	return Entity[T]{t}
}

// OneToOne declares that a row of from has at most one row of to, which holds its key in column.
func OneToOne[P, T any](from Entity[P], field string, to Entity[T], back, column string, onDelete Action) (ToOne[P, T], ToOne[T, P]) {
	fk := foreignKey(from.Table, to.Table, column, field, onDelete)
	fk.Unique = true
	there := &Relation{Field: field, From: from.Table, To: to.Table, Theirs: fk, OnDelete: onDelete}
	backward := &Relation{Field: back, From: to.Table, To: from.Table, Own: fk, Required: !fk.Nullable && from.reads == nil}
	join(there, backward)
	return ToOne[P, T]{there}, ToOne[T, P]{backward}
}

// OneToMany declares that a row of from has many rows of to, which hold its key in column.
func OneToMany[P, T any](from Entity[P], field string, to Entity[T], back, column string, onDelete Action) (ToMany[P, T], ToOne[T, P]) {
	fk := foreignKey(from.Table, to.Table, column, field, onDelete)
	there := &Relation{Field: field, From: from.Table, To: to.Table, Many: true, Theirs: fk, OnDelete: onDelete}
	backward := &Relation{Field: back, From: to.Table, To: from.Table, Own: fk, Required: !fk.Nullable && from.reads == nil}
	join(there, backward)
	return ToMany[P, T]{there}, ToOne[T, P]{backward}
}

// ManyToMany declares that rows of from and to are linked by rows of a link table that holds both keys.
// When either side is deleted its links go and the other side stays.
func ManyToMany[P, T any](from Entity[P], field string, to Entity[T], back, link, fromColumn, toColumn string, options ...LinkOption) (ToMany[P, T], ToMany[T, P]) {
	there := &Relation{Field: field, From: from.Table, To: to.Table, Many: true, OnDelete: Unlink,
		Link: &Link{Table: link, From: fromColumn, To: toColumn}}
	backward := &Relation{Field: back, From: to.Table, To: from.Table, Many: true, OnDelete: Unlink,
		Link: &Link{Table: link, From: toColumn, To: fromColumn}}
	join(there, backward)
	for _, o := range options {
		o(there, backward)
	}
	return ToMany[P, T]{there}, ToMany[T, P]{backward}
}

// ManyToManyThrough declares that rows of from and to are linked by rows of a declared table, which has other columns as
// well. No two of its rows link the same two rows. They are written as rows of that table, and go as its own relations say.
func ManyToManyThrough[P, T, L any](from Entity[P], field string, to Entity[T], back string, link Entity[L], fromColumn, toColumn string) (ToMany[P, T], ToMany[T, P]) {
	there := &Relation{Field: field, From: from.Table, To: to.Table, Many: true,
		Link: &Link{Table: link.Name, From: fromColumn, To: toColumn, Rows: link.Table}}
	backward := &Relation{Field: back, From: to.Table, To: from.Table, Many: true,
		Link: &Link{Table: link.Name, From: toColumn, To: fromColumn, Rows: link.Table}}
	wrong := func(format string, args ...any) {
		panic(fmt.Sprintf("relations: %s: %s", there.Coordinate(), fmt.Sprintf(format, args...)))
	}
	for _, r := range []*Relation{there, backward} {
		switch c := link.column(r.Link.From); {
		case c == nil:
			wrong("%s has no column %q", link.Type, r.Link.From)
		case c.References != r.From:
			wrong("column %s.%s does not refer to %s: declare that relation first", link.Name, c.Name, r.From.Name)
		case c.Nullable:
			wrong("column %s.%s is a pointer, and a link has two ends", link.Name, c.Name)
		case c.Name == r.Link.To:
			wrong("both ends of a link cannot be column %s.%s", link.Name, c.Name)
		case link.model.TableOf(r.pages()) != nil:
			wrong("the type %s is that of %s", r.Connection(), link.model.TableOf(r.pages()).Name)
		}
	}
	for _, c := range there.EdgeColumns() {
		if c.Field == "node" || c.Field == "cursor" {
			wrong("%s.%s has the name of another field of an edge", link.Type, c.Field)
		}
	}
	if link.together(fromColumn, toColumn) == nil {
		link.uniques = append(link.uniques, []*Column{link.column(fromColumn), link.column(toColumn)})
	}
	join(there, backward)
	return ToMany[P, T]{there}, ToMany[T, P]{backward}
}

func foreignKey(from, to *Table, column, field string, onDelete Action) *Column {
	fk := to.column(column)
	switch {
	case fk == nil:
		panic(fmt.Sprintf("relations: %s.%s: %s has no column %q", from.Type, field, to.Type, column))
	case fk.References != nil && fk.References != from:
		panic(fmt.Sprintf("relations: %s.%s: column %s.%s already refers to %s", from.Type, field, to.Name, column, fk.References.Name))
	case fk.Kind != Long && fk.References == nil:
		panic(fmt.Sprintf("relations: %s.%s: column %s.%s cannot hold a key", from.Type, field, to.Name, column))
	case from == to && !fk.Nullable:
		panic(fmt.Sprintf("relations: %s.%s: column %s.%s is not a pointer, and the first %s would have no row to refer to", from.Type, field, to.Name, column, to.Type))
	case onDelete == Detach && !fk.Nullable:
		panic(fmt.Sprintf("relations: %s.%s: rows cannot be detached, column %s.%s is not a pointer", from.Type, field, to.Name, column))
	case fk == to.owner && !from.Signup():
		panic(fmt.Sprintf("relations: %s.%s: column %s.%s cannot own rows, it leads to %s and not to users", from.Type, field, to.Name, column, from.Name))
	case fk != to.owner && !fk.Nullable && !fk.Writable(true) && to.Has(Creating):
		panic(fmt.Sprintf("relations: %s.%s: no input of a new %s gives column %s.%s, which it needs: let it be written, or declare %s without(Creating)",
			from.Type, field, to.Type, to.Name, column, to.Name))
	}
	fk.References, fk.Kind = from, Key
	delete(to.fields, fk.Field) // a client sees the relation, not the key
	return fk
}

func join(there, back *Relation) {
	there.Back, back.Back = back, there
	there.first = true
	for _, r := range []*Relation{there, back} {
		if r.From.Relation(r.Field) != nil || r.From.Field(r.Field) != nil || r.From.Computed(r.Field) != nil {
			panic(fmt.Sprintf("relations: %s is declared twice", r.Coordinate()))
		}
		r.From.Relations = append(r.From.Relations, r)
	}
	if path := circle(there.From, there.From, nil); path != nil {
		panic(fmt.Sprintf("relations: %s makes a circle of cascades: %s", there.Coordinate(), strings.Join(path, " → ")))
	}
}

// circle finds a way from t back to start along relations that delete, through other tables: below a row of its own table a
// delete finds its end.
func circle(start, t *Table, path []string) []string {
	for _, r := range t.Relations {
		if r.OnDelete != Cascade || r.Own != nil || r.recursive() {
			continue
		}
		here := slices.Concat(path, []string{r.Coordinate()})
		if r.To == start {
			return here
		}
		if len(here) > len(t.model.tables) {
			return nil
		}
		if found := circle(start, r.To, here); found != nil {
			return found
		}
	}
	return nil
}

// camel turns "created_at" into "createdAt".
func camel(s string) string {
	var b strings.Builder
	upper := false
	for _, c := range s {
		switch {
		case c == '_':
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(c))
			upper = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
