package main

import (
	"fmt"
	"slices"
	"strings"

	"kith/db/orm"
)

// search is the schema of the search over all tables; "" if none can be searched.
func (w *writer) search() string {
	var types, many []string
	for _, t := range w.tables {
		if t.Searchable() {
			types, many = append(types, t.Type), append(many, w.noun(t).many)
		}
	}
	if len(types) == 0 {
		return ""
	}
	if slices.ContainsFunc(w.tables, func(t *orm.Table) bool {
		return t.Type == "Search" || t.Type == "SearchResult" || t.Root() == "search" || t.Single() == "search"
	}) {
		panic("relations: a table has the name of the search over all tables")
	}
	w.b.Reset()
	w.b.WriteString("# " + marked + "\n")
	w.line("")
	w.field("What a search over everything finds.", "union SearchResult = "+strings.Join(types, " | "))
	w.block("One page of what was found, the best first.", "type SearchConnection", func() {
		w.field("What was found, each with its cursor and what it matched.", "edges: [SearchEdge!]!")
		w.field("What was found, in the order of `edges`.", "nodes: [SearchResult!]!")
		w.field("Where the page begins and ends, and whether there is more.", "pageInfo: PageInfo!")
		w.field("How many objects match, on all pages together.", "totalCount: Int!")
	})
	w.block("An object that was found.", "type SearchEdge", func() {
		w.field("Its place, for `after`: opaque, bound to the field, not to the text.", "cursor: String!")
		w.field("The object.", "node: SearchResult!")
		w.field("How well it matches, more being better: each word counts, more in a field that weighs more, at its beginning, and as the whole of it.", "rank: Int!")
		w.field("A part of the field that matches best, around the first word that matches: one line of HTML, in which all that matches stands between `<mark>` and"+
			" `</mark>`, everything else is escaped, and `…` stands for what is left out.", "snippet: String!")
	})
	w.block("How `matches` reads its text.", "input MatchOptions", func() {
		w.field("Take the last word, unless it is quoted, as the beginning of one, as `word*` does.", "prefix: Boolean! = false")
		w.field("Let a text without a word match everything.", "emptyMatchesAll: Boolean! = false")
	})
	w.block("", "extend type Query", func() {
		w.describe("Full text of " + listed(many) + ", as `matches` reads it, best first; of equal ones in that order, and by their keys. Both databases answer the same.")
		w.line("search(")
		w.indent = "    "
		w.field("What to look for: every word, `\"words in a row\"`, `prefix*`. A text without a word finds nothing; one with more than 100 is BAD_REQUEST.", "text: String!")
		w.field("Take the last word, unless it is quoted, as the beginning of one.", "prefix: Boolean! = false")
		w.field(fmt.Sprintf("Page size, 0 to %d; %d when absent.", orm.MaxPage, orm.DefaultPage), "first: Int")
		w.field("Only what stands behind this cursor.", "after: String")
		w.indent = "  "
		w.line("): SearchConnection!")
	})
	return w.b.String()
}
