// Package limits bounds how often somebody may ask. It is shared by all faces for JSON.
package limits

import (
	"cmp"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
)

// maxBuckets bounds the memory of a limiter. The bucket that has not been used for longest is forgotten first: its owner gets a full one.
const maxBuckets = 20_000

// Rate gives every key a token bucket of its own. It may be used concurrently.
type Rate struct {
	rate    rate.Limit
	burst   int
	buckets *buckets[*rate.Limiter]
}

// NewRate makes a limiter that lets each key have so many tokens a second, and so many at once.
func NewRate(perSecond float64, burst int) *Rate {
	return &Rate{rate: rate.Limit(perSecond), burst: burst, buckets: newBuckets[*rate.Limiter](maxBuckets)}
}

// Take takes a token of the key's bucket, or refuses and says when there will be one.
func (l *Rate) Take(key string, now time.Time) error {
	bucket := l.buckets.of(key, func() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) })
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	return answer.TooMany(wait)
}

// PerUser limits a user, or an address when anonymous.
func (l *Rate) PerUser(now func() time.Time) echo.MiddlewareFunc {
	return l.per(now, func(c echo.Context) string { return cmp.Or(identity.Caller(c).ID, network(c.RealIP())) })
}

// PerAddress limits an address, whoever is meant.
func (l *Rate) PerAddress(now func() time.Time) echo.MiddlewareFunc {
	return l.per(now, func(c echo.Context) string { return network(c.RealIP()) })
}

func (l *Rate) per(now func() time.Time, key func(echo.Context) string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := l.Take(key(c), now()); err != nil {
				return err
			}
			return next(c)
		}
	}
}

// perEmailFactor is how many times as many attempts an e-mail has from everywhere as from one address. It bounds who guesses from many
// addresses; a tighter one would let anybody lock an account's owner out.
const perEmailFactor = 10

// Entry bounds the attempts to get into an account: those at one e-mail from one address, and those at one e-mail from everywhere. What an
// address may try, whichever e-mail is meant, is bounded apart from it.
type Entry struct{ pair, email *Rate }

// NewEntry makes a limiter of so many attempts a minute from one address.
func NewEntry(perMinute int) Entry {
	perSecond := float64(perMinute) / 60
	return Entry{
		pair:  NewRate(perSecond, perMinute),
		email: NewRate(perEmailFactor*perSecond, perEmailFactor*perMinute),
	}
}

// Take counts an attempt at an e-mail. What the address may not try costs the e-mail nothing.
func (l Entry) Take(email, address string, now time.Time) error {
	if err := l.pair.Take(email+" "+network(address), now); err != nil {
		return err
	}
	return l.email.Take(email, now)
}
