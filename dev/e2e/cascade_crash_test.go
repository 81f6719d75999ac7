package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// The environment makes the cascade larger: BOXOFFICE_CASCADE_BOOKINGS=10000 BOXOFFICE_CASCADE_KILLS=10 takes ten minutes and more.
	bookingsVariable = "BOXOFFICE_CASCADE_BOOKINGS"
	killsVariable    = "BOXOFFICE_CASCADE_KILLS"

	// maxRunEvents is how long the history of one run may be: the server suggests to continue as new at 4,096 events.
	maxRunEvents = 4096
	// maxWorkerMemory is what a worker may need in bytes, however many bookings a cascade has.
	maxWorkerMemory = 512 << 20
)

// A sold-out show is cancelled, and the worker is killed with SIGKILL again and again meanwhile. Everybody gets all money back, once.
func TestACascadeSurvivesTheDeathsOfItsWorkers(t *testing.T) {
	t.Parallel()
	bookings, kills := setting(t, bookingsVariable, 150), setting(t, killsVariable, 2)
	sys := ownSystem(t)
	c := sys.crowdedShow(t, "full", crowd.Order{Bookings: bookings})
	unpaid := sys.unpaidBookings(t, c.show)
	memory := measure.WatchMemory(t.Context(), func() int { return sys.Pid(stack.Worker) })

	began := time.Now()
	operator := sys.operator(t)
	begun, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)
	for i := range kills {
		moment := bookings*i/kills + rand.IntN(bookings/kills)
		sys.awaitCancelled(t, c.show, moment, bookings)
		require.NoError(t, sys.Kill(stack.Worker))
		t.Logf("%s: worker killed after %d bookings of %d", time.Since(began).Round(time.Second), moment, bookings)
		require.NoError(t, sys.StartPart(t.Context(), stack.Worker))
	}
	report := sys.report(t, operator, begun.Cascade, bookings)
	took := time.Since(began)

	t.Logf("%d bookings cancelled in %s, %.1f a second: %+v", bookings, took.Round(time.Second), float64(bookings)/took.Seconds(), report)
	requireReport(t, report, c.sales)
	sys.requirePaidBack(t, c.sales)
	require.Equal(t, len(unpaid), report.Released)
	for _, b := range unpaid {
		require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM bookings WHERE id = $1 AND status IN ('CANCELLED', 'FAILED', 'EXPIRED')`, b.BookingId))
	}
	require.Zero(t, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, c.show))
	runs, err := measure.Runs(t.Context(), sys.Temporal, booking.CascadeWorkflowID(booking.CascadeShow, c.show))
	require.NoError(t, err)
	t.Logf("events of the cascade's %d runs: %v; the worker needed %d MB at most", len(runs), runs, memory.Peak()>>20)
	for _, events := range runs {
		require.LessOrEqual(t, events, int64(maxRunEvents))
	}
	require.Less(t, memory.Stop(), int64(maxWorkerMemory))
	sys.audit(t)
}

// unpaidBookings are bookings that wait for money when the show is cancelled: without a payment, with a card payment, and with a hybrid one.
func (sys *system) unpaidBookings(t *testing.T, show string) []openapi.Booking {
	t.Helper()
	var held []openapi.Booking
	// The API draws no map of so large a show.
	free, err := crowd.FreeSeats(t.Context(), sys.Owner, show)
	require.NoError(t, err)
	for i, method := range []booking.Method{"", booking.MethodCard, booking.MethodWalletAndCard} {
		buyer := sys.buyer(t, fmt.Sprintf("late-%d", i), 5000)
		b, err := buyer.Book(t.Context(), fmt.Sprintf("late-booking-%d", i), show, free[2*i], free[2*i+1])
		require.NoError(t, err)
		held = append(held, b)
		if method != "" {
			_, err = buyer.Pay(t.Context(), fmt.Sprintf("late-payment-%d", i), b.BookingId, method)
			require.NoError(t, err)
		}
	}
	return held
}

// awaitCancelled waits until so many bookings of a show have been cancelled.
func (sys *system) awaitCancelled(t *testing.T, show string, want, bookings int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1 AND status = 'CANCELLED'`, show) >= want
	}, cascadePatience(bookings), 50*time.Millisecond, "%d bookings are cancelled", want)
}
