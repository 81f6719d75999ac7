package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// EndAbandoned ends an unpaid booking that has no workflow, and says on which intents it may have been paid: whoever asks has
// settlements follow them. A booking that had ended before stays as it is.
func (a *Activities) EndAbandoned(ctx context.Context, req booking.Release) (booking.EndedBooking, error) {
	released, err := a.ReleaseSeats(ctx, req)
	ended := booking.EndedBooking{Status: released.Status}
	if err != nil {
		return ended, err
	}
	ended.Intents, err = db.New(a.pool).BookingOpenIntents(ctx, req.BookingID)
	if err != nil {
		return ended, classify(fmt.Errorf("find intents: %w", err))
	}
	return ended, nil
}
