package lint

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A node is a word of a statement, or what stands between parentheses.
type node struct {
	text string // a keyword in capitals, a name as it is written, ' for a text, ? for an argument, or a sign
	// within is what stands between parentheses; body are the statements of a function, or of a block.
	within []node
	group  bool
	body   [][]node
}

// keywords are the words that rules and shapes speak of. None of them is a column's name on a page, where they stand unquoted.
var keywords = func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(`ADD ALTER ALWAYS AS BEGIN BY COLUMN CONFLICT COPY CREATE CROSS CUBE DELETE DISABLE DISTINCT DO DROP EACH ENABLE END EXCEPT EXECUTE EXISTS
		EXTENSION FOR FOREACH FROM FULL FUNCTION GENERATED GROUP GROUPING HAVING IDENTITY IF IN INDEX INSERT INTERSECT INTO JOIN LATERAL LEFT LIMIT LISTEN LOOP
		MATERIALIZED NO NOT NOTIFY OF OFFSET ON OR ORDER OVER PARTITION PERFORM RECURSIVE REFERENCING RETURN RETURNING ROLLUP ROW SELECT SET SETS SHARE STATEMENT STATISTICS
		STORED TABLE TABLESAMPLE TRIGGER UNION UNLISTEN UPDATE USING VALUES WHERE WITH`) {
		words[word] = true
	}
	return words
}()

// A reader reads a text that PostgreSQL takes: what is wrong with it, PostgreSQL has said.
type reader struct {
	text string
	at   int
}

// parse are the statements of a text.
func parse(text string) ([][]node, error) {
	r := &reader{text: text}
	nodes, err := r.nodes(false)
	if err != nil {
		return nil, err
	}
	return split(nodes), nil
}

// split parts statements at their semicolons.
func split(nodes []node) (statements [][]node) {
	for {
		end := slices.IndexFunc(nodes, func(n node) bool { return n.text == ";" })
		switch {
		case end < 0 && len(nodes) == 0:
			return statements
		case end < 0:
			return append(statements, nodes)
		case end > 0:
			statements = append(statements, nodes[:end])
		}
		nodes = nodes[end+1:]
	}
}

func (r *reader) nodes(inside bool) (nodes []node, err error) {
	for {
		r.skip()
		if r.at == len(r.text) {
			if inside {
				return nil, fmt.Errorf("a parenthesis is not closed")
			}
			return nodes, nil
		}
		switch rest := r.text[r.at:]; {
		case rest[0] == '(':
			r.at++
			within, err := r.nodes(true)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, node{text: "(", within: within, group: true})
		case rest[0] == ')':
			if !inside {
				return nil, fmt.Errorf("a parenthesis is closed that is not open")
			}
			r.at++
			return nodes, nil
		case rest[0] == '\'':
			if err := r.quoted('\''); err != nil {
				return nil, err
			}
			nodes = append(nodes, node{text: "'"})
		case rest[0] == '"':
			from := r.at
			if err := r.quoted('"'); err != nil {
				return nil, err
			}
			nodes = append(nodes, node{text: r.text[from:r.at]})
		case rest[0] == '$' && len(rest) > 1 && !('0' <= rest[1] && rest[1] <= '9'):
			end := strings.IndexByte(rest[1:], '$')
			if end < 0 {
				return nil, fmt.Errorf("a $ begins nothing")
			}
			tag := rest[:end+2]
			length := strings.Index(rest[len(tag):], tag)
			if length < 0 {
				return nil, fmt.Errorf("%s is not ended", tag)
			}
			body, err := parse(rest[len(tag) : len(tag)+length])
			if err != nil {
				return nil, err
			}
			r.at += 2*len(tag) + length
			nodes = append(nodes, node{text: "$$", body: body})
		case rest[0] == '?' || rest[0] == '$':
			r.at++
			for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
				r.at++
			}
			nodes = append(nodes, node{text: "?"})
		default:
			nodes = append(nodes, node{text: r.word()})
		}
	}
}

// skip passes spaces and comments over.
func (r *reader) skip() {
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		switch {
		case strings.HasPrefix(rest, "--"):
			r.at += max(strings.IndexByte(rest+"\n", '\n'), 1)
			r.at = min(r.at, len(r.text))
		case strings.HasPrefix(rest, "/*"):
			r.at += max(strings.Index(rest, "*/")+2, 2)
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			r.at++
		default:
			return
		}
	}
}

func (r *reader) quoted(by byte) error {
	for r.at++; r.at < len(r.text); r.at++ {
		if r.text[r.at] != by {
			continue
		}
		if r.at++; r.at == len(r.text) || r.text[r.at] != by {
			return nil
		}
	}
	return fmt.Errorf("a %c is not closed", by)
}

// word is a keyword, a name with what it is of, a number or a sign.
func (r *reader) word() string {
	from := r.at
	for r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		if c != '_' && c != '.' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		r.at += size
	}
	if r.at == from {
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
	}
	if word := r.text[from:r.at]; !keywords[strings.ToUpper(word)] {
		return word
	}
	return strings.ToUpper(r.text[from:r.at])
}

// has tells whether words stand in a list of nodes side by side, not between parentheses of their own.
func has(nodes []node, words string) bool { return find(nodes, words) >= 0 }

