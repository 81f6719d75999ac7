// Package measure looks at a running system from outside. It knows what processes need (memory, processor time, descriptors, goroutines), how
// long something takes (latencies and their percentiles), how long the histories of workflows are, how many SQL statements were sent, and, of these
// and of the provider's calls together, what each common way of a booking costs in figures that do not depend on the machine.
package measure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

// memoryEvery is how often a watch looks.
const memoryEvery = 100 * time.Millisecond

// Memory is what a process has in memory, in bytes; zero when there is no such process, or no way to know.
func Memory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return parseStatus(string(status))["VmRSS"] << 10
}

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

// FamilyMemory is what a process and its children, without theirs, have in memory, in bytes: what each has for itself, summed up, and the
// most that one of them has touched of what they share. Both are zero when there is no such process, or no way to know.
func FamilyMemory(pid int) (own, shared int64) {
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, 0
	}
	for _, path := range statuses {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		status := parseStatus(string(content))
		if status["Pid"] == int64(pid) || status["PPid"] == int64(pid) {
			own += status["RssAnon"] << 10
			shared = max(shared, status["RssShmem"]<<10)
		}
	}
	return own, shared
}

// parseStatus reads the lines of /proc/<pid>/status that hold a number, those in kilobytes too.
func parseStatus(text string) map[string]int64 {
	numbers := map[string]int64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err == nil {
			numbers[name] = n
		}
	}
	return numbers
}

// Descriptors is how many files and connections a process has open; zero when there is no such process, or no way to know.
func Descriptors(pid int) int64 {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return int64(len(entries))
}
