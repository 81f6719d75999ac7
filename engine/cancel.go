package engine

import (
	"context"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// CancelUnpaid has a booking's workflow give all of its seats back. A repeat does no harm. How the booking has ended is in its row: it is
// paid when the money was faster.
//
// The update goes to booking.WorkflowID. It has no id of its own: a cancellation that had to be refused for a moment may be asked for again.
//
// Errors: the refusals of the booking workflow, with INVALID_STATE or BOOKING_EXPIRED when the booking had ended or could no longer be
// stopped; ErrNoWorkflow when it has no workflow any more.
func (e *Engine) CancelUnpaid(ctx context.Context, bookingID string, request booking.CancelRequest) error {
	var done booking.Cancellation
	return e.update(ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateName: booking.UpdateCancel, Args: []any{request},
	}, "", &done)
}

// BookingParties are those whose workflows a booking's are found among.
type BookingParties struct{ CustomerID, ShowID, TheatreID string }

// CancelSeats has seats of a booking that was paid for cancelled, and waits until that is written, for as long as ctx lasts. The money goes
// back later. seats are those that are meant, for operators to read; those of the request are empty when all are meant that are left.
//
// The workflow is booking.CancelBookingWorkflowID, the one in which all cancellations of a booking happen: it is joined when it runs, and
// runs again otherwise. The update has the id of the request, so that two who want the same at once are answered alike. The workflow is
// found by customer, show and theatre, and reads "give back A10 A11".
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
