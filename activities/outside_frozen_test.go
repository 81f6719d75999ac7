package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// The money of one seat went into the wallet, that of the other was given back by hand, and the bank
// takes that of one seat again: whichever is known first, the wallet's part waits for the bank.
func TestARefundMadeOutsideThatIsNoticedAfterADisputeFreezesTheWallet(t *testing.T) {
	t.Parallel()
	const seat = twoSeats / 2
	for name, noteFirst := range map[string]bool{"noticed before": true, "noticed afterwards": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.cancelTo(booking.RefundToWallet, "bk_1", "A1")
			f.refundOutside("pi_1", seat)
			if noteFirst {
				f.noteOutside("pi_1")
			}
			f.dispute("pi_1", "needs_response", seat, taken(seat))
			for range 2 {
				f.noteOutside("pi_1")
			}
			require.Equal(t, seat, f.frozen("us_ben"))
			require.Zero(t, f.walletOf("us_ben"))
			f.dispute("pi_1", "lost", seat)
			require.Zero(t, f.frozen("us_ben"))
			require.Zero(t, f.walletOf("us_ben"))
			require.Zero(t, f.account("dispute-losses:INR"))
			f.requireBooks()
		})
	}
}

// One seat's money went back to the wallet and the bank takes the other's: when the refund made
// outside fails, nobody has been paid twice.
func TestARefundMadeOutsideThatFailsGivesTheWalletItsMoneyBack(t *testing.T) {
	t.Parallel()
	const seat = twoSeats / 2
	for name, failsFirst := range map[string]bool{"while the bank decides": true, "after the bank has decided": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.cancelTo(booking.RefundToWallet, "bk_1", "A1")
			byHand := f.refundOutside("pi_1", seat)
			f.noteOutside("pi_1")
			f.dispute("pi_1", "needs_response", seat, taken(seat))
			require.Equal(t, seat, f.frozen("us_ben"))
			fails := func() {
				f.bank.turnRefund(byHand, provider.RefundFailed)
				for range 2 {
					f.noteOutside("pi_1")
				}
				require.Zero(t, f.frozen("us_ben"))
				require.Equal(t, seat, f.walletOf("us_ben"))
				f.requireBooks()
			}
			if failsFirst {
				fails()
				f.dispute("pi_1", "lost", seat)
			} else {
				f.dispute("pi_1", "lost", seat)
				require.Zero(t, f.walletOf("us_ben"))
				fails()
			}
			require.Equal(t, seat, f.walletOf("us_ben"))
			require.Equal(t, -seat, f.account("dispute-losses:INR"), "the seat that is gone")
			f.requireBooks()
		})
	}
}
