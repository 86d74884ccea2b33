package orm

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite locks a connection for every value that is read of a row, unless it is opened as one that is used by one thread at a time
// (SQLITE_OPEN_NOMUTEX). Ours are: database/sql gives a connection to one goroutine, and what interrupts it from another takes no lock. The driver does
// not open them so, and has no option for it, but SQLite takes its mutexes from whoever runs it: from here. A connection's is none, all others
// are those of Go.

// What SQLite knows its mutexes by.
const (
	unlocked = 1       // a connection's, which is none
	starting = 2       // that of its start, which begins in itself again
	fixed    = 3       // and on: those of which there is one each
	dynamic  = 1 << 10 // and on: those that it makes
)

var mutexes struct {
	fixed [16]sync.Mutex
	made  sync.Map // of uintptr to *sync.Mutex
	last  atomic.Uintptr

	start   sync.Mutex
	owner   atomic.Pointer[libc.TLS]
	depth   int
	started atomic.Bool
}

// mutexMethods do not lie on a stack, which moves under a number that points into it.
var mutexMethods = sqlite3.Sqlite3_mutex_methods{
	FxMutexInit: function(mutexesAreThere), FxMutexEnd: function(mutexesAreThere), FxMutexAlloc: function(makeMutex), FxMutexFree: function(freeMutex),
	FxMutexEnter: function(enterMutex), FxMutexTry: function(tryMutex), FxMutexLeave: function(leaveMutex),
}

func mutexesAreThere(*libc.TLS) int32 { return sqlite3.SQLITE_OK }

// giveMutexes gives SQLite the mutexes, unless a database has been opened without us before: then it keeps its own.
var giveMutexes = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	arguments := libc.Xmalloc(tls, 8)
	defer libc.Xfree(tls, arguments)
	sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MUTEX, libc.VaList(arguments, uintptr(unsafe.Pointer(&mutexMethods))))
	sqlite3.Xsqlite3_initialize(tls)
	mutexes.started.Store(true)
})

// function is what C that was made into Go calls f by, which captures nothing.
func function[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// makeMutex answers a mutex of a kind. Connections have recursive ones, and the start.
func makeMutex(_ *libc.TLS, kind int32) uintptr {
	switch {
	case kind == sqlite3.SQLITE_MUTEX_FAST:
		p := dynamic + mutexes.last.Add(1)
		mutexes.made.Store(p, &sync.Mutex{})
		return p
	case kind != sqlite3.SQLITE_MUTEX_RECURSIVE:
		return fixed + uintptr(kind)
	case mutexes.started.Load():
		return unlocked
	}
	return starting
}

func freeMutex(_ *libc.TLS, p uintptr) { mutexes.made.Delete(p) }

func mutexOf(p uintptr) *sync.Mutex {
	if p < dynamic {
		return &mutexes.fixed[p-fixed]
	}
	m, _ := mutexes.made.Load(p)
	return m.(*sync.Mutex) //nolint:forcetypeassert // SQLite knows those that it has made
}

func enterMutex(tls *libc.TLS, p uintptr) {
	switch p {
	case unlocked:
	case starting:
		if mutexes.owner.Load() != tls {
			mutexes.start.Lock()
			mutexes.owner.Store(tls)
		}
		mutexes.depth++
	default:
		mutexOf(p).Lock()
	}
}

func tryMutex(tls *libc.TLS, p uintptr) int32 {
	if p < fixed { // nobody tries these
		enterMutex(tls, p)
		return sqlite3.SQLITE_OK
	}
	if mutexOf(p).TryLock() {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_BUSY
}

func leaveMutex(_ *libc.TLS, p uintptr) {
	switch p {
	case unlocked:
	case starting:
		if mutexes.depth--; mutexes.depth == 0 {
			mutexes.owner.Store(nil)
			mutexes.start.Unlock()
		}
	default:
		mutexOf(p).Unlock()
	}
}
