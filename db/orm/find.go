package orm

import (
	"context"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
)

// A Search is one page of what is found in all searchable tables, the best first. Its rank is a whole number that follows
// from the stored words alone, so that both databases find the same in the same order. Make one with NewSearch.
type Search struct {
	Size int
	// Within says that nobody asks what lies in front of the page or behind it.
	Within     bool
	coordinate string
	tables     []*Table
	terms      []term
	after      *Hit
}

// A Hit is a row that was found.
type Hit struct {
	Table *Table
	Key   int64
	Rank  int64
}

// Hits are one page of them.
type Hits struct {
	Hits             []Hit
	HasNext, HasPrev bool
}

// SearchArgs are the arguments of a search as the client gave them; nil is absent.
type SearchArgs struct {
	Text   string
	Prefix bool
	First  *int
	After  *string
}

// What a word counts that is a column's whole text, begins it, or stands in it, in the first of a table's searched columns and
// in the others. A rank is the sum over all words, phrases and prefixes and all columns that they occur in.
var rankOf = [2]struct{ whole, begins, within int64 }{{8, 4, 3}, {4, 2, 1}}

// Searched are the tables that can be searched, in the order of their declaration: that of hits with one rank.
func (m *Model) Searched() []*Table {
	return slices.DeleteFunc(slices.Clone(m.tables), func(t *Table) bool { return !t.Searchable() })
}

// NewSearch checks args for the field at coordinate. Its errors are BadRequest.
func NewSearch(m *Model, coordinate string, args SearchArgs) (*Search, error) {
	s := &Search{Size: DefaultPage, coordinate: coordinate, tables: m.Searched()}
	var ok bool
	if s.terms, ok = parseSearch(args.Text, args.Prefix); !ok {
		return nil, Errorf(BadRequest, "`text` must have at most %d words", searchWords)
	}
	if args.First != nil {
		if s.Size = *args.First; s.Size < 0 || s.Size > MaxPage {
			return nil, Errorf(BadRequest, "`first` must be between 0 and %d", MaxPage)
		}
	}
	if args.After != nil {
		if s.after, ok = s.parseCursor(*args.After); !ok {
			return nil, Errorf(BadRequest, "`after` is not a cursor of this field")
		}
	}
	return s, nil
}

// order is what cursors are made in.
func (s *Search) order() []Order {
	return []Order{{Column: &Column{Name: "rank", Kind: Rank}, Desc: true}, {Column: &Column{Name: "type", Kind: Text}}, {Column: &Column{Name: "id", Kind: Key}}}
}

// Cursor is the place of a hit. It names neither the text nor the page.
func (s *Search) Cursor(h Hit) string {
	return string(AppendCursor(nil, s.coordinate, s.order(), []any{h.Rank, h.Table.Type, h.Key}))
}

func (s *Search) parseCursor(cursor string) (*Hit, bool) {
	values, ok := parseCursor(s.coordinate, s.order(), cursor)
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(s.tables, func(t *Table) bool { return t.Type == values[1] })
	if i < 0 {
		return nil, false
	}
	h := &Hit{Table: s.tables[i]}
	h.Rank, _ = values[0].(int64)
	h.Key, _ = values[2].(int64)
	return h, true
}

// stored is how a term stands in stored words.
func (t term) stored() string {
	text := " " + strings.Join(t.words, " ")
	if !t.prefix {
		text += " "
	}
	return text
}

// rank writes the rank of row t of a table.
func (s *Search) rank(q *query, table *Table, t string) {
	for i, c := range table.searched {
		words := t + "." + c.words.Name
		weight := rankOf[min(i, 1)]
		for j, term := range s.terms {
			q.add([2]string{" + ", ""}[btoi(i+j == 0)])
			text := strings.Join(term.words, " ")
			q.bindTo("CASE "+q.position(words)+" WHEN 0 THEN 0", term.stored())
			q.bindTo(" WHEN 1 THEN CASE WHEN "+words+" = ?", " "+text+" ")
			q.add(" THEN ", strconv.FormatInt(weight.whole, 10), " ELSE ", strconv.FormatInt(weight.begins, 10), " END")
			q.add(" ELSE ", strconv.FormatInt(weight.within, 10), " END")
		}
	}
}

// found writes a SELECT for each table of what is found in it, without the last bracket; columns writes what is wanted of row t.
func (s *Search) found(q *query, columns func(place int, table *Table, t string)) {
	for i, table := range s.tables {
		if i > 0 {
			q.add(" UNION ALL ")
		}
		t := q.alias()
		q.add("SELECT ")
		columns(i, table, t)
		q.add(" FROM ", table.Name, " AS ", t, " WHERE ")
		table.matches(s.terms)(q, t)
		q.visible(" AND ", table, t)
	}
}

