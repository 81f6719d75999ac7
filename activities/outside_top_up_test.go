package activities_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// requireTaken checks what a top-up that was refunded outside has left in asha's wallet, and what it has cost us.
func (f *disputeFixture) requireTaken(wallet, lost int) {
	f.t.Helper()
	require.Equal(f.t, [2]int{wallet, lost}, [2]int{f.walletOf("us_asha"), -f.account("refund-losses:INR")}, "in the wallet, lost")
	require.Zero(f.t, f.account("outside-refunds:INR"), "nothing of it waits for an operator")
	require.Equal(f.t, lost, f.count(`SELECT COALESCE(sum(written_off), 0) FROM outside_refunds`))
	f.requireBooks()
}

func TestATopUpThatIsRefundedOutsideIsTakenFromItsWallet(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.toppedUp("tu_1", 50000)
	for _, amount := range []int64{20000, 30000} {
		f.refundOutside(credit.IntentID, amount)
		for range 2 {
			f.noteOutside(credit.IntentID)
		}
	}
	f.requireTaken(100000, 0)
	require.Zero(t, f.account("card-clearing:INR"), "the provider has nothing of it left")
	require.Equal(t, "RECORDED TAKEN RECORDED TAKEN", f.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
	require.Equal(t, 2, f.flags(booking.FlagOutsideRefund))
	id := f.text(`SELECT id FROM outside_refunds WHERE amount = 30000`)
	for _, err := range []error{
		second(f.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "1"))), second(f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "2"))),
	} {
		requireRefusal(t, err, booking.CodeInvalidState)
	}

	f.bank.turnRefund(id, provider.RefundFailed)
	for range 2 {
		f.noteOutside(credit.IntentID)
		f.requireTaken(130000, 0)
	}
	require.Equal(t, -30000, f.account("card-clearing:INR"))
}

// What was spent is a loss, which is reversed when the money comes back into the wallet.
func TestWhatWasSpentOfATopUpThatIsRefundedOutsideIsALoss(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	credit := f.toppedUp("tu_1", 50000)
	spent := f.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	id := f.refundOutside(credit.IntentID, 50000)
	for range 2 {
		f.noteOutside(credit.IntentID)
		f.requireTaken(0, spent-100000)
	}

	f.cancelTo(booking.RefundToOriginal, "bk_1")

	f.requireTaken(100000, 0)
	require.Equal(t, "RECORDED TAKEN WRITTEN_OFF TAKEN_BACK TAKEN", f.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
	f.bank.turnRefund(id, provider.RefundFailed)
	f.noteOutside(credit.IntentID)
	f.requireTaken(150000, 0)
}

// Money that is set aside for a card payment is taken when that payment ends unpaid.
func TestWhatIsReservedWhenATopUpIsRefundedOutside(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.toppedUp("tu_1", 50000)
	f.spend("bk_0", "B1", "B2")
	f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
	f.payHybrid("bk_1", 1, int64(f.walletOf("us_asha")-40000))
	f.refundOutside(credit.IntentID, 50000)
	f.noteOutside(credit.IntentID)
	f.requireTaken(0, 10000)

	reserved := f.count(`SELECT balance FROM ledger_accounts WHERE id = 'wallet-reserved:us_asha:INR'`)
	f.release("bk_1", booking.StatusExpired)

	f.requireTaken(reserved-10000, 0)
}

// A top-up that is disputed and refunded outside is taken from its wallet only once: an inquiry may be answered by a refund.
func TestATopUpThatIsDisputedAndRefundedOutside(t *testing.T) {
	t.Parallel()
	t.Run("an inquiry that a refund has answered", func(t *testing.T) {
		t.Parallel()
		f := newDisputeFixture(t)
		credit := f.toppedUp("tu_1", 50000)
		f.dispute(credit.IntentID, "warning_needs_response", 50000)
		f.refundOutside(credit.IntentID, 50000)
		f.noteOutside(credit.IntentID)
		require.Equal(t, 50000, f.frozen("us_asha"))
		f.requireTaken(100000, 50000)
		for range 2 {
			f.dispute(credit.IntentID, "warning_closed", 50000)
			require.Zero(t, f.frozen("us_asha"))
			f.requireTaken(100000, 0)
		}
	})
	t.Run("a dispute that is lost after a part was given back", func(t *testing.T) {
		t.Parallel()
		f := newDisputeFixture(t)
		credit := f.toppedUp("tu_1", 50000)
		id := f.refundOutside(credit.IntentID, 20000)
		f.noteOutside(credit.IntentID)
		f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
		require.Equal(t, 30000, f.frozen("us_asha"), "the rest of it")
		f.bank.turnRefund(id, provider.RefundFailed)
		f.noteOutside(credit.IntentID)
		require.Equal(t, 50000, f.frozen("us_asha"), "the refund has failed")
		f.dispute(credit.IntentID, "lost", 50000, taken(50000))
		f.requireTaken(100000, 0)
		require.Zero(t, f.account("dispute-losses:INR"))
	})
}

// Money that was given back before it was credited is not put into the wallet, and the rest of it is refunded.
func TestATopUpThatIsRefundedOutsideBeforeItIsCredited(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.bank.pay(credit.IntentID)
	id := f.refundOutside(credit.IntentID, 20000)
	f.noteOutside(credit.IntentID)
	require.Zero(t, f.account("refund-losses:INR"), "it pays what goes back")
	require.Equal(t, 1, f.flags(booking.FlagOutsideRefund))
	f.exec(`UPDATE flags SET resolved_at = now(), resolved_by = 'us_ben', resolution = 'seen'`)
	requireRefusal(t, f.steps.CreditTopUp(t.Context(), credit), booking.CodeInvalidState)

	_, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: credit.IntentID, Amount: credit.Received, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)

	require.Equal(t, 30000, f.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND outside_refund_id IS NULL`))
	f.requireTaken(100000, 0)

	f.bank.turnRefund(id, provider.RefundFailed)
	f.noteOutside(credit.IntentID)
	f.requireTaken(100000, 0)
	require.Equal(t, 20000, f.account("refunds-payable:INR"), "it is owed to the card again, and no wallet has it")
	require.Equal(t, 1, f.flags(booking.FlagOutsideRefund), "operators are told of the failure, too")
}

// A sale takes what it needs, and the refund the rest, or the other way round; the wallet never
// becomes negative, and nothing deadlocks.
func TestATopUpThatIsRefundedOutsideWhileItIsSpent(t *testing.T) {
	t.Parallel()
	for range 4 {
		f := newDisputeFixture(t)
		credit := f.toppedUp("tu_1", 50000)
		quote := f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
		f.refundOutside(credit.IntentID, 50000)
		var all sync.WaitGroup
		var bought error
		all.Go(func() { f.noteOutside(credit.IntentID) })
		all.Go(func() { bought = f.confirm(wallet("bk_1", quote)) })
		all.Wait()
		if bought == nil {
			f.requireTaken(0, int(quote.Total)-100000)
		} else {
			requireRefusal(t, bought, booking.CodeInsufficientFunds)
			f.requireTaken(100000, 0)
		}
	}
}
