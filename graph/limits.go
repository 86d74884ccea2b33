package graph

import (
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"

	"kith/db"
	"kith/db/orm"
	"kith/graph/plan"
)

// Limits bound what one request may ask for. A field that is 0 has its default, the number in its comment.
type Limits struct {
	Body    int           // bytes of a request's body: 1 MiB
	Tokens  int           // tokens of a document, comments left out, and values in a body: 15,000
	Depth   int           // fields inside fields: 15; introspection has a limit of its own
	Aliases int           // fields of one name in a selection set: 100
	Cost    int           // rows that an operation could return, and one for 200 that it makes the database look at: 50,000
	List    int           // items of a list, in a document or in variables: 250
	Errors  int           // errors in an answer: 50
	Timeout time.Duration // from the request's first byte read to its answer: 10 s

	Response int // bytes of an answer: 16 MiB; four times as many may be held to make it
}

func (l Limits) withDefaults() Limits {
	for limit, otherwise := range map[*int]int{
		&l.Body: 1 << 20, &l.Tokens: 15_000, &l.Depth: 15, &l.Aliases: 100, &l.Cost: 50_000, &l.List: 250, &l.Errors: 50,
		&l.Response: 16 << 20,
	} {
		if *limit <= 0 {
			*limit = otherwise
		}
	}
	if l.Timeout <= 0 {
		l.Timeout = 10 * time.Second
	}
	return l
}

// Limits that no setting changes.
const (
	maxURL       = 16 << 10 // bytes of a request's target
	maxHeader    = 16 << 10 // bytes of all its header fields
	maxNesting   = 50       // lists and objects inside each other, in variables or in a literal
	maxFields    = 1000     // fields in a document
	maxSpreads   = 1000     // spreads and inline fragments in a document
	maxFragments = 200      // fragments in a document
	maxChain     = 30       // fragments that spread each other
	// maxOperations bounds how often validation goes through the same fragments.
	maxOperations = 50
	// maxVariables bounds the variables of an operation: validation compares each use with each.
	maxVariables = 500
	// maxMeta is the cost of introspection, in entries of the schema by its average sizes; what tools ask for the whole
	// schema costs about a third.
	maxMeta = 100_000
	// manyAnswers is how many of the largest answers all running operations may take together, in bytes: of rows that they
	// hold, of what they have written, and of what has not been sent yet.
	manyAnswers = 8
	leastMemory = 64 << 20 // and if answers are small, what resolvers may take for a tree of many objects
	// maxWritten is how many rows a mutation may write, of anonymous callers maxWrittenUnknown.
	maxWritten        = 10_000
	maxWrittenUnknown = 1_000
	// maxHops are the relations that all filters of an operation cross, maxHopDepth those that one crosses in a row.
	maxHops     = 100
	maxHopDepth = 10
	// lookedAt is how many rows that the database looks at cost as much as one that is returned.
	lookedAt = 100
	// maxLooksWriting is how many rows the answer of a mutation may make the database look at: it is read inside of the
	// transaction, while others may wait for what that holds.
	maxLooksWriting = 100_000
	// maxConnections is how many connections to the database a request holds at once.
	maxConnections = 2
	// longName is how long a name may be to be worth a hint: comparing takes time by its length.
	longName = 64
)

func exceeded(format string, args ...any) *orm.Error {
	return orm.Errorf(orm.LimitExceeded, format, args...)
}

