package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// us names this process to PostgreSQL, which does not count it among the others.
	us = "soak"
	// fortune is what each customer has, in minor units: enough for any number of seats.
	fortune = 1_000_000_000_000
)

// system is a private copy of the whole system.
type system struct {
	*private.System

	// profiles are the addresses at which the parts can be looked into.
	profiles private.Profiles
	// pids are those of the parts when the system began: a part that dies is not replaced.
	pids map[stack.Part]int
	// databases look at each of the three.
	databases map[string]*pgxpool.Pool
	// browser is what all customers use.
	browser *http.Transport
}

// parts are those that are watched.
var parts = []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres, stack.Stripesim}

// databases are the product's, and Temporal's two.
var databases = []string{"boxoffice", "temporal", "temporal_visibility"}

func openSystem(ctx context.Context, out io.Writer) (s *system, err error) {
	opts := stack.Options{
		Log: func(line string) { fmt.Fprintln(out, line) },
		// The nightly audit would be a load that only some runs meet.
		Env: map[stack.Part][]string{stack.API: stack.Unlimited(), stack.Worker: {"BOXOFFICE_AUDIT_SCHEDULE=off"}},
	}
	profiles, err := private.ServeProfiles(ctx, &opts)
	if err != nil {
		return nil, err
	}
	opened, err := private.Open(ctx, us, opts)
	if err != nil {
		return nil, err
	}
	s = &system{
		System: opened, profiles: profiles, pids: map[stack.Part]int{}, databases: map[string]*pgxpool.Pool{},
		browser: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute},
	}
	s.Visitor = s.Visitor.WithTransport(s.browser)
	for _, part := range parts {
		s.pids[part] = s.Pid(part)
	}
	for _, name := range databases {
		if s.databases[name], err = s.Pool(ctx, s.SuperuserDSN(name), 2); err != nil {
			return nil, errors.Join(err, s.close(ctx))
		}
	}
	return s, nil
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
	for _, pool := range s.databases {
		if pool != nil {
			pool.Close()
		}
	}
	return s.Close(ctx)
}
