package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// MoveSeats moves a confirmed booking to other seats while an operator waits, and has its customer notified. A move
// that could not be made soon is refused: by then its operator has left, and asks again or tells the customer.
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
		notifyOfMove(ctx, move)
	}
	return outcome, nil
}

// notifyOfMove has the customer notified of the other seats. If that cannot be started here, RemindShows finds it.
func notifyOfMove(ctx workflow.Context, move booking.SeatMove) {
	if move.ShowID == "" || !has(ctx, movesAreTold) {
		return
	}
	if err := notifyShow(ctx, booking.NoticeSeatsMoved, move.ShowID, move.CorrelationID); err != nil {
		workflow.GetLogger(ctx).Warn("nobody begins to tell of the move", "error", err)
	}
}
