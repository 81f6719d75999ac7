// Package private opens whole systems that are for one purpose alone: a measurement, a recording, a test. Each has a temporary folder and ports of its
// own, and is forgotten when it is closed.
package private

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/freeport"
	"github.com/boxoffice/boxoffice/dev/localpg"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// stopPatience bounds the end of a system: its parts may have much to finish on a busy machine.
const stopPatience = 4 * time.Minute

// System is a running system, with access to its database and to Temporal.
type System struct {
	*stack.Stack

	// Dir is the folder with data and logs.
	Dir string
	// Owner may read and write everything in the product's database.
	Owner *pgxpool.Pool
	// Temporal is asked about workflows. It logs nothing.
	Temporal client.Client
	// Visitor is somebody who has not logged in.
	Visitor *customer.Customer

	name string
	kept bool
}

// Open starts a system with the options of its stack, except Dir, and the data of db/seed. The name is part of the folder's, of Temporal's identities
// and of PostgreSQL's list of connections. When the system cannot be started, its folder stays, for the logs.
func Open(ctx context.Context, name string, opts stack.Options) (s *System, err error) {
	if opts.Dir, err = localpg.MakeScratch(name); err != nil {
		return nil, err
	}
	running, err := stack.Start(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("%w (logs are left in %s)", err, opts.Dir)
	}
	s = &System{Stack: running, Dir: opts.Dir, Visitor: customer.New(running.APIURL(), running.StripeURL()), name: name}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *System) connect(ctx context.Context) (err error) {
	if s.Owner, err = s.Pool(ctx, s.OwnerDSN(), 0); err != nil {
		return err
	}
	s.Temporal, err = client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddr(), Namespace: stack.Namespace, Identity: s.name,
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	return err
}

// Pool is one more pool of at most so many connections; 0 leaves the number to the library. It is the caller's to close.
func (s *System) Pool(ctx context.Context, dsn string, most int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the address of a database: %w", err)
	}
	if most > 0 {
		config.MaxConns = most
	}
	config.ConnConfig.RuntimeParams["application_name"] = s.name
	return pgxpool.NewWithConfig(ctx, config)
}

// Simulator speaks to the payment provider's simulator.
func (s *System) Simulator() stripesim.Client {
	return stripesim.Client{URL: s.StripeURL(), SecretKey: s.Secrets().StripeSecretKey}
}

// Keep has Close leave the folder, for somebody to look into.
func (s *System) Keep() { s.kept = true }

// Close stops the system and forgets its data, also when ctx has ended.
func (s *System) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if s.Temporal != nil {
		s.Temporal.Close()
	}
	if s.Owner != nil {
		s.Owner.Close()
	}
	err := s.Stop(ctx)
	if s.kept {
		return err
	}
	return errors.Join(err, stack.Reset(ctx, s.Dir))
}

// Profiles are the addresses at which the parts written in Go serve their profiles.
type Profiles map[stack.Part]string

// ServeProfiles has the parts of a system that is to be opened serve their profiles.
func ServeProfiles(ctx context.Context, opts *stack.Options) (Profiles, error) {
	profiles := Profiles{}
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal} {
		listener, err := freeport.Listen(ctx)
		if err != nil {
			return nil, fmt.Errorf("find a port for profiles: %w", err)
		}
		profiles[part] = listener.Addr().String()
		if err := listener.Close(); err != nil {
			return nil, err
		}
	}
	_, temporalPort, err := net.SplitHostPort(profiles[stack.Temporal])
	if err != nil {
		return nil, err
	}
	opts.TemporalArgs = append(slices.Clone(opts.TemporalArgs), "--profile-port", temporalPort)
	env := maps.Clone(opts.Env)
	if env == nil {
		env = map[stack.Part][]string{}
	}
	for _, part := range []stack.Part{stack.API, stack.Worker} {
		env[part] = append(slices.Clone(env[part]), "BOXOFFICE_PROFILE_ADDR="+profiles[part])
	}
	opts.Env = env
	return profiles, nil
}
