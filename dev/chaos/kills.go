package main

import (
	"context"
	"errors"
	"fmt"
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
