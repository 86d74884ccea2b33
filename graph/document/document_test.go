package document

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"

	"kith/db/orm"
	"kith/graph/generated"
)

func newTestStore() *Store {
	return New(Options{Schema: generated.NewExecutableSchema(generated.Config{}).Schema(), Limits: Limits{}.WithDefaults(), Introspection: true})
}

// Validation ends with the last problem that an answer may have: what comes behind it is not looked at.
func TestValidationEnds(t *testing.T) {
	s := newTestStore()
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + strings.Repeat(" nothing", 900) + " }"})
	if err != nil {
		t.Fatal(err)
	}
	for name, applied := range map[string][]core.Rule{"plain": s.rules, "hints": s.hints} {
		seen := 0
		counting := core.Rule{Name: "Counting", RuleFunc: func(events *core.Events, _ core.AddErrFunc) {
			events.OnField(func(*core.Walker, *ast.Field) { seen++ })
		}}
		problems := s.validate(doc, append([]core.Rule{counting}, applied...))
		if len(problems) != s.limits.Errors || seen != s.limits.Errors {
			t.Errorf("%s: %d problems in %d fields, want %d", name, len(problems), seen, s.limits.Errors)
		}
	}
}

// A document that is wrong in two ways is refused for what is looked at first.
func TestOrderOfLooking(t *testing.T) {
	s := newTestStore()
	for name, c := range map[string]struct {
		text string
		want orm.Code
	}{
		"tokens, then syntax":   {"} } }" + strings.Repeat(" a", 15_000), orm.LimitExceeded},
		"syntax, then counts":   {"{" + strings.Repeat(" nothing", 1001), parseFailed},
		"counts, then validity": {"{" + strings.Repeat(" nothing", 1001) + " }", orm.LimitExceeded},
		"validity, then cost":   {"{ nothing users(first: 100) { nodes { posts(first: 100) { nodes { tags(first: 100) { totalCount } } } } } }", validationFailed},
	} {
		if _, err := s.Prepare(t.Context(), Request{Query: c.text}); orm.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A text with more tokens than it may have is not read to its end, let alone parsed: five times the text takes no more.
func TestLongTextsAreNotParsed(t *testing.T) {
	s := newTestStore()
	allocations := func(tokens int) float64 {
		text := "{" + strings.Repeat(" nothing(a: 1)", tokens/6) + "}"
		return testing.AllocsPerRun(3, func() {
			if _, err := s.Prepare(t.Context(), Request{Query: text}); orm.CodeOf(err) != orm.LimitExceeded {
				t.Error(err)
			}
		})
	}
	if short, long := allocations(16_000), allocations(80_000); long > 1.1*short+10 {
		t.Errorf("%.0f allocations for 16,000 tokens and %.0f for 80,000", short, long)
	}
}

// What is wrong with a request is said in errors to be read by clients, each with its place, and beside them stands what was
// found out until then.
func TestRefusals(t *testing.T) {
	s := newTestStore()
	_, err := s.Prepare(t.Context(), Request{Query: "{\n  nothing\n  nobody\n}"})
	var list gqlerror.List
	if !errors.As(err, &list) || len(list) != 2 {
		t.Fatalf("%v", err)
	}
	for i, e := range list {
		if orm.CodeOf(e) != validationFailed || len(e.Locations) != 1 || e.Locations[0].Line != 2+i {
			t.Errorf("%s at %v: %v", orm.CodeOf(e), e.Locations, e)
		}
	}
	for _, known := range []bool{false, true} {
		o, err := s.Prepare(t.Context(), Request{Query: "query ($n: Int!) { users(first: $n) { nodes { id } } }"})
		if orm.CodeOf(err) != validationFailed || o.Kind != ast.Query || o.Plans == nil || o.Cached != known {
			t.Errorf("%v, cached %v: %v", o.Kind, o.Cached, err)
		}
	}
	o, err := s.Prepare(t.Context(), Request{Query: "query ($n: Int!) { users(first: $n) { nodes { id } } }", Variables: map[string]any{"n": json.Number("7")}})
	if err != nil || o.Cost != 7 || o.Variables["n"] != int64(7) {
		t.Errorf("costs %d with %v: %v", o.Cost, o.Variables, err)
	}
}
