package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// The coupons of these tests. SAVE takes a tenth off, at most 25.00; FREE takes everything off the tickets.
const coupons = `
INSERT INTO coupons (code, kind, basis_points, max_discount, currency) VALUES ('SAVE', 'PERCENT', 1000, 2500, 'INR');
INSERT INTO coupons (code, kind, basis_points) VALUES ('FREE', 'PERCENT', 10000);
INSERT INTO coupons (code, kind, amount, currency, max_uses) VALUES ('ONCE', 'FLAT', 10000, 'INR', 1), ('TEN', 'FLAT', 10000, 'INR', 10);
INSERT INTO coupons (code, kind, amount, currency, max_uses_per_customer) VALUES ('TWICE', 'FLAT', 10000, 'INR', 2);
INSERT INTO coupons (code, kind, amount, currency) VALUES ('POUNDS', 'FLAT', 100, 'GBP');
INSERT INTO coupons (code, kind, basis_points, valid_from, valid_until) VALUES
    ('SOON', 'PERCENT', 1000, now() + interval '1 hour', now() + interval '1 day'),
    ('OVER', 'PERCENT', 1000, now() - interval '1 day', now() - interval '1 hour');
INSERT INTO coupons (code, kind, basis_points, active) VALUES ('OFF', 'PERCENT', 1000, false);
`

func newFixtureWithCoupons(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.exec(coupons)
	return f
}

func couponRequest(id, customer, coupon string, seats ...string) booking.Request {
	req := request(id, customer, seats...)
	req.CouponCode = coupon
	return req
}

// holdWith locks and prices seats with a coupon.
func (f *fixture) holdWith(coupon, id, customer string, seats ...string) booking.Quote {
	f.t.Helper()
	_, err := f.steps.LockSeats(f.t.Context(), couponRequest(id, customer, coupon, seats...))
	require.NoError(f.t, err)
	quote, err := f.steps.PriceSeats(f.t.Context(), booking.Pricing{BookingID: id})
	require.NoError(f.t, err)
	return quote
}

func (f *fixture) requireRedemption(id, status string) {
	f.t.Helper()
	require.Equal(f.t, status, f.text(`SELECT status FROM coupon_redemptions WHERE booking_id = $1`, id))
}

// requireUses compares a coupon's use count with its redemptions.
func (f *fixture) requireUses(code string, want int) {
	f.t.Helper()
	require.Equal(f.t, want, f.count(`SELECT uses FROM coupons WHERE code = $1`, code))
	require.Equal(f.t, want, f.count(`SELECT count(*) FROM coupon_redemptions WHERE code = $1 AND status <> 'GIVEN_BACK'`, code))
}

func requireCouponRefusal(t *testing.T, err error, code booking.Code, message string) {
	t.Helper()
	refusal := refusalOf(t, err, code)
	require.Equal(t, "couponCode", refusal.Details["field"])
	require.Contains(t, refusal.Message, message)
}

func TestACouponIsReservedWithTheSeatsAndAppliedToThePrice(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)

	first := f.holdWith("SAVE", "bk_1", "us_asha", "A1")
	again := f.holdWith("SAVE", "bk_1", "us_asha", "A1")

	require.EqualValues(t, 1800, first.Discount)
	require.EqualValues(t, 18000-1800+1000+3096, first.Total)
	require.Equal(t, []booking.AppliedOffer{{Code: "SAVE", Discount: 1800}}, first.AppliedOffers)
	require.Equal(t, first, again, "a repeat finds the same quote, offers and all")
	f.requireRedemption("bk_1", "RESERVED")
	f.requireUses("SAVE", 1)
	require.Equal(t, 1800, f.count(`SELECT discount FROM coupon_redemptions`))
	require.EqualValues(t, 2500, f.holdWith("SAVE", "bk_2", "us_asha", "B1").Discount, "capped")
	require.EqualValues(t, 10000, f.holdWith("ONCE", "bk_3", "us_asha", "B2").Discount)
}

func TestARepeatedLockKeepsACouponThatIsNoLongerAvailable(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.holdWith("ONCE", "bk_1", "us_asha", "A1")
	f.exec(`UPDATE coupons SET active = false WHERE code = 'ONCE'`)

	_, err := f.steps.LockSeats(t.Context(), couponRequest("bk_1", "us_asha", "ONCE", "A1"))

	require.NoError(t, err)
	f.requireUses("ONCE", 1)
}

