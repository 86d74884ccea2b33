package main

import (
	"slices"
	"strings"

	"kith/db/orm"
)

// A noun is what the schema's descriptions call the rows of a table.
type noun struct{ a, one, many string } // "an address", "address", "addresses"

func (w *writer) noun(t *orm.Table) noun {
	n := noun{one: orm.Spoken(t.Type), many: strings.ReplaceAll(t.Name, "_", " ")}
	n.a = withArticle(n.one)
	if article := w.source.doc(t.Type, "").article; article == "a" || article == "an" {
		n.a = article + " " + n.one
	}
	return n
}

// withArticle puts "a" or "an" in front of a noun.
func withArticle(s string) string {
	for _, spoken := range []string{"eu", "one", "uni", "use", "usu"} { // begin with a consonant
		if strings.HasPrefix(s, spoken) {
			return "a " + s
		}
	}
	if strings.ContainsAny(s[:1], "aeiou") {
		return "an " + s
	}
	return "a " + s
}

func snake(s string) string { return strings.ReplaceAll(orm.Spoken(s), " ", "_") }

func upperFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// listed is "a, b and c".
func listed(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

func code(items []string) []string {
	out := slices.Clone(items)
	for i, s := range out {
		out[i] = "`" + s + "`"
	}
	return out
}

// wrapped breaks a text into lines of at most width bytes.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
