package pricing_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

func TestARefundIsRefusedUnlessItIsTheSumThatWasTold(t *testing.T) {
	t.Parallel()
	refund := pricing.Refund{Amount: 15000}
	told, other := int64(15000), int64(15001)
	require.NoError(t, refund.RefuseUnless(nil))
	require.NoError(t, refund.RefuseUnless(&told))
	refusal, ok := errors.AsType[*booking.Refusal](refund.RefuseUnless(&other))
	require.True(t, ok)
	require.Equal(t, booking.CodeConflict, refusal.Code)
	require.EqualValues(t, 15000, refusal.Details["refund"])
	require.Error(t, pricing.Refund{}.RefuseUnless(&told), "nothing is a sum as well")
}

func TestARefundGoesWhereItIsWished(t *testing.T) {
	t.Parallel()
	refund := pricing.Refund{Amount: 15000, Wallet: 5000, Card: 10000}
	wallet, card := refund.To(booking.RefundToOriginal)
	require.Equal(t, [2]int64{5000, 10000}, [2]int64{wallet, card})
	wallet, card = refund.To(booking.RefundToWallet)
	require.Equal(t, [2]int64{15000, 0}, [2]int64{wallet, card})
}
