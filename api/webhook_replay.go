package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ListWebhooks lists a page of the events that were received.
func (h *handlers) ListWebhooks(c echo.Context, params openapi.ListWebhooksParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(webhookList, params.Cursor)
	if err != nil {
		return err
	}
	if err := errors.Join(checkFilter("bookingId", params.BookingId), checkFilter("paymentIntentId", params.PaymentIntentId)); err != nil {
		return err
	}
	if params.Outcome != nil && !slices.Contains([]string{eventSignalled, eventSettling, eventRecorded, eventIgnored, eventUnreadable}, *params.Outcome) {
		return malformed("outcome", "outcome must be SIGNALLED, SETTLING, RECORDED, IGNORED or UNREADABLE.")
	}
	page, err := db.Search(c.Request().Context(), h.pool, (*db.Queries).WebhooksBefore, db.WebhooksBeforeParams{
		BeforeTime: before, BeforeID: beforeID, BookingID: params.BookingId, IntentID: params.PaymentIntentId, Outcome: params.Outcome, PageSize: size + 1,
	})
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	var list openapi.WebhookList
	page, list.NextCursor = cut(page, size, func(last db.WebhookEvent) *string { return timeCursor(webhookList, last.ReceivedAt, last.EventID) })
	list.Webhooks = make([]openapi.StoredWebhook, len(page))
	for i, row := range page {
		list.Webhooks[i] = webhookView(row)
	}
	return c.JSON(http.StatusOK, list)
}

func webhookView(row db.WebhookEvent) openapi.StoredWebhook {
	return openapi.StoredWebhook{
		EventId: row.EventID, Type: row.Type, PaymentIntentId: row.IntentID, BookingId: row.BookingID, Outcome: row.Outcome,
		Replayable: row.Event != nil, OccurredAt: row.OccurredAt.UTC(), ReceivedAt: row.ReceivedAt.UTC(),
	}
}

// ReplayWebhook delivers a stored event again. What became of it at first stays as it was written.
func (h *handlers) ReplayWebhook(c echo.Context, eventID string, _ openapi.ReplayWebhookParams) error {
	if !isID(eventID) {
		return notFound("event")
	}
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx, cancel := toTheEnd(c.Request().Context(), h.config.RequestTimeout)
	defer cancel()
	row, err := h.queries.WebhookByID(ctx, eventID)
	switch {
	case db.IsNotFound(err):
		return notFound("event")
	case err != nil:
		return fmt.Errorf("read event: %w", err)
	case row.Event == nil:
		return booking.Refuse(booking.CodeInvalidState, "This event means nothing to this system, or cannot be read: there is nothing to deliver.").
			With("outcome", row.Outcome).With("type", row.Type)
	}
	outcome, err := h.redeliver(ctx, row, act{
		action: actionReplayWebhook, subject: eventID, actor: principalOf(c).id, reason: reason, correlationID: correlationID(c), bookingID: row.BookingID,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.WebhookReplay{Webhook: webhookView(row), Outcome: outcome})
}

// redeliver does with a stored event what its acceptor did, and tells the trail. A workflow is told first: an operator who was not
// answered does it again, which is harmless.
func (h *handlers) redeliver(ctx context.Context, row db.WebhookEvent, replay act) (outcome string, err error) {
	stage, ofDispute := disputeStages[row.Type]
	switch {
	case ofDispute:
		return eventRecorded, h.redeliverDispute(ctx, row, stage, replay)
	case slices.Contains(refundEvents, row.Type), row.Type == chargeRefunded:
		outcome, err = h.redeliverRefund(ctx, row, replay.correlationID)
	default:
		outcome, err = h.redeliverPayment(ctx, row, replay.correlationID)
	}
	if err != nil {
		return "", err
	}
	return outcome, replay.note(ctx, h.queries, replayed(row, outcome))
}

func replayed(row db.WebhookEvent, outcome string) map[string]string {
	return map[string]string{"type": row.Type, "outcome": outcome}
}

func (h *handlers) redeliverPayment(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome string, err error) {
	event, err := storedEvent[booking.PaymentEvent](row)
	if err != nil {
		return "", err
	}
	event.CorrelationID = correlationID
	return h.deliver(ctx, event)
}

// redeliverRefund asks anew how a refund stands, also when the event told nothing new at first.
func (h *handlers) redeliverRefund(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome string, err error) {
	hint, err := storedEvent[booking.RefundEvent](row)
	if err != nil {
		return "", err
	}
	if hint.RefundID == "" {
		return h.redeliverOutsideRefund(ctx, row, correlationID)
	}
	hint.CorrelationID = correlationID
	if err := h.engine.TellRefund(ctx, hint); err != nil {
		return "", err
	}
	return eventSignalled, nil
}

// redeliverOutsideRefund asks anew what has been given back of a charge, by whomever.
func (h *handlers) redeliverOutsideRefund(ctx context.Context, row db.WebhookEvent, correlationID string) (outcome string, err error) {
	hint, err := storedEvent[booking.OutsideRefundEvent](row)
	if err != nil {
		return "", err
	}
	hint.CorrelationID = correlationID
	if err := h.engine.TellOutsideRefunds(ctx, hint); err != nil {
		return "", err
	}
	return eventSignalled, nil
}

// redeliverDispute writes a dispute once more, unless a later event has, and brings on the refunds that have waited for its end.
func (h *handlers) redeliverDispute(ctx context.Context, row db.WebhookEvent, stage int32, replay act) error {
	news, err := storedEvent[disputeNews](row)
	if err != nil {
		return err
	}
	var waiting []string
	err = db.InTx(ctx, h.pool, func(q *db.Queries) error {
		if err := writeDispute(ctx, q, news, stage); err != nil {
			return err
		}
		if waiting, err = q.RefundsOfDispute(ctx, news.Id); err != nil {
			return err
		}
		return replay.note(ctx, q, replayed(row, eventRecorded))
	})
	if err != nil {
		return fmt.Errorf("record dispute: %w", err)
	}
	return h.bringRefundsOn(ctx, waiting, row.EventID, row.OccurredAt, replay.correlationID)
}

// storedEvent reads an event as its acceptor kept it.
func storedEvent[T any](row db.WebhookEvent) (event T, err error) {
	if err := json.Unmarshal(row.Event, &event); err != nil {
		return event, fmt.Errorf("read the stored event %s: %w", row.EventID, err)
	}
	return event, nil
}
