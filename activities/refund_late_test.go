package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// carryOutLate makes the provider carry out a request that it had received and not answered.
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

// Somebody gives a part back by hand while the provider is slow: the rest of our refund is another attempt.
func TestARequestThatTheProviderCarriesOutLateIsNotSentAgainAsARemainder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	for range 2 {
		f.bank.refuseRefund = timeout()
		_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
		require.Error(t, err)
		if f.bank.sent() == 0 {
			f.refundOutside("pi_1", 5000)
		}
	}
	f.bank.refuseRefund = nil
	f.bank.carryOutLate("pi_1", id, 22420)
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	}
	require.Equal(t, 27420, f.bank.sent())
	require.Equal(t, -5000, f.account("outside-refunds:INR"), "what was given back too much waits for an operator")
	f.requireBooks()
}

// The dispute holds back what, as far as can be known, the provider has not made.
func TestARequestThatTheProviderCarriesOutLateIsNotSentAgainAfterADispute(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	f.bank.refuseRefund = timeout()
	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err)
	f.dispute("pi_1", "needs_response", 22420, taken(22420))
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	f.bank.refuseRefund = nil
	f.bank.carryOutLate("pi_1", id, 22420)
	f.dispute("pi_1", "won", 22420, givenBack(22420))
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	}
	require.Equal(t, 22420, f.bank.sent())
	f.requireBooks()
}

// The customer has got the money twice: somebody has to know.
func TestARefundThatTheProviderMakesAfterItWentToTheWalletIsNoticed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
	require.NoError(t, second(f.steps.DivertRefund(t.Context(), command(id, "1"))))
	f.bank.carryOutLate("pi_1", id, 22420)

	for range 2 {
		require.Equal(t, 1, f.noteOutside("pi_1").Refunds)
	}

	require.Equal(t, 22420, f.walletOf("us_ben"))
	require.Equal(t, -22420, f.account("outside-refunds:INR"))
	require.Equal(t, 1, f.flags(booking.FlagOutsideRefund))
	f.requireBooks()
}
