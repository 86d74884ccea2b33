package orm

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// maxNested is how many inputs may stand in each other, the outermost not counted.
const maxNested = 20

// Parts are what an input of a row that is there can do along a relation.
type Parts struct{ Create, Update, Delete, Connect, Disconnect bool }

// Parts are those that the page lets r have: what the other side's own mutations do to one row. Rows that are deleted by
// force only are not deleted in passing, and what needs a parent is not taken from it.
func (r *Relation) Parts() (p Parts) {
	if r.Theirs == nil {
		return p
	}
	moves := r.To.Has(Updating) && r.Theirs.Writable(false)
	return Parts{
		Create:     r.Nested(true),
		Update:     r.To.Has(Updating),
		Delete:     r.To.Has(Deleting) && !r.To.Forced(),
		Connect:    moves,
		Disconnect: moves && r.Theirs.Nullable,
	}
}

// Any tells whether there is one.
func (p Parts) Any() bool { return p != Parts{} }

func (p Parts) has(name string) bool {
	return map[string]bool{"create": p.Create, "update": p.Update, "delete": p.Delete, "connect": p.Connect, "disconnect": p.Disconnect}[name]
}

// Makes tells whether an input that links rows along r makes them as well.
func (r *Relation) Makes() bool { return r.Links() && r.makes(true) }

// Links tells whether inputs write the links of r themselves: those with columns of their own are rows of their table.
func (r *Relation) Links() bool { return r.Link != nil && r.Link.Rows == nil }

// ChangesField is the field of an input of a row that is there for the parts of r.
func (r *Relation) ChangesField() string {
	if r.Many {
		return r.Field
	}
	return r.Field + "Changes" // the relation's own field changes the row or makes one
}

// KeysField is the field of an input of a new row for what is there already and is to hang on it, or be linked to it.
func (r *Relation) KeysField() string {
	switch {
	case !r.Many:
		return r.Field + "Id"
	case r.Field == r.To.Root():
		return lowerFirst(r.To.Type) + "Ids"
	}
	return r.Field + "Ids"
}

// A form is one of the ways in which an input speaks of a relation.
type form uint8

const (
	ofRows    form = iota // rows to make, or names of them; of a relation to one, also of the row that is there
	ofChanges             // an object of parts
	ofKeys                // ids
)

// nestedField is the relation that a field of an input writes, and how; nil if it writes none.
func (t *Table) nestedField(name string, isNew bool) (*Relation, form) {
	for _, r := range t.Relations {
		parts := r.Parts()
		switch {
		case r.Links() && isNew && name == r.KeysField(), r.Theirs != nil && isNew && name == r.KeysField() && parts.Connect:
			return r, ofKeys
		case r.Links() && name == r.Field && (!isNew || r.named() || r.Makes()), isNew && name == r.Field && r.Theirs != nil && r.Nested(true),
			!isNew && name == r.Field && r.Theirs != nil && !r.Many && r.Nested(false):
			return r, ofRows
		case !isNew && name == r.ChangesField() && parts.Any():
			return r, ofChanges
		}
	}
	return nil, ofRows
}

// rowOf is a row that an input names.
type rowOf struct {
	table *Table
	key   int64
}

