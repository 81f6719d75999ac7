package operator

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/operations"
)

// ExpireBooking ends the hold of an unpaid booking.
func (h *Handlers) ExpireBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.ExpireBookingParams) error {
	by, err := request.By(c)
	if err != nil {
		return err
	}
	status, err := h.Operations.Expire(c.Request().Context(), bookingID, by)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.BookingExpiry{BookingId: bookingID, Status: status})
}

// AdmitBooking makes the ticket of a booking good whose charge the customer's bank has given back.
func (h *Handlers) AdmitBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.AdmitBookingParams) error {
	by, err := request.By(c)
	if err != nil {
		return err
	}
	if err := h.Operations.Admit(c.Request().Context(), bookingID, by); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.BookingAdmission{BookingId: bookingID, Admitted: true})
}

// MoveBooking gives a confirmed booking other seats.
func (h *Handlers) MoveBooking(c echo.Context, bookingID openapi.BookingId, params openapi.MoveBookingParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.MoveBookingRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	reason, err := operations.ReadReason(body.Reason)
	if err != nil {
		return err
	}
	wanted := operations.MoveRequest{BookingID: bookingID, IdempotencyKey: params.IdempotencyKey, To: body.ToSeats, By: request.ByFor(c, reason)}
	if body.FromSeats != nil {
		wanted.From = *body.FromSeats
	}
	made, err := h.Operations.Move(c.Request().Context(), wanted)
	if err != nil {
		return err
	}
	move := made.SeatMove
	return c.JSON(http.StatusOK, openapi.SeatMove{
		MoveId: move.ID, BookingId: move.BookingID, ShowId: made.ShowID, FromSeats: move.FromSeats, ToSeats: move.ToSeats, SeatIds: made.Seats,
		Reason: move.Reason, Actor: move.Actor, At: move.At.UTC(),
	})
}
