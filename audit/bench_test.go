package audit_test

import (
	"context"
	"crypto/md5"
	_ "embed"
	"encoding/hex"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/provider"
)

//go:embed testdata/million.sql
var million string

// BenchmarkAudit times one audit of BOXOFFICE_BENCH_BOOKINGS bookings, a million by default, with the provider's list:
//
//	go test ./audit -run '^$' -bench BenchmarkAudit -benchtime 1x -timeout 30m
//
// It shows each check's time, and how much memory this process took from the system.
func BenchmarkAudit(b *testing.B) {
	bookings := 1_000_000
	if text := os.Getenv("BOXOFFICE_BENCH_BOOKINGS"); text != "" {
		var err error
		bookings, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	dsn := pgtest.NewDB(b)
	load(b, pgtest.OpenAs(b, dsn, "", houseConns), bookings)
	sources := audit.Sources{Pool: pgtest.OpenAs(b, dsn, "boxoffice_worker", houseConns), Provider: manyBank{bookings: bookings}, Temporal: &fakeTemporal{}}
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

func load(b *testing.B, owner *pgxpool.Pool, bookings int) {
	b.Helper()
	require.NoError(b, pgx.BeginFunc(b.Context(), owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(b.Context(), strings.ReplaceAll(million, "$BOOKINGS", strconv.Itoa(bookings)))
		return err
	}))
	_, err := owner.Exec(b.Context(), "VACUUM ANALYZE")
	require.NoError(b, err)
}

// manyBank is a provider that agrees with the loaded bookings, and makes its list as it goes.
type manyBank struct {
	provider.Provider

	bookings int
}

// EachIntent shows an intent for each booking; that of every tenth, from the ninth on, was never paid.
func (m manyBank) EachIntent(_ context.Context, _ time.Time, page func([]provider.Intent) error) error {
	return eachHundred(m.bookings, func(n int) (provider.Intent, bool) {
		id := nameOf(n)
		switch n % 10 {
		case 7:
			return intent("pi_"+id, "bk_"+id, provider.IntentSucceeded, 17360), true
		case 8:
			return intent("pi_"+id, "bk_"+id, provider.IntentCanceled, 22360), true
		default:
			return intent("pi_"+id, "bk_"+id, provider.IntentSucceeded, 22360), true
		}
	}, page)
}

// EachRefund shows a refund for every tenth booking, from the tenth on.
func (m manyBank) EachRefund(_ context.Context, _ time.Time, page func([]provider.Refund) error) error {
	return eachHundred(m.bookings, func(n int) (provider.Refund, bool) {
		r := refund("rf_"+strconv.Itoa(n), "pi_"+nameOf(n), provider.RefundSucceeded, 22360)
		r.ID = "re_" + strconv.Itoa(n)
		return r, n%10 == 9
	}, page)
}

func eachHundred[T any](n int, at func(n int) (T, bool), page func([]T) error) error {
	var next []T
	for i := range n {
		if one, there := at(i); there {
			next = append(next, one)
		}
		if len(next) == 100 || i == n-1 && len(next) > 0 {
			if err := page(next); err != nil {
				return err
			}
			next = next[:0]
		}
	}
	return nil
}

// nameOf is how the load names its nth booking.
func nameOf(n int) string {
	sum := md5.Sum([]byte(strconv.Itoa(n)))
	return hex.EncodeToString(sum[:])
}
