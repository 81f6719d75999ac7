package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// holdsAtOnce is how many bookings are begun at a time.
const holdsAtOnce = 4

// studio is a private copy of the whole system, and the people who act in it.
type studio struct {
	*private.System

	out string

	// asha and ben have money in their wallets, and cleo has none before she tops hers up. admin is an administrator.
	asha, ben, cleo, admin  *customer.Customer
	ashaID, cleoID, adminID string

	// holding bounds how many bookings begin at a time: the API refuses a customer with many requests in its queue.
	holding chan struct{}

	mu sync.Mutex
	// shows are those that no path has taken yet.
	shows   []string
	written atomic.Int64
}

func openStudio(ctx context.Context, out string) (s *studio, err error) {
	opened, err := private.Open(ctx, "record", stack.Options{
		TemporalArgs:  []string{"--suggest-continue-as-new", strconv.Itoa(cascadeHistory)},
		StripesimArgs: []string{"--refund-delay", "0"}, // the paths say when a refund ends
		Env:           map[stack.Part][]string{stack.API: stack.Patient()[stack.API], stack.Worker: stack.WithoutSchedules()},
	})
	if err != nil {
		return nil, err
	}
	s = &studio{System: opened, out: out, holding: make(chan struct{}, holdsAtOnce)}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *studio) prepare(ctx context.Context) error {
	if err := s.findShows(ctx); err != nil {
		return fmt.Errorf("find shows: %w", err)
	}
	if _, err := s.Owner.Exec(ctx, shortenTopUps); err != nil {
		return fmt.Errorf("shorten top-ups: %w", err)
	}
	if _, err := s.Owner.Exec(ctx, liftLimits); err != nil {
		return fmt.Errorf("lift limits: %w", err)
	}
	asha := booking.WalletID(seed.Accounts[0].ID(), "INR")
	if _, err := s.Owner.Exec(ctx, gift, asha, ashasGift); err != nil {
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
	asha, ben := seed.Accounts[0], seed.Accounts[1]
	s.ashaID, s.adminID = asha.ID(), seed.Accounts[3].ID()
	if s.asha, err = s.Visitor.Login(ctx, asha.Email, seed.Password); err != nil {
		return err
	}
	if s.ben, err = s.Visitor.Login(ctx, ben.Email, seed.Password); err != nil {
		return err
	}
	s.adminID = seed.Accounts[3].ID()
	if s.admin, err = s.Visitor.Login(ctx, seed.Accounts[3].Email, seed.Password); err != nil {
		return err
	}
	cleo, err := s.Visitor.Register(ctx, "cleo@example.com", seed.Password, "Cleo Marsh")
	if err != nil {
		return err
	}
	s.cleoID = cleo.UserId
	s.cleo, err = s.Visitor.Login(ctx, "cleo@example.com", seed.Password)
	return err
}

// findShows lists shows of the coming days, in the currency of the wallets' largest balance.
func (s *studio) findShows(ctx context.Context) (err error) {
	rows, _ := s.Owner.Query(ctx, `
		SELECT sh.id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres th ON th.id = sc.theatre_id
		WHERE th.currency = 'INR' AND sh.status = 'ON_SALE' AND sh.starts_at > now() + interval '1 day'
		ORDER BY sh.starts_at, sh.id LIMIT 200`) // the error comes with the rows
	s.shows, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return err
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
	_, err := s.Owner.Exec(ctx, "UPDATE shows SET hold_seconds = $2 WHERE id = $1", show, holdSeconds)
	return show, err
}