func TestAnUnavailableCouponRefusesTheWholeHold(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.holdWith("ONCE", "bk_once", "us_ben", "B1")
	f.holdWith("TWICE", "bk_twice_1", "us_asha", "B2")
	f.holdWith("TWICE", "bk_twice_2", "us_asha", "B3")
	bookings, claims := f.count(`SELECT count(*) FROM bookings`), f.count(`SELECT count(*) FROM claims`)
	for coupon, test := range map[string]struct {
		code    booking.Code
		message string
	}{
		"NONE":   {booking.CodeValidation, "no such coupon"},
		"SOON":   {booking.CodeValidation, "not valid yet"},
		"OVER":   {booking.CodeValidation, "no longer valid"},
		"OFF":    {booking.CodeValidation, "no longer valid"},
		"POUNDS": {booking.CodeValidation, "currency"},
		"ONCE":   {booking.CodeConflict, "used up"},
		"TWICE":  {booking.CodeConflict, "as often as you may"},
	} {
		_, err := f.steps.LockSeats(t.Context(), couponRequest("bk_1", "us_asha", coupon, "A1", "A2"))

		requireCouponRefusal(t, err, test.code, test.message)
		require.Equal(t, bookings, f.count(`SELECT count(*) FROM bookings`), coupon)
		require.Equal(t, claims, f.count(`SELECT count(*) FROM claims`), coupon)
	}
	f.requireUses("ONCE", 1)
	f.requireUses("TWICE", 2)
	f.holdWith("TWICE", "bk_1", "us_ben", "A1")
}

func TestTakenSeatsUseNoCoupon(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.hold("bk_1", "us_ben", "A1")

	_, err := f.steps.LockSeats(t.Context(), couponRequest("bk_2", "us_asha", "ONCE", "A1", "A2"))

	requireRefusal(t, err, booking.CodeSeatLockFailed)
	f.requireUses("ONCE", 0)
}

// Two hundred people want two hundred different seats with a coupon of ten uses, all at once.
func TestACouponOfTenUsesIsUsedTenTimes(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.exec(`
		INSERT INTO screens VALUES ('sc_2', 'th_1', 'Screen 2');
		INSERT INTO seat_layouts VALUES ('ly_2', 'sc_2', 1);
		INSERT INTO seats (layout_id, label, row_label, number, position, category)
		SELECT 'ly_2', 'A' || n, 'A', n, n, 'STANDARD' FROM generate_series(1, 200) n;
		INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
		VALUES ('sh_2', 'mv_1', 'sc_2', 'ly_2', now() + interval '1 day', now() + interval '1 day 4 hours', 'hi', '2D');
		INSERT INTO show_prices VALUES ('sh_2', 'STANDARD', 18000)`)
	var buyers sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		req := couponRequest(fmt.Sprintf("bk_%d", i), "us_asha", "TEN", fmt.Sprintf("A%d", i+1))
		req.ShowID = "sh_2"
		buyers.Go(func() { _, errs[i] = f.steps.LockSeats(t.Context(), req) })
	}
	buyers.Wait()

	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		requireCouponRefusal(t, err, booking.CodeConflict, "used up")
	}
	require.Equal(t, 10, won)
	f.requireUses("TEN", 10)
	require.Equal(t, 10, f.count(`SELECT count(*) FROM claims`), "who was refused holds no seat")
	require.Equal(t, 10, f.count(`SELECT count(*) FROM bookings`))
}

func TestACustomersLimitHoldsWhenTheyAskAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	var asks sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		customer, row := "us_asha", "A"
		if i%2 == 1 {
			customer, row = "us_ben", "B"
		}
		req := couponRequest(fmt.Sprintf("bk_%d", i), customer, "TWICE", fmt.Sprintf("%s%d", row, i/2+1))
		asks.Go(func() { _, errs[i] = f.steps.LockSeats(t.Context(), req) })
	}
	asks.Wait()

	for _, err := range errs {
		if err != nil {
			requireCouponRefusal(t, err, booking.CodeConflict, "as often as you may")
		}
	}
	f.requireUses("TWICE", 4)
	for _, customer := range []string{"us_asha", "us_ben"} {
		require.Equal(t, 2, f.count(`SELECT count(*) FROM coupon_redemptions WHERE customer_id = $1`, customer))
	}
	require.Equal(t, 4, f.count(`SELECT count(*) FROM claims`))
}

// The same request, run by several workers at once because each thinks that the other has died.
func TestALockThatRunsTwiceAtOnceUsesOneCoupon(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	var runs sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		runs.Go(func() { _, errs[i] = f.steps.LockSeats(t.Context(), couponRequest("bk_1", "us_asha", "ONCE", "A1")) })
	}
	runs.Wait()

	for _, err := range errs {
		require.NoError(t, err)
	}
	f.requireUses("ONCE", 1)
}

