package api

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// standingFresh is how long what was read of a user is taken to hold: so much longer than it should, and no more, somebody can act whose
	// rights were taken away.
	standingFresh = 5 * time.Second
	// maxStandings bounds the memory of what users may do.
	maxStandings = 20_000
)

// standing is what the database said of a user at a moment.
type standing struct {
	db.UserStandingRow

	at time.Time
}

// withStanding is the one place that decides what the user of a good token may do now: a token is good for hours, and says what its user could do
// when it was made. Who is disabled may do nothing. The role is the database's; for the users of an outside identity provider it is that of their
// token, as long as no operator has set another.
func (h *handlers) withStanding(ctx context.Context, who principal) (principal, error) {
	now, err := h.standingOf(ctx, who)
	switch {
	case db.IsNotFound(err):
		return who, badToken(jwt.ErrTokenInvalidSubject)
	case err != nil:
		return who, fmt.Errorf("read what the user may do: %w", err)
	case now.Disabled:
		return who, accountDisabled()
	}
	if who.outside == nil || now.RoleIsSet {
		who.role = openapi.Role(now.Role)
	}
	return who, nil
}

func accountDisabled() error {
	return booking.Refuse(booking.CodeForbidden, "This account has been disabled.")
}

// standingOf reads what a user may do, unless that was done a moment ago. An outside user gets a row at first sight.
func (h *handlers) standingOf(ctx context.Context, who principal) (standing, error) {
	now := h.now()
	known, ok := h.standings.get(who.id)
	if age := now.Sub(known.at); ok && age >= 0 && age < standingFresh {
		return known, nil
	}
	row, err := h.queries.UserStanding(ctx, who.id)
	if db.IsNotFound(err) && who.outside != nil {
		if err := h.writeOutsideUser(ctx, who); err != nil {
			return standing{}, err
		}
		row, err = h.queries.UserStanding(ctx, who.id)
	}
	if err != nil {
		return standing{}, err
	}
	read := standing{UserStandingRow: row, at: now}
	h.standings.set(who.id, read)
	return read, nil
}
