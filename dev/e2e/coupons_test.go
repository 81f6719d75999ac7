package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// coupon takes 25.00 off, as often as it may.
func (sys *system) coupon(t *testing.T, code string, maxUses int) {
	t.Helper()
	_, err := sys.Owner.Exec(t.Context(), `INSERT INTO coupons (code, kind, amount, currency, max_uses) VALUES ($1, 'FLAT', 2500, 'INR', $2)`,
		code, maxUses)
	require.NoError(t, err)
}

// Sixty people, each with a seat to themselves, all use a coupon of ten uses at once.
//
//nolint:paralleltest // the API answers 503 to who waits for too long, so the rush has the machine to itself
func TestSixtyBuyersShareACouponOfTenUses(t *testing.T) {
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	sys.coupon(t, "RUSHTEN", 10)
	const people = 60
	buyers := make([]*customer.Customer, people)
	for i := range buyers {
		buyers[i] = sys.buyer(t, fmt.Sprintf("buyer-%d", i), 7500)
	}
	confirmed := make([]openapi.Booking, people)
	errs := make([]error, people)
	var rush sync.WaitGroup
	gate := make(chan struct{})
	for i, buyer := range buyers {
		seat := fmt.Sprintf("%c%d", 'A'+i/10, i%10+1)
		rush.Go(func() {
			<-gate
			var held openapi.Booking
			held, errs[i] = obtain(t.Context(), "coupon-booking", func(key string) (openapi.Booking, error) {
				return buyer.BookWithCoupon(t.Context(), key, "RushTen", show, seat)
			})
			if errs[i] == nil {
				_, errs[i] = buyer.Pay(t.Context(), "coupon-payment", held.BookingId, booking.MethodWallet)
			}
			if errs[i] == nil {
				confirmed[i], errs[i] = buyer.Booking(t.Context(), held.BookingId)
			}
		})
	}
	close(gate)
	rush.Wait()

	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			require.Equal(t, booking.StatusConfirmed, confirmed[i].Status)
			require.Equal(t, []openapi.AppliedOffer{{Code: "RUSHTEN", Description: "₹25.00 off", Discount: 2500}}, confirmed[i].Pricing.AppliedOffers)
			require.EqualValues(t, 7500, confirmed[i].Pricing.Total)
			continue
		}
		require.Equal(t, "couponCode", refusalOf(t, err, http.StatusConflict, "CONFLICT").Detail("field"))
	}
	require.Equal(t, 10, winners)
	require.Equal(t, 10, sys.count(t, `SELECT uses FROM coupons WHERE code = 'RUSHTEN'`))
	require.Equal(t, 10, sys.count(t, `SELECT count(*) FROM coupon_redemptions WHERE code = 'RUSHTEN' AND status = 'CONSUMED'`))
	require.Equal(t, 10, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show), "who was refused holds no seat")
}

func TestAnExpiredHoldGivesItsCouponToSomebodyElse(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, shortHold)
	sys.coupon(t, "ONLYONE", 1)
	first, second := sys.buyer(t, "first", 0), sys.buyer(t, "second", 0)
	held, err := first.BookWithCoupon(t.Context(), "first-booking", "ONLYONE", show, "A1")
	require.NoError(t, err)
	_, err = second.BookWithCoupon(t.Context(), "too-early-booking", "ONLYONE", show, "A2")
	refused(t, err, http.StatusConflict, "CONFLICT")

	await(t, first, held.BookingId, booking.StatusExpired)

	held, err = second.BookWithCoupon(t.Context(), "in-time-booking", "ONLYONE", show, "A2")
	require.NoError(t, err)
	require.EqualValues(t, 2500, held.Pricing.Discount)
}

func TestABookingThatCostsNothingIsPaidFromAnEmptyWallet(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	_, err := sys.Owner.Exec(t.Context(), `INSERT INTO coupons (code, kind, basis_points) VALUES ('ALLFREE', 'PERCENT', 10000)`)
	require.NoError(t, err)
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.BookWithCoupon(t.Context(), "free-booking", "ALLFREE", show, "A1")
	require.NoError(t, err)
	require.Zero(t, held.Pricing.Total)
	_, err = buyer.Pay(t.Context(), "free-by-card", held.BookingId, booking.MethodCard)
	refused(t, err, http.StatusBadRequest, "VALIDATION_ERROR")

	payment, err := buyer.Pay(t.Context(), "free-by-wallet", held.BookingId, booking.MethodWallet)

	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, payment.BookingStatus)
}
