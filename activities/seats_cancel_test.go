package activities_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// soldByCard makes a confirmed booking that was paid by card.
func (f *fixture) soldByCard(id, customer string, seats ...string) booking.Payment {
	f.t.Helper()
	payment := f.card(id, f.hold(id, customer, seats...))
	f.bank.pay(payment.IntentID)
	require.NoError(f.t, f.confirm(payment))
	return payment
}

// soldHybrid makes a confirmed booking of which the wallet paid a part.
func (f *fixture) soldHybrid(id string, fromWallet int64, seats ...string) booking.Payment {
	f.t.Helper()
	f.hold(id, "us_asha", seats...)
	payment := f.payHybrid(id, 1, fromWallet)
	intent, err := f.steps.OpenIntent(f.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	require.NoError(f.t, err)
	payment.IntentID = intent.IntentID
	f.bank.pay(payment.IntentID)
	require.NoError(f.t, f.confirm(payment))
	return payment
}

func cancelRequest(id string, seats ...string) booking.CancelSeatsRequest {
	return booking.CancelSeatsRequest{
		BookingID: id, Seats: seats, RefundTo: booking.RefundToOriginal, Cause: booking.CauseCustomer,
		Actor: string(booking.ActorCustomer), Reason: "cancelled by the customer", CorrelationID: "test",
	}
}

func (f *fixture) cancelSeats(id string, seats ...string) booking.CancelledSeats {
	f.t.Helper()
	done, err := f.steps.CancelSeats(f.t.Context(), cancelRequest(id, seats...))
	require.NoError(f.t, err)
	return done
}

func (f *fixture) refuseCancel(code booking.Code, id string, seats ...string) *booking.Refusal {
	f.t.Helper()
	_, err := f.steps.CancelSeats(f.t.Context(), cancelRequest(id, seats...))
	return refusalOf(f.t, err, code)
}

// showIn moves the start of the show to this interval from now.
func (f *fixture) showIn(interval string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `UPDATE shows SET starts_at = now() + $1::text::interval + interval '10 seconds',
		ends_at = now() + $1::text::interval + interval '3 hours'`, interval)
	require.NoError(f.t, err)
}

// account is the balance of an account, summed from its entries.
func (f *fixture) account(id string) int {
	f.t.Helper()
	return f.count(`SELECT COALESCE(sum(amount), 0) FROM ledger_entries WHERE account_id = $1`, id)
}

