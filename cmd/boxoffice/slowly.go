package main

import (
	"sync"
	"time"
)

// slowly says what is being done if it takes long: a small database is audited before anybody wonders.
type slowly struct {
	after time.Duration
	tell  func(doing string)

	mu    sync.Mutex
	timer *time.Timer
}

func newSlowly(after time.Duration, tell func(doing string)) *slowly {
	return &slowly{after: after, tell: tell}
}

// begin says what is being done from now on, and so ends what was done before.
func (s *slowly) begin(doing string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	var timer *time.Timer
	timer = time.AfterFunc(s.after, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == timer {
			s.tell(doing)
		}
	})
	s.timer = timer
}

// done ends what was begun last; nothing is told any more.
func (s *slowly) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

func (s *slowly) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
