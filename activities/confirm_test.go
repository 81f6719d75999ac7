package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

const saleSums = `SELECT count(*) FROM (SELECT reference FROM ledger_entries GROUP BY reference HAVING sum(amount) <> 0) AS unbalanced`

// paymentRow is what the row of a payment has of its request.
const paymentRow = `SELECT concat_ws(' ', attempt, method, request_hash, correlation_id) FROM payments WHERE id = $1`

func TestConfirmSellsTheSeatsAndMovesTheMoneyInOneStep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")

	payment := wallet("bk_1", quote)
	payment.Attempt = 2
	for range 2 {
		require.NoError(t, f.confirm(payment), "and once more is harmless")
	}

	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING CONFIRMED", f.trail("bk_1"))
	require.Equal(t, "CUSTOMER payment started test, CUSTOMER paid test", f.text(`
		SELECT string_agg(concat_ws(' ', actor, reason, correlation_id), ', ' ORDER BY id) FROM booking_events
		WHERE booking_id = 'bk_1' AND to_status IN ('PAYMENT_PENDING', 'CONFIRMED')`))
	require.Equal(t, "2 WALLET hash test", f.text(paymentRow, payment.ID))
	require.Equal(t, "SALE bk_1 sale of tickets", f.text(`
		SELECT concat_ws(' ', kind, booking_id, reason) FROM ledger_transactions WHERE reference = 'bk_1:sale'`))
	f.requireSeats("bk_1", "SOLD", 2)
	require.EqualValues(t, 100000-quote.Total, f.wallet("us_asha"))
	require.EqualValues(t, quote.Subtotal, f.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'ticket-sales:INR'`))
	require.Equal(t, 0, f.count(saleSums))
}

func TestConfirmByCardBooksTheMoneyThatTheProviderHolds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_ben", "A1")
	payment := f.card("bk_1", quote)

	require.NoError(t, f.confirm(payment))

	require.EqualValues(t, -quote.Total, f.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR'`))
	require.Equal(t, "SUCCEEDED", f.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
}

// A workflow that was reset may not know of the attempts of its earlier run.
func TestConfirmTellsTheNumberThatItRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	f.card("bk_1", quote)
	taken := f.count(`SELECT max(attempt) FROM payments`)
	again := wallet("bk_1", quote)
	again.ID, again.Attempt = "pay_2", taken

	confirmed, err := f.steps.ConfirmBooking(t.Context(), booking.Confirmation{
		BookingID: "bk_1", Payment: again, Actor: booking.ActorCustomer, Reason: "paid", CorrelationID: "test",
	})

	require.NoError(t, err)
	require.Equal(t, taken+1, confirmed.Attempt)
	require.Equal(t, taken+1, f.count(`SELECT attempt FROM payments WHERE id = $1`, again.ID))
}

