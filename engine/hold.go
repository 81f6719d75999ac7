package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// ShowTitle is how a show is named to operators.
type ShowTitle struct {
	Movie string
	// StartsAt is in the theatre's own time zone; zero when that is not known.
	StartsAt time.Time
}

// Hold starts a booking's workflow, unless there has been one, and waits until it holds the seats, and has paid them if the request says how,
// or until ctx ends. A repeated request gets the answer of the first. No error means that the booking can be read; it may have gone on or ended in
// the meantime. refused is why it was not paid at once although its seats are held; nil for any other reason.
//
// The workflow is booking.WorkflowID and runs once. Its update has the id booking.UpdateHold. It has priority over everything that
// does not sell, is searchable by customer, show, theatre and status, and its summary is "2 seats A10 A11 · Sholay · Fri 18:30".
//
// Errors: the refusals of the booking workflow; booking.KeyReused when another request came before under
// the same id; ErrCutShort when the workflow has ended without a result, and perhaps without a booking.
func (e *Engine) Hold(ctx context.Context, request booking.Request, show ShowTitle) (refused *booking.Refusal, err error) {
	start := onlyOnce(booking.WorkflowID(request.BookingID))
	start.StaticSummary = holdSummary(request.Seats, show)
	start.TypedSearchAttributes = temporal.NewSearchAttributes(
		// It is searchable as what it is a moment later, so that nothing has to be written then.
		keyword(booking.AttributeStatus, string(booking.StatusSeatsLocked)),
		keyword(booking.AttributeCustomer, request.CustomerID),
		keyword(booking.AttributeShow, request.ShowID),
		keyword(booking.AttributeTheatre, request.TheatreID),
	)
	var held booking.Hold
	err = e.open(ctx, opening{
		start: start, workflow: booking.BookingWorkflow, input: request, update: booking.UpdateHold, updateID: booking.UpdateHold,
	}, &held)
	switch {
	case isOver(err):
		return nil, e.holdOfClosed(ctx, request)
	case err != nil:
		return nil, explain(err, request.RequestHash)
	case held.RequestHash != request.RequestHash:
		return nil, booking.KeyReused()
	}
	return held.PayRefusal, nil
}

// holdOfClosed answers from the result of the workflow, when it is over and its update is forgotten.
func (e *Engine) holdOfClosed(ctx context.Context, request booking.Request) error {
	var outcome booking.Outcome
	if err := e.outcome(ctx, booking.WorkflowID(request.BookingID), &outcome); err != nil {
		return err
	}
	return answerOfClosed(request.RequestHash, outcome.RequestHash, outcome.Refusal)
}

// answerOfClosed is what the result of a workflow means for a request: nil when the workflow has done what it was asked to do.
func answerOfClosed(asked, answered string, refusal *booking.Refusal) error {
	switch {
	case answered != asked:
		return booking.KeyReused()
	case refusal != nil:
		return forCaller(refusal, asked)
	}
	return nil
}

// holdSummary tells an operator what a booking is about. A long title is cut, so that everything else fits.
func holdSummary(seats []string, show ShowTitle) string {
	noun := "seats"
	if len(seats) == 1 {
		noun = "seat"
	}
	when := ""
	if !show.StartsAt.IsZero() {
		when = show.StartsAt.Format(" · Mon 15:04")
	}
	what := fmt.Sprintf("%d %s %s · ", len(seats), noun, strings.Join(seats, " "))
	return what + shortened(show.Movie, maxSummary-len(what)-len(when)) + when
}
