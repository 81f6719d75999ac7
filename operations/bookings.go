package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// bookingEnd reads how a booking stands.
func (o *Operations) bookingEnd(ctx context.Context, bookingID string) (db.BookingEndRow, error) {
	if !booking.IsID(bookingID) {
		return db.BookingEndRow{}, booking.NotFound("booking")
	}
	end, err := o.queries.BookingEnd(ctx, bookingID)
	switch {
	case db.IsNotFound(err):
		return end, booking.NotFound("booking")
	case err != nil:
		return end, fmt.Errorf("read booking: %w", err)
	}
	return end, nil
}

// Expire ends the hold of an unpaid booking, and says how the booking has ended: CONFIRMED when the
// money arrived first. It goes on even if its operator has left, so that the trail records the result.
//
// Errors: NOT_FOUND; INVALID_STATE for a booking that does not wait for money; PAYMENT_PENDING while its
// card is being charged; CONFLICT for one whose workflow is too old, is paused, or has taken too many
// commands.
func (o *Operations) Expire(ctx context.Context, bookingID string, by By) (booking.Status, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.options.Patience+o.options.ProviderPatience)
	defer cancel()
	before, err := o.bookingEnd(ctx, bookingID)
	if err != nil {
		return "", err
	}
	request := booking.ExpireRequest{
		BookingID: bookingID, Actor: by.ActorID, Reason: by.Reason, CorrelationID: by.CorrelationID, At: o.options.Now().UTC(),
	}
	switch {
	case expiredBy(before, request):
		return before.Status, nil
	case !before.Status.Unpaid():
		return "", notExpirable(before.Status)
	}
	expiry, err := o.expire(ctx, request)
	if err != nil {
		return "", err
	}
	after, err := o.bookingEnd(ctx, bookingID)
	if err != nil {
		return "", err
	}
	if !expiredBy(after, request) {
		// The booking had already ended for another reason: its own trail does not mention the operator.
		err = by.note(ctx, o.queries, db.ActionExpireBooking, bookingID, expiry.Status)
	}
	return expiry.Status, err
}

// note records what was done to a booking and is not in the booking's own trail.
func (b By) note(ctx context.Context, q *db.Queries, action, bookingID string, status booking.Status) error {
	return db.TrailEntry{
		Action: action, Subject: bookingID, Actor: b.ActorID, Reason: b.Reason, CorrelationID: b.CorrelationID, BookingID: &bookingID,
	}.Write(ctx, q, map[string]string{"status": string(status)})
}

func notExpirable(status booking.Status) error {
	return booking.WrongState("Only a booking that waits for money can be expired.", status)
}

// expiredBy says that this very request, or a repeat of it, has ended the booking.
func expiredBy(end db.BookingEndRow, request booking.ExpireRequest) bool {
	return end.Status == booking.StatusExpired && end.Actor == request.Actor && end.Reason == request.Reason
}

// expire lets the booking's workflow end it, or another workflow when it has none.
func (o *Operations) expire(ctx context.Context, request booking.ExpireRequest) (booking.Expiry, error) {
	expiry, err := o.options.Engine.Expire(ctx, request)
	if err == nil || !errors.Is(err, engine.ErrNoWorkflow) && !engine.HasEnded(err) {
		return expiry, err
	}
	end, readErr := o.bookingEnd(ctx, request.BookingID)
	switch {
	case readErr != nil:
		return expiry, readErr
	case !end.Status.Unpaid():
		return expiry, notExpirable(end.Status)
	case engine.HasEnded(err):
		return expiry, fmt.Errorf("%w: %w", booking.Unavailable(), err)
	}
	return o.options.Engine.EndAbandoned(ctx, request, end.ShowID)
}

// Admit makes the ticket of a booking valid although the customer's bank has given its charge back.
//
// Errors: NOT_FOUND; INVALID_STATE when no lost dispute invalidates the ticket.
func (o *Operations) Admit(ctx context.Context, bookingID string, by By) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.options.Patience)
	defer cancel()
	end, err := o.bookingEnd(ctx, bookingID)
	if err != nil {
		return err
	}
	lost, err := o.queries.DisputeLostOf(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("look for lost disputes: %w", err)
	}
	if !lost {
		return booking.WrongState("No lost dispute keeps this booking's ticket out.", end.Status)
	}
	closed, err := o.queries.DoorClosed(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("look for who was let in: %w", err)
	}
	if !closed {
		return nil
	}
	return by.note(ctx, o.queries, db.ActionAdmitDisputed, bookingID, end.Status)
}
