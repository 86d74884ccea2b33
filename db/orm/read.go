package orm

import (
	"cmp"
	"context"
	"database/sql/driver"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A Read is one SELECT: a page of a table, rows by key, or the related rows of many parents at once.
type Read struct {
	// Path is the statement's name in logs, traces and receipts.
	Path string
	From *Table
	// Via is the relation whose related rows are wanted, for the parents in Keys; nil reads the table itself.
	Via *Relation
	// By is the column that Keys or Texts are looked up in when Via is nil; nil reads all rows.
	By    *Column
	Keys  []int64
	Texts []string
	// Select are the columns wanted, and the to-one rows joined in.
	Select Select
	// Link are the columns wanted of the link that Via goes through, if that is a declared table. They come behind
	// those, and last what the page's order has besides columns.
	Link []*Column
	// Page is nil for look-ups and to-one relations.
	Page *Page
	// Within says that nobody asks what lies beyond the page, so that nothing is read to find out.
	Within bool
	// Known keeps what is made of the Select of a look-up; nil: it is made anew each time.
	Known *Known
	// whole says that columns of the rows are wanted, also where links alone would make up the page.
	whole bool
	// shards are the parts that all the rows are in that are looked up, or all links from Keys; nil: it is not known.
	shards []int64
	// making writes what makes the links that are read, before the statement; nil: they are there.
	making func(*query)
}

// A Known is kept with a Select for the look-ups of one row that have it. It is safe for concurrent use.
type Known struct {
	last     atomic.Pointer[known]
	batchers sync.Map // *Column that is looked up by to *batcher
}

type known struct {
	by      *Column
	placed  bool   // the statement tells where the row is
	text    string // of the statement, whoever asks
	columns []*Column
}

// known is what is known of a look-up; nil if it is not kept, or not the same for all viewers.
func (r *Read) known(q *query) *known {
	if r.Known == nil || r.Via != nil || r.Page != nil || len(r.Keys)+len(r.Texts) != 1 || q.differs(r.From) || r.Select.differ(q) {
		return nil
	}
	k := r.Known.last.Load()
	if k == nil || k.by != r.By || k.placed != (r.shards != nil) {
		written := &query{dialect: q.dialect, viewer: q.viewer}
		r.writeLookUp(written)
		k = &known{r.By, r.shards != nil, written.String(), r.Select.columns(nil)}
		r.Known.last.Store(k)
	}
	return k
}

// differs tells whether viewers see a table differently.
func (q *query) differs(t *Table) bool { return q.hides(t) || q.masks(t) }

func (s *Select) differ(q *query) bool {
	return slices.ContainsFunc(s.Joins, func(j Join) bool { return q.differs(j.Relation.To) || j.Select.differ(q) })
}

// A Select is the columns wanted of one table and of the to-one rows beside it. The table's key must come first.
type Select struct {
	Columns []*Column
	Joins   []Join
}

// A Join is a to-one relation read in the same statement; without a related row all its columns are null.
type Join struct {
	Relation *Relation
	Select   Select
}

func (s *Select) width() int {
	n := len(s.Columns)
	for i := range s.Joins {
		n += s.Joins[i].Select.width()
	}
	return n
}

// Rows are what a Read found: for every parent key its rows in order, as cells or nil, laid
// out as Select is, depth first.
type Rows struct {
	Width  int // values in a row
	Bytes  int // about what they take in memory
	n      int
	cells  []any
	one    bool // all are those of one parent, key
	key    int64
	groups map[int64]Group
	texts  map[string]Group
	all    Group
}

// A Group is the rows of one parent, [Start, End) in Rows, and whether there are rows beyond the page.
type Group struct {
	Start, End       int
	HasNext, HasPrev bool
}

// Row is row i.
func (r *Rows) Row(i int) []any { return r.cells[i*r.Width : (i+1)*r.Width : (i+1)*r.Width] }

// Len is the number of rows.
func (r *Rows) Len() int { return r.n }

// Of are the rows of one parent.
func (r *Rows) Of(key int64) Group {
	if !r.one {
		return r.groups[key]
	}
	if key == r.key {
		return r.all
	}
	return Group{}
}

// OfText are the rows whose By column is text.
func (r *Rows) OfText(text string) Group { return r.texts[text] }

// All are the rows of a Read of the table itself.
func (r *Rows) All() Group { return r.all }

// heldAtOnce is how many bytes of rows are taken from a budget at a time.
const heldAtOnce = 4 << 10

// Read runs r. Its rows are taken from the context's budget.
func (db *DB) Read(ctx context.Context, r *Read) (*Rows, error) {
	r = db.located(ctx, r)
	out, err := joined(ctx, db, r, func(q *query, r *Read) { r.write(q) }, db.fetch, func(all *Rows, r *Read) (*Rows, error) { return all.part(ctx, r) })
	if err != nil {
		return nil, err
	}
	if set := readSetOf(ctx); set != nil {
		set.note(r, out, nil)
	}
	r.Select.note(ctx, r.From, out, 0)
	return out, nil
}

// fetch runs the statement of a Read.
func (db *DB) fetch(ctx context.Context, r *Read) (*Rows, error) {
	budget := BudgetOf(ctx)
	if err := budget.Err(); err != nil {
		return nil, err
	}
	q, as, err := db.reading(ctx, r)
	if err != nil {
		return nil, err
	}
	var text string
	var probes bool
	k := as.known(q)
	if k != nil && db.lookUps > 0 && !k.placed && ctx.Value(transactionKey) == nil && ctx.Value(replicaKey) == nil {
		b := r.Known.batcherOf(r.By)
		w, now := b.enter(ctx, db, r)
		if !now {
			return w.wait(db)
		}
		defer b.leave(db)
	}
	if k != nil {
		text, q.args = k.text, as.asked()
	} else {
		q.Grow(512)
		if r.making != nil {
			r.making(q)
		}
		probes = as.write(q)
		text = q.String()
	}

	out := &Rows{Width: r.Select.width() + len(r.Link) + len(r.Page.derived())}
	g := &fetching{Read: r, out: out, budget: budget, keyed: !as.alone(q) || as.Via == nil && r.By != nil && r.Texts == nil, probes: probes}
	switch {
	case g.keyed && len(as.Keys) == 1:
		out.one, out.key = true, as.Keys[0]
	case g.keyed:
		out.groups = make(map[int64]Group, len(as.Keys))
	case r.Texts != nil:
		out.texts = make(map[string]Group, len(r.Texts))
	}
	if k != nil {
		g.columns = k.columns
	} else {
		g.columns = append(r.Select.columns(make([]*Column, 0, out.Width)), r.Link...)
		for _, i := range r.Page.derived() {
			g.columns = append(g.columns, r.Page.Order[i].Column)
		}
		if g.keyed && q.ordinal != "" && as.listed() {
			g.places = as.Keys
		}
	}
	g.first = btoi(g.keyed || r.Texts != nil) + 2*btoi(probes)
	out.cells = make([]any, 0, out.Width*r.guess())
	statement := &Statement{Path: r.Path, Text: text, Args: q.args, Keys: len(r.Keys) + len(r.Texts), looks: db.looks(r, false), noted: true, skewed: as.skewed(),
		brief: as.Via == nil && as.Page == nil && len(as.Keys)+len(as.Texts) <= batchSize}
	err = db.gather(ctx, statement, g.first+out.Width, g.take)
	if err == nil {
		err = budget.Hold(out.Bytes - g.held)
	}
	if err != nil {
		return nil, err
	}
	g.keep()
	groups := len(out.groups)
	if out.one {
		groups = btoi(g.begun)
	}
	switch {
	case as.Via == nil && as.shards != nil && groups < len(as.Keys): // a row may have been moved
		anew := *as
		anew.shards = nil
		return db.fetch(ctx, &anew)
	case as != r:
		out.one = false
	case as.Via != nil && !g.keyed:
		out.one, out.key = true, as.Keys[0]
	}
	if r.Page != nil && r.Page.Backward { // they were read from the end
		for _, g := range out.groups {
			out.reverse(g)
		}
		out.reverse(out.all)
	}
	return out, nil
}

// A fetching is a Read whose rows are being gathered.
type fetching struct {
	*Read
	out           *Rows
	budget        *Budget
	columns       []*Column
	keyed, probes bool
	places        []int64 // keys, where a row has the place of its own among them; nil: it has the key
	first         int     // of the columns in a row
	held          int     // of the rows' bytes, those taken from the budget

	// A group's rows come one after the other, so it is kept when the next one begins.
	group Group
	key   int64
	text  string
	begun bool
}

func (g *fetching) keep() {
	switch {
	case !g.begun:
	case g.keyed && !g.out.one:
		g.out.groups[g.key] = g.group
	case g.Texts != nil:
		g.out.texts[g.text] = g.group
	default:
		g.out.all = g.group
	}
}

func (g *fetching) take(row []driver.Value) error {
	key, text := int64(0), ""
	switch {
	case g.keyed:
		if key, _ = row[0].(int64); g.places != nil {
			key = g.places[key]
		}
	case g.Texts != nil:
		text = textOf(row[0])
	}
	out := g.out
	if !g.begun || key != g.key || text != g.text {
		g.keep()
		g.group = Group{Start: out.n, End: out.n}
		if g.probes {
			g.group.HasPrev, g.group.HasNext = truth(row[g.first-2]), truth(row[g.first-1])
		}
		g.key, g.text, g.begun = key, text, true
	}
	values := row[g.first:]
	switch {
	case values[0] == nil: // the row only tells what lies around an empty page
	case g.Page != nil && g.group.End-g.group.Start == g.Page.Size: // read only to know that it is there
		if g.Page.Backward {
			g.group.HasPrev = true
		} else {
			g.group.HasNext = true
		}
	default:
		for i, v := range values {
			cell := g.columns[i].normal(v)
			if text, ok := cell.(string); ok {
				out.Bytes += len(text)
			}
			out.cells = append(out.cells, cell)
		}
		out.Bytes += len(values) * valueBytes
		out.n++
		g.group.End = out.n
		if more := out.Bytes - g.held; more >= heldAtOnce {
			g.held = out.Bytes
			return g.budget.Hold(more)
		}
	}
	return nil
}

// guess is about how many rows to make room for.
func (r *Read) guess() int {
	switch {
	case r.Page == nil:
		return len(r.Keys) + len(r.Texts)
	case r.Via == nil:
		return min(r.Page.Size, MaxPage)
	}
	return len(r.Keys) * min(r.Page.Size, 4)
}

func (r *Rows) reverse(g Group) {
	for i, j := g.Start, g.End-1; i < j; i, j = i+1, j-1 {
		a, b := r.Row(i), r.Row(j)
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
	}
}

func (s *Select) columns(columns []*Column) []*Column {
	columns = append(columns, s.Columns...)
	for i := range s.Joins {
		columns = s.Joins[i].Select.columns(columns)
	}
	return columns
}

// Decode makes an entity of a row that holds all columns of its table, in the table's order.
func Decode[T any](t Entity[T], row []any) *T {
	entity := new(T)
	t.decode(reflect.ValueOf(entity).Elem(), row)
	return entity
}

// Node is Decode for a table whose entity is not known where it is called.
func (t *Table) Node(row []any) Node {
	node, _ := t.Entity(row).(Node)
	return node
}

// Entity is a pointer to an entity, made as by Decode.
func (t *Table) Entity(row []any) any {
	entity := reflect.New(t.entity)
	t.decode(entity.Elem(), row)
	return entity.Interface()
}

func (t *Table) decode(entity reflect.Value, row []any) {
	for i, c := range t.Columns {
		if row[i] == nil {
			if m, ok := entity.Addr().Interface().(masker); ok && !c.Nullable {
				m.mask(i)
			}
			continue
		}
		field, value := entity.FieldByIndex(c.index), reflect.ValueOf(row[i])
		if c.Nullable {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		field.Set(value.Convert(field.Type())) // to an int32, or a type of strings
	}
}

// Of is the column's value in an entity, as a Read answers it.
func (c *Column) Of(entity any) any {
	if c.maskedIn(entity) {
		return nil
	}
	return cellOf(reflect.ValueOf(entity).Elem().FieldByIndex(c.index), c.Kind)
}

// cellOf is a Go value of a kind, or a pointer to one, as a cell.
func cellOf(v reflect.Value, kind Kind) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Int32:
		return v.Int()
	case v.Kind() == reflect.String && kind != Numeric:
		return v.String()
	}
	return v.Interface()
}

