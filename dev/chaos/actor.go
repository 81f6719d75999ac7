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
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// longestRetryAfter is how long customers wait at most when Retry-After asks for more: impatient customers make more happen.
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

// untilAnswered repeats a request until there is an answer, and returns it with the key that it belongs to. A refusal is an answer and is returned as
// the error, unless it says that the API is not available. Any other error is errNoAnswer, or says that ctx has ended.
func untilAnswered[T any](ctx context.Context, r request[T]) (answer T, key string, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.actor.run.options.patience)
	defer cancel()
	keys, tries := 0, 0
	for {
		key = r.key
		if keys > 0 {
			key = fmt.Sprintf("%s-%d", r.key, keys)
		}
		tries++
		answer, err = r.ask(ctx, key)
		pause, repeat := again(err)
		if refused, ok := errors.AsType[*customer.Refused](err); ok && !r.sameKey && needsNewKey(refused) && keys < maxKeys {
			keys++
			repeat = true
		}
		if !repeat {
			ended := time.Now()
			r.actor.run.record.waited(delay{Operation: r.operation, Took: ended.Sub(began), Tries: tries, Away: r.actor.run.outages.away(began, ended)})
			return answer, key, err
		}
		if !wait.For(ctx, pause) {
			return answer, key, r.givenUp(ctx, began, tries, err)
		}
	}
}

// ask repeats a request that has no key until there is an answer.
func ask[T any](ctx context.Context, a *actor, operation string, do func(ctx context.Context) (T, error)) (T, error) {
	answer, _, err := untilAnswered(ctx, request[T]{
		actor: a, operation: operation, do: func(ctx context.Context, _ string) (T, error) { return do(ctx) },
	})
	return answer, err
}

func (r request[T]) givenUp(ctx context.Context, began time.Time, tries int, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		r.actor.run.record.breach(r.operation, "%s had no answer for %s, in %d tries: %v", r.actor.name, time.Since(began).Round(time.Second), tries, err)
	}
	return errors.Join(errNoAnswer, err)
}

// ask sends the request once, or twice at once.
func (r request[T]) ask(ctx context.Context, key string) (T, error) {
	if !r.twice {
		return r.do(ctx, key)
	}
	var answers [2]T
	var errs [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i], errs[i] = r.do(ctx, key) })
	}
	both.Wait()
	if errs[0] == nil && errs[1] == nil && !r.same(answers[0], answers[1]) {
		r.actor.run.record.breach(r.operation, "two requests with one key at once got different answers: %+v and %+v", answers[0], answers[1])
	}
	for i := range answers {
		refused, ok := errors.AsType[*customer.Refused](errs[i])
		if ok && refused.Body.Code == booking.CodeSeatLockFailed && errs[1-i] == nil {
			r.actor.run.record.breach(r.operation, "of two requests with one key at once, one got the seats and the other was told that somebody has them: %v", refused)
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
