package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const maxEmail = 254

// Register opens an account with empty wallets.
func (h *handlers) Register(c echo.Context, _ openapi.RegisterParams) error {
	if h.issuer == nil {
		return accountsElsewhere()
	}
	var body openapi.RegisterRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	email, err := normalEmail(body.Email)
	if err != nil {
		return err
	}
	name, err := accounts.Name(body.Name)
	if err != nil {
		return err
	}
	if err := checkPassword(body.Password, email, name); err != nil {
		return err
	}
	if err := h.registers.take(email, c.RealIP(), h.now()); err != nil {
		return err
	}
	ctx := c.Request().Context()
	hash, err := h.passwords.hash(ctx, body.Password)
	if err != nil {
		return err
	}
	opened, err := h.queries.UserRegister(ctx, db.UserRegisterParams{
		// Whom an id stands for is decided here, once: an e-mail may change hands, an id must not.
		ID:    booking.UserID(h.config.JWTIssuer, rand.Text()),
		Email: email, Name: name, Role: string(openapi.CUSTOMER), PasswordHash: &hash,
	})
	if db.IsNotFound(err) {
		return booking.Refuse(booking.CodeConflict, "There is an account with this e-mail.").With("field", "email")
	}
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return c.JSON(http.StatusCreated, userView(opened.ID, opened.Email, opened.Name, opened.Role, opened.CreatedAt))
}

// Login gives a token for the right password, unless the account has been disabled. Everything else gets one answer.
func (h *handlers) Login(c echo.Context, _ openapi.LoginParams) error {
	if h.issuer == nil {
		return accountsElsewhere()
	}
	var body openapi.LoginRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	switch {
	case body.Email == "":
		return booking.InvalidField("email", "email is required.")
	case body.Password == "":
		return booking.InvalidField("password", "password is required.")
	}
	email, err := normalEmail(body.Email)
	if err != nil {
		return err
	}
	if err := h.logins.take(email, c.RealIP(), h.now()); err != nil {
		return err
	}
	ctx := c.Request().Context()
	user, err := h.queries.UserByEmail(ctx, email)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("log in: %w", err)
	}
	matches, err := h.passwords.matches(ctx, user.PasswordHash, body.Password)
	if err != nil {
		return err
	}
	if !matches {
		return booking.Refuse(booking.CodeUnauthorized, "The e-mail or the password is wrong.")
	}
	if user.Disabled {
		return accountDisabled()
	}
	token, expires, err := h.issuer.issue(user.ID, user.Role)
	if err != nil {
		return fmt.Errorf("issue token: %w", err)
	}
	return c.JSON(http.StatusOK, openapi.Session{
		AccessToken: token, TokenType: openapi.Bearer, ExpiresAt: expires.UTC(),
		User: userView(user.ID, user.Email, user.Name, user.Role, user.CreatedAt),
	})
}

func accountsElsewhere() error {
	return booking.Refuse(booking.CodeNotFound, "Accounts of this system are kept by an outside identity provider: get a token there.")
}

func userView(id, email, name, role string, created time.Time) openapi.User {
	return openapi.User{Id: id, Email: email, Name: name, Role: openapi.Role(role), CreatedAt: created.UTC()}
}

// normalEmail checks an e-mail address and puts it into the one form in which it is kept: lower case.
func normalEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > maxEmail || strings.ContainsFunc(text, notASCIIPrintable) {
		return "", booking.InvalidField("email", "This is not an e-mail address.")
	}
	return strings.ToLower(text), nil
}

func notASCIIPrintable(r rune) bool { return r <= ' ' || r > '~' }
