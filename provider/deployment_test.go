package provider_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

func TestAnIntentOfAnotherDeploymentIsNobodysBooking(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{SecretKey: secretKey})
	ours := r.created(t)
	staging, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: r.url, Deployment: "staging"})
	require.NoError(t, err)

	seen, err := staging.Intent(t.Context(), ours.ID)

	require.NoError(t, err)
	require.Empty(t, seen.BookingID)
	require.Empty(t, seen.PaymentID)
	topUp, err := r.CreateIntent(t.Context(), provider.IntentRequest{Amount: money(100), TopUpID: "tu_1", IdempotencyKey: "tu_1"})
	require.NoError(t, err)
	seen, err = staging.Intent(t.Context(), topUp.ID)
	require.NoError(t, err)
	require.Empty(t, seen.TopUpID)
	again, err := r.Intent(t.Context(), ours.ID)
	require.NoError(t, err)
	require.Equal(t, "bk_1", again.BookingID)
}

func TestARefundOfAnotherDeploymentIsNobodysRefundButIsFound(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{SecretKey: secretKey})
	in := r.paid(t, "pm_card_visa")
	ours, err := r.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
	require.NoError(t, err)
	require.Equal(t, "rf_1", ours.RefundID)
	require.Equal(t, in.ID, ours.IntentID)
	require.False(t, ours.Created.Before(in.Created))

	renamed, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: r.url, Deployment: "renamed"})
	require.NoError(t, err)
	again, err := renamed.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
	require.NoError(t, err)
	require.Equal(t, ours.ID, again.ID, "another name must not pay twice")
	require.Empty(t, again.RefundID)
	r.madeRefunds(t, 1)
}
