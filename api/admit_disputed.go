package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// AdmitBooking makes the ticket of a booking good whose charge the customer's bank has given back.
func (h *handlers) AdmitBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.AdmitBookingParams) error {
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx, cancel := toTheEnd(c.Request().Context(), h.config.RequestTimeout)
	defer cancel()
	end, err := h.bookingEnd(ctx, bookingID)
	if err != nil {
		return err
	}
	lost, err := h.queries.DisputeLostOf(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("look for lost disputes: %w", err)
	}
	if !lost {
		return booking.WrongState("No lost dispute keeps this booking's ticket out.", end.Status)
	}
	closed, err := h.queries.DoorClosed(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("look for who was let in: %w", err)
	}
	if closed {
		done := act{
			action: actionAdmitDisputed, subject: bookingID, actor: principalOf(c).id, reason: reason, correlationID: correlationID(c), bookingID: &bookingID,
		}
		if err := done.note(ctx, h.queries, map[string]string{"status": string(end.Status)}); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, openapi.BookingAdmission{BookingId: bookingID, Admitted: true})
}
