package api

import (
	"math"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/boxoffice/boxoffice/booking"
)

// maxBuckets bounds the memory of a limiter: whose bucket is forgotten has not used it for as many others, and gets a full one.
const maxBuckets = 20_000

// rateLimiter gives every key a token bucket of its own.
type rateLimiter struct {
	rate    rate.Limit
	burst   int
	buckets *cache[string, *rate.Limiter]
}

func newRateLimiter(perSecond float64, burst int) *rateLimiter {
	return &rateLimiter{rate: rate.Limit(perSecond), burst: burst, buckets: newCache[string, *rate.Limiter](maxBuckets)}
}

// take takes a token of the key's bucket, or refuses and says when there will be one.
func (l *rateLimiter) take(key string, now time.Time) error {
	bucket := l.buckets.getOrAdd(key, func() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) })
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	f := refused(booking.Refuse(booking.CodeRateLimited, "Too many requests."))
	f.retryAfter = int(math.Ceil(wait.Seconds()))
	return f
}

// limitUser limits a user, or an address when anonymous.
func (h *handlers) limitUser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key := principalOf(c).id
		if key == "" {
			key = network(c.RealIP())
		}
		if err := h.perUser.take(key, h.now()); err != nil {
			return err
		}
		return next(c)
	}
}

// perEmailFactor is how many times as many attempts an e-mail has from everywhere as from one address. It bounds who guesses from many
// addresses; a tighter one would let anybody lock an account's owner out.
const perEmailFactor = 10

// entryLimits bound the attempts at one way in: those of an address, whoever is meant; those at one e-mail from that address; and
// those at one e-mail from everywhere.
type entryLimits struct{ address, pair, email *rateLimiter }

func newEntryLimits(perMinute int) entryLimits {
	perSecond := float64(perMinute) / 60
	return entryLimits{
		address: newRateLimiter(perSecond, perMinute),
		pair:    newRateLimiter(perSecond, perMinute),
		email:   newRateLimiter(perEmailFactor*perSecond, perEmailFactor*perMinute),
	}
}

// take counts an attempt at an e-mail. What the address may not try costs the e-mail nothing.
func (l entryLimits) take(email, ip string, now time.Time) error {
	if err := l.pair.take(email+" "+network(ip), now); err != nil {
		return err
	}
	return l.email.take(email, now)
}

// limitEntering limits the attempts from an address, whoever is meant.
func (h *handlers) limitEntering(limits entryLimits) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := limits.address.take(network(c.RealIP()), h.now()); err != nil {
				return err
			}
			return next(c)
		}
	}
}

// network is the address, or for IPv6 the /64 that one household or machine has at its disposal.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	if address = address.Unmap(); address.Is4() {
		return address.String()
	}
	prefix, err := address.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// ipExtractor finds the caller's address: the peer's, or what trusted proxies say it is.
func (h *handlers) ipExtractor() echo.IPExtractor {
	networks, err := h.config.trustedNetworks()
	if err != nil || len(networks) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, trusted := range networks {
		options = append(options, echo.TrustIPRange(trusted))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
