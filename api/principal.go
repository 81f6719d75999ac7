package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// principal is whom a request speaks for. The zero value is an anonymous caller.
type principal struct {
	id   string
	role openapi.Role
	// outside is what an outside identity provider says of the user.
	outside *claims
}

const (
	principalKey  = "principal"
	tokenErrorKey = "token error"
)

func principalOf(c echo.Context) principal {
	who, _ := c.Get(principalKey).(principal)
	return who
}

// readToken notes whom a request speaks for. What is open to everybody stays open to who sends an old token.
func (h *handlers) readToken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Request().Header.Get(echo.HeaderAuthorization)
		if header == "" {
			return next(c)
		}
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return next(c)
		}
		who, err := h.tokens.check(c.Request().Context(), strings.TrimSpace(token))
		if err != nil {
			c.Set(tokenErrorKey, err)
		} else {
			c.Set(principalKey, who)
		}
		return next(c)
	}
}

// requireUser refuses who has no good token or no rights any more, and sees to it that an outside user has a row.
func (h *handlers) requireUser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err, ok := c.Get(tokenErrorKey).(error); ok {
			return err
		}
		who := principalOf(c)
		if who.id == "" {
			return booking.Refuse(booking.CodeUnauthorized, "Log in first, and send the token as Authorization: Bearer.")
		}
		who, err := h.withStanding(c.Request().Context(), who)
		if err != nil {
			return err
		}
		c.Set(principalKey, who)
		return next(c)
	}
}

// writeOutsideUser writes the row of an outside user, with empty wallets.
func (h *handlers) writeOutsideUser(ctx context.Context, who principal) error {
	// An e-mail that belongs to another account here, or that nobody vouches for, is not taken over.
	for _, email := range []string{outsideEmail(*who.outside), who.id + "@users.invalid"} {
		if email == "" {
			continue
		}
		_, err := h.queries.UserRegister(ctx, db.UserRegisterParams{
			ID: who.id, Email: email, Name: accounts.NameOr(who.outside.Name, "Customer"), Role: string(who.role),
		})
		if err == nil || !db.IsNotFound(err) {
			return err
		}
		// No row: the e-mail is taken, or a parallel request was first.
		if _, err := h.queries.UserStanding(ctx, who.id); !db.IsNotFound(err) {
			return err
		}
	}
	return fmt.Errorf("no row could be written for user %s of the outside identity provider", who.id)
}

// outsideEmail is the e-mail that the provider vouches for, or empty.
func outsideEmail(said claims) string {
	if said.EmailVerified == nil || !*said.EmailVerified {
		return ""
	}
	email, err := normalEmail(said.Email)
	if err != nil {
		return ""
	}
	return email
}
