package crowd

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// Invite makes so many new people, each with so much money (minor units of INR) in a wallet, and gives their ids. The name keeps them
// apart from others.
func Invite(ctx context.Context, owner *pgxpool.Pool, name string, many int, money int64) ([]string, error) {
	ids := make([]string, many)
	for i := range ids {
		ids[i] = booking.UserID("guest", fmt.Sprintf("%s/%d", name, i))
	}
	for _, write := range []string{
		`INSERT INTO users (id, email, name) SELECT id, id || '@example.com', 'Somebody ' || id FROM unnest($1::text[]) AS id WHERE $2::bigint >= 0`,
		`INSERT INTO ledger_accounts (id, kind, user_id, currency) SELECT 'wallet:' || id || ':INR', 'WALLET', id, 'INR' FROM unnest($1::text[]) AS id WHERE $2::bigint > 0`,
		`WITH posted AS (
			INSERT INTO ledger_transactions (reference, kind, reason) SELECT 'guest:' || id, 'GRANT', 'guest' FROM unnest($1::text[]) AS id WHERE $2::bigint > 0
			RETURNING reference, substr(reference, 7) AS id)
		INSERT INTO ledger_entries
		SELECT reference, side.account, side.amount
		FROM posted CROSS JOIN LATERAL (VALUES ('promotions:INR', -$2::bigint), ('wallet:' || posted.id || ':INR', $2::bigint)) AS side (account, amount)`,
	} {
		if _, err := owner.Exec(ctx, write, ids, money); err != nil {
			return nil, fmt.Errorf("invite %s: %w", name, err)
		}
	}
	return ids, nil
}

// Token logs somebody in as the API would: to hash the passwords of thousands would take longer than what they are here for.
func Token(secret, userID string, role openapi.Role, lifetime time.Duration) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": userID, "role": role, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
	}).SignedString([]byte(secret))
}
