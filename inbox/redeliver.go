package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Redeliver delivers an event that was received before again, on behalf of an operator, and says what
// became of it now. The first outcome stays as it was written.
//
// Errors: NOT_FOUND; INVALID_STATE for an event with nothing to deliver.
func (i *Inbox) Redeliver(ctx context.Context, eventID string, by db.TrailEntry) (row db.WebhookEvent, outcome Outcome, err error) {
	if !booking.IsID(eventID) {
		return row, "", booking.NotFound("event")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.options.Patience)
	defer cancel()
	row, err = i.queries.WebhookByID(ctx, eventID)
	switch {
	case db.IsNotFound(err):
		return row, "", booking.NotFound("event")
	case err != nil:
		return row, "", fmt.Errorf("read event: %w", err)
	case row.Event == nil:
		return row, "", booking.Refuse(booking.CodeInvalidState, "This event means nothing to this system, or cannot be read: there is nothing to deliver.").
			With("outcome", row.Outcome).With("type", row.Type)
	}
	by.Action, by.Subject, by.BookingID = db.ActionReplayWebhook, eventID, row.BookingID
	outcome, err = i.redeliver(ctx, row, by)
	return row, outcome, err
}

// redeliver does with a stored event what its acceptor did, and records it in the trail. The workflow
// is told first: an operator who got no answer repeats the command, which is harmless.
func (i *Inbox) redeliver(ctx context.Context, row db.WebhookEvent, by db.TrailEntry) (outcome Outcome, err error) {
	stage, ofDispute := disputeStages[row.Type]
	switch {
	case ofDispute:
		return Recorded, i.redeliverDispute(ctx, row, stage, by)
	case slices.Contains(refundEvents, row.Type), row.Type == chargeRefunded:
		outcome, err = i.redeliverRefund(ctx, row, by.CorrelationID)
	default:
		outcome, err = i.redeliverPayment(ctx, row, by.CorrelationID)
	}
	if err != nil {
		return "", err
	}
	return outcome, by.Write(ctx, i.queries, replayed(row, outcome))
}

func replayed(row db.WebhookEvent, outcome Outcome) map[string]string {
	return map[string]string{"type": row.Type, "outcome": string(outcome)}
}

func (i *Inbox) redeliverPayment(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome Outcome, err error) {
	event, err := storedEvent[booking.PaymentEvent](row)
	if err != nil {
		return "", err
	}
	event.CorrelationID = correlationID
	return i.deliver(ctx, event)
}

// redeliverRefund asks again how a refund stands, even if the event told nothing new at first.
func (i *Inbox) redeliverRefund(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome Outcome, err error) {
	hint, err := storedEvent[booking.RefundEvent](row)
	if err != nil {
		return "", err
	}
	if hint.RefundID == "" {
		return i.redeliverOutsideRefund(ctx, row, correlationID)
	}
	hint.CorrelationID = correlationID
	if err := i.options.Engine.TellRefund(ctx, hint); err != nil {
		return "", err
	}
	return Signalled, nil
}

// redeliverOutsideRefund asks again what has been given back of a charge, by us or by hand.
func (i *Inbox) redeliverOutsideRefund(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome Outcome, err error) {
	hint, err := storedEvent[booking.OutsideRefundEvent](row)
	if err != nil {
		return "", err
	}
	hint.CorrelationID = correlationID
	if err := i.options.Engine.TellOutsideRefunds(ctx, hint); err != nil {
		return "", err
	}
	return Signalled, nil
}

// redeliverDispute writes a dispute once more, unless a later event has, and wakes the refunds that have waited for its end.
func (i *Inbox) redeliverDispute(ctx context.Context, row db.WebhookEvent, stage int32, by db.TrailEntry) error {
	news, err := storedEvent[disputeNews](row)
	if err != nil {
		return err
	}
	var waiting []string
	err = db.InTx(ctx, i.options.Pool, func(q *db.Queries) error {
		if err := writeDispute(ctx, q, news, stage); err != nil {
			return err
		}
		if waiting, err = q.RefundsOfDispute(ctx, news.ID); err != nil {
			return err
		}
		return by.Write(ctx, q, replayed(row, Recorded))
	})
	if err != nil {
		return fmt.Errorf("record dispute: %w", err)
	}
	return i.bringRefundsOn(ctx, waiting, row.EventID, row.OccurredAt, by.CorrelationID)
}

// storedEvent reads an event as its acceptor kept it.
func storedEvent[T any](row db.WebhookEvent) (event T, err error) {
	if err := json.Unmarshal(row.Event, &event); err != nil {
		return event, fmt.Errorf("read the stored event %s: %w", row.EventID, err)
	}
	return event, nil
}
