package measure

import (
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// longestLatency is what longer latencies count as.
	longestLatency = time.Hour
	// latencyDigits is how many digits of a latency are kept: it is right to a thousandth, but not below a microsecond.
	latencyDigits = 3
)

// Latencies gathers how long something took. Its methods may be called concurrently.
type Latencies struct {
	mu sync.Mutex
	// took counts microseconds; nil before the first.
	took *hdrhistogram.Histogram
}

// Add notes one.
func (l *Latencies) Add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.took == nil {
		l.took = hdrhistogram.New(1, longestLatency.Microseconds(), latencyDigits)
	}
	// Nothing else than a value out of its range is an error.
	_ = l.took.RecordValue(min(max(took, 0), longestLatency).Microseconds())
}

// Count is how many there are.
func (l *Latencies) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.took == nil {
		return 0
	}
	return int(l.took.TotalCount())
}

// Percentile is the smallest latency that so many percent do not exceed; zero when there is none.
func (l *Latencies) Percentile(percent int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.took == nil {
		return 0
	}
	return time.Duration(l.took.ValueAtPercentile(float64(percent))) * time.Microsecond
}

// Milliseconds is a length of time as reports tell it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Median is that of a handful of figures, exactly; zero when there is none.
func Median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
