package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// CloseIntent has the provider collect no more money on an intent and says what it has collected. A charge that is
// still processing cannot be closed: that is an error until it is decided, and the caller decides how long to retry.
func (a *Activities) CloseIntent(ctx context.Context, req booking.IntentClosing) (booking.ClosedIntent, error) {
	// The key is new for every try: the provider would repeat the stored failure of an old one, and
	// closing an intent twice is harmless.
	info := activity.GetInfo(ctx)
	key := fmt.Sprintf("%s:close:%s:%d", info.WorkflowExecution.RunID, info.ActivityID, info.Attempt)
	intent, err := a.provider.CancelIntent(ctx, req.IntentID, key)
	if providerErr, answered := errors.AsType[*provider.Error](err); answered && providerErr.Kind == provider.KindNotFound {
		return a.unknownIntent(ctx, req.IntentID)
	}
	if err != nil {
		return booking.ClosedIntent{}, classify(err)
	}
	closed := booking.ClosedIntent{IntentID: intent.ID, BookingID: intent.BookingID, PaymentID: intent.PaymentID, TopUpID: intent.TopUpID}
	switch intent.Status {
	case provider.IntentSucceeded:
		closed.Received = intent.Received
		return closed, nil
	case provider.IntentCanceled:
		return closed, nil
	default:
		return booking.ClosedIntent{}, temporal.NewApplicationError("the provider is still processing the charge", booking.FailureStillProcessing)
	}
}

// unknownIntent is the result for an intent that the provider does not know: it collects nothing, and
// operators are alerted. Its owner is read from the database, so that what waits for it can end.
func (a *Activities) unknownIntent(ctx context.Context, intentID string) (booking.ClosedIntent, error) {
	q := db.New(a.pool)
	closed := booking.ClosedIntent{IntentID: intentID, Unknown: true}
	waiting, err := q.IntentAwaited(ctx, intentID)
	if err != nil && !db.IsNotFound(err) {
		return booking.ClosedIntent{}, classify(fmt.Errorf("look for who waits for the intent: %w", err))
	}
	closed.BookingID, closed.PaymentID, closed.TopUpID = waiting.BookingID, waiting.PaymentID, waiting.TopUpID
	return closed, classify(flagIntent(ctx, q, intentID, unknownToProvider))
}
