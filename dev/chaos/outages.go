package main

import (
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// afterOutage is how long after its return connections to a part may still break: those that were opened before.
const afterOutage = 2 * time.Second

// outage is a time in which a part was away.
type outage struct {
	Part stack.Part
	From time.Time
	// Until is zero while it lasts.
	Until time.Time
}

// outages know which part was away, and when. Its methods may be called concurrently.
type outages struct {
	mu  sync.Mutex
	all []outage
}

// begin notes that a part is about to go, and returns what notes that it is back.
func (o *outages) begin(part stack.Part, at time.Time) (end func(at time.Time)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	number := len(o.all)
	o.all = append(o.all, outage{Part: part, From: at})
	return func(at time.Time) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.all[number].Until = at
	}
}

// touched says whether a part was away, or just back, at any time from one moment to another.
func (o *outages) touched(part stack.Part, from, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range o.all {
		if one.Part == part && one.From.Before(until) && (one.Until.IsZero() || one.Until.Add(afterOutage).After(from)) {
			return true
		}
	}
	return false
}

// away names the parts that were away at any time from one moment to another.
func (o *outages) away(from, until time.Time) (parts []stack.Part) {
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres} {
		if o.touched(part, from, until) {
			parts = append(parts, part)
		}
	}
	return parts
}
