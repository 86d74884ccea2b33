package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kith/db/orm"
)

// A writer writes the schema of a page: what its tables, columns and relations are called and what they are is theirs,
// the sentences about them are made of their rules and of the comments in their source.
type writer struct {
	tables []*orm.Table
	source *source
	b      strings.Builder
	indent string
}

// nouns are what conditions call the values of kinds of columns.
var nouns = map[orm.Kind]string{
	orm.Key: "id", orm.Int: "number", orm.Text: "text", orm.Time: "instant", orm.Bool: "value", orm.Long: "number", orm.Float: "number", orm.Enum: "value",
	orm.Numeric: "number", orm.Day: "date", orm.Guid: "UUID", orm.Document: "value",
}

// scalars are what the schema says of the scalars of kinds, but DateTime, which every row has.
var scalars = map[orm.Kind]string{
	orm.Long:     "A whole number of 64 bits, answered as text, which keeps it whole in every language; taken as text or as a number.",
	orm.Numeric:  "An exact decimal number, answered as text with all the digits behind the point that its field has; taken as text, or as a whole number.",
	orm.Day:      "A day of the calendar, without a time or a zone: `2026-11-21`.",
	orm.Guid:     "A UUID of any version, answered in small letters; taken in letters of either case.",
	orm.Document: "Any JSON value, answered in the canonical form of RFC 8785, but that whole numbers keep all their digits.",
}

// operators are those of conditions: their types, and what they say of the value beside them.
var operators = map[string]struct{ typ, text string }{
	"eq":         {"%s", "Is this %s."},
	"ne":         {"%s", "Is not this %s."},
	"in":         {"[%s!]", "Is one of these %ss; an empty list matches nothing."},
	"notIn":      {"[%s!]", "Is none of these %ss."},
	"lt":         {"%s", "Is before this %s."},
	"lte":        {"%s", "Is this %s or before it."},
	"gt":         {"%s", "Is after this %s."},
	"gte":        {"%s", "Is this %s or after it."},
	"contains":   {"%s", "Has this %s in it; `%%`, `_` and `\\` are literal."},
	"startsWith": {"%s", "Begins with this %s; `%%`, `_` and `\\` are literal."},
	"endsWith":   {"%s", "Ends with this %s; `%%`, `_` and `\\` are literal."},
	"isNull":     {"Boolean", "Is null if true, is not null if false."},
	"ignoreCase": {"Boolean = false", "Let all operands beside this one take letters that have a one-to-one case pair as equal."},
}

// ofNumbers are what operators say of numbers instead.
var ofNumbers = map[string]string{
	"lt": "Is less than this %s.", "lte": "Is this %s or less.", "gt": "Is more than this %s.", "gte": "Is this %s or more.",
}

// scalarsOf are the columns of the page that clients filter by and that pass, and answers of aggregates, one for each scalar.
func (w *writer) scalarsOf(passes func(*orm.Column) bool) (columns []*orm.Column) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(columnsOf(w.tables), w.summarized()) {
		if c.Filtered() && passes(c) && !seen[c.Scalar()] {
			seen[c.Scalar()] = true
			columns = append(columns, c)
		}
	}
	slices.SortStableFunc(columns, func(a, b *orm.Column) int { return int(a.Kind) - int(b.Kind) })
	return columns
}

// where is the input of a condition on a column; "" if there is none.
func (w *writer) where(c *orm.Column) string {
	if len(w.operatorsOf(c)) == 0 {
		return ""
	}
	return c.Scalar() + "Where"
}

// operatorsOf are those of a column's scalar. Of a kind that is null nowhere on the page nobody asks whether it is.
func (w *writer) operatorsOf(c *orm.Column) []string {
	names := c.Kind.Operators()
	if c.Kind != orm.Text && slices.ContainsFunc(columnsOf(w.tables), func(other *orm.Column) bool {
		return other.Filtered() && other.MayBeNull() && other.Scalar() == c.Scalar()
	}) {
		names = append(names, "isNull")
	}
	return names
}