// requireBooks checks what must always hold.
func (f *fixture) requireBooks() {
	f.t.Helper()
	require.Equal(f.t, 0, f.count(saleSums))
	require.Equal(f.t, f.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status NOT IN ('SUCCEEDED', 'CLOSED')`), f.account("refunds-payable:INR"),
		"what is owed is what has not been paid back")
	require.Equal(f.t, f.count(`SELECT COALESCE(sum(assigned + written_off - amount), 0) FROM outside_refunds WHERE status = 'STANDING'`),
		f.account("outside-refunds:INR"), "what was given back outside and has paid nothing yet")
	require.Equal(f.t, f.count(`SELECT COALESCE(sum(lost - withdrawn), 0) FROM disputes`), f.account("disputed:INR"), "what banks have taken and not decided about")
	require.Equal(f.t, f.count(`SELECT COALESCE(sum(frozen), 0) FROM disputes`),
		f.count(`SELECT COALESCE(sum(balance), 0) FROM ledger_accounts WHERE kind = 'WALLET_FROZEN'`), "what is frozen is what disputes hold")
	require.Equal(f.t, 0, f.count(`
		SELECT count(*) FROM cancellations c
		WHERE c.amount <> (SELECT COALESCE(sum(r.amount), 0) FROM refunds r WHERE r.cancellation_id = c.id)`))
	require.Equal(f.t, 0, f.count(`
		SELECT count(*) FROM refunds r
		WHERE r.status <> (SELECT e.to_status FROM refund_events e WHERE e.refund_id = r.id ORDER BY e.id DESC LIMIT 1)`), "the trail has no gaps")
}

const twoSeats = 2 * 22420 // A1 and A2: 180.00 and 10.00 each, and 18 % on both

func TestACancellationGivesBackWhatThePolicyPromised(t *testing.T) {
	t.Parallel()
	for left, percent := range map[string]int{"50 hours": 100, "48 hours": 100, "47 hours": 75, "24 hours": 75, "23 hours": 50, "2 hours": 50} {
		t.Run(left, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.showIn(left)

			done := f.cancelSeats("bk_1")

			require.Equal(t, booking.StatusCancelled, done.Status)
			require.Equal(t, []string{"A1", "A2"}, done.Seats)
			require.Equal(t, percent, done.Percent)
			require.EqualValues(t, twoSeats, done.Paid.Amount)
			require.EqualValues(t, twoSeats*percent/100, done.Amount.Amount)
			require.Len(t, done.Refunds, 1)
			require.Equal(t, booking.RefundInitiated, done.Refunds[0].Status)
			require.Equal(t, booking.TenderCard, done.Refunds[0].Tender)
			require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING CONFIRMED CANCELLED", f.trail("bk_1"))
			require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
			require.Equal(t, int(done.Amount.Amount), f.account("refunds-payable:INR"))
			require.Equal(t, twoSeats-int(done.Amount.Amount), f.account("ticket-sales:INR")+f.account("booking-fees:INR")+f.account("tax:INR"))
			f.requireBooks()
		})
	}
}

func TestNobodyCancelsWhenItIsTooLate(t *testing.T) {
	t.Parallel()
	for left, want := range map[string]string{
		"1 hour":   "It is too late to cancel: the show begins too soon.",
		"-5 hours": "The show has started.",
	} {
		t.Run(left, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.exec(`UPDATE shows SET ends_at = now() + interval '1 day'`)
			f.exec(`UPDATE shows SET starts_at = now() + interval '` + left + `'`)

			require.Equal(t, want, f.refuseCancel(booking.CodeConflict, "bk_1").Message)

			require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
			f.requireSeats("bk_1", "SOLD", 2)
			require.Equal(t, 0, f.count(`SELECT count(*) FROM cancellations`))
		})
	}
}

// newPolicy puts a refund policy in force.
func (f *fixture) newPolicy(theatre any, fee int, hours, percents []int) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `
		WITH policy AS (INSERT INTO refund_policies (theatre_id, currency, fee) VALUES ($1, 'INR', $2) RETURNING id)
		INSERT INTO refund_policy_tiers (policy_id, hours_before, percent)
		SELECT policy.id, unnest($3::int[]), unnest($4::int[]) FROM policy`, theatre, fee, hours, percents)
	require.NoError(f.t, err)
}

func TestTheTheatresOwnPolicyOfTheDayOfBookingApplies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("30 hours")
	f.soldByCard("bk_default", "us_ben", "A1")
	f.newPolicy("th_1", 500, []int{24, 0}, []int{80, 10})
	f.soldByCard("bk_own", "us_ben", "A2")
	f.newPolicy(nil, 0, []int{0}, []int{100})
	f.newPolicy("th_1", 0, []int{0}, []int{1})
	f.soldByCard("bk_newest", "us_ben", "A3")

	require.EqualValues(t, 22420*75/100, f.cancelSeats("bk_default").Amount.Amount)
	own := f.cancelSeats("bk_own")
	require.EqualValues(t, 22420*80/100-500, own.Amount.Amount)
	require.EqualValues(t, 500, own.Fee.Amount)
	require.EqualValues(t, 22420/100, f.cancelSeats("bk_newest").Amount.Amount)
	f.requireBooks()
}

// At 33 percent, less the fee, three seats give back the same in every order and split.
func TestSeatBySeatGivesBackWhatAllAtOnceDoes(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][][]string{
		"all at once":         {nil},
		"seat by seat":        {{"A1"}, {"A2"}, {"B1"}},
		"in another order":    {{"B1"}, {"A1"}, {"A2"}},
		"two, and then one":   {{"A2", "B1"}, nil},
		"one, and the others": {{"A1"}, {"A2", "B1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.newPolicy("th_1", 580, []int{0}, []int{33})
			f.soldByCard("bk_1", "us_ben", "A1", "A2", "B1")
			paid, amount, fee := int64(0), int64(0), int64(0)
			for _, seats := range steps {
				done := f.cancelSeats("bk_1", seats...)
				paid, amount, fee = paid+done.Paid.Amount, amount+done.Amount.Amount, fee+done.Fee.Amount
			}
			require.Equal(t, [3]int64{81420, 81420*33/100 - 580, 580}, [3]int64{paid, amount, fee})
			require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
			f.requireBooks()
		})
	}
}

func TestAFeeAboveTheRefundLeavesNothingAndTakesNothing(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]struct {
		fee     int
		percent int
	}{"a fee above the refund": {50000, 100}, "zero percent": {0, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.newPolicy("th_1", policy.fee, []int{0}, []int{policy.percent})
			f.soldByCard("bk_1", "us_ben", "A1")

			done := f.cancelSeats("bk_1")

			require.Equal(t, booking.StatusCancelled, done.Status)
			require.Zero(t, done.Amount.Amount)
			require.Empty(t, done.Refunds)
			require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_transactions WHERE kind = 'CANCELLATION'`))
			require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`), "the seats are on sale again")
			f.requireBooks()
		})
	}
}

func TestAPolicyWithoutTiersTakesNoCancellations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.newPolicy("th_1", 0, nil, nil)
	f.soldByCard("bk_1", "us_ben", "A1")

	require.Equal(t, "This theatre takes no cancellations.", f.refuseCancel(booking.CodeConflict, "bk_1").Message)
}

func TestSomeSeatsAndThenTheRest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2", "B1")

	some := f.cancelSeats("bk_1", "B1")
	require.Equal(t, booking.StatusConfirmed, some.Status)
	require.EqualValues(t, 36580, some.Amount.Amount, "300.00 and 10.00, and 18 % on both")
	f.requireSeats("bk_1", "SOLD", 2)
	f.hold("bk_2", "us_asha", "B1")
	require.Equal(t, []string{"B1"}, f.refuseCancel(booking.CodeInvalidState, "bk_1", "A1", "B1").Details["cancelledSeatIds"])

	rest := f.cancelSeats("bk_1")
	require.Equal(t, []string{"A1", "A2"}, rest.Seats)
	require.Equal(t, booking.StatusCancelled, rest.Status)
	require.Equal(t, 0, f.account("ticket-sales:INR")+f.account("booking-fees:INR")+f.account("tax:INR"))
	f.requireSeats("bk_2", "HELD", 1)
	f.requireBooks()
}

func TestACancellationAgainAnswersWithTheFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2", "A3")

	first := f.cancelSeats("bk_1", "A1", "A2")
	f.showIn("1 hour")
	require.Equal(t, first, f.cancelSeats("bk_1", "A2", "A1"), "in another order, and after the cut-off")

	require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds`))
	f.requireBooks()
}