// Count is the number of rows in all of r's pages together, for each parent key; without Via it stands under key 0.
func (db *DB) Count(ctx context.Context, r *Read) (map[int64]int, error) {
	r = &Read{Path: r.Path, From: r.From, Via: r.Via, Keys: r.Keys, Page: &Page{Where: r.Page.Where, Distinct: r.Page.Distinct}} // in no order
	r = db.located(ctx, r)
	counts, err := joined(ctx, db, r, func(q *query, r *Read) { r.writeCount(q) }, db.count, func(all map[int64]int, r *Read) (map[int64]int, error) {
		if r.Via == nil {
			return all, nil
		}
		mine := make(map[int64]int, len(r.Keys))
		for _, key := range r.Keys {
			mine[key] = all[key]
		}
		return mine, nil
	})
	if set := readSetOf(ctx); set != nil {
		set.note(r, nil, nil)
	}
	return counts, err
}

func (r *Read) writeCount(q *query) {
	t := q.alias()
	switch {
	case r.everything(q): // SQLite counts a table by its pages where a SELECT asks for nothing else, and has no WHERE
		q.add("SELECT 0, (SELECT count(*) FROM ", r.From.Name, " AS ", t, ")")
	case r.alone(q):
		q.add("SELECT 0, count(*) FROM ")
		r.source(q, t)
	case r.parents(q) == inRows:
		q.add("SELECT ", r.parent(t), ", count(*) FROM ")
		r.source(q, t)
		q.add(" GROUP BY 1")
	default:
		q.add("SELECT ", q.key, ", (SELECT count(*) FROM ")
		r.source(q, t)
		q.add(") FROM ")
		q.keys(r.Keys, "")
	}
}

