package activities_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// toppedUp puts money into asha's wallet by card. She also has a gift of 100,000.
func (f *disputeFixture) toppedUp(id string, amount int64) booking.TopUpCredit {
	f.t.Helper()
	credit := f.topUp(id, amount)
	require.NoError(f.t, f.steps.CreditTopUp(f.t.Context(), credit))
	return credit
}

// spend buys seats from asha's wallet.
func (f *disputeFixture) spend(id string, seats ...string) int {
	f.t.Helper()
	quote := f.hold(id, "us_asha", seats...)
	require.NoError(f.t, f.confirm(wallet(id, quote)))
	return int(quote.Total)
}

func TestADisputedTopUpIsFrozenAndFreedWhenItIsWon(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.toppedUp("tu_1", 50000)
	for range 2 {
		f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
		require.Equal(t, 100000, f.walletOf("us_asha"))
		require.Equal(t, 50000, f.frozen("us_asha"))
	}
	quote := f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
	requireRefusal(t, f.confirm(wallet("bk_1", quote)), booking.CodeInsufficientFunds)

	for range 2 {
		f.dispute(credit.IntentID, "won", 50000, taken(50000), givenBack(50000))
		require.Equal(t, 150000, f.walletOf("us_asha"))
		require.Zero(t, f.frozen("us_asha"))
	}
	require.Zero(t, f.account("dispute-losses:INR"))
	f.requireBooks()
}

func TestADisputedTopUpIsTakenWhenItIsLost(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.toppedUp("tu_1", 50000)
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	for range 2 {
		f.dispute(credit.IntentID, "lost", 50000, taken(50000))
		require.Equal(t, 100000, f.walletOf("us_asha"))
		require.Zero(t, f.frozen("us_asha"))
		require.Zero(t, f.account("dispute-losses:INR"), "nothing of it had been spent")
	}
	f.requireBooks()

	f.dispute(credit.IntentID, "won", 50000, taken(50000), givenBack(50000))
	require.Equal(t, 150000, f.walletOf("us_asha"), "the bank has changed its mind")
	require.Zero(t, f.account("dispute-losses:INR"))
	f.requireBooks()
}

func TestWhatWasSpentOfADisputedTopUpIsALoss(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.toppedUp("tu_1", 50000)
	spent := f.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	left := 150000 - spent
	require.Less(t, left, 50000)
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, left, f.frozen("us_asha"))
	require.Zero(t, f.walletOf("us_asha"))

	f.dispute(credit.IntentID, "lost", 50000, taken(50000))

	require.Equal(t, 50000-left, -f.account("dispute-losses:INR"))
	require.Zero(t, f.frozen("us_asha"))
	f.toppedUp("tu_2", 500)
	require.Equal(t, 500, f.walletOf("us_asha"), "new money is the customer's")
	f.requireBooks()
}

// Money that is set aside for a card payment is frozen when that payment ends unpaid, but not when it
// buys the seats that it was set aside for.
func TestWhatIsReservedWhenADisputeComes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(*disputeFixture, booking.Payment)
		frozen int
	}{
		"it is released": {func(f *disputeFixture, _ booking.Payment) { f.release("bk_1", booking.StatusExpired) }, 50000},
		"it is sold":     {func(f *disputeFixture, p booking.Payment) { require.NoError(f.t, f.confirm(p)) }, 40000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			credit := f.toppedUp("tu_1", 50000)
			f.spend("bk_0", "B1", "B2") // two recliners
			f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
			payment := f.payHybrid("bk_1", 1, int64(f.walletOf("us_asha")-40000))
			f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
			require.Equal(t, 40000, f.frozen("us_asha"))
			require.Zero(t, f.walletOf("us_asha"))

			test.end(f, payment)

			require.Equal(t, test.frozen, f.frozen("us_asha"))
			f.requireBooks()
		})
	}
}

// A booking that was paid from a disputed top-up may be cancelled: what comes back is frozen as well.
func TestThePriceOfABookingThatComesBackIsFrozen(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	credit := f.toppedUp("tu_1", 50000)
	spent := f.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, 150000-spent, f.frozen("us_asha"))

	f.cancelTo(booking.RefundToOriginal, "bk_1")

	require.Equal(t, 50000, f.frozen("us_asha"))
	require.Equal(t, 100000, f.walletOf("us_asha"))
	f.requireBooks()
}

