package orm

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// An Input is an input object, its fields in the schema's order; what the client left out is left out.
type Input []InputField

// An InputField is one field of an Input: nil, a string, an int64, a json.Number, a float64, a bool, an Input, a []any of
// those, or what a JSON scalar holds.
type InputField struct {
	Name  string
	Value any
}

// Get is the value of a field, and whether it was given.
func (in Input) Get(name string) (any, bool) {
	for _, f := range in {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// A UserErrorCode is what can be wrong with an input.
type UserErrorCode string

// The codes of faults.
const (
	Taken      UserErrorCode = "TAKEN"       // Another row has this unique value, or the user already has one.
	Blank      UserErrorCode = "BLANK"       // Nothing but white space, or null where a value is required.
	TooShort   UserErrorCode = "TOO_SHORT"   // Shorter than allowed, in Unicode code points after NFC. A text of one line is trimmed and its white space collapsed first.
	TooLong    UserErrorCode = "TOO_LONG"    // Longer than allowed, counted in the same way.
	Invalid    UserErrorCode = "INVALID"     // Malformed, outside of a range, an id of another type, inputs that exclude each other, or a wrong login.
	NotFound   UserErrorCode = "NOT_FOUND"   // There is no such object, or none the caller may see.
	Outdated   UserErrorCode = "CONFLICT"    // The stored `version` is not `ifVersion`.
	InUse      UserErrorCode = "IN_USE"      // The object is linked to others, and `force` is not true.
	TooMany    UserErrorCode = "TOO_MANY"    // More objects match than `atMost`.
	RolledBack UserErrorCode = "ROLLED_BACK" // Nothing is wrong here: another root field of the operation failed, so nothing was written.
)

// A Fault is a fault of the input, for the caller to mend. What the caller may not do, or a failure of the server, is a
// GraphQL error instead, with an `extensions.code`: UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST, LIMIT_EXCEEDED, CONFLICT,
// TIMEOUT, UNAVAILABLE or INTERNAL.
type Fault struct {
	Code    UserErrorCode // What is wrong, for programs.
	Message string        // What is wrong, for people: a sentence.
	Field   []string      // Path to the input at fault, indexes included: `["input","posts","1","title"]`; null when no single input is.
}

// A Draft is what one input object asks to be written: values of one row, and rows related to it.
type Draft struct {
	table    *Table
	path     []string
	values   []assignment
	secrets  []assignment // not hashed until Seal
	refused  []*Column    // given, and at fault
	children []child
	links    []links
	key      int64
	at       int // its place in the whole input
	isNew    bool
	under    *Relation // along which it hangs on another draft; nil if it is the outermost
	parent   *Draft    // that other draft
	named    []string  // path to what names its row, if the input does
	// ifVersion is what the stored version is to be, for the draft of a row that the input names; nil if it says nothing.
	ifVersion *int64
	counts    []CascadeCount // of what Update deleted along
	wanted    []*Column
	written   *Rows
	reads     []*Read // wanted of the rows that it is linked to
	linked    map[string]*Rows
}

type assignment struct {
	column  *Column
	value   any // a cell, nil
	path    []string
	at      int   // its place in the whole input
	given   bool  // it is what the input says of a field, or of the row that a stored one hangs on, and not what follows from that
	parent  bool  // it is the key of the row that the draft hangs on, and no field of the input
	row     int64 // the key of the draft's row if that is stored, while it is validated
	derived bool  // from another
}

// A child is what the input says of the rows that hang on its row along a relation, in the order in which it is done. Where a
// row of a relation to one is named by nothing but its parent, its draft has no key until it is found.
type child struct {
	relation                            *Relation
	remove, disconnect, update, connect []*Draft
	drafts                              []*Draft // to be made
	either                              bool     // the draft changes the row that is there, and makes one if there is none
	null                                bool     // what is there is deleted or detached, as when its parent goes
	at                                  int      // the place of the null in the whole input
}

// Links are what the input says of a many-to-many relation, by the other side's names or keys.
type links struct {
	relation         *Relation
	set, add, remove []string
	replace          bool         // what is linked is to be what is set, and no more
	named            []assignment // of set and add
	keys, disconnect []assignment
	drafts           []*Draft // rows to make and link
	path             []string
	at               int
}

// NewDraft checks input against the rules of t, without asking the database. It answers every fault, in the input's
// order. A new row needs what has no default; fields named in known are the caller's and passed over.
func NewDraft(t *Table, input Input, path []string, isNew bool, known ...string) (*Draft, []Fault) {
	drafts, faults := newDrafts(t, []Input{input}, [][]string{path}, isNew, known...)
	return drafts[0], faults
}

// NewDrafts checks the inputs of new rows, the items of a list at path, as NewDraft does each.
func NewDrafts(t *Table, inputs []Input, path []string) ([]*Draft, []Fault) {
	paths := make([][]string, len(inputs))
	for i := range inputs {
		paths[i] = at(path, strconv.Itoa(i))
	}
	return newDrafts(t, inputs, paths, true)
}

func newDrafts(t *Table, inputs []Input, paths [][]string, isNew bool, known ...string) ([]*Draft, []Fault) {
	d := &drafter{rows: map[rowOf]bool{}}
	drafts := make([]*Draft, len(inputs))
	for i, input := range inputs {
		drafts[i] = d.draft(t, input, paths[i], nil, isNew, known...)
	}
	return drafts, d.faults
}

type drafter struct {
	faults []Fault
	given  int            // values so far
	rows   map[rowOf]bool // that nested inputs have named
	depth  int            // of nested inputs
	flat   bool           // inputs that stand in this one write no relations
}

func (d *drafter) assignment(c *Column, v any, path []string) assignment {
	d.given++
	return assignment{column: c, value: v, path: path, at: d.given}
}

func (d *drafter) fault(path []string, code UserErrorCode, message string) {
	d.faults = append(d.faults, Fault{Code: code, Message: message, Field: path})
}

func at(path []string, name string) []string {
	return append(path[:len(path):len(path)], name)
}

func (d *drafter) draft(t *Table, input Input, path []string, under *Relation, isNew bool, known ...string) *Draft {
	draft := &Draft{table: t, path: path, at: d.given, isNew: isNew, under: under}
	for _, f := range input {
		if slices.Contains(known, f.Name) {
			continue
		}
		here := at(path, f.Name)
		if i := slices.IndexFunc(t.Columns, func(c *Column) bool { return c.Field == f.Name }); i >= 0 {
			c := t.Columns[i]
			if !c.Writable(isNew) || under != nil && c == under.Theirs {
				d.fault(here, Invalid, "cannot be written")
			} else if v, ok := d.value(c, f.Value, here); ok {
				a := d.assignment(c, v, here)
				a.given = true
				draft.values = append(draft.values, a)
			} else {
				draft.refused = append(draft.refused, c)
			}
			continue
		}
		if i := slices.IndexFunc(t.secrets, func(c *Column) bool { return c.Field == f.Name }); i >= 0 {
			if v, ok := d.text(t.secrets[i], f.Value, here); ok {
				draft.secrets = append(draft.secrets, d.assignment(t.secrets[i], v, here))
			}
			continue
		}
		if r, how := t.nestedField(f.Name, isNew); r != nil && !d.flat && (under == nil || r != under.Back) {
			d.nested(draft, r, how, f.Value, here)
		} else if t.Relation(f.Name) != nil {
			d.fault(here, Invalid, "cannot be written")
		}
	}
	if !isNew {
		return draft
	}
	for _, c := range t.Columns {
		if _, given := input.Get(c.Field); !given && c.api.preset != nil {
			draft.Default(c, c.api.preset)
		}
		if c.rule.fallback == "" || draft.has(c) {
			continue
		}
		if v, ok := draft.Value(c.rule.fallback); ok {
			if _, given := input.Get(c.Field); !given {
				draft.values = append(draft.values, d.assignment(c, v, at(path, c.Field)))
			}
		}
	}
	return draft
}

func (d *drafter) value(c *Column, v any, path []string) (any, bool) {
	switch {
	case v == nil && c.Nullable:
		return nil, true
	case v == nil:
		d.fault(path, Blank, "must not be null")
		return nil, false
	case c.References != nil:
		id, _ := v.(string)
		key, ok := c.References.ParseGlobalID(id)
		if !ok {
			d.fault(path, Invalid, "is not an id of the right type")
			return nil, false
		}
		return key, true
	case c.Kind != Text:
		cell, code, message := c.accept(v)
		if code != "" {
			d.fault(path, code, message)
		}
		return cell, code == ""
	}
	return d.text(c, v, path)
}

func (d *drafter) text(c *Column, v any, path []string) (any, bool) {
	s, isText := v.(string)
	if !isText {
		d.fault(path, Blank, "must not be null")
		return nil, false
	}
	text, code, message := c.rule.apply(s)
	if code != "" {
		d.fault(path, code, message)
		return nil, false
	}
	return text, true
}

// names checks a list of names; a repeated one counts once.
func (d *drafter) names(t *Table, list []any, path []string) []assignment {
	names := make([]assignment, 0, len(list))
	for i, item := range list {
		here := at(path, strconv.Itoa(i))
		if v, ok := d.text(t.name, item, here); ok && !slices.ContainsFunc(names, func(a assignment) bool { return a.value == v }) {
			names = append(names, d.assignment(t.name, v, here))
		}
	}
	return names
}

func textsOf(assignments []assignment) []string {
	texts := make([]string, len(assignments))
	for i, a := range assignments {
		texts[i], _ = a.value.(string)
	}
	return texts
}

func (d *Draft) has(c *Column) bool {
	return slices.ContainsFunc(d.values, func(a assignment) bool { return a.column == c })
}

// Cascade is what the last Update deleted along, and what went with that.
func (d *Draft) Cascade() []CascadeCount { return d.counts }

// Want makes the statement that writes the draft's row answer columns of it, the table's key first, for Written.
func (d *Draft) Want(columns []*Column) { d.wanted = columns }

// Written is the row as it was written last, as a Read answers the columns wanted of it; nil where it has to be read.
func (d *Draft) Written() *Rows { return d.written }

// WantLinked lets the statement that links a new row to named ones answer a page of them, for Linked. Keys are not to be given.
func (d *Draft) WantLinked(reads []*Read) { d.reads = reads }

// Linked are the pages wanted of WantLinked, by their paths, that need not be read any more.
func (d *Draft) Linked() map[string]*Rows { return d.linked }

// Table is the table of the row that the draft writes.
func (d *Draft) Table() *Table { return d.table }

// Value is what the draft gives a column, by the column's name in SQL.
func (d *Draft) Value(column string) (any, bool) {
	for _, a := range d.values {
		if a.column.Name == column {
			return a.value, true
		}
	}
	return nil, false
}

// Set gives a field a value in the same way as the input, and whether or not an input may: it is for mutations of one's own.
func (d *Draft) Set(field string, v any) []Fault {
	i := slices.IndexFunc(d.table.Columns, func(c *Column) bool { return c.Field == field && !c.Kept() })
	if i < 0 {
		panic("db: " + d.table.Type + " has no field " + field + " to be set")
	}
	by, here := &drafter{given: d.at}, at(d.path, field)
	if v, ok := by.value(d.table.Columns[i], v, here); ok {
		d.values = slices.DeleteFunc(d.values, func(a assignment) bool { return a.column == d.table.Columns[i] })
		d.values = append(d.values, by.assignment(d.table.Columns[i], v, here))
	}
	return by.faults
}

// Default gives a column a value that the input left out.
func (d *Draft) Default(c *Column, v any) {
	if !d.has(c) {
		d.values = append(d.values, assignment{column: c, value: v, path: at(d.path, c.Field)})
	}
}

// setParent gives the draft the key of its parent, in place of another run's if the transaction is run again.
func (d *Draft) setParent(c *Column, parent int64) {
	d.values = slices.DeleteFunc(d.values, func(a assignment) bool { return a.column == c })
	d.values = append(d.values, assignment{column: c, value: parent, path: d.place(), parent: true, given: !d.isNew})
}

// all are the draft and those that hang on it.
func (d *Draft) all() []*Draft {
	drafts := []*Draft{d}
	for _, related := range d.related() {
		drafts = append(drafts, related.all()...)
	}
	return drafts
}

// Secrets are how many of the draft's secrets are to be hashed.
func (d *Draft) Secrets() int { return len(d.secrets) }

// Seal hashes the draft's secrets. It takes long on purpose and must be done before a transaction begins.
func (d *Draft) Seal() {
	for _, s := range d.secrets {
		text, _ := s.value.(string)
		d.values = append(d.values, assignment{column: s.column, value: s.column.hash(text), path: s.path})
	}
	d.secrets = nil
}

// RowsOf is how many rows drafts could write together: their own and those related to them, their links, and the named
// rows that may be missing at the other end of the links.
func RowsOf(drafts []*Draft) int {
	type named struct {
		table *Table
		name  string
	}
	missing := map[named]bool{}
	rows := 0
	var count func([]*Draft)
	count = func(drafts []*Draft) {
		rows += len(drafts)
		for _, d := range drafts {
			count(d.related())
			for _, c := range d.children {
				rows += btoi(c.null) + len(c.remove)
			}
			for _, l := range d.links {
				rows += len(l.set) + len(l.add) + len(l.remove) + len(l.keys) + len(l.disconnect) + len(l.drafts)
				for _, name := range slices.Concat(l.set, l.add) {
					missing[named{l.relation.To, name}] = true
				}
			}
		}
	}
	count(drafts)
	return rows + len(missing)
}

// row is the draft as a JSON object for a dialect's rows.
func (d *Draft) row(columns []*Column) map[string]any {
	row := make(map[string]any, len(columns))
	for _, a := range d.values {
		row[a.column.Name] = a.value
	}
	return row
}

// rowsJSON makes the one value that a dialect's rows are bound as.
func (d *dialect) rowsJSON(rows []map[string]any) string {
	for _, row := range rows {
		for name, v := range row {
			switch v := v.(type) {
			case time.Time:
				row[name] = d.bindTime(v)
			case Decimal:
				row[name] = v.units()
			}
		}
	}
	text, _ := json.Marshal(rows) // what is in them always marshals
	return string(text)
}
