// Package coalesce answers those who ask at about the same time by few reads. Nobody gets an answer that was read before the question, and
// nothing is remembered: so it is neither a cache nor what golang.org/x/sync/singleflight does, which joins reads that have begun.
package coalesce

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// onceMore asks, and asks again when the read that was shared with others failed because something was away: it may have been one connection.
func onceMore[A any](ctx context.Context, isAway func(error) bool, ask func(context.Context) (A, error)) (A, error) {
	answer, err := ask(ctx)
	if err != nil && isAway(err) && ctx.Err() == nil {
		return ask(ctx)
	}
	return answer, err
}

// safely reads within a time of its own, since whoever asked may leave, and makes an error of a panic: those who asked are not there to recover
// from it.
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
