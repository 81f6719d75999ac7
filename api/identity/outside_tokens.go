package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
)

const (
	// keysTimeout bounds one fetching of the identity provider's keys.
	keysTimeout = 2 * time.Second
	// keysRefresh is how often they are fetched again, so that withdrawn ones are forgotten.
	keysRefresh = 15 * time.Minute
	// keysUnknown is how often a token with an unknown key may cause a fetching of its own: anybody can make such a token.
	keysUnknown = 30 * time.Second
	// keysRetry is how long after a failure the first fetching is tried again.
	keysRetry = 2 * time.Second
)

// OutsideTokens checks the RS256 tokens of an outside identity provider with the keys that it publishes.
type OutsideTokens struct {
	keys             atomic.Pointer[keyfunc.Keyfunc] // nil until they have been fetched once
	issuer, audience string
	now              func() time.Time
}

// OutsideOptions are what an outside identity provider is known by.
type OutsideOptions struct {
	// KeysURL is where it publishes its keys; CheckKeysURL says whether it may be.
	KeysURL string
	// Issuer and Audience are what a token's iss and aud must say.
	Issuer, Audience string
	// Now is the clock.
	Now    func() time.Time
	Logger *slog.Logger
}

// NewOutsideTokens keeps the keys fresh in the background until ctx ends. The provider may be away at first: it is asked until it
// answers, and until then no token can be checked.
func NewOutsideTokens(ctx context.Context, options OutsideOptions) *OutsideTokens {
	o := &OutsideTokens{issuer: options.Issuer, audience: options.Audience, now: options.Now}
	if !o.fetchKeys(ctx, options.KeysURL, options.Logger) {
		go func() {
			retry := time.NewTicker(keysRetry)
			defer retry.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-retry.C:
				}
				if o.fetchKeys(ctx, options.KeysURL, options.Logger) {
					return
				}
			}
		}()
	}
	return o
}

// fetchKeys fetches the keys for the first time and says whether that worked; if so they stay fresh until ctx ends.
func (o *OutsideTokens) fetchKeys(ctx context.Context, address string, log *slog.Logger) bool {
	keeping, stop := context.WithCancel(ctx)
	failHere := false
	failed := func(ctx context.Context, err error) {
		log.WarnContext(ctx, "identity provider's keys not fetched", "url", address, "error", err)
	}
	keys, err := keyfunc.NewDefaultOverrideCtx(keeping, []string{address}, keyfunc.Override{
		// A redirect could lead away from the address that is trusted.
		Client: &http.Client{
			Timeout:       keysTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPTimeout:               keysTimeout,
		RateLimitWaitMax:          keysTimeout,
		RefreshInterval:           keysRefresh,
		RefreshUnknownKID:         rate.NewLimiter(rate.Every(keysUnknown), 1),
		NoErrorReturnFirstHTTPReq: &failHere,
		RefreshErrorHandlerFunc:   func(string) func(context.Context, error) { return failed },
	})
	if err != nil {
		stop()
		failed(ctx, err)
		return false
	}
	context.AfterFunc(ctx, stop)
	o.keys.Store(&keys)
	return true
}

// Check accepts the tokens of the identity provider.
func (o *OutsideTokens) Check(ctx context.Context, token string) (accounts.Caller, error) {
	keys := o.keys.Load()
	if keys == nil {
		return accounts.Caller{}, booking.Unavailable()
	}
	var said claims
	_, err := jwt.ParseWithClaims(token, &said, (*keys).KeyfuncCtx(ctx),
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithIssuer(o.issuer), jwt.WithAudience(o.audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockLeeway), jwt.WithTimeFunc(o.now))
	if err != nil {
		return accounts.Caller{}, badToken(err)
	}
	if said.Subject == "" {
		return accounts.Caller{}, badToken(jwt.ErrTokenInvalidSubject)
	}
	outside := &accounts.Outside{Name: said.Name}
	if said.EmailVerified != nil && *said.EmailVerified {
		outside.Email = said.Email
	}
	return accounts.Caller{ID: booking.UserID(said.Issuer, said.Subject), Role: accounts.RoleOr(said.Role), Outside: outside}, nil
}

// CheckKeysURL refuses an address at which anybody on the way could hand out keys of their own.
func CheckKeysURL(text string) error {
	address, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("JWT_JWKS_URL: %w", err)
	}
	host := address.Hostname()
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	if host == "" || address.Scheme != "https" && (address.Scheme != "http" || !loopback) {
		return errors.New("JWT_JWKS_URL must be https, but on this machine")
	}
	return nil
}