func TestConfirmChangesNothingWhenTheWalletIsTooEmpty(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "B1", "B2", "B3")

	refusal := refusalOf(t, f.confirm(wallet("bk_1", quote)), booking.CodeInsufficientFunds)

	require.EqualValues(t, quote.Total, refusal.Details["required"])
	require.Equal(t, booking.StatusSeatsLocked, f.status("bk_1"))
	f.requireSeats("bk_1", "HELD", 3)
	require.Equal(t, 100000, f.wallet("us_asha"))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM payments`))
}

func TestConfirmWithoutAnyWalletIsRefusedLikeAnEmptyOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	requireRefusal(t, f.confirm(wallet("bk_1", f.hold("bk_1", "us_ben", "A1"))), booking.CodeInsufficientFunds)
}

func TestConfirmRefusesAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*fixture)
		code    booking.Code
	}{
		"a show that was closed for sale": {
			func(f *fixture) { f.exec(`UPDATE shows SET status = 'CANCELLED'`) }, booking.CodeConflict,
		},
		"a seat that was lost": {
			func(f *fixture) { f.letHoldLapse("bk_1"); f.hold("bk_2", "us_ben", "A2") }, booking.CodeSeatLockFailed,
		},
		"a booking that has expired": {
			func(f *fixture) { f.release("bk_1", booking.StatusExpired) }, booking.CodeInvalidState,
		},
		"a second payment": {
			func(f *fixture) {
				earlier := wallet("bk_1", booking.Quote{Currency: "INR", Total: 44840})
				earlier.ID, earlier.Attempt = "pay_earlier", 2
				require.NoError(f.t, f.confirm(earlier))
			}, booking.CodeInvalidState,
		},
		"a payment that is not the quote's": {
			func(f *fixture) { f.exec(`UPDATE bookings SET fees = fees + 1, total = total + 1`) }, booking.CodeConflict,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))
			test.prepare(f)
			entries := f.count(`SELECT count(*) FROM ledger_entries`)
			status, trail := f.status("bk_1"), f.trail("bk_1")

			requireRefusal(t, f.confirm(payment), test.code)

			require.Equal(t, status, f.status("bk_1"))
			require.Equal(t, trail, f.trail("bk_1"))
			require.Equal(t, entries, f.count(`SELECT count(*) FROM ledger_entries`))
			require.NotEqual(t, "SUCCEEDED", f.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
		})
	}
}

func TestASecondPaymentFromTheWalletIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	require.NoError(t, f.confirm(wallet("bk_1", quote)))
	second := wallet("bk_1", quote)
	second.ID, second.Attempt = "pay_second", 2

	requireRefusal(t, f.confirm(second), booking.CodeInvalidState)

	require.EqualValues(t, 100000-quote.Total, f.wallet("us_asha"))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM payments WHERE id = 'pay_second'`))
}

func TestARepeatedConfirmationIsHarmlessAfterTheShow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.soldByCard("bk_1", "us_ben", "A1")
	f.showOver("1 hour")
	f.completeShows()

	require.NoError(t, f.confirm(payment))

	require.Equal(t, booking.StatusCompleted, f.status("bk_1"))
}

// A payment that is under way when the show begins still buys the seats: only late money does not.
func TestAPaymentThatIsUnderWayWhenTheShowBeginsIsConfirmed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	f.exec(`UPDATE shows SET starts_at = now() - interval '1 minute'`)

	require.NoError(t, f.confirm(wallet("bk_1", quote)))

	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
}

func TestABookingWithoutAPriceIsNotConfirmed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.holdUnpriced("bk_1", "us_asha", "A1")

	requireRefusal(t, f.confirm(wallet("bk_1", booking.Quote{Currency: "INR"})), booking.CodeConflict)
	_, err := f.reserve(hybrid("bk_1", 1))
	require.ErrorContains(t, err, "has no quote")

	require.Equal(t, booking.StatusSeatsLocked, f.status("bk_1"))
}

// An account of the ledger that is missing is a defect. It must not be taken for a wallet that holds too little.
func TestAMissingAccountIsNotAnEmptyWallet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
	f.exec(`DELETE FROM ledger_accounts WHERE id = 'booking-fees:INR'`)

	var failure *temporal.ApplicationError
	require.ErrorAs(t, f.confirm(payment), &failure)

	require.Equal(t, booking.FailureDefect, failure.Type())
	require.Equal(t, booking.StatusPaymentPending, f.status("bk_1"))
}

func TestOneWalletPaysForAsManyBookingsAsItCan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const bookings = 10 // of 22,420 each; the wallet holds 100,000
	payments := make([]booking.Payment, bookings)
	for i := range payments {
		id := fmt.Sprintf("bk_%d", i)
		payments[i] = wallet(id, f.hold(id, "us_asha", fmt.Sprintf("A%d", i+1)))
	}
	var spends sync.WaitGroup
	errs := make([]error, bookings)
	for i, payment := range payments {
		spends.Go(func() { errs[i] = f.confirm(payment) })
	}
	spends.Wait()

	paid := 0
	for _, err := range errs {
		if err == nil {
			paid++
			continue
		}
		requireRefusal(t, err, booking.CodeInsufficientFunds)
	}
	require.Equal(t, 4, paid)
	require.Equal(t, 100000-4*22420, f.wallet("us_asha"))
	require.Equal(t, 0, f.count(saleSums))
}
