package orm

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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

// What gives way is what was not used for the longest time.
func TestPreparedGivesWayByUse(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		cache := db.prepared[db.read]
		text := func(i int) string { return fmt.Sprintf("SELECT %d /* %s */", i, strings.Repeat("x", 7000)) }
		use := func(i int) {
			t.Helper()
			if err := db.run(t.Context(), &Statement{Text: text(i)}, func(*sqlx.Rows) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		const hot, cold = 10, 11 // of one length
		use(hot)
		use(cold)
		first := cache.byText[text(hot)]
		for i := range preparedBytes / preparedFactor / 7000 {
			use(100 + i)
			use(hot)
		}
		if cache.byText[text(hot)] != first || cache.byText[text(cold)] != nil {
			t.Errorf("what is used all the time is kept: %v, what is not: %v", cache.byText[text(hot)] == first, cache.byText[text(cold)] != nil)
		}
	})
}

// What is out of the cache while it is used is closed when the last who uses it has done, and not before.
func TestPreparedIsClosedAfterItsLastUse(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		cache := db.prepared[db.read]
		const text = "SELECT 1"
		works := func(s *prepared) bool {
			var n int
			return s.stmt.GetContext(t.Context(), &n) == nil
		}
		if err := db.run(t.Context(), &Statement{Text: text}, func(*sqlx.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		one, other := cache.use(text), cache.use(text)
		if one == nil || one != other {
			t.Fatal("it is not kept")
		}
		cache.forget(one)
		cache.forget(other) // who found it stale as well
		if cache.use(text) != nil || cache.bytes != 0 || cache.recent.Len() != 0 {
			t.Errorf("%d statements of %d bytes are left", cache.recent.Len(), cache.bytes)
		}
		if cache.release(one); !works(other) {
			t.Error("it is closed while it is used")
		}
		cache.release(other)
		for end := time.Now().Add(10 * time.Second); works(other); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("it is never closed")
			}
		}
		if err := db.run(t.Context(), &Statement{Text: text}, func(*sqlx.Rows) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

// A server that has lost a statement is told it again.
func TestPreparedIsLost(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		if db.driver != "postgres" {
			return // whose statements are in the process
		}
		for range 2 { // one at a time, all on the connection that was used last
			if err := db.run(t.Context(), &Statement{Text: "SELECT 1"}, func(*sqlx.Rows) error { return nil }); err != nil {
				t.Error(err)
			}
			if _, err := db.read.ExecContext(t.Context(), "DEALLOCATE ALL"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What transactions send again and again is prepared once, also where they hold the only connection that there is.
func TestPreparedInTransactions(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		const text = "UPDATE users SET name = name WHERE id = ?"
		for range 3 {
			err := db.Write(t.Context(), func(ctx context.Context) error {
				_, err := db.Exec(ctx, "test", text, 1)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		e := db.prepared[db.write].byText[text]
		if e == nil {
			t.Fatal("it is prepared each time")
		}
		if s := e.Value.(*prepared); s.uses != 0 || s.gone {
			t.Errorf("%d uses, gone %v", s.uses, s.gone)
		}
	})
}
