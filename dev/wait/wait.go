// Package wait waits for what has no event of its own.
package wait

import (
	"context"
	"time"
)

// For waits for so long, and says whether the time passed before ctx ended.
func For(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Until asks again and again, with a pause after each time, until the answer is yes or an error. When ctx ends in a pause, the error is why it did.
func Until(ctx context.Context, pause time.Duration, ask func() (bool, error)) error {
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		if !For(ctx, pause) {
			return context.Cause(ctx)
		}
	}
}
