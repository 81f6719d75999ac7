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
	expected, other := int64(15000), int64(15001)
	require.NoError(t, refund.RefuseUnless(nil))
	require.NoError(t, refund.RefuseUnless(&expected))
	refusal, ok := errors.AsType[*booking.Refusal](refund.RefuseUnless(&other))
	require.True(t, ok)
	require.Equal(t, booking.CodeConflict, refusal.Code)
	require.EqualValues(t, 15000, refusal.Details["refund"])
	require.Error(t, pricing.Refund{}.RefuseUnless(&expected), "nothing is a sum as well")
}

func TestARefundGoesWhereTheCustomerWantsExceptWhatWasGivenBackOutside(t *testing.T) {
	t.Parallel()
	refund := pricing.Refund{Amount: 15000, Wallet: 5000, Card: 10000}
	for name, test := range map[string]struct {
		charge             pricing.Charge
		refundTo           booking.RefundTo
		wallet, card, paid int64
	}{
		"to the tenders":                           {pricing.Charge{Left: 20000}, booking.RefundToOriginal, 5000, 10000, 0},
		"to the wallet":                            {pricing.Charge{Left: 20000}, booking.RefundToWallet, 15000, 0, 0},
		"to the tenders, some of it outside":       {pricing.Charge{Left: 16000, Free: 4000}, booking.RefundToOriginal, 5000, 6000, 4000},
		"to the wallet, some of it outside":        {pricing.Charge{Left: 16000, Free: 4000}, booking.RefundToWallet, 11000, 0, 4000},
		"all of the card's part outside":           {pricing.Charge{Left: 0, Free: 20000}, booking.RefundToWallet, 5000, 0, 10000},
		"a goodwill while the charge has enough":   {pricing.Charge{Left: 10000, WrittenOff: 10000}, booking.RefundToOriginal, 5000, 10000, 0},
		"a goodwill when the charge has no more":   {pricing.Charge{Left: 3000, WrittenOff: 9000}, booking.RefundToOriginal, 5000, 3000, 7000},
		"more given back than the charge had":      {pricing.Charge{Left: -500, WrittenOff: 9000}, booking.RefundToWallet, 6000, 0, 9000},
		"some of it outside, some of it goodwill":  {pricing.Charge{Left: 2000, Free: 3000, WrittenOff: 9000}, booking.RefundToOriginal, 5000, 2000, 8000},
		"a goodwill of which there is not so much": {pricing.Charge{Left: 0, Free: 3000, WrittenOff: 1000}, booking.RefundToOriginal, 5000, 6000, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wallet, card, paid := refund.To(test.refundTo, test.charge)
			require.Equal(t, [3]int64{test.wallet, test.card, test.paid}, [3]int64{wallet, card, paid})
		})
	}
}
