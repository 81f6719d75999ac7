package coalesce

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Keeping says how old an answer may be, and how much is remembered of what was read.
type Keeping[V any] struct {
	// Age is how long ago the read of an answer may have begun when somebody asks. Zero keeps nothing.
	Age time.Duration
	// Most is how many answers are kept at most, and MostBytes how many bytes they and their keys may have together.
	// Those that were kept first are dropped first. An answer that is larger by itself is not kept.
	Most, MostBytes int
	// Size is how many bytes an answer has.
	Size func(V) int
	// Now is the clock.
	Now func() time.Time
}

// kept are answers, in the order in which they were added. Its user guards it.
type kept[V any] struct {
	answers   *simplelru.LRU[string, *reading[V]]
	size      func(key string, r *reading[V]) int
	bytes     int
	mostBytes int
}

// newKept makes a memory of answers; nil where nothing is kept.
func newKept[V any](keeping Keeping[V]) *kept[V] {
	if keeping.Age == 0 {
		return nil
	}
	k := &kept[V]{mostBytes: keeping.MostBytes, size: func(key string, r *reading[V]) int { return len(key) + keeping.Size(r.value) }}
	var err error
	k.answers, err = simplelru.NewLRU(keeping.Most, func(key string, r *reading[V]) { k.bytes -= k.size(key, r) })
	if err != nil {
		panic(err) // Most is a constant of ours
	}
	return k
}

// of finds the answer of a key, or nil. It does not count as use: what is old is dropped first, however many want it.
func (k *kept[V]) of(key string) *reading[V] {
	known, _ := k.answers.Peek(key)
	return known
}

// add keeps an answer in the place of the one that the key had, and drops the oldest ones for which there is no room.
func (k *kept[V]) add(key string, r *reading[V]) {
	k.remove(key)
	size := k.size(key, r)
	if size > k.mostBytes {
		return
	}
	for k.bytes+size > k.mostBytes {
		k.answers.RemoveOldest()
	}
	k.answers.Add(key, r)
	k.bytes += size
}

func (k *kept[V]) remove(key string) {
	if k != nil {
		k.answers.Remove(key)
	}
}

// expire drops the oldest answers, up to the first that is not too old.
func (k *kept[V]) expire(tooOld func(*reading[V]) bool) {
	for {
		_, oldest, ok := k.answers.GetOldest()
		if !ok || !tooOld(oldest) {
			return
		}
		k.answers.RemoveOldest()
	}
}
