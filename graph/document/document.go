// Package document turns what a request sends as text into an operation that may run. It is the one way from a text to
// the executor: a document is found or parsed, validated and held to its limits, variables get the types that the
// operation declares, and it is known what running it costs.
package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"kith/db/orm"
	"kith/graph/plan"
)

// NotPersisted is the code of an id whose document is not known yet: the client is to send it.
const NotPersisted orm.Code = "PERSISTED_QUERY_NOT_FOUND"

// Codes of what is wrong with a document itself.
const (
	parseFailed      orm.Code = "GRAPHQL_PARSE_FAILED"
	validationFailed orm.Code = "GRAPHQL_VALIDATION_FAILED"
)

// A Request is what a client asks for, as it was sent.
type Request struct {
	Query         string         // the text of a document
	DocumentID    string         // of a document, instead of its text or beside it
	OperationName string         // "" where the document has one operation
	Variables     map[string]any // as JSON says them, numbers as json.Number
	Extensions    map[string]any // `persistedQuery` is Apollo's way to name a document
}

// An Operation is what a request asks for, ready to run.
type Operation struct {
	Text       string // of its document
	Document   *ast.QueryDocument
	Definition *ast.OperationDefinition
	Kind       ast.Operation
	Variables  map[string]any // by their types: Int is an int64, ID a string, an enum one of its names
	Plans      *plan.Plans    // of the document, kept as long as it is
	Cost       int            // rows that it could return, and one for 100 that it makes the database look at
	Looks      float64        // about how many rows it makes the database look at
	Cached     bool           // the document was known
}

// Options are what New may be told.
type Options struct {
	Schema *ast.Schema
	DB     *orm.DB // tells how many rows filters look at
	Limits Limits  // all of them set
	// Introspection lets documents ask for the schema, and errors name what is in it.
	Introspection bool
	Trusted       *Trusted // nil: every document may run
}

// A Store turns requests into operations, and remembers documents. It is safe for concurrent use.
type Store struct {
	schema        *ast.Schema
	db            *orm.DB
	limits        Limits
	introspection bool
	trusted       *Trusted
	sizes         map[string]int

	rules, hints []core.Rule // hints come with "Did you mean"
	parsed       *otter.Cache[string, *document]
	persisted    *otter.Cache[string, string] // texts that clients have registered, by hash
}

// A document is a text that has been parsed and found valid and within its limits.
type document struct {
	*ast.QueryDocument
	// costs are those of the operations whose cost no variable changes.
	costs    map[*ast.OperationDefinition]int
	plans    *plan.Plans
	entities []representations
	bytes    uint32 // about what it takes in memory, with its plans
}

// How many bytes of memory the caches take at most, by estimate.
const (
	documentBytes  = 64 << 20
	persistedBytes = 16 << 20
	nodeBytes      = 400 // of a field, an argument, a value… once it is parsed
)

// New answers a store that knows no document yet.
func New(options Options) *Store {
	s := &Store{
		schema: options.Schema, db: options.DB, limits: options.Limits, introspection: options.Introspection, trusted: options.Trusted,
		sizes: listSizes(options.Schema),
	}
	s.parsed = otter.Must(&otter.Options[string, *document]{
		MaximumWeight: documentBytes, Weigher: func(_ string, d *document) uint32 { return d.bytes },
	})
	s.persisted = otter.Must(&otter.Options[string, string]{
		MaximumWeight: persistedBytes, Weigher: func(_, text string) uint32 { return nodeBytes + uint32(len(text)) }, //nolint:gosec // a body is far below 4 GiB
	})
	s.rules, s.hints = validation()
	return s
}

// Prepare answers the operation that a request asks for, within its limits. Its error is a *orm.Error or a list of
// errors that are, each at its place in the document; the operation then has what was found out until it was refused.
func (s *Store) Prepare(ctx context.Context, r Request) (o Operation, err error) {
	var register string
	if o.Text, register, err = s.text(r); err != nil {
		return o, err
	}
	doc, known, err := s.document(o.Text)
	if err != nil {
		return o, err
	}
	o.Document, o.Plans, o.Cached = doc.QueryDocument, doc.plans, known
	s.learn(o.Text, register)
	o.Definition = doc.Operations.ForName(r.OperationName)
	switch {
	case o.Definition == nil && r.OperationName == "":
		return o, orm.Errorf(validationFailed, "`operationName` must say which of the operations to run")
	case o.Definition == nil:
		return o, orm.Errorf(validationFailed, "the document has no operation of this name")
	}
	o.Kind = o.Definition.Operation
	if o.Variables, err = coerce(s.schema, s.introspection, o.Definition, r.Variables); err != nil {
		return o, err
	}
	for _, r := range doc.entities {
		if o.Variables[r.variable], err = s.ids(r, o.Variables); err != nil {
			return o, err
		}
	}
	o.Cost, o.Looks, err = s.cost(ctx, doc, o.Definition, o.Variables)
	if err == nil && o.Kind == ast.Mutation && o.Looks > maxLooksWriting {
		err = exceeded("a mutation could make the database look at %.0f rows and may at %d: ask for less in its answer and leave that to a query, or look rows up by their ids", o.Looks, maxLooksWriting)
	}
	return o, err
}

