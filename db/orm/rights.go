package orm

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

// A Who names viewers, seen from a row: those whose key a column of it holds, "user_id"; those that a path of relations leads
// to from it, "post.author" or "user.followers", which may end with a column, "post.author_id"; those who have a Role;
// Everyone. What several of them name, any of them may. Admins may everything, and are not named.
//
// A path is followed through all rows, also those that the viewer may not see, and leads to users. It is no safer than what it
// leads through: whoever may write a link or a key on the way decides whom it leads to.
type Who string

// Everyone is also whoever is not logged in; what is written takes a log-in all the same.
const Everyone Who = "*"

const rolePrefix = "role "

// Role names the users to whom admins have granted a role: a name of letters, digits, _ and -.
func Role(name string) Who {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) {
		panic(fmt.Sprintf("relations: %q is no name of a role", name))
	}
	return rolePrefix + Who(name)
}

// A Right is who may do something with a row of a table, or with one column of it.
type Right struct {
	table *Table
	to    string // "be visible to": for the programmer who has named nobody
	login bool   // nobody has it without a log-in
	whos  []Who

	once     sync.Once
	everyone bool
	roles    []string
	columns  []*Column // of the row: each holds a user
	paths    []path
}

// A path leads from a row along relations to users, or to rows whose column holds them.
type path struct {
	name      string
	relations []*Relation
	column    *Column // nil: the rows are users
}

// newRight checks what can be checked before the relations are declared.
func newRight(t *Table, to string, whos []Who) *Right {
	r := &Right{table: t, to: to, whos: whos}
	for _, who := range whos {
		if strings.Contains(string(who), "_") && !strings.ContainsAny(string(who), ". ") && t.column(string(who)) == nil {
			r.wrong("has no column %q to %s", who, to)
		}
	}
	return r
}

func (r *Right) forWriting() *Right {
	r.login = true
	return r
}

func (r *Right) wrong(format string, args ...any) {
	panic("relations: " + r.table.Type + " " + fmt.Sprintf(format, args...))
}

// resolve finds what the names mean, now that all relations are declared.
func (r *Right) resolve() *Right {
	r.once.Do(func() {
		for _, who := range r.whos {
			name := string(who)
			if role, ok := strings.CutPrefix(name, rolePrefix); ok {
				r.roles = append(r.roles, role)
				continue
			}
			if who == Everyone {
				r.everyone = true
				continue
			}
			p := r.path(name)
			switch {
			case len(p.relations) > 0:
				r.paths = append(r.paths, p)
			case !slices.Contains(r.columns, p.column):
				r.columns = append(r.columns, p.column)
			}
		}
	})
	return r
}

func (r *Right) path(name string) path {
	p, at := path{name: name}, r.table
	for rest, more := name, true; more; {
		var step string
		step, rest, more = strings.Cut(rest, ".")
		relation, column := at.Relation(step), at.column(step)
		switch {
		case relation != nil:
			p.relations, at = append(p.relations, relation), relation.To
		case column != nil && !more:
			p.column = column
		case len(p.relations) == 0 && !more:
			r.wrong("has no column or relation %q to %s", name, r.to)
		default:
			r.wrong("has no path %q to %s: %s has no relation %q", name, r.to, at.Type, step)
		}
	}
	if p.column == nil {
		if !at.Signup() {
			r.wrong("has a path %q to %s that leads to %s and not to users", name, r.to, at.Type)
		}
		// A foreign key holds the user: nobody need go and look.
		if last := p.relations[len(p.relations)-1]; last.Own != nil {
			p.relations, p.column = p.relations[:len(p.relations)-1], last.Own
		}
	}
	if c := p.column; c.holdsNoUser() {
		r.wrong("has a column %q to %s that holds no user", c.Name, r.to)
	}
	return p
}

// holdsNoUser tells whether what stands in a column cannot be a user's key.
func (c *Column) holdsNoUser() bool {
	switch {
	case c == nil:
		return false
	case c.References != nil:
		return !c.References.Signup()
	case c.Kind == Key:
		return c != c.Table.KeyColumn() || !c.Table.Signup()
	}
	return c.Kind != Long || c.reads != nil
}

// Plain is the column that alone says who may; nil if there is more to it, or nothing.
func (r *Right) Plain() *Column {
	if r == nil || len(r.resolve().columns) != 1 || len(r.paths) > 0 || len(r.roles) > 0 || r.everyone {
		return nil
	}
	return r.columns[0]
}

