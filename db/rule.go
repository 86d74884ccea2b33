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
// code points. A text that the tag says is a `line` is trimmed, and white space in it, line breaks and tabs among it, becomes
// single spaces; so are handles and e-mail addresses. Other texts are stored as they were written. Both are NFC.
type rule struct {
	min, max int // of the text as it is stored
	line     bool
	unique   bool
	fallback string              // the column whose value is taken when this one is absent
	check    func(string) string // answers what is wrong, or ""
	says     string              // what check demands, in words: %s is the length
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
		case "line":
			r.line = true
		case "unique":
			r.unique = true
		case "handle":
			r.line, r.check, r.says = true, checkHandle, "%s out of letters, digits, `_`, `.` and `-`, as written"
		case "email":
			r.line, r.check, r.says = true, checkEmail, "a valid e-mail address of %s"
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

// String is the rule in words: "1 to 50 code points"; "" if there is none.
func (r rule) String() string {
	if r.max == 0 {
		return ""
	}
	length := thousands(r.min) + " to " + thousands(r.max) + " code points"
	switch {
	case r.min == r.max:
		length = thousands(r.max) + " code points"
	case r.min == 0, r.says != "" && strings.HasSuffix(r.says, "%s"):
		length = "at most " + thousands(r.max) + " code points"
	}
	if r.line && !strings.HasSuffix(r.says, "%s") {
		length = "one line of " + length
	}
	if r.says != "" {
		return strings.Replace(r.says, "%s", length, 1)
	}
	return length
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// normal is a text as it is stored.
func (r rule) normal(text string) string {
	text = norm.NFC.String(text)
	if r.line {
		text = strings.Join(strings.Fields(text), " ")
	}
	return text
}

// Normal is a text as the column stores it: what looks a row up by a name is normalized as what named the row.
func (c *Column) Normal(text string) string { return c.rule.normal(text) }

// Compared says in words how a look-up by the column compares.
func (c *Column) Compared() string {
	if c.rule.line {
		return ", trimmed and its white space collapsed, then compared exactly"
	}
	return ", compared exactly"
}

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
