package db

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Prepared statements are bounded by their weight, and one that gives way while it is used is closed afterwards.
func TestPrepared(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		text := func(i, length int) string {
			head := fmt.Sprintf("SELECT %d /* ", i)
			return head + strings.Repeat("x", length-len(head)-3) + " */"
		}
		cache := db.prepared[db.read]
		var wait sync.WaitGroup
		for worker := range 8 {
			wait.Go(func() {
				for i := range 100 {
					n := 0
					want := (i*7 + worker) % 60
					err := db.run(t.Context(), &Statement{Text: text(want, 4000)}, func(rows *sqlx.Rows) error { return rows.Scan(&n) })
					if err != nil || n != want {
						t.Errorf("%d instead of %d: %v", n, want, err)
					}
				}
			})
		}
		wait.Wait()
		held := 0
		for e := cache.recent.Front(); e != nil; e = e.Next() {
			s := e.Value.(*prepared)
			held += preparedFactor * len(s.text)
			if s.uses != 0 || s.gone {
				t.Errorf("%d uses, gone %v", s.uses, s.gone)
			}
		}
		if held != cache.bytes || held > preparedBytes || len(cache.byText) != cache.recent.Len() || cache.recent.Len() != preparedBytes/preparedFactor/4000 {
			t.Errorf("%d statements of %d bytes, said to be %d", cache.recent.Len(), held, cache.bytes)
		}
		before := cache.recent.Len()
		if err := db.run(t.Context(), &Statement{Text: text(1, preparedText+1)}, func(*sqlx.Rows) error { return nil }); err != nil {
			t.Error(err)
		}
		if cache.byText[text(1, preparedText+1)] != nil || cache.recent.Len() != before {
			t.Error("a long text is kept")
		}
		// On the server, too, what gave way is gone.
		if db.driver == "postgres" {
			var most int
			for range 64 {
				var n int
				if err := db.read.Get(&n, "SELECT count(*) FROM pg_prepared_statements"); err != nil {
					t.Fatal(err)
				}
				most = max(most, n)
			}
			if most > before+1 {
				t.Errorf("a connection holds %d statements", most)
			}
		}
	})
}
