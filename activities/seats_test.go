package activities_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

func TestLockTakesAllSeatsUntilTheDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	lock, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))

	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(5*time.Minute), lock.ExpiresAt, time.Minute)
	f.requireSeats("bk_1", "HELD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED", f.trail("bk_1"))
}

func TestLockAgainByTheSameBookingGivesTheSameDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))
	require.NoError(t, err)

	second, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))

	require.NoError(t, err)
	require.Equal(t, first.ExpiresAt, second.ExpiresAt)
	require.Nil(t, first.Found)
	require.Equal(t, booking.StatusSeatsLocked, second.Found.Status)
	f.requireSeats("bk_1", "HELD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED", f.trail("bk_1"))
}

func TestLockIsAllOrNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A2", "A3")

	_, err := f.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A1", "A2", "A3", "A4"))

	refusal := refusalOf(t, err, booking.CodeSeatLockFailed)
	require.Equal(t, []string{"A2", "A3"}, refusal.Details["unavailableSeatIds"])
	require.Equal(t, 0, f.count(`SELECT count(*) FROM bookings WHERE id = 'bk_2'`))
	require.Equal(t, 2, f.count(`SELECT count(*) FROM claims`))
}

func TestLockRefusesWhatCannotBeBooked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare string
		show    string
		code    booking.Code
	}{
		"unknown show":   {show: "sh_none", code: booking.CodeNotFound},
		"started show":   {prepare: `UPDATE shows SET starts_at = now() - interval '1 minute'`, show: "sh_1", code: booking.CodeValidation},
		"closed show":    {prepare: `UPDATE shows SET status = 'CLOSED'`, show: "sh_1", code: booking.CodeValidation},
		"cancelled show": {prepare: `UPDATE shows SET status = 'CANCELLED'`, show: "sh_1", code: booking.CodeValidation},
		"another screen": {show: "sh_1", code: booking.CodeValidation},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if test.prepare != "" {
				f.exec(test.prepare)
			}
			req := request("bk_1", "us_asha", "A1", "Z9")
			req.ShowID = test.show

			_, err := f.steps.LockSeats(t.Context(), req)

			refusal := refusalOf(t, err, test.code)
			reason, ofShow := map[string]string{
				"started show": booking.ReasonShowHasStarted, "closed show": booking.ReasonShowIsNotOnSale, "cancelled show": booking.ReasonShowWasCancelled,
			}[name]
			switch {
			case ofShow:
				require.Equal(t, reason, refusal.Details["reason"], "it is said why")
			case test.code == booking.CodeValidation:
				require.Equal(t, []string{"Z9"}, refusal.Details["unknownSeatIds"])
			}
			require.Equal(t, 0, f.count(`SELECT count(*) FROM bookings`))
		})
	}
}

func TestLockTakesSeatsWhoseHoldAndGraceHavePassed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	f.letHoldLapse("bk_1")

	_, err := f.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A2"))

	require.NoError(t, err)
	f.requireSeats("bk_1", "HELD", 1)
	f.requireSeats("bk_2", "HELD", 1)
}

func TestLockNeverTakesSoldSeats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, f.confirm(wallet("bk_1", f.hold("bk_1", "us_asha", "A1"))))

	_, err := f.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A1"))

	requireRefusal(t, err, booking.CodeSeatLockFailed)
}

// The requests overlap in such a way that naive locking would deadlock: each wants a window of seats, and the windows wrap around.
func TestManyBuyersOfOverlappingSeatsSellEachSeatOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`INSERT INTO users (id, email, name) SELECT 'us_' || n, 'c' || n || '@example.com', 'Customer ' || n FROM generate_series(0, 39) n`)
	var buyers sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		seats := make([]string, 3)
		for j := range seats {
			seats[j] = fmt.Sprintf("A%d", (i+j)%10+1)
		}
		buyers.Go(func() {
			_, errs[i] = f.steps.LockSeats(t.Context(), request(fmt.Sprintf("bk_%d", i), fmt.Sprintf("us_%d", i), booking.SortSeats(seats)...))
		})
	}
	buyers.Wait()

	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		requireRefusal(t, err, booking.CodeSeatLockFailed)
	}
	require.Equal(t, 3*won, f.count(`SELECT count(*) FROM claims`))
	require.Positive(t, won)
	require.Equal(t, won, f.count(`SELECT count(*) FROM bookings`))
}

func TestPriceFreezesTheQuoteOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.hold("bk_1", "us_asha", "A1", "B1")

	second, err := f.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_1"})

	require.NoError(t, err)
	require.Equal(t, first, second)
	require.EqualValues(t, 48000+2000+9000, first.Total)
	require.Equal(t, 2, f.count(`SELECT count(*) FROM booking_seats`))
	require.EqualValues(t, first.Total, f.count(`SELECT total FROM bookings`))
}

func TestAQuoteStaysWhenPricesChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.hold("bk_1", "us_asha", "A1", "B1")
	f.exec(`UPDATE show_prices SET amount = amount * 2`)

	second, err := f.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_1"})

	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestASeatWithoutAPriceIsNotGivenAway(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`DELETE FROM show_prices WHERE category = 'RECLINER'`)
	_, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "B1"))

	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
	require.Zero(t, f.count(`SELECT count(*) FROM bookings`))
	require.Zero(t, f.count(`SELECT count(*) FROM claims`))

	f.holdUnpriced("bk_2", "us_asha", "A1")
	f.exec(`DELETE FROM show_prices`)
	_, err = f.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_2"})
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
}

// Its worker was replaced by a newer one after it had locked the seats.
func TestSeatsThatWereLockedWithoutAPriceArePricedByWhoeverComesNext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	want := f.hold("bk_1", "us_asha", "A1", "B1").Due()
	f.holdUnpriced("bk_2", "us_ben", "A2", "B2")
	f.holdUnpriced("bk_3", "us_ben", "A3", "B3")

	quote, err := f.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_2"})
	require.NoError(t, err)
	require.Equal(t, want, quote.Due())

	lock, err := f.steps.LockSeats(t.Context(), request("bk_3", "us_ben", "A3", "B3"))
	require.NoError(t, err)
	require.NotNil(t, lock.Found)
	require.Equal(t, want, *lock.Due)
	require.Equal(t, 2, f.count(`SELECT count(*) FROM booking_seats WHERE booking_id = 'bk_3'`))
}

func TestLockingAgainAnswersWithTheFrozenPrice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "B1"))
	require.NoError(t, err)
	f.exec(`DELETE FROM show_prices`)

	second, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "B1"))

	require.NoError(t, err)
	require.Equal(t, first.Due, second.Due)
	require.Equal(t, first.ExpiresAt, second.ExpiresAt)
}

func TestReleaseEndsTheBookingAndFreesItsSeats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))

	for range 2 {
		require.Equal(t, booking.StatusExpired, f.release("bk_1", booking.StatusExpired))
	}

	f.requireSeats("bk_1", "HELD", 0)
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING EXPIRED", f.trail("bk_1"))
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
}

func TestReleaseNeverTouchesAConfirmedBooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, f.confirm(wallet("bk_1", f.hold("bk_1", "us_asha", "A1"))))

	require.Equal(t, booking.StatusConfirmed, f.release("bk_1", booking.StatusExpired))

	f.requireSeats("bk_1", "SOLD", 1)
}

func TestReleaseOfABookingThatWasNeverWrittenDoesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	require.Empty(t, f.release("bk_none", booking.StatusFailed))
}

func TestReleaseLeavesTheSeatsThatSomebodyElseHasTaken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	f.letHoldLapse("bk_1")
	f.hold("bk_2", "us_ben", "A2")

	f.release("bk_1", booking.StatusExpired)

	f.requireSeats("bk_2", "HELD", 1)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM claims`))
}