// Search runs s.
func (db *DB) Search(ctx context.Context, path string, s *Search) (*Hits, error) {
	hits := &Hits{}
	if len(s.terms) == 0 {
		return hits, nil
	}
	if set := readSetOf(ctx); set != nil {
		set.search(s)
	}
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("WITH found AS MATERIALIZED (")
	s.found(q, func(place int, table *Table, t string) {
		q.add(strconv.Itoa(place), " AS place, ", t, ".", table.KeyColumn().Name, " AS id, ")
		s.rank(q, table, t)
		q.add(" AS rank")
	})
	q.add(") SELECT ")
	beyond := func(after bool) {
		place := slices.Index(s.tables, s.after.Table)
		q.bindTo([2]string{"(rank > ? OR ", "(rank < ? OR "}[btoi(after)], s.after.Rank)
		q.bindTo("rank = ? AND (place, id) ", s.after.Rank)
		q.bindTo([2]string{"<=", ">"}[btoi(after)]+" ("+strconv.Itoa(place)+", ?))", s.after.Key)
	}
	if s.after != nil && !s.Within {
		q.add("(SELECT 1 FROM found WHERE ")
		beyond(false)
		q.add(" LIMIT 1) IS NOT NULL")
	} else {
		q.add("FALSE")
	}
	q.add(", p.place, p.id, p.rank FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT place, id, rank FROM found")
	if s.after != nil {
		q.add(" WHERE ")
		beyond(true)
	}
	q.add(" ORDER BY rank DESC, place, id LIMIT ", strconv.Itoa(s.Size+btoi(!s.Within)), ") AS p ON TRUE ORDER BY p.rank DESC, p.place, p.id")
	statement := &Statement{Path: path, Text: q.String(), Args: q.args, looks: db.searching(s), noted: true}
	err := db.run(ctx, statement, func(rows *sqlx.Rows) error {
		var place *int
		var key, rank *int64
		if err := rows.Scan(&hits.HasPrev, &place, &key, &rank); err != nil || place == nil {
			return err
		}
		if len(hits.Hits) == s.Size {
			hits.HasNext = true
			return nil
		}
		hits.Hits = append(hits.Hits, Hit{Table: s.tables[*place], Key: *key, Rank: *rank})
		return nil
	})
	return hits, err
}

// CountSearch is how many rows are found in all.
func (db *DB) CountSearch(ctx context.Context, path string, s *Search) (n int, err error) {
	if len(s.terms) == 0 {
		return 0, nil
	}
	if set := readSetOf(ctx); set != nil {
		set.search(s)
	}
	q := &query{dialect: db.dialect, viewer: ViewerOf(ctx)}
	q.add("SELECT count(*) FROM (")
	s.found(q, func(int, *Table, string) { q.add("1 AS one") })
	q.add(") AS found")
	statement := &Statement{Path: path, Text: q.String(), Args: q.args, looks: db.searching(s), noted: true}
	err = db.run(ctx, statement, func(rows *sqlx.Rows) error { return rows.Scan(&n) })
	return n, err
}

// LooksOf is about how many rows a search, or its count, makes the database look at.
func (db *DB) LooksOf(ctx context.Context, s *Search) (n float64) {
	known := db.known(ctx)
	for _, t := range s.tables {
		if rows := known.rows[t]; rows >= fewRows {
			n += known.searched(t, s.terms).total()
		}
	}
	return n
}

func (db *DB) searching(s *Search) func(context.Context) float64 {
	return func(ctx context.Context) float64 { return db.LooksOf(ctx, s) }
}

// Gone is the error of a hit whose row was removed between two statements.
func (h Hit) Gone() error {
	return &Error{Code: Stale, Message: "a row was removed while it was read"}
}

// What a snippet shows: so many code points in front of the first word that matches, and in all, or a few more where words
// are whole.
const (
	snippetLead   = 40
	snippetLength = 160
)

// Snippet is a part of a row's text around what was found in it: of the column in which most was found, on one line, as HTML
// in which the words that match stand between <mark> and </mark>. texts are the row's searched columns.
func (s *Search) Snippet(table *Table, texts []any) string {
	best, most := "", int64(-1)
	for i := range table.searched {
		text, _ := texts[i].(string)
		if rank := s.rankIn(min(i, 1), words(text)); rank > most {
			best, most = text, rank
		}
	}
	return s.snippet(best)
}

// rankIn is what a column with these words adds to a rank.
func (s *Search) rankIn(column int, stored string) (rank int64) {
	weight := rankOf[column]
	for _, t := range s.terms {
		switch strings.Index(stored, t.stored()) {
		case -1:
		case 0:
			if stored == " "+strings.Join(t.words, " ")+" " {
				rank += weight.whole
			} else {
				rank += weight.begins
			}
		default:
			rank += weight.within
		}
	}
	return rank
}

