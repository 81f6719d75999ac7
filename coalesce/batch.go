package coalesce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrCrowded refuses at once a question that would wait in vain. It is a context.DeadlineExceeded.
var ErrCrowded = fmt.Errorf("too many wait: %w", context.DeadlineExceeded)

// Batch answers questions that are asked at about the same time with one read. A question that finds an idle
// reader is read at once, alone. Questions that come while all readers are busy wait for the first reader that
// is free, and are read together: so a crowd costs the database few statements. It may be used concurrently.
type Batch[Q, A any] struct {
	// Read answers questions, in their order.
	Read func(ctx context.Context, questions []Q) ([]A, error)
	// IsAway says whether an error means that something was unreachable, so that asking once more may help.
	IsAway func(error) bool
	// Readers is how many reads may run at once, Most how many questions each may have, Backlog how many
	// questions may wait, and Patience how long a read may take.
	Readers, Most, Backlog int
	Patience               time.Duration

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

// Ask waits for an answer, or for the end of ctx. A read goes on without callers who have left,
// because others may share it. A question that shared a read which failed because something was
// unreachable is asked once more. It fails with ErrCrowded when too many questions wait.
func (b *Batch[Q, A]) Ask(ctx context.Context, asked Q) (A, error) {
	isAway := func(err error) bool { return b.IsAway(err) && !errors.Is(err, ErrCrowded) }
	return onceMore(ctx, isAway, func(ctx context.Context) (A, error) { return b.ask(ctx, asked) })
}

func (b *Batch[Q, A]) ask(ctx context.Context, asked Q) (A, error) {
	q := &question[Q, A]{asked: asked, gone: func() bool { return ctx.Err() != nil }, answered: make(chan struct{})}
	b.mu.Lock()
	if len(b.waiting) >= b.Backlog {
		b.mu.Unlock()
		var none A
		return none, ErrCrowded
	}
	b.waiting = append(b.waiting, q)
	if b.reading < b.Readers {
		b.reading++
		go b.answerAll()
	}
	b.mu.Unlock()
	select {
	case <-q.answered:
		return q.answer, q.err
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// answerAll is a reader: it ends when no question waits.
func (b *Batch[Q, A]) answerAll() {
	for batch := b.next(); len(batch) > 0; batch = b.next() {
		answers, err := b.read(batch)
		for i, q := range batch {
			if q.err = err; err == nil {
				q.answer = answers[i]
			}
			close(q.answered)
		}
	}
}

// next takes the questions of the next read from those that wait. When there are none, the reader is no longer counted.
func (b *Batch[Q, A]) next() []*question[Q, A] {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(q *question[Q, A]) bool { return q.gone() })
	many := min(len(b.waiting), b.Most)
	batch := b.waiting[:many:many]
	b.waiting = b.waiting[many:]
	if many == 0 {
		b.waiting = nil
		b.reading--
	}
	return batch
}

func (b *Batch[Q, A]) read(batch []*question[Q, A]) ([]A, error) {
	questions := make([]Q, len(batch))
	for i, q := range batch {
		questions[i] = q.asked
	}
	answers, err := safely(b.Patience, func(ctx context.Context) ([]A, error) { return b.Read(ctx, questions) })
	if err == nil && len(answers) != len(batch) {
		err = fmt.Errorf("%d questions have %d answers", len(batch), len(answers))
	}
	return answers, err
}
