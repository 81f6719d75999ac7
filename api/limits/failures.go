package limits

import (
	"context"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/boxoffice/boxoffice/api/answer"
)

// Failures gives every key so many failures in a time. Attempts under way count as failures until they have ended, and those that come
// meanwhile wait for that: so no burst of wrong attempts gets through, and none of right ones is refused. It may be used concurrently.
type Failures struct {
	rate     rate.Limit
	burst    int
	attempts *buckets[*attempts]
}

// attempts are those of one key.
type attempts struct {
	mu       sync.Mutex
	failures *rate.Limiter
	open     int
	// ended is closed when one of the open ones ends.
	ended chan struct{}
}

// NewFailures makes a limiter of so many failures a minute.
func NewFailures(perMinute int) *Failures {
	return &Failures{rate: rate.Limit(float64(perMinute) / 60), burst: perMinute, attempts: newBuckets[*attempts](maxBuckets)}
}

// PerAddress limits the failures of an address, whoever is meant. What succeeds does not count: a campus is one address.
func (l *Failures) PerAddress(now func() time.Time) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			end, err := l.begin(c.Request().Context(), network(c.RealIP()), now)
			if err != nil {
				return err
			}
			right := false
			defer func() { end(right) }()
			err = next(c)
			right = err == nil
			return err
		}
	}
}

// begin begins an attempt, or refuses it and says when there may be another. Whoever begins one ends it.
func (l *Failures) begin(ctx context.Context, key string, now func() time.Time) (end func(right bool), err error) {
	of := l.attempts.of(key, func() *attempts {
		return &attempts{failures: rate.NewLimiter(l.rate, l.burst), ended: make(chan struct{})}
	})
	for {
		left, ended := of.enter(now())
		switch {
		case ended == nil:
			return func(right bool) { of.leave(right, now()) }, nil
		case left < 1:
			return nil, answer.TooMany(time.Duration((1 - left) / float64(l.rate) * float64(time.Second)))
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// enter counts an attempt, or says how many failures there may still be and when to ask again.
func (a *attempts) enter(now time.Time) (left float64, ended chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if left = a.failures.TokensAt(now); float64(a.open+1) > left {
		return left, a.ended
	}
	a.open++
	return left, nil
}

func (a *attempts) leave(right bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	if !right {
		a.failures.AllowN(now, 1)
	}
	close(a.ended)
	a.ended = make(chan struct{})
}
