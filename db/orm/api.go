package orm

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What the page says of the API: which verbs a table has and which fields each of them takes. The schema is written from
// it, and what a request asks beyond it is refused here as well, however it came.

// A Verb is one of the mutations of a table.
type Verb string

// The verbs.
const (
	Creating  Verb = "create"
	Updating  Verb = "update"
	Deleting  Verb = "delete"
	Upserting Verb = "upsert" // creates the row or, if it is there, updates it
)

var verbs = []Verb{Creating, Updating, Deleting, Upserting}

// Without takes verbs away from a table's API. Where they are gone, rows are not made, changed or deleted by the inputs
// of other tables either.
func Without(unwanted ...Verb) Option {
	return func(t *Table) {
		for _, v := range unwanted {
			if !slices.Contains(verbs, v) {
				panic(fmt.Sprintf("relations: %s has no verb %q to be without", t.Type, v))
			}
		}
		t.without = unwanted
	}
}

// Has tells whether the API has a mutation of a table. To be upserted a row has to be told by something that the caller gives.
func (t *Table) Has(v Verb) bool {
	if v == Upserting && (!t.Has(Creating) || !t.Has(Updating) || len(t.Told()) == 0) {
		return false
	}
	return !slices.Contains(t.without, v)
}

// HasMany tells whether the API has a mutation of many rows of a table.
func (t *Table) HasMany(v Verb) bool {
	if v == Updating && !slices.ContainsFunc(t.Columns, func(c *Column) bool { return c.Writable(false) }) {
		return false // there is nothing to set
	}
	return v != Upserting && t.Has(v)
}

// Told are the unique columns by which an upsert tells a row: those that the input of a new one takes.
func (t *Table) Told() []*Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c *Column) bool { return !c.Unique || !c.Writable(true) })
}

// Mutation is the verb and the table of a field of Mutation that follows from the page, and whether it is for many rows:
// "createPost", "createPosts". The table is nil if the field is none of these.
func (m *Model) Mutation(field string) (v Verb, t *Table, many bool) {
	for _, v := range verbs {
		name, ok := strings.CutPrefix(field, string(v))
		if !ok {
			continue
		}
		for _, t := range m.tables {
			if one := name == t.Type && t.Has(v); one || name == upperFirst(t.Root()) && t.HasMany(v) {
				return v, t, !one
			}
		}
	}
	return "", nil, false
}

// api is how a column shows to clients, as its entity's tag says: `api:"name,option,default=text"`. The form is that of
// encoding/json: an empty name is the column's own, `-` hides it.
type api struct {
	hidden    bool
	readOnly  bool   // no input takes it
	writeOnce bool   // only a new row takes it
	preset    any    // a cell
	given     string // the preset as the tag has it
}

// parseAPI reads a tag; rule is already read. A wrong one panics: it is a mistake in the program.
func (c *Column) parseAPI(tag string) {
	wrong := func(format string, args ...any) {
		panic(fmt.Sprintf("relations: %s.%s: %s", c.Table.Type, c.Name, fmt.Sprintf(format, args...)))
	}
	name, options, _ := strings.Cut(tag, ",")
	switch {
	case name == "-":
		c.api.hidden = true
	case name != "" && strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }):
		wrong("%q is no name of a field", name)
	case name != "":
		c.Field = name
	}
	for options != "" {
		if text, ok := strings.CutPrefix(options, "default="); ok { // the last option: it may hold commas
			v, code, message := c.rule.apply(text)
			if c.Kind != Text {
				var ok bool
				if v, ok = c.fromText(text); !ok {
					wrong("the default %q is not %s", text, c.noun())
				}
				v, code, message = c.within(v)
			}
			if code != "" {
				wrong("the default %q %s", text, message)
			}
			c.api.preset, c.api.given = v, text
			return
		}
		var option string
		option, options, _ = strings.Cut(options, ",")
		switch option {
		case "readonly":
			c.api.readOnly = true
		case "writeonce":
			c.api.writeOnce = true
		default:
			wrong("unknown option %q", option)
		}
	}
}