// A workflow that was reset repeats requests that were made before, and that may have been refused.
func TestARepeatedCancellationDoesNothingThatWasNotDone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	first := f.cancelSeats("bk_1", "A1")
	repeat := func(seats ...string) (booking.CancelledSeats, error) {
		req := cancelRequest("bk_1", seats...)
		req.Repeat = true
		return f.steps.CancelSeats(t.Context(), req)
	}

	again, err := repeat("A1")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = repeat("A2")
	require.NotNil(t, refusalOf(t, err, booking.CodeUnavailable))

	f.requireSeats("bk_1", "SOLD", 1)
	f.requireBooks()
}

func TestTwoCancellationsAtOnceTakeEachSeatOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldHybrid("bk_1", 20000, "A1", "A2", "A3")
	requests := []booking.CancelSeatsRequest{
		cancelRequest("bk_1", "A1", "A2"), cancelRequest("bk_1", "A2", "A1"), cancelRequest("bk_1", "A2", "A3"),
		cancelRequest("bk_1", "A2"), cancelRequest("bk_1", "A1", "A2"),
	}
	var all sync.WaitGroup
	for _, req := range requests {
		all.Go(func() {
			if _, err := f.steps.CancelSeats(t.Context(), req); err != nil {
				requireRefusal(t, err, booking.CodeInvalidState)
			}
		})
	}
	all.Wait()

	require.Equal(t, 1, f.count(`SELECT count(*) FROM cancellations`), "every two of them have a seat in common")
	require.Equal(t, f.count(`SELECT count(*) FROM booking_seats WHERE cancellation_id IS NULL`), f.count(`SELECT count(*) FROM claims`))
	f.requireBooks()
}

