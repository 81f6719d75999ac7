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
	again, err := r.Intent(t.Context(), ours.ID)
	require.NoError(t, err)
	require.Equal(t, "bk_1", again.BookingID)
}