func (db *DB) count(ctx context.Context, r *Read) (map[int64]int, error) {
	q, as, err := db.reading(ctx, r)
	if err != nil {
		return nil, err
	}
	as.writeCount(q)
	counts := make(map[int64]int, len(r.Keys))
	statement := &Statement{Path: r.Path, Text: q.String(), Args: q.args, Keys: len(r.Keys), looks: db.looks(r, true), noted: true, skewed: as.skewed()}
	err = db.gather(ctx, statement, 2, func(row []driver.Value) error {
		key, _ := row[0].(int64)
		n, _ := row[1].(int64)
		switch {
		case as != r:
			key = 0
		case as.Via != nil && as.alone(q):
			key = as.Keys[0]
		}
		counts[key] = int(n)
		return nil
	})
	if as.parents(q) == inRows { // those who have none are in no row
		for _, key := range as.Keys {
			counts[key] += 0
		}
	}
	return counts, err
}

// reading begins the statement of a read, and answers as what it is best read: where nothing but a relation with a pin is asked
// of the rows of a table, they are the related rows of the row that it names, which an index has in order.
func (db *DB) reading(ctx context.Context, r *Read) (q *query, as *Read, err error) {
	q = &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	if r.Page == nil || r.Page.Where == nil {
		return q, r, nil
	}
	w := r.Page.Where
	if q.pinned, err = db.pinned(ctx, r.Path, w); err != nil {
		return nil, nil, err
	}
	if r.Via == nil {
		if q.among, err = db.among(ctx, r.From, w.named); err != nil {
			return nil, nil, err
		}
	}
	if r.Via == nil && w.only != nil && len(r.Page.Distinct) == 0 && !r.whole && w.onlyBy.decides(q) {
		keys, known := w.onlyBy.found(q.pinned)
		page := *r.Page
		page.Where = nil
		key := int64(0) // of no row
		if len(keys) > 0 {
			key = keys[0]
		}
		as = &Read{Path: r.Path, From: r.From, Via: w.only, Keys: []int64{key}, Select: r.Select, Page: &page, Within: r.Within}
		if known && len(keys) <= 1 && !as.gathers() {
			return q, db.located(ctx, as), nil
		}
	}
	var probes []probe
	for _, asked := range w.probes {
		if p := asked(q); p.match != "" {
			probes = append(probes, p)
		}
	}
	if q.common, err = db.common(ctx, r, probes); err == nil {
		err = db.weigh(ctx, r, q)
	}
	return q, r, err
}

