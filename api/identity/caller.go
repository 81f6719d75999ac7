// Package identity finds out who asks, and what they may do. It is shared by all faces for JSON.
package identity

import (
	"errors"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
)

const (
	callerKey     = "caller"
	tokenErrorKey = "token error"
)

// Caller is who asks. Behind Read alone it is what the token says, which may be nobody; behind Require it is what the database says.
func Caller(c echo.Context) accounts.Caller {
	who, _ := c.Get(callerKey).(accounts.Caller)
	return who
}

// Read notes whom a request speaks for. What is open to everybody stays open to those who send an old token.
func Read(tokens Tokens) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
			if !strings.EqualFold(scheme, "Bearer") {
				return next(c)
			}
			who, err := tokens.Check(c.Request().Context(), strings.TrimSpace(token))
			if err != nil {
				c.Set(tokenErrorKey, err)
			} else {
				c.Set(callerKey, who)
			}
			return next(c)
		}
	}
}

// Require refuses everybody who has no good token, or who has lost the right to anything. It comes after Read.
func Require(known *accounts.Accounts) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err, ok := c.Get(tokenErrorKey).(error); ok {
				return err
			}
			who := Caller(c)
			if who.ID == "" {
				return booking.Refuse(booking.CodeUnauthorized, "Log in first, and send the token as Authorization: Bearer.")
			}
			who, err := known.Standing(c.Request().Context(), who)
			if errors.Is(err, accounts.ErrUnknown) {
				err = badToken(jwt.ErrTokenInvalidSubject)
			}
			if err != nil {
				return err
			}
			c.Set(callerKey, who)
			return next(c)
		}
	}
}

// RequireRole refuses everybody who has none of the roles, with a message that says who may. It comes after Require.
func RequireRole(message string, roles ...accounts.Role) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !slices.Contains(roles, Caller(c).Role) {
				return booking.Refuse(booking.CodeForbidden, message)
			}
			return next(c)
		}
	}
}
