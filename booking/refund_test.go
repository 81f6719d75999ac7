package booking_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestACancellationHasOneIdInWhateverOrderItsSeatsCome(t *testing.T) {
	t.Parallel()
	one := booking.CancellationID("bk_1", []string{"A10", "A2"})
	require.Equal(t, one, booking.CancellationID("bk_1", []string{"A2", "A10", "A2"}))
	require.NotEqual(t, one, booking.CancellationID("bk_1", []string{"A2"}))
	require.NotEqual(t, one, booking.CancellationID("bk_1", nil))
	require.NotEqual(t, one, booking.CancellationID("bk_2", []string{"A2", "A10"}))
	require.Equal(t, booking.CancellationID("bk_1", nil), booking.CancellationID("bk_1", []string{}))
	require.NotEqual(t, booking.CancellationRefundID(one, booking.TenderCard), booking.CancellationRefundID(one, booking.TenderWallet))
}

func TestARefundIsFoundByTheKeyOfEachAttempt(t *testing.T) {
	t.Parallel()
	id := booking.RefundID("pi_1")
	require.Equal(t, id, booking.RefundKey(id, 1))
	require.Equal(t, id+":12", booking.RefundKey(id, 12))
	for _, attempt := range []int{1, 2, 12} {
		require.Equal(t, id, booking.RefundOfKey(booking.RefundKey(id, attempt)))
	}
}

func TestARefundMovesOnlyWhereItsMoneyCanBe(t *testing.T) {
	t.Parallel()
	for from, to := range map[booking.RefundStatus][]booking.RefundStatus{
		booking.RefundInitiated:      {booking.RefundSucceeded, booking.RefundFailed, booking.RefundNeedsAttention, booking.RefundClosed},
		booking.RefundFailed:         {booking.RefundInitiated, booking.RefundSucceeded, booking.RefundNeedsAttention, booking.RefundClosed},
		booking.RefundNeedsAttention: {booking.RefundInitiated, booking.RefundSucceeded, booking.RefundClosed},
		booking.RefundSucceeded:      {booking.RefundNeedsAttention},
	} {
		for _, next := range []booking.RefundStatus{
			booking.RefundInitiated, booking.RefundSucceeded, booking.RefundFailed, booking.RefundNeedsAttention, booking.RefundClosed,
		} {
			require.Equal(t, slices.Contains(to, next), from.CanBecome(next), "%s to %s", from, next)
		}
	}
}

func TestWhichRefundsAreAtTheirEnd(t *testing.T) {
	t.Parallel()
	for status, ended := range map[booking.RefundStatus]bool{
		booking.RefundInitiated: false, booking.RefundFailed: false, booking.RefundNeedsAttention: false,
		booking.RefundSucceeded: true, booking.RefundClosed: true,
	} {
		require.Equal(t, ended, status.Ended(), status)
	}
}