// skewed tells whether a plan for values on average may be a bad one for those of the filter.
func (r *Read) skewed() bool { return r.Page != nil && r.Page.Where != nil && r.Page.Where.skewed }

// A query is SQL text under construction, with its arguments in order.
type query struct {
	strings.Builder
	*dialect
	args    []any
	viewer  Viewer
	aliases int
	pinned  map[lookUp]int64 // rows that the filter names, 0 for those that are not there
	common  map[probe]bool   // what so many rows meet that they are not to be gathered
	few     map[*pin]bool    // whether few rows lead to those that a pin names
	among   []int64          // that the page's rows are in; nil: it is not known
	within  *int64           // that the row is in about which a condition is; nil: it is not known
	// Of the filter under construction: how many OR and NOT are open in this subquery, how many relations have been
	// crossed to it, and how many EXISTS may become joins with the page's table.
	apart, hops, joined int
}

func (q *query) add(parts ...string) {
	for _, p := range parts {
		q.WriteString(p)
	}
}

// bindTo writes text, which holds one `?`, and notes its argument.
func (q *query) bindTo(text string, v any) {
	q.WriteString(text)
	q.args = append(q.args, v)
}

func (q *query) alias() string {
	q.aliases++
	return "t" + strconv.Itoa(q.aliases)
}

// write writes r and tells whether its rows hold, before the columns, the two probes beyond the page.
func (r *Read) write(q *query) (probes bool) {
	if r.Page != nil {
		return r.writePage(q)
	}
	r.writeLookUp(q)
	return false
}

// listed tells whether the statement has a list of keys: not where one row is looked up.
func (r *Read) listed() bool { return r.Via != nil || len(r.Keys) > 1 }

// asked is the argument of a look-up of one row.
func (r *Read) asked() []any {
	if r.Texts != nil {
		return []any{r.Texts[0]}
	}
	if r.shards != nil {
		return []any{r.Keys[0], r.shards[0]}
	}
	return []any{r.Keys[0]}
}

// whose is what a statement with a list of keys says of a row: its key, or the place of that in the list.
func (q *query) whose() string { return cmp.Or(q.ordinal, q.key) }

// keys writes table k, and what stands behind it.
func (q *query) keys(keys []int64, behind string) {
	if len(keys) == 1 && q.oneKey != "" {
		q.bindTo(q.oneKey+behind, keys[0])
		return
	}
	q.bindTo(q.keyList+behind, q.bindKeys(keys))
}

