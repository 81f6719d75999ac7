package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// chargeRefunded is the event of a charge of which something was given back, by whomever. An endpoint with an old version of the provider's API
// gets no other for a refund that has just been made.
const chargeRefunded = "charge.refunded"

// States of a refund at the provider whose money is there again.
const (
	stripeRefundFailed   = "failed"
	stripeRefundCanceled = "canceled"
)

// acceptChargeRefunded finds out whether more of a charge has been given back than we know of.
func (h *handlers) acceptChargeRefunded(ctx context.Context, received stripeEvent, correlationID string) (outcome string, err error) {
	var said struct {
		ID       string  `json:"id"`
		Intent   *string `json:"payment_intent"`
		Refunded int64   `json:"amount_refunded"`
	}
	if err := json.Unmarshal(received.object, &said); err != nil || !isID(said.ID) || said.Intent != nil && !isID(*said.Intent) || said.Refunded < 0 {
		return "", malformed("data.object", "This is not a charge.")
	}
	return h.acceptOutsideRefund(ctx, received, said.Intent, correlationID, func() (bool, error) {
		known, err := h.queries.ChargeGivenBack(ctx, *said.Intent)
		return known >= said.Refunded, err
	})
}

// isBooked says whether our books have a refund made outside as an event tells of it.
func (h *handlers) isBooked(ctx context.Context, said stripeRefund) (bool, error) {
	stands := said.Status != stripeRefundFailed && said.Status != stripeRefundCanceled
	row, err := h.queries.OutsideRefundByID(ctx, said.ID)
	if db.IsNotFound(err) {
		return !stands, nil
	}
	return (row.Status == booking.OutsideRefundStanding) == stands, err
}

// acceptOutsideRefund tells the workflow of a charge's outside refunds that there may be news, unless it is known already. Charges of others,
// who may share the account at the provider, are nothing to us.
func (h *handlers) acceptOutsideRefund(
	ctx context.Context, received stripeEvent, intentID *string, correlationID string, known func() (bool, error),
) (outcome string, err error) {
	event := db.WebhookStoreParams{
		EventID: received.id, Type: shortened(received.kind), Outcome: eventIgnored, OccurredAt: received.created,
	}
	owner, err := db.IntentOwnerRow{}, pgx.ErrNoRows
	if intentID != nil {
		owner, err = h.queries.IntentOwner(ctx, *intentID)
	}
	switch {
	case db.IsNotFound(err):
		_, err := h.queries.WebhookStore(ctx, event)
		return event.Outcome, err
	case err != nil:
		return "", fmt.Errorf("find whose charge it is: %w", err)
	}
	hint := booking.OutsideRefundEvent{EventID: received.id, IntentID: *intentID, CorrelationID: correlationID}
	event.IntentID, event.BookingID = intentID, owner.BookingID
	if event.Event, err = json.Marshal(hint); err != nil {
		return "", err
	}
	old, err := known()
	if err != nil {
		return "", fmt.Errorf("look for the refund: %w", err)
	}
	if !old {
		if err := h.engine.TellOutsideRefunds(ctx, hint); err != nil {
			return "", err
		}
		event.Outcome = eventSignalled
	}
	if _, err := h.queries.WebhookStore(ctx, event); err != nil {
		return "", fmt.Errorf("store event: %w", err)
	}
	return event.Outcome, nil
}