// nested reads what an input says of a relation.
func (d *drafter) nested(draft *Draft, r *Relation, how form, v any, path []string) {
	if d.depth == maxNested {
		d.fault(path, Invalid, "is nested deeper than "+strconv.Itoa(maxNested)+" levels")
		return
	}
	d.depth++
	defer func() { d.depth-- }()
	if r.Link != nil {
		if l, ok := d.links(draft, r, how, v, path); ok {
			draft.links = append(draft.links, l)
		}
		return
	}
	if !r.Many && slices.ContainsFunc(draft.children, func(c child) bool { return c.relation == r }) {
		d.fault(path, Invalid, "there can be one, and it is given twice")
		return
	}
	c := child{relation: r}
	object, isObject := v.(Input)
	list, isList := v.([]any)
	if !r.Many {
		list, isList = []any{v}, true
	}
	switch {
	case v == nil:
		if how == ofChanges || r.Many || draft.isNew {
			return
		}
		d.given++
		c.null, c.at = how == ofRows, d.given
	case how == ofChanges && isObject:
		d.parts(&c, draft, object, path)
	case how == ofRows && !draft.isNew && isObject:
		c.either, d.flat = true, true
		c.drafts = []*Draft{d.below(draft, r, object, path, false)}
		d.flat = false
	case how != ofChanges && draft.isNew && isList:
		for i, item := range list {
			here := path
			if r.Many {
				here = at(path, strconv.Itoa(i))
			}
			in, isObject := item.(Input)
			switch {
			case how == ofKeys:
				if row := d.byID(draft, r, item, here); row != nil {
					c.connect = append(c.connect, row.moved())
				}
			case isObject:
				c.drafts = append(c.drafts, d.below(draft, r, in, here, true))
			default:
				d.fault(here, Invalid, "cannot be written")
			}
		}
	default:
		d.fault(path, Invalid, "cannot be written")
		return
	}
	draft.children = append(draft.children, c)
}

// below is the draft of an input that stands in another's.
func (d *drafter) below(parent *Draft, r *Relation, in Input, path []string, isNew bool) *Draft {
	below := d.draft(r.To, in, path, r, isNew, "id", "ifVersion")
	below.parent = parent
	if version, ok := in.Get("ifVersion"); ok {
		if n, isNumber := version.(int64); isNumber {
			below.ifVersion = &n
		}
	}
	return below
}

// byID is the draft of a row that the input names; nil if it is at fault.
func (d *drafter) byID(parent *Draft, r *Relation, v any, path []string) *Draft {
	key := d.key(r.To, v, path)
	if key == 0 {
		return nil
	}
	if d.rows[rowOf{r.To, key}] {
		d.fault(path, Invalid, "is named twice: a row is written once")
		return nil
	}
	d.rows[rowOf{r.To, key}] = true
	d.given++
	return &Draft{table: r.To, path: path, at: d.given, key: key, under: r, parent: parent, named: path}
}

// key is that in a global id, 0 if it is at fault.
func (d *drafter) key(t *Table, v any, path []string) int64 {
	id, _ := v.(string)
	key, ok := t.ParseGlobalID(id)
	if !ok {
		d.fault(path, Invalid, "is not an id of the right type")
		return 0
	}
	return key
}

// moved is the draft of a row that comes to hang on another, or on none.
func (d *Draft) moved() *Draft {
	d.values = []assignment{{column: d.under.Theirs, path: d.path, parent: true, given: true}}
	return d
}

// parts reads the parts of an input of a row that is there.
func (d *drafter) parts(c *child, draft *Draft, in Input, path []string) {
	r := c.relation
	offered := r.Parts()
	one, kept := 0, 0
	for _, f := range in {
		here := at(path, f.Name)
		list, _ := f.Value.([]any)
		if !r.Many {
			list = []any{f.Value}
		}
		if !offered.has(f.Name) {
			d.fault(here, Invalid, "cannot be written")
			continue
		}
		for i, item := range list {
			place := here
			if r.Many {
				place = at(here, strconv.Itoa(i))
			}
			if item == nil || item == false {
				continue
			}
			object, _ := item.(Input)
			switch into := map[string]*[]*Draft{"delete": &c.remove, "disconnect": &c.disconnect, "connect": &c.connect}[f.Name]; {
			case f.Name == "create":
				kept++
				c.drafts = append(c.drafts, d.below(draft, r, object, place, true))
			case f.Name == "update":
				if changed := d.changed(draft, r, object, place); changed != nil {
					c.update = append(c.update, changed)
				}
				one, kept = one+1, kept+1
			case f.Name == "connect" || r.Many:
				kept++
				if row := d.byID(draft, r, item, place); row != nil {
					*into = append(*into, row.moved())
				}
			default: // the one that is there
				one++
				d.given++
				*into = append(*into, (&Draft{table: r.To, path: place, at: d.given, under: r, parent: draft, named: place}).moved())
			}
		}
	}
	if !r.Many && (one > 1 || kept > 1) {
		d.fault(path, Invalid, "there can be one: give `update`, or `delete` or `disconnect` for what is there and `create` or `connect` for what is to be there")
	}
}

