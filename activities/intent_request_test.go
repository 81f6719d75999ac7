package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// attentiveBank remembers what intents it has been asked for.
type attentiveBank struct {
	*fakeProvider
	asked []provider.IntentRequest
}

func (b *attentiveBank) CreateIntent(ctx context.Context, req provider.IntentRequest) (provider.Intent, error) {
	b.asked = append(b.asked, req)
	return b.fakeProvider.CreateIntent(ctx, req)
}

func TestTheProviderIsAskedForWhatTheCardOwes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bank := &attentiveBank{fakeProvider: f.bank}
	f.steps = activities.New(f.worker, bank)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")

	payment := f.payHybrid("bk_1", 1, 20000)
	credit := f.topUp("tu_1", 50000)

	require.Equal(t, quote.Total-20000, payment.Card.Amount)
	require.Equal(t, []provider.IntentRequest{
		{
			Amount: payment.Card, BookingID: "bk_1", PaymentID: payment.ID, CorrelationID: "test",
			IdempotencyKey: booking.AttemptKey("bk_1", 1), Description: "Booking bk_1",
		},
		{
			Amount: booking.Money{Amount: 50000, Currency: "INR"}, TopUpID: credit.TopUpID, CorrelationID: "test",
			IdempotencyKey: "tu_1", Description: "Top-up tu_1",
		},
	}, bank.asked)
}
