// Package measure looks at a running system from outside. It knows what processes need (memory, processor time, descriptors, goroutines), how
// long something takes (latencies and their percentiles), how long the histories of workflows are, how many SQL statements were sent, and, of these
// and of the provider's calls together, what each common way of a booking costs in figures that do not depend on the machine.
package measure

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

// memoryEvery is how often a watch looks.
const memoryEvery = 100 * time.Millisecond

// Watch knows how much memory a process needs at most.
type Watch struct {
	peak atomic.Int64
	stop context.CancelFunc
	done chan struct{}
}

// WatchMemory looks at a process until Stop or the end of ctx. Its id may change, when it is killed and started again.
func WatchMemory(ctx context.Context, pid func() int) *Watch {
	ctx, stop := context.WithCancel(ctx)
	w := &Watch{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for more := true; more; more = wait.For(ctx, memoryEvery) {
			w.peak.Store(max(w.peak.Load(), Memory(pid())))
		}
	}()
	return w
}

// Peak is the most that was seen, in bytes.
func (w *Watch) Peak() int64 { return w.peak.Load() }

// Stop ends the watch and returns its peak.
func (w *Watch) Stop() int64 {
	w.stop()
	<-w.done
	return w.Peak()
}