func TestOnlyAConfirmedBookingIsRefunded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_unpaid", "us_ben", "A1")
	f.card("bk_paying", f.hold("bk_paying", "us_ben", "A2"))
	f.hold("bk_expired", "us_ben", "A3")
	f.release("bk_expired", booking.StatusExpired)
	f.hold("bk_given_up", "us_ben", "A4")
	f.release("bk_given_up", booking.StatusCancelled)
	f.soldByCard("bk_seen", "us_ben", "A5")
	f.exec(`UPDATE bookings SET status = 'COMPLETED' WHERE id = 'bk_seen'`)
	f.soldByCard("bk_gone", "us_ben", "A6")
	f.cancelSeats("bk_gone")

	for id, code := range map[string]booking.Code{
		"bk_unpaid": booking.CodeInvalidState, "bk_paying": booking.CodeInvalidState, "bk_expired": booking.CodeBookingExpired,
		"bk_given_up": booking.CodeInvalidState, "bk_seen": booking.CodeInvalidState, "bk_unknown": booking.CodeNotFound,
	} {
		requireRefusal(t, second(f.steps.CancelSeats(t.Context(), cancelRequest(id))), code)
	}
	requireRefusal(t, second(f.steps.CancelSeats(t.Context(), cancelRequest("bk_gone", "A6"))), booking.CodeInvalidState)

	require.Equal(t, 1, f.count(`SELECT count(*) FROM cancellations`))
	f.requireBooks()
}

func TestASeatOfSomebodyElseIsNotCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	f.soldByCard("bk_2", "us_asha", "A2")

	refusal := f.refuseCancel(booking.CodeValidation, "bk_1", "A1", "A2")

	require.Equal(t, []string{"A2"}, refusal.Details["unknownSeatIds"])
	f.requireSeats("bk_1", "SOLD", 1)
	f.requireSeats("bk_2", "SOLD", 1)
}

func TestAllGoesToTheWalletIfTheCustomerWantsIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	req := cancelRequest("bk_1")
	req.RefundTo = booking.RefundToWallet
	f.showIn("50 hours")

	for range 2 {
		done, err := f.steps.CancelSeats(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, done.Refunds, 1)
		require.Equal(t, booking.TenderWallet, done.Refunds[0].Tender)
		require.Equal(t, booking.RefundSucceeded, done.Refunds[0].Status)
	}

	require.Equal(t, twoSeats, f.wallet("us_ben"), "who had no wallet before")
	require.Equal(t, -twoSeats, f.account("card-clearing:INR"), "the provider still has it")
	require.Empty(t, f.bank.refunds)
	f.requireBooks()
}

func TestAHybridIsGivenBackInProportionAndToThePaisa(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("30 hours")
	f.soldHybrid("bk_1", 10001, "A1", "A2", "B1")
	before := f.wallet("us_asha")
	const total, card = twoSeats + 36580, twoSeats + 36580 - 10001

	refunded := map[booking.Tender]int64{}
	var paid, amount int64
	for _, seats := range [][]string{{"A2"}, {"B1"}, nil} {
		done := f.cancelSeats("bk_1", seats...)
		for _, r := range done.Refunds {
			refunded[r.Tender] += r.Amount.Amount
		}
		paid += done.Paid.Amount
		amount += done.Amount.Amount
	}

	require.EqualValues(t, total, paid)
	require.Equal(t, amount, refunded[booking.TenderCard]+refunded[booking.TenderWallet])
	require.Equal(t, amount*card/total, refunded[booking.TenderCard])
	require.EqualValues(t, refunded[booking.TenderWallet], f.wallet("us_asha")-before)
	f.requireBooks()
}

func TestACancellationByTheCinemaRefundsEverythingAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, cause := range []booking.CancellationCause{booking.CauseOperator, booking.CauseShowCancelled} {
		t.Run(string(cause), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.newPolicy("th_1", 500, []int{48}, []int{10})
			f.soldByCard("bk_1", "us_ben", "A1", "A2", "A3")
			f.showIn("50 hours")
			f.cancelSeats("bk_1", "A3")
			f.showIn("1 hour")
			req := cancelRequest("bk_1")
			req.Cause, req.Actor = cause, "us_admin"

			done, err := f.steps.CancelSeats(t.Context(), req)

			require.NoError(t, err)
			require.EqualValues(t, twoSeats, done.Amount.Amount, "all that was left")
			require.Equal(t, booking.StatusCancelled, done.Status)
			require.Equal(t, "us_admin", f.text(`SELECT actor FROM booking_events WHERE to_status = 'CANCELLED'`))
			f.requireBooks()
		})
	}
}

func TestACancelledShowIsRefundedInFullWhicheverCancellationIsFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.showIn("1 hour")
	f.exec(`UPDATE shows SET status = 'CANCELLED'`)

	done := f.cancelSeats("bk_1")

	require.Equal(t, booking.CauseShowCancelled, done.Cause)
	require.EqualValues(t, twoSeats, done.Amount.Amount)
	require.Equal(t, done, f.cancelSeats("bk_1"))
}

