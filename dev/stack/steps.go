package stack

import (
	"fmt"
	"sync"
	"time"
)

// tickEvery is how often a step that takes long says that it still goes on.
const tickEvery = 10 * time.Second

// steps tells what is being done, and how long it took.
type steps struct {
	say   func(line string)
	every time.Duration
}

// do runs one step, with a line when it is done and lines in between when that takes long.
func (s steps) do(name string, step func() error) error {
	start := time.Now()
	done := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(s.every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.say(fmt.Sprintf("  ...  %s: %s so far", name, time.Since(start).Round(time.Second)))
			}
		}
	})
	err := step()
	close(done)
	ticking.Wait()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.say(fmt.Sprintf("  ok   %s (%.1f s)", name, time.Since(start).Seconds()))
	return nil
}
