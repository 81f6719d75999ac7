package api

import (
	"context"
	"errors"
	"slices"
	"time"

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

// clockLeeway forgives clocks that differ: an identity provider's and ours, or two of our own servers'.
const clockLeeway = 5 * time.Second

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
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockLeeway), jwt.WithTimeFunc(l.now))
	if err != nil {
		return principal{}, badToken(err)
	}
	if !isID(said.Subject) {
		return principal{}, badToken(jwt.ErrTokenInvalidSubject)
	}
	return principal{id: said.Subject, role: said.role()}, nil
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
