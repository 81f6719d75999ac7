package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// CancelBooking gives the seats of an unpaid booking back.
func (h *handlers) CancelBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.CancelBookingParams) error {
	ctx := c.Request().Context()
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	if err := h.ownBooking(waiting, principalOf(c), bookingID); err != nil {
		return err
	}
	var done booking.Cancellation
	// The update has no id of its own: a cancellation that had to be refused for a moment may be asked for again.
	err := fromWorkflow(h.update(ctx, waiting, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateName: booking.UpdateCancel,
		Args: []any{booking.CancelRequest{CorrelationID: correlationID(c)}},
	}, &done), "")
	if err != nil && !hasNoWorkflow(err) && !isEnded(err) {
		return err
	}
	answer, err := h.cancellation(ctx, bookingID, err)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// isEnded says that the workflow refused a step because the booking had ended, or could no longer be stopped.
func isEnded(err error) bool {
	refusal, ok := errors.AsType[*booking.Refusal](err)
	return ok && (refusal.Code == booking.CodeInvalidState || refusal.Code == booking.CodeBookingExpired)
}

// cancellation answers from what is written: a cancelled booking has been cancelled, whoever asked for it and however often. Any other
// cannot be any more: a workflow that said why knows best.
func (h *handlers) cancellation(ctx context.Context, bookingID string, said error) (openapi.Cancellation, error) {
	row, ok, err := h.bookingRow(ctx, bookingID)
	switch {
	case err != nil:
		return openapi.Cancellation{}, fmt.Errorf("read the booking: %w", err)
	case !ok:
		return openapi.Cancellation{}, notFound("booking")
	case row.Booking.Status != booking.StatusCancelled && isEnded(said):
		return openapi.Cancellation{}, said
	case row.Booking.Status != booking.StatusCancelled:
		return openapi.Cancellation{}, h.refuseEnded(ctx, bookingID, notCancellable)
	}
	view, err := h.bookingView(row)
	if err != nil {
		return openapi.Cancellation{}, err
	}
	return openapi.Cancellation{BookingId: bookingID, Status: row.Booking.Status, Refunds: view.Refunds}, nil
}
