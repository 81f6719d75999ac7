package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func (f *fixture) settleByHand(refundID, commandID string) (booking.RefundReceipt, error) {
	return f.steps.SettleRefund(f.t.Context(), command(refundID, commandID))
}

func (f *fixture) giveBackByHand(amount int64) {
	f.bank.refundByHand("pi_1", booking.Money{Amount: amount, Currency: "INR"})
}

// The whole way: it succeeds, comes back, is given back by hand, and is settled; later events of the failed attempt change nothing.
func TestARefundThatWasGivenBackByHandIsSettled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	f.bank.turnRefund(id, provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)

	requireRefusal(t, second(f.settleByHand(id, "1")), booking.CodeInvalidState)
	f.giveBackByHand(22419)
	partly, err := f.settleByHand(id, "2")
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, partly.Status)
	require.Equal(t, 1, f.account("refunds-payable:INR"))
	f.giveBackByHand(1)
	for range 2 {
		receipt, err := f.settleByHand(id, "3")
		require.NoError(t, err, "and once more is harmless")
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
		require.Empty(t, receipt.FailureCode)
	}

	requireRefusal(t, second(f.settleByHand(id, "4")), booking.CodeInvalidState)
	for range 2 {
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	}
	require.Len(t, f.bank.refunds, 3, "nothing was sent")
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD, 1 NEEDS_ATTENTION CARD, 1 NEEDS_ATTENTION CARD, 2 SUCCEEDED CARD", f.history(id))
	require.Equal(t, 2, f.count(`SELECT count(*) FROM refund_events WHERE refund_id = $1 AND actor = 'us_admin' AND reason = 'the customer called'`, id))
	require.Equal(t, 0, f.account("card-clearing:INR"))
	require.Equal(t, "given back outside", f.text(`SELECT reason FROM ledger_transactions WHERE reference = $1`, id+":2"))
	f.requireBooks()
}

// One refund by hand settles one refund of ours, not every one that it would fit.
func TestMoneyGivenBackByHandSettlesOneRefund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2", "A3")
	f.bank.refundFate = provider.RefundFailed
	var ids []string
	for _, seat := range []string{"A1", "A2", "A3"} {
		id := f.cancelSeats("bk_1", seat).Refunds[0].RefundID
		require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
		ids = append(ids, id)
	}
	f.giveBackByHand(22420)

	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { _, _ = f.settleByHand(id, fmt.Sprint(i)) })
	}
	all.Wait()

	require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds WHERE status = 'SUCCEEDED'`))
	f.requireBooks()
	f.bank.refundFate = provider.RefundSucceeded
	for i, id := range ids {
		if f.text(`SELECT status FROM refunds WHERE id = $1`, id) != "SUCCEEDED" {
			require.Equal(t, booking.RefundInitiated, f.retry(id, fmt.Sprint("retry", i)).Status, "nobody has given this one back")
			require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
		}
	}
	require.Equal(t, 0, f.account("refunds-payable:INR"))
	f.requireBooks()
}

// The provider has made a refund and its answer was lost: it is not taken for one made by hand, and
// the payment's other refunds are not affected.
func TestARefundWhoseAnswerWasLostIsNotTakenForOneByHand(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	first, second := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID, f.cancelSeats("bk_1").Refunds[0].RefundID
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, f.send(second).Status)
	f.bank.refuseRefund = nil
	f.bank.failRefund = timeout()
	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: first})
	require.Error(t, err, "it acted, and then timed out")

	requireRefusal(t, func() error { _, err := f.settleByHand(second, "1"); return err }(), booking.CodeInvalidState)
	require.Equal(t, booking.RefundSucceeded, f.send(second).Status)
	require.Equal(t, booking.RefundSucceeded, f.send(first).Status)

	require.Zero(t, f.flags(booking.FlagRefund)+f.flags(booking.FlagOutsideRefund), "nobody has to do anything")
	require.Len(t, f.bank.refunds, 2)
	f.requireBooks()
}
