package measure_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/measure"
)

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var none, hundred measure.Latencies
	require.Zero(t, none.Percentile(99))
	for ms := 100; ms > 0; ms-- {
		hundred.Add(time.Duration(ms) * time.Millisecond)
	}
	require.Equal(t, 100, hundred.Count())
	require.Equal(t, 50*time.Millisecond, hundred.Percentile(50))
	require.Equal(t, 99*time.Millisecond, hundred.Percentile(99))
	require.Equal(t, 100*time.Millisecond, hundred.Percentile(100))
	require.Equal(t, time.Millisecond, hundred.Percentile(0))
}

func TestMemory(t *testing.T) {
	t.Parallel()
	watch := measure.WatchMemory(t.Context(), os.Getpid)
	require.Eventually(t, func() bool { return watch.Peak() > 1<<20 }, 10*time.Second, time.Millisecond)
	require.GreaterOrEqual(t, watch.Stop(), watch.Peak())
	require.Zero(t, measure.Memory(-1))
}