// changed is the draft of a row to change; nil if it is named wrongly.
func (d *drafter) changed(parent *Draft, r *Relation, in Input, path []string) *Draft {
	row := &Draft{named: path}
	if r.Many {
		id, _ := in.Get("id")
		if row = d.byID(parent, r, id, at(path, "id")); row == nil {
			d.below(parent, r, in, path, false) // for what else is wrong with it
			return nil
		}
	}
	place := row.at
	if !r.Many {
		d.given++
		place = d.given
	}
	changed := d.below(parent, r, in, path, false)
	changed.key, changed.named, changed.at = row.key, row.named, place
	return changed
}

// links reads what an input says of a many-to-many relation.
func (d *drafter) links(draft *Draft, r *Relation, how form, v any, path []string) (l links, ok bool) {
	d.given++
	l = links{relation: r, path: path, at: d.given}
	switch v := v.(type) {
	case []any: // a new row's
		switch {
		case how == ofKeys:
			l.keys = d.keys(r.To, v, path)
		case r.named():
			l.named = d.names(r.To, v, path)
			l.set = textsOf(l.named)
		default:
			l.drafts = d.made(draft, r, v, path)
		}
	case Input:
		var difference bool
		for _, f := range v {
			list, given := f.Value.([]any)
			if !given {
				continue
			}
			here := at(path, f.Name)
			switch {
			case f.Name == "set" && r.named():
				named := d.names(r.To, list, here)
				l.set, l.named, l.replace = textsOf(named), append(l.named, named...), true
			case f.Name == "set" || f.Name == "setIds":
				l.keys, l.replace = append(l.keys, d.keys(r.To, list, here)...), true
			case f.Name == "add" && r.named():
				named := d.names(r.To, list, here)
				l.add, l.named, difference = textsOf(named), append(l.named, named...), true
			case f.Name == "remove" && r.named():
				l.remove, difference = textsOf(d.names(r.To, list, here)), true
			case f.Name == "connect":
				l.keys, difference = append(l.keys, d.keys(r.To, list, here)...), true
			case f.Name == "disconnect":
				l.disconnect, difference = d.keys(r.To, list, here), true
			case f.Name == "create" && r.Makes():
				l.drafts, difference = d.made(draft, r, list, here), true
			default:
				d.fault(here, Invalid, "cannot be written")
			}
		}
		if l.replace && difference {
			d.fault(path, Invalid, "say what all of them are afterwards, or what changes, not both")
		}
		for _, a := range l.disconnect {
			if slices.ContainsFunc(l.keys, func(b assignment) bool { return a.value == b.value }) {
				d.fault(a.path, Invalid, "is connected and disconnected")
			}
		}
	default:
		return l, false
	}
	return l, true
}

// keys reads a list of ids; a repeated one counts once.
func (d *drafter) keys(t *Table, list []any, path []string) (keys []assignment) {
	for i, item := range list {
		here := at(path, strconv.Itoa(i))
		key := d.key(t, item, here)
		if key != 0 && !slices.ContainsFunc(keys, func(a assignment) bool { return a.value == key }) {
			keys = append(keys, d.assignment(t.KeyColumn(), key, here))
		}
	}
	return keys
}

func (d *drafter) made(draft *Draft, r *Relation, list []any, path []string) (made []*Draft) {
	for i, item := range list {
		in, _ := item.(Input)
		made = append(made, d.below(draft, r, in, at(path, strconv.Itoa(i)), true))
	}
	return made
}

