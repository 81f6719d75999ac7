package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// MoveSeats gives a confirmed booking other seats: one step, that an operator waits for. A move that could not be made soon is refused: its
// operator has left, and asks again or tells the customer.
func MoveSeats(ctx workflow.Context, move booking.SeatMove) (booking.SeatMoveOutcome, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	outcome := booking.SeatMoveOutcome{MoveID: move.MoveID}
	if age := workflow.Now(ctx).Sub(workflow.GetInfo(ctx).WorkflowStartTime); age > booking.MoveRequestAge {
		if !has(ctx, lateMovesAreLookedUp) {
			outcome.Refusal = booking.NotMoved()
			return outcome, nil
		}
		move.TooLate = true
	}
	err := moveSeats(ctx, move)
	switch refusal := refusalIn(err); {
	case refusal != nil:
		outcome.Refusal = refusal
	case err != nil && isFinal(err):
		return outcome, err
	case err != nil:
		// Whether it was done is unknown: a repeat with the same key finds out.
		outcome.Refusal = booking.NotMoved()
	default:
		workflow.SetCurrentDetails(ctx, "Moved "+move.BookingID+".")
	}
	return outcome, nil
}