// conditions are the scalars and enums of the page's columns, and the inputs of conditions on them.
func (w *writer) conditions() string {
	w.b.Reset()
	w.b.WriteString("# " + marked + "\n")
	shown := map[orm.Kind]string{} // scalars by their kinds
	for _, c := range columnsOf(w.tables) {
		if c.Filtered() {
			shown[c.Kind] = c.Scalar()
		}
	}
	for _, t := range w.tables {
		for _, c := range t.ComputedFields() {
			shown[c.Kind] = c.Scalar()
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(shown)) {
		if scalars[kind] != "" {
			w.line("")
			w.field(scalars[kind], "scalar "+shown[kind])
		}
	}
	for _, c := range w.scalarsOf(func(c *orm.Column) bool { return c.Kind == orm.Enum }) {
		w.enum(c.Scalar())
	}
	for _, c := range w.scalarsOf(func(c *orm.Column) bool { return w.where(c) != "" }) {
		noun := nouns[c.Kind]
		about := withArticle(noun)
		switch c.Kind {
		case orm.Text:
			about += ", compared by code point"
		case orm.Enum:
			about = withArticle(orm.Spoken(c.Scalar())) + ", compared by name"
		}
		w.block("Condition on "+about+"; it has to meet every field given. A `null` operand is BAD_REQUEST.", "input "+w.where(c), func() {
			for _, name := range w.operatorsOf(c) {
				o := operators[name]
				if text := ofNumbers[name]; text != "" && noun == "number" {
					o.text = text
				}
				w.field(filled(o.text, noun), name+": "+filled(o.typ, c.Scalar()))
			}
		})
	}
	return w.b.String()
}

// filled puts a word where a text has room for it.
func filled(text, word string) string {
	if !strings.Contains(text, "%s") {
		return text
	}
	return fmt.Sprintf(text, word)
}

const (
	ofVersion  = "1 at first, and grows with each change of the row; what `ifVersion` is compared with."
	ofQuery    = "Everything that can be read, as this field leaves it, so that lists and counts come along: in the transaction, under `@dryRun` too; with `userErrors` as it is stored."
	ofIfVer    = "Go on only if this is the stored `version`, else CONFLICT here; no check when absent."
	ofFaults   = "Faults of the input, in input order; empty on success."
	ofOthers   = " Another user is for admins only: FORBIDDEN."
	ofNames    = "missing %s are made, a repeated name counts once."
	ofAllMatch = "Matches %s that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST."
)

// schema is the schema of a table.
func (w *writer) schema(t *orm.Table) string {
	w.b.Reset()
	w.b.WriteString("# " + marked + "\n")
	w.types(t)
	w.inputs(t)
	w.aggregates(t)
	w.roots(t)
	w.mutations(t)
	w.bulk(t)
	return w.b.String()
}

func (w *writer) line(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		w.b.WriteString(w.indent + text)
	}
	w.b.WriteByte('\n')
}