// surrogate is an escape that may be one half of a character.
var surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F]`)

// tokens refuses a text that has more tokens than it may, or more comments, or an escape that is half a character, for
// which the lexer puts another. What is no token at all is the parser's to report.
func (l *Limits) tokens(text string) error {
	lex := lexer.New(&ast.Source{Input: text})
	halves := surrogate.MatchString(text)
	for tokens, comments := 0, 0; max(tokens, comments) <= l.Tokens; {
		token, err := lex.ReadToken()
		switch {
		case err != nil || token.Kind == lexer.EOF:
			return nil
		case token.Kind == lexer.Comment:
			comments++
		case halves && token.Kind == lexer.String && strings.ContainsRune(token.Value, unicode.ReplacementChar):
			return orm.Errorf(parseFailed, "a text has an escape that is half a character: write the character itself")
		default:
			tokens++
		}
	}
	return exceeded("a document may have %d tokens", l.Tokens)
}

// A census goes through a parsed document once, before it is validated: validation takes time by the square of what is
// counted here.
type census struct {
	limits    *Limits
	fragments map[string]*ast.FragmentDefinition
	extents   map[string]extent // of fragments; that of one inside itself is 0, which validation refuses

	fields, spreads, nodes, longest int
	introspects                     bool
	err                             error // the first limit that is exceeded
}

// An extent is how far a selection reaches: in fields inside fields, and in fragments that spread each other.
type extent struct{ depth, chain int }

func (e *extent) cover(other extent) {
	e.depth, e.chain = max(e.depth, other.depth), max(e.chain, other.chain)
}

// count answers a census of doc; its error is the limit that doc exceeds.
func (l *Limits) count(doc *ast.QueryDocument) (*census, error) {
	c := &census{limits: l, fragments: map[string]*ast.FragmentDefinition{}, extents: map[string]extent{}}
	switch {
	case len(doc.Fragments) > maxFragments:
		return c, exceeded("a document may have %d fragments", maxFragments)
	case len(doc.Operations) > maxOperations:
		return c, exceeded("a document may have %d operations", maxOperations)
	}
	for _, f := range doc.Fragments {
		c.fragments[f.Name] = f
	}
	for _, f := range doc.Fragments {
		c.named(f.Name, f.TypeCondition)
		c.directives(f.Directives)
		if c.fragments[f.Name] == f {
			c.fragment(f)
		} else {
			c.set(f.SelectionSet) // validation refuses two of one name
		}
	}
	for _, o := range doc.Operations {
		if len(o.VariableDefinitions) > maxVariables {
			c.exceed("an operation may have %d variables", maxVariables)
		}
		for _, v := range o.VariableDefinitions {
			c.named(v.Variable, v.Type.Name())
			c.value(v.DefaultValue, 1)
			c.directives(v.Directives)
		}
		c.directives(o.Directives)
		switch e := c.set(o.SelectionSet); {
		case e.depth > l.Depth:
			c.exceed("a document may be %d fields deep", l.Depth)
		case e.chain > maxChain:
			c.exceed("fragments may spread fragments %d deep", maxChain)
		}
	}
	return c, c.err
}

func (c *census) exceed(format string, args ...any) {
	if c.err == nil {
		c.err = exceeded(format, args...)
	}
}

func (c *census) named(names ...string) {
	c.nodes++
	for _, name := range names {
		c.longest = max(c.longest, len(name))
	}
}

// fragment goes through a fragment, once.
func (c *census) fragment(f *ast.FragmentDefinition) extent {
	e, found := c.extents[f.Name]
	if !found {
		c.extents[f.Name] = extent{}
		e = c.set(f.SelectionSet)
		e.chain++
		c.extents[f.Name] = e
	}
	return e
}

func (c *census) set(set ast.SelectionSet) extent {
	if len(set) == 0 {
		return extent{}
	}
	return c.selections(set, map[string]int{})
}

// selections goes through what may be a part of a selection set; names counts the fields of the whole of it.
func (c *census) selections(set ast.SelectionSet, names map[string]int) (e extent) {
	for _, selection := range set {
		if c.err != nil {
			return e
		}
		switch s := selection.(type) {
		case *ast.Field:
			e.cover(c.field(s, names))
		case *ast.InlineFragment:
			c.spread(s.Directives, s.TypeCondition)
			e.cover(c.selections(s.SelectionSet, names))
		case *ast.FragmentSpread:
			c.spread(s.Directives, s.Name)
			if f := c.fragments[s.Name]; f != nil {
				e.cover(c.fragment(f))
			}
		}
	}
	return e
}

func (c *census) field(f *ast.Field, names map[string]int) extent {
	c.named(f.Name, f.Alias)
	if c.fields++; c.fields > maxFields {
		c.exceed("a document may have %d fields", maxFields)
	}
	if names[f.Name]++; names[f.Name] > c.limits.Aliases {
		c.exceed("a selection set may have %d fields of one name", c.limits.Aliases)
	}
	c.arguments(f.Arguments)
	c.directives(f.Directives)
	e := c.set(f.SelectionSet)
	if f.Name == "__schema" || f.Name == "__type" {
		e.depth = 0 // has a limit of its own
		c.introspects = true
	}
	e.depth++
	return e
}

func (c *census) spread(directives ast.DirectiveList, name string) {
	c.named(name)
	c.directives(directives)
	if c.spreads++; c.spreads > maxSpreads {
		c.exceed("a document may spread fragments %d times", maxSpreads)
	}
}

func (c *census) directives(directives ast.DirectiveList) {
	for _, d := range directives {
		c.named(d.Name)
		c.arguments(d.Arguments)
	}
}

func (c *census) arguments(arguments ast.ArgumentList) {
	for _, a := range arguments {
		c.named(a.Name)
		c.value(a.Value, 1)
	}
}

func (c *census) value(v *ast.Value, nesting int) {
	if v == nil || c.err != nil {
		return
	}
	c.named(v.Raw)
	if v.Kind != ast.ListValue && v.Kind != ast.ObjectValue {
		return
	}
	if nesting > maxNesting {
		c.exceed("lists and objects may be nested %d deep", maxNesting)
	}
	if v.Kind == ast.ListValue && len(v.Children) > c.limits.List {
		c.exceed("a list may have %d items", c.limits.List)
	}
	for _, child := range v.Children {
		c.named(child.Name)
		c.value(child.Value, nesting+1)
	}
}

// A price is what operations of one document cost. Of a fragment it is computed once and counted for every spread.
//
// A connection costs its page size for each time that its rows are selected, and at least once; what is selected of a
// row is added to that row. A to-one relation is one row. Fields are counted before equal ones are merged, and whether
// or not @skip leaves them out. What filters, orders and total counts make the database look at depends on its tables, and is
// only known while an operation is about to run.
type price struct {
	schema    *ast.Schema
	looks     looks          // nil: not asked for
	variables map[string]any // coerced
	fragments map[string]toll
	sizes     map[string]int // of the schema's own lists
	meta      int            // of introspection
	varies    bool           // the variables or the database have a say
	depth     int            // of the relations in a filter
}

// looks is db.DB.Looks.
type looks = func(via *orm.Relation, table *orm.Table, page *orm.Page, counting bool) (each, once float64)

// A toll is what a selection costs.
type toll struct {
	rows       int     // that it could return
	hops       int     // that filters in it take
	each, once float64 // rows to look at: for every row that it is selected of, and once
	reads      bool    // rows of the connection that it is selected of are read
	counts     bool    // that connection's rows are counted
}

func (t toll) plus(u toll) toll {
	return toll{plus(t.rows, u.rows), plus(t.hops, u.hops), t.each + u.each, t.once + u.once, t.reads || u.reads, t.counts || u.counts}
}

// of is the toll of a field whose rows t is selected of, n of them at most.
func (t toll) of(n, rows int) toll {
	return toll{rows: rows, hops: t.hops, each: float64(n) * t.each, once: t.once, reads: true}
}

// looked is about how many rows the database looks at.
func (t toll) looked() float64 { return t.each + t.once }

// cost is what t comes to.
func (t toll) cost() int { return plus(t.rows, int(min(t.looked()/lookedAt, most))) }

// most stops prices from running over: far above every limit, and its square is an int still.
const most = math.MaxInt32

func plus(a, b int) int  { return min(a+b, most) }
func times(a, b int) int { return min(a*b, most) }

func (p *price) selections(set ast.SelectionSet) (sum toll) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			sum = sum.plus(p.field(s))
		case *ast.InlineFragment:
			sum = sum.plus(p.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			fragment, found := p.fragments[s.Name]
			if !found {
				fragment = p.selections(s.Definition.SelectionSet)
				p.fragments[s.Name] = fragment
			}
			sum = sum.plus(fragment)
		}
	}
	return sum
}

func (p *price) field(f *ast.Field) toll {
	inSchema := strings.HasPrefix(f.ObjectDefinition.Name, "__")
	switch {
	case len(f.SelectionSet) == 0 && inSchema:
		return toll{rows: 1}
	case len(f.SelectionSet) == 0:
		return toll{counts: f.Name == "totalCount" && isConnection(f.ObjectDefinition)}
	}
	under := p.selections(f.SelectionSet)
	result := p.schema.Types[f.Definition.Type.Name()]
	switch {
	case f.Name == "__schema", f.Name == "__type":
		p.meta = plus(p.meta, under.rows)
		return toll{}
	case inSchema:
		size, isList := p.sizes[f.Name]
		if !isList {
			size = 1
		}
		return toll{rows: times(size, plus(1, under.rows))}
	case isConnection(result):
		size := p.page(f)
		return p.connection(f, result, under).plus(under.of(size, times(size, max(1, under.rows))))
	case f.Name == "nodes" && f.ObjectDefinition == p.schema.Query:
		n := p.length(f.Arguments.ForName("ids"))
		return under.of(n, times(n, plus(1, under.rows)))
	case f.Name == "edges":
		return under.of(1, max(1, under.rows))
	case result.Name == "Node", db.Model.TableOf(result.Name) != nil:
		return under.of(1, plus(1, under.rows))
	}
	return under.of(1, under.rows)
}

// connection is what the filter, the order and the total count of a connection take; under is what is selected of it.
func (p *price) connection(f *ast.Field, result *ast.Definition, under toll) (t toll) {
	plain := f.Arguments.ForName("where") == nil && f.Arguments.ForName("orderBy") == nil
	if plain && !under.counts {
		return t
	}
	p.varies = true
	if p.looks == nil {
		return t
	}
	table := db.Model.TableOf(strings.TrimSuffix(result.Name, "Connection"))
	var via *orm.Relation
	if from := db.Model.TableOf(f.ObjectDefinition.Name); from != nil {
		via = from.Relation(f.Name)
	}
	page := &orm.Page{}
	if !plain {
		var err error
		if page, err = plan.Page(f.ObjectDefinition.Name+"."+f.Name, table, f, p.variables); err != nil {
			return t // the field is refused
		}
	}
	if page.Where != nil {
		t.hops, p.depth = page.Where.Hops, max(p.depth, page.Where.Depth)
	}
	for counting, wanted := range map[bool]bool{false: under.reads, true: under.counts} {
		if wanted {
			each, once := p.looks(via, table, page, counting)
			t.each, t.once = t.each+each, t.once+once
		}
	}
	return t
}

func isConnection(d *ast.Definition) bool { return strings.HasSuffix(d.Name, "Connection") }

// page is how many rows a connection could return for one parent. A size that is refused later counts as a whole page.
func (p *price) page(f *ast.Field) int {
	size := -1
	for _, name := range []string{"first", "last"} {
		n := orm.DefaultPage
		switch v := p.value(f.Arguments.ForName(name)).(type) {
		case nil:
			continue
		case int64:
			n = orm.MaxPage
			if v >= 0 {
				n = int(min(v, orm.MaxPage))
			}
		}
		size = max(size, n)
	}
	if size < 0 {
		size = orm.DefaultPage
	}
	return max(1, size)
}

// length is how many items a list argument has.
func (p *price) length(a *ast.Argument) int {
	switch v := p.value(a).(type) {
	case nil:
		return 0
	case []any:
		return len(v)
	}
	return 1
}

func (p *price) value(a *ast.Argument) any {
	if a == nil {
		return nil
	}
	p.varies = p.varies || hasVariable(a.Value)
	v, err := a.Value.Value(p.variables)
	if err != nil {
		return nil // validation has refused such a literal
	}
	return v
}

func hasVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, child := range v.Children {
		if hasVariable(child.Value) {
			return true
		}
	}
	return false
}

// listSizes are the average sizes of the lists that introspection answers, rounded up.
func listSizes(schema *ast.Schema) map[string]int {
	sums := map[string]int{}
	arguments, fields := 0, 0
	for _, t := range schema.Types {
		sums["interfaces"] += len(t.Interfaces)
		sums["possibleTypes"] += len(schema.PossibleTypes[t.Name])
		sums["enumValues"] += len(t.EnumValues)
		if t.Kind == ast.InputObject {
			sums["inputFields"] += len(t.Fields)
			continue
		}
		sums["fields"] += len(t.Fields)
		for _, f := range t.Fields {
			fields++
			arguments += len(f.Arguments)
		}
	}
	average := func(sum, of int) int { return (sum + of - 1) / max(1, of) }
	for name, sum := range sums {
		sums[name] = average(sum, len(schema.Types))
	}
	sums["types"], sums["directives"] = len(schema.Types), len(schema.Directives)
	sums["args"] = average(arguments, fields)
	return sums
}

// shorten bounds a text that may repeat what the client sent.
func shorten(text string, length int) string {
	if len(text) <= length {
		return text
	}
	return strings.ToValidUTF8(text[:length], "") + "…"
}

// capped bounds the errors of an answer.
func (l *Limits) capped(errors gqlerror.List) gqlerror.List {
	return errors[:min(len(errors), l.Errors)]
}
