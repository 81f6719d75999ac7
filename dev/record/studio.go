package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// stopPatience bounds the end of the system.
	stopPatience = 30 * time.Second
	// holdsAtOnce is how many bookings are begun at a time.
	holdsAtOnce = 4
)

// studio is a private copy of the whole system, and the people who act in it.
type studio struct {
	*stack.Stack
	dir, out string
	owner    *pgxpool.Pool
	temporal client.Client

	// asha and ben have money in their wallets, and cleo has none before she tops hers up. admin is an administrator.
	asha, ben, cleo, admin  *customer.Customer
	ashaID, cleoID, adminID string

	// holding has a place for each booking that may be begun at a time: the API lets no customer queue with many.
	holding chan struct{}

	mu sync.Mutex
	// shows are those that no path has taken yet.
	shows   []string
	written atomic.Int64
}

func openStudio(ctx context.Context, out string) (s *studio, err error) {
	dir, err := os.MkdirTemp("", "boxoffice-record-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL's account must be able to walk through.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	running, err := stack.Start(ctx, stack.Options{
		Dir: dir, TemporalArgs: []string{"--suggest-continue-as-new", strconv.Itoa(cascadeHistory)},
		StripesimArgs: []string{"--refund-delay", "0"}, // the paths say when a refund ends
		Env: map[stack.Part][]string{
			stack.API: stack.Patient()[stack.API],
			stack.Worker: {
				"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off",
			},
		},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s = &studio{Stack: running, dir: dir, out: out, holding: make(chan struct{}, holdsAtOnce)}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *studio) connect(ctx context.Context) (err error) {
	if s.owner, err = pgxpool.New(ctx, s.OwnerDSN()); err != nil {
		return err
	}
	s.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddr(), Namespace: stack.Namespace, Identity: "recorder",
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	if err := s.findShows(ctx); err != nil {
		return fmt.Errorf("find shows: %w", err)
	}
	if _, err := s.owner.Exec(ctx, shortenTopUps); err != nil {
		return fmt.Errorf("shorten top-ups: %w", err)
	}
	if _, err := s.owner.Exec(ctx, liftLimits); err != nil {
		return fmt.Errorf("lift limits: %w", err)
	}
	asha := booking.WalletID(seed.Accounts[0].ID(), "INR")
	if _, err := s.owner.Exec(ctx, gift, asha, ashasGift); err != nil {
		return fmt.Errorf("fill a wallet: %w", err)
	}
	return s.invite(ctx)
}

// Two people play what many do: they may hold much, and one of them pays for all of it.
const (
	liftLimits = "UPDATE hold_limits SET holds = 1000, seats = 1000, free_lapses = 1000"
	gift       = `
		WITH posted AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('gift', 'GRANT', 'recording') RETURNING reference)
		INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', $1]), unnest(ARRAY[-$2::bigint, $2::bigint]) FROM posted`
	// ashasGift is in minor units.
	ashasGift = 1_000_000_00
)

func (s *studio) invite(ctx context.Context) (err error) {
	visitor := customer.New(s.APIURL(), s.StripeURL())
	asha, ben := seed.Accounts[0], seed.Accounts[1]
	s.ashaID, s.adminID = asha.ID(), seed.Accounts[3].ID()
	if s.asha, err = visitor.Login(ctx, asha.Email, seed.Password); err != nil {
		return err
	}
	if s.ben, err = visitor.Login(ctx, ben.Email, seed.Password); err != nil {
		return err
	}
	s.adminID = seed.Accounts[3].ID()
	if s.admin, err = visitor.Login(ctx, seed.Accounts[3].Email, seed.Password); err != nil {
		return err
	}
	cleo, err := visitor.Register(ctx, "cleo@example.com", seed.Password, "Cleo Marsh")
	if err != nil {
		return err
	}
	s.cleoID = cleo.Id
	s.cleo, err = visitor.Login(ctx, "cleo@example.com", seed.Password)
	return err
}

// findShows lists shows of the coming days, in the currency of the wallets' largest balance.
func (s *studio) findShows(ctx context.Context) error {
	rows, err := s.owner.Query(ctx, `
		SELECT sh.id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres th ON th.id = sc.theatre_id
		WHERE th.currency = 'INR' AND sh.status = 'ON_SALE' AND sh.starts_at > now() + interval '1 day'
		ORDER BY sh.starts_at, sh.id LIMIT 200`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		s.shows = append(s.shows, id)
	}
	return rows.Err()
}

// takeShow gives a path a show that nobody else plays with.
func (s *studio) takeShow(ctx context.Context, holdSeconds int) (string, error) {
	s.mu.Lock()
	if len(s.shows) == 0 {
		s.mu.Unlock()
		return "", errors.New("there are more paths than shows")
	}
	show := s.shows[0]
	s.shows = s.shows[1:]
	s.mu.Unlock()
	if holdSeconds == 0 {
		holdSeconds = 300
	}
	_, err := s.owner.Exec(ctx, "UPDATE shows SET hold_seconds = $2 WHERE id = $1", show, holdSeconds)
	return show, err
}

func (s *studio) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.temporal != nil {
		s.temporal.Close()
	}
	if s.owner != nil {
		s.owner.Close()
	}
	return errors.Join(s.Stop(ctx), stack.Reset(ctx, s.dir), os.RemoveAll(s.dir))
}
