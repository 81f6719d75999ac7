package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/db"
)

const (
	// standingFresh is how long a user's rights are cached. A user who has lost a right can use it for this much longer, and no more.
	standingFresh = 5 * time.Second
	// maxStandings bounds the cache of what users may do.
	maxStandings = 20_000
)

// ErrUnknown means that a token is for a user who does not exist.
var ErrUnknown = errors.New("there is no such user")

// standing is what the database said of a user at one moment.
type standing struct {
	db.UserStandingRow

	at time.Time
}

// Standing says what the caller with a valid token may do now: a token is valid for hours, and says what its user could
// do when it was issued. The role is the database's; for users of an outside identity provider it is that of their token,
// as long as no operator has set another one. Such a user gets an account, with empty wallets, on the first request.
//
// It refuses with FORBIDDEN when the account has been disabled, and fails with ErrUnknown when there is none.
func (a *Accounts) Standing(ctx context.Context, who Caller) (Caller, error) {
	now, err := a.standing(ctx, who)
	switch {
	case db.IsNotFound(err):
		return who, ErrUnknown
	case err != nil:
		return who, fmt.Errorf("read what the user may do: %w", err)
	case now.Disabled:
		return who, disabled()
	}
	if who.Outside == nil || now.RoleIsSet {
		who.Role = Role(now.Role)
	}
	return who, nil
}

// standing reads what a user may do, unless it is in the cache.
func (a *Accounts) standing(ctx context.Context, who Caller) (standing, error) {
	now := a.now()
	known, ok := a.standings.Get(who.ID)
	if age := now.Sub(known.at); ok && age >= 0 && age < standingFresh {
		return known, nil
	}
	row, err := a.queries.UserStanding(ctx, who.ID)
	if db.IsNotFound(err) && who.Outside != nil {
		if err := a.openOutside(ctx, who); err != nil {
			return standing{}, err
		}
		row, err = a.queries.UserStanding(ctx, who.ID)
	}
	if err != nil {
		return standing{}, err
	}
	read := standing{UserStandingRow: row, at: now}
	a.standings.Add(who.ID, read)
	return read, nil
}

// openOutside opens the account of a user of an outside identity provider.
func (a *Accounts) openOutside(ctx context.Context, who Caller) error {
	// An e-mail that belongs to another account here, or that is not verified, is not taken over.
	vouched, err := Email(who.Outside.Email)
	if err != nil {
		vouched = ""
	}
	for _, email := range []string{vouched, who.ID + "@users.invalid"} {
		if email == "" {
			continue
		}
		_, err := a.queries.UserRegister(ctx, db.UserRegisterParams{
			ID: who.ID, Email: email, Name: NameOr(who.Outside.Name, "Customer"), Role: string(who.Role),
		})
		if err == nil || !db.IsNotFound(err) {
			return err
		}
		// No row: the e-mail is taken, or a parallel request was first.
		if _, err := a.queries.UserStanding(ctx, who.ID); !db.IsNotFound(err) {
			return err
		}
	}
	return fmt.Errorf("no row could be written for user %s of the outside identity provider", who.ID)
}
