package measure

import (
	"slices"
	"sync"
	"time"
)

// Latencies gathers how long something took. Its methods may be called concurrently.
type Latencies struct {
	mu   sync.Mutex
	took []time.Duration
}

// Add notes one.
func (l *Latencies) Add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, took)
}

// Join notes all that another one has. The other must not change meanwhile.
func (l *Latencies) Join(other *Latencies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, other.took...)
}

// Count is how many there are.
func (l *Latencies) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.took)
}

// Percentile is the smallest latency that so many percent do not exceed; zero when there is none.
func (l *Latencies) Percentile(percent int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l.took))
	return sorted[max(len(sorted)*percent+99, 100)/100-1]
}
