package orm

import (
	"strings"
	"testing"
)

// A snippet is one line around the first match: escaped, marked, bounded, cut between words.
func TestSnippet(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("lorem ipsum ", 40))
	for _, c := range []struct {
		text, prefix   string
		title, content string
		want           string
	}{
		{text: "ada", title: "Ada's <b>notes</b> & ada", want: "<mark>Ada</mark>&#39;s &lt;b&gt;notes&lt;/b&gt; &amp; <mark>ada</mark>"},
		{text: "ada", title: "nothing", content: "a\n\n\tb  ADA", want: "a b <mark>ADA</mark>"},
		{text: `"b c"`, title: "a b-c b d c", want: "a <mark>b</mark>-<mark>c</mark> b d c"},
		{text: "no*", title: "Notes, no and piano", want: "<mark>Notes</mark>, <mark>no</mark> and piano"},
		{text: "x", title: "x", content: "x x x", want: "<mark>x</mark>"},
		{text: "x", title: "a b x", content: "x", want: "<mark>x</mark>"}, // 3 in the one, 4 in the other
		{text: "needle", content: long + " needle " + long,
			want: "…lorem ipsum lorem ipsum lorem ipsum <mark>needle</mark> " + strings.Repeat("lorem ipsum ", 9) + "lorem…"},
		{text: "gone", title: long, want: strings.TrimSpace(strings.Repeat("lorem ipsum ", 13)) + "…"},
		{text: "a*", title: strings.Repeat("a", 500), want: "<mark>" + strings.Repeat("a", snippetLength) + "</mark>…"},
		{text: "x", title: "", want: ""},
	} {
		s, err := NewSearch(page, "Query.search", SearchArgs{Text: c.text})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Snippet(Posts.Table, []any{c.title, c.content}); got != c.want {
			t.Errorf("%q in %q, %q:\n%s, want\n%s", c.text, c.title, c.content, got, c.want)
		}
	}
}

// The option makes a prefix of the last word, where it stands by itself.
func TestParseSearchPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"ada love": "ada love*", "ada love ?": "ada love*", "love*": "love*", `"ada love"`: `"ada love"`, `ada "love`: "ada love*", "": "", "--": "", "E\u0301": "é*",
	} {
		got, _ := parseSearch(text, true)
		plain, _ := parseSearch(want, false)
		if len(got) != len(plain) || len(got) > 0 && got[len(got)-1].stored() != plain[len(plain)-1].stored() {
			t.Errorf("%q is %v, want %v", text, got, plain)
		}
	}
}

// A cursor of another field, or that was tampered with, is refused; numbers are held to their bounds.
func TestNewSearch(t *testing.T) {
	s, err := NewSearch(page, "Query.search", SearchArgs{Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	good := s.Cursor(Hit{Table: Posts.Table, Key: 7, Rank: 3})
	if s, err := NewSearch(page, "Query.search", SearchArgs{Text: "b", After: &good}); err != nil || *s.after != (Hit{Table: Posts.Table, Key: 7, Rank: 3}) {
		t.Errorf("%v %v", s, err)
	}
	tags, many := s.Cursor(Hit{Table: Tags.Table, Key: 7, Rank: 3}), MaxPage+1
	words := "w"
	for i := range searchWords {
		words += " w" + strings.Repeat("x", i+1)
	}
	for name, args := range map[string]SearchArgs{"of a table that is not searched": {After: &tags}, "too many": {First: &many}, "words": {Text: words}} {
		if _, err := NewSearch(page, "Query.search", args); CodeOf(err) != BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewSearch(page, "Query.find", SearchArgs{After: &good}); CodeOf(err) != BadRequest {
		t.Errorf("another field: %v", err)
	}
}
