// Package coalesce answers callers who ask at about the same time with few reads. An answer is never
// older than its owner allows: unless he allows an age, nobody gets an answer that was read before the
// question was asked, and nothing is remembered. golang.org/x/sync/singleflight knows no such bound: it
// joins reads that have already begun, however long ago, and forgets what they found.
package coalesce

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// onceMore asks, and asks again when a shared read failed because something was unreachable: it may have been only one connection.
func onceMore[A any](ctx context.Context, isAway func(error) bool, ask func(context.Context) (A, error)) (A, error) {
	answer, err := ask(ctx)
	if err != nil && isAway(err) && ctx.Err() == nil {
		return ask(ctx)
	}
	return answer, err
}

// safely reads with a time limit of its own, since callers may leave, and turns a panic into an error:
// the callers run in other goroutines and could not recover from it.
func safely[A any](patience time.Duration, read func(context.Context) (A, error)) (answer A, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return read(ctx)
}
