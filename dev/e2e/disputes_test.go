package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// A customer who disputes a charge and cancels to the wallet gets the money once: from the bank or from the cinema.
func TestADisputedChargeIsPaidOutOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	operator, err := sys.Visitor.Login(t.Context(), "admin@example.com", seed.Password)
	require.NoError(t, err)
	for _, c := range []struct {
		decision string
		refund   booking.RefundStatus
		paid     bool
	}{
		{"won", booking.RefundSucceeded, true},
		{"lost", booking.RefundClosed, false},
		{"prevented", booking.RefundSucceeded, true},
	} {
		t.Run(c.decision, func(t *testing.T) {
			t.Parallel()
			asha := sys.buyer(t, "asha", 0)
			bought, payment := sys.boughtByCard(t, asha, sys.show(t, 5*time.Minute), "pm_card_visa", "A1")
			sys.control(t, "disputes", map[string]string{"payment_intent": payment.ProviderPayload.PaymentIntentId, "reason": "fraudulent"})
			dispute := sys.disputeOf(t, operator, bought.BookingId, "needs_response")
			require.EqualValues(t, 10000, dispute.Amount)
			require.EqualValues(t, 10000, *dispute.Withdrawn)
			require.Equal(t, payment.PaymentId, *dispute.PaymentId)
			sys.flagOf(t, operator, booking.FlagDispute, dispute.DisputeId)
			quote, err := asha.QuoteCancellation(t.Context(), bought.BookingId)
			require.NoError(t, err)
			require.Equal(t, "OPEN", *quote.Dispute)
			require.Equal(t, quote.Refund, *quote.HeldBack)
			require.Positive(t, quote.Refund)

			toWallet := booking.RefundToWallet
			done, err := asha.CancelWith(t.Context(), bought.BookingId, openapi.CancelBookingRequest{RefundTo: &toWallet})
			require.NoError(t, err)
			require.Equal(t, booking.RefundFailed, done.Refunds[0].Status)
			require.Equal(t, "OPEN", *done.Refunds[0].Dispute)
			_, err = operator.DivertRefund(t.Context(), "divert-"+c.decision+"-key", done.Refunds[0].RefundId, "the customer called")
			refused(t, err, http.StatusConflict, booking.CodeInvalidState)

			sys.control(t, "disputes/"+dispute.DisputeId, map[string]string{"status": c.decision})
			eventually(t, "the decision ends the refund", func() bool {
				told, err := operator.Refund(t.Context(), done.Refunds[0].RefundId)
				require.NoError(t, err)
				return told.Refund.Status == c.refund
			})
			wallet, err := asha.Wallet(t.Context())
			require.NoError(t, err)
			var inWallet, expected int64
			for _, balance := range wallet.Balances {
				inWallet += balance.Available + balance.Frozen
			}
			if c.paid {
				expected = quote.Refund
			}
			require.Equal(t, expected, inWallet)
			require.Empty(t, sys.refundsAtProvider(t, payment))
		})
	}
}

// disputeOf waits for a booking's dispute to be in a state.
func (sys *system) disputeOf(t *testing.T, operator *customer.Customer, bookingID, status string) (found openapi.Dispute) {
	t.Helper()
	eventually(t, "a dispute of "+bookingID, func() bool {
		disputes, err := operator.Disputes(t.Context())
		require.NoError(t, err)
		n := slices.IndexFunc(disputes, func(d openapi.Dispute) bool {
			return d.BookingId != nil && *d.BookingId == bookingID && d.Status == status
		})
		if n >= 0 {
			found = disputes[n]
		}
		return n >= 0
	})
	return found
}
