package orm

import (
	"strings"
	"unicode/utf8"
)

// Fold makes texts that differ only in case equal: every letter that has a case pair of its own becomes the lower one.
// A pair is two letters whose upper and lower forms are each other and nothing else, so `İ`, `ı`, `ſ`, `ς`, `ß` and the
// Kelvin sign stay. It goes code point by code point and is what the databases' kith_fold does.
func Fold(s string) string { return strings.Map(foldRune, s) }

func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	}
	if lower, ok := foldPairs[r]; ok {
		return lower
	}
	return r
}

var foldPairs = func() map[rune]rune {
	lower := []rune(foldLower)
	pairs := make(map[rune]rune, len(lower))
	for i, r := range []rune(foldUpper) {
		pairs[r] = lower[i]
	}
	return pairs
}()
