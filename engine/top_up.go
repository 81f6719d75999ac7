package engine

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// TopUp starts a top-up's workflow, unless there has been one, and waits until the top-up can be paid.
// A repeated request gets the answer of the first.
//
// The workflow is booking.TopUpWorkflowID and runs once. Its update has the id booking.UpdateOpen. It has
// priority over everything that does not sell, is searchable by customer, and its summary is "top-up of ₹500.00".
//
// Errors: the refusals of the top-up's workflow; booking.KeyReused when another request came before under the same id;
// ErrNoWorkflow when the workflow is over and its update forgotten: the top-up's row says how it ended, or else TopUpEnded.
func (e *Engine) TopUp(ctx context.Context, request booking.TopUpRequest) (opened booking.TopUp, err error) {
	start := onlyOnce(booking.TopUpWorkflowID(request.TopUpID))
	start.StaticSummary = "top-up of " + request.Amount.String()
	start.TypedSearchAttributes = temporal.NewSearchAttributes(keyword(booking.AttributeCustomer, request.UserID))
	err = e.openPatiently(ctx, opening{
		start: start, workflow: booking.TopUpWorkflow, input: request, update: booking.UpdateOpen, updateID: booking.UpdateOpen,
	}, &opened)
	switch {
	case err != nil:
		return booking.TopUp{}, explain(err, request.RequestHash)
	case opened.RequestHash != request.RequestHash:
		return booking.TopUp{}, booking.KeyReused()
	}
	return opened, nil
}

// TopUpEnded answers a request by the result of its workflow, which is over. Nil means that the top-up can be read.
//
// Errors: the refusal that is the result; booking.KeyReused when it is another request's; ErrCutShort
// when there is no result, and perhaps no top-up.
func (e *Engine) TopUpEnded(ctx context.Context, request booking.TopUpRequest) error {
	var outcome booking.TopUpOutcome
	if err := e.outcome(ctx, booking.TopUpWorkflowID(request.TopUpID), &outcome); err != nil {
		return err
	}
	return answerOfClosed(request.RequestHash, outcome.RequestHash, outcome.Refusal)
}
