package api

import (
	"container/list"
	"sync"
)

// lru is a map of bounded size that forgets what was used longest ago. It may be used concurrently.
type lru[K comparable, V any] struct {
	mu      sync.Mutex
	max     int
	order   *list.List // of *lruEntry, the last used first
	entries map[K]*list.Element
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) *lru[K, V] {
	return &lru[K, V]{max: limit, order: list.New(), entries: make(map[K]*list.Element)}
}

// get finds a value and counts as a use.
func (l *lru[K, V]) get(key K) (value V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.entries[key]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(element)
	return element.Value.(*lruEntry[K, V]).value, true
}

// getOrAdd finds a value, or adds the one that is made.
func (l *lru[K, V]) getOrAdd(key K, make func() V) V {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, ok := l.entries[key]; ok {
		l.order.MoveToFront(element)
		return element.Value.(*lruEntry[K, V]).value
	}
	entry := &lruEntry[K, V]{key: key, value: make()}
	l.entries[key] = l.order.PushFront(entry)
	if l.order.Len() > l.max {
		oldest := l.order.Remove(l.order.Back()).(*lruEntry[K, V])
		delete(l.entries, oldest.key)
	}
	return entry.value
}