// find is where words begin; -1 if they are nowhere.
func find(nodes []node, words string) int {
	wanted := strings.Fields(words)
	for i := 0; i+len(wanted) <= len(nodes); i++ {
		if slices.EqualFunc(nodes[i:i+len(wanted)], wanted, func(n node, word string) bool { return n.text == word }) {
			return i
		}
	}
	return -1
}

// calls tells whether a function is called anywhere in nodes, whose name begins so.
func calls(nodes []node, name string) bool {
	for i, n := range nodes {
		if n.group && i > 0 && strings.HasPrefix(nodes[i-1].text, name) || calls(n.within, name) {
			return true
		}
	}
	return false
}

// A level is a query or a statement by itself, without what stands above it.
type level struct {
	nodes []node
	above *level
	in    string // the clause of the level above
}

// levels calls f for a statement and for every query within it; bodies of functions are statements of their own.
func levels(nodes []node, above *level, in string, f func(*level)) {
	l := &level{nodes, above, in}
	if len(nodes) > 0 && strings.EqualFold(nodes[0].text, "EXPLAIN") {
		if i := slices.IndexFunc(nodes, func(n node) bool { return slices.Contains(verbs, n.text) }); i > 0 {
			l.nodes = nodes[i:]
		}
	}
	for {
		end := slices.IndexFunc(l.nodes, func(n node) bool { return n.text == "UNION" || n.text == "INTERSECT" || n.text == "EXCEPT" })
		rest := []node(nil)
		if end >= 0 {
			l.nodes, rest = l.nodes[:end], l.nodes[end+1:]
			if len(rest) > 0 && strings.EqualFold(rest[0].text, "ALL") {
				rest = rest[1:]
			}
		}
		f(l)
		l.each(f)
		if rest == nil {
			return
		}
		l = &level{rest, above, in}
	}
}

// each calls f for what is within a level.
func (l *level) each(f func(*level)) {
	clause := ""
	var into func(nodes []node)
	into = func(nodes []node) {
		for i, n := range nodes {
			switch {
			case slices.Contains(clauses, n.text):
				clause = n.text
			case n.group && len(n.within) > 0 && slices.Contains(verbs, n.within[0].text):
				in := clause
				if i > 0 && (nodes[i-1].text == "EXISTS" || nodes[i-1].text == "LATERAL") {
					in = strings.TrimSpace(in + " " + nodes[i-1].text)
				}
				levels(n.within, l, in, f)
			case n.group:
				kept := clause
				into(n.within)
				clause = kept
			case n.body != nil:
				for _, statement := range n.body {
					levels(statement, l, "BODY", f)
				}
			}
		}
	}
	into(l.nodes)
}

var (
	verbs   = []string{"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES"}
	clauses = []string{"WITH", "INSERT", "UPDATE", "DELETE", "SELECT", "FROM", "USING", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "SET", "RETURNING", "CONFLICT"}
)

// clause is what stands behind a word, up to the next clause; nil if the level has none.
func (l *level) clause(word string) []node {
	from := find(l.nodes, word)
	if from < 0 {
		return nil
	}
	rest := l.nodes[from+1:]
	if end := slices.IndexFunc(rest, func(n node) bool { return slices.Contains(clauses, n.text) || n.text == "FOR" }); end >= 0 {
		return rest[:end]
	}
	return rest
}

// shape is what remains of a level without its names, conditions and orders, and of the clause that it stands in.
func (l *level) shape() string {
	words := l.place()
	clause := ""
	add := func(word string) {
		if len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	for i, n := range l.nodes {
		switch {
		case n.group && clause == "FROM" && len(n.within) > 0 && slices.Contains(verbs, n.within[0].text):
			add("(SELECT)")
		case n.group && clause == "FROM" && l.calls(i):
			add(l.nodes[i-1].text + "()")
		case slices.Contains(clauses, n.text):
			if clause = n.text; clause != "WHERE" && clause != "ORDER" && clause != "RETURNING" {
				add(n.text)
			}
		case slices.Contains([]string{"RECURSIVE", "DISTINCT", "JOIN", "LATERAL", "OVER", "FOR", "NO", "SHARE"}, n.text):
			add(n.text)
		}
	}
	return strings.Join(words, " ")
}

// place are the outermost and the innermost query that a level stands in, and the clause of each.
func (l *level) place() []string {
	if l.above == nil {
		return nil
	}
	own, top := []string{l.above.verb(), l.in, ">"}, l
	for top.above.above != nil {
		top = top.above
	}
	if outermost := []string{top.above.verb(), top.in}; !slices.Equal(outermost, own[:2]) {
		return slices.Concat(outermost, []string{"…"}, own)
	}
	return own
}

// calls tells whether what stands between parentheses are the arguments of a function, and not the names of columns.
func (l *level) calls(at int) bool {
	return at > 0 && !keywords[l.nodes[at-1].text] && !l.nodes[at-1].group && (at < 2 || l.nodes[at-2].text != "AS")
}

// verb is what a level does, or the beginning of what it says.
func (l *level) verb() string {
	if l.nodes[0].text == "WITH" {
		for _, n := range l.nodes[1:] {
			if slices.Contains(verbs, n.text) {
				return "WITH " + n.text
			}
		}
	}
	return l.nodes[0].text
}