// related are the drafts that hang on the draft, but those of rows to delete.
func (d *Draft) related() (drafts []*Draft) {
	for _, c := range d.children {
		drafts = slices.Concat(drafts, c.disconnect, c.update, c.connect, c.drafts)
	}
	for _, l := range d.links {
		drafts = append(drafts, l.drafts...)
	}
	return drafts
}

// A nesting is what an input does to rows that are there already, beside its own. They are found and locked, a statement for
// each relation and path however many rows, before anything is written.
type nesting struct {
	db     *DB
	viewer Viewer
	// written are the rows that the input writes, each once.
	written map[rowOf]*Draft
	stages  []*stage
	linked  []*linkStage
	faults  []placed
	counts  []CascadeCount // of what was deleted, and went with it
	gone    []CascadeCount // of what went with it alone
}

// A stage is what an input does along one relation, for all parents at one path.
type stage struct {
	relation                                    *Relation
	remove, disconnect, update, connect, create []*Draft
}

// A linkStage is the same for a many-to-many relation.
type linkStage struct {
	relation *Relation
	parents  []*Draft
}

// A stored row is what has to be known of a row before it is written; its key is 0 if there is none.
type stored struct{ key, parent, version, owner int64 }

func (n *nesting) fault(d *Draft, path []string, code UserErrorCode, message string) {
	n.faults = append(n.faults, placed{Fault{code, message, path}, d.at})
}

// begin finds what the roots name, and does what makes rows go.
func (n *nesting) begin(ctx context.Context, roots []*Draft) error {
	n.written = map[rowOf]*Draft{}
	for _, root := range roots {
		if !root.isNew {
			n.written[rowOf{root.table, root.key}] = root
		}
	}
	if err := n.find(ctx, roots); err != nil {
		return err
	}
	if err := n.leave(ctx); err != nil {
		return err
	}
	return n.linkable(ctx)
}

// find finds the rows that drafts of one table, all new or all of rows that are there, name below theirs.
func (n *nesting) find(ctx context.Context, parents []*Draft) error {
	if len(parents) == 0 {
		return nil
	}
	for _, r := range parents[0].table.Relations {
		find := n.findChildren
		if r.Link != nil {
			find = n.findLinks
		}
		if err := find(ctx, r, parents); err != nil {
			return err
		}
	}
	return nil
}

func (n *nesting) findLinks(ctx context.Context, r *Relation, parents []*Draft) error {
	s := &linkStage{relation: r}
	var made []*Draft
	for _, p := range parents {
		for _, l := range p.links {
			if l.relation == r {
				made = append(made, l.drafts...)
				if !slices.Contains(s.parents, p) {
					s.parents = append(s.parents, p)
				}
			}
		}
	}
	if len(s.parents) > 0 {
		n.linked = append(n.linked, s)
	}
	return n.find(ctx, made)
}

