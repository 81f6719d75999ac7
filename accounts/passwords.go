package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"

	"github.com/boxoffice/boxoffice/booking"
)

// bcrypt uses no more than 72 bytes.
const (
	minPassword           = 8
	maxPassword           = 72
	minPasswordCharacters = 5
)

// passwords hashes and compares passwords, a bounded number at a time: the work is expensive by design.
type passwords struct {
	cost  int
	slots *semaphore.Weighted
	// dummy is compared with when there is no such user, so that the answer takes the same time. It is made before the first password is
	// compared, and not at all where accounts are kept elsewhere.
	dummy func() ([]byte, error)
}

func newPasswords(cost, parallel int) *passwords {
	return &passwords{cost: cost, slots: semaphore.NewWeighted(int64(parallel)), dummy: sync.OnceValues(func() ([]byte, error) {
		return bcrypt.GenerateFromPassword([]byte("nobody has this password"), cost)
	})}
}

// hash hashes a password; an error of ctx means that there was not enough time.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	var hash []byte
	err := p.inSlot(ctx, func() (err error) {
		hash, err = bcrypt.GenerateFromPassword([]byte(password), p.cost)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(hash), nil
}

// matches says whether a password belongs to a hash. A nil hash, of no user or of one without a
// password, takes the same time and matches nothing.
func (p *passwords) matches(ctx context.Context, hash *string, password string) (bool, error) {
	compared, err := p.dummy()
	if err != nil {
		return false, fmt.Errorf("hash password: %w", err)
	}
	if hash != nil {
		compared = []byte(*hash)
	}
	// bcrypt refuses longer ones at once, which would show in the response time; no account has one.
	tooLong := len(password) > maxPassword
	if tooLong {
		password = password[:maxPassword]
	}
	var equal bool
	err = p.inSlot(ctx, func() error {
		err := bcrypt.CompareHashAndPassword(compared, []byte(password))
		equal = err == nil
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return equal && hash != nil && !tooLong, nil
}

func (p *passwords) inSlot(ctx context.Context, work func() error) error {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer p.slots.Release(1)
	return work()
}

// checkPassword refuses passwords that are easy to guess.
func checkPassword(password, email, name string) error {
	if len(password) < minPassword || len(password) > maxPassword {
		return booking.InvalidField("password", fmt.Sprintf("A password has %d to %d bytes.", minPassword, maxPassword))
	}
	local, _, _ := strings.Cut(email, "@")
	for _, obvious := range []string{email, local, name} {
		if strings.EqualFold(password, obvious) {
			return booking.InvalidField("password", "The password must not be the e-mail or the name.")
		}
	}
	different := map[rune]struct{}{}
	for _, r := range password {
		different[r] = struct{}{}
	}
	if len(different) < minPasswordCharacters {
		return booking.InvalidField("password", fmt.Sprintf("A password has at least %d different characters.", minPasswordCharacters))
	}
	return nil
}
