package api

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
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
	return tooMany(wait)
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

// entryLimits bound the attempts at one way in for an account: those at one e-mail from one address, and those at one e-mail from everywhere.
// What an address may try, whoever is meant, is bounded apart from them.
type entryLimits struct{ pair, email *rateLimiter }

func newEntryLimits(perMinute int) entryLimits {
	perSecond := float64(perMinute) / 60
	return entryLimits{
		pair:  newRateLimiter(perSecond, perMinute),
		email: newRateLimiter(perEmailFactor*perSecond, perEmailFactor*perMinute),
	}
}

// take counts an attempt at an e-mail. What the address may not try costs the e-mail nothing.
func (l entryLimits) take(email, ip string, now time.Time) error {
	if err := l.pair.take(email+" "+network(ip), now); err != nil {
		return err
	}
	return l.email.take(email, now)
}

// limitRegistering limits the attempts to register from an address, whoever is meant.
func (h *handlers) limitRegistering(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := h.registering.take(network(c.RealIP()), h.now()); err != nil {
			return err
		}
		return next(c)
	}
}

// limitWrongLogins limits the wrong attempts to log in from an address, whoever is meant. Right ones do not count: a campus is one address.
func (h *handlers) limitWrongLogins(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		end, err := h.wrongLogins.begin(c.Request().Context(), network(c.RealIP()), h.now)
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

// failureLimiter gives every key so many failures in a time. Attempts under way are taken for failures until they have ended; who comes meanwhile
// waits for that, so that no burst of wrong attempts gets through, and none of right ones is refused.
type failureLimiter struct {
	rate     rate.Limit
	burst    int
	attempts *cache[string, *attempts]
}

// attempts are those of one key.
type attempts struct {
	mu       sync.Mutex
	failures *rate.Limiter
	open     int
	// ended is closed when one of the open ones ends.
	ended chan struct{}
}

func newFailureLimiter(perMinute int) *failureLimiter {
	return &failureLimiter{rate: rate.Limit(float64(perMinute) / 60), burst: perMinute, attempts: newCache[string, *attempts](maxBuckets)}
}

// begin begins an attempt, or refuses it and says when there may be another. Whoever begins one ends it.
func (l *failureLimiter) begin(ctx context.Context, key string, now func() time.Time) (end func(right bool), err error) {
	of := l.attempts.getOrAdd(key, func() *attempts {
		return &attempts{failures: rate.NewLimiter(l.rate, l.burst), ended: make(chan struct{})}
	})
	for {
		left, ended := of.enter(now())
		switch {
		case ended == nil:
			return func(right bool) { of.leave(right, now()) }, nil
		case left < 1:
			return nil, tooMany(time.Duration((1 - left) / float64(l.rate) * float64(time.Second)))
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

// tooMany refuses a request that may come again after a while.
func tooMany(wait time.Duration) error {
	f := refused(booking.Refuse(booking.CodeRateLimited, "Too many requests."))
	f.retryAfter = int(math.Ceil(wait.Seconds()))
	return f
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
	trusted, err := h.config.trustedNetworks()
	if err != nil || len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	isTrusted := func(address netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(network netip.Prefix) bool { return network.Contains(address) })
	}
	return func(request *http.Request) string {
		caller, ok := hop(request.RemoteAddr)
		if !ok {
			return request.RemoteAddr
		}
		// Each proxy adds whom it heard from: from the last one back, for as long as the word is that of a trusted one and can be read.
		said := strings.Split(strings.Join(request.Header.Values(echo.HeaderXForwardedFor), ","), ",")
		for i := len(said) - 1; i >= 0 && isTrusted(caller); i-- {
			if strings.TrimSpace(said[i]) == "" {
				continue
			}
			before, ok := hop(said[i])
			if !ok {
				break
			}
			caller = before
		}
		return caller.String()
	}
}

// hop reads an address as proxies write it: alone, with a port, in brackets, in quotes, with the zone of a link.
func hop(text string) (address netip.Addr, ok bool) {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		text = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil
}