func (n *nesting) findChildren(ctx context.Context, r *Relation, parents []*Draft) error {
	s := &stage{relation: r}
	type family struct {
		parent *Draft
		child
	}
	var families []family
	var named, holders []int64
	lock := lockChange
	for _, p := range parents {
		for _, c := range p.children {
			if c.relation != r {
				continue
			}
			families = append(families, family{p, c})
			named = append(named, keysOf(c.connect)...)
			for _, d := range slices.Concat(c.disconnect, c.update, c.connect) {
				lock = max(lock, d.strength())
			}
			if len(c.remove) > 0 {
				lock = lockRemove
			}
			switch {
			case r.Many:
				named = append(named, keysOf(slices.Concat(c.remove, c.disconnect, c.update))...)
			case !p.isNew:
				holders, lock = append(holders, p.key), lockRemove
			}
		}
	}
	if len(families) == 0 {
		return nil
	}
	rows, err := n.rows(ctx, r, r.To.KeyColumn(), named, lock)
	if err != nil {
		return err
	}
	there, err := n.rows(ctx, r, r.Theirs, holders, lock)
	if err != nil {
		return err
	}
	for _, f := range families {
		var was stored
		if !r.Many && !f.parent.isNew {
			was = there[f.parent.key]
			f.child = f.one(was, at(f.parent.path, r.Field))
		}
		for _, part := range []struct {
			of    []*Draft
			into  *[]*Draft
			hangs bool
		}{{f.remove, &s.remove, true}, {f.disconnect, &s.disconnect, true}, {f.update, &s.update, true}, {f.connect, &s.connect, false}} {
			for _, d := range part.of {
				row := was
				if r.Many || !part.hangs {
					row = rows[d.key]
				}
				if ok, err := n.may(d, row, part.hangs); err != nil {
					return err
				} else if ok {
					*part.into = append(*part.into, d)
				}
			}
		}
		for _, d := range f.drafts {
			if !d.isNew { // of a row that was to be changed
				made, faults, err := d.made(n.viewer)
				if err != nil {
					return err
				}
				for _, fault := range faults {
					n.faults = append(n.faults, placed{fault, d.at})
				}
				d = made
			}
			s.create = append(s.create, d)
		}
		for _, d := range slices.Concat(f.connect, f.drafts) {
			if was.key != 0 && len(f.remove)+len(f.disconnect) == 0 && (d.isNew || d.key != was.key) {
				n.fault(d, d.path, Taken, "there is one already")
			}
		}
	}
	if parents[0].isNew { // what comes to hang on new rows is written with them
		return n.find(ctx, s.create)
	}
	n.stages = append(n.stages, s)
	if err := n.find(ctx, s.update); err != nil {
		return err
	}
	return n.find(ctx, s.create)
}

// one is what is asked for of a relation to one, of the row that is there.
func (c child) one(was stored, path []string) child {
	out := child{relation: c.relation, connect: c.connect, drafts: c.drafts}
	for _, d := range c.update {
		d.key = was.key
		out.update = append(out.update, d)
	}
	switch {
	case was.key == 0:
	case c.either:
		d := *c.drafts[0] // which is of a new row if the transaction is run again and there is none
		d.key = was.key
		out.update, out.drafts = []*Draft{&d}, nil
	case c.null && c.relation.OnDelete == Detach:
		out.disconnect = []*Draft{(&Draft{table: c.relation.To, under: c.relation, path: path, at: c.at}).moved()}
	case c.null:
		out.remove = []*Draft{{table: c.relation.To, under: c.relation, path: path, at: c.at}}
	default:
		out.remove, out.disconnect = c.remove, c.disconnect
	}
	for _, d := range slices.Concat(out.remove, out.disconnect) {
		d.key = was.key
	}
	return out
}

// may tells whether a row is there and may be written as the draft says: it hangs on the draft's parent if it has to, has the
// version asked for, and is the viewer's.
func (n *nesting) may(d *Draft, row stored, hangs bool) (bool, error) {
	switch {
	case row.key == 0 || hangs && d.parent != nil && row.parent != d.parent.key:
		n.fault(d, d.named, NotFound, "there is no such "+lowerFirst(d.table.Type)+map[bool]string{true: " here"}[hangs])
		return false, nil
	case n.viewer.Key == 0 && !n.viewer.Admin:
		return false, ErrAnonymous
	case !n.viewer.owns(row.owner):
		return false, Errorf(Forbidden, "this %s is not yours: %s", lowerFirst(d.table.Type), strings.Join(d.place(), "."))
	case d.ifVersion != nil && *d.ifVersion != row.version:
		n.fault(d, at(d.path, "ifVersion"), Outdated, "the stored version is another")
		return false, nil
	}
	if other := n.written[rowOf{d.table, row.key}]; other != nil {
		if other.at > d.at {
			d = other
		}
		n.fault(d, d.place(), Invalid, "is named twice: a row is written once")
		return false, nil
	}
	n.written[rowOf{d.table, row.key}] = d
	return true, nil
}

// place is what names the draft's row in the input.
func (d *Draft) place() []string {
	if d.named != nil {
		return d.named
	}
	return d.path
}

