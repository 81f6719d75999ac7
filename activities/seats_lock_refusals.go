package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// findBooking finds out why a booking could not be written: an earlier run of its workflow, or of this
// step, has written it; its show cannot be booked; or its customer holds enough of the show.
func findBooking(ctx context.Context, q *db.Queries, req booking.Request) (*booking.Standing, error) {
	if err := q.BookingLock(ctx, req.BookingID); err != nil {
		return nil, err
	}
	all, err := attemptsAt(ctx, q, req.BookingID)
	if err != nil {
		return nil, err
	}
	found, err := standing(ctx, q, req.BookingID, all, nil)
	if db.IsNotFound(err) {
		return nil, refuseHold(ctx, q, req)
	}
	return found, err
}

func refuseHold(ctx context.Context, q *db.Queries, req booking.Request) error {
	show, err := q.ShowForHold(ctx, req.ShowID)
	switch {
	case db.IsNotFound(err):
		return booking.Refuse(booking.CodeNotFound, "There is no such show.").With("field", "showId")
	case err != nil:
		return err
	case show.Status == booking.ShowStatusCancelled:
		return booking.ShowNotBookable(req.ShowID, booking.ReasonShowWasCancelled)
	case show.Started:
		return booking.ShowNotBookable(req.ShowID, booking.ReasonShowHasStarted)
	case show.Status != booking.ShowStatusOnSale:
		return booking.ShowNotBookable(req.ShowID, booking.ReasonShowIsNotOnSale)
	}
	text, err := q.HoldRefusal(ctx, db.HoldRefusalParams{
		CustomerID: req.CustomerID, ShowID: req.ShowID, ID: req.BookingID, Seats: int32(len(req.Seats)), //nolint:gosec // few
	})
	if err != nil {
		return err
	}
	refusal, err := booking.HoldLimited(req.ShowID, text)
	if err != nil {
		return err
	}
	if refusal == nil {
		return fmt.Errorf("show %s changed while it was being booked", req.ShowID)
	}
	// The workflow ends with this refusal, and its key will always get it.
	return refusal.With(booking.DetailNewKey, true)
}

func (a *Activities) refuseUnknownSeats(ctx context.Context, req booking.Request) error {
	unknown, err := db.New(a.pool).SeatsUnknown(ctx, db.SeatsUnknownParams{ShowID: req.ShowID, Seats: req.Seats})
	if err != nil {
		return err
	}
	return booking.InvalidField("seatIds", "The show's screen has no such seats.").With("unknownSeatIds", unknown)
}
