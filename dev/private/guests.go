package private

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// tokenLifetime is longer than any system is open.
const tokenLifetime = 48 * time.Hour

// Guests are new people to be made.
type Guests struct {
	// Name keeps them apart from others of the system.
	Name string
	// Many is how many there are; 0 means one.
	Many int
	// Role is what each may do; a customer when it is empty.
	Role openapi.Role
	// Money is what each has in a wallet of INR, in paise; it may be nothing.
	Money int64
}

// Guest is one of them, logged in.
type Guest struct {
	*customer.Customer

	ID, Token string
}

// inviteGuests are statements with three parameters: the ids, the role and the money. Each uses all three, because PostgreSQL insists on that.
var inviteGuests = []string{
	`INSERT INTO users (id, email, name, role) SELECT id, id || '@example.com', 'Somebody ' || id, $2 FROM unnest($1::text[]) AS id WHERE $3::bigint >= 0`,
	`INSERT INTO ledger_accounts (id, kind, user_id, currency) SELECT 'wallet:' || id || ':INR', 'WALLET', id, 'INR' FROM unnest($1::text[]) AS id
		WHERE $2::text <> '' AND $3::bigint >= 0`,
	`WITH posted AS (
		INSERT INTO ledger_transactions (reference, kind, reason) SELECT 'guest:' || id, 'GRANT', 'guest' FROM unnest($1::text[]) AS id
		WHERE $2::text <> '' AND $3::bigint > 0
		RETURNING reference, substr(reference, 7) AS id)
	INSERT INTO ledger_entries
	SELECT reference, side.account, side.amount
	FROM posted CROSS JOIN LATERAL (VALUES ('promotions:INR', -$3::bigint), ('wallet:' || posted.id || ':INR', $3::bigint)) AS side (account, amount)`,
}

// Invite makes guests. They get tokens as the API makes them, without a login: hashing the passwords of thousands would take too long.
func (s *System) Invite(ctx context.Context, guests Guests) ([]Guest, error) {
	if guests.Money < 0 {
		return nil, errors.New("nobody has less than nothing in a wallet")
	}
	if guests.Role == "" {
		guests.Role = openapi.CUSTOMER
	}
	ids := make([]string, max(guests.Many, 1))
	for i := range ids {
		ids[i] = booking.UserID("guest", fmt.Sprintf("%s/%d", guests.Name, i))
	}
	for _, write := range inviteGuests {
		if _, err := s.Owner.Exec(ctx, write, ids, guests.Role, guests.Money); err != nil {
			return nil, fmt.Errorf("invite %s: %w", guests.Name, err)
		}
	}
	invited := make([]Guest, len(ids))
	for i, id := range ids {
		var err error
		if invited[i], err = s.LogIn(id, guests.Role); err != nil {
			return nil, err
		}
	}
	return invited, nil
}

// LogIn logs in a user that there is already.
func (s *System) LogIn(userID string, role openapi.Role) (Guest, error) {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": userID, "role": role, "iat": now.Unix(), "exp": now.Add(tokenLifetime).Unix(),
	}).SignedString([]byte(s.Secrets().JWTSecret))
	if err != nil {
		return Guest{}, fmt.Errorf("make a token for %s: %w", userID, err)
	}
	return Guest{Customer: s.Visitor.WithToken(token), ID: userID, Token: token}, nil
}