// A Row is what every entity embeds.
type Row struct {
	Key       int64     `db:"id"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
	unread    uint64    // columns that may not be null and are missing: the viewer may not read them
}

// kept are the columns that db itself writes.
var kept = []string{"id", "created_at", "updated_at", "version"}

// Kept tells whether db itself writes the column: the key, times and version of a row.
func (c *Column) Kept() bool { return slices.Contains(kept, c.Name) }

// place orders a table's columns: the key, its own, those that db keeps.
func (c *Column) place() int {
	switch {
	case c.Name == "id":
		return 0
	case c.Kept():
		return 2
	}
	return 1
}

// Shown tells whether clients can select the column and filter by it. A foreign key they see as a relation.
func (c *Column) Shown() bool { return c.References == nil && !c.api.hidden }

// Filtered tells whether clients can filter by the column.
func (c *Column) Filtered() bool { return c.Shown() && c.Name != "version" }

// Writable tells whether the inputs of a new row, or of one that is there, take the column.
func (c *Column) Writable(isNew bool) bool {
	return !c.Kept() && !c.api.hidden && !c.api.readOnly && (isNew || !c.api.writeOnce)
}

// Preset is what the column holds where the input of a new row leaves it out, as a value of the schema; "" if nothing is
// declared.
func (c *Column) Preset() string {
	switch {
	case c.api.preset == nil:
		return ""
	case slices.Contains([]Kind{Int, Float, Bool, Enum}, c.Kind):
		return c.api.given
	}
	return strconv.Quote(c.api.given)
}

// Finds tells whether clients can look a row up by the column, as by its key: it is a unique text or UUID.
func (c *Column) Finds() bool { return c.Shown() && c.Unique && (c.Kind == Text || c.Kind == Guid) }

// Fallback is the column whose value is taken where the input of a new row leaves this one out; nil if there is none.
func (c *Column) Fallback() *Column { return c.Table.column(c.rule.fallback) }

// Needed tells whether a new row must be given a value of the column.
func (c *Column) Needed() bool {
	return c.Writable(true) && !c.Nullable && c.api.preset == nil && c.rule.fallback == ""
}

// Rule says in words what the column takes: "1 to 50 code points"; "" if anything.
func (c *Column) Rule() string { return c.rule.String() }

// GoField is the name of the entity's field.
func (c *Column) GoField() string { return c.Table.entity.FieldByIndex(c.index).Name }

// GoType is the type of the entity's field, without what tells whether it may be null.
func (c *Column) GoType() string {
	typ := c.Table.entity.FieldByIndex(c.index).Type
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ.String()
}

// Root is the field of Query that leads to all rows: "posts".
func (t *Table) Root() string { return camel(t.Name) }

// Single is the field of Query that leads to one row: "post".
func (t *Table) Single() string { return lowerFirst(t.Type) }

// Secrets are columns that are written with a new row and never read with it.
func (t *Table) Secrets() []*Column { return t.secrets }

// Searched are the columns that `matches` looks into.
func (t *Table) Searched() []*Column { return t.searched }

// ByName is the unique text column by which other inputs may refer to a row; nil if there is none.
func (t *Table) ByName() *Column { return t.name }

// Signup tells whether a row is a user: it is made by whoever has none.
func (t *Table) Signup() bool { return t.owner == t.KeyColumn() }

// Forced tells whether a row that is linked to others is deleted only by force.
func (t *Table) Forced() bool {
	return t.name != nil && t.owner == nil && slices.ContainsFunc(t.Relations, func(r *Relation) bool { return r.Own == nil })
}

// maxOrdered is the longest text that an index can hold whole: PostgreSQL's entries end at 2,704 bytes.
const maxOrdered = 2704 / 4

// Orders are the columns that pages can be ordered by, relevance not among them.
func (t *Table) Orders() []*Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c *Column) bool {
		return !c.Filtered() || c.Kind == Text && c.rule.max > maxOrdered || c.Kind == Document
	})
}

// OrderName is the column's name in the schema's orders: "CREATED_AT".
func (c *Column) OrderName() string {
	var b strings.Builder
	for i, r := range c.Field {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Nested tells whether an input of From writes rows of To: together with a new row, or also with one that is there. They
// get the key of From from there, another owner is the viewer, and what else they need, keys among it, the input gives.
func (r *Relation) Nested(isNew bool) bool {
	if r.Link != nil {
		return r.Links() && r.named()
	}
	return r.Theirs != nil && r.makes(isNew) && (isNew || !r.Many && r.To.Has(Updating) && r.To.Has(Deleting))
}

// makes tells whether an input of From has all that a row of To needs.
func (r *Relation) makes(isNew bool) bool {
	return r.To.Has(Creating) && len(r.To.secrets) == 0 && !r.To.Signup() && !slices.ContainsFunc(r.To.Columns, func(c *Column) bool {
		return c != r.Theirs && c != r.To.owner && c.Needed() && !c.Writable(isNew)
	})
}

// named tells whether links are written by the names of the rows on the other side: those can be made of a name alone, by anyone.
func (r *Relation) named() bool {
	return r.To.name != nil && (r.To.writes == nil || r.To.owner != nil) && r.To.name.Writes() == nil && r.To.name.Writable(true) && r.To.Has(Creating) && len(r.To.secrets) == 0 &&
		!slices.ContainsFunc(r.To.Columns, func(c *Column) bool { return c != r.To.name && c.Needed() })
}

// Cascade is what goes with a row that is deleted, a line for each type and action, without counts.
func (t *Table) Cascade() (lines []CascadeCount) {
	for _, r := range t.Relations {
		switch {
		case r.Own != nil || r.OnDelete == keep:
		case r.OnDelete == Unlink:
			lines = addCounts(lines, []CascadeCount{{Type: r.forward().Coordinate(), Action: Unlinked}})
		case r.OnDelete == Detach:
			lines = addCounts(lines, []CascadeCount{{Type: r.To.Type, Action: Detached}})
		case r.recursive():
			lines = addCounts(lines, []CascadeCount{{Type: r.To.Type, Action: Deleted}})
		default:
			lines = addCounts(addCounts(lines, []CascadeCount{{Type: r.To.Type, Action: Deleted}}), r.To.Cascade())
		}
	}
	return lines
}
