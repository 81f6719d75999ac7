package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// stopPatience is how long one part may take to stop before it is killed.
	stopPatience = 15 * time.Second
	// firstRestart and lastRestart bound the pause before a part is started again; it doubles each time.
	firstRestart = 500 * time.Millisecond
	lastRestart  = 30 * time.Second
	// healthyAfter is how long a part must have run for the pause before its restart to begin small again.
	healthyAfter = time.Minute
)

// ErrNotRunning says that the part of a call does not run, and ErrPartRunning that it does.
var (
	ErrNotRunning  = errors.New("part does not run")
	ErrPartRunning = errors.New("part runs already")
)

// running is a started part.
type running interface {
	Done() <-chan struct{}
	// Outcome tells, after Done, how the part ended; nil means that it succeeded.
	Outcome() error
	Pid() int
	Stop(ctx context.Context) error
	Kill()
}

// supervisor keeps parts running.
type supervisor struct {
	// launch starts a part and returns when it is ready.
	launch func(ctx context.Context, part Part) (running, error)
	// restart says whether a part that ends by itself is started again.
	restart bool
	backoff func(failures int) time.Duration
	say     func(line string)

	life     context.Context // ends when everything is to stop
	endLife  context.CancelFunc
	watchers sync.WaitGroup

	mu    sync.Mutex
	slots map[Part]*slot
}

// slot is the state of one part. Its lock is held while the part starts or is taken away, so that these do not overlap.
type slot struct {
	mu      sync.Mutex
	process running // nil when the part is not meant to run, or is between two starts
	wanted  bool
	since   time.Time
}

func newSupervisor(restart bool, say func(string), launch func(context.Context, Part) (running, error)) *supervisor {
	life, endLife := context.WithCancel(context.Background())
	return &supervisor{
		launch: launch, restart: restart, backoff: doublingPause, say: say,
		life: life, endLife: endLife, slots: map[Part]*slot{},
	}
}

func doublingPause(failures int) time.Duration {
	return min(firstRestart<<min(failures, 10), lastRestart)
}

func (s *supervisor) slot(part Part) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots[part] == nil {
		s.slots[part] = &slot{}
	}
	return s.slots[part]
}

// start starts a part and, if it is not a command that runs to its end, watches it from then on.
func (s *supervisor) start(ctx context.Context, part Part) error {
	sl := s.slot(part)
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.wanted {
		return fmt.Errorf("%w: %s", ErrPartRunning, part)
	}
	return s.launchInto(ctx, part, sl)
}

func (s *supervisor) launchInto(ctx context.Context, part Part, sl *slot) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	release := context.AfterFunc(s.life, cancel) //nolint:contextcheck // both contexts bound a start
	defer release()
	process, err := s.launch(ctx, part)
	if err != nil || process == nil {
		return err
	}
	sl.process, sl.wanted, sl.since = process, true, time.Now()
	s.watchers.Go(func() { s.watch(part, sl, process) })
	return nil
}

// watch waits for the end of a process and, unless that was ordered, reports it and starts the part again.
func (s *supervisor) watch(part Part, sl *slot, process running) {
	<-process.Done()
	sl.mu.Lock()
	ordered := sl.process != process
	if !ordered {
		sl.process, sl.wanted = nil, s.restart
	}
	failures := 0
	if time.Since(sl.since) < healthyAfter {
		failures = 1
	}
	sl.mu.Unlock()
	if ordered {
		return
	}
	outcome := process.Outcome()
	if outcome == nil {
		outcome = errors.New("exit status 0")
	}
	s.say(fmt.Sprintf("%s ended by itself: %v", part.title(), outcome))
	if s.restart {
		s.revive(part, sl, failures)
	}
}

// revive starts a part again, with growing pauses, until it runs or is no longer wanted.
func (s *supervisor) revive(part Part, sl *slot, failures int) {
	for ; ; failures++ {
		pause := s.backoff(failures)
		s.say(fmt.Sprintf("%s is started again in %s", part.title(), pause))
		if !wait.For(s.life, pause) {
			return
		}
		sl.mu.Lock()
		if !sl.wanted || sl.process != nil {
			sl.mu.Unlock()
			return
		}
		err := s.launchInto(s.life, part, sl)
		sl.mu.Unlock()
		switch {
		case s.life.Err() != nil:
			return
		case err == nil:
			s.say(part.title() + " is back")
			return
		}
		s.say(fmt.Sprintf("%s did not start: %v", part.title(), err))
	}
}

// take makes a part unwanted and returns its process, nil if it has none.
func (s *supervisor) take(part Part) running {
	sl := s.slot(part)
	sl.mu.Lock()
	defer sl.mu.Unlock()
	process := sl.process
	sl.process, sl.wanted = nil, false
	return process
}

func (s *supervisor) stop(ctx context.Context, part Part) error {
	process := s.take(part)
	if process == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		return fmt.Errorf("%s: %w", part.title(), err)
	}
	return nil
}

// kill ends a part as a crash would. With restart the part comes back by itself.
func (s *supervisor) kill(part Part) error {
	process := s.current(part)
	if process != nil && !s.restart {
		process = s.take(part)
	}
	if process == nil {
		return fmt.Errorf("%w: %s", ErrNotRunning, part)
	}
	process.Kill()
	return nil
}

func (s *supervisor) current(part Part) running {
	sl := s.slot(part)
	sl.mu.Lock()
	defer sl.mu.Unlock()
	return sl.process
}

// stopAll ends restarts and starts under way, then stops all parts in reverse order.
func (s *supervisor) stopAll(ctx context.Context) error {
	s.endLife()
	var errs []error
	for _, part := range slices.Backward(AllParts()) {
		errs = append(errs, s.stop(ctx, part))
	}
	s.watchers.Wait()
	return errors.Join(errs...)
}
