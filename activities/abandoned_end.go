package activities

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
)

// EndAbandoned ends an unpaid booking that has no workflow, and says on which intents it may have been paid: whoever asks has
// settlements follow them. A booking that had ended before stays as it is.
func (a *Activities) EndAbandoned(ctx context.Context, req booking.Release) (booking.EndedBooking, error) {
	released, err := a.ReleaseSeats(ctx, req)
	return booking.EndedBooking{Status: released.Status, Intents: released.Intents}, err
}
