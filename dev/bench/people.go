package main

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// tokenLifetime is longer than any bench.
const tokenLifetime = 12 * time.Hour

// newBuyers are so many new people, each with so much money (minor units of INR) in a wallet, logged in by tokens as the API makes them:
// to hash the passwords of thousands would take longer than what they are here for.
func (s *system) newBuyers(ctx context.Context, name string, many int, money int64) ([]*customer.Customer, error) {
	ids := make([]string, many)
	for i := range ids {
		ids[i] = booking.UserID("bench", fmt.Sprintf("%s/%d", name, i))
	}
	for _, write := range []string{
		`INSERT INTO users (id, email, name) SELECT id, id || '@example.com', 'Somebody ' || id FROM unnest($1::text[]) AS id WHERE $2::bigint >= 0`,
		`INSERT INTO ledger_accounts (id, kind, user_id, currency) SELECT 'wallet:' || id || ':INR', 'WALLET', id, 'INR' FROM unnest($1::text[]) AS id WHERE $2::bigint > 0`,
		`WITH posted AS (
			INSERT INTO ledger_transactions (reference, kind, reason) SELECT 'bench:' || id, 'GRANT', 'bench' FROM unnest($1::text[]) AS id WHERE $2::bigint > 0
			RETURNING reference, substr(reference, 7) AS id)
		INSERT INTO ledger_entries
		SELECT reference, side.account, side.amount
		FROM posted CROSS JOIN LATERAL (VALUES ('promotions:INR', -$2::bigint), ('wallet:' || posted.id || ':INR', $2::bigint)) AS side (account, amount)`,
	} {
		if _, err := s.owner.Exec(ctx, write, ids, money); err != nil {
			return nil, fmt.Errorf("invite %s: %w", name, err)
		}
	}
	people := make([]*customer.Customer, many)
	for i, id := range ids {
		token, err := s.token(id, openapi.CUSTOMER)
		if err != nil {
			return nil, err
		}
		people[i] = s.visitor.WithToken(token)
	}
	return people, nil
}

func (s *system) token(userID string, role openapi.Role) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": userID, "role": role, "iat": now.Unix(), "exp": now.Add(tokenLifetime).Unix(),
	}).SignedString([]byte(s.Secrets().JWTSecret))
}
