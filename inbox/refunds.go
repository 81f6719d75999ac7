package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// refundEvents are the events whose object is a refund.
var refundEvents = []string{refundCreated, "refund.updated", "refund.failed", "charge.refund.updated"}

// refundCreated is the event of a refund that has just been made.
const refundCreated = "refund.created"

// States of a refund at the provider.
const (
	stripeRefundPending   = "pending"
	stripeRefundSucceeded = "succeeded"
)

// stripeRefund is the part of a refund that we use.
type stripeRefund struct {
	ID string `json:"id"`
	// Status may be unknown to us, or missing.
	Status   string            `json:"status"`
	Metadata map[string]string `json:"metadata"`
	// Intent is the id of the payment intent; null for a charge without one.
	Intent *string `json:"payment_intent"`
}

var refundIDPattern = regexp.MustCompile(`^rf_[a-z2-7]{26}$`)

// acceptRefundEvent tells a refund's workflow that the provider has an event for it; the workflow itself asks what has happened.
func (i *Inbox) acceptRefundEvent(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error) {
	refundID, said, err := i.readRefund(received)
	if err != nil {
		return "", err
	}
	status := said.Status
	stored := received.row(Ignored)
	row, err := i.queries.RefundToShow(ctx, refundID)
	switch {
	case db.IsNotFound(err):
		return i.acceptOutsideRefund(ctx, received, said.Intent, correlationID, func() (bool, error) { return i.isBooked(ctx, said) })
	case err != nil:
		return "", fmt.Errorf("read refund: %w", err)
	}
	hint := booking.RefundEvent{EventID: received.id, RefundID: refundID, OccurredAt: received.created, CorrelationID: correlationID}
	stored.IntentID, stored.BookingID = row.IntentID, row.BookingID
	if stored.Event, err = json.Marshal(hint); err != nil {
		return "", err
	}
	if !isKnown(row.Status, status) && !isAnswered(received.kind, row.Status, status) {
		if err := i.options.Engine.TellRefund(ctx, hint); err != nil {
			return "", err
		}
		stored.Outcome = string(Signalled)
	}
	if _, err := i.queries.WebhookStore(ctx, stored); err != nil {
		return "", fmt.Errorf("store event: %w", err)
	}
	return Outcome(stored.Outcome), nil
}

// readRefund reads the refund of an event, and finds which of ours it is; the id is empty when it is not ours.
func (i *Inbox) readRefund(received incoming) (refundID string, said stripeRefund, err error) {
	if err := json.Unmarshal(received.object, &said); err != nil || !booking.IsID(said.ID) || said.Intent != nil && !booking.IsID(*said.Intent) {
		return "", said, unreadable("This is not a refund.")
	}
	refundID = booking.RefundOfKey(said.Metadata[booking.MetadataRefund])
	if said.Metadata[booking.MetadataDeployment] != i.options.Deployment || !refundIDPattern.MatchString(refundID) {
		return "", said, nil
	}
	return refundID, said, nil
}

// isKnown says whether we have already recorded what an event says, which is usual: the provider tells
// of every refund several times. Bad news is always looked into.
func isKnown(ours booking.RefundStatus, theirs string) bool {
	return ours == booking.RefundSucceeded && theirs == stripeRefundSucceeded || ours == booking.RefundInitiated && theirs == stripeRefundPending
}

// isAnswered says whether an event only reports the success of a request that one of our workflows is
// waiting for: the provider sends the event even before its answer. The workflow repeats the request
// until there is an answer, so it need not be woken, least of all by thousands of refunds at once.
func isAnswered(kind string, ours booking.RefundStatus, theirs string) bool {
	return kind == refundCreated && ours == booking.RefundInitiated && theirs == stripeRefundSucceeded
}
