package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/freeport"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// us names this process to PostgreSQL, which does not count it among the others.
	us = "soak"
	// stopPatience bounds the end of the system.
	stopPatience = time.Minute
	// fortune is what each customer has, in minor units: enough for any number of seats.
	fortune = 1_000_000_000_000
	// tokenLifetime is longer than any run.
	tokenLifetime = 48 * time.Hour
)

// system is a private copy of the whole system.
type system struct {
	*stack.Stack

	dir string
	// profiles are the addresses at which the parts can be looked into.
	profiles map[stack.Part]string
	// pids are those of the parts when the system began: a part that dies is not replaced.
	pids map[stack.Part]int
	// owner writes what there is to sell, and databases look at each of the three.
	owner     *pgxpool.Pool
	databases map[string]*pgxpool.Pool
	temporal  client.Client
	// browser is what all customers use.
	browser *http.Transport
}

// parts are those that are watched.
var parts = []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres, stack.Stripesim}

// databases are the product's, and Temporal's two.
var databases = []string{"boxoffice", "temporal", "temporal_visibility"}

func openSystem(ctx context.Context, out io.Writer) (s *system, err error) {
	s = &system{
		profiles: map[stack.Part]string{}, pids: map[stack.Part]int{}, databases: map[string]*pgxpool.Pool{},
		browser: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute},
	}
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal} {
		if s.profiles[part], err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	_, temporalPort, err := net.SplitHostPort(s.profiles[stack.Temporal])
	if err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "boxoffice-soak-"); err != nil {
		return nil, err
	}
	// PostgreSQL's account must be able to walk through.
	if err := os.Chmod(s.dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	s.Stack, err = stack.Start(ctx, stack.Options{
		Dir: s.dir, Log: func(line string) { fmt.Fprintln(out, line) },
		TemporalArgs: []string{"--profile-port", temporalPort},
		Env: map[stack.Part][]string{
			// All customers come from one address, and are more than one person.
			stack.API: {"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000", "BOXOFFICE_PROFILE_ADDR=" + s.profiles[stack.API]},
			// The nightly audit would be a load that only some runs meet.
			stack.Worker: {"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_PROFILE_ADDR=" + s.profiles[stack.Worker]},
		},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	for _, part := range parts {
		s.pids[part] = s.Pid(part)
	}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := freeport.Listen(ctx)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (s *system) connect(ctx context.Context) (err error) {
	if s.owner, err = openPool(ctx, s.OwnerDSN(), 2); err != nil {
		return err
	}
	for _, name := range databases {
		if s.databases[name], err = openPool(ctx, s.SuperuserDSN(name), 2); err != nil {
			return err
		}
	}
	s.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddr(), Namespace: stack.Namespace, Identity: us,
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	return err
}

func openPool(ctx context.Context, dsn string, most int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = most
	config.ConnConfig.RuntimeParams["application_name"] = us
	return pgxpool.NewWithConfig(ctx, config)
}

// invite makes so many people with money in their wallets, and logs them in.
func (s *system) invite(ctx context.Context, many int) ([]*customer.Customer, error) {
	ids, err := crowd.Invite(ctx, s.owner, us, many, fortune)
	if err != nil {
		return nil, err
	}
	visitor := customer.New(s.APIURL(), s.StripeURL()).WithTransport(s.browser)
	people := make([]*customer.Customer, many)
	for i, id := range ids {
		token, err := crowd.Token(s.Secrets().JWTSecret, id, openapi.CUSTOMER, tokenLifetime)
		if err != nil {
			return nil, err
		}
		people[i] = visitor.WithToken(token)
	}
	return people, nil
}

// died are the parts that have ended since the beginning.
func (s *system) died() (dead []stack.Part) {
	for _, part := range parts {
		if s.Pid(part) != s.pids[part] {
			dead = append(dead, part)
		}
	}
	return dead
}

func (s *system) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.temporal != nil {
		s.temporal.Close()
	}
	if s.owner != nil {
		s.owner.Close()
	}
	for _, pool := range s.databases {
		if pool != nil {
			pool.Close()
		}
	}
	return errors.Join(s.Stop(ctx), stack.Reset(ctx, s.dir))
}
