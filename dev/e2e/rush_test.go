package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// Two hundred people want three neighbouring seats each, of a show of sixty seats, all at once; what they want overlaps.
//
//nolint:paralleltest // the API answers 503 to who waits for too long, so the rush has the machine to itself
func TestTwoHundredBuyersAtOnceSellEverySeatAtMostOnce(t *testing.T) {
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	const people = 200
	buyers := make([]*customer.Customer, people)
	requests := make([][]string, people)
	for i := range buyers {
		buyers[i] = sys.buyer(t, fmt.Sprintf("buyer-%d", i), 30000)
		for j := range 3 {
			place := (i + j) % 60
			requests[i] = append(requests[i], fmt.Sprintf("%c%d", 'A'+place/10, place%10+1))
		}
	}
	held := make([]openapi.Booking, people)
	errs := make([]error, people)
	var rush sync.WaitGroup
	gate := make(chan struct{})
	for i, buyer := range buyers {
		rush.Go(func() {
			<-gate
			held[i], errs[i] = obtain(t.Context(), "rush-booking", func(key string) (openapi.Booking, error) {
				return buyer.Book(t.Context(), key, show, requests[i]...)
			})
			if errs[i] == nil {
				_, errs[i] = buyer.Pay(t.Context(), "rush-payment", held[i].BookingId, booking.MethodWallet)
			}
		})
	}
	close(gate)
	rush.Wait()

	var sold []string
	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			sold = append(sold, requests[i]...)
			continue
		}
		refusal := refusalOf(t, err, http.StatusConflict, "SEAT_LOCK_FAILED")
		taken, ok := refusal.Detail("unavailableSeatIds").([]any)
		require.True(t, ok)
		require.NotEmpty(t, taken)
		for _, seat := range taken {
			require.Contains(t, requests[i], seat)
		}
	}
	slices.Sort(sold)
	require.Len(t, slices.Compact(slices.Clone(sold)), len(sold), "a seat was sold twice")
	require.Positive(t, winners)
	require.Equal(t, len(sold), sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1 AND state = 'SOLD'`, show))
	require.Equal(t, 0, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1 AND state = 'HELD'`, show))
	t.Logf("%d buyers: %d booked %d seats of 60, %d were told which seats were taken, no other answer", people, winners, len(sold), people-winners)
}

func TestTheSamePostTwentyTimesIsOneBooking(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, shortHold)
	buyer := sys.buyer(t, "buyer", 0)
	const times = 20
	answers := make([]openapi.Booking, times)
	errs := make([]error, times)
	var posts sync.WaitGroup
	for i := range times {
		posts.Go(func() { answers[i], errs[i] = buyer.Book(t.Context(), "twenty-times", show, "A1", "A2") })
	}
	posts.Wait()

	require.NoError(t, errors.Join(errs...))
	for _, answer := range answers {
		require.Equal(t, answers[0], answer)
	}
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1`, show))
	require.Equal(t, 2, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show))
	_, err := buyer.Book(t.Context(), "twenty-times", show, "A1", "A3")
	refused(t, err, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")

	await(t, buyer, answers[0].BookingId, booking.StatusExpired)
	_, err = buyer.Book(t.Context(), "twenty-times", show, "A1", "A2")
	refused(t, err, http.StatusGone, "BOOKING_EXPIRED")
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1`, show))
}

// A loser is refused by the workflow when the seats still looked free before. A repeat with the same key then gets the same refusal, even when the
// seats are free again.
func TestARefusalIsAsIdempotentAsABooking(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	const pairs = 10
	for i := range pairs {
		one, two := sys.buyer(t, fmt.Sprintf("one-%d", i), 0), sys.buyer(t, fmt.Sprintf("two-%d", i), 0)
		seat := fmt.Sprintf("A%d", i+1)
		var errs [2]error
		var race sync.WaitGroup
		for j, buyer := range []*customer.Customer{one, two} {
			race.Go(func() { _, errs[j] = buyer.Book(t.Context(), "racing-booking", show, seat) })
		}
		race.Wait()
		loser := slices.IndexFunc(errs[:], func(err error) bool { return err != nil })
		require.NotEqual(t, -1, loser)
		require.NoError(t, errs[1-loser])
		first := refusalOf(t, errs[loser], http.StatusConflict, "SEAT_LOCK_FAILED")
		_, err := []*customer.Customer{one, two}[loser].Book(t.Context(), "racing-booking", show, seat)
		again := refusalOf(t, err, http.StatusConflict, "SEAT_LOCK_FAILED")
		require.Equal(t, first.Body.Details, again.Body.Details)
	}
}
