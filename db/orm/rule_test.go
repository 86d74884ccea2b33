package orm

import "testing"

// A text of one line has no white space around it, and single spaces in it; another is NFC and nothing else.
func TestRules(t *testing.T) {
	line, lines, optional := rule{min: 1, max: 5, line: true}, rule{min: 1, max: 5}, rule{max: 5, line: true}
	for _, c := range []struct {
		rule  rule
		given string
		want  string
		code  UserErrorCode
	}{
		{line, " a\t\r\n b ", "a b", ""},
		{line, "\u00a0a\u2003\u3000b\u0085", "a b", ""},
		{line, "   12345   ", "12345", ""},
		{line, "1    2    3", "1 2 3", ""},
		{line, "1 2 3 4", "", TooLong},
		{line, "e\u0301  e\u0301", "é é", ""},
		{line, " \t\n\u00a0", "", Blank},
		{line, "", "", Blank},
		{line, "a\x00", "", Invalid},
		{line, "\xff", "", Invalid},
		{line, "History", "", TooLong},
		{line, "a\u200bb", "a\u200bb", ""}, // no white space, says Unicode
		{lines, " a\n b", " a\n b", ""},
		{lines, "  e\u0301", "  é", ""},
		{lines, "      ", "", Blank},
		{lines, "   123", "", TooLong},
		{optional, "", "", ""},
		{optional, "  ", "", Blank},
	} {
		if got, code, _ := c.rule.apply(c.given); got != c.want || code != c.code {
			t.Errorf("%q under %+v: %q %s, want %q %s", c.given, c.rule, got, code, c.want, c.code)
		}
	}
}

// Which texts are one line: a new column is, unless its author says otherwise.
func TestVerbatimTexts(t *testing.T) {
	verbatim := map[string]bool{"Post.content": true, "Profile.bio": true, "User.password": true}
	for _, table := range page.Tables() {
		for _, c := range append(table.Columns[:len(table.Columns):len(table.Columns)], table.secrets...) {
			if name := table.Type + "." + c.Field; c.Kind == Text && c.rule.line == verbatim[name] {
				t.Errorf("%s: line is %v", name, c.rule.line)
			}
		}
	}
}