// Everyone tells whether everyone may.
func (r *Right) Everyone() bool { return r.resolve().everyone }

// Roles are those that may.
func (r *Right) Roles() []string { return r.resolve().roles }

// Columns of the row hold users who may.
func (r *Right) Columns() []*Column { return r.resolve().columns }

// Paths lead to users who may through other rows, "post.author".
func (r *Right) Paths() (names []string) {
	for _, p := range r.resolve().paths {
		names = append(names, p.name)
	}
	return names
}

// Open tells whether the viewer may whatever row it is.
func (r *Right) Open(v Viewer) bool {
	return v.Admin || r != nil && (r.resolve().everyone && (v.Key != 0 || !r.login) || slices.ContainsFunc(r.roles, func(role string) bool { return slices.Contains(v.Roles, role) }))
}

// Closed tells whether the viewer may not, whatever row it is. Of no right at all nobody but admins has anything.
func (r *Right) Closed(v Viewer) bool {
	return !r.Open(v) && (r == nil || v.Key == 0 || len(r.columns) == 0 && len(r.paths) == 0)
}

// Of tells whether the viewer may, by what the columns of a row hold; known is false if what stands in other rows decides.
func (r *Right) Of(v Viewer, value func(*Column) any) (may, known bool) {
	if r.Open(v) {
		return true, true
	}
	if r.Closed(v) {
		return false, true
	}
	for _, c := range r.columns {
		if value(c) == v.Key {
			return true, true
		}
	}
	return false, len(r.paths) == 0
}

// Shows tells whether the viewer may see a row, by what its columns hold; known is false if what stands in other rows decides.
func (t *Table) Shows(v Viewer, value func(*Column) any) (shows, known bool) {
	if t.reads == nil {
		return true, true
	}
	return t.reads.Of(v, value)
}

// right writes the condition under which a right is the viewer's, which is neither open nor closed by itself; row goes before
// its columns. It is unknown instead of false where a key is null.
func (q *query) right(r *Right, row string) {
	var ways []path
	for _, c := range r.columns {
		if q.viewer.Key != 0 || c.References != nil { // no row has the key 0, a number may be it
			ways = append(ways, path{column: c})
		}
	}
	if q.viewer.Key != 0 {
		ways = append(ways, r.paths...)
	}
	switch {
	case len(ways) == 0:
		q.constant(false, row+r.table.KeyColumn().Name)
		return
	case len(ways) > 1:
		q.add("(")
		defer q.add(")")
	}
	for i, way := range ways {
		q.add([2]string{"", " OR "}[min(i, 1)])
		q.lead(way, row+r.table.KeyColumn().Name, row)
	}
}

// lead writes the condition that a path leads from a row to the viewer: key is the row's key, and row goes before its columns,
// if they are at hand. It begins, for a database, at the viewer: what leads there is listed once for the statement.
func (q *query) lead(p path, key, row string) {
	if len(p.relations) == 0 {
		if p.column != nil {
			key = row + p.column.Name
		}
		q.bindTo(key+" = ?", q.viewer.Key)
		return
	}
	r := p.relations[0]
	rest := path{relations: p.relations[1:], column: p.column}
	whole := p.column != nil // is there a column of the next row to be looked at?
	if len(rest.relations) > 0 {
		whole = rest.relations[0].Own != nil
	}
	next, end := "", ""
	switch {
	case r.Own != nil:
		next = row + r.Own.Name
	case r.Link != nil:
		l := q.alias()
		q.add(key, " IN (SELECT ", l, ".", r.Link.From, " FROM ", r.Link.Table, " AS ", l, " WHERE ")
		next, end = l+"."+r.Link.To, ")"
	default:
		u := q.alias()
		q.add(key, " IN (SELECT ", u, ".", r.Theirs.Name, " FROM ", r.To.Name, " AS ", u, " WHERE ")
		q.lead(rest, u+"."+r.To.KeyColumn().Name, u+".")
		q.add(")")
		return
	}
	if !whole {
		q.lead(rest, next, "")
		q.add(end)
		return
	}
	u := q.alias()
	q.add(next, " IN (SELECT ", u, ".", r.To.KeyColumn().Name, " FROM ", r.To.Name, " AS ", u, " WHERE ")
	q.lead(rest, u+"."+r.To.KeyColumn().Name, u+".")
	q.add(")", end)
}

