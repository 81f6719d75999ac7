package identity

import (
	"context"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/answer"
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

// clockLeeway forgives clocks that differ: an identity provider's and ours, or two of our own servers'.
const clockLeeway = 5 * time.Second

// Tokens finds out whom a token speaks for. Its errors are answers.
type Tokens interface {
	Check(ctx context.Context, token string) (accounts.Caller, error)
}

// Issuer makes and checks the HS256 tokens of login.
type Issuer struct {
	// Secret signs; at least 32 bytes.
	Secret []byte
	// Issuer and Audience are what a token's iss and aud say.
	Issuer, Audience string
	// Lifetime is how long a token is good for.
	Lifetime time.Duration
	// Now is the clock.
	Now func() time.Time
}

// Issue makes a token for a user and says until when it is good.
func (i *Issuer) Issue(userID string, role accounts.Role) (token string, expires time.Time, err error) {
	now := i.Now().Truncate(time.Second)
	expires = now.Add(i.Lifetime)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: i.Issuer, Audience: jwt.ClaimStrings{i.Audience}, Subject: userID,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
		Role: string(role),
	}).SignedString(i.Secret)
	return token, expires, err
}

// Check accepts the tokens of Issue.
func (i *Issuer) Check(_ context.Context, token string) (accounts.Caller, error) {
	var said claims
	_, err := jwt.ParseWithClaims(token, &said, func(*jwt.Token) (any, error) { return i.Secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(i.Issuer), jwt.WithAudience(i.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockLeeway), jwt.WithTimeFunc(i.Now))
	if err != nil {
		return accounts.Caller{}, badToken(err)
	}
	if !booking.IsID(said.Subject) {
		return accounts.Caller{}, badToken(jwt.ErrTokenInvalidSubject)
	}
	return accounts.Caller{ID: said.Subject, Role: accounts.RoleOr(said.Role)}, nil
}

// badToken answers for a token that is not accepted. Only its age is told apart: clients log in again for that.
func badToken(err error) error {
	message := "The token is not valid."
	if errors.Is(err, jwt.ErrTokenExpired) {
		message = "The token has expired."
	}
	f := answer.Refused(booking.Refuse(booking.CodeUnauthorized, message))
	f.Challenge = `Bearer error="invalid_token", error_description="` + message + `"`
	return f
}
