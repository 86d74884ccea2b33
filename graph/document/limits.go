package document

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"

	"kith/db/orm"
)

// Limits bound what one request may ask for. A field that is 0 has its default, the number in its comment.
type Limits struct {
	Tokens  int // tokens of a document, comments left out, and values in a body: 15,000
	Depth   int // fields inside fields: 15; introspection has a limit of its own
	Aliases int // fields of one name in a selection set: 100
	Cost    int // rows that an operation could return, and one for 100 that it makes the database look at: 50,000
	List    int // items of a list, in a document or in variables: 250; of objects four times as many
	Errors  int // errors in an answer: 50
}

// Items is how many items a list may have: one of objects may be the rows of a mutation.
func (l Limits) Items(objects bool) int {
	if objects {
		return 4 * l.List
	}
	return l.List
}

// WithDefaults are the limits that apply.
func (l Limits) WithDefaults() Limits {
	for limit, otherwise := range map[*int]int{
		&l.Tokens: 15_000, &l.Depth: 15, &l.Aliases: 100, &l.Cost: 50_000, &l.List: 250, &l.Errors: 50,
	} {
		if *limit <= 0 {
			*limit = otherwise
		}
	}
	return l
}

// MaxNesting is how many lists and objects may be inside each other, in variables or in a literal.
const MaxNesting = 50

// Limits that no setting changes.
const (
	maxFields    = 1000 // fields in a document
	maxSpreads   = 1000 // spreads and inline fragments in a document
	maxFragments = 200  // fragments in a document
	maxChain     = 30   // fragments that spread each other
	// maxOperations bounds how often validation goes through the same fragments.
	maxOperations = 50
	// maxVariables bounds the variables of an operation: validation compares each use with each.
	maxVariables = 500
	// maxMeta is the cost of introspection, in entries of the schema by its average sizes; what tools ask for the whole
	// schema costs about a third.
	maxMeta = 100_000
	// maxHops are the relations that all filters of an operation cross, maxHopDepth those that one crosses in a row.
	maxHops     = 100
	maxHopDepth = 10
	// lookedAt is how many rows that the database looks at cost as much as one that is returned.
	lookedAt = 100
	// maxLooksWriting is how many rows the answer of a mutation may make the database look at: it is read inside of the
	// transaction, while others may wait for what that holds.
	maxLooksWriting = 100_000
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

// Counts are made of a parsed document once, before it is validated: validation takes time by the square of what is
// counted here.
type counts struct {
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

// count goes through doc; its error is the limit that doc exceeds.
func (l *Limits) count(doc *ast.QueryDocument) (*counts, error) {
	c := &counts{limits: l, fragments: map[string]*ast.FragmentDefinition{}, extents: map[string]extent{}}
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

func (c *counts) exceed(format string, args ...any) {
	if c.err == nil {
		c.err = exceeded(format, args...)
	}
}

func (c *counts) named(names ...string) {
	c.nodes++
	for _, name := range names {
		c.longest = max(c.longest, len(name))
	}
}

// fragment goes through a fragment, once.
func (c *counts) fragment(f *ast.FragmentDefinition) extent {
	e, found := c.extents[f.Name]
	if !found {
		c.extents[f.Name] = extent{}
		e = c.set(f.SelectionSet)
		e.chain++
		c.extents[f.Name] = e
	}
	return e
}

func (c *counts) set(set ast.SelectionSet) extent {
	if len(set) == 0 {
		return extent{}
	}
	return c.selections(set, map[string]int{})
}

// selections goes through what may be a part of a selection set; names counts the fields of the whole of it.
func (c *counts) selections(set ast.SelectionSet, names map[string]int) (e extent) {
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

func (c *counts) field(f *ast.Field, names map[string]int) extent {
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

func (c *counts) spread(directives ast.DirectiveList, name string) {
	c.named(name)
	c.directives(directives)
	if c.spreads++; c.spreads > maxSpreads {
		c.exceed("a document may spread fragments %d times", maxSpreads)
	}
}

func (c *counts) directives(directives ast.DirectiveList) {
	for _, d := range directives {
		c.named(d.Name)
		c.arguments(d.Arguments)
	}
}

func (c *counts) arguments(arguments ast.ArgumentList) {
	for _, a := range arguments {
		c.named(a.Name)
		c.value(a.Value, 1)
	}
}

func (c *counts) value(v *ast.Value, nesting int) {
	if v == nil || c.err != nil {
		return
	}
	c.named(v.Raw)
	if v.Kind != ast.ListValue && v.Kind != ast.ObjectValue {
		return
	}
	if nesting > MaxNesting {
		c.exceed("lists and objects may be nested %d deep", MaxNesting)
	}
	if v.Kind == ast.ListValue && len(v.Children) > 0 {
		if most := c.limits.Items(v.Children[0].Value.Kind == ast.ObjectValue); len(v.Children) > most {
			c.exceed("a list may have %d items", most)
		}
	}
	for _, child := range v.Children {
		c.named(child.Name)
		c.value(child.Value, nesting+1)
	}
}

// Shorten bounds a text that may repeat what the client sent.
func Shorten(text string, length int) string {
	if len(text) <= length {
		return text
	}
	return strings.ToValidUTF8(text[:length], "") + "…"
}
