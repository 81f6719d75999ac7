package api

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// together has questions that are asked at about the same time answered by one read. A question that meets an idle reader is read at
// once, alone; what is asked while all readers are busy waits for the first of them, and then is read with everything else that waits. So
// nobody gets an answer that was read before the question, and a crowd costs the database few statements.
type together[Q, A any] struct {
	// read answers questions, in their order.
	read func(ctx context.Context, questions []Q) ([]A, error)
	// readers is how many reads may be under way, most how many questions each may have, backlog how many may wait, and patience how long a read
	// may take.
	readers, most, backlog int
	patience               time.Duration

	mu      sync.Mutex
	reading int
	waiting []*question[Q, A]
}

// question waits for its answer until answered is closed.
type question[Q, A any] struct {
	asked    Q
	gone     func() bool // whether nobody waits for the answer any more
	answered chan struct{}
	answer   A
	err      error
}

// ask waits for an answer, or the end of ctx. A read goes on without who has left: others may have asked with it. Who shared a read that failed
// because something was away asks once more: it may have been one connection.
func (t *together[Q, A]) ask(ctx context.Context, asked Q) (A, error) {
	answer, err := t.askOnce(ctx, asked)
	if isUnavailable(err) && !errors.Is(err, errCrowded) && ctx.Err() == nil {
		return t.askOnce(ctx, asked)
	}
	return answer, err
}

func (t *together[Q, A]) askOnce(ctx context.Context, asked Q) (A, error) {
	q := &question[Q, A]{asked: asked, gone: func() bool { return ctx.Err() != nil }, answered: make(chan struct{})}
	t.mu.Lock()
	if len(t.waiting) >= t.backlog {
		t.mu.Unlock()
		var none A
		return none, errCrowded
	}
	t.waiting = append(t.waiting, q)
	if t.reading < t.readers {
		t.reading++
		go t.answerAll()
	}
	t.mu.Unlock()
	select {
	case <-q.answered:
		return q.answer, q.err
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// answerAll is a reader: it ends when nobody waits.
func (t *together[Q, A]) answerAll() {
	for {
		t.mu.Lock()
		t.waiting = slices.DeleteFunc(t.waiting, func(q *question[Q, A]) bool { return q.gone() })
		many := min(len(t.waiting), t.most)
		batch := t.waiting[:many:many]
		t.waiting = t.waiting[many:]
		if many == 0 {
			t.waiting = nil
			t.reading--
		}
		t.mu.Unlock()
		if many == 0 {
			return
		}
		answers, err := t.readSafely(batch)
		for i, q := range batch {
			if q.err = err; err == nil {
				q.answer = answers[i]
			}
			close(q.answered)
		}
	}
}

// readSafely reads, and makes an error of a panic: those who asked are not there to recover from it.
func (t *together[Q, A]) readSafely(batch []*question[Q, A]) (answers []A, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), t.patience)
	defer cancel()
	questions := make([]Q, len(batch))
	for i, q := range batch {
		questions[i] = q.asked
	}
	if answers, err = t.read(ctx, questions); err == nil && len(answers) != len(batch) {
		err = fmt.Errorf("%d questions have %d answers", len(batch), len(answers))
	}
	return answers, err
}
