package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// system is a private copy of the whole system, and who acts in it.
type system struct {
	*private.System

	profiles private.Profiles
	worker   *pgxpool.Pool
	crowd    *crowd.Crowd
	operator *customer.Customer
	// dbos is the peer, while it runs.
	dbos *errand
}

func openSystem(ctx context.Context, postgresSettings ...string) (s *system, err error) {
	opts := stack.Options{
		PostgresSettings: postgresSettings,
		Env:              map[stack.Part][]string{stack.API: stack.Unlimited(), stack.Worker: stack.WithoutSchedules()},
	}
	profiles, err := private.ServeProfiles(ctx, &opts)
	if err != nil {
		return nil, err
	}
	opened, err := private.Open(ctx, "bench", opts)
	if err != nil {
		return nil, err
	}
	s = &system{System: opened, profiles: profiles}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

func (s *system) prepare(ctx context.Context) (err error) {
	if s.worker, err = s.Pool(ctx, s.WorkerDSN(), crowd.Conns); err != nil {
		return err
	}
	if s.crowd, err = crowd.New(crowd.Config{Owner: s.Owner, Worker: s.worker, Simulator: s.Simulator()}); err != nil {
		return err
	}
	s.operator, err = s.Visitor.Login(ctx, "admin@example.com", seed.Password)
	return err
}

func (s *system) close(ctx context.Context) error {
	if s.worker != nil {
		s.worker.Close()
	}
	return s.Close(ctx)
}

// newBuyers are so many new people who can pay for anything, logged in.
func (s *system) newBuyers(ctx context.Context, name string, many int) ([]private.Guest, error) {
	return s.Invite(ctx, private.Guests{Name: name, Many: many, Money: fortune})
}

// openShow opens a show of a subject, in two days, and gives its seats.
func (s *system) openShow(ctx context.Context, subject, show string, seats int, hold time.Duration) ([]string, error) {
	err := crowd.OpenShow(ctx, s.Owner, crowd.Show{
		ID: show, TheatreID: "th_" + subject, MovieID: "mv_" + subject, Seats: seats, StartsAt: time.Now().Add(48 * time.Hour), Hold: hold,
	})
	if err != nil {
		return nil, err
	}
	return crowd.FreeSeats(ctx, s.Owner, show)
}

// usualHold is how long a booking may stay unpaid where it does not matter.
const usualHold = 5 * time.Minute

// analyze has PostgreSQL gather statistics now, which it would do by itself later.
func (s *system) analyze(ctx context.Context) error {
	_, err := s.Owner.Exec(ctx, `ANALYZE`)
	return err
}
