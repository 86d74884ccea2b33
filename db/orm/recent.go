package orm

import "sync"

// A Recent keeps what was found out last, for up to 10,000 keys. Its zero value keeps nothing yet. It is safe for concurrent use.
type Recent[K comparable, V any] struct {
	mu    sync.RWMutex
	byKey map[K]V
}

// maxRecent bounds how many are kept; then all are found out anew.
const maxRecent = 10_000

// Find answers what is kept for a key.
func (r *Recent[K, V]) Find(key K) (V, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	v, ok := r.byKey[key]
	return v, ok
}

// Keep keeps something for a key.
func (r *Recent[K, V]) Keep(key K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil || len(r.byKey) >= maxRecent {
		r.byKey = map[K]V{}
	}
	r.byKey[key] = v
}
