package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// 64 bookings are confirmed at once from one wallet that suffices for exactly 20 of them: the money is
// exact, and there is no deadlock.
func TestSixtyFourBookingsSpendOneWalletAtOnce(t *testing.T) {
	t.Parallel()
	const bookings, affordable, price = 64, 20, 22420
	f := newFixture(t)
	f.exec(`INSERT INTO screens VALUES ('sc_2', 'th_1', 'Screen 2');
	        INSERT INTO seat_layouts VALUES ('ly_2', 'sc_2', 1);
	        INSERT INTO seats (layout_id, label, row_label, number, position, category)
	        SELECT 'ly_2', 'A' || n, 'A', n, n, 'STANDARD' FROM generate_series(1, 64) n;
	        INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
	        VALUES ('sh_2', 'mv_1', 'sc_2', 'ly_2', now() + interval '1 day', now() + interval '1 day 4 hours', 'hi', '2D');
	        INSERT INTO show_prices VALUES ('sh_2', 'STANDARD', 18000)`)
	payments := make([]booking.Payment, bookings)
	for i := range payments {
		id := fmt.Sprintf("bk_%d", i)
		req := request(id, "us_asha", fmt.Sprintf("A%d", i+1))
		req.ShowID = "sh_2"
		_, err := f.steps.LockSeats(t.Context(), req)
		require.NoError(t, err)
		quote, err := f.steps.PriceSeats(t.Context(), booking.Pricing{BookingID: id})
		require.NoError(t, err)
		require.EqualValues(t, price, quote.Total)
		payments[i] = wallet(id, quote)
	}
	credit := f.topUp("tu_1", affordable*price-100000)
	require.NoError(t, f.steps.CreditTopUp(t.Context(), credit))

	errs := make([]error, bookings)
	begin := make(chan struct{})
	var spends sync.WaitGroup
	for i, payment := range payments {
		spends.Go(func() {
			<-begin
			errs[i] = f.confirm(payment)
		})
	}
	close(begin)
	spends.Wait()

	paid := 0
	for i, err := range errs {
		if err == nil {
			paid++
			require.Equal(t, booking.StatusConfirmed, f.status(payments[i].BookingID))
			continue
		}
		requireRefusal(t, err, booking.CodeInsufficientFunds)
		require.Equal(t, booking.StatusSeatsLocked, f.status(payments[i].BookingID))
	}
	require.Equal(t, affordable, paid)
	require.Equal(t, 0, f.wallet("us_asha"))
	require.Equal(t, 0, f.count(saleSums))
	require.Equal(t, 0, f.count(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
}

// One customer starts to pay several bookings by wallet and card, and gives others back at the same time: there is no deadlock.
func TestReservingAndReleasingOneWalletAtOnce(t *testing.T) {
	t.Parallel()
	const bookings, rounds = 8, 10
	f := newFixture(t)
	for n := range bookings {
		f.hold(fmt.Sprintf("bk_%d", n), "us_asha", fmt.Sprintf("A%d", n+1))
	}

	var all sync.WaitGroup
	for n := range bookings {
		all.Go(func() {
			for round := range rounds {
				payment, err := f.reserve(hybrid(fmt.Sprintf("bk_%d", n), round+1), 5000)
				if err != nil {
					t.Errorf("reserve: %v", err)
					return
				}
				f.note(payment.ID, booking.PaymentCancelled)
			}
		})
	}
	all.Wait()

	f.requireWallet("us_asha", 100000, 0)
	require.Equal(t, 0, f.count(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
}
