package db

import (
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A rule is what a text column accepts, as its entity's tag says: `rule:"1..50 handle unique"`. First comes the length in
// code points. A text is one line unless the tag says `verbatim`: it is trimmed, and white space in it, line breaks and
// tabs among it, becomes single spaces. A verbatim text is stored as it was written. Both are NFC.
type rule struct {
	min, max int // of the text as it is stored
	verbatim bool
	unique   bool
	fallback string              // the column whose value is taken when this one is absent
	check    func(string) string // answers what is wrong, or ""
}

// parseRule reads a tag. A wrong one panics: it is a mistake in the program.
func parseRule(t *Table, column, tag string) (r rule) {
	if tag == "" {
		return rule{}
	}
	words := strings.Fields(tag)
	low, high, ok := strings.Cut(words[0], "..")
	var errLow, errHigh error
	r.min, errLow = strconv.Atoi(low)
	r.max, errHigh = strconv.Atoi(high)
	if !ok || errLow != nil || errHigh != nil {
		panic(fmt.Sprintf("relations: %s.%s: rule %q does not begin with a length such as 1..50", t.Name, column, tag))
	}
	for _, w := range words[1:] {
		switch w {
		case "verbatim":
			r.verbatim = true
		case "unique":
			r.unique = true
		case "handle":
			r.check = checkHandle
		case "email":
			r.check = checkEmail
		default:
			if column, ok := strings.CutPrefix(w, "default="); ok {
				r.fallback = column
				continue
			}
			panic(fmt.Sprintf("relations: %s.%s: unknown rule %q", t.Name, column, w))
		}
	}
	return r
}

// normal is a text as it is stored.
func (r rule) normal(text string) string {
	text = norm.NFC.String(text)
	if !r.verbatim {
		text = strings.Join(strings.Fields(text), " ")
	}
	return text
}

// Normal is a text as the column stores it: what looks a row up by a name is normalized as what named the row.
func (c *Column) Normal(text string) string { return c.rule.normal(text) }

// apply answers the text to store, or what is wrong with it.
func (r rule) apply(given string) (string, UserErrorCode, string) {
	text := r.normal(given)
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", Invalid, "must not contain NUL or broken characters"
	case strings.TrimSpace(text) == "" && (given != "" || r.min > 0):
		return "", Blank, "must not be blank"
	case n < r.min:
		return "", TooShort, fmt.Sprintf("must have at least %d characters", r.min)
	case n > r.max:
		return "", TooLong, fmt.Sprintf("must have at most %d characters", r.max)
	}
	if r.check != nil {
		if wrong := r.check(text); wrong != "" {
			return "", Invalid, wrong
		}
	}
	return text, "", ""
}

func checkHandle(s string) string {
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '.' && c != '-' {
			return "may contain letters, digits, `_`, `.` and `-` only"
		}
	}
	return ""
}

func checkEmail(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "must be an e-mail address"
	}
	return ""
}