// rows are the rows of r.To that have keys in a column, by those, and locks them. Those that a key of their own names are
// the ones that the viewer may see.
func (n *nesting) rows(ctx context.Context, r *Relation, by *Column, keys []int64, lock strength) (map[int64]stored, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	q := &query{dialect: n.db.dialect, viewer: n.viewer}
	q.add("SELECT t.id, COALESCE(t.", r.Theirs.Name, ", 0), t.version, ")
	q.ownerOf(r.To)
	q.add(" FROM ", r.To.Name, " AS t WHERE ")
	q.keysIn("t."+by.Name, keys)
	if by != r.Theirs {
		q.visible(" AND ", r.To, "t")
	}
	q.add(" ORDER BY t.id", q.locks[lock])
	found := map[int64]stored{}
	err := n.db.run(ctx, &Statement{Path: r.Coordinate(), Text: q.String(), Args: q.args, Keys: len(keys)}, func(rows *sqlx.Rows) error {
		var s stored
		err := rows.Scan(&s.key, &s.parent, &s.version, &s.owner)
		n.db.knowOwner(ctx, r.To, s.key, s.owner)
		found[map[bool]int64{true: s.parent, false: s.key}[by == r.Theirs]] = s
		return err
	})
	return found, err
}

// CascadeOfUpdate is what the input of a row that is there can delete along, a line for each type and action, without counts.
func (t *Table) CascadeOfUpdate() (lines []CascadeCount) {
	seen := map[*Relation]bool{}
	var visit func(t *Table)
	visit = func(t *Table) {
		for _, r := range t.Relations {
			parts := r.Parts()
			if seen[r] {
				continue
			}
			seen[r] = true
			if parts.Delete || r.Theirs != nil && !r.Many && r.Nested(false) && r.OnDelete == Cascade {
				lines = addCounts(addCounts(lines, []CascadeCount{{Type: r.To.Type, Action: Deleted}}), r.To.Cascade())
			}
			if parts.Update {
				visit(r.To)
			}
		}
	}
	visit(t)
	return lines
}

// keysIn writes that expr is one of keys.
func (q *query) keysIn(expr string, keys []int64) {
	q.bindTo(q.withKeys(expr, keys))
}

func keysOf(drafts []*Draft) []int64 {
	keys := make([]int64, len(drafts))
	for i, d := range drafts {
		keys[i] = d.key
	}
	return keys
}

// leave does what makes rows go from their parents, at every level, before anything comes to its place.
func (n *nesting) leave(ctx context.Context) error {
	var left []*Draft
	for _, s := range n.stages {
		left = append(left, s.disconnect...)
	}
	found, err := n.db.validate(ctx, left)
	if n.faults = append(n.faults, found...); err != nil {
		return err
	}
	var tables []*Table
	for _, s := range n.stages {
		if len(s.remove) > 0 {
			tables = append(tables, s.relation.To)
		}
	}
	m := n.db.removal(tables...)
	for _, s := range n.stages {
		if len(s.remove) > 0 {
			if _, err := m.remove(ctx, s.relation.To, keysOf(s.remove), true); err != nil {
				return err
			}
		}
		if err := n.db.set(ctx, s.disconnect); err != nil {
			return err
		}
	}
	n.gone = m.all()
	for _, s := range n.stages {
		if len(s.remove) > 0 {
			n.counts = addCounts(n.counts, []CascadeCount{{s.relation.To.Type, Deleted, len(s.remove)}})
		}
	}
	n.counts = addCounts(n.counts, n.gone)
	return n.remain(ctx)
}

// remain finds the rows that have gone with others although they are to be written.
func (n *nesting) remain(ctx context.Context) error {
	for _, s := range n.stages {
		left := slices.Concat(s.update, s.connect)
		if len(left) == 0 || !slices.ContainsFunc(n.gone, func(c CascadeCount) bool { return c.Type == s.relation.To.Type && c.Action == Deleted }) {
			continue
		}
		there, err := n.rows(ctx, s.relation, s.relation.To.KeyColumn(), keysOf(left), lockChange)
		if err != nil {
			return err
		}
		for _, d := range left {
			if there[d.key].key == 0 {
				n.fault(d, d.named, NotFound, "goes with another "+lowerFirst(d.table.Type)+" that is deleted")
			}
		}
	}
	return nil
}