func TestACancelledBookingIsNotBroughtBackByLateMoney(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	first := f.text(`SELECT intent_id FROM payments`)
	paid := booking.Payment{
		ID: "pay_bk_1", BookingID: "bk_1", Attempt: 1, IntentID: first, Method: booking.MethodCard,
		Card: booking.Money{Amount: twoSeats, Currency: "INR"}, Wallet: booking.Money{Currency: "INR"},
	}
	f.cancelSeats("bk_1", "A1")
	require.NoError(t, f.confirm(paid), "a repeat of the confirmation is harmless")
	f.requireSeats("bk_1", "SOLD", 1)
	f.cancelSeats("bk_1")

	requireRefusal(t, f.confirm(paid), booking.CodeInvalidState)
	require.Equal(t, booking.SettledAlready, f.settle(paid).Result)
	second := paid
	second.ID, second.IntentID = "pay_2", "pi_2"
	f.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id, intent_id)
		VALUES ('pay_2', 'bk_1', 2, 'CARD', 'INR', 0, 44840, 'CANCELLED', 'hash', 'test', 'pi_2')`)
	require.Equal(t, booking.SettledRefunded, f.settle(second).Result)

	require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
	f.hold("bk_2", "us_asha", "A1", "A2")
	_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(paid))
	requireRefusal(t, err, booking.CodeInvalidState)
	f.requireBooks()
}

func TestACancellationIsAllOrNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.exec(`DELETE FROM claims WHERE seat = 'A2'`)

	_, err := f.steps.CancelSeats(t.Context(), cancelRequest("bk_1"))

	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	require.Equal(t, 0, f.count(`SELECT (SELECT count(*) FROM cancellations) + (SELECT count(*) FROM refunds)`))
	f.requireSeats("bk_1", "SOLD", 1)
}

func TestTheDatabaseRefusesToGiveBackMoreThanWasPaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldHybrid("bk_1", 20000, "A1", "A2")
	f.showIn("50 hours")
	f.cancelSeats("bk_1", "A1")
	const columns = `INSERT INTO refunds (id, booking_id, payment_id, cancellation_id, intent_id, tender, amount, currency, reason, status, correlation_id) `
	for name, test := range map[string]struct{ values, constraint string }{
		"more in all":         {`SELECT 'rf_x', 'bk_1', 'pay_bk_1_1', id, NULL, 'WALLET', 22421, 'INR', 'x', 'INITIATED', 'x' FROM cancellations`, "refunds_never_exceed_payment"},
		"more than by card":   {`SELECT 'rf_x', 'bk_1', 'pay_bk_1_1', id, 'pi_1', 'CARD', 12421, 'INR', 'x', 'INITIATED', 'x' FROM cancellations`, "refunds_never_exceed_payment"},
		"in another currency": {`SELECT 'rf_x', 'bk_1', 'pay_bk_1_1', id, 'pi_1', 'CARD', 1, 'USD', 'x', 'INITIATED', 'x' FROM cancellations`, "refunds_never_exceed_payment"},
		"without a cancellation": {
			`VALUES ('rf_x', 'bk_1', 'pay_bk_1_1', NULL, 'pi_1', 'CARD', 1, 'INR', 'x', 'INITIATED', 'x')`, "refunds_of_sales_by_cancellation",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := f.owner.Exec(t.Context(), columns+test.values)
			require.True(t, db.Violates(err, test.constraint), "%v", err)
		})
	}
}

func TestADiscountIsNotGivenBack(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	quote := f.holdWith("SAVE", "bk_1", "us_ben", "A1", "A2", "B1")
	payment := f.card("bk_1", quote)
	f.bank.pay(payment.IntentID)
	require.NoError(t, f.confirm(payment))
	f.showIn("50 hours")

	sum := f.cancelSeats("bk_1", "A2").Amount.Amount + f.cancelSeats("bk_1").Amount.Amount

	require.Equal(t, quote.Total, sum)
	f.requireRedemption("bk_1", "CONSUMED")
	f.requireBooks()
}

func TestABookingThatCostNothingIsCancelledForNothing(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.exec(`UPDATE theatres SET booking_fee_per_seat = 0`)
	require.NoError(t, f.confirm(wallet("bk_1", f.holdWith("FREE", "bk_1", "us_ben", "A1", "A2"))))

	require.Zero(t, f.cancelSeats("bk_1", "A1").Amount.Amount)
	done := f.cancelSeats("bk_1")

	require.Equal(t, booking.StatusCancelled, done.Status)
	require.Empty(t, done.Refunds)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
	f.requireBooks()
}