// validation are the rules of the specification in a fixed order, without and with hints at what was meant.
func validation() (plain, hints []core.Rule) {
	silent := map[string]core.RuleFunc{
		rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc,
		rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc,
		rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc,
		rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc,
		rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc,
	}
	specified := rules.NewDefaultRules().GetInner()
	specified["Scalars"] = scalars
	for _, name := range slices.Sorted(maps.Keys(specified)) {
		hints = append(hints, core.Rule{Name: name, RuleFunc: specified[name]})
		if without, ok := silent[name]; ok {
			specified[name] = without
		}
		plain = append(plain, core.Rule{Name: name, RuleFunc: specified[name]})
	}
	return plain, hints
}

// discreet is what is said of a rule's violation while introspection is off, in place of gqlparser's words, which name
// types and fields of the schema. They stay where the rule only repeats the document: "". Of a rule that is not listed
// they do not.
var discreet = map[string]string{
	"FieldsOnCorrectType":          "There is no such field here.",
	"KnownArgumentNames":           "There is no such argument here.",
	"OverlappingFieldsCanBeMerged": "Fields of one name here are not the same: use aliases.",
	"PossibleFragmentSpreads":      "This fragment can never apply here.",
	"ProvidedRequiredArguments":    "A required argument is missing here.",
	"ScalarLeafs":                  "Fields must be selected of this, or must not be.",
	"Scalars":                      "This value does not fit its type.",
	"ValuesOfCorrectType":          "This value does not fit its type.",
	"VariablesInAllowedPosition":   "This variable does not fit here.",

	"FragmentsOnCompositeTypes": "", "KnownDirectives": "", "KnownFragmentNames": "", "KnownRootType": "", "KnownTypeNames": "", "LoneAnonymousOperation": "",
	"MaxIntrospectionDepth": "", "NoFragmentCycles": "", "NoUndefinedVariables": "", "NoUnusedFragments": "", "NoUnusedVariables": "", "SingleFieldSubscriptions": "",
	"UniqueArgumentNames": "", "UniqueDirectivesPerLocation": "", "UniqueFragmentNames": "", "UniqueInputFieldNames": "", "UniqueOperationNames": "",
	"UniqueVariableNames": "", "VariablesAreInputTypes": "",
}

// scalars refuses what gqlparser's rules let pass: an Int that is none of 32 bits, and what no scalar of kith's own can be.
func scalars(events *core.Events, report core.AddErrFunc) {
	events.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Definition == nil || v.Kind == ast.Variable || v.Kind == ast.NullValue {
			return
		}
		if v.Definition.Name == "Int" {
			if _, err := strconv.ParseInt(v.Raw, 10, 32); err != nil && v.Kind == ast.IntValue {
				report(core.Message("Int cannot represent a number outside 32 bits."), core.At(v.Position))
			}
			return
		}
		kind, ok := orm.ScalarKind(v.Definition.Name)
		if !ok || v.Kind == ast.ListValue && v.ExpectedType.Elem != nil { // whose items are looked at on their own
			return
		}
		raw, err := v.Value(nil) // variables in it are null for now, and checked on their own
		if err == nil {
			_, ok = kind.Read(raw)
		}
		if err != nil || !ok || v.Kind == ast.EnumValue {
			report(core.Message("%s must be %s.", v.Definition.Name, kind.Noun()), core.At(v.Position))
		}
	})
}

// document answers the document that text is; known tells whether it was in the cache.
func (s *Store) document(text string) (doc *document, known bool, err error) {
	if doc, known = s.parsed.GetIfPresent(text); known {
		return doc, true, nil
	}
	if doc, err = s.parse(text); err != nil {
		return nil, false, err
	}
	s.parsed.Set(text, doc)
	return doc, false, nil
}

