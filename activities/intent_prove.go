package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// unknownToProvider is what operators read about an intent that does not exist at the provider.
const unknownToProvider = "The payment provider does not know this intent, so that nothing can be collected on it. " +
	"Is STRIPE_SECRET_KEY that of the account that made it?"

// proveCollected asks the provider whether an intent has collected what an event says: a signature shows
// who sent an event, not that it is true. It refuses with PAYMENT_PENDING when nothing has been collected,
// and the caller goes on waiting for the money; and with PAYMENT_FAILED when it is another amount.
func (a *Activities) proveCollected(ctx context.Context, intentID string, due booking.Money) error {
	intent, err := a.askIntent(ctx, intentID)
	switch {
	case err != nil:
		return err
	case intent.Status != provider.IntentSucceeded:
		return a.refuseEvent(ctx, intentID, fmt.Sprintf("An event says that this intent was paid, and the payment provider that it is %s.", intent.Status))
	case intent.Received != due:
		return booking.Refuse(booking.CodePaymentFailed, fmt.Sprintf("received %s instead of %s", intent.Received, due))
	default:
		return nil
	}
}

// proveCancelled asks the provider whether an intent will never collect money, as an event says.
// Otherwise it refuses: the caller goes on waiting for the money, and its deadline asks again.
func (a *Activities) proveCancelled(ctx context.Context, intentID string) error {
	intent, err := a.askIntent(ctx, intentID)
	providerErr, known := errors.AsType[*provider.Error](err)
	switch {
	case known && providerErr.Retryable():
		return booking.Refuse(booking.CodeUnavailable, "the payment provider does not say whether the intent is cancelled")
	case err != nil:
		return err
	case intent.Status != provider.IntentCanceled:
		return a.refuseEvent(ctx, intentID, fmt.Sprintf("An event says that this intent was cancelled, and the payment provider that it is %s.", intent.Status))
	default:
		return nil
	}
}

// askIntent asks for an intent. Whatever the provider refuses for good means that it does not know the intent.
func (a *Activities) askIntent(ctx context.Context, intentID string) (provider.Intent, error) {
	intent, err := a.provider.Intent(ctx, intentID)
	if providerErr, answered := errors.AsType[*provider.Error](err); answered && !providerErr.Retryable() {
		return provider.Intent{}, a.refuseEvent(ctx, intentID, unknownToProvider)
	}
	return intent, err
}

// refuseEvent refuses what an event says of an intent, and alerts operators.
func (a *Activities) refuseEvent(ctx context.Context, intentID, message string) error {
	if err := flagIntent(ctx, db.New(a.pool), intentID, message); err != nil {
		return err
	}
	return booking.Refuse(booking.CodePaymentPending, message)
}

func flagIntent(ctx context.Context, q *db.Queries, intentID, message string) error {
	if err := q.FlagRaise(ctx, db.FlagRaiseParams{Kind: booking.FlagProvider, Subject: intentID, Message: message}); err != nil {
		return fmt.Errorf("raise flag: %w", err)
	}
	return nil
}
