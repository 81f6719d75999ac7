package api

import "sync"

// cache is a map of bounded size that forgets what has not been used for long. It keeps two generations: what is used moves
// to the young one, and when that is full, what stayed in the old one is forgotten. It may be used concurrently.
type cache[K comparable, V any] struct {
	mu         sync.Mutex
	max        int // entries of a generation
	young, old map[K]V
}

// newCache makes a cache that remembers at least the last limit entries used, and at most twice as many.
func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{max: limit, young: make(map[K]V)}
}

// get finds a value and counts as a use.
func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(key)
}

// getOrAdd finds a value, or adds the one that is made.
func (c *cache[K, V]) getOrAdd(key K, create func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.find(key)
	if !ok {
		value = create()
		c.put(key, value)
	}
	return value
}

// set puts a value in the place of the one that is there, if any.
func (c *cache[K, V]) set(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, value)
}

func (c *cache[K, V]) find(key K) (value V, ok bool) {
	if value, ok = c.young[key]; ok {
		return value, true
	}
	if value, ok = c.old[key]; ok {
		c.put(key, value)
	}
	return value, ok
}

func (c *cache[K, V]) put(key K, value V) {
	if len(c.young) >= c.max {
		c.old, c.young = c.young, make(map[K]V)
	}
	c.young[key] = value
}
