package inbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// chargeRefunded is the event of a charge of which something was given back, by us or by hand. An
// endpoint with an old version of the provider's API gets no other event for a new refund.
const chargeRefunded = "charge.refunded"

// States of a refund at the provider whose money is with us again.
const (
	stripeRefundFailed   = "failed"
	stripeRefundCanceled = "canceled"
)

// acceptChargeRefunded finds out whether more of a charge has been given back than we know of.
func (i *Inbox) acceptChargeRefunded(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error) {
	var said struct {
		ID       string  `json:"id"`
		Intent   *string `json:"payment_intent"`
		Refunded int64   `json:"amount_refunded"`
	}
	if err := json.Unmarshal(received.object, &said); err != nil || !booking.IsID(said.ID) || said.Intent != nil && !booking.IsID(*said.Intent) || said.Refunded < 0 {
		return "", unreadable("This is not a charge.")
	}
	return i.acceptOutsideRefund(ctx, received, said.Intent, correlationID, func() (bool, error) {
		known, err := i.queries.ChargeGivenBack(ctx, *said.Intent)
		return known >= said.Refunded, err
	})
}

// isBooked says whether our books have a refund made outside in the state that an event reports.
func (i *Inbox) isBooked(ctx context.Context, said stripeRefund) (bool, error) {
	stands := said.Status != stripeRefundFailed && said.Status != stripeRefundCanceled
	row, err := i.queries.OutsideRefundByID(ctx, said.ID)
	if db.IsNotFound(err) {
		return !stands, nil
	}
	return (row.Status == booking.OutsideRefundStanding) == stands, err
}

// acceptOutsideRefund tells the workflow of a charge's outside refunds that something may have changed, unless
// it is known already. Charges of other systems, which may share the account at the provider, are ignored.
func (i *Inbox) acceptOutsideRefund(
	ctx context.Context, received incoming, intentID *string, correlationID string, known func() (bool, error),
) (outcome Outcome, err error) {
	stored := received.row(Ignored)
	owner, err := db.IntentOwnerRow{}, pgx.ErrNoRows
	if intentID != nil {
		owner, err = i.queries.IntentOwner(ctx, *intentID)
	}
	switch {
	case db.IsNotFound(err):
		_, err := i.queries.WebhookStore(ctx, stored)
		return Outcome(stored.Outcome), err
	case err != nil:
		return "", fmt.Errorf("find whose charge it is: %w", err)
	}
	hint := booking.OutsideRefundEvent{EventID: received.id, IntentID: *intentID, CorrelationID: correlationID}
	stored.IntentID, stored.BookingID = intentID, owner.BookingID
	if stored.Event, err = json.Marshal(hint); err != nil {
		return "", err
	}
	old, err := known()
	if err != nil {
		return "", fmt.Errorf("look for the refund: %w", err)
	}
	if !old {
		if err := i.options.Engine.TellOutsideRefunds(ctx, hint); err != nil {
			return "", err
		}
		stored.Outcome = string(Signalled)
	}
	if _, err := i.queries.WebhookStore(ctx, stored); err != nil {
		return "", fmt.Errorf("store event: %w", err)
	}
	return Outcome(stored.Outcome), nil
}
