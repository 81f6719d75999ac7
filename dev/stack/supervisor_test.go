package stack

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// puppet is a part that lives as long as the test wants.
type puppet struct {
	name    Part
	once    sync.Once
	done    chan struct{}
	stopped chan<- Part
}

func (p *puppet) Done() <-chan struct{} { return p.done }
func (p *puppet) Outcome() error        { return nil }
func (p *puppet) Pid() int              { return 1 }
func (p *puppet) Kill()                 { p.once.Do(func() { close(p.done) }) }
func (p *puppet) Stop(context.Context) error {
	p.stopped <- p.name
	p.Kill()
	return nil
}

// theatre makes puppets; fail makes the next starts fail.
type theatre struct {
	launched chan *puppet
	stopped  chan Part
	mu       sync.Mutex
	fail     int
}

func newTheatre() *theatre {
	return &theatre{launched: make(chan *puppet, 100), stopped: make(chan Part, 100)}
}

func (th *theatre) launch(_ context.Context, part Part) (running, error) {
	th.mu.Lock()
	defer th.mu.Unlock()
	if th.fail > 0 {
		th.fail--
		return nil, errors.New("does not start")
	}
	p := &puppet{name: part, done: make(chan struct{}), stopped: th.stopped}
	th.launched <- p
	return p, nil
}

func TestPartsStopInReverseOrder(t *testing.T) {
	t.Parallel()
	th := newTheatre()
	s := newSupervisor(true, func(string) {}, th.launch)
	for _, part := range []Part{Postgres, Temporal, API} {
		require.NoError(t, s.start(t.Context(), part))
	}
	require.NoError(t, s.stopAll(t.Context()))
	require.Equal(t, []Part{API, Temporal, Postgres}, []Part{<-th.stopped, <-th.stopped, <-th.stopped})
	require.NoError(t, s.stopAll(t.Context()), "a second stop is harmless")
}

func TestRestartIsTriedWithGrowingPausesUntilItWorks(t *testing.T) {
	t.Parallel()
	th := newTheatre()
	s := newSupervisor(true, func(string) {}, th.launch)
	failures := make(chan int, 100)
	s.backoff = func(n int) time.Duration { failures <- n; return time.Millisecond }
	require.NoError(t, s.start(t.Context(), Worker))
	th.mu.Lock()
	th.fail = 2
	th.mu.Unlock()
	(<-th.launched).Kill()
	<-th.launched
	require.Equal(t, []int{1, 2, 3}, []int{<-failures, <-failures, <-failures})
	require.Eventually(t, func() bool { return s.current(Worker) != nil }, eventually, often)
	require.NoError(t, s.stopAll(t.Context()))
	require.Empty(t, th.launched)
}

func TestStopEndsAPauseBeforeARestart(t *testing.T) {
	t.Parallel()
	th := newTheatre()
	s := newSupervisor(true, func(string) {}, th.launch)
	pausing := make(chan struct{})
	s.backoff = func(int) time.Duration { close(pausing); return time.Hour }
	require.NoError(t, s.start(t.Context(), Worker))
	(<-th.launched).Kill()
	<-pausing
	require.NoError(t, s.stopAll(t.Context()))
	require.Empty(t, th.launched)
}

func TestPausesDoubleUpToALimit(t *testing.T) {
	t.Parallel()
	require.Equal(t, firstRestart, doublingPause(0))
	require.Equal(t, 2*firstRestart, doublingPause(1))
	require.Equal(t, lastRestart, doublingPause(1000))
}
