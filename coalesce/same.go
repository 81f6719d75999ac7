package coalesce

import (
	"context"
	"sync"
	"time"
)

// Same serves callers who want the same thing at about the same time with one read. A caller who comes
// while it is being read waits for the next read, which serves all who have come by then: one thing is
// read only once at a time, however many want it. Where answers may have an age, a caller shares a read
// that has begun within it, whether it is running or over. It may be used concurrently.
type Same[V any] struct {
	patience time.Duration
	isAway   func(error) bool
	keeping  Keeping[V]

	mu sync.Mutex
	// reads has an entry for everything that is being read.
	reads map[string]*turns[V]
	kept  *kept[V]
}

// turns are the read of something that is running, and the one that comes after it, or nil when nobody waits for one.
type turns[V any] struct{ running, next *reading[V] }

// reading is a read that is running, waits for the previous one, or is over: then done is closed.
type reading[V any] struct {
	read func(context.Context) (V, error)
	// began is when the read began, and forgotten says that what it finds may be out of date. Both are guarded by Same's mutex.
	began     time.Time
	forgotten bool

	done  chan struct{}
	value V
	err   error
}

// NewSame makes a Same whose reads may each take as long as patience. isAway says whether an error
// means that something was unreachable, so that reading once more may help. With the zero Keeping
// nobody gets an answer whose read began before he asked.
func NewSame[V any](patience time.Duration, isAway func(error) bool, keeping Keeping[V]) *Same[V] {
	return &Same[V]{patience: patience, isAway: isAway, keeping: keeping, reads: make(map[string]*turns[V]), kept: newKept(keeping)}
}

// Get reads what the key names, together with everybody else who wants it. The read goes on without callers
// who have left. A caller who shared a read that failed because something was unreachable reads once more.
// The value is shared: nobody may change it.
func (s *Same[V]) Get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	return onceMore(ctx, s.isAway, func(ctx context.Context) (V, error) { return s.get(ctx, key, read) })
}

// Forget has those who ask from now on get what is read from now on, because what the key names has changed.
func (s *Same[V]) Forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.remove(key)
	if of := s.reads[key]; of != nil {
		of.running.forgotten = true
	}
}

func (s *Same[V]) get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	s.mu.Lock()
	mine := s.begun(key)
	if mine == nil {
		mine = s.another(key, read)
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

// begun is a read that has begun and is young enough, or nil.
func (s *Same[V]) begun(key string) *reading[V] {
	if s.keeping.Age == 0 {
		return nil
	}
	now := s.keeping.Now()
	if known := s.kept.of(key); known != nil && s.isYoung(known, now) {
		return known
	}
	if of := s.reads[key]; of != nil && !of.running.forgotten && s.isYoung(of.running, now) {
		return of.running
	}
	return nil
}

func (s *Same[V]) isYoung(r *reading[V], now time.Time) bool { return now.Sub(r.began) < s.keeping.Age }

// another is a read that has yet to begin, or begins now.
func (s *Same[V]) another(key string, read func(context.Context) (V, error)) *reading[V] {
	of := s.reads[key]
	if of != nil && of.next != nil {
		return of.next
	}
	made := &reading[V]{read: read, done: make(chan struct{})}
	if of != nil {
		of.next = made
		return made
	}
	of = &turns[V]{next: made}
	s.reads[key] = of
	s.take(of)
	go s.readAll(key, of)
	return made
}

// take begins the next read.
func (s *Same[V]) take(of *turns[V]) {
	of.running, of.next = of.next, nil
	if s.keeping.Age > 0 {
		of.running.began = s.keeping.Now()
	}
}

// readAll reads until nobody waits.
func (s *Same[V]) readAll(key string, of *turns[V]) {
	for r := of.running; r != nil; r = of.running {
		r.value, r.err = safely(s.patience, r.read)
		r.read = nil // it would keep the first caller's request in memory
		s.mu.Lock()
		if r.err == nil && !r.forgotten {
			s.keep(key, r)
		}
		if of.next != nil {
			s.take(of)
		} else {
			of.running = nil
			delete(s.reads, key)
		}
		close(r.done) // not before it is over for those who ask now: who asks once more wants another read
		s.mu.Unlock()
	}
}

// keep remembers what a read has found, unless it is too old already.
func (s *Same[V]) keep(key string, r *reading[V]) {
	if s.keeping.Age == 0 {
		return
	}
	now := s.keeping.Now()
	s.kept.expire(func(known *reading[V]) bool { return !s.isYoung(known, now) })
	if s.isYoung(r, now) {
		s.kept.add(key, r)
	}
}
