package main

import (
	"sync"
	"time"
)

// slowNotice reports what is being done once it takes long: a small database is audited before anybody wonders.
type slowNotice struct {
	after  time.Duration
	report func(doing string)

	mu    sync.Mutex
	timer *time.Timer
}

func newSlowNotice(after time.Duration, report func(doing string)) *slowNotice {
	return &slowNotice{after: after, report: report}
}

// begin names what is being done from now on, which ends what was being done before.
func (s *slowNotice) begin(doing string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	var timer *time.Timer
	timer = time.AfterFunc(s.after, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == timer {
			s.report(doing)
		}
	})
	s.timer = timer
}

// done ends what was begun last; nothing more is reported.
func (s *slowNotice) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

func (s *slowNotice) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
