package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"kith/db"
	"kith/graph/plan"
)

// Codes of errors in the document itself, and that of a persisted query whose text is not known (yet).
const (
	parseFailed      db.Code = "GRAPHQL_PARSE_FAILED"
	validationFailed db.Code = "GRAPHQL_VALIDATION_FAILED"
	notPersisted     db.Code = "PERSISTED_QUERY_NOT_FOUND"
)

// A document is a text that has been parsed, found valid and within its limits.
type document struct {
	*ast.QueryDocument
	hash string
	// costs are those of the operations whose costs no variable changes.
	costs map[*ast.OperationDefinition]int
	bytes uint32 // about what it takes in memory
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
	trusted       *TrustedDocuments // nil: everything may run
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
		MaximumWeight: persistedBytes, Weigher: func(hash, text string) uint32 { return uint32(len(hash) + len(text)) }, //nolint:gosec // a body is far below 4 GiB
	})
	d.rules, d.hints = validation()
	return d
}

// validation are the rules of the specification, without and with hints at what the client may have meant.
func validation() (plain, hints []core.Rule) {
	silent := map[string]core.Rule{
		rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	}
	for _, name := range slicesSortedKeys(rules.NewDefaultRules().GetInner()) {
		rule := core.Rule{Name: name, RuleFunc: rules.NewDefaultRules().GetInner()[name]}
		hints = append(hints, rule)
		if other, ok := silent[name]; ok {
			rule = other
		}
		plain = append(plain, rule)
	}
	return append(plain, smallInts), append(hints, smallInts)
}