// writeLookUp writes rows by key: first the key that was asked for, or its place in the list, then the row.
func (r *Read) writeLookUp(q *query) {
	t := q.alias()
	column := r.By
	if r.Via != nil {
		column = r.Via.Theirs
		if column == nil {
			column = r.From.KeyColumn()
		}
	}
	on := t + "." + column.Name
	joins := r.Select.aliases(q)
	switch {
	case r.Texts != nil:
		q.add("SELECT ", on)
		r.Select.list(q, ", ", t, joins)
		q.from(" FROM ", r.From, t)
		r.Select.join(q, t, joins)
		if len(r.Texts) == 1 {
			q.bindTo(" WHERE "+on+" = ?", r.Texts[0])
		} else {
			q.bindTo(" WHERE "+q.in(on, column.Kind), q.bindTexts(r.Texts))
		}
		q.visible(" AND ", r.From, t)
	case r.Via == nil && len(r.Keys) == 1:
		q.add("SELECT ", on)
		r.Select.list(q, ", ", t, joins)
		q.from(" FROM ", r.From, t)
		r.Select.join(q, t, joins)
		q.bindTo(" WHERE "+on+" = ?", r.Keys[0])
		r.placedAt(q, t)
		q.visible(" AND ", r.From, t)
	default:
		q.add("SELECT ", q.whose())
		r.Select.list(q, ", ", t, joins)
		q.add(" FROM ")
		q.keys(r.Keys, "")
		q.from(" JOIN ", r.From, t)
		q.add(" ON ", on, " = ", q.key)
		r.placedAt(q, t)
		q.visible(" AND ", r.From, t)
		r.Select.join(q, t, joins)
	}
}

// aliases names the joined tables, depth first.
func (s *Select) aliases(q *query) []string {
	var names []string
	for i := range s.Joins {
		names = append(names, q.alias())
		names = append(names, s.Joins[i].Select.aliases(q)...)
	}
	return names
}

// list writes the columns, each after a separator; it answers the aliases it has not used.
func (s *Select) list(q *query, separator, t string, joins []string) []string {
	for _, c := range s.Columns {
		q.add(separator, t, ".", c.Name)
		separator = ", "
	}
	for i := range s.Joins {
		joins = s.Joins[i].Select.list(q, separator, joins[0], joins[1:])
	}
	return joins
}

// join writes the joins; it answers the aliases it has not used.
func (s *Select) join(q *query, parent string, joins []string) []string {
	for i := range s.Joins {
		j := &s.Joins[i]
		t := joins[0]
		q.from(" LEFT JOIN ", j.Relation.To, t)
		q.add(" ON ", j.Relation.on(parent, t))
		q.visible(" AND ", j.Relation.To, t)
		joins = j.Select.join(q, t, joins[1:])
	}
	return joins
}

// on is the condition that child is related to parent, for relations without a link.
func (r *Relation) on(parent, child string) string {
	if r.Own != nil {
		return child + "." + r.To.KeyColumn().Name + " = " + parent + "." + r.Own.Name
	}
	return child + "." + r.Theirs.Name + " = " + parent + "." + r.From.KeyColumn().Name
}

