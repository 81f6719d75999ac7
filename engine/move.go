package engine

import (
	"context"
	"strings"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Move gives a confirmed booking other seats of its show. A move that was refused may be asked for
// again under the same id; one that was made is made only once.
//
// The workflow is booking.MoveSeatsWorkflowID: if it is running it is joined, otherwise it runs again.
// It is searchable by the show, and its summary is "move bk_1 to B1 B2".
//
// Errors: the refusals of the step that moves, and booking.NotMoved when no worker took it in time.
func (e *Engine) Move(ctx context.Context, move booking.SeatMove) error {
	start := settling(booking.MoveSeatsWorkflowID(move.MoveID))
	start.StaticSummary = "move " + move.BookingID + " to " + strings.Join(move.To, " ")
	start.TypedSearchAttributes = temporal.NewSearchAttributes(keyword(booking.AttributeShow, move.ShowID))
	var outcome booking.SeatMoveOutcome
	if err := e.run(ctx, start, booking.MoveSeatsWorkflow, move, &outcome); err != nil {
		return err
	}
	if outcome.Refusal != nil {
		return outcome.Refusal
	}
	return nil
}
