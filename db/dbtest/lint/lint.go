// Package lint holds the statements that tests send to PostgreSQL to the written rules of engines that only speak its protocol:
// Citus, CockroachDB, YugabyteDB. What breaks a rule today is listed in broken.txt by its shape, with the reason; a shape that
// is new fails the tests, and so does one that is listed and does not break it any more. It knows nothing of kith.
//
// It reads no grammar but our own: the texts are made by one program, in one style, and PostgreSQL has taken all of them.
package lint

import (
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed broken.txt
var broken string

// An exception is a shape that breaks a rule today.
type exception struct {
	rule, shape string
	why         string
	seen        []string // the packages whose tests send it, whenever all of them run
}

// A list is what broken.txt says.
type list struct {
	exceptions []exception
	// distributed are tables that are: statements about them keep Citus's rules, whatever is listed.
	distributed []string
}

// Main runs the tests of a package, as m.Run does, and fails if a text that sent was told breaks a rule and is not listed. When
// all tests of the package ran and passed, what is listed as seen there must have been.
func Main(m *testing.M, sent *func(text string)) int {
	var mu sync.Mutex
	texts := map[string]bool{}
	if os.Getenv("KITH_TEST_CITUS") != "" { // the engine itself judges then, and is sent what no other is
		return m.Run()
	}
	*sent = func(text string) {
		mu.Lock()
		texts[text] = true
		mu.Unlock()
	}
	code := m.Run()
	mu.Lock()
	defer mu.Unlock()
	list, err := read(broken)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	here := ""
	if code == 0 && all() {
		here = packageName()
	}
	faults := check(slices.Sorted(maps.Keys(texts)), list, here)
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if len(faults) > 0 && code == 0 {
		code = 1
	}
	return code
}

// Breaks are the rules of some names that a text breaks, whatever is listed.
func Breaks(text string, rules ...string) (broken []string) {
	statements, err := parse(text)
	if err != nil {
		return []string{err.Error()}
	}
	for _, statement := range statements {
		levels(statement, nil, "", func(l *level) {
			for _, rule := range Rules {
				if len(l.nodes) > 0 && slices.Contains(rules, rule.Name) && len(rule.breaks(l)) > 0 {
					broken = append(broken, rule.Name)
				}
			}
		})
	}
	return broken
}

// all tells whether no test was left out.
func all() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// packageName is the package whose tests run, by its path in the module.
func packageName() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for root := dir; root != filepath.Dir(root); root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			name, _ := filepath.Rel(root, dir)
			return filepath.ToSlash(name)
		}
	}
	return ""
}

// read reads the list.
func read(text string) (all list, err error) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var e exception
		for line := range strings.Lines(paragraph) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch name {
			case "rule":
				e.rule = value
			case "shape":
				e.shape = value
			case "why":
				e.why = value
			case "seen in":
				e.seen = strings.Fields(value)
			case "distributed":
				all.distributed = strings.Fields(value)
			default:
				if !strings.HasPrefix(name, "#") {
					return all, fmt.Errorf("broken.txt: %q", line)
				}
			}
		}
		switch {
		case e.rule == "" && e.shape == "":
		case !slices.ContainsFunc(Rules, func(r Rule) bool { return r.Name == e.rule }):
			return all, fmt.Errorf("broken.txt: there is no rule %q", e.rule)
		case e.why == "" || e.shape == "":
			return all, fmt.Errorf("broken.txt: %q, %q has no shape or no reason", e.rule, e.shape)
		default:
			all.exceptions = append(all.exceptions, e)
		}
	}
	return all, nil
}

// check says what is wrong with texts, and with the list if all tests of a package ran.
func check(texts []string, listed list, here string) (faults []string) {
	seen, said := map[[2]string]bool{}, map[[2]string]bool{}
	for _, text := range texts {
		statements, err := parse(text)
		if err != nil {
			faults = append(faults, fmt.Sprintf("lint: %v in\n\t%s", err, text))
			continue
		}
		for _, statement := range statements {
			levels(statement, nil, "", func(l *level) {
				if len(l.nodes) == 0 {
					return
				}
				for _, rule := range Rules {
					for _, shape := range rule.breaks(l) {
						at := [2]string{rule.Name, shape}
						seen[at] = true
						if !said[at] && !listed.has(rule, shape, statement) {
							said[at] = true
							faults = append(faults, fmt.Sprintf("lint: a statement breaks a rule of %s\n%s\nMend it, or list it in db/dbtest/lint/broken.txt:\n\nrule: %s\nshape: %s\nwhy: \nseen in: %s\n\n\t%s\n",
								rule.engines(), rule.Says, rule.Name, shape, packageName(), brief(text)))
						}
					}
				}
			})
		}
	}
	for _, e := range listed.exceptions {
		if slices.Contains(e.seen, here) && !seen[[2]string{e.rule, e.shape}] {
			faults = append(faults, fmt.Sprintf("lint: no statement breaks the rule %q any more in the shape that broken.txt lists: take it out\n\t%s", e.rule, e.shape))
		}
	}
	return faults
}

// has tells whether a statement may break a rule in a shape.
func (l list) has(rule Rule, shape string, statement []node) bool {
	ofCitus := slices.ContainsFunc(rule.Sources, func(s Source) bool { return s.Engine == "Citus" })
	if ofCitus && slices.ContainsFunc(l.distributed, func(table string) bool { return names(statement, table) }) {
		return false
	}
	return slices.ContainsFunc(l.exceptions, func(e exception) bool { return e.rule == rule.Name && e.shape == shape })
}

// names tells whether a name stands anywhere in nodes.
func names(nodes []node, name string) bool {
	return slices.ContainsFunc(nodes, func(n node) bool { return n.text == name || names(n.within, name) })
}

func brief(text string) string {
	if len(text) > 2000 {
		return text[:2000] + "…"
	}
	return text
}
