package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	megabyte = 1 << 20
	// lookPatience bounds one look at one thing.
	lookPatience = 30 * time.Second
)

// The panels of the chart, each with the series of one subject.
const (
	panelMemory      = "memory"
	panelHeap        = "live heap"
	panelGoroutines  = "goroutines"
	panelDescriptors = "descriptors"
	panelConnections = "connections to PostgreSQL"
	panelOpen        = "unfinished"
	panelSizes       = "databases"
	panelLatency     = "latency"
)

// probe is how a series is seen.
type probe struct {
	*series

	panel string
	look  func(ctx context.Context) (float64, error)
}

// watch looks at everything at its own pace.
type watch struct {
	began time.Time
	// often are looked at every few seconds, seldom those that cost something.
	often, seldom []probe
	// unseen is how many looks failed, and blind the last error.
	unseen atomic.Int64
	blind  atomic.Value
}

func newWatch(s *system, began time.Time) *watch {
	w := &watch{began: began}
	w.memory(s)
	for part, address := range s.profiles {
		w.often = append(w.often, probe{
			&series{name: "goroutines of " + string(part), unit: inPieces, floor: 10}, panelGoroutines,
			func(ctx context.Context) (float64, error) { return float(measure.Goroutines(ctx, address)) },
		}, probe{
			&series{name: "descriptors of " + string(part), unit: inPieces, floor: 10}, panelDescriptors,
			func(context.Context) (float64, error) { return known(measure.Descriptors(s.pids[part])) },
		})
		w.seldom = append(w.seldom, probe{
			&series{name: "live heap of " + string(part), unit: inBytes, floor: 4 * megabyte}, panelHeap,
			func(ctx context.Context) (float64, error) { return float(measure.LiveHeap(ctx, address)) },
		})
	}
	w.postgres(s)
	w.often = append(w.often, probe{
		&series{name: "open workflows", unit: inPieces, floor: 10}, panelOpen,
		func(ctx context.Context) (float64, error) { return float(s.openWorkflows(ctx)) },
	})
	sortProbes(w.often)
	sortProbes(w.seldom)
	return w
}

// memory watches the memory of each process as Linux counts it, except PostgreSQL, whose processes share most of theirs.
func (w *watch) memory(s *system) {
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Stripesim} {
		floor := 16.0 * megabyte
		if part == stack.Stripesim {
			floor = 0 // it remembers every payment, like the provider whom it plays
		}
		w.often = append(w.often, probe{
			&series{name: "memory of " + string(part), unit: inBytes, floor: floor}, panelMemory,
			func(context.Context) (float64, error) { return known(measure.Memory(s.pids[part])) },
		})
	}
	w.often = append(w.often, probe{
		&series{name: "memory of postgres", unit: inBytes, floor: 16 * megabyte}, panelMemory,
		func(context.Context) (float64, error) {
			own, _ := measure.FamilyMemory(s.pids[stack.Postgres])
			return known(own)
		},
	})
	w.seldom = append(w.seldom, probe{
		// It is of a fixed size, and touched little by little.
		&series{name: "shared buffers", unit: inBytes}, panelSizes,
		func(context.Context) (float64, error) {
			own, shared := measure.FamilyMemory(s.pids[stack.Postgres])
			_, err := known(own)
			return float64(shared), err
		},
	})
}

func (w *watch) postgres(s *system) {
	ask := func(database, query string, args ...any) func(context.Context) (float64, error) {
		return func(ctx context.Context) (n float64, err error) {
			err = s.databases[database].QueryRow(ctx, query, args...).Scan(&n)
			return n, err
		}
	}
	for role, who := range map[string]string{"boxoffice_api_login": "api", "boxoffice_worker_login": "worker", "temporal": "temporal"} {
		w.often = append(w.often, probe{
			&series{name: "connections of " + who, unit: inPieces, floor: 3}, panelConnections,
			ask(databases[0], `SELECT count(*)::float8 FROM pg_stat_activity WHERE usename = $1`, role),
		})
	}
	for name, query := range map[string]string{
		"held seats":          `SELECT count(*)::float8 FROM claims WHERE state = 'HELD'`,
		"unfinished bookings": `SELECT count(*)::float8 FROM bookings WHERE status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')`,
		"unfinished refunds":  `SELECT count(*)::float8 FROM refunds WHERE status <> 'SUCCEEDED'`,
	} {
		w.seldom = append(w.seldom, probe{&series{name: name, unit: inPieces, floor: 10}, panelOpen, ask(databases[0], query)})
	}
	for _, name := range databases {
		w.seldom = append(w.seldom, probe{
			&series{name: "size of " + name, unit: inBytes}, panelSizes,
			ask(databases[0], `SELECT pg_database_size($1)::float8`, name),
		})
	}
}

// openWorkflows asks Temporal, which learns of an end a moment later.
func (s *system) openWorkflows(ctx context.Context) (int64, error) {
	answer, err := s.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: stack.Namespace, Query: "ExecutionStatus IN ('Running', 'Paused')",
	})
	return answer.GetCount(), err
}

// run looks until ctx ends.
func (w *watch) run(ctx context.Context, every, seldom time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last time.Time
	for {
		w.look(ctx, w.often)
		if time.Since(last) >= seldom {
			last = time.Now()
			w.look(ctx, w.seldom)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look looks at some once. What could not be seen is left out, and counted.
func (w *watch) look(ctx context.Context, some []probe) {
	for _, p := range some {
		at := time.Since(w.began)
		value, err := p.see(ctx)
		switch {
		case err == nil:
			p.add(at, value)
		case ctx.Err() == nil:
			p.miss()
			w.unseen.Add(1)
			w.blind.Store(err.Error())
		}
	}
}

func (p probe) see(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	value, err := p.look(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.name, err)
	}
	return value, nil
}

// all are the probes, those of a panel together.
func (w *watch) all() []probe {
	all := append(append([]probe(nil), w.often...), w.seldom...)
	sortProbes(all)
	return all
}

func float(n int64, err error) (float64, error) { return float64(n), err }

// errUnknown is behind a figure that a process cannot have.
var errUnknown = errors.New("there is no such process, or no way to know")

// known turns a zero, which means that nothing is known of a process, into an error: drawn as a figure, it would look like a steady one.
func known(n int64) (float64, error) {
	if n == 0 {
		return 0, errUnknown
	}
	return float64(n), nil
}

// panels are all, in the order in which they are shown.
var panels = []string{panelMemory, panelHeap, panelGoroutines, panelDescriptors, panelConnections, panelOpen, panelSizes, panelLatency}

// sortProbes puts those of a panel together, in an order that is always the same.
func sortProbes(some []probe) {
	slices.SortFunc(some, func(a, b probe) int {
		return cmp.Or(slices.Index(panels, a.panel)-slices.Index(panels, b.panel), cmp.Compare(a.name, b.name))
	})
}

// find is the series of a name; an empty one when there is none.
func (w *watch) find(name string) *series {
	for _, p := range w.all() {
		if p.name == name {
			return p.series
		}
	}
	return &series{name: name}
}
