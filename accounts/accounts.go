// Package accounts is about people: what their names, e-mails and passwords may be, how they open an account and log in, and what each may do
// now.
package accounts

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Accounts opens accounts and knows what their owners may do. It may be used concurrently.
type Accounts struct {
	queries   *db.Queries
	issuer    string
	passwords *passwords
	standings *lru.Cache[string, standing]
	now       func() time.Time
}

// Options are what Accounts works with.
type Options struct {
	Queries *db.Queries
	// Issuer names this system in the ids of the accounts that it opens.
	Issuer string
	// BcryptCost is the work of hashing a password, 4 to 31; each step doubles it.
	BcryptCost int
	// Now is the clock.
	Now func() time.Time
}

// New makes the accounts of a system. It connects to nothing yet.
func New(options Options) (*Accounts, error) {
	hashing := newPasswords(options.BcryptCost, runtime.GOMAXPROCS(0))
	standings, err := lru.New[string, standing](maxStandings)
	if err != nil {
		return nil, fmt.Errorf("remember what users may do: %w", err)
	}
	return &Accounts{queries: options.Queries, issuer: options.Issuer, passwords: hashing, standings: standings, now: options.Now}, nil
}

// User is the owner of an account. CreatedAt is in UTC.
type User struct {
	ID, Email, Name string
	Role            Role
	CreatedAt       time.Time
}

// Registration is what an account is opened with, in the form in which it is stored.
type Registration struct{ Email, Name, Password string }

// ReadRegistration refuses, with VALIDATION_ERROR and the field's name, input with which no account can be opened.
func ReadRegistration(email, name, password string) (read Registration, err error) {
	if read.Email, err = Email(email); err != nil {
		return read, err
	}
	if read.Name, err = Name(name); err != nil {
		return read, err
	}
	read.Password = password
	return read, checkPassword(password, read.Email, read.Name)
}

// Register opens an account with empty wallets. It refuses with CONFLICT when there is already one with this e-mail.
func (a *Accounts) Register(ctx context.Context, wanted Registration) (User, error) {
	hash, err := a.passwords.hash(ctx, wanted.Password)
	if err != nil {
		return User{}, err
	}
	opened, err := a.queries.UserRegister(ctx, db.UserRegisterParams{
		// The id is drawn here, once: an e-mail may get another owner, an id must not.
		ID:    booking.UserID(a.issuer, rand.Text()),
		Email: wanted.Email, Name: wanted.Name, Role: string(Customer), PasswordHash: &hash,
	})
	if db.IsNotFound(err) {
		return User{}, booking.Refuse(booking.CodeConflict, "There is an account with this e-mail.").With("field", "email")
	}
	if err != nil {
		return User{}, fmt.Errorf("register: %w", err)
	}
	return User{ID: opened.ID, Email: opened.Email, Name: opened.Name, Role: Role(opened.Role), CreatedAt: opened.CreatedAt.UTC()}, nil
}

// LogIn returns the user of an e-mail and its password. It refuses with FORBIDDEN when the account has
// been disabled, and with the same UNAUTHORIZED, after the same time, for everything else.
func (a *Accounts) LogIn(ctx context.Context, email, password string) (User, error) {
	user, err := a.queries.UserByEmail(ctx, email)
	if err != nil && !db.IsNotFound(err) {
		return User{}, fmt.Errorf("log in: %w", err)
	}
	matches, err := a.passwords.matches(ctx, user.PasswordHash, password)
	if err != nil {
		return User{}, err
	}
	if !matches {
		return User{}, booking.Refuse(booking.CodeUnauthorized, "The e-mail or the password is wrong.")
	}
	if user.Disabled {
		return User{}, disabled()
	}
	return User{ID: user.ID, Email: user.Email, Name: user.Name, Role: Role(user.Role), CreatedAt: user.CreatedAt.UTC()}, nil
}

func disabled() error {
	return booking.Refuse(booking.CodeForbidden, "This account has been disabled.")
}