// A spot is a word in a text.
type spot struct {
	start, end int // in bytes
	word       string
	marked     bool
}

func spots(text string) (out []spot) {
	for start := 0; start < len(text); {
		r, size := utf8.DecodeRuneInString(text[start:])
		if !ofWord(r) {
			start += size
			continue
		}
		end := start
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !ofWord(r) {
				break
			}
			end += size
		}
		out = append(out, spot{start: start, end: end, word: strings.TrimSpace(words(text[start:end]))})
		start = end
	}
	return out
}

func (s *Search) snippet(text string) string {
	text = strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
	found := spots(text)
	for _, t := range s.terms {
		for i := range found {
			n := len(t.words)
			if i+n > len(found) {
				break
			}
			same := true
			for j, word := range t.words {
				have := found[i+j].word
				same = same && (have == word || t.prefix && strings.HasPrefix(have, word))
			}
			for j := range n {
				found[i+j].marked = found[i+j].marked || same
			}
		}
	}
	first := slices.IndexFunc(found, func(w spot) bool { return w.marked })
	start, end := 0, len(text)
	if first > 0 {
		for start = found[first].start; start > 0 && utf8.RuneCountInString(text[start:found[first].start]) < snippetLead; {
			_, size := utf8.DecodeLastRuneInString(text[:start])
			start -= size
		}
		for _, w := range found[:first+1] { // at the beginning of a word
			if w.start >= start {
				if start > 0 {
					start = w.start
				}
				break
			}
		}
	}
	n := 0
	for i := range text[start:] {
		if n++; n > snippetLength {
			end = start + i
			break
		}
	}
	for _, w := range found {
		if w.start < end && end < w.end && (first < 0 && w.start > start || first >= 0 && w.start > found[first].start) { // in front of a word
			end = w.start
		}
	}
	var b strings.Builder
	if start > 0 {
		b.WriteString("…")
	}
	at := start
	for _, w := range found {
		if !w.marked || w.start < start || w.start >= end {
			continue
		}
		b.WriteString(html.EscapeString(text[at:w.start]))
		b.WriteString("<mark>")
		at = min(w.end, end)
		b.WriteString(html.EscapeString(text[w.start:at]))
		b.WriteString("</mark>")
	}
	b.WriteString(html.EscapeString(strings.TrimRight(text[at:end], " ")))
	if end < len(text) {
		b.WriteString("…")
	}
	return b.String()
}

// A SearchConnection is a search that is run when it is asked for. Rows answers the rows of hits, in their order.
type SearchConnection struct {
	Search *Search
	Load   func(context.Context) (*Hits, error)
	Count  func(context.Context) (int, error)
	Rows   func(context.Context, []Hit) ([]Node, error)
}

// A SearchEdge is a row that was found.
type SearchEdge struct {
	Cursor     string
	Rank       int
	hit        Hit
	connection *SearchConnection
}

// Nodes are the rows of the page.
func (c *SearchConnection) Nodes(ctx context.Context) ([]Node, error) {
	hits, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	return c.Rows(ctx, hits.Hits)
}

// Edges are the hits of the page.
func (c *SearchConnection) Edges(ctx context.Context) ([]*SearchEdge, error) {
	hits, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	edges := make([]*SearchEdge, len(hits.Hits))
	for i, h := range hits.Hits {
		edges[i] = &SearchEdge{Cursor: c.Search.Cursor(h), Rank: int(h.Rank), hit: h, connection: c}
	}
	return edges, nil
}

// PageInfo describes the page.
func (c *SearchConnection) PageInfo(ctx context.Context) (*PageInfo, error) {
	hits, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	info := &PageInfo{HasNextPage: hits.HasNext, HasPreviousPage: hits.HasPrev}
	if n := len(hits.Hits); n > 0 {
		start, end := c.Search.Cursor(hits.Hits[0]), c.Search.Cursor(hits.Hits[n-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info, nil
}

// TotalCount is how many rows are found in all.
func (c *SearchConnection) TotalCount(ctx context.Context) (int, error) { return c.Count(ctx) }

// Node is the row.
func (e *SearchEdge) Node(ctx context.Context) (Node, error) {
	nodes, err := e.connection.Rows(ctx, []Hit{e.hit})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

// Snippet is a part of the row's text around what was found.
func (e *SearchEdge) Snippet(ctx context.Context) (string, error) {
	node, err := e.Node(ctx)
	if err != nil {
		return "", err
	}
	texts := make([]any, len(e.hit.Table.searched))
	for i, c := range e.hit.Table.searched {
		texts[i] = c.Of(node)
	}
	return e.connection.Search.Snippet(e.hit.Table, texts), nil
}
