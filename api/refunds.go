package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// refundStatuses are all states of a refund.
var refundStatuses = []booking.RefundStatus{
	booking.RefundInitiated, booking.RefundSucceeded, booking.RefundFailed, booking.RefundNeedsAttention, booking.RefundClosed,
}

// ListRefunds lists a page of the refunds, or of those in one state.
func (h *handlers) ListRefunds(c echo.Context, params openapi.ListRefundsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(refundList, params.Cursor)
	if err != nil {
		return err
	}
	if params.Status != nil && !slices.Contains(refundStatuses, *params.Status) {
		return malformed("status", "status must be INITIATED, SUCCEEDED, FAILED, NEEDS_ATTENTION or CLOSED.")
	}
	var page []db.Refund
	if ctx := c.Request().Context(); params.Status == nil {
		page, err = h.queries.RefundsBefore(ctx, db.RefundsBeforeParams{BeforeTime: before, BeforeID: beforeID, PageSize: size + 1})
	} else {
		page, err = h.queries.RefundsOfStatusBefore(ctx, db.RefundsOfStatusBeforeParams{
			Status: *params.Status, BeforeTime: before, BeforeID: beforeID, PageSize: size + 1,
		})
	}
	if err != nil {
		return fmt.Errorf("read refunds: %w", err)
	}
	var list openapi.AdminRefundList
	page, list.NextCursor = cut(page, size, func(last db.Refund) *string { return timeCursor(refundList, last.CreatedAt, last.ID) })
	list.Refunds = make([]openapi.AdminRefund, len(page))
	for i, row := range page {
		list.Refunds[i] = refundView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// GetRefund tells all about a refund.
func (h *handlers) GetRefund(c echo.Context, refundID openapi.RefundId, _ openapi.GetRefundParams) error {
	history, err := h.refundHistory(c.Request().Context(), refundID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, history)
}

// refundHistory reads a refund with what happened to it.
func (h *handlers) refundHistory(ctx context.Context, refundID string) (openapi.RefundHistory, error) {
	if !isID(refundID) {
		return openapi.RefundHistory{}, notFound("refund")
	}
	row, err := h.queries.RefundToShow(ctx, refundID)
	if db.IsNotFound(err) {
		return openapi.RefundHistory{}, notFound("refund")
	}
	if err != nil {
		return openapi.RefundHistory{}, fmt.Errorf("read refund: %w", err)
	}
	events, err := h.queries.RefundEventsToShow(ctx, refundID)
	if err != nil {
		return openapi.RefundHistory{}, fmt.Errorf("read the events of refund %s: %w", refundID, err)
	}
	history := openapi.RefundHistory{Refund: refundView(row), Events: make([]openapi.RefundChange, len(events))}
	for i, event := range events {
		history.Events[i] = openapi.RefundChange{
			From: (*booking.RefundStatus)(event.FromStatus), To: booking.RefundStatus(event.ToStatus), Attempt: int(event.Attempt),
			Tender: booking.Tender(event.Tender), FailureCode: event.FailureCode, ProviderRefundId: event.ProviderRefundID,
			Actor: event.Actor, Reason: event.Reason, At: event.At.UTC(),
		}
	}
	return history, nil
}

func refundView(row db.Refund) openapi.AdminRefund {
	return openapi.AdminRefund{
		Id: row.ID, BookingId: row.BookingID, PaymentId: row.PaymentID, CancellationId: row.CancellationID, PaymentIntentId: row.IntentID,
		ProviderRefundId: row.ProviderRefundID, OutsideRefundId: row.OutsideRefundID, PartOf: row.PartOf, Tender: row.Tender, Amount: row.Amount, Currency: row.Currency, Status: row.Status,
		Dispute: refundDispute(row), Attempt: int(row.Attempt), FailureCode: row.FailureCode, Reason: row.Reason, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

// refundDispute says why a dispute keeps a refund from being paid; nil when none does.
func refundDispute(row db.Refund) *string {
	switch {
	case row.Status == booking.RefundSucceeded:
		return nil
	case row.Status == booking.RefundClosed || row.FailureCode != nil && *row.FailureCode == booking.RefundDecidedByBank:
		return optional(disputeLost)
	case row.FailureCode != nil && *row.FailureCode == booking.RefundDisputed:
		return optional(disputeOpen)
	default:
		return nil
	}
}
