package operator

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/operations"
)

// ListOutsideRefunds lists a page of the refunds that somebody made at the provider by hand.
func (h *Handlers) ListOutsideRefunds(c echo.Context, params openapi.ListOutsideRefundsParams) error {
	page, err := request.NewestFirst("outside-refunds", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	rows, err := h.queries.OutsideRefundsBefore(c.Request().Context(), db.OutsideRefundsBeforeParams{
		BeforeTime: page.Before, BeforeID: page.BeforeID, Open: params.Open != nil && *params.Open, PageSize: page.Fetch(),
	})
	if err != nil {
		return fmt.Errorf("read the refunds made outside: %w", err)
	}
	var list openapi.OutsideRefundList
	rows, list.NextCursor = request.CutTime(page, rows, func(last db.OutsideRefund) (time.Time, string) { return last.RecordedAt, last.ID })
	list.OutsideRefunds = make([]openapi.OutsideRefund, len(rows))
	for i, row := range rows {
		list.OutsideRefunds[i] = outsideRefundView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// GetOutsideRefund tells all about a refund made outside.
func (h *Handlers) GetOutsideRefund(c echo.Context, id openapi.OutsideRefundId, _ openapi.GetOutsideRefundParams) error {
	history, err := h.Operations.OutsideRefund(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, outsideHistoryView(history))
}

// AssignOutsideRefund says for which seats a refund made outside was.
func (h *Handlers) AssignOutsideRefund(c echo.Context, id openapi.OutsideRefundId, params openapi.AssignOutsideRefundParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.AssignOutsideRefundRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	reason, err := operations.ReadReason(body.Reason)
	if err != nil {
		return err
	}
	wanted := operations.OutsideRefundCommand{ID: id, IdempotencyKey: params.IdempotencyKey, By: request.ByFor(c, reason)}
	if body.SeatIds != nil {
		wanted.Seats = *body.SeatIds
	}
	history, err := h.Operations.AssignOutsideRefund(c.Request().Context(), wanted)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, outsideHistoryView(history))
}

// WriteOffOutsideRefund says that a refund made outside was for nothing that was owed.
func (h *Handlers) WriteOffOutsideRefund(c echo.Context, id openapi.OutsideRefundId, params openapi.WriteOffOutsideRefundParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	by, err := request.By(c)
	if err != nil {
		return err
	}
	history, err := h.Operations.WriteOffOutsideRefund(c.Request().Context(), operations.OutsideRefundCommand{
		ID: id, IdempotencyKey: params.IdempotencyKey, By: by,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, outsideHistoryView(history))
}

func outsideHistoryView(history operations.OutsideRefundHistory) openapi.OutsideRefundHistory {
	view := openapi.OutsideRefundHistory{
		OutsideRefund: outsideRefundView(history.Refund), Events: make([]openapi.OutsideRefundChange, len(history.Events)),
	}
	for i, event := range history.Events {
		view.Events[i] = openapi.OutsideRefundChange{
			Event: event.Event, Amount: event.Amount, RefundId: event.RefundID, Actor: event.Actor, Reason: event.Reason, At: event.At.UTC(),
		}
	}
	return view
}

func outsideRefundView(row db.OutsideRefund) openapi.OutsideRefund {
	return openapi.OutsideRefund{
		OutsideRefundId: row.ID, PaymentIntentId: row.IntentID, BookingId: row.BookingID, TopUpId: row.TopUpID, Amount: row.Amount, Currency: row.Currency,
		Status: row.Status, Assigned: row.Assigned, WrittenOff: row.WrittenOff, Left: operations.OutsideRefundLeft(row),
		MadeAt: row.MadeAt.UTC(), RecordedAt: row.RecordedAt.UTC(),
	}
}
