package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// reasonDisputeLost is the detail of a refusal of a ticket whose charge the customer's bank has given back.
const reasonDisputeLost = "dispute_lost"

// requireStaff refuses everybody who does not work at a theatre; it comes after requireUser.
func requireStaff(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if role := principalOf(c).role; role != openapi.STAFF && role != openapi.ADMIN {
			return booking.Refuse(booking.CodeForbidden, "Only staff may do this.")
		}
		return next(c)
	}
}

// CreateCheckIn lets the customers of a booking in: the first scan of their ticket is written, and every other finds it.
func (h *handlers) CreateCheckIn(c echo.Context, _ openapi.CreateCheckInParams) error {
	bookingID, err := h.readCheckIn(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	written, err := h.queries.CheckIn(ctx, db.CheckInParams{
		BookingID: bookingID, StaffID: principalOf(c).id, CorrelationID: correlationID(c), OpensBeforeSeconds: booking.CheckInOpens.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("check %s in: %w", bookingID, err)
	}
	row, ok, err := h.bookingRow(ctx, bookingID)
	switch {
	case err != nil:
		return err
	case !ok:
		return notFound("booking")
	case row.CheckedInAt == nil || row.Booking.Status == booking.StatusCancelled || row.ShowStatus == booking.ShowStatusCancelled:
		return h.refuseCheckIn(ctx, row)
	}
	view, err := h.bookingView(row)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.CheckIn{
		BookingId: view.Id, Show: view.Show, SeatIds: seatsLeft(view.Seats), CheckedInAt: *view.CheckedInAt, AlreadyCheckedIn: written == 0,
	})
}

// readCheckIn says which booking a request is about, and refuses a ticket that is not genuine.
func (h *handlers) readCheckIn(c echo.Context) (bookingID string, err error) {
	var body openapi.CreateCheckInRequest
	if err := decode(c, &body); err != nil {
		return "", err
	}
	switch {
	case body.QrCodeData == nil && body.BookingId == nil:
		return "", booking.InvalidField("qrCodeData", "Send what the ticket's QR code holds, or a bookingId.")
	case body.QrCodeData != nil && body.BookingId != nil:
		return "", booking.InvalidField("bookingId", "Send either what the ticket's QR code holds or a bookingId.")
	case body.BookingId != nil:
		bookingID = *body.BookingId
	default:
		ticket, err := VerifyTicket(h.tickets.key, *body.QrCodeData)
		if errors.Is(err, ErrTicketForged) {
			return "", booking.InvalidField("qrCodeData", "This is no ticket of ours, or it has been changed.")
		}
		if err != nil {
			return "", err
		}
		bookingID = ticket.BookingID
	}
	if !isID(bookingID) {
		return "", notFound("booking")
	}
	return bookingID, nil
}

// refuseCheckIn says why nobody is let in with a booking.
func (h *handlers) refuseCheckIn(ctx context.Context, row db.BookingViewsRow) error {
	status := row.Booking.Status
	start, err := h.zones.in(row.StartsAt, row.TimeZone)
	if err != nil {
		return err
	}
	closed, err := h.queries.DoorClosed(ctx, row.Booking.ID)
	if err != nil {
		return fmt.Errorf("look for lost disputes: %w", err)
	}
	opens, closes, now := start.Add(-booking.CheckInOpens), row.EndsAt.In(start.Location()), h.now()
	outside := func(message string) error {
		return booking.Refuse(booking.CodeConflict, message).With("opensAt", opens.Format(time.RFC3339)).With("closesAt", closes.Format(time.RFC3339))
	}
	switch {
	case status == booking.StatusCancelled:
		return booking.WrongState("This booking has been cancelled.", status)
	case status != booking.StatusConfirmed && status != booking.StatusCompleted:
		return booking.WrongState("This booking has not been paid.", status)
	case row.ShowStatus == booking.ShowStatusCancelled:
		return booking.WrongState("The show does not take place.", status).With("showId", row.Booking.ShowID)
	case closed:
		return booking.WrongState("The customer's bank has taken the money for this ticket back. An operator can let it in.", status).With("reason", reasonDisputeLost)
	case now.Before(opens):
		return outside("It is too early: check-in opens an hour before the show.")
	case !now.Before(closes):
		return outside("It is too late: the show is over.")
	}
	// What stood in the way has gone meanwhile.
	return unavailable()
}
