package activities

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
)

// EndAbandoned ends an unpaid booking that has no workflow, and says on which intents it may have been
// paid: the caller has to start settlements for them. A booking that had already ended stays as it is.
func (a *Activities) EndAbandoned(ctx context.Context, req booking.Release) (booking.EndedBooking, error) {
	released, err := a.ReleaseSeats(ctx, req)
	return booking.EndedBooking{Status: released.Status, Intents: released.Intents}, err
}
