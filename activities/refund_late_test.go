package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// carryOutLate has the provider carry out a request late that it had taken and not answered.
func (p *fakeProvider) carryOutLate(intentID, refundID string, amount int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refunds[refundID] = provider.Refund{
		ID: "re_" + refundID, RefundID: refundID, IntentID: intentID, Status: provider.RefundSucceeded,
		Amount: booking.Money{Amount: amount, Currency: "INR"}, Created: providerNow(),
	}
}

// sent is what the provider has given back, whoever asked for it.
func (p *fakeProvider) sent() (sum int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, refund := range p.refunds {
		sum += int(refund.Amount.Amount)
	}
	return sum
}

// Somebody gives a part back by hand while the provider is slow: what is left of our refund is another attempt.
func TestARequestThatTheProviderCarriesOutLateIsNotSentAgainAsARemainder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := h.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	for range 2 {
		h.bank.refuseRefund = timeout()
		_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
		require.Error(t, err)
		if h.bank.sent() == 0 {
			h.refundOutside("pi_1", 5000)
		}
	}
	h.bank.refuseRefund = nil
	h.bank.carryOutLate("pi_1", id, 22420)
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	}
	require.Equal(t, 27420, h.bank.sent())
	require.Equal(t, -5000, h.account("outside-refunds:INR"), "what was given back too much waits for an operator")
	h.requireBooks()
}

// The dispute keeps back what the provider has not made, as far as anybody can tell.
func TestARequestThatTheProviderCarriesOutLateIsNotSentAgainAfterADispute(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := h.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	h.bank.refuseRefund = timeout()
	_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err)
	h.dispute("pi_1", "needs_response", 22420, taken(22420))
	require.Equal(t, booking.RefundFailed, h.send(id).Status)
	h.bank.refuseRefund = nil
	h.bank.carryOutLate("pi_1", id, 22420)
	h.dispute("pi_1", "won", 22420, givenBack(22420))
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	}
	require.Equal(t, 22420, h.bank.sent())
	h.requireBooks()
}

// The customer has the money twice: somebody has to know.
func TestARefundThatTheProviderMakesAfterItWentToTheWalletIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
	require.NoError(t, second(h.steps.DivertRefund(t.Context(), command(id, "1"))))
	h.bank.carryOutLate("pi_1", id, 22420)

	for range 2 {
		require.Equal(t, 1, h.noteOutside("pi_1").Refunds)
	}

	require.Equal(t, 22420, h.walletOf("us_ben"))
	require.Equal(t, -22420, h.account("outside-refunds:INR"))
	require.Equal(t, 1, h.flags(booking.FlagOutsideRefund))
	h.requireBooks()
}
