package main

import (
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// blow is a kill as it really happened.
type blow struct {
	// At is counted from the beginning of the run.
	At     stripesim.Duration `json:"at"`
	Part   stack.Part         `json:"part"`
	Gently bool               `json:"gently,omitempty"`
	// Down is how long the part was away, with its start.
	Down stripesim.Duration `json:"down"`
}

// thrown is what has been thrown so far. Its methods may be called concurrently.
type thrown struct {
	mu    sync.Mutex
	blows []blow
	// requests and webhooks are how many of each kind were bent.
	requests map[string]int
	webhooks map[string]int
}

func newThrown() *thrown { return &thrown{requests: map[string]int{}, webhooks: map[string]int{}} }

// add counts the uses of faults, or with minus one takes those off that were not used.
func (t *thrown) add(faults stripesim.Faults, sign int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range faults.Requests {
		t.requests[string(f.Mode)+" "+string(f.Operation)] += sign * f.Times
	}
	for _, f := range faults.Webhooks {
		t.webhooks[string(f.Mode)] += sign * f.Times
	}
}

func (t *thrown) blow(b blow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blows = append(t.blows, b)
}

// since is the time of the run at a moment.
func (c *chaos) since(at time.Time) stripesim.Duration {
	return stripesim.Duration(at.Sub(c.began).Round(time.Millisecond))
}
