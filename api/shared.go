package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// shared has those who want the same at about the same time served by one read. Who comes while it is being read waits for the next read,
// which serves all who have come meanwhile: so nobody gets what was read before he asked, nothing is ever remembered, and one thing is read
// once at a time however many want it.
type shared[V any] struct {
	// patience bounds a read.
	patience time.Duration

	mu sync.Mutex
	// next has an entry for all that is being read: the read that comes after it, or nil when nobody waits for one.
	next map[string]*reading[V]
}

// reading is a read that is under way or waits for the one before. It is over when done is closed.
type reading[V any] struct {
	read  func(context.Context) (V, error)
	done  chan struct{}
	value V
	err   error
}

func newShared[V any](patience time.Duration) *shared[V] {
	return &shared[V]{patience: patience, next: make(map[string]*reading[V])}
}

// get reads what the key names, with everybody else who wants it. The read goes on without who has left. Who shared a read that failed because
// something was away reads once more: it may have been one connection.
func (s *shared[V]) get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	value, err := s.getOnce(ctx, key, read)
	if isUnavailable(err) && ctx.Err() == nil {
		return s.getOnce(ctx, key, read)
	}
	return value, err
}

func (s *shared[V]) getOnce(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	s.mu.Lock()
	mine, busy := s.next[key]
	if mine == nil {
		mine = &reading[V]{read: read, done: make(chan struct{})}
		if busy {
			s.next[key] = mine
		} else {
			s.next[key] = nil
			go s.readAll(key, mine)
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
func (s *shared[V]) readAll(key string, r *reading[V]) {
	for r != nil {
		s.readOne(r)
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

// readOne makes an error of a panic: those who wait are not there to recover from it.
func (s *shared[V]) readOne(r *reading[V]) {
	defer close(r.done)
	defer func() {
		if cause := recover(); cause != nil {
			r.err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	r.value, r.err = r.read(ctx)
}

// answerShared answers with what everybody gets who asks the same.
func (h *handlers) answerShared(c echo.Context, read func(context.Context) (any, error), key ...string) error {
	body, err := h.pages.get(c.Request().Context(), strings.Join(key, "\x00"), func(ctx context.Context) ([]byte, error) {
		view, err := read(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(view)
	})
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, body)
}
