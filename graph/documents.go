package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"kith/db/orm"
	"kith/graph/plan"
)

// Codes of what is wrong with a document itself, and that of an id whose document is not known (yet).
const (
	parseFailed      orm.Code = "GRAPHQL_PARSE_FAILED"
	validationFailed orm.Code = "GRAPHQL_VALIDATION_FAILED"
	notPersisted     orm.Code = "PERSISTED_QUERY_NOT_FOUND"
)

// A document is a text that has been parsed and found valid and within its limits.
type document struct {
	*ast.QueryDocument
	// costs are those of the operations whose cost no variable changes.
	costs map[*ast.OperationDefinition]int
	plans *plan.Plans
	bytes uint32 // about what it takes in memory, with its plans
}

// How many bytes of memory the caches take at most, by estimate.
const (
	documentBytes  = 64 << 20
	persistedBytes = 16 << 20
	nodeBytes      = 400 // of a field, an argument, a value… once it is parsed
)

// documents turns texts into documents and remembers them. It is safe for concurrent use.
type documents struct {
	limits        *Limits
	schema        *ast.Schema
	introspection bool
	trusted       *TrustedDocuments // nil: every document may run
	sizes         map[string]int

	rules, hints []core.Rule // hints come with "Did you mean"
	parsed       *otter.Cache[string, *document]
	persisted    *otter.Cache[string, string] // texts that clients have registered, by hash
}

func newDocuments(schema *ast.Schema, limits *Limits, introspection bool, trusted *TrustedDocuments) *documents {
	d := &documents{limits: limits, schema: schema, introspection: introspection, trusted: trusted, sizes: listSizes(schema)}
	d.parsed = otter.Must(&otter.Options[string, *document]{
		MaximumWeight: documentBytes, Weigher: func(_ string, d *document) uint32 { return d.bytes },
	})
	d.persisted = otter.Must(&otter.Options[string, string]{
		MaximumWeight: persistedBytes, Weigher: func(_, text string) uint32 { return nodeBytes + uint32(len(text)) }, //nolint:gosec // a body is far below 4 GiB
	})
	d.rules, d.hints = validation()
	return d
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

// get answers the document that text is, or why it is none; found tells whether it was known.
func (d *documents) get(text string) (doc *document, found bool, problems gqlerror.List) {
	if doc, found = d.parsed.GetIfPresent(text); found {
		return doc, true, nil
	}
	doc, err := d.parse(text)
	if err != nil {
		return nil, false, asList(err)
	}
	d.parsed.Set(text, doc)
	return doc, false, nil
}

func asList(err error) gqlerror.List {
	var list gqlerror.List
	if errors.As(err, &list) {
		return list
	}
	return gqlerror.List{{Err: err}}
}

// parse looks at a text in the order of what looking takes: tokens, syntax, numbers of things, validity, cost.
func (d *documents) parse(text string) (*document, error) {
	if err := d.limits.tokens(text); err != nil {
		return nil, err
	}
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, coded(parseFailed, err)
	}
	census, err := d.limits.count(parsed)
	switch {
	case err != nil:
		return nil, err
	case len(parsed.Operations) == 0:
		return nil, orm.Errorf(validationFailed, "the document has no operation")
	case census.introspects && !d.introspection:
		return nil, orm.Errorf(validationFailed, "introspection is switched off")
	}
	applied := d.rules
	if d.introspection && census.longest <= longName {
		applied = d.hints
	}
	if problems := d.validate(parsed, applied); len(problems) > 0 {
		return nil, coded(validationFailed, problems)
	}
	doc := &document{QueryDocument: parsed, costs: map[*ast.OperationDefinition]int{}}
	plans, bytes := plan.NewPlans(census.nodes)
	doc.plans, doc.bytes = plans, uint32(2*len(text)+nodeBytes*(1+census.nodes)+bytes) //nolint:gosec // a body is far below 4 GiB
	for _, o := range parsed.Operations {
		p := d.price(nil, nil)
		rows := p.selections(o.SelectionSet).rows
		if p.meta > maxMeta {
			return nil, exceeded("introspection asks for too much at once")
		}
		if !p.varies {
			doc.costs[o] = rows
		}
	}
	return doc, nil
}

// validate answers no more problems than an answer may have: it ends with the last of them.
func (d *documents) validate(doc *ast.QueryDocument, applied []core.Rule) (problems gqlerror.List) {
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
			if !d.introspection {
				switch text, listed := discreet[rule.Name]; {
				case !listed:
					problem.Message = "The document is not valid here."
				case text != "":
					problem.Message = text
				}
			}
			if problems = append(problems, problem); len(problems) == d.limits.Errors {
				panic(enough{})
			}
		})
	}
	core.Walk(d.schema, doc, &events)
	return problems
}

// coded gives gqlparser's own errors, which speak of the client's document, their code.
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
		e.Extensions = map[string]any{"code": string(code)}
	}
	return list
}

func (d *documents) price(variables map[string]any, looks looks) *price {
	return &price{schema: d.schema, sizes: d.sizes, variables: variables, looks: looks, fragments: map[string]toll{}}
}

