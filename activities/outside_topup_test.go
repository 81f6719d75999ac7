package activities_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// requireTaken checks what a top-up that was refunded outside has left in asha's wallet, and what it has cost us.
func (h *courthouse) requireTaken(wallet, lost int) {
	h.t.Helper()
	require.Equal(h.t, [2]int{wallet, lost}, [2]int{h.walletOf("us_asha"), -h.account("refund-losses:INR")}, "in the wallet, lost")
	require.Zero(h.t, h.account("outside-refunds:INR"), "nothing of it waits for an operator")
	require.Equal(h.t, lost, h.count(`SELECT COALESCE(sum(written_off), 0) FROM outside_refunds`))
	h.requireBooks()
}

func TestATopUpThatIsRefundedOutsideIsTakenFromItsWallet(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.toppedUp("tu_1", 50000)
	for _, amount := range []int64{20000, 30000} {
		h.refundOutside(credit.IntentID, amount)
		for range 2 {
			h.noteOutside(credit.IntentID)
		}
	}
	h.requireTaken(100000, 0)
	require.Zero(t, h.account("card-clearing:INR"), "the provider has nothing of it left")
	require.Equal(t, "RECORDED TAKEN RECORDED TAKEN", h.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
	require.Equal(t, 2, h.flags(booking.FlagOutsideRefund))
	id := h.text(`SELECT id FROM outside_refunds WHERE amount = 30000`)
	for _, err := range []error{
		second(h.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "1"))), second(h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "2"))),
	} {
		requireRefusal(t, err, booking.CodeInvalidState)
	}

	h.bank.turnRefund(id, provider.RefundFailed)
	for range 2 {
		h.noteOutside(credit.IntentID)
		h.requireTaken(130000, 0)
	}
	require.Equal(t, -30000, h.account("card-clearing:INR"))
}

// What was spent is a loss, and no loss any more when it comes back into the wallet.
func TestWhatWasSpentOfATopUpThatIsRefundedOutsideIsALoss(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.showIn("50 hours")
	credit := h.toppedUp("tu_1", 50000)
	spent := h.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	id := h.refundOutside(credit.IntentID, 50000)
	for range 2 {
		h.noteOutside(credit.IntentID)
		h.requireTaken(0, spent-100000)
	}

	h.cancelTo(booking.RefundToOriginal, "bk_1")

	h.requireTaken(100000, 0)
	require.Equal(t, "RECORDED TAKEN WRITTEN_OFF TAKEN_BACK TAKEN", h.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
	h.bank.turnRefund(id, provider.RefundFailed)
	h.noteOutside(credit.IntentID)
	h.requireTaken(150000, 0)
}

// Money that is set aside for a card under way is taken when that ends unpaid.
func TestWhatIsReservedWhenATopUpIsRefundedOutside(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.toppedUp("tu_1", 50000)
	h.spend("bk_0", "B1", "B2")
	h.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
	h.payHybrid("bk_1", 1, int64(h.walletOf("us_asha")-40000))
	h.refundOutside(credit.IntentID, 50000)
	h.noteOutside(credit.IntentID)
	h.requireTaken(0, 10000)

	reserved := h.count(`SELECT balance FROM ledger_accounts WHERE id = 'wallet-reserved:us_asha:INR'`)
	h.release("bk_1", booking.StatusExpired)

	h.requireTaken(reserved-10000, 0)
}

// A top-up that is disputed and refunded outside is taken once from its wallet: an inquiry may be answered by a refund.
func TestATopUpThatIsDisputedAndRefundedOutside(t *testing.T) {
	t.Parallel()
	t.Run("an inquiry that a refund has answered", func(t *testing.T) {
		t.Parallel()
		h := newCourthouse(t)
		credit := h.toppedUp("tu_1", 50000)
		h.dispute(credit.IntentID, "warning_needs_response", 50000)
		h.refundOutside(credit.IntentID, 50000)
		h.noteOutside(credit.IntentID)
		require.Equal(t, 50000, h.frozen("us_asha"))
		h.requireTaken(100000, 50000)
		for range 2 {
			h.dispute(credit.IntentID, "warning_closed", 50000)
			require.Zero(t, h.frozen("us_asha"))
			h.requireTaken(100000, 0)
		}
	})
	t.Run("a dispute that is lost after a part was given back", func(t *testing.T) {
		t.Parallel()
		h := newCourthouse(t)
		credit := h.toppedUp("tu_1", 50000)
		id := h.refundOutside(credit.IntentID, 20000)
		h.noteOutside(credit.IntentID)
		h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
		require.Equal(t, 30000, h.frozen("us_asha"), "the rest of it")
		h.bank.turnRefund(id, provider.RefundFailed)
		h.noteOutside(credit.IntentID)
		require.Equal(t, 50000, h.frozen("us_asha"), "the refund has failed")
		h.dispute(credit.IntentID, "lost", 50000, taken(50000))
		h.requireTaken(100000, 0)
		require.Zero(t, h.account("dispute-losses:INR"))
	})
}

// Money that has been given back before it was credited fills no wallet, and what is left of it goes back.
func TestATopUpThatIsRefundedOutsideBeforeItIsCredited(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.topUp("tu_1", 50000)
	h.bank.pay(credit.IntentID)
	id := h.refundOutside(credit.IntentID, 20000)
	h.noteOutside(credit.IntentID)
	require.Zero(t, h.account("refund-losses:INR"), "it pays what goes back")
	require.Equal(t, 1, h.flags(booking.FlagOutsideRefund))
	h.exec(`UPDATE flags SET resolved_at = now(), resolved_by = 'us_ben', resolution = 'seen'`)
	requireRefusal(t, h.steps.CreditTopUp(t.Context(), credit), booking.CodeInvalidState)

	_, err := h.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: credit.IntentID, Amount: credit.Received, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)

	require.Equal(t, 30000, h.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND outside_refund_id IS NULL`))
	h.requireTaken(100000, 0)

	h.bank.turnRefund(id, provider.RefundFailed)
	h.noteOutside(credit.IntentID)
	h.requireTaken(100000, 0)
	require.Equal(t, 20000, h.account("refunds-payable:INR"), "it is owed to the card again, and no wallet has it")
	require.Equal(t, 1, h.flags(booking.FlagOutsideRefund), "operators are told of the failure, too")
}

// Whoever is first: a sale takes what it needs, and the refund what is left; the wallet never has less than nothing, and nothing blocks.
func TestATopUpThatIsRefundedOutsideWhileItIsSpent(t *testing.T) {
	t.Parallel()
	for range 4 {
		h := newCourthouse(t)
		credit := h.toppedUp("tu_1", 50000)
		quote := h.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
		h.refundOutside(credit.IntentID, 50000)
		var all sync.WaitGroup
		var bought error
		all.Go(func() { h.noteOutside(credit.IntentID) })
		all.Go(func() { bought = h.confirm(wallet("bk_1", quote)) })
		all.Wait()
		if bought == nil {
			h.requireTaken(0, int(quote.Total)-100000)
		} else {
			requireRefusal(t, bought, booking.CodeInsufficientFunds)
			h.requireTaken(100000, 0)
		}
	}
}
