package activities_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// toppedUp puts money into asha's wallet by card. She has a gift of 100,000 besides.
func (h *courthouse) toppedUp(id string, amount int64) booking.TopUpCredit {
	h.t.Helper()
	credit := h.topUp(id, amount)
	require.NoError(h.t, h.steps.CreditTopUp(h.t.Context(), credit))
	return credit
}

// spend buys seats from asha's wallet.
func (h *courthouse) spend(id string, seats ...string) int {
	h.t.Helper()
	quote := h.hold(id, "us_asha", seats...)
	require.NoError(h.t, h.confirm(wallet(id, quote)))
	return int(quote.Total)
}

func TestADisputedTopUpIsFrozenAndFreedWhenItIsWon(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.toppedUp("tu_1", 50000)
	for range 2 {
		h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
		require.Equal(t, 100000, h.walletOf("us_asha"))
		require.Equal(t, 50000, h.frozen("us_asha"))
	}
	quote := h.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
	requireRefusal(t, h.confirm(wallet("bk_1", quote)), booking.CodeInsufficientFunds)

	for range 2 {
		h.dispute(credit.IntentID, "won", 50000, taken(50000), givenBack(50000))
		require.Equal(t, 150000, h.walletOf("us_asha"))
		require.Zero(t, h.frozen("us_asha"))
	}
	require.Zero(t, h.account("dispute-losses:INR"))
	h.requireBooks()
}

func TestADisputedTopUpIsTakenWhenItIsLost(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.toppedUp("tu_1", 50000)
	h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	for range 2 {
		h.dispute(credit.IntentID, "lost", 50000, taken(50000))
		require.Equal(t, 100000, h.walletOf("us_asha"))
		require.Zero(t, h.frozen("us_asha"))
		require.Zero(t, h.account("dispute-losses:INR"), "nothing of it had been spent")
	}
	h.requireBooks()

	h.dispute(credit.IntentID, "won", 50000, taken(50000), givenBack(50000))
	require.Equal(t, 150000, h.walletOf("us_asha"), "the bank has changed its mind")
	require.Zero(t, h.account("dispute-losses:INR"))
	h.requireBooks()
}

func TestWhatWasSpentOfADisputedTopUpIsALoss(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.toppedUp("tu_1", 50000)
	spent := h.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	left := 150000 - spent
	require.Less(t, left, 50000)
	h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, left, h.frozen("us_asha"))
	require.Zero(t, h.walletOf("us_asha"))

	h.dispute(credit.IntentID, "lost", 50000, taken(50000))

	require.Equal(t, 50000-left, -h.account("dispute-losses:INR"))
	require.Zero(t, h.frozen("us_asha"))
	h.toppedUp("tu_2", 500)
	require.Equal(t, 500, h.walletOf("us_asha"), "new money is the customer's")
	h.requireBooks()
}

// Money that is set aside for a card under way is frozen when that ends unpaid, and not when it buys the seats that it was promised for.
func TestWhatIsReservedWhenADisputeComes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(*courthouse, booking.Payment)
		frozen int
	}{
		"it is released": {func(h *courthouse, _ booking.Payment) { h.release("bk_1", booking.StatusExpired) }, 50000},
		"it is sold":     {func(h *courthouse, p booking.Payment) { require.NoError(h.t, h.confirm(p)) }, 40000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newCourthouse(t)
			credit := h.toppedUp("tu_1", 50000)
			h.spend("bk_0", "B1", "B2") // two recliners
			h.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
			payment := h.payHybrid("bk_1", 1, int64(h.walletOf("us_asha")-40000))
			h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
			require.Equal(t, 40000, h.frozen("us_asha"))
			require.Zero(t, h.walletOf("us_asha"))

			test.end(h, payment)

			require.Equal(t, test.frozen, h.frozen("us_asha"))
			h.requireBooks()
		})
	}
}

// A booking that a disputed top-up has paid for may be cancelled: what comes back is frozen as well.
func TestThePriceOfABookingThatComesBackIsFrozen(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.showIn("50 hours")
	credit := h.toppedUp("tu_1", 50000)
	spent := h.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, 150000-spent, h.frozen("us_asha"))

	h.cancelTo(booking.RefundToOriginal, "bk_1")

	require.Equal(t, 50000, h.frozen("us_asha"))
	require.Equal(t, 100000, h.walletOf("us_asha"))
	h.requireBooks()
}

