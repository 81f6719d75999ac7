package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// stopPatience bounds the end of the system.
const stopPatience = time.Minute

// system is a private copy of the whole system, and who acts in it.
type system struct {
	*stack.Stack

	dir           string
	profiles      profiles
	owner, worker *pgxpool.Pool
	temporal      client.Client
	crowd         *crowd.Crowd
	visitor       *customer.Customer
	operator      *customer.Customer
}

func openSystem(ctx context.Context, postgresSettings ...string) (s *system, err error) {
	dir, err := os.MkdirTemp("", "boxoffice-bench-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL's account must be able to walk through.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	profiles, err := freeProfiles(ctx)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	_, temporalPort, err := net.SplitHostPort(profiles[stack.Temporal])
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	running, err := stack.Start(ctx, stack.Options{
		Dir: dir, PostgresSettings: postgresSettings, TemporalArgs: []string{"--profile-port", temporalPort},
		Env: map[stack.Part][]string{
			stack.API: {"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000", "BOXOFFICE_PROFILE_ADDR=" + profiles[stack.API]},
			stack.Worker: {
				"BOXOFFICE_PROFILE_ADDR=" + profiles[stack.Worker],
				"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off",
			},
		},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s = &system{Stack: running, dir: dir, profiles: profiles, visitor: customer.New(running.APIURL(), running.StripeURL())}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *system) connect(ctx context.Context) (err error) {
	if s.owner, err = pgxpool.New(ctx, s.OwnerDSN()); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(s.WorkerDSN())
	if err != nil {
		return err
	}
	config.MaxConns = crowd.Conns
	if s.worker, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	s.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddr(), Namespace: stack.Namespace, Identity: "bench",
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	s.crowd, err = crowd.New(crowd.Config{
		Owner: s.owner, Worker: s.worker, SimulatorURL: s.StripeURL(), SecretKey: s.Secrets().StripeSecretKey,
	})
	if err != nil {
		return err
	}
	s.operator, err = s.visitor.Login(ctx, "admin@example.com", seed.Password)
	return err
}

func (s *system) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.temporal != nil {
		s.temporal.Close()
	}
	for _, pool := range []*pgxpool.Pool{s.owner, s.worker} {
		if pool != nil {
			pool.Close()
		}
	}
	return errors.Join(s.Stop(ctx), stack.Reset(ctx, s.dir))
}

// analyze has PostgreSQL look at what has been filled in, as it would by itself in time.
func (s *system) analyze(ctx context.Context) error {
	_, err := s.owner.Exec(ctx, `ANALYZE`)
	return err
}
