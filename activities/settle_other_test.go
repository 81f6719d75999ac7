package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// An intent that was made although the provider answered with an error names the same payment as its
// replacement. Whatever it collects goes back, and the payment is not affected.
func TestMoneyOnAnotherIntentOfAPaymentGoesBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(*fixture, booking.Payment)
		status booking.PaymentStatus
	}{
		"the payment has bought the seats": {func(f *fixture, p booking.Payment) { require.NoError(f.t, f.confirm(p)) }, booking.PaymentSucceeded},
		"the payment is open":              {func(*fixture, booking.Payment) {}, booking.PaymentInitiated},
		"the payment has gone back": {func(f *fixture, p booking.Payment) {
			_, err := f.steps.RefundIntent(f.t.Context(), f.refundOrder(p))
			require.NoError(f.t, err)
		}, booking.PaymentRefunded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
			f.bank.pay(payment.IntentID)
			test.end(f, payment)
			other := payment
			other.IntentID = "pi_left_behind"

			for range 2 {
				decision, err := f.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
					IntentID: other.IntentID, Received: other.Card, BookingID: "bk_1", PaymentID: other.ID,
				}, CorrelationID: "test"})
				require.NoError(t, err)
				require.Equal(t, booking.SettledRefunded, decision.Result)
				receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(other))
				require.NoError(t, err)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
			}

			require.EqualValues(t, test.status, f.text(`SELECT status FROM payments`))
			require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds WHERE intent_id = 'pi_left_behind' AND payment_id IS NULL`))
			require.Equal(t, 1, f.flags(booking.FlagStrayMoney))
			f.requireBooks()
		})
	}
}