// It had come from a charge of its own, which nobody disputes.
func TestWhatACardHadPaidIsNotFrozenForADisputedTopUp(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.showIn("50 hours")
	credit := h.toppedUp("tu_1", 50000)
	left := 150000 - h.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	h.soldByCard("bk_2", "us_asha", "A6")
	h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, left, h.frozen("us_asha"))

	h.cancelTo(booking.RefundToWallet, "bk_2")

	require.Equal(t, left, h.frozen("us_asha"))
	require.Equal(t, 22420, h.walletOf("us_asha"))
	h.requireBooks()
}

func TestATopUpThatIsCreditedAfterItsDisputeIsFrozenAtOnce(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	credit := h.topUp("tu_1", 50000)
	h.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Zero(t, h.frozen("us_asha"))

	require.NoError(t, h.steps.CreditTopUp(t.Context(), credit))

	require.Equal(t, 50000, h.frozen("us_asha"))
	require.Equal(t, 100000, h.walletOf("us_asha"))
	h.requireBooks()
}

// What refunds had paid into the wallet before the charge was disputed is frozen, as far as the bank may take it a second time.
func TestARefundThatWentToTheWalletBeforeTheDisputeIsFrozen(t *testing.T) {
	t.Parallel()
	for name, pay := range map[string]func(*courthouse){
		"cancelled to the wallet": func(h *courthouse) { h.cancelTo(booking.RefundToWallet, "bk_1", "A1") },
		"diverted to the wallet": func(h *courthouse) {
			id := h.cancelTo(booking.RefundToOriginal, "bk_1", "A1").Refunds[0].RefundID
			h.bank.refundFate = "FAILED"
			h.send(id)
			_, err := h.steps.DivertRefund(h.t.Context(), command(id, "1"))
			require.NoError(h.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newCourthouse(t)
			h.showIn("50 hours")
			h.soldByCard("bk_1", "us_ben", "A1", "A2")
			pay(h)
			require.Equal(t, twoSeats/2, h.walletOf("us_ben"))

			h.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
			require.Zero(t, h.walletOf("us_ben"))
			require.Equal(t, twoSeats/2, h.frozen("us_ben"))
			h.dispute("pi_1", "lost", twoSeats, taken(twoSeats))

			require.Zero(t, h.frozen("us_ben"))
			require.Equal(t, twoSeats/2, -h.account("dispute-losses:INR"), "the seat that is still sold")
			h.requireBooks()
		})
	}
}

// A dispute about the other seat takes nothing that has gone to the wallet.
func TestADisputeThatLeavesEnoughOfTheChargeFreezesNothing(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	h.cancelTo(booking.RefundToWallet, "bk_1", "A1")

	h.dispute("pi_1", "needs_response", twoSeats/2, taken(twoSeats/2))

	require.Equal(t, twoSeats/2, h.walletOf("us_ben"))
	require.Zero(t, h.frozen("us_ben"))
	h.requireBooks()
}

// Whoever is first: a sale takes what it needs, and the dispute what is left; nobody spends what is frozen, and nothing blocks.
func TestADisputeOfATopUpAndAPurchaseAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		h := newCourthouse(t)
		credit := h.toppedUp("tu_1", 50000)
		quote := h.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
		var all sync.WaitGroup
		var disputed, bought error
		all.Go(func() {
			disputed = h.disputeIn(t.Context(), credit.IntentID, "needs_response", 50000, taken(50000))
		})
		all.Go(func() { bought = h.confirm(wallet("bk_1", quote)) })
		all.Wait()

		require.NoError(t, disputed)
		if bought == nil {
			require.Equal(t, 150000-int(quote.Total), h.frozen("us_asha"))
		} else {
			requireRefusal(t, bought, booking.CodeInsufficientFunds)
			require.Equal(t, 50000, h.frozen("us_asha"))
		}
		h.requireBooks()
	}
}
