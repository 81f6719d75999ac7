package measure_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var none, hundred measure.Latencies
	require.Zero(t, none.Percentile(99))
	for ms := 100; ms > 0; ms-- {
		hundred.Add(time.Duration(ms) * time.Millisecond)
	}
	require.Equal(t, 100, hundred.Count())
	for percent, ms := range map[int]int{0: 1, 1: 1, 50: 50, 51: 51, 99: 99, 100: 100} {
		require.InEpsilon(t, time.Duration(ms)*time.Millisecond, hundred.Percentile(percent), 0.001, "%d %%", percent)
	}
}

func TestALatencyOutOfAllBoundsCounts(t *testing.T) {
	t.Parallel()
	var odd measure.Latencies
	odd.Add(-time.Second)
	odd.Add(25 * time.Hour)
	require.Equal(t, 2, odd.Count())
	require.Zero(t, odd.Percentile(50))
	require.InEpsilon(t, time.Hour, odd.Percentile(100), 0.001)
}

func TestMemory(t *testing.T) {
	t.Parallel()
	watch := measure.WatchMemory(t.Context(), os.Getpid)
	require.Eventually(t, func() bool { return watch.Peak() > 1<<20 }, 2*time.Minute, time.Millisecond)
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

func TestStatementsAreCountedInTheLog(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	file := filepath.Join(t.TempDir(), "postgres.log")
	write := func(lines string) {
		log, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = log.WriteString(lines)
		require.NoError(t, errors.Join(err, log.Close()))
	}
	write("12:00 [1] boxoffice-api LOG:  execute before: SELECT 1\n")
	statements, err := measure.LogStatements(t.Context(), dsn, file)
	require.NoError(t, err)
	write("12:01 [1] boxoffice-api LOG:  execute stmt_1: SELECT 1\n" +
		"12:01 [2] boxoffice-worker LOG:  statement: begin\n" +
		"12:01 [2] boxoffice-worker LOG:  statement: -- ping\n" +
		"12:01 [2] boxoffice-worker LOG:  statement: EXPLAIN EXECUTE \"stmt_2\"(NULL)\n" +
		"12:01 [2] boxoffice-worker LOG:  execute stmtcache_1: begin\n" +
		"12:01 [2] boxoffice-worker LOG:  execute stmtcache_2: commit\n" +
		"12:01 [2] boxoffice-worker ERROR:  no such thing\n" +
		"12:01 [2] boxoffice-worker LOG:  execute stmt_2: UPDATE bookings\n\tSET status\n" +
		"12:01 [3] psql LOG:  statement: SELECT 2\n")
	counted, err := statements.Settled(t.Context())
	require.NoError(t, err)
	require.Equal(t, measure.Statements{API: 1, Worker: 2}, counted)
	require.NoError(t, statements.Stop(t.Context()))
}

func TestCountsWithinTheirLimits(t *testing.T) {
	t.Parallel()
	limits := measure.Counts{Events: 5, WorkflowTasks: 2, Bytes: 100, API: 1, Worker: 1}
	require.True(t, limits.Within(limits))
	for _, more := range []measure.Counts{{Events: 6}, {WorkflowTasks: 3}, {Bytes: 101}, {API: 2}, {Worker: 2}, {ProviderCalls: 1}} {
		require.False(t, more.Within(limits), "%s", more)
	}
}

func TestAProcessThatDoesNotRunNeedsNothing(t *testing.T) {
	t.Parallel()
	for _, pid := range []int{-1, 0} {
		own, shared := measure.FamilyMemory(pid)
		require.Zero(t, own+shared)
		require.Zero(t, measure.CPU(pid))
		require.Zero(t, measure.OwnCPU(pid))
	}
	own := measure.OwnCPU(os.Getpid())
	require.GreaterOrEqual(t, measure.CPU(os.Getpid()), own)
}
