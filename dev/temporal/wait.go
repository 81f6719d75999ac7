package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	pollInterval = 50 * time.Millisecond
	// attemptTimeout bounds one attempt, so that a call into a service which is
	// still starting cannot use up the whole wait.
	attemptTimeout = 5 * time.Second
)

// permanentError marks a failure that trying again cannot cure.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func permanent(err error) error { return permanentError{err} }

// until repeats attempt until it succeeds, fails for good or ctx ends; then it
// returns the last failure.
func until(ctx context.Context, attempt func(context.Context) error) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		attemptCtx, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := attempt(attemptCtx)
		cancel()
		var final permanentError
		if err == nil || errors.As(err, &final) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
