package graph_test

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// A naiveHit is what a search ought to find, worked out from the stored texts.
type naiveHit struct {
	id   string
	rank int
}

// naiveSearch finds in all tables what a search of words and prefixes ought to find, the best first.
func naiveSearch(w *world, terms []string) (hits []naiveHit) {
	for _, table := range db.Model.Searched() {
		for _, r := range w.rows[table] {
			var texts []string
			rank := 0
			for i, c := range table.Searched() {
				text, _ := r.values[c.Name].(string)
				texts = append(texts, text)
				for _, term := range terms {
					rank += naiveRank(i == 0, wordsOf(texts[i]), term)
				}
			}
			if searched(strings.Join(terms, " "), texts...) {
				hits = append(hits, naiveHit{r.id(), rank})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b naiveHit) int { return cmp.Compare(b.rank, a.rank) })
	return hits
}

func naiveRank(first bool, words []string, term string) int {
	weight := [2][3]int{{4, 2, 1}, {8, 4, 3}}[btoi(first)]
	prefix := strings.HasSuffix(term, "*")
	term = wordsOf(term)[0]
	for i, word := range words {
		switch same := word == term; {
		case !same && !(prefix && strings.HasPrefix(word, term)):
		case same && len(words) == 1:
			return weight[0]
		case i == 0:
			return weight[1]
		default:
			return weight[2]
		}
	}
	return 0
}

// A search over everything finds, ranks, counts and pages as a plain evaluation of the stored texts does, on both
// databases, planned and resolved; its snippets are texts of the rows, in which what matches is marked.
func TestRandomSearches(t *testing.T) {
	texts := "" // of each table those that are searched, by names of their own
	for _, table := range db.Model.Searched() {
		texts += " ... on " + table.Type + " {"
		for _, c := range table.Searched() {
			texts += " " + table.Type + c.Field + ": " + c.Field
		}
		texts += " }"
	}
	mark := regexp.MustCompile(`<mark>(.*?)</mark>`)
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			g := newFilterWorld(t, f, 11)
			found := 0
			for range 120 {
				var terms []string
				for range 1 + g.IntN(2) {
					if words := wordsOf(fragments[g.IntN(len(fragments))]); len(words) > 0 {
						terms = append(terms, words[0])
					}
				}
				if len(terms) == 0 || len(terms) == 2 && terms[0] == terms[1] {
					continue
				}
				prefix := g.IntN(2) == 0
				text := strings.Join(terms, " ") + []string{"", " ", " ?"}[g.IntN(3)]
				if prefix {
					last := []rune(terms[len(terms)-1])
					terms[len(terms)-1] = string(last[:1+g.IntN(len(last))])
					text = strings.Join(terms, " ")
					terms[len(terms)-1] += "*"
				}
				want := naiveSearch(g.world, terms)
				found += btoi(len(want) > 3)
				var got []naiveHit
				size, after := 1+g.IntN(7), any(nil)
				for {
					var data struct {
						Search struct {
							TotalCount int
							PageInfo   struct {
								HasNextPage, HasPreviousPage bool
								EndCursor                    string
							}
							Edges []struct {
								Snippet, Cursor string
								Rank            int
								Node            map[string]*string
							}
							Nodes []struct{ ID string }
						}
					}
					askBoth(t, f, orm.Viewer{}, request{
						Query: `query($text: String!, $prefix: Boolean!, $first: Int, $after: String) { search(text: $text, prefix: $prefix, first: $first, after: $after) {
							totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
							edges { snippet cursor rank node { ... on Node { id }` + texts + ` } }
							nodes { ... on Node { id } } } }`,
						Variables: map[string]any{"text": text, "prefix": prefix, "first": size, "after": after},
					}, &data)
					page := data.Search
					if page.TotalCount != len(want) || page.PageInfo.HasPreviousPage != (len(got) > 0) || page.PageInfo.HasNextPage != (len(got)+len(page.Edges) < len(want)) {
						t.Fatalf("%q: %+v behind %d of %d", text, page, len(got), len(want))
					}
					for i, e := range page.Edges {
						got = append(got, naiveHit{*e.Node["id"], e.Rank})
						if page.Nodes[i].ID != *e.Node["id"] {
							t.Errorf("%q: nodes[%d] is %s", text, i, page.Nodes[i].ID)
						}
						plain := strings.Trim(html.UnescapeString(mark.ReplaceAllString(e.Snippet, "$1")), "…")
						if !slices.ContainsFunc(slices.Collect(maps.Values(e.Node)), func(text *string) bool {
							return text != nil && strings.Contains(strings.Join(strings.Fields(*text), " "), plain)
						}) {
							t.Errorf("%q: %q is in none of the texts", text, plain)
						}
						marks := mark.FindAllStringSubmatch(e.Snippet, -1)
						for _, m := range marks {
							if !slices.ContainsFunc(terms, func(term string) bool { return naiveRank(true, wordsOf(html.UnescapeString(m[1])), term) > 0 }) {
								t.Errorf("%q marks %q in %q", text, m[1], e.Snippet)
							}
						}
						if len(marks) == 0 {
							t.Errorf("%q marks nothing in %q", text, e.Snippet)
						}
					}
					if !page.PageInfo.HasNextPage {
						break
					}
					after = page.PageInfo.EndCursor
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%q found\n%v, want\n%v", text, got, want)
				}
			}
			if found < 10 {
				t.Errorf("only %d searches found more than three", found)
			}
		})
	}
}
