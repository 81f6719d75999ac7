package sales

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Bookings reads up to a number of a customer's own bookings, newest first: those before a time and, of the same time, before an id.
func (s *Sales) Bookings(ctx context.Context, customerID string, before time.Time, beforeID string, most int32) ([]Booking, error) {
	found, err := s.queries.BookingIDsOfCustomer(ctx, db.BookingIDsOfCustomerParams{
		CustomerID: customerID, BeforeTime: before, BeforeID: beforeID, PageSize: most,
	})
	if err != nil {
		return nil, fmt.Errorf("find bookings: %w", err)
	}
	ids := make([]string, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	rows, err := s.queries.BookingViews(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read bookings: %w", err)
	}
	bookings := make([]Booking, len(rows))
	for i, row := range rows {
		if bookings[i], err = s.ofRow(row); err != nil {
			return nil, err
		}
	}
	return bookings, nil
}

// Booking reads a booking for its customer. Staff and administrators may read any booking, and it is
// recorded that they did: if that fails, they get nothing.
//
// Errors: NOT_FOUND; FORBIDDEN when it is somebody else's.
func (s *Sales) Booking(ctx context.Context, who accounts.Caller, bookingID, correlationID string) (Booking, error) {
	b, err := s.anyBooking(ctx, bookingID)
	if err != nil || b.CustomerID == who.ID {
		return b, err
	}
	if who.Role != accounts.Staff && who.Role != accounts.Admin {
		return Booking{}, somebodyElses()
	}
	err = s.queries.BookingReadWrite(ctx, db.BookingReadWriteParams{BookingID: bookingID, Actor: who.ID, CorrelationID: correlationID})
	if err != nil {
		return Booking{}, fmt.Errorf("note who looks at a booking: %w", err)
	}
	return b, nil
}

// anyBooking reads a booking, whoever its customer is.
func (s *Sales) anyBooking(ctx context.Context, bookingID string) (Booking, error) {
	if !booking.IsID(bookingID) {
		return Booking{}, booking.NotFound("booking")
	}
	b, ok, err := s.booking(ctx, bookingID)
	switch {
	case err != nil:
		return Booking{}, fmt.Errorf("read the booking: %w", err)
	case !ok:
		return Booking{}, booking.NotFound("booking")
	}
	return b, nil
}

// ownBooking reads a booking for its customer, and refuses it to everybody else.
func (s *Sales) ownBooking(ctx context.Context, customerID, bookingID string) (Booking, error) {
	b, err := s.anyBooking(ctx, bookingID)
	if err == nil && b.CustomerID != customerID {
		return Booking{}, somebodyElses()
	}
	return b, err
}

func somebodyElses() error {
	return booking.Refuse(booking.CodeForbidden, "This booking is somebody else's.")
}