// writePage writes a page of the table itself, or a page for each parent. Per parent no more rows are read than the
// page holds, and one: by a lateral subquery where there is one, by a list of keys for each parent elsewhere.
func (r *Read) writePage(q *query) (probes bool) {
	if r.parents(q) == inRows {
		return r.writeNumbered(q)
	}
	t := q.alias()
	probes = r.probing()
	joins := r.Select.aliases(q)
	derived := len(r.Page.derived()) > 0
	many := !r.alone(q)
	if !many && !probes && len(joins) == 0 && !derived {
		q.add("SELECT ")
		r.Select.list(q, "", t, nil)
		q.add(" FROM ")
		r.window(q, t, false)
		return false
	}
	if r.Page.ranked() {
		r.relevances(q)
	}
	q.add("SELECT ")
	separator := ""
	if many {
		q.add(q.whose())
		separator = ", "
	}
	if probes {
		// Is there a row at or before `after`, at or after `before`? Asked apart from the page, which may be empty.
		q.add(separator)
		r.probe(q, r.Page.After, false)
		q.add(", ")
		r.probe(q, r.Page.Before, true)
		separator = ", "
	}
	r.Select.list(q, separator, t, joins)
	link := ""
	if len(r.Link) > 0 {
		link = q.alias()
		(&Select{Columns: r.Link}).list(q, ", ", link, nil)
	}
	// Without a subquery that hands out the keys of the order they are read once more, for the rows of the page.
	apart := many && !q.lateral
	for _, i := range r.Page.derived() {
		q.add(", ")
		r.outer(q, t, i, apart)
	}

	q.add(" FROM ")
	kind := " CROSS JOIN "
	if probes {
		kind = " LEFT JOIN " // a parent without rows still answers its probes
	}
	links := q.lateral && r.ofLinks(q)
	switch {
	case links:
		// The rows are joined to all the links at once; OFFSET 0 keeps the database from doing it once a parent.
		c := q.alias()
		q.add("(SELECT ", q.key, ", ", r.key(c), " FROM ")
		q.keys(r.Keys, kind+"LATERAL (SELECT "+r.key(c)+" FROM ")
		r.window(q, c, false)
		q.add(") AS l", c)
		if probes {
			q.add(" ON TRUE")
		}
		q.from(" OFFSET 0) AS k"+[2]string{" JOIN ", " LEFT JOIN "}[btoi(probes)], r.From, t)
		q.add(" ON ", t, ".", r.From.KeyColumn().Name, " = k.", r.Via.Link.To)
	case many:
		q.keys(r.Keys, kind)
	case probes:
		q.add("(SELECT 1 AS one) AS k", kind)
	}
	switch {
	case links:
	case !many || q.lateral:
		if many {
			q.add("LATERAL ")
		}
		q.add("(SELECT ")
		c := q.alias()
		r.handOut(q, c)
		q.add(" FROM ")
		r.window(q, c, true)
		q.add(") AS ", t)
		if probes {
			q.add(" ON TRUE")
		}
	default:
		// As `IN (SELECT …)` the keys would be looked for once a row, where statistics say that the table is small.
		c := q.alias()
		q.add("json_each((SELECT json_group_array(key) FROM (SELECT ", r.key(c), " AS key FROM ")
		r.window(q, c, false)
		q.add("))) AS p")
		q.from(kind, r.From, t)
		q.add(" ON ", t, ".", r.From.KeyColumn().Name, " = p.value")
		r.reaches(q, t, probes)
		r.rank(q, t, probes)
	}
	r.Select.join(q, t, joins)
	if link != "" {
		q.from(" LEFT JOIN ", r.Via.Link.Rows, link)
		q.add(" ON ", link, ".", r.Via.Link.From, " = ", q.key, " AND ", link, ".", r.Via.Link.To, " = ", t, ".", r.From.KeyColumn().Name)
	}
	if apart && !derived {
		return probes // the lists are walked through in order, and what is joined has one row for each
	}
	q.add(" ORDER BY ")
	if many {
		q.add(q.whose(), ", ")
	}
	r.order(q, r.Page.Backward, func(i int) { r.outer(q, t, i, apart) })
	return probes
}

// probing tells whether somebody asks what lies in front of the page or behind it, and its rows do not tell.
func (r *Read) probing() bool {
	return !r.Within && (r.Page.After != nil || r.Page.Before != nil || r.Page.Offset > 0)
}

// handOut writes what the page's own subquery hands out of row c.
func (r *Read) handOut(q *query, c string) {
	for i, column := range r.inner() {
		if i > 0 {
			q.add(", ")
		}
		q.add(c, ".", column.Name)
	}
	for _, i := range r.Page.derived() {
		q.add(", ")
		r.name(q, c, i)
		q.add(" AS ", derivedName(i))
	}
}

// outer writes key i of the order outside of the page's subquery.
func (r *Read) outer(q *query, t string, i int, apart bool) {
	switch c := r.Page.Order[i].Column; {
	case !c.Derived():
		q.add(t, ".", c.Name)
	case apart:
		r.name(q, t, i)
	default:
		q.add(t, ".", derivedName(i))
	}
}

