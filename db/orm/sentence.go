package orm

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// predicates are what the message of a fault begins with if it says something of the field: "must not be blank".
var predicates = []string{"must", "may", "can", "cannot", "is", "are", "was", "were", "has", "have", "had", "does", "do", "needs", "need"}

// Sentence is what is wrong as a sentence for people. A message that begins with a verb is said of the field, "Title must not
// be blank.", or of "This" where there is none; any other stands by itself.
func (f *Fault) Sentence() string {
	text := f.Message
	if first, _, _ := strings.Cut(text, " "); slices.Contains(predicates, first) {
		text = f.subject() + " " + text
	}
	if r, size := utf8.DecodeRuneInString(text); unicode.IsLower(r) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// subject is what the fault is a fault of: the last name in its path, or an item of the list of that name.
func (f *Fault) subject() string {
	of := ""
	for _, name := range slices.Backward(f.Field) {
		switch {
		case strings.Trim(name, "0123456789") == "":
			of = "an item of "
		case name == "id": // it stands for the row
			return "this"
		default:
			return of + Spoken(name)
		}
	}
	return "this"
}

// Spoken is a name of the schema as people say it: "fullName" and "FullName" are "full name".
func Spoken(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
