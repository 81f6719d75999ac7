package sales

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/tickets"
)

// reasonDisputeLost is the detail of a refusal of a ticket whose charge the customer's bank has given back.
const reasonDisputeLost = "dispute_lost"

// CheckInRequest asks to admit the customers of a booking: by the content of their ticket's QR code,
// or by the booking's id. One of them is nil.
type CheckInRequest struct {
	Code, BookingID *string
	// StaffID is who admits them.
	StaffID, CorrelationID string
}

// CheckIn is customers who were admitted, now or before.
type CheckIn struct {
	Booking

	Already bool
}

// CheckIn admits the customers of a booking: the first scan of their ticket is recorded, and every later one finds it.
//
// Errors: VALIDATION_ERROR for a ticket that is not genuine; NOT_FOUND; CONFLICT when it is too early
// or too late; INVALID_STATE for a booking that admits nobody; UNAVAILABLE when the obstacle has just gone.
func (s *Sales) CheckIn(ctx context.Context, wanted CheckInRequest) (CheckIn, error) {
	bookingID, err := s.readCheckIn(wanted)
	if err != nil {
		return CheckIn{}, err
	}
	written, err := s.queries.CheckIn(ctx, db.CheckInParams{
		BookingID: bookingID, StaffID: wanted.StaffID, CorrelationID: wanted.CorrelationID, OpensBeforeSeconds: booking.CheckInOpens.Seconds(),
	})
	if err != nil {
		return CheckIn{}, fmt.Errorf("check %s in: %w", bookingID, err)
	}
	b, err := s.anyBooking(ctx, bookingID)
	switch {
	case err != nil:
		return CheckIn{}, err
	case b.CheckedInAt == nil || b.Status == booking.StatusCancelled || b.Show.Status == booking.ShowStatusCancelled:
		return CheckIn{}, s.refuseCheckIn(ctx, b)
	}
	return CheckIn{Booking: b, Already: written == 0}, nil
}

// readCheckIn says which booking a request is about, and refuses a ticket that is not genuine.
func (s *Sales) readCheckIn(wanted CheckInRequest) (bookingID string, err error) {
	switch {
	case wanted.Code == nil && wanted.BookingID == nil:
		return "", booking.InvalidField("qrCodeData", "Send what the ticket's QR code holds, or a bookingId.")
	case wanted.Code != nil && wanted.BookingID != nil:
		return "", booking.InvalidField("bookingId", "Send either what the ticket's QR code holds or a bookingId.")
	case wanted.BookingID != nil:
		bookingID = *wanted.BookingID
	default:
		ticket, err := tickets.Verify(s.options.TicketKey, *wanted.Code)
		if errors.Is(err, tickets.ErrForged) {
			return "", booking.InvalidField("qrCodeData", "This is no ticket of ours, or it has been changed.")
		}
		if err != nil {
			return "", err
		}
		bookingID = ticket.BookingID
	}
	if !booking.IsID(bookingID) {
		return "", booking.NotFound("booking")
	}
	return bookingID, nil
}

// refuseCheckIn says why a booking admits nobody.
func (s *Sales) refuseCheckIn(ctx context.Context, b Booking) error {
	closed, err := s.queries.DoorClosed(ctx, b.ID)
	if err != nil {
		return fmt.Errorf("look for lost disputes: %w", err)
	}
	opens, closes, now := b.Show.StartsAt.Add(-booking.CheckInOpens), b.Show.EndsAt, s.options.Now()
	outside := func(message string) error {
		return booking.Refuse(booking.CodeConflict, message).With("opensAt", opens.Format(time.RFC3339)).With("closesAt", closes.Format(time.RFC3339))
	}
	switch {
	case b.Status == booking.StatusCancelled:
		return booking.WrongState("This booking has been cancelled.", b.Status)
	case b.Status != booking.StatusConfirmed && b.Status != booking.StatusCompleted:
		return booking.WrongState("This booking has not been paid.", b.Status)
	case b.Show.Status == booking.ShowStatusCancelled:
		return booking.WrongState("The show does not take place.", b.Status).With("showId", b.Show.ID)
	case closed:
		return booking.WrongState("The customer's bank has taken the money for this ticket back. An operator can let it in.", b.Status).
			With("reason", reasonDisputeLost)
	case now.Before(opens):
		return outside("It is too early: check-in opens an hour before the show.")
	case !now.Before(closes):
		return outside("It is too late: the show is over.")
	}
	// What prevented it is gone in the meantime.
	return booking.Unavailable()
}