// linkable checks that the rows are there which are linked by their ids, and that the viewer may link them.
func (n *nesting) linkable(ctx context.Context) error {
	for _, s := range n.linked {
		r := s.relation
		var named, apart []assignment
		for _, p := range s.parents {
			for _, l := range p.links {
				if l.relation == r {
					named, apart = append(named, l.keys...), append(apart, l.disconnect...)
				}
			}
		}
		if r.OfTheirs() {
			named, apart = append(named, apart...), nil
		}
		if len(named) == 0 {
			continue
		}
		var keys []int64
		for _, a := range named {
			if key, ok := a.value.(int64); ok && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		q := &query{dialect: n.db.dialect, viewer: n.viewer}
		q.add("SELECT t.id, ")
		q.ownerOf(r.To)
		q.add(" FROM ", r.To.Name, " AS t WHERE ")
		q.keysIn("t.id", keys)
		q.visible(" AND ", r.To, "t")
		q.add(" ORDER BY t.id", q.locks[lockShare])
		owners := map[any]int64{}
		err := n.db.run(ctx, &Statement{Path: r.Coordinate(), Text: q.String(), Args: q.args, Keys: len(keys)}, func(rows *sqlx.Rows) error {
			var key, owner int64
			err := rows.Scan(&key, &owner)
			n.db.knowOwner(ctx, r.To, key, owner)
			owners[key] = owner
			return err
		})
		if err != nil {
			return err
		}
		for _, a := range named {
			owner, ok := owners[a.value]
			switch {
			case !ok:
				n.faults = append(n.faults, placed{Fault{NotFound, "there is no such " + lowerFirst(r.To.Type), a.path}, a.at})
			case r.OfTheirs() && !n.viewer.owns(owner):
				return Errorf(Forbidden, "this %s is not yours: %s", lowerFirst(r.To.Type), strings.Join(a.path, "."))
			}
		}
	}
	return nil
}

// OfTheirs tells whether links along r are a matter of who may write the rows at the other end: they are written by whoever may
// write the row at the end where they are declared, or at the only one whose rows are others' than admins' to write.
func (r *Relation) OfTheirs() bool {
	return r.To.writes != nil && (!r.first || r.From.writes == nil)
}

// drafts are those of rows that the stages write, each with its parent's key.
func (n *nesting) drafts() (drafts []*Draft) {
	for _, s := range n.stages {
		for _, d := range slices.Concat(s.connect, s.create) {
			d.setParent(s.relation.Theirs, d.parent.key)
		}
		drafts = slices.Concat(drafts, s.update, s.connect)
		for _, d := range s.create {
			drafts = append(drafts, d.all()...)
		}
	}
	for _, s := range n.linked {
		for _, p := range s.parents {
			if p.isNew {
				continue // which has them with it
			}
			for _, l := range p.links {
				for _, d := range l.drafts {
					drafts = append(drafts, d.all()...)
				}
			}
		}
	}
	slices.SortStableFunc(drafts, func(a, b *Draft) int { return a.at - b.at }) // of two that ask for the same the first has it
	return drafts
}

// write does what is left: changes, then what comes to hang on rows, then what is new.
func (n *nesting) write(ctx context.Context) error {
	for _, s := range n.stages {
		if err := n.db.set(ctx, s.update); err != nil {
			return err
		}
	}
	for _, s := range n.stages {
		if err := n.db.set(ctx, s.connect); err != nil {
			return err
		}
	}
	for _, s := range n.stages {
		if err := n.db.insert(ctx, s.relation.To, s.create); err != nil {
			return err
		}
	}
	for _, s := range n.linked {
		if s.parents[0].isNew {
			continue
		}
		if err := n.db.relink(ctx, s.relation, s.parents); err != nil {
			return err
		}
	}
	return nil
}
