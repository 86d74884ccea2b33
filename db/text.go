package db

import (
	"strings"
	"unicode"
)

// Fold makes texts that differ only in case equal: every letter that has a case pair of its own becomes the lower one.
// It is what the databases' kith_fold does, code point by code point.
func Fold(s string) string { return strings.Map(foldRune, s) }

// foldRune folds letters whose upper and lower forms are each other's and nobody else's; `İ`, `ı`, `ſ` and `K` (Kelvin)
// have no pair of their own and stay.
func foldRune(r rune) rune {
	lower := unicode.ToLower(r)
	if lower != r && unicode.ToUpper(lower) == r {
		return lower
	}
	return r
}
