package measure_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"strings"
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

func TestAProcess(t *testing.T) {
	t.Parallel()
	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	require.Greater(t, measure.Descriptors(os.Getpid()), int64(3))
	require.Zero(t, measure.Descriptors(-1))

	own, _ := measure.FamilyMemory(os.Getpid())
	require.Greater(t, own, int64(1<<20))
	own, shared := measure.FamilyMemory(-1)
	require.Zero(t, own+shared)
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(pprof.Index))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	goroutines, err := measure.Goroutines(t.Context(), address)
	require.NoError(t, err)
	require.Positive(t, goroutines)
	heap, err := measure.LiveHeap(t.Context(), address)
	require.NoError(t, err)
	require.Greater(t, heap, int64(100<<10))

	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	_, err = measure.LiveHeap(t.Context(), strings.TrimPrefix(empty.URL, "http://"))
	require.ErrorContains(t, err, "404")
}
