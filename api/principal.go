package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// maxKnownUsers bounds the memory of which outside users have their row already.
const maxKnownUsers = 20_000

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

// requireUser refuses who has no good token, and sees to it that an outside user has a row.
func (h *handlers) requireUser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err, ok := c.Get(tokenErrorKey).(error); ok {
			return err
		}
		who := principalOf(c)
		if who.id == "" {
			return booking.Refuse(booking.CodeUnauthorized, "Log in first, and send the token as Authorization: Bearer.")
		}
		if who.outside != nil {
			if err := h.ensureOutsideUser(c.Request().Context(), who); err != nil {
				return err
			}
		}
		return next(c)
	}
}

// ensureOutsideUser writes the row of an outside user at first sight, with empty wallets.
func (h *handlers) ensureOutsideUser(ctx context.Context, who principal) error {
	if _, ok := h.known.get(who.id); ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, h.config.RequestTimeout)
	defer cancel()
	exists, err := h.queries.UserExists(ctx, who.id)
	if err != nil {
		return err
	}
	// An e-mail that belongs to another account here, or that nobody vouches for, is not taken over.
	for _, email := range []string{outsideEmail(*who.outside), who.id + "@users.invalid"} {
		if exists {
			break
		}
		if email == "" {
			continue
		}
		_, err := h.queries.UserRegister(ctx, db.UserRegisterParams{
			ID: who.id, Email: email, Name: outsideName(*who.outside), Role: string(who.role),
		})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		// No row: the e-mail is taken, or a parallel request was first.
		if exists, err = h.queries.UserExists(ctx, who.id); err != nil {
			return err
		}
	}
	if !exists {
		return fmt.Errorf("no row could be written for user %s of the outside identity provider", who.id)
	}
	h.known.getOrAdd(who.id, func() struct{} { return struct{}{} })
	return nil
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

func outsideName(said claims) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, said.Name)
	if name = strings.TrimSpace(name); name == "" {
		return "Customer"
	}
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return name
}
