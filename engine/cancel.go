package engine

import (
	"context"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// CancelUnpaid has a booking's workflow give all of its seats back. A repeat is harmless. The
// booking's row says how it has ended: it is paid when the money arrived first.
//
// The update goes to booking.WorkflowID. It has no id of its own: a cancellation that had to be
// refused for a moment may be sent again.
//
// Errors: the refusals of the booking workflow, with INVALID_STATE or BOOKING_EXPIRED when the booking
// had ended or could no longer be cancelled; ErrNoWorkflow when it no longer has a workflow.
func (e *Engine) CancelUnpaid(ctx context.Context, bookingID string, request booking.CancelRequest) error {
	var done booking.Cancellation
	return e.update(ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateName: booking.UpdateCancel, Args: []any{request},
	}, "", &done)
}

// BookingParties are what the workflows of a booking can be searched by.
type BookingParties struct{ CustomerID, ShowID, TheatreID string }

// CancelSeats cancels seats of a paid booking, and waits until that is written, or until ctx ends. The money goes back later.
// seats are the seats that are cancelled, for operators to read; those of the request are empty when all that are left are meant.
//
// The workflow is booking.CancelBookingWorkflowID, the one in which all cancellations of a booking happen: if it is running the
// update joins it, otherwise it runs again. The update has the id of the request, so that two callers who want the same thing at
// once get the same answer. The workflow is searchable by customer, show and theatre, and its summary is "give back A10 A11".
//
// Errors: the refusals of the step that cancels.
func (e *Engine) CancelSeats(ctx context.Context, request booking.CancelSeatsRequest, of BookingParties, seats []string) error {
	start := oneAtATime(booking.CancelBookingWorkflowID(request.BookingID))
	start.StaticSummary = "give back " + strings.Join(seats, " ")
	start.TypedSearchAttributes = temporal.NewSearchAttributes(
		keyword(booking.AttributeCustomer, of.CustomerID),
		keyword(booking.AttributeShow, of.ShowID),
		keyword(booking.AttributeTheatre, of.TheatreID),
	)
	var done booking.CancelledSeats
	return explainShort(e.open(ctx, opening{
		start: start, workflow: booking.CancelBookingWorkflow, input: booking.CancelBookingRequest{BookingID: request.BookingID},
		update: booking.UpdateCancel, updateID: request.ID(), args: []any{request},
	}, &done))
}
