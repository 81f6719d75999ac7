package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// newFixtureWithLimits bounds what a customer may hold, as the product does by default.
func newFixtureWithLimits(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.exec(`UPDATE hold_limits SET holds = DEFAULT, seats = DEFAULT, free_lapses = DEFAULT`)
	return f
}

func (f *fixture) lock(id, customer string, seats ...string) error {
	f.t.Helper()
	_, err := f.steps.LockSeats(f.t.Context(), request(id, customer, seats...))
	return err
}

// Twenty holds at once: the database keeps the limit, whichever of them checks first.
func TestACustomerWhoAsksForAWholeHallGetsAsMuchAsOneMayHold(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	errs := make([]error, 20)
	var asking sync.WaitGroup
	for i := range errs {
		asking.Go(func() { errs[i] = f.lock(fmt.Sprintf("bk_%d", i), "us_asha", fmt.Sprintf("%c%d", 'A'+i/10, i%10+1)) })
	}
	asking.Wait()

	held := 0
	for _, err := range errs {
		if err == nil {
			held++
			continue
		}
		refusal := refusalOf(t, err, booking.CodeConflict)
		require.EqualValues(t, 3, refusal.Details["maxHolds"])
		require.Equal(t, true, refusal.Details[booking.DetailNewKey], "its workflow has ended with this")
		require.Equal(t, "us_asha", f.text(`SELECT customer_id FROM bookings WHERE id = $1`, refusal.Details["bookingId"]), "there is something to pay for")
	}
	require.Equal(t, 3, held)
	require.Equal(t, 3, f.count(`SELECT count(*) FROM claims`))
	require.NoError(t, f.lock("bk_ben", "us_ben", f.text(`
		SELECT label FROM seats s WHERE NOT EXISTS (SELECT FROM claims c WHERE c.seat = s.label) ORDER BY label LIMIT 1`)), "others have their own limit")
}

func TestTheSeatsOfAllOpenHoldsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	f.exec(`UPDATE hold_limits SET seats = 12`)
	f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10")

	refusal := refusalOf(t, f.lock("bk_2", "us_asha", "B1", "B2", "B3"), booking.CodeConflict)
	require.EqualValues(t, 10, refusal.Details["seats"])
	require.EqualValues(t, 12, refusal.Details["maxSeats"])
	require.Equal(t, "bk_1", refusal.Details["bookingId"])
	require.NoError(t, f.lock("bk_3", "us_asha", "B1", "B2"))
	require.NoError(t, f.lock("bk_3", "us_asha", "B1", "B2"), "a repeat is no further hold")
}

func TestWhatIsPaidOrOverLeavesRoomForAnotherHold(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	f.exec(`UPDATE hold_limits SET holds = 1`)
	require.NoError(t, f.confirm(wallet("bk_1", f.hold("bk_1", "us_asha", "A1"))))
	f.hold("bk_2", "us_asha", "A2")
	requireRefusal(t, f.lock("bk_3", "us_asha", "A3"), booking.CodeConflict)

	f.release("bk_2", booking.StatusCancelled)

	require.NoError(t, f.lock("bk_4", "us_asha", "A3"))
}

func TestACustomerWhoLetsHoldsLapseWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	f.exec(`UPDATE hold_limits SET free_lapses = 2, pause = 100, longest_pause = 350`)
	lapse := func(n int, to booking.Status) {
		f.hold(fmt.Sprintf("bk_%d", n), "us_asha", "A1")
		f.release(fmt.Sprintf("bk_%d", n), to)
	}
	lapse(1, booking.StatusExpired)
	lapse(2, booking.StatusCancelled) // given back unpaid
	require.NoError(t, f.confirm(wallet("bk_paid", f.hold("bk_paid", "us_asha", "A2"))))
	f.showIn("72 hours")
	f.cancelSeats("bk_paid")
	for n, pause := range []int{100, 200, 350, 350} {
		lapse(n+3, booking.StatusExpired)

		refusal := refusalOf(t, f.lock("bk_next", "us_asha", "A1"), booking.CodeRateLimited)

		seconds, ok := refusal.Seconds(booking.DetailRetryAfter)
		require.True(t, ok)
		require.InDelta(t, pause, seconds, 60)
		require.LessOrEqual(t, seconds, pause)
		require.EqualValues(t, n+3, refusal.Details["unpaidHolds"], "what was paid and cancelled later is no lapse")
		require.NoError(t, f.lock(fmt.Sprintf("bk_ben_%d", n), "us_ben", "B1"), "nobody else waits")
		f.release(fmt.Sprintf("bk_ben_%d", n), booking.StatusFailed)
		f.exec(fmt.Sprintf(`UPDATE bookings SET updated_at = updated_at - interval '%d seconds' WHERE customer_id = 'us_asha'`, pause))
	}
	require.NoError(t, f.lock("bk_patient", "us_asha", "A1"), "the pause is over")
	f.release("bk_patient", booking.StatusExpired)
	f.exec(`UPDATE bookings SET created_at = created_at - interval '24 hours'`)
	require.NoError(t, f.lock("bk_tomorrow", "us_asha", "A1"), "a day later all is forgotten")
}

func TestACustomersOwnSeatsUnderANewKeyAreNotTaken(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	f.hold("bk_ben", "us_ben", "A4")

	mine := refusalOf(t, f.lock("bk_2", "us_asha", "A2", "A3"), booking.CodeConflict)
	mixed := refusalOf(t, f.lock("bk_3", "us_asha", "A2", "A4"), booking.CodeSeatLockFailed)

	require.Equal(t, "bk_1", mine.Details["bookingId"])
	require.Equal(t, []string{"A2"}, mine.Details["ownSeatIds"])
	require.Equal(t, []string{"A4"}, mixed.Details["unavailableSeatIds"])
}

// The seats are somebody else's when a show begins.
func TestAHoldEndsWhenTheShowBeginsAtTheLatest(t *testing.T) {
	t.Parallel()
	f := newFixtureWithLimits(t)
	f.exec(`UPDATE shows SET starts_at = now() + interval '40 seconds'`)

	lock, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1"))

	require.NoError(t, err)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM bookings b, shows sh WHERE b.expires_at > sh.starts_at OR b.expires_at < sh.starts_at - interval '1 second'`))
	require.Equal(t, 1, f.count(`SELECT count(*) FROM bookings WHERE expires_at = $1`, lock.ExpiresAt))
}
