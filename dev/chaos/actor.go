package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

const (
	// longestRetryAfter bounds how long customers heed Retry-After: they are impatient, so that more happens.
	longestRetryAfter = 1500 * time.Millisecond
	// maxKeys is how many keys a customer takes for one request: a new one only when the API asks for it.
	maxKeys = 10
)

// errNoAnswer says that somebody had no answer until patience ran out.
var errNoAnswer = errors.New("no answer until patience ran out")

// actor is somebody who acts in the run: a customer, or the operator.
type actor struct {
	*customer.Customer

	run  *chaos
	id   string
	name string
}

// request is one that is repeated until there is an answer: with the same key, unless the API asks for a new one.
type request[T any] struct {
	actor     *actor
	operation string
	// key is the first Idempotency-Key; those that follow have a number.
	key string
	do  func(ctx context.Context, key string) (T, error)
	// sameKey stays with the key even when the API asks for a new one.
	sameKey bool
	// twice sends every request twice at once.
	twice bool
	// same says whether two answers to one key are about the same thing.
	same func(a, b T) bool
}

// untilAnswered repeats a request until there is an answer, and returns it with the key that it belongs to. A refusal is an answer, and is the error, unless the
// API says that it is not available. Any other error is errNoAnswer, or that ctx has ended.
func untilAnswered[T any](ctx context.Context, w request[T]) (answer T, key string, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.actor.run.options.patience)
	defer cancel()
	keys, tries := 0, 0
	for {
		key = w.key
		if keys > 0 {
			key = fmt.Sprintf("%s-%d", w.key, keys)
		}
		tries++
		answer, err = w.ask(ctx, key)
		pause, repeat := again(err)
		if refused, ok := errors.AsType[*customer.Refused](err); ok && !w.sameKey && needsNewKey(refused) && keys < maxKeys {
			keys++
			repeat = true
		}
		if !repeat {
			ended := time.Now()
			w.actor.run.record.waited(wait{Operation: w.operation, Took: ended.Sub(began), Tries: tries, Away: w.actor.run.outages.away(began, ended)})
			return answer, key, err
		}
		if !sleep(ctx, pause) {
			return answer, key, w.givenUp(ctx, began, tries, err)
		}
	}
}

func (w request[T]) givenUp(ctx context.Context, began time.Time, tries int, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		w.actor.run.record.breach(w.operation, "%s had no answer for %s, in %d tries: %v", w.actor.name, time.Since(began).Round(time.Second), tries, err)
	}
	return errors.Join(errNoAnswer, err)
}

// ask sends the request once, or twice at once.
func (w request[T]) ask(ctx context.Context, key string) (T, error) {
	if !w.twice {
		return w.do(ctx, key)
	}
	var answers [2]T
	var errs [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i], errs[i] = w.do(ctx, key) })
	}
	both.Wait()
	if errs[0] == nil && errs[1] == nil && !w.same(answers[0], answers[1]) {
		w.actor.run.record.breach(w.operation, "two requests with one key at once got different answers: %+v and %+v", answers[0], answers[1])
	}
	for i := range answers {
		refused, ok := errors.AsType[*customer.Refused](errs[i])
		if ok && refused.Body.Code == booking.CodeSeatLockFailed && errs[1-i] == nil {
			w.actor.run.record.breach(w.operation, "of two requests with one key at once, one got the seats and the other was told that somebody has them: %v", refused)
		}
	}
	if errs[0] == nil {
		return answers[0], nil
	}
	return answers[1], errs[1]
}

// again says whether a request has had no answer that counts, and how long to wait before the next try.
func again(err error) (pause time.Duration, repeat bool) {
	if err == nil {
		return 0, false
	}
	refused, ok := errors.AsType[*customer.Refused](err)
	if !ok {
		return 200 * time.Millisecond, true
	}
	if refused.Status != http.StatusServiceUnavailable {
		return 50 * time.Millisecond, false
	}
	seconds, _ := strconv.Atoi(refused.RetryAfter) // the watcher has looked at it
	return min(time.Duration(seconds)*time.Second, longestRetryAfter), true
}

// needsNewKey says whether the refusal belongs to its key for good.
func needsNewKey(refused *customer.Refused) bool {
	needs, _ := refused.Detail(booking.DetailNewKey).(bool)
	return needs
}

// code is the code of a refusal, or empty.
func code(err error) booking.Code {
	if refused, ok := errors.AsType[*customer.Refused](err); ok {
		return refused.Body.Code
	}
	return ""
}

// ended is how a story says that something came to nothing.
func ended(what string, err error) string {
	if c := code(err); c != "" {
		return what + ": " + string(c)
	}
	return what + ": no answer"
}

// sleep waits, and says whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
