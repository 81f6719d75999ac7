package coalesce

import (
	"context"
	"sync"
	"time"
)

// Same serves callers who want the same thing at about the same time with one read. A caller who comes
// while it is being read waits for the next read, which serves all who have come by then: one thing is
// read only once at a time, however many want it. It may be used concurrently.
type Same[V any] struct {
	patience time.Duration
	isAway   func(error) bool

	mu sync.Mutex
	// next has an entry for everything that is being read: the read that comes after it, or nil when nobody waits for one.
	next map[string]*reading[V]
}

// reading is a read that is running or waits for the previous one. It is over when done is closed.
type reading[V any] struct {
	read  func(context.Context) (V, error)
	done  chan struct{}
	value V
	err   error
}

// NewSame makes a Same whose reads may each take as long as patience. isAway says whether an error
// means that something was unreachable, so that reading once more may help.
func NewSame[V any](patience time.Duration, isAway func(error) bool) *Same[V] {
	return &Same[V]{patience: patience, isAway: isAway, next: make(map[string]*reading[V])}
}

// Get reads what the key names, together with everybody else who wants it. The read goes on without callers
// who have left. A caller who shared a read that failed because something was unreachable reads once more.
func (s *Same[V]) Get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	return onceMore(ctx, s.isAway, func(ctx context.Context) (V, error) { return s.get(ctx, key, read) })
}

func (s *Same[V]) get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	s.mu.Lock()
	mine, busy := s.next[key]
	if mine == nil {
		mine = &reading[V]{read: read, done: make(chan struct{})}
		if busy {
			s.next[key] = mine
		} else {
			s.next[key] = nil
			go s.readAll(key, mine) //nolint:contextcheck // the read goes on without those who have left
		}
	}
	s.mu.Unlock()
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// readAll reads until nobody waits.
func (s *Same[V]) readAll(key string, r *reading[V]) {
	for r != nil {
		r.value, r.err = safely(s.patience, r.read)
		close(r.done)
		s.mu.Lock()
		r = s.next[key]
		if r == nil {
			delete(s.next, key)
		} else {
			s.next[key] = nil
		}
		s.mu.Unlock()
	}
}
