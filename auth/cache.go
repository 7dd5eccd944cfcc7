package auth

import "sync"

// cache is a bounded map whose entries belong to a user, and go with one call when
// something about that user changes.
//
// An answer read from the database may be older than a change that was applied in
// the meantime. So a reader takes the epoch before it reads, and put refuses when
// anything was dropped since.
type cache[K comparable, V any] struct {
	mu      sync.RWMutex // guards what follows; taken alone, no other lock inside
	max     int
	entries map[K]cached[V]
	users   map[string]map[K]struct{}
	changes uint64
}

type cached[V any] struct {
	user  string
	value V
}

func newCache[K comparable, V any](max int) *cache[K, V] {
	return &cache[K, V]{max: max, entries: map[K]cached[V]{}, users: map[string]map[K]struct{}{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.RLock()
	e, ok := c.entries[key]
	c.mu.RUnlock()
	return e.value, ok
}

func (c *cache[K, V]) epoch() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes
}

func (c *cache[K, V]) put(epoch uint64, user string, key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.changes {
		return
	}
	if _, ok := c.entries[key]; !ok && len(c.entries) >= c.max {
		// Whichever comes first leaves: map order is random, which no one can steer,
		// and what is in use comes back with one query.
		for victim := range c.entries {
			c.remove(victim)
			break
		}
	}
	c.entries[key] = cached[V]{user, value}
	keys := c.users[user]
	if keys == nil {
		keys = map[K]struct{}{}
		c.users[user] = keys
	}
	keys[key] = struct{}{}
}

// remove is called under mu.
func (c *cache[K, V]) remove(key K) {
	user := c.entries[key].user
	delete(c.entries, key)
	delete(c.users[user], key)
	if len(c.users[user]) == 0 {
		delete(c.users, user)
	}
}

// drop forgets everything about a user.
func (c *cache[K, V]) drop(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for key := range c.users[user] {
		delete(c.entries, key)
	}
	delete(c.users, user)
}

// clear forgets everything.
func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	clear(c.entries)
	clear(c.users)
}
