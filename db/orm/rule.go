package orm

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A rule is what a text column accepts, as its entity's tag says: `rule:"1..50 handle unique"`. First comes the length in
// code points. A text that the tag says is a `line` is trimmed, and white space in it, line breaks and tabs among it, becomes
// single spaces; so are handles and e-mail addresses. Other texts are stored as they were written. Both are NFC.
//
// The rule of a number or a date is its range, either end of which may be left out: `rule:"0..100"`, `rule:"2000-01-01.."`.
// That of a decimal begins with how many digits it has and how many of them stand behind the point: `rule:"12,2 0.."`.
type rule struct {
	min, max int // of the text as it is stored
	line     bool
	unique   bool
	fallback string              // the column whose value is taken when this one is absent
	check    func(string) string // answers what is wrong, or ""
	says     string              // what check demands, in words: %s is the length

	low, high        any // cells; nil where there is no end
	precision, scale int // of a decimal: digits in all, and behind the point
}

// parseRule reads a tag. A wrong one panics: it is a mistake in the program.
func (c *Column) parseRule(tag string) {
	if c.Kind == Text {
		c.rule = parseRule(c.Table, c.Name, tag)
		return
	}
	wrong := func(format string, args ...any) {
		panic(fmt.Sprintf("relations: %s.%s: %s", c.Table.Name, c.Name, fmt.Sprintf(format, args...)))
	}
	given := strings.Fields(tag)
	if c.Kind == Numeric {
		if len(given) == 0 {
			given = []string{""}
		}
		precision, scale, _ := strings.Cut(given[0], ",")
		var errPrecision, errScale error
		c.rule.precision, errPrecision = strconv.Atoi(precision)
		c.rule.scale, errScale = strconv.Atoi(scale)
		if errPrecision != nil || errScale != nil || c.rule.scale < 0 || c.rule.precision < max(1, c.rule.scale) || c.rule.precision > maxDigits {
			wrong("rule %q does not begin with digits, at most %d, and those behind the point, such as 12,2", tag, maxDigits)
		}
		given = given[1:]
	}
	for _, w := range given {
		low, high, isRange := strings.Cut(w, "..")
		switch {
		case w == "unique" && c.Kind.listed():
			c.rule.unique = true
		case isRange && slices.Contains([]Kind{Int, Long, Float, Numeric, Day}, c.Kind):
			for text, into := range map[string]*any{low: &c.rule.low, high: &c.rule.high} {
				if v, ok := c.fromText(text); ok {
					*into = v
				} else if text != "" {
					wrong("%q is not %s", text, c.noun())
				}
			}
			if w == ".." || c.rule.low != nil && c.rule.high != nil && compareCells(c.rule.low, c.rule.high) > 0 {
				wrong("rule %q leaves nothing", w)
			}
		default:
			wrong("unknown rule %q", w)
		}
	}
}

// fromText is a value that a tag gives as a text.
func (c *Column) fromText(text string) (any, bool) {
	switch c.Kind {
	case Int, Float:
		return c.cell(json.Number(text))
	case Bool:
		return text == "true", text == "true" || text == "false"
	case Enum:
		return text, true // the schema knows the values, and knows them first
	case Document:
		return nil, false
	}
	return c.cell(text)
}

// accept answers the cell to store, or what is wrong with a value; texts have rules of their own.
func (c *Column) accept(v any) (any, UserErrorCode, string) {
	cell, ok := c.cell(v)
	if !ok {
		return nil, Invalid, "is not " + c.noun()
	}
	return c.within(cell)
}

// within answers a cell, or that it is outside of the column's range.
func (c *Column) within(cell any) (any, UserErrorCode, string) {
	switch {
	case c.rule.low != nil && compareCells(cell, c.rule.low) < 0:
		return nil, Invalid, "must be " + c.rule.span()
	case c.rule.high != nil && compareCells(cell, c.rule.high) > 0:
		return nil, Invalid, "must be " + c.rule.span()
	}
	return cell, "", ""
}

// span is a range in words.
func (r rule) span() string {
	switch {
	case r.low != nil && r.high != nil:
		return fmt.Sprintf("%v to %v", r.low, r.high)
	case r.low != nil:
		return fmt.Sprintf("at least %v", r.low)
	}
	return fmt.Sprintf("at most %v", r.high)
}

// digits is the form of a decimal in words.
func (r rule) digits() string {
	if r.scale == 0 {
		return fmt.Sprintf("at most %d digits", r.precision)
	}
	return fmt.Sprintf("at most %d digits before the point and %d behind it", r.precision-r.scale, r.scale)
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
	var form []string
	if r.precision > 0 {
		form = append(form, r.digits())
	}
	if r.low != nil || r.high != nil {
		form = append(form, r.span())
	}
	if r.max == 0 {
		return strings.Join(form, ", ")
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
func (c *Column) Normal(text string) string {
	if c.Kind == Guid {
		return strings.ToLower(text)
	}
	return c.rule.normal(text)
}

// Compared says in words how a look-up by the column compares.
func (c *Column) Compared() string {
	if c.rule.line {
		return ", trimmed and its white space collapsed, then compared exactly"
	}
	return ", compared exactly"
}

// apply answers the text to store, or what is wrong with it.
func (r rule) apply(given string) (any, UserErrorCode, string) {
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