func TestAnUnpaidBookingGivesItsCouponBack(t *testing.T) {
	t.Parallel()
	for _, end := range []booking.Status{booking.StatusExpired, booking.StatusCancelled, booking.StatusFailed} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			f := newFixtureWithCoupons(t)
			f.holdWith("ONCE", "bk_1", "us_asha", "A1")

			for range 2 {
				require.Equal(t, end, f.release("bk_1", end))
				f.requireRedemption("bk_1", "GIVEN_BACK")
				f.requireUses("ONCE", 0)
			}

			require.EqualValues(t, 10000, f.holdWith("ONCE", "bk_2", "us_ben", "A1").Discount, "it can be used again")
			f.requireUses("ONCE", 1)
		})
	}
}

func TestAHoldThatWasNeverPricedGivesItsCouponBack(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	_, err := f.steps.LockSeats(t.Context(), couponRequest("bk_1", "us_asha", "ONCE", "A1"))
	require.NoError(t, err)

	f.release("bk_1", booking.StatusFailed)

	f.requireUses("ONCE", 0)
	again, err := f.steps.LockSeats(t.Context(), couponRequest("bk_1", "us_asha", "ONCE", "A1"))
	require.NoError(t, err)
	require.Equal(t, booking.StatusFailed, again.Found.Status)
	f.requireUses("ONCE", 0)
}

func TestAConfirmedBookingConsumesItsCouponForGood(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	quote := f.holdWith("ONCE", "bk_1", "us_asha", "A1")

	for range 2 {
		require.NoError(t, f.confirm(wallet("bk_1", quote)))
		f.requireRedemption("bk_1", "CONSUMED")
		f.requireUses("ONCE", 1)
	}
	require.EqualValues(t, quote.Subtotal-10000, f.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'ticket-sales:INR'`))
	require.EqualValues(t, 100000-quote.Total, f.wallet("us_asha"))

	f.showIn("50 hours")
	f.cancelSeats("bk_1")
	require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
	f.requireRedemption("bk_1", "CONSUMED")
	f.requireUses("ONCE", 1)
	require.LessOrEqual(t, f.wallet("us_asha"), 100000, "what goes back is what was paid, not what the seats were worth")
}

// A cancellation by the cinema uses no coupon up: neither its one use, nor the one that each customer has.
func TestACancellationByTheCinemaGivesTheCouponBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		causes []booking.CancellationCause
		status string
		uses   int
	}{
		"a cancelled show":                      {[]booking.CancellationCause{booking.CauseShowCancelled}, "GIVEN_BACK", 0},
		"an operator":                           {[]booking.CancellationCause{booking.CauseOperator}, "GIVEN_BACK", 0},
		"the customer":                          {[]booking.CancellationCause{booking.CauseCustomer}, "CONSUMED", 1},
		"the customer, seat by seat":            {[]booking.CancellationCause{booking.CauseCustomer, booking.CauseCustomer}, "CONSUMED", 1},
		"the customer, and the cinema the rest": {[]booking.CancellationCause{booking.CauseCustomer, booking.CauseShowCancelled}, "GIVEN_BACK", 0},
		"the cinema, and the customer the rest": {[]booking.CancellationCause{booking.CauseOperator, booking.CauseCustomer}, "GIVEN_BACK", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.exec(`INSERT INTO coupons (code, kind, amount, currency, max_uses, max_uses_per_customer) VALUES ('SINGLE', 'FLAT', 1000, 'INR', 1, 1)`)
			f.showIn("50 hours")
			require.NoError(t, f.confirm(wallet("bk_1", f.holdWith("SINGLE", "bk_1", "us_asha", "A1", "A2"))))
			seats := [][]string{{"A1"}, nil}[2-len(test.causes):]
			for n, cause := range test.causes {
				f.requireRedemption("bk_1", "CONSUMED")
				req := cancelRequest("bk_1", seats[n]...)
				req.Cause = cause
				for range 2 {
					_, err := f.steps.CancelSeats(t.Context(), req)
					require.NoError(t, err)
				}
			}
			require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
			f.requireRedemption("bk_1", test.status)
			f.requireUses("SINGLE", test.uses)
			_, err := f.steps.LockSeats(t.Context(), couponRequest("bk_2", "us_asha", "SINGLE", "B1"))
			require.Equal(t, test.uses == 0, err == nil, "the customer uses it again if it has come back")
			f.requireBooks()
		})
	}
}

func TestABookingThatCostsNothingIsConfirmedFromTheWallet(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.exec(`UPDATE theatres SET booking_fee_per_seat = 0`)
	quote := f.holdWith("FREE", "bk_1", "us_ben", "A1") // who has no wallet at all
	require.Zero(t, quote.Total)

	for range 2 {
		require.NoError(t, f.confirm(wallet("bk_1", quote)))
	}

	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	f.requireRedemption("bk_1", "CONSUMED")
	require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_transactions WHERE booking_id = 'bk_1'`), "no money moves")
	require.Equal(t, "SUCCEEDED", f.text(`SELECT status FROM payments WHERE booking_id = 'bk_1'`))

	f.showIn("50 hours")
	require.Empty(t, f.cancelSeats("bk_1").Refunds, "and none comes back")
	require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
}

