package operator

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/operations"
)

// ListRefunds lists a page of the refunds, or of those in one state.
func (h *Handlers) ListRefunds(c echo.Context, params openapi.ListRefundsParams) error {
	page, err := request.NewestFirst("refunds", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	var rows []db.Refund
	if ctx := c.Request().Context(); params.Status == nil {
		rows, err = h.queries.RefundsBefore(ctx, db.RefundsBeforeParams{BeforeTime: page.Before, BeforeID: page.BeforeID, PageSize: page.Fetch()})
	} else {
		rows, err = h.queries.RefundsOfStatusBefore(ctx, db.RefundsOfStatusBeforeParams{
			Status: *params.Status, BeforeTime: page.Before, BeforeID: page.BeforeID, PageSize: page.Fetch(),
		})
	}
	if err != nil {
		return fmt.Errorf("read refunds: %w", err)
	}
	var list openapi.AdminRefundList
	rows, list.NextCursor = request.CutTime(page, rows, func(last db.Refund) (time.Time, string) { return last.CreatedAt, last.ID })
	list.Refunds = make([]openapi.AdminRefund, len(rows))
	for i, row := range rows {
		list.Refunds[i] = refundView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// GetRefund tells all about a refund.
func (h *Handlers) GetRefund(c echo.Context, refundID openapi.RefundId, _ openapi.GetRefundParams) error {
	history, err := h.Operations.Refund(c.Request().Context(), refundID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, refundHistoryView(history))
}

// RetryRefund has a refused refund sent once more.
func (h *Handlers) RetryRefund(c echo.Context, refundID openapi.RefundId, params openapi.RetryRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateRetry, params.IdempotencyKey)
}

// DivertRefund has a refused refund paid into the wallet.
func (h *Handlers) DivertRefund(c echo.Context, refundID openapi.RefundId, params openapi.DivertRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateDivert, params.IdempotencyKey)
}

// SettleRefund has a refused refund ended as given back by hand.
func (h *Handlers) SettleRefund(c echo.Context, refundID openapi.RefundId, params openapi.SettleRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateSettle, params.IdempotencyKey)
}

// CloseRefund has a refund ended whose money the customer's bank has given back.
func (h *Handlers) CloseRefund(c echo.Context, refundID openapi.RefundId, params openapi.CloseRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateClose, params.IdempotencyKey)
}

func (h *Handlers) commandRefund(c echo.Context, refundID, name, key string) error {
	if err := request.CheckIdempotencyKey(key); err != nil {
		return err
	}
	by, err := request.By(c)
	if err != nil {
		return err
	}
	history, err := h.Operations.CommandRefund(c.Request().Context(), operations.RefundCommand{
		RefundID: refundID, Name: name, IdempotencyKey: key, By: by,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, refundHistoryView(history))
}

func refundHistoryView(history operations.RefundHistory) openapi.RefundHistory {
	view := openapi.RefundHistory{Refund: refundView(history.Refund), Events: make([]openapi.RefundChange, len(history.Events))}
	for i, event := range history.Events {
		view.Events[i] = openapi.RefundChange{
			From: (*booking.RefundStatus)(event.FromStatus), To: booking.RefundStatus(event.ToStatus), Attempt: int(event.Attempt),
			Tender: booking.Tender(event.Tender), FailureCode: event.FailureCode, ProviderRefundId: event.ProviderRefundID,
			Actor: event.Actor, Reason: event.Reason, At: event.At.UTC(),
		}
	}
	return view
}

func refundView(row db.Refund) openapi.AdminRefund {
	return openapi.AdminRefund{
		RefundId: row.ID, BookingId: row.BookingID, PaymentId: row.PaymentID, CancellationId: row.CancellationID, PaymentIntentId: row.IntentID,
		ProviderRefundId: row.ProviderRefundID, OutsideRefundId: row.OutsideRefundID, PartOf: row.PartOf, Tender: row.Tender, Amount: row.Amount,
		Currency: row.Currency, Status: row.Status, Dispute: answer.Optional(operations.RefundDispute(row)), Attempt: int(row.Attempt),
		FailureCode: row.FailureCode, Reason: row.Reason, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
