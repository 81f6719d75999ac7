package main

import (
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// afterOutage is how long after a part's return connections may still break that were opened before it went.
const afterOutage = 2 * time.Second

// outage is a time in which a part was away; of the payment simulator, one in which it misbehaved.
type outage struct {
	Part stack.Part
	From time.Time
	// Until is zero while it lasts.
	Until time.Time
	// Served is when the first write after it was answered well, and zero before.
	Served time.Time
}

// outages records which part was away, and when. Its methods may be called concurrently.
type outages struct {
	mu  sync.Mutex
	all []outage
	// began is when all parts had come for the first time.
	began time.Time
}

// begun notes that all parts are there for the first time.
func (o *outages) begun(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.began = at
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

// wrote notes that a write was answered well.
func (o *outages) wrote(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, one := range o.all {
		if one.Served.IsZero() && !one.Until.IsZero() && at.After(one.Until) {
			o.all[i].Served = at
		}
	}
}

// recovery is how long writes took to be answered well again.
type recovery struct {
	// Longest is the longest time from a part's return to the first such answer, and Part the part; empty if there was none.
	Longest stripesim.Duration `json:"longest"`
	Part    stack.Part         `json:"part"`
	// Cut is after how many returns the next part went before there was one.
	Cut int `json:"cut"`
}

// recovery looks at all outages that have ended.
func (o *outages) recovery() (r recovery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, one := range o.all {
		if !slices.Contains(parts, one.Part) || one.Until.IsZero() {
			continue
		}
		next := slices.IndexFunc(o.all[i+1:], func(other outage) bool { return slices.Contains(parts, other.Part) })
		switch took := stripesim.Duration(one.Served.Sub(one.Until).Round(time.Millisecond)); {
		case next >= 0 && (one.Served.IsZero() || o.all[i+1+next].From.Before(one.Served)):
			r.Cut++
		case one.Served.IsZero(): // nobody wrote any more
		case took >= r.Longest:
			r.Longest, r.Part = took, one.Part
		}
	}
	return r
}

// quiet says whether parts were there from one moment to another, and had been for quietAfter.
func (o *outages) quiet(needed []stack.Part, from, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !from.Before(o.began.Add(quietAfter)) && !slices.ContainsFunc(o.all, func(one outage) bool {
		return slices.Contains(needed, one.Part) && one.overlaps(from, until, quietAfter)
	})
}

// overlaps says whether the outage, with some time after it, has a moment in common with a time.
func (o outage) overlaps(from, until time.Time, after time.Duration) bool {
	return o.From.Before(until) && (o.Until.IsZero() || o.Until.Add(after).After(from))
}

// touched says whether a part was away, or just back, at any time from one moment to another.
func (o *outages) touched(part stack.Part, from, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.all, func(one outage) bool { return one.Part == part && one.overlaps(from, until, afterOutage) })
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
