package orm

import (
	"strings"
	"sync/atomic"
)

// A Watch tells who keeps a copy of some rows when this process may have changed them.
type Watch struct {
	texts []string
	count atomic.Uint64
}

// Watch answers a watch whose count grows at the end of each transaction of this process, however it ends, in which one of the
// texts stood in a statement that is no SELECT. It must be called before the database is used.
func (db *DB) Watch(texts ...string) *Watch {
	w := &Watch{texts: texts}
	db.watches = append(db.watches, w)
	return w
}

// Count is how often something has been written. What was read after it was taken is as new as it says, while it stays the same.
func (w *Watch) Count() uint64 { return w.count.Load() }

// watch notes which watches a statement of the transaction concerns; mu is held.
func (t *transaction) watch(watches []*Watch, text string) {
	if len(watches) == 0 || strings.HasPrefix(text, "SELECT") {
		return
	}
	for _, w := range watches {
		for _, part := range w.texts {
			if strings.Contains(text, part) {
				t.watched = append(t.watched, w)
				break
			}
		}
	}
}

// tell lets the counts grow, when the transaction has ended.
func (t *transaction) tell() {
	for _, w := range t.watched {
		w.count.Add(1)
	}
}