// It had come from a charge of its own, which is not disputed.
func TestWhatACardHadPaidIsNotFrozenForADisputedTopUp(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	credit := f.toppedUp("tu_1", 50000)
	left := 150000 - f.spend("bk_1", "A1", "A2", "A3", "A4", "A5")
	f.soldByCard("bk_2", "us_asha", "A6")
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Equal(t, left, f.frozen("us_asha"))

	f.cancelTo(booking.RefundToWallet, "bk_2")

	require.Equal(t, left, f.frozen("us_asha"))
	require.Equal(t, 22420, f.walletOf("us_asha"))
	f.requireBooks()
}

func TestATopUpThatIsCreditedAfterItsDisputeIsFrozenAtOnce(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))
	require.Zero(t, f.frozen("us_asha"))

	require.NoError(t, f.steps.CreditTopUp(t.Context(), credit))

	require.Equal(t, 50000, f.frozen("us_asha"))
	require.Equal(t, 100000, f.walletOf("us_asha"))
	f.requireBooks()
}

// A dispute is locked before the wallet. Otherwise the two would wait for each other.
func TestACreditDoesNotKeepTheWalletWhileItWaitsForADispute(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.dispute(credit.IntentID, "needs_response", 50000, taken(50000))

	err := f.whileRowLocked("disputes", "dp_"+credit.IntentID, `SELECT FROM ledger_accounts WHERE id = 'wallet:us_asha:INR' FOR UPDATE`, func() error {
		return f.steps.CreditTopUp(t.Context(), credit)
	})

	require.NoError(t, err)
	require.Equal(t, 50000, f.frozen("us_asha"))
	f.requireBooks()
}

// What refunds had paid into the wallet before the charge was disputed is frozen, as far as the bank may take it a second time.
func TestARefundThatWentToTheWalletBeforeTheDisputeIsFrozen(t *testing.T) {
	t.Parallel()
	for name, pay := range map[string]func(*disputeFixture){
		"cancelled to the wallet": func(f *disputeFixture) { f.cancelTo(booking.RefundToWallet, "bk_1", "A1") },
		"diverted to the wallet": func(f *disputeFixture) {
			id := f.cancelTo(booking.RefundToOriginal, "bk_1", "A1").Refunds[0].RefundID
			f.bank.refundFate = "FAILED"
			f.send(id)
			_, err := f.steps.DivertRefund(f.t.Context(), command(id, "1"))
			require.NoError(f.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			pay(f)
			require.Equal(t, twoSeats/2, f.walletOf("us_ben"))

			f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
			require.Zero(t, f.walletOf("us_ben"))
			require.Equal(t, twoSeats/2, f.frozen("us_ben"))
			f.dispute("pi_1", "lost", twoSeats, taken(twoSeats))

			require.Zero(t, f.frozen("us_ben"))
			require.Equal(t, twoSeats/2, -f.account("dispute-losses:INR"), "the seat that is still sold")
			f.requireBooks()
		})
	}
}

// A dispute about the other seat takes nothing that has gone to the wallet.
func TestADisputeThatLeavesEnoughOfTheChargeFreezesNothing(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.cancelTo(booking.RefundToWallet, "bk_1", "A1")

	f.dispute("pi_1", "needs_response", twoSeats/2, taken(twoSeats/2))

	require.Equal(t, twoSeats/2, f.walletOf("us_ben"))
	require.Zero(t, f.frozen("us_ben"))
	f.requireBooks()
}

// A sale takes what it needs, and the dispute freezes the rest, or the other way round; nobody spends
// what is frozen, and nothing deadlocks.
func TestADisputeOfATopUpAndAPurchaseAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		f := newDisputeFixture(t)
		credit := f.toppedUp("tu_1", 50000)
		quote := f.hold("bk_1", "us_asha", "A1", "A2", "A3", "A4", "A5")
		var all sync.WaitGroup
		var disputed, bought error
		all.Go(func() {
			disputed = f.disputeIn(t.Context(), credit.IntentID, "needs_response", 50000, taken(50000))
		})
		all.Go(func() { bought = f.confirm(wallet("bk_1", quote)) })
		all.Wait()

		require.NoError(t, disputed)
		if bought == nil {
			require.Equal(t, 150000-int(quote.Total), f.frozen("us_asha"))
		} else {
			requireRefusal(t, bought, booking.CodeInsufficientFunds)
			require.Equal(t, 50000, f.frozen("us_asha"))
		}
		f.requireBooks()
	}
}
