package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// serveClients is how many actions are under way at a time.
	serveClients = 16
	// serveTries is how often an action is tried while the system is busy.
	serveTries = 20
)

// serve carries out so many actions, some of them at a time, and then, if there is something to wait for, waits for their effects. The rate counts
// actions until all of that is over; the latency is of the part of an action that it reports. While the system is busy an action is tried again after
// a pause, as a provider and a patient customer do; any other error ends everything.
func serve(ctx context.Context, many int, do func(ctx context.Context, n int) (time.Duration, error), afterwards func(context.Context) error) (side, error) {
	var parts measure.Latencies
	var refused refusals
	began := time.Now()
	acting, acts := errgroup.WithContext(ctx)
	acting.SetLimit(serveClients)
	for n := range many {
		acting.Go(func() error {
			part, err := do(acts, n)
			for tries := 1; customer.IsBusy(err) && tries < serveTries && wait.For(acts, tick); tries++ {
				refused.add(err)
				part, err = do(acts, n)
			}
			if err != nil {
				return err
			}
			parts.Add(part)
			return nil
		})
	}
	if err := acting.Wait(); err != nil {
		return side{}, err
	}
	if afterwards != nil {
		if err := afterwards(ctx); err != nil {
			return side{}, err
		}
	}
	return refused.into(sideOf(&parts, time.Since(began))), nil
}

// refusals counts for how many actions a busy system had no time, and keeps what it said to the first. Its methods may be called concurrently.
type refusals struct {
	many  atomic.Int64
	once  sync.Once
	first string
}

// add notes one.
func (r *refusals) add(err error) {
	r.many.Add(1)
	r.once.Do(func() { r.first = err.Error() })
}

// into writes them to a side. Nobody may add any more.
func (r *refusals) into(met side) side {
	met.Failed, met.Failure = int(r.many.Load()), r.first
	return met
}
