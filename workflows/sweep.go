package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	sweepReason        = "its workflow was gone"
	sweepCorrelationID = "sweep"
)

// Sweep ends bookings that lost their workflow, and has settlements and refunds follow their money. Everything that it
// does may also be done by a workflow that lives after all: whoever comes first wins, and the other finds that out.
func Sweep(ctx workflow.Context) (booking.Sweepings, error) {
	var swept booking.Sweepings
	found, err := findAbandoned(ctx)
	if err != nil {
		return swept, err
	}
	intents := found.Intents
	for _, abandoned := range found.Bookings {
		_, err := releaseSeats(ctx, booking.Release{
			BookingID: abandoned.BookingID, To: booking.StatusExpired, Actor: booking.ActorSystem, Reason: sweepReason,
			CorrelationID: sweepCorrelationID, Undecided: true,
		})
		if err != nil {
			return swept, err
		}
		swept.Bookings++
		intents = append(intents, abandoned.Intents...)
	}
	for _, intentID := range intents {
		if err := startSettlement(ctx, intentID, sweepReason, sweepCorrelationID); err != nil {
			return swept, err
		}
		swept.Settlements++
	}
	for _, refundID := range found.Refunds {
		req := booking.RefundRequest{RefundID: refundID, CorrelationID: sweepCorrelationID}
		err := follow(ctx, follower{
			workflow: booking.RefundWorkflow, id: booking.RefundWorkflowID(refundID), summary: "refund " + refundID + ": " + sweepReason, input: req,
		})
		if err != nil {
			return swept, err
		}
		swept.Refunds++
	}
	return swept, nil
}
