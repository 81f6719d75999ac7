package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// startTries is how often a part may fail to start: one that it needs may not be back in full yet.
	startTries = 3
	// probe is how often the run looks whether parts have ended by themselves.
	probe = 250 * time.Millisecond
)

// parts are those that are killed, and have to be there in the end.
var parts = []stack.Part{stack.Postgres, stack.Temporal, stack.Worker, stack.API}

// killParts carries the plan's kills out, one after the other.
func (c *chaos) killParts(ctx context.Context) error {
	for i, k := range c.plan.Kills {
		if err := c.standBy(ctx, c.began.Add(time.Duration(k.At))); err != nil {
			return err
		}
		if i >= len(parts) && time.Since(c.began) > time.Duration(c.plan.Duration) {
			return nil // the parts before took long to come back, and each has been killed
		}
		if err := c.kill(ctx, k); err != nil {
			return err
		}
	}
	return c.standBy(ctx, c.began.Add(time.Duration(c.plan.Duration)))
}

// standBy waits for a moment, and starts parts again that have ended by themselves until then.
func (c *chaos) standBy(ctx context.Context, until time.Time) error {
	for {
		if err := c.revive(ctx); err != nil {
			return err
		}
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		if !wait.For(ctx, min(left, probe)) {
			return context.Cause(ctx)
		}
	}
}

func (c *chaos) kill(ctx context.Context, k kill) error {
	at := time.Now()
	back := c.outages.begin(k.Part, at)
	var err error
	if k.Gently {
		err = c.system.StopPart(ctx, k.Part)
	} else {
		err = c.system.Kill(k.Part)
	}
	if err != nil && !errors.Is(err, stack.ErrNotRunning) {
		c.record.note(fmt.Sprintf("%s had to be killed, it did not stop: %v", k.Part, err))
	}
	if !wait.For(ctx, time.Duration(k.Down)) {
		return context.Cause(ctx)
	}
	if err := c.start(ctx, k.Part); err != nil {
		return err
	}
	now := time.Now()
	back(now)
	c.thrown.blow(blow{At: c.since(at), Part: k.Part, Gently: k.Gently, Down: stripesim.Duration(now.Sub(at).Round(time.Millisecond))})
	return nil
}

// start has a part come back.
func (c *chaos) start(ctx context.Context, part stack.Part) (err error) {
	for range startTries {
		if err = c.system.StartPart(ctx, part); err == nil || errors.Is(err, stack.ErrPartRunning) {
			if part == stack.Postgres {
				c.system.Owner.Reset()
			}
			return nil
		}
		c.record.note(fmt.Sprintf("%s did not start at the first try", part))
	}
	return fmt.Errorf("%s does not start any more: %w", part, err)
}

// revive starts parts that have ended by themselves. The product's own must not.
func (c *chaos) revive(ctx context.Context) error {
	for _, part := range parts {
		if c.system.Running(part) {
			continue
		}
		back := c.outages.begin(part, time.Now())
		if part == stack.API || part == stack.Worker {
			c.record.breach(string(part), "ended by itself, see %s", c.system.LogFile(part))
		} else {
			c.record.note(fmt.Sprintf("%s ended by itself and was started again", part))
		}
		if err := c.start(ctx, part); err != nil {
			return err
		}
		back(time.Now())
	}
	return nil
}

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