func lateMoney(payment booking.Payment) booking.Settlement {
	return booking.Settlement{CorrelationID: "test", Intent: booking.ClosedIntent{
		IntentID: payment.IntentID, Received: payment.Card, BookingID: payment.BookingID, PaymentID: payment.ID,
	}}
}

// settleLate has money arrive for a booking that has expired.
func (f *fixture) settleLate(payment booking.Payment) booking.SettlementDecision {
	f.t.Helper()
	decision, err := f.steps.SettleMoney(f.t.Context(), lateMoney(payment))
	require.NoError(f.t, err)
	return decision
}

func TestLateMoneyTakesTheCouponAgain(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	payment := f.card("bk_1", f.holdWith("ONCE", "bk_1", "us_asha", "A1"))
	f.release("bk_1", booking.StatusExpired)
	f.requireUses("ONCE", 0)

	require.Equal(t, booking.SettledConfirmed, f.settleLate(payment).Result)

	f.requireRedemption("bk_1", "CONSUMED")
	f.requireUses("ONCE", 1)
	require.Equal(t, booking.SettledAlready, f.settleLate(payment).Result)
	f.requireUses("ONCE", 1)
}

func TestLateMoneyGoesBackWhenTheCouponHasBeenUsedUpMeanwhile(t *testing.T) {
	t.Parallel()
	for coupon, message := range map[string]string{"ONCE": "used up", "TWICE": "as often as you may"} {
		t.Run(coupon, func(t *testing.T) {
			t.Parallel()
			f := newFixtureWithCoupons(t)
			payment := f.card("bk_1", f.holdWith(coupon, "bk_1", "us_asha", "A1"))
			f.release("bk_1", booking.StatusExpired)
			f.holdWith(coupon, "bk_2", "us_asha", "A2")
			if coupon == "TWICE" {
				f.holdWith(coupon, "bk_3", "us_asha", "A3")
			}
			uses, entries := f.count(`SELECT uses FROM coupons WHERE code = $1`, coupon), f.count(`SELECT count(*) FROM ledger_entries`)

			for range 2 {
				decision := f.settleLate(payment)
				require.Equal(t, booking.SettledRefunded, decision.Result)
				require.Contains(t, decision.Reason, message)
			}

			require.Equal(t, booking.StatusExpired, f.status("bk_1"))
			f.requireRedemption("bk_1", "GIVEN_BACK")
			f.requireUses(coupon, uses)
			f.requireSeats("bk_1", "SOLD", 0)
			require.Equal(t, entries, f.count(`SELECT count(*) FROM ledger_entries`))
		})
	}
}

// One customer's bookings share a coupon and a wallet: late money takes both, releases give both back,
// new holds take the coupon. All of them lock the coupon last, so there is no deadlock.
func TestCouponAndWalletAreLockedInOneOrder(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	const each = 5
	var work []func() error
	for i := range each {
		id, open := fmt.Sprintf("bk_late_%d", i), fmt.Sprintf("bk_open_%d", i)
		f.holdWith("SAVE", id, "us_asha", fmt.Sprintf("A%d", i+1))
		late := f.payHybrid(id, 1, 1000)
		f.release(id, booking.StatusExpired)
		f.holdWith("SAVE", open, "us_asha", fmt.Sprintf("A%d", each+i+1))
		f.payHybrid(open, 1, 1000)
		work = append(work,
			func() error {
				_, err := f.steps.SettleMoney(t.Context(), lateMoney(late))
				return err
			},
			func() error {
				_, err := f.steps.ReleaseSeats(t.Context(), booking.Release{
					BookingID: open, To: booking.StatusExpired, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test",
				})
				return err
			},
			func() error {
				_, err := f.steps.LockSeats(t.Context(), couponRequest(fmt.Sprintf("bk_new_%d", i), "us_asha", "SAVE", fmt.Sprintf("B%d", i+1)))
				return err
			})
	}
	var all sync.WaitGroup
	errs := make([]error, len(work))
	for i, step := range work {
		all.Go(func() { errs[i] = step() })
	}
	all.Wait()

	for _, err := range errs {
		require.NoError(t, err)
	}
	f.requireUses("SAVE", 2*each)
	require.Equal(t, each, f.count(`SELECT count(*) FROM coupon_redemptions WHERE status = 'CONSUMED'`))
	f.requireWallet("us_asha", 100000-each*1000, 0)
}
