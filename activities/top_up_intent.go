package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// OpenTopUpIntent asks the provider for the intent of a top-up that has been written. The top-up's id
// is the key, so that a repeat finds the same intent.
func (a *Activities) OpenTopUpIntent(ctx context.Context, req booking.TopUpRequest) (booking.Intent, error) {
	q := db.New(a.pool)
	intent, err := a.provider.CreateIntent(ctx, provider.IntentRequest{
		Amount:         req.Amount,
		TopUpID:        req.TopUpID,
		CorrelationID:  req.CorrelationID,
		IdempotencyKey: req.TopUpID,
		Description:    "Top-up " + req.TopUpID,
	})
	if err != nil {
		return booking.Intent{}, a.topUpRefused(ctx, q, req.TopUpID, err)
	}
	if err := q.TopUpSetIntent(ctx, db.TopUpSetIntentParams{ID: req.TopUpID, IntentID: intent.ID}); err != nil {
		return booking.Intent{}, classify(fmt.Errorf("record intent: %w", err))
	}
	return booking.Intent{IntentID: intent.ID, ClientSecret: intent.ClientSecret}, nil
}

// topUpRefused ends a top-up that the provider will never collect; any other failure is worth retrying.
func (a *Activities) topUpRefused(ctx context.Context, q *db.Queries, id string, err error) error {
	providerErr, ok := errors.AsType[*provider.Error](err)
	if !ok || providerErr.Kind != provider.KindRejected {
		return classify(err)
	}
	_, err = q.TopUpNote(ctx, db.TopUpNoteParams{ID: id, Status: booking.TopUpCancelled, DeclineCode: optional(providerErr.Code)})
	if err != nil {
		return classify(err)
	}
	return classify(booking.TopUpRefused(providerErr.Code))
}