// cost is what an operation costs, and about how many rows it makes the database look at; its error is that it is too
// much.
func (d *documents) cost(doc *document, operation *ast.OperationDefinition, variables map[string]any, looks looks) (cost int, looked float64, err error) {
	if cost, fixed := doc.costs[operation]; fixed {
		return cost, 0, d.affordable(cost, cost)
	}
	p := d.price(variables, looks)
	sum := p.selections(operation.SelectionSet)
	switch {
	case p.depth > maxHopDepth:
		err = exceeded("a filter may cross %d relations in a row", maxHopDepth)
	case sum.hops > maxHops:
		err = exceeded("the filters of an operation may cross %d relations", maxHops)
	default:
		err = d.affordable(sum.rows, sum.cost())
	}
	return sum.cost(), sum.looked(), err
}

// affordable refuses an operation that could return too many rows, or costs too much for other reasons.
func (d *documents) affordable(rows, cost int) error {
	switch {
	case rows > d.limits.Cost:
		return exceeded("the operation could return %d rows and may return %d", rows, d.limits.Cost)
	case cost > d.limits.Cost:
		return exceeded("the operation's filters and total counts look at too many rows: it costs %d and may cost %d", cost, d.limits.Cost)
	}
	return nil
}

// hashOf is what clients name a text by.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// text finds the text of a request that names it by an id: `documentId`, or Apollo's `extensions.persistedQuery`. With a
// text beside it, the id is to be registered once the text has turned out to be a document.
func (d *documents) text(query, id string, extensions map[string]any) (text, register string, err error) {
	if e, ok := extensions["persistedQuery"].(map[string]any); ok && id == "" {
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
	case d.trusted.only():
		text, ok := d.trusted.find(query, id)
		if !ok {
			return "", "", orm.Errorf(orm.Forbidden, "only listed documents run here, and this is none of them")
		}
		return text, "", nil
	case id == "":
		return query, "", nil
	case query == "":
		text, ok := d.persisted.GetIfPresent(id)
		if !ok {
			return "", "", orm.Errorf(notPersisted, "PersistedQueryNotFound") // the words that clients wait for
		}
		return text, "", nil
	case id != hashOf(query):
		return "", "", orm.Errorf(orm.BadRequest, "the hash is not that of `query`")
	}
	return query, id, nil
}

// learn notes a document that a client has sent: under the id to register, and in the file being captured.
func (d *documents) learn(text, register string) {
	if register != "" {
		d.persisted.Set(register, text)
	}
	d.trusted.capture(text)
}

// TrustedDocuments is a list of documents in a file: a JSON object of texts by ids, as relay-compiler and GraphQL
// Codegen write it. A client names one by its id, or sends its exact text.
type TrustedDocuments struct {
	path string // written to; "" lets only what is listed run

	mu    sync.Mutex
	byID  map[string]string
	texts map[string]bool
}

// captured bounds the file that is captured to.
const captured = 10_000

// LoadTrustedDocuments reads a setting: `off` (or nothing) lets every document run, `capture:FILE` as well, and writes
// each valid one to FILE under its SHA-256, and `FILE` lets only the documents in it run.
func LoadTrustedDocuments(setting string) (*TrustedDocuments, error) {
	if setting == "" || setting == "off" {
		return nil, nil
	}
	path, capturing := strings.CutPrefix(setting, "capture:")
	t := &TrustedDocuments{byID: map[string]string{}, texts: map[string]bool{}}
	if capturing {
		t.path = path
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names it
	switch {
	case capturing && errors.Is(err, fs.ErrNotExist):
		return t, t.write()
	case err != nil:
		return nil, fmt.Errorf("cannot read the trusted documents: %w", err)
	}
	var listed map[string]string
	if err := json.Unmarshal(content, &listed); err != nil {
		return nil, fmt.Errorf("the trusted documents in %s must be a JSON object of texts by ids: %w", path, err)
	}
	for id, text := range listed {
		t.byID[strings.ToLower(strings.TrimPrefix(id, "sha256:"))], t.texts[text] = text, true
	}
	if !capturing && len(listed) == 0 {
		return nil, fmt.Errorf("%s lists no documents, so none would run", path)
	}
	return t, nil
}

// only tells whether nothing but the listed documents may run.
func (t *TrustedDocuments) only() bool { return t != nil && t.path == "" }

// find answers the listed text that a request means by its text, an id or both.
func (t *TrustedDocuments) find(query, id string) (string, bool) {
	text, ok := t.byID[id]
	if id == "" || !ok {
		text, ok = query, t.texts[query] && (id == "" || id == hashOf(query))
	}
	return text, ok && (query == "" || query == text)
}

func (t *TrustedDocuments) capture(text string) {
	if t == nil || t.only() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.texts[text] || len(t.texts) == captured {
		return
	}
	t.byID[hashOf(text)], t.texts[text] = text, true
	if err := t.write(); err != nil {
		slog.Error("capturing documents", "cause", err)
	}
}

// write replaces the file, so that a reader never sees half of it.
func (t *TrustedDocuments) write() error {
	content, err := json.MarshalIndent(t.byID, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(t.path), ".captured-*")
	if err != nil {
		return fmt.Errorf("cannot write the captured documents: %w", err)
	}
	defer os.Remove(temporary.Name()) // after the rename it is not there
	_, err = temporary.Write(append(content, '\n'))
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), t.path)
}