// describe writes a description.
func (w *writer) describe(text string) {
	switch {
	case len(text) > 170:
		w.line(`"""`)
		for _, line := range wrapped(text, 130) {
			w.line("%s", line)
		}
		w.line(`"""`)
	case strings.ContainsAny(text, `"\`):
		w.line(`"""%s"""`, text)
	default:
		w.line(`"%s"`, text)
	}
}

// block writes a definition with what is in it; each entry describes itself.
func (w *writer) block(description, head string, inside func()) {
	w.line("")
	if description != "" {
		w.describe(description)
	}
	w.line("%s {", head)
	w.indent = "  "
	inside()
	w.indent = ""
	w.line("}")
}

func (w *writer) field(description, text string) {
	w.describe(description)
	w.line("%s", text)
}

// deprecated is the directive of a deprecated column.
func (w *writer) deprecated(c *orm.Column) string { return w.deprecation(c.Table, c.GoField()) }

func (w *writer) deprecation(t *orm.Table, goName string) string {
	if reason := w.source.doc(t.Type, goName).deprecated; reason != "" {
		return " @deprecated(reason: " + strconv.Quote(reason) + ")"
	}
	return ""
}

// ordered are the columns that pass, those that every row has behind the others.
func ordered(columns []*orm.Column, passes func(*orm.Column) bool) []*orm.Column {
	var key, own, kept []*orm.Column
	for _, c := range columns {
		switch {
		case !passes(c):
		case c == c.Table.KeyColumn():
			key = append(key, c)
		case c.Kept():
			kept = append(kept, c)
		default:
			own = append(own, c)
		}
	}
	return slices.Concat(key, own, kept)
}

// seen is what a sentence about finding rows says of those that the caller may not see.
func seen(t *orm.Table) string {
	if t.Reads() != nil {
		return " the caller may see"
	}
	return ""
}

// types writes the object, its connection and its edge.
func (w *writer) types(t *orm.Table) {
	n := w.noun(t)
	about := w.source.doc(t.Type, "").text
	if about == "" {
		about = upperFirst(n.a)
	}
	w.block(about+".", "type "+t.Type+" implements Node", func() {
		for _, c := range ordered(t.Columns, (*orm.Column).Shown) {
			w.field(w.ofColumn(c), c.Field+": "+c.Scalar()+required(!c.MayBeNull())+w.deprecated(c))
		}
		for _, c := range t.ComputedFields() {
			text := w.source.doc(t.Type, c.GoName()).text
			if text == "" {
				text = "The " + orm.Spoken(c.Field) + " of the " + n.one
			}
			w.field(text+".", c.Field+": "+c.Scalar()+required(!c.Nullable)+w.deprecation(t, c.GoName()))
		}
		w.field("What the viewer may do with the "+n.one+".", "viewerCan: ViewerCan!")
		for _, r := range t.Relations {
			w.describe(w.ofRelation(r))
			if r.Many {
				w.connection(r.Field, r.To, r.Connection())
			} else {
				w.line("%s: %s", r.Field, r.To.Type+required(r.Required))
			}
		}
	})
	w.page(t, "One page of "+n.many, t.Type+"Connection", upperFirst(n.a)+" on a page.", t.Type+"Edge", nil)
	for _, r := range t.Relations {
		if r.Link == nil || r.Link.Rows == nil {
			continue
		}
		link := w.noun(r.Link.Rows)
		to := w.noun(r.To)
		w.page(r.To, "One page of the "+orm.Spoken(r.Field)+" of "+n.a, r.Connection(), upperFirst(to.a)+" on such a page, with what the "+link.one+" says.", r.Edge(), r.EdgeColumns())
	}
}

// page writes a connection to rows of a table and its edge, with what the edge says besides.
func (w *writer) page(t *orm.Table, about, connection, aboutEdge, edge string, besides []*orm.Column) {
	n := w.noun(t)
	w.block(about+", after the Relay cursor connections specification.", "type "+connection, func() {
		w.field("The "+n.many+" of the page, each with its cursor.", "edges: ["+edge+"!]!")
		w.field("The "+n.many+" of the page, in the order of `edges`.", "nodes: ["+t.Type+"!]!")
		w.field("Where the page begins and ends, and whether there is more.", "pageInfo: PageInfo!")
		w.field("How many "+n.many+seen(t)+" match `where`, on all pages together.", "totalCount: Int!")
		w.summaries(t)
	})
	w.block(aboutEdge, "type "+edge, func() {
		w.field("Its place, for `after` and `before`: opaque, bound to the field and the order, not to the parent or the filter.", "cursor: String!")
		w.field("The "+n.one+".", "node: "+t.Type+"!")
		for _, c := range besides {
			w.field(w.ofColumn(c), c.Field+": "+c.Scalar()+required(!c.Nullable)+w.deprecated(c))
		}
	})
}

func required(is bool) string {
	if is {
		return "!"
	}
	return ""
}

// connection writes a connection field with its arguments.
func (w *writer) connection(field string, t *orm.Table, typ string) {
	n := w.noun(t)
	outer := w.indent
	w.line("%s(", field)
	w.indent += "  "
	w.field(fmt.Sprintf("Page size from the front, 0 to %d; %d when neither `first` nor `last` is given. BAD_REQUEST together with `last`.", orm.MaxPage, orm.DefaultPage), "first: Int")
	w.field("Only "+n.many+" behind this cursor. A cursor of another field or order is BAD_REQUEST.", "after: String")
	w.field(fmt.Sprintf("Page size from the back, 0 to %d. BAD_REQUEST together with `first`.", orm.MaxPage), "last: Int")
	w.field("Only "+n.many+" in front of this cursor. A cursor of another field or order is BAD_REQUEST.", "before: String")
	w.field("Order, the first entry weighing most; ID ASC when absent and as the last tie-breaker.", "orderBy: ["+t.Type+"Order!]")
	w.field("Only "+n.many+" that match; all when absent.", "where: "+t.Type+"Where")
	w.pages(t)
	w.indent = outer
	w.line("): %s!", typ)
}

// ofColumn describes a column of an object.
func (w *writer) ofColumn(c *orm.Column) string {
	n := w.noun(c.Table)
	switch {
	case c == c.Table.KeyColumn():
		return "Global id: opaque, URL-safe, never reused."
	case c.Name == "created_at":
		return "When the " + n.one + " was created."
	case c.Name == "updated_at":
		return "When the " + n.one + " was last changed."
	case c.Name == "version":
		return ofVersion
	}
	text := w.takes(c)
	if c.Nullable {
		text += "; null when not given"
	}
	if c.Reads() != nil {
		text += ". Read by " + w.whos(c.Reads()) + ": for others it is null, in filters and orders too"
	}
	return text + "."
}

// takes says what a column is and what it takes: "Login name, unique: 1 to 50 code points".
func (w *writer) takes(c *orm.Column) string {
	text := w.source.doc(c.Table.Type, c.GoField()).text
	if text == "" {
		text = "The " + orm.Spoken(c.Field) + " of the " + w.noun(c.Table).one
	}
	if c.Unique {
		text += ", unique"
	}
	if rule := c.Rule(); rule != "" {
		text += ": " + rule
	}
	return text
}

// ofRelation describes a relation of an object.
func (w *writer) ofRelation(r *orm.Relation) string {
	one := w.noun(r.From).one
	switch {
	case r.Own != nil:
		text := w.end(r)
		switch {
		case r.Required:
		case r.From.Reads().Plain() == r.Own:
			text += "; null when there is none, which only admins see"
		default:
			text += "; null when there is none" + seen(r.To)
		}
		return text + "."
	case !r.Many:
		return "The " + orm.Spoken(r.Field) + " of the " + one + "; null when there is none" + seen(r.To) + "."
	case r.Theirs != nil && !strings.HasSuffix(one, orm.Spoken(r.Back.Field)):
		return "The " + orm.Spoken(r.Field) + " of which the " + one + " is the " + orm.Spoken(r.Back.Field) + "."
	}
	return "The " + orm.Spoken(r.Field) + " of the " + one + "."
}

// end is what stands at the other end of a foreign key.
func (w *writer) end(r *orm.Relation) string {
	if text := w.source.doc(r.From.Type, r.Own.GoField()).text; text != "" {
		return text
	}
	if orm.Spoken(r.Field) == w.noun(r.To).one {
		return "The " + orm.Spoken(r.Field) + " it belongs to"
	}
	return "The " + w.noun(r.To).one + " that is its " + orm.Spoken(r.Field)
}

// inputs writes what pages are ordered and filtered by.
func (w *writer) inputs(t *orm.Table) {
	n := w.noun(t)
	w.block("What "+n.many+" can be ordered by.", "enum "+t.Type+"OrderField", func() {
		relevance := t.Searchable()
		for _, c := range ordered(t.Orders(), (*orm.Column).Shown) {
			if c.Kept() && c != t.KeyColumn() && relevance {
				w.relevance(t)
				relevance = false
			}
			text := "By `" + c.Field + "`."
			switch c.Kind {
			case orm.Key:
				text = "By the key behind `id`: the default order."
			case orm.Text, orm.Enum:
				text = "By `" + c.Field + "`, in code-point order."
			}
			w.field(text, c.OrderName()+w.deprecated(c))
		}
		if relevance {
			w.relevance(t)
		}
		for _, c := range t.OrderCounts() {
			w.field("By how many "+orm.Spoken(c.Counts().Field)+seen(c.Counts().To)+" there are of the "+n.one+".", c.OrderName())
		}
	})
	w.orders(t)
	self := t.Type + "Where"
	w.block(fmt.Sprintf(ofAllMatch, n.a), "input "+self, func() {
		w.field("All of these match.", "and: ["+self+"!]")
		w.field("At least one of these matches; an empty list is BAD_REQUEST.", "or: ["+self+"!]")
		w.field("This does not match.", "not: "+self)
		for _, c := range ordered(t.Columns, (*orm.Column).Shown) {
			if where := w.where(c); where != "" && c.Filtered() {
				w.field("Condition on `"+c.Field+"`.", c.Field+": "+where+w.deprecated(c))
			}
		}
		for _, r := range t.Relations {
			w.filters(r)
		}
		if t.Searchable() {
			w.field(w.ofMatches(t), "matches: String")
			w.field("How to read `matches`.", "matchOptions: MatchOptions")
		}
	})
	if slices.ContainsFunc(w.tables, func(from *orm.Table) bool {
		return slices.ContainsFunc(from.Relations, func(r *orm.Relation) bool { return r.Many && r.To == t })
	}) {
		w.block("Matches an object by its "+n.many+"; it has to meet every field given.", "input "+t.Type+"ListWhere", func() {
			w.field("At least one of its "+n.many+" matches.", "some: "+self)
			w.field("Each of its "+n.many+" matches, as is so when there are none.", "every: "+self)
			w.field("None of its "+n.many+" matches.", "none: "+self)
			w.field("How many "+n.many+seen(t)+" it has.", "count: "+t.Type+"CountWhere")
		})
		w.counts(t)
	}
	if by := uniques(t); len(by) > 0 {
		w.block("Which "+n.one+": exactly one key.", "input "+t.Type+"By @oneOf", func() {
			w.field("Global id of "+n.a+"; anything else is BAD_REQUEST.", "id: ID")
			for _, c := range by {
				w.field(w.called(c)+c.Compared()+".", c.Field+": "+c.Scalar()+w.deprecated(c))
			}
		})
	}
}

// called is what a column is, without its rule.
func (w *writer) called(c *orm.Column) string {
	if text := w.source.doc(c.Table.Type, c.GoField()).text; text != "" {
		return text
	}
	return "The " + orm.Spoken(c.Field)
}

// uniques are the columns besides the key by which a row can be found.
func uniques(t *orm.Table) []*orm.Column {
	return ordered(t.Columns, (*orm.Column).Finds)
}

func (w *writer) relevance(t *orm.Table) {
	w.field("By rank in the search of `"+t.Type+"Where.matches`: best first under ASC. Each database ranks in its own way. Without words to search for it orders nothing.", "RELEVANCE")
}

func (w *writer) ofMatches(t *orm.Table) string {
	var names []string
	for _, c := range t.Searched() {
		names = append(names, c.Field)
	}
	in, within := "", ""
	if len(names) > 1 {
		in, within = ", in one or the other", " in one of them"
	}
	return "Full text of " + listed(code(names)) + ": every word" + in + ", case folded. A word is a run of letters and digits; what else stands between words means" +
		" nothing, but for `\"words in a row\"`, which have to stand so" + within + ", and `prefix*`. A text without a word matches nothing, unless `matchOptions` says otherwise; one with more than 100 is BAD_REQUEST."
}

// filters writes the conditions on a relation.
func (w *writer) filters(r *orm.Relation) {
	field := orm.Spoken(r.Field)
	there := withArticle(field) + seen(r.To)
	switch {
	case r.Many:
		w.field("Condition on the "+field+" of the "+w.noun(r.From).one+".", r.Field+": "+r.To.Type+"ListWhere")
		return
	case r.Required:
		w.field("Its "+field+" matches.", r.Field+": "+r.To.Type+"Where")
		return
	}
	w.field("There is "+there+", and it matches.", r.Field+": "+r.To.Type+"Where")
	w.field("Whether there is "+there+".", "has"+upperFirst(r.Field)+": Boolean")
}

// roots writes the fields of Query.
func (w *writer) roots(t *orm.Table) {
	n := w.noun(t)
	w.block("", "extend type Query", func() {
		w.describe("One " + n.one + "; null when there is none" + seen(t) + ".")
		w.line("%s(", lowerFirst(t.Type))
		w.indent = "    "
		if len(uniques(t)) > 0 {
			w.field("Which "+n.one+".", "by: "+t.Type+"By!")
		} else {
			w.field("Global id of "+n.a+"; anything else is BAD_REQUEST.", "id: ID!")
		}
		w.indent = "  "
		w.line("): %s", t.Type)
		switch {
		case t.Reads() == nil:
			w.describe("All " + n.many + ".")
		case t.Reads().Plain() != nil:
			w.describe("All " + n.many + " the caller may see: for a user their own, for an admin every one, without a login none.")
		default:
			w.describe("All " + n.many + " the caller may see. " + upperFirst(n.a) + " is seen by " + w.whos(t.Reads()) + ".")
		}
		w.connection(t.Root(), t, t.Type+"Connection")
	})
}

// whos are those who have a right, in words.
func (w *writer) whos(r *orm.Right) string {
	var names []string
	for _, c := range r.Columns() {
		names = append(names, w.holder(c))
	}
	for _, path := range r.Paths() {
		steps := strings.Split(path, ".")
		text := "its " + orm.Spoken(steps[0])
		for _, step := range steps[1:] {
			text = "the " + strings.ReplaceAll(orm.Spoken(strings.TrimSuffix(step, "_id")), "_", " ") + " of " + text
		}
		names = append(names, text)
	}
	for _, role := range r.Roles() {
		names = append(names, "users with the role `"+role+"`")
	}
	if r.Everyone() {
		names = append(names, "everyone")
	}
	return listed(append(names, "admins"))
}

// holder is the user whose key a column holds.
func (w *writer) holder(c *orm.Column) string {
	if c == c.Table.KeyColumn() {
		return "the " + w.noun(c.Table).one
	}
	if i := slices.IndexFunc(c.Table.Relations, func(r *orm.Relation) bool { return r.Own == c }); i >= 0 {
		return "its " + orm.Spoken(c.Table.Relations[i].Field)
	}
	return "the user of `" + c.Field + "`"
}