// visible writes, after and, the condition under which the viewer may see row t; it tells whether there is one. A link that is
// no declared table is seen as the rows that it links.
func (q *query) visible(and string, table *Table, t string) bool {
	return q.seen(and, table, t+".")
}

func (q *query) seen(and string, table *Table, row string) bool {
	if !q.hides(table) {
		return false
	}
	q.add(and)
	q.right(table.reads, row)
	return true
}

// hides tells whether there may be rows of a table that the viewer may not see.
func (q *query) hides(table *Table) bool {
	return table != nil && table.reads != nil && !table.reads.Open(q.viewer)
}

// from writes, after before, a table as the viewer may read it, and calls it t: a column that they may not read is null there,
// so that no condition, order, cursor or sum tells of it.
func (q *query) from(before string, table *Table, t string) {
	q.add(before)
	if !q.masks(table) {
		q.add(table.Name, " AS ", t)
		return
	}
	m := q.alias()
	q.add("(SELECT ")
	for i, c := range table.stored() {
		q.add([2]string{"", ", "}[min(i, 1)])
		if !q.masked(c) {
			q.add(m, ".", c.Name)
			continue
		}
		q.add("CASE WHEN ")
		q.right(c.reads, m+".")
		q.add(" THEN ", m, ".", c.Name, " END AS ", c.Name)
	}
	if q.vector != "" && len(table.searched) > 0 {
		q.add(", ", m, ".", q.vector)
	}
	q.add(" FROM ", table.Name, " AS ", m, ") AS ", t)
}

// masked tells whether there may be rows of which the viewer may not read a column, masks whether there is such a column.
func (q *query) masked(c *Column) bool   { return c.reads != nil && !c.reads.Open(q.viewer) }
func (q *query) masks(table *Table) bool { return slices.ContainsFunc(table.Columns, q.masked) }

// ownerOf writes the user who may write a row: the viewer if they may, or its owner; 0 if there is none. The row is
// called t.
func (q *query) ownerOf(t *Table) {
	const row = "t."
	switch {
	case t.writes == nil:
		q.add("0")
	case t.writes.Plain() != nil:
		q.add("COALESCE(", row, t.writes.Plain().Name, ", 0)")
	case t.writes.Open(q.viewer):
		q.bindTo("CAST(? AS bigint)", q.viewer.Key)
	default:
		q.add("CASE WHEN ")
		q.right(t.writes, row)
		q.bindTo(" THEN CAST(? AS bigint) ELSE 0 END", q.viewer.Key)
	}
}

// Readable declares that only some may read a column of the rows that they see, in place of everybody who sees them. For
// others it is null, in whatever is asked of it.
func Readable(column string, whos ...Who) Option {
	return func(t *Table) {
		c := t.ruled(column, "read")
		if c.reads = newRight(t, "have "+column+" read by", whos); slices.Contains(whos, Everyone) {
			c.reads = nil
		}
		if !c.Nullable && c.reads != nil && !reflect.PointerTo(t.entity).Implements(reflect.TypeFor[masker]()) {
			panic(fmt.Sprintf("relations: %s.%s is not read by everybody: it has to be a pointer, or %[1]s to embed orm.Row", t.Type, column))
		}
	}
}

// Writable declares that of those who may write a row only some may write a column of it. Without it those who may read the
// column write it.
func Writable(column string, whos ...Who) Option {
	return func(t *Table) {
		t.ruled(column, "written").writes = newRight(t, "have "+column+" written by", whos).forWriting()
	}
}

// ruled is a column that can have rights of its own: keys and what the engine keeps belong to the row, and a word that is
// searched is found in an index that knows no viewers.
func (t *Table) ruled(column, verb string) *Column {
	c := t.column(column)
	switch {
	case c == nil:
		panic(fmt.Sprintf("relations: %s has no column %q to be %s", t.Type, column, verb))
	case c.Kept():
		panic(fmt.Sprintf("relations: %s.%s goes with the row and has no rights of its own", t.Type, column))
	}
	return c
}

