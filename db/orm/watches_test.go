package orm

import (
	"fmt"
	"testing"
)

// BenchmarkMatching measures how long it takes to find whom a change concerns, among those who have each read a few rows.
func BenchmarkMatching(b *testing.B) {
	m, minutes := clubs()
	m.Tables()
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := NewWatches[int]()
			for i := range n {
				s := &ReadSet{watches: map[watch]columns{}}
				for j := range int64(5) {
					s.watch("minutes", "id", int64(i)*5+j, membership|minutes.column("text").bit())
				}
				s.watch("minutes", "club_id", int64(i), membership|minutes.column("club_id").bit())
				s.watch("clubs", "id", int64(i), membership)
				w.Set(i, s)
			}
			row := make([]any, len(minutes.Columns))
			row[0], row[1] = int64(0), int64(0)
			change := &Committed{Changes: []RowChange{{Table: minutes, Keys: [2]int64{0}, Verb: RowUpdated, Columns: []*Column{minutes.column("text")}, Before: row, After: row}}}
			found := 0
			for b.Loop() {
				w.Concerned(change, func(int) { found++ })
			}
			if found != b.N {
				b.Errorf("%d of %d", found, b.N)
			}
		})
	}
}
