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
	h := newHouse(t)

	lock, err := h.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))

	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(5*time.Minute), lock.ExpiresAt, time.Minute)
	h.requireSeats("bk_1", "HELD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED", h.trail("bk_1"))
}

func TestLockAgainByTheSameBookingGivesTheSameDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, err := h.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))
	require.NoError(t, err)

	second, err := h.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))

	require.NoError(t, err)
	require.Equal(t, first.ExpiresAt, second.ExpiresAt)
	require.Nil(t, first.Found)
	require.Equal(t, booking.StatusSeatsLocked, second.Found.Status)
	h.requireSeats("bk_1", "HELD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED", h.trail("bk_1"))
}

func TestLockIsAllOrNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A2", "A3")

	_, err := h.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A1", "A2", "A3", "A4"))

	refusal := refusalOf(t, err, booking.CodeSeatLockFailed)
	require.Equal(t, []string{"A2", "A3"}, refusal.Details["unavailableSeatIds"])
	require.Equal(t, 0, h.count(`SELECT count(*) FROM bookings WHERE id = 'bk_2'`))
	require.Equal(t, 2, h.count(`SELECT count(*) FROM claims`))
}

func TestLockRefusesWhatCannotBeBooked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare string
		show    string
		code    booking.Code
	}{
		"unknown show":   {show: "sh_none", code: booking.CodeNotFound},
		"started show":   {prepare: `UPDATE shows SET starts_at = now() - interval '1 minute'`, show: "sh_1", code: booking.CodeConflict},
		"closed show":    {prepare: `UPDATE shows SET status = 'CLOSED'`, show: "sh_1", code: booking.CodeConflict},
		"cancelled show": {prepare: `UPDATE shows SET status = 'CANCELLED'`, show: "sh_1", code: booking.CodeConflict},
		"another screen": {show: "sh_1", code: booking.CodeValidation},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if test.prepare != "" {
				h.exec(test.prepare)
			}
			req := request("bk_1", "us_asha", "A1", "Z9")
			req.ShowID = test.show

			_, err := h.steps.LockSeats(t.Context(), req)

			refusal := refusalOf(t, err, test.code)
			if test.code == booking.CodeValidation {
				require.Equal(t, []string{"Z9"}, refusal.Details["unknownSeatIds"])
			}
			require.Equal(t, name == "cancelled show", refusal.Details["showStatus"] != nil, "it is said why")
			require.Equal(t, 0, h.count(`SELECT count(*) FROM bookings`))
		})
	}
}

func TestLockTakesSeatsWhoseHoldAndGraceHavePassed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A1", "A2")
	h.letHoldLapse("bk_1")

	_, err := h.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A2"))

	require.NoError(t, err)
	h.requireSeats("bk_1", "HELD", 1)
	h.requireSeats("bk_2", "HELD", 1)
}

func TestLockNeverTakesSoldSeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.confirm(wallet("bk_1", h.hold("bk_1", "us_asha", "A1"))))

	_, err := h.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A1"))

	requireRefusal(t, err, booking.CodeSeatLockFailed)
}

// Overlapping wishes, drawn so that naive locking would deadlock: each wants a window of seats, and the windows go round.
func TestManyBuyersOfOverlappingSeatsSellEachSeatOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO users (id, email, name) SELECT 'us_' || n, 'c' || n || '@example.com', 'Customer ' || n FROM generate_series(0, 39) n`)
	var buyers sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		seats := make([]string, 3)
		for j := range seats {
			seats[j] = fmt.Sprintf("A%d", (i+j)%10+1)
		}
		buyers.Go(func() {
			_, errs[i] = h.steps.LockSeats(t.Context(), request(fmt.Sprintf("bk_%d", i), fmt.Sprintf("us_%d", i), booking.SortSeats(seats)...))
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
	require.Equal(t, 3*won, h.count(`SELECT count(*) FROM claims`))
	require.Positive(t, won)
	require.Equal(t, won, h.count(`SELECT count(*) FROM bookings`))
}

func TestPriceFreezesTheQuoteOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.hold("bk_1", "us_asha", "A1", "B1")

	second, err := h.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_1"})

	require.NoError(t, err)
	require.Equal(t, first, second)
	require.EqualValues(t, 48000+2000+9000, first.Total)
	require.Equal(t, 2, h.count(`SELECT count(*) FROM booking_seats`))
	require.EqualValues(t, first.Total, h.count(`SELECT total FROM bookings`))
}

func TestAQuoteStaysWhenPricesChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.hold("bk_1", "us_asha", "A1", "B1")
	h.exec(`UPDATE show_prices SET amount = amount * 2`)

	second, err := h.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_1"})

	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestASeatWithoutAPriceIsNotGivenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`DELETE FROM show_prices WHERE category = 'RECLINER'`)
	_, err := h.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "B1"))
	require.NoError(t, err)

	_, err = h.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: "bk_1"})

	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
}

func TestReleaseEndsTheBookingAndFreesItsSeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))

	for range 2 {
		require.Equal(t, booking.StatusExpired, h.release("bk_1", booking.StatusExpired))
	}

	h.requireSeats("bk_1", "HELD", 0)
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING EXPIRED", h.trail("bk_1"))
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
}

func TestReleaseNeverTouchesAConfirmedBooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.confirm(wallet("bk_1", h.hold("bk_1", "us_asha", "A1"))))

	require.Equal(t, booking.StatusConfirmed, h.release("bk_1", booking.StatusExpired))

	h.requireSeats("bk_1", "SOLD", 1)
}

func TestReleaseOfABookingThatWasNeverWrittenDoesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	require.Empty(t, h.release("bk_none", booking.StatusFailed))
}

func TestReleaseLeavesTheSeatsThatSomebodyElseHasTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A1", "A2")
	h.letHoldLapse("bk_1")
	h.hold("bk_2", "us_ben", "A2")

	h.release("bk_1", booking.StatusExpired)

	h.requireSeats("bk_2", "HELD", 1)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM claims`))
}
