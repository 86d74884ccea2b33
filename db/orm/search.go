package orm

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/unicode/norm"
)

// A word is a longest run of letters and digits, folded; of a longer one only the first wordLength code points count.
// kith finds the words itself, in what is stored and in what is searched for, so that both databases see the same.
const wordLength = 255 // what PostgreSQL takes of any letters

// countWords has PostgreSQL count so many words, ten times this, that one which is not among them is known to be rare. Engines that
// only speak its protocol are not told to.
func (db *DB) countWords(ctx context.Context) error {
	if db.driver != postgresDialect.driver || !slices.ContainsFunc(db.model.tables, (*Table).Searchable) {
		return nil
	}
	var fewer []string
	settled := [2]string{"", " AND NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = c.oid)"}[btoi(db.distributed)] // which are altered no more
	err := db.write.SelectContext(ctx, &fewer, "SELECT c.relname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"+
		" WHERE a.attname = 'search' AND a.attstattarget IS DISTINCT FROM 1000 AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"+
		" AND version() LIKE 'PostgreSQL %' AND version() NOT LIKE '%-YB-%'"+settled)
	for _, t := range db.model.tables {
		if err == nil && t.Searchable() && slices.Contains(fewer, t.Name) {
			_, err = db.write.ExecContext(ctx, "ALTER TABLE "+t.Name+" ALTER COLUMN search SET STATISTICS 1000")
		}
	}
	return err
}

func ofWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// words are the words of a text as they are stored, each between two spaces: " one two "; "" if there are none.
func words(text string) string {
	var b strings.Builder
	n := 0 // code points of the word
	for _, r := range text {
		if !ofWord(r) {
			n = 0
			continue
		}
		if n == 0 {
			b.WriteByte(' ')
		}
		if n++; n <= wordLength {
			b.WriteRune(foldRune(r))
		}
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	return b.String()
}

// Searchable declares the text columns that `matches` looks into; in the rank the first weighs most. Beside each there
// is a column NAME_words, which holds its words, and over those an index, as migrations/0003_search makes them.
func Searchable(columns ...string) Option {
	return func(t *Table) {
		for _, name := range columns {
			c := t.column(name)
			if c == nil || c.Kind != Text {
				panic("relations: " + t.Type + " has no text column \"" + name + "\" to be searched")
			}
			c.words = &Column{Name: name + "_words", Kind: Text, Table: t}
			t.searched = append(t.searched, c)
		}
		t.relevance = &Column{Name: "relevance", Kind: Rank, Table: t}
	}
}

// Substrings declares text columns in which an index finds what `contains` and `endsWith` ask for, if that has three letters.
func Substrings(columns ...string) Option {
	return func(t *Table) {
		for _, name := range columns {
			c := t.column(name)
			if c == nil || c.Kind != Text {
				panic("relations: " + t.Type + " has no text column \"" + name + "\" to find substrings in")
			}
			c.substrings = true
		}
	}
}

// trigram is how many code points an index of substrings needs of a text.
const trigram = 3

// asciiRun is the longest stretch of ASCII in a text.
func asciiRun(text string) (longest string) {
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

// substring is whether a text stands in the column, or at its end.
func (c *Column) substring(text string, atEnd, ignoreCase bool) condition {
	return func(q *query, t string) {
		expr := t + "." + c.Name
		if ignoreCase {
			expr = "kith_fold(" + expr + ")"
		}
		q.substring(q, expr, text, atEnd)
		if c.substrings && q.apart == 0 && utf8.RuneCountInString(text) >= trigram {
			q.trigrams(q, c, t, text, atEnd, ignoreCase)
		}
	}
}

// A probe is what an index of words or substrings is asked, for a condition that every row of a page meets.
type probe struct{ index, match string }

// common are those of a filter's probes that so many rows meet that a page of them is found sooner by walking through the
// table in the page's order than by gathering and ordering them. Where a planner knows how common words are it is left to that.
func (db *DB) common(ctx context.Context, r *Read, probes []probe) (map[probe]bool, error) {
	if db.semijoins || r.Via != nil || len(probes) == 0 || len(r.Page.Order) == 0 || r.Page.ranked() || r.Page.Size == 0 {
		return nil, nil
	}
	enough := db.enough(ctx, r.From, r.Page, walked)
	if enough == 0 {
		return nil, nil
	}
	common := map[probe]bool{}
	for _, p := range probes {
		var n int
		text := "SELECT count(*) FROM (SELECT 1 FROM " + p.index + " WHERE " + p.index + " MATCH ? LIMIT ?)"
		s := &Statement{Path: r.Path + " is common", Text: text, Args: []any{p.match, enough}, noted: true}
		if err := db.run(ctx, s, func(rows *sqlx.Rows) error { return rows.Scan(&n) }); err != nil {
			return nil, err
		}
		common[p] = n == enough
	}
	return common, nil
}

// enough is how many rows of a table are too many to be gathered for a page that may be walked to, where to look at a row takes so much
// longer when walking; 0 if it has few in any case.
func (db *DB) enough(ctx context.Context, t *Table, p *Page, longer float64) int {
	rows := db.known(ctx).rows[t]
	if rows < fewRows {
		return 0
	}
	// One in n of them makes walking look at n rows for each of the page: it is shorter where they are more than the root of both.
	return int(math.Sqrt(longer * rows * float64(cmp.Or(p.Size, DefaultPage)+p.Offset)))
}

// walked is how much longer it takes to look for words in a row when walking than when gathering.
const walked = 8

// Searchable tells whether a table can be searched by `matches` and ordered by relevance.
func (t *Table) Searchable() bool { return t.relevance != nil }

// stored are the columns of a row as a whole entity is written: those of the entity, and those that follow from them.
func (t *Table) stored() []*Column {
	columns := slices.Clone(t.Columns)
	for _, c := range t.searched {
		columns = append(columns, c.words)
	}
	return columns
}

// derive gives the draft the columns that follow from its values.
func (d *Draft) derive() {
	for _, a := range d.values {
		if a.column.words != nil && !d.has(a.column.words) { // they are there when a transaction is run again
			text, _ := a.value.(string)
			d.values = append(d.values, assignment{column: a.column.words, value: words(text), path: a.path, derived: true})
		}
	}
}

// A term is what must occur in one of the searched columns: a word, the beginning of one, or words in a row.
type term struct {
	words  []string
	prefix bool
}

// searchWords bounds the words of one filter.
const searchWords = 100

// parseSearch reads the text of `matches`: words, "quoted phrases" and prefixes*. A quote without its other half and
// everything else is nothing. prefix makes the last word, if it is not quoted, a prefix. ok is false if there are more than
// searchWords.
func parseSearch(text string, prefix bool) (terms []term, ok bool) {
	text = norm.NFC.String(text)
	if prefix {
		// A quote at the end is left: what it closes is a phrase.
		end := strings.TrimRightFunc(text, func(r rune) bool { return !ofWord(r) && r != '"' })
		if end != "" && !strings.HasSuffix(end, `"`) {
			text = end + "*"
		}
	}
	n := 0
	add := func(t term) {
		same := func(have term) bool { return have.prefix == t.prefix && slices.Equal(have.words, t.words) }
		if len(t.words) > 0 && !slices.ContainsFunc(terms, same) {
			terms = append(terms, t)
			n += len(t.words)
		}
	}
	for text != "" && n <= searchWords {
		end := strings.IndexFunc(text, func(r rune) bool { return !ofWord(r) })
		if end < 0 {
			end = len(text)
		}
		if end > 0 {
			add(term{words: strings.Fields(words(text[:end])), prefix: strings.HasPrefix(text[end:], "*")})
			text = text[end:]
			continue
		}
		if text[0] == '"' {
			if phrase, rest, closed := strings.Cut(text[1:], `"`); closed {
				add(term{words: strings.Fields(words(phrase))})
				text = rest
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return terms, n <= searchWords
}

// parts are the words of terms one by one: what the index is asked for.
func parts(terms []term) []term {
	out := make([]term, 0, len(terms))
	for _, t := range terms {
		for _, word := range t.words {
			part := term{words: []string{word}, prefix: t.prefix}
			if !slices.ContainsFunc(out, func(have term) bool { return have.prefix == part.prefix && have.words[0] == word }) {
				out = append(out, part)
			}
		}
	}
	return out
}

// matches is whether every term occurs in row t. The index finds the words; whether they stand in a row is then seen in
// the stored words, which know no limits of positions.
func (t *Table) matches(terms []term) condition {
	if len(terms) == 0 {
		return t.KeyColumn().constant(false)
	}
	conditions := []condition{func(q *query, alias string) {
		match := q.search(parts(terms))
		if q.common[probe{t.Name + "_search", match}] {
			q.bindTo("EXISTS (SELECT 1 FROM "+t.Name+"_search WHERE "+t.Name+"_search MATCH ? AND rowid = "+alias+".id)", match)
			return
		}
		q.bindTo(q.matches(t.Name, alias), match)
	}}
	for _, term := range terms {
		if len(term.words) == 1 {
			continue
		}
		phrase := " " + strings.Join(term.words, " ") + " "
		columns := make([]condition, len(t.searched))
		for i, c := range t.searched {
			columns[i] = func(q *query, alias string) { q.bindTo(q.position(alias+"."+c.words.Name)+" > 0", phrase) }
		}
		conditions = append(conditions, all(columns, " OR ", nil))
	}
	return all(conditions, " AND ", nil)
}

// ranked tells whether the page is in an order by relevance.
func (p *Page) ranked() bool {
	return slices.ContainsFunc(p.Order, func(o Order) bool { return o.Column.Kind == Rank })
}

// rank writes, behind the tables of a page in an order by relevance, one more beside row t: its relevance. loose says that
// there may be no row t.
func (r *Read) rank(q *query, t string, loose bool) {
	if !r.Page.ranked() {
		return
	}
	terms := parts(r.Page.Where.search)
	switch {
	case len(terms) == 0:
		q.add(" CROSS JOIN (SELECT 0 AS relevance) AS r", t)
	case q.relevance != nil:
		q.bindTo(" CROSS JOIN LATERAL (SELECT "+q.relevance(t)+" AS relevance) AS r"+t, q.search(terms))
	case r.Via == nil:
		q.bindTo(" JOIN ("+q.dialect.relevances(r.From.Name)+") AS r"+t+" ON r"+t+".id = "+t+".id", q.search(terms))
	default:
		q.add([2]string{" JOIN ", " LEFT JOIN "}[btoi(loose)], "relevances AS r", t, " ON r", t, ".id = ", t, ".id")
	}
}

// relevances writes, in front of a page of related rows, what rank joins: the relevances of all parents' rows, once.
func (r *Read) relevances(q *query) {
	terms := parts(r.Page.Where.search)
	if r.Via == nil || len(terms) == 0 || q.relevance != nil {
		return
	}
	q.bindTo("WITH relevances AS MATERIALIZED ("+q.dialect.relevances(r.From.Name), q.search(terms))
	// The plus: the search is not to be run for each of the rows.
	if link := r.Via.Link; link != nil {
		q.bindTo(" AND +rowid IN (SELECT "+link.To+" FROM "+link.Table+" WHERE "+q.inKeys(link.From)+")", q.bindKeys(r.Keys))
	} else {
		q.bindTo(" AND +rowid IN (SELECT id FROM "+r.From.Name+" WHERE "+q.inKeys(r.Via.Theirs.Name)+")", q.bindKeys(r.Keys))
	}
	q.add(") ")
}
