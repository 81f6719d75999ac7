package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// stopPatience bounds the end of the system.
const stopPatience = time.Minute

// system is a private copy of the whole system, and what the run needs to look behind its doors.
type system struct {
	*stack.Stack

	dir      string
	owner    *pgxpool.Pool
	temporal client.Client
}

// openSystem starts a system in a folder of its own. What the parts say goes to say.
func openSystem(ctx context.Context, say func(string)) (s *system, err error) {
	dir, err := os.MkdirTemp("", "boxoffice-chaos-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL's account must be able to walk through.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	running, err := stack.Start(ctx, stack.Options{
		Dir: dir, Log: say,
		Env: map[stack.Part][]string{
			stack.API: {"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000"},
			// The sweep comes every ten minutes elsewhere.
			stack.Worker: {"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=*/15 * * * * * *"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%w (logs: %s)", err, dir)
	}
	s = &system{Stack: running, dir: dir}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx), false))
	}
	return s, nil
}

func (s *system) connect(ctx context.Context) (err error) {
	if s.owner, err = pgxpool.New(ctx, s.OwnerDSN()); err != nil {
		return err
	}
	s.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddr(), Namespace: stack.Namespace, Identity: "chaos",
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	return err
}

// close stops the system and forgets its data, unless it is kept.
func (s *system) close(ctx context.Context, keep bool) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.temporal != nil {
		s.temporal.Close()
	}
	if s.owner != nil {
		s.owner.Close()
	}
	err := s.Stop(ctx)
	if keep {
		return err
	}
	return errors.Join(err, stack.Reset(ctx, s.dir))
}

// newUser is somebody with an account, money in the wallet and a token as the API makes them.
func (s *system) newUser(ctx context.Context, visitor *customer.Customer, name string, role openapi.Role, gift int64) (*customer.Customer, string, error) {
	id := booking.UserID("chaos", name)
	wallet := booking.WalletID(id, currency)
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO users (id, email, name, role) VALUES ($1, $1 || '@example.com', $2, $3)`, []any{id, name, role}},
		{`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ($1, 'WALLET', $2, $3)`, []any{wallet, id, currency}},
		{
			`WITH posted AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('chaos:' || $1, 'GRANT', 'chaos') RETURNING reference)
			INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:' || $4, $2]), unnest(ARRAY[-$3::bigint, $3::bigint]) FROM posted`,
			[]any{id, wallet, gift, currency},
		},
	} {
		if _, err := s.owner.Exec(ctx, statement.sql, statement.args...); err != nil {
			return nil, "", fmt.Errorf("make %s: %w", name, err)
		}
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": id, "role": role, "iat": now.Unix(), "exp": now.Add(12 * time.Hour).Unix(),
	}).SignedString([]byte(s.Secrets().JWTSecret))
	if err != nil {
		return nil, "", fmt.Errorf("make a token for %s: %w", name, err)
	}
	return visitor.WithToken(token), id, nil
}

// currency is that of all shows here.
const currency = "INR"