// agree holds what was declared of columns one by one against the rest of the page.
func (t *Table) agree() {
	for _, r := range []*Right{t.reads, t.writes} {
		if r != nil {
			r.resolve()
		}
	}
	if t.writes != nil && t.writes.Plain() == nil && t.owner != nil && t.owner.writes == nil {
		// Others who may write a row do not make it theirs.
		t.owner.writes = newRight(t, "", []Who{Who(t.owner.Name)}).forWriting()
	}
	for i, c := range t.Columns {
		if c.reads != nil {
			switch c.reads.resolve(); {
			case c.References != nil:
				panic(fmt.Sprintf("relations: %s.%s is a key: a relation is hidden with the rows that it leads to", t.Type, c.Name))
			case c.words != nil:
				panic(fmt.Sprintf("relations: %s.%s is searched, and cannot be kept from some", t.Type, c.Name))
			case i >= maskBits:
				panic(fmt.Sprintf("relations: %s.%s: only the first %d columns can be kept from some", t.Type, c.Name, maskBits))
			}
		}
		if c.writes != nil {
			c.writes.resolve()
		}
	}
}

// Reads is who may see a row; nil if everybody may.
func (t *Table) Reads() *Right { return t.reads }

// Writes is who may change and delete a row; nil if only admins may.
func (t *Table) Writes() *Right { return t.writes }

// Reads is who may read the column of a row that they see; nil if everybody may who does.
func (c *Column) Reads() *Right { return c.reads }

// Writes is who may write the column of a row that they may write; nil if everybody may who does.
func (c *Column) Writes() *Right {
	if c.writes == nil {
		return c.reads
	}
	return c.writes
}

// MayBeNull tells whether clients may find the column null: it is so in the row, or for them.
func (c *Column) MayBeNull() bool { return c.Nullable || c.reads != nil }