// inner are the columns that the page's own subquery must hand out: those wanted, ordered by and joined by.
func (r *Read) inner() []*Column {
	columns := make([]*Column, 0, len(r.Select.Columns)+1)
	want := func(c *Column) {
		if !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	for _, c := range r.Select.Columns {
		want(c)
	}
	for _, o := range r.Page.Order {
		if !o.Column.Derived() {
			want(o.Column)
		}
	}
	for i := range r.Select.Joins {
		if own := r.Select.Joins[i].Relation.Own; own != nil {
			want(own)
		}
	}
	return columns
}

// key is how a page's subquery best writes the key of row t: by the link, whose index gives the order.
func (r *Read) key(t string) string {
	if r.Via != nil && r.Via.Link != nil && len(r.Page.Distinct) == 0 {
		return "l" + t + "." + r.Via.Link.To
	}
	return t + "." + r.From.KeyColumn().Name
}

// ofLinks tells whether the links alone make up the page: nothing of the rows behind them is asked or hidden, and they have what
// the page is in the order of.
func (r *Read) ofLinks(q *query) bool {
	return !r.whole && r.Via != nil && r.Via.Link != nil && !q.inParts(r.Via) && r.Page.Where == nil && len(r.Page.Distinct) == 0 && !q.hides(r.From) && !q.hides(r.Via.Link.Rows) &&
		!slices.ContainsFunc(r.Page.Order, func(o Order) bool { return o.Column != r.From.KeyColumn() && r.carried(o.Column) == "" })
}

// steps tells whether a planner is to be kept from gathering all links of a row and ordering them: of an average row there may be
// few. It thinks far more of a range than of a value, and the index has the range in order as well.
func (r *Read) steps(q *query) bool {
	return q.semijoins && len(r.Page.Order) > 0 && r.Page.Order[0].Column.Kind != Key
}

// carried is the column of the links that holds c of the rows behind them; "" if there is none.
func (r *Read) carried(c *Column) string {
	if r.Via == nil || len(r.Page.Distinct) > 0 {
		return ""
	}
	return r.Via.Link.carried(c)
}

// everything tells whether the rows are all of their table.
func (r *Read) everything(q *query) bool {
	return r.Via == nil && r.By == nil && r.Page.Where == nil && len(r.Page.Distinct) == 0 && !q.hides(r.From) && !q.divides(r.From)
}

// source writes the rows a page is taken from: FROM's tables, and WHERE.
func (r *Read) source(q *query, t string) {
	r.settle(q)
	if len(r.Page.Distinct) > 0 {
		r.distinct(q, t)
		return
	}
	r.rows(q, t)
}

// rows writes the rows that the filter lets pass and the viewer may see.
func (r *Read) rows(q *query, t string) {
	beside := func() {
		r.reaches(q, t, false)
		r.rank(q, t, false)
	}
	and := " AND "
	switch {
	case r.Via == nil:
		q.from("", r.From, t)
		beside()
		q.add(" WHERE ")
		and = ""
	case r.ofLinks(q) && r.steps(q):
		q.add(r.Via.Link.Table, " AS l", t, " WHERE l", t, ".", r.Via.Link.From, " BETWEEN ", q.key, " AND ", q.key)
	case r.ofLinks(q):
		q.add(r.Via.Link.Table, " AS l", t, " WHERE l", t, ".", r.Via.Link.From, " = ", q.key)
	case r.Via.Link != nil:
		link := "l" + t
		q.from(r.Via.Link.Table+" AS "+link+" JOIN ", r.From, t)
		q.add(" ON ", t, ".", r.From.KeyColumn().Name, " = ", link, ".", r.Via.Link.To)
		q.led(r.Via, link, t)
		beside()
		q.add(" WHERE ")
		r.under(q, link+"."+r.Via.Link.From)
		r.there(q, link+"."+r.Via.Link.shard)
		q.visible(" AND ", r.Via.Link.Rows, link)
	default:
		q.from("", r.From, t)
		beside()
		q.add(" WHERE ")
		r.under(q, t+"."+r.Via.Theirs.Name)
	}
	if q.visible(and, r.From, t) {
		and = " AND "
	}
	if r.Page.Where != nil {
		q.add(and)
		q.joined = 0
		r.Page.Where.write(q, t)
		if q.among != nil {
			q.add(" AND ")
			q.keysIn(t+"."+r.From.shard.Name, q.among)
		}
	} else if and == "" {
		q.add("TRUE")
	}
}

// window writes the rows of one page, and one more to know whether there is one. named says that what is selected of them
// has the names of the order's keys.
func (r *Read) window(q *query, t string, named bool) {
	r.between(q, t)
	p := r.Page
	r.limit(q, t, p.Backward, p.Size+btoi(!r.Within), named)
	if p.Offset > 0 {
		q.bindTo(" OFFSET ?", p.Offset)
	}
}

// between writes the rows behind and before the page's positions.
func (r *Read) between(q *query, t string) {
	r.source(q, t)
	p := r.Page
	if p.After != nil {
		q.add(" AND ")
		r.beside(q, t, p.After, true, false)
	}
	if p.Before != nil {
		q.add(" AND ")
		r.beside(q, t, p.Before, false, false)
	}
}

// limit ends a page's subquery: the first n rows in its order, or from its end.
func (r *Read) limit(q *query, t string, backward bool, n int, named bool) {
	q.add(" ORDER BY ")
	if r.ofLinks(q) && r.steps(q) {
		q.add("l", t, ".", r.Via.Link.From)
		if r.downwards(backward) {
			q.add(" DESC")
		}
		q.add(", ")
	}
	r.order(q, backward, func(i int) {
		switch c := r.Page.Order[i].Column; {
		case c.Derived() && named:
			q.add(derivedName(i))
		case i == 0 && (r.gathers() || q.gathers()):
			q.add(q.unindexed(t + "." + c.Name))
		default:
			r.name(q, t, i)
		}
	})
	q.add(" LIMIT ", strconv.Itoa(n))
}

// downwards tells whether links are read from the end of the index that has them in the page's order.
func (r *Read) downwards(backward bool) bool {
	first := r.Page.Order[0]
	for _, c := range r.Via.Link.carries {
		if c.column == first.Column {
			return (first.Desc != backward) != c.desc
		}
	}
	return first.Desc != backward
}

// gathers tells whether a page's rows are better found first and ordered then: those with certain words (how many have one word
// a database knows, how many have two of them it only guesses), and those linked
// to a row but not in an order that the links have. In the order of an index over the whole table they may all come at its end,
// and how many they are a database only guesses.
func (r *Read) gathers() bool {
	if len(r.Page.Order) == 0 {
		return false
	}
	switch first := r.Page.Order[0].Column; {
	case first.Derived():
		return false
	case r.Via == nil:
		return r.Page.Where != nil && r.Page.Where.searches && !r.Page.Where.oneWord()
	default:
		return r.Via.Link != nil && first.Kind != Key && r.carried(first) == ""
	}
}

// probe writes whether there is a row at the position or beyond it: after it or before it. In front of an offset is any row.
func (r *Read) probe(q *query, position []any, after bool) {
	if position == nil && (after || r.Page.Offset == 0) {
		q.add("FALSE")
		return
	}
	// The nearest one, and not EXISTS, so that it is looked for beside the position and not from the table's beginning.
	q.add("(SELECT 1 FROM ")
	t := q.alias()
	r.source(q, t)
	if position == nil {
		q.add(" LIMIT 1) IS NOT NULL")
		return
	}
	q.add(" AND ")
	r.beside(q, t, position, after, true)
	r.limit(q, t, !after, 1, false)
	q.add(") IS NOT NULL")
}

// order writes the page's order, or turned around; name writes a key of it. Nulls are last in ascending, first in descending
// order.
func (r *Read) order(q *query, backward bool, name func(i int)) {
	for i, o := range r.Page.Order {
		if i > 0 {
			q.add(", ")
		}
		name(i)
		desc := o.Desc != backward
		if desc {
			q.add(" DESC")
		}
		if o.Column.MayBeNull() {
			q.add([2]string{" NULLS LAST", " NULLS FIRST"}[btoi(desc)])
		}
	}
}

// beside writes the condition that row t lies after (else before) a position, or at it.
func (r *Read) beside(q *query, t string, position []any, after, at bool) {
	order := r.Page.Order
	// All keys in one direction, of one table and never null: the database compares whole rows, and finds them in an index. In what
	// is counted it finds nothing, and counts it once.
	same := true
	for _, o := range order {
		same = same && o.Desc == order[0].Desc && !o.Column.MayBeNull() && (o.Column.reach == nil || o.Column.Counts() != nil)
	}
	compare := func(i int, orEqual bool) {
		r.name(q, t, i)
		op := [2]string{" < ", " > "}[btoi(after != order[i].Desc)]
		if orEqual {
			op = op[:2] + "= "
		}
		q.bindTo(op+"?", position[i])
	}
	if same {
		if len(order) == 1 {
			compare(0, at)
			return
		}
		q.add("(")
		for i := range order {
			q.add([2]string{", ", ""}[btoi(i == 0)])
			r.name(q, t, i)
		}
		q.add([2]string{") <", ") >"}[btoi(after != order[0].Desc)], [2]string{" (", "= ("}[btoi(at)])
		for i, v := range position {
			q.bindTo([2]string{", ?", "?"}[btoi(i == 0)], v)
		}
		q.add(")")
		return
	}
	q.add("(")
	begins := !order[0].Column.MayBeNull() || position[0] != nil && after == order[0].Desc
	if begins {
		// Implied by what follows; it gives the index a place to begin.
		compare(0, true)
		q.add(" AND (")
	}
	for i := range order {
		if i > 0 {
			q.add(" OR ")
		}
		q.add("(")
		for j := range i {
			r.equal(q, t, j, position[j])
			q.add(" AND ")
		}
		// In ascending order nulls come last, in descending first: either way they are after every value
		// when walking as the ascending order does.
		rising := after != order[i].Desc
		switch {
		case position[i] != nil && order[i].Column.MayBeNull() && rising:
			q.add("(")
			compare(i, false)
			q.add(" OR ")
			r.equal(q, t, i, nil)
			q.add(")")
		case position[i] != nil:
			compare(i, false)
		case rising:
			q.add("FALSE")
		default:
			r.name(q, t, i)
			q.add(" IS NOT NULL")
		}
		q.add(")")
	}
	if at {
		q.add(" OR (")
		for i := range order {
			if i > 0 {
				q.add(" AND ")
			}
			r.equal(q, t, i, position[i])
		}
		q.add(")")
	}
	if begins {
		q.add(")")
	}
	q.add(")")
}

func (r *Read) equal(q *query, t string, i int, v any) {
	r.name(q, t, i)
	if v == nil {
		q.add(" IS NULL")
		return
	}
	q.bindTo(" = ?", v)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
