package engine

import (
	"context"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Expire has a booking's workflow end its hold at once, and says how the booking has ended: CONFIRMED
// when the money arrived first. A repeat is harmless.
//
// The update goes to booking.WorkflowID and has no id of its own.
//
// Errors: the refusals of the booking workflow, with INVALID_STATE or BOOKING_EXPIRED when the booking had ended or could no longer
// be stopped; CONFLICT for a booking whose workflow is too old to take this update; ErrNoWorkflow when it no longer has a workflow.
func (e *Engine) Expire(ctx context.Context, request booking.ExpireRequest) (expiry booking.Expiry, err error) {
	err = e.update(ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(request.BookingID), UpdateName: booking.UpdateExpire, Args: []any{request},
	}, "", &expiry)
	if updateUnknown.in(err) {
		return expiry, booking.Refuse(booking.CodeConflict, "This booking runs on an older version, which cannot be told. It ends at its deadline.")
	}
	return expiry, err
}

// EndAbandoned ends a booking that has lost its workflow and still waits for money, and says how it has ended.
//
// The workflow is booking.EndAbandonedWorkflowID: if it is running it is joined, otherwise it runs
// again. It is searchable by the show.
func (e *Engine) EndAbandoned(ctx context.Context, request booking.ExpireRequest, showID string) (expiry booking.Expiry, err error) {
	start := settling(booking.EndAbandonedWorkflowID(request.BookingID))
	start.StaticSummary = "end a booking without a workflow"
	start.TypedSearchAttributes = temporal.NewSearchAttributes(keyword(booking.AttributeShow, showID))
	err = e.run(ctx, start, booking.EndAbandonedWorkflow, request, &expiry)
	return expiry, err
}