// Roles are the roles that the page names, in order.
func (m *Model) Roles() (roles []string) {
	add := func(r *Right) {
		if r != nil {
			roles = append(roles, r.Roles()...)
		}
	}
	for _, t := range m.Tables() {
		add(t.reads)
		add(t.writes)
		for _, c := range t.Columns {
			add(c.reads)
			add(c.writes)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// maskBits is how many columns of an entity can be missing without being null.
const maskBits = 64

// A masker is an entity that remembers which of its columns the viewer may not read.
type masker interface {
	mask(column int)
	masked(column int) bool
}

func (r *Row) mask(column int)        { r.unread |= 1 << column }
func (r *Row) masked(column int) bool { return r.unread&(1<<column) != 0 }

// ReadBy is the value of a column of an entity, for the accessors that are generated; nil where the viewer may not read it.
func ReadBy[V any](t *Table, column string, entity any) *V {
	c := t.column(column)
	v, ok := reflect.ValueOf(entity).Elem().FieldByIndex(c.index).Interface().(V)
	if !ok || c.maskedIn(entity) {
		return nil
	}
	return &v
}

// maskedIn tells whether the viewer that an entity was read for may not read the column of it.
func (c *Column) maskedIn(entity any) bool {
	if c.reads == nil || c.Nullable {
		return false
	}
	m, ok := entity.(masker)
	return ok && m.masked(slices.Index(c.Table.Columns, c))
}

// permit answers the first of some drafts whose row, which is there, is not the viewer's by a right.
func (db *DB) permit(ctx context.Context, r *Right, drafts []*Draft) (refused *Draft, err error) {
	viewer := ViewerOf(ctx)
	if r.Open(viewer) || len(drafts) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(drafts))
	for i, d := range drafts {
		keys[i] = d.key
	}
	t := drafts[0].table
	found := map[int64]bool{}
	if !r.Closed(viewer) {
		if found, err = db.holds(ctx, "rights of "+t.Type, t, r, keys); err != nil {
			return nil, err
		}
	}
	for _, d := range drafts {
		if !found[d.key] {
			return d, nil
		}
	}
	return nil, nil
}

// holds answers which of the rows with some keys are the viewer's by a right.
func (db *DB) holds(ctx context.Context, path string, t *Table, r *Right, keys []int64) (map[int64]bool, error) {
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT t.id FROM ", t.Name, " AS t WHERE ")
	q.keysIn("t.id", keys)
	q.add(" AND ")
	q.right(r, "t.")
	found := make(map[int64]bool, len(keys))
	if set := readSetOf(ctx); set != nil {
		set.holds(t, r, keys)
	}
	err := db.run(ctx, &Statement{Path: path, Text: q.String(), Args: q.args, Keys: len(keys), noted: true}, func(rows *sqlx.Rows) error {
		var key int64
		err := rows.Scan(&key)
		found[key] = true
		return err
	})
	return found, err
}

// MayWrite answers which of the rows of a table with some keys the viewer may write. It takes a statement only where other rows
// decide: Writes().Of tells what the row's own columns do.
func (db *DB) MayWrite(ctx context.Context, path string, t *Table, keys []int64) (map[int64]bool, error) {
	return db.holds(ctx, path, t, t.writes, keys)
}

// permitMade refuses new rows that are not the viewer's to make, now that they are there and a path can be followed from them:
// those that belong to others by what the input refers to, and those with columns that are others' to write.
func (db *DB) permitMade(ctx context.Context, t *Table, drafts []*Draft) error {
	if t.writes != nil {
		var asked []*Draft
		for _, d := range drafts {
			// Own has decided where the owner alone may write, if the row does not have its owner from one that others may write.
			if plain := t.writes.Plain(); plain == nil || plain != t.owner || d.under != nil && d.under.Theirs == plain && d.under.From.writes.Plain() == nil {
				asked = append(asked, d)
			}
		}
		switch refused, err := db.permit(ctx, t.writes, asked); {
		case err != nil:
			return err
		case refused != nil:
			return Errorf(Forbidden, "this %s would not be yours", lowerFirst(t.Type))
		}
	}
	return db.permitColumns(ctx, t, drafts)
}

// permitColumns refuses what the input gives columns that are others' to write; the rows are there.
func (db *DB) permitColumns(ctx context.Context, t *Table, drafts []*Draft) error {
	for _, c := range t.Columns {
		if c.Writes() == nil {
			continue
		}
		var asked []*Draft
		for _, d := range drafts {
			if d.gives(c) != nil {
				asked = append(asked, d)
			}
		}
		switch refused, err := db.permit(ctx, c.Writes(), asked); {
		case err != nil:
			return err
		case refused != nil:
			return refused.gives(c).forbidden()
		}
	}
	return nil
}

// permitMoved refuses a change by which rows of a table that were the viewer's are no longer: they hang on another's now.
func (db *DB) permitMoved(ctx context.Context, t *Table, drafts []*Draft) error {
	if t.writes == nil {
		return nil
	}
	var moved []*Draft
	for _, d := range drafts {
		if slices.ContainsFunc(d.values, func(a assignment) bool {
			return a.value != nil && slices.ContainsFunc(t.writes.resolve().paths, func(p path) bool { return p.relations[0].Own == a.column })
		}) {
			moved = append(moved, d)
		}
	}
	refused, err := db.permit(ctx, t.writes, moved)
	if refused != nil {
		return Errorf(Forbidden, "this %s would no longer be yours", lowerFirst(t.Type))
	}
	return err
}

// of are drafts of rows with keys that all become what one says.
func (d *Draft) of(keys []int64) []*Draft {
	drafts := make([]*Draft, len(keys))
	for i, key := range keys {
		each := *d
		each.key = key
		drafts[i] = &each
	}
	return drafts
}

// gives is what the input says of a column: a value other than the one that a new row has without it; nil if it does not.
func (d *Draft) gives(c *Column) *assignment {
	for i, a := range d.values {
		if a.column == c && a.given && !(d.isNew && (a.value == nil || reflect.DeepEqual(a.value, c.api.preset))) {
			return &d.values[i]
		}
	}
	return nil
}

func (a *assignment) forbidden() error {
	return Errorf(Forbidden, "`%s` is not yours to write", strings.Join(a.path, "."))
}

// ownColumns refuses what can be known without looking at a row: columns, and new rows, of roles that the viewer does not have.
func (d *Draft) ownColumns(v Viewer) error {
	if w := d.table.writes; d.isNew && w != nil && d.table.owner == nil && w.Closed(v) {
		return Errorf(Forbidden, "you may not make %s", strings.ReplaceAll(d.table.Name, "_", " "))
	}
	for _, c := range d.table.Columns {
		if w := c.Writes(); w != nil && w.Closed(v) {
			if a := d.gives(c); a != nil {
				return a.forbidden()
			}
		}
	}
	return nil
}
