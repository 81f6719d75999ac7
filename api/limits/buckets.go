package limits

import lru "github.com/hashicorp/golang-lru/v2"

// buckets remembers what was used last of each key, as many as it may.
type buckets[V any] struct{ known *lru.Cache[string, V] }

func newBuckets[V any](most int) *buckets[V] {
	known, err := lru.New[string, V](most)
	if err != nil {
		panic(err) // the size is a constant of ours
	}
	return &buckets[V]{known}
}

// of finds the value of a key, or adds the one that is made. Those who come for a new key at the same moment get the same value.
func (b *buckets[V]) of(key string, create func() V) V {
	if value, ok := b.known.Get(key); ok {
		return value
	}
	created := create()
	if value, ok, _ := b.known.PeekOrAdd(key, created); ok {
		return value
	}
	return created
}
