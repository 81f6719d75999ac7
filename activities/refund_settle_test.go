package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func (h *house) settleByHand(refundID, commandID string) (booking.RefundReceipt, error) {
	return h.steps.SettleRefund(h.t.Context(), command(refundID, commandID))
}

func (h *house) giveBackByHand(amount int64) {
	h.bank.refundByHand("pi_1", booking.Money{Amount: amount, Currency: "INR"})
}

// The whole way: it succeeds, comes back, is given back by hand, and is settled; later news of the attempt that failed changes nothing.
func TestARefundThatWasGivenBackByHandIsSettled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	h.bank.turnRefund(id, provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)

	requireRefusal(t, second(h.settleByHand(id, "1")), booking.CodeInvalidState)
	h.giveBackByHand(22419)
	partly, err := h.settleByHand(id, "2")
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, partly.Status)
	require.Equal(t, 1, h.account("refunds-payable:INR"))
	h.giveBackByHand(1)
	for range 2 {
		receipt, err := h.settleByHand(id, "3")
		require.NoError(t, err, "and once more is harmless")
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
		require.Empty(t, receipt.FailureCode)
	}

	requireRefusal(t, second(h.settleByHand(id, "4")), booking.CodeInvalidState)
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	}
	require.Len(t, h.bank.refunds, 3, "nothing was sent")
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD, 1 NEEDS_ATTENTION CARD, 1 NEEDS_ATTENTION CARD, 2 SUCCEEDED CARD", h.history(id))
	require.Equal(t, 2, h.count(`SELECT count(*) FROM refund_events WHERE refund_id = $1 AND actor = 'us_admin' AND reason = 'the customer called'`, id))
	require.Equal(t, 0, h.account("card-clearing:INR"))
	require.Equal(t, "given back outside", h.text(`SELECT reason FROM ledger_transactions WHERE reference = $1`, id+":2"))
	h.requireBooks()
}

// What was given back once settles one refund, not each of those that would fit.
func TestMoneyGivenBackByHandSettlesOneRefund(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2", "A3")
	h.bank.refundFate = provider.RefundFailed
	var ids []string
	for _, seat := range []string{"A1", "A2", "A3"} {
		id := h.cancelSeats("bk_1", seat).Refunds[0].RefundID
		require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
		ids = append(ids, id)
	}
	h.giveBackByHand(22420)

	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { _, _ = h.settleByHand(id, fmt.Sprint(i)) })
	}
	all.Wait()

	require.Equal(t, 1, h.count(`SELECT count(*) FROM refunds WHERE status = 'SUCCEEDED'`))
	h.requireBooks()
	h.bank.refundFate = provider.RefundSucceeded
	for i, id := range ids {
		if h.text(`SELECT status FROM refunds WHERE id = $1`, id) != "SUCCEEDED" {
			require.Equal(t, booking.RefundInitiated, h.retry(id, fmt.Sprint("retry", i)).Status, "nobody has given this one back")
			require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
		}
	}
	require.Equal(t, 0, h.account("refunds-payable:INR"))
	h.requireBooks()
}

// The provider has made a refund and its answer was lost: nobody takes it for one by hand, and the payment's other refunds go their way.
func TestARefundWhoseAnswerWasLostIsNotTakenForOneByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	first, second := h.cancelSeats("bk_1", "A1").Refunds[0].RefundID, h.cancelSeats("bk_1").Refunds[0].RefundID
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, h.send(second).Status)
	h.bank.refuseRefund = nil
	h.bank.failRefund = timeout()
	_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: first})
	require.Error(t, err, "it acted, and then timed out")

	requireRefusal(t, func() error { _, err := h.settleByHand(second, "1"); return err }(), booking.CodeInvalidState)
	require.Equal(t, booking.RefundSucceeded, h.send(second).Status)
	require.Equal(t, booking.RefundSucceeded, h.send(first).Status)

	require.Zero(t, h.flags(booking.FlagRefund)+h.flags(booking.FlagOutsideRefund), "nobody has to do anything")
	require.Len(t, h.bank.refunds, 2)
	h.requireBooks()
}
