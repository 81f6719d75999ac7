package activities

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// resumeLock answers for a booking that could not be written: because an earlier run of this step wrote it, or because
// its show cannot be booked.
func resumeLock(ctx context.Context, q *db.Queries, req booking.Request) (time.Time, error) {
	written, err := q.BookingRequest(ctx, req.BookingID)
	switch {
	case db.IsNotFound(err):
		return time.Time{}, refuseShow(ctx, q, req.ShowID)
	case err != nil:
		return time.Time{}, err
	case written.Status == booking.StatusExpired:
		return time.Time{}, booking.Expired(req.BookingID)
	case !written.Status.Payable():
		return time.Time{}, booking.WrongState("This booking has ended.", written.Status)
	default:
		return written.ExpiresAt, nil
	}
}

func refuseShow(ctx context.Context, q *db.Queries, showID string) error {
	show, err := q.ShowForHold(ctx, showID)
	switch {
	case db.IsNotFound(err):
		return booking.Refuse(booking.CodeNotFound, "There is no such show.").With("field", "showId")
	case err != nil:
		return err
	case show.Status == booking.ShowStatusCancelled:
		return booking.ShowIsCancelled(showID)
	case show.Started:
		return booking.Refuse(booking.CodeConflict, "The show has started.").With("field", "showId")
	default:
		return booking.Refuse(booking.CodeConflict, "The show is not on sale.").With("field", "showId")
	}
}

func (a *Activities) refuseUnknownSeats(ctx context.Context, req booking.Request) error {
	unknown, err := db.New(a.pool).SeatsUnknown(ctx, db.SeatsUnknownParams{ShowID: req.ShowID, Seats: req.Seats})
	if err != nil {
		return err
	}
	return booking.InvalidField("seatIds", "The show's screen has no such seats.").With("unknownSeatIds", unknown)
}
