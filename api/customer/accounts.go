package customer

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
)

// Register opens an account with empty wallets.
func (h *Handlers) Register(c echo.Context, _ openapi.RegisterParams) error {
	if h.Issuer == nil {
		return accountsElsewhere()
	}
	var body openapi.RegisterRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	wanted, err := accounts.ReadRegistration(body.Email, body.Name, body.Password)
	if err != nil {
		return err
	}
	if err := h.registers.Take(wanted.Email, c.RealIP(), h.Now()); err != nil {
		return err
	}
	user, err := h.Accounts.Register(c.Request().Context(), wanted)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, userView(user))
}

// Login gives a token for the right password.
func (h *Handlers) Login(c echo.Context, _ openapi.LoginParams) error {
	if h.Issuer == nil {
		return accountsElsewhere()
	}
	var body openapi.LoginRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	switch {
	case body.Email == "":
		return booking.InvalidField("email", "email is required.")
	case body.Password == "":
		return booking.InvalidField("password", "password is required.")
	}
	email, err := accounts.Email(body.Email)
	if err != nil {
		return err
	}
	if err := h.logins.Take(email, c.RealIP(), h.Now()); err != nil {
		return err
	}
	user, err := h.Accounts.LogIn(c.Request().Context(), email, body.Password)
	if err != nil {
		return err
	}
	token, expires, err := h.Issuer.Issue(user.ID, user.Role)
	if err != nil {
		return fmt.Errorf("issue token: %w", err)
	}
	return c.JSON(http.StatusOK, openapi.Session{
		AccessToken: token, TokenType: openapi.Bearer, ExpiresAt: expires.UTC(), User: userView(user),
	})
}

func accountsElsewhere() error {
	return booking.Refuse(booking.CodeNotFound, "Accounts of this system are kept by an outside identity provider: get a token there.")
}

func userView(user accounts.User) openapi.User {
	return openapi.User{UserId: user.ID, Email: user.Email, Name: user.Name, Role: openapi.Role(user.Role), CreatedAt: user.CreatedAt}
}
