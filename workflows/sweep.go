package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	sweepReason        = "its workflow was gone"
	sweepCorrelationID = "sweep"
)

// Sweep ends bookings that have lost their workflow, has settlements and refunds follow their money, and lets cascades
// go on. A workflow that is still running may do the same things: the first one wins, and the other finds that out.
func Sweep(ctx workflow.Context) (booking.Sweepings, error) {
	var swept booking.Sweepings
	found, err := findAbandoned(ctx)
	if err != nil {
		return swept, err
	}
	// A failure for one must not hold up the others; the workflow then fails with it, so that it is seen.
	var defects error
	intents := found.Intents
	for _, abandoned := range found.Bookings {
		released, err := releaseSeats(ctx, booking.Release{
			BookingID: abandoned.BookingID, To: booking.StatusExpired, Actor: booking.ActorSystem, Reason: sweepReason,
			CorrelationID: sweepCorrelationID, Undecided: true,
		})
		if err != nil {
			defects = errors.Join(defects, err)
			continue
		}
		swept.Bookings++
		intents = append(intents, abandoned.Intents...)
		for _, intentID := range released.Intents {
			if !slices.Contains(abandoned.Intents, intentID) {
				intents = append(intents, intentID)
			}
		}
	}
	for _, intentID := range intents {
		defects = errors.Join(defects, startSettlement(ctx, intentID, sweepReason, sweepCorrelationID))
		swept.Settlements++
	}
	for _, refundID := range found.Refunds {
		begun, err := startFollower(ctx, follower{
			workflow: booking.RefundWorkflow, id: booking.RefundWorkflowID(refundID), summary: "refund " + refundID + ": " + sweepReason,
			input: booking.RefundRequest{RefundID: refundID, CorrelationID: sweepCorrelationID},
		})
		defects = errors.Join(defects, err)
		if begun {
			swept.Refunds++
		}
	}
	for _, cascade := range found.Cascades {
		begun, err := startFollower(ctx, follower{
			workflow: booking.CascadeWorkflow, id: booking.CascadeWorkflowID(cascade.Kind, cascade.SubjectID),
			summary: "cancel " + string(cascade.Kind) + " " + cascade.SubjectID + ": " + sweepReason, priority: booking.CascadePriority, input: cascade,
		})
		defects = errors.Join(defects, err)
		if begun {
			swept.Cascades++
		}
	}
	return swept, defects
}
