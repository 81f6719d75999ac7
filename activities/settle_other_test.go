package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// An intent that a server error left behind names the same payment as the one that took its place. Whatever it collects goes back, and the
// payment is not touched.
func TestMoneyOnAnotherIntentOfAPaymentGoesBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(*house, booking.Payment)
		status booking.PaymentStatus
	}{
		"the payment has bought the seats": {func(h *house, p booking.Payment) { require.NoError(h.t, h.confirm(p)) }, booking.PaymentSucceeded},
		"the payment is open":              {func(*house, booking.Payment) {}, booking.PaymentInitiated},
		"the payment has gone back": {func(h *house, p booking.Payment) {
			_, err := h.steps.RefundIntent(h.t.Context(), h.refundOrder(p))
			require.NoError(h.t, err)
		}, booking.PaymentRefunded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_ben", "A1"))
			h.bank.pay(payment.IntentID)
			test.end(h, payment)
			other := payment
			other.IntentID = "pi_left_behind"

			for range 2 {
				decision, err := h.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
					IntentID: other.IntentID, Received: other.Card, BookingID: "bk_1", PaymentID: other.ID,
				}, CorrelationID: "test"})
				require.NoError(t, err)
				require.Equal(t, booking.SettledRefunded, decision.Result)
				receipt, err := h.steps.RefundIntent(t.Context(), h.refundOrder(other))
				require.NoError(t, err)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
			}

			require.EqualValues(t, test.status, h.text(`SELECT status FROM payments`))
			require.Equal(t, 1, h.count(`SELECT count(*) FROM refunds WHERE intent_id = 'pi_left_behind' AND payment_id IS NULL`))
			require.Equal(t, 1, h.flags(booking.FlagStrayMoney))
			h.requireBooks()
		})
	}
}
