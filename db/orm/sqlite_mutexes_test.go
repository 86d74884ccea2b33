package orm

import (
	"testing"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A connection has no lock of its own, and what connections share has.
func TestSQLiteMutexes(t *testing.T) {
	giveMutexes()
	one, other := libc.NewTLS(), libc.NewTLS()
	defer one.Close()
	defer other.Close()
	for kind, shared := range map[int32]bool{
		sqlite3.SQLITE_MUTEX_RECURSIVE: false, sqlite3.SQLITE_MUTEX_FAST: true, sqlite3.SQLITE_MUTEX_STATIC_MAIN: true, sqlite3.SQLITE_MUTEX_STATIC_VFS3: true,
	} {
		m := sqlite3.Xsqlite3_mutex_alloc(one, kind)
		sqlite3.Xsqlite3_mutex_enter(one, m)
		if busy := sqlite3.Xsqlite3_mutex_try(other, m) == sqlite3.SQLITE_BUSY; busy != shared {
			t.Errorf("kind %d excludes others: %v", kind, busy)
		} else if !busy {
			sqlite3.Xsqlite3_mutex_leave(other, m)
		}
		sqlite3.Xsqlite3_mutex_leave(one, m)
		if sqlite3.Xsqlite3_mutex_try(other, m) != sqlite3.SQLITE_OK {
			t.Errorf("kind %d is not free again", kind)
		}
		sqlite3.Xsqlite3_mutex_leave(other, m)
		sqlite3.Xsqlite3_mutex_free(one, m)
	}
}
