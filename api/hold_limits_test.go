package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// Whoever has the seats already is shown the booking instead of being told that somebody has taken them.
func TestOnesOwnSeatsAreNotSaidToBeTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_mine", seats: []string{"A1", "A2"}})
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"B1"}})

	mine := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A2", "A3")).refuses(http.StatusConflict, booking.CodeConflict)
	mixed := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A2", "B1")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	theirs := b.post(ravi, bookings, "key-00001", holdBody("sh_hindi", "A2")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)

	require.Equal(t, map[string]any{"showId": "sh_hindi", "bookingId": "bk_mine", "ownSeatIds": []any{"A2"}}, mine)
	require.Equal(t, []any{"B1"}, mixed["unavailableSeatIds"])
	require.Equal(t, map[string]any{"showId": "sh_hindi", "unavailableSeatIds": []any{"A2"}}, theirs, "nobody learns whose they are")
}

// No workflow starts for who holds enough: the fake server would fail, and the same key has another chance.
func TestNobodyHoldsMoreOfAShowThanOneCustomerMay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 3 {
		b.insert(row{id: fmt.Sprintf("bk_%d", i), seats: []string{fmt.Sprintf("A%d", i+1)}, created: time.Duration(i-5) * time.Second})
	}

	details := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "B1", "B2")).refuses(http.StatusConflict, booking.CodeConflict)

	require.Equal(t, map[string]any{
		"showId": "sh_hindi", "holds": 3.0, "maxHolds": 3.0, "seats": 3.0, "maxSeats": 20.0, "bookingId": "bk_2",
	}, details)
	b.holds()
	b.post(asha, bookings, "key-00002", holdBody("sh_tamil", "B1")).is(http.StatusCreated, nil)
	b.post(ravi, bookings, "key-00003", holdBody("sh_hindi", "B1")).is(http.StatusCreated, nil)
	b.exec(`UPDATE bookings SET status = 'CONFIRMED' WHERE id = 'bk_0'`)
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "B2")).is(http.StatusCreated, nil)
}

func TestWhoLeavesManyHoldsUnpaidIsToldHowLongToWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`UPDATE hold_limits SET pause = 600`)
	for i := range 6 {
		b.insert(row{id: fmt.Sprintf("bk_%d", i), status: booking.StatusExpired})
	}

	got := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "B1"))
	details := got.refuses(http.StatusTooManyRequests, booking.CodeRateLimited)

	require.InDelta(t, 600, details["retryAfterSeconds"], 60)
	require.EqualValues(t, 6, details["unpaidHolds"])
	require.Equal(t, fmt.Sprint(details["retryAfterSeconds"]), got.header.Get("Retry-After"))
	b.holds()
	b.exec(`UPDATE bookings SET updated_at = now() - interval '11 minutes'`)
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "B1")).is(http.StatusCreated, nil)
}
