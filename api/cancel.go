package api

import (
	"context"
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
	err := h.update(ctx, waiting, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateID: booking.UpdateCancel, UpdateName: booking.UpdateCancel,
		Args: []any{booking.CancelRequest{CorrelationID: correlationID(c)}},
	}, &done)
	if isClosed(err) {
		done, err = h.cancellationOfClosed(ctx, bookingID)
	}
	if err != nil {
		return fromWorkflow(err, "")
	}
	view := openapi.Cancellation{BookingId: bookingID, Status: done.Status}
	if !done.Refunded.IsZero() {
		view.Refund = &openapi.Money{Amount: done.Refunded.Amount, Currency: done.Refunded.Currency}
	}
	return c.JSON(http.StatusOK, view)
}

// cancellationOfClosed answers for a booking whose workflow is over: a cancelled one was cancelled, any other cannot be.
func (h *handlers) cancellationOfClosed(ctx context.Context, bookingID string) (booking.Cancellation, error) {
	row, ok, err := h.bookingRow(ctx, bookingID)
	if err != nil {
		return booking.Cancellation{}, fmt.Errorf("read the booking: %w", err)
	}
	if !ok {
		return booking.Cancellation{}, notFound("booking")
	}
	if row.Booking.Status != booking.StatusCancelled {
		return booking.Cancellation{}, h.refuseClosed(ctx, bookingID, "cancelled: only an unpaid one can be")
	}
	view, err := h.bookingView(row)
	if err != nil {
		return booking.Cancellation{}, err
	}
	done := booking.Cancellation{BookingID: bookingID, Status: row.Booking.Status}
	for _, refund := range view.Refunds {
		done.Refunded = booking.Money{Amount: done.Refunded.Amount + refund.Amount, Currency: refund.Currency}
	}
	return done, nil
}
