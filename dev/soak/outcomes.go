package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
)

// maxFailureKinds bounds how many kinds of failures are told apart.
const maxFailureKinds = 100

// outcomes are the results of all visits. Its methods may be called concurrently.
type outcomes struct {
	began time.Time
	// holds, bookings and looks are latencies since the customer arrived: until the seats were held, until the booking was confirmed, and
	// until all was seen.
	holds, bookings, looks timings

	mu       sync.Mutex
	arrived  int64
	shed     int64
	failed   int64
	underWay int64
	done     map[kind]int64
	failures map[string]int64
}

func newOutcomes() *outcomes {
	return &outcomes{began: time.Now(), done: map[kind]int64{}, failures: map[string]int64{}}
}

// arrive notes a customer who is served, or is turned away because too many are there already.
func (o *outcomes) arrive(served bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrived++
	if served {
		o.underWay++
	} else {
		o.shed++
	}
}

// leave notes the end of a customer who was served.
func (o *outcomes) leave(k kind, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.underWay--
	if err == nil {
		o.done[k]++
		return
	}
	o.failed++
	name := failureName(err)
	if _, known := o.failures[name]; !known && len(o.failures) >= maxFailureKinds {
		name = "others"
	}
	o.failures[name]++
}

// tally is a count of outcomes at one moment.
type tally struct {
	Arrived int64 `json:"arrived"`
	// Shed were turned away because too many were there already, and Failed met with an error.
	Shed     int64            `json:"shed"`
	Failed   int64            `json:"failed"`
	UnderWay int64            `json:"underWay"`
	Done     map[kind]int64   `json:"done"`
	Failures map[string]int64 `json:"failures"`
}

func (o *outcomes) tally() tally {
	o.mu.Lock()
	defer o.mu.Unlock()
	return tally{
		Arrived: o.arrived, Shed: o.shed, Failed: o.failed, UnderWay: o.underWay, Done: maps.Clone(o.done), Failures: maps.Clone(o.failures),
	}
}

// failure is an error, and what the customer was doing.
type failure struct {
	doing string
	err   error
}

func (f *failure) Error() string { return f.doing + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failureName is the same for all errors of a kind.
func failureName(err error) string {
	doing := "visit"
	if f, ok := errors.AsType[*failure](err); ok {
		doing = f.doing
	}
	if refused, ok := errors.AsType[*customer.Refused](err); ok {
		return fmt.Sprintf("%s: %d %s", doing, refused.Status, refused.Body.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return doing + ": took too long"
	}
	return doing + ": no answer"
}

// timings are latencies, and when the customers had arrived.
type timings struct {
	mu  sync.Mutex
	all []timing
}

type timing struct{ at, took time.Duration }

func (t *timings) add(at, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, timing{at, took})
}

// between are those who arrived from one time to another.
func (t *timings) between(from, to time.Duration) *measure.Latencies {
	t.mu.Lock()
	defer t.mu.Unlock()
	var some measure.Latencies
	for _, one := range t.all {
		if one.at >= from && one.at < to {
			some.Add(one.took)
		}
	}
	return &some
}

// percentile is that of each stretch of time, at its end.
func (t *timings) percentile(percent int, stretch, length time.Duration) []point {
	var points []point
	for from := time.Duration(0); from+stretch <= length; from += stretch {
		if some := t.between(from, from+stretch); some.Count() > 0 {
			points = append(points, point{at: from + stretch, value: float64(some.Percentile(percent).Microseconds()) / 1000})
		}
	}
	return points
}

// sortedFailures are the kinds of failures, the most frequent first.
func (t tally) sortedFailures() []string {
	return slices.SortedFunc(maps.Keys(t.Failures), func(a, b string) int {
		if by := t.Failures[b] - t.Failures[a]; by != 0 {
			return int(by)
		}
		return slices.Compare([]byte(a), []byte(b))
	})
}
