package operator

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ListWebhooks lists a page of the payment provider's events that were received.
func (h *Handlers) ListWebhooks(c echo.Context, params openapi.ListWebhooksParams) error {
	page, err := request.NewestFirst("webhooks", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	if err := errors.Join(request.CheckID("bookingId", params.BookingId), request.CheckID("paymentIntentId", params.PaymentIntentId)); err != nil {
		return err
	}
	rows, err := db.Search(c.Request().Context(), h.Pool, (*db.Queries).WebhooksBefore, db.WebhooksBeforeParams{
		BeforeTime: page.Before, BeforeID: page.BeforeID, BookingID: params.BookingId, IntentID: params.PaymentIntentId,
		Outcome: params.Outcome, PageSize: page.Fetch(),
	})
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	var list openapi.WebhookList
	rows, list.NextCursor = request.CutTime(page, rows, func(last db.WebhookEvent) (time.Time, string) { return last.ReceivedAt, last.EventID })
	list.Webhooks = make([]openapi.StoredWebhook, len(rows))
	for i, row := range rows {
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

// ReplayWebhook delivers a stored event again.
func (h *Handlers) ReplayWebhook(c echo.Context, eventID string, _ openapi.ReplayWebhookParams) error {
	if !booking.IsID(eventID) {
		return booking.NotFound("event")
	}
	by, err := request.By(c)
	if err != nil {
		return err
	}
	row, outcome, err := h.Inbox.Redeliver(c.Request().Context(), eventID, db.TrailEntry{
		Actor: by.ActorID, Reason: by.Reason, CorrelationID: by.CorrelationID,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.WebhookReplay{Webhook: webhookView(row), Outcome: string(outcome)})
}
