package audit_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/dev/archive"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// BenchmarkAudit times one audit of BOXOFFICE_BENCH_BOOKINGS bookings, a million by default, with the provider's list:
//
//	go test ./audit -run '^$' -bench BenchmarkAudit -benchtime 1x -timeout 30m
//
// It reports each check's time, and how much memory this process took from the system.
func BenchmarkAudit(b *testing.B) {
	bookings := 1_000_000
	if text := os.Getenv("BOXOFFICE_BENCH_BOOKINGS"); text != "" {
		var err error
		bookings, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	dsn := pgtest.NewDB(b)
	owner, err := pgx.Connect(b.Context(), dsn)
	require.NoError(b, err)
	require.NoError(b, archive.Load(b.Context(), owner, bookings))
	require.NoError(b, owner.Close(b.Context()))
	sources := audit.Sources{
		Pool: pgtest.OpenAs(b, dsn, "boxoffice_worker", fixtureConns), Provider: archive.Bank{Bookings: bookings}, Temporal: archive.Rest{},
	}
	options := audit.Defaults()
	options.Recheck = 0
	options.Progress = func(doing string) { _, _ = os.Stderr.WriteString(doing + "\n") }
	for b.Loop() {
		report, err := audit.Run(b.Context(), sources, options)
		require.NoError(b, err)
		require.Empty(b, broken(report))
		report.Print(os.Stderr)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MB")
	b.ReportMetric(float64(bookings), "bookings")
}
