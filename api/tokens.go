package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// claims is what the tokens of this system, and those it accepts from an outside identity provider, say.
type claims struct {
	jwt.RegisteredClaims

	Role string `json:"role,omitempty"`
	// Email and Name come from outside only.
	Email         string `json:"email,omitempty"`
	EmailVerified *bool  `json:"email_verified,omitempty"`
	Name          string `json:"name,omitempty"`
}

// role is the one that the token gives; whoever has none we know is a customer.
func (c claims) role() openapi.Role {
	role := openapi.Role(c.Role)
	if slices.Contains([]openapi.Role{openapi.CUSTOMER, openapi.STAFF, openapi.PARTNER, openapi.ADMIN}, role) {
		return role
	}
	return openapi.CUSTOMER
}

// tokenChecker finds out whom a token speaks for. Its errors are answers.
type tokenChecker interface {
	check(ctx context.Context, token string) (principal, error)
}

// localIssuer makes and checks the HS256 tokens of login.
type localIssuer struct {
	secret           []byte
	issuer, audience string
	lifetime         time.Duration
	now              func() time.Time
}

// issue makes a token for a user and says until when it is good.
func (l *localIssuer) issue(userID, role string) (token string, expires time.Time, err error) {
	now := l.now().Truncate(time.Second)
	expires = now.Add(l.lifetime)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: l.issuer, Audience: jwt.ClaimStrings{l.audience}, Subject: userID,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
		Role: role,
	}).SignedString(l.secret)
	return token, expires, err
}

func (l *localIssuer) check(_ context.Context, token string) (principal, error) {
	var said claims
	_, err := jwt.ParseWithClaims(token, &said, func(*jwt.Token) (any, error) { return l.secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(l.issuer), jwt.WithAudience(l.audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(l.now))
	if err != nil {
		return principal{}, badToken(err)
	}
	if !isID(said.Subject) {
		return principal{}, badToken(jwt.ErrTokenInvalidSubject)
	}
	return principal{id: said.Subject, role: said.role()}, nil
}

// outsideTokens checks the RS256 tokens of an outside identity provider with the keys that it publishes.
type outsideTokens struct {
	keys             keyfunc.Keyfunc
	issuer, audience string
	now              func() time.Time
}

// outsideLeeway forgives clocks that differ.
const outsideLeeway = 30 * time.Second

// newOutsideTokens refreshes the keys in the background until ctx ends. The provider may be away at first.
func newOutsideTokens(ctx context.Context, config Config, now func() time.Time, log *slog.Logger) (*outsideTokens, error) {
	goOn := true
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{config.JWKSURL}, keyfunc.Override{
		Client:                    &http.Client{Timeout: 2 * time.Second},
		HTTPTimeout:               2 * time.Second,
		RateLimitWaitMax:          time.Second,
		NoErrorReturnFirstHTTPReq: &goOn,
		RefreshErrorHandlerFunc: func(url string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				log.WarnContext(ctx, "identity provider's keys not refreshed", "url", url, "error", err)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("identity provider's keys: %w", err)
	}
	return &outsideTokens{keys: keys, issuer: config.JWTIssuer, audience: config.JWTAudience, now: now}, nil
}

func (o *outsideTokens) check(ctx context.Context, token string) (principal, error) {
	var said claims
	_, err := jwt.ParseWithClaims(token, &said, o.keys.KeyfuncCtx(ctx),
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithIssuer(o.issuer), jwt.WithAudience(o.audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(outsideLeeway), jwt.WithTimeFunc(o.now))
	if errors.Is(err, jwt.ErrTokenUnverifiable) && !o.hasKeys(ctx) {
		return principal{}, unavailable()
	}
	if err != nil {
		return principal{}, badToken(err)
	}
	if said.Subject == "" {
		return principal{}, badToken(jwt.ErrTokenInvalidSubject)
	}
	return principal{id: booking.UserID(said.Issuer, said.Subject), role: said.role(), outside: &said}, nil
}

// hasKeys tells a token that no key fits from a provider that has not been reached yet.
func (o *outsideTokens) hasKeys(ctx context.Context) bool {
	keys, err := o.keys.Storage().KeyReadAll(ctx)
	return err == nil && len(keys) > 0
}

// badToken answers for a token that is not accepted. Only its age is told apart: clients log in again for that.
func badToken(err error) error {
	message := "The token is not valid."
	if errors.Is(err, jwt.ErrTokenExpired) {
		message = "The token has expired."
	}
	f := refused(booking.Refuse(booking.CodeUnauthorized, message))
	f.challenge = `Bearer error="invalid_token", error_description="` + message + `"`
	return f
}