// parse looks at a text in the order of what looking takes: tokens, syntax, numbers of things, validity, cost.
func (s *Store) parse(text string) (*document, error) {
	if err := s.limits.tokens(text); err != nil {
		return nil, err
	}
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, coded(parseFailed, err)
	}
	counts, err := s.limits.count(parsed)
	switch {
	case err != nil:
		return nil, err
	case len(parsed.Operations) == 0:
		return nil, orm.Errorf(validationFailed, "the document has no operation")
	case counts.introspects && !s.introspection:
		return nil, orm.Errorf(validationFailed, "introspection is switched off")
	}
	applied := s.rules
	if s.introspection && counts.longest <= longName {
		applied = s.hints
	}
	if problems := s.validate(parsed, applied); len(problems) > 0 {
		return nil, coded(validationFailed, problems)
	}
	entities, err := s.entities(parsed)
	if err != nil {
		return nil, err
	}
	doc := &document{QueryDocument: parsed, entities: entities, costs: map[*ast.OperationDefinition]int{}}
	plans, bytes := plan.NewPlans(counts.nodes)
	doc.plans, doc.bytes = plans, uint32(2*len(text)+nodeBytes*(1+counts.nodes)+bytes) //nolint:gosec // a body is far below 4 GiB
	for _, o := range parsed.Operations {
		e := s.estimator(nil, nil)
		rows := e.selections(o.SelectionSet).rows
		if e.meta > maxMeta {
			return nil, exceeded("introspection asks for too much at once")
		}
		if !e.varies {
			doc.costs[o] = rows
		}
	}
	return doc, nil
}

// validate answers no more problems than an answer may have: it ends with the last of them.
func (s *Store) validate(doc *ast.QueryDocument, applied []core.Rule) (problems gqlerror.List) {
	type enough struct{}
	defer func() {
		if r := recover(); r != nil && r != (enough{}) {
			panic(r)
		}
	}()
	var events core.Events
	for _, rule := range applied {
		rule.RuleFunc(&events, func(options ...core.ErrorOption) {
			problem := &gqlerror.Error{Rule: rule.Name}
			for _, o := range options {
				o(problem)
			}
			if !s.introspection {
				switch text, listed := discreet[rule.Name]; {
				case !listed:
					problem.Message = "The document is not valid here."
				case text != "":
					problem.Message = text
				}
			}
			if problems = append(problems, problem); len(problems) == s.limits.Errors {
				panic(enough{})
			}
		})
	}
	core.Walk(s.schema, doc, &events)
	return problems
}

// coded makes gqlparser's own errors, which speak of the client's document, errors to be read by clients.
func coded(code orm.Code, err error) error {
	var list gqlerror.List
	var one *gqlerror.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = gqlerror.List{one}
	default:
		return err
	}
	for _, e := range list {
		e.Err = orm.Errorf(code, "%s", e.Message)
	}
	return list
}

// hashOf is what clients name a text by.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// text finds the text of a request that names it by an id: `documentId`, or Apollo's `extensions.persistedQuery`. With a
// text beside it, the id is to be registered once the text has turned out to be a document.
func (s *Store) text(r Request) (text, register string, err error) {
	query, id := r.Query, r.DocumentID
	if e, ok := r.Extensions["persistedQuery"].(map[string]any); ok && id == "" {
		hash, _ := e["sha256Hash"].(string)
		if version, ok := e["version"].(json.Number); !ok || version != "1" || hash == "" {
			return "", "", orm.Errorf(orm.BadRequest, "`persistedQuery` must have `version` 1 and a text `sha256Hash`")
		}
		id = hash
	}
	id = strings.ToLower(strings.TrimPrefix(id, "sha256:"))
	switch {
	case query == "" && id == "":
		return "", "", orm.Errorf(orm.BadRequest, "`query` is missing")
	case s.trusted.only():
		text, ok := s.trusted.find(query, id)
		if !ok {
			return "", "", orm.Errorf(orm.Forbidden, "only listed documents run here, and this is none of them")
		}
		return text, "", nil
	case id == "":
		return query, "", nil
	case query == "":
		text, ok := s.persisted.GetIfPresent(id)
		if !ok {
			return "", "", orm.Errorf(NotPersisted, "PersistedQueryNotFound") // the words that clients wait for
		}
		return text, "", nil
	case id != hashOf(query):
		return "", "", orm.Errorf(orm.BadRequest, "the hash is not that of `query`")
	}
	return query, id, nil
}

// learn notes a document that a client has sent: under the id to register, and in the file being captured.
func (s *Store) learn(text, register string) {
	if register != "" {
		s.persisted.Set(register, text)
	}
	s.trusted.capture(text)
}
